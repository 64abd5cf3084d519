CREATE TABLE "client_secrets" (
	"digest" "bytea" PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"client_id" uuid NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "oauth_clients" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"name" text NOT NULL,
	"scopes" text[] NOT NULL,
	"rate_limit_per_minute" integer NOT NULL,
	"allowed_ips" text[] NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_used_at" timestamp with time zone,
	"revoked_at" timestamp with time zone
);
--> statement-breakpoint
ALTER TABLE "client_secrets" ADD CONSTRAINT "client_secrets_client_id_oauth_clients_id_fk" FOREIGN KEY ("client_id") REFERENCES "public"."oauth_clients"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
CREATE INDEX "client_secrets_client_id_index" ON "client_secrets" USING btree ("client_id");
--> statement-breakpoint
CREATE INDEX "oauth_clients_tenant_id_id_index" ON "oauth_clients" USING btree ("tenant_id","id" DESC NULLS LAST);
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
ALTER TABLE "oauth_clients" ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "oauth_clients" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY "oauth_clients_tenant" ON "oauth_clients" USING (
	current_setting('app.platform', true) = 'on' OR tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid
);
--> statement-breakpoint
ALTER TABLE "client_secrets" ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "client_secrets" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY "client_secrets_tenant" ON "client_secrets" USING (
	current_setting('app.platform', true) = 'on' OR tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid
);
--> statement-breakpoint
-- The application owns nothing: it gets what it needs and no more.
DO $$ BEGIN
	EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON "oauth_clients", "client_secrets" TO %I', regexp_replace(current_user, '_owner$', '_app'));
END $$;
