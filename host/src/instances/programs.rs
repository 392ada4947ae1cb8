//! The programs that a tenant's processes run by, and how far they have come in time.

use super::Instances;
use crate::error::Result;
use crate::store::{all, first, params};

impl Instances<'_> {
    /// Keeps a compiled program and makes it the one that processes run by; `true` if another one was, or none.
    pub(crate) fn deploy(
        &mut self,
        (hash, code): (&str, &[u8]),
        file: &str,
        (author, now): (&str, i64),
    ) -> Result<bool> {
        let before = self.deployed_hash()?;
        if before.as_deref() == Some(hash) {
            return Ok(false);
        }
        let sql = "INSERT INTO program (tenant, hash, code) VALUES (?1, ?2, ?3) ON CONFLICT (tenant, hash) DO NOTHING";
        self.store.execute(sql, params![self.tenant.0, hash, code])?;
        let seq = self.next("SELECT coalesce(max(seq), 0) FROM deployment WHERE tenant = ?1")?;
        let sql = "INSERT INTO deployment (tenant, seq, program, file, author, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        self.store.execute(sql, params![self.tenant.0, seq, hash, file, author, now])?;
        Ok(true)
    }

    fn deployed_hash(&mut self) -> Result<Option<String>> {
        let sql = "SELECT program FROM deployment WHERE tenant = ?1 ORDER BY seq DESC LIMIT 1";
        first(self.store, sql, params![self.tenant.0], |row| Ok(row.text(0)?.to_owned()))
    }

    /// The code of the program that processes run by.
    pub(crate) fn deployed(&mut self) -> Result<Option<Vec<u8>>> {
        let Some(hash) = self.deployed_hash()? else { return Ok(None) };
        let sql = "SELECT code FROM program WHERE tenant = ?1 AND hash = ?2";
        first(self.store, sql, params![self.tenant.0, &hash], |row| Ok(row.blob(0)?.to_vec()))
    }

    /// The moment that processes have come to.
    pub(crate) fn clock(&mut self) -> Result<Option<i64>> {
        let sql = "SELECT now FROM clock WHERE tenant = ?1";
        first(self.store, sql, params![self.tenant.0], |row| Ok(row.int(0)?))
    }

    pub(crate) fn set_clock(&mut self, now: i64) -> Result<()> {
        let sql =
            "INSERT INTO clock (tenant, now) VALUES (?1, ?2) ON CONFLICT (tenant) DO UPDATE SET now = excluded.now";
        self.store.execute(sql, params![self.tenant.0, now])?;
        Ok(())
    }

    /// When a schedule fires next, if it has begun.
    pub(crate) fn scheduled(&mut self, name: &str) -> Result<Option<i64>> {
        let sql = "SELECT due FROM schedule WHERE tenant = ?1 AND name = ?2";
        first(self.store, sql, params![self.tenant.0, name], |row| Ok(row.int(0)?))
    }

    /// The names of the schedules that have begun.
    pub(crate) fn schedules(&mut self) -> Result<Vec<String>> {
        let sql = "SELECT name FROM schedule WHERE tenant = ?1 ORDER BY name";
        all(self.store, sql, params![self.tenant.0], |row| Ok(row.text(0)?.to_owned()))
    }

    pub(crate) fn forget_schedule(&mut self, name: &str) -> Result<()> {
        self.store.execute("DELETE FROM schedule WHERE tenant = ?1 AND name = ?2", params![self.tenant.0, name])?;
        Ok(())
    }

    /// A schedule fires next at a moment.
    pub(crate) fn schedule(&mut self, name: &str, due: i64) -> Result<()> {
        let sql = "INSERT INTO schedule (tenant, name, due) VALUES (?1, ?2, ?3)
                   ON CONFLICT (tenant, name) DO UPDATE SET due = excluded.due";
        self.store.execute(sql, params![self.tenant.0, name, due])?;
        Ok(())
    }

    /// The instances that have not come to their end, by their numbers.
    pub(crate) fn unfinished(&mut self) -> Result<Vec<i64>> {
        let sql = "SELECT id FROM instance WHERE tenant = ?1 AND state IN ('running', 'undoing') ORDER BY id";
        all(self.store, sql, params![self.tenant.0], |row| Ok(row.int(0)?))
    }

    /// The steps that may have to be taken back, each with what that needs to know, as JSON.
    pub(crate) fn undo_captures(&mut self, instance: i64) -> Result<Vec<(String, String)>> {
        let sql = "SELECT step, captured FROM undo_log WHERE tenant = ?1 AND instance = ?2 ORDER BY seq";
        all(self.store, sql, params![self.tenant.0, instance], |row| {
            Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned()))
        })
    }

    /// The number of the last instance, 0 if there is none.
    pub(crate) fn last_instance(&mut self) -> Result<i64> {
        Ok(self.next("SELECT coalesce(max(id), 0) FROM instance WHERE tenant = ?1")? - 1)
    }

    /// Since when a token stands still: when its instance last came to an incident.
    pub(crate) fn stopped_at(&mut self, instance: i64) -> Result<Option<i64>> {
        let sql = "SELECT at FROM history WHERE tenant = ?1 AND instance = ?2 AND what = 'incident'
                   ORDER BY seq DESC LIMIT 1";
        first(self.store, sql, params![self.tenant.0, instance], |row| Ok(row.int(0)?))
    }
}
