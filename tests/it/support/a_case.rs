//! A whole case as a registrar types it: a breast primary of a patient nobody ever was.

/// Who she is, as typed before a new case is made.
pub(crate) const PERSON: [(&str, &str); 4] = [
    ("nameLast", "Fictive"),
    ("nameFirst", "Karla"),
    ("dateOfBirth", "8/1/1963"),
    ("sexAssignedAtBirth", "2"),
];

/// Address of each section of the abstract and what is typed into its boxes, top to bottom.
pub(crate) const SECTIONS: [(&str, &[(&str, &str)]); 7] = [
    (
        "case",
        &[
            ("sequenceNumberHospital", "00"),
            ("medicalRecordNumber", "UNK"),
            ("classOfCase", "14"),
            ("typeOfReportingSource", "1"),
            ("casefindingSource", "20"),
            ("dateOf1stContact", "2026-06-10"),
        ],
    ),
    ("patient", &[("race1", "01"), ("spanishHispanicOrigin", "0")]),
    (
        "residence",
        &[
            ("addrAtDxNoStreet", "12 Invented Lane"),
            ("addrAtDxCity", "Sampleton"),
            ("addrAtDxState", "il"),
            ("addrAtDxPostalCode", "62701"),
        ],
    ),
    (
        "cancer",
        &[
            ("dateOfDiagnosis", "6/16/2026"),
            ("primarySite", "C50.4"),
            ("laterality", "2"),
            ("histologicTypeIcdO3", "8520/3"),
            ("behaviorCodeIcdO3", ""),
            ("diagnosticConfirmation", "1"),
            ("gradeClinical", "2"),
            ("gradePathological", "2"),
            ("summaryStage2018", "3"),
        ],
    ),
    (
        "treatment",
        &[
            ("rxSummTreatmentStatus", "1"),
            ("date1stCrsRxCoc", "20260714"),
            ("rxDateSurgery", "20260714"),
            ("rxSummSurgPrimSite2023", "A220"),
            ("reasonForNoSurgery", "0"),
            ("phase1RadiationTreatmentModality", "00"),
            ("rxSummChemo", "00"),
            ("rxSummHormone", "00"),
            ("rxSummBrm", "00"),
        ],
    ),
    (
        "text",
        &[
            ("textPrimarySiteTitle", "Lt breast UOQ"),
            ("textHistologyTitle", "Invasive lobular carcinoma"),
            ("textDxProcPath", "7/14/26 lumpectomy"),
        ],
    ),
    ("outcome", &[("dateOfLastContact", "2026-09-01"), ("vitalStatus", "1"), ("cancerStatus", "1")]),
];
