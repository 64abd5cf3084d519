-- Whom mail that waits is about, as a later migration of each app with a mail queue adds it.
ALTER TABLE "mails" ADD COLUMN "subject_id" uuid;
--> statement-breakpoint
CREATE INDEX "mails_about" ON "mails" USING btree ("subject_id");
