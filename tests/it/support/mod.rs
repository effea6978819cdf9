//! What all integration tests share: registries of their own on either database, the running
//! application, a browser, a mail server.

pub(crate) mod a_case;
pub(crate) mod app;
pub(crate) mod http;
pub(crate) mod program;
pub(crate) mod registry;
pub(crate) mod smtp;

pub(crate) use app::TestApp;
pub(crate) use program::Program;
pub(crate) use registry::{Backend, TestRegistry, backends};
