//! A process as a function of what has happened to it.
//!
//! Where a process goes on it is evaluated again from its beginning, with a log of all that it was told so far: what its
//! steps left behind, what it read outside of them, what came where it rested. So nothing of its state is stored, and a
//! branch is no more than the log of the one that parted, and what comes behind it.

use super::super::stop::{Run, Stop};
use super::super::value::Val;
use super::super::world::{Effect, Line, World};
use super::super::{Evaluator, Frame};
use bp_compiler::source::Place;
use bp_compiler::typed::{T, TExpr, TRest, TStep, TUndo};
use bp_compiler::types::{FnId, ProcessId, StepId, Type};
use std::rc::Rc;

/// What a process was told.
#[derive(Clone, Debug)]
pub(in super::super) enum Noted {
    /// A step is done: the locals behind it, and what it gives.
    Step(Vec<Option<Val>>, Val),
    /// A step has failed as it may: the locals as they were, and its failure.
    Failed(Vec<Option<Val>>, Val),
    /// Something was read, or started, outside of a step.
    Read(Val),
    /// What has happened where it rested, by its number, and what that gives.
    Happened(u16, Vec<Val>),
}

/// What a stretch asks of its surroundings besides the books, in order.
#[derive(Clone, Debug)]
pub(in super::super) enum Act {
    /// A step is done, with what it posted; it changed something that nothing takes back.
    Step {
        name: String,
        posted: Vec<Posting>,
        stays: bool,
    },
    /// How what was done last is taken back.
    Undo {
        undo: FnId,
        name: String,
        captured: Vec<Val>,
        own_entries: bool,
    },
    Start(ProcessId, Vec<Val>),
    Send(bp_compiler::types::MessageId, Val),
    Unlock,
    /// The clocks of a scope stand still, or go on.
    Pause(String, bool),
}

/// An entry: text, day and lines.
#[derive(Clone, Debug)]
pub struct Posting {
    pub text: String,
    pub day: i64,
    pub lines: Vec<Line>,
    /// The entry that it takes back.
    pub reverses: Option<i64>,
}

/// Where a process comes to rest.
#[derive(Clone, Debug)]
pub struct Resting {
    pub rest: TRest,
    pub asked: Vec<Val>,
    /// What is joined there is given on as values.
    pub joins_values: bool,
}

/// The running stretch.
#[derive(Default)]
pub(in super::super) struct Life {
    pub log: Vec<Noted>,
    at: usize,
    in_step: bool,
    pub acts: Vec<Act>,
    /// As all was behind the last step of the stretch: the world, and how long log and acts were.
    pub kept: Option<(World, usize, usize)>,
}

impl Life {
    pub fn of(log: Vec<Noted>) -> Life {
        Life { log, ..Life::default() }
    }

    fn next(&mut self) -> Option<Noted> {
        let noted = self.log.get(self.at).cloned();
        self.at += usize::from(noted.is_some());
        noted
    }

    fn note(&mut self, noted: Noted) {
        self.log.push(noted);
        self.at = self.log.len();
    }
}

/// The entries among effects.
pub(in super::super) fn postings(effects: Vec<Effect>, today: i64) -> Vec<Posting> {
    let posted = effects.into_iter().filter_map(|effect| match effect {
        Effect::Post { text, day, lines, .. } => Some(Posting { text, day, lines, reverses: None }),
        Effect::Used(hold, cell, amount) => {
            let lines = vec![Line { cell, amount, worth: None, over: false }];
            Some(Posting { text: format!("Hold {hold} committed"), day: today, lines, reverses: None })
        }
        _ => None,
    });
    posted.collect()
}

fn astray<T>(noted: &Noted) -> Run<T> {
    Err(Stop::Defect(format!("a process went another way than before: {noted:?}")))
}

