-- Indexes of casefinding that both databases use: SQLite takes no partial index for a bound value, and pages need the row key.
-- The same in the other migrations folder.
DROP INDEX suspense_item_by_facility_id_record_number;
DROP INDEX suspense_item_by_facility_id_birth_date;
CREATE INDEX suspense_item_by_facility_id_record_number ON suspense_item (facility_id, medical_record_number, id);
CREATE INDEX suspense_item_by_facility_id_birth_date ON suspense_item (facility_id, birth_date, id);
CREATE INDEX suspense_item_by_facility_id_state_recall ON suspense_item (facility_id, state, recall_on) WHERE recall_on IS NOT NULL;
