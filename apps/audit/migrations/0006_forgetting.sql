CREATE TABLE "message_remnants" (
	"sequence" bigint NOT NULL,
	"event_id" uuid NOT NULL,
	"noted_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "message_remnants_sequence_event_id_pk" PRIMARY KEY("sequence","event_id")
);
--> statement-breakpoint
CREATE TABLE "outbox_remnants" (
	"service" text NOT NULL,
	"event_id" uuid NOT NULL,
	CONSTRAINT "outbox_remnants_service_event_id_pk" PRIMARY KEY("service","event_id")
);
--> statement-breakpoint
ALTER TABLE "entries" ADD COLUMN "sequence" bigint;
--> statement-breakpoint
CREATE INDEX "message_remnants_oldest" ON "message_remnants" USING btree ("noted_at");
--> statement-breakpoint
-- Of no tenant: only in the platform's scope.
ALTER TABLE "message_remnants" ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "message_remnants" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY "message_remnants_platform" ON "message_remnants" USING (current_setting('app.platform', true) = 'on');
--> statement-breakpoint
ALTER TABLE "outbox_remnants" ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "outbox_remnants" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY "outbox_remnants_platform" ON "outbox_remnants" USING (current_setting('app.platform', true) = 'on');
--> statement-breakpoint
DO $$ DECLARE app name := regexp_replace(current_user, '_owner$', '_app'); BEGIN
	EXECUTE format('GRANT SELECT, INSERT, DELETE ON "message_remnants", "outbox_remnants" TO %I', app);
END $$;
--> statement-breakpoint
-- Whose the memory of a request is, and what came of it, as a later migration of each app that has `idempotency.sql` adds it.
ALTER TABLE "idempotency_keys" ADD COLUMN "actor_id" text DEFAULT '' NOT NULL;
--> statement-breakpoint
CREATE INDEX "idempotency_keys_of_actor" ON "idempotency_keys" USING btree ("actor_id");
--> statement-breakpoint
CREATE INDEX "idempotency_keys_of_result" ON "idempotency_keys" USING btree ((result ->> 'id'));
