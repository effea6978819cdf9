//! A file on its way from a browser: piece by piece into the store, then read like any other.
//!
//! Nothing of it is ever written in the clear: the pieces stand sealed in the database, whichever it
//! is, until the import has ended.

use std::io::{self, Read};

use actix_multipart::{Field, Multipart};
use futures_util::StreamExt;

use super::{
    import::{self, ImportError, Options, Source},
    naaccr_xml::{Limits, UserDictionary},
    store::{self, BatchRow},
};
use crate::{
    access::Actor,
    audit::{AuditAction, Event},
    db::{Db, StoreError},
    web::{App, PageError, form::check_token},
};

/// Bytes of a stored piece.
const PIECE: usize = 1 << 20;

/// What pieces are sealed for; each belongs to its place in its batch.
pub(crate) const PURPOSE: &str = "upload";

fn belongs(batch: &str, seq: i64) -> String {
    format!("{batch}/{seq}")
}

/// What arrived.
pub(super) enum Arrived {
    /// A file, complete; its batch.
    File(String),
    /// The form had no file in it.
    Nothing,
}

/// Takes the form in: the token first, then the file.
pub(super) async fn receive(app: &App, actor: &Actor, mut form: Multipart) -> Result<Arrived, PageError> {
    let unreadable = || PageError::BadRequest("The upload was broken off or cannot be read.".to_owned());
    let mut trusted = false;
    while let Some(field) = form.next().await {
        let mut field = field.map_err(|_| unreadable())?;
        match field.name() {
            Some("csrf") => {
                let token = short(&mut field).await.ok_or_else(unreadable)?;
                check_token(actor, &token)?;
                trusted = true;
            }
            Some("file") if trusted => {
                let name = field
                    .content_disposition()
                    .and_then(|d| d.get_filename())
                    .map(plain_name)
                    .filter(|n| !n.is_empty());
                return match name {
                    Some(name) => pieces(app, actor, &name, field).await,
                    None => Ok(Arrived::Nothing),
                };
            }
            _ => return Err(PageError::Forged),
        }
    }
    if trusted { Ok(Arrived::Nothing) } else { Err(PageError::Forged) }
}

/// A small field as text.
async fn short(field: &mut Field) -> Option<String> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.next().await {
        bytes.extend_from_slice(&chunk.ok()?);
        if bytes.len() > 1024 {
            return None;
        }
    }
    String::from_utf8(bytes).ok()
}

/// The last part of a file's name, without signs that could mislead.
fn plain_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    last.chars().filter(|c| !c.is_control() && !('\u{202a}'..='\u{202e}').contains(c)).take(200).collect()
}

async fn pieces(app: &App, actor: &Actor, name: &str, mut field: Field) -> Result<Arrived, PageError> {
    let most = Limits::default().file_bytes;
    let begun = {
        let (actor, name) = (actor.clone(), name.to_owned());
        app.blocking(move |app| begin(&app.db, &actor, &name)).await?
    };
    let (mut waiting, mut seq, mut total) = (Vec::with_capacity(PIECE), 0, 0);
    let mut broken = None;
    while let Some(chunk) = field.next().await {
        let Ok(chunk) = chunk else {
            broken = Some("the upload was broken off".to_owned());
            break;
        };
        total += u64::try_from(chunk.len()).unwrap_or(0);
        if total > most {
            broken = Some(format!("the file is over the limit of {most} bytes"));
            break;
        }
        waiting.extend_from_slice(&chunk);
        while waiting.len() >= PIECE {
            let rest = waiting.split_off(PIECE);
            put(app, &begun, seq, std::mem::replace(&mut waiting, rest)).await?;
            seq += 1;
        }
    }
    if broken.is_none() {
        // An empty file is an upload too; the import says that it is empty.
        put(app, &begun, seq, waiting).await?;
    }
    let (actor, uid) = (actor.clone(), begun.uid.clone());
    app.blocking(move |app| arrived(&app.db, &actor, &begun, total, broken)).await?;
    Ok(Arrived::File(uid))
}

async fn put(app: &App, batch: &BatchRow, seq: i64, bytes: Vec<u8>) -> Result<(), PageError> {
    let (id, place) = (batch.id, belongs(&batch.uid, seq));
    app.blocking(move |app| {
        let sealed = app.db.sealer.seal(app.db.chance.as_ref(), PURPOSE, &place, &bytes);
        app.db.keep(|conn| store::put_upload(conn, id, seq, &sealed))
    })
    .await
}

fn begin(db: &Db, actor: &Actor, name: &str) -> Result<BatchRow, StoreError> {
    db.write(actor, |tx| {
        let mut row = BatchRow::new(tx.new_id().to_string(), tx.scope()?, tx.actor(), name, tx.now());
        row.state = "uploading".to_owned();
        row.id = store::insert_batch(tx.conn(), &row)?;
        tx.record(Event::new(AuditAction::Import).detail(format!("batch {} arrives", row.uid)));
        Ok(row)
    })
}

