CREATE TABLE "letter_mentions" (
	"subject_id" text NOT NULL,
	"letter_id" text NOT NULL,
	CONSTRAINT "letter_mentions_subject_id_letter_id_pk" PRIMARY KEY("subject_id","letter_id")
);
--> statement-breakpoint
CREATE TABLE "message_copies" (
	"event_id" uuid NOT NULL,
	"sequence" bigint NOT NULL,
	"noted_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "message_copies_event_id_sequence_pk" PRIMARY KEY("event_id","sequence")
);
--> statement-breakpoint
ALTER TABLE "dead_letters" ALTER COLUMN "sealed_body" DROP NOT NULL;
--> statement-breakpoint
ALTER TABLE "dead_letters" ADD COLUMN "sequence" bigint;
--> statement-breakpoint
ALTER TABLE "dead_letters" ADD COLUMN "expires_at" timestamp with time zone;
--> statement-breakpoint
ALTER TABLE "subject_keys" ADD COLUMN "noted_at" timestamp with time zone;
--> statement-breakpoint
ALTER TABLE "letter_mentions" ADD CONSTRAINT "letter_mentions_letter_id_dead_letters_id_fk" FOREIGN KEY ("letter_id") REFERENCES "public"."dead_letters"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
CREATE INDEX "letter_mentions_letter_id_index" ON "letter_mentions" USING btree ("letter_id");
--> statement-breakpoint
CREATE INDEX "message_copies_oldest" ON "message_copies" USING btree ("noted_at");
--> statement-breakpoint
CREATE INDEX "dead_letters_expiring" ON "dead_letters" USING btree ("expires_at");
--> statement-breakpoint
CREATE INDEX "entries_by_keys" ON "entries" USING btree ("origin_subject","occurred_at","id") WHERE actor_type = 'api_key' and origin_subject <> tenant_id::text;
--> statement-breakpoint
-- Of no tenant: only in the platform's scope.
ALTER TABLE "letter_mentions" ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "letter_mentions" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY "letter_mentions_platform" ON "letter_mentions" USING (current_setting('app.platform', true) = 'on');
--> statement-breakpoint
ALTER TABLE "message_copies" ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "message_copies" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY "message_copies_platform" ON "message_copies" USING (current_setting('app.platform', true) = 'on');
--> statement-breakpoint
DO $$ DECLARE app name := regexp_replace(current_user, '_owner$', '_app'); BEGIN
	EXECUTE format('GRANT SELECT, INSERT, DELETE ON "letter_mentions", "message_copies" TO %I', app);
	EXECUTE format('GRANT UPDATE ("noted_at") ON "subject_keys" TO %I', app);
	EXECUTE format('GRANT UPDATE ("sealed_body", "expires_at"), DELETE ON "dead_letters" TO %I', app);
END $$;
--> statement-breakpoint
-- Whose those are that were laid aside before is not known.
UPDATE "dead_letters" SET "expires_at" = now() + interval '30 days';
