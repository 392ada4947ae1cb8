//! What the `where`s of records say about their fields: the numbers that a field can hold in a record that has
//! passed its checks.

use std::collections::HashMap;

use bp_bytecode::Program;
use bp_bytecode::index::ShapeId;
use bp_bytecode::op::{Cmp, Op};
use bp_bytecode::rounding::Mode;
use bp_bytecode::shape::Shape;

use crate::body::{Body, mirrored, opposite};
use crate::context::Context;
use crate::flow::Uses;
use crate::interval::Interval;
use crate::operands;

/// The most steps that the ways through one check are followed for.
const STEPS_MAX: usize = 2_000;

#[derive(Debug, Default)]
pub struct Facts {
    fields: HashMap<(ShapeId, u16), Interval>,
}

impl Facts {
    pub fn field(&self, shape: ShapeId, field: u16) -> Option<Interval> {
        self.fields.get(&(shape, field)).copied()
    }

    /// Takes in what holds of a record of the shape when this check of it, in its simplest form, gives 1.
    pub fn learn(&mut self, shape: ShapeId, check: &Body, context: &Context<'_>) {
        let uses = Uses::of(check, context.program);
        let mut ways = Ways { check, context, uses, found: None, steps: 0 };
        if ways.follow(0, HashMap::new(), HashMap::new()).is_none() {
            return;
        }
        for (field, range) in ways.found.unwrap_or_default() {
            let known = self.fields.entry((shape, field)).or_insert(Interval::WORD);
            *known = known.meet(range);
        }
    }
}

/// Everything that a scalar of a shape can be.
pub fn of_shape(program: &Program, shape: ShapeId) -> Interval {
    let below = |count: usize| Interval::new(0, count.max(1) as i128 - 1);
    match program.shapes.get(shape.index()) {
        Some(Shape::Bool) => Interval::TRUTH,
        Some(Shape::Enum(cases)) => below(cases.cases.len()),
        Some(Shape::Role) => below(program.roles.len()),
        Some(Shape::Rounding) => below(Mode::ALL.len()),
        _ => Interval::WORD,
    }
}

type Fields = HashMap<u16, Interval>;

/// All ways through a check, each with what it has learned of the record's fields.
struct Ways<'a, 'p> {
    check: &'a Body,
    context: &'a Context<'p>,
    uses: Uses,
    /// What every way says that gives 1, in common.
    found: Option<Fields>,
    steps: usize,
}

impl Ways<'_, '_> {
    /// `None` where there is more to follow than is worth it.
    fn follow(&mut self, block: usize, mut fields: Fields, mut numbers: HashMap<u16, i128>) -> Option<()> {
        for (at, line) in self.check.blocks[block].lines.iter().enumerate() {
            self.steps += 1;
            if self.steps > STEPS_MAX {
                return None;
            }
            if let Some(dst) = operands::target(&line.op) {
                match self.context.number(&line.op) {
                    Some(value) => numbers.insert(dst, value),
                    None => numbers.remove(&dst),
                };
            }
            let elsewhere = operands::labels(&line.op).map(|to| to as usize);
            match line.op {
                Op::Return { a } => {
                    match numbers.get(&a.0) {
                        Some(1) => {}
                        Some(_) => return Some(()),
                        None => self.narrow(a.0, true, &mut fields),
                    }
                    self.found = Some(match self.found.take() {
                        None => fields,
                        Some(mut known) => {
                            known.retain(|field, _| fields.contains_key(field));
                            known.iter_mut().for_each(|(field, range)| *range = range.join(fields[field]));
                            known
                        }
                    });
                    return Some(());
                }
                Op::Jump { to } => return self.follow(to.0 as usize, fields, numbers),
                Op::JumpIf { condition, .. } | Op::JumpUnless { condition, .. } => {
                    let truth = matches!(line.op, Op::JumpIf { .. });
                    let mut other = fields.clone();
                    self.narrow(condition.0, truth, &mut other);
                    self.follow(elsewhere?, other, numbers.clone())?;
                    self.narrow(condition.0, !truth, &mut fields);
                }
                Op::Halt { .. } => return Some(()),
                Op::Switch { .. } => {
                    for to in self.check.follows(block) {
                        self.follow(to, fields.clone(), numbers.clone())?;
                    }
                    return Some(());
                }
                _ if elsewhere.is_some() => self.follow(elsewhere?, fields.clone(), numbers.clone())?,
                _ => {}
            }
            debug_assert!(at + 1 < self.check.blocks[block].lines.len());
        }
        Some(())
    }

    /// The truth of a comparison of a field with a literal narrows the field.
    fn narrow(&self, condition: u16, truth: bool, fields: &mut Fields) {
        let Some(Op::Compare { a, b, how, .. }) = self.made(condition) else { return };
        let how = if truth { how } else { opposite(how) };
        self.narrow_one(a.0, how, b.0, fields);
        self.narrow_one(b.0, mirrored(how), a.0, fields);
    }

    fn narrow_one(&self, a: u16, how: Cmp, b: u16, fields: &mut Fields) {
        let literal = self.made(b).and_then(|op| self.context.number(&op));
        if let (Some(Op::Field { a: record, field, .. }), Some(literal)) = (self.made(a), literal)
            && record.0 == 0
            && self.uses.is_value(0)
        {
            let range = fields.get(&field).copied().unwrap_or(Interval::WORD);
            fields.insert(field, range.where_holds(how, Interval::only(literal)));
        }
    }

    fn made(&self, register: u16) -> Option<Op> {
        let (block, line) = self.uses.made(register)?;
        Some(self.check.blocks[block].lines[line].op)
    }
}
