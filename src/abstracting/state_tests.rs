//! The states and events of an abstract: each pair, and long lives of events at random.

use AbstractState::*;
use proptest::prelude::*;

use super::*;

/// Every event with each of its guards met, and with each not met.
fn events() -> Vec<Event> {
    let mut all = vec![Event::Saved, Event::OutcomeUpdated];
    for errors in [0, 2] {
        all.push(Event::EditsRun { errors });
        all.push(Event::Completed { errors, chosen_for_review: false });
        all.push(Event::Completed { errors, chosen_for_review: true });
        all.push(Event::Submitted { errors });
    }
    for letters in [SHORTEST_REASON, SHORTEST_REASON - 1] {
        all.push(Event::ReviewReturned { comment: letters });
        all.push(Event::Reopened { reason: letters });
        all.push(Event::DeletionRequested { reason: letters });
    }
    for same in [false, true] {
        all.push(Event::ReviewAccepted { by_abstractor: same });
        all.push(Event::DeletionApproved { same_person: same });
        for previous in AbstractState::ALL {
            all.push(Event::DeletionRefused { same_person: same, previous });
        }
    }
    all.extend(AbstractState::ALL.map(|previous| Event::BroughtBack { previous }));
    all
}

/// The table, written a second time by state: what each state allows, and where it leads.
fn allowed(state: AbstractState) -> Vec<(Event, AbstractState)> {
    let asked = (Event::DeletionRequested { reason: 10 }, DeleteRequested);
    let working = |after_save, ready, with_errors, chosen| {
        vec![
            (Event::Saved, after_save),
            (Event::EditsRun { errors: 0 }, ready),
            (Event::EditsRun { errors: 2 }, with_errors),
            (Event::Completed { errors: 0, chosen_for_review: false }, Complete),
            (Event::Completed { errors: 0, chosen_for_review: true }, chosen),
            asked,
        ]
    };
    let still = |more: &[(Event, AbstractState)]| {
        let mut all = vec![
            (Event::OutcomeUpdated, state),
            (Event::EditsRun { errors: 0 }, state),
            (Event::EditsRun { errors: 2 }, state),
            asked,
        ];
        all.extend_from_slice(more);
        all
    };
    let with = |mut all: Vec<_>, outcome| {
        all.push((Event::OutcomeUpdated, outcome));
        all
    };
    let back = |event: fn(AbstractState) -> Event| {
        AbstractState::ALL
            .into_iter()
            .filter(|s| !matches!(s, DeleteRequested | Deleted))
            .map(move |s| (event(s), s))
    };
    match state {
        Draft => with(working(InProgress, Draft, Draft, QaReview), InProgress),
        InProgress => with(working(InProgress, Ready, EditErrors, QaReview), InProgress),
        EditErrors => with(working(InProgress, Ready, EditErrors, QaReview), EditErrors),
        Ready => with(working(InProgress, Ready, EditErrors, QaReview), Ready),
        Reopened => with(working(Reopened, Reopened, Reopened, Complete), Reopened),
        QaReview => still(&[
            (Event::ReviewAccepted { by_abstractor: false }, Complete),
            (Event::ReviewReturned { comment: 10 }, Reopened),
        ]),
        Complete => {
            still(&[(Event::Submitted { errors: 0 }, Submitted), (Event::Reopened { reason: 10 }, Reopened)])
        }
        Submitted => still(&[(Event::Reopened { reason: 10 }, Reopened)]),
        DeleteRequested => {
            let mut all = vec![(Event::DeletionApproved { same_person: false }, Deleted)];
            all.extend(back(|previous| Event::DeletionRefused { same_person: false, previous }));
            all
        }
        Deleted => back(|previous| Event::BroughtBack { previous }).collect(),
    }
}

#[test]
fn each_state_allows_what_the_table_says_and_nothing_else() {
    for state in AbstractState::ALL {
        let allowed = allowed(state);
        for event in events() {
            let told = state.after(event);
            match allowed.iter().find(|(e, _)| *e == event) {
                Some((_, then)) => assert_eq!(told, Ok(*then), "{state:?} {event:?}"),
                None => assert!(told.is_err(), "{state:?} {event:?}: {told:?}"),
            }
        }
        for (event, _) in &allowed {
            assert!(events().contains(event), "{event:?} is never tried");
        }
    }
}

