//! What several subjects of tests share.

pub(crate) mod smtp;
