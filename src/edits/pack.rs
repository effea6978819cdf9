//! A set of edits: read from a table, checked as a whole, known by its id.

use std::{
    collections::HashSet,
    sync::{Arc, OnceLock},
};

use sha2::{Digest, Sha256};

use super::{
    check::{View, check},
    edit::{Edit, EditLevel, Example, OverRide, Severity},
    example,
    parser::parse,
    problem::{PackProblem, Problem, nearest},
    slots::Slots,
    tree::{Slot, Truth},
};
use crate::dictionary::{DataType, names};

/// Columns of a table of edits, in order.
pub const COLUMNS: [&str; 12] = [
    "id",
    "version",
    "level",
    "name",
    "items",
    "applies_when",
    "fails_when",
    "severity",
    "message",
    "override",
    "pass_example",
    "fail_example",
];

/// A column that may follow the others: where the rule comes from, told with a failure.
pub const RULE_COLUMN: &str = "rule";

/// Most edits of a set, and most bytes of its table.
const MOST: (usize, usize) = (5_000, 8 * 1024 * 1024);

/// What each group means where `items` names one.
const GROUPS: [(&str, &[&str]); 4] = [
    (
        "metsAtDx*",
        &[
            "metsAtDxBone",
            "metsAtDxBrain",
            "metsAtDxLiver",
            "metsAtDxLung",
            "metsAtDxDistantLn",
            "metsAtDxOther",
        ],
    ),
    (
        "rxDate*",
        &["rxDateSurgery", "rxDateRadiation", "rxDateChemo", "rxDateHormone", "rxDateBrm", "rxDateOther"],
    ),
    ("rxHosp*", &["rxHospSurgPrimSite2023", "rxHospRadiation", "rxHospChemo", "rxHospHormone", "rxHospBrm"]),
    (
        "rxSumm*",
        &[
            "rxSummSurgPrimSite",
            "rxSummSurgPrimSite2023",
            "rxSummScopeRegLnSur",
            "rxSummSurgOthRegDis",
            "rxSummChemo",
            "rxSummHormone",
            "rxSummBrm",
            "rxSummTransplntEndocr",
            "rxSummOther",
        ],
    ),
];

/// Edits that were checked and can be run.
#[derive(Clone, Debug)]
pub struct EditSet {
    /// Shared between the shipped set and those that add to it.
    edits: Vec<Arc<Edit>>,
    pub(super) slots: Slots,
    pub(super) diagnosed: Slot,
    id: String,
}

/// The edits this program ships.
pub fn shipped() -> &'static EditSet {
    static SHIPPED: OnceLock<EditSet> = OnceLock::new();
    SHIPPED.get_or_init(|| EditSet::parse(SHIPPED_TABLE).expect("the shipped edits are checked by a test"))
}

/// The table of [`shipped`].
pub const SHIPPED_TABLE: &str = include_str!("data/edits.tsv");

impl EditSet {
    /// Reads a table: a heading line of [`COLUMNS`], then an edit a line, cells parted by tabs.
    ///
    /// # Errors
    /// The first cell that cannot be read, with its line, what was given and what is allowed. Logic that
    /// names an unknown item or function is refused here, never when it is run.
    pub fn parse(table: &str) -> Result<Self, PackProblem> {
        Self::parse_all(&[table])
    }

    /// Reads several tables as one set, such as the shipped edits and those of a registry.
    ///
    /// # Errors
    /// As [`EditSet::parse`]; also an id that stands twice.
    pub fn parse_all(tables: &[&str]) -> Result<Self, PackProblem> {
        let mut slots = Slots::default();
        let diagnosed = slots.slot(names::DATE_OF_DIAGNOSIS).map_or(Slot(0), |(slot, _)| slot);
        let mut set = Self { edits: Vec::new(), slots, diagnosed, id: String::new() };
        for table in tables {
            set.take(table)?;
        }
        set.id = id(set.edits.iter());
        Ok(set)
    }

    /// These edits and those of one more table, such as the local edits of a facility. The edits of this
    /// set are shared, not read again; the id is that of this set, `+`, and the id of what was added.
    ///
    /// # Errors
    /// As [`EditSet::parse`]; also an id that this set has.
    pub fn with(&self, table: &str) -> Result<Self, PackProblem> {
        let mut set = self.clone();
        set.take(table)?;
        let own: HashSet<&str> = self.edits.iter().map(|e| e.id.as_str()).collect();
        let added = id(set.edits.iter().filter(|e| !own.contains(e.id.as_str())));
        set.id = format!("{}+{added}", self.id);
        Ok(set)
    }

