-- Search for parts of codes (case matters) and of destinations (it does not), by trigrams.

DROP TRIGGER IF EXISTS urls_fts_insert;
DROP TRIGGER IF EXISTS urls_fts_update;
DROP TABLE IF EXISTS urls_fts_code;
DROP TABLE IF EXISTS urls_fts_url;

-- External content: the text is in urls alone. No column sizes: nothing is ranked, and each would
-- be one more row to write with a link.
CREATE VIRTUAL TABLE urls_fts_code USING fts5 (
    short_code, content = 'urls', content_rowid = 'id', columnsize = 0,
    tokenize = 'trigram case_sensitive 1');
CREATE VIRTUAL TABLE urls_fts_url USING fts5 (
    original_url, content = 'urls', content_rowid = 'id', columnsize = 0,
    tokenize = 'trigram case_sensitive 0');
INSERT INTO urls_fts_code (urls_fts_code) VALUES ('rebuild');
INSERT INTO urls_fts_url (urls_fts_url) VALUES ('rebuild');

CREATE TRIGGER urls_fts_insert AFTER INSERT ON urls
BEGIN
    INSERT INTO urls_fts_code (rowid, short_code) VALUES (NEW.id, NEW.short_code);
    INSERT INTO urls_fts_url (rowid, original_url) VALUES (NEW.id, NEW.original_url);
END;

-- Not for every update: clicks are counted in this table.
CREATE TRIGGER urls_fts_update AFTER UPDATE OF short_code, original_url ON urls
WHEN (NEW.short_code, NEW.original_url) IS NOT (OLD.short_code, OLD.original_url)
BEGIN
    INSERT INTO urls_fts_code (urls_fts_code, rowid, short_code)
    VALUES ('delete', OLD.id, OLD.short_code);
    INSERT INTO urls_fts_url (urls_fts_url, rowid, original_url)
    VALUES ('delete', OLD.id, OLD.original_url);
    INSERT INTO urls_fts_code (rowid, short_code) VALUES (NEW.id, NEW.short_code);
    INSERT INTO urls_fts_url (rowid, original_url) VALUES (NEW.id, NEW.original_url);
END;
