-- What a key-encryption key has sealed may be sealed anew by the next one.
DO $$ DECLARE app name := regexp_replace(current_user, '_owner$', '_app'); BEGIN
	EXECUTE format('GRANT UPDATE ("sealed_key") ON "checkpoint_keys" TO %I', app);
END $$;
