//! People who sign in, what they may, and what they did.

diesel::table! {
    account (id) {
        id -> BigInt,
        uid -> Text,
        login -> Text,
        name -> Text,
        email -> Text,
        password_hash -> Nullable<Text>,
        state -> Text,
        failed_attempts -> Integer,
        throttled_until -> Nullable<Timestamp>,
        password_changed_at -> Nullable<Timestamp>,
        last_sign_in_at -> Nullable<Timestamp>,
        totp_secret -> Nullable<Binary>,
        theme -> Text,
        single_keys -> Bool,
        mail_weekly -> Text,
        mail_new_due -> Text,
        mail_refused -> Integer,
        created_at -> Timestamp,
        version -> Integer,
    }
}

diesel::table! {
    membership (id) {
        id -> BigInt,
        account_id -> BigInt,
        facility_id -> BigInt,
        initials -> Text,
    }
}

diesel::table! {
    role_grant (membership_id, role) {
        membership_id -> BigInt,
        role -> Text,
        granted_at -> Timestamp,
        granted_by -> Text,
    }
}

diesel::table! {
    session (id) {
        id -> BigInt,
        token_hash -> Text,
        account_id -> BigInt,
        facility_id -> BigInt,
        csrf -> Text,
        created_at -> Timestamp,
        seen_at -> Timestamp,
        ended_at -> Nullable<Timestamp>,
        end_reason -> Text,
        source -> Text,
    }
}

diesel::table! {
    sign_in_link (id) {
        id -> BigInt,
        token_hash -> Text,
        account_id -> BigInt,
        kind -> Text,
        created_at -> Timestamp,
        expires_at -> Timestamp,
        used_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    sign_in_source (source) {
        source -> Text,
        failures -> Integer,
        throttled_until -> Nullable<Timestamp>,
        changed_at -> Timestamp,
    }
}

diesel::table! {
    saved_search (id) {
        id -> BigInt,
        uid -> Text,
        session_id -> BigInt,
        created_at -> Timestamp,
        sealed -> Binary,
    }
}

diesel::table! {
    audit_event (id) {
        id -> BigInt,
        at -> Timestamp,
        actor_kind -> Text,
        account_id -> Nullable<BigInt>,
        actor_name -> Text,
        session_id -> Nullable<BigInt>,
        source -> Text,
        facility_id -> Nullable<BigInt>,
        action -> Text,
        outcome -> Text,
        fields -> Text,
        detail -> Text,
        request -> Text,
        program -> Text,
        previous_hash -> Nullable<Binary>,
        hash -> Nullable<Binary>,
    }
}

diesel::table! {
    audit_subject (id) {
        id -> BigInt,
        event_id -> BigInt,
        patient_id -> BigInt,
        tumor_id -> Nullable<BigInt>,
    }
}
