-- Counts what changed in a facility: a sum over a few rows, so that two writers seldom meet on one.
CREATE TABLE facility_change (
    facility_id BIGINT NOT NULL REFERENCES facility (id),
    shard BIGINT NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (facility_id, shard)
);
-- Find a patient: names are compared in the index alone.
DROP INDEX patient_name_by_facility_id_last_key_first_key;
DROP INDEX patient_name_by_facility_id_sound;
-- Beginnings of names are compared letter by letter, whatever the server's language.
ALTER TABLE patient_name ALTER COLUMN last_key TYPE TEXT COLLATE "C", ALTER COLUMN first_key TYPE TEXT COLLATE "C";
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
