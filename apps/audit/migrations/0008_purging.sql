-- What has had its time is locked before it is deleted, and only who may change a row may lock it.
DO $$ BEGIN
	EXECUTE format('GRANT UPDATE ("noted_at") ON "message_copies" TO %I', regexp_replace(current_user, '_owner$', '_app'));
END $$;
