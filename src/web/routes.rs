//! The route inventory: every address the program answers, as data.
//!
//! A feature returns its routes from one function; the shell mounts only what the
//! inventory holds, each behind [`super::guard`], which looks up the declared action.

use actix_web::http::Method;

use crate::{access::Action, audit::AuditAction};

/// One address and method.
#[derive(Clone)]
pub struct Route {
    /// GET or POST.
    pub method: Method,
    /// Pattern, for instance `/patients/{id}`.
    pub path: &'static str,
    /// Right needed.
    pub action: Action,
    /// Event that each successful answer leaves; `None` where no patient is touched and nothing changes.
    pub audit: Option<AuditAction>,
    /// Asked by the page itself (polling, autosave), so it does not keep a session alive.
    pub by_itself: bool,
    /// Largest body in bytes.
    pub most_bytes: usize,
    /// Makes the handler.
    pub handler: fn() -> actix_web::Route,
}

impl std::fmt::Debug for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} ({:?})", self.method, self.path, self.action)
    }
}

/// Body limit of ordinary forms: 2 MiB.
pub const FORM_BYTES: usize = 2 * 1024 * 1024;

impl Route {
    /// Reads something.
    pub fn get(path: &'static str, action: Action, handler: fn() -> actix_web::Route) -> Self {
        Self {
            method: Method::GET,
            path,
            action,
            audit: None,
            by_itself: false,
            most_bytes: FORM_BYTES,
            handler,
        }
    }

    /// Changes something.
    pub fn post(path: &'static str, action: Action, handler: fn() -> actix_web::Route) -> Self {
        Self { method: Method::POST, ..Self::get(path, action, handler) }
    }

    /// Leaves this event.
    #[must_use]
    pub fn audited(mut self, audit: AuditAction) -> Self {
        self.audit = Some(audit);
        self
    }

    /// Asked by the page itself; does not count as the person being there.
    #[must_use]
    pub fn by_itself(mut self) -> Self {
        self.by_itself = true;
        self
    }

    /// Takes larger bodies (uploads, streamed).
    #[must_use]
    pub fn taking(mut self, most_bytes: usize) -> Self {
        self.most_bytes = most_bytes;
        self
    }
}
