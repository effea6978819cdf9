-- Casefinding: possible cases that wait for a decision, what was done with each, and lists brought in.
-- Same tables, columns and meaning as in the other migrations folder; a test compares them.
-- What is known of an item stands in one JSON text, like the items of a patient; columns are for finding and counting.
CREATE TABLE suspense_batch (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL UNIQUE,
    facility_id INTEGER NOT NULL REFERENCES facility (id),
    source TEXT NOT NULL,
    file_name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    month TEXT NOT NULL,
    received INTEGER NOT NULL,
    candidates INTEGER NOT NULL,
    screened_out INTEGER NOT NULL,
    duplicates INTEGER NOT NULL,
    rejected INTEGER NOT NULL,
    taken_at TEXT NOT NULL,
    taken_by TEXT NOT NULL,
    report TEXT NOT NULL,
    CHECK (received = candidates + screened_out + duplicates + rejected)
) STRICT;
CREATE INDEX suspense_batch_by_facility_id_id ON suspense_batch (facility_id, id);

CREATE TABLE suspense_item (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL UNIQUE,
    facility_id INTEGER NOT NULL REFERENCES facility (id),
    source TEXT NOT NULL,
    source_system TEXT NOT NULL,
    source_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('new', 'in_review', 'waiting', 'linked', 'rejected', 'merged', 'accessioned', 'screened_out')),
    phase TEXT NOT NULL CHECK (phase IN ('open', 'decided', 'screened')),
    owner_id INTEGER REFERENCES account (id),
    event_date TEXT NOT NULL,
    medical_record_number TEXT NOT NULL,
    birth_date TEXT NOT NULL,
    arrived_at TEXT NOT NULL,
    arrived_month TEXT NOT NULL,
    decided_at TEXT,
    recall_on TEXT,
    sampling INTEGER NOT NULL,
    merged_into INTEGER REFERENCES suspense_item (id) DEFERRABLE INITIALLY DEFERRED,
    tumor_id INTEGER REFERENCES tumor (id),
    batch_id INTEGER REFERENCES suspense_batch (id),
    version INTEGER NOT NULL,
    facts TEXT NOT NULL,
    CHECK (state NOT IN ('new', 'screened_out') OR owner_id IS NULL),
    CHECK ((state = 'waiting') = (recall_on IS NOT NULL)),
    CHECK ((state = 'merged') = (merged_into IS NOT NULL)),
    CHECK ((state IN ('linked', 'accessioned')) = (tumor_id IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX suspense_item_of_source ON suspense_item (facility_id, source, source_system, source_id) WHERE source_id <> '';
CREATE INDEX suspense_item_by_facility_id_phase_id ON suspense_item (facility_id, phase, id);
CREATE INDEX suspense_item_by_facility_id_state_id ON suspense_item (facility_id, state, id);
CREATE INDEX suspense_item_by_facility_id_owner_id_phase_id ON suspense_item (facility_id, owner_id, phase, id);
CREATE INDEX suspense_item_by_facility_id_month_sampling ON suspense_item (facility_id, phase, arrived_month, sampling);
CREATE INDEX suspense_item_by_facility_id_record_number ON suspense_item (facility_id, medical_record_number) WHERE medical_record_number <> '';
CREATE INDEX suspense_item_by_facility_id_birth_date ON suspense_item (facility_id, birth_date) WHERE birth_date <> '';
CREATE INDEX suspense_item_by_tumor_id ON suspense_item (tumor_id) WHERE tumor_id IS NOT NULL;

CREATE TABLE suspense_event (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    facility_id INTEGER NOT NULL REFERENCES facility (id),
    item_id INTEGER NOT NULL REFERENCES suspense_item (id),
    event TEXT NOT NULL,
    state_before TEXT NOT NULL,
    state_after TEXT NOT NULL,
    code TEXT NOT NULL,
    reason TEXT NOT NULL,
    at TEXT NOT NULL,
    account_id INTEGER REFERENCES account (id),
    actor_name TEXT NOT NULL
) STRICT;
CREATE INDEX suspense_event_by_item_id_id ON suspense_event (item_id, id);
CREATE TRIGGER suspense_event_keeps BEFORE UPDATE ON suspense_event BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
CREATE TRIGGER suspense_event_stays BEFORE DELETE ON suspense_event BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;
CREATE TRIGGER suspense_item_stays BEFORE DELETE ON suspense_item BEGIN SELECT RAISE(ABORT, 'items are never deleted'); END;
