//! Processes that live: how they rest and go on, and what they tell the world.
//!
//! A process rests at a point of its function. What is read after the point is given to the host as values; the
//! registers and the heap are forgotten. To go on the host gives the values back, with what has happened.

use bp_bytecode::index::{PointId, ProcessId, ShapeId, UndoId};
use bp_bytecode::op::{Op, UseWindow};
use bp_bytecode::process::{Event, Point};
use bp_bytecode::program::Function;
use bp_bytecode::shape::{FieldShape, RegType};
use bp_bytecode::value::Value;

use crate::fault::{Fault, FaultKind, Raise};
use crate::interp::{register, shape_of};
use crate::trace::Untraced;
use crate::vm::{Outside, Vm};
use crate::world::{Answer, Refusal, World};

/// How a stretch of a process ends.
#[derive(Clone, Debug, PartialEq)]
pub enum Ended {
    /// The process is over: its outcome, a handle.
    Done(i128),
    Rests(Resting),
    /// What has happened is not what the process waits for; it rests on as before.
    Declined,
    /// A branch has ended.
    Branch(Handed),
}

/// What a branch hands on.
#[derive(Clone, Debug, PartialEq)]
pub struct Handed {
    /// Where the process parted.
    pub point: PointId,
    /// Which part of what [`Event::Joined`] gives the first value is.
    pub at: u16,
    pub values: Vec<Value>,
}

/// What is stored while a process rests.
#[derive(Clone, Debug, PartialEq)]
pub struct Resting {
    pub point: PointId,
    /// A value for each of the point's live registers.
    pub live: Vec<Value>,
    /// What the point's events ask, in their order: see [`Event`].
    pub asked: Vec<Value>,
}

/// What an instruction makes of the loop.
pub(crate) enum Next {
    On,
    Give(u16, i128),
    Leave,
}

/// Why the loop was left in the middle of a process.
#[derive(Debug)]
pub(crate) enum Left {
    Rests(Resting),
    Declined,
    Branch(Handed),
}

impl<'p> Vm<'p> {
    /// Begins a process with its parameters, as [`Vm::call`] does with a function; it goes on until it ends or rests.
    ///
    /// With `boundaries` it rests at the boundary behind so many steps, if it comes there.
    pub fn begin_process(
        &mut self,
        process: ProcessId,
        args: &[u64],
        boundaries: Option<u32>,
        world: &mut dyn World,
    ) -> Result<Ended, Fault> {
        let func = self.program.processes[process.index()].func;
        self.left = None;
        self.boundaries = boundaries;
        let outside = &mut Outside { world, tracer: &mut Untraced };
        let given = match self.coverage {
            None => self.enter::<false>(func, args, outside),
            Some(_) => self.enter::<true>(func, args, outside),
        };
        self.ended(given)
    }

    /// Goes on with a process that rests at a point. `event` is what has happened, by the number of the point's event,
    /// with what it gives; at a boundary there is none.
    ///
    /// # Errors
    /// A fault of the process; [`FaultKind::Misfit`] where a value is not of the shape that the point has for it.
    pub fn resume(
        &mut self,
        point: PointId,
        live: &[Value],
        event: Option<(u16, Vec<Value>)>,
        boundaries: Option<u32>,
        world: &mut dyn World,
    ) -> Result<Ended, Fault> {
        let known: &'p Point = &self.program.points[point.index()];
        self.left = None;
        self.boundaries = boundaries;
        self.begin();
        let mut outside = Outside { world, tracer: &mut Untraced };
        let given = match self.restore(point, live, event) {
            Ok(from) => {
                let mut stack = std::mem::take(&mut self.stack);
                stack.frames.clear();
                stack.nested = 1;
                let given = match self.coverage {
                    None => self.run::<false>(&mut stack, 0, known.func, from, &mut outside),
                    Some(_) => self.run::<true>(&mut stack, 0, known.func, from, &mut outside),
                };
                stack.nested = 0;
                self.stack = stack;
                given.map_err(|fault| *fault)
            }
            Err(raise) => Err(self.fault_at_start(known.func, *raise)),
        };
        let ended = outside.world.call_end(given.is_ok());
        let given = match (given, ended) {
            (given, Ok(())) => given,
            (Ok(_), Err(refusal)) => Err(self.fault_at_start(known.func, *Raise::from(refusal))),
            (Err(fault), Err(_)) => Err(fault),
        };
        self.ended(given)
    }

