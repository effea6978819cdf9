-- The registry. Days are ISO texts, instants UTC, registry dates the NAACCR digits as text.
-- Same tables, columns and meaning as in the other migrations folder; a test compares them.

CREATE TABLE registry_setting (
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (key)
) STRICT;

CREATE TABLE facility (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    short_name TEXT NOT NULL,
    npi TEXT NOT NULL,
    fin TEXT NOT NULL,
    zone TEXT NOT NULL,
    slash_order TEXT NOT NULL,
    reference_date TEXT,
    floor_date TEXT NOT NULL,
    home_countries TEXT NOT NULL,
    follow_cns_benign INTEGER NOT NULL CHECK (follow_cns_benign IN (0, 1)),
    follow_by_agreement INTEGER NOT NULL CHECK (follow_by_agreement IN (0, 1)),
    centenarian TEXT NOT NULL,
    holidays TEXT NOT NULL,
    reply_to TEXT NOT NULL,
    auto_assign INTEGER NOT NULL CHECK (auto_assign IN (0, 1)),
    created_at TEXT NOT NULL,
    version INTEGER NOT NULL
) STRICT;

CREATE TABLE accession_counter (
    facility_id INTEGER NOT NULL REFERENCES facility (id),
    year INTEGER NOT NULL,
    next_number INTEGER NOT NULL,
    PRIMARY KEY (facility_id, year)
) STRICT;

CREATE TABLE account (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL UNIQUE,
    login TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    password_hash TEXT,
    state TEXT NOT NULL,
    failed_attempts INTEGER NOT NULL,
    throttled_until TEXT,
    password_changed_at TEXT,
    last_sign_in_at TEXT,
    totp_secret BLOB,
    theme TEXT NOT NULL,
    single_keys INTEGER NOT NULL CHECK (single_keys IN (0, 1)),
    mail_weekly TEXT NOT NULL,
    mail_new_due TEXT NOT NULL,
    mail_refused INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    version INTEGER NOT NULL
) STRICT;

CREATE TABLE membership (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL REFERENCES account (id),
    facility_id INTEGER NOT NULL REFERENCES facility (id),
    initials TEXT NOT NULL,
    UNIQUE (account_id, facility_id),
    UNIQUE (facility_id, initials)
) STRICT;

CREATE TABLE role_grant (
    membership_id INTEGER NOT NULL REFERENCES membership (id),
    role TEXT NOT NULL,
    granted_at TEXT NOT NULL,
    granted_by TEXT NOT NULL,
    PRIMARY KEY (membership_id, role)
) STRICT;

CREATE TABLE session (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    token_hash TEXT NOT NULL UNIQUE,
    account_id INTEGER NOT NULL REFERENCES account (id),
    facility_id INTEGER NOT NULL REFERENCES facility (id),
    csrf TEXT NOT NULL,
    created_at TEXT NOT NULL,
    seen_at TEXT NOT NULL,
    ended_at TEXT,
    end_reason TEXT NOT NULL,
    source TEXT NOT NULL
) STRICT;

CREATE TABLE sign_in_link (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    token_hash TEXT NOT NULL UNIQUE,
    account_id INTEGER NOT NULL REFERENCES account (id),
    kind TEXT NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    used_at TEXT
) STRICT;

CREATE TABLE sign_in_source (
    source TEXT NOT NULL,
    failures INTEGER NOT NULL,
    throttled_until TEXT,
    changed_at TEXT NOT NULL,
    PRIMARY KEY (source)
) STRICT;

CREATE TABLE saved_search (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL UNIQUE,
    session_id INTEGER NOT NULL REFERENCES session (id),
    created_at TEXT NOT NULL,
    sealed BLOB NOT NULL
) STRICT;

CREATE TABLE audit_event (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    actor_kind TEXT NOT NULL,
    account_id INTEGER,
    actor_name TEXT NOT NULL,
    session_id INTEGER,
    source TEXT NOT NULL,
    facility_id INTEGER,
    action TEXT NOT NULL,
    outcome TEXT NOT NULL,
    fields TEXT NOT NULL,
    detail TEXT NOT NULL,
    request TEXT NOT NULL,
    program TEXT NOT NULL,
    previous_hash BLOB,
    hash BLOB
) STRICT;
CREATE INDEX audit_event_by_at ON audit_event (at);
CREATE INDEX audit_event_by_account_id_id ON audit_event (account_id, id);
CREATE INDEX audit_event_by_facility_id_id ON audit_event (facility_id, id);

