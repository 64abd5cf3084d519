CREATE TYPE "public"."consent_type" AS ENUM('marketing', 'analytics', 'essential', 'third_party');
--> statement-breakpoint
CREATE TABLE "consent_texts" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"consent_type" "consent_type" NOT NULL,
	"version" integer NOT NULL,
	"wordings" jsonb NOT NULL,
	"published_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "consent_texts_tenant_id_consent_type_version_unique" UNIQUE("tenant_id","consent_type","version")
);
--> statement-breakpoint
CREATE TABLE "consents" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"position" bigint GENERATED ALWAYS AS IDENTITY,
	"consent_type" "consent_type" NOT NULL,
	"granted" boolean NOT NULL,
	"version" integer,
	"locale" text,
	"sha256" text,
	"source" text NOT NULL,
	"recorded_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "consent_texts" ADD CONSTRAINT "consent_texts_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "consents" ADD CONSTRAINT "consents_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "consents" ADD CONSTRAINT "consents_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;
--> statement-breakpoint
CREATE INDEX "consent_texts_tenant_id_id_index" ON "consent_texts" USING btree ("tenant_id","id");
--> statement-breakpoint
CREATE INDEX "consents_last" ON "consents" USING btree ("tenant_id","user_id","consent_type","position");
--> statement-breakpoint
CREATE INDEX "consents_history" ON "consents" USING btree ("tenant_id","user_id","position");
--> statement-breakpoint
CREATE INDEX "consents_user_id_index" ON "consents" USING btree ("user_id");
--> statement-breakpoint
ALTER TABLE "consent_texts" ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "consent_texts" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY "consent_texts_tenant" ON "consent_texts" USING (
	current_setting('app.platform', true) = 'on' OR tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid
);
--> statement-breakpoint
ALTER TABLE "consents" ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "consents" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY "consents_tenant" ON "consents" USING (
	current_setting('app.platform', true) = 'on' OR tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid
);
--> statement-breakpoint
-- Both are evidence: only ever added to, also by the owner. They go with the tenant, and decisions with who made them.
CREATE FUNCTION "refuse_change"() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$ BEGIN
	RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
--> statement-breakpoint
CREATE FUNCTION "tenant_is_gone"(id uuid) RETURNS boolean LANGUAGE sql STABLE SET search_path = public, pg_temp
AS 'SELECT NOT EXISTS (SELECT FROM tenants t WHERE t.id = $1)';
--> statement-breakpoint
CREATE FUNCTION "is_erased"(id uuid) RETURNS boolean LANGUAGE sql STABLE SET search_path = public, pg_temp
AS $$ SELECT EXISTS (SELECT FROM users u WHERE u.id = $1 AND u.status = 'deleted') $$;
--> statement-breakpoint
CREATE TRIGGER "append_only" BEFORE UPDATE ON "consents" FOR EACH ROW EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER "append_only_while_it_matters" BEFORE DELETE ON "consents" FOR EACH ROW
WHEN (NOT (is_erased(OLD.user_id) OR tenant_is_gone(OLD.tenant_id))) EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER "append_only_as_a_whole" BEFORE TRUNCATE ON "consents" FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER "append_only" BEFORE UPDATE ON "consent_texts" FOR EACH ROW EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER "append_only_while_it_matters" BEFORE DELETE ON "consent_texts" FOR EACH ROW
WHEN (NOT tenant_is_gone(OLD.tenant_id)) EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER "append_only_as_a_whole" BEFORE TRUNCATE ON "consent_texts" FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
-- The application may not delete decisions, but have those of somebody who was deleted go, in the platform's scope.
CREATE FUNCTION "erase_consents"(person uuid) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
	WITH erased AS (DELETE FROM consents WHERE user_id = person AND is_erased(person) RETURNING 1) SELECT count(*) FROM erased
$$;
--> statement-breakpoint
REVOKE ALL ON FUNCTION "erase_consents" FROM public;
--> statement-breakpoint
DO $$ DECLARE app name := regexp_replace(current_user, '_owner$', '_app'); BEGIN
	EXECUTE format('GRANT SELECT, INSERT ON "consent_texts", "consents" TO %I', app);
	EXECUTE format('GRANT EXECUTE ON FUNCTION "erase_consents" TO %I', app);
END $$;
