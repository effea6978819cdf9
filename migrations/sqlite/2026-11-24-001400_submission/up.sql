-- Submission batches: frozen exports to the central registry, what each held, and what was answered.
-- Same tables, columns and meaning as in the other migrations folder; a test compares them.

-- One export, frozen. number counts from 1 at a facility.
CREATE TABLE submission_batch (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL UNIQUE,
    facility_id INTEGER NOT NULL REFERENCES facility (id),
    number INTEGER NOT NULL,
    frozen_at TEXT NOT NULL,
    account_id INTEGER REFERENCES account (id),
    actor_name TEXT NOT NULL,
    software TEXT NOT NULL,
    set_id TEXT NOT NULL,
    full_records INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    deleted INTEGER NOT NULL,
    left_out INTEGER NOT NULL,
    UNIQUE (facility_id, number)
) STRICT;

-- The files of a batch: A full records, M modified records, D deletions, U user dictionaries. Packed, then sealed; sha256 and bytes are of
-- the file as it is sent.
CREATE TABLE submission_file (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    batch_id INTEGER NOT NULL REFERENCES submission_batch (id),
    kind TEXT NOT NULL CHECK (kind IN ('A', 'M', 'D', 'U')),
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    UNIQUE (batch_id, name)
) STRICT;

-- What was sent of a case, in the version it had when the batch was frozen, under the numbers it had then.
-- standing: sent (the newest of its case, unchanged since), changed (the newest, case or patient changed since), past.
CREATE TABLE submission_item (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    batch_id INTEGER NOT NULL REFERENCES submission_batch (id),
    facility_id INTEGER NOT NULL REFERENCES facility (id),
    tumor_id INTEGER NOT NULL REFERENCES tumor (id),
    record_type TEXT NOT NULL CHECK (record_type IN ('A', 'M', 'D')),
    tumor_version INTEGER NOT NULL,
    patient_version INTEGER NOT NULL,
    accession_number TEXT NOT NULL,
    sequence_number TEXT NOT NULL,
    reason TEXT NOT NULL,
    standing TEXT NOT NULL CHECK (standing IN ('sent', 'changed', 'past')),
    answer TEXT NOT NULL CHECK (answer IN ('', 'accepted', 'rejected')),
    message TEXT NOT NULL,
    answered_at TEXT,
    answered_by TEXT NOT NULL
) STRICT;
CREATE INDEX submission_item_by_batch_id_id ON submission_item (batch_id, id);
CREATE INDEX submission_item_by_tumor_id_standing ON submission_item (tumor_id, standing);
CREATE INDEX submission_item_by_facility_id_standing ON submission_item (facility_id, standing, tumor_id);

-- What was frozen never changes. A file may be sealed with another key.
CREATE TRIGGER submission_batch_keeps BEFORE UPDATE ON submission_batch BEGIN SELECT RAISE(ABORT, 'batches are never changed'); END;
CREATE TRIGGER submission_batch_stays BEFORE DELETE ON submission_batch BEGIN SELECT RAISE(ABORT, 'batches are never deleted'); END;
CREATE TRIGGER submission_file_keeps BEFORE UPDATE OF batch_id, kind, name, sha256, bytes ON submission_file BEGIN SELECT RAISE(ABORT, 'files are never changed'); END;
CREATE TRIGGER submission_file_stays BEFORE DELETE ON submission_file BEGIN SELECT RAISE(ABORT, 'files are never deleted'); END;
CREATE TRIGGER submission_item_keeps BEFORE UPDATE OF batch_id, facility_id, tumor_id, record_type, tumor_version, patient_version, accession_number, sequence_number, reason ON submission_item BEGIN SELECT RAISE(ABORT, 'what was sent is never changed'); END;
CREATE TRIGGER submission_item_stays BEFORE DELETE ON submission_item BEGIN SELECT RAISE(ABORT, 'what was sent is never deleted'); END;