CREATE TABLE audit_subject (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id INTEGER NOT NULL REFERENCES audit_event (id),
    patient_id INTEGER NOT NULL,
    tumor_id INTEGER
) STRICT;
CREATE INDEX audit_subject_by_event_id ON audit_subject (event_id);
CREATE INDEX audit_subject_by_patient_id_event_id ON audit_subject (patient_id, event_id);

CREATE TABLE patient (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL UNIQUE,
    facility_id INTEGER NOT NULL REFERENCES facility (id),
    version INTEGER NOT NULL,
    state TEXT NOT NULL,
    patient_id_number TEXT NOT NULL,
    name_last TEXT NOT NULL,
    name_first TEXT NOT NULL,
    birth_date TEXT NOT NULL,
    sex TEXT NOT NULL,
    social_security_number TEXT NOT NULL,
    vital_status TEXT NOT NULL,
    last_contact TEXT NOT NULL,
    effective_dlc TEXT,
    due_on TEXT,
    overdue_from TEXT,
    delinquent_from TEXT,
    centenarian_from TEXT,
    followed INTEGER NOT NULL CHECK (followed IN (0, 1)),
    newest_dx TEXT,
    accession_number TEXT NOT NULL,
    lost_at TEXT,
    lost_reason TEXT NOT NULL,
    short_interval INTEGER,
    owner_id INTEGER REFERENCES account (id),
    naaccr_version INTEGER NOT NULL,
    batch_id INTEGER,
    changed_at TEXT NOT NULL,
    items TEXT NOT NULL,
    envelope TEXT NOT NULL
) STRICT;
CREATE INDEX patient_by_facility_id_patient_id_number ON patient (facility_id, patient_id_number);
CREATE INDEX patient_by_facility_id_accession_number ON patient (facility_id, accession_number);
CREATE INDEX patient_by_facility_id_birth_date ON patient (facility_id, birth_date);
CREATE INDEX patient_by_facility_id_social_security_number ON patient (facility_id, social_security_number);
CREATE INDEX patient_by_facility_id_followed_effective_dlc_acces ON patient (facility_id, followed, effective_dlc, accession_number, id);
CREATE INDEX patient_by_facility_id_owner_id_followed_effective ON patient (facility_id, owner_id, followed, effective_dlc, accession_number, id);

CREATE TABLE patient_name (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    patient_id INTEGER NOT NULL REFERENCES patient (id),
    facility_id INTEGER NOT NULL REFERENCES facility (id),
    kind TEXT NOT NULL,
    last_key TEXT NOT NULL,
    first_key TEXT NOT NULL,
    sound TEXT NOT NULL
) STRICT;
CREATE INDEX patient_name_by_facility_id_last_key_first_key ON patient_name (facility_id, last_key, first_key);
CREATE INDEX patient_name_by_facility_id_sound ON patient_name (facility_id, sound);
CREATE INDEX patient_name_by_patient_id ON patient_name (patient_id);

CREATE TABLE tumor (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL UNIQUE,
    patient_id INTEGER NOT NULL REFERENCES patient (id),
    facility_id INTEGER NOT NULL REFERENCES facility (id),
    version INTEGER NOT NULL,
    state TEXT NOT NULL,
    voided INTEGER NOT NULL CHECK (voided IN (0, 1)),
    accession_number TEXT NOT NULL,
    sequence_number TEXT NOT NULL,
    medical_record_number TEXT NOT NULL,
    class_of_case TEXT NOT NULL,
    primary_site TEXT NOT NULL,
    histology TEXT NOT NULL,
    behavior TEXT NOT NULL,
    site_group TEXT NOT NULL,
    dx_date TEXT NOT NULL,
    dx_year INTEGER,
    first_contact TEXT NOT NULL,
    abstract_due TEXT,
    completed TEXT NOT NULL,
    summary_stage TEXT NOT NULL,
    exemption TEXT NOT NULL,
    in_rate INTEGER NOT NULL CHECK (in_rate IN (0, 1)),
    dead INTEGER NOT NULL CHECK (dead IN (0, 1)),
    dx_latest TEXT,
    delinquent_from TEXT,
    centenarian_from TEXT,
    owner_id INTEGER REFERENCES account (id),
    changed_at TEXT NOT NULL,
    items TEXT NOT NULL,
    envelope TEXT NOT NULL
) STRICT;
CREATE INDEX tumor_by_patient_id ON tumor (patient_id);
CREATE INDEX tumor_by_facility_id_accession_number ON tumor (facility_id, accession_number);
CREATE INDEX tumor_by_facility_id_medical_record_number ON tumor (facility_id, medical_record_number);
CREATE INDEX tumor_by_facility_id_state_abstract_due_id ON tumor (facility_id, state, abstract_due, id);
CREATE INDEX tumor_by_facility_id_owner_id_state_abstract_due ON tumor (facility_id, owner_id, state, abstract_due, id);
CREATE INDEX tumor_by_facility_id_dx_year_site_group ON tumor (facility_id, dx_year, site_group);
CREATE INDEX tumor_by_facility_id_in_rate_dead_delinquent_from ON tumor (facility_id, in_rate, dead, delinquent_from, dx_latest, centenarian_from);

