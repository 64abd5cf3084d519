CREATE TABLE "invites" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"email" text NOT NULL,
	"role_id" uuid NOT NULL,
	"digest" "bytea" NOT NULL,
	"invited_by" uuid NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"accepted_at" timestamp with time zone,
	"accepted_by" uuid,
	"revoked_at" timestamp with time zone,
	CONSTRAINT "invites_digest_unique" UNIQUE("digest")
);
--> statement-breakpoint
ALTER TABLE "invites" ADD CONSTRAINT "invites_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "invites" ADD CONSTRAINT "invites_role_id_roles_id_fk" FOREIGN KEY ("role_id") REFERENCES "public"."roles"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
CREATE UNIQUE INDEX "invites_open" ON "invites" USING btree ("tenant_id","email") WHERE accepted_at is null and revoked_at is null;
--> statement-breakpoint
CREATE INDEX "invites_tenant_id_id_index" ON "invites" USING btree ("tenant_id","id");
--> statement-breakpoint
CREATE INDEX "invites_role_id_index" ON "invites" USING btree ("role_id");
--> statement-breakpoint
ALTER TABLE "invites" ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "invites" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY "invites_tenant" ON "invites" USING (
	current_setting('app.platform', true) = 'on' OR tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid
);
--> statement-breakpoint
DO $$ BEGIN
	EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON "invites" TO %I', regexp_replace(current_user, '_owner$', '_app'));
END $$;
--> statement-breakpoint
-- The mail queue of a service, as a migration of each app that sends mail makes it.
CREATE TABLE "mails" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"sealed" text,
	"attempts" integer DEFAULT 0 NOT NULL,
	"next_attempt_at" timestamp with time zone DEFAULT now() NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"sent_at" timestamp with time zone,
	"failed_at" timestamp with time zone
);
--> statement-breakpoint
CREATE INDEX "mails_due" ON "mails" USING btree ("next_attempt_at") WHERE sealed is not null;
--> statement-breakpoint
ALTER TABLE "mails" ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "mails" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
-- A transaction of a tenant queues its own mail and reads none; the sender, in the platform's scope, does the rest.
CREATE POLICY "mails_queue" ON "mails" FOR INSERT WITH CHECK (
	current_setting('app.platform', true) = 'on' OR tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid
);
--> statement-breakpoint
CREATE POLICY "mails_read" ON "mails" FOR SELECT USING (current_setting('app.platform', true) = 'on');
--> statement-breakpoint
CREATE POLICY "mails_mark" ON "mails" FOR UPDATE USING (current_setting('app.platform', true) = 'on');
--> statement-breakpoint
CREATE POLICY "mails_clear" ON "mails" FOR DELETE USING (current_setting('app.platform', true) = 'on');
--> statement-breakpoint
DO $$ DECLARE app name := regexp_replace(current_user, '_owner$', '_app'); BEGIN
	EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON "mails" TO %I', app);
END $$;
--> statement-breakpoint
-- What a service remembers of requests that may come twice, as a migration of each app that creates things makes it.
CREATE TABLE "idempotency_keys" (
	"digest" "bytea" PRIMARY KEY NOT NULL,
	"body_digest" "bytea" NOT NULL,
	"result" jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE INDEX "idempotency_keys_old" ON "idempotency_keys" USING btree ("created_at");
--> statement-breakpoint
DO $$ DECLARE app name := regexp_replace(current_user, '_owner$', '_app'); BEGIN
	EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON "idempotency_keys" TO %I', app);
END $$;
