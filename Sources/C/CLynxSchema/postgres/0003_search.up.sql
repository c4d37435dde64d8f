-- Search for parts of codes (case matters) and of destinations (it does not), by trigrams where the
-- extension may be created. Where it may not, searches read the table.

DO $$
BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
EXCEPTION
    WHEN insufficient_privilege OR undefined_file OR feature_not_supported THEN
        RAISE NOTICE 'no trigram indexes, searches will read the whole table: %', SQLERRM;
END;
$$;

DO $$
DECLARE
    -- Where the extension lives need not be on the search path.
    place name := (
        SELECT nspname FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace
        WHERE extname = 'pg_trgm');
BEGIN
    IF place IS NULL THEN
        RETURN;
    END IF;
    -- An adopted database has them under names of its own.
    IF NOT EXISTS (
        SELECT FROM pg_index WHERE indrelid = 'urls'::regclass
            AND pg_get_indexdef(indexrelid) ~ 'USING gin \(short_code [^,()]*gin_trgm_ops\)$')
    THEN
        EXECUTE format(
            'CREATE INDEX idx_urls_short_code_trgm ON urls USING gin (short_code %I.gin_trgm_ops)',
            place);
    END IF;
    IF NOT EXISTS (
        SELECT FROM pg_index WHERE indrelid = 'urls'::regclass
            AND pg_get_indexdef(indexrelid)
                ~ 'USING gin \(lower\(original_url\) [^,()]*gin_trgm_ops\)$')
    THEN
        EXECUTE format(
            'CREATE INDEX idx_urls_original_url_trgm ON urls'
            ' USING gin (lower(original_url) %I.gin_trgm_ops)', place);
    END IF;
END;
$$;
