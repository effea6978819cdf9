//! Files that came in.

diesel::table! {
    import_batch (id) {
        id -> BigInt,
        uid -> Text,
        facility_id -> BigInt,
        file_name -> Text,
        file_hash -> Text,
        file_bytes -> BigInt,
        state -> Text,
        naaccr_version -> Integer,
        record_type -> Text,
        root -> Text,
        started_at -> Timestamp,
        finished_at -> Nullable<Timestamp>,
        account_id -> Nullable<BigInt>,
        actor_name -> Text,
        read_bytes -> BigInt,
        checkpoint -> BigInt,
        patients_read -> BigInt,
        patients_accepted -> BigInt,
        patients_merged -> BigInt,
        patients_duplicate -> BigInt,
        patients_rejected -> BigInt,
        tumors_read -> BigInt,
        tumors_accepted -> BigInt,
        tumors_merged -> BigInt,
        tumors_duplicate -> BigInt,
        tumors_rejected -> BigInt,
        message -> Text,
    }
}

diesel::table! {
    import_reject (id) {
        id -> BigInt,
        batch_id -> BigInt,
        line -> BigInt,
        item -> Text,
        value -> Text,
        reason -> Text,
        bytes -> Binary,
    }
}

diesel::table! {
    import_review (id) {
        id -> BigInt,
        batch_id -> BigInt,
        patient_id -> Nullable<BigInt>,
        tumor_id -> Nullable<BigInt>,
        kind -> Text,
        detail -> Text,
        resolved_at -> Nullable<Timestamp>,
        resolved_by -> Text,
    }
}

diesel::table! {
    import_upload (batch_id, seq) {
        batch_id -> BigInt,
        seq -> BigInt,
        bytes -> Binary,
    }
}

diesel::table! {
    import_reject_part (reject_id, seq) {
        reject_id -> BigInt,
        seq -> BigInt,
        bytes -> Binary,
    }
}

diesel::table! {
    import_flag (batch_id, item, flag) {
        batch_id -> BigInt,
        item -> Text,
        flag -> Text,
        count -> BigInt,
        line -> BigInt,
    }
}

diesel::table! {
    import_edit (batch_id, edit_id) {
        batch_id -> BigInt,
        edit_id -> Text,
        edit_version -> Integer,
        severity -> Text,
        message -> Text,
        count -> BigInt,
    }
}

diesel::table! {
    import_edit_line (batch_id, seq) {
        batch_id -> BigInt,
        seq -> BigInt,
        line -> BigInt,
        edit_id -> Text,
        items -> Text,
    }
}
