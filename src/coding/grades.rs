//! The grade a text gives, in the system of the site.

use super::{
    context::{Read, Reading},
    words::Gap,
};
use crate::icdo::{Behavior, Morphology, PrimarySite};

/// A grade that may be meant.
#[derive(Clone, Debug)]
pub(super) struct FoundGrade {
    /// 1 to 5, `L`, `M`, `H` or 8.
    pub code: char,
    /// What it means.
    pub label: String,
    /// How sure it is.
    pub score: f32,
    /// Numbers of the words that led to it.
    pub used: Vec<usize>,
    /// The rule that gave it.
    pub law: &'static str,
}

/// First diagnosis year of the present grade items.
const PRESENT_ITEMS: i32 = 2018;

struct Search<'a> {
    all: &'a [Read],
    found: Vec<FoundGrade>,
}

/// The grades of a text, best first. Without a morphology nothing has a grade.
pub(super) fn find(
    reading: &Reading,
    dx_year: Option<i32>,
    site: Option<PrimarySite>,
    morphology: Option<Morphology>,
    term: &[usize],
) -> Vec<FoundGrade> {
    let Some(morphology) = morphology else { return Vec::new() };
    let before = dx_year.is_some_and(|y| y < PRESENT_ITEMS);
    let h = |ranges: &[(u16, u16)]| morphology.histology.within(ranges);
    if h(&[(9590, 9993)]) {
        let label = "Not applicable: hematopoietic neoplasm".to_owned();
        let none = FoundGrade { code: '8', label, score: 8.0, used: Vec::new(), law: "grade-none" };
        return if before { Vec::new() } else { vec![none] };
    }
    let at = |categories: &[u16]| site.is_some_and(|s| s.in_categories(categories));
    let mut search = Search { all: &reading.all, found: Vec::new() };
    if at(&[61]) {
        search.gleason();
    }
    if at(&[50]) {
        search.nottingham();
        if morphology.behavior == Behavior::InSitu {
            search.tiers("grade-nuclear", 9.0, true);
        }
    }
    let named = search.found.len();
    let urothelial = h(&[(8120, 8131)]) && at(&[65, 66, 67, 68]);
    if urothelial {
        search.tiers("grade-two-tier", 9.0, true);
    }
    let neuroendocrine = h(&[(8150, 8158), (8240, 8249)]);
    if named == 0 {
        let nervous = at(&[70, 71, 72]) || site.is_some_and(|s| (751..=753).contains(&s.number()));
        search.numbers(nervous, at(&[51, 52, 53, 54, 55, 56, 57]));
        if !neuroendocrine {
            search.differentiation(term);
        }
    }
    search.tiers("grade-high-low", 5.0, false);
    let mut found = search.found;
    found.sort_by(|a, b| b.score.total_cmp(&a.score).then(b.code.cmp(&a.code)));
    let mut seen: Vec<char> = Vec::new();
    found.retain(|f| {
        !seen.contains(&f.code) && {
            seen.push(f.code);
            true
        }
    });
    if before {
        found = found.into_iter().filter_map(to_2017).collect();
    }
    found
}

/// The one grade of diagnoses to 2017.
fn to_2017(grade: FoundGrade) -> Option<FoundGrade> {
    let code = match (grade.law, grade.code) {
        ("grade-gleason", '1') => '1',
        ("grade-gleason", '2' | '3') => '2',
        ("grade-gleason", _) => '3',
        ("grade-nuclear", 'L') => '1',
        ("grade-nuclear", 'M') => '2',
        ("grade-nuclear", 'H') => '3',
        (_, 'L') => '2',
        (_, 'M') => '3',
        (_, 'H') => '4',
        (_, c @ '1'..='4') => c,
        _ => return None,
    };
    Some(FoundGrade {
        code,
        label: format!("Grade {code} of 4 ({})", grade.label),
        law: "grade-before-2018",
        ..grade
    })
}

