-- What tells a cache that its copy of a link is old: `version` grows with each change of code,
-- destination or activity (not with clicks), `updated_at` is the second of the last one.

ALTER TABLE urls
    ADD COLUMN updated_at BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
UPDATE urls SET updated_at = created_at;
ALTER TABLE urls ALTER COLUMN updated_at SET DEFAULT floor(extract(epoch FROM clock_timestamp()));
CREATE INDEX idx_urls_updated_at ON urls (updated_at);

-- For writers that do not set them.
CREATE FUNCTION lynx_count_url_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.version <= OLD.version THEN
        NEW.version := OLD.version + 1;
        NEW.updated_at := greatest(
            OLD.updated_at, NEW.updated_at, floor(extract(epoch FROM clock_timestamp()))::bigint);
    END IF;
    RETURN NEW;
END;
$$;

CREATE TRIGGER urls_version_trigger
    BEFORE UPDATE OF short_code, original_url, is_active ON urls FOR EACH ROW
    WHEN (NEW.short_code IS DISTINCT FROM OLD.short_code
        OR NEW.original_url IS DISTINCT FROM OLD.original_url
        OR NEW.is_active IS DISTINCT FROM OLD.is_active)
    EXECUTE FUNCTION lynx_count_url_version();
