-- Work list: any page reads one stretch of one index, and counts read the index alone.
DROP INDEX patient_by_facility_id_followed_effective_dlc_acces;
DROP INDEX patient_by_facility_id_owner_id_followed_effective;
CREATE INDEX patient_follow_up ON patient (facility_id, followed, effective_dlc, accession_number, id, newest_dx, due_on, overdue_from, delinquent_from, centenarian_from, lost_at);
CREATE INDEX patient_follow_up_by_owner ON patient (facility_id, owner_id, followed, effective_dlc, accession_number, id, newest_dx, due_on, overdue_from, delinquent_from, centenarian_from, lost_at);
CREATE INDEX patient_rates ON patient (facility_id, vital_status, newest_dx, delinquent_from, centenarian_from);
-- Dashboard: cases by state and age, by site group, by year of diagnosis.
CREATE INDEX tumor_by_state ON tumor (facility_id, voided, state, abstract_due, id);
CREATE INDEX tumor_by_site_group ON tumor (facility_id, voided, site_group, dx_year, class_of_case, id);
CREATE INDEX tumor_by_dx_year ON tumor (facility_id, voided, dx_year, id, class_of_case);
