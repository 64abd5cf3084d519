-- A client's public identifier is its own; until now it was the id.
ALTER TABLE "oauth_clients" ADD COLUMN "client_id" text;--> statement-breakpoint
UPDATE "oauth_clients" SET "client_id" = "id"::text;--> statement-breakpoint
ALTER TABLE "oauth_clients" ALTER COLUMN "client_id" SET NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX "oauth_clients_client_id_index" ON "oauth_clients" USING btree ("client_id");--> statement-breakpoint
CREATE INDEX "oauth_clients_updated_at_index" ON "oauth_clients" USING btree ("updated_at");--> statement-breakpoint
-- A secret has an id to name it by. Of those from before, nobody knows any part.
ALTER TABLE "client_secrets" DROP CONSTRAINT "client_secrets_pkey";--> statement-breakpoint
ALTER TABLE "client_secrets" ADD COLUMN "id" uuid PRIMARY KEY NOT NULL DEFAULT gen_random_uuid();--> statement-breakpoint
ALTER TABLE "client_secrets" ALTER COLUMN "id" DROP DEFAULT;--> statement-breakpoint
ALTER TABLE "client_secrets" ADD COLUMN "last_four" text NOT NULL DEFAULT '';--> statement-breakpoint
ALTER TABLE "client_secrets" ALTER COLUMN "last_four" DROP DEFAULT;--> statement-breakpoint
ALTER TABLE "client_secrets" ADD COLUMN "last_used_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "client_secrets" ADD COLUMN "expires_at" timestamp with time zone;
