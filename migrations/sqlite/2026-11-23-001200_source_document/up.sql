-- Source documents of a case: reports and notes as text, kept as they came; a misfiled one is withdrawn with a reason.
-- Same tables, columns and meaning as in the other migrations folder; a test compares them.
CREATE TABLE source_document (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL UNIQUE,
    facility_id INTEGER NOT NULL REFERENCES facility (id),
    tumor_id INTEGER NOT NULL REFERENCES tumor (id),
    kind TEXT NOT NULL,
    dated TEXT NOT NULL,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL,
    withdrawn_at TEXT,
    withdrawn_by TEXT NOT NULL,
    withdrawn_reason TEXT NOT NULL,
    CHECK ((withdrawn_at IS NULL) = (withdrawn_reason = ''))
) STRICT;
CREATE INDEX source_document_by_tumor_id_id ON source_document (tumor_id, id);
CREATE TRIGGER source_document_keeps BEFORE UPDATE OF uid, facility_id, tumor_id, kind, dated, title, body, sha256, created_at, created_by ON source_document BEGIN SELECT RAISE(ABORT, 'documents are never changed'); END;
CREATE TRIGGER source_document_withdrawn_once BEFORE UPDATE ON source_document WHEN OLD.withdrawn_at IS NOT NULL BEGIN SELECT RAISE(ABORT, 'documents are withdrawn once'); END;
CREATE TRIGGER source_document_stays BEFORE DELETE ON source_document BEGIN SELECT RAISE(ABORT, 'documents are never deleted'); END;
