//! `code TEXT…`: site, morphology, laterality and grade suggestions for a phrase or a report, with reasons.

use std::fmt::Write;

use clap::Args;

use super::Outcome;
use crate::{
    coding::{CodeSuggestions, Suggestion, suggest_phrase},
    partial_date::PartialDate,
};

/// What the command takes.
#[derive(Args, Debug)]
pub struct CodeArgs {
    /// The phrase, such as: infiltrating ductal carcinoma, upper outer quadrant, left breast; `-` reads standard input.
    #[arg(required = true)]
    pub text: Vec<String>,
    /// Date of diagnosis (YYYY, YYYYMM, YYYYMMDD, with or without hyphens); default: codes in use now.
    #[arg(long, value_name = "D", value_parser = date)]
    pub dx_date: Option<PartialDate>,
    /// Suggestions of each kind.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u8).range(1..=50))]
    pub limit: u8,
}

/// Reads a date with or without hyphens.
fn date(text: &str) -> Result<PartialDate, String> {
    PartialDate::parse(&text.replace('-', "")).map_err(|e| e.to_string())
}

/// Runs the command; findings when nothing is suggested.
pub(super) fn run(args: &CodeArgs, json: bool) -> anyhow::Result<Outcome> {
    let mut phrase = args.text.join(" ");
    if phrase == "-" {
        phrase = std::io::read_to_string(std::io::stdin())?;
    }
    let answer = suggest_phrase(&phrase, args.dx_date, usize::from(args.limit));
    if json {
        println!("{}", serde_json::to_string(&answer)?);
    } else {
        print!("{}", shown(&answer));
    }
    Ok(if answer.site.is_empty() && answer.morphology.is_empty() { Outcome::Findings } else { Outcome::Done })
}

/// The answer as aligned text.
fn shown(answer: &CodeSuggestions) -> String {
    let mut out = format!("{}\n{}\n", answer.phrase, answer.edition);
    for note in &answer.notes {
        let _ = writeln!(out, "{note}");
    }
    let offers = &answer.offers;
    for (title, found, offer) in [
        ("Site", &answer.site, Some(&offers.site)),
        ("Morphology", &answer.morphology, Some(&offers.morphology)),
        ("Laterality", &answer.laterality, None),
        ("Grade", &answer.grade, None),
    ] {
        let stance = match offer.filter(|_| !found.is_empty()) {
            Some(o) if o.bold => " (first is the default)".to_owned(),
            Some(o) => format!(" (no default: {})", o.why),
            None => String::new(),
        };
        let _ = write!(out, "\n{title}{stance}\n");
        if found.is_empty() {
            out.push_str("  nothing found\n");
        }
        for s in found {
            line(&mut out, s);
        }
    }
    if !answer.set_aside.is_empty() {
        out.push_str("\nRead and not coded\n");
    }
    for aside in &answer.set_aside {
        let _ = writeln!(out, "  “{}”: {}", aside.words, aside.why);
    }
    out
}

fn line(out: &mut String, s: &Suggestion) {
    let _ = writeln!(out, "  {:<7} {:>3}  {}", s.code, s.score, s.label);
    let words = if s.words.is_empty() { String::new() } else { format!("“{}”: ", s.words.join(" ")) };
    let _ = writeln!(out, "  {:<12} {words}{}", "", s.rule);
    if let Some(row) = &s.table {
        let _ =
            writeln!(out, "  {:<12} row: {}, “{}”, {}, {}", "", row.table, row.term, row.kind, row.edition);
    }
    for rule in &s.rules {
        let _ = writeln!(out, "  {:<12} {} [{}; {}]", "", rule.words, rule.id, rule.source);
    }
    if let Some(reason) = &s.reason {
        let _ = writeln!(out, "  {:<12} not for this diagnosis: {reason}", "");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_aligned_and_says_why() {
        let answer = suggest_phrase("adenocarcinoma of pancreas", None, 2);
        let text = shown(&answer);
        assert!(text.contains("\nSite (first is the default)\n  C25.9  "), "{text}");
        assert!(text.contains("“adenocarcinoma”: term “Adenocarcinoma, NOS”"), "{text}");
        let none = shown(&suggest_phrase("hello", None, 2));
        assert!(none.contains("Site\n  nothing found"), "{none}");
    }

    #[test]
    fn dates_are_read_with_and_without_hyphens() {
        assert_eq!(date("2024-03-05"), date("20240305"));
        assert!(date("2024-13").is_err());
    }
}
