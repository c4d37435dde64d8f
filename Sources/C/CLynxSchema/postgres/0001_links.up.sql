-- Links, people, history and analytics, as the Rust Lynx lays them out: a database of its making is
-- adopted, every row kept.

-- That something is there already, or is not, is nothing to tell.
SET LOCAL client_min_messages = warning;

CREATE TABLE IF NOT EXISTS urls (
    id BIGSERIAL PRIMARY KEY,
    short_code TEXT NOT NULL UNIQUE,
    original_url TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    created_by TEXT,
    clicks BIGINT NOT NULL DEFAULT 0,
    is_active BOOLEAN NOT NULL DEFAULT TRUE
);

-- Adopted columns may lack NOT NULL.
UPDATE urls SET clicks = 0 WHERE clicks IS NULL;
UPDATE urls SET is_active = TRUE WHERE is_active IS NULL;
ALTER TABLE urls ALTER COLUMN clicks SET NOT NULL, ALTER COLUMN is_active SET NOT NULL;

-- Codes are told apart byte by byte: asking the locale takes as long as the rest of the search in the
-- index.
ALTER TABLE urls ALTER COLUMN short_code TYPE TEXT COLLATE "C";

-- The uniqueness of short_code has an index already.
DROP INDEX IF EXISTS idx_short_code;
CREATE INDEX IF NOT EXISTS idx_created_by ON urls (created_by);
CREATE INDEX IF NOT EXISTS idx_urls_created_at_id ON urls (created_at DESC, id DESC);
CREATE INDEX IF NOT EXISTS idx_urls_created_by_created_at_id
    ON urls (created_by, created_at DESC, id DESC);

-- A code handed out once must never lead elsewhere: links are deactivated, not deleted.
CREATE OR REPLACE FUNCTION lynx_refuse_to_delete_urls() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'links are never deleted; deactivate them (is_active = false)';
END;
$$;

DROP TRIGGER IF EXISTS prevent_urls_delete_trigger ON urls;
CREATE TRIGGER prevent_urls_delete_trigger BEFORE DELETE ON urls
    FOR EACH ROW EXECUTE FUNCTION lynx_refuse_to_delete_urls();

DROP TRIGGER IF EXISTS prevent_urls_truncate_trigger ON urls;
CREATE TRIGGER prevent_urls_truncate_trigger BEFORE TRUNCATE ON urls
    FOR EACH STATEMENT EXECUTE FUNCTION lynx_refuse_to_delete_urls();

CREATE TABLE IF NOT EXISTS users (
    user_id TEXT NOT NULL,
    auth_method TEXT NOT NULL,
    email TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, auth_method)
);

CREATE TABLE IF NOT EXISTS admin_users (
    user_id TEXT NOT NULL,
    auth_method TEXT NOT NULL,
    promoted_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, auth_method)
);

CREATE TABLE IF NOT EXISTS url_history (
    id BIGSERIAL PRIMARY KEY,
    short_code TEXT NOT NULL,
    historic_url TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    changed_by TEXT
);
CREATE INDEX IF NOT EXISTS idx_url_history_short_code
    ON url_history (short_code, changed_at DESC, id DESC);

CREATE TABLE IF NOT EXISTS analytics (
    id BIGSERIAL PRIMARY KEY,
    short_code TEXT NOT NULL,
    time_bucket BIGINT NOT NULL,
    country_code TEXT,
    region TEXT,
    city TEXT,
    asn BIGINT,
    ip_version INTEGER NOT NULL,
    visit_count BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (short_code, time_bucket, country_code, region, city, asn, ip_version)
);
CREATE INDEX IF NOT EXISTS idx_analytics_time_bucket ON analytics (time_bucket);
