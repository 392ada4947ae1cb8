//! Copies, literals and values that are there already, over the whole function.
//!
//! A walk over the dominator tree: what a block knows, the blocks that it dominates know too. Registers that are
//! assigned once are values by name ([`crate::flow`]); of the others only literals and copies within a block are
//! known. Operands are renamed to the first register that holds the value; the copies that become superfluous go
//! with the dead code.

use std::collections::HashMap;

use bp_bytecode::index::ShapeId;
use bp_bytecode::op::Op;
use bp_bytecode::shape::RegType;

use crate::body::Body;
use crate::context::{Context, fits};
use crate::flow::{Flow, Uses};
use crate::fold::fold;
use crate::operands::{self, Kind, Operand};

/// An instruction without its target, its operands by their values.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Number(i128),
    Made(Op, Vec<u16>),
    /// `none` or the empty map of a shape: one handle for all, only their registers' shapes tell them apart.
    Empty(ShapeId),
}

#[derive(Clone, Copy)]
enum Local {
    Number(i128),
    Same(u16),
}

struct Walk<'a, 'p> {
    body: &'a mut Body,
    context: &'a mut Context<'p>,
    uses: Uses,
    /// For a register that is a value: the first one that holds the same.
    leader: Vec<u16>,
    numbers: Vec<Option<i128>>,
    /// Each value with the register that holds it.
    there: HashMap<Key, u16>,
    local: HashMap<u16, Local>,
}

pub fn share(body: &mut Body, context: &mut Context<'_>) {
    let flow = Flow::of(body);
    let uses = Uses::of(body, context.program);
    let count = body.registers.len();
    let mut walk = Walk {
        body,
        context,
        uses,
        leader: (0..count as u32).map(|register| register as u16).collect(),
        numbers: vec![None; count],
        there: HashMap::new(),
        local: HashMap::new(),
    };
    // Leaving a block takes back what it added.
    enum Task {
        Enter(usize),
        Leave(Vec<Key>),
    }
    let mut tasks = vec![Task::Enter(0)];
    while let Some(task) = tasks.pop() {
        match task {
            Task::Enter(block) => {
                let mut added = Vec::new();
                walk.block(block, &mut added);
                tasks.push(Task::Leave(added));
                tasks.extend(flow.children[block].iter().map(|child| Task::Enter(*child)));
            }
            Task::Leave(added) => added.iter().for_each(|key| {
                walk.there.remove(key);
            }),
        }
    }
}

impl Walk<'_, '_> {
    /// The register to read instead of this one.
    fn resolve(&self, register: u16) -> u16 {
        if self.uses.is_value(register) {
            return self.leader[usize::from(register)];
        }
        match self.local.get(&register) {
            Some(Local::Same(other)) => *other,
            _ => register,
        }
    }

    fn number(&self, register: u16) -> Option<i128> {
        match self.local.get(&register) {
            Some(Local::Number(value)) => Some(*value),
            _ => self.numbers[usize::from(register)],
        }
    }

    fn block(&mut self, block: usize, added: &mut Vec<Key>) {
        self.local.clear();
        for at in 0..self.body.blocks[block].lines.len() {
            let mut op = self.body.blocks[block].lines[at].op;
            operands::walk(&mut op, &mut |operand| {
                if let Operand::Read(register) = operand {
                    *register = self.resolve(*register);
                }
            });
            while let Some(simpler) = self.simpler(&op) {
                op = simpler;
            }
            self.body.blocks[block].lines[at].op = op;
            if let (Op::Jump { .. }, true) = (op, at + 2 == self.body.blocks[block].lines.len()) {
                // A branch that is always taken.
                self.body.blocks[block].lines.truncate(at + 1);
            }
            self.note(block, at, added);
            if at + 1 >= self.body.blocks[block].lines.len() {
                break;
            }
        }
    }

    fn simpler(&mut self, op: &Op) -> Option<Op> {
        let known = |register: u16| match self.local.get(&register) {
            Some(Local::Number(value)) => Some(*value),
            _ => self.numbers[usize::from(register)],
        };
        if let Some(found) = fold(op, &known, self.context) {
            return Some(found);
        }
        match *op {
            // A field of a record whose making is in sight.
            Op::Field { dst, a, field } => {
                let (block, line) = self.uses.made(a.0)?;
                let Op::Record { first, .. } = self.body.blocks[block].lines[line].op else { return None };
                let part = first.0.checked_add(field)?;
                let held = self.uses.is_value(part).then(|| self.resolve(part))?;
                fits(self.body.ty(held), self.body.ty(dst.0)).then(|| crate::body::copy(dst.0, held))
            }
            Op::Tag { dst, a } => {
                let (block, line) = self.uses.made(a.0)?;
                let Op::Variant { case, .. } = self.body.blocks[block].lines[line].op else { return None };
                Some(self.context.set(dst.0, i128::from(case)))
            }
            // A word is narrow.
            Op::Narrow { dst, a } if self.body.ty(a.0) == RegType::Word => Some(crate::body::copy(dst.0, a.0)),
            Op::Switch { on, table } => {
                let places = &self.body.switches[table.index()];
                let place = usize::try_from(self.number(on.0)?).unwrap_or(usize::MAX);
                let to = *places.get(place).or(places.last())?;
                Some(Op::Jump { to: bp_bytecode::op::Label(to) })
            }
            _ => None,
        }
    }

