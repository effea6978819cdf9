-- Edits that a facility writes itself: each version as it was written, and what was done with it.
-- Same tables, columns and meaning as in the other migrations folder; a test compares them.

-- edit_id (LOCAL-001) is given once in the registry and never to another rule. Examples are lines of
-- item = value. digest is a hash of all that is written.
CREATE TABLE local_edit_version (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL UNIQUE,
    facility_id INTEGER NOT NULL REFERENCES facility (id),
    edit_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    name TEXT NOT NULL,
    level TEXT NOT NULL,
    items TEXT NOT NULL,
    applies_when TEXT NOT NULL,
    fails_when TEXT NOT NULL,
    severity TEXT NOT NULL CHECK (severity IN ('error', 'warning')),
    message TEXT NOT NULL,
    over_ride TEXT NOT NULL,
    rule TEXT NOT NULL,
    pass_example TEXT NOT NULL,
    fail_example TEXT NOT NULL,
    reason TEXT NOT NULL,
    digest TEXT NOT NULL,
    made_at TEXT NOT NULL,
    account_id INTEGER REFERENCES account (id),
    actor_name TEXT NOT NULL,
    UNIQUE (edit_id, version)
) STRICT;
CREATE INDEX local_edit_version_by_facility_id_edit_id_version ON local_edit_version (facility_id, edit_id, version);

-- A dry run has its counts, the public ids of the first cases it fails on, and the patient it stopped at
-- when it did not come to the end.
CREATE TABLE local_edit_event (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL UNIQUE,
    facility_id INTEGER NOT NULL REFERENCES facility (id),
    version_id INTEGER NOT NULL REFERENCES local_edit_version (id),
    what TEXT NOT NULL CHECK (what IN ('dry_run', 'live', 'retired')),
    reason TEXT NOT NULL,
    tumors INTEGER NOT NULL,
    fails INTEGER NOT NULL,
    out_of_steps INTEGER NOT NULL,
    reached INTEGER,
    cases TEXT NOT NULL,
    at TEXT NOT NULL,
    account_id INTEGER REFERENCES account (id),
    actor_name TEXT NOT NULL
) STRICT;
CREATE INDEX local_edit_event_by_facility_id_what_id ON local_edit_event (facility_id, what, id);

CREATE TRIGGER local_edit_version_keeps BEFORE UPDATE ON local_edit_version BEGIN SELECT RAISE(ABORT, 'versions are never changed'); END;
CREATE TRIGGER local_edit_version_stays BEFORE DELETE ON local_edit_version BEGIN SELECT RAISE(ABORT, 'versions are never deleted'); END;
CREATE TRIGGER local_edit_event_keeps BEFORE UPDATE ON local_edit_event BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
CREATE TRIGGER local_edit_event_stays BEFORE DELETE ON local_edit_event BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;
