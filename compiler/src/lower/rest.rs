//! Processes that live: where they rest, what they send and undo, and what tests do with their runs.

use super::error::{Limit, Result, next_index, passed};
use super::expr::Dest;
use super::function::{Builder, Reg, Target};
use super::tables::{Owner, Tables};
use crate::source::Place;
use crate::typed::{S, T, TEvent, TExpr, TRest, TStmt, TUndo};
use crate::types::{self, LocalId, Type};
use bp_bytecode::index::{DutyId, FuncId, MessageId, OperationId, PointId, ProcessId, UndoId};
use bp_bytecode::op::{Def, Op, Stop, Use, UseWindow};
use bp_bytecode::process::{Event, Live, Point};
use bp_bytecode::shape::RegType;
use bp_bytecode::verify::{live_at_points, unassigned};

impl Builder<'_, '_> {
    /// The number of a new point of the function at hand. What is live there is found out in the end.
    fn point(&mut self, name: &str, events: Vec<Event>, place: Place) -> Result<PointId> {
        let points = self.t.program.points.len();
        let id = PointId(next_index(points, Limit::Points, place)?.into());
        let func = FuncId(self.t.program.functions.len() as u32);
        let (name, place) = (self.t.text(name), self.t.place(place));
        self.t.program.points.push(Point { name, func, live: Vec::new(), events, place });
        Ok(id)
    }

    pub fn rest(&mut self, rest: &TRest, ty: &Type, dest: Dest, place: Place) -> Result<Reg> {
        let text = self.t.text_handle(place)?;
        let (mut events, mut types) = (Vec::new(), Vec::new());
        for event in &rest.events {
            events.push(match event {
                TEvent::Task(task) => {
                    types.extend([text, RegType::Word, self.t.stored(&task.shown.ty, place)?]);
                    types.extend(task.due.iter().chain(&task.escalate).map(|_| RegType::Word));
                    Event::Task {
                        name: self.t.text(&task.name),
                        form: self.t.shape(&Type::Record(task.form), place)?,
                        shown: self.t.shape(&task.shown.ty, place)?,
                        due: task.due.is_some(),
                        escalates: task.escalate.is_some(),
                        may_change: task.may_change,
                        duty: task.duty.map(|duty| DutyId(duty.0 as u16)),
                    }
                }
                TEvent::Message { message, fresh, beside, .. } => {
                    types.push(text);
                    Event::Message { message: MessageId(message.0 as u16), fresh: *fresh, beside: *beside }
                }
                TEvent::Every(_, interval) => {
                    types.extend([RegType::Word, self.t.stored(&interval.ty, place)?]);
                    Event::Every
                }
                TEvent::Moment(_) => {
                    types.push(RegType::Word);
                    Event::Moment
                }
                TEvent::Lock { .. } => {
                    types.push(text);
                    Event::Lock
                }
                TEvent::Branch => Event::Branch,
                TEvent::Each(list) => {
                    types.push(self.t.stored(&list.ty, place)?);
                    let Type::List(of) = self.t.base(&list.ty) else { return passed(Limit::Unchecked, 0, place) };
                    Event::Each { element: self.t.shape(of, place)? }
                }
                TEvent::Joined { enough, drain, gathers } => {
                    types.extend(enough.iter().map(|_| RegType::Word));
                    let Type::Enum(id) = *ty else { return passed(Limit::Unchecked, 0, place) };
                    let checked = self.t.checked;
                    let case = checked.enums[id.index()].cases.last();
                    let parts = case.map_or(&[][..], |case| case.fields.as_slice());
                    let parts = self.t.fields(parts, Owner::Payload, place)?;
                    Event::Joined { parts, counted: enough.is_some(), drain: *drain, gathers: *gathers }
                }
                TEvent::Request(request) => {
                    types.push(self.t.stored(&request.asked.ty, place)?);
                    types.extend(request.due.iter().chain(&request.retries).map(|_| RegType::Word));
                    Event::Request {
                        operation: OperationId(request.operation.0 as u16),
                        due: request.due.is_some(),
                        retries: request.retries.is_some(),
                    }
                }
                TEvent::Child { process, stays, .. } => {
                    types.extend(self.param_types(*process)?);
                    Event::Child { process: ProcessId(process.0 as u16), stays: *stays }
                }
            });
        }
        let first = self.fill(&types, rest.asked().into_iter())?;
        let point = self.point(&rest.name, events, place)?;
        self.points.push((rest.name.clone(), point));
        let happened = self.t.stored(ty, place)?;
        self.value(dest, happened, place, |dst| Op::Rest { dst, point, first: UseWindow(first) })
    }

    /// The point of a name, where the code at hand has rested before.
    fn known_point(&self, name: &str, place: Place) -> Result<PointId> {
        match self.points.iter().find(|(known, _)| known == name) {
            Some((_, point)) => Ok(*point),
            None => passed(Limit::Unchecked, 0, place),
        }
    }

