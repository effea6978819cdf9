//! Reviews of abstracts by a second person, and disputes about them.

diesel::table! {
    quality_review (id) {
        id -> BigInt,
        uid -> Text,
        facility_id -> BigInt,
        tumor_id -> BigInt,
        state -> Text,
        reason -> Text,
        analytic -> Integer,
        chosen_at -> Timestamp,
        abstractor_account_id -> Nullable<BigInt>,
        abstractor -> Text,
        staff_code -> Text,
        reviewer_account_id -> Nullable<BigInt>,
        reviewer -> Text,
        taken_at -> Nullable<Timestamp>,
        locked_at -> Nullable<Timestamp>,
        mode -> Text,
        typed -> Text,
        compared -> Text,
        decided_at -> Nullable<Timestamp>,
        comment -> Text,
    }
}

diesel::table! {
    quality_dispute (id) {
        id -> BigInt,
        uid -> Text,
        facility_id -> BigInt,
        review_id -> BigInt,
        field -> Text,
        reason -> Text,
        asked_at -> Timestamp,
        account_id -> Nullable<BigInt>,
        asked_by -> Text,
        outcome -> Text,
        decision -> Text,
        decided_at -> Nullable<Timestamp>,
        decided_by -> Text,
    }
}
