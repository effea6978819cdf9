//! XML ids that the program's rules mention; a test checks each against the dictionary.

macro_rules! item_names {
    ($($name:ident = $id:literal;)+) => {
        $(#[doc = concat!("NAACCR item `", $id, "`.")] pub const $name: &str = $id;)+
        #[cfg(test)]
        pub(super) const ALL: &[&str] = &[$($id),+];
    };
}

item_names! {
    PATIENT_ID_NUMBER = "patientIdNumber";
    PATIENT_SYSTEM_ID_HOSP = "patientSystemIdHosp";
    TUMOR_RECORD_NUMBER = "tumorRecordNumber";
    ACCESSION_NUMBER_HOSP = "accessionNumberHosp";
    SEQUENCE_NUMBER_HOSPITAL = "sequenceNumberHospital";
    SEQUENCE_NUMBER_CENTRAL = "sequenceNumberCentral";
    MEDICAL_RECORD_NUMBER = "medicalRecordNumber";
    REPORTING_FACILITY = "reportingFacility";
    NPI_REPORTING_FACILITY = "npiReportingFacility";
    ABSTRACTED_BY = "abstractedBy";
    CLASS_OF_CASE = "classOfCase";
    TYPE_OF_REPORTING_SOURCE = "typeOfReportingSource";
    CASEFINDING_SOURCE = "casefindingSource";
    DATE_OF_1ST_CONTACT = "dateOf1stContact";
    DATE_CASE_INITIATED = "dateCaseInitiated";
    DATE_CASE_COMPLETED = "dateCaseCompleted";
    DATE_CASE_LAST_CHANGED = "dateCaseLastChanged";
    NAME_LAST = "nameLast";
    NAME_FIRST = "nameFirst";
    NAME_MIDDLE = "nameMiddle";
    NAME_SUFFIX = "nameSuffix";
    NAME_BIRTH_SURNAME = "nameBirthSurname";
    NAME_MAIDEN = "nameMaiden";
    NAME_ALIAS = "nameAlias";
    SOCIAL_SECURITY_NUMBER = "socialSecurityNumber";
    DATE_OF_BIRTH = "dateOfBirth";
    SEX = "sex";
    SEX_ASSIGNED_AT_BIRTH = "sexAssignedAtBirth";
    RACE_1 = "race1";
    SPANISH_HISPANIC_ORIGIN = "spanishHispanicOrigin";
    NO_PATIENT_CONTACT_FLAG = "noPatientContactFlag";
    ADDR_AT_DX_NO_STREET = "addrAtDxNoStreet";
    ADDR_AT_DX_CITY = "addrAtDxCity";
    ADDR_AT_DX_STATE = "addrAtDxState";
    ADDR_AT_DX_POSTAL_CODE = "addrAtDxPostalCode";
    ADDR_CURRENT_COUNTRY = "addrCurrentCountry";
    DATE_OF_DIAGNOSIS = "dateOfDiagnosis";
    AGE_AT_DIAGNOSIS = "ageAtDiagnosis";
    PRIMARY_SITE = "primarySite";
    LATERALITY = "laterality";
    HISTOLOGIC_TYPE_ICD_O_3 = "histologicTypeIcdO3";
    BEHAVIOR_CODE_ICD_O_3 = "behaviorCodeIcdO3";
    DIAGNOSTIC_CONFIRMATION = "diagnosticConfirmation";
    GRADE = "grade";
    GRADE_CLINICAL = "gradeClinical";
    GRADE_PATHOLOGICAL = "gradePathological";
    SUMMARY_STAGE_2018 = "summaryStage2018";
    RX_SUMM_TREATMENT_STATUS = "rxSummTreatmentStatus";
    DATE_1ST_CRS_RX_COC = "date1stCrsRxCoc";
    RX_DATE_SURGERY = "rxDateSurgery";
    RX_SUMM_SURG_PRIM_SITE = "rxSummSurgPrimSite";
    RX_SUMM_SURG_PRIM_SITE_2023 = "rxSummSurgPrimSite2023";
    REASON_FOR_NO_SURGERY = "reasonForNoSurgery";
    RX_DATE_RADIATION = "rxDateRadiation";
    PHASE_1_RADIATION_TREATMENT_MODALITY = "phase1RadiationTreatmentModality";
    RX_DATE_CHEMO = "rxDateChemo";
    RX_SUMM_CHEMO = "rxSummChemo";
    RX_DATE_HORMONE = "rxDateHormone";
    RX_SUMM_HORMONE = "rxSummHormone";
    RX_DATE_BRM = "rxDateBrm";
    RX_SUMM_BRM = "rxSummBrm";
    RX_DATE_OTHER = "rxDateOther";
    RX_DATE_SYSTEMIC = "rxDateSystemic";
    RX_DATE_MOST_DEFIN_SURG = "rxDateMostDefinSurg";
    RX_DATE_DX_STG_PROC = "rxDateDxStgProc";
    RX_DATE_RADIATION_ENDED = "rxDateRadiationEnded";
    DATE_INITIAL_RX_SEER = "dateInitialRxSeer";
    RX_DATE_SURGICAL_DISCH = "rxDateSurgicalDisch";
    SUBSQ_RX_2ND_COURSE_DATE = "subsqRx2ndCourseDate";
    SUBSQ_RX_3RD_COURSE_DATE = "subsqRx3rdCourseDate";
    SUBSQ_RX_4TH_COURSE_DATE = "subsqRx4thCourseDate";
    TEXT_PRIMARY_SITE_TITLE = "textPrimarySiteTitle";
    TEXT_HISTOLOGY_TITLE = "textHistologyTitle";
    TEXT_DX_PROC_PATH = "textDxProcPath";
    TEXT_REMARKS = "textRemarks";
    DATE_OF_LAST_CONTACT = "dateOfLastContact";
    VITAL_STATUS = "vitalStatus";
    CANCER_STATUS = "cancerStatus";
    DATE_OF_LAST_CANCER_STATUS = "dateOfLastCancerStatus";
    RECURRENCE_TYPE_1ST = "recurrenceType1st";
    RECURRENCE_DATE_1ST = "recurrenceDate1st";
    FOLLOW_UP_SOURCE = "followUpSource";
    NEXT_FOLLOW_UP_SOURCE = "nextFollowUpSource";
    NPI_PHYSICIAN_FOLLOW_UP = "npiPhysicianFollowUp";
    CAUSE_OF_DEATH = "causeOfDeath";
    ICD_REVISION_NUMBER = "icdRevisionNumber";
}

/// Items of older versions and the v26 item that took their place: (older, newer).
///
/// Rules and lists read the newer item; where a record lacks it, the older one stands in.
pub const RENAMED: &[(&str, &str)] = &[(SEX, SEX_ASSIGNED_AT_BIRTH), (NAME_MAIDEN, NAME_BIRTH_SURNAME)];
