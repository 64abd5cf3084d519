-- What waits in the outbox is found by whose it is, as a migration of each app with an outbox makes it.
DROP INDEX "outbox_unsent";
--> statement-breakpoint
CREATE INDEX "outbox_lanes" ON "outbox" USING btree ((case when aggregate_type = 'revocation' then '00000000-0000-0000-0000-000000000000'::uuid else tenant_id end),"position") WHERE sent_at is null;
