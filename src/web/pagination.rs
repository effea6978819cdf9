//! Where a list goes on. Paging keeps its place by key, never by offset, so that rows neither
//! repeat nor vanish while others work.

/// Links under a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pagination {
    /// How many rows there are in all, as a sentence: `1,284 cases`.
    pub total: String,
    /// Address of the first page, when this is not the first.
    pub first: Option<String>,
    /// Address of the next page, when there is one.
    pub next: Option<String>,
}
