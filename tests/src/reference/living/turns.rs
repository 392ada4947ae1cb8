//! Who goes on, and what comes of it.

use super::super::Frame;
use super::super::stop::{Run, Stop};
use super::super::value::Val;
use super::replay::{Act, Life, Noted};
use super::{Does, Instance, Of, Refused, State, TURNS_MAX, Token, Town};
use crate::reference::PATIENCE;
use bp_compiler::typed::{Body, TEvent};
use bp_compiler::types::ProcessId;

/// How a stretch has ended.
enum Ended {
    Over(Val),
    Rests(super::replay::Resting),
    Declined,
    BranchOver(u16, Vec<Val>),
    Fault,
}

/// A stretch that was evaluated: what came of it, what it asks, and its log.
struct Stretch {
    ended: Ended,
    acts: Vec<Act>,
    log: Vec<Noted>,
    /// The holds that it has taken.
    held: Vec<i64>,
    /// A fault came behind a step that stands.
    behind_a_step: bool,
}

impl Town<'_> {
    /// Everything that can go on does, everything that is due happens, what was sent is delivered.
    pub(super) fn settle_all(&mut self) -> Does<()> {
        loop {
            self.settle()?;
            let Some((number, message, record)) = self.outbox.pop_front() else { return Ok(()) };
            self.take_in(message, record, ("a process".to_owned(), number.to_string()))?;
        }
    }

    /// The same, but for what was sent.
    pub(super) fn settle(&mut self) -> Does<()> {
        loop {
            self.turns += 1;
            if self.turns > TURNS_MAX {
                return Err(Refused::Stop("not covered: an event that leads on and on".to_owned()));
            }
            if let Some(of) = self.ready.pop_front() {
                self.turn(of)?;
                continue;
            }
            let Some(timer) = self.due(self.evaluator.now) else { return Ok(()) };
            self.fires(&timer)?;
        }
    }

    /// Starts a process, or finds the instance of its key; whether it is a new one.
    pub(super) fn enter(
        &mut self,
        process: ProcessId,
        params: Vec<Val>,
        parent: Option<(Of, u16)>,
    ) -> Does<(i64, bool)> {
        let key = match self.checked.processes[process.index()].key {
            Some(func) => self.evaluator.call(func, params.clone())?.into_text()?.to_string(),
            None => String::new(),
        };
        let known = self.instances.iter().find(|known| known.process == process && known.key == key);
        if let Some(known) = known.filter(|_| !key.is_empty()) {
            return Ok((known.id, false));
        }
        let id = self.instances.len() as i64 + 1;
        self.instances.push(Instance {
            id,
            process,
            key,
            params,
            state: State::Running,
            outcome: None,
            ended: false,
            stays: false,
            parents: parent.into_iter().collect(),
            undos: Vec::new(),
            tokens: vec![Token::first()],
        });
        self.tell(id, "started", &self.checked.processes[process.index()].name);
        self.ready.push_back((id, 1));
        Ok((id, true))
    }

    fn turn(&mut self, of: Of) -> Does<()> {
        let Some(token) = self.token(of).cloned() else { return Ok(()) };
        if self.instance(of.0).is_some_and(|instance| instance.state == State::Undoing) {
            return self.undo_all(of);
        }
        if !self.take_back_ended(of)? {
            return Ok(());
        }
        if token.event.is_none() && token.items.is_some() {
            return self.part_for_each(of);
        }
        if let Some(behind) = token.looks {
            return self.look(of, behind, false);
        }
        if token.message.is_some() && self.has_branches(of) {
            return self.may_end_branches(of);
        }
        self.go_on(of)
    }

    /// The next stretch of a token, with what has happened.
    fn go_on(&mut self, of: Of) -> Does<()> {
        let before = self.evaluator.world.clone();
        let Stretch { ended, acts, log, held, behind_a_step } = self.stretch(of)?;
        match ended {
            Ended::Declined => {
                self.books_as(before);
                return self.declined(of);
            }
            Ended::Fault if !behind_a_step => {
                self.books_as(before);
                return self.stop(of);
            }
            _ => {}
        }
        self.holds.extend(held.into_iter().map(|hold| (hold, of)));
        self.taken(of);
        self.acts(of, acts)?;
        if let Some(token) = self.token_mut(of) {
            (token.log, token.begun, token.point, token.event) = (log, true, None, None);
        }
        match ended {
            Ended::Rests(resting) => self.rest(of, resting),
            Ended::BranchOver(at, values) => self.branch_over(of, at, values),
            Ended::Over(outcome) => self.over(of, outcome),
            Ended::Fault | Ended::Declined => self.stop(of),
        }
    }

    /// A token stands still until an operator lets it go on.
    pub(super) fn stop(&mut self, of: Of) -> Does<()> {
        if let Some(token) = self.token_mut(of) {
            token.incident = true;
        }
        self.tell(of.0, "incident", "");
        Ok(())
    }

    /// A message has come to a token that has branches: where it is the one, they are ended first.
    fn may_end_branches(&mut self, of: Of) -> Does<()> {
        let before = self.evaluator.world.clone();
        let tried = self.stretch(of)?;
        self.books_as(before);
        if matches!(tried.ended, Ended::Declined) {
            return self.declined(of);
        }
        self.end_branches(of)?;
        self.ready.push_front(of);
        Ok(())
    }

    /// Evaluates the next stretch. The books are changed, nothing else.
    fn stretch(&mut self, of: Of) -> Does<Stretch> {
        let (Some(instance), Some(token)) = (self.instance(of.0), self.token(of)) else {
            return Err(Refused::Stop("a token of nothing".to_owned()));
        };
        let mut log = token.log.clone();
        log.extend(token.event.clone().map(|(event, given)| Noted::Happened(event, given)));
        let (process, params) = (instance.process, instance.params.clone());
        let evaluator = &mut self.evaluator;
        let last = evaluator.world.last_number();
        evaluator.world.effects.clear();
        evaluator.patience = PATIENCE;
        evaluator.life = Some(Life::of(log));
        let done = evaluate(evaluator, process, params);
        let Some(life) = evaluator.life.take() else { return Err(Refused::Stop("a life is lost".to_owned())) };
        let (mut acts, mut log, mut behind_a_step) = (life.acts, life.log, false);
        let ended = match done {
            Ok(outcome) | Err(Stop::Return(outcome)) => Ended::Over(outcome),
            Err(Stop::Rests(resting)) => Ended::Rests(*resting),
            Err(Stop::Declined) => Ended::Declined,
            Err(Stop::BranchOver(at, values)) => Ended::BranchOver(at, values),
            Err(Stop::Fault(..)) => {
                if let Some((world, noted, acted)) = life.kept {
                    evaluator.world = world;
                    log.truncate(noted);
                    acts.truncate(acted);
                    behind_a_step = true;
                }
                Ended::Fault
            }
            Err(other) => return Err(other.into()),
        };
        let held = evaluator.world.open_holds(last);
        Ok(Stretch { ended, acts, log, held, behind_a_step })
    }

    fn acts(&mut self, of: Of, acts: Vec<Act>) -> Does<()> {
        let mut last = Vec::new();
        for act in acts {
            match act {
                Act::Step { name, posted, stays } => {
                    last = self.book(posted, &name, of.0);
                    if let Some(instance) = self.instance_mut(of.0) {
                        instance.stays |= stays;
                    }
                    self.tell(of.0, "step", &name);
                }
                Act::Undo { undo, name, captured, own_entries } => {
                    let entries = if own_entries { last.clone() } else { Vec::new() };
                    if let Some(instance) = self.instance_mut(of.0) {
                        let token = of.1;
                        instance.undos.push(super::Undo { func: undo, name, captured, entries, token, pending: false });
                    }
                }
                Act::Start(process, params) => drop(self.enter(process, params, None)?),
                Act::Send(message, record) => {
                    self.sent += 1;
                    self.outbox.push_back((self.sent, message, record));
                }
                Act::Unlock => self.unlock(of),
                Act::Pause(scope, stands) => self.pause(of, &scope, stands)?,
            }
        }
        Ok(())
    }

    /// What has happened is what the token has waited for: it waits for nothing else any more.
    fn taken(&mut self, of: Of) {
        let Some(token) = self.token(of).cloned() else { return };
        if let Some(message) = token.message.and_then(|id| self.messages.iter_mut().find(|known| known.id == id)) {
            message.taken.push(of.0);
            self.tell(of.0, "message", "");
        }
        if let Some((event, given)) = &token.event
            && let Some(TEvent::Child { stays: true, .. }) =
                token.point.as_ref().and_then(|point| point.rest.events.get(usize::from(*event)))
            && matches!(given.first(), Some(Val::Case(0, _)))
            && let Some(instance) = self.instance_mut(of.0)
        {
            instance.stays = true;
        }
        if let Some(token) = self.token_mut(of) {
            token.message = None;
        }
        self.withdraw(of);
    }

    /// A token waits for nothing any more.
    pub(super) fn withdraw(&mut self, of: Of) {
        self.tasks.retain(|task| task.of != of);
        self.timers.retain(|timer| timer.of != of);
        self.waits.retain(|wait| wait.of != of);
    }

    fn declined(&mut self, of: Of) -> Does<()> {
        let Some(token) = self.token_mut(of) else { return Ok(()) };
        let message = token.message.take();
        token.event = None;
        if !token.begun && token.parent.is_some() {
            // It was to begin beside a stretch, which goes on without it.
            self.remove_token(of);
            return Ok(());
        }
        self.look(of, message.unwrap_or(i64::MAX), false)
    }

    /// A process has come to its end.
    fn over(&mut self, of: Of, outcome: Val) -> Does<()> {
        let failed = !matches!(outcome, Val::Case(0, _));
        let Some(instance) = self.instance_mut(of.0) else { return Ok(()) };
        instance.outcome = Some(outcome);
        if failed {
            instance.state = State::Undoing;
            self.tell(of.0, "failed", "");
            self.withdraw_others(of)?;
            return self.undo_all(of);
        }
        if instance.tokens.len() > 1 {
            // Branches that it has let go come to their end first.
            instance.undos.iter_mut().filter(|undo| undo.token == of.1).for_each(|undo| undo.token = 0);
            self.remove_token(of);
            return Ok(());
        }
        if self.holds.iter().any(|(hold, holder)| *holder == of && self.evaluator.world.is_open(*hold)) {
            return Err(Refused::Stop("a process ends with an open hold".to_owned()));
        }
        self.end(of.0, State::Done);
        Ok(())
    }

    /// An instance is over; who waits for it is told.
    pub(super) fn end(&mut self, id: i64, state: State) {
        let Some(instance) = self.instance_mut(id) else { return };
        (instance.state, instance.ended) = (state, true);
        instance.undos.clear();
        if state == State::Cancelled {
            instance.outcome = None;
        }
        let tokens: Vec<Of> = instance.tokens.drain(..).map(|token| (id, token.id)).collect();
        let (parents, outcome) = (instance.parents.clone(), instance.outcome.clone());
        self.leave_all(id);
        for of in tokens {
            self.withdraw(of);
            self.ready.retain(|known| *known != of);
        }
        for (parent, event) in parents {
            if let Some(outcome) = &outcome {
                self.happened(parent, Some((event, vec![outcome.clone()])), None);
            }
        }
        let what = match state {
            State::Done => "done",
            State::Cancelled => "cancelled",
            _ => "failed",
        };
        self.tell(id, what, "");
    }
}

