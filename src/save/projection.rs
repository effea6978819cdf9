//! Columns computed from a patient and all cases together.

use chrono::NaiveDate;

use super::store;
use crate::{
    access::Scope,
    db::{Conn, StoreError},
    dictionary::Items,
    facility::{self, Facility},
    followup_rules::{Centenarian, Extra, Facts, Settings, Standing, standing},
    icdo::{Morphology, PrimarySite},
    patient::{PatientIndex, PatientRow},
    recodes::{RecodeVersion, site_recode},
    tumor::{TumorIndex, TumorRow},
};

/// The follow-up settings of a facility.
pub fn follow_up_settings(facility: &Facility) -> Settings {
    Settings {
        reference_date: facility.reference_date,
        floor_date: facility.floor_date,
        home_countries: facility.home_countries.clone(),
        follow_cns_benign: facility.follow_cns_benign,
        follow_by_agreement: facility.follow_by_agreement,
        centenarian: if facility.centenarian == "count_as_followed" {
            Centenarian::CountAsFollowed
        } else {
            Centenarian::Exclude
        },
    }
}

/// SEER site recode 2023 of a case; empty where site or morphology cannot be read or fit no group.
pub(super) fn site_group(index: &TumorIndex) -> String {
    let site = PrimarySite::parse(&index.primary_site);
    let morphology = Morphology::parse(&format!("{}/{}", index.histology, index.behavior));
    match (site, morphology) {
        (Ok(site), Ok(morphology)) => site_recode(RecodeVersion::V2023, site, morphology, index.dx_year)
            .map(|g| g.code.to_owned())
            .unwrap_or_default(),
        _ => String::new(),
    }
}

/// Where the patient stands, over the cases that are not voided.
pub(super) fn stand(settings: &Settings, patient: &PatientRow, items: &Items, tumors: &[&Items]) -> Standing {
    let extra = Extra {
        short_interval_months: patient.short_interval.and_then(|m| u32::try_from(m).ok()),
        lost: patient.lost_at.is_some(),
    };
    standing(&Facts::of(items, tumors, extra), settings)
}

/// Fills a patient's projected columns.
pub(super) fn project_patient(
    row: &mut PatientRow,
    index: &PatientIndex,
    stand: &Standing,
    accession: Option<String>,
) {
    row.patient_id_number.clone_from(&index.patient_id_number);
    row.name_last.clone_from(&index.name_last);
    row.name_first.clone_from(&index.name_first);
    row.birth_date.clone_from(&index.birth_date);
    row.sex.clone_from(&index.sex);
    row.social_security_number.clone_from(&index.social_security_number);
    row.vital_status.clone_from(&index.vital_status);
    row.last_contact.clone_from(&index.last_contact);
    row.effective_dlc = stand.effective_dlc;
    row.due_on = stand.due;
    row.overdue_from = stand.overdue_from;
    row.delinquent_from = stand.delinquent_from;
    row.centenarian_from = stand.centenarian_from;
    row.followed = stand.followed;
    row.newest_dx = stand.rate_dx_latest;
    row.accession_number = accession.unwrap_or_default();
}

/// The follow-up columns of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TumorFollowUp {
    pub(super) exemption: String,
    pub(super) in_rate: bool,
    pub(super) dead: bool,
    pub(super) dx_latest: Option<NaiveDate>,
    pub(super) delinquent_from: Option<NaiveDate>,
    pub(super) centenarian_from: Option<NaiveDate>,
}

impl TumorFollowUp {
    /// `nth` among the cases that are not voided; a voided case counts nowhere.
    pub(super) fn of(stand: &Standing, nth: Option<usize>) -> Self {
        let own = nth.and_then(|n| stand.tumors.get(n));
        Self {
            exemption: own.and_then(|t| t.exemption).map(|e| e.code().to_owned()).unwrap_or_default(),
            in_rate: own.is_some_and(|t| t.in_rate) && !stand.foreign,
            dead: stand.dead,
            dx_latest: own.map(|t| t.dx_latest),
            delinquent_from: stand.delinquent_from,
            centenarian_from: stand.centenarian_from,
        }
    }