CREATE TABLE patient_version (
    patient_id INTEGER NOT NULL REFERENCES patient (id),
    version INTEGER NOT NULL,
    at TEXT NOT NULL,
    actor_name TEXT NOT NULL,
    account_id INTEGER,
    source TEXT NOT NULL,
    reason TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (patient_id, version)
) STRICT;

CREATE TABLE tumor_version (
    tumor_id INTEGER NOT NULL REFERENCES tumor (id),
    version INTEGER NOT NULL,
    patient_id INTEGER NOT NULL,
    at TEXT NOT NULL,
    actor_name TEXT NOT NULL,
    account_id INTEGER,
    source TEXT NOT NULL,
    reason TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (tumor_id, version)
) STRICT;

CREATE TABLE contact (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL UNIQUE,
    patient_id INTEGER NOT NULL REFERENCES patient (id),
    facility_id INTEGER NOT NULL REFERENCES facility (id),
    contact_date TEXT NOT NULL,
    follow_up_source TEXT NOT NULL,
    vital_status TEXT NOT NULL,
    detail TEXT NOT NULL,
    recorded_at TEXT NOT NULL,
    account_id INTEGER,
    actor_name TEXT NOT NULL
) STRICT;
CREATE INDEX contact_by_patient_id_id ON contact (patient_id, id);
CREATE INDEX contact_by_facility_id_recorded_at ON contact (facility_id, recorded_at);

CREATE TABLE note (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL UNIQUE,
    facility_id INTEGER NOT NULL REFERENCES facility (id),
    patient_id INTEGER NOT NULL REFERENCES patient (id),
    tumor_id INTEGER REFERENCES tumor (id),
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    due_on TEXT,
    assigned_to INTEGER REFERENCES account (id),
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL,
    done_at TEXT,
    done_by TEXT NOT NULL,
    version INTEGER NOT NULL
) STRICT;
CREATE INDEX note_by_patient_id_id ON note (patient_id, id);
CREATE INDEX note_by_facility_id_assigned_to_done_at_due_on ON note (facility_id, assigned_to, done_at, due_on);

CREATE TABLE draft (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL UNIQUE,
    account_id INTEGER NOT NULL REFERENCES account (id),
    facility_id INTEGER NOT NULL REFERENCES facility (id),
    patient_id INTEGER REFERENCES patient (id),
    tumor_id INTEGER REFERENCES tumor (id),
    about TEXT NOT NULL,
    base_version INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    created_at TEXT NOT NULL,
    changed_at TEXT NOT NULL
) STRICT;
CREATE INDEX draft_by_account_id_facility_id_changed_at ON draft (account_id, facility_id, changed_at);
CREATE INDEX draft_by_tumor_id ON draft (tumor_id);

CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL UNIQUE,
    facility_id INTEGER NOT NULL REFERENCES facility (id),
    account_id INTEGER NOT NULL REFERENCES account (id),
    kind TEXT NOT NULL,
    period TEXT NOT NULL,
    state TEXT NOT NULL,
    message_id TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    next_attempt_at TEXT NOT NULL,
    leased_until TEXT,
    lease_token TEXT NOT NULL,
    created_at TEXT NOT NULL,
    sent_at TEXT,
    last_error TEXT NOT NULL,
    covered_by TEXT NOT NULL,
    counts TEXT NOT NULL,
    UNIQUE (account_id, facility_id, kind, period)
) STRICT;
CREATE INDEX outbox_by_state_next_attempt_at ON outbox (state, next_attempt_at);
CREATE INDEX outbox_by_facility_id_id ON outbox (facility_id, id);

