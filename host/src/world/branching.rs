//! Processes that go on in several places at once: how they part and join, what begins beside a stretch, and how what
//! is ended before its end is taken back.

use bp_bytecode::process::{Event, Point};
use bp_bytecode::value::Value;
use bp_vm::Handed;
use serde_json::Value as Json;

use super::living::{Failed, object, point_named, unfit};
use super::{HostWorld, codec, text};
use crate::error::Result;
use crate::instances::{Instance, InstanceState, Timer, Token};
use crate::ledger::hold::owner_of;

impl<'a> HostWorld<'a> {
    /// The point where a token rests.
    pub(super) fn point_of(&mut self, of: (i64, i64)) -> Result<Option<&'a Point>> {
        let rows = self.with_instances(|rows| Ok((rows.instance(of.0)?, rows.token(of.0, of.1)?)))?;
        let (Some(instance), Some(token)) = rows else { return Ok(None) };
        let process = self.process_named(&instance.process)?;
        Ok(Some(&self.program.points[point_named(self.program, process, &token.point)?.index()]))
    }

    /// Something that a token waits for has come: the token goes on with it, or a branch of it begins.
    pub(super) fn comes(
        &mut self,
        of: (i64, i64),
        event: i64,
        given: Option<&str>,
        message: Option<i64>,
    ) -> Result<()> {
        if self.with_instances(|rows| rows.has_branches(of))? {
            let point = self.point_of(of)?;
            let known = point.and_then(|point| point.events.get(usize::try_from(event).ok()?));
            if matches!(known, Some(Event::Every | Event::Message { beside: true, .. })) {
                return self.with_instances(|rows| rows.part(of, event, given, message));
            }
            // Whether a message is the one that ends them is for the process to say.
            if message.is_none() {
                self.end_branches(of)?;
            }
        }
        self.with_instances(|rows| rows.happened(of, Some(event), given, message))
    }

    /// A timer is due, which is no task's.
    pub(super) fn timer_due(&mut self, timer: &Timer) -> Result<()> {
        match timer.every {
            Some(every) => {
                let next = self.moment_behind(timer.due, every)?;
                self.with_instances(|rows| rows.due_again(timer.id, next))?;
            }
            None => self.with_instances(|rows| rows.remove_timer(timer.id))?,
        }
        self.comes((timer.instance, timer.token), timer.event, None, None)
    }

    /// The clocks of the scope that the running token has begun at a point stand still, or go on.
    pub(super) fn pause_scope(&mut self, point: &str, stands: bool) -> Result<()> {
        let (instance, mut at) = (self.current()?, Some(self.current_token()));
        let now = self.context.now;
        while let Some(id) = at {
            let token = self.with_instances(|rows| rows.token(instance, id))?;
            let token = token.ok_or_else(|| unfit("a branch of nothing".to_owned()))?;
            if token.parent.is_some() && self.is_at(instance, token.parent, point)? {
                let of = (instance, token.parent.unwrap_or_default());
                return self.with_instances(|rows| rows.pause(of, stands, now));
            }
            at = token.parent;
        }
        Ok(())
    }

    fn is_at(&mut self, instance: i64, token: Option<i64>, point: &str) -> Result<bool> {
        let token = self.with_instances(|rows| rows.token(instance, token.unwrap_or_default()))?;
        Ok(token.is_some_and(|token| token.point == point))
    }

    /// A branch has ended: what it hands on is kept until the last one has.
    pub(super) fn branch_over(&mut self, instance: &Instance, token: &Token, handed: &Handed) -> Result<()> {
        let program = self.program;
        let events = &program.points[handed.point.index()].events;
        let joined = events.iter().position(|event| matches!(event, Event::Joined { .. }));
        let (Some(number), Some(parent)) = (joined, token.parent) else {
            return Err(unfit("a branch that nothing has parted into".to_owned()));
        };
        let Event::Joined { parts } = &events[number] else { return Ok(()) };
        let parts = parts.get(usize::from(handed.at)..).unwrap_or_default();
        let known = self.with_instances(|rows| rows.token(token.instance, parent))?;
        let is_branch = known.as_ref().is_some_and(|known| known.parent.is_some());
        let before = object(known.and_then(|known| known.given).as_deref().unwrap_or("{}"))?;
        let all = self.with_documents(|names| codec::write_fields(program, parts, &handed.values, before, names))?;
        let all = Json::Object(all).to_string();
        let (of, now) = ((token.instance, token.id), self.context.now);
        let began = token.began.and_then(|began| events.get(usize::try_from(began).ok()?));
        let name = instance_name(instance);
        let to = owner_of(&name, if is_branch { parent } else { 0 });
        self.with_books(|books| books.give_holds(&owner_of(&name, token.id), &to))?;
        let left = self.with_instances(|rows| {
            rows.hand_undos(of, parent)?;
            if matches!(began, Some(Event::Branch)) {
                // Nothing begins beside a stretch that is over.
                rows.withdraw((of.0, parent), now)?;
            }
            rows.end_branch(of, parent, &all)
        })?;
        if left == 0 {
            let of = (token.instance, parent);
            self.with_instances(|rows| rows.happened(of, Some(number as i64), Some(&all), None))?;
        }
        Ok(())
    }

    /// A message has come to a token that has branches: where it is the one that is waited for they are ended, and the
    /// token goes on when what they did is taken back.
    pub(super) fn ends_by_message(&mut self, instance: &Instance, token: &Token) -> Result<()> {
        let of = (token.instance, token.id);
        let ran = self.stretch(instance, token, None);
        if let Err(Failed::Store(error)) = ran {
            return Err(error);
        }
        let behind = self.with_instances(|rows| rows.token(of.0, of.1))?;
        let declined = behind.is_some_and(|behind| behind.point == token.point && behind.message != token.message);
        if ran.is_err() || !declined {
            self.roll_back()?;
            self.end_branches(of)?;
        }
        self.commit()
    }

    /// The branches of a token are ended before their end. What they did is taken back before the token goes on.
    fn end_branches(&mut self, of: (i64, i64)) -> Result<()> {
        let tokens = self.with_instances(|rows| rows.tokens(of.0))?;
        let mut ended = vec![of.1];
        let mut at = 0;
        while at < ended.len() {
            let parent = Some(ended[at]);
            ended.extend(tokens.iter().filter(|token| token.parent == parent).map(|token| token.id));
            at += 1;
        }
        self.end_tokens(of, &ended[1..])?;
        self.tell_of(of.0, "ended", "branches")
    }

    /// Tokens of an instance are ended before their end; one of it goes on, when what they did is taken back.
    pub(super) fn end_tokens(&mut self, before: (i64, i64), tokens: &[i64]) -> Result<()> {
        let now = self.context.now;
        let instance = self.with_instances(|rows| rows.instance(before.0))?;
        let instance = instance.ok_or_else(|| unfit("a token of nothing".to_owned()))?;
        for token in tokens {
            self.release_held(&owner_of(&instance_name(&instance), *token))?;
            self.with_instances(|rows| rows.end_token((before.0, *token), before.1, now))?;
        }
        Ok(())
    }

    fn release_held(&mut self, owner: &str) -> Result<()> {
        self.with_books(|books| {
            let held = books.open_holds(owner)?;
            held.into_iter().try_for_each(|hold| books.release(hold))
        })
    }

    /// Takes back what was ended before a token goes on: the children that were called, then the steps, the last one
    /// first. `false` if one of it stands still.
    pub(super) fn take_back_ended(&mut self, instance: &Instance, of: (i64, i64)) -> Result<bool> {
        for child in self.with_instances(|rows| rows.ended_children(of))? {
            self.cancel_instance(child)?;
        }
        self.take_back(instance, of, Some(of.1))
    }

    /// An instance goes no further: what it did is taken back, and it has no outcome.
    pub(super) fn cancel_instance(&mut self, id: i64) -> Result<()> {
        let Some(instance) = self.with_instances(|rows| rows.instance(id))? else { return Ok(()) };
        if instance.ended_at.is_some() {
            return Ok(());
        }
        let now = self.context.now;
        let token = self.with_instances(|rows| rows.cancel(id, now))?;
        let of = (id, token);
        self.withdraw_others(&instance, of)?;
        self.tell_of(id, "cancelled", "")?;
        let instance = Instance { state: InstanceState::Undoing, ..instance };
        self.undo_all(&instance, of)
    }

    /// Every token of an instance but one is ended, with all that it holds.
    pub(super) fn withdraw_others(&mut self, instance: &Instance, of: (i64, i64)) -> Result<()> {
        let tokens = self.with_instances(|rows| rows.tokens(instance.id))?;
        let others: Vec<i64> = tokens.iter().map(|token| token.id).filter(|token| *token != of.1).collect();
        self.end_tokens(of, &others)?;
        for owner in [0, of.1] {
            self.release_held(&owner_of(&instance_name(instance), owner))?;
        }
        Ok(())
    }

    /// The moment that is a period behind another one, at least a second.
    fn moment_behind(&mut self, from: i64, [months, days, business_days, seconds]: [i64; 4]) -> Result<i64> {
        let next = self.later_than(from, &Value::Period { months, days, business_days, seconds })?;
        Ok(next.max(from.saturating_add(1)))
    }
}

/// An instance as its steps' entries and holds name it.
pub(super) fn instance_name(instance: &Instance) -> String {
    format!("{} {}", instance.process, instance.id)
}

/// The name of a point.
pub(super) fn point_name(program: &bp_bytecode::Program, point: bp_bytecode::index::PointId) -> &str {
    text(program, program.points[point.index()].name)
}
