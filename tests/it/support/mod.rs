//! What all integration tests share: registries of their own on either database.

pub(crate) mod registry;
pub(crate) mod smtp;

pub(crate) use registry::{Backend, TestRegistry, backends};
