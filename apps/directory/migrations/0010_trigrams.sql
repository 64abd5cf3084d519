-- Both are trusted: the owner of a database may have them.
CREATE EXTENSION IF NOT EXISTS "pg_trgm";
--> statement-breakpoint
CREATE EXTENSION IF NOT EXISTS "btree_gin";
--> statement-breakpoint
CREATE INDEX "memberships_by_trigram" ON "memberships" USING gin ("tenant_id","search" gin_trgm_ops) WITH (fastupdate=false);
--> statement-breakpoint
-- Row-level security lets no index be asked by `like`, since that could give away what it is asked about. So a function
-- asks it that is confined by its own words: to the tenant of the transaction, and to people's ids.
CREATE POLICY "memberships_search" ON "memberships" FOR SELECT TO CURRENT_USER USING (true);
--> statement-breakpoint
-- Who of the transaction's tenant is found, where a look at some of them says that these are few among many. Null where
-- the tenant is small, or so many are found that they are soon met in the order of a list.
CREATE FUNCTION "members_found"(pattern text) RETURNS uuid[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
	SELECT CASE WHEN cardinality(found) <= 20000 THEN found END FROM (
		SELECT CASE WHEN count(*) = 5000 AND count(*) FILTER (WHERE search LIKE pattern) <= 50 THEN array(
			SELECT user_id FROM memberships
			WHERE tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid AND search LIKE pattern
			LIMIT 20001
		) END AS found
		FROM (
			SELECT search FROM memberships WHERE tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid
			ORDER BY person_created_at, user_id LIMIT 5000
		) AS first
	) AS few
$$;
--> statement-breakpoint
REVOKE ALL ON FUNCTION "members_found" FROM public;
--> statement-breakpoint
DO $$ DECLARE app name := regexp_replace(current_user, '_owner$', '_app'); BEGIN
	EXECUTE format('GRANT EXECUTE ON FUNCTION "members_found" TO %I', app);
END $$;
