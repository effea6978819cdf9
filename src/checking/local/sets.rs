//! The edits in force at a facility: the shipped ones and its own that are live.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use super::{
    rule::{self, Rule},
    store,
};
use crate::{
    access::Scope,
    db::{Conn, StoreError},
    edits::{self, EditSet},
};

/// Sets kept at most; beyond it all are forgotten.
const MOST: usize = 64;

/// The shipped edits, shared.
static SHIPPED: LazyLock<Arc<EditSet>> = LazyLock::new(|| Arc::new(edits::shipped().clone()));

/// Sets by the digests of the local edits in them. What a digest stands for never changes, so that nothing
/// has to be thrown away when an edit goes live, here or in another instance of the program.
static KEPT: LazyLock<Mutex<HashMap<String, Arc<EditSet>>>> = LazyLock::new(Mutex::default);

/// The edits in force at a facility. A local edit that this program cannot read is left out, and
/// [`unreadable`] says so; the set's id names exactly what is in it.
///
/// # Errors
/// When the store fails.
pub fn set_of(conn: &mut Conn, scope: Scope) -> Result<Arc<EditSet>, StoreError> {
    let live = store::live(conn, scope)?;
    if live.is_empty() {
        return Ok(SHIPPED.clone());
    }
    let key = live.iter().map(|l| l.digest.as_str()).collect::<Vec<_>>().join(" ");
    if let Some(set) = KEPT.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
        return Ok(set.clone());
    }
    let keys: Vec<i64> = live.iter().map(|l| l.version).collect();
    let rules: Vec<Rule> = store::versions_by_key(conn, scope, &keys)?.into_iter().map(|v| v.rule).collect();
    let set = Arc::new(beside_shipped(&rules));
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if kept.len() >= MOST {
        kept.clear();
    }
    kept.insert(key, set.clone());
    Ok(set)
}

/// The shipped edits with some local ones; those that cannot be read are left out.
pub fn beside_shipped(rules: &[Rule]) -> EditSet {
    let shipped = edits::shipped();
    if rules.is_empty() {
        return shipped.clone();
    }
    if let Ok(set) = shipped.with(&rule::table(rules)) {
        return set;
    }
    let good: Vec<Rule> = rules
        .iter()
        .filter(|r| shipped.with(&rule::table(std::slice::from_ref(*r))).is_ok())
        .cloned()
        .collect();
    if good.is_empty() {
        shipped.clone()
    } else {
        shipped.with(&rule::table(&good)).unwrap_or_else(|_| shipped.clone())
    }
}

/// Why this program cannot read a local edit; `None` when it can.
pub fn unreadable(rule: &Rule) -> Option<String> {
    edits::shipped().with(&rule::table(std::slice::from_ref(rule))).err().map(|why| why.to_string())
}

/// Live local edits of a facility, in the order of their ids.
///
/// # Errors
/// When the store fails.
pub fn live_rules(conn: &mut Conn, scope: Scope) -> Result<Vec<Rule>, StoreError> {
    let keys: Vec<i64> = store::live(conn, scope)?.iter().map(|l| l.version).collect();
    Ok(store::versions_by_key(conn, scope, &keys)?.into_iter().map(|v| v.rule).collect())
}
