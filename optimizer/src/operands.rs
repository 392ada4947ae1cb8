//! What an instruction reads, writes and where it may go, for all instructions alike.
//!
//! The walk over operands is generated from the list of instructions, so that a new one takes part in it. What has
//! to be said by hand stands in one place each: how long windows are ([`window`]) and what kind an instruction is of
//! ([`kind`]).

use bp_bytecode::Program;
use bp_bytecode::index::*;
use bp_bytecode::op::*;
use bp_bytecode::process::Channel;
use bp_bytecode::shape::{RegType, Shape};

/// An operand, as the walk shows it.
pub enum Operand<'a> {
    Read(&'a mut u16),
    Write(&'a mut u16),
    Goes(&'a mut u32),
}

trait Walk {
    fn walk(&mut self, _each: &mut dyn FnMut(Operand<'_>)) {}
}

impl Walk for Def {
    fn walk(&mut self, each: &mut dyn FnMut(Operand<'_>)) {
        each(Operand::Write(&mut self.0));
    }
}

impl Walk for Use {
    fn walk(&mut self, each: &mut dyn FnMut(Operand<'_>)) {
        each(Operand::Read(&mut self.0));
    }
}

impl Walk for Label {
    fn walk(&mut self, each: &mut dyn FnMut(Operand<'_>)) {
        each(Operand::Goes(&mut self.0));
    }
}

macro_rules! plain {
    ($($ty:ty),* $(,)?) => {$(impl Walk for $ty {})*};
}
plain!(
    u8,
    u16,
    u32,
    i32,
    Cmp,
    Scales,
    Side,
    LineKind,
    Stop,
    Builtin,
    UseWindow,
    DefWindow,
    TextId,
    ShapeId,
    FuncId,
    CheckId,
    ConfigId,
    AccountId,
    DecisionId,
    TreeId,
    ChainId,
    SwitchId,
    ProcessId,
    StepId,
    ExpectId,
    PostId,
    ConstId,
    EntityId,
    QueryId,
    MessageId,
    OperationId,
    PointId,
    UndoId,
    Channel,
);

macro_rules! declare_walk {
    ($($(#[$doc:meta])* $name:ident = $number:literal $text:literal { $($field:ident: $ty:ty),* },)*) => {
        /// Shows every operand that is a register or a place to go to; windows are not among them.
        pub fn walk(op: &mut Op, each: &mut dyn FnMut(Operand<'_>)) {
            match op {
                $(Op::$name { $($field),* } => { $($field.walk(each);)* })*
            }
        }
    };
}
bp_bytecode::for_each_op!(declare_walk);

/// Whether an instruction is of a process that lives, or of a test with its runs. Their windows are not known here.
pub fn is_of_a_process(op: &Op) -> bool {
    matches!(op, bp_bytecode::process_ops!())
}

/// A window: its first register, its length, and whether the instruction writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub first: u16,
    pub count: u16,
    pub written: bool,
}

impl Window {
    pub fn registers(self) -> impl Iterator<Item = u16> {
        (0..self.count).map(move |at| self.first + at)
    }
}

/// The registers that an instruction reads or writes as a run, if there are any.
pub fn window(op: &Op, program: &Program, types: &[RegType]) -> Option<Window> {
    let shape = |register: u16| match types.get(usize::from(register)) {
        Some(RegType::Handle(shape)) => program.shapes.get(shape.index()),
        _ => None,
    };
    let case = |register: u16, case: u16| match shape(register) {
        Some(Shape::Variant(cases)) => cases.cases[usize::from(case)].fields.len(),
        _ => 0,
    };
    let (first, count, written) = match op {
        Op::RoundChain { first, chain, .. } => {
            let c = &program.chains[chain.index()];
            let rest = usize::from(c.has_step) + usize::from(c.power) + usize::from(c.mode.is_none());
            (first.0, usize::from(c.numerators) + usize::from(c.divisors) + rest, false)
        }
        Op::Call { func, first, .. } => (first.0, usize::from(program.functions[func.index()].params), false),
        Op::Record { dst, first } => match shape(dst.0) {
            Some(Shape::Record(record)) => (first.0, record.fields.len(), false),
            _ => return None,
        },
        Op::Variant { dst, case: number, first } => (first.0, case(dst.0, *number), false),
        Op::Unpack { a, case: number, first, .. } => (first.0, case(a.0, *number), true),
        Op::List { first, count, .. } | Op::Join { first, count, .. } => (first.0, usize::from(*count), false),
        Op::Builtin { builtin, first, .. } => (first.0, builtin.params().len(), false),
        Op::Search { tree, first, .. } => (first.0, program.trees[tree.index()].inputs.len(), false),
        Op::PostLine { account, first, .. }
        | Op::Balance { account, first, .. }
        | Op::Held { account, first, .. }
        | Op::Hold { account, first, .. }
        | Op::Take { account, first, .. }
        | Op::BalanceIn { account, first, .. }
        | Op::PostRounding { account, first }
        | Op::BookValue { account, first, .. }
        | Op::Free { account, first, .. } => (first.0, program.accounts[account.index()].dimensions.len(), false),
        Op::Available { account, first, .. }
        | Op::Room { account, first, .. }
        | Op::Bound { account, first }
        | Op::HoldOver { account, first, .. } => {
            let account = &program.accounts[account.index()];
            (first.0, account.dimensions.len() + account.amounts(), false)
        }
        Op::PostValued { account, first, .. } | Op::BalanceAt { account, first, .. } => {
            (first.0, program.accounts[account.index()].dimensions.len() + 1, false)
        }
        Op::Lookup { entity, first, .. } => (first.0, program.entities[entity.index()].key.len(), false),
        Op::Find { query, first, .. } => {
            let query = &program.queries[query.index()];
            (first.0, query.conditions.len() + usize::from(query.limit), false)
        }
        _ => return None,
    };
    (count > 0).then_some(Window { first, count: count as u16, written })
}

/// The first register of an instruction's window, or of a place for one that is empty.
fn first(op: &mut Op) -> Option<&mut u16> {
    match op {
        Op::RoundChain { first, .. }
        | Op::Call { first, .. }
        | Op::Record { first, .. }
        | Op::Variant { first, .. }
        | Op::List { first, .. }
        | Op::Join { first, .. }
        | Op::Builtin { first, .. }
        | Op::Search { first, .. }
        | Op::PostLine { first, .. }
        | Op::Balance { first, .. }
        | Op::Held { first, .. }
        | Op::Hold { first, .. }
        | Op::Take { first, .. }
        | Op::Free { first, .. }
        | Op::BalanceIn { first, .. }
        | Op::BalanceAt { first, .. }
        | Op::PostValued { first, .. }
        | Op::PostRounding { first, .. }
        | Op::BookValue { first, .. }
        | Op::Available { first, .. }
        | Op::Room { first, .. }
        | Op::Bound { first, .. }
        | Op::HoldOver { first, .. }
        | Op::Lookup { first, .. }
        | Op::Find { first, .. } => Some(&mut first.0),
        Op::Unpack { first, .. } => Some(&mut first.0),
        _ => None,
    }
}

/// Names the first register of an instruction's window.
pub fn set_window(op: &mut Op, register: u16) {
    if let Some(first) = first(op) {
        *first = register;
    }
}

/// Moves an instruction's window up.
pub fn shift_window(op: &mut Op, by: u16) {
    if let Some(first) = first(op) {
        // The place of an empty window says nothing.
        *first = first.saturating_add(by);
    }
}

/// Registers that an instruction reads, windows among them.
pub fn reads(op: &Op, program: &Program, types: &[RegType]) -> Vec<u16> {
    let mut found = Vec::new();
    walk(&mut op.clone(), &mut |operand| {
        if let Operand::Read(register) = operand {
            found.push(*register);
        }
    });
    found.extend(window(op, program, types).filter(|w| !w.written).into_iter().flat_map(Window::registers));
    found
}

/// Registers that an instruction writes, windows among them.
pub fn writes(op: &Op, program: &Program, types: &[RegType]) -> Vec<u16> {
    let mut found = Vec::new();
    walk(&mut op.clone(), &mut |operand| {
        if let Operand::Write(register) = operand {
            found.push(*register);
        }
    });
    found.extend(window(op, program, types).filter(|w| w.written).into_iter().flat_map(Window::registers));
    found
}

/// Where an instruction may go besides the next one; what a `switch` does stands in its table.
pub fn labels(op: &Op) -> Option<u32> {
    let mut found = None;
    walk(&mut op.clone(), &mut |operand| {
        if let Operand::Goes(label) = operand {
            found = Some(*label);
        }
    });
    found
}

/// The register that an instruction writes outside of windows.
pub fn target(op: &Op) -> Option<u16> {
    let mut found = None;
    walk(&mut op.clone(), &mut |operand| {
        if let Operand::Write(register) = operand {
            found = Some(*register);
        }
    });
    found
}

/// What an optimiser may do with an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Gives the same result for the same operands, always, and costs nothing but time: may be shared and dropped.
    Pure,
    /// The same, but some operands are a fault; may be shared, and dropped where it is shown not to be one.
    Fallible,
    /// Takes from a budget of memory or work, asks the world, changes it, or says where to go: stays.
    Effect,
}

pub fn kind(op: &Op) -> Kind {
    match op {
        Op::Move { .. }
        | Op::Int { .. }
        | Op::Const { .. }
        | Op::Text { .. }
        | Op::Min { .. }
        | Op::Max { .. }
        | Op::Sign { .. }
        | Op::Round { .. }
        | Op::IsMultiple { .. }
        | Op::Compare { .. }
        | Op::CompareScaled { .. }
        | Op::Not { .. }
        | Op::Field { .. }
        | Op::Tag { .. }
        | Op::None { .. }
        | Op::Len { .. }
        | Op::MapNew { .. }
        | Op::Search { .. }
        | Op::MinConst { .. }
        | Op::MaxConst { .. }
        | Op::RoundBy { .. } => Kind::Pure,
        Op::Add { .. }
        | Op::Sub { .. }
        | Op::Mul { .. }
        | Op::Neg { .. }
        | Op::Abs { .. }
        | Op::ScaleUp { .. }
        | Op::DivFloor { .. }
        | Op::ModFloor { .. }
        | Op::Narrow { .. }
        | Op::RoundChain { .. }
        | Op::Item { .. }
        | Op::Pick { .. }
        | Op::PickText { .. }
        | Op::AddWord { .. }
        | Op::SubWord { .. }
        | Op::MulWord { .. }
        | Op::AddConst { .. }
        | Op::MulConst { .. } => Kind::Fallible,
        _ => Kind::Effect,
    }
}
