DROP TABLE settings;
DROP TABLE click_batches;
DROP TABLE api_keys;
