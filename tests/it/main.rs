//! Integration tests: one crate, the real application, both databases.
//!
//! PostgreSQL tests run where `TEST_POSTGRES` holds the address of a server in which databases
//! may be made; `tests/run` starts one. Without it they are left out and named.

mod coding;
mod schema;
mod support;
mod tidy;
