//! Which numbers a register can hold.
//!
//! Known from: literals, what the `where`s of a record's fields say ([`crate::facts`]), the shapes of fields, the
//! tables of decisions, arithmetic, and comparisons that a way through the code has passed. The analysis walks the
//! dominator tree until nothing changes; a register of several definitions that keeps growing is given up.

use std::collections::HashMap;

use bp_bytecode::op::{Cmp, Op};
use bp_bytecode::shape::{RegType, Shape};

use crate::body::{Body, opposite};
use crate::context::Context;
use crate::facts::Facts;
use crate::flow::{Flow, Uses};
use crate::fold::power_of_ten;
use crate::interval::Interval;
use crate::operands;

/// After so many walks a register that still changes is held to be anything.
const WALKS: usize = 4;

pub struct Ranges<'a, 'p> {
    pub body: &'a Body,
    pub context: &'a Context<'p>,
    pub flow: &'a Flow,
    pub uses: &'a Uses,
    facts: &'a Facts,
    /// Whether records that the function is given have passed their checks.
    trusted: bool,
    /// For each register everything that its definitions give; `None` for one that was not come to yet.
    all: Vec<Option<Interval>>,
    /// What the walk knows beyond that where it is.
    here: HashMap<u16, Interval>,
}

/// What the walk does with each instruction.
type Visit<'v, 'a, 'p> = dyn FnMut(&Ranges<'a, 'p>, (usize, usize), &Op) + 'v;

impl<'a, 'p> Ranges<'a, 'p> {
    pub fn of(
        body: &'a Body,
        context: &'a Context<'p>,
        flow: &'a Flow,
        uses: &'a Uses,
        facts: &'a Facts,
        trusted: bool,
    ) -> Self {
        let all = vec![None; body.registers.len()];
        let mut ranges = Ranges { body, context, flow, uses, facts, trusted, all, here: HashMap::new() };
        let params = usize::from(body.params);
        for (range, ty) in ranges.all.iter_mut().zip(&body.registers).take(params) {
            *range = Some(Interval::of(*ty));
        }
        let mut fixed = vec![false; body.registers.len()];
        fixed[..params].fill(true);
        for walk in 0.. {
            let mut next: Vec<Option<Interval>> = ranges.all.clone();
            // A value by name is found anew in each walk; the others only grow.
            for (register, range) in next.iter_mut().enumerate() {
                if uses.is_value(register as u16) && !fixed[register] {
                    *range = None;
                }
            }
            let mut found: Vec<(u16, Interval)> = Vec::new();
            ranges.walk(&mut |ranges, _, op| {
                for register in operands::writes(op, ranges.context.program, &ranges.body.registers) {
                    if let Some(range) = ranges.result(op, register) {
                        found.push((register, range));
                    }
                }
            });
            for (register, range) in found {
                let range = range.meet(Interval::of(body.ty(register)));
                let slot = &mut next[usize::from(register)];
                if !fixed[usize::from(register)] {
                    *slot = Some(slot.map_or(range, |known| known.join(range)));
                }
            }
            if next == ranges.all {
                break;
            }
            if walk >= WALKS {
                for register in 0..next.len() {
                    if next[register] != ranges.all[register] && !uses.is_value(register as u16) {
                        fixed[register] = true;
                        next[register] = Some(Interval::of(body.registers[register]));
                    }
                }
            }
            ranges.all = next;
        }
        ranges
    }

    /// What a register can hold at the instruction that the walk is at.
    pub fn get(&self, register: u16) -> Interval {
        self.known(register).unwrap_or(Interval::of(self.body.ty(register)))
    }

    fn known(&self, register: u16) -> Option<Interval> {
        let all = self.all[usize::from(register)]?;
        Some(self.here.get(&register).map_or(all, |here| all.meet(*here)))
    }

    /// What a register can hold anywhere.
    pub fn anywhere(&self, register: u16) -> Interval {
        self.all[usize::from(register)].unwrap_or(Interval::of(self.body.ty(register)))
    }

    /// Shows every instruction, with what is known there.
    pub fn walk(&mut self, visit: &mut Visit<'_, 'a, 'p>) {
        enum Task {
            Enter(usize),
            Leave(Vec<(u16, Option<Interval>)>),
        }
        self.here.clear();
        let mut tasks = vec![Task::Enter(0)];
        while let Some(task) = tasks.pop() {
            match task {
                Task::Enter(block) => {
                    let mut before = Vec::new();
                    self.enter(block, &mut before);
                    for (at, line) in self.body.blocks[block].lines.iter().enumerate() {
                        visit(self, (block, at), &line.op);
                        // As the analysis goes: a value by name is at once what its instruction gives.
                        self.pass(&line.op, &mut before);
                    }
                    tasks.push(Task::Leave(before));
                    tasks.extend(self.flow.children[block].iter().map(|child| Task::Enter(*child)));
                }
                Task::Leave(before) => {
                    for (register, range) in before.into_iter().rev() {
                        match range {
                            Some(range) => self.here.insert(register, range),
                            None => self.here.remove(&register),
                        };
                    }
                }
            }
        }
    }

