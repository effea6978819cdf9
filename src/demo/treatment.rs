//! First course of treatment: what was given, when, and why not.

use chrono::{Datelike, Duration, NaiveDate};

use super::{dice::Dice, kind::Spread, primary::Primary};

/// What a patient got.
#[derive(Debug, Default)]
pub(super) struct Given {
    /// Treatment status \[1285\]: 0 none, 1 given, 2 active surveillance, 9 not known.
    pub(super) status: &'static str,
    pub(super) surgery: Option<NaiveDate>,
    /// The code of surgery, `00`, `A000`, `98` or `A980` where there was none.
    pub(super) surgery_code: String,
    /// Reason for no surgery \[1340\]; 0 when operated.
    pub(super) no_surgery: &'static str,
    pub(super) radiation: Option<NaiveDate>,
    /// Modality; `00` without radiation.
    pub(super) modality: &'static str,
    pub(super) chemotherapy: Systemic,
    pub(super) hormone: Systemic,
    pub(super) immunotherapy: Systemic,
    /// The day treatment began, or was decided against.
    pub(super) begun: Option<NaiveDate>,
}

/// One way of systemic treatment.
#[derive(Debug)]
pub(super) struct Systemic {
    pub(super) on: Option<NaiveDate>,
    pub(super) code: &'static str,
}

impl Default for Systemic {
    fn default() -> Self {
        Self { on: None, code: "00" }
    }
}

impl Given {
    /// The treatment of a primary. Nothing happens after `limit` (today, or the day of death).
    pub(super) fn draw(dice: &Dice, primary: &Primary, age: i32, limit: NaiveDate, dead: bool) -> Self {
        if matches!(primary.class, "38" | "43") {
            let none = no_surgery_code(primary);
            return Self {
                status: if primary.class == "38" { "0" } else { "9" },
                surgery_code: none,
                no_surgery: if primary.class == "38" { "1" } else { "9" },
                modality: "00",
                ..Self::default()
            };
        }
        let rates = &primary.kind.treatment;
        let spread = primary.spread;
        let strength = if age > 84 { 0.5 } else { 1.0 };
        let operable = !rates.two_digits.is_empty()
            && (primary.kind.name != "lymphoma" || primary.site.stored().starts_with("C77"));
        let operated = operable && dice.percent(rates.surgery.of(spread) * (0.5 + strength / 2.0));
        let irradiated = !rates.modalities.is_empty() && dice.percent(rates.radiation.of(spread));
        let chemo = dice.percent(rates.chemotherapy.of(spread) * strength);
        let hormone = dice.percent(rates.hormone.of(spread));
        let immuno = dice.percent(rates.immunotherapy.of(spread) * strength);

        let days = plan(dice, primary, operated, irradiated, chemo);
        let begin = match primary.class {
            "10" | "11" | "12" | "13" | "14" | "20" | "22" => primary.diagnosed.max(primary.first_contact),
            _ => primary.diagnosed,
        };
        let on = |after: i64| Some(begin + Duration::days(after)).filter(|day| *day <= limit);
        let missed = if dead { "85" } else { "88" };
        let systemic = |wanted: bool, after: i64, code: &'static str| match (wanted, on(after)) {
            (true, Some(day)) => Systemic { on: Some(day), code },
            (true, None) => Systemic { on: None, code: missed },
            (false, _) => Systemic::default(),
        };
        let surgery = on(days.surgery).filter(|_| operated);
        let radiation = on(days.radiation).filter(|_| irradiated);
        let mut given = Self {
            surgery,
            surgery_code: if surgery.is_some() {
                surgery_code(dice, primary)
            } else {
                no_surgery_code(primary)
            },
            no_surgery: reason(dice, operated, surgery.is_some(), dead, age),
            radiation,
            modality: if radiation.is_some() { rates.modalities.draw(dice) } else { "00" },
            chemotherapy: systemic(chemo, days.chemotherapy, dice.word(&["03", "03", "03", "02", "01"])),
            hormone: systemic(hormone, days.hormone, "01"),
            immunotherapy: systemic(immuno, days.chemotherapy + dice.between(0, 14), "01"),
            ..Self::default()
        };
        if !chemo && spread != Spread::InSitu && dice.percent(2.0) {
            given.chemotherapy.code = "87";
        }
        given.begun = given.first_day();
        given.status = if given.begun.is_some() {
            "1"
        } else {
            // A decision against treatment is a decision too, and has a day.
            given.begun = on(dice.between(5, 35));
            let watch = (primary.kind.name == "prostate" && spread == Spread::Local)
                || matches!(primary.kind.name, "lymphocytic leukemia" | "meningioma" | "nerve sheath tumor");
            if watch && dice.percent(85.0) { "2" } else { "0" }
        };
        given
    }

    fn first_day(&self) -> Option<NaiveDate> {
        self.days().min()
    }

    /// The last thing known to have begun.
    pub(super) fn last_day(&self) -> Option<NaiveDate> {
        self.days().max()
    }

    /// Was anything given?
    pub(super) fn any(&self) -> bool {
        self.first_day().is_some()
    }

    fn days(&self) -> impl Iterator<Item = NaiveDate> {
        [self.surgery, self.radiation, self.chemotherapy.on, self.hormone.on, self.immunotherapy.on]
            .into_iter()
            .flatten()
    }
}

