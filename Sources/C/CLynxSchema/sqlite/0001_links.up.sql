-- Links, people, history and analytics, as the Rust Lynx lays them out: a database of its making is
-- adopted, every row kept.

CREATE TABLE IF NOT EXISTS urls (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    short_code TEXT NOT NULL UNIQUE,
    original_url TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT,
    clicks INTEGER NOT NULL DEFAULT 0,
    is_active INTEGER NOT NULL DEFAULT 1
);

-- Adopted columns may lack NOT NULL.
UPDATE urls SET clicks = 0 WHERE clicks IS NULL;
UPDATE urls SET is_active = 1 WHERE is_active IS NULL;

-- The uniqueness of short_code has an index already.
DROP INDEX IF EXISTS idx_short_code;
CREATE INDEX IF NOT EXISTS idx_created_by ON urls (created_by);
CREATE INDEX IF NOT EXISTS idx_urls_created_at_id ON urls (created_at DESC, id DESC);
CREATE INDEX IF NOT EXISTS idx_urls_created_by_created_at_id
    ON urls (created_by, created_at DESC, id DESC);

-- A code handed out once must never lead elsewhere: links are deactivated, not deleted.
DROP TRIGGER IF EXISTS prevent_urls_delete;
CREATE TRIGGER prevent_urls_delete BEFORE DELETE ON urls
BEGIN
    SELECT RAISE(ABORT, 'links are never deleted; deactivate them (is_active = 0)');
END;

CREATE TABLE IF NOT EXISTS users (
    user_id TEXT NOT NULL,
    auth_method TEXT NOT NULL,
    email TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, auth_method)
);

CREATE TABLE IF NOT EXISTS admin_users (
    user_id TEXT NOT NULL,
    auth_method TEXT NOT NULL,
    promoted_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, auth_method)
);

CREATE TABLE IF NOT EXISTS url_history (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    short_code TEXT NOT NULL,
    historic_url TEXT NOT NULL,
    changed_at INTEGER NOT NULL,
    changed_by TEXT
);
CREATE INDEX IF NOT EXISTS idx_url_history_short_code
    ON url_history (short_code, changed_at DESC, id DESC);

CREATE TABLE IF NOT EXISTS analytics (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    short_code TEXT NOT NULL,
    time_bucket INTEGER NOT NULL,
    country_code TEXT,
    region TEXT,
    city TEXT,
    asn INTEGER,
    ip_version INTEGER NOT NULL,
    visit_count INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (short_code, time_bucket, country_code, region, city, asn, ip_version)
);
CREATE INDEX IF NOT EXISTS idx_analytics_time_bucket ON analytics (time_bucket);
