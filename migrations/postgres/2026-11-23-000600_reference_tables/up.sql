-- Tables that a registry brings in itself, such as Cancer PathCHART: one row a table, the newest.
-- Same tables, columns and meaning as in the other migrations folder; a test compares them.
CREATE TABLE reference_table (
    name TEXT NOT NULL PRIMARY KEY,
    version TEXT NOT NULL,
    file_name TEXT NOT NULL,
    loaded_at TIMESTAMP NOT NULL,
    loaded_by TEXT NOT NULL,
    body BYTEA NOT NULL
);
