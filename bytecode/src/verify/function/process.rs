//! Instructions of processes that live: where they rest, what they send, what tests do with their runs.

use super::{Checked, Walk, index};
use crate::index::*;
use crate::op::*;
use crate::process::{Channel, Event, Operation, Point};
use crate::program::Process;
use crate::shape::{CaseShape, RegType, Shape};
use crate::verify::fits;

impl<'p> Walk<'p> {
    pub(super) fn process_op(&mut self, op: &Op) -> Checked {
        use RegType::Word;
        match *op {
            Op::Rest { dst, point, first } => {
                let point = self.point(point)?;
                let Shape::Variant(happens) = self.makes(dst)? else { return Err("rests into no variant".into()) };
                if happens.cases.len() != point.events.len() || point.events.is_empty() {
                    return Err("rests for other events than it tells apart".into());
                }
                let mut window = Vec::new();
                for (event, case) in point.events.iter().zip(&happens.cases) {
                    self.event(event, case, &mut window)?;
                }
                self.read_window(first, window)?;
                self.effect.uses.extend(point.live.iter().map(|live| live.register));
                self.effect.keeps = Some(point.live.iter().map(|live| live.register).collect());
                Ok(())
            }
            Op::Boundary { point } => {
                let point = self.point(point)?;
                self.effect.uses.extend(point.live.iter().map(|live| live.register));
                self.effect.keeps = Some(point.live.iter().map(|live| live.register).collect());
                if point.events.is_empty() { Ok(()) } else { Err("a boundary where something is waited for".into()) }
            }
            Op::ReverseStep {} | Op::Unlock {} => Ok(()),
            Op::Decline {} => {
                self.effect.ends = true;
                Ok(())
            }
            Op::EndBranch { point, at, count, first } => {
                self.effect.ends = true;
                let point = self.point(point)?;
                let handed = point.events.iter().find_map(|event| event.handed(self.p, at, count));
                let handed = handed.ok_or("ends a branch where nothing parts")?;
                let types = handed.into_iter().map(|shape| self.of(shape)).collect::<Checked<Vec<_>>>()?;
                self.read_window(first, types)
            }
            Op::Pause { point } | Op::Unpause { point } => {
                let point = self.point(point)?;
                let is_scope = point.events.iter().any(|event| matches!(event, Event::Branch));
                if is_scope { Ok(()) } else { Err("stops the clocks of no scope".into()) }
            }
            Op::UndoPut { undo, first } => {
                let undo = self.p.undos.get(undo.index()).ok_or("there is no such undo")?;
                let types = self.fields(&undo.captured)?;
                self.read_window(first, types)
            }
            Op::Send { channel, what, to } => {
                self.text(to)?;
                match (channel, self.cell(what)?) {
                    (Channel::Email | Channel::Http, Shape::Record(_)) => Ok(()),
                    _ => Err("sends what is no record".into()),
                }
            }
            Op::StartRun { dst, process, first } => {
                let types = self.fields(&self.process(process)?.params)?;
                self.read_window(first, types)?;
                self.write(dst, Word)
            }
            Op::RunOutcome { dst, process, run } => {
                let outcome = self.process(process)?.outcome;
                self.word(run)?;
                match self.makes(dst)? {
                    Shape::Option(of) if *of == outcome => Ok(()),
                    _ => Err("takes an outcome as something else".into()),
                }
            }
            Op::RunNoted { dst, run, name } => {
                index(name.index(), self.p.texts.len(), "text")?;
                self.word(run)?;
                self.effect.defs.push(dst.0);
                match self.reg(dst.0)? {
                    RegType::Wide => Err("what is noted is stored".into()),
                    _ => Ok(()),
                }
            }
            Op::RunTask { dst, run, name } => {
                index(name.index(), self.p.texts.len(), "text")?;
                self.word(run)?;
                self.optional_text(dst)
            }
            Op::CancelRun { run } => self.word(run),
            Op::Try {} => Ok(()),
            Op::Refusal { dst } => self.optional_text(dst),
            Op::Complete { run, name, form } => {
                index(name.index(), self.p.texts.len(), "text")?;
                self.word(run)?;
                self.a_record(form)
            }
            Op::Deliver { message, record } => {
                let message = self.p.messages.get(message.index()).ok_or("there is no such message")?;
                self.wants(record, RegType::Handle(message.record))
            }
            Op::SendMessage { message, record } => {
                let message = self.p.messages.get(message.index()).ok_or("there is no such message")?;
                self.wants(record, RegType::Handle(message.record))
            }
            Op::Answer { run, operation, outcome } => {
                self.word(run)?;
                self.wants(outcome, RegType::Handle(self.operation(operation)?.outcome))
            }
            Op::AnswerError { run, operation, why } => {
                self.word(run)?;
                self.operation(operation)?;
                self.text(why)
            }
            Op::RunRequest { dst, run, operation } => {
                let asked = self.operation(operation)?.asked;
                self.word(run)?;
                match self.makes(dst)? {
                    Shape::Option(of) if *of == asked => Ok(()),
                    _ => Err("takes what is asked with as something else".into()),
                }
            }
            Op::Advance { by } => match self.cell(by)? {
                Shape::Period => Ok(()),
                _ => Err("the clock goes on by no period".into()),
            },
            Op::Note { name, a } => {
                index(name.index(), self.p.texts.len(), "text")?;
                self.read(a).map(drop)
            }
            Op::ActAs { who } => self.text(who),
            Op::Mails { dst, to, .. } => {
                self.text(to)?;
                self.write(dst, Word)
            }
            _ => Err("is checked elsewhere".into()),
        }
    }

