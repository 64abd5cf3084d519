ALTER TABLE "memberships" ADD COLUMN "last_login_at" timestamp with time zone DEFAULT 'epoch' NOT NULL;--> statement-breakpoint
CREATE INDEX "memberships_by_sign_in" ON "memberships" USING btree ("tenant_id","last_login_at","user_id");
--> statement-breakpoint
SELECT set_config('app.platform', 'on', true);
--> statement-breakpoint
UPDATE "memberships" m SET last_login_at = date_trunc('milliseconds', u.last_login_at)
FROM "users" u WHERE u.id = m.user_id AND u.last_login_at IS NOT NULL;
--> statement-breakpoint
CREATE OR REPLACE FUNCTION "describe_membership"() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
	scope text := current_setting('app.platform', true);
BEGIN
	PERFORM set_config('app.platform', 'on', true);
	SELECT lower(concat_ws(' ', u.first_name, u.last_name, u.email)), u.email, u.last_name, date_trunc('milliseconds', u.created_at),
		date_trunc('milliseconds', coalesce(u.last_login_at, 'epoch'))
	INTO NEW.search, NEW.email, NEW.last_name, NEW.person_created_at, NEW.last_login_at
	FROM users u WHERE u.id = NEW.user_id;
	PERFORM set_config('app.platform', coalesce(scope, 'off'), true);
	RETURN NEW;
END $$;
--> statement-breakpoint
CREATE FUNCTION "describe_sign_in"() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
	scope text := current_setting('app.platform', true);
BEGIN
	PERFORM set_config('app.platform', 'on', true);
	UPDATE memberships SET last_login_at = date_trunc('milliseconds', coalesce(NEW.last_login_at, 'epoch')) WHERE user_id = NEW.id;
	PERFORM set_config('app.platform', coalesce(scope, 'off'), true);
	RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER "describe_sign_in" AFTER UPDATE OF last_login_at ON "users" FOR EACH ROW
WHEN (NEW.last_login_at IS DISTINCT FROM OLD.last_login_at) EXECUTE FUNCTION "describe_sign_in"();
