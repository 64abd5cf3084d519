CREATE TYPE "public"."membership_status" AS ENUM('active', 'suspended');
--> statement-breakpoint
CREATE TYPE "public"."tenant_status" AS ENUM('active', 'suspended', 'deleted');
--> statement-breakpoint
CREATE TABLE "tenant_settings" (
	"tenant_id" uuid PRIMARY KEY NOT NULL,
	"settings" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "memberships" ADD COLUMN "status" "membership_status" DEFAULT 'active' NOT NULL;
--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "slug" text;
--> statement-breakpoint
SELECT set_config('app.platform', 'on', true);
--> statement-breakpoint
UPDATE "tenants" SET slug = CASE WHEN id = '00000000-0000-7000-8000-000000000000' THEN 'gatehouse' ELSE 'tenant-' || right(id::text, 12) END;
--> statement-breakpoint
ALTER TABLE "tenants" ALTER COLUMN "slug" SET NOT NULL;
--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "status" "tenant_status" DEFAULT 'active' NOT NULL;
--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "deleted_at" timestamp with time zone;
--> statement-breakpoint
ALTER TABLE "tenant_settings" ADD CONSTRAINT "tenant_settings_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;
--> statement-breakpoint
CREATE INDEX "tenants_deleted" ON "tenants" USING btree ("deleted_at") WHERE deleted_at is not null;
--> statement-breakpoint
ALTER TABLE "tenants" ADD CONSTRAINT "tenants_slug_unique" UNIQUE("slug");
--> statement-breakpoint
ALTER TABLE "tenant_settings" ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "tenant_settings" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY "tenant_settings_tenant" ON "tenant_settings" USING (
	current_setting('app.platform', true) = 'on' OR tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid
);
--> statement-breakpoint
-- Only the platform makes tenants and does away with them.
CREATE POLICY "tenants_purge" ON "tenants" AS RESTRICTIVE FOR DELETE USING (current_setting('app.platform', true) = 'on');
--> statement-breakpoint
CREATE POLICY "tenants_create" ON "tenants" AS RESTRICTIVE FOR INSERT WITH CHECK (current_setting('app.platform', true) = 'on');
--> statement-breakpoint
DO $$ BEGIN
	EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON "tenant_settings" TO %I', regexp_replace(current_user, '_owner$', '_app'));
	EXECUTE format('GRANT DELETE ON "tenants" TO %I', regexp_replace(current_user, '_owner$', '_app'));
END $$;
