//! Tokens that have parted into branches: how those begin and end, and what they come to.

use super::Instances;
use crate::error::Result;
use crate::store::{all, first, params};

impl Instances<'_> {
    /// A branch of a token begins: it stands where the token stands, and goes on with an event.
    pub(crate) fn part(
        &mut self,
        of: (i64, i64),
        (event, number): (i64, i64),
        given: Option<&str>,
        message: Option<i64>,
    ) -> Result<()> {
        let ready = self.next_ready()?;
        let sql =
            "INSERT INTO token (tenant, instance, id, parent, began, number, ended, point, live, ready, event, given,
                   message) SELECT tenant, instance,
                   (SELECT max(id) + 1 FROM token WHERE tenant = ?1 AND instance = ?2), id,
                   ?5, ?8, 0, point, live, ?4, ?5, ?6, ?7 FROM token WHERE tenant = ?1 AND instance = ?2 AND id = ?3";
        self.store.execute(sql, params![self.tenant.0, of.0, of.1, ready, event, given, message, number])?;
        Ok(())
    }

    /// Has the token parted into branches that have not ended?
    pub(crate) fn has_branches(&mut self, of: (i64, i64)) -> Result<bool> {
        let sql = "SELECT id FROM token WHERE tenant = ?1 AND instance = ?2 AND parent = ?3 LIMIT 1";
        Ok(first(self.store, sql, params![self.tenant.0, of.0, of.1], |row| Ok(row.int(0)?))?.is_some())
    }

    /// The token is gone, with what it waits for. What its steps did, and who it called, is to be taken back before
    /// another one goes on.
    pub(crate) fn end_token(&mut self, of: (i64, i64), before: i64, now: i64) -> Result<()> {
        self.hand_on_children(of)?;
        self.withdraw(of, now)?;
        self.end_stretches(of, before)?;
        self.unpause_all(of, now)?;
        for sql in [
            "UPDATE undo_log SET token = -?4 WHERE tenant = ?1 AND instance = ?2 AND token IN (?3, -?3)",
            "UPDATE instance SET parent_token = -?4 WHERE tenant = ?1 AND parent = ?2 AND parent_token IN (?3, -?3)
             AND ended_at IS NULL",
        ] {
            self.store.execute(sql, params![self.tenant.0, of.0, of.1, before])?;
        }
        let sql = "DELETE FROM branch_value WHERE tenant = ?1 AND instance = ?2 AND token = ?3";
        self.store.execute(sql, params![self.tenant.0, of.0, of.1])?;
        self.forget_items(of)?;
        self.remove_token(of)
    }

    /// What the steps of a branch did is taken back, if that comes to it, as what its parent did.
    pub(crate) fn hand_undos(&mut self, of: (i64, i64), parent: i64) -> Result<()> {
        let sql = "UPDATE undo_log SET token = ?4 WHERE tenant = ?1 AND instance = ?2 AND token = ?3";
        self.store.execute(sql, params![self.tenant.0, of.0, of.1, parent])?;
        Ok(())
    }

    pub(crate) fn remove_token(&mut self, of: (i64, i64)) -> Result<()> {
        let sql = "DELETE FROM token WHERE tenant = ?1 AND instance = ?2 AND id = ?3";
        self.store.execute(sql, params![self.tenant.0, of.0, of.1])?;
        Ok(())
    }

    /// Children that are to be ended before a token goes on.
    pub(crate) fn ended_children(&mut self, of: (i64, i64)) -> Result<Vec<i64>> {
        let sql =
            "SELECT id FROM instance WHERE tenant = ?1 AND parent = ?2 AND parent_token = -?3 AND ended_at IS NULL
                   ORDER BY id DESC";
        all(self.store, sql, params![self.tenant.0, of.0, of.1], |row| Ok(row.int(0)?))
    }

    /// An instance goes no further: what it did, and who it called, is to be taken back. The token that does it.
    pub(crate) fn cancel(&mut self, id: i64, now: i64) -> Result<i64> {
        let sql = "SELECT min(id) FROM token WHERE tenant = ?1 AND instance = ?2";
        let token = first(self.store, sql, params![self.tenant.0, id], |row| Ok(row.maybe_int(0)?))?.flatten();
        let token = token.unwrap_or(1);
        let sql = "UPDATE instance SET state = 'undoing', outcome = NULL WHERE tenant = ?1 AND id = ?2";
        self.store.execute(sql, params![self.tenant.0, id])?;
        let of = (id, token);
        self.hand_on_children(of)?;
        self.withdraw(of, now)?;
        self.end_stretches(of, token)?;
        self.unpause_all(of, now)?;
        let sql = "UPDATE instance SET parent_token = -?3 WHERE tenant = ?1 AND parent = ?2 AND parent_token = ?3
                   AND ended_at IS NULL";
        self.store.execute(sql, params![self.tenant.0, id, token])?;
        self.waits_on(of)?;
        Ok(token)
    }

    /// A branch has ended. What it hands on is kept where its parent stands, unless it is gathered elsewhere.
    pub(crate) fn end_branch(&mut self, of: (i64, i64), parent: i64, handed: Option<&str>) -> Result<()> {
        self.remove_token(of)?;
        let sql = "UPDATE token SET given = coalesce(?4, given), ended = ended + 1
                   WHERE tenant = ?1 AND instance = ?2 AND id = ?3";
        self.store.execute(sql, params![self.tenant.0, of.0, parent, handed])?;
        Ok(())
    }

    /// For each element of a list, as JSON, a branch of the token begins, some at a time.
    pub(crate) fn set_items(&mut self, of: (i64, i64), items: &str) -> Result<()> {
        let sql = "INSERT INTO branch_items (tenant, instance, token, items) VALUES (?1, ?2, ?3, ?4)";
        self.store.execute(sql, params![self.tenant.0, of.0, of.1, items])?;
        self.set_cursor(of, Some(0))
    }

    /// So many of a token's branches have begun, or all; it comes to its turn again.
    pub(crate) fn set_cursor(&mut self, of: (i64, i64), cursor: Option<i64>) -> Result<()> {
        let ready = if cursor.is_some() { self.next_ready()? } else { 0 };
        let sql = "UPDATE token SET cursor = ?4, ready = ?5 WHERE tenant = ?1 AND instance = ?2 AND id = ?3";
        self.store.execute(sql, params![self.tenant.0, of.0, of.1, cursor, ready])?;
        if cursor.is_none() { self.forget_items(of) } else { Ok(()) }
    }

    pub(crate) fn items(&mut self, of: (i64, i64)) -> Result<Option<String>> {
        let sql = "SELECT items FROM branch_items WHERE tenant = ?1 AND instance = ?2 AND token = ?3";
        first(self.store, sql, params![self.tenant.0, of.0, of.1], |row| Ok(row.text(0)?.to_owned()))
    }

    pub(super) fn forget_items(&mut self, of: (i64, i64)) -> Result<()> {
        let sql = "DELETE FROM branch_items WHERE tenant = ?1 AND instance = ?2 AND token = ?3";
        self.store.execute(sql, params![self.tenant.0, of.0, of.1])?;
        Ok(())
    }

    /// What a branch has come to.
    pub(crate) fn put_value(&mut self, parent: (i64, i64), number: i64, value: &str) -> Result<()> {
        let sql = "INSERT INTO branch_value (tenant, instance, token, number, value) VALUES (?1, ?2, ?3, ?4, ?5)";
        self.store.execute(sql, params![self.tenant.0, parent.0, parent.1, number, value])?;
        Ok(())
    }

    /// The token goes on when so many of its branches have ended.
    pub(crate) fn set_enough(&mut self, of: (i64, i64), enough: i64) -> Result<()> {
        let sql = "UPDATE token SET enough = ?4 WHERE tenant = ?1 AND instance = ?2 AND id = ?3";
        self.store.execute(sql, params![self.tenant.0, of.0, of.1, enough])?;
        Ok(())
    }

    /// Whether so many of a token's branches have ended that it goes on: all, or as many as are enough.
    pub(crate) fn joins(&mut self, of: (i64, i64)) -> Result<bool> {
        let sql = "SELECT cursor, enough IS NOT NULL AND ended >= enough FROM token
                   WHERE tenant = ?1 AND instance = ?2 AND id = ?3";
        let row = first(self.store, sql, params![self.tenant.0, of.0, of.1], |row| {
            Ok((row.maybe_int(0)?, row.int(1)? == 1))
        })?;
        Ok(match row {
            Some((_, true)) => true,
            Some((None, false)) => !self.has_branches(of)?,
            _ => false,
        })
    }

    /// What the branches of a token have come to, in their order.
    pub(crate) fn values(&mut self, of: (i64, i64)) -> Result<Vec<String>> {
        let sql = "SELECT value FROM branch_value WHERE tenant = ?1 AND instance = ?2 AND token = ?3 ORDER BY number";
        all(self.store, sql, params![self.tenant.0, of.0, of.1], |row| Ok(row.text(0)?.to_owned()))
    }

    /// The same; it is forgotten.
    pub(crate) fn take_values(&mut self, of: (i64, i64)) -> Result<Vec<String>> {
        let values = self.values(of)?;
        let sql = "DELETE FROM branch_value WHERE tenant = ?1 AND instance = ?2 AND token = ?3";
        self.store.execute(sql, params![self.tenant.0, of.0, of.1])?;
        Ok(values)
    }

    /// The branches of a token that have not ended belong to another one from now on, or to none, and hand nothing on.
    pub(crate) fn let_go(&mut self, of: (i64, i64), to: Option<i64>) -> Result<()> {
        self.stay_in(of)?;
        let sql = "UPDATE token SET parent = ?4, began = NULL WHERE tenant = ?1 AND instance = ?2 AND parent = ?3";
        self.store.execute(sql, params![self.tenant.0, of.0, of.1, to])?;
        Ok(())
    }
}
