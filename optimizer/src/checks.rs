//! The `where`s of a record as one function.
//!
//! A host asks every check of every field of every record that comes in. Where the checks are short – no calls, no
//! loops – one of them takes over the others' questions, and a record is asked once. Which condition is violated is
//! for the original program to say.

use bp_bytecode::index::{CheckId, FuncId, ShapeId};
use bp_bytecode::op::{Def, Label, Op, Use, UseWindow};
use bp_bytecode::program::{Check, Function, Program};
use bp_bytecode::shape::{RegType, Shape};

use crate::body::Body;
use crate::flow::Flow;
use crate::inline::Callee;

/// A function that asks several checks, to be made.
pub struct Merged {
    pub shape: ShapeId,
    pub checks: Vec<CheckId>,
    /// Units of cost: those of the dearest one, as each alone has the whole budget.
    pub cost: u32,
}

/// The records of a program that have several checks which can be asked at once.
pub fn find(program: &Program, callees: &[Callee]) -> Vec<Merged> {
    let mut found = Vec::new();
    for (at, shape) in program.shapes.iter().enumerate() {
        let Shape::Record(record) = shape else { continue };
        let shape = ShapeId(at as u32);
        let mut merged = Merged { shape, checks: Vec::new(), cost: 0 };
        for check in record.fields.iter().flat_map(|field| &field.checks) {
            let func = program.checks[check.index()].func;
            let takes = program.functions[func.index()].registers.first();
            if let Some(body) = &callees[func.index()].body
                && takes == Some(&RegType::Handle(shape))
                && let Some(cost) = only_cost(body)
            {
                merged.checks.push(*check);
                merged.cost = merged.cost.max(cost);
            }
        }
        if merged.checks.len() > 1 {
            found.push(merged);
        }
    }
    found
}

/// What a body costs, if it costs the same on every way and calls nothing.
fn only_cost(body: &Body) -> Option<u32> {
    if Flow::of(body).looping.contains(&true) {
        return None;
    }
    let mut cost = None;
    for (number, block) in body.blocks.iter().enumerate() {
        for line in &block.lines {
            match line.op {
                Op::Charge { amount } if number == 0 && cost.is_none() => cost = Some(amount),
                Op::Charge { .. } | Op::Call { .. } => return None,
                _ => {}
            }
        }
    }
    cost
}

impl Merged {
    /// The function before anything is simplified: it calls one check behind the other until one says no.
    pub fn function(&self, program: &Program) -> Function {
        let first = &program.functions[program.checks[self.checks[0].index()].func.index()];
        let ask = self.checks.len() as u32;
        let no = 1 + 2 * ask + 2;
        let mut code = vec![Op::Charge { amount: self.cost.max(1) }];
        for check in &self.checks {
            let func = program.checks[check.index()].func;
            code.push(Op::Call { dst: Def(1), func, first: UseWindow(0) });
            code.push(Op::JumpUnless { condition: Use(1), to: Label(no) });
        }
        for holds in [1, 0] {
            code.push(Op::Int { dst: Def(2), value: holds });
            code.push(Op::Return { a: Use(2) });
        }
        Function {
            name: first.name,
            place: first.place,
            params: 1,
            registers: vec![RegType::Handle(self.shape), RegType::Word, RegType::Word],
            result: RegType::Word,
            places: vec![first.place; code.len()],
            code,
        }
    }

    /// Takes the copied checks' own charges away: the whole is charged once.
    pub fn charge_once(&self, body: &mut Body) {
        let mut first = true;
        for block in &mut body.blocks {
            block.lines.retain(|line| !matches!(line.op, Op::Charge { .. }) || std::mem::take(&mut first));
        }
    }

    /// Puts the function into the program in place of the checks.
    pub fn put(&self, program: &mut Program, function: Function) -> Option<()> {
        let func = FuncId(u32::try_from(program.functions.len()).ok()?);
        let id = CheckId(u16::try_from(program.checks.len()).ok()?);
        program.functions.push(function);
        let first = program.checks.get(self.checks[0].index())?.clone();
        program.checks.push(Check { func, ..first });
        let Shape::Record(record) = &mut program.shapes[self.shape.index()] else { return None };
        let mut place = Some(id);
        for field in &mut record.fields {
            let asked = field.checks.iter().any(|check| self.checks.contains(check));
            field.checks.retain(|check| !self.checks.contains(check));
            if asked {
                field.checks.splice(0..0, place.take());
            }
        }
        Some(())
    }
}
