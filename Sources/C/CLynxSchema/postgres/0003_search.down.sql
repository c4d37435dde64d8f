-- The extension stays: others may use it.
DROP INDEX IF EXISTS idx_urls_short_code_trgm;
DROP INDEX IF EXISTS idx_urls_original_url_trgm;
