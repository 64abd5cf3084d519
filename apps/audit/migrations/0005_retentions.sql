CREATE TABLE "retentions" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "retentions_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"tenant_id" uuid,
	"days" integer,
	"set_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE INDEX "retentions_newest" ON "retentions" USING btree ("tenant_id","set_at","id");
--> statement-breakpoint
CREATE TRIGGER "append_only" BEFORE UPDATE OR DELETE ON "retentions" FOR EACH ROW EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER "append_only_as_a_whole" BEFORE TRUNCATE ON "retentions" FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
ALTER TABLE "retentions" ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "retentions" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY "retentions_read" ON "retentions" FOR SELECT USING (
	current_setting('app.platform', true) = 'on' OR tenant_id IS NULL
	OR tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid
);
--> statement-breakpoint
CREATE POLICY "retentions_set" ON "retentions" FOR INSERT WITH CHECK (
	current_setting('app.platform', true) = 'on' OR tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid
);
--> statement-breakpoint
-- After how many days entries of a tenant may be dropped; null if never. It is the longest of what was in force within the
-- last week, so that whoever can set it destroys nothing before that can be seen; and never less than 30.
CREATE FUNCTION "retention_days"("tenant" uuid) RETURNS integer
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT CASE WHEN bool_or(days IS NULL) THEN NULL ELSE greatest(30, max(days)) END FROM (
		SELECT coalesce(
			(SELECT days FROM public.retentions
			WHERE tenant_id = tenant AND set_at <= moment ORDER BY set_at DESC, id DESC LIMIT 1),
			(SELECT days FROM public.retentions
			WHERE tenant_id IS NULL AND set_at <= moment ORDER BY set_at DESC, id DESC LIMIT 1)
		) AS days
		FROM (
			SELECT now() - interval '7 days' AS moment
			UNION SELECT set_at FROM public.retentions WHERE tenant_id = tenant AND set_at > now() - interval '7 days'
			UNION SELECT set_at FROM public.retentions WHERE tenant_id IS NULL AND set_at > now() - interval '7 days'
		) moments
	) in_force
$$;
--> statement-breakpoint
-- An entry that is past its tenant's retention may be deleted, any other by nobody. What was recorded in the last 15 days
-- stays in any case: for so long it may come again, and would be taken for new.
CREATE FUNCTION "refuse_early_delete"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	IF OLD.occurred_at < now() - make_interval(days => public.retention_days(OLD.tenant_id))
		AND OLD.recorded_at < now() - interval '15 days' THEN RETURN OLD;
	END IF;
	RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
--> statement-breakpoint
DROP TRIGGER "append_only" ON "entries";
--> statement-breakpoint
CREATE TRIGGER "append_only" BEFORE UPDATE ON "entries" FOR EACH ROW EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER "kept_until_retention" BEFORE DELETE ON "entries" FOR EACH ROW EXECUTE FUNCTION refuse_early_delete();
--> statement-breakpoint
-- Drops entries of a tenant that are past its retention, the oldest first. Their hashes stay, and the tree knows from which
-- leaf on its entries are all there. Row-level security confines it as it does its caller.
CREATE FUNCTION "drop_past_retention"("tenant" uuid, "at_most" integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	kept interval := make_interval(days => public.retention_days(tenant));
	dropped integer;
	next bigint;
BEGIN
	PERFORM FROM public.trees WHERE tenant_id = tenant FOR UPDATE;
	WITH old AS (
		SELECT id, occurred_at FROM public.entries
		WHERE tenant_id = tenant AND occurred_at < now() - kept AND recorded_at < now() - interval '15 days'
		ORDER BY occurred_at LIMIT at_most
	), gone AS (
		DELETE FROM public.entries e USING old WHERE e.id = old.id AND e.occurred_at = old.occurred_at RETURNING e.leaf_index
	) SELECT count(*), max(leaf_index) + 1 INTO dropped, next FROM gone;
	UPDATE public.trees SET retained_from = greatest(retained_from, next) WHERE tenant_id = tenant AND next IS NOT NULL;
	RETURN dropped;
END $$;
--> statement-breakpoint
-- Drops the months in which nothing is left, and can't come any more. It waits for nobody.
CREATE FUNCTION "drop_empty_months"() RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '1s' AS $$
DECLARE
	name text;
	is_empty boolean;
	oldest_kept text := 'entries_' || to_char(now() - interval '36 months', 'YYYY_MM');
BEGIN
	PERFORM pg_advisory_xact_lock(hashtextextended('gatehouse.entries_by_month', 0));
	FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'entries_by_month' AND tablename < oldest_kept ORDER BY 1 LOOP
		EXECUTE format('SELECT NOT EXISTS (SELECT FROM entries_by_month.%I)', name) INTO is_empty;
		IF is_empty THEN
			EXECUTE format('DROP TABLE entries_by_month.%I', name);
			RETURN NEXT name;
		END IF;
	END LOOP;
END $$;
--> statement-breakpoint
DROP FUNCTION "drop_entries_before";
--> statement-breakpoint
REVOKE ALL ON FUNCTION "retention_days", "drop_past_retention", "drop_empty_months" FROM public;
--> statement-breakpoint
DO $$ DECLARE app name := regexp_replace(current_user, '_owner$', '_app'); BEGIN
	EXECUTE format('GRANT SELECT, INSERT ("tenant_id", "days") ON "retentions" TO %I', app);
	EXECUTE format('GRANT EXECUTE ON FUNCTION "retention_days", "drop_past_retention", "drop_empty_months" TO %I', app);
END $$;
