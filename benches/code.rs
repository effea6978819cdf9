//! Time an answer of the coding search takes: `cargo bench --bench code`.

use std::time::{Duration, Instant};

use cancer_registry::coding::{self, SearchContext, search_morphology, search_site, suggest_phrase};

const ROUNDS: usize = 20;

fn main() {
    let begun = Instant::now();
    coding::prepare();
    println!("index built in {:.1} ms", millis(begun.elapsed()));
    let phrases: Vec<&str> = include_str!("../tests/it/data/code_phrases.tsv")
        .lines()
        .skip(1)
        .filter_map(|line| line.split('\t').next())
        .collect();
    report("phrase", &phrases, |p| suggest_phrase(p, None, 5).site.len());
    let reports: Vec<String> = include_str!("../tests/it/data/coding/reports.tsv")
        .lines()
        .skip(1)
        .filter_map(|line| line.split('\t').next())
        .map(|text| text.replace("\\n", "\n"))
        .collect();
    let reports: Vec<&str> = reports.iter().map(String::as_str).collect();
    report("report", &reports, |p| suggest_phrase(p, None, 5).site.len());
    let context = SearchContext::default();
    let typed = [
        "c50",
        "upper outer",
        "asc col",
        "lung upp",
        "quadrnat",
        "8140",
        "infil duct carc",
        "melnoma supeficial",
        "dcis",
        "a",
    ];
    report("code finder", &typed, |q| {
        search_site(q, &context, 12).found + search_morphology(q, &context, 12).found
    });
}

/// Times each text a number of rounds; prints the middle, the 99th hundredth and the worst.
fn report(name: &str, texts: &[&str], answer: impl Fn(&str) -> usize) {
    let mut times: Vec<Duration> = Vec::new();
    let mut found = 0;
    for _ in 0..ROUNDS {
        for text in texts {
            let begun = Instant::now();
            found += answer(text);
            times.push(begun.elapsed());
        }
    }
    times.sort_unstable();
    let at = |hundredth: usize| {
        times.get(times.len() * hundredth / 100).or(times.last()).copied().unwrap_or_default()
    };
    println!(
        "{name}: {} answers, p50 {:.2} ms, p99 {:.2} ms, worst {:.2} ms ({found} found)",
        times.len(),
        millis(at(50)),
        millis(at(99)),
        millis(at(100)),
    );
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
