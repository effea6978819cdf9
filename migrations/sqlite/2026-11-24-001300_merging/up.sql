-- Two records of one person: who asked to merge them, why, what a second person decided and what was done.
-- Same tables, columns and meaning as in the other migrations folder; a test compares them.
CREATE TABLE patient_merge (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL UNIQUE,
    facility_id INTEGER NOT NULL REFERENCES facility (id),
    survivor_id INTEGER NOT NULL REFERENCES patient (id),
    merged_id INTEGER NOT NULL REFERENCES patient (id),
    state TEXT NOT NULL CHECK (state IN ('open', 'declined', 'merged', 'undo_asked', 'undone')),
    reason TEXT NOT NULL,
    plan TEXT NOT NULL,
    asked_at TEXT NOT NULL,
    asked_account_id INTEGER REFERENCES account (id),
    asked_by TEXT NOT NULL,
    decided_at TEXT,
    decided_by TEXT NOT NULL,
    done TEXT NOT NULL,
    undo_reason TEXT NOT NULL,
    undo_asked_at TEXT,
    undo_account_id INTEGER REFERENCES account (id),
    undo_by TEXT NOT NULL,
    undone_at TEXT,
    undone_by TEXT NOT NULL,
    CHECK (survivor_id <> merged_id)
) STRICT;
CREATE INDEX patient_merge_by_facility_id_state_id ON patient_merge (facility_id, state, id);
CREATE INDEX patient_merge_by_survivor_id ON patient_merge (survivor_id, state);
CREATE INDEX patient_merge_by_merged_id ON patient_merge (merged_id, state);
CREATE UNIQUE INDEX patient_merge_open ON patient_merge (merged_id) WHERE state = 'open';
CREATE UNIQUE INDEX patient_merge_in_force ON patient_merge (merged_id) WHERE state IN ('merged', 'undo_asked');
-- Accession numbers of a merged record, so that they still lead to the person.
CREATE TABLE former_accession (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    facility_id INTEGER NOT NULL REFERENCES facility (id),
    merge_id INTEGER NOT NULL REFERENCES patient_merge (id),
    number TEXT NOT NULL
) STRICT;
CREATE INDEX former_accession_by_facility_id_number ON former_accession (facility_id, number);
-- Records that look alike and are two people, as a person decided. The one made first stands first.
CREATE TABLE two_people (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    facility_id INTEGER NOT NULL REFERENCES facility (id),
    first_id INTEGER NOT NULL REFERENCES patient (id),
    second_id INTEGER NOT NULL REFERENCES patient (id),
    reason TEXT NOT NULL,
    at TEXT NOT NULL,
    account_id INTEGER REFERENCES account (id),
    actor_name TEXT NOT NULL,
    CHECK (first_id < second_id)
) STRICT;
CREATE UNIQUE INDEX two_people_by_first_id_second_id ON two_people (first_id, second_id);
CREATE INDEX two_people_by_second_id ON two_people (second_id);
-- Record numbers that several patients have are found in the index alone.
DROP INDEX tumor_by_facility_id_medical_record_number;
CREATE INDEX tumor_by_record_number ON tumor (facility_id, medical_record_number, patient_id);
DELETE FROM sqlite_stat1 WHERE idx = 'tumor_by_facility_id_medical_record_number';
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('tumor', 'tumor_by_record_number', '100000 50000 2 2');
