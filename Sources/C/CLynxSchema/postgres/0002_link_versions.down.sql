DROP TRIGGER urls_version_trigger ON urls;
DROP FUNCTION lynx_count_url_version();
DROP INDEX idx_urls_updated_at;
ALTER TABLE urls DROP COLUMN version, DROP COLUMN updated_at;
