//! A statement put together from parts, for lists whose filters vary.

use chrono::NaiveDate;
use diesel::{
    QueryableByName, RunQueryDsl,
    sql_types::{BigInt, Date, Text},
};

use crate::db::{Conn, StoreError};

/// A value to be bound.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    /// A row key or a number.
    Key(i64),
    /// A day.
    Day(NaiveDate),
    /// A text.
    Word(String),
}

/// A statement that grows by comparisons; values are bound, never written into the text.
#[derive(Debug)]
pub(crate) struct Statement {
    text: String,
    values: Vec<Value>,
}

impl Statement {
    /// Begins with a text.
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), values: Vec::new() }
    }

    /// Appends a text without values.
    pub(crate) fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Appends a text whose `?` are the values, in order.
    pub(crate) fn with(&mut self, text: &str, values: impl IntoIterator<Item = Value>) {
        let mut values = values.into_iter();
        for (n, part) in text.split('?').enumerate() {
            if n > 0 {
                self.values.extend(values.next());
                self.text.push_str(&format!("${}", self.values.len()));
            }
            self.text.push_str(part);
        }
    }

    /// Runs it.
    pub(crate) fn load<T>(self, conn: &mut Conn) -> Result<Vec<T>, StoreError>
    where
        T: QueryableByName<<Conn as diesel::Connection>::Backend> + 'static,
    {
        let mut query = diesel::sql_query(self.text).into_boxed();
        for value in self.values {
            query = match value {
                Value::Key(key) => query.bind::<BigInt, _>(key),
                Value::Day(day) => query.bind::<Date, _>(day),
                Value::Word(word) => query.bind::<Text, _>(word),
            };
        }
        Ok(query.load(conn)?)
    }
}
