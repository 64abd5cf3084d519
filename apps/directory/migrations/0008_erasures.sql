CREATE TABLE "erasure_requests" (
	"id" uuid PRIMARY KEY NOT NULL,
	"user_id" uuid NOT NULL,
	"status" text DEFAULT 'scheduled' NOT NULL,
	"receipts" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"requested_at" timestamp with time zone DEFAULT now() NOT NULL,
	"scheduled_for" timestamp with time zone NOT NULL,
	"next_attempt_at" timestamp with time zone NOT NULL,
	"completed_at" timestamp with time zone
);
--> statement-breakpoint
ALTER TABLE "erasure_requests" ADD CONSTRAINT "erasure_requests_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "erasure_requests_open" ON "erasure_requests" USING btree ("user_id") WHERE status in ('scheduled', 'running');--> statement-breakpoint
CREATE INDEX "erasure_requests_due" ON "erasure_requests" USING btree ("next_attempt_at") WHERE status in ('scheduled', 'running');
--> statement-breakpoint
-- A person's, of no tenant: only in the platform's scope.
ALTER TABLE "erasure_requests" ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "erasure_requests" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY "erasure_requests_platform" ON "erasure_requests" USING (current_setting('app.platform', true) = 'on');
--> statement-breakpoint
DO $$ BEGIN
	EXECUTE format('GRANT SELECT, INSERT, UPDATE ON "erasure_requests" TO %I', regexp_replace(current_user, '_owner$', '_app'));
END $$;
