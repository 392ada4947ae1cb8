//! A fast form of programs: registers of 64 bits, instructions of one size.
//!
//! A [`Fast`] holds a program – as a rule one that the optimiser has been over – in a form that a [`Vm`] tries first.
//! The form knows one way only to stop early: it gives up. Then everything that the call did is taken back, and the
//! machine runs it again with the program as it was compiled: its result or fault, place and cost are the verdict. So
//! the form keeps no places and no kinds of faults, and it takes numbers in between for words: one that leaves 64 bits
//! gives up too.
//!
//! - A call sees its registers as a window of a fixed size ([`WINDOW`]), so that a register's number of one byte needs
//!   no check. Functions with more registers, or with expectations of tests, have no fast form; nor has what calls
//!   them.
//! - Long and rare instructions are the machine's own ([`Step::Slow`]).
//!
//! [`Vm`]: crate::Vm
//! [`Step::Slow`]: step::Step

mod aside;
mod call;
mod decode;
mod fuse;
mod run;
mod step;

use bp_bytecode::Program;
use bp_bytecode::index::{FuncId, ShapeId};
use bp_bytecode::op::Op;
use bp_bytecode::shape::Shape;

use crate::exact::Divisor;
pub(crate) use run::{GiveUp, Registers};
use step::{Reg, Step};

/// The registers that a call sees; those behind its own are its callees'.
pub(crate) const WINDOW: usize = 256;

/// The longest window of a chain that has a fast form.
pub(crate) const CHAIN_MAX: usize = 16;

/// A program's fast form.
#[derive(Debug)]
pub struct Fast {
    /// The optimised program: what has no fast form is run from it.
    pub(crate) program: Program,
    pub(crate) codes: Box<[Option<Code>]>,
    /// By tree; `None` for one that asks for texts.
    searches: Box<[Option<Search>]>,
    /// By function: whether a call of it tells the world anything, or keeps a run.
    pub(crate) changes: Box<[bool]>,
    /// By shape: the functions of a record's checks.
    pub(crate) checks: Box<[Vec<FuncId>]>,
    /// By shape: whether a value of it may hold a record with checks, and whether one of its parts may.
    pub(crate) holds_checks: Box<[bool]>,
    pub(crate) parts_hold_checks: Box<[bool]>,
    /// How many literals the original has: tables that code picks from lie among them.
    literals: usize,
}

/// The fast form of a function.
#[derive(Debug)]
pub(crate) struct Code {
    pub registers: usize,
    pub params: usize,
    pub steps: Box<[Step]>,
    pub divisors: Box<[Divisor]>,
    pub switches: Box<[Vec<u32>]>,
}

/// A decision's search tree over words.
#[derive(Debug)]
struct Search {
    root: Child,
    nodes: Box<[Node]>,
}

#[derive(Clone, Copy, Debug)]
enum Child {
    Node(u32),
    Leaf(u32),
}

#[derive(Debug)]
enum Node {
    Range { input: Reg, edges: Box<[i64]>, children: Box<[Child]> },
    Dense { input: Reg, low: i64, children: Box<[Child]> },
}

impl Fast {
    /// The fast form of `program`, from `optimized`: the same program in another form, as the optimiser gives it, or
    /// the program itself. Both have been verified.
    pub fn new(program: &Program, optimized: Program) -> Fast {
        let functions = optimized.functions.len();
        let mut codes: Vec<Option<Code>> =
            (0..functions).map(|func| decode::code(&optimized, FuncId(func as u32))).collect();
        let called = |func: usize| {
            let called = optimized.functions[func].code.iter().filter_map(|op| match op {
                Op::Call { func, .. } => Some(func.index()),
                _ => None,
            });
            called.collect::<Vec<usize>>()
        };
        let called: Vec<Vec<usize>> = (0..functions).map(called).collect();
        let mut changes: Vec<bool> =
            optimized.functions.iter().map(|function| function.code.iter().any(tells)).collect();
        // Callers take after what they call; the verifier sees to it that this ends.
        loop {
            let mut again = false;
            for func in 0..functions {
                if codes[func].is_some() && called[func].iter().any(|callee| codes[*callee].is_none()) {
                    codes[func] = None;
                    again = true;
                }
                if !changes[func] && called[func].iter().any(|callee| changes[*callee]) {
                    changes[func] = true;
                    again = true;
                }
            }
            if !again {
                break;
            }
        }
        let holds_checks = holding(&optimized);
        let in_parts = |shape| inner(shape).iter().any(|part| holds_checks[part.index()]);
        Fast {
            codes: codes.into(),
            searches: optimized.trees.iter().map(decode::search).collect(),
            changes: changes.into(),
            checks: optimized.shapes.iter().map(|shape| asked(&optimized, shape)).collect(),
            parts_hold_checks: optimized.shapes.iter().map(in_parts).collect(),
            holds_checks: holds_checks.into(),
            literals: program.constants.len().min(optimized.constants.len()),
            program: optimized,
        }
    }
}

impl Fast {
    /// How many parameters a function takes that has a fast form.
    #[inline]
    pub(crate) fn params(&self, func: FuncId) -> Option<usize> {
        self.codes.get(func.index())?.as_ref().map(|code| code.params)
    }
}

/// Does an instruction leave something behind outside of its call?
fn tells(op: &Op) -> bool {
    matches!(
        op,
        Op::StepBegin { .. }
            | Op::StepEnd { .. }
            | Op::StepFail { .. }
            | Op::PostEnd { .. }
            | Op::Create { .. }
            | Op::Change { .. }
            | Op::Number { .. }
            | Op::Hold { .. }
            | Op::Settle { .. }
            | Op::CommitPart { .. }
            | Op::Take { .. }
            | Op::Free { .. }
            | Op::RunPut { .. }
            | Op::Expect { .. }
            | Op::AtRow { .. }
            | Op::StartRun { .. }
            | Op::Complete { .. }
            | Op::Deliver { .. }
            | Op::Answer { .. }
            | Op::AnswerError { .. }
            | Op::SendMessage { .. }
            | Op::Advance { .. }
            | Op::CancelRun { .. }
            | Op::Try {}
            | Op::Refusal { .. }
            | Op::UndoPut { .. }
            | Op::ReverseStep {}
            | Op::Send { .. }
            | Op::Note { .. }
    )
}

fn asked(program: &Program, shape: &Shape) -> Vec<FuncId> {
    match shape {
        Shape::Record(record) => {
            let checks = record.fields.iter().flat_map(|field| &field.checks);
            checks.map(|check| program.checks[check.index()].func).collect()
        }
        _ => Vec::new(),
    }
}

/// The shapes of a value's parts.
fn inner(shape: &Shape) -> Vec<ShapeId> {
    match shape {
        Shape::Record(record) => record.fields.iter().map(|field| field.shape).collect(),
        Shape::Variant(cases) => cases.cases.iter().flat_map(|case| &case.fields).map(|field| field.shape).collect(),
        Shape::List(inner) | Shape::Option(inner) => vec![*inner],
        Shape::Map(key, value) => vec![*key, *value],
        _ => Vec::new(),
    }
}

/// For each shape whether a value of it may hold a record with checks.
fn holding(program: &Program) -> Vec<bool> {
    let mut holds: Vec<bool> = program.shapes.iter().map(|shape| !asked(program, shape).is_empty()).collect();
    loop {
        let mut again = false;
        for (at, shape) in program.shapes.iter().enumerate() {
            if !holds[at] && inner(shape).iter().any(|shape| holds[shape.index()]) {
                holds[at] = true;
                again = true;
            }
        }
        if !again {
            return holds;
        }
    }
}
