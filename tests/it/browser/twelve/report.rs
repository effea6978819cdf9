//! `docs/entry-benchmark.md`, written from what was measured.

use std::fmt::Write;

use super::measures::{Measures, quantile};

const HEAD: &str = "# Entry benchmark

Twelve abstracts of twelve sites, entered by a script of key presses in Chromium, against the real program with an
encrypted file: no value reaches a box but through a key. Patients and records are invented. Each is completed without an
error, and each has errors planted: a wrong value is typed, the page has to say what clashes before anything is saved, and
falls silent when the value is mended.

```
ENTRY_BENCHMARK=\"$PWD/docs/entry-benchmark.md\" tests/run -- browser::twelve
```

enters them all again and writes this file. Without the variable the same run is a test. `ENTRY_ONLY=lung,colon` takes
only those. The abstracts are tables in `tests/it/data/abstracts`: section, box, keys, for words the code they must find,
and the planted error with what has to be told: the id of an edit, or words.

";

const METHOD: &str = "
## What is counted

- **Keys**: each key that goes down counts once: letters, digits, Tab, Enter, and Shift for a capital or a sign, Ctrl or
  Alt of a shortcut. Counted from the list of abstracts until the case is complete, with the search for the person.
  Nothing is pasted, no mouse.
- **of it text**: keys of the written texts (work-up, titles, treatment, remarks); no program can save those.
- **For errors**: keys of the planted errors: typing the wrong value and going back to it.
- **Shown**: boxes that could be typed into, over all sections. **Typed**: those the hands typed into. **Taken**: those that
  hold what the program proposed, taken by Enter or Alt P, or carried from another page. **Written**: items of the complete
  record that no box was shown for: derived, and those that follow from others.
- **In full**: keys of the same record in a form without help: every box that was shown typed as its whole code or text and
  left by Tab, two keys to save each section. **With the written**: the items that the program wrote are typed too.
- **Pages**: pages loaded, lists of codes and checks while typing not counted.
- **Save, page, check**: milliseconds from the request to the first byte of the answer, as the browser measured them
  (Navigation and Resource Timing); a save is the request that stores a section, a check the answer to a field that was left.

The figures are of a build without optimizing, as tests use it, on a machine with two cores that enters two abstracts
at a time and runs both browsers too; [performance.md](performance.md) has those of the program that is shipped.
";

/// The whole page.
pub(super) fn page(all: &[Measures]) -> String {
    let mut page = HEAD.to_owned();
    for (title, script) in [("With script", true), ("Without script", false)] {
        let some: Vec<&Measures> = all.iter().filter(|m| m.script == script).collect();
        write!(page, "## {title}\n\n{}", table(&some)).unwrap();
        if script {
            write!(page, "\n{}\n## Server time\n\n{}\n", costs(&some), times(&some)).unwrap();
        }
    }
    page.push_str(
        "\nWithout script a wrong value is told by the button *Check, without saving*, each list of codes is a page, and Tab passes every\nbox, list and link on the way to a button: that is what it costs more than typing everything.\n",
    );
    page.push_str(METHOD);
    page.push_str(&planted(all));
    page
}

fn row(m: &Measures, name: &str) -> String {
    let saved = 100.0 - 100.0 * ratio(m.keys, m.keys_of_boxes());
    format!(
        "| {name} | {} | {} | {} | {} | {} | {} | {} | {} | {saved:.0} % | {} | {} of {} |\n",
        m.keys,
        m.keys_text,
        m.keys_planted,
        m.shown.len(),
        m.typed.len(),
        m.proposed(),
        m.by_program(),
        m.keys_of_boxes(),
        m.keys_of_items(),
        m.told.len(),
        m.planted
    )
}

#[expect(clippy::cast_precision_loss)]
fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole.max(1) as f64
}

