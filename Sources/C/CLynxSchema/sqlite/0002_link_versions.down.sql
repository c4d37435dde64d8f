DROP TRIGGER urls_updated_at;
DROP TRIGGER urls_version;
DROP INDEX idx_urls_updated_at;
ALTER TABLE urls DROP COLUMN version;
ALTER TABLE urls DROP COLUMN updated_at;
