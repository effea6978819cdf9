//! Facilities, settings and counters.

diesel::table! {
    registry_setting (key) {
        key -> Text,
        value -> Text,
    }
}

diesel::table! {
    facility (id) {
        id -> BigInt,
        uid -> Text,
        name -> Text,
        short_name -> Text,
        npi -> Text,
        fin -> Text,
        zone -> Text,
        slash_order -> Text,
        reference_date -> Nullable<Date>,
        floor_date -> Date,
        home_countries -> Text,
        follow_cns_benign -> Bool,
        follow_by_agreement -> Bool,
        centenarian -> Text,
        holidays -> Text,
        reply_to -> Text,
        auto_assign -> Bool,
        created_at -> Timestamp,
        version -> Integer,
        quality_review -> Bool,
    }
}

diesel::table! {
    accession_counter (facility_id, year) {
        facility_id -> BigInt,
        year -> Integer,
        next_number -> Integer,
    }
}

diesel::table! {
    facility_change (facility_id, shard) {
        facility_id -> BigInt,
        shard -> BigInt,
        n -> BigInt,
    }
}

diesel::table! {
    job (name) {
        name -> Text,
        holder -> Text,
        token -> BigInt,
        leased_until -> Timestamp,
        last_run_at -> Nullable<Timestamp>,
        memo -> Text,
    }
}

diesel::table! {
    reference_table (name) {
        name -> Text,
        version -> Text,
        file_name -> Text,
        loaded_at -> Timestamp,
        loaded_by -> Text,
        body -> Binary,
    }
}

diesel::table! {
    user_dictionary (id) {
        id -> BigInt,
        facility_id -> BigInt,
        uri -> Text,
        file_hash -> Text,
        body -> Text,
        first_seen -> Timestamp,
    }
}
