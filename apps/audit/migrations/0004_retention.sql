-- Drops the months that are over before a time. Their entries are gone; their hashes stay, and each tree knows from which leaf
-- on its entries are all there. Nobody but the owner may call it.
CREATE FUNCTION "drop_entries_before"(before timestamptz) RETURNS SETOF text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	name text;
	first_kept text := 'entries_' || to_char(before AT TIME ZONE 'UTC', 'YYYY_MM');
BEGIN
	PERFORM set_config('app.platform', 'on', true);
	PERFORM pg_advisory_xact_lock(hashtextextended('gatehouse.entries_by_month', 0));
	FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'entries_by_month' AND tablename < first_kept ORDER BY 1 LOOP
		-- In the order in which whoever appends locks them.
		PERFORM FROM public.trees ORDER BY tenant_id FOR UPDATE;
		EXECUTE format(
			'UPDATE public.trees t SET retained_from = greatest(t.retained_from, d.next)
			FROM (SELECT tenant_id, max(leaf_index) + 1 AS next FROM entries_by_month.%I GROUP BY tenant_id) d
			WHERE t.tenant_id = d.tenant_id', name);
		EXECUTE format('DROP TABLE entries_by_month.%I', name);
		RETURN NEXT name;
	END LOOP;
END $$;
--> statement-breakpoint
REVOKE ALL ON FUNCTION "drop_entries_before" FROM public;
