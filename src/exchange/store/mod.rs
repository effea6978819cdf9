//! SQL of imports and exports.

mod batches;
mod edit_notes;
mod findings;
mod people;
mod uploads;

pub(super) use batches::BatchRow;
pub(super) use batches::{batch_by_uid, batches, batches_by_key, insert_batch, same_file, update_batch};
pub(super) use edit_notes::{edits, set_edits};
pub(super) use findings::{
    RejectRow, ReviewRow, add_reject, add_review, flags, last_reject, put_reject_part, reject_bytes, rejects,
    review_counts, reviews, set_flags,
};
pub(super) use people::{candidates, page_of_patients, patient_uids, patients_of_cases, staff_codes};
pub(super) use uploads::{
    dictionaries, forget_upload, has_upload, keep_dictionary, put_upload, upload_piece,
};

/// A count as the program has it; stored counts are never negative.
pub(super) fn unsigned(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

/// A count as it is stored.
pub(super) fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
