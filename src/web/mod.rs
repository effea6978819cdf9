//! What all pages share: layout, fields, notices, statuses, assets. Knows no feature.
//!
//! A page is a struct with `layout: Layout` and a template that begins `{% extends "base.html" %}`
//! and fills the block `main`. Components are macros of `templates/components`, for instance
//! `{% import "components/field.html" as ui %}` and `{% call ui::field(f) %}{% endcall %}` with `f` a
//! [`Field`] (import [`Control`] and [`FieldState`] beside the struct: the macro matches them).
//! Behaviour is a file of `static/js`, called by `data-module="its-name"`; an element with
//! `data-key="ctrl+s"` is pressed by that key and shows up in the key map.

pub mod assets;
pub mod field;
pub mod form_errors;
pub mod layout;
pub mod notice;
pub mod pagination;
pub mod status;

pub use field::{Answer, Control, Field, FieldState};
pub use form_errors::{FieldError, FormErrors};
pub use layout::{Layout, Place, Theme, Width};
pub use notice::Notice;
pub use pagination::Pagination;
pub use status::{Shape, Status, Tone};
#[cfg(test)]
mod components_tests;
