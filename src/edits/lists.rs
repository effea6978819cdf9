//! Lists of codes, sites and histologies as edits write them: `'00 10-14 99'`.

/// Codes and ranges of codes of one width.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CodeList {
    written: Box<str>,
    single: Vec<Box<str>>,
    ranges: Vec<(Box<str>, Box<str>)>,
}

/// Ranges of sites on four characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SiteList(Box<str>, Vec<(u16, u16)>);

/// Ranges of histologies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HistologyList(Box<str>, Vec<(u16, u16)>);

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

impl CodeList {
    /// Reads `'00 10-14 99'`.
    ///
    /// # Errors
    /// The part that is no code or range, with what is allowed.
    pub(super) fn read(list: &str) -> Result<Self, String> {
        let mut read = Self { written: list.into(), single: Vec::new(), ranges: Vec::new() };
        for part in list.split_whitespace() {
            match part.split_once('-') {
                None => read.single.push(part.into()),
                Some((low, high))
                    if digits(low) && digits(high) && low.len() == high.len() && low <= high =>
                {
                    read.ranges.push((low.into(), high.into()));
                }
                Some(_) => {
                    return Err(format!(
                        "“{part}” is no range of codes. Allowed: digits of one width, the lower first, such as 10-14."
                    ));
                }
            }
        }
        if read.single.is_empty() && read.ranges.is_empty() {
            return Err("The list is empty. Allowed: codes and ranges, such as '00 10-14 99'.".to_owned());
        }
        Ok(read)
    }

    /// As written.
    pub(super) fn written(&self) -> &str {
        &self.written
    }

    pub(super) fn has(&self, code: &str) -> bool {
        self.single.iter().any(|c| &**c == code)
            || (digits(code)
                && self
                    .ranges
                    .iter()
                    .any(|(low, high)| low.len() == code.len() && (&**low..=&**high).contains(&code)))
    }
}

/// Ranges of something that is read by `one`.
fn ranges(list: &str, one: impl Fn(&str) -> Option<u16>, example: &str) -> Result<Vec<(u16, u16)>, String> {
    let mut read = Vec::new();
    for part in list.split_whitespace() {
        let (low, high) = part.split_once('-').unwrap_or((part, part));
        match (one(low), one(high)) {
            (Some(low), Some(high)) if low <= high => read.push((low, high)),
            _ => return Err(format!("“{part}” cannot be read. Allowed: {example}.")),
        }
    }
    if read.is_empty() {
        return Err(format!("The list is empty. Allowed: {example}."));
    }
    Ok(read)
}

fn within(ranges: &[(u16, u16)], number: u16) -> bool {
    ranges.iter().any(|(low, high)| (*low..=*high).contains(&number))
}

/// The number of a site in its stored form, `C504`.
fn site(text: &str) -> Option<u16> {
    let number = text.strip_prefix('C').filter(|d| d.len() == 3 && digits(d))?;
    number.parse().ok()
}

fn histology(text: &str) -> Option<u16> {
    if text.len() == 4 && digits(text) { text.parse().ok() } else { None }
}

impl SiteList {
    /// Reads `'C180-C189 C199'`.
    ///
    /// # Errors
    /// The part that is no site or range, with what is allowed.
    pub(super) fn read(list: &str) -> Result<Self, String> {
        ranges(list, site, "sites and ranges of sites, such as 'C180-C189 C199'")
            .map(|r| Self(list.into(), r))
    }

    /// As written.
    pub(super) fn written(&self) -> &str {
        &self.0
    }

    pub(super) fn has(&self, text: &str) -> bool {
        site(text).is_some_and(|n| within(&self.1, n))
    }
}

impl HistologyList {
    /// Reads `'8010-8046 9140'`.
    ///
    /// # Errors
    /// The part that is no histology or range, with what is allowed.
    pub(super) fn read(list: &str) -> Result<Self, String> {
        ranges(list, histology, "histologies and ranges of them, such as '8010-8046 9140'")
            .map(|r| Self(list.into(), r))
    }

    /// As written.
    pub(super) fn written(&self) -> &str {
        &self.0
    }

    pub(super) fn has(&self, text: &str) -> bool {
        histology(text).is_some_and(|n| within(&self.1, n))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_holds_codes_of_its_own_width_only() {
        let list = CodeList::read("00 10-14 A1").unwrap();
        for code in ["00", "10", "12", "14", "A1"] {
            assert!(list.has(code), "{code}");
        }
        for code in ["", "0", "09", "15", "012", "1x", "A", "10-14"] {
            assert!(!list.has(code), "{code}");
        }
    }

    #[test]
    fn sites_and_histologies_are_compared_in_their_stored_form() {
        let sites = SiteList::read("C180-C189 C199").unwrap();
        for (site, is) in
            [("C180", true), ("C185", true), ("C199", true), ("C190", false), ("c180", false), ("C18", false)]
        {
            assert_eq!(sites.has(site), is, "{site}");
        }
        let types = HistologyList::read("8010-8046 9140").unwrap();
        for (code, is) in
            [("8010", true), ("8046", true), ("9140", true), ("8047", false), ("", false), ("+801", false)]
        {
            assert_eq!(types.has(code), is, "{code}");
        }
    }

    #[test]
    fn lists_that_mean_nothing_are_refused() {
        for list in ["", "9-1", "1-10", "A-C", "1-", "-"] {
            assert!(CodeList::read(list).is_err(), "{list}");
        }
        for list in ["", "C18", "C189-C180", "180-189"] {
            assert!(SiteList::read(list).is_err(), "{list}");
        }
        for list in ["", "80", "8046-8010", "8010-"] {
            assert!(HistologyList::read(list).is_err(), "{list}");
        }
    }
}
