//! A whole case as a registrar types it: a breast primary of a patient nobody ever was.

/// Who she is, as typed before a new case is made.
pub(crate) const PERSON: [(&str, &str); 4] = [
    ("nameLast", "Fictive"),
    ("nameFirst", "Karla"),
    ("dateOfBirth", "8/1/1963"),
    ("sexAssignedAtBirth", "2"),
];

/// Address of each section of the abstract and what is typed into its boxes, top to bottom; what else completing
/// needs is proposed. A section that stands here twice is saved in between: its first answers call for the second.
pub(crate) const SECTIONS: [(&str, &[(&str, &str)]); 12] = [
    ("case", &[("classOfCase", "14"), ("dateOf1stContact", "2026-06-10"), ("sequenceNumberHospital", "00")]),
    (
        "patient",
        &[
            ("race1", "01"),
            ("spanishHispanicOrigin", "0"),
            ("maritalStatusAtDx", "2"),
            ("tobaccoUseSmokingStatus", "0"),
            ("primaryPayerAtDx", "20"),
        ],
    ),
    (
        "residence",
        &[
            ("addrAtDxNoStreet", "12 Invented Lane"),
            ("addrAtDxCity", "Sampleton"),
            ("addrAtDxState", "il"),
            ("addrAtDxPostalCode", "62701"),
            ("countyAtDx", "167"),
        ],
    ),
    ("contacts", &[("telephone", "2175550100"), ("npiPhysicianManaging", "1234567893")]),
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
            ("lymphVascularInvasion", "0"),
            ("textPrimarySiteTitle", "Lt breast UOQ"),
            ("textHistologyTitle", "Invasive lobular carcinoma, grade 2"),
        ],
    ),
    (
        "workup",
        &[
            ("textDxProcPe", "6/10/26 here: lump of the left breast at 2 o'clock, no axillary nodes"),
            (
                "textDxProcXRayScan",
                "6/11/26 here: mammogram, mass of 1.6 cm in the left upper outer quadrant",
            ),
            ("textDxProcLabTests", "6/16/26 here: ER 90 %, PR 60 %, HER2 negative by IHC, Ki-67 10 %"),
            ("textDxProcOp", "7/14/26 here: lumpectomy, two sentinel nodes"),
            (
                "textDxProcPath",
                "7/14/26 here: invasive lobular carcinoma, grade 2, 15 mm, margins clear, nodes 0/2",
            ),
            ("textStaging", "15 mm, sentinel nodes 0/2, no distant spread: localized, pT1c pN0(sn) cM0, IA"),
        ],
    ),
    (
        "stage",
        &[
            ("tumorSizeClinical", "1.6 cm"),
            ("tumorSizePathologic", "15"),
            ("regionalNodesExamined", "2"),
            ("regionalNodesPositive", "0"),
            ("sentinelLymphNodesExamined", "2"),
            ("sentinelLymphNodesPositive", "0"),
            ("metsAtDxBone", "0"),
            ("metsAtDxBrain", "0"),
            ("metsAtDxLiver", "0"),
            ("metsAtDxLung", "0"),
            ("metsAtDxDistantLn", "0"),
            ("metsAtDxOther", "0"),
            ("summaryStage2018", "1"),
            ("ajccTnmClinT", "cT1c"),
            ("ajccTnmClinN", "cN0"),
            ("ajccTnmClinM", "cM0"),
            ("ajccTnmClinStageGroup", "1A"),
            ("ajccTnmPathT", "pT1c"),
            ("ajccTnmPathN", "pN0(sn)"),
            ("ajccTnmPathM", "cM0"),
            ("ajccTnmPathStageGroup", "1A"),
        ],
    ),
    (
        "specific",
        &[
            ("estrogenReceptorSummary", "1"),
            ("progesteroneRecepSummary", "1"),
            ("her2OverallSummary", "0"),
            ("ki67", "10.0"),
        ],
    ),
    (
        "treatment",
        &[
            ("rxSummDxStgProc", "02"),
            ("rxSummSurgPrimSite2023", "b200"),
            ("rxSummScopeRegLnSur", "2"),
            ("phase1RadiationTreatmentModality", "00"),
            ("rxSummChemo", "00"),
            ("rxSummHormone", "00"),
            ("rxSummBrm", "00"),
        ],
    ),
    (
        "treatment",
        &[
            ("rxDateDxStgProc", "20260616"),
            ("rxDateSurgery", "20260714"),
            ("rxDateSurgicalDisch", "20260714"),
            ("rxHospSurgApp2010", "1"),
            ("rxSummSurgicalMargins", "0"),
            ("rxTextSurgery", "7/14/26 here: lumpectomy with sentinel node biopsy"),
        ],
    ),
    (
        "outcome",
        &[
            ("dateOfLastContact", "2026-09-01"),
            ("vitalStatus", "1"),
            ("cancerStatus", "1"),
            ("recurrenceType1st", "00"),
            ("followUpSource", "2"),
        ],
    ),
    ("admin", &[("textRemarks", "none")]),
];
