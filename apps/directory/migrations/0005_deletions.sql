ALTER TABLE "invites" ALTER COLUMN "invited_by" DROP NOT NULL;
--> statement-breakpoint
CREATE INDEX "invites_email_index" ON "invites" USING btree ("email");
--> statement-breakpoint
CREATE INDEX "invites_invited_by_index" ON "invites" USING btree ("invited_by");
--> statement-breakpoint
CREATE INDEX "invites_accepted_by_index" ON "invites" USING btree ("accepted_by");