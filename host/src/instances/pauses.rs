//! Clocks of scopes that stand still: how often, and by whom.

use super::{Instances, NEVER};
use crate::error::Result;
use crate::store::{all, params};

impl Instances<'_> {
    /// A token stops the clocks of a scope, or lets them go on with the time that is left.
    pub(crate) fn pause(&mut self, of: (i64, i64), scope: i64, stands: bool, now: i64) -> Result<()> {
        let sql = match stands {
            true => {
                "INSERT INTO pause (tenant, instance, token, scope, times) VALUES (?1, ?2, ?3, ?4, 1)
                 ON CONFLICT (tenant, instance, token, scope) DO UPDATE SET times = times + 1"
            }
            false => {
                "UPDATE pause SET times = times - 1 WHERE tenant = ?1 AND instance = ?2 AND token = ?3 AND scope = ?4"
            }
        };
        self.store.execute(sql, params![self.tenant.0, of.0, of.1, scope])?;
        self.stop_timers((of.0, scope), stands, now)
    }

    /// A token is gone: the clocks that it stopped go on.
    pub(crate) fn unpause_all(&mut self, of: (i64, i64), now: i64) -> Result<()> {
        let sql = "SELECT scope, times FROM pause WHERE tenant = ?1 AND instance = ?2 AND token = ?3 ORDER BY scope";
        let pauses = all(self.store, sql, params![self.tenant.0, of.0, of.1], |row| Ok((row.int(0)?, row.int(1)?)))?;
        for (scope, times) in pauses {
            for _ in 0..times {
                self.stop_timers((of.0, scope), false, now)?;
            }
        }
        let sql = "DELETE FROM pause WHERE tenant = ?1 AND instance = ?2 AND token = ?3";
        self.store.execute(sql, params![self.tenant.0, of.0, of.1])?;
        Ok(())
    }

    fn stop_timers(&mut self, of: (i64, i64), stands: bool, now: i64) -> Result<()> {
        let sql = match stands {
            true => {
                "UPDATE timer SET rest = CASE stops WHEN 0 THEN max(due - ?4, 0) ELSE rest END, due = ?5,
                 stops = stops + 1 WHERE tenant = ?1 AND instance = ?2 AND token = ?3"
            }
            false => {
                "UPDATE timer SET due = CASE stops WHEN 1 THEN ?4 + rest ELSE ?5 END, stops = stops - 1
                 WHERE tenant = ?1 AND instance = ?2 AND token = ?3 AND stops > 0"
            }
        };
        self.store.execute(sql, params![self.tenant.0, of.0, of.1, now, NEVER])?;
        Ok(())
    }
}