    /// What the only way into a block says.
    fn enter(&mut self, block: usize, before: &mut Vec<(u16, Option<Interval>)>) {
        let [from] = self.flow.before[block].as_slice() else { return };
        let lines = &self.body.blocks[*from].lines;
        let Some(at) = self.body.blocks[*from].branch() else { return };
        let branch = &lines[at].op;
        let taken = operands::labels(branch) == Some(block as u32);
        let on = matches!(lines[at + 1].op, Op::Jump { to } if to.0 as usize == block);
        if taken == on {
            return;
        }
        match *branch {
            Op::JumpIf { condition, .. } => self.holds(condition.0, taken, before),
            Op::JumpUnless { condition, .. } => self.holds(condition.0, !taken, before),
            Op::JumpCompare { a, b, how, .. } => {
                let how = if taken { how } else { opposite(how) };
                let (left, right) = (self.get(a.0), self.get(b.0));
                self.learn(a.0, left.where_holds(how, right), before);
                self.learn(b.0, right.where_holds(crate::body::mirrored(how), left), before);
            }
            Op::JumpCompareConst { a, value, how, .. } => {
                let how = if taken { how } else { opposite(how) };
                let literal = Interval::only(self.context.constants[value.index()]);
                self.learn(a.0, self.get(a.0).where_holds(how, literal), before);
            }
            _ => {}
        }
    }

    /// What is known behind an instruction that did not stop.
    fn pass(&mut self, op: &Op, before: &mut Vec<(u16, Option<Interval>)>) {
        if let Op::Check { a, .. } = op {
            self.holds(a.0, true, before);
        }
        if let Some(dst) = operands::target(op)
            && self.uses.is_value(dst)
            && let Some(range) = self.result(op, dst)
        {
            let range = range.meet(Interval::of(self.body.ty(dst)));
            self.all[usize::from(dst)] = Some(range);
        }
    }

    /// A truth value is known, and with it the comparison that it is of.
    fn holds(&mut self, condition: u16, truth: bool, before: &mut Vec<(u16, Option<Interval>)>) {
        if truth {
            // Any number but 0 is true.
            self.learn(condition, self.get(condition).where_holds(Cmp::Ne, Interval::only(0)), before);
        } else {
            self.learn(condition, Interval::only(0), before);
        }
        let Some((block, line)) = self.uses.made(condition) else { return };
        match self.body.blocks[block].lines[line].op {
            Op::Compare { a, b, how, .. } => {
                let how = if truth { how } else { opposite(how) };
                let (left, right) = (self.get(a.0), self.get(b.0));
                self.learn(a.0, left.where_holds(how, right), before);
                self.learn(b.0, right.where_holds(crate::body::mirrored(how), left), before);
            }
            Op::Not { a, .. } if !truth => {
                self.learn(a.0, self.get(a.0).where_holds(Cmp::Ne, Interval::only(0)), before)
            }
            Op::Not { a, .. } => self.learn(a.0, Interval::only(0), before),
            _ => {}
        }
    }

    fn learn(&mut self, register: u16, range: Interval, before: &mut Vec<(u16, Option<Interval>)>) {
        if self.uses.is_value(register) {
            before.push((register, self.here.insert(register, range)));
        }
    }

