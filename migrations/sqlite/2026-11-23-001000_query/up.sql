-- Questions to physicians about one item of a case, with the one-time link, the answer and what became of it.
-- Same tables, columns and meaning as in the other migrations folder; a test compares them.
CREATE TABLE physician_query (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL UNIQUE,
    facility_id INTEGER NOT NULL REFERENCES facility (id),
    tumor_id INTEGER NOT NULL REFERENCES tumor (id),
    item TEXT NOT NULL,
    question TEXT NOT NULL,
    choices TEXT NOT NULL,
    recipient_name TEXT NOT NULL,
    recipient_email TEXT NOT NULL,
    due_on TEXT NOT NULL,
    asked_at TEXT NOT NULL,
    asked_account_id INTEGER REFERENCES account (id),
    asked_by TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'answered', 'taken', 'left', 'withdrawn')),
    salt TEXT NOT NULL,
    link_hash TEXT NOT NULL UNIQUE,
    link_until TEXT NOT NULL,
    codes INTEGER NOT NULL,
    code_until TEXT,
    code_tries INTEGER NOT NULL,
    pass_hash TEXT NOT NULL,
    pass_until TEXT,
    opened_at TEXT,
    reminded_at TEXT,
    escalated_at TEXT,
    answered_at TEXT,
    answer_value TEXT NOT NULL,
    answer_text TEXT NOT NULL,
    settled_at TEXT,
    settled_by TEXT NOT NULL,
    settled_reason TEXT NOT NULL
) STRICT;
CREATE INDEX physician_query_by_tumor_id_id ON physician_query (tumor_id, id);
CREATE INDEX physician_query_by_facility_id_state_id ON physician_query (facility_id, state, id);
CREATE INDEX physician_query_by_facility_id_asked_account_id_id ON physician_query (facility_id, asked_account_id, id);
