-- Cases that a second person abstracts again before they are complete, what was found, and what was disputed.
-- Same tables, columns and meaning as in the other migrations folder; a test compares them.
ALTER TABLE facility ADD COLUMN quality_review INTEGER NOT NULL DEFAULT 0 CHECK (quality_review IN (0, 1));
CREATE TABLE quality_review (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL UNIQUE,
    facility_id INTEGER NOT NULL REFERENCES facility (id),
    tumor_id INTEGER NOT NULL REFERENCES tumor (id),
    state TEXT NOT NULL CHECK (state IN ('waiting', 'taken', 'locked', 'accepted', 'returned')),
    reason TEXT NOT NULL,
    analytic INTEGER NOT NULL,
    chosen_at TEXT NOT NULL,
    abstractor_account_id INTEGER REFERENCES account (id),
    abstractor TEXT NOT NULL,
    staff_code TEXT NOT NULL,
    reviewer_account_id INTEGER REFERENCES account (id),
    reviewer TEXT NOT NULL,
    taken_at TEXT,
    locked_at TEXT,
    mode TEXT NOT NULL CHECK (mode IN ('blind', 'open')),
    typed TEXT NOT NULL,
    compared TEXT NOT NULL,
    decided_at TEXT,
    comment TEXT NOT NULL
) STRICT;
CREATE INDEX quality_review_by_tumor_id_id ON quality_review (tumor_id, id);
CREATE INDEX quality_review_by_facility_id_state ON quality_review (facility_id, state, id);
CREATE UNIQUE INDEX quality_review_open_by_tumor_id ON quality_review (tumor_id)
    WHERE state IN ('waiting', 'taken', 'locked');
CREATE TABLE quality_dispute (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL UNIQUE,
    facility_id INTEGER NOT NULL REFERENCES facility (id),
    review_id INTEGER NOT NULL REFERENCES quality_review (id),
    field TEXT NOT NULL,
    reason TEXT NOT NULL,
    asked_at TEXT NOT NULL,
    account_id INTEGER REFERENCES account (id),
    asked_by TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('open', 'removed', 'stands')),
    decision TEXT NOT NULL,
    decided_at TEXT,
    decided_by TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX quality_dispute_by_review_id_field ON quality_dispute (review_id, field);
CREATE INDEX quality_dispute_by_facility_id_outcome ON quality_dispute (facility_id, outcome, id);