    pub(super) fn put(&self, row: &mut TumorRow) {
        row.exemption.clone_from(&self.exemption);
        row.in_rate = self.in_rate;
        row.dead = self.dead;
        row.dx_latest = self.dx_latest;
        row.delinquent_from = self.delinquent_from;
        row.centenarian_from = self.centenarian_from;
    }
}

/// Fills a case's projected columns.
pub(super) fn project_tumor(row: &mut TumorRow, index: &TumorIndex) {
    row.accession_number.clone_from(&index.accession_number);
    row.sequence_number.clone_from(&index.sequence_number);
    row.medical_record_number.clone_from(&index.medical_record_number);
    row.class_of_case.clone_from(&index.class_of_case);
    row.primary_site.clone_from(&index.primary_site);
    row.histology.clone_from(&index.histology);
    row.behavior.clone_from(&index.behavior);
    row.site_group = site_group(index);
    row.dx_date.clone_from(&index.dx_date);
    row.dx_year = index.dx_year;
    row.first_contact.clone_from(&index.first_contact);
    row.abstract_due = index.abstract_due;
    row.completed.clone_from(&index.completed);
    row.summary_stage.clone_from(&index.summary_stage);
}

/// Computes all projected columns of a facility anew, some patients at a time; used after its
/// follow-up settings changed and by the integrity check. Gives (patients seen, rows that differed).
pub fn reproject_facility(conn: &mut Conn, scope: Scope, dry_run: bool) -> Result<(u64, u64), StoreError> {
    let settings = follow_up_settings(&facility::get(conn, scope.facility())?);
    let (mut seen, mut differed, mut after) = (0, 0, 0);
    loop {
        let patients = store::patients_after(conn, scope, after, 500)?;
        let Some(last) = patients.last() else { return Ok((seen, differed)) };
        after = last.id;
        let keys: Vec<i64> = patients.iter().map(|p| p.id).collect();
        let tumors = crate::tumor::of_patients(conn, scope, &keys)?;
        for patient in patients {
            seen += 1;
            let own: Vec<&TumorRow> = tumors.iter().filter(|t| t.patient_id == patient.id).collect();
            let items: Vec<Items> = own.iter().map(|t| t.items()).collect::<Result<_, _>>()?;
            let patient_items = patient.items()?;
            // Cases of a void patient count nowhere.
            let void = patient.state == "void";
            let living: Vec<&Items> =
                own.iter().zip(&items).filter(|(t, _)| !void && !t.voided).map(|(_, i)| i).collect();
            let stand = stand(&settings, &patient, &patient_items, &living);
            let mut nth = 0;
            let mut accession: Option<String> = None;
            for (row, items) in own.into_iter().zip(&items) {
                let mut fresh = row.clone();
                let index = TumorIndex::of(&patient_items, items);
                project_tumor(&mut fresh, &index);
                let own_nth = (!void && !row.voided).then_some(nth);
                if own_nth.is_some() {
                    nth += 1;
                    accession = smaller(accession, &index.accession_number);
                }
                TumorFollowUp::of(&stand, own_nth).put(&mut fresh);
                if format!("{fresh:?}") != format!("{row:?}") {
                    differed += 1;
                    if !dry_run {
                        store::update_tumor(conn, &fresh)?;
                    }
                }
            }
            let mut fresh = patient.clone();
            let index = PatientIndex::of(&patient_items);
            project_patient(&mut fresh, &index, &stand, accession);
            if format!("{fresh:?}") != format!("{patient:?}") {
                differed += 1;
                if !dry_run {
                    store::update_patient(conn, &fresh)?;
                    store::set_names(conn, fresh.id, fresh.facility_id, &index.names)?;
                }
            }
        }
    }
}

/// The smaller of two accession numbers; empty ones do not count.
pub(super) fn smaller(so_far: Option<String>, next: &str) -> Option<String> {
    match so_far {
        _ if next.is_empty() => so_far,
        Some(present) if present.as_str() <= next => Some(present),
        _ => Some(next.to_owned()),
    }
}