/// Days from the beginning to each treatment.
struct Days {
    surgery: i64,
    radiation: i64,
    chemotherapy: i64,
    hormone: i64,
}

/// The order of treatments: operation first, or after chemotherapy and radiation.
fn plan(dice: &Dice, primary: &Primary, operated: bool, irradiated: bool, chemo: bool) -> Days {
    let before = match (primary.kind.name, primary.spread) {
        ("rectum" | "esophagus", Spread::Regional) => 78.0,
        ("breast" | "stomach" | "ovary", Spread::Regional | Spread::Distant) => 26.0,
        _ => 0.0,
    };
    if operated && chemo && dice.percent(before) {
        let chemotherapy = dice.between(14, 40);
        let radiation = if primary.kind.name == "breast" {
            dice.between(230, 270)
        } else {
            chemotherapy + dice.between(0, 14)
        };
        let surgery = dice.between(140, 190);
        return Days { surgery, radiation, chemotherapy, hormone: 280 + dice.between(0, 30) };
    }
    let surgery = if dice.percent(20.0) { 0 } else { dice.between(5, 58) };
    let from = if operated { surgery + dice.between(28, 56) } else { dice.between(12, 42) };
    let chemotherapy = from;
    let radiation = match (chemo, operated) {
        (true, true) => from + dice.between(100, 140),
        (true, false) => from + dice.between(0, 10),
        _ => from + dice.between(0, 21),
    };
    let last = if irradiated { radiation.max(chemotherapy) } else { chemotherapy };
    let hormone =
        if primary.kind.name == "prostate" { dice.between(10, 40) } else { last + dice.between(14, 50) };
    Days { surgery, radiation, chemotherapy, hormone }
}

fn surgery_code(dice: &Dice, primary: &Primary) -> String {
    let rates = &primary.kind.treatment;
    let year = primary.diagnosed.year();
    if year < 2023 {
        rates.two_digits.draw(dice).to_string()
    } else if year < rates.letter_from {
        format!("A{}0", rates.two_digits.draw(dice))
    } else {
        rates.with_letter.draw(dice).to_string()
    }
}

/// `00` or `98` before 2023, `A000`, `B000` or `A980` since.
fn no_surgery_code(primary: &Primary) -> String {
    let site = primary.site.stored();
    let never =
        matches!(site.as_str(), "C420" | "C421" | "C423" | "C424" | "C809") || site.starts_with("C76");
    let rates = &primary.kind.treatment;
    let year = primary.diagnosed.year();
    let revised = year >= rates.letter_from
        && matches!(site.get(..3), Some("C50" | "C18" | "C34" | "C25" | "C73" | "C44"));
    let code = match (year < 2023, never, revised) {
        (true, true, _) => "98",
        (true, false, _) => "00",
        (false, true, _) => "A980",
        (false, false, true) => "B000",
        (false, false, false) => "A000",
    };
    code.to_owned()
}

fn reason(dice: &Dice, wanted: bool, operated: bool, dead: bool, age: i32) -> &'static str {
    match (wanted, operated, dead) {
        (_, true, _) => "0",
        (true, false, true) => "5",
        (true, false, false) => "8",
        _ if age > 78 && dice.percent(30.0) => "2",
        _ if dice.percent(3.0) => "7",
        _ => "1",
    }
}
