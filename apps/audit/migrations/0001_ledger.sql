-- Entries become leaves of a ledger: partitioned, sealed, proven. Those from before have no leaf, and nothing seals them
-- here; what of them the services still keep, the reconciler has recorded anew.
DROP TABLE "entries";
--> statement-breakpoint
CREATE TABLE "entries" (
	"id" uuid NOT NULL,
	"tenant_id" uuid NOT NULL,
	"leaf_index" bigint NOT NULL,
	"occurred_at" timestamp (3) with time zone NOT NULL,
	"recorded_at" timestamp with time zone DEFAULT now() NOT NULL,
	"service" text NOT NULL,
	"actor_type" text NOT NULL,
	"actor_id" text NOT NULL,
	"action" text NOT NULL,
	"resource" text NOT NULL,
	"resource_id" text,
	"correlation_id" text,
	"origin_subject" text,
	"origin_commitment" "bytea",
	"origin_sealed" "bytea",
	"details_subject" text,
	"details_commitment" "bytea",
	"details_sealed" "bytea",
	CONSTRAINT "entries_id_occurred_at_pk" PRIMARY KEY("id","occurred_at")
) PARTITION BY RANGE ("occurred_at");
--> statement-breakpoint
CREATE INDEX "entries_newest" ON "entries" USING btree ("tenant_id","occurred_at","id");
--> statement-breakpoint
CREATE INDEX "entries_of_all_tenants" ON "entries" USING btree ("occurred_at","id");
--> statement-breakpoint
CREATE INDEX "entries_by_leaf" ON "entries" USING btree ("tenant_id","leaf_index");
--> statement-breakpoint
CREATE INDEX "entries_by_actor" ON "entries" USING btree ("actor_id","tenant_id","occurred_at","id");
--> statement-breakpoint
CREATE INDEX "entries_by_resource" ON "entries" USING btree ("resource_id","tenant_id","occurred_at","id");
--> statement-breakpoint
CREATE INDEX "entries_by_action" ON "entries" USING btree ("tenant_id","action","resource","occurred_at","id");
--> statement-breakpoint
CREATE INDEX "entries_by_correlation" ON "entries" USING btree ("correlation_id","tenant_id");
--> statement-breakpoint
CREATE TABLE "actions" (
	"tenant_id" uuid NOT NULL,
	"action" text NOT NULL,
	"resource" text NOT NULL,
	CONSTRAINT "actions_tenant_id_action_resource_pk" PRIMARY KEY("tenant_id","action","resource")
);
--> statement-breakpoint
CREATE TABLE "checkpoints" (
	"tenant_id" uuid NOT NULL,
	"size" bigint NOT NULL,
	"root" "bytea" NOT NULL,
	"note" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "checkpoints_tenant_id_size_pk" PRIMARY KEY("tenant_id","size")
);
--> statement-breakpoint
CREATE TABLE "dead_letters" (
	"id" text PRIMARY KEY NOT NULL,
	"subject" text NOT NULL,
	"reason" text NOT NULL,
	"sealed_body" text NOT NULL,
	"laid_aside_at" timestamp with time zone DEFAULT now() NOT NULL,
	"replayed_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "subject_keys" (
	"subject_id" text PRIMARY KEY NOT NULL,
	"sealed_key" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"forgotten_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "tiles" (
	"tenant_id" uuid NOT NULL,
	"level" smallint NOT NULL,
	"index" bigint NOT NULL,
	"start" smallint NOT NULL,
	"hashes" "bytea" NOT NULL,
	CONSTRAINT "tiles_tenant_id_level_index_start_pk" PRIMARY KEY("tenant_id","level","index","start")
);
--> statement-breakpoint
CREATE TABLE "trees" (
	"tenant_id" uuid PRIMARY KEY NOT NULL,
	"size" bigint DEFAULT 0 NOT NULL,
	"frontier" "bytea" DEFAULT '' NOT NULL,
	"signed_size" bigint DEFAULT 0 NOT NULL,
	"retained_from" bigint DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE INDEX "dead_letters_waiting" ON "dead_letters" USING btree ("laid_aside_at") WHERE replayed_at is null;
--> statement-breakpoint
CREATE INDEX "trees_to_sign" ON "trees" USING btree ("tenant_id") WHERE size > signed_size;
--> statement-breakpoint
-- What is in the ledger stays as it is, whoever may write to its tables.
CREATE FUNCTION "refuse_change"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
--> statement-breakpoint
CREATE TRIGGER "append_only" BEFORE UPDATE OR DELETE ON "entries" FOR EACH ROW EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER "append_only_as_a_whole" BEFORE TRUNCATE ON "entries" FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER "append_only" BEFORE UPDATE OR DELETE ON "tiles" FOR EACH ROW EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER "append_only_as_a_whole" BEFORE TRUNCATE ON "tiles" FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER "append_only" BEFORE UPDATE OR DELETE ON "checkpoints" FOR EACH ROW EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER "append_only_as_a_whole" BEFORE TRUNCATE ON "checkpoints" FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
-- A schema of the owner's alone: the application reaches a partition only through "entries" and its policy.
CREATE SCHEMA "entries_by_month";
--> statement-breakpoint
-- Makes the partition of a month (UTC) if it isn't there; no attaching blocks whoever reads or writes. From three years ago
-- to the next month, so that no sender of strange dates fills the catalogue.
CREATE FUNCTION "make_entries_partition"(month date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	first timestamp := date_trunc('month', month::timestamp);
	this_month timestamp := date_trunc('month', now() AT TIME ZONE 'UTC');
	name text := 'entries_' || to_char(first, 'YYYY_MM');
BEGIN
	IF to_regclass('entries_by_month.' || quote_ident(name)) IS NOT NULL THEN RETURN; END IF;
	IF first NOT BETWEEN this_month - interval '36 months' AND this_month + interval '1 month' THEN
		RAISE EXCEPTION 'no entries are kept of %', month USING ERRCODE = 'check_violation';
	END IF;
	PERFORM pg_advisory_xact_lock(hashtextextended('gatehouse.entries_by_month', 0));
	IF to_regclass('entries_by_month.' || quote_ident(name)) IS NOT NULL THEN RETURN; END IF;
	EXECUTE format('CREATE TABLE entries_by_month.%I (LIKE public.entries INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', name);
	EXECUTE format(
		'CREATE TRIGGER append_only_as_a_whole BEFORE TRUNCATE ON entries_by_month.%I FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change()',
		name
	);
	EXECUTE format(
		'ALTER TABLE public.entries ATTACH PARTITION entries_by_month.%I FOR VALUES FROM (%L) TO (%L)',
		name, first AT TIME ZONE 'UTC', (first + interval '1 month') AT TIME ZONE 'UTC'
	);
END $$;
--> statement-breakpoint
REVOKE ALL ON FUNCTION "make_entries_partition" FROM public;
--> statement-breakpoint
SELECT make_entries_partition((now() AT TIME ZONE 'UTC')::date);
--> statement-breakpoint
ALTER TABLE "entries" ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "entries" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY "entries_tenant" ON "entries" USING (
	current_setting('app.platform', true) = 'on' OR tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid
);
--> statement-breakpoint
ALTER TABLE "actions" ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "actions" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY "actions_tenant" ON "actions" USING (
	current_setting('app.platform', true) = 'on' OR tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid
);
--> statement-breakpoint
ALTER TABLE "trees" ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "trees" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY "trees_tenant" ON "trees" USING (
	current_setting('app.platform', true) = 'on' OR tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid
);
--> statement-breakpoint
ALTER TABLE "tiles" ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "tiles" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY "tiles_tenant" ON "tiles" USING (
	current_setting('app.platform', true) = 'on' OR tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid
);
--> statement-breakpoint
ALTER TABLE "checkpoints" ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "checkpoints" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY "checkpoints_tenant" ON "checkpoints" USING (
	current_setting('app.platform', true) = 'on' OR tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid
);
--> statement-breakpoint
ALTER TABLE "dead_letters" ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "dead_letters" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY "dead_letters_platform" ON "dead_letters" USING (current_setting('app.platform', true) = 'on');
--> statement-breakpoint
DO $$ DECLARE app name := regexp_replace(current_user, '_owner$', '_app'); BEGIN
	EXECUTE format('GRANT SELECT, INSERT ON "entries", "actions", "tiles", "checkpoints" TO %I', app);
	EXECUTE format('GRANT SELECT, INSERT, UPDATE ("size", "frontier", "signed_size") ON "trees" TO %I', app);
	EXECUTE format('GRANT SELECT, INSERT, UPDATE ("sealed_key", "forgotten_at") ON "subject_keys" TO %I', app);
	EXECUTE format('GRANT SELECT, INSERT, UPDATE ("replayed_at") ON "dead_letters" TO %I', app);
	EXECUTE format('GRANT EXECUTE ON FUNCTION "make_entries_partition" TO %I', app);
END $$;
--> statement-breakpoint
-- What a service remembers of requests that may come twice, as a migration of each app that creates things makes it.
CREATE TABLE "idempotency_keys" (
	"digest" "bytea" PRIMARY KEY NOT NULL,
	"body_digest" "bytea" NOT NULL,
	"result" jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE INDEX "idempotency_keys_old" ON "idempotency_keys" USING btree ("created_at");
--> statement-breakpoint
DO $$ DECLARE app name := regexp_replace(current_user, '_owner$', '_app'); BEGIN
	EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON "idempotency_keys" TO %I', app);
END $$;
