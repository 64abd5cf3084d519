-- Mail that waits in a tenant is found by it, as a later migration of each app with a mail queue has it.
CREATE INDEX "mails_of_tenant" ON "mails" USING btree ("tenant_id") WHERE sealed is not null;
