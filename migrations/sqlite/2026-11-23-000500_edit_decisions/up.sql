-- What people decided about findings of edits: over-rides and acknowledged warnings, each with what it rests on.
-- Same tables, columns and meaning as in the other migrations folder; a test compares them.
CREATE TABLE edit_decision (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL UNIQUE,
    facility_id INTEGER NOT NULL REFERENCES facility (id),
    tumor_id INTEGER NOT NULL REFERENCES tumor (id),
    edit_id TEXT NOT NULL,
    edit_version INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('override', 'acknowledged')),
    input_hash TEXT NOT NULL,
    reason TEXT NOT NULL,
    account_id INTEGER REFERENCES account (id),
    actor_name TEXT NOT NULL,
    at TEXT NOT NULL
) STRICT;
CREATE INDEX edit_decision_by_tumor_id_id ON edit_decision (tumor_id, id);
