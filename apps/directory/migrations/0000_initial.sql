CREATE TYPE "public"."role_category" AS ENUM('system', 'administration', 'support', 'partner', 'custom');
--> statement-breakpoint
CREATE TYPE "public"."tenant_type" AS ENUM('customer', 'partner', 'internal');
--> statement-breakpoint
CREATE TYPE "public"."user_status" AS ENUM('pending', 'active', 'suspended', 'deleted');
--> statement-breakpoint
CREATE TABLE "memberships" (
	"tenant_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "memberships_tenant_id_user_id_pk" PRIMARY KEY("tenant_id","user_id")
);
--> statement-breakpoint
CREATE TABLE "role_assignments" (
	"tenant_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"role_id" uuid NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "role_assignments_tenant_id_user_id_role_id_pk" PRIMARY KEY("tenant_id","user_id","role_id")
);
--> statement-breakpoint
CREATE TABLE "roles" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"name" text NOT NULL,
	"display_name" text NOT NULL,
	"description" text,
	"category" "role_category" NOT NULL,
	"permissions" text[] NOT NULL,
	"is_active" boolean DEFAULT true NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "roles_tenant_id_name_unique" UNIQUE("tenant_id","name"),
	CONSTRAINT "roles_of_the_system" CHECK ((category = 'system') = (tenant_id = '00000000-0000-7000-8000-000000000000'))
);
--> statement-breakpoint
CREATE TABLE "tenants" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"type" "tenant_type" NOT NULL,
	"country" text,
	"config" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "users" (
	"id" uuid PRIMARY KEY NOT NULL,
	"email" text NOT NULL,
	"email_verified" boolean DEFAULT false NOT NULL,
	"first_name" text NOT NULL,
	"last_name" text NOT NULL,
	"status" "user_status" NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_login_at" timestamp with time zone,
	CONSTRAINT "users_email_unique" UNIQUE("email")
);
--> statement-breakpoint
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "role_assignments" ADD CONSTRAINT "role_assignments_role_id_roles_id_fk" FOREIGN KEY ("role_id") REFERENCES "public"."roles"("id") ON DELETE no action ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "role_assignments" ADD CONSTRAINT "role_assignments_tenant_id_user_id_memberships_tenant_id_user_id_fk" FOREIGN KEY ("tenant_id","user_id") REFERENCES "public"."memberships"("tenant_id","user_id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "roles" ADD CONSTRAINT "roles_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;
--> statement-breakpoint
CREATE INDEX "memberships_user_id_index" ON "memberships" USING btree ("user_id");
--> statement-breakpoint
CREATE INDEX "role_assignments_role_id_index" ON "role_assignments" USING btree ("role_id");
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
-- A tenant sees itself; a person is seen from the tenants that they are a member of.
ALTER TABLE "tenants" ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "tenants" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY "tenants_tenant" ON "tenants" USING (
	current_setting('app.platform', true) = 'on' OR id = nullif(current_setting('app.tenant_id', true), '')::uuid
);
--> statement-breakpoint
ALTER TABLE "memberships" ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "memberships" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY "memberships_tenant" ON "memberships" USING (
	current_setting('app.platform', true) = 'on' OR tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid
);
--> statement-breakpoint
ALTER TABLE "role_assignments" ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "role_assignments" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY "role_assignments_tenant" ON "role_assignments" USING (
	current_setting('app.platform', true) = 'on' OR tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid
);
--> statement-breakpoint
ALTER TABLE "users" ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "users" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY "users_tenant" ON "users" USING (
	current_setting('app.platform', true) = 'on' OR EXISTS (SELECT FROM memberships m WHERE m.user_id = users.id AND m.tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
);
--> statement-breakpoint
-- The system's roles can be read from everywhere; only the platform changes them.
ALTER TABLE "roles" ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "roles" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY "roles_tenant" ON "roles" USING (
	current_setting('app.platform', true) = 'on' OR tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid
);
--> statement-breakpoint
CREATE POLICY "roles_system" ON "roles" FOR SELECT USING (category = 'system');
--> statement-breakpoint
-- The application owns nothing: it gets what it needs and no more.
DO $$ BEGIN
	EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON "memberships", "roles", "role_assignments" TO %I', regexp_replace(current_user, '_owner$', '_app'));
	EXECUTE format('GRANT SELECT, INSERT, UPDATE ON "users", "tenants" TO %I', regexp_replace(current_user, '_owner$', '_app'));
END $$;
--> statement-breakpoint
-- The platform is a tenant too, whose members are its administrators; the system's roles are its own.
SELECT set_config('app.platform', 'on', true);
--> statement-breakpoint
INSERT INTO "tenants" (id, name, type) VALUES ('00000000-0000-7000-8000-000000000000', 'Gatehouse', 'internal');
--> statement-breakpoint
INSERT INTO "roles" (id, tenant_id, name, display_name, description, category, permissions)
SELECT id::uuid, '00000000-0000-7000-8000-000000000000', name, display_name, description, 'system', permissions::text[] FROM (VALUES
	('00000000-0000-7000-8000-000000000001', 'platform-admin', 'Platform administrator', 'Does everything, in every tenant.',
		'{users:read,users:write,roles:read,roles:write,roles:assign,tenants:read,tenants:write,tenants:create,tenants:delete,invites:read,invites:write,api-keys:read,api-keys:write,sessions:read,sessions:write,audit:read,partner-clients:read,partner-clients:write,platform:read,platform:write}'),
	('00000000-0000-7000-8000-000000000002', 'tenant-admin', 'Administrator', 'Does everything in the tenant.',
		'{users:read,users:write,roles:read,roles:write,roles:assign,tenants:read,tenants:write,invites:read,invites:write,api-keys:read,api-keys:write,sessions:read,sessions:write,audit:read,partner-clients:read,partner-clients:write}'),
	('00000000-0000-7000-8000-000000000003', 'member', 'Member', 'Sees the people, roles and settings of the tenant.',
		'{users:read,roles:read,tenants:read}'),
	('00000000-0000-7000-8000-000000000004', 'auditor', 'Auditor', 'Sees everything in the tenant and what was done in it, and changes nothing.',
		'{users:read,roles:read,tenants:read,invites:read,api-keys:read,sessions:read,audit:read,partner-clients:read}'),
	('00000000-0000-7000-8000-000000000005', 'partner-manager', 'Partner manager', 'Manages the OAuth 2 clients of partners.',
		'{users:read,roles:read,tenants:read,partner-clients:read,partner-clients:write}')
) AS system_roles(id, name, display_name, description, permissions);