impl Token {
    /// What an instance begins with.
    fn first() -> Token {
        Token {
            id: 1,
            parent: None,
            began: None,
            number: 0,
            log: Vec::new(),
            begun: false,
            point: None,
            event: None,
            message: None,
            looks: None,
            incident: false,
            items: None,
            enough: None,
            ended: 0,
            parts: Vec::new(),
        }
    }

    /// A branch of it.
    pub(super) fn branch(&self, id: i64, (event, number): (u16, usize)) -> Token {
        let log = self.log.clone();
        Token { id, parent: Some(self.id), began: Some(event), number, log, ..Token::first() }
    }
}

/// Evaluates a process from its beginning.
fn evaluate(evaluator: &mut crate::reference::Evaluator<'_>, process: ProcessId, params: Vec<Val>) -> Run<Val> {
    let checked = evaluator.checked;
    let function = &checked.functions[checked.processes[process.index()].func.index()];
    let mut locals: Vec<Option<Val>> = params.into_iter().map(Some).collect();
    locals.resize(function.locals.len(), None);
    let mut frame = Frame { locals, begun_at: i64::MAX };
    for (condition, check) in &function.requires {
        if !evaluator.expr(&mut frame, condition)?.into_bool()? {
            return Err(Stop::Fault(crate::reference::Fault::Check(check.0), condition.place));
        }
    }
    match &function.body {
        Body::Code(block) => evaluator.block(&mut frame, block),
        Body::Decision(_) => Err(Stop::Defect("a process that is a decision".into())),
    }
}
