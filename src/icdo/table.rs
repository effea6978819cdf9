//! Reading the embedded tables: one header line, tab-separated cells.

/// The rows of a table as cells, header left out.
pub(super) fn rows(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    text.lines().skip(1).map(|line| line.split('\t').collect())
}

/// A cell of a row; missing ones are blank.
pub(super) fn cell<'a>(row: &[&'a str], at: usize) -> &'a str {
    row.get(at).copied().unwrap_or("")
}

/// A cell that holds a year, or nothing.
pub(super) fn year(row: &[&str], at: usize) -> Option<i32> {
    cell(row, at).parse().ok()
}