    fn ended(&mut self, given: Result<i128, Fault>) -> Result<Ended, Fault> {
        let left = self.left.take();
        Ok(match (given?, left) {
            (_, Some(Left::Rests(resting))) => Ended::Rests(resting),
            (_, Some(Left::Declined)) => Ended::Declined,
            (_, Some(Left::Branch(handed))) => Ended::Branch(handed),
            (outcome, None) => Ended::Done(outcome),
        })
    }

    /// Puts the registers in place; where the function goes on.
    fn restore(&mut self, id: PointId, live: &[Value], event: Option<(u16, Vec<Value>)>) -> Result<usize, Raise> {
        let program = self.program;
        let point = &program.points[id.index()];
        let function = &program.functions[point.func.index()];
        let is_here = |op: &Op| matches!(op, Op::Rest { point, .. } | Op::Boundary { point } if *point == id);
        let at = function.code.iter().position(is_here).ok_or_else(unreachable)?;
        if live.len() != point.live.len() || !self.stack.reserve(function.registers.len(), self.limits.registers) {
            return Err(misfit("the state of a process has another form"));
        }
        for (stored, value) in point.live.iter().zip(live) {
            let slot = crate::values::put_value(program, &mut self.heap, stored.shape, value)?;
            self.stack.registers[usize::from(stored.register)] = register(slot);
        }
        if let Op::Rest { dst, .. } = function.code[at] {
            let (number, given) = event.ok_or_else(|| misfit("nothing has happened that a process waits for"))?;
            if usize::from(number) >= point.events.len() {
                return Err(misfit("a process does not wait for what has happened"));
            }
            let happened = Value::Variant { case: number, fields: given };
            let shape = shape_of(function, dst.0)?;
            let slot = crate::values::put_value(program, &mut self.heap, shape, &happened)?;
            self.stack.registers[usize::from(dst.0)] = register(slot);
        }
        Ok(at + 1)
    }