fn table(all: &[&Measures]) -> String {
    let mut table = "| Abstract | Keys | of it text | For errors | Shown | Typed | Taken | Written | In full | Saved | With the written | Errors told |\n\
        |---|---|---|---|---|---|---|---|---|---|---|---|\n"
        .to_owned();
    for m in all {
        table.push_str(&row(m, &m.title));
    }
    let sum = |of: &dyn Fn(&Measures) -> u64| all.iter().map(|m| of(m)).sum::<u64>();
    let (keys, full) = (sum(&|m| m.keys), sum(&Measures::keys_of_boxes));
    writeln!(
        table,
        "| **All** | {keys} | {} | {} | {} | {} | {} | {} | {full} | {:.0} % | {} | {} of {} |",
        sum(&|m| m.keys_text),
        sum(&|m| m.keys_planted),
        sum(&|m| m.shown.len() as u64),
        sum(&|m| m.typed.len() as u64),
        sum(&|m| m.proposed() as u64),
        sum(&|m| m.by_program() as u64),
        100.0 - 100.0 * ratio(keys, full),
        sum(&Measures::keys_of_items),
        sum(&|m| m.told.len() as u64),
        sum(&|m| m.planted as u64)
    )
    .unwrap();
    table
}

/// What most keys go to.
fn costs(all: &[&Measures]) -> String {
    let keys: u64 = all.iter().map(|m| m.keys).sum();
    let text: u64 = all.iter().map(|m| m.keys_text).sum();
    let values: u64 = all.iter().map(|m| m.keys_values).sum();
    let moves = keys - text - values;
    let (coded, full): (u64, u64) = (keys - text, all.iter().map(|m| m.keys_of_boxes()).sum::<u64>() - text);
    format!(
        "Of {keys} keys {text} ({:.0} %) are written text, {values} ({:.0} %) codes, dates, names and words for codes, and {moves} \
         ({:.0} %) moves: Enter and Tab from box to box, proposals taken, sections saved. Beside the texts an abstract takes \
         {} keys; the same boxes in full would take {} ({:.0} % saved), and with the items that the program writes by itself {} \
         ({:.0} % saved).\n",
        100.0 * ratio(text, keys),
        100.0 * ratio(values, keys),
        100.0 * ratio(moves, keys),
        coded / all.len().max(1) as u64,
        full / all.len().max(1) as u64,
        100.0 - 100.0 * ratio(coded, full),
        (all.iter().map(|m| m.keys_of_items()).sum::<u64>() - text) / all.len().max(1) as u64,
        100.0 - 100.0 * ratio(coded, all.iter().map(|m| m.keys_of_items()).sum::<u64>() - text),
    )
}

fn times(all: &[&Measures]) -> String {
    let mut table = "| Abstract | Pages | Save, median ms | Page, median ms | Checks | Check, median ms | p99 ms |\n|---|---|---|---|---|---|---|\n".to_owned();
    let mut line = |name: &str, pages: u64, saves: &[f64], loads: &[f64], checks: &[f64]| {
        writeln!(
            table,
            "| {name} | {pages} | {:.0} | {:.0} | {} | {:.0} | {:.0} |",
            quantile(saves, 0.5),
            quantile(loads, 0.5),
            checks.len(),
            quantile(checks, 0.5),
            quantile(checks, 0.99)
        )
        .unwrap();
    };
    for m in all {
        line(&m.title, m.loads, &m.saves, &m.pages, &m.checks);
    }
    let join = |of: &dyn Fn(&Measures) -> Vec<f64>| all.iter().flat_map(|m| of(m)).collect::<Vec<f64>>();
    line(
        "**All**",
        all.iter().map(|m| m.loads).sum(),
        &join(&|m| m.saves.clone()),
        &join(&|m| m.pages.clone()),
        &join(&|m| m.checks.clone()),
    );
    table
}

/// Every planted error and what was said.
fn planted(all: &[Measures]) -> String {
    let mut list =
        "\n## What was told\n\n| Abstract | Item | Typed | Told before saving |\n|---|---|---|---|\n"
            .to_owned();
    for m in all.iter().filter(|m| m.script) {
        for (item, typed, told) in &m.told {
            writeln!(list, "| {} | {item} | {typed} | {} |", m.name, told.replace('|', "\\|")).unwrap();
        }
    }
    list
}
