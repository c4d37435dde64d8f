DROP TRIGGER urls_fts_insert;
DROP TRIGGER urls_fts_update;
DROP TABLE urls_fts_code;
DROP TABLE urls_fts_url;
