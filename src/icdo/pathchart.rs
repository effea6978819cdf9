//! Validity of site, histology and behavior for diagnoses from 2024 on: the Cancer PathCHART table.
//!
//! The table comes from SEER as a CSV file and is brought in by the registry (`tables import-pathchart`);
//! the program carries none. Its columns are the site, the histology, the behavior and either one status
//! column a year (`CPC2024B`, `CPC2025B` …) or a year and a status. A status holds from its year until the
//! next that the table names for the pair.
//!
//! Source: Cancer PathCHART ICD-O-3 site morphology validation lists (SMVL), SEER.

use std::{
    collections::{BTreeMap, HashMap},
    io::Read,
};

use super::{Morphology, PrimarySite};

/// First diagnosis year the table speaks of.
pub const FIRST_YEAR: i32 = 2024;

/// What the table says of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Likelihood {
    /// Valid.
    Valid,
    /// Unlikely: check both, or over-ride with a reason.
    Unlikely,
    /// Impossible: completing is refused.
    Impossible,
}

impl Likelihood {
    fn parse(code: &str) -> Option<Self> {
        match code {
            "1" => Some(Self::Valid),
            "2" => Some(Self::Unlikely),
            "3" => Some(Self::Impossible),
            _ => None,
        }
    }

    fn code(self) -> char {
        match self {
            Self::Valid => '1',
            Self::Unlikely => '2',
            Self::Impossible => '3',
        }
    }

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Unlikely => "unlikely: needs an over-ride with a reason",
            Self::Impossible => "impossible: cannot be completed",
        }
    }
}

/// The table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PathChart {
    pairs: HashMap<(PrimarySite, Morphology), BTreeMap<i32, Likelihood>>,
}

/// Why a file is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathChartProblem {
    /// The file could not be read.
    #[error("the file cannot be read: {0}")]
    Unreadable(String),
    /// A column is missing.
    #[error("the file has no column for {0}; its columns are {1}")]
    Column(&'static str, String),
    /// A row holds something else than it should.
    #[error("line {line}: {what} “{given}”; allowed is {allowed}")]
    Cell {
        /// Line of the file, from 1.
        line: usize,
        /// Which cell.
        what: &'static str,
        /// What it holds.
        given: String,
        /// What it may hold.
        allowed: &'static str,
    },
    /// Two rows say different things of one pair and year.
    #[error("line {line}: {pair} in {year} is said to be both {first} and {second}")]
    Contradiction {
        /// Line of the second row.
        line: usize,
        /// Site and morphology.
        pair: String,
        /// Year.
        year: i32,
        /// What was said first.
        first: char,
        /// What is said here.
        second: char,
    },
    /// No row at all.
    #[error("the file has no rows")]
    Empty,
}

/// Where the columns stand.
struct Columns {
    site: usize,
    histology: usize,
    behavior: usize,
    /// Status columns with their year; the year of the row where `None`.
    status: Vec<(usize, Option<i32>)>,
    year: Option<usize>,
}

impl Columns {
    fn of(head: &[String]) -> Result<Self, PathChartProblem> {
        let names: Vec<String> =
            head.iter().map(|h| h.trim().to_lowercase().replace([' ', '-'], "_")).collect();
        let find = |wanted: &[&str]| names.iter().position(|n| wanted.contains(&n.as_str()));
        let missing = |what| PathChartProblem::Column(what, head.join(", "));
        let year = find(&["year", "dx_year", "diagnosis_year"]);
        let mut status: Vec<(usize, Option<i32>)> = names
            .iter()
            .enumerate()
            .filter_map(|(at, n)| {
                let year = n.strip_prefix("cpc")?.trim_start_matches('_').get(..4)?.parse().ok()?;
                Some((at, Some(year)))
            })
            .collect();
        if let (true, Some(at), Some(_)) = (status.is_empty(), find(&["status", "validity"]), year) {
            status.push((at, None));
        }
        if status.is_empty() {
            return Err(missing("the status by year (CPC2024B, … or year and status)"));
        }
        Ok(Self {
            site: find(&["c_site", "site", "primary_site", "topography"])
                .ok_or_else(|| missing("the site"))?,
            histology: find(&["hist", "histology"]).ok_or_else(|| missing("the histology"))?,
            behavior: find(&["behavior", "behaviour", "beh"]).ok_or_else(|| missing("the behavior"))?,
            status,
            year,
        })
    }
}

