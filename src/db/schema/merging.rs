//! Two records of one person.

diesel::table! {
    patient_merge (id) {
        id -> BigInt,
        uid -> Text,
        facility_id -> BigInt,
        survivor_id -> BigInt,
        merged_id -> BigInt,
        state -> Text,
        reason -> Text,
        plan -> Text,
        asked_at -> Timestamp,
        asked_account_id -> Nullable<BigInt>,
        asked_by -> Text,
        decided_at -> Nullable<Timestamp>,
        decided_by -> Text,
        done -> Text,
        undo_reason -> Text,
        undo_asked_at -> Nullable<Timestamp>,
        undo_account_id -> Nullable<BigInt>,
        undo_by -> Text,
        undone_at -> Nullable<Timestamp>,
        undone_by -> Text,
    }
}

diesel::table! {
    former_accession (id) {
        id -> BigInt,
        facility_id -> BigInt,
        merge_id -> BigInt,
        number -> Text,
    }
}

diesel::table! {
    two_people (id) {
        id -> BigInt,
        facility_id -> BigInt,
        first_id -> BigInt,
        second_id -> BigInt,
        reason -> Text,
        at -> Timestamp,
        account_id -> Nullable<BigInt>,
        actor_name -> Text,
    }
}
