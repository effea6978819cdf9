//! Batches for the central registry.

diesel::table! {
    submission_batch (id) {
        id -> BigInt,
        uid -> Text,
        facility_id -> BigInt,
        number -> BigInt,
        frozen_at -> Timestamp,
        account_id -> Nullable<BigInt>,
        actor_name -> Text,
        software -> Text,
        set_id -> Text,
        full_records -> BigInt,
        modified -> BigInt,
        deleted -> BigInt,
        left_out -> BigInt,
    }
}

diesel::table! {
    submission_file (id) {
        id -> BigInt,
        batch_id -> BigInt,
        kind -> Text,
        name -> Text,
        sha256 -> Text,
        bytes -> BigInt,
        sealed -> Binary,
    }
}

diesel::table! {
    submission_item (id) {
        id -> BigInt,
        batch_id -> BigInt,
        facility_id -> BigInt,
        tumor_id -> BigInt,
        record_type -> Text,
        tumor_version -> Integer,
        patient_version -> Integer,
        accession_number -> Text,
        sequence_number -> Text,
        reason -> Text,
        standing -> Text,
        answer -> Text,
        message -> Text,
        answered_at -> Nullable<Timestamp>,
        answered_by -> Text,
    }
}
