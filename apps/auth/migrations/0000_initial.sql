CREATE TABLE "credentials" (
	"user_id" uuid PRIMARY KEY NOT NULL,
	"password_hash" text NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "refresh_tokens" (
	"digest" "bytea" PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"session_id" uuid NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"used_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "registrations" (
	"user_id" uuid PRIMARY KEY NOT NULL,
	"person" jsonb NOT NULL,
	"password_hash" text NOT NULL,
	"origin" jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"next_attempt_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "service_accounts" (
	"name" text PRIMARY KEY NOT NULL,
	"permissions" text[] NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "service_secrets" (
	"digest" "bytea" PRIMARY KEY NOT NULL,
	"service_name" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sessions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"source_ip" text,
	"user_agent" text,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_used_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"ended_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "signing_keys" (
	"kid" text PRIMARY KEY NOT NULL,
	"public_jwk" jsonb NOT NULL,
	"sealed_private_jwk" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "refresh_tokens" ADD CONSTRAINT "refresh_tokens_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "service_secrets" ADD CONSTRAINT "service_secrets_service_name_service_accounts_name_fk" FOREIGN KEY ("service_name") REFERENCES "public"."service_accounts"("name") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
CREATE INDEX "refresh_tokens_session_id_index" ON "refresh_tokens" USING btree ("session_id");
--> statement-breakpoint
CREATE INDEX "registrations_next_attempt_at_index" ON "registrations" USING btree ("next_attempt_at");
--> statement-breakpoint
CREATE INDEX "service_secrets_service_name_index" ON "service_secrets" USING btree ("service_name");
--> statement-breakpoint
CREATE INDEX "sessions_user_id_index" ON "sessions" USING btree ("user_id");
--> statement-breakpoint
-- The outbox of a service, as each app's first migration makes it. It runs as the owner `<service>_owner`; the
-- application role is `<service>_app`.
CREATE TABLE "outbox" (
	"event_id" uuid PRIMARY KEY NOT NULL,
	"position" bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
	"subject" text NOT NULL,
	"tenant_id" uuid NOT NULL,
	"aggregate_type" text NOT NULL,
	"aggregate_id" text NOT NULL,
	"aggregate_version" integer NOT NULL,
	"occurred_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	"payload" json NOT NULL,
	"sent_at" timestamp with time zone,
	CONSTRAINT "outbox_aggregate" UNIQUE("aggregate_type","aggregate_id","aggregate_version")
);
--> statement-breakpoint
CREATE INDEX "outbox_unsent" ON "outbox" USING btree ("position") WHERE sent_at is null;
--> statement-breakpoint
CREATE INDEX "outbox_sent" ON "outbox" USING btree ("sent_at") WHERE sent_at is not null;
--> statement-breakpoint
ALTER TABLE "outbox" ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "outbox" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
-- A transaction of a tenant writes its own events and reads none; the relay, in the platform's scope, reads all, marks
-- them sent and clears away what was sent a week ago.
CREATE POLICY "outbox_post" ON "outbox" FOR INSERT WITH CHECK (
	current_setting('app.platform', true) = 'on' OR tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid
);
--> statement-breakpoint
CREATE POLICY "outbox_read" ON "outbox" FOR SELECT USING (current_setting('app.platform', true) = 'on');
--> statement-breakpoint
CREATE POLICY "outbox_mark" ON "outbox" FOR UPDATE USING (current_setting('app.platform', true) = 'on');
--> statement-breakpoint
CREATE POLICY "outbox_clear" ON "outbox" FOR DELETE USING (
	current_setting('app.platform', true) = 'on' AND sent_at < now() - interval '7 days'
);
--> statement-breakpoint
DO $$ DECLARE app name := regexp_replace(current_user, '_owner$', '_app'); BEGIN
	EXECUTE format('REVOKE ALL ON "outbox" FROM %I', app);
	EXECUTE format('GRANT SELECT, INSERT, UPDATE ("sent_at"), DELETE ON "outbox" TO %I', app);
END $$;
--> statement-breakpoint
ALTER TABLE "sessions" ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "sessions" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY "sessions_tenant" ON "sessions" USING (
	current_setting('app.platform', true) = 'on' OR tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid
);
--> statement-breakpoint
ALTER TABLE "refresh_tokens" ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "refresh_tokens" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY "refresh_tokens_tenant" ON "refresh_tokens" USING (
	current_setting('app.platform', true) = 'on' OR tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid
);
--> statement-breakpoint
-- The application owns nothing: it gets what it needs and no more.
DO $$ BEGIN
	EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON "credentials", "registrations", "sessions", "refresh_tokens", "service_accounts", "service_secrets" TO %I', regexp_replace(current_user, '_owner$', '_app'));
	EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON "signing_keys" TO %I', regexp_replace(current_user, '_owner$', '_app'));
END $$;
