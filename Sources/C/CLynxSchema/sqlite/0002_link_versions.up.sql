-- What tells a cache that its copy of a link is old: `version` grows with each change of code,
-- destination or activity (not with clicks), `updated_at` is the second of the last one.

-- Its successor comes with the next migration; until then it would write with every row below.
DROP TRIGGER IF EXISTS urls_fts_update;

ALTER TABLE urls ADD COLUMN updated_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE urls ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
UPDATE urls SET updated_at = created_at;
CREATE INDEX idx_urls_updated_at ON urls (updated_at);

-- For writers that do not set them; a statement that does costs nothing here.
CREATE TRIGGER urls_updated_at AFTER INSERT ON urls WHEN NEW.updated_at = 0
BEGIN
    UPDATE urls SET updated_at = CAST(strftime('%s', 'now') AS INTEGER) WHERE id = NEW.id;
END;

CREATE TRIGGER urls_version AFTER UPDATE OF short_code, original_url, is_active ON urls
WHEN NEW.version <= OLD.version
    AND (NEW.short_code, NEW.original_url, NEW.is_active)
        IS NOT (OLD.short_code, OLD.original_url, OLD.is_active)
BEGIN
    UPDATE urls
    SET version = OLD.version + 1,
        updated_at = max(OLD.updated_at, NEW.updated_at, CAST(strftime('%s', 'now') AS INTEGER))
    WHERE id = NEW.id;
END;
