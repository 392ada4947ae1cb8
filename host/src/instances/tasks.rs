//! Tasks: open ones, whose they are, what they showed, and who is in which role.

use super::{Instances, Seen, Task, TaskState};
use crate::error::Result;
use crate::ledger::chart::damaged;
use crate::store::{Row, all, first, params};

/// Selects tasks, as [`task`] reads them.
macro_rules! tasks {
    ($of:literal) => {
        concat!(
            "SELECT id, instance, token, event, name, title, role, escalated, escalates, shown, due, overdue, claimed_by,
             revision, state, ended_at, ended_by FROM task WHERE tenant = ?1 AND ",
            $of
        )
    };
}

const TASK: &str = tasks!("id = ?2");
const TASK_OF: &str = tasks!("instance = ?2 AND name = ?3 AND state = 'open' ORDER BY id LIMIT 1");
const TASKS: &str = tasks!("id > ?2 AND state = 'open' ORDER BY id LIMIT ?3");
const TASKS_OF: &str = tasks!("instance = ?2 AND token = ?3 AND state = 'open' ORDER BY id");

fn task(row: &dyn Row) -> Result<Task> {
    Ok(Task {
        id: row.int(0)?,
        instance: row.int(1)?,
        token: row.int(2)?,
        event: row.int(3)?,
        name: row.text(4)?.to_owned(),
        title: row.text(5)?.to_owned(),
        role: row.text(6)?.to_owned(),
        escalated: row.text(7)?.to_owned(),
        escalates: row.text(8)?.to_owned(),
        shown: row.text(9)?.to_owned(),
        due: row.maybe_int(10)?,
        overdue: row.int(11)? == 1,
        claimed_by: row.text(12)?.to_owned(),
        revision: row.int(13)?,
        state: TaskState::from_name(row.text(14)?).ok_or_else(|| damaged("task", "a state that is none"))?,
        ended_at: row.maybe_int(15)?,
        ended_by: row.text(16)?.to_owned(),
    })
}

