-- What was sent may be cleared away, as a later migration of each app with an outbox allows it: after a week, or before that,
-- by a transaction that says so, what audit has of people who were erased. What was not sent can't.
DROP POLICY "outbox_clear" ON "outbox";
--> statement-breakpoint
CREATE POLICY "outbox_clear" ON "outbox" FOR DELETE USING (
	current_setting('app.platform', true) = 'on'
	AND (sent_at < now() - interval '7 days' OR sent_at IS NOT NULL AND current_setting('app.clears_remnants', true) = 'on')
);