/// The cells of a line of CSV; quoted cells may hold commas and doubled quotes.
fn cells(line: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut quoted = false;
    let mut letters = line.chars().peekable();
    while let Some(c) = letters.next() {
        match c {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                if let Some(cell) = out.last_mut() {
                    cell.push('"');
                }
            }
            '"' => quoted = !quoted,
            ',' if !quoted => out.push(String::new()),
            c => {
                if let Some(cell) = out.last_mut() {
                    cell.push(c);
                }
            }
        }
    }
    out.iter_mut().for_each(|c| *c = c.trim().to_owned());
    out
}

impl PathChart {
    /// Reads the CSV file.
    ///
    /// # Errors
    /// A missing column, a cell that is no code, rows that contradict each other: with the line and what is
    /// allowed. Nothing of such a file is taken.
    pub fn read(mut from: impl Read) -> Result<Self, PathChartProblem> {
        let mut text = String::new();
        from.read_to_string(&mut text).map_err(|e| PathChartProblem::Unreadable(e.to_string()))?;
        let mut lines = text.trim_start_matches('\u{feff}').lines().enumerate();
        let (_, head) = lines.next().ok_or(PathChartProblem::Empty)?;
        let columns = Columns::of(&cells(head))?;
        let mut chart = Self::default();
        for (at, line) in lines.filter(|(_, l)| !l.trim().is_empty()) {
            chart.row(at + 1, &cells(line), &columns)?;
        }
        if chart.pairs.is_empty() { Err(PathChartProblem::Empty) } else { Ok(chart) }
    }

    fn row(&mut self, line: usize, cells: &[String], columns: &Columns) -> Result<(), PathChartProblem> {
        let cell = |at: usize| cells.get(at).map_or("", String::as_str);
        let wrong = |what, given: &str, allowed| PathChartProblem::Cell {
            line,
            what,
            given: given.to_owned(),
            allowed,
        };
        let site = PrimarySite::parse(cell(columns.site))
            .map_err(|_| wrong("site", cell(columns.site), "a site of ICD-O-3, such as C504"))?;
        let code = format!("{}/{}", cell(columns.histology), cell(columns.behavior));
        let morphology = Morphology::parse(&code)
            .map_err(|_| wrong("histology and behavior", &code, "four digits and a behavior of 0 to 3"))?;
        for (at, year) in &columns.status {
            // a pair that is not in the list of a year has a blank cell
            if cell(*at).is_empty() {
                continue;
            }
            let status = Likelihood::parse(cell(*at))
                .ok_or_else(|| wrong("status", cell(*at), "1 valid, 2 unlikely, 3 impossible"))?;
            let given = columns.year.map_or("", cell);
            let year = match year {
                Some(year) => *year,
                None => given.parse().map_err(|_| wrong("year", given, "four digits"))?,
            };
            let before = self.pairs.entry((site, morphology)).or_default().insert(year, status);
            if let Some(first) = before.filter(|b| *b != status) {
                let pair = format!("{site} {morphology}");
                let (first, second) = (first.code(), status.code());
                return Err(PathChartProblem::Contradiction { line, pair, year, first, second });
            }
        }
        Ok(())
    }

    /// What the table says of a pair; `None`: the year is not covered, or the pair is in no list.
    pub fn check(&self, site: PrimarySite, morphology: Morphology, dx_year: i32) -> Option<Likelihood> {
        if dx_year < FIRST_YEAR {
            return None;
        }
        self.pairs.get(&(site, morphology))?.range(..=dx_year).next_back().map(|(_, l)| *l)
    }

    /// How many pairs it has.
    pub fn pairs(&self) -> usize {
        self.pairs.len()
    }

    /// First and last year it has lists for.
    pub fn years(&self) -> Option<(i32, i32)> {
        let years = || self.pairs.values().flat_map(|y| y.keys().copied());
        Some((years().min()?, years().max()?))
    }

    /// The table as text, one pair a line, for the store.
    pub fn to_text(&self) -> String {
        let mut lines: Vec<String> = self
            .pairs
            .iter()
            .map(|((site, m), years)| {
                let years: Vec<String> = years.iter().map(|(y, l)| format!("{y}:{}", l.code())).collect();
                format!("{}\t{m}\t{}\n", site.stored(), years.join(" "))
            })
            .collect();
        lines.sort_unstable();
        lines.concat()
    }

