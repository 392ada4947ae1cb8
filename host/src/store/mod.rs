//! The door to the database: one trait, so that books and documents are written once for every store.
//!
//! The statements that pass through it keep to what SQLite and PostgreSQL both understand: placeholders `?1`, `?2` …
//! (rewritten to `$1`, `$2` … for PostgreSQL), `INSERT … ON CONFLICT … DO UPDATE`, and an `ORDER BY` wherever order
//! matters. No statement makes or alters a table, and none is without a tenant, except those about tenants themselves.

mod planner;
mod sqlite;

pub use sqlite::{Durability, SqliteStore};

use crate::error::{Result, StoreError};

/// The file of a store in a data folder.
pub const STORE_FILE: &str = "bp.sqlite";

/// The version of the tables, one more with each change of them.
pub const SCHEMA_VERSION: i64 = 7;

/// A value on its way into a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Param<'a> {
    Null,
    Int(i64),
    Text(&'a str),
    Blob(&'a [u8]),
}

impl From<i64> for Param<'_> {
    fn from(value: i64) -> Self {
        Param::Int(value)
    }
}

impl From<bool> for Param<'_> {
    fn from(value: bool) -> Self {
        Param::Int(i64::from(value))
    }
}

impl<'a> From<&'a str> for Param<'a> {
    fn from(value: &'a str) -> Self {
        Param::Text(value)
    }
}

impl<'a> From<&'a String> for Param<'a> {
    fn from(value: &'a String) -> Self {
        Param::Text(value)
    }
}

impl<'a> From<&'a [u8]> for Param<'a> {
    fn from(value: &'a [u8]) -> Self {
        Param::Blob(value)
    }
}

impl<'a, T: Into<Param<'a>>> From<Option<T>> for Param<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Param::Null, Into::into)
    }
}

/// Makes the parameters of a statement.
macro_rules! params {
    ($($value:expr),* $(,)?) => { &[$($crate::store::Param::from($value)),*] };
}
pub(crate) use params;

/// A row of an answer. Columns count from 0; one that holds another type than asked for is [`StoreError::Corrupt`].
pub trait Row {
    fn int(&self, column: usize) -> Result<i64, StoreError>;
    fn maybe_int(&self, column: usize) -> Result<Option<i64>, StoreError>;
    fn text(&self, column: usize) -> Result<&str, StoreError>;
    fn maybe_text(&self, column: usize) -> Result<Option<&str>, StoreError>;
    fn blob(&self, column: usize) -> Result<&[u8], StoreError>;
}

/// What is done with each row of an answer.
pub type EachRow<'a> = &'a mut dyn FnMut(&dyn Row) -> Result<()>;

/// A transactional store. There is one writer; whoever holds a `Store` for writing is it.
pub trait Store {
    /// Begins a transaction that may write. `true` if somebody else has written since the last one ended: then
    /// nothing that was remembered of the store counts any more.
    fn begin(&mut self) -> Result<bool, StoreError>;

    /// What the transaction wrote is durable when this returns. If it fails, the transaction goes on and has to be
    /// rolled back.
    fn commit(&mut self) -> Result<(), StoreError>;

    /// Takes back the whole transaction. Without one it does nothing.
    fn rollback(&mut self) -> Result<(), StoreError>;

    /// Marks a point within the transaction. Points nest.
    fn savepoint(&mut self) -> Result<(), StoreError>;

    /// Forgets the last point; what was written since stands, if the transaction does.
    fn release(&mut self) -> Result<(), StoreError>;

    /// Takes back what was written since the last point, and forgets it.
    fn rollback_to_savepoint(&mut self) -> Result<(), StoreError>;

    /// Runs a statement that gives no rows; how many rows it touched.
    fn execute(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<usize, StoreError>;

    /// Runs the statement once for each `width` parameters: for many rows of one table.
    fn execute_many(&mut self, sql: &'static str, width: usize, params: &[Param<'_>]) -> Result<(), StoreError>;

    /// Runs a query.
    fn query(&mut self, sql: &'static str, params: &[Param<'_>], each: EachRow<'_>) -> Result<()>;

    /// How the database means to answer a query, for people.
    fn explain(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<Vec<String>, StoreError>;
}

/// The first row of an answer, if there is one.
pub(crate) fn first<T>(
    store: &mut dyn Store,
    sql: &'static str,
    params: &[Param<'_>],
    mut read: impl FnMut(&dyn Row) -> Result<T>,
) -> Result<Option<T>> {
    let mut found = None;
    store.query(sql, params, &mut |row| {
        if found.is_none() {
            found = Some(read(row)?);
        }
        Ok(())
    })?;
    Ok(found)
}

/// All rows of an answer.
pub(crate) fn all<T>(
    store: &mut dyn Store,
    sql: &'static str,
    params: &[Param<'_>],
    mut read: impl FnMut(&dyn Row) -> Result<T>,
) -> Result<Vec<T>> {
    let mut rows = Vec::new();
    store.query(sql, params, &mut |row| {
        rows.push(read(row)?);
        Ok(())
    })?;
    Ok(rows)
}
