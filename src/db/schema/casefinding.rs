//! Casefinding: possible cases that wait for a decision.

diesel::table! {
    suspense_batch (id) {
        id -> BigInt,
        uid -> Text,
        facility_id -> BigInt,
        source -> Text,
        file_name -> Text,
        sha256 -> Text,
        month -> Text,
        received -> BigInt,
        candidates -> BigInt,
        screened_out -> BigInt,
        duplicates -> BigInt,
        rejected -> BigInt,
        taken_at -> Timestamp,
        taken_by -> Text,
        report -> Text,
    }
}

diesel::table! {
    suspense_item (id) {
        id -> BigInt,
        uid -> Text,
        facility_id -> BigInt,
        source -> Text,
        source_system -> Text,
        source_id -> Text,
        state -> Text,
        phase -> Text,
        owner_id -> Nullable<BigInt>,
        event_date -> Text,
        medical_record_number -> Text,
        birth_date -> Text,
        arrived_at -> Timestamp,
        arrived_month -> Text,
        decided_at -> Nullable<Timestamp>,
        recall_on -> Nullable<Date>,
        sampling -> BigInt,
        merged_into -> Nullable<BigInt>,
        tumor_id -> Nullable<BigInt>,
        batch_id -> Nullable<BigInt>,
        version -> Integer,
        facts -> Text,
    }
}

diesel::table! {
    suspense_event (id) {
        id -> BigInt,
        facility_id -> BigInt,
        item_id -> BigInt,
        event -> Text,
        state_before -> Text,
        state_after -> Text,
        code -> Text,
        reason -> Text,
        at -> Timestamp,
        account_id -> Nullable<BigInt>,
        actor_name -> Text,
    }
}
