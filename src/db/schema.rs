//! Tables and columns, the same on both databases; migrations are the source.

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

diesel::table! {
    contact (id) {
        id -> BigInt,
        uid -> Text,
        patient_id -> BigInt,
        facility_id -> BigInt,
        contact_date -> Text,
        follow_up_source -> Text,
        vital_status -> Text,
        detail -> Text,
        recorded_at -> Timestamp,
        account_id -> Nullable<BigInt>,
        actor_name -> Text,
    }
}

diesel::table! {
    edit_decision (id) {
        id -> BigInt,
        uid -> Text,
        facility_id -> BigInt,
        tumor_id -> BigInt,
        edit_id -> Text,
        edit_version -> Integer,
        kind -> Text,
        input_hash -> Text,
        reason -> Text,
        account_id -> Nullable<BigInt>,
        actor_name -> Text,
        at -> Timestamp,
    }
}

diesel::table! {
    note (id) {
        id -> BigInt,
        uid -> Text,
        facility_id -> BigInt,
        patient_id -> BigInt,
        tumor_id -> Nullable<BigInt>,
        kind -> Text,
        body -> Text,
        due_on -> Nullable<Date>,
        assigned_to -> Nullable<BigInt>,
        created_at -> Timestamp,
        created_by -> Text,
        done_at -> Nullable<Timestamp>,
        done_by -> Text,
        version -> Integer,
    }
}

diesel::table! {
    draft (id) {
        id -> BigInt,
        uid -> Text,
        account_id -> BigInt,
        facility_id -> BigInt,
        patient_id -> Nullable<BigInt>,
        tumor_id -> Nullable<BigInt>,
        about -> Text,
        base_version -> Integer,
        sealed -> Binary,
        created_at -> Timestamp,
        changed_at -> Timestamp,
    }
}

diesel::table! {
    outbox (id) {
        id -> BigInt,
        uid -> Text,
        facility_id -> BigInt,
        account_id -> BigInt,
        kind -> Text,
        period -> Text,
        state -> Text,
        message_id -> Text,
        attempts -> Integer,
        next_attempt_at -> Timestamp,
        leased_until -> Nullable<Timestamp>,
        lease_token -> Text,
        created_at -> Timestamp,
        sent_at -> Nullable<Timestamp>,
        last_error -> Text,
        covered_by -> Text,
        counts -> Text,
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
    edit_set (id) {
        id -> Text,
        edits -> Text,
        first_used_at -> Timestamp,
    }
}

diesel::table! {
    edit_run (id) {
        id -> BigInt,
        uid -> Text,
        facility_id -> BigInt,
        set_id -> Text,
        as_of -> Date,
        started_at -> Timestamp,
        finished_at -> Nullable<Timestamp>,
        actor_name -> Text,
        tumors -> BigInt,
        errors -> BigInt,
        warnings -> BigInt,
        overridden -> BigInt,
    }
}

diesel::table! {
    tumor_check (tumor_id) {
        tumor_id -> BigInt,
        facility_id -> BigInt,
        tumor_version -> Integer,
        patient_version -> Integer,
        set_id -> Text,
        run_id -> Nullable<BigInt>,
        checked_at -> Timestamp,
        errors -> Integer,
        warnings -> Integer,
        overridden -> Integer,
        found -> Text,
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

diesel::table! {
    facility_change (facility_id, shard) {
        facility_id -> BigInt,
        shard -> BigInt,
        n -> BigInt,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    registry_setting,
    facility,
    facility_change,
    accession_counter,
    account,
    membership,
    role_grant,
    session,
    sign_in_link,
    sign_in_source,
    saved_search,
    audit_event,
    audit_subject,
    patient,
    patient_name,
    tumor,
    patient_version,
    tumor_version,
    contact,
    note,
    draft,
    outbox,
    job,
    import_batch,
    import_reject,
    import_review,
    import_upload,
    import_reject_part,
    import_flag,
    user_dictionary,
    reference_table,
    edit_set,
    edit_run,
    tumor_check,
    import_edit,
    import_edit_line,
);

diesel::joinable!(session -> account (account_id));
diesel::joinable!(role_grant -> membership (membership_id));
diesel::joinable!(membership -> account (account_id));
diesel::joinable!(membership -> facility (facility_id));
diesel::joinable!(tumor -> patient (patient_id));
diesel::joinable!(audit_subject -> audit_event (event_id));
diesel::joinable!(note -> patient (patient_id));
diesel::joinable!(outbox -> account (account_id));
diesel::joinable!(import_reject -> import_batch (batch_id));
diesel::joinable!(patient_name -> patient (patient_id));
