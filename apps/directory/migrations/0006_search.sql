ALTER TABLE "memberships" ADD COLUMN "search" text DEFAULT '' NOT NULL;
--> statement-breakpoint
ALTER TABLE "memberships" ADD COLUMN "email" text DEFAULT '' NOT NULL;
--> statement-breakpoint
ALTER TABLE "memberships" ADD COLUMN "last_name" text DEFAULT '' NOT NULL;
--> statement-breakpoint
ALTER TABLE "memberships" ADD COLUMN "person_created_at" timestamp with time zone DEFAULT now() NOT NULL;
--> statement-breakpoint
SELECT set_config('app.platform', 'on', true);
--> statement-breakpoint
UPDATE "memberships" m SET
	search = lower(concat_ws(' ', u.first_name, u.last_name, u.email)),
	email = u.email,
	last_name = u.last_name,
	person_created_at = date_trunc('milliseconds', u.created_at)
FROM "users" u WHERE u.id = m.user_id;
--> statement-breakpoint
-- Searched as it is read, in the order of the list: `like` may not be asked of an index under row-level security, since
-- it could give away what it is asked about (it is not leakproof); but what the index holds is filtered without a look at
-- the table.
CREATE INDEX "memberships_by_age" ON "memberships" USING btree ("tenant_id","person_created_at","user_id") INCLUDE ("search","status");
--> statement-breakpoint
CREATE INDEX "memberships_by_email" ON "memberships" USING btree ("tenant_id","email","user_id");
--> statement-breakpoint
CREATE INDEX "memberships_by_last_name" ON "memberships" USING btree ("tenant_id","last_name","user_id");
--> statement-breakpoint
-- They see all tenants, whatever the scope of the transaction: a person is not seen from a tenant before they are in it,
-- and is one and the same in all.
CREATE FUNCTION "describe_membership"() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
	scope text := current_setting('app.platform', true);
BEGIN
	PERFORM set_config('app.platform', 'on', true);
	SELECT lower(concat_ws(' ', u.first_name, u.last_name, u.email)), u.email, u.last_name, date_trunc('milliseconds', u.created_at)
	INTO NEW.search, NEW.email, NEW.last_name, NEW.person_created_at
	FROM users u WHERE u.id = NEW.user_id;
	PERFORM set_config('app.platform', coalesce(scope, 'off'), true);
	RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER "describe_membership" BEFORE INSERT ON "memberships" FOR EACH ROW EXECUTE FUNCTION "describe_membership"();
--> statement-breakpoint
CREATE FUNCTION "describe_memberships"() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
	scope text := current_setting('app.platform', true);
BEGIN
	PERFORM set_config('app.platform', 'on', true);
	UPDATE memberships SET
		search = lower(concat_ws(' ', NEW.first_name, NEW.last_name, NEW.email)),
		email = NEW.email,
		last_name = NEW.last_name
	WHERE user_id = NEW.id;
	PERFORM set_config('app.platform', coalesce(scope, 'off'), true);
	RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER "describe_memberships" AFTER UPDATE OF first_name, last_name, email ON "users" FOR EACH ROW EXECUTE FUNCTION "describe_memberships"();