    fn take(&mut self, table: &str) -> Result<(), PackProblem> {
        if table.len() > MOST.1 {
            return Err(PackProblem::TooLarge { given: table.len(), allowed: MOST.1, of: "bytes" });
        }
        let with_rule = heading(table)?;
        let mut known: HashSet<String> = self.edits.iter().map(|e| e.id.clone()).collect();
        for (nth, line) in table.lines().enumerate().skip(1).filter(|(_, l)| !l.trim().is_empty()) {
            let edit = row(nth + 1, line, with_rule, &mut self.slots)?;
            if !known.insert(edit.id.clone()) {
                return Err(PackProblem::Twice { line: nth + 1, edit: edit.id });
            }
            self.edits.push(Arc::new(edit));
            if self.edits.len() > MOST.0 {
                return Err(PackProblem::TooLarge { given: self.edits.len(), allowed: MOST.0, of: "edits" });
            }
        }
        self.edits.sort_by_key(|e| e.level);
        Ok(())
    }

    /// Name of exactly these edits in these versions: equal ids mean equal judgements. Kept with results.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The edit of an id.
    pub fn get(&self, id: &str) -> Option<&Edit> {
        self.edits.iter().find(|e| e.id == id).map(Arc::as_ref)
    }

    /// All edits, in the order they run.
    pub fn edits(&self) -> &[Arc<Edit>] {
        &self.edits
    }

    /// XML ids the logic of an edit reads.
    pub fn reads(&self, edit: &Edit) -> Vec<&'static str> {
        edit.ids_read(&self.slots)
    }
}

/// Hash over what decides a judgement: ids, versions, levels, logic, severities, over-rides.
fn id<'e>(edits: impl Iterator<Item = &'e Arc<Edit>>) -> String {
    let mut sorted: Vec<&Edit> = edits.map(Arc::as_ref).collect();
    sorted.sort_by(|a, b| a.id.cmp(&b.id));
    let mut hash = Sha256::new();
    for e in sorted {
        let cleared =
            e.over_ride.as_ref().map_or("-".to_owned(), |o| format!("{}={}", o.item, o.values.join("|")));
        let (level, severity) = (e.level.word(), e.severity.word());
        let parts = [
            &*e.id,
            &e.version.to_string(),
            level,
            &e.items.join(";"),
            &e.applies_when,
            &e.fails_when,
            severity,
            &cleared,
        ];
        for part in parts {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
    }
    hex(&hash.finalize())
}

/// The first 16 bytes as hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().take(16).map(|b| format!("{b:02x}")).collect()
}

/// Checks the heading line; says whether the table has the column of rules.
fn heading(table: &str) -> Result<bool, PackProblem> {
    let given = table.lines().next().unwrap_or_default();
    if given.split('\t').eq(COLUMNS) {
        return Ok(false);
    }
    if given.split('\t').eq(COLUMNS.into_iter().chain([RULE_COLUMN])) {
        return Ok(true);
    }
    Err(PackProblem::Heading { given: given.chars().take(200).collect(), allowed: COLUMNS.join(", ") })
}

