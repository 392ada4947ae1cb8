//! What tokens wait for beside tasks: timers, messages; and what is sent.

use super::callers::AN_END;
use super::{Awaited, Instances, Message, Sent, Subscription, Timer};
use crate::error::Result;
use crate::ledger::chart::damaged;
use crate::store::{Row, all, first, params};

/// When a timer is due that stands still.
pub(crate) const NEVER: i64 = i64::MAX;

fn timer(row: &dyn Row) -> Result<Timer> {
    let every = row
        .maybe_text(5)?
        .map(|every| serde_json::from_str(every).map_err(|_| damaged("timer", "a time that is none")));
    let (instance, token, event, due) = (row.int(1)?, row.int(2)?, row.int(3)?, row.int(4)?);
    Ok(Timer { id: row.int(0)?, instance, token, event, due, every: every.transpose()? })
}

fn sent(row: &dyn Row) -> Result<Sent> {
    let (key, channel, address) = (row.text(0)?.to_owned(), row.text(2)?.to_owned(), row.text(3)?.to_owned());
    Ok(Sent { key, instance: row.int(1)?, channel, address, data: row.text(4)?.to_owned(), at: row.int(5)? })
}

impl Instances<'_> {
    pub(crate) fn set_timer(&mut self, of: (i64, i64), event: i64, due: i64, every: Option<[i64; 4]>) -> Result<()> {
        let id = self.next("SELECT coalesce(max(id), 0) FROM timer WHERE tenant = ?1")?;
        let sql = "INSERT INTO timer (tenant, id, instance, token, event, due, every, stops)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0)";
        let every = every.map(|every| serde_json::json!(every).to_string());
        self.store.execute(sql, params![self.tenant.0, id, of.0, of.1, event, due, every.as_deref()])?;
        Ok(())
    }

    /// A timer is due again later.
    pub(crate) fn due_again(&mut self, id: i64, due: i64) -> Result<()> {
        let sql = "UPDATE timer SET due = ?3 WHERE tenant = ?1 AND id = ?2";
        self.store.execute(sql, params![self.tenant.0, id, due])?;
        Ok(())
    }

    /// The timer that is due first, if it is by a moment. Those of a token that stands still wait until it goes on, unless
    /// it is only that nobody could be asked: what is done when the time is over is done all the same.
    pub(crate) fn due(&mut self, by: i64) -> Result<Option<Timer>> {
        let sql = "SELECT id, instance, token, event, due, every FROM timer WHERE tenant = ?1 AND due <= ?2
                   AND NOT EXISTS (SELECT 1 FROM token WHERE token.tenant = timer.tenant
                   AND token.instance = timer.instance AND token.id = timer.token AND token.incident IS NOT NULL
                   AND NOT EXISTS (SELECT 1 FROM request WHERE request.tenant = token.tenant
                   AND request.instance = token.instance AND request.token = token.id
                   AND request.state IN ('open', 'stopped') AND request.state = 'stopped'))
                   ORDER BY due, id LIMIT 1";
        first(self.store, sql, params![self.tenant.0, by], timer)
    }

    /// The timers of an event of a token are gone.
    pub(crate) fn remove_timers(&mut self, of: (i64, i64), event: i64) -> Result<()> {
        let sql = "DELETE FROM timer WHERE tenant = ?1 AND instance = ?2 AND token = ?3 AND event = ?4";
        self.store.execute(sql, params![self.tenant.0, of.0, of.1, event])?;
        Ok(())
    }

    pub(crate) fn remove_timer(&mut self, id: i64) -> Result<()> {
        self.store.execute("DELETE FROM timer WHERE tenant = ?1 AND id = ?2", params![self.tenant.0, id])?;
        Ok(())
    }

    pub(crate) fn subscribe(&mut self, of: (i64, i64), event: i64, message: &str, key: &str) -> Result<()> {
        let id = self.next("SELECT coalesce(max(id), 0) FROM subscription WHERE tenant = ?1")?;
        let sql = "INSERT INTO subscription (tenant, id, instance, token, event, message, key)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        self.store.execute(sql, params![self.tenant.0, id, of.0, of.1, event, message, key])?;
        Ok(())
    }

    /// Who waits for a message of this key, the oldest first, but for those who stand still.
    pub(crate) fn subscriptions(&mut self, message: &str, key: &str) -> Result<Vec<Subscription>> {
        let sql = "SELECT id, instance, token, event FROM subscription AS s
                   WHERE tenant = ?1 AND message = ?2 AND key = ?3 AND NOT EXISTS (SELECT 1 FROM token
                   WHERE token.tenant = s.tenant AND token.instance = s.instance AND token.id = s.token
                   AND token.incident IS NOT NULL) ORDER BY id";
        all(self.store, sql, params![self.tenant.0, message, key], |row| {
            Ok(Subscription { id: row.int(0)?, instance: row.int(1)?, token: row.int(2)?, event: row.int(3)? })
        })
    }

    /// The messages that a token waits for.
    pub(crate) fn subscriptions_of(&mut self, of: (i64, i64)) -> Result<Vec<Awaited>> {
        let sql = "SELECT event, message, key FROM subscription WHERE tenant = ?1 AND instance = ?2 AND token = ?3
                   AND message <> ?4 ORDER BY id";
        all(self.store, sql, params![self.tenant.0, of.0, of.1, AN_END], |row| {
            Ok(Awaited { event: row.int(0)?, message: row.text(1)?.to_owned(), key: row.text(2)?.to_owned() })
        })
    }

    /// The timers of a token, the one that is due first first.
    pub(crate) fn timers_of(&mut self, of: (i64, i64)) -> Result<Vec<Timer>> {
        let sql = "SELECT id, instance, token, event, due, every FROM timer WHERE tenant = ?1 AND instance = ?2 AND token = ?3
                   ORDER BY due, id";
        all(self.store, sql, params![self.tenant.0, of.0, of.1], timer)
    }

    /// The events of a token that wait for a child, each with the child's process.
    pub(crate) fn called_by(&mut self, of: (i64, i64)) -> Result<Vec<(i64, String)>> {
        let sql = "SELECT parent_event, process FROM instance
                   WHERE tenant = ?1 AND parent = ?2 AND parent_token = ?3 AND ended_at IS NULL
                   UNION ALL SELECT s.event, i.process FROM subscription AS s JOIN instance AS i ON i.tenant = s.tenant
                   AND i.id = CAST(s.key AS INTEGER) WHERE s.tenant = ?1 AND s.instance = ?2 AND s.token = ?3
                   AND s.message = ?4 ORDER BY 1, 2";
        all(self.store, sql, params![self.tenant.0, of.0, of.1, AN_END], |row| {
            Ok((row.int(0)?, row.text(1)?.to_owned()))
        })
    }

    /// The children that a token waits for and that name it.
    pub(crate) fn children_of(&mut self, of: (i64, i64)) -> Result<Vec<i64>> {
        let sql = "SELECT id FROM instance WHERE tenant = ?1 AND parent = ?2 AND parent_token = ?3 AND ended_at IS NULL
                   ORDER BY id";
        all(self.store, sql, params![self.tenant.0, of.0, of.1], |row| Ok(row.int(0)?))
    }

    /// The children that name another one that waits for them, and that a token waits for as well.
    pub(crate) fn also_awaited_by(&mut self, of: (i64, i64)) -> Result<Vec<i64>> {
        let sql = "SELECT CAST(key AS INTEGER) FROM subscription WHERE tenant = ?1 AND instance = ?2 AND token = ?3
                   AND message = ?4 ORDER BY id";
        all(self.store, sql, params![self.tenant.0, of.0, of.1, AN_END], |row| Ok(row.int(0)?))
    }

    /// A token waits for nothing any more; tasks that nobody has done are nobody's from now on.
    pub(crate) fn withdraw(&mut self, of: (i64, i64), now: i64) -> Result<()> {
        let sql = "UPDATE task SET state = 'withdrawn', ended_at = ?4
                   WHERE tenant = ?1 AND instance = ?2 AND token = ?3 AND state = 'open'";
        self.store.execute(sql, params![self.tenant.0, of.0, of.1, now])?;
        let sql = "UPDATE request SET state = 'withdrawn', ended_at = ?4
                   WHERE tenant = ?1 AND instance = ?2 AND token = ?3 AND state IN ('open', 'stopped')";
        self.store.execute(sql, params![self.tenant.0, of.0, of.1, now])?;
        for sql in [
            "DELETE FROM timer WHERE tenant = ?1 AND instance = ?2 AND token = ?3",
            "DELETE FROM subscription WHERE tenant = ?1 AND instance = ?2 AND token = ?3",
        ] {
            self.store.execute(sql, params![self.tenant.0, of.0, of.1])?;
        }
        Ok(())
    }

    // ---- messages

    /// The message that was sent before under the sender's own number for it.
    pub(crate) fn sent_before(&mut self, message: &str, sender: &str, sender_id: &str) -> Result<Option<i64>> {
        let sql = "SELECT id FROM message WHERE tenant = ?1 AND message = ?2 AND sender = ?3 AND sender_id = ?4
                   AND sender_id <> ''";
        first(self.store, sql, params![self.tenant.0, message, sender, sender_id], |row| Ok(row.int(0)?))
    }

    pub(crate) fn put_message(
        &mut self,
        message: &str,
        key: &str,
        (sender, sender_id): (&str, &str),
        data: &str,
        (now, keep, to_all): (i64, i64, bool),
    ) -> Result<i64> {
        let id = self.next("SELECT coalesce(max(id), 0) FROM message WHERE tenant = ?1")?;
        let sql = "INSERT INTO message (tenant, id, message, key, sender, sender_id, data, at, keep, to_all)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
        let (tenant, to_all) = (self.tenant.0, i64::from(to_all));
        self.store.execute(sql, params![tenant, id, message, key, sender, sender_id, data, now, keep, to_all])?;
        Ok(id)
    }

    /// Messages of a key that nobody took and that are still kept, the oldest first; of those that go to all, the ones that
    /// an instance has not taken. One that a token stands still over is that one's. Each comes with whether it is on its
    /// way to another token, which may take it.
    pub(crate) fn unclaimed(
        &mut self,
        message: &str,
        key: &str,
        instance: i64,
        now: i64,
    ) -> Result<Vec<(Message, bool)>> {
        let sql = "SELECT id, data, EXISTS (SELECT 1 FROM token AS k WHERE k.tenant = m.tenant AND k.message = m.id
                   AND m.to_all = 0) FROM message AS m WHERE tenant = ?1 AND message = ?2 AND key = ?3
                   AND taken_by IS NULL AND keep > ?4 AND NOT EXISTS (SELECT 1 FROM message_taken AS t
                   WHERE t.tenant = m.tenant AND t.message = m.id AND t.instance = ?5) AND NOT EXISTS (SELECT 1
                   FROM token AS k WHERE k.tenant = m.tenant AND k.message = m.id AND k.incident IS NOT NULL
                   AND m.to_all = 0) ORDER BY id";
        all(self.store, sql, params![self.tenant.0, message, key, now, instance], |row| {
            Ok((Message { id: row.int(0)?, data: row.text(1)?.to_owned() }, row.int(2)? == 1))
        })
    }

    pub(crate) fn take_message(&mut self, id: i64, instance: i64) -> Result<()> {
        let sql = "UPDATE message SET taken_by = ?3 WHERE tenant = ?1 AND id = ?2 AND to_all = 0";
        self.store.execute(sql, params![self.tenant.0, id, instance])?;
        let sql = "INSERT INTO message_taken (tenant, message, instance) SELECT tenant, id, ?3 FROM message
                   WHERE tenant = ?1 AND id = ?2 AND to_all = 1 ON CONFLICT (tenant, message, instance) DO NOTHING";
        self.store.execute(sql, params![self.tenant.0, id, instance])?;
        Ok(())
    }

    /// The instances that have taken a message that goes to all, in their order.
    pub(crate) fn takers(&mut self, id: i64) -> Result<Vec<i64>> {
        let sql = "SELECT instance FROM message_taken WHERE tenant = ?1 AND message = ?2 ORDER BY instance";
        all(self.store, sql, params![self.tenant.0, id], |row| Ok(row.int(0)?))
    }

    /// Does a token still wait for a message as it did?
    pub(crate) fn still_waits(&mut self, subscription: i64) -> Result<bool> {
        let sql = "SELECT id FROM subscription WHERE tenant = ?1 AND id = ?2";
        Ok(first(self.store, sql, params![self.tenant.0, subscription], |row| Ok(row.int(0)?))?.is_some())
    }

    /// The instance that stands still over a message.
    pub(crate) fn stopped_over(&mut self, message: i64) -> Result<Option<i64>> {
        let sql = "SELECT instance FROM token WHERE tenant = ?1 AND message = ?2 AND incident IS NOT NULL";
        first(self.store, sql, params![self.tenant.0, message], |row| Ok(row.int(0)?))
    }

    /// The instance that took a message.
    pub(crate) fn taken_by(&mut self, id: i64) -> Result<Option<i64>> {
        let sql = "SELECT taken_by FROM message WHERE tenant = ?1 AND id = ?2";
        Ok(first(self.store, sql, params![self.tenant.0, id], |row| Ok(row.maybe_int(0)?))?.flatten())
    }

    // ---- what is sent

    pub(crate) fn send(&mut self, instance: i64, channel: &str, address: &str, data: &str, now: i64) -> Result<()> {
        let id = self.next("SELECT coalesce(max(id), 0) FROM outbox WHERE tenant = ?1")?;
        let key = self.key_outside('o', id)?;
        let sql = "INSERT INTO outbox (tenant, id, key, instance, channel, address, data, at)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        self.store.execute(sql, params![self.tenant.0, id, key.as_str(), instance, channel, address, data, now])?;
        Ok(())
    }

    /// The oldest of a channel that was not sent yet.
    pub(crate) fn next_sent(&mut self, channel: &str) -> Result<Option<Sent>> {
        let sql = "SELECT key, instance, channel, address, data, at FROM outbox WHERE tenant = ?1 AND channel = ?2
                   AND sent_at IS NULL ORDER BY id LIMIT 1";
        first(self.store, sql, params![self.tenant.0, channel], sent)
    }

    /// The next things behind one of a number that something outside has to send, with their numbers.
    pub(crate) fn unsent(&mut self, behind: i64, most: i64) -> Result<Vec<(i64, Sent)>> {
        let sql = "SELECT key, instance, channel, address, data, at, id FROM outbox WHERE tenant = ?1
                   AND channel IN ('email', 'http') AND sent_at IS NULL AND id > ?2 ORDER BY id LIMIT ?3";
        all(self.store, sql, params![self.tenant.0, behind, most], |row| Ok((row.int(6)?, sent(row)?)))
    }

    /// Something of the outbox was sent; `false` if it was before, or nothing has that key.
    pub(crate) fn is_sent(&mut self, key: &str, now: i64) -> Result<bool> {
        let sql = "UPDATE outbox SET sent_at = ?3 WHERE tenant = ?1 AND key = ?2 AND sent_at IS NULL";
        Ok(self.store.execute(sql, params![self.tenant.0, key, now])? > 0)
    }

    /// How much went, or is to go, to an address.
    pub(crate) fn sent_to(&mut self, channel: &str, address: &str) -> Result<i64> {
        let sql = "SELECT count(*) FROM outbox WHERE tenant = ?1 AND channel = ?2 AND address = ?3";
        let count = first(self.store, sql, params![self.tenant.0, channel, address], |row| Ok(row.int(0)?))?;
        Ok(count.unwrap_or(0))
    }
}
