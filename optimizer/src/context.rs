//! What all passes share: the program as it was, and its literals, to which passes add.

use std::collections::HashMap;

use bp_bytecode::Program;
use bp_bytecode::index::ConstId;
use bp_bytecode::op::{Def, Op};
use bp_bytecode::shape::RegType;

pub struct Context<'p> {
    pub program: &'p Program,
    /// The program's literals in their places, then those that passes needed.
    pub constants: Vec<i128>,
    known: HashMap<i128, ConstId>,
}

impl<'p> Context<'p> {
    pub fn new(program: &'p Program) -> Self {
        let constants = program.constants.clone();
        let mut known = HashMap::new();
        for (at, value) in constants.iter().enumerate() {
            known.entry(*value).or_insert(ConstId(at as u32));
        }
        Context { program, constants, known }
    }

    /// The number of a literal.
    pub fn literal(&mut self, value: i128) -> ConstId {
        let constants = &mut self.constants;
        *self.known.entry(value).or_insert_with(|| {
            constants.push(value);
            ConstId(constants.len() as u32 - 1)
        })
    }

    /// The instruction that puts a number into a register.
    pub fn set(&mut self, dst: u16, value: i128) -> Op {
        match i32::try_from(value) {
            Ok(value) => Op::Int { dst: Def(dst), value },
            Err(_) => Op::Const { dst: Def(dst), value: self.literal(value) },
        }
    }

    /// The number that an instruction puts into its register, if it is one that does.
    pub fn number(&self, op: &Op) -> Option<i128> {
        match op {
            Op::Int { value, .. } => Some(i128::from(*value)),
            Op::Const { value, .. } => self.constants.get(value.index()).copied(),
            _ => None,
        }
    }
}

/// An instruction that does nothing; the next look for dead code removes it.
pub const NOTHING: Op = Op::Charge { amount: 0 };

/// May a value of a register go into another one?
pub fn fits(from: RegType, to: RegType) -> bool {
    from == to || (from == RegType::Word && to == RegType::Wide)
}

/// Does a number fit 64 bits?
pub fn is_word(value: i128) -> bool {
    i64::try_from(value).is_ok()
}
