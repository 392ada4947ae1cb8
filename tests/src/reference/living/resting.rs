//! What tokens wait for: tasks, moments, messages, children, stretches that one at a time is in.

use super::super::time;
use super::super::value::Val;
use super::replay::Resting;
use super::{Does, KEEP, Lock, Message, Of, Refused, Task, Timer, Token, Town, Wait};
use bp_compiler::typed::TEvent;
use bp_compiler::types::{MessageId, Type};

fn wrong<T>(what: &str) -> Does<T> {
    Err(Refused::Stop(what.to_owned()))
}

impl Town<'_> {
    /// A token rests, and waits for what may happen there.
    pub(super) fn rest(&mut self, of: Of, resting: Resting) -> Does<()> {
        let Some(token) = self.token_mut(of) else { return wrong("a token of nothing") };
        token.point = Some(resting.clone());
        (token.ended, token.enough, token.items) = (0, None, None);
        token.parts.clear();
        let Resting { rest, asked, .. } = resting;
        if rest.events.iter().any(|event| matches!(event, TEvent::Joined { .. })) {
            let branches = rest.events.iter().enumerate().filter(|(_, event)| matches!(event, TEvent::Branch));
            for (number, (event, _)) in branches.enumerate() {
                self.part(of, (event as u16, number), None, None);
            }
        }
        let mut asked = asked.into_iter();
        for (number, event) in rest.events.iter().enumerate() {
            self.wait_for(of, number as u16, event, &mut asked)?;
        }
        self.look(of, 0, true)?;
        self.join(of)
    }

    fn wait_for(&mut self, of: Of, number: u16, event: &TEvent, asked: &mut impl Iterator<Item = Val>) -> Does<()> {
        let mut next = || asked.next().ok_or_else(|| Refused::Stop("nothing more was asked".to_owned()));
        match event {
            TEvent::Task(task) => {
                let (title, role, _) = (next()?.into_text()?, next()?, next()?);
                let Val::Role(role) = role else { return wrong("a role that is none") };
                let due = task.due.as_ref().map(|_| next()?.into_moment().map_err(Refused::from)).transpose()?;
                if task.escalate.is_some() {
                    next()?;
                }
                self.tasks_made += 1;
                let (id, name, title) = (self.tasks_made, task.name.to_string(), title.to_string());
                self.tasks.push(Task { id, of, event: number, name, title, role, due, overdue: false });
                if let Some(due) = due {
                    self.set_timer(of, None, due, None);
                }
            }
            TEvent::Message { message, fresh, beside, .. } => {
                let (id, key) = (self.next_number(), next()?.into_text()?.to_string());
                let (message, fresh, beside) = (*message, *fresh, *beside);
                self.waits.push(Wait { id, of, event: number, message, key, fresh, beside });
            }
            TEvent::Moment(_) => {
                let due = next()?.into_moment()?;
                self.set_timer(of, Some(number), due, None);
            }
            TEvent::Every(..) => {
                let (first, every) = (next()?.into_moment()?, next()?.into_period()?);
                self.set_timer(of, Some(number), first, Some(every));
            }
            TEvent::Branch => {}
            TEvent::Each(_) => {
                let items = next()?.into_list()?.to_vec();
                if !items.is_empty()
                    && let Some(token) = self.token_mut(of)
                {
                    token.items = Some(items);
                    self.ready.push_back(of);
                }
            }
            TEvent::Joined { enough, .. } => {
                if enough.is_some() {
                    let enough = next()?.rank().map(|rank| rank.to_integer());
                    let enough = enough.and_then(|enough| i64::try_from(enough).ok());
                    if let Some(token) = self.token_mut(of) {
                        token.enough = enough;
                    }
                }
            }
            TEvent::Lock { .. } => {
                let (id, key) = (self.next_number(), next()?.into_text()?.to_string());
                self.locks.push(Lock { id, key: key.clone(), of, event: number, inside: false, pending: false });
                self.let_in(&key);
            }
            TEvent::Request(_) => return wrong("not covered: requests"),
            TEvent::Child { process, params, .. } => {
                let params = params.iter().map(|_| next()).collect::<Does<Vec<Val>>>()?;
                let (child, fresh) = self.enter(*process, params, Some((of, number)))?;
                if !fresh {
                    self.await_known(child, (of, number));
                }
            }
        }
        Ok(())
    }

    /// A child that was there before has perhaps ended already.
    fn await_known(&mut self, child: i64, parent: (Of, u16)) {
        let Some(known) = self.instance_mut(child) else { return };
        match (known.ended, known.outcome.clone()) {
            (true, Some(outcome)) => self.happened(parent.0, Some((parent.1, vec![outcome])), None),
            _ => known.parents.push(parent),
        }
    }

    // ---- time

    fn set_timer(&mut self, of: Of, event: Option<u16>, due: i64, every: Option<[i64; 4]>) {
        let id = self.next_number();
        self.timers.push(Timer { id, of, event, due, every, stops: 0, left: 0 });
    }

    /// The timer that is due first, by a moment; those of a token that stands still wait.
    pub(super) fn due(&self, by: i64) -> Option<Timer> {
        let stands = |timer: &&Timer| self.token(timer.of).is_some_and(|token| token.incident);
        let runs = self.timers.iter().filter(|timer| timer.stops == 0);
        let due = runs.filter(|timer| timer.due <= by).filter(|timer| !stands(timer));
        due.min_by_key(|timer| (timer.due, timer.id)).cloned()
    }

    /// The clocks of the scope that a token stands in stand still, or go on with the time that is left.
    pub(super) fn pause(&mut self, of: Of, scope: &str, stands: bool) -> Does<()> {
        let mut at = self.token(of).and_then(|token| token.parent);
        while let Some(id) = at {
            let Some(token) = self.token((of.0, id)) else { break };
            if token.point.as_ref().is_some_and(|point| point.rest.name == scope) {
                let scope = (of.0, id);
                match stands {
                    true => self.pauses.push((of, scope)),
                    false => {
                        let own = self.pauses.iter().position(|pause| *pause == (of, scope));
                        own.map(|own| self.pauses.remove(own));
                    }
                }
                self.stop_clocks(scope, stands);
                return Ok(());
            }
            at = token.parent;
        }
        wrong("clocks of no scope")
    }

    fn stop_clocks(&mut self, scope: Of, stands: bool) {
        let now = self.evaluator.now;
        for timer in self.timers.iter_mut().filter(|timer| timer.of == scope) {
            match (stands, timer.stops) {
                (true, 0) => (timer.left, timer.stops) = ((timer.due - now).max(0), 1),
                (true, more) => timer.stops = more + 1,
                (false, 0) => {}
                (false, 1) => (timer.due, timer.stops) = (now + timer.left, 0),
                (false, more) => timer.stops = more - 1,
            }
        }
    }

    /// A token is gone: the clocks that it stopped go on.
    pub(super) fn unpause_all(&mut self, of: Of) {
        while let Some(at) = self.pauses.iter().position(|(by, _)| *by == of) {
            let (_, scope) = self.pauses.remove(at);
            self.stop_clocks(scope, false);
        }
    }

    pub(super) fn fires(&mut self, timer: &Timer) -> Does<()> {
        let next = match timer.every {
            Some(every) => {
                let next = time::add_to_moment(timer.due, every);
                let next = next.map_err(|fault| Refused::Stop(format!("{fault:?}")))?;
                Some(next.max(timer.due + 1))
            }
            None => None,
        };
        match next {
            Some(next) => self.timers.iter_mut().filter(|known| known.id == timer.id).for_each(|own| own.due = next),
            None => self.timers.retain(|known| known.id != timer.id),
        }
        match timer.event {
            Some(event) => {
                self.comes(timer.of, event, Vec::new(), None)?;
                self.tell(timer.of.0, "timer", "");
            }
            None => {
                self.tasks.iter_mut().filter(|task| task.of == timer.of).for_each(|task| task.overdue = true);
                self.tell(timer.of.0, "overdue", "");
            }
        }
        Ok(())
    }

    /// Something that a token waits for has come: it goes on with it, or a branch of it begins.
    fn comes(&mut self, of: Of, event: u16, given: Vec<Val>, message: Option<i64>) -> Does<()> {
        if self.has_branches(of) {
            let point = self.token(of).and_then(|token| token.point.as_ref());
            let known = point.and_then(|point| point.rest.events.get(usize::from(event)));
            if matches!(known, Some(TEvent::Every(..) | TEvent::Message { beside: true, .. })) {
                self.part(of, (event, 0), Some(given), message);
                return Ok(());
            }
            if message.is_none() {
                self.end_branches(of)?;
            }
        }
        self.happened(of, Some((event, given)), message);
        Ok(())
    }

    // ---- messages

    fn key_of(&self, message: MessageId, record: &Val) -> Does<String> {
        let declared = &self.checked.messages[message.index()];
        let fields = &self.checked.records[declared.record.index()].fields;
        let Val::Record(values) = record else { return wrong("a message that is no record") };
        let mut parts = Vec::new();
        for field in &declared.key {
            let at = usize::from(*field);
            parts.push(super::super::text::shown(self.checked, &values[at], &fields[at].ty)?);
        }
        Ok(parts.join("\0"))
    }

    /// A message goes to the oldest that waits for it, or is kept for who comes to.
    pub(super) fn take_in(&mut self, message: MessageId, record: Val, sender: (String, String)) -> Does<()> {
        let same = |known: &Message| known.message == message && known.sender == sender;
        if !sender.1.is_empty() && self.messages.iter().any(same) {
            return Ok(());
        }
        let declared = &self.checked.messages[message.index()];
        let (key, to_all, now) = (self.key_of(message, &record)?, declared.to_all, self.evaluator.now);
        let keep = match declared.keep {
            Some(func) => {
                let period = self.evaluator.call(func, Vec::new())?.into_period()?;
                time::add_to_moment(now, period).map_err(|fault| Refused::Stop(format!("{fault:?}")))?
            }
            None => now + KEEP,
        };
        let id = self.messages.len() as i64 + 1;
        let (kept, taken) = (record.clone(), Vec::new());
        self.messages.push(Message { id, message, key: key.clone(), sender, record: kept, keep, to_all, taken });
        let is_for = |wait: &&Wait| wait.message == message && wait.key == key;
        let waiting: Vec<(i64, Of, u16)> =
            self.waits.iter().filter(is_for).map(|wait| (wait.id, wait.of, wait.event)).collect();
        for (wait, of, event) in waiting {
            let still = self.waits.iter().any(|known| known.id == wait);
            if !still || self.token(of).is_some_and(|token| token.incident) {
                continue;
            }
            self.comes(of, event, vec![record.clone()], Some(id))?;
            self.settle()?;
            // Who stands still over it has it as well.
            if !to_all && self.is_taken(id) {
                break;
            }
        }
        Ok(())
    }

    fn is_taken(&self, message: i64) -> bool {
        let taken = self.messages.iter().any(|known| known.id == message && !known.taken.is_empty());
        let has = |token: &Token| token.message == Some(message) && token.incident;
        taken || self.instances.iter().any(|instance| instance.tokens.iter().any(has))
    }

    /// A token looks for the first message behind one of a number that came before it waits for it. Nobody takes one that
    /// is on its way to another: the token looks again when that one has taken it or left it.
    pub(super) fn look(&mut self, of: Of, behind: i64, begins: bool) -> Does<()> {
        if let Some(token) = self.token_mut(of) {
            token.looks = None;
        }
        let now = self.evaluator.now;
        let own: Vec<Wait> = self.waits.iter().filter(|wait| wait.of == of && !wait.fresh).cloned().collect();
        let (mut beside, mut found) = (Vec::new(), Vec::new());
        for wait in own {
            for message in &self.messages {
                let kept = message.message == wait.message && message.key == wait.key && message.keep > now;
                let there = if message.to_all { message.taken.contains(&of.0) } else { self.is_taken(message.id) };
                if !kept || there {
                    continue;
                }
                let offered = !message.to_all && self.is_offered(message.id);
                let known = (message.id, wait.event, message.record.clone(), offered);
                match wait.beside {
                    true if begins && !offered => beside.push(known),
                    false if message.id > behind => found.push(known),
                    _ => {}
                }
            }
        }
        beside.sort_by_key(|(id, event, ..)| (*id, *event));
        for (id, event, record, _) in beside {
            self.comes(of, event, vec![record], Some(id))?;
        }
        // Of one message the wait that was said first.
        let first = found.into_iter().reduce(|first, other| if other.0 < first.0 { other } else { first });
        match first {
            Some((_, _, _, true)) => {
                if let Some(token) = self.token_mut(of) {
                    token.looks = Some(behind);
                }
                self.ready.retain(|known| *known != of);
                self.ready.push_back(of);
                Ok(())
            }
            Some((id, event, record, false)) => self.comes(of, event, vec![record], Some(id)),
            None => Ok(()),
        }
    }

    /// Is a message on its way to a token?
    fn is_offered(&self, message: i64) -> bool {
        let mut tokens = self.instances.iter().flat_map(|instance| &instance.tokens);
        tokens.any(|token| token.message == Some(message))
    }

    // ---- one at a time

    /// Lets in who is next: the instance that came first, wherever it waits.
    fn let_in(&mut self, key: &str) {
        let of_key = self.locks.iter().filter(|lock| lock.key == key);
        let Some(instance) = of_key.min_by_key(|lock| lock.id).map(|lock| lock.of.0) else { return };
        let mut entered = Vec::new();
        for lock in self.locks.iter_mut().filter(|lock| lock.key == key && lock.of.0 == instance && !lock.inside) {
            lock.inside = true;
            entered.push((lock.id, lock.of, lock.event));
        }
        entered.sort_by_key(|(id, ..)| *id);
        entered.into_iter().for_each(|(_, of, event)| self.happened(of, Some((event, Vec::new())), None));
    }

    pub(super) fn leave(&mut self, id: i64) {
        let Some(at) = self.locks.iter().position(|lock| lock.id == id) else { return };
        let lock = self.locks.remove(at);
        self.let_in(&lock.key);
    }

    /// The numbers of the locks that fit, the last one first.
    fn leaving(&self, fits: impl Fn(&Lock) -> bool) -> Vec<i64> {
        let mut found: Vec<i64> = self.locks.iter().filter(|lock| fits(lock)).map(|lock| lock.id).collect();
        found.sort_unstable_by_key(|id| std::cmp::Reverse(*id));
        found
    }

    /// A token leaves the stretch that it has come into last.
    pub(super) fn unlock(&mut self, of: Of) {
        if let Some(last) = self.leaving(|lock| lock.of == of && !lock.pending).first() {
            self.leave(*last);
        }
    }

    pub(super) fn leave_token(&mut self, of: Of, pending: bool) {
        let all = self.leaving(|lock| lock.of == of && lock.pending == pending);
        all.into_iter().for_each(|id| self.leave(id));
    }

    pub(super) fn leave_all(&mut self, instance: i64) {
        let all = self.leaving(|lock| lock.of.0 == instance);
        all.into_iter().for_each(|id| self.leave(id));
    }

    /// A token is ended: it waits for no stretch any more, and those that it is in it leaves when what it did is taken
    /// back, before another token goes on.
    pub(super) fn end_stretches(&mut self, of: Of, before: i64) {
        let waits = self.leaving(|lock| lock.of == of && !lock.inside);
        waits.into_iter().for_each(|id| self.leave(id));
        for lock in self.locks.iter_mut().filter(|lock| lock.of == of) {
            (lock.of.1, lock.pending) = (before, true);
        }
    }

    /// What a task asks for.
    pub(super) fn form_of(&self, task: &Task) -> Does<Type> {
        let point = self.token(task.of).and_then(|token| token.point.as_ref());
        match point.and_then(|point| point.rest.events.get(usize::from(task.event))) {
            Some(TEvent::Task(task)) => Ok(Type::Record(task.form)),
            _ => wrong("a task of nothing"),
        }
    }
}