    fn param_types(&mut self, process: types::ProcessId) -> Result<Vec<RegType>> {
        let params = &self.t.checked.processes[process.index()].params;
        params.iter().map(|field| self.t.stored(&field.ty, field.place)).collect()
    }

    /// Where a stage begins.
    pub fn stage_label(&mut self, number: u16) -> Target {
        while self.stages.len() <= usize::from(number) {
            let label = self.label();
            self.stages.push(label);
        }
        self.stages[usize::from(number)]
    }

    /// Behind a step of a process that lives.
    pub fn boundary(&mut self, step: types::StepId, place: Place) -> Result<()> {
        if !self.lives || !self.is_reachable() {
            return Ok(());
        }
        let name = &self.t.checked.steps[step.index()].name;
        let point = self.point(&format!("after {name}"), Vec::new(), place)?;
        self.emit(Op::Boundary { point }, place)
    }

    /// How the step that has just run is taken back.
    pub fn undo_put(&mut self, undo: &TUndo, place: Place) -> Result<()> {
        let of = &self.t.checked.functions[self.t.checked.undos[undo.id.index()].func.index()];
        let types = of.locals[..of.params].iter().map(|local| self.t.stored(&local.ty, place));
        let types = types.collect::<Result<Vec<_>>>()?;
        let first = self.window(&types)?;
        for (reg, local) in (first..).zip(&undo.captured) {
            let local = self.local(*local);
            self.convert(reg, local, place)?;
        }
        self.emit(Op::UndoPut { undo: UndoId(undo.id.0 as u16), first: UseWindow(first) }, place)
    }

    /// Tells who looks at the process what a variable has become.
    pub fn note(&mut self, local: LocalId, place: Place) -> Result<()> {
        let name = &self.locals[local.index()].name;
        if name.is_empty() || !self.t.is_noted(name) || !self.is_reachable() {
            return Ok(());
        }
        let name = self.t.text(name);
        let reg = self.local(local);
        let a = self.narrowed(reg, place)?;
        self.emit(Op::Note { name, a: Use(a) }, place)
    }

    // ---- runs

    /// Starts a process that lives.
    pub fn start_run(&mut self, process: types::ProcessId, args: &[TExpr], dest: Dest, place: Place) -> Result<Reg> {
        let types = self.param_types(process)?;
        let first = self.fill(&types, args.iter())?;
        let process = ProcessId(process.0 as u16);
        self.value(dest, RegType::Word, place, |dst| Op::StartRun { dst, process, first: UseWindow(first) })
    }

    /// How a run has ended; one that goes on is a technical error.
    pub fn run_outcome(&mut self, run: &TExpr, dest: Dest, place: Place) -> Result<Reg> {
        let Type::Run(id) = *self.t.base(&run.ty) else { return passed(Limit::Unchecked, 0, place) };
        let outcome = Type::Enum(self.t.checked.processes[id.index()].outcome);
        let option = self.t.stored(&Type::option(outcome.clone()), place)?;
        let process = ProcessId(id.0 as u16);
        let run = self.expr(run, Dest::Any)?;
        let ended = self.value(Dest::Any, option, place, |dst| Op::RunOutcome { dst, process, run: Use(run) })?;
        let (waits, end) = (self.label(), self.label());
        let ty = self.t.stored(&outcome, place)?;
        let got = self.fresh(ty)?;
        self.emit(Op::Unsome { dst: Def(got), a: Use(ended), otherwise: waits.op() }, place)?;
        self.jump(end, place)?;
        self.here(waits);
        self.halt(Stop::RunWaits, id.0, place)?;
        self.here(end);
        self.settle(dest, got, place)
    }

    pub fn run_value(&mut self, e: &TExpr, dest: Dest) -> Result<Reg> {
        let place = e.place;
        match &e.kind {
            T::RunNoted(run, name) => {
                let run = self.expr(run, Dest::Any)?;
                let name = self.t.text(name);
                let ty = self.t.stored(&e.ty, place)?;
                self.value(dest, ty, place, |dst| Op::RunNoted { dst, run: Use(run), name })
            }
            T::RunTask(run, name) => {
                let run = self.expr(run, Dest::Any)?;
                let name = self.t.text(name);
                let ty = self.t.stored(&e.ty, place)?;
                self.value(dest, ty, place, |dst| Op::RunTask { dst, run: Use(run), name })
            }
            T::Refusal => {
                let ty = self.t.stored(&e.ty, place)?;
                self.value(dest, ty, place, |dst| Op::Refusal { dst })
            }
            T::RunRequest(run, operation) => {
                let run = self.expr(run, Dest::Any)?;
                let operation = OperationId(operation.0 as u16);
                let ty = self.t.stored(&e.ty, place)?;
                self.value(dest, ty, place, |dst| Op::RunRequest { dst, run: Use(run), operation })
            }
            T::Mails(channel, to) => {
                let to = self.expr(to, Dest::Any)?;
                self.value(dest, RegType::Word, place, |dst| Op::Mails { dst, channel: *channel, to: Use(to) })
            }
            _ => passed(Limit::Unchecked, 0, place),
        }
    }

