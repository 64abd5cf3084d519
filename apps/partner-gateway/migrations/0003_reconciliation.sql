-- How far a service knows that audit has its events, as a migration of each app with an outbox makes it.
CREATE TABLE "reconciliation" (
	"only_row" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"confirmed_until" timestamp with time zone DEFAULT '-infinity' NOT NULL,
	"swept_at" timestamp with time zone DEFAULT '-infinity' NOT NULL,
	CONSTRAINT "reconciliation_only_row" CHECK ("reconciliation"."only_row")
);
--> statement-breakpoint
INSERT INTO "reconciliation" DEFAULT VALUES;
--> statement-breakpoint
DO $$ BEGIN
	EXECUTE format(
		'GRANT SELECT, UPDATE ("confirmed_until", "swept_at") ON "reconciliation" TO %I',
		regexp_replace(current_user, '_owner$', '_app')
	);
END $$;