CREATE TABLE job (
    name TEXT NOT NULL,
    holder TEXT NOT NULL,
    token INTEGER NOT NULL,
    leased_until TEXT NOT NULL,
    last_run_at TEXT,
    memo TEXT NOT NULL,
    PRIMARY KEY (name)
) STRICT;

CREATE TABLE import_batch (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL UNIQUE,
    facility_id INTEGER NOT NULL REFERENCES facility (id),
    file_name TEXT NOT NULL,
    file_hash TEXT NOT NULL,
    file_bytes INTEGER NOT NULL,
    state TEXT NOT NULL,
    naaccr_version INTEGER NOT NULL,
    record_type TEXT NOT NULL,
    root TEXT NOT NULL,
    started_at TEXT NOT NULL,
    finished_at TEXT,
    account_id INTEGER,
    actor_name TEXT NOT NULL,
    read_bytes INTEGER NOT NULL,
    checkpoint INTEGER NOT NULL,
    patients_read INTEGER NOT NULL,
    patients_accepted INTEGER NOT NULL,
    patients_merged INTEGER NOT NULL,
    patients_duplicate INTEGER NOT NULL,
    patients_rejected INTEGER NOT NULL,
    tumors_read INTEGER NOT NULL,
    tumors_accepted INTEGER NOT NULL,
    tumors_merged INTEGER NOT NULL,
    tumors_duplicate INTEGER NOT NULL,
    tumors_rejected INTEGER NOT NULL,
    message TEXT NOT NULL
) STRICT;
CREATE INDEX import_batch_by_facility_id_id ON import_batch (facility_id, id);
CREATE INDEX import_batch_by_facility_id_file_hash ON import_batch (facility_id, file_hash);

CREATE TABLE import_reject (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    batch_id INTEGER NOT NULL REFERENCES import_batch (id),
    line INTEGER NOT NULL,
    item TEXT NOT NULL,
    value TEXT NOT NULL,
    reason TEXT NOT NULL,
    bytes BLOB NOT NULL
) STRICT;
CREATE INDEX import_reject_by_batch_id_id ON import_reject (batch_id, id);

CREATE TABLE import_review (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    batch_id INTEGER NOT NULL REFERENCES import_batch (id),
    patient_id INTEGER,
    tumor_id INTEGER,
    kind TEXT NOT NULL,
    detail TEXT NOT NULL,
    resolved_at TEXT,
    resolved_by TEXT NOT NULL
) STRICT;
CREATE INDEX import_review_by_batch_id_id ON import_review (batch_id, id);

CREATE TABLE user_dictionary (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    facility_id INTEGER NOT NULL REFERENCES facility (id),
    uri TEXT NOT NULL,
    file_hash TEXT NOT NULL,
    body TEXT NOT NULL,
    first_seen TEXT NOT NULL,
    UNIQUE (facility_id, uri, file_hash)
) STRICT;
-- What happened cannot be changed or taken back.
CREATE TRIGGER audit_event_keeps BEFORE UPDATE ON audit_event BEGIN SELECT RAISE(ABORT, 'audit events are never changed'); END;
CREATE TRIGGER audit_event_stays BEFORE DELETE ON audit_event BEGIN SELECT RAISE(ABORT, 'audit events are never deleted'); END;
CREATE TRIGGER audit_subject_keeps BEFORE UPDATE ON audit_subject BEGIN SELECT RAISE(ABORT, 'audit events are never changed'); END;
CREATE TRIGGER audit_subject_stays BEFORE DELETE ON audit_subject BEGIN SELECT RAISE(ABORT, 'audit events are never deleted'); END;
CREATE TRIGGER patient_version_keeps BEFORE UPDATE ON patient_version BEGIN SELECT RAISE(ABORT, 'versions are never changed'); END;
CREATE TRIGGER patient_version_stays BEFORE DELETE ON patient_version BEGIN SELECT RAISE(ABORT, 'versions are never deleted'); END;
CREATE TRIGGER tumor_version_keeps BEFORE UPDATE ON tumor_version BEGIN SELECT RAISE(ABORT, 'versions are never changed'); END;
CREATE TRIGGER tumor_version_stays BEFORE DELETE ON tumor_version BEGIN SELECT RAISE(ABORT, 'versions are never deleted'); END;
