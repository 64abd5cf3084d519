CREATE TABLE "entries" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"occurred_at" timestamp (3) with time zone NOT NULL,
	"recorded_at" timestamp with time zone DEFAULT now() NOT NULL,
	"service" text NOT NULL,
	"actor_type" text NOT NULL,
	"actor_id" text NOT NULL,
	"action" text NOT NULL,
	"resource" text NOT NULL,
	"resource_id" text,
	"correlation_id" text,
	"source_ip" text,
	"user_agent" text,
	"previous_state" jsonb,
	"new_state" jsonb,
	"metadata" jsonb,
	"description" text
);
--> statement-breakpoint
CREATE INDEX "entries_tenant_id_occurred_at_id_index" ON "entries" USING btree ("tenant_id","occurred_at" DESC NULLS LAST,"id" DESC NULLS LAST);
--> statement-breakpoint
CREATE INDEX "entries_tenant_id_correlation_id_index" ON "entries" USING btree ("tenant_id","correlation_id");
--> statement-breakpoint
CREATE INDEX "entries_tenant_id_actor_id_occurred_at_index" ON "entries" USING btree ("tenant_id","actor_id","occurred_at" DESC NULLS LAST);
--> statement-breakpoint
CREATE INDEX "entries_tenant_id_resource_id_occurred_at_index" ON "entries" USING btree ("tenant_id","resource_id","occurred_at" DESC NULLS LAST);
--> statement-breakpoint
ALTER TABLE "entries" ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "entries" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY "entries_tenant" ON "entries" USING (
	current_setting('app.platform', true) = 'on' OR tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid
);
--> statement-breakpoint
-- The application owns nothing: it gets what it needs and no more.
DO $$ BEGIN
	EXECUTE format('GRANT SELECT, INSERT ON "entries" TO %I', regexp_replace(current_user, '_owner$', '_app'));
END $$;