impl Evaluator<'_> {
    fn life(&mut self) -> Run<&mut Life> {
        match &mut self.life {
            Some(life) => Ok(life),
            None => Err(Stop::NotCovered("processes that live".into())),
        }
    }

    /// Is a process evaluated, outside of its steps?
    pub(in super::super) fn is_between_steps(&self) -> bool {
        self.life.as_ref().is_some_and(|life| !life.in_step)
    }

    /// What is read outside of a step is read once.
    pub(in super::super) fn read_once(&mut self, read: impl FnOnce(&mut Evaluator<'_>) -> Run<Val>) -> Run<Val> {
        let life = self.life()?;
        match life.next() {
            Some(Noted::Read(value)) => return Ok(value),
            Some(other) => return astray(&other),
            None => {}
        }
        let begun = life.log.len();
        let value = read(self)?;
        let life = self.life()?;
        // What led to it is not asked for again.
        life.log.truncate(begun);
        life.note(Noted::Read(value.clone()));
        Ok(value)
    }

    /// Rests, or goes on with what has happened there.
    pub(in super::super) fn rests(&mut self, frame: &mut Frame, rest: &TRest, ty: &Type) -> Run<Val> {
        let life = self.life()?;
        match life.next() {
            Some(Noted::Happened(number, given)) => return Ok(Val::Case(number, Rc::new(given))),
            Some(other) => return astray(&other),
            None => {}
        }
        let begun = life.log.len();
        let mut asked = Vec::new();
        for e in rest.asked() {
            asked.push(self.stored_expr(frame, e, &e.ty)?);
        }
        let Type::Enum(id) = self.checked.base(ty) else { return Err(Stop::Defect(format!("a rest of {ty:?}"))) };
        let joins_values = self.checked.enums[id.index()].cases.last().is_some_and(|case| !case.fields.is_empty());
        let life = self.life()?;
        life.log.truncate(begun);
        life.at = begun;
        Err(Stop::Rests(Box::new(Resting { rest: rest.clone(), asked, joins_values })))
    }

    /// A step of a process that lives.
    pub(in super::super) fn living_step(
        &mut self,
        frame: &mut Frame,
        id: StepId,
        step: &TStep,
        place: Place,
    ) -> Run<Val> {
        match self.life()?.next() {
            Some(Noted::Step(locals, value)) => {
                frame.locals = locals;
                return Ok(value);
            }
            Some(Noted::Failed(locals, failure)) => {
                frame.locals = locals;
                return self.step_failed(frame, step, failure, place);
            }
            Some(other) => return astray(&other),
            None => {}
        }
        let before = frame.locals.clone();
        self.life()?.in_step = true;
        self.world.effects.clear();
        self.world.begin(id);
        let done = self.block(frame, &step.body);
        self.life()?.in_step = false;
        match done {
            Ok(value) => {
                let declared = &self.checked.steps[id.index()];
                let (name, stays) = (declared.name.to_string(), declared.stays);
                if let Some(undo) = &step.undo {
                    self.put_undo(frame, undo, &name, Some(&value), true)?;
                }
                let ended = self.world.end(self.checked, id);
                self.at(ended, place)?;
                let posted = postings(std::mem::take(&mut self.world.effects), self.now.div_euclid(86_400));
                let world = self.world.clone();
                let life = self.life()?;
                // The undo speaks of the entries of its step.
                let at = life.acts.len() - usize::from(step.undo.is_some());
                life.acts.insert(at, Act::Step { name, posted, stays });
                life.note(Noted::Step(frame.locals.clone(), value.clone()));
                life.kept = Some((world, life.log.len(), life.acts.len()));
                Ok(value)
            }
            Err(Stop::FailStep(failure)) => {
                self.world.fail(id);
                self.world.effects.clear();
                frame.locals = before;
                self.life()?.note(Noted::Failed(frame.locals.clone(), failure.clone()));
                self.step_failed(frame, step, failure, place)
            }
            Err(other) => Err(other),
        }
    }

    fn step_failed(&mut self, frame: &mut Frame, step: &TStep, failure: Val, place: Place) -> Run<Val> {
        let Some(failing) = &step.failing else { return Err(Stop::FailStep(failure)) };
        frame.set(failing.failure, failure);
        self.matching(frame, &failing.handler, place)
    }

    pub(in super::super) fn put_undo(
        &mut self,
        frame: &mut Frame,
        undo: &TUndo,
        name: &str,
        value: Option<&Val>,
        own_entries: bool,
    ) -> Run<()> {
        if let (Some(local), Some(value)) = (undo.result, value) {
            frame.set(local, value.clone());
        }
        let captured = undo.captured.iter().map(|local| frame.get(*local)).collect::<Run<Vec<Val>>>()?;
        let undo = self.checked.undos[undo.id.index()].func;
        self.act(Act::Undo { undo, name: name.to_owned(), captured, own_entries })
    }

    /// How a child is taken back that is done, or was started.
    pub(in super::super) fn put_child_undo(&mut self, frame: &mut Frame, undo: &TUndo) -> Run<()> {
        let step = self.checked.undos[undo.id.index()].step;
        let name = self.checked.steps[step.index()].name.to_string();
        if !self.is_between_steps() {
            return Err(Stop::NotCovered("processes that live".into()));
        }
        self.put_undo(frame, undo, &name, None, false)
    }

    /// Asks something of what is around the process; when it is evaluated again it was asked before.
    pub(in super::super) fn act(&mut self, act: Act) -> Run<()> {
        let life = self.life()?;
        if life.at == life.log.len() {
            life.acts.push(act);
        }
        Ok(())
    }

    /// Starts another process. Its value says nothing.
    pub(in super::super) fn starts(&mut self, frame: &mut Frame, process: ProcessId, args: &[TExpr]) -> Run<Val> {
        self.once(|evaluator| {
            let args = evaluator.all(frame, args)?;
            Ok(Act::Start(process, args))
        })?;
        Ok(Val::Case(0, Rc::default()))
    }

    /// Asks something of what is around the process, once.
    pub(in super::super) fn once(&mut self, act: impl FnOnce(&mut Evaluator<'_>) -> Run<Act>) -> Run<()> {
        let life = self.life()?;
        match life.next() {
            Some(Noted::Read(_)) => return Ok(()),
            Some(other) => return astray(&other),
            None => {}
        }
        let begun = life.log.len();
        let act = act(self)?;
        let life = self.life()?;
        life.log.truncate(begun);
        life.acts.push(act);
        life.note(Noted::Read(Val::Nothing));
        Ok(())
    }

    /// Whether an expression is about what may change while the process rests.
    pub(in super::super) fn is_read(kind: &T) -> bool {
        matches!(kind, T::Today | T::Now | T::Balance(..) | T::Held(..) | T::Document(..) | T::Lookup(..) | T::Find(_))
    }
}
