-- A database as the Rust Lynx lays it out, with rows.
CREATE TABLE urls (
    id BIGSERIAL PRIMARY KEY,
    short_code TEXT NOT NULL UNIQUE,
    original_url TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    created_by TEXT,
    clicks BIGINT DEFAULT 0,
    is_active BOOLEAN DEFAULT TRUE
);
CREATE TABLE users (
    user_id TEXT NOT NULL, auth_method TEXT NOT NULL, email TEXT,
    created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, auth_method));
CREATE TABLE admin_users (
    user_id TEXT NOT NULL, auth_method TEXT NOT NULL, promoted_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, auth_method));
CREATE TABLE url_history (
    id BIGSERIAL PRIMARY KEY, short_code TEXT NOT NULL, historic_url TEXT NOT NULL,
    changed_at BIGINT NOT NULL, changed_by TEXT);
CREATE TABLE analytics (
    id BIGSERIAL PRIMARY KEY, short_code TEXT NOT NULL, time_bucket BIGINT NOT NULL,
    country_code TEXT, region TEXT, city TEXT, asn BIGINT, ip_version INTEGER NOT NULL,
    visit_count BIGINT NOT NULL DEFAULT 0, created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (short_code, time_bucket, country_code, region, city, asn, ip_version));
CREATE INDEX idx_short_code ON urls (short_code);
CREATE INDEX idx_created_by ON urls (created_by);
CREATE INDEX idx_urls_created_at_id ON urls (created_at DESC, id DESC);
CREATE INDEX idx_urls_created_by_created_at_id ON urls (created_by, created_at DESC, id DESC);
CREATE INDEX idx_url_history_short_code ON url_history (short_code, changed_at DESC, id DESC);
CREATE INDEX idx_analytics_short_code ON analytics (short_code);
CREATE INDEX idx_analytics_time_bucket ON analytics (time_bucket);
CREATE FUNCTION prevent_urls_delete() RETURNS TRIGGER AS $$
BEGIN
    RAISE EXCEPTION 'Deleting URLs is not allowed';
END;
$$ LANGUAGE plpgsql;
CREATE TRIGGER prevent_urls_delete_trigger BEFORE DELETE ON urls
    FOR EACH ROW EXECUTE FUNCTION prevent_urls_delete();
CREATE TRIGGER prevent_urls_truncate_trigger BEFORE TRUNCATE ON urls
    FOR EACH STATEMENT EXECUTE FUNCTION prevent_urls_delete();
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE INDEX idx_trgm_code ON urls USING gin (short_code gin_trgm_ops);
CREATE INDEX idx_trgm_url ON urls USING gin (lower(original_url) gin_trgm_ops);
INSERT INTO urls (id, short_code, original_url, created_at, created_by, clicks, is_active) VALUES
    (1, 'abc', 'https://Example.com/a?b=c''d', 1700000000, NULL, 0, TRUE),
    (2, 'ABC', 'https://example.org/%41_%', 1700000000, 'ann', 12345678901, TRUE),
    (5, '🦊/fox', 'https://example.net/🦊🎉', 1700000005, 'böb', 7, FALSE),
    (9, 'a.b~c-d_e', 'http://[::1]:8080/', 0, '', 1, TRUE);
SELECT setval('urls_id_seq', 9);
INSERT INTO users VALUES ('ann', 'oauth', NULL, 1, 2), ('böb', 'cloudflare', 'b@example.org', 3, 4);
INSERT INTO admin_users VALUES ('ann', 'oauth', 5);
INSERT INTO url_history (short_code, historic_url, changed_at, changed_by) VALUES
    ('abc', 'http://old/1', 10, NULL), ('abc', 'http://old/🦊', 11, 'ann');
INSERT INTO analytics
    (short_code, time_bucket, country_code, region, city, asn, ip_version, visit_count, created_at,
    updated_at)
VALUES ('abc', 3600, 'DE', NULL, 'Köln', 3320, 4, 17, 3600, 3601),
    ('gone', 7200, NULL, NULL, NULL, NULL, 6, 1, 7200, 7200);
