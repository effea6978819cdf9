-- What edits found: the sets that judged, the runs, and what stands for each case.
-- Same tables, columns and meaning as in the other migrations folder; a test compares them.

CREATE TABLE edit_set (
    id TEXT PRIMARY KEY NOT NULL,
    edits TEXT NOT NULL,
    first_used_at TEXT NOT NULL
) STRICT;

CREATE TABLE edit_run (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL UNIQUE,
    facility_id INTEGER NOT NULL REFERENCES facility (id),
    set_id TEXT NOT NULL REFERENCES edit_set (id),
    as_of TEXT NOT NULL,
    started_at TEXT NOT NULL,
    finished_at TEXT,
    actor_name TEXT NOT NULL,
    tumors INTEGER NOT NULL,
    errors INTEGER NOT NULL,
    warnings INTEGER NOT NULL,
    overridden INTEGER NOT NULL
) STRICT;
CREATE INDEX edit_run_by_facility_id_id ON edit_run (facility_id, id);

-- One row a case that was judged; it keeps the set that judged it. found has a line a failure: edit,
-- version, outcome (fail, warn, overridden) and the hash of what was read. No values stand there.
CREATE TABLE tumor_check (
    tumor_id INTEGER PRIMARY KEY NOT NULL REFERENCES tumor (id),
    facility_id INTEGER NOT NULL REFERENCES facility (id),
    tumor_version INTEGER NOT NULL,
    patient_version INTEGER NOT NULL,
    set_id TEXT NOT NULL REFERENCES edit_set (id),
    run_id INTEGER REFERENCES edit_run (id),
    checked_at TEXT NOT NULL,
    errors INTEGER NOT NULL,
    warnings INTEGER NOT NULL,
    overridden INTEGER NOT NULL,
    found TEXT NOT NULL
) STRICT;

-- What edits found in a file that came in: counts, and the first findings with their lines.
CREATE TABLE import_edit (
    batch_id INTEGER NOT NULL REFERENCES import_batch (id),
    edit_id TEXT NOT NULL,
    edit_version INTEGER NOT NULL,
    severity TEXT NOT NULL,
    message TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (batch_id, edit_id)
) STRICT;

CREATE TABLE import_edit_line (
    batch_id INTEGER NOT NULL REFERENCES import_batch (id),
    seq INTEGER NOT NULL,
    line INTEGER NOT NULL,
    edit_id TEXT NOT NULL,
    items TEXT NOT NULL,
    PRIMARY KEY (batch_id, seq)
) STRICT;