    /// Every instruction of this file.
    pub(crate) fn process_op(
        &mut self,
        op: Op,
        function: &Function,
        r: &[i128],
        is_first: bool,
        outside: &mut Outside<'_>,
    ) -> Result<Next, Raise> {
        let program = self.program;
        let get = |register: u16| r[usize::from(register)];
        match op {
            Op::Rest { point, first, .. } => {
                let asked = self.asked(&program.points[point.index()].events, function, r, first)?;
                self.rest(point, r, asked, is_first)
            }
            Op::Boundary { point } => match self.boundaries {
                None => Ok(Next::On),
                Some(left) if left > 1 => {
                    self.boundaries = Some(left - 1);
                    Ok(Next::On)
                }
                Some(_) => self.rest(point, r, Vec::new(), is_first),
            },
            Op::Decline {} if is_first => {
                self.left = Some(Left::Declined);
                Ok(Next::Leave)
            }
            Op::EndBranch { point, at, count, first } if is_first => {
                let mut events = program.points[point.index()].events.iter();
                let handed = events.find_map(|event| event.handed(program, at, count)).ok_or_else(unreachable)?;
                let values = self.values_from(&handed, r, first)?;
                self.left = Some(Left::Branch(Handed { point, at, values }));
                Ok(Next::Leave)
            }
            Op::Pause { point } | Op::Unpause { point } => {
                outside.world.pause(point, matches!(op, Op::Pause { .. }))?;
                Ok(Next::On)
            }
            Op::Unlock {} => {
                outside.world.unlock()?;
                Ok(Next::On)
            }
            Op::ReverseStep {} => {
                outside.world.reverse_step()?;
                self.changed();
                Ok(Next::On)
            }
            Op::UndoPut { undo, first } => {
                let captured = self.fields_from(&program.undos[undo.index()].captured, r, first)?;
                outside.world.undo_put(undo, captured)?;
                Ok(Next::On)
            }
            Op::Send { channel, what, to } => {
                let shape = shape_of(function, what.0)?;
                let what = self.value_within(shape, get(what.0) as u64, self.limits.slots)?;
                let to = self.heap.text(get(to.0) as u64).to_owned();
                outside.world.send(channel, shape, what, &to)?;
                Ok(Next::On)
            }
            Op::StartRun { dst, process, first } => {
                let params = self.fields_from(&program.processes[process.index()].params, r, first)?;
                let run = outside.world.start_run(process, params);
                let run = self.tried(run, 0)?;
                // In a test it has run already, as far as it goes.
                self.changed();
                Ok(Next::Give(dst.0, run.into()))
            }
            Op::RunOutcome { dst, process, run } => {
                let outcome = outside.world.run_outcome(get(run.0) as i64)?;
                let shape = program.processes[process.index()].outcome;
                let cell = match outcome {
                    Some(outcome) => {
                        let slot = crate::values::put_value(program, &mut self.heap, shape, &outcome)?;
                        self.heap.cell(&[slot])?
                    }
                    None => 0,
                };
                Ok(Next::Give(dst.0, register(cell)))
            }
            Op::RunNoted { dst, run, name } => {
                let shape = cell_shape(function, dst.0);
                let noted = outside.world.run_noted(get(run.0) as i64, &program.texts[name.index()], shape)?;
                let slot = match (shape, noted) {
                    (Some(shape), noted) => crate::values::put_value(program, &mut self.heap, shape, &noted)?,
                    (None, Value::Word(word)) => word as u64,
                    _ => return Err(misfit("what was noted is of another type")),
                };
                Ok(Next::Give(dst.0, register(slot)))
            }
            Op::RunTask { dst, run, name } => {
                let title = outside.world.run_task(get(run.0) as i64, &program.texts[name.index()])?;
                let cell = match title {
                    Some(title) => {
                        let text = self.heap.push_text(&title)?;
                        self.heap.cell(&[text])?
                    }
                    None => 0,
                };
                Ok(Next::Give(dst.0, register(cell)))
            }
            Op::Complete { run, name, form } => {
                let shape = shape_of(function, form.0)?;
                let form = self.value_within(shape, get(form.0) as u64, self.limits.slots)?;
                let done = outside.world.complete(get(run.0) as i64, &program.texts[name.index()], form);
                self.tried(done, ())?;
                self.changed();
                Ok(Next::On)
            }
            Op::SendMessage { message, record } => {
                let shape = program.messages[message.index()].record;
                let record = self.value_within(shape, get(record.0) as u64, self.limits.slots)?;
                outside.world.send_message(message, record)?;
                Ok(Next::On)
            }
            Op::Answer { run, operation, outcome } => {
                let shape = program.operations[operation.index()].outcome;
                let outcome = self.value_within(shape, get(outcome.0) as u64, self.limits.slots)?;
                let answered = outside.world.answer(get(run.0) as i64, operation, Answer::Ended(outcome));
                self.tried(answered, ())?;
                self.changed();
                Ok(Next::On)
            }
            Op::AnswerError { run, operation, why } => {
                let why = self.heap.text(get(why.0) as u64).to_owned();
                let answered = outside.world.answer(get(run.0) as i64, operation, Answer::Error(why));
                self.tried(answered, ())?;
                self.changed();
                Ok(Next::On)
            }
            Op::RunRequest { dst, run, operation } => {
                let asked = outside.world.run_request(get(run.0) as i64, operation)?;
                let cell = match asked {
                    Some(asked) => {
                        let shape = program.operations[operation.index()].asked;
                        let slot = crate::values::put_value(program, &mut self.heap, shape, &asked)?;
                        self.heap.cell(&[slot])?
                    }
                    None => 0,
                };
                Ok(Next::Give(dst.0, register(cell)))
            }
            Op::Deliver { message, record } => {
                let shape = program.messages[message.index()].record;
                let record = self.value_within(shape, get(record.0) as u64, self.limits.slots)?;
                let delivered = outside.world.deliver(message, record);
                self.tried(delivered, ())?;
                self.changed();
                Ok(Next::On)
            }
            Op::CancelRun { run } => {
                let cancelled = outside.world.cancel_run(get(run.0) as i64);
                self.tried(cancelled, ())?;
                self.changed();
                Ok(Next::On)
            }
            Op::Try {} => {
                self.tries = Some(None);
                Ok(Next::On)
            }
            Op::Refusal { dst } => {
                let cell = match self.tries.take().flatten() {
                    Some(why) => {
                        let text = self.heap.push_text(&why)?;
                        self.heap.cell(&[text])?
                    }
                    None => 0,
                };
                Ok(Next::Give(dst.0, register(cell)))
            }
            Op::Advance { by } => {
                let shape = shape_of(function, by.0)?;
                let by = self.get_value(shape, get(by.0) as u64);
                outside.world.advance(by)?;
                self.changed();
                Ok(Next::On)
            }
            Op::ActAs { who } => {
                let who = self.heap.text(get(who.0) as u64).to_owned();
                outside.world.act_as(&who)?;
                Ok(Next::On)
            }
            Op::Note { name, a } => {
                let shape = cell_shape(function, a.0);
                let value = match shape {
                    Some(shape) => self.value_within(shape, get(a.0) as u64, self.limits.slots)?,
                    None => Value::Word(word(get(a.0))?),
                };
                outside.world.note(&program.texts[name.index()], shape, value)?;
                Ok(Next::On)
            }
            Op::Mails { dst, channel, to } => {
                let to = self.heap.text(get(to.0) as u64).to_owned();
                Ok(Next::Give(dst.0, outside.world.mails(channel, &to)?.into()))
            }
            _ => Err(unreachable()),
        }
    }

