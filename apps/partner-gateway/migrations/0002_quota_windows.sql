CREATE TABLE "quota_windows" (
	"client_id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"window_start" timestamp with time zone NOT NULL,
	"granted" integer NOT NULL,
	"taken" integer NOT NULL
);
--> statement-breakpoint
ALTER TABLE "quota_windows" ADD CONSTRAINT "quota_windows_client_id_oauth_clients_id_fk" FOREIGN KEY ("client_id") REFERENCES "public"."oauth_clients"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "quota_windows" ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "quota_windows" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY "quota_windows_tenant" ON "quota_windows" USING (
	current_setting('app.platform', true) = 'on' OR tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid
);
--> statement-breakpoint
DO $$ BEGIN
	EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON "quota_windows" TO %I', regexp_replace(current_user, '_owner$', '_app'));
END $$;