    /// What an instruction writes into a register; `None` while its operands were not come to.
    pub fn result(&self, op: &Op, register: u16) -> Option<Interval> {
        let full = Interval::of(self.body.ty(register));
        let get = |a: &bp_bytecode::op::Use| self.known(a.0);
        let or_full = |range: Option<Interval>| Some(range.unwrap_or(full));
        match op {
            Op::Move { a, .. } => get(a),
            Op::Int { .. } | Op::Const { .. } => or_full(self.context.number(op).map(Interval::only)),
            Op::Add { a, b, .. } | Op::AddWord { a, b, .. } => or_full(get(a)?.add(get(b)?)),
            Op::Sub { a, b, .. } | Op::SubWord { a, b, .. } => or_full(get(a)?.sub(get(b)?)),
            Op::Mul { a, b, .. } | Op::MulWord { a, b, .. } => or_full(get(a)?.mul(get(b)?)),
            Op::AddConst { a, value, .. } => or_full(get(a)?.add(self.literal(value))),
            Op::MulConst { a, value, .. } => or_full(get(a)?.mul(self.literal(value))),
            Op::Min { a, b, .. } => Some(get(a)?.min(get(b)?)),
            Op::Max { a, b, .. } => Some(get(a)?.max(get(b)?)),
            Op::MinConst { a, value, .. } => Some(get(a)?.min(self.literal(value))),
            Op::MaxConst { a, value, .. } => Some(get(a)?.max(self.literal(value))),
            Op::Neg { a, .. } => or_full(get(a)?.ends(i128::checked_neg)),
            Op::Abs { a, .. } => {
                let range = get(a)?;
                let sizes = range.ends(i128::checked_abs);
                or_full(sizes.map(|s| if range.low < 0 && range.high > 0 { Interval::new(0, s.high) } else { s }))
            }
            Op::Sign { a, .. } => get(a)?.ends(|n| Some(n.signum())),
            Op::ScaleUp { a, power, .. } => {
                let by = power_of_ten(*power);
                or_full(get(a)?.ends(|n| n.checked_mul(by?)))
            }
            Op::Round { a, power, .. } => Some(get(a)?.divided(power_of_ten(*power)?)),
            Op::RoundBy { a, by, .. } => Some(get(a)?.divided(self.context.constants[by.index()].max(1))),
            Op::RoundChain { .. } => {
                or_full(crate::chains::Quotient::of(self, op).and_then(|quotient| quotient.range(self)))
            }
            Op::DivFloor { a, b, .. } => {
                let (a, b) = (get(a)?, get(b)?);
                or_full(b.value().filter(|by| *by > 0).map(|by| a.divided(by)))
            }
            Op::ModFloor { b, .. } => {
                let by = get(b)?;
                or_full((by.low > 0).then(|| Interval::new(0, by.high - 1)))
            }
            Op::Narrow { a, .. } => Some(get(a)?.meet(Interval::WORD)),
            Op::Compare { a, b, how, .. } => {
                let truth = get(a)?.compare(*how, get(b)?);
                Some(truth.map_or(Interval::TRUTH, |truth| Interval::only(i128::from(truth))))
            }
            Op::CompareScaled { .. } | Op::Equal { .. } | Op::IsMultiple { .. } => Some(Interval::TRUTH),
            Op::Not { a, .. } => Some(match get(a)? {
                range if range.value() == Some(0) => Interval::only(1),
                range if range.low > 0 || range.high < 0 => Interval::only(0),
                _ => Interval::TRUTH,
            }),
            Op::TextOrder { .. } => Some(Interval::new(-1, 1)),
            Op::Len { .. } => Some(Interval::new(0, i128::from(u32::MAX))),
            Op::Field { a, field, .. } => Some(self.field(a.0, *field).unwrap_or(full)),
            Op::Tag { a, .. } => match self.shape(a.0) {
                Some(Shape::Variant(cases)) => Some(Interval::new(0, cases.cases.len() as i128 - 1)),
                _ => Some(full),
            },
            Op::Search { tree, first, .. } => {
                let tree = &self.context.program.trees[tree.index()];
                let inputs = (0..tree.inputs.len() as u16).map(|at| self.get(first.0 + at)).collect::<Vec<_>>();
                Some(crate::tree::leaves(tree, &inputs))
            }
            Op::Pick { base, index, .. } => or_full(self.picked(base.index(), get(index)?)),
            _ => Some(full),
        }
    }

    pub fn literal(&self, value: &bp_bytecode::index::ConstId) -> Interval {
        Interval::only(self.context.constants[value.index()])
    }

    fn shape(&self, register: u16) -> Option<&'p Shape> {
        match self.body.ty(register) {
            RegType::Handle(shape) => self.context.program.shapes.get(shape.index()),
            _ => None,
        }
    }

    /// The part of a decision's table that the index can reach.
    fn picked(&self, base: usize, index: Interval) -> Option<Interval> {
        let (low, high) = (usize::try_from(index.low).ok()?, usize::try_from(index.high).ok()?);
        let table = self.context.program.constants.get(base.checked_add(low)?..=base.checked_add(high)?)?;
        table.iter().map(|value| Interval::only(*value)).reduce(Interval::join)
    }

    fn field(&self, record: u16, field: u16) -> Option<Interval> {
        let RegType::Handle(shape) = self.body.ty(record) else { return None };
        let Shape::Record(fields) = self.shape(record)? else { return None };
        let by_shape = crate::facts::of_shape(self.context.program, fields.fields.get(usize::from(field))?.shape);
        match self.is_whole(record) {
            true => Some(self.facts.field(shape, field).map_or(by_shape, |known| known.meet(by_shape))),
            false => Some(by_shape),
        }
    }

    /// Has the record passed its checks? One that this function makes may still be before them.
    fn is_whole(&self, record: u16) -> bool {
        match self.uses.made(record) {
            None => self.trusted && record < self.body.params && self.uses.is_value(record),
            Some((block, line)) => matches!(
                self.body.blocks[block].lines[line].op,
                Op::Field { .. } | Op::Item { .. } | Op::Unsome { .. } | Op::Unpack { .. } | Op::Call { .. }
            ),
        }
    }
}