#[test]
fn a_case_goes_from_draft_to_complete_and_back() {
    let mut state = Draft;
    for (event, then) in [
        (Event::Saved, InProgress),
        (Event::EditsRun { errors: 3 }, EditErrors),
        (Event::Saved, InProgress),
        (Event::EditsRun { errors: 0 }, Ready),
        (Event::Completed { errors: 0, chosen_for_review: true }, QaReview),
        (Event::ReviewReturned { comment: 30 }, Reopened),
        (Event::Saved, Reopened),
        (Event::Completed { errors: 0, chosen_for_review: true }, Complete),
        (Event::Submitted { errors: 0 }, Submitted),
        (Event::OutcomeUpdated, Submitted),
        (Event::DeletionRequested { reason: 30 }, DeleteRequested),
        (Event::DeletionRefused { same_person: false, previous: Submitted }, Submitted),
    ] {
        state = state.after(event).unwrap();
        assert_eq!(state, then);
    }
}

#[test]
fn what_is_not_possible_says_why() {
    let completed = Event::Completed { errors: 2, chosen_for_review: false };
    assert_eq!(Complete.after(Event::Saved), Err(NotPossible::Closed(Complete)));
    assert_eq!(InProgress.after(completed), Err(NotPossible::Errors(2)));
    assert_eq!(Draft.after(Event::Reopened { reason: 30 }), Err(NotPossible::NotClosed(Draft)));
    assert_eq!(Submitted.after(Event::Reopened { reason: 3 }), Err(NotPossible::ReasonTooShort(3)));
    assert_eq!(Deleted.after(Event::Saved), Err(NotPossible::Gone(Deleted)));
    assert_eq!(QaReview.after(Event::Saved), Err(NotPossible::InReview));
    let own = Event::DeletionApproved { same_person: true };
    assert_eq!(DeleteRequested.after(own), Err(NotPossible::SamePerson));
    assert!(Complete.after(Event::Saved).unwrap_err().to_string().contains("complete"));
    let asked = DeleteRequested.after(Event::Saved).unwrap_err().to_string();
    assert!(asked.contains("asked to delete"), "{asked}");
}

#[test]
fn states_keep_their_words() {
    for state in AbstractState::ALL {
        assert_eq!(AbstractState::parse(state.word()), Some(state));
        assert!(!(state.is_open() && state.is_closed()));
        assert!(!(state.is_leaving() && (state.is_open() || state.is_closed())));
    }
}

proptest! {
    /// Whatever is tried in whatever order: nobody deletes or accepts alone, nothing with errors is complete
    /// or goes out, what is refused changes nothing, and a refused deletion gives back the state before it.
    #[test]
    fn no_order_of_events_leads_where_a_case_may_not_be(
        tried in proptest::collection::vec(proptest::sample::select(events()), 0..60),
    ) {
        let mut state = Draft;
        let mut previous = Draft;
        let mut was_complete = false;
        for event in tried {
            // The store keeps the state before; only that one is handed back.
            let event = match event {
                Event::DeletionRefused { same_person, .. } => Event::DeletionRefused { same_person, previous },
                Event::BroughtBack { .. } => Event::BroughtBack { previous },
                other => other,
            };
            let Ok(then) = state.after(event) else { continue };
            match then {
                Complete if state != Complete => {
                    let first = matches!(event, Event::Completed { errors: 0, .. })
                        || event == Event::ReviewAccepted { by_abstractor: false };
                    prop_assert!(first || (state.is_leaving() && previous == Complete));
                    was_complete = true;
                }
                Submitted if state != Submitted => {
                    let sent = state == Complete && event == Event::Submitted { errors: 0 };
                    prop_assert!(sent || (state.is_leaving() && previous == Submitted));
                    prop_assert!(was_complete);
                }
                Deleted => {
                    prop_assert_eq!(state, DeleteRequested);
                    prop_assert_eq!(event, Event::DeletionApproved { same_person: false });
                }
                DeleteRequested => {
                    prop_assert!(!state.is_leaving());
                    previous = state;
                }
                Draft => prop_assert!(state == Draft || state.is_leaving()),
                _ => {}
            }
            if state.is_leaving() && !then.is_leaving() {
                prop_assert_eq!(then, previous);
            }
            state = then;
        }
    }
}