impl Instances<'_> {
    /// A new task; its number is given, that of `new` says nothing.
    pub(crate) fn open_task(&mut self, new: &Task, now: i64) -> Result<i64> {
        let id = self.next("SELECT coalesce(max(id), 0) FROM task WHERE tenant = ?1")?;
        let sql =
            "INSERT INTO task (tenant, id, instance, token, event, name, title, role, escalated, escalates, shown,
                   due, overdue, claimed_by, revision, made_at, state, ended_by)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, '', ?9, ?10, ?11, 0, '', 1, ?12, 'open', '')";
        let Task { instance, token, event, name, title, role, escalates, shown, due, .. } = new;
        let tenant = self.tenant.0;
        let values = params![tenant, id, *instance, *token, *event, name, title, role, escalates, shown, *due, now];
        self.store.execute(sql, values)?;
        Ok(id)
    }

    pub(crate) fn task(&mut self, id: i64) -> Result<Option<Task>> {
        first(self.store, TASK, params![self.tenant.0, id], task)
    }

    /// The open task of that name.
    pub(crate) fn task_of(&mut self, instance: i64, name: &str) -> Result<Option<Task>> {
        first(self.store, TASK_OF, params![self.tenant.0, instance, name], task)
    }

    /// The next open tasks behind one of a number.
    pub(crate) fn tasks(&mut self, behind: i64, most: i64) -> Result<Vec<Task>> {
        all(self.store, TASKS, params![self.tenant.0, behind, most], task)
    }

    /// The open tasks of a token.
    pub(crate) fn tasks_of(&mut self, of: (i64, i64)) -> Result<Vec<Task>> {
        all(self.store, TASKS_OF, params![self.tenant.0, of.0, of.1], task)
    }

    /// Somebody has done a task: it stays, so that its number is not given again and doing it twice is told.
    pub(crate) fn end_task(&mut self, id: i64, by: &str, now: i64) -> Result<()> {
        let sql = "UPDATE task SET state = 'done', ended_at = ?3, ended_by = ?4
                   WHERE tenant = ?1 AND id = ?2 AND state = 'open'";
        self.store.execute(sql, params![self.tenant.0, id, now, by])?;
        Ok(())
    }

    /// The tasks and requests of a token are due: they are marked, and tasks go to whom they escalate to.
    pub(crate) fn overdue(&mut self, of: (i64, i64)) -> Result<()> {
        let sql =
            "UPDATE task SET overdue = 1, escalated = escalates WHERE tenant = ?1 AND instance = ?2 AND token = ?3
             AND state = 'open'";
        self.store.execute(sql, params![self.tenant.0, of.0, of.1])?;
        let sql = "UPDATE request SET overdue = 1 WHERE tenant = ?1 AND instance = ?2 AND token = ?3
                   AND state IN ('open', 'stopped')";
        self.store.execute(sql, params![self.tenant.0, of.0, of.1])?;
        Ok(())
    }

    /// Somebody has a task; nobody where the name is empty.
    pub(crate) fn claim(&mut self, id: i64, by: &str) -> Result<()> {
        let sql = "UPDATE task SET claimed_by = ?3 WHERE tenant = ?1 AND id = ?2";
        self.store.execute(sql, params![self.tenant.0, id, by])?;
        Ok(())
    }

    /// The documents that a task shows, as it showed them last.
    pub(crate) fn seen(&mut self, id: i64) -> Result<Vec<Seen>> {
        let sql = "SELECT entity, reference, version FROM task_seen WHERE tenant = ?1 AND task = ?2
                   ORDER BY entity, reference";
        all(self.store, sql, params![self.tenant.0, id], |row| {
            Ok(Seen { entity: row.text(0)?.to_owned(), reference: row.int(1)?, version: row.int(2)? })
        })
    }

    /// A task shows documents as they are.
    pub(crate) fn put_seen(&mut self, id: i64, seen: &[Seen]) -> Result<()> {
        let sql = "INSERT INTO task_seen (tenant, task, entity, reference, version) VALUES (?1, ?2, ?3, ?4, ?5)
                   ON CONFLICT (tenant, task, entity, reference) DO UPDATE SET version = excluded.version";
        for Seen { entity, reference, version } in seen {
            self.store.execute(sql, params![self.tenant.0, id, entity, *reference, *version])?;
        }
        Ok(())
    }

    /// A task shows documents anew that were found to have changed.
    pub(crate) fn set_seen(&mut self, id: i64, seen: &[Seen]) -> Result<()> {
        self.put_seen(id, seen)?;
        let sql = "UPDATE task SET revision = revision + 1 WHERE tenant = ?1 AND id = ?2";
        self.store.execute(sql, params![self.tenant.0, id])?;
        Ok(())
    }

    // ---- roles

    /// Who is in a role, in the order of their names.
    pub(crate) fn holders(&mut self, role: &str) -> Result<Vec<String>> {
        let sql = "SELECT user FROM role_holder WHERE tenant = ?1 AND role = ?2 ORDER BY user";
        all(self.store, sql, params![self.tenant.0, role], |row| Ok(row.text(0)?.to_owned()))
    }

    /// Somebody is in a role from now on, or not any more.
    pub(crate) fn set_holder(&mut self, role: &str, user: &str, holds: bool, (author, now): (&str, i64)) -> Result<()> {
        match holds {
            true => {
                let sql = "INSERT INTO role_holder (tenant, role, user, author, at) VALUES (?1, ?2, ?3, ?4, ?5)";
                self.store.execute(sql, params![self.tenant.0, role, user, author, now])?;
            }
            false => {
                let sql = "DELETE FROM role_holder WHERE tenant = ?1 AND role = ?2 AND user = ?3";
                self.store.execute(sql, params![self.tenant.0, role, user])?;
            }
        }
        Ok(())
    }
}
