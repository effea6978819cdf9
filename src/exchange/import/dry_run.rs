//! An import that writes nothing: every decision is taken, on what is stored now.

use std::{collections::BTreeMap, io::Read};

use super::{
    ImportError, Progress, Report, Run,
    context::{Context, Part},
    group::decide_group,
    open,
};
use crate::{
    audit::{AuditAction, Event},
    exchange::{
        edit_notes::Judging,
        groups::{Groups, Repeated},
        ledger::{Flags, Ledger},
        naaccr_xml::{Reader, reader::OpenError},
        plan::Known,
    },
};

/// What the groups so far came to.
struct Decided {
    /// Patients who stand otherwise after the groups so far and may come again, by facility.
    overlays: BTreeMap<i64, Vec<Known>>,
    /// Only patients who come more than once in the file must be remembered.
    repeated: Repeated,
    ledger: Ledger,
}

/// Decides for a whole file; leaves the audit event and nothing else.
pub(super) fn run<R: Read>(
    run: Run<'_>,
    context: &Context,
    reader: Reader<R>,
    report: &mut Report,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), ImportError> {
    let repeated = match open(run.source, run.options) {
        Ok(reader) => Repeated::of(reader)?,
        Err(OpenError::Io(e)) => return Err(e.into()),
        Err(OpenError::Refused(_)) => Repeated::default(),
    };
    let mut decided = Decided { overlays: BTreeMap::new(), repeated, ledger: Ledger::default() };
    let mut flags = Flags::default();
    let mut judging = Judging::new(run.db, context.facilities())?;
    let mut groups = Groups::after(reader, 0, &mut |_| {})?;
    loop {
        let group = groups.read()?;
        let last = group.last;
        report.note(&group, &mut flags);
        context.judge(&group.outcomes, &mut judging);
        for part in context.split(group) {
            decide(run, context, &part, &mut decided, report)?;
        }
        progress(Progress::of(&decided.ledger));
        if last {
            break;
        }
    }
    report.set_ledger(decided.ledger);
    report.set_flags(&flags);
    report.edits = judging.end();
    Ok(())
}

fn decide(
    run: Run<'_>,
    context: &Context,
    part: &Part,
    decided: &mut Decided,
    report: &mut Report,
) -> Result<(), ImportError> {
    let overlay = decided.overlays.remove(&part.facility).unwrap_or_default();
    let decisions = run.db.view(&context.actor(part.facility), |tx| {
        tx.record(Event::new(AuditAction::Import).detail("dry run"));
        decide_group(tx, context, &part.group, "", overlay)
    })?;
    decided.ledger.add(&decisions.ledger);
    for (_, _, review) in &decisions.reviews {
        *report.reviews.entry(review.code().to_owned()).or_default() += 1;
    }
    let people = decisions.pool.into_people().into_iter();
    let repeated = &decided.repeated;
    let kept = people.filter(|k| k.is_changed() && repeated.may_come_again(&k.keys())).collect();
    decided.overlays.insert(part.facility, kept);
    Ok(())
}
