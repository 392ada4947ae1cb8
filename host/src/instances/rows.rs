//! Instances, tokens, what takes them back, and their story.

use super::{Event, Instance, InstanceState, Instances, Parent, Token, Undo};
use crate::error::Result;
use crate::ledger::chart::damaged;
use crate::store::{Row, all, first, params};

const BY_KEY: &str = "SELECT id FROM instance WHERE tenant = ?1 AND process = ?2 AND key = ?3 AND key <> ''";
/// Selects tokens, as [`token`] reads them.
macro_rules! tokens {
    ($of:literal) => {
        concat!(
            "SELECT instance, id, point, live, event, given, message, incident, parent, began, number, cursor FROM token
             WHERE tenant = ?1 AND ",
            $of
        )
    };
}

/// Selects instances, as [`instance`] reads them.
macro_rules! instances {
    ($of:literal) => {
        concat!(
            "SELECT id, process, key, state, outcome, noted, parent, parent_token, parent_event, started_at,
             ended_at, stays FROM instance WHERE tenant = ?1 AND ",
            $of
        )
    };
}

const TOKEN: &str = tokens!("instance = ?2 AND id = ?3");
const TOKENS: &str = tokens!("instance = ?2 ORDER BY id");
const INCIDENTS: &str = tokens!("incident IS NOT NULL ORDER BY instance, id");
const INSTANCE: &str = instances!("id = ?2");
const ALL: &str = instances!("id > ?2 ORDER BY id LIMIT ?3");
const READY: &str = "SELECT instance, id FROM token WHERE tenant = ?1 AND ready > 0 ORDER BY ready LIMIT 1";

fn instance(row: &dyn Row) -> Result<Instance> {
    let parent = match (row.maybe_int(6)?, row.maybe_int(7)?, row.maybe_int(8)?) {
        (Some(instance), Some(token), Some(event)) => Some(Parent { instance, token, event }),
        _ => None,
    };
    Ok(Instance {
        id: row.int(0)?,
        process: row.text(1)?.to_owned(),
        key: row.text(2)?.to_owned(),
        state: InstanceState::from_name(row.text(3)?).ok_or_else(|| damaged("instance", "a state that is none"))?,
        outcome: row.maybe_text(4)?.map(str::to_owned),
        noted: row.text(5)?.to_owned(),
        parent,
        started_at: row.int(9)?,
        ended_at: row.maybe_int(10)?,
        stays: row.maybe_text(11)?.map(str::to_owned),
    })
}

fn token(row: &dyn Row) -> Result<Token> {
    Ok(Token {
        instance: row.int(0)?,
        id: row.int(1)?,
        point: row.text(2)?.to_owned(),
        live: row.text(3)?.to_owned(),
        event: row.maybe_int(4)?,
        given: row.maybe_text(5)?.map(str::to_owned),
        message: row.maybe_int(6)?,
        incident: row.maybe_text(7)?.map(str::to_owned),
        parent: row.maybe_int(8)?,
        began: row.maybe_int(9)?,
        number: row.int(10)?,
        cursor: row.maybe_int(11)?,
    })
}

