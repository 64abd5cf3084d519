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
