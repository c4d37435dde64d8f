-- Not once they are in use: keys cannot be made again, and clicks that wait in journals could be counted
-- twice or never.
CREATE TEMP TABLE rows_in_use (
    number INTEGER CONSTRAINT
        "API keys, settings and records of counted clicks would be lost; delete them from api_keys, settings and click_batches yourself if that is wanted"
        CHECK (number = 0)
);
INSERT INTO rows_in_use
SELECT (SELECT count(*) FROM api_keys) + (SELECT count(*) FROM click_batches)
    + (SELECT count(*) FROM settings WHERE name <> 'database-id');
DROP TABLE rows_in_use;

DROP TABLE settings;
DROP TABLE click_batches;
DROP TABLE api_keys;
