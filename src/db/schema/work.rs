//! What is done with a case: contacts, notes, drafts, mail, judgements.

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
    deletion_request (id) {
        id -> BigInt,
        uid -> Text,
        facility_id -> BigInt,
        tumor_id -> BigInt,
        previous_state -> Text,
        reason -> Text,
        requested_at -> Timestamp,
        requested_account_id -> Nullable<BigInt>,
        requested_by -> Text,
        decided_at -> Nullable<Timestamp>,
        decided_by -> Text,
        outcome -> Text,
        resequence -> Text,
    }
}

diesel::table! {
    physician_query (id) {
        id -> BigInt,
        uid -> Text,
        facility_id -> BigInt,
        tumor_id -> BigInt,
        item -> Text,
        question -> Text,
        choices -> Text,
        recipient_name -> Text,
        recipient_email -> Text,
        due_on -> Date,
        asked_at -> Timestamp,
        asked_account_id -> Nullable<BigInt>,
        asked_by -> Text,
        state -> Text,
        salt -> Text,
        link_hash -> Text,
        link_until -> Timestamp,
        codes -> Integer,
        code_until -> Nullable<Timestamp>,
        code_tries -> Integer,
        pass_hash -> Text,
        pass_until -> Nullable<Timestamp>,
        opened_at -> Nullable<Timestamp>,
        reminded_at -> Nullable<Timestamp>,
        escalated_at -> Nullable<Timestamp>,
        answered_at -> Nullable<Timestamp>,
        answer_value -> Text,
        answer_text -> Text,
        settled_at -> Nullable<Timestamp>,
        settled_by -> Text,
        settled_reason -> Text,
    }
}

diesel::table! {
    source_document (id) {
        id -> BigInt,
        uid -> Text,
        facility_id -> BigInt,
        tumor_id -> BigInt,
        kind -> Text,
        dated -> Text,
        title -> Text,
        body -> Text,
        sha256 -> Text,
        created_at -> Timestamp,
        created_by -> Text,
        withdrawn_at -> Nullable<Timestamp>,
        withdrawn_by -> Text,
        withdrawn_reason -> Text,
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
