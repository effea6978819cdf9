//! The NAACCR data dictionary, versions 21 to 26, and what a record holds.
//!
//! Items are data: a new one is a row of `data/items.tsv`. A record keeps every item it
//! ever received, known to the dictionary or not, verbatim and in the order of arrival.
//!
//! Source: NAACCR Data Standards and Data Dictionary, versions 21 to 26 (XML ids, numbers,
//! parents, lengths, types).

pub mod code_list;
pub mod item;
pub mod items;
pub mod names;

pub use code_list::{Code, CodeKind, CodeLists};
pub use item::{DataType, Dictionary, ItemDef, ItemFlag, Level, Version};
pub use items::{Items, Record, TumorRecord};
