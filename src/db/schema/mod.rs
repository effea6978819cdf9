//! Tables and columns, the same on both databases; migrations are the source.

mod accounts;
mod casefinding;
mod facilities;
mod imports;
mod local_edits;
mod merging;
mod quality;
mod records;
mod submission;
mod work;

pub use accounts::*;
pub use casefinding::*;
pub use facilities::*;
pub use imports::*;
pub use local_edits::*;
pub use merging::*;
pub use quality::*;
pub use records::*;
pub use submission::*;
pub use work::*;

diesel::allow_tables_to_appear_in_same_query!(
    registry_setting,
    facility,
    facility_change,
    accession_counter,
    account,
    membership,
    role_grant,
    session,
    sign_in_link,
    sign_in_source,
    saved_search,
    audit_event,
    audit_subject,
    patient,
    patient_name,
    tumor,
    patient_version,
    tumor_version,
    contact,
    note,
    deletion_request,
    physician_query,
    source_document,
    quality_review,
    quality_dispute,
    draft,
    outbox,
    job,
    import_batch,
    import_reject,
    import_review,
    import_upload,
    import_reject_part,
    import_flag,
    user_dictionary,
    reference_table,
    edit_set,
    edit_run,
    tumor_check,
    local_edit_version,
    local_edit_event,
    import_edit,
    import_edit_line,
    suspense_batch,
    suspense_item,
    suspense_event,
    patient_merge,
    former_accession,
    two_people,
    submission_batch,
    submission_file,
    submission_item,
);

diesel::joinable!(session -> account (account_id));
diesel::joinable!(role_grant -> membership (membership_id));
diesel::joinable!(membership -> account (account_id));
diesel::joinable!(membership -> facility (facility_id));
diesel::joinable!(tumor -> patient (patient_id));
diesel::joinable!(audit_subject -> audit_event (event_id));
diesel::joinable!(note -> patient (patient_id));
diesel::joinable!(deletion_request -> tumor (tumor_id));
diesel::joinable!(local_edit_event -> local_edit_version (version_id));
diesel::joinable!(physician_query -> tumor (tumor_id));
diesel::joinable!(source_document -> tumor (tumor_id));
diesel::joinable!(quality_review -> tumor (tumor_id));
diesel::joinable!(quality_dispute -> quality_review (review_id));
diesel::joinable!(outbox -> account (account_id));
diesel::joinable!(import_reject -> import_batch (batch_id));
diesel::joinable!(patient_name -> patient (patient_id));
diesel::joinable!(former_accession -> patient_merge (merge_id));
diesel::joinable!(submission_item -> tumor (tumor_id));
diesel::joinable!(submission_item -> submission_batch (batch_id));
