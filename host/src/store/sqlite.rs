//! SQLite as a store: a file, or a database in memory.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, ToSql};

use super::{EachRow, Param, Row, SCHEMA_VERSION, Store, planner};
use crate::error::{Result, StoreError};

/// How long a statement waits for another program that holds the file.
const BUSY_WAIT: Duration = Duration::from_secs(5);
/// Statements that are kept prepared; there are fewer in the source.
const STATEMENTS_KEPT: usize = 256;
/// What SQLite keeps of the file in memory, in KiB.
const PAGE_CACHE_KIB: i64 = 64 * 1024;
/// The log is written back to the file when it has this many pages of 4 KiB: 64 MiB.
const LOG_PAGES: i64 = 16 * 1024;

/// What a commit waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// The disk: what was answered survives a loss of power.
    Disk,
    /// Nothing: for measurements and tests only.
    Nothing,
}

/// A SQLite database as a [`Store`].
pub struct SqliteStore {
    connection: Connection,
    /// What SQLite counts up when another connection writes.
    seen: i64,
}

impl SqliteStore {
    /// Opens a file for writing, making it if there is none.
    ///
    /// Errors if it cannot be opened or written to, is not a store, is damaged, or has a newer schema.
    pub fn open(path: &Path) -> Result<SqliteStore, StoreError> {
        SqliteStore::open_with(path, Durability::Disk)
    }

    /// As [`SqliteStore::open`], and says what a commit waits for.
    pub fn open_with(path: &Path, durability: Durability) -> Result<SqliteStore, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let shown = path.display().to_string();
        let connection = Connection::open_with_flags(path, flags)
            .map_err(|e| StoreError::CannotOpen { path: shown.clone(), why: plain(&e) })?;
        let mut store = SqliteStore { connection, seen: 0 };
        store.set_up(durability, &shown)?;
        Ok(store)
    }

    /// Opens a file that exists, for reading only. Writing to it gives [`StoreError::ReadOnly`].
    pub fn open_to_read(path: &Path) -> Result<SqliteStore, StoreError> {
        let shown = path.display().to_string();
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)
            .map_err(|e| StoreError::CannotOpen { path: shown.clone(), why: plain(&e) })?;
        let store = SqliteStore { connection, seen: 0 };
        store.tune()?;
        match store.schema_version()? {
            Some(SCHEMA_VERSION) => Ok(store),
            Some(found) => Err(StoreError::NewerSchema { found, known: SCHEMA_VERSION }),
            None => Err(StoreError::NotAStore { path: shown }),
        }
    }

    /// A store that is gone with its last user.
    pub fn in_memory() -> Result<SqliteStore, StoreError> {
        let connection = Connection::open_in_memory().map_err(fault)?;
        let mut store = SqliteStore { connection, seen: 0 };
        store.set_up(Durability::Nothing, ":memory:")?;
        Ok(store)
    }

    /// Lets the database grow by no more than some pages of 4 KiB: behind them the disk counts as full.
    pub fn set_page_limit_beyond(&self, pages: i64) -> Result<(), StoreError> {
        let count: i64 = self.connection.query_row("PRAGMA page_count", [], |row| row.get(0)).map_err(fault)?;
        self.connection.pragma_update(None, "max_page_count", count + pages).map_err(fault)
    }

    fn set_up(&mut self, durability: Durability, path: &str) -> Result<(), StoreError> {
        self.tune()?;
        // In memory there is no log, and SQLite answers `memory`.
        let mode: String =
            self.connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)).map_err(fault)?;
        if mode != "wal" && mode != "memory" {
            return Err(StoreError::Other { why: format!("no write-ahead log here, only {mode}") });
        }
        let synchronous = if durability == Durability::Disk { "FULL" } else { "OFF" };
        self.connection.pragma_update(None, "synchronous", synchronous).map_err(fault)?;
        self.connection.pragma_update(None, "wal_autocheckpoint", LOG_PAGES).map_err(fault)?;
        match self.schema_version()? {
            Some(SCHEMA_VERSION) => Ok(()),
            Some(found) => Err(StoreError::NewerSchema { found, known: SCHEMA_VERSION }),
            None => self.make_tables(path),
        }
    }

    fn tune(&self) -> Result<(), StoreError> {
        self.connection.busy_timeout(BUSY_WAIT).map_err(fault)?;
        self.connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
        // A plan goes by the statement, not by the values bound to it: else many are made anew with each value.
        self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(fault)?;
        self.connection.pragma_update(None, "cache_size", -PAGE_CACHE_KIB).map_err(fault)
    }

    /// `None` if the database is not a store.
    fn schema_version(&self) -> Result<Option<i64>, StoreError> {
        let known = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'store'";
        let known: i64 = self.connection.query_row(known, [], |row| row.get(0)).map_err(fault)?;
        if known == 0 {
            return Ok(None);
        }
        let version = "SELECT coalesce(max(schema_version), 0) FROM store";
        self.connection.query_row(version, [], |row| row.get(0)).map(Some).map_err(fault)
    }

    fn make_tables(&mut self, path: &str) -> Result<(), StoreError> {
        // Two programs may come here at the same time: whoever is second finds the tables of the first.
        let transaction =
            self.connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).map_err(fault)?;
        let count = |sql: &str| transaction.query_row(sql, [], |row| row.get::<_, i64>(0)).map_err(fault);
        if count("SELECT count(*) FROM sqlite_schema WHERE name = 'store'")? == 1 {
            return Ok(());
        }
        if count("SELECT count(*) FROM sqlite_schema")? != 0 {
            return Err(StoreError::NotAStore { path: path.to_owned() });
        }
        transaction.execute_batch(include_str!("schema.sql")).map_err(fault)?;
        planner::tell(&transaction).map_err(fault)?;
        transaction.execute("INSERT INTO store (schema_version) VALUES (?1)", [SCHEMA_VERSION]).map_err(fault)?;
        transaction.commit().map_err(fault)
    }

    fn run(&mut self, sql: &'static str) -> Result<(), StoreError> {
        self.connection.prepare_cached(sql).and_then(|mut s| s.execute([])).map(|_| ()).map_err(fault)
    }
}

