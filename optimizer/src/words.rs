//! What ranges are good for: arithmetic of 64 bits, checks and comparisons whose outcome is known, chains that are
//! a product and a quotient.
//!
//! A wide register becomes a word if everything that is put into it fits one and comes from an instruction that has
//! a 64-bit form. The forms themselves still look for overflow: a range that is wrong is a fault, not a wrong number.

use bp_bytecode::op::{Cmp, Def, Label, Op, Use};
use bp_bytecode::rounding::Mode;
use bp_bytecode::shape::RegType;

use crate::body::{Body, Line, copy};
use crate::chains::Quotient;
use crate::context::{Context, NOTHING, is_word};
use crate::facts::Facts;
use crate::flow::{Flow, Uses};
use crate::fold::{lifted, power_of_ten};
use crate::interval::Interval;
use crate::operands::{self, Kind};
use crate::ranges::Ranges;

/// An instruction to be, whose literal has no number yet.
#[derive(Clone, Copy)]
enum New {
    Plain(Op),
    Set(u16, i128),
    Add(u16, u16, i128),
    Mul(u16, u16, i128),
    Min(u16, u16, i128),
    Max(u16, u16, i128),
    Round(u16, u16, i128, Mode),
}

/// What may stand for an instruction.
struct Change {
    block: usize,
    line: usize,
    dst: Option<u16>,
    /// Registers that have to be words for it.
    needs: Vec<u16>,
    /// It gives a word.
    short: bool,
    becomes: Vec<New>,
}

/// Rewrites a body by what its registers can hold. `trusted`: records it is given have passed their checks.
pub fn shorten(body: &mut Body, context: &mut Context<'_>, facts: &Facts, trusted: bool) {
    let (flow, uses) = (Flow::of(body), Uses::of(body, context.program));
    let mut temporaries = Vec::new();
    let mut changes = Vec::new();
    let mut ranges = Ranges::of(body, context, &flow, &uses, facts, trusted);
    ranges.walk(&mut |ranges, (block, line), op| {
        let mut maker = Maker { ranges, temporaries: &mut temporaries, needs: Vec::new() };
        let (dst, short) = (operands::target(op), maker.gives_word(op));
        if let Some(becomes) = maker.change(op) {
            changes.push(Change { block, line, dst, needs: maker.needs, short, becomes });
        }
    });
    if body.registers.len() + temporaries.len() > usize::from(u16::MAX) {
        return;
    }
    let words = words(body, context, &changes);
    changes.retain(|change| change.needs.iter().all(|register| words[usize::from(*register)]));
    for (register, ty) in body.registers.iter_mut().enumerate() {
        if words[register] && *ty == RegType::Wide {
            *ty = RegType::Word;
        }
    }
    body.registers.extend(temporaries);
    // From behind, so that lines keep their numbers.
    changes.sort_by_key(|change| std::cmp::Reverse((change.block, change.line)));
    for change in changes {
        let lines = &mut body.blocks[change.block].lines;
        let place = lines[change.line].place;
        let ops = change.becomes.iter().map(|new| Line { op: new.op(context), place });
        lines.splice(change.line..=change.line, ops.collect::<Vec<_>>());
        if let [.., Line { op: Op::Jump { .. }, .. }, _] = lines.as_slice() {
            lines.pop();
        }
    }
}

/// The registers that are words, or become words when all changes are made that can be.
fn words(body: &Body, context: &Context<'_>, changes: &[Change]) -> Vec<bool> {
    let params = usize::from(body.params);
    let mut words: Vec<bool> = body
        .registers
        .iter()
        .enumerate()
        .map(|(register, ty)| match ty {
            RegType::Word => true,
            RegType::Wide => register >= params,
            RegType::Handle(_) => false,
        })
        .collect();
    // What no change makes a word of stays wide.
    let mut changed: std::collections::HashSet<(usize, usize)> = std::collections::HashSet::new();
    for change in changes.iter().filter(|change| change.short) {
        changed.insert((change.block, change.line));
    }
    for (block, lines) in body.blocks.iter().enumerate() {
        for (line, Line { op, .. }) in lines.lines.iter().enumerate() {
            for register in operands::writes(op, context.program, &body.registers) {
                if !changed.contains(&(block, line)) && body.ty(register) == RegType::Wide {
                    words[usize::from(register)] = false;
                }
            }
        }
    }
    loop {
        let unmade = changes.iter().filter(|change| change.needs.iter().any(|r| !words[usize::from(*r)]));
        let lost: Vec<u16> = unmade
            .filter_map(|change| change.dst)
            .filter(|dst| body.ty(*dst) == RegType::Wide && words[usize::from(*dst)])
            .collect();
        if lost.is_empty() {
            return words;
        }
        lost.iter().for_each(|register| words[usize::from(*register)] = false);
    }
}

struct Maker<'m, 'a, 'p> {
    ranges: &'m Ranges<'a, 'p>,
    temporaries: &'m mut Vec<RegType>,
    needs: Vec<u16>,
}

impl Maker<'_, '_, '_> {
    fn gives_word(&self, op: &Op) -> bool {
        let result = operands::target(op).and_then(|dst| self.ranges.result(op, dst));
        result.is_some_and(Interval::is_word)
    }

    fn range(&self, register: Use) -> Interval {
        self.ranges.get(register.0)
    }

    /// The number that a register is known to hold, if it fits a word.
    fn literal(&self, register: Use) -> Option<i128> {
        self.range(register).value().filter(|value| is_word(*value))
    }

    fn temporary(&mut self, ty: RegType) -> u16 {
        self.temporaries.push(ty);
        // Too many are noticed before any is used.
        (self.ranges.body.registers.len() + self.temporaries.len() - 1) as u16
    }

    fn change(&mut self, op: &Op) -> Option<Vec<New>> {
        if operands::kind(op) == Kind::Fallible
            && let Some(dst) = operands::target(op)
            && self.ranges.uses.counts[usize::from(dst)] == 0
            && self.cannot_fail(op)
        {
            return Some(vec![New::Plain(NOTHING)]);
        }
        if let Some(dst) = operands::target(op)
            && matches!(op, Op::Compare { .. } | Op::Not { .. } | Op::Field { .. } | Op::Pick { .. })
            && let Some(value) = self.ranges.result(op, dst)?.value()
        {
            return Some(vec![New::Set(dst, value)]);
        }
        match *op {
            Op::Check { a, .. } => (self.literal(a)? == 1).then(|| vec![New::Plain(NOTHING)]),
            Op::JumpIf { condition, to } => self.jump(condition, Cmp::Ne, Interval::only(0), to),
            Op::JumpUnless { condition, to } => self.jump(condition, Cmp::Eq, Interval::only(0), to),
            Op::JumpCompare { a, b, how, to } => self.jump(a, how, self.range(b), to),
            Op::JumpCompareConst { a, value, how, to } => self.jump(a, how, self.ranges.literal(&value), to),
            Op::CompareScaled { dst, a, b, scales } => {
                let (how, literal) = lifted(scales, self.range(b).value()?)?;
                let other = self.temporary(if is_word(literal) { RegType::Word } else { RegType::Wide });
                Some(vec![New::Set(other, literal), New::Plain(Op::Compare { dst, a, b: Use(other), how })])
            }
            Op::Narrow { dst, a } if self.range(a).is_word() => self.of(&[a], New::Plain(copy(dst.0, a.0))),
            Op::Narrow { dst, a } => self.narrowed(dst, a),
            _ if !self.gives_word(op) => None,
            Op::Int { .. } | Op::Const { .. } => Some(vec![New::Plain(*op)]),
            Op::Move { a, .. } => self.of(&[a], New::Plain(*op)),
            Op::Add { .. } | Op::Sub { .. } | Op::Mul { .. } | Op::ScaleUp { .. } | Op::Neg { .. } => {
                self.arithmetic(op)
            }
            Op::AddWord { .. } | Op::SubWord { .. } | Op::MulWord { .. } => self.arithmetic(op),
            Op::Min { dst, a, b } | Op::Max { dst, a, b } => self.smaller(op, dst, a, b),
            Op::MulConst { dst, a, value } => {
                let Op::MulConst { a: inner, value: by, .. } = self.made(a)? else { return None };
                let by = self.ranges.literal(&value).mul(self.ranges.literal(&by))?.value()?;
                let same = self.ranges.uses.is_value(inner.0) && is_word(by);
                same.then(|| vec![New::Mul(dst.0, inner.0, by)])
            }
            Op::MinConst { dst, a, value } | Op::MaxConst { dst, a, value } => {
                let literal = self.ranges.literal(&value);
                let smaller = self.range(a).compare(Cmp::Le, literal)?;
                let own = smaller == matches!(op, Op::MinConst { .. });
                Some(vec![if own { New::Plain(copy(dst.0, a.0)) } else { New::Set(dst.0, literal.low) }])
            }
            Op::DivFloor { dst, a, b } => match self.literal(b)? {
                1 => self.of(&[a], New::Plain(copy(dst.0, a.0))),
                by if by > 1 => self.of(&[a], New::Round(dst.0, a.0, by, Mode::Floor)),
                _ => None,
            },
            Op::Round { dst, a, power, mode } => {
                let by = power_of_ten(power).filter(|by| *by > 1 && is_word(*by))?;
                self.of(&[a], New::Round(dst.0, a.0, by, Mode::from_number(i64::from(mode))?))
            }
            Op::RoundChain { dst, .. } => self.chain(dst.0, op),
            _ => None,
        }
    }

    /// The instruction that makes a register, if there is one only.
    fn made(&self, register: Use) -> Option<Op> {
        let (block, line) = self.ranges.uses.made(register.0)?;
        Some(self.ranges.body.blocks[block].lines[line].op)
    }

    fn of(&mut self, needs: &[Use], new: New) -> Option<Vec<New>> {
        self.needs.extend(needs.iter().map(|register| register.0));
        Some(vec![new])
    }

    fn jump(&self, a: Use, how: Cmp, other: Interval, to: Label) -> Option<Vec<New>> {
        let taken = self.range(a).compare(how, other)?;
        Some(vec![New::Plain(if taken { Op::Jump { to } } else { NOTHING })])
    }

    /// Sums, differences and products whose result fits a word, or whose overflow of a word is a fault.
    fn arithmetic(&mut self, op: &Op) -> Option<Vec<New>> {
        match *op {
            Op::Add { dst, a, b } | Op::AddWord { dst, a, b } => match (self.literal(a), self.literal(b)) {
                (_, Some(b)) => self.of(&[a], New::Add(dst.0, a.0, b)),
                (Some(a), _) => self.of(&[b], New::Add(dst.0, b.0, a)),
                _ => self.of(&[a, b], New::Plain(Op::AddWord { dst, a, b })),
            },
            Op::Sub { dst, a, b } | Op::SubWord { dst, a, b } => match self.literal(b) {
                Some(b) if is_word(-b) => self.of(&[a], New::Add(dst.0, a.0, -b)),
                _ => self.of(&[a, b], New::Plain(Op::SubWord { dst, a, b })),
            },
            Op::Mul { dst, a, b } | Op::MulWord { dst, a, b } => match (self.literal(a), self.literal(b)) {
                (_, Some(b)) => self.of(&[a], New::Mul(dst.0, a.0, b)),
                (Some(a), _) => self.of(&[b], New::Mul(dst.0, b.0, a)),
                _ => self.of(&[a, b], New::Plain(Op::MulWord { dst, a, b })),
            },
            Op::Neg { dst, a } => self.of(&[a], New::Mul(dst.0, a.0, -1)),
            Op::ScaleUp { dst, a, power } => {
                let by = power_of_ten(power).filter(|by| is_word(*by))?;
                self.of(&[a], New::Mul(dst.0, a.0, by))
            }
            _ => None,
        }
    }

    fn smaller(&mut self, op: &Op, dst: Def, a: Use, b: Use) -> Option<Vec<New>> {
        let least = matches!(op, Op::Min { .. });
        let make = if least { New::Min } else { New::Max };
        if let Some(a_first) = self.range(a).compare(Cmp::Le, self.range(b)) {
            let chosen = if a_first == least { a } else { b };
            return self.of(&[chosen], New::Plain(copy(dst.0, chosen.0)));
        }
        match (self.literal(a), self.literal(b)) {
            (_, Some(b)) => self.of(&[a], make(dst.0, a.0, b)),
            (Some(a), _) => self.of(&[b], make(dst.0, b.0, a)),
            _ => self.of(&[a, b], New::Plain(*op)),
        }
    }

    /// A result of two words that is narrowed: where it does not fit, both forms are a fault.
    fn narrowed(&mut self, dst: Def, a: Use) -> Option<Vec<New>> {
        let mut op = self.made(a)?;
        let mut words = true;
        operands::walk(&mut op, &mut |operand| match operand {
            operands::Operand::Write(register) => *register = dst.0,
            operands::Operand::Read(register) => {
                let all = self.ranges.uses.is_value(*register);
                words &= all && self.ranges.anywhere(*register).is_word();
            }
            operands::Operand::Goes(_) => {}
        });
        if words { self.arithmetic(&op) } else { None }
    }

    fn chain(&mut self, dst: u16, op: &Op) -> Option<Vec<New>> {
        let quotient = Quotient::of(self.ranges, op).filter(|quotient| quotient.stays_short(self.ranges))?;
        self.needs.extend(&quotient.registers);
        let mut becomes = Vec::new();
        let mut at = quotient.registers[0];
        if let Some(second) = quotient.registers.get(1) {
            let product = self.temporary(RegType::Word);
            becomes.push(New::Plain(Op::MulWord { dst: Def(product), a: Use(at), b: Use(*second) }));
            at = product;
        }
        if quotient.up != 1 {
            let product = self.temporary(RegType::Word);
            becomes.push(New::Mul(product, at, quotient.up));
            at = product;
        }
        if quotient.down > 1 {
            let rounded = self.temporary(RegType::Word);
            becomes.push(New::Round(rounded, at, quotient.down, quotient.mode));
            at = rounded;
        }
        becomes.push(match quotient.step {
            1 => New::Plain(copy(dst, at)),
            step => New::Mul(dst, at, step),
        });
        Some(becomes)
    }

    fn cannot_fail(&self, op: &Op) -> bool {
        let get = |register: &Use| self.range(*register);
        match op {
            Op::Add { a, b, .. } => get(a).add(get(b)).is_some(),
            Op::Sub { a, b, .. } => get(a).sub(get(b)).is_some(),
            Op::Mul { a, b, .. } => get(a).mul(get(b)).is_some(),
            Op::Neg { a, .. } | Op::Abs { a, .. } => get(a).low > i128::MIN,
            Op::ScaleUp { a, power, .. } => {
                power_of_ten(*power).is_some_and(|by| get(a).mul(Interval::only(by)).is_some())
            }
            Op::AddWord { a, b, .. } => get(a).add(get(b)).is_some_and(Interval::is_word),
            Op::SubWord { a, b, .. } => get(a).sub(get(b)).is_some_and(Interval::is_word),
            Op::MulWord { a, b, .. } => get(a).mul(get(b)).is_some_and(Interval::is_word),
            Op::AddConst { a, value, .. } => get(a).add(self.ranges.literal(value)).is_some_and(Interval::is_word),
            Op::MulConst { a, value, .. } => get(a).mul(self.ranges.literal(value)).is_some_and(Interval::is_word),
            Op::Narrow { a, .. } => get(a).is_word(),
            Op::DivFloor { b, .. } | Op::ModFloor { b, .. } => get(b).low > 0,
            Op::RoundChain { .. } => {
                Quotient::of(self.ranges, op).is_some_and(|quotient| quotient.range(self.ranges).is_some())
            }
            Op::Pick { base, index, .. } => {
                let index = get(index);
                let last = i128::from(base.0).checked_add(index.high);
                index.low >= 0 && last.is_some_and(|last| last < self.ranges.context.program.constants.len() as i128)
            }
            _ => false,
        }
    }
}

impl New {
    fn op(self, context: &mut Context<'_>) -> Op {
        match self {
            New::Plain(op) => op,
            New::Set(dst, value) => context.set(dst, value),
            New::Add(dst, a, by) => Op::AddConst { dst: Def(dst), a: Use(a), value: context.literal(by) },
            New::Mul(dst, a, by) => Op::MulConst { dst: Def(dst), a: Use(a), value: context.literal(by) },
            New::Min(dst, a, by) => Op::MinConst { dst: Def(dst), a: Use(a), value: context.literal(by) },
            New::Max(dst, a, by) => Op::MaxConst { dst: Def(dst), a: Use(a), value: context.literal(by) },
            New::Round(dst, a, by, mode) => {
                Op::RoundBy { dst: Def(dst), a: Use(a), by: context.literal(by), mode: mode as u8 }
            }
        }
    }
}
