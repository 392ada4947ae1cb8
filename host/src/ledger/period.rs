//! Which days may still be posted to.

use serde_json::Value as Json;

use crate::error::{Declared, Result};
use crate::ledger::chart::damaged;
use crate::ledger::{BookInfo, Books};
use crate::store::{Store, all, params};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LockKind {
    /// Some roles may still post.
    Soft,
    Hard,
}

/// Every day up to one is closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeriodLock {
    /// A part of the books, by the name that entries give; empty for all of them.
    pub area: String,
    pub kind: LockKind,
    /// The last day that is closed, in days since 1970-01-01.
    pub until: i64,
    /// Who passes a soft lock.
    pub roles: Vec<String>,
}

impl PeriodLock {
    /// Closes all parts of the books to everybody.
    pub fn hard(until: i64) -> PeriodLock {
        PeriodLock { area: String::new(), kind: LockKind::Hard, until, roles: Vec::new() }
    }

    /// Closes all parts of the books except to some roles.
    pub fn soft(until: i64, roles: &[&str]) -> PeriodLock {
        let roles = roles.iter().map(|role| (*role).to_owned()).collect();
        PeriodLock { area: String::new(), kind: LockKind::Soft, until, roles }
    }

    pub fn of_area(self, area: &str) -> PeriodLock {
        PeriodLock { area: area.to_owned(), ..self }
    }
}

/// Sets the lock of its area and kind; an earlier day opens again what was closed.
pub(crate) fn set(store: &mut dyn Store, info: &BookInfo, lock: &PeriodLock, author: &str, at: i64) -> Result<()> {
    let sql = "INSERT INTO period_lock (tenant, book, area, kind, until, roles, author, at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
               ON CONFLICT (tenant, book, area, kind) DO UPDATE SET until = excluded.until, roles = excluded.roles,
               author = excluded.author, at = excluded.at";
    let kind = if lock.kind == LockKind::Hard { "hard" } else { "soft" };
    let roles = Json::from(lock.roles.clone()).to_string();
    let row = params![info.tenant.0, info.id.0, &lock.area, kind, lock.until, &roles, author, at];
    store.execute(sql, row)?;
    Ok(())
}

pub(crate) fn load(store: &mut dyn Store, info: &BookInfo) -> Result<Vec<PeriodLock>> {
    let sql = "SELECT area, kind, until, roles FROM period_lock WHERE tenant = ?1 AND book = ?2 ORDER BY area, kind";
    all(store, sql, params![info.tenant.0, info.id.0], |row| {
        Ok(PeriodLock {
            area: row.text(0)?.to_owned(),
            kind: if row.text(1)? == "hard" { LockKind::Hard } else { LockKind::Soft },
            until: row.int(2)?,
            roles: serde_json::from_str(row.text(3)?).map_err(|_| damaged("period_lock", "roles are no list"))?,
        })
    })
}

impl Books<'_> {
    /// The first day that the author of the step may post to in a part of the books.
    pub fn first_open_day(&self, area: &str) -> Option<i64> {
        let closes = |lock: &&PeriodLock| {
            let passes = lock.kind == LockKind::Soft && lock.roles.iter().any(|role| self.context.roles.contains(role));
            (lock.area.is_empty() || lock.area == area) && !passes
        };
        self.state.locks.iter().filter(closes).map(|lock| lock.until.saturating_add(1)).max()
    }

    /// The day that an entry counts on, and whether it is late.
    pub(crate) fn open_day(&self, day: i64, area: &str, first_open: bool) -> Result<(i64, bool)> {
        match self.first_open_day(area) {
            Some(open) if day < open && first_open => Ok((open, true)),
            Some(open) if day < open => Err(Declared::PeriodClosed { day }.into()),
            _ => Ok((day, false)),
        }
    }
}
