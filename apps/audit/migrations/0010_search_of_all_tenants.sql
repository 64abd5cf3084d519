-- Who searches all tenants by what was done finds it by index too, however rare it is.
CREATE INDEX "entries_by_action_of_all_tenants" ON "entries" USING btree ("action","resource","occurred_at","id");
--> statement-breakpoint
CREATE INDEX "actions_of_all_tenants" ON "actions" USING btree ("action","resource");