impl Search<'_> {
    fn form(&self, at: usize) -> &str {
        self.all.get(at).map_or("", |r| r.word.form.as_str())
    }

    /// Places of words that say something of the present disease.
    fn places(&self) -> Vec<usize> {
        let live = |r: &Read| !r.role.is_void() && !r.role.beside;
        self.all.iter().enumerate().filter(|(_, r)| live(r)).map(|(i, _)| i).collect()
    }

    fn digit(&self, at: usize) -> Option<u8> {
        match self.form(at) {
            "i" | "g1" => Some(1),
            "g2" => Some(2),
            "g3" => Some(3),
            "g4" => Some(4),
            form => {
                let plain = form.trim_end_matches(['a', 'b']);
                plain.parse().ok().filter(|n| *n <= 10)
            }
        }
    }

    fn add(&mut self, code: u8, label: String, score: f32, used: Vec<usize>, law: &'static str) {
        if let Some(code) = char::from_digit(u32::from(code), 10) {
            self.found.push(FoundGrade { code, label, score, used, law });
        }
    }

    fn gleason(&mut self) {
        let places = self.places();
        for i in places.iter().copied() {
            if self.form(i) == "group" && self.form(i.wrapping_sub(1)) == "grade" {
                if let Some(group @ 1..=5) = self.digit(i + 1) {
                    self.add(
                        group,
                        format!("Grade group {group}"),
                        9.5,
                        vec![i - 1, i, i + 1],
                        "grade-gleason",
                    );
                }
                continue;
            }
            if self.form(i) != "gleason" {
                continue;
            }
            let sentence = self.all.get(i).map(|r| r.sentence);
            let within = |j: &usize| self.all.get(*j).map(|r| r.sentence) == sentence;
            let ahead: Vec<usize> = (i + 1..i + 9).filter(within).collect();
            let pair = ahead.iter().copied().find_map(|j| {
                let plus = self.all.get(j + 1).is_some_and(|r| r.word.gap == Gap::Slash);
                let (a, b) = (self.digit(j)?, self.digit(j + 1)?);
                (plus && (1..=5).contains(&a) && (1..=5).contains(&b)).then_some((j, a, b))
            });
            if let Some((j, a, b)) = pair {
                let group = match (a + b, a) {
                    (..=6, _) => 1,
                    (7, 3) => 2,
                    (7, _) => 3,
                    (8, _) => 4,
                    _ => 5,
                };
                let label = format!("Grade group {group}: Gleason {a}+{b}={}", a + b);
                self.add(group, label, 9.0 + 0.1 * f32::from(group), vec![i, j, j + 1], "grade-gleason");
            } else if let Some((j, sum)) = ahead.iter().find_map(|j| Some((*j, self.digit(*j)?))) {
                let groups: &[u8] = match sum {
                    2..=6 => &[1],
                    7 => &[2, 3],
                    8 => &[4],
                    9 | 10 => &[5],
                    _ => &[],
                };
                for group in groups {
                    let label = format!("Grade group {group}: Gleason sum {sum}");
                    let score = if groups.len() > 1 { 5.0 } else { 8.5 };
                    self.add(*group, label, score, vec![i, j], "grade-gleason");
                }
            }
        }
    }

    fn nottingham(&mut self) {
        const NAMES: [&str; 8] =
            ["nottingham", "sbr", "br", "bloom", "scarff", "elston", "richardson", "mbr"];
        for i in self.places() {
            let out_of_nine =
                self.form(i + 1) == "9" && self.all.get(i + 1).is_some_and(|r| r.word.gap == Gap::Slash);
            if let (true, Some(score @ 3..=9)) = (out_of_nine, self.digit(i)) {
                let grade = match score {
                    3..=5 => 1,
                    6 | 7 => 2,
                    _ => 3,
                };
                self.add(
                    grade,
                    format!("Grade {grade}: score {score} of 9"),
                    9.0,
                    vec![i, i + 1],
                    "grade-nottingham",
                );
            }
            if !NAMES.contains(&self.form(i)) {
                continue;
            }
            let near = (i + 1..i + 6).find(|j| self.form(*j) == "grade");
            if let Some((j, grade @ 1..=3)) = near.and_then(|j| Some((j, self.digit(j + 1)?))) {
                self.add(grade, format!("Grade {grade}"), 9.2, vec![i, j, j + 1], "grade-nottingham");
            }
        }
    }

    /// “Grade 2”, “grade III”, “G3”.
    fn numbers(&mut self, nervous: bool, genital: bool) {
        for i in self.places() {
            let form = self.form(i);
            let (grade, mut used) = match form {
                "g1" | "g2" | "g3" | "g4" => (self.digit(i), vec![i]),
                "grade" => (self.digit(i + 1), vec![i, i + 1]),
                _ => continue,
            };
            let Some(mut grade @ 1..=4) = grade else { continue };
            // “grade 2-3”: the higher
            let next = i + used.len();
            if form == "grade"
                && let Some(higher @ 2..=4) = self.digit(next)
                && higher == grade + 1
                && self.all.get(next).is_some_and(|r| r.word.gap <= Gap::Slash)
            {
                grade = higher;
                used.push(next);
            }
            let named = |name: &str| (i.saturating_sub(3)..i).any(|j| self.form(j) == name);
            let (law, score, words) = if genital && named("figo") {
                ("grade-figo", 9.0, "FIGO grade")
            } else if nervous {
                ("grade-who", if named("who") { 9.0 } else { 7.5 }, "WHO grade")
            } else {
                ("grade-number", 8.0, "Grade")
            };
            self.add(grade, format!("{words} {grade}"), score, used, law);
        }
    }

    /// “Moderately differentiated”; words that belong to the name of the tumor count a little less.
    fn differentiation(&mut self, term: &[usize]) {
        for i in self.places() {
            let (grade, words) = match self.form(i) {
                "well" => (1, "Well differentiated"),
                "moderately" | "moderate" | "intermediate" => (2, "Moderately differentiated"),
                "poorly" | "poor" => (3, "Poorly differentiated"),
                "undifferentiated" | "anaplastic" if !term.contains(&i) => (4, "Undifferentiated"),
                _ => continue,
            };
            let end = (i + 1..i + 5).find(|j| self.form(*j) == "differentiated");
            if grade == 4 {
                self.add(grade, words.to_owned(), 6.0, vec![i], "grade-words");
            } else if let Some(end) = end {
                let own = if term.contains(&i) { 1.5 } else { 0.0 };
                let score = 7.0 + 0.1 * f32::from(grade) - own;
                self.add(grade, words.to_owned(), score, vec![i, end], "grade-words");
            }
        }
    }

    /// “High grade”, “low nuclear grade”.
    fn tiers(&mut self, law: &'static str, score: f32, of_site: bool) {
        for i in self.places() {
            let (code, words) = match self.form(i) {
                "low" => ('L', "Low grade"),
                "intermediate" if law == "grade-nuclear" => ('M', "Intermediate grade"),
                "high" => ('H', "High grade"),
                _ => continue,
            };
            let Some(end) = (i + 1..i + 4).find(|j| self.form(*j) == "grade") else { continue };
            let more = if code == 'H' { 0.1 } else { 0.0 };
            let label = words.to_owned();
            if of_site || !self.found.iter().any(|f| f.code == code) {
                self.found.push(FoundGrade { code, label, score: score + more, used: vec![i, end], law });
            }
        }
    }
}
