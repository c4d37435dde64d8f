-- Not once they are in use: keys cannot be made again, and clicks that wait in journals could be counted
-- twice or never.
DO $$
BEGIN
    IF EXISTS (SELECT FROM api_keys) OR EXISTS (SELECT FROM click_batches)
        OR EXISTS (SELECT FROM settings WHERE name <> 'database-id')
    THEN
        RAISE EXCEPTION 'API keys, settings and records of counted clicks would be lost; delete them '
            'from api_keys, settings and click_batches yourself if that is wanted';
    END IF;
END;
$$;

DROP TABLE settings;
DROP TABLE click_batches;
DROP TABLE api_keys;
