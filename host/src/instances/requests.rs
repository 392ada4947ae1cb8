//! What other systems are asked for: open requests, who has fetched them, and what was answered.

use super::{Instances, Request, RequestState};
use crate::error::Result;
use crate::ledger::chart::damaged;
use crate::store::{Row, all, first, params};

/// Selects requests, as [`request`] reads them.
macro_rules! requests {
    ($of:literal) => {
        concat!(
            "SELECT id, key, instance, token, event, service, operation, asked, due, overdue, retries, tries, next_at, worker,
             locked_until, error, state, answer, made_at, ended_at, ended_by FROM request WHERE tenant = ?1 AND ",
            $of
        )
    };
}

const BY_KEY: &str = requests!("key = ?2");
const OPEN: &str = requests!("id > ?2 AND state IN ('open', 'stopped') ORDER BY id LIMIT ?3");
const OF_TOKEN: &str = requests!("instance = ?2 AND token = ?3 AND state IN ('open', 'stopped') ORDER BY id");
const OF_INSTANCE: &str =
    requests!("instance = ?2 AND service = ?3 AND operation = ?4 AND state IN ('open', 'stopped') ORDER BY id LIMIT 1");
const TO_FETCH: &str = requests!(
    "service = ?2 AND (?3 = '' OR operation = ?3) AND state = 'open' AND locked_until IS NULL AND next_at <= ?4
     ORDER BY id LIMIT ?5"
);

fn request(row: &dyn Row) -> Result<Request> {
    Ok(Request {
        id: row.int(0)?,
        key: row.text(1)?.to_owned(),
        instance: row.int(2)?,
        token: row.int(3)?,
        event: row.int(4)?,
        service: row.text(5)?.to_owned(),
        operation: row.text(6)?.to_owned(),
        asked: row.text(7)?.to_owned(),
        due: row.maybe_int(8)?,
        overdue: row.int(9)? == 1,
        retries: row.int(10)?,
        tries: row.int(11)?,
        next_at: row.int(12)?,
        worker: row.text(13)?.to_owned(),
        locked_until: row.maybe_int(14)?,
        error: row.text(15)?.to_owned(),
        state: RequestState::from_name(row.text(16)?).ok_or_else(|| damaged("request", "a state that is none"))?,
        answer: row.maybe_text(17)?.map(str::to_owned),
        made_at: row.int(18)?,
        ended_at: row.maybe_int(19)?,
        ended_by: row.text(20)?.to_owned(),
    })
}

impl Instances<'_> {
    /// A new request; its number and its key are given, those of `new` say nothing.
    pub(crate) fn open_request(&mut self, new: &Request) -> Result<()> {
        let id = self.next("SELECT coalesce(max(id), 0) FROM request WHERE tenant = ?1")?;
        let key = self.key_outside('r', id)?;
        let sql =
            "INSERT INTO request (tenant, id, key, instance, token, event, service, operation, asked, due, overdue,
                   retries, tries, next_at, worker, error, state, made_at, ended_by)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, ?11, 0, ?12, '', '', 'open', ?12, '')";
        let Request { instance, token, event, service, operation, asked, due, retries, made_at, .. } = new;
        let (tenant, key) = (self.tenant.0, key.as_str());
        let values =
            params![tenant, id, key, *instance, *token, *event, service, operation, asked, *due, *retries, *made_at];
        self.store.execute(sql, values)?;
        Ok(())
    }

    /// What another system knows something by: it names nothing else of this store, and stays the same.
    pub(crate) fn key_outside(&mut self, kind: char, id: i64) -> Result<String> {
        let sql = "SELECT name FROM tenant WHERE id = ?1";
        let name = first(self.store, sql, params![self.tenant.0], |row| Ok(row.text(0)?.to_owned()))?;
        Ok(format!("{}-{kind}{id}", name.unwrap_or_default()))
    }

    pub(crate) fn request_of_key(&mut self, key: &str) -> Result<Option<Request>> {
        first(self.store, BY_KEY, params![self.tenant.0, key], request)
    }

    /// The oldest open request of an instance to an operation.
    pub(crate) fn request_of(&mut self, instance: i64, service: &str, operation: &str) -> Result<Option<Request>> {
        first(self.store, OF_INSTANCE, params![self.tenant.0, instance, service, operation], request)
    }

    /// The next requests behind one of a number that are not answered.
    pub(crate) fn requests(&mut self, behind: i64, most: i64) -> Result<Vec<Request>> {
        all(self.store, OPEN, params![self.tenant.0, behind, most], request)
    }

    /// The requests of a token that are not answered.
    pub(crate) fn requests_of(&mut self, of: (i64, i64)) -> Result<Vec<Request>> {
        all(self.store, OF_TOKEN, params![self.tenant.0, of.0, of.1], request)
    }

    /// The oldest requests to a service that a worker may fetch; of one operation, or with an empty name of all.
    pub(crate) fn next_requests(
        &mut self,
        service: &str,
        operation: &str,
        now: i64,
        most: i64,
    ) -> Result<Vec<Request>> {
        all(self.store, TO_FETCH, params![self.tenant.0, service, operation, now, most], request)
    }

    /// A worker has a request until a moment: it is one more try.
    pub(crate) fn lock_request(&mut self, id: i64, worker: &str, until: i64) -> Result<()> {
        let sql = "UPDATE request SET worker = ?3, locked_until = ?4, tries = tries + 1 WHERE tenant = ?1 AND id = ?2";
        self.store.execute(sql, params![self.tenant.0, id, worker, until])?;
        Ok(())
    }

    /// Nobody has a request any more: it may be fetched again from a moment on.
    pub(crate) fn unlock_request(&mut self, id: i64, why: &str, next_at: i64) -> Result<()> {
        let sql = "UPDATE request SET locked_until = NULL, error = ?3, next_at = ?4 WHERE tenant = ?1 AND id = ?2";
        self.store.execute(sql, params![self.tenant.0, id, why, next_at])?;
        Ok(())
    }

    /// All tries are used up: nobody fetches it until an operator says so.
    pub(crate) fn stop_request(&mut self, id: i64, why: &str) -> Result<()> {
        let sql = "UPDATE request SET locked_until = NULL, error = ?3, state = 'stopped' WHERE tenant = ?1 AND id = ?2";
        self.store.execute(sql, params![self.tenant.0, id, why])?;
        Ok(())
    }

    /// The requests of a token that were stopped may be fetched again, with all their tries; whether there are any.
    pub(crate) fn reopen_requests(&mut self, of: (i64, i64), now: i64) -> Result<bool> {
        let sql = "SELECT id FROM request WHERE tenant = ?1 AND instance = ?2 AND token = ?3
                   AND state IN ('open', 'stopped') AND state = 'stopped'";
        let stopped = all(self.store, sql, params![self.tenant.0, of.0, of.1], |row| Ok(row.int(0)?))?;
        for id in &stopped {
            let sql = "UPDATE request SET state = 'open', tries = 0, next_at = ?3 WHERE tenant = ?1 AND id = ?2";
            self.store.execute(sql, params![self.tenant.0, *id, now])?;
        }
        Ok(!stopped.is_empty())
    }

    /// A request is answered: it stays, so that answering it twice is told.
    pub(crate) fn end_request(&mut self, id: i64, answer: &str, by: &str, now: i64) -> Result<()> {
        let sql =
            "UPDATE request SET state = 'answered', locked_until = NULL, answer = ?3, ended_by = ?4, ended_at = ?5
                   WHERE tenant = ?1 AND id = ?2";
        self.store.execute(sql, params![self.tenant.0, id, answer, by, now])?;
        Ok(())
    }
}
