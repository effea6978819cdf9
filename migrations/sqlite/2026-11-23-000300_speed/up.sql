-- Counts what changed in a facility: a sum over a few rows, so that two writers seldom meet on one.
CREATE TABLE facility_change (
    facility_id INTEGER NOT NULL REFERENCES facility (id),
    shard INTEGER NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (facility_id, shard)
) STRICT;
-- Find a patient: names are compared in the index alone.
DROP INDEX patient_name_by_facility_id_last_key_first_key;
DROP INDEX patient_name_by_facility_id_sound;
CREATE INDEX patient_name_by_last ON patient_name (facility_id, last_key, first_key, patient_id);
CREATE INDEX patient_name_by_first ON patient_name (facility_id, first_key, last_key, patient_id);
CREATE INDEX patient_name_by_sound ON patient_name (facility_id, sound, last_key, first_key, patient_id);
-- Work by owner: read where it stands in the indexes of the lists.
DROP INDEX patient_follow_up;
CREATE INDEX patient_follow_up ON patient (facility_id, followed, effective_dlc, accession_number, id, newest_dx, due_on, overdue_from, delinquent_from, centenarian_from, lost_at, owner_id);
DROP INDEX tumor_by_state;
CREATE INDEX tumor_by_state ON tumor (facility_id, voided, state, abstract_due, id, owner_id);
DROP INDEX tumor_by_facility_id_owner_id_state_abstract_due;
CREATE INDEX tumor_by_owner ON tumor (facility_id, owner_id, voided, state, abstract_due, id, patient_id);
-- Read by nothing any more.
DROP INDEX tumor_by_facility_id_state_abstract_due_id;
DROP INDEX tumor_by_facility_id_dx_year_site_group;
CREATE INDEX note_by_kind ON note (facility_id, kind, done_at, id);
-- The few patients taken out.
CREATE INDEX patient_out ON patient (facility_id, id) WHERE state <> 'active';
-- How selective the indexes are in a registry of 100,000 tumors. The planner goes by this and not by a
-- count of its own, so that every registry, new, imported or old, finds its rows the same way.
ANALYZE registry_setting;
DELETE FROM sqlite_stat1;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('audit_event', 'audit_event_by_account_id_id', '1000000 50000 1'),
    ('audit_event', 'audit_event_by_at', '1000000 2'),
    ('audit_event', 'audit_event_by_facility_id_id', '1000000 500000 1'),
    ('audit_subject', 'audit_subject_by_event_id', '5000000 5'),
    ('audit_subject', 'audit_subject_by_patient_id_event_id', '5000000 50 1'),
    ('contact', 'contact_by_facility_id_recorded_at', '300000 150000 2'),
    ('contact', 'contact_by_patient_id_id', '300000 4 1'),
    ('import_reject', 'import_reject_by_batch_id_id', '20000 1000 1'),
    ('import_review', 'import_review_by_batch_id_id', '20000 1000 1'),
    ('note', 'note_by_facility_id_assigned_to_done_at_due_on', '20000 10000 1000 500 5'),
    ('note', 'note_by_kind', '20000 10000 5000 50 1'),
    ('note', 'note_by_patient_id_id', '20000 2 1'),
    ('outbox', 'outbox_by_facility_id_id', '10000 5000 1'),
    ('outbox', 'outbox_by_state_next_attempt_at', '10000 2500 2'),
    ('patient', 'patient_by_facility_id_accession_number', '87858 43929 1'),
    ('patient', 'patient_by_facility_id_birth_date', '87858 43929 4'),
    ('patient', 'patient_by_facility_id_patient_id_number', '87858 43929 1'),
    ('patient', 'patient_by_facility_id_social_security_number', '87858 43929 1'),
    ('patient', 'patient_follow_up', '87858 43929 21965 10 1 1 1 1 1 1 1 1 1'),
    ('patient', 'patient_follow_up_by_owner', '87858 43929 21965 10983 5 1 1 1 1 1 1 1 1'),
    ('patient', 'patient_out', '300 150 1'),
    ('patient', 'patient_rates', '87858 43929 21965 8 2 2'),
    ('patient', 'sqlite_autoindex_patient_1', '87858 1'),
    ('patient_name', 'patient_name_by_first', '108594 54297 203 3 1'),
    ('patient_name', 'patient_name_by_last', '108594 54297 40 3 1'),
    ('patient_name', 'patient_name_by_patient_id', '108594 2'),
    ('patient_name', 'patient_name_by_sound', '108594 54297 56 40 3 1'),
    ('patient_version', 'sqlite_autoindex_patient_version_1', '89905 1 1'),
    ('tumor', 'sqlite_autoindex_tumor_1', '100000 1'),
    ('tumor', 'tumor_by_dx_year', '100000 50000 50000 3847 1 1'),
    ('tumor', 'tumor_by_facility_id_accession_number', '100000 50000 2'),
    ('tumor', 'tumor_by_facility_id_in_rate_dead_delinquent_from', '100000 50000 25000 12500 28 2 2'),
    ('tumor', 'tumor_by_facility_id_medical_record_number', '100000 50000 2'),
    ('tumor', 'tumor_by_owner', '100000 50000 25000 25000 8334 6 1 1'),
    ('tumor', 'tumor_by_patient_id', '100000 2'),
    ('tumor', 'tumor_by_site_group', '100000 50000 50000 981 88 12 1'),
    ('tumor', 'tumor_by_state', '100000 50000 50000 16667 12 1 1'),
    ('tumor_version', 'sqlite_autoindex_tumor_version_1', '100000 1 1');
