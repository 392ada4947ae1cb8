//! Processes that go on in several places at once: how they part and join, what begins beside a stretch, and how what
//! is ended before its end is taken back.

use bp_bytecode::index::ShapeId;
use bp_bytecode::process::{Event, Point};
use bp_bytecode::value::Value;
use bp_vm::Handed;
use serde_json::{Map, Value as Json};

use super::living::{Failed, object, parsed, point_named, unfit};
use super::{HostWorld, codec, text};
use crate::error::Result;
use crate::instances::{Instance, InstanceState, Timer, Token};
use crate::ledger::hold::owner_of;

/// How many branches of a list begin in one transaction, so that nobody else waits long for the store.
const EACH_SHARE: usize = 1_000;

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
                return self.with_instances(|rows| rows.part(of, (event, 0), given, message));
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
                let scope = token.parent.unwrap_or_default();
                let of = (instance, self.current_token());
                return self.with_instances(|rows| rows.pause(of, scope, stands, now));
            }
            at = token.parent;
        }
        Ok(())
    }

    fn is_at(&mut self, instance: i64, token: Option<i64>, point: &str) -> Result<bool> {
        let token = self.with_instances(|rows| rows.token(instance, token.unwrap_or_default()))?;
        Ok(token.is_some_and(|token| token.point == point))
    }

    /// Branches begin, as many as a point has of its own.
    pub(super) fn part(&mut self, of: (i64, i64), point: &Point) -> Result<()> {
        let branches = point.events.iter().enumerate().filter(|(_, event)| matches!(event, Event::Branch));
        self.with_instances(|rows| {
            branches
                .enumerate()
                .try_for_each(|(number, (event, _))| rows.part(of, (event as i64, number as i64), None, None))
        })
    }

    /// A branch begins for each element of a list, a share at a time.
    pub(super) fn part_for_each(&mut self, of: (i64, i64), element: ShapeId, items: &[Value]) -> Result<()> {
        let program = self.program;
        let items = self.with_documents(|names| {
            items.iter().map(|item| codec::write(program, element, item, names)).collect::<Result<Vec<Json>>>()
        })?;
        match items.is_empty() {
            true => Ok(()),
            false => self.with_instances(|rows| rows.set_items(of, &Json::Array(items).to_string())),
        }
    }

    /// The next share of the branches of a list begins.
    pub(super) fn part_on(&mut self, instance: &Instance, token: &Token, cursor: i64) -> Result<()> {
        let of = (token.instance, token.id);
        let point = self.point_of(of)?.ok_or_else(|| unfit("branches of nothing".to_owned()))?;
        self.part_share(of, point, cursor, EACH_SHARE)?;
        self.join(of, point)?;
        self.tell_of(instance.id, "parted", &token.point)?;
        self.stand()
    }

    /// So many of the branches of a list begin, from one of a number on.
    fn part_share(&mut self, of: (i64, i64), point: &Point, cursor: i64, share: usize) -> Result<()> {
        // What is long is read once for all its shares.
        let items = match self.living.items.take().filter(|(known, _)| *known == of) {
            Some((_, items)) => items,
            None => match parsed(&self.with_instances(|rows| rows.items(of))?.unwrap_or_default())? {
                Json::Array(items) => items,
                _ => return Err(unfit("branches for no list".to_owned())),
            },
        };
        let event = point.events.iter().position(|event| matches!(event, Event::Each { .. })).unwrap_or_default();
        let from = usize::try_from(cursor).unwrap_or(usize::MAX).min(items.len());
        let to = from.saturating_add(share).min(items.len());
        self.with_instances(|rows| {
            for (number, item) in items.iter().enumerate().take(to).skip(from) {
                rows.part(of, (event as i64, number as i64), Some(&item.to_string()), None)?;
            }
            rows.set_cursor(of, (to < items.len()).then_some(to as i64))
        })?;
        if to < items.len() {
            self.living.items = Some((of, items));
        }
        Ok(())
    }

    /// A branch has ended: what it hands on is kept until the token that has parted goes on.
    pub(super) fn branch_over(&mut self, instance: &Instance, token: &Token, handed: &Handed) -> Result<()> {
        let program = self.program;
        let point = &program.points[handed.point.index()];
        let (of, now) = ((token.instance, token.id), self.context.now);
        let Some(began) = token.began else { return self.let_go_over(instance, token) };
        let Some(parent) = token.parent else {
            return Err(unfit("a branch that nothing has parted into".to_owned()));
        };
        let known = self.with_instances(|rows| rows.token(token.instance, parent))?;
        let is_branch = known.as_ref().is_some_and(|known| known.parent.is_some());
        let joined = point.events.iter().find(|event| matches!(event, Event::Joined { .. }));
        let kept = match joined {
            Some(Event::Joined { gathers: true, .. }) => {
                let shapes = point.events.iter().find_map(|event| event.handed(program, handed.at, 1));
                if let (Some([shape]), Some(value)) = (shapes.as_deref(), handed.values.first()) {
                    let json = self.with_documents(|names| codec::write(program, *shape, value, names))?;
                    let parent = (token.instance, parent);
                    self.with_instances(|rows| rows.put_value(parent, token.number, &json.to_string()))?;
                }
                None
            }
            Some(Event::Joined { parts, .. }) => {
                let parts = parts.get(usize::from(handed.at)..).unwrap_or_default();
                let before = object(known.and_then(|known| known.given).as_deref().unwrap_or("{}"))?;
                let values = &handed.values;
                let all = self.with_documents(|names| codec::write_fields(program, parts, values, before, names))?;
                Some(Json::Object(all).to_string())
            }
            _ => return Err(unfit("a branch that nothing joins".to_owned())),
        };
        let name = instance_name(instance);
        let to = owner_of(&name, if is_branch { parent } else { 0 });
        self.with_books(|books| books.give_holds(&owner_of(&name, token.id), &to))?;
        let has_handlers = point.events.iter().any(is_handler);
        let is_stretch = matches!(point.events.get(began as usize), Some(Event::Branch));
        self.with_instances(|rows| {
            rows.hand_undos(of, parent)?;
            if is_stretch && has_handlers {
                // Nothing begins beside a stretch that is over.
                rows.withdraw((of.0, parent), now)?;
            }
            rows.end_branch(of, parent, kept.as_deref())
        })?;
        self.join((token.instance, parent), point)
    }

    /// A token that has parted goes on if enough of its branches have ended.
    pub(super) fn join(&mut self, of: (i64, i64), point: &Point) -> Result<()> {
        let joined = point.events.iter().position(|event| matches!(event, Event::Joined { .. }));
        let Some(number) = joined else { return Ok(()) };
        if !self.with_instances(|rows| rows.joins(of))? {
            return Ok(());
        }
        let Event::Joined { parts, counted, drain, gathers } = &point.events[number] else { return Ok(()) };
        let known = self.with_instances(|rows| rows.token(of.0, of.1))?;
        let Some(known) = known.filter(|known| known.event.is_none()) else { return Ok(()) };
        let mut given = known.given;
        if *gathers {
            let values = self.with_instances(|rows| rows.take_values(of))?;
            let values: Vec<Json> = values.iter().map(|value| parsed(value)).collect::<Result<_>>()?;
            let mut all = Map::new();
            if let Some(part) = parts.first() {
                all.insert(text(self.program, part.outside).to_owned(), Json::Array(values));
            }
            given = Some(Json::Object(all).to_string());
        }
        if *counted {
            if *drain {
                // All of them are to come to their end, so those that have not begun begin.
                if let Some(cursor) = known.cursor {
                    self.part_share(of, point, cursor, usize::MAX)?;
                }
                self.with_instances(|rows| rows.let_go(of, known.parent))?;
            } else {
                self.end_branches(of)?;
                self.with_instances(|rows| rows.set_cursor(of, None))?;
            }
        }
        self.with_instances(|rows| rows.happened(of, Some(number as i64), given.as_deref(), None))
    }

    /// A branch has ended that its process has let go: perhaps it is the last of it.
    fn let_go_over(&mut self, instance: &Instance, token: &Token) -> Result<()> {
        let of = (token.instance, token.id);
        self.with_instances(|rows| {
            rows.hand_undos(of, token.parent.unwrap_or(1))?;
            rows.leave_token(of)?;
            rows.remove_token(of)
        })?;
        if let Some(parent) = token.parent {
            // What it was let go in waits for it as well.
            let parent = (token.instance, parent);
            return match self.point_of(parent)? {
                Some(point) => self.join(parent, point),
                None => Ok(()),
            };
        }
        match &instance.outcome {
            Some(outcome) if self.with_instances(|rows| rows.tokens(of.0))?.is_empty() => {
                self.end(instance, InstanceState::Done, Some(outcome))
            }
            _ => Ok(()),
        }
    }

    /// A process has come to its end; if branches that it has let go have not, they do first.
    pub(super) fn others_go_on(&mut self, instance: &Instance, token: i64, outcome: &str) -> Result<bool> {
        let of = (instance.id, token);
        let tokens = self.with_instances(|rows| rows.tokens(instance.id))?;
        if tokens.len() < 2 {
            return Ok(false);
        }
        self.with_instances(|rows| {
            rows.set_outcome(instance.id, outcome)?;
            rows.hand_undos(of, 0)?;
            rows.remove_token(of)
        })?;
        Ok(true)
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
            self.fall_back()?;
            self.end_branches(of)?;
        }
        self.stand()
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

    pub(super) fn release_held(&mut self, owner: &str) -> Result<()> {
        self.with_books(|books| {
            let held = books.open_holds(owner)?;
            held.into_iter().try_for_each(|hold| books.release(hold))
        })
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

/// Is it something that is done beside branches, or ends them?
fn is_handler(event: &Event) -> bool {
    matches!(event, Event::Moment | Event::Every | Event::Message { .. })
}
