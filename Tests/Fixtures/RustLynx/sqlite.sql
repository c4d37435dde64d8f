-- A database as the Rust Lynx lays it out, with rows.
CREATE TABLE urls (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    short_code TEXT NOT NULL UNIQUE,
    original_url TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT,
    clicks INTEGER DEFAULT 0,
    is_active INTEGER DEFAULT 1
);
CREATE TABLE users (
    user_id TEXT NOT NULL, auth_method TEXT NOT NULL, email TEXT,
    created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, auth_method));
CREATE TABLE admin_users (
    user_id TEXT NOT NULL, auth_method TEXT NOT NULL, promoted_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, auth_method));
CREATE TABLE url_history (
    id INTEGER PRIMARY KEY AUTOINCREMENT, short_code TEXT NOT NULL, historic_url TEXT NOT NULL,
    changed_at INTEGER NOT NULL, changed_by TEXT);
CREATE TABLE analytics (
    id INTEGER PRIMARY KEY AUTOINCREMENT, short_code TEXT NOT NULL, time_bucket INTEGER NOT NULL,
    country_code TEXT, region TEXT, city TEXT, asn INTEGER, ip_version INTEGER NOT NULL,
    visit_count INTEGER NOT NULL DEFAULT 0, created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (short_code, time_bucket, country_code, region, city, asn, ip_version));
CREATE INDEX idx_short_code ON urls (short_code);
CREATE INDEX idx_created_by ON urls (created_by);
CREATE INDEX idx_urls_created_at_id ON urls (created_at DESC, id DESC);
CREATE INDEX idx_urls_created_by_created_at_id ON urls (created_by, created_at DESC, id DESC);
CREATE INDEX idx_url_history_short_code ON url_history (short_code, changed_at DESC, id DESC);
CREATE INDEX idx_analytics_short_code ON analytics (short_code);
CREATE INDEX idx_analytics_time_bucket ON analytics (time_bucket);
CREATE TRIGGER prevent_urls_delete BEFORE DELETE ON urls
BEGIN SELECT RAISE(ABORT, 'Deleting URLs is not allowed'); END;
CREATE VIRTUAL TABLE urls_fts_code USING fts5(
    short_code, content='urls', content_rowid='id', tokenize='trigram case_sensitive 1');
CREATE VIRTUAL TABLE urls_fts_url USING fts5(
    original_url, content='urls', content_rowid='id', tokenize='trigram');
CREATE TRIGGER urls_fts_insert AFTER INSERT ON urls BEGIN
    INSERT INTO urls_fts_code(rowid, short_code) VALUES (new.id, new.short_code);
    INSERT INTO urls_fts_url(rowid, original_url) VALUES (new.id, new.original_url);
END;
CREATE TRIGGER urls_fts_update AFTER UPDATE ON urls BEGIN
    INSERT INTO urls_fts_code(urls_fts_code, rowid, short_code)
        VALUES ('delete', old.id, old.short_code);
    INSERT INTO urls_fts_code(rowid, short_code) VALUES (new.id, new.short_code);
    INSERT INTO urls_fts_url(urls_fts_url, rowid, original_url)
        VALUES ('delete', old.id, old.original_url);
    INSERT INTO urls_fts_url(rowid, original_url) VALUES (new.id, new.original_url);
END;
INSERT INTO urls (id, short_code, original_url, created_at, created_by, clicks, is_active) VALUES
    (1, 'abc', 'https://Example.com/a?b=c''d', 1700000000, NULL, 0, 1),
    (2, 'ABC', 'https://example.org/%41_%', 1700000000, 'ann', 12345678901, 1),
    (5, '🦊/fox', 'https://example.net/🦊🎉', 1700000005, 'böb', 7, 0),
    (9, 'a.b~c-d_e', 'http://[::1]:8080/', 0, '', 1, 1);
INSERT INTO users VALUES ('ann', 'oauth', NULL, 1, 2), ('böb', 'cloudflare', 'b@example.org', 3, 4);
INSERT INTO admin_users VALUES ('ann', 'oauth', 5);
INSERT INTO url_history (short_code, historic_url, changed_at, changed_by) VALUES
    ('abc', 'http://old/1', 10, NULL), ('abc', 'http://old/🦊', 11, 'ann');
INSERT INTO analytics
    (short_code, time_bucket, country_code, region, city, asn, ip_version, visit_count, created_at,
    updated_at)
VALUES ('abc', 3600, 'DE', NULL, 'Köln', 3320, 4, 17, 3600, 3601),
    ('gone', 7200, NULL, NULL, NULL, NULL, 6, 1, 7200, 7200);
