//! The reminders as a whole: one run for cron and `--at`, and the loop of a running server.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, NaiveDateTime, Utc};

use super::{
    mail::Letterhead,
    mailer::{FolderMailer, Mailer},
    queries,
    scheduler::{self, Made, ReminderError},
    smtp::{BadServer, Security, SmtpMailer, SmtpServer, read_authority},
    store::{self, Workplace},
    worker::{Tally, Which, Worker},
};
use crate::{
    clock::{Clock, SetClock},
    config::{Config, MailConfig},
    db::{Db, StoreError},
};

/// How mails leave by the settings.
pub fn mailer(settings: &MailConfig) -> Result<Arc<dyn Mailer>, BadServer> {
    let Some(smtp) = &settings.smtp else {
        return Ok(Arc::new(FolderMailer::new(&settings.folder)));
    };
    let security = if smtp.implicit_tls { Security::Tls } else { Security::StartTls };
    let login = (!smtp.user.is_empty()).then(|| (smtp.user.clone(), smtp.password.reveal().to_owned()));
    Ok(Arc::new(SmtpMailer::new(SmtpServer {
        host: smtp.host.clone(),
        port: smtp.port,
        security,
        login,
        authority: smtp.ca.as_deref().map(read_authority).transpose()?,
        limits: super::smtp::Limits::default(),
    })?))
}

/// Where mails go by the settings, in words without secrets.
pub fn describe(config: &Config) -> String {
    let settings = &config.mail;
    match &settings.smtp {
        None => match settings.folder.strip_prefix(&config.data) {
            Ok(inside) => format!("the folder {} of the data directory", inside.display()),
            Err(_) => format!("the folder {}", settings.folder.display()),
        },
        Some(smtp) => {
            let security = if smtp.implicit_tls { "TLS" } else { "STARTTLS" };
            format!("the mail server {}, port {}, {security}", smtp.host, smtp.port)
        }
    }
}

/// What a run did.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Mails made.
    pub created: Vec<Made>,
    /// Mails sent and not.
    pub tally: Tally,
}

/// When a run looks from.
#[derive(Clone, Copy, Debug)]
pub enum When {
    /// Now.
    Now,
    /// A local time of each facility.
    At(NaiveDateTime),
}

/// What a run needs of the program.
#[derive(Clone)]
pub struct Reminders {
    /// The store.
    pub db: Db,
    /// How mails leave.
    pub mailer: Arc<dyn Mailer>,
    /// `mail.from`.
    pub from: String,
    /// Address people use, without a slash at the end.
    pub base_url: String,
}

impl Reminders {
    /// By the settings in force.
    pub fn new(db: Db, config: &Config) -> Result<Self, BadServer> {
        Ok(Self {
            db,
            mailer: mailer(&config.mail)?,
            from: config.mail.from.clone(),
            base_url: config.base_url(),
        })
    }

    /// The facilities, or the one with this row key.
    pub fn workplaces(&self, only: Option<i64>) -> Result<Vec<Workplace>, StoreError> {
        let all = self.db.read(store::workplaces)?;
        Ok(all.into_iter().filter(|place| only.is_none_or(|key| key == place.key)).collect())
    }

    fn clock(&self, place: &Workplace, when: When) -> Arc<dyn Clock> {
        match when {
            When::Now => self.db.clock.clone(),
            When::At(local) => Arc::new(SetClock::at(place.calendar.instant(local.date(), local.time()))),
        }
    }

    /// Makes what is to be made and tries everything that waits. For cron and people: whoever runs it
    /// sets the pace of retries.
    pub fn run(&self, when: When, only: Option<i64>) -> Result<Report, ReminderError> {
        let mut report = Report::default();
        for place in self.workplaces(only)? {
            let clock = self.clock(&place, when);
            let letterhead = Letterhead::new(&self.from, &place.reply_to)?;
            report.created.extend(scheduler::make(&self.db, &place, &letterhead, clock.now())?);
            queries::make(&self.db, &place, clock.now())?;
            report.tally += self.worker(clock.as_ref()).pass(&place, Which::All)?;
        }
        Ok(report)
    }

    /// What [`Reminders::run`] would make; nothing is written or sent.
    pub fn preview(&self, when: When, only: Option<i64>) -> Result<Vec<Made>, StoreError> {
        let mut made = Vec::new();
        for place in self.workplaces(only)? {
            let now = self.clock(&place, when).now();
            made.extend(scheduler::preview(&self.db, &place, now)?);
        }
        Ok(made)
    }

    /// Makes what is to be made now, for all facilities.
    pub fn schedule(&self) -> Result<Vec<Made>, ReminderError> {
        let mut made = Vec::new();
        for place in self.workplaces(None)? {
            let letterhead = Letterhead::new(&self.from, &place.reply_to)?;
            made.extend(scheduler::make(&self.db, &place, &letterhead, self.db.clock.now())?);
            queries::make(&self.db, &place, self.db.clock.now())?;
        }
        Ok(made)
    }

    /// Sends what is due now, for all facilities.
    pub fn send_due(&self) -> Result<Tally, ReminderError> {
        let mut tally = Tally::default();
        for place in self.workplaces(None)? {
            tally += self.worker(self.db.clock.as_ref()).pass(&place, Which::Due)?;
        }
        Ok(tally)
    }

    fn worker<'a>(&'a self, clock: &'a dyn Clock) -> Worker<'a> {
        Worker {
            db: &self.db,
            mailer: self.mailer.as_ref(),
            clock,
            from: &self.from,
            base_url: &self.base_url,
        }
    }

    /// The loop of a running server: sends every minute, makes every ten. Ends when the server does. A run
    /// that fails is logged and tried again with the next one.
    pub async fn serve(self) {
        const MINUTE: Duration = Duration::from_secs(60);
        let mut ticks = tokio::time::interval(MINUTE);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        for minute in 0u64.. {
            ticks.tick().await;
            let this = self.clone();
            let ran = tokio::task::spawn_blocking(move || this.minute(minute.is_multiple_of(10))).await;
            if let Err(e) = ran {
                tracing::error!(error = %e, "the reminder job broke off");
            }
        }
    }

    fn minute(&self, make: bool) {
        if make {
            match self.schedule() {
                Ok(made) if made.is_empty() => {}
                Ok(made) => tracing::info!(mails = made.len(), "mails were made"),
                Err(e) => tracing::error!(error = %e, "mails could not be made"),
            }
        }
        match self.send_due() {
            Ok(tally) if tally == Tally::default() => {}
            Ok(t) => tracing::info!(
                sent = t.sent,
                cancelled = t.cancelled,
                failed = t.failed,
                waiting = t.waiting,
                "mails were sent"
            ),
            Err(e) => tracing::error!(error = %e, "mails could not be sent"),
        }
    }
}

/// Reads `--at`: local time of the facility.
pub fn parse_at(text: &str) -> Result<NaiveDateTime, String> {
    ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
        .ok_or_else(|| format!("“{text}” is no local time. Write it like 2026-11-30T08:00."))
}

/// The instant as the outbox shows it, in the zone of a facility.
pub fn local(place: &Workplace, at: DateTime<Utc>) -> String {
    at.with_timezone(&place.calendar.zone).format("%Y-%m-%d %H:%M").to_string()
}
