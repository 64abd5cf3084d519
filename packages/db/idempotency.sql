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
