CREATE TABLE "followers" (
	"name" text NOT NULL,
	"tenant_id" uuid NOT NULL,
	"position" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "followers_name_tenant_id_pk" PRIMARY KEY("name","tenant_id")
);
--> statement-breakpoint
CREATE TABLE "gaps" (
	"service" text NOT NULL,
	"resource" text NOT NULL,
	"resource_id" text NOT NULL,
	"version" integer NOT NULL,
	"tenant_id" uuid NOT NULL,
	"noticed_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "gaps_service_resource_resource_id_version_pk" PRIMARY KEY("service","resource","resource_id","version")
);
--> statement-breakpoint
ALTER TABLE "entries" ADD COLUMN "aggregate_version" integer;
--> statement-breakpoint
CREATE INDEX "gaps_oldest" ON "gaps" USING btree ("noticed_at");
--> statement-breakpoint
-- Only the service itself looks at them, in the platform's scope.
ALTER TABLE "followers" ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "followers" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY "followers_platform" ON "followers" USING (current_setting('app.platform', true) = 'on');
--> statement-breakpoint
ALTER TABLE "gaps" ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "gaps" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY "gaps_platform" ON "gaps" USING (current_setting('app.platform', true) = 'on');
--> statement-breakpoint
-- As before, and it tells what the record of it needs. Whole days (UTC) at a time, so that a quiet tenant's log gets one
-- such record a day.
DROP FUNCTION "drop_past_retention";
--> statement-breakpoint
CREATE FUNCTION "drop_past_retention"("tenant" uuid, "at_most" integer)
RETURNS TABLE ("dropped" integer, "retained_from" bigint, "days" integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	kept integer := public.retention_days(tenant);
	gone_before timestamptz := date_trunc('day', now() - make_interval(days => kept), 'UTC');
	how_many integer;
	next bigint;
BEGIN
	PERFORM FROM public.trees WHERE tenant_id = tenant FOR UPDATE;
	WITH old AS (
		SELECT id, occurred_at FROM public.entries
		WHERE tenant_id = tenant AND occurred_at < gone_before AND recorded_at < now() - interval '15 days'
		ORDER BY occurred_at LIMIT at_most
	), gone AS (
		DELETE FROM public.entries e USING old WHERE e.id = old.id AND e.occurred_at = old.occurred_at RETURNING e.leaf_index
	) SELECT count(*), max(leaf_index) + 1 INTO how_many, next FROM gone;
	UPDATE public.trees t SET retained_from = greatest(t.retained_from, next)
	WHERE tenant_id = tenant AND next IS NOT NULL;
	RETURN QUERY SELECT how_many, t.retained_from, kept FROM public.trees t WHERE tenant_id = tenant;
END $$;
--> statement-breakpoint
REVOKE ALL ON FUNCTION "drop_past_retention" FROM public;
--> statement-breakpoint
DO $$ DECLARE app name := regexp_replace(current_user, '_owner$', '_app'); BEGIN
	EXECUTE format('GRANT SELECT, INSERT, UPDATE ("position") ON "followers" TO %I', app);
	EXECUTE format('GRANT SELECT, INSERT, DELETE ON "gaps" TO %I', app);
	EXECUTE format('GRANT EXECUTE ON FUNCTION "drop_past_retention" TO %I', app);
END $$;
