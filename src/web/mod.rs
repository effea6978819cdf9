//! What all pages share: the application handed to handlers, the guard before them, layout,
//! fields, forms, notices, statuses, error pages, assets. Knows no feature.
//!
//! A page is a struct with `layout: Layout` and a template that begins `{% extends "base.html" %}`
//! and fills the block `main`. Components are macros of `templates/components`, for instance
//! `{% import "components/field.html" as ui %}` and `{% call ui::field(f) %}{% endcall %}` with `f` a
//! [`Field`] (import [`Control`] and [`FieldState`] beside the struct: the macro matches them).
//! Behaviour is a file of `static/js`, called by `data-module="its-name"`; an element with
//! `data-key="ctrl+s"` is pressed by that key and shows up in the key map.

pub mod assets;
#[cfg(test)]
mod components_tests;
pub mod field;
pub mod form;
pub mod form_errors;
pub mod guard;
pub mod layout;
pub mod notice;
mod page_error;
pub mod pagination;
pub mod routes;
pub mod status;
mod words;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use actix_web::{HttpResponse, http::header, web};
use askama::Template;

pub use field::{Answer, Control, Field, FieldState};
pub use form::{Form, Pairs};
pub use form_errors::{FieldError, FormErrors};
pub use guard::Acting;
pub use layout::{Layout, Place, Theme, Width};
pub use notice::Notice;
pub use page_error::{PageError, PageResult};
pub use pagination::{Pagination, opened_place, sealed_place};
pub use routes::Route;
pub use status::{Shape, Status, Tone};
pub use words::{days_left, grouped};

use crate::{access::password::Cost, config::Config, db::Db};

/// What handlers are given. Cheap to clone; no globals.
#[derive(Clone, Debug)]
pub struct App {
    /// The database, with clock and chance.
    pub db: Db,
    /// Settings in force.
    pub config: Arc<Config>,
    /// Cost of password hashes.
    pub cost: Cost,
    /// The practice registry: its logins stand on the sign-in page.
    pub practice: Option<Arc<Practice>>,
}

/// A registry made by `demo`.
#[derive(Clone, Debug, Default)]
pub struct Practice {
    /// (role in words, login, password), shown on the sign-in page.
    pub logins: Vec<(String, String, String)>,
}

impl App {
    /// Runs blocking work (anything with the database) off the threads that answer requests.
    pub async fn blocking<T, E>(
        &self,
        f: impl FnOnce(&App) -> Result<T, E> + Send + 'static,
    ) -> Result<T, PageError>
    where
        T: Send + 'static,
        E: Into<PageError> + Send + 'static,
    {
        let app = self.clone();
        match web::block(move || f(&app)).await {
            Ok(done) => done.map_err(Into::into),
            Err(_) => Err(PageError::Unavailable),
        }
    }
}

/// A short reference of a request, shown on error pages and kept in log and audit.
pub fn reference() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let n = NEXT.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 24;
    format!("{:04X}-{:04X}", (n >> 16) & 0xFFFF, n & 0xFFFF)
}

/// A page.
pub fn page(template: &impl Template) -> PageResult {
    Ok(HttpResponse::Ok().content_type("text/html; charset=utf-8").body(template.render()?))
}

/// The same page with complaints: 422.
pub fn page_with_errors(template: &impl Template) -> PageResult {
    Ok(HttpResponse::UnprocessableEntity().content_type("text/html; charset=utf-8").body(template.render()?))
}

/// What a form came to, made off the async threads and sent by [`FormAnswer::send`].
#[derive(Debug)]
pub enum FormAnswer<P> {
    /// It was taken; on to this address.
    GoTo(String),
    /// It was not: the page again, with complaints.
    Again(P),
}

impl<P: Template> FormAnswer<P> {
    /// 303 to the address, or 422 with the page.
    pub fn send(self) -> PageResult {
        match self {
            Self::GoTo(address) => see_other(address),
            Self::Again(shown) => page_with_errors(&shown),
        }
    }
}

/// Goes on to another page after a change.
pub fn see_other(to: impl Into<String>) -> PageResult {
    Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, to.into())).finish())
}
