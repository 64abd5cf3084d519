CREATE TABLE "client_usage" (
	"client_id" uuid NOT NULL,
	"tenant_id" uuid NOT NULL,
	"day" date NOT NULL,
	"operation" text NOT NULL,
	"outcome" text NOT NULL,
	"calls" bigint NOT NULL,
	"bytes_in" bigint NOT NULL,
	"bytes_out" bigint NOT NULL,
	"ms_total" double precision NOT NULL,
	"ms_max" double precision NOT NULL,
	CONSTRAINT "client_usage_client_id_day_operation_outcome_pk" PRIMARY KEY("client_id","day","operation","outcome")
);
--> statement-breakpoint
ALTER TABLE "client_usage" ADD CONSTRAINT "client_usage_client_id_oauth_clients_id_fk" FOREIGN KEY ("client_id") REFERENCES "public"."oauth_clients"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "client_usage" ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "client_usage" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY "client_usage_tenant" ON "client_usage" USING (
	current_setting('app.platform', true) = 'on' OR tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid
);
--> statement-breakpoint
DO $$ BEGIN
	EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON "client_usage" TO %I', regexp_replace(current_user, '_owner$', '_app'));
END $$;
