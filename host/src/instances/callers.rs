//! Who waits for an instance to end: the one that it names itself, and others that came later.

use super::{Instances, Parent};
use crate::error::Result;
use crate::store::{all, params};

/// What others than the first wait for, where a message's name stands: no message has it.
pub(super) const AN_END: &str = "";

impl Instances<'_> {
    /// One more waits for an instance to end.
    pub(crate) fn await_end(&mut self, id: i64, parent: Parent) -> Result<()> {
        self.subscribe((parent.instance, parent.token), parent.event, AN_END, &id.to_string())
    }

    /// Who waits for an instance to end besides the one that it names, in the order of their coming.
    pub(crate) fn awaiting_end(&mut self, id: i64) -> Result<Vec<Parent>> {
        let sql = "SELECT instance, token, event FROM subscription
                   WHERE tenant = ?1 AND message = ?2 AND key = ?3 ORDER BY id";
        all(self.store, sql, params![self.tenant.0, AN_END, &id.to_string()], |row| {
            Ok(Parent { instance: row.int(0)?, token: row.int(1)?, event: row.int(2)? })
        })
    }

    /// A token waits no more for the instances that it has called: another one that waits for them stands in its place.
    pub(super) fn hand_on_children(&mut self, of: (i64, i64)) -> Result<()> {
        for child in self.children_of(of)? {
            let others = self.awaiting_end(child)?;
            if let Some(next) = others.into_iter().find(|other| (other.instance, other.token) != of) {
                self.adopt(child, next)?;
                let sql = "DELETE FROM subscription WHERE tenant = ?1 AND message = ?2 AND key = ?3 AND instance = ?4
                           AND token = ?5";
                let key = child.to_string();
                self.store.execute(sql, params![self.tenant.0, AN_END, &key, next.instance, next.token])?;
            }
        }
        Ok(())
    }
}