    fn optional_text(&mut self, dst: Def) -> Checked {
        match self.makes(dst)? {
            Shape::Option(of) if matches!(crate::verify::shape(self.p, *of)?, Shape::Text) => Ok(()),
            _ => Err(format!("r{} is no text that may be missing", dst.0)),
        }
    }

    fn a_record(&mut self, r: Use) -> Checked {
        match self.cell(r)? {
            Shape::Record(_) => Ok(()),
            _ => Err(format!("r{} is no record", r.0)),
        }
    }

    fn process(&self, process: ProcessId) -> Checked<&'p Process> {
        self.p.processes.get(process.index()).ok_or_else(|| "there is no such process".to_owned())
    }

    fn operation(&self, operation: OperationId) -> Checked<&'p Operation> {
        self.p.operations.get(operation.index()).ok_or_else(|| "there is no such operation".to_owned())
    }

    /// A point of this function, whose stored registers are of its types.
    fn point(&self, id: PointId) -> Checked<&'p Point> {
        let point = self.p.points.get(id.index()).ok_or("there is no such point")?;
        if !std::ptr::eq(&self.p.functions[point.func.index()], self.f) {
            return Err("a point of another function".into());
        }
        for live in &point.live {
            if !fits(self.of(live.shape)?, self.reg(live.register)?) {
                return Err(format!("r{} is stored as another type", live.register));
            }
        }
        Ok(point)
    }

    /// What an event asks goes behind `window`; what it gives is the case's payload.
    fn event(&self, event: &Event, case: &CaseShape, window: &mut Vec<RegType>) -> Checked {
        let given = match event {
            Event::Task { form, shown, due, escalates, .. } => {
                let title = self.p.shapes.iter().position(|shape| *shape == Shape::Text);
                let title = title.and_then(|at| u32::try_from(at).ok()).ok_or("there are no texts")?;
                window.extend([RegType::Handle(ShapeId(title)), RegType::Word, self.of(*shown)?]);
                window.extend(std::iter::repeat_n(RegType::Word, usize::from(*due) + usize::from(*escalates)));
                Some(*form)
            }
            Event::Message { message, .. } => {
                let message = self.p.messages.get(message.index()).ok_or("there is no such message")?;
                let key = self.p.shapes.iter().position(|shape| *shape == Shape::Text);
                let key = key.and_then(|at| u32::try_from(at).ok()).ok_or("there are no texts")?;
                window.push(RegType::Handle(ShapeId(key)));
                Some(message.record)
            }
            Event::Lock => {
                let key = self.p.shapes.iter().position(|shape| *shape == Shape::Text);
                let key = key.and_then(|at| u32::try_from(at).ok()).ok_or("there are no texts")?;
                window.push(RegType::Handle(ShapeId(key)));
                None
            }
            Event::Moment => {
                window.push(RegType::Word);
                None
            }
            Event::Every => {
                let period = self.p.shapes.iter().position(|shape| *shape == Shape::Period);
                let period = period.and_then(|at| u32::try_from(at).ok()).ok_or("there are no periods")?;
                window.extend([RegType::Word, RegType::Handle(ShapeId(period))]);
                None
            }
            Event::Branch => None,
            Event::Each { element } => {
                let is_list = |shape: &Shape| matches!(shape, Shape::List(of) if of == element);
                let list = self.p.shapes.iter().position(is_list).and_then(|at| u32::try_from(at).ok());
                window.push(RegType::Handle(ShapeId(list.ok_or("there are no such lists")?)));
                Some(*element)
            }
            Event::Joined { parts, counted, gathers, .. } => {
                window.extend(counted.then_some(RegType::Word));
                if *gathers && parts.len() > 1 {
                    return Err("branches of which more than one list is gathered".into());
                }
                let given: Vec<ShapeId> = parts.iter().map(|part| part.shape).collect();
                let payload: Vec<ShapeId> = case.fields.iter().map(|field| field.shape).collect();
                return if payload == given { Ok(()) } else { Err("branches hand on something else".into()) };
            }
            Event::Request { operation, due, retries } => {
                let operation = self.operation(*operation)?;
                window.push(self.of(operation.asked)?);
                window.extend(std::iter::repeat_n(RegType::Word, usize::from(*due) + usize::from(*retries)));
                Some(operation.outcome)
            }
            Event::Child { process, .. } => {
                let process = self.process(*process)?;
                window.extend(self.fields(&process.params)?);
                Some(process.outcome)
            }
        };
        let payload: Vec<ShapeId> = case.fields.iter().map(|field| field.shape).collect();
        if payload == Vec::from_iter(given) { Ok(()) } else { Err("an event gives something else".into()) }
    }
}
