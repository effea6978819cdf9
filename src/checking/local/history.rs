//! What became of a local edit: its versions and what was done with them. Pure.

use super::{
    act::NotDone,
    store::{EventRow, VersionRow},
};
use crate::web::{Shape, Status, Tone};

/// Where a version stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Written, judges nothing.
    Draft,
    /// Judges all cases of its facility.
    Live,
    /// A later version went live.
    Replaced,
    /// Taken out of force.
    Retired,
}

impl State {
    /// As pages show it.
    pub(super) fn status(self) -> Status {
        let (shape, tone, word) = match self {
            Self::Draft => (Shape::Ring, Tone::Active, "Draft"),
            Self::Live => (Shape::Check, Tone::Good, "Live"),
            Self::Replaced => (Shape::Square, Tone::Quiet, "Replaced"),
            Self::Retired => (Shape::Dash, Tone::Quiet, "Retired"),
        };
        Status { shape, tone, word: word.into() }
    }
}

/// All of one edit.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    /// Oldest first, never none.
    pub(super) versions: Vec<VersionRow>,
    /// Oldest first.
    pub(super) events: Vec<EventRow>,
}

impl History {
    /// The version written last.
    pub(super) fn newest(&self) -> Option<&VersionRow> {
        self.versions.last()
    }

    /// A version by number.
    pub(super) fn version(&self, number: u32) -> Option<&VersionRow> {
        self.versions.iter().find(|v| v.rule.version == number)
    }

    /// The last time a version went live or the edit was retired.
    fn decided(&self) -> Option<&EventRow> {
        self.events.iter().rev().find(|e| e.what != "dry_run")
    }

    /// The version in force.
    pub(super) fn live(&self) -> Option<&VersionRow> {
        let last = self.decided().filter(|e| e.what == "live")?;
        self.versions.iter().find(|v| v.key == last.version_id)
    }

    /// Where a version stands.
    pub(super) fn state(&self, version: &VersionRow) -> State {
        if self.live().is_some_and(|live| live.key == version.key) {
            return State::Live;
        }
        match self.events.iter().rev().find(|e| e.version_id == version.key && e.what != "dry_run") {
            None => State::Draft,
            Some(event) if event.what == "retired" => State::Retired,
            Some(_) => State::Replaced,
        }
    }

    /// The newest dry run of a version.
    pub(super) fn dry_run(&self, version: &VersionRow) -> Option<&EventRow> {
        self.events.iter().rev().find(|e| e.version_id == version.key && e.what == "dry_run")
    }

    /// May a version go live? Only after a whole dry run of this very version, newer than when the version
    /// was last decided about.
    pub(super) fn may_go_live(&self, version: &VersionRow) -> Result<(), NotDone> {
        if self.state(version) == State::Live {
            return Err(NotDone::IsLive);
        }
        if self.newest().is_some_and(|newest| newest.key != version.key) {
            return Err(NotDone::Stale);
        }
        let since = self
            .events
            .iter()
            .rev()
            .find(|e| e.version_id == version.key && e.what != "dry_run")
            .map_or(0, |e| e.id);
        let run = self.dry_run(version).filter(|run| run.id > since).ok_or(NotDone::NoDryRun)?;
        if run.reached.is_some() {
            return Err(NotDone::NotToTheEnd);
        }
        if run.out_of_steps > 0 {
            return Err(NotDone::TooManySteps(run.out_of_steps));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checking::local::rule::Rule;

    fn version(number: u32) -> VersionRow {
        VersionRow {
            key: i64::from(number),
            rule: Rule { version: number, ..Rule::default() },
            reason: String::new(),
            at: chrono::NaiveDateTime::default(),
            by: String::new(),
        }
    }

    fn event(id: i64, version_id: i64, what: &str) -> EventRow {
        EventRow {
            id,
            version_id,
            what: what.to_owned(),
            reason: String::new(),
            tumors: 1,
            fails: 0,
            out_of_steps: 0,
            reached: None,
            cases: String::new(),
            at: chrono::NaiveDateTime::default(),
            actor_name: String::new(),
        }
    }

    fn history(versions: u32, events: &[(i64, &str)]) -> History {
        History {
            versions: (1..=versions).map(version).collect(),
            events: (1..).zip(events).map(|(id, (v, what))| event(id, *v, what)).collect(),
        }
    }

    #[test]
    fn a_version_stands_where_what_was_done_with_it_says() {
        use State::{Draft, Live, Replaced, Retired};
        for (versions, events, states) in [
            (1, &[][..], &[Draft][..]),
            (1, &[(1, "dry_run")], &[Draft]),
            (1, &[(1, "dry_run"), (1, "live")], &[Live]),
            (2, &[(1, "live")], &[Live, Draft]),
            (2, &[(1, "live"), (2, "dry_run"), (2, "live")], &[Replaced, Live]),
            (2, &[(1, "live"), (2, "live"), (2, "retired")], &[Replaced, Retired]),
            (2, &[(1, "live"), (1, "retired")], &[Retired, Draft]),
            (1, &[(1, "live"), (1, "retired"), (1, "dry_run"), (1, "live")], &[Live]),
        ] {
            let history = history(versions, events);
            let found: Vec<State> = history.versions.iter().map(|v| history.state(v)).collect();
            assert_eq!(found, states, "{events:?}");
        }
    }

    #[test]
    fn only_a_whole_dry_run_of_this_very_version_lets_it_go_live() {
        let may = |history: &History, number: u32| history.may_go_live(history.version(number).unwrap());
        assert_eq!(may(&history(1, &[]), 1), Err(NotDone::NoDryRun));
        assert_eq!(may(&history(1, &[(1, "dry_run")]), 1), Ok(()));
        assert_eq!(may(&history(2, &[(1, "dry_run")]), 2), Err(NotDone::NoDryRun));
        assert_eq!(may(&history(2, &[(1, "dry_run")]), 1), Err(NotDone::Stale));
        assert_eq!(may(&history(1, &[(1, "dry_run"), (1, "live")]), 1), Err(NotDone::IsLive));
        let back = [(1, "dry_run"), (1, "live"), (1, "retired")];
        assert_eq!(may(&history(1, &back), 1), Err(NotDone::NoDryRun), "a new one is needed to come back");
        let mut stopped = history(1, &[(1, "dry_run")]);
        stopped.events[0].reached = Some(9);
        assert_eq!(may(&stopped, 1), Err(NotDone::NotToTheEnd));
        stopped.events[0].reached = None;
        stopped.events[0].out_of_steps = 3;
        assert_eq!(may(&stopped, 1), Err(NotDone::TooManySteps(3)));
    }
}