fn row(line: usize, text: &str, with_rule: bool, slots: &mut Slots) -> Result<Edit, PackProblem> {
    let mut cells: Vec<&str> = text.split('\t').collect();
    let given = cells.len();
    let rule = if with_rule && given == COLUMNS.len() + 1 { cells.pop().unwrap_or("") } else { "" };
    let allowed = COLUMNS.len() + usize::from(with_rule);
    if given != allowed {
        return Err(PackProblem::Cells { line, given, allowed });
    }
    let Ok(
        [
            id,
            version,
            level,
            name,
            items,
            applies_when,
            fails_when,
            severity,
            message,
            over_ride,
            passes,
            fails,
        ],
    ) = <[&str; COLUMNS.len()]>::try_from(cells)
    else {
        return Err(PackProblem::Cells { line, given, allowed });
    };
    let cell = |column, given: &str, allowed: &str| PackProblem::Cell {
        line,
        edit: id.to_owned(),
        column,
        given: given.to_owned(),
        allowed: allowed.to_owned(),
    };
    let id_allowed = "two or more groups of capital letters and digits joined by hyphens, such as ED-SX-001";
    let groups: Vec<&str> = id.split('-').collect();
    let plain = |g: &&str| !g.is_empty() && g.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    if groups.len() < 2 || id.len() > 40 || !groups.iter().all(plain) {
        return Err(cell("id", id, id_allowed));
    }
    let version_number = version.parse().ok().filter(|v| (1..=100_000).contains(v));
    let version = version_number.ok_or_else(|| cell("version", version, "a whole number from 1"))?;
    let level =
        EditLevel::parse(level).ok_or_else(|| cell("level", level, "single, inter-field or record-set"))?;
    let severity = Severity::parse(severity).ok_or_else(|| cell("severity", severity, "error or warning"))?;
    for (column, text, most) in [("name", name, 200), ("message", message, 500)] {
        if text.trim().is_empty() || text.chars().count() > most {
            return Err(cell(column, text, &format!("a text of 1 to {most} characters")));
        }
    }
    if rule.chars().count() > 1000 {
        return Err(cell(RULE_COLUMN, rule, "a text of at most 1000 characters"));
    }
    let about = about(items, slots).map_err(|(given, allowed)| cell("items", &given, &allowed))?;
    let cleared = cleared(over_ride, slots).map_err(|allowed| cell("override", over_ride, &allowed))?;
    let view = if level == EditLevel::RecordSet { View::AllTumors } else { View::OneTumor };
    let mut logic = |column, text: &str| -> Result<(Truth, Vec<Slot>), PackProblem> {
        read(text, view, slots).map_err(|problem| PackProblem::Logic {
            line,
            edit: id.to_owned(),
            column,
            problem,
        })
    };
    let (applies, mut reads) = logic("applies_when", applies_when)?;
    let (failing, more) = logic("fails_when", fails_when)?;
    for slot in more {
        if !reads.contains(&slot) {
            reads.push(slot);
        }
    }
    if let Some(over_ride) = &cleared {
        reads.retain(|slot| *slot != over_ride.slot);
    }
    for (column, written) in [("pass_example", passes), ("fail_example", fails)] {
        example::check(written, level).map_err(|allowed| cell(column, written, &allowed))?;
    }
    let dates_only = about.iter().all(|s| slots.item(*s).is_some_and(|d| d.data_type == DataType::Date));
    let mut edit = Edit {
        id: id.to_owned(),
        version,
        level,
        name: name.to_owned(),
        items: about.iter().map(|s| slots.id(*s)).collect(),
        applies_when: applies_when.to_owned(),
        fails_when: fails_when.to_owned(),
        severity,
        message: message.to_owned(),
        rule: rule.to_owned(),
        over_ride: cleared,
        passes: Example { written: passes.to_owned() },
        fails: Example { written: fails.to_owned() },
        applies,
        failing,
        reads,
        about,
        dates_only,
        any_year: false,
    };
    edit.any_year = matches!(edit.family(), "SF" | "DT");
    Ok(edit)
}

/// Reads logic that says yes or no.
fn read(logic: &str, view: View, slots: &mut Slots) -> Result<(Truth, Vec<Slot>), Problem> {
    check(&parse(logic)?, view, slots)
}

/// The items an edit is about, groups written out.
fn about(items: &str, slots: &mut Slots) -> Result<Vec<Slot>, (String, String)> {
    let mut found = Vec::new();
    for name in items.split(';') {
        let group = GROUPS.iter().find(|(group, _)| *group == name).map(|(_, members)| *members);
        let single = [name];
        for id in group.unwrap_or(&single) {
            let Some((slot, _)) = slots.slot(id) else {
                let near = nearest(id, slots.known().chain(GROUPS.iter().map(|(group, _)| *group)));
                return Err(((*id).to_owned(), format!("XML ids joined by semicolons; the nearest: {near}")));
            };
            if !found.contains(&slot) {
                found.push(slot);
            }
        }
    }
    Ok(found)
}

/// `overRideSiteType=1|2`, or `-` for none.
fn cleared(written: &str, slots: &mut Slots) -> Result<Option<OverRide>, String> {
    const ALLOWED: &str = "“-” for none, or an over-ride item and its values, such as overRideSiteType=1|2";
    if written == "-" {
        return Ok(None);
    }
    let (item, values) = written.split_once('=').ok_or(ALLOWED)?;
    let (slot, def) = slots.slot(item).filter(|(_, d)| d.id.starts_with("overRide")).ok_or(ALLOWED)?;
    let values: Vec<String> = values.split('|').map(str::to_owned).collect();
    if values.iter().any(|v| v.trim().is_empty() || v.chars().count() > def.length) {
        return Err(ALLOWED.to_owned());
    }
    Ok(Some(OverRide { item: def.id, values, slot }))
}
