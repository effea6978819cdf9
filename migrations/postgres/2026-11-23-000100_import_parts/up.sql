-- Files on their way in, and what of them is too large for one row.
-- Same tables, columns and meaning as in the other migrations folder; a test compares them.

CREATE TABLE import_upload (
    batch_id BIGINT NOT NULL REFERENCES import_batch (id),
    seq BIGINT NOT NULL,
    bytes BYTEA NOT NULL,
    PRIMARY KEY (batch_id, seq)
);

CREATE TABLE import_reject_part (
    reject_id BIGINT NOT NULL REFERENCES import_reject (id),
    seq BIGINT NOT NULL,
    bytes BYTEA NOT NULL,
    PRIMARY KEY (reject_id, seq)
);

CREATE TABLE import_flag (
    batch_id BIGINT NOT NULL REFERENCES import_batch (id),
    item TEXT NOT NULL,
    flag TEXT NOT NULL,
    count BIGINT NOT NULL,
    line BIGINT NOT NULL,
    PRIMARY KEY (batch_id, item, flag)
);
