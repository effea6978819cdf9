//! How a mail leaves: to a mail server, to a folder, or (in tests) to memory.

use std::{
    io::Write,
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use super::mail::Mail;

/// Why a mail did not leave.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct SendFailure {
    /// May the same mail leave later?
    pub verdict: Verdict,
    /// What happened, in one line for the administrator; nothing of a patient.
    pub reason: String,
}

/// What a failure means for the mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Refused connection, time limit, reply 4xx, or a server that cannot be trusted or signed in to: the
    /// mail waits.
    Later,
    /// Reply 5xx about the mail: it will not be taken, ever.
    Never,
    /// Reply 5xx about the recipient's address: a hard bounce.
    AddressRefused,
}

/// Hands mails over. Blocking: call it from a job, never while a person waits for a page.
pub trait Mailer: Send + Sync {
    /// Hands over one mail. `Ok` means that the other side answers for it now.
    fn send(&self, mail: &Mail) -> Result<(), SendFailure>;

    /// Where mails go, for the outbox page and the log: no secret in it.
    fn describe(&self) -> String;
}

/// Writes each mail as an .eml file. The file's name comes from the Message-ID, so that a repeated mail
/// takes the place of the first.
#[derive(Debug)]
pub struct FolderMailer {
    folder: PathBuf,
    /// Makes the names of unfinished files different within the process.
    attempt: AtomicU64,
}

impl FolderMailer {
    /// Mails go to `folder`, which is made when the first mail leaves.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), attempt: AtomicU64::new(0) }
    }

    /// Written beside its final name, brought to the disk, then renamed: no reader sees half a mail.
    fn write(&self, mail: &Mail) -> std::io::Result<()> {
        make_folder(&self.folder)?;
        let attempt = self.attempt.fetch_add(1, Ordering::Relaxed);
        let unfinished =
            self.folder.join(format!(".{}-{}-{attempt}.part", mail.id.digits(), std::process::id()));
        let written = (|| {
            let mut file = owner_only().open(&unfinished)?;
            file.write_all(&mail.bytes)?;
            file.sync_all()?;
            std::fs::rename(&unfinished, self.folder.join(format!("{}.eml", mail.id.digits())))
        })();
        if written.is_err() {
            // What is left of a failed attempt; the attempt's own error is the one to tell.
            let _ = std::fs::remove_file(&unfinished);
        }
        written
    }
}

fn owner_only() -> std::fs::OpenOptions {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn make_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

impl Mailer for FolderMailer {
    fn send(&self, mail: &Mail) -> Result<(), SendFailure> {
        self.write(mail).map_err(|e| SendFailure {
            verdict: Verdict::Later,
            reason: format!("The outbox folder cannot be written: {e}"),
        })
    }

    fn describe(&self) -> String {
        format!(".eml files in {}", self.folder.display())
    }
}

/// Keeps mails in memory and fails on demand; for tests and dry runs.
#[derive(Debug, Default)]
pub struct MemoryMailer {
    taken: Mutex<Vec<Mail>>,
    failures: Mutex<std::collections::VecDeque<SendFailure>>,
}

impl MemoryMailer {
    /// Mails taken so far.
    pub fn taken(&self) -> Vec<Mail> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The next mail fails like this; called twice, the next two.
    pub fn fail_next(&self, failure: SendFailure) {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).push_back(failure);
    }
}

impl Mailer for MemoryMailer {
    fn send(&self, mail: &Mail) -> Result<(), SendFailure> {
        if let Some(failure) = self.failures.lock().unwrap_or_else(PoisonError::into_inner).pop_front() {
            return Err(failure);
        }
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).push(mail.clone());
        Ok(())
    }

    fn describe(&self) -> String {
        "memory".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reminder::{digest::Rendered, mail::Letterhead};

    fn mail(fingerprint: &str, text: &str) -> Mail {
        let letterhead = Letterhead::new("registry@hospital.example", "").unwrap();
        let words =
            Rendered { subject: "Registry test mail".to_owned(), text: text.to_owned(), html: String::new() };
        let at = "2026-11-30T13:00:00Z".parse().unwrap();
        letterhead.compose("ann@hospital.example", &letterhead.message_id(fingerprint), at, &words).unwrap()
    }

    #[test]
    fn a_mail_is_one_whole_file_for_its_owner_only_and_a_repeat_replaces_it() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("new").join("outbox");
        let mailer = FolderMailer::new(&folder);
        mailer.send(&mail("ab12", "first")).unwrap();
        mailer.send(&mail("ab12", "again")).unwrap();
        mailer.send(&mail("cd34", "other")).unwrap();
        let mut names: Vec<String> = std::fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, ["ab12.eml", "cd34.eml"]);
        assert!(std::fs::read_to_string(folder.join("ab12.eml")).unwrap().contains("again"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode(&folder.join("ab12.eml")), 0o600);
            assert_eq!(mode(&folder), 0o700);
        }
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_a_failure_that_waits() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("taken");
        std::fs::write(&file, "a file where the folder should be").unwrap();
        let failure = FolderMailer::new(&file).send(&mail("ab", "text")).unwrap_err();
        assert_eq!(failure.verdict, Verdict::Later);
        assert!(failure.reason.contains("outbox folder"), "{}", failure.reason);
    }

    #[test]
    fn memory_fails_as_told_then_takes() {
        let mailer = MemoryMailer::default();
        let failure = SendFailure { verdict: Verdict::Never, reason: "554 no".to_owned() };
        mailer.fail_next(failure.clone());
        assert_eq!(mailer.send(&mail("ab", "text")), Err(failure));
        assert_eq!(mailer.send(&mail("ab", "text")), Ok(()));
        assert_eq!(mailer.taken().len(), 1);
    }
}
