//! Edits that a facility writes itself.

diesel::table! {
    local_edit_version (id) {
        id -> BigInt,
        uid -> Text,
        facility_id -> BigInt,
        edit_id -> Text,
        version -> Integer,
        name -> Text,
        level -> Text,
        items -> Text,
        applies_when -> Text,
        fails_when -> Text,
        severity -> Text,
        message -> Text,
        over_ride -> Text,
        rule -> Text,
        pass_example -> Text,
        fail_example -> Text,
        reason -> Text,
        digest -> Text,
        made_at -> Timestamp,
        account_id -> Nullable<BigInt>,
        actor_name -> Text,
    }
}

diesel::table! {
    local_edit_event (id) {
        id -> BigInt,
        uid -> Text,
        facility_id -> BigInt,
        version_id -> BigInt,
        what -> Text,
        reason -> Text,
        tumors -> BigInt,
        fails -> BigInt,
        out_of_steps -> BigInt,
        reached -> Nullable<BigInt>,
        cases -> Text,
        at -> Timestamp,
        account_id -> Nullable<BigInt>,
        actor_name -> Text,
    }
}
