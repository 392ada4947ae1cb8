//! Stretches that one instance at a time is in, by their keys.

use super::Instances;
use crate::error::Result;
use crate::store::{all, params};

impl Instances<'_> {
    /// A token comes to a stretch; it goes on as soon as no other instance is in one of this key, or came before it.
    pub(crate) fn lock(&mut self, of: (i64, i64), event: i64, key: &str) -> Result<()> {
        let id = self.next("SELECT coalesce(max(id), 0) FROM exclusive WHERE tenant = ?1")?;
        let sql = "INSERT INTO exclusive (tenant, id, key, instance, token, event, inside)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0)";
        self.store.execute(sql, params![self.tenant.0, id, key, of.0, of.1, event])?;
        self.let_in(key)
    }

    /// The token leaves the stretch that it has come into last.
    pub(crate) fn unlock(&mut self, of: (i64, i64)) -> Result<()> {
        match self.stretches(of)?.pop() {
            Some((id, key)) => self.leave(id, &key),
            None => Ok(()),
        }
    }

    /// A token is ended: it waits for no stretch any more. Those that it is in it leaves when what it did there is taken
    /// back, before another token goes on ([`Instances::leave_ended`]).
    pub(crate) fn end_stretches(&mut self, of: (i64, i64), before: i64) -> Result<()> {
        let sql = "SELECT id, key FROM exclusive WHERE tenant = ?1 AND instance = ?2 AND token = ?3 AND inside = 0
                   ORDER BY id DESC";
        let waits =
            all(self.store, sql, params![self.tenant.0, of.0, of.1], |row| Ok((row.int(0)?, row.text(1)?.to_owned())))?;
        for (id, key) in waits {
            self.leave(id, &key)?;
        }
        let sql = "UPDATE exclusive SET token = -?4 WHERE tenant = ?1 AND instance = ?2 AND token IN (?3, -?3)";
        self.store.execute(sql, params![self.tenant.0, of.0, of.1, before])?;
        Ok(())
    }

    /// What was ended before a token goes on is taken back: the stretches that it was in are left.
    pub(crate) fn leave_ended(&mut self, of: (i64, i64)) -> Result<()> {
        self.leave_token((of.0, -of.1))
    }

    /// A token is in no stretch any more.
    pub(crate) fn leave_token(&mut self, of: (i64, i64)) -> Result<()> {
        let mut stretches = self.stretches(of)?;
        while let Some((id, key)) = stretches.pop() {
            self.leave(id, &key)?;
        }
        Ok(())
    }

    /// An instance is in no stretch any more, and waits for none.
    pub(crate) fn leave_all(&mut self, instance: i64) -> Result<()> {
        let sql = "SELECT id, key FROM exclusive WHERE tenant = ?1 AND instance = ?2 ORDER BY id DESC";
        let stretches =
            all(self.store, sql, params![self.tenant.0, instance], |row| Ok((row.int(0)?, row.text(1)?.to_owned())))?;
        for (id, key) in stretches {
            self.leave(id, &key)?;
        }
        Ok(())
    }

    /// The branches of a token that are let go stay in its stretches until they end.
    pub(crate) fn stay_in(&mut self, of: (i64, i64)) -> Result<()> {
        let stretches = self.stretches(of)?;
        if stretches.is_empty() {
            return Ok(());
        }
        let sql = "SELECT id FROM token WHERE tenant = ?1 AND instance = ?2 AND parent = ?3 ORDER BY id";
        let branches = all(self.store, sql, params![self.tenant.0, of.0, of.1], |row| Ok(row.int(0)?))?;
        for branch in branches {
            for (entered, key) in &stretches {
                // Before all others: nobody else comes in, and what a branch is in by itself is what it leaves first.
                let sql = "INSERT INTO exclusive (tenant, id, key, instance, token, event, inside)
                           SELECT ?1, (SELECT min(id) - 1 FROM exclusive WHERE tenant = ?1), ?3, instance, ?4, event, 1
                           FROM exclusive WHERE tenant = ?1 AND id = ?2";
                self.store.execute(sql, params![self.tenant.0, *entered, key.as_str(), branch])?;
            }
        }
        Ok(())
    }

    /// The events of a token that wait for a stretch.
    pub(crate) fn locks_of(&mut self, of: (i64, i64)) -> Result<Vec<i64>> {
        let sql = "SELECT event FROM exclusive WHERE tenant = ?1 AND instance = ?2 AND token = ?3 AND inside = 0
                   ORDER BY id";
        all(self.store, sql, params![self.tenant.0, of.0, of.1], |row| Ok(row.int(0)?))
    }

    /// What a token is in, or waits for, in the order of its coming.
    fn stretches(&mut self, of: (i64, i64)) -> Result<Vec<(i64, String)>> {
        let sql = "SELECT id, key FROM exclusive WHERE tenant = ?1 AND instance = ?2 AND token = ?3 ORDER BY id";
        all(self.store, sql, params![self.tenant.0, of.0, of.1], |row| Ok((row.int(0)?, row.text(1)?.to_owned())))
    }

    fn leave(&mut self, id: i64, key: &str) -> Result<()> {
        self.store.execute("DELETE FROM exclusive WHERE tenant = ?1 AND id = ?2", params![self.tenant.0, id])?;
        self.let_in(key)
    }

    /// Lets in who is next: the instance that came first, wherever it waits.
    ///
    /// So an instance that is in a stretch never waits for itself.
    fn let_in(&mut self, key: &str) -> Result<()> {
        let sql =
            "SELECT id, instance, token, event, inside FROM exclusive WHERE tenant = ?1 AND key = ?2 AND instance =
                   (SELECT instance FROM exclusive WHERE tenant = ?1 AND key = ?2 ORDER BY id LIMIT 1) ORDER BY id";
        let waiting = all(self.store, sql, params![self.tenant.0, key], |row| {
            Ok((row.int(0)?, (row.int(1)?, row.int(2)?), row.int(3)?, row.int(4)? == 1))
        })?;
        for (id, of, event, _) in waiting.into_iter().filter(|(.., inside)| !inside) {
            let sql = "UPDATE exclusive SET inside = 1 WHERE tenant = ?1 AND id = ?2";
            self.store.execute(sql, params![self.tenant.0, id])?;
            self.happened(of, Some(event), None, None)?;
        }
        Ok(())
    }
}