impl Instances<'_> {
    /// One more than the largest of what a query gives.
    pub(super) fn next(&mut self, sql: &'static str) -> Result<i64> {
        let last = first(self.store, sql, params![self.tenant.0], |row| Ok(row.int(0)?))?;
        Ok(last.unwrap_or(0) + 1)
    }

    /// A new instance, with a token that may begin.
    pub(crate) fn start(
        &mut self,
        process: &str,
        key: &str,
        given: &str,
        parent: Option<Parent>,
        (book, now): (i64, i64),
    ) -> Result<i64> {
        let id = self.next("SELECT coalesce(max(id), 0) FROM instance WHERE tenant = ?1")?;
        let (of, token, event) = (parent.map(|p| p.instance), parent.map(|p| p.token), parent.map(|p| p.event));
        let sql = "INSERT INTO instance (tenant, id, book, process, key, state, noted, parent, parent_token,
                   parent_event, started_at) VALUES (?1, ?2, ?3, ?4, ?5, 'running', '{}', ?6, ?7, ?8, ?9)";
        self.store.execute(sql, params![self.tenant.0, id, book, process, key, of, token, event, now])?;
        let sql = "INSERT INTO instance_params (tenant, instance, params) VALUES (?1, ?2, ?3)";
        self.store.execute(sql, params![self.tenant.0, id, given])?;
        let sql = "INSERT INTO token (tenant, instance, id, number, ended, point, live, ready)
                   VALUES (?1, ?2, 1, 0, 0, '', '{}', ?3)";
        let ready = self.next_ready()?;
        self.store.execute(sql, params![self.tenant.0, id, ready])?;
        Ok(id)
    }

    pub(crate) fn instance(&mut self, id: i64) -> Result<Option<Instance>> {
        first(self.store, INSTANCE, params![self.tenant.0, id], instance)
    }

    /// What an instance was started with, as JSON.
    pub(crate) fn params_of(&mut self, id: i64) -> Result<String> {
        let sql = "SELECT params FROM instance_params WHERE tenant = ?1 AND instance = ?2";
        let params = first(self.store, sql, params![self.tenant.0, id], |row| Ok(row.text(0)?.to_owned()))?;
        Ok(params.ok_or_else(|| damaged("instance_params", "an instance without them"))?)
    }

    pub(crate) fn instance_of_key(&mut self, process: &str, key: &str) -> Result<Option<i64>> {
        first(self.store, BY_KEY, params![self.tenant.0, process, key], |row| Ok(row.int(0)?))
    }

    /// The next instances behind one of a number.
    pub(crate) fn instances(&mut self, behind: i64, most: i64) -> Result<Vec<Instance>> {
        all(self.store, ALL, params![self.tenant.0, behind, most], instance)
    }

    pub(crate) fn end(&mut self, id: i64, state: InstanceState, outcome: Option<&str>, now: i64) -> Result<()> {
        let sql = "UPDATE instance SET state = ?3, outcome = ?4, ended_at = ?5 WHERE tenant = ?1 AND id = ?2";
        self.store.execute(sql, params![self.tenant.0, id, state.name(), outcome, now])?;
        let sql = "DELETE FROM undo_log WHERE tenant = ?1 AND instance = ?2";
        self.store.execute(sql, params![self.tenant.0, id])?;
        Ok(())
    }

    /// An instance has done something that nothing takes back.
    pub(crate) fn set_stays(&mut self, id: i64, what: &str) -> Result<()> {
        let sql = "UPDATE instance SET stays = coalesce(stays, ?3) WHERE tenant = ?1 AND id = ?2";
        self.store.execute(sql, params![self.tenant.0, id, what])?;
        Ok(())
    }

    /// Keeps what a process has come to while what it did is being taken back.
    pub(crate) fn keep_outcome(&mut self, id: i64, outcome: &str) -> Result<()> {
        let sql = "UPDATE instance SET state = 'undoing', outcome = ?3 WHERE tenant = ?1 AND id = ?2";
        self.store.execute(sql, params![self.tenant.0, id, outcome])?;
        Ok(())
    }

    /// What a process has come to that has branches which have not ended.
    pub(crate) fn set_outcome(&mut self, id: i64, outcome: &str) -> Result<()> {
        let sql = "UPDATE instance SET outcome = ?3 WHERE tenant = ?1 AND id = ?2";
        self.store.execute(sql, params![self.tenant.0, id, outcome])?;
        Ok(())
    }

    /// Somebody waits for an instance that was there before.
    pub(crate) fn adopt(&mut self, id: i64, parent: Parent) -> Result<()> {
        let sql = "UPDATE instance SET parent = ?3, parent_token = ?4, parent_event = ?5 WHERE tenant = ?1 AND id = ?2";
        self.store.execute(sql, params![self.tenant.0, id, parent.instance, parent.token, parent.event])?;
        Ok(())
    }

    pub(crate) fn set_noted(&mut self, id: i64, noted: &str) -> Result<()> {
        let sql = "UPDATE instance SET noted = ?3 WHERE tenant = ?1 AND id = ?2";
        self.store.execute(sql, params![self.tenant.0, id, noted])?;
        Ok(())
    }

    // ---- tokens

    pub(super) fn next_ready(&mut self) -> Result<i64> {
        self.next("SELECT coalesce(max(ready), 0) FROM token WHERE tenant = ?1 AND ready > 0")
    }

    pub(crate) fn token(&mut self, instance: i64, id: i64) -> Result<Option<Token>> {
        first(self.store, TOKEN, params![self.tenant.0, instance, id], token)
    }

    pub(crate) fn tokens(&mut self, instance: i64) -> Result<Vec<Token>> {
        all(self.store, TOKENS, params![self.tenant.0, instance], token)
    }

    /// The token that may go on and has waited longest for it.
    pub(crate) fn ready(&mut self) -> Result<Option<(i64, i64)>> {
        first(self.store, READY, params![self.tenant.0], |row| Ok((row.int(0)?, row.int(1)?)))
    }

    /// The token rests at a point.
    pub(crate) fn rest(&mut self, of: (i64, i64), point: &str, live: &str) -> Result<()> {
        let sql = "UPDATE token SET point = ?4, live = ?5, ready = 0, event = NULL, given = NULL, message = NULL,
                   incident = NULL, cursor = NULL, ended = 0, enough = NULL
                   WHERE tenant = ?1 AND instance = ?2 AND id = ?3";
        self.store.execute(sql, params![self.tenant.0, of.0, of.1, point, live])?;
        self.forget_items(of)
    }

    /// The token has come behind a step, and goes on from there; its turn stays what it was.
    pub(crate) fn pauses(&mut self, of: (i64, i64), point: &str, live: &str) -> Result<()> {
        let sql = "UPDATE token SET point = ?4, live = ?5, event = NULL, given = NULL, message = NULL, incident = NULL,
                   cursor = NULL, ended = 0, enough = NULL WHERE tenant = ?1 AND instance = ?2 AND id = ?3";
        self.store.execute(sql, params![self.tenant.0, of.0, of.1, point, live])?;
        self.forget_items(of)
    }

    /// What a token waits for has happened.
    pub(crate) fn happened(
        &mut self,
        of: (i64, i64),
        event: Option<i64>,
        given: Option<&str>,
        message: Option<i64>,
    ) -> Result<()> {
        let ready = self.next_ready()?;
        let sql = "UPDATE token SET ready = ?4, event = ?5, given = ?6, message = ?7
                   WHERE tenant = ?1 AND instance = ?2 AND id = ?3";
        self.store.execute(sql, params![self.tenant.0, of.0, of.1, ready, event, given, message])?;
        Ok(())
    }

    /// What has happened is not what the token waits for.
    pub(crate) fn waits_on(&mut self, of: (i64, i64)) -> Result<()> {
        let sql = "UPDATE token SET ready = 0, event = NULL, given = NULL, message = NULL
                   WHERE tenant = ?1 AND instance = ?2 AND id = ?3";
        self.store.execute(sql, params![self.tenant.0, of.0, of.1])?;
        Ok(())
    }

    /// The token stands still until an operator lets it go on.
    pub(crate) fn stop(&mut self, of: (i64, i64), why: &str) -> Result<()> {
        let sql = "UPDATE token SET ready = 0, incident = ?4 WHERE tenant = ?1 AND instance = ?2 AND id = ?3";
        self.store.execute(sql, params![self.tenant.0, of.0, of.1, why])?;
        Ok(())
    }

    /// Lets a token that stands still try again what it failed at.
    pub(crate) fn retry(&mut self, of: (i64, i64)) -> Result<()> {
        let ready = self.next_ready()?;
        let sql = "UPDATE token SET ready = ?4, incident = NULL
                   WHERE tenant = ?1 AND instance = ?2 AND id = ?3 AND incident IS NOT NULL";
        self.store.execute(sql, params![self.tenant.0, of.0, of.1, ready])?;
        Ok(())
    }

    /// The token stands still no more, and waits on for what it has waited for.
    pub(crate) fn stands_no_more(&mut self, of: (i64, i64)) -> Result<()> {
        let sql = "UPDATE token SET incident = NULL WHERE tenant = ?1 AND instance = ?2 AND id = ?3";
        self.store.execute(sql, params![self.tenant.0, of.0, of.1])?;
        Ok(())
    }

    /// The tokens that stand still.
    pub(crate) fn incidents(&mut self) -> Result<Vec<Token>> {
        all(self.store, INCIDENTS, params![self.tenant.0], token)
    }

    /// An instance stands nowhere any more, and waits for nothing.
    pub(crate) fn remove_tokens(&mut self, instance: i64, now: i64) -> Result<()> {
        self.leave_all(instance)?;
        let sql = "UPDATE task SET state = 'withdrawn', ended_at = ?3
                   WHERE tenant = ?1 AND instance = ?2 AND state = 'open'";
        self.store.execute(sql, params![self.tenant.0, instance, now])?;
        let sql = "UPDATE request SET state = 'withdrawn', ended_at = ?3
                   WHERE tenant = ?1 AND instance = ?2 AND state IN ('open', 'stopped')";
        self.store.execute(sql, params![self.tenant.0, instance, now])?;
        for sql in [
            "DELETE FROM token WHERE tenant = ?1 AND instance = ?2",
            "DELETE FROM timer WHERE tenant = ?1 AND instance = ?2",
            "DELETE FROM branch_items WHERE tenant = ?1 AND instance = ?2",
            "DELETE FROM pause WHERE tenant = ?1 AND instance = ?2",
            "DELETE FROM subscription WHERE tenant = ?1 AND instance = ?2",
        ] {
            self.store.execute(sql, params![self.tenant.0, instance])?;
        }
        Ok(())
    }

    // ---- what takes steps back

    pub(crate) fn put_undo(&mut self, of: (i64, i64), step: &str, captured: &str, entries: &str) -> Result<()> {
        let (instance, token) = of;
        let sql = "SELECT coalesce(max(seq), 0) + 1 FROM undo_log WHERE tenant = ?1 AND instance = ?2";
        let seq = first(self.store, sql, params![self.tenant.0, instance], |row| Ok(row.int(0)?))?.unwrap_or(1);
        let sql = "INSERT INTO undo_log (tenant, instance, seq, token, step, captured, entries)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        self.store.execute(sql, params![self.tenant.0, instance, seq, token, step, captured, entries])?;
        Ok(())
    }

    /// The last step that is not taken back yet; with a token only of those that are to be before it goes on.
    pub(crate) fn last_undo(&mut self, instance: i64, before: Option<i64>) -> Result<Option<Undo>> {
        let sql = "SELECT seq, step, captured, entries FROM undo_log WHERE tenant = ?1 AND instance = ?2
                   AND (?3 IS NULL OR token = -?3) ORDER BY seq DESC LIMIT 1";
        first(self.store, sql, params![self.tenant.0, instance, before], |row| {
            let (step, captured) = (row.text(1)?.to_owned(), row.text(2)?.to_owned());
            Ok(Undo { seq: row.int(0)?, step, captured, entries: row.text(3)?.to_owned() })
        })
    }

    pub(crate) fn remove_undo(&mut self, instance: i64, seq: i64) -> Result<()> {
        let sql = "DELETE FROM undo_log WHERE tenant = ?1 AND instance = ?2 AND seq = ?3";
        self.store.execute(sql, params![self.tenant.0, instance, seq])?;
        Ok(())
    }

    // ---- duties

    /// What somebody has played in an instance.
    pub(crate) fn played(&mut self, instance: i64, actor: &str) -> Result<Vec<String>> {
        let sql = "SELECT duty FROM duty_played WHERE tenant = ?1 AND instance = ?2 AND actor = ?3 ORDER BY duty";
        all(self.store, sql, params![self.tenant.0, instance, actor], |row| Ok(row.text(0)?.to_owned()))
    }

    pub(crate) fn plays(&mut self, instance: i64, duty: &str, actor: &str) -> Result<()> {
        let sql = "INSERT INTO duty_played (tenant, instance, duty, actor) VALUES (?1, ?2, ?3, ?4)
                   ON CONFLICT (tenant, instance, duty, actor) DO NOTHING";
        self.store.execute(sql, params![self.tenant.0, instance, duty, actor])?;
        Ok(())
    }

    // ---- the story

    pub(crate) fn tell(&mut self, instance: i64, what: &str, name: &str, author: &str, now: i64) -> Result<()> {
        let sql = "SELECT coalesce(max(seq), 0) + 1 FROM history WHERE tenant = ?1 AND instance = ?2";
        let seq = first(self.store, sql, params![self.tenant.0, instance], |row| Ok(row.int(0)?))?.unwrap_or(1);
        let sql =
            "INSERT INTO history (tenant, instance, seq, at, what, name, author) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        self.store.execute(sql, params![self.tenant.0, instance, seq, now, what, name, author])?;
        Ok(())
    }

    pub(crate) fn story(&mut self, instance: i64) -> Result<Vec<Event>> {
        let sql = "SELECT at, what, name, author FROM history WHERE tenant = ?1 AND instance = ?2 ORDER BY seq";
        all(self.store, sql, params![self.tenant.0, instance], |row| {
            let (what, name, author) = (row.text(1)?.to_owned(), row.text(2)?.to_owned(), row.text(3)?.to_owned());
            Ok(Event { at: row.int(0)?, what, name, author })
        })
    }
}
