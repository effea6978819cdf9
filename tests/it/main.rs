//! Integration tests.
mod coding;
