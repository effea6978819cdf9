//! Patients, their tumors and all versions of both.

diesel::table! {
    patient (id) {
        id -> BigInt,
        uid -> Text,
        facility_id -> BigInt,
        version -> Integer,
        state -> Text,
        patient_id_number -> Text,
        name_last -> Text,
        name_first -> Text,
        birth_date -> Text,
        sex -> Text,
        social_security_number -> Text,
        vital_status -> Text,
        last_contact -> Text,
        effective_dlc -> Nullable<Date>,
        due_on -> Nullable<Date>,
        overdue_from -> Nullable<Date>,
        delinquent_from -> Nullable<Date>,
        centenarian_from -> Nullable<Date>,
        followed -> Bool,
        newest_dx -> Nullable<Date>,
        accession_number -> Text,
        lost_at -> Nullable<Timestamp>,
        lost_reason -> Text,
        short_interval -> Nullable<Integer>,
        owner_id -> Nullable<BigInt>,
        naaccr_version -> Integer,
        batch_id -> Nullable<BigInt>,
        changed_at -> Timestamp,
        items -> Text,
        envelope -> Text,
    }
}

diesel::table! {
    patient_name (id) {
        id -> BigInt,
        patient_id -> BigInt,
        facility_id -> BigInt,
        kind -> Text,
        last_key -> Text,
        first_key -> Text,
        sound -> Text,
    }
}

diesel::table! {
    tumor (id) {
        id -> BigInt,
        uid -> Text,
        patient_id -> BigInt,
        facility_id -> BigInt,
        version -> Integer,
        state -> Text,
        voided -> Bool,
        accession_number -> Text,
        sequence_number -> Text,
        medical_record_number -> Text,
        class_of_case -> Text,
        primary_site -> Text,
        histology -> Text,
        behavior -> Text,
        site_group -> Text,
        dx_date -> Text,
        dx_year -> Nullable<Integer>,
        first_contact -> Text,
        abstract_due -> Nullable<Date>,
        completed -> Text,
        summary_stage -> Text,
        exemption -> Text,
        in_rate -> Bool,
        dead -> Bool,
        dx_latest -> Nullable<Date>,
        delinquent_from -> Nullable<Date>,
        centenarian_from -> Nullable<Date>,
        owner_id -> Nullable<BigInt>,
        changed_at -> Timestamp,
        items -> Text,
        envelope -> Text,
    }
}

diesel::table! {
    patient_version (patient_id, version) {
        patient_id -> BigInt,
        version -> Integer,
        at -> Timestamp,
        actor_name -> Text,
        account_id -> Nullable<BigInt>,
        source -> Text,
        reason -> Text,
        body -> Binary,
    }
}

diesel::table! {
    tumor_version (tumor_id, version) {
        tumor_id -> BigInt,
        version -> Integer,
        patient_id -> BigInt,
        at -> Timestamp,
        actor_name -> Text,
        account_id -> Nullable<BigInt>,
        source -> Text,
        reason -> Text,
        body -> Binary,
    }
}