    /// Takes note of what an instruction writes; replaces it by a copy if its value is there.
    fn note(&mut self, block: usize, at: usize, added: &mut Vec<Key>) {
        let op = self.body.blocks[block].lines[at].op;
        let types = &self.body.registers;
        let Some(dst) = operands::target(&op) else {
            for register in operands::writes(&op, self.context.program, types) {
                self.local.remove(&register);
            }
            return;
        };
        if !self.uses.is_value(dst) {
            self.local.remove(&dst);
            match op {
                Op::Move { a, .. } => {
                    let number = self.number(a.0);
                    if let Some(value) = number {
                        self.body.blocks[block].lines[at].op = self.context.set(dst, value);
                        self.local.insert(dst, Local::Number(value));
                    } else if self.uses.is_value(a.0) {
                        self.local.insert(dst, Local::Same(a.0));
                    }
                }
                _ => {
                    if let Some(value) = self.context.number(&op) {
                        self.local.insert(dst, Local::Number(value));
                    }
                }
            }
            return;
        }
        if let Op::Move { a, .. } = op {
            let number = self.number(a.0);
            match number {
                // A copy of a literal is that literal.
                Some(value) if !self.uses.is_value(a.0) => {
                    self.body.blocks[block].lines[at].op = self.context.set(dst, value);
                    self.note_number(block, at, dst, value, added);
                }
                _ if self.uses.is_value(a.0) => {
                    self.leader[usize::from(dst)] = a.0;
                    self.numbers[usize::from(dst)] = number;
                }
                _ => {}
            }
            return;
        }
        if let Some(value) = self.context.number(&op) {
            self.note_number(block, at, dst, value, added);
            return;
        }
        if operands::kind(&op) == Kind::Effect {
            return;
        }
        let Some(key) = self.key(&op) else { return };
        self.note_key(block, at, dst, key, added);
    }

    fn note_number(&mut self, block: usize, at: usize, dst: u16, value: i128, added: &mut Vec<Key>) {
        self.numbers[usize::from(dst)] = Some(value);
        self.note_key(block, at, dst, Key::Number(value), added);
    }

    fn note_key(&mut self, block: usize, at: usize, dst: u16, key: Key, added: &mut Vec<Key>) {
        match self.there.get(&key) {
            Some(first) if fits(self.body.ty(*first), self.body.ty(dst)) => {
                self.body.blocks[block].lines[at].op = crate::body::copy(dst, *first);
                self.leader[usize::from(dst)] = *first;
            }
            Some(_) => {}
            None => {
                self.there.insert(key.clone(), dst);
                added.push(key);
            }
        }
    }

    /// `None` where an operand is not a value by name.
    fn key(&self, op: &Op) -> Option<Key> {
        let mut key = *op;
        let mut values = true;
        operands::walk(&mut key, &mut |operand| match operand {
            Operand::Read(register) => values &= self.uses.is_value(*register),
            Operand::Write(register) => *register = 0,
            Operand::Goes(_) => {}
        });
        let mut parts = Vec::new();
        if let Some(window) = operands::window(op, self.context.program, &self.body.registers) {
            for register in window.registers() {
                values &= self.uses.is_value(register);
                parts.push(self.resolve(register));
            }
            operands::set_window(&mut key, 0);
        }
        if let Op::Add { a, b, .. }
        | Op::Mul { a, b, .. }
        | Op::Min { a, b, .. }
        | Op::Max { a, b, .. }
        | Op::AddWord { a, b, .. }
        | Op::MulWord { a, b, .. } = &mut key
            && a.0 > b.0
        {
            std::mem::swap(a, b);
        }
        if let Op::None { dst } | Op::MapNew { dst } = op {
            let RegType::Handle(shape) = self.body.ty(dst.0) else { return None };
            return values.then_some(Key::Empty(shape));
        }
        values.then_some(Key::Made(key, parts))
    }
}