    /// Where a test expects that something is refused, why it was is kept, and the test goes on.
    fn tried<T>(&mut self, done: Result<T, Refusal>, instead: T) -> Result<T, Raise> {
        match (done, &mut self.tries) {
            (Err(refusal), Some(tries)) => {
                *tries = Some(refusal.0);
                Ok(instead)
            }
            (done, _) => Ok(done?),
        }
    }

    /// Others have run since: what was read is not known any more.
    fn changed(&mut self) {
        self.answers.forget();
        self.documents.clear();
    }

    fn rest(&mut self, id: PointId, r: &[i128], asked: Vec<Value>, is_first: bool) -> Result<Next, Raise> {
        if !is_first {
            return Err(unreachable());
        }
        let point = &self.program.points[id.index()];
        let mut live = Vec::with_capacity(point.live.len());
        for stored in &point.live {
            let slot = word(r[usize::from(stored.register)])? as u64;
            live.push(self.value_within(stored.shape, slot, self.limits.slots)?);
        }
        self.left = Some(Left::Rests(Resting { point: id, live, asked }));
        Ok(Next::Leave)
    }

    fn asked(&self, events: &[Event], function: &Function, r: &[i128], first: UseWindow) -> Result<Vec<Value>, Raise> {
        let width = |event: &Event| match event {
            Event::Task { due, escalates, .. } => 3 + usize::from(*due) + usize::from(*escalates),
            Event::Message { .. } | Event::Moment | Event::Lock => 1,
            Event::Every => 2,
            Event::Each { .. } => 1,
            Event::Joined { counted, .. } => usize::from(*counted),
            Event::Branch => 0,
            Event::Request { due, retries, .. } => 1 + usize::from(*due) + usize::from(*retries),
            Event::Child { process, .. } => self.program.processes[process.index()].params.len(),
        };
        let first = usize::from(first.0);
        let registers = first..first + events.iter().map(width).sum::<usize>();
        let value = |at: usize| match function.registers[at] {
            RegType::Handle(shape) => self.value_within(shape, r[at] as u64, self.limits.slots),
            _ => word(r[at]).map(Value::Word),
        };
        registers.map(value).collect()
    }

    fn fields_from(&self, fields: &[FieldShape], r: &[i128], first: UseWindow) -> Result<Vec<Value>, Raise> {
        let shapes: Vec<ShapeId> = fields.iter().map(|field| field.shape).collect();
        self.values_from(&shapes, r, first)
    }

    fn values_from(&self, shapes: &[ShapeId], r: &[i128], first: UseWindow) -> Result<Vec<Value>, Raise> {
        let registers = &r[usize::from(first.0)..];
        let value = |(shape, register): (&ShapeId, &i128)| {
            self.value_within(*shape, word(*register)? as u64, self.limits.slots)
        };
        shapes.iter().zip(registers).map(value).collect()
    }

    /// Runs what takes back a step: its function, with what was noted for it.
    pub fn call_undo(&mut self, undo: UndoId, captured: &[Value], world: &mut dyn World) -> Result<(), Fault> {
        let known = &self.program.undos[undo.index()];
        let slots: Result<Vec<u64>, FaultKind> =
            known.captured.iter().zip(captured).map(|(field, value)| self.put_value(field.shape, value)).collect();
        match slots {
            Ok(slots) => self.call(known.func, &slots, world).map(drop),
            Err(kind) => Err(self.fault_at_start(known.func, kind)),
        }
    }

    /// A process's parameters as slots.
    pub fn put_params(&mut self, process: ProcessId, params: &[Value]) -> Result<Vec<u64>, FaultKind> {
        let declared = &self.program.processes[process.index()].params;
        declared.iter().zip(params).map(|(field, value)| self.put_value(field.shape, value)).collect()
    }
}

/// The shape of the cells that a register holds handles of, if it does.
fn cell_shape(function: &Function, register: u16) -> Option<ShapeId> {
    match function.registers[usize::from(register)] {
        RegType::Handle(shape) => Some(shape),
        RegType::Word | RegType::Wide => None,
    }
}

/// What is stored has 64 bits.
fn word(register: i128) -> Result<i64, Raise> {
    i64::try_from(register).map_err(|_| Raise::new(FaultKind::Overflow))
}

fn misfit(why: &str) -> Raise {
    Raise::new(FaultKind::Refused(why.into()))
}

fn unreachable() -> Raise {
    Raise::new(FaultKind::Unreachable)
}
