//! A file cut into groups of patients that are saved together.

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash, Hasher},
    io::{self, Read},
    panic,
    sync::mpsc,
    thread,
};

use super::{
    naaccr_xml::{Outcome, Reader},
    plan::Keys,
};

/// Patients of a group at most.
const MOST_OUTCOMES: usize = 1000;
/// Source bytes of a group at most, so that large patients make small groups.
const MOST_BYTES: usize = 8 << 20;

/// Patients and rejects that are saved in one transaction.
#[derive(Debug, Default)]
pub struct Group {
    /// In the order of the file.
    pub outcomes: Vec<Outcome>,
    /// Outcomes of the file up to and with this group: the checkpoint.
    pub upto: u64,
    /// Bytes of the unpacked file up to and with this group.
    pub bytes: u64,
    /// The file is read to its end, or cannot be read further.
    pub last: bool,
}

/// Reads groups.
pub struct Groups<R: Read> {
    reader: Reader<R>,
    upto: u64,
}

impl<R: Read> Groups<R> {
    /// From a reader, leaving out the first `done` outcomes: those of an earlier, broken-off run.
    /// They are shown to `skipped`.
    ///
    /// # Errors
    /// Only when the disk fails.
    pub fn after(mut reader: Reader<R>, done: u64, skipped: &mut dyn FnMut(&Outcome)) -> io::Result<Self> {
        let mut upto = 0;
        while upto < done
            && let Some(outcome) = reader.advance()?
        {
            skipped(&outcome);
            upto += 1;
        }
        Ok(Self { reader, upto })
    }

    /// The reader, for the root and for what follows a break.
    pub fn reader(&mut self) -> &mut Reader<R> {
        &mut self.reader
    }

    /// Gives each group to `each` and reads the next one meanwhile, in a thread of its own; at most
    /// three are in memory. Comes back when all are read, for what follows a break.
    ///
    /// # Errors
    /// When the disk fails, and what `each` returns.
    pub fn read_ahead<E: From<io::Error>>(
        mut self,
        each: &mut dyn FnMut(Group) -> Result<(), E>,
    ) -> Result<Self, E>
    where
        R: Send,
    {
        let (give, take) = mpsc::sync_channel(1);
        thread::scope(|scope| {
            let reading = scope.spawn(move || {
                loop {
                    let group = self.read();
                    let ends = group.as_ref().map_or(true, |group| group.last);
                    // Nobody takes groups any more once one could not be saved.
                    if give.send(group).is_err() || ends {
                        return self;
                    }
                }
            });
            for group in take {
                each(group?)?;
            }
            Ok(reading.join().unwrap_or_else(|panic| panic::resume_unwind(panic)))
        })
    }

    /// The next group; the last one may be empty.
    ///
    /// # Errors
    /// Only when the disk fails.
    pub fn read(&mut self) -> io::Result<Group> {
        let mut group = Group::default();
        let mut bytes = 0;
        while group.outcomes.len() < MOST_OUTCOMES && bytes < MOST_BYTES {
            let Some(outcome) = self.reader.advance()? else {
                group.last = true;
                break;
            };
            match &outcome {
                Outcome::Patient(read) => bytes += read.bytes.len(),
                Outcome::Rejected(reject) => {
                    bytes += reject.bytes.len();
                    group.last |= reject.ends_reading;
                }
            }
            group.outcomes.push(outcome);
            if group.last {
                break;
            }
        }
        self.upto += u64::try_from(group.outcomes.len()).unwrap_or(0);
        group.upto = self.upto;
        group.bytes = self.reader.offset();
        Ok(group)
    }
}

/// Keys that occur more than once in a file. A dry run needs to remember only the patients with
/// such keys; eight bytes a key keep the memory flat enough.
#[derive(Debug, Default)]
pub struct Repeated {
    seen: HashSet<u64>,
    repeated: HashSet<u64>,
}

impl Repeated {
    /// Reads a file to its end and notes its keys.
    ///
    /// # Errors
    /// Only when the disk fails.
    pub fn of<R: Read>(mut reader: Reader<R>) -> io::Result<Self> {
        let mut found = Self::default();
        while let Some(outcome) = reader.advance()? {
            if let Outcome::Patient(read) = outcome {
                for print in prints(&Keys::of(&read.record)) {
                    if !found.seen.insert(print) {
                        found.repeated.insert(print);
                    }
                }
            }
        }
        found.seen = HashSet::new();
        Ok(found)
    }

    /// May another patient of the file have one of these keys?
    pub fn may_come_again(&self, keys: &Keys) -> bool {
        prints(keys).any(|print| self.repeated.contains(&print))
    }
}

/// Fingerprints of keys; patients without any share one.
fn prints(keys: &Keys) -> impl Iterator<Item = u64> {
    let print = |kind: u8, text: &str| {
        let mut hasher = DefaultHasher::new();
        (kind, text).hash(&mut hasher);
        hasher.finish()
    };
    let none = keys.is_empty().then(|| print(0, ""));
    let mut all: Vec<u64> = keys.records.iter().map(|r| print(2, r)).collect();
    all.extend(keys.number.iter().map(|n| print(1, n)));
    all.extend(none);
    all.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::naaccr_xml::Limits;

    fn file(patients: impl Iterator<Item = String>) -> String {
        let body: String = patients
            .map(|number| {
                format!("<Patient><Item naaccrId=\"patientIdNumber\">{number}</Item><Tumor/></Patient>\n")
            })
            .collect();
        format!(
            "<NaaccrData xmlns=\"http://naaccr.org/naaccrxml\" recordType=\"A\" \
             baseDictionaryUri=\"http://naaccr.org/naaccrxml/naaccr-dictionary-250.xml\">{body}</NaaccrData>"
        )
    }

    fn reader(text: &str) -> Reader<&[u8]> {
        Reader::open(text.as_bytes(), Vec::new(), Limits::default()).unwrap()
    }

    #[test]
    fn groups_hold_everything_once_and_go_on_where_a_run_broke_off() {
        let text = file((0..450).map(|i| i.to_string()));
        for done in [0, 1, 200, 399, 450] {
            let mut groups = Groups::after(reader(&text), done, &mut |_| {}).unwrap();
            let mut numbers = Vec::new();
            loop {
                let group = groups.read().unwrap();
                numbers.extend(group.outcomes.iter().map(|o| match o {
                    Outcome::Patient(p) => p.record.patient.value("patientIdNumber").to_owned(),
                    Outcome::Rejected(r) => panic!("{}", r.fault),
                }));
                assert_eq!(group.upto, done + numbers.len() as u64);
                if group.last {
                    break;
                }
            }
            assert!(numbers.iter().map(String::as_str).eq((done..450).map(|i| i.to_string())), "{done}");
        }
    }

    #[test]
    fn only_keys_that_come_again_are_remembered() {
        let text = file(["1", "2", "03", "3", "4"].iter().map(|n| (*n).to_owned()));
        let repeated = Repeated::of(reader(&text)).unwrap();
        let keys = |n: &str| Keys { number: Some(n.to_owned()), records: vec![] };
        assert!(repeated.may_come_again(&keys("3")));
        assert!(!repeated.may_come_again(&keys("4")));
    }
}
