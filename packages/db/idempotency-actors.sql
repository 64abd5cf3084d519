-- Whose the memory of a request is, and what came of it, as a later migration of each app that has `idempotency.sql` adds it.
ALTER TABLE "idempotency_keys" ADD COLUMN "actor_id" text DEFAULT '' NOT NULL;
--> statement-breakpoint
CREATE INDEX "idempotency_keys_of_actor" ON "idempotency_keys" USING btree ("actor_id");
--> statement-breakpoint
CREATE INDEX "idempotency_keys_of_result" ON "idempotency_keys" USING btree ((result ->> 'id'));
