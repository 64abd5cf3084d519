CREATE INDEX "one_time_tokens_tenant_id_index" ON "one_time_tokens" USING btree ("tenant_id");--> statement-breakpoint
CREATE INDEX "sessions_tenant_id_index" ON "sessions" USING btree ("tenant_id");--> statement-breakpoint
CREATE INDEX "social_logins_link_user_id_index" ON "social_logins" USING btree ("link_user_id") WHERE link_user_id is not null;