//! From the instructions of a program to their 64-bit form, one for one.

use bp_bytecode::Program;
use bp_bytecode::index::FuncId;
use bp_bytecode::op::{Cmp, Label, Op};
use bp_bytecode::program::{Function, Node, Tree};
use bp_bytecode::rounding::Mode;
use bp_bytecode::shape::{RegType, Shape};

use crate::exact::{self, Divisor};
use crate::words::fuse::fuse;
use crate::words::step::{Reg, Step};
use crate::words::{Child, Code, Search, WINDOW};

/// The code of a function; `None` where an instruction or a register's number has no 64-bit form.
pub(crate) fn code(program: &Program, func: FuncId) -> Option<Code> {
    let function = &program.functions[func.index()];
    if function.registers.len() > WINDOW {
        return None;
    }
    let mut decoder = Decoder { program, function, divisors: Vec::new(), switches: Vec::new() };
    let steps = function.code.iter().enumerate().map(|(at, op)| decoder.step(at, op));
    let steps = steps.collect::<Option<Vec<Step>>>()?;
    let Decoder { divisors, mut switches, .. } = decoder;
    Some(Code {
        registers: function.registers.len(),
        params: usize::from(function.params),
        steps: fuse(steps, &mut switches).into(),
        divisors: divisors.into(),
        switches: switches.into(),
    })
}

struct Decoder<'p> {
    program: &'p Program,
    function: &'p Function,
    divisors: Vec<Divisor>,
    switches: Vec<Vec<u32>>,
}

/// The number of a register; one beyond the window is declined before.
fn reg(number: u16) -> Reg {
    number as Reg
}

impl Decoder<'_> {
    fn step(&mut self, at: usize, op: &Op) -> Option<Step> {
        let slow = Step::Slow { at: at as u32 };
        Some(match *op {
            Op::Move { dst, a } | Op::Narrow { dst, a } => Step::Move { dst: reg(dst.0), a: reg(a.0) },
            Op::Int { dst, value } => Step::Set { dst: reg(dst.0), value: value.into() },
            Op::Const { dst, value } => match self.literal(value.index()) {
                Some(value) => Step::Set { dst: reg(dst.0), value },
                None => Step::GiveUp,
            },
            Op::Text { dst, text } => Step::Text { dst: reg(dst.0), text },
            Op::None { dst } | Op::MapNew { dst } => Step::Set { dst: reg(dst.0), value: 0 },

            Op::Add { dst, a, b } | Op::AddWord { dst, a, b } => {
                Step::Add { dst: reg(dst.0), a: reg(a.0), b: reg(b.0) }
            }
            Op::Sub { dst, a, b } | Op::SubWord { dst, a, b } => {
                Step::Sub { dst: reg(dst.0), a: reg(a.0), b: reg(b.0) }
            }
            Op::Mul { dst, a, b } | Op::MulWord { dst, a, b } => {
                Step::Mul { dst: reg(dst.0), a: reg(a.0), b: reg(b.0) }
            }
            Op::Min { dst, a, b } => Step::Min { dst: reg(dst.0), a: reg(a.0), b: reg(b.0) },
            Op::Max { dst, a, b } => Step::Max { dst: reg(dst.0), a: reg(a.0), b: reg(b.0) },
            Op::AddConst { dst, a, value } => match self.literal(value.index()) {
                Some(by) => Step::AddBy { dst: reg(dst.0), a: reg(a.0), by },
                None => Step::GiveUp,
            },
            Op::MulConst { dst, a, value } => match self.literal(value.index()) {
                Some(by) => Step::MulBy { dst: reg(dst.0), a: reg(a.0), by },
                None => Step::GiveUp,
            },
            Op::MinConst { dst, a, value } => match self.literal(value.index()) {
                Some(by) => Step::MinBy { dst: reg(dst.0), a: reg(a.0), by },
                None => Step::GiveUp,
            },
            Op::MaxConst { dst, a, value } => match self.literal(value.index()) {
                Some(by) => Step::MaxBy { dst: reg(dst.0), a: reg(a.0), by },
                None => Step::GiveUp,
            },
            Op::ScaleUp { dst, a, power } => match power_of_ten(power) {
                Some(by) => Step::MulBy { dst: reg(dst.0), a: reg(a.0), by },
                None => Step::GiveUp,
            },
            Op::Neg { dst, a } => Step::Neg { dst: reg(dst.0), a: reg(a.0) },
            Op::Abs { dst, a } => Step::Abs { dst: reg(dst.0), a: reg(a.0) },
            Op::Sign { dst, a } => Step::Sign { dst: reg(dst.0), a: reg(a.0) },
            Op::Round { dst, a, power: 0, .. } => Step::Move { dst: reg(dst.0), a: reg(a.0) },
            Op::Round { dst, a, power, mode } => match power_of_ten(power) {
                Some(by) => self.round(reg(dst.0), reg(a.0), by, mode)?,
                None => slow,
            },
            Op::RoundBy { dst, a, by, mode } => match self.literal(by.index()) {
                Some(by) if by >= 2 => self.round(reg(dst.0), reg(a.0), by, mode)?,
                _ => Step::GiveUp,
            },
            Op::RoundChain { dst, first, chain } => {
                let wide = exact::chain_width(&self.program.chains[chain.index()]);
                match wide <= crate::words::CHAIN_MAX {
                    true => Step::Chain { dst: reg(dst.0), first: reg(first.0), chain: chain.0 },
                    false => slow,
                }
            }
            Op::DivFloor { dst, a, b } => Step::DivFloor { dst: reg(dst.0), a: reg(a.0), b: reg(b.0) },
            Op::ModFloor { dst, a, b } => Step::ModFloor { dst: reg(dst.0), a: reg(a.0), b: reg(b.0) },
            Op::IsMultiple { dst, a, power } => match power_of_ten(power) {
                Some(by) => Step::IsMultiple { dst: reg(dst.0), a: reg(a.0), by },
                // No other number of 64 bits is a multiple of so much.
                None => Step::Not { dst: reg(dst.0), a: reg(a.0) },
            },

            Op::Compare { dst, a, b, how } => Step::Compare { dst: reg(dst.0), a: reg(a.0), b: reg(b.0), how },
            Op::Not { dst, a } => Step::Not { dst: reg(dst.0), a: reg(a.0) },
            Op::Jump { to } => Step::Jump { to: to.0 },
            Op::JumpIf { condition, to } => Step::JumpIf { a: reg(condition.0), to: to.0 },
            Op::JumpUnless { condition, to } => Step::JumpUnless { a: reg(condition.0), to: to.0 },
            Op::JumpCompare { a, b, how, to } => jump_compare(reg(a.0), reg(b.0), how, to),
            Op::JumpCompareConst { a, value, how, to } => {
                jump_compare_const(reg(a.0), self.program.constants[value.index()], how, to, at)
            }
            Op::Switch { on, table } => {
                let places = self.program.switches[table.index()].iter().map(|label| label.0);
                self.switches.push(places.collect());
                Step::Switch { on: reg(on.0), table: u16::try_from(self.switches.len() - 1).ok()? }
            }
            Op::Call { dst, func, first } => Step::Call { dst: reg(dst.0), first: reg(first.0), func: func.0 },
            Op::Return { a } => Step::Return { a: reg(a.0) },
            Op::Halt { .. } => Step::GiveUp,
            Op::Check { a, .. } => Step::Check { a: reg(a.0) },
            Op::Charge { amount } => Step::Charge { amount },

            Op::Record { dst, first } => match self.shape(dst.0)? {
                Shape::Record(record) => {
                    Step::Record { dst: reg(dst.0), first: reg(first.0), count: count(record.fields.len())? }
                }
                _ => return None,
            },
            Op::Field { dst, a, field } => Step::Field { dst: reg(dst.0), a: reg(a.0), field },
            Op::Variant { dst, case, first } => {
                Step::Variant { dst: reg(dst.0), first: reg(first.0), count: self.payload(dst.0, case)?, case }
            }
            Op::Tag { dst, a } => Step::Field { dst: reg(dst.0), a: reg(a.0), field: 0 },
            Op::Unpack { a, case, first, otherwise } => {
                let count = self.payload(a.0, case)?;
                Step::Unpack { a: reg(a.0), first: reg(first.0), count, case, otherwise: otherwise.0 }
            }
            Op::Some { dst, a } => Step::Some { dst: reg(dst.0), a: reg(a.0) },
            Op::Unsome { dst, a, otherwise } => Step::Unsome { dst: reg(dst.0), a: reg(a.0), otherwise: otherwise.0 },
            Op::List { dst, first, count: elements } => {
                Step::List { dst: reg(dst.0), first: reg(first.0), count: count(usize::from(elements))? }
            }
            Op::Item { dst, list, index } => Step::Item { dst: reg(dst.0), list: reg(list.0), index: reg(index.0) },

            Op::Search { dst, tree, first } => {
                Step::Search { dst: reg(dst.0), first: reg(first.0), tree: tree.0.into() }
            }
            Op::Pick { dst, base, index } => Step::Pick { dst: reg(dst.0), index: reg(index.0), base: base.0 },
            Op::PickText { dst, base, index } => Step::PickText { dst: reg(dst.0), index: reg(index.0), base: base.0 },
            // For traced runs, which are none of this form.
            Op::Matched { .. } => Step::Charge { amount: 0 },

            Op::StepBegin { step } => Step::Begin { step },
            Op::StepEnd { step } => Step::End { step },
            Op::PostBegin { post: _, text, day } => Step::PostBegin { text: reg(text.0), day: reg(day.0) },
            Op::PostLine { account, side, amount, first } => {
                let dims = count(self.program.accounts[account.index()].dimensions.len())?;
                Step::PostLine { account, side, amount: reg(amount.0), first: reg(first.0), count: dims }
            }
            Op::PostEnd { post } => Step::PostEnd { post },
            Op::RunPut { process, key, run } => {
                let RegType::Handle(shape) = self.function.registers[usize::from(run.0)] else { return None };
                Step::RunPut { process, shape, key: reg(key.0), run: reg(run.0) }
            }
            Op::Config { dst, config } => Step::Config { dst: reg(dst.0), config, at: at as u32 },
            // What a test notes speaks of the registers of the machine's own form.
            Op::Expect { .. } | Op::AtRow { .. } => return None,
            // A process that lives is the interpreter's, and so is what a test does with its runs.
            bp_bytecode::process_ops!() => return None,
            // Stored documents and holds are the interpreter's: what they do takes longer than any code around it.
            Op::StepFail { .. }
            | Op::Create { .. }
            | Op::Document { .. }
            | Op::Change { .. }
            | Op::Lookup { .. }
            | Op::Find { .. }
            | Op::Number { .. }
            | Op::Held { .. }
            | Op::Hold { .. }
            | Op::Settle { .. }
            | Op::CommitPart { .. }
            | Op::Take { .. }
            | Op::LineWorth { .. }
            | Op::LineOver { .. }
            | Op::PostValued { .. }
            | Op::PostRounding { .. }
            | Op::BookValue { .. }
            | Op::Free { .. }
            | Op::Available { .. }
            | Op::Room { .. }
            | Op::Bound { .. }
            | Op::HoldOver { .. }
            | Op::Posted { .. }
            | Op::Reverse { .. }
            | Op::FirstOpen { .. }
            | Op::FirstOpenIn { .. }
            | Op::PostIn { .. }
            | Op::BalanceIn { .. }
            | Op::BalanceAt { .. }
            | Op::ClosePeriod { .. } => return None,
            Op::CompareScaled { .. }
            | Op::Equal { .. }
            | Op::TextOrder { .. }
            | Op::Append { .. }
            | Op::Len { .. }
            | Op::Put { .. }
            | Op::Get { .. }
            | Op::Keys { .. }
            | Op::Values { .. }
            | Op::SortOrder { .. }
            | Op::Join { .. }
            | Op::Format { .. }
            | Op::Pad { .. }
            | Op::Builtin { .. }
            | Op::Today { .. }
            | Op::Now { .. }
            | Op::Balance { .. }
            | Op::RunGet { .. } => slow,
        })
    }

    fn round(&mut self, dst: Reg, a: Reg, by: i64, mode: u8) -> Option<Step> {
        let divisor = Divisor::new(by)?;
        let known = self.divisors.iter().position(|known| *known == divisor);
        let by = u16::try_from(known.unwrap_or(self.divisors.len())).ok()?;
        if known.is_none() {
            self.divisors.push(divisor);
        }
        Some(match Mode::from_number(mode.into())? {
            Mode::HalfUp => Step::HalfUp { dst, a, by },
            mode => Step::Round { dst, a, mode, by },
        })
    }

    fn literal(&self, at: usize) -> Option<i64> {
        i64::try_from(*self.program.constants.get(at)?).ok()
    }

    fn shape(&self, register: u16) -> Option<&Shape> {
        match self.function.registers[usize::from(register)] {
            RegType::Handle(shape) => self.program.shapes.get(shape.index()),
            RegType::Word | RegType::Wide => None,
        }
    }

    /// How many fields a case of a register's variant has.
    fn payload(&self, register: u16, case: u16) -> Option<u8> {
        match self.shape(register)? {
            Shape::Variant(cases) => count(cases.cases.get(usize::from(case))?.fields.len()),
            _ => None,
        }
    }
}

/// The length of a window, which lies within the registers.
fn count(of: usize) -> Option<u8> {
    u8::try_from(of).ok()
}

fn power_of_ten(power: u8) -> Option<i64> {
    exact::pow10(power).and_then(|power| i64::try_from(power).ok())
}

fn jump_compare(a: Reg, b: Reg, how: Cmp, to: Label) -> Step {
    let to = to.0;
    match how {
        Cmp::Eq => Step::JumpEqual { a, b, to },
        Cmp::Ne => Step::JumpUnequal { a, b, to },
        Cmp::Lt => Step::JumpLess { a, b, to },
        Cmp::Le => Step::JumpAtMost { a, b, to },
        Cmp::Gt => Step::JumpLess { a: b, b: a, to },
        Cmp::Ge => Step::JumpAtMost { a: b, b: a, to },
    }
}

/// `at`: where the instruction stands.
fn jump_compare_const(a: Reg, value: i128, how: Cmp, to: Label, at: usize) -> Step {
    // Of an integer, `a <= value` says the same as `a < value + 1`.
    let (how, value) = match how {
        Cmp::Le => (Cmp::Lt, value.checked_add(1)),
        Cmp::Ge => (Cmp::Gt, value.checked_sub(1)),
        how => (how, Some(value)),
    };
    let to = to.0;
    match (value.map(i64::try_from), how) {
        (Some(Ok(value)), Cmp::Eq) => Step::JumpEqualTo { a, to, value },
        (Some(Ok(value)), Cmp::Ne) => Step::JumpUnequalTo { a, to, value },
        (Some(Ok(value)), Cmp::Lt | Cmp::Le) => Step::JumpBelow { a, to, value },
        (Some(Ok(value)), Cmp::Gt | Cmp::Ge) => Step::JumpAbove { a, to, value },
        // Every number of 64 bits is on the same side of a literal beyond them.
        (beyond, how) => {
            let above = matches!(how, Cmp::Lt | Cmp::Le) && value.is_none_or(|value| value > 0);
            let below = matches!(how, Cmp::Gt | Cmp::Ge) && value.is_none_or(|value| value < 0);
            let unequal = how == Cmp::Ne && beyond.is_some();
            match above || below || unequal {
                true => Step::Jump { to },
                false => Step::Jump { to: at as u32 + 1 },
            }
        }
    }
}

/// A decision's tree over words; `None` if it asks for texts.
pub(crate) fn search(tree: &Tree) -> Option<Search> {
    let nodes = tree.nodes.iter().map(|node| node_of(tree, node)).collect::<Option<Vec<_>>>()?;
    Some(Search { root: child(tree, tree.root), nodes: nodes.into() })
}

fn child(tree: &Tree, node: u32) -> Child {
    match tree.nodes.get(node as usize) {
        Some(Node::Leaf(leaf)) => Child::Leaf(*leaf),
        _ => Child::Node(node),
    }
}

fn node_of(tree: &Tree, node: &Node) -> Option<crate::words::Node> {
    let children = |list: &[u32]| list.iter().map(|node| child(tree, *node)).collect::<Vec<_>>();
    Some(match node {
        // Never come to: a leaf stands in the place of the node that leads to it.
        Node::Leaf(leaf) => crate::words::Node::Dense { input: 0, low: 0, children: [Child::Leaf(*leaf)].into() },
        Node::Range { input, edges, children: all } => {
            // Edges up to the least word are below every input, those above the greatest above every input.
            let below = edges.partition_point(|edge| *edge <= i128::from(i64::MIN));
            let within = edges.partition_point(|edge| *edge <= i128::from(i64::MAX));
            let words = edges[below..within].iter().map(|edge| *edge as i64).collect();
            crate::words::Node::Range {
                input: reg(*input),
                edges: words,
                children: children(all.get(below..=within)?).into(),
            }
        }
        Node::Dense { input, low, children: all } => {
            crate::words::Node::Dense { input: reg(*input), low: *low, children: children(all).into() }
        }
        Node::Text { .. } => return None,
    })
}