    /// Reads the text of the store; `None` where it is none.
    pub fn from_text(text: &str) -> Option<Self> {
        let mut chart = Self::default();
        for line in text.lines() {
            let mut parts = line.split('\t');
            let (site, m, years) = (parts.next()?, parts.next()?, parts.next()?);
            let key = (PrimarySite::parse(site).ok()?, Morphology::parse(m).ok()?);
            let mut known = BTreeMap::new();
            for year in years.split(' ') {
                let (year, status) = year.split_once(':')?;
                known.insert(year.parse().ok()?, Likelihood::parse(status)?);
            }
            chart.pairs.insert(key, known);
        }
        Some(chart)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FILE: &str = "\u{feff}Key,FullKey,C_Site,Hist,Behavior,CPC2024B,CPC2025B,CPC2026A\r\n\
        1,\"C504, 8500/3\",C504,8500,3,1,1,1\r\n2,x,C504,8070,3,2,2,1\r\n3,x,C504,9440,3,3,3,3\r\n4,x,C619,8140,3,,1,1\r\n";

    fn ask(chart: &PathChart, site: &str, m: &str, year: i32) -> Option<Likelihood> {
        chart.check(PrimarySite::parse(site).unwrap(), Morphology::parse(m).unwrap(), year)
    }

    #[test]
    fn a_status_holds_from_its_year_to_the_next() {
        use Likelihood::{Impossible, Unlikely, Valid};
        let chart = PathChart::read(FILE.as_bytes()).unwrap();
        assert_eq!((chart.pairs(), chart.years()), (4, Some((2024, 2026))));
        for (site, m, year, wanted) in [
            ("C504", "8500/3", 2024, Some(Valid)),
            ("C504", "8500/3", 2023, None),
            ("C504", "8070/3", 2025, Some(Unlikely)),
            ("C504", "8070/3", 2026, Some(Valid)),
            ("C504", "8070/3", 2030, Some(Valid)),
            ("C504", "9440/3", 2024, Some(Impossible)),
            ("C619", "8140/3", 2024, None),
            ("C619", "8140/3", 2025, Some(Valid)),
            ("C509", "8500/3", 2024, None),
        ] {
            assert_eq!(ask(&chart, site, m, year), wanted, "{site} {m} {year}");
        }
        assert_eq!(PathChart::from_text(&chart.to_text()), Some(chart));
    }

    #[test]
    fn year_and_status_may_stand_in_rows() {
        let file = "site,histology,behavior,year,status\nC50.4,8500,3,2024,2\nC50.4,8500,3,2025,1\n";
        let chart = PathChart::read(file.as_bytes()).unwrap();
        assert_eq!(ask(&chart, "C504", "8500/3", 2024), Some(Likelihood::Unlikely));
        assert_eq!(ask(&chart, "C504", "8500/3", 2025), Some(Likelihood::Valid));
    }

    #[test]
    fn wrong_files_are_refused_with_line_and_reason() {
        let told = |file: &str| PathChart::read(file.as_bytes()).unwrap_err().to_string();
        assert!(told("").contains("no rows"));
        assert!(told("C_Site,Hist,Behavior,CPC2024B\n").contains("no rows"));
        assert!(told("C_Site,Hist,Behavior\nC504,8500,3\n").contains("status by year"));
        assert!(told("Hist,Behavior,CPC2024B\n8500,3,1\n").contains("no column for the site"));
        let status = told("C_Site,Hist,Behavior,CPC2024B\nC504,8500,3,1\nC504,8501,3,7\n");
        assert!(
            status.contains("line 3") && status.contains("“7”") && status.contains("1 valid"),
            "{status}"
        );
        assert!(told("C_Site,Hist,Behavior,CPC2024B\nC999,8500,3,1\n").contains("C504"));
        let both = told("C_Site,Hist,Behavior,CPC2024B\nC504,8500,3,1\nC504,8500,3,2\n");
        assert!(both.contains("line 3") && both.contains("both 1 and 2"), "{both}");
        assert!(PathChart::read(&[0xff, 0xfe, 0x00][..]).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200), text in "\\PC{0,100}") {
            let _ = PathChart::read(bytes.as_slice());
            let _ = PathChart::read(format!("site,hist,beh,cpc2024\n{text}\n").as_bytes());
            let _ = PathChart::from_text(&text);
        }
    }
}
