//! What only a browser shows: a day's work by keyboard, with script and without, and how every page looks.

mod hands;
mod looks;
mod twelve;
mod window;
mod work;

pub(crate) use window::{Window, wanted};
