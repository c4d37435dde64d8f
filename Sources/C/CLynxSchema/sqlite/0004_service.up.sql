-- What the service keeps for itself.

-- Keys of the API. The key itself is shown once and never stored.
CREATE TABLE api_keys (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    key_hash BLOB NOT NULL UNIQUE,
    is_admin INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    created_by TEXT,
    revoked_at INTEGER
);

-- Batches of counted clicks, each recorded in the transaction that adds it to urls.clicks, so that a
-- batch sent again after a crash is recognised and counts nothing twice.
CREATE TABLE click_batches (
    batch_id TEXT NOT NULL PRIMARY KEY,
    applied_at INTEGER NOT NULL
);
CREATE INDEX idx_click_batches_applied_at ON click_batches (applied_at);

-- What all nodes of this database share, such as the key that signs cursors.
CREATE TABLE settings (
    name TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL,
    updated_at INTEGER NOT NULL
);

-- By which journals of clicks know their database. Here, so that every backup has it.
INSERT INTO settings (name, value, updated_at)
VALUES ('database-id', CAST(lower(hex(randomblob(16))) AS BLOB), CAST(strftime('%s', 'now') AS INTEGER));
