-- The signing keys of a service that issues tokens, as a migration of each such app makes them.
CREATE TABLE "signing_keys" (
	"kid" text PRIMARY KEY NOT NULL,
	"public_jwk" jsonb NOT NULL,
	"sealed_private_jwk" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"activates_at" timestamp with time zone DEFAULT now() NOT NULL,
	"retires_at" timestamp with time zone
);
--> statement-breakpoint
DO $$ DECLARE app name := regexp_replace(current_user, '_owner$', '_app'); BEGIN
	EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON "signing_keys" TO %I', app);
END $$;