fn arrived(
    db: &Db,
    actor: &Actor,
    batch: &BatchRow,
    total: u64,
    broken: Option<String>,
) -> Result<(), StoreError> {
    db.write(actor, |tx| {
        let mut row = batch.clone();
        row.file_bytes = store::signed(total);
        row.state = if broken.is_some() { "refused" } else { "arrived" }.to_owned();
        if let Some(why) = &broken {
            row.message.clone_from(why);
            row.finished_at = Some(tx.now().naive_utc());
            store::forget_upload(tx.conn(), row.id)?;
        }
        if !store::update_batch(tx.conn(), &row, row.checkpoint)? {
            return Err(StoreError::Refused("this upload is being worked on by another run".to_owned()));
        }
        tx.record(Event::new(AuditAction::Import).detail(format!("batch {} {}", row.uid, row.state)));
        Ok(())
    })
}

/// An upload as a file.
struct Upload {
    db: Db,
    id: i64,
    uid: String,
    name: String,
}

impl Source for Upload {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send + '_>> {
        Ok(Box::new(Pieces { upload: self, seq: 0, piece: Vec::new(), at: 0 }))
    }
}

struct Pieces<'a> {
    upload: &'a Upload,
    seq: i64,
    piece: Vec<u8>,
    at: usize,
}

impl Pieces<'_> {
    /// The next piece, opened; `None` after the last.
    fn next(&self) -> io::Result<Option<Vec<u8>>> {
        let Upload { db, id, uid, .. } = self.upload;
        let sealed = db.read(|conn| store::upload_piece(conn, *id, self.seq)).map_err(io::Error::other)?;
        let open = |sealed: Vec<u8>| db.sealer.open(PURPOSE, &belongs(uid, self.seq), &sealed);
        sealed.map(open).transpose().map_err(io::Error::other)
    }
}

impl Read for Pieces<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.at == self.piece.len() {
            match self.next()? {
                None => return Ok(0),
                Some(piece) => (self.piece, self.at, self.seq) = (piece, 0, self.seq + 1),
            }
        }
        let from = self.piece.get(self.at..).unwrap_or_default();
        let n = from.len().min(out.len());
        if let (Some(to), Some(from)) = (out.get_mut(..n), from.get(..n)) {
            to.copy_from_slice(from);
        }
        self.at += n;
        Ok(n)
    }
}

/// Imports an upload in a thread of its own; its batch page shows how far it is.
pub(super) fn start(app: &App, actor: &Actor, uid: &str) -> Result<(), PageError> {
    let (db, actor, uid) = (app.db.clone(), actor.clone(), uid.to_owned());
    std::thread::Builder::new()
        .name("import".to_owned())
        .spawn(move || {
            if let Err(error) = run(&db, &actor, &uid) {
                // The batch stays where it is; it can be taken up again from its page.
                tracing::error!(batch = uid, error = %error, "an import stopped");
            }
        })
        .map(|_| ())
        .map_err(|e| PageError::Internal(e.into()))
}

/// Imports an upload that has arrived, from where it stands.
fn run(db: &Db, actor: &Actor, uid: &str) -> Result<(), ImportError> {
    let Some(scope) = actor.scope() else { return Ok(()) };
    let Some(batch) = db.read(|conn| store::batch_by_uid(conn, scope, uid))? else { return Ok(()) };
    if !["arrived", "running"].contains(&batch.state.as_str()) {
        return Ok(());
    }
    let source =
        Upload { db: db.clone(), id: batch.id, uid: batch.uid.clone(), name: batch.file_name.clone() };
    if import::is_dictionary(&source)? {
        return take_dictionary(db, actor, batch, &source);
    }
    let options = Options { batch: Some(uid.to_owned()), ..Options::default() };
    import::import_file(db, actor, &source, &options, &mut |_| {})?;
    Ok(())
}

/// An uploaded user dictionary.
fn take_dictionary(db: &Db, actor: &Actor, batch: BatchRow, source: &Upload) -> Result<(), ImportError> {
    let read = UserDictionary::read(source.open()?);
    if let Ok(dictionary) = &read {
        import::keep_dictionary(db, actor, dictionary)?;
    }
    db.write(actor, |tx| {
        let mut row = batch.clone();
        row.finished_at = Some(tx.now().naive_utc());
        (row.state, row.message) = match &read {
            Ok(dictionary) => ("dictionary".to_owned(), dictionary.uri.clone()),
            Err(fault) => ("refused".to_owned(), fault.to_string()),
        };
        if !store::update_batch(tx.conn(), &row, row.checkpoint)? {
            return Err(ImportError::Busy);
        }
        store::forget_upload(tx.conn(), row.id)?;
        tx.record(Event::new(AuditAction::Import).detail(format!("batch {} {}", row.uid, row.state)));
        Ok::<_, ImportError>(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_lose_their_folders_and_misleading_signs() {
        for (given, plain) in [
            ("a.xml", "a.xml"),
            ("..\\..\\x/y.xml.gz", "y.xml.gz"),
            ("a\u{202e}lmx.exe\n", "almx.exe"),
            ("/", ""),
        ] {
            assert_eq!(plain_name(given), plain);
        }
    }
}
