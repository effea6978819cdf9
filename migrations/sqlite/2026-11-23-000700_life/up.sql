-- Who asked to delete a case, why, in which state it was, and what a second person decided.
-- Same tables, columns and meaning as in the other migrations folder; a test compares them.
CREATE TABLE deletion_request (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL UNIQUE,
    facility_id INTEGER NOT NULL REFERENCES facility (id),
    tumor_id INTEGER NOT NULL REFERENCES tumor (id),
    previous_state TEXT NOT NULL,
    reason TEXT NOT NULL,
    requested_at TEXT NOT NULL,
    requested_account_id INTEGER REFERENCES account (id),
    requested_by TEXT NOT NULL,
    decided_at TEXT,
    decided_by TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('open', 'approved', 'refused')),
    resequence TEXT NOT NULL
) STRICT;
CREATE INDEX deletion_request_by_tumor_id_id ON deletion_request (tumor_id, id);
CREATE INDEX deletion_request_by_facility_id_outcome_id ON deletion_request (facility_id, outcome, id);
CREATE UNIQUE INDEX deletion_request_open_by_tumor_id ON deletion_request (tumor_id) WHERE outcome = 'open';
-- What waited in the older way, as a note, becomes a task on its case: who asked asks again with the case's state kept.
UPDATE note SET kind = 'task', body = 'Asked to void this case: ' || body
    WHERE kind = 'void_request' AND tumor_id IS NOT NULL AND done_at IS NULL;