impl Store for SqliteStore {
    fn begin(&mut self) -> Result<bool, StoreError> {
        self.run("BEGIN IMMEDIATE")?;
        let version =
            self.connection.prepare_cached("PRAGMA data_version").and_then(|mut s| s.query_row([], |r| r.get(0)));
        match version.map_err(fault) {
            Ok(version) => Ok(std::mem::replace(&mut self.seen, version) != version),
            Err(error) => {
                self.rollback()?;
                Err(error)
            }
        }
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        self.run("COMMIT")
    }

    fn rollback(&mut self) -> Result<(), StoreError> {
        // A full disk makes SQLite roll back by itself; then there is nothing left to do.
        if self.connection.is_autocommit() { Ok(()) } else { self.run("ROLLBACK") }
    }

    fn savepoint(&mut self) -> Result<(), StoreError> {
        self.run("SAVEPOINT step")
    }

    fn release(&mut self) -> Result<(), StoreError> {
        self.run("RELEASE step")
    }

    fn rollback_to_savepoint(&mut self) -> Result<(), StoreError> {
        self.run("ROLLBACK TO step")?;
        self.run("RELEASE step")
    }

    fn execute(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<usize, StoreError> {
        let mut statement = self.connection.prepare_cached(sql).map_err(fault)?;
        statement.execute(rusqlite::params_from_iter(params)).map_err(fault)
    }

    fn execute_many(&mut self, sql: &'static str, width: usize, params: &[Param<'_>]) -> Result<(), StoreError> {
        let mut statement = self.connection.prepare_cached(sql).map_err(fault)?;
        for row in params.chunks_exact(width.max(1)) {
            statement.execute(rusqlite::params_from_iter(row)).map_err(fault)?;
        }
        Ok(())
    }

    fn query(&mut self, sql: &'static str, params: &[Param<'_>], each: EachRow<'_>) -> Result<()> {
        let mut statement = self.connection.prepare_cached(sql).map_err(fault)?;
        let mut rows = statement.query(rusqlite::params_from_iter(params)).map_err(fault)?;
        while let Some(row) = rows.next().map_err(fault)? {
            each(&SqliteRow(row))?;
        }
        Ok(())
    }

    fn explain(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<Vec<String>, StoreError> {
        let mut statement = self.connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).map_err(fault)?;
        let lines = statement.query_map(rusqlite::params_from_iter(params), |row| row.get(3)).map_err(fault)?;
        lines.collect::<rusqlite::Result<_>>().map_err(fault)
    }
}

impl ToSql for Param<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Param::Null => ToSqlOutput::Owned(Value::Null),
            Param::Int(value) => ToSqlOutput::Owned(Value::Integer(*value)),
            Param::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Param::Blob(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
        })
    }
}

struct SqliteRow<'a>(&'a rusqlite::Row<'a>);

impl SqliteRow<'_> {
    fn get(&self, column: usize) -> Result<ValueRef<'_>, StoreError> {
        self.0.get_ref(column).map_err(fault)
    }
}

fn other_type(column: usize, wanted: &str) -> StoreError {
    StoreError::Corrupt { why: format!("column {column} of an answer is not {wanted}") }
}

impl Row for SqliteRow<'_> {
    fn int(&self, column: usize) -> Result<i64, StoreError> {
        self.maybe_int(column)?.ok_or_else(|| other_type(column, "a number"))
    }

    fn maybe_int(&self, column: usize) -> Result<Option<i64>, StoreError> {
        match self.get(column)? {
            ValueRef::Null => Ok(None),
            ValueRef::Integer(value) => Ok(Some(value)),
            _ => Err(other_type(column, "a number")),
        }
    }

    fn text(&self, column: usize) -> Result<&str, StoreError> {
        self.maybe_text(column)?.ok_or_else(|| other_type(column, "a text"))
    }

    fn maybe_text(&self, column: usize) -> Result<Option<&str>, StoreError> {
        match self.get(column)? {
            ValueRef::Null => Ok(None),
            ValueRef::Text(bytes) => std::str::from_utf8(bytes).map(Some).map_err(|_| other_type(column, "UTF-8")),
            _ => Err(other_type(column, "a text")),
        }
    }

    fn blob(&self, column: usize) -> Result<&[u8], StoreError> {
        match self.get(column)? {
            ValueRef::Blob(bytes) => Ok(bytes),
            _ => Err(other_type(column, "bytes")),
        }
    }
}

fn plain(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqliteFailure(_, Some(message)) => message.clone(),
        other => other.to_string(),
    }
}

/// What SQLite reports, in the host's terms.
fn fault(error: rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreError::Full,
        // A quota that is used up and a file that may not grow are told as this, too.
        Some(ErrorCode::SystemIoFailure) => StoreError::Medium { why: plain(&error) },
        Some(ErrorCode::ReadOnly) => StoreError::ReadOnly,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Locked,
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Corrupt { why: plain(&error) },
        _ => StoreError::Other { why: plain(&error) },
    }
}
