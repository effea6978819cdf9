//! The scripts of the abstracts: what the hands type into which box, and the errors that are planted.

use std::path::Path;

/// A script: one table of `tests/it/data/abstracts`.
pub(super) struct Script {
    /// Name of the file without its ending.
    pub(super) name: String,
    /// First line of the file.
    pub(super) title: String,
    /// What is typed before the case is made: box and keys.
    pub(super) person: Vec<(String, String)>,
    /// What is typed into the sections, in the order of the form.
    pub(super) steps: Vec<Step>,
}

/// One box.
pub(super) struct Step {
    pub(super) section: String,
    /// XML id of the item, which is the name of its box.
    pub(super) item: String,
    /// What is typed.
    pub(super) keys: String,
    /// Where words are typed: the code that is offered first.
    pub(super) code: String,
    /// An error typed before.
    pub(super) planted: Option<Planted>,
}

/// A wrong value, and what has to be said of it before anything is saved.
pub(super) struct Planted {
    pub(super) keys: String,
    /// Id of an edit, or words of the message.
    pub(super) told: String,
}

impl Script {
    /// Reads a table: a title behind `#`, headings, then section, box, keys, code, wrong keys, what is told.
    fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap();
        let mut lines = text.lines();
        let title = lines.next().and_then(|l| l.strip_prefix("# ")).expect("a title").to_owned();
        assert_eq!(lines.next(), Some("section\titem\tkeys\tcode\twrong\ttold"), "{}", path.display());
        let (mut person, mut steps) = (Vec::new(), Vec::new());
        for line in lines {
            let cells: Vec<&str> = line.split('\t').collect();
            let [section, item, keys, code, wrong, told] = cells.as_slice() else {
                panic!("{}: six cells in {line}", path.display());
            };
            if *section == "person" {
                person.push(((*item).to_owned(), (*keys).to_owned()));
                continue;
            }
            assert_eq!(wrong.is_empty(), told.is_empty(), "{}: {line}", path.display());
            let planted = Planted { keys: (*wrong).to_owned(), told: (*told).to_owned() };
            steps.push(Step {
                section: (*section).to_owned(),
                item: (*item).to_owned(),
                keys: (*keys).to_owned(),
                code: (*code).to_owned(),
                planted: (!wrong.is_empty()).then_some(planted),
            });
        }
        Self { name: path.file_stem().unwrap().to_str().unwrap().to_owned(), title, person, steps }
    }

    /// All of them, by name.
    pub(super) fn all() -> Vec<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/data/abstracts");
        let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
        paths.sort();
        paths.iter().map(|path| Self::read(path)).collect()
    }

    /// Errors planted in it.
    pub(super) fn planted(&self) -> usize {
        self.steps.iter().filter(|step| step.planted.is_some()).count()
    }
}
