-- Whose the memory of a request is, and what came of it, as a later migration of each app that has `idempotency.sql` adds it.
ALTER TABLE "idempotency_keys" ADD COLUMN "actor_id" text DEFAULT '' NOT NULL;
--> statement-breakpoint
CREATE INDEX "idempotency_keys_of_actor" ON "idempotency_keys" USING btree ("actor_id");
--> statement-breakpoint
CREATE INDEX "idempotency_keys_of_result" ON "idempotency_keys" USING btree ((result ->> 'id'));
--> statement-breakpoint
-- What was sent may be cleared away, as a later migration of each app with an outbox allows it: after a week, or before that,
-- by a transaction that says so, what audit has of people who were erased. What was not sent can't.
DROP POLICY "outbox_clear" ON "outbox";
--> statement-breakpoint
CREATE POLICY "outbox_clear" ON "outbox" FOR DELETE USING (
	current_setting('app.platform', true) = 'on'
	AND (sent_at < now() - interval '7 days' OR sent_at IS NOT NULL AND current_setting('app.clears_remnants', true) = 'on')
);
