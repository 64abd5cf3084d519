-- The receipts of erasures, as a migration of each app makes them that erases what it holds on people.
CREATE TABLE "erasures" (
	"user_id" uuid PRIMARY KEY NOT NULL,
	"erased" jsonb NOT NULL,
	"erased_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
DO $$ BEGIN
	EXECUTE format('GRANT SELECT, INSERT ON "erasures" TO %I', regexp_replace(current_user, '_owner$', '_app'));
END $$;
