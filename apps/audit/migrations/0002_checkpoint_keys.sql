CREATE TABLE "checkpoint_keys" (
	"sealed_key" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"signs_until" timestamp with time zone
);

--> statement-breakpoint
DO $$ DECLARE app name := regexp_replace(current_user, '_owner$', '_app'); BEGIN
	EXECUTE format('GRANT SELECT, INSERT, UPDATE ("signs_until") ON "checkpoint_keys" TO %I', app);
END $$;
