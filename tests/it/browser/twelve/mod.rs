//! Twelve abstracts of twelve sites, entered by keyboard in a browser, with errors planted in each.
//!
//! `ENTRY_BENCHMARK` names the file that the figures are written to; `ENTRY_ONLY` takes only the scripts with a name
//! in it.

mod hands;
mod measures;
mod report;
mod script;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Mutex,
    time::Instant,
};

use super::{Window, wanted, work};
use crate::{
    abstracting,
    support::{Backend, TestApp, app::ROSA},
};
use hands::Hands;
use measures::Measures;
use script::Script;

/// Entered without script as well.
const WITHOUT_SCRIPT: [&str; 3] = ["leukemia", "prostate", "unknown-primary"];

/// Windows at a time.
const HANDS: usize = 2;

/// Enters one abstract in a registry and a window of its own.
fn enter(script: &Script, runs_script: bool) -> Measures {
    let app = TestApp::new(Backend::Embedded);
    let window = Window::open(app.address);
    if !runs_script {
        window.without_script();
    }
    work::Hands { window: &window, script: runs_script }.sign_in(ROSA);
    let (keys, loads, begun) = (window.keys_pressed(), window.loads(), Instant::now());
    let measures = Measures {
        name: script.name.clone(),
        title: script.title.clone(),
        script: runs_script,
        planted: script.planted(),
        ..Measures::default()
    };
    let mut hands = Hands { window: &window, script: runs_script, measures };
    let done = catch_unwind(AssertUnwindSafe(|| hands.enter(script)));
    let mut measures = hands.measures;
    if !measures.case.is_empty() {
        let (patient, tumor, _) = abstracting::record(&app, &measures.case);
        let items = patient.iter().chain(tumor.iter()).filter(|(_, value)| !value.is_empty());
        measures.items.extend(items.map(|(id, value)| (id.to_string(), value.to_string())));
    }
    if let Err(why) = done {
        let why = why.downcast_ref::<String>().cloned().unwrap_or_default();
        measures.failures.push(format!("stopped: {why}"));
    }
    if runs_script {
        measures.failures.extend(window.console().into_iter().map(|line| format!("console: {line}")));
    }
    measures.keys = window.keys_pressed() - keys - measures.keys_planted;
    measures.loads = window.loads() - loads;
    measures.seconds = begun.elapsed().as_secs_f64();
    measures
}

#[test]
fn twelve_abstracts_are_entered_by_keyboard_and_every_planted_error_is_told() {
    if !wanted() {
        return;
    }
    let only = std::env::var("ENTRY_ONLY").ok();
    let scripts = Script::all();
    let planted: usize = scripts.iter().map(Script::planted).sum();
    let work: Vec<(&Script, bool)> = scripts
        .iter()
        .flat_map(|s| [(s, true), (s, false)])
        .filter(|(s, runs)| *runs || WITHOUT_SCRIPT.contains(&s.name.as_str()))
        .filter(|(s, _)| only.as_ref().is_none_or(|names| names.contains(&s.name)))
        .collect();
    let (next, all) = (Mutex::new(work.iter()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..HANDS {
            scope.spawn(|| {
                loop {
                    let Some((script, runs)) = next.lock().unwrap().next() else { return };
                    let measures = enter(script, *runs);
                    all.lock().unwrap().push(measures);
                }
            });
        }
    });
    let mut all = all.into_inner().unwrap();
    all.sort_by(|a, b| (!a.script, &a.name).cmp(&(!b.script, &b.name)));
    for m in &all {
        let how = if m.script { "" } else { ", without script" };
        println!(
            "{}{how}: {} keys, {} planted and {} told, {:.0} s",
            m.name,
            m.keys,
            m.planted,
            m.told.len(),
            m.seconds
        );
        for failure in &m.failures {
            println!("   ! {failure}");
        }
    }
    assert!(all.iter().all(|m| m.failures.is_empty()), "see above");
    if only.is_none() {
        assert_eq!(scripts.len(), 12);
        assert!(planted >= 60, "{planted} errors are planted");
        for script in &scripts {
            assert!(script.planted() >= 5, "{} are planted in {}", script.planted(), script.name);
        }
        if let Ok(file) = std::env::var("ENTRY_BENCHMARK") {
            std::fs::write(&file, report::page(&all)).unwrap_or_else(|e| panic!("{file}: {e}"));
        }
    }
}