    pub fn process_statement(&mut self, stmt: &TStmt) -> Result<()> {
        let place = stmt.place;
        match &stmt.kind {
            S::Unlock => self.emit(Op::Unlock {}, place),
            S::UndoPut(undo) => self.undo_put(undo, place),
            S::Decline => self.emit(Op::Decline {}, place),
            S::ReverseStep => self.emit(Op::ReverseStep {}, place),
            S::Pause { scope, stands } => {
                let point = self.known_point(scope, place)?;
                self.emit(if *stands { Op::Pause { point } } else { Op::Unpause { point } }, place)
            }
            S::EndBranch { point, at, locals } => {
                let point = self.known_point(point, place)?;
                let of = self.locals;
                let types = locals.iter().map(|local| self.t.stored(&of[local.index()].ty, place));
                let types = types.collect::<Result<Vec<_>>>()?;
                let first = self.window(&types)?;
                for (reg, local) in (first..).zip(locals) {
                    let local = self.local(*local);
                    self.convert(reg, local, place)?;
                }
                let count = locals.len() as u16;
                self.emit(Op::EndBranch { point, at: *at, count, first: UseWindow(first) }, place)
            }
            S::Send { channel, what, to } => {
                let what = self.operand(what, &[to])?;
                let to = self.expr(to, Dest::Any)?;
                self.emit(Op::Send { channel: *channel, what: Use(what), to: Use(to) }, place)
            }
            S::Complete { run, task, form } => {
                let run = self.operand(run, &[form])?;
                let form = self.expr(form, Dest::Any)?;
                let name = self.t.text(task);
                self.emit(Op::Complete { run: Use(run), name, form: Use(form) }, place)
            }
            S::Answer { run, operation, error, value } => {
                let run = self.operand(run, &[value])?;
                let given = Use(self.expr(value, Dest::Any)?);
                let (run, operation) = (Use(run), OperationId(operation.0 as u16));
                match error {
                    true => self.emit(Op::AnswerError { run, operation, why: given }, place),
                    false => self.emit(Op::Answer { run, operation, outcome: given }, place),
                }
            }
            S::SendMessage(message, record) => {
                let record = self.expr(record, Dest::Any)?;
                self.emit(Op::SendMessage { message: MessageId(message.0 as u16), record: Use(record) }, place)
            }
            S::Deliver(message, record) => {
                let record = self.expr(record, Dest::Any)?;
                self.emit(Op::Deliver { message: MessageId(message.0 as u16), record: Use(record) }, place)
            }
            S::ActAs(who) => {
                let who = self.expr(who, Dest::Any)?;
                self.emit(Op::ActAs { who: Use(who) }, place)
            }
            S::Try => self.emit(Op::Try {}, place),
            S::CancelRun(run) => {
                let run = self.expr(run, Dest::Any)?;
                self.emit(Op::CancelRun { run: Use(run) }, place)
            }
            S::Advance(by) => {
                let by = self.expr(by, Dest::Any)?;
                self.emit(Op::Advance { by: Use(by) }, place)
            }
            _ => passed(Limit::Unchecked, 0, place),
        }
    }
}

/// Finds out what is stored at each point, now that all functions are there.
pub(super) fn live(t: &mut Tables<'_>) -> Result<()> {
    let checked = t.checked;
    for process in &checked.processes {
        let func = FuncId(process.func.0);
        if !process.staged && !t.program.rests(func) {
            continue;
        }
        let Ok(points) = live_at_points(&t.program, func) else {
            return passed(Limit::Unchecked, 0, process.place);
        };
        let locals = &checked.functions[process.func.index()].locals;
        for (point, registers) in points {
            let mut live: Vec<Live> = Vec::with_capacity(registers.len());
            for (number, register) in registers.into_iter().enumerate() {
                let ty = t.program.functions[func.index()].registers[usize::from(register)];
                let local = locals.get(usize::from(register));
                // A name that survives a change of the program elsewhere; what has none is counted.
                let name = match local.map(|local| &local.name).filter(|name| !name.is_empty()) {
                    Some(name) if live.iter().all(|other| t.program.texts[other.name.index()] != *name) => {
                        name.to_string()
                    }
                    Some(name) => format!("{name} #{number}"),
                    None => format!("#{number}"),
                };
                let shape = match (local, ty) {
                    (Some(local), _) => t.shape(&local.ty, local.place)?,
                    (None, RegType::Handle(shape)) => shape,
                    (None, RegType::Word | RegType::Wide) => t.shape(&Type::INT, process.place)?,
                };
                live.push(Live { name: t.text(&name), register, shape });
            }
            t.program.points[point.index()].live = live;
        }
        // Stages may be gone through in many orders: whether a name has a value on each of them is seen here.
        if let Ok(Some((at, _))) = unassigned(&t.program, func) {
            let place = t.program.functions[func.index()].places[at];
            return passed(Limit::Unassigned, 0, t.place_of(place));
        }
    }
    Ok(())
}
