//! House rules that a reader cannot keep in mind: folder order, file length, no stray words.

use std::{collections::BTreeMap, fs, path::Path};

/// Lowest first; folders on one line know each other.
const ORDER: &[&[&str]] = &[
    &["partial_date", "ids", "clock", "config"],
    &["dictionary"],
    &["icdo"],
    &["schema"],
    &["db", "audit", "access", "web", "seal"],
    &["facility"],
    &["patient"],
    &["tumor"],
    &["source_document"],
    &["recodes"],
    &["coding"],
    &["followup_rules"],
    &["edits"],
    &["save"],
    &["checking"],
    &["provenance"],
    &["abstracting", "casefinding", "quality_review"],
    &["followup"],
    &["chart"],
    &["exchange"],
    &["analysis"],
    &["reminder"],
    &["query"],
    &["administration"],
    &["app", "cli", "demo", "main", "lib"],
];

fn rank(folder: &str) -> Option<usize> {
    ORDER.iter().position(|line| line.contains(&folder))
}

fn sources(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

fn all_sources() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    sources(&root.join("src"), &mut found);
    found
        .into_iter()
        .map(|p| (p.strip_prefix(root).unwrap().display().to_string(), fs::read_to_string(&p).unwrap()))
        .collect()
}

/// Folder names used through `crate::…` in the part of a file before its tests.
fn used(text: &str) -> Vec<String> {
    let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
    let mut names = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + 7..];
        if let Some(list) = rest.strip_prefix('{') {
            let mut depth = 1;
            let mut word = String::new();
            for c in list.chars() {
                match c {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    _ => {}
                }
                if depth == 1 && (c.is_alphanumeric() || c == '_') {
                    word.push(c);
                } else {
                    if depth == 1 && c == ':' && !word.is_empty() {
                        names.push(word.clone());
                    }
                    if depth == 1 && c == ',' && !word.is_empty() {
                        names.push(word.clone());
                    }
                    if depth == 1 {
                        word.clear();
                    }
                }
                if depth == 0 {
                    break;
                }
            }
        } else {
            names.push(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
        }
    }
    names
}

#[test]
fn no_folder_uses_one_that_stands_above_it() {
    let mut wrong = Vec::new();
    for (file, text) in all_sources() {
        let folder = file.trim_start_matches("src/").split(['/', '.']).next().unwrap().to_owned();
        let own = rank(&folder).unwrap_or_else(|| panic!("{folder} has no place in the order of folders"));
        for name in used(&text) {
            if let Some(other) = rank(&name)
                && other > own
            {
                wrong.push(format!("{file} uses {name}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn files_can_be_read_in_one_sitting() {
    let long: Vec<String> = all_sources()
        .into_iter()
        .filter(|(_, text)| text.lines().count() > 500)
        .map(|(file, text)| format!("{file}: {}", text.lines().count()))
        .collect();
    assert!(long.is_empty(), "split by concept: {long:#?}");
}

#[test]
fn statements_stand_only_in_stores() {
    let mut wrong = Vec::new();
    for (file, text) in all_sources() {
        let may = file.contains("/store") || file.starts_with("src/db/");
        if !may && (text.contains("diesel::insert_into(") || text.contains("sql_query(")) {
            wrong.push(file);
        }
    }
    assert!(wrong.is_empty(), "SQL belongs into store.rs files: {wrong:#?}");
}
