//! Numbers: 64 bits, checked unless their bounds say that nothing can happen.

use bp_bytecode::index::ConstId;
use bp_bytecode::op::{Cmp, Def, Op, Use};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{InstBuilder, Value};

use super::{Frame, Translator};
use crate::context::status;
use crate::facts::Range;

/// The greatest power of ten in 64 bits.
pub(super) const MAX_POWER: u8 = 18;

pub(super) fn condition_code(how: Cmp) -> IntCC {
    match how {
        Cmp::Eq => IntCC::Equal,
        Cmp::Ne => IntCC::NotEqual,
        Cmp::Lt => IntCC::SignedLessThan,
        Cmp::Le => IntCC::SignedLessThanOrEqual,
        Cmp::Gt => IntCC::SignedGreaterThan,
        Cmp::Ge => IntCC::SignedGreaterThanOrEqual,
    }
}

impl<'a> Translator<'a, '_> {
    /// Translates an instruction on numbers; `false` if it is none.
    pub(super) fn number_op(&mut self, frame: &mut Frame<'a>, op: &Op) -> bool {
        match *op {
            Op::Add { dst, a, b } | Op::AddWord { dst, a, b } => self.two(frame, dst, a, b, Self::add),
            Op::Sub { dst, a, b } | Op::SubWord { dst, a, b } => self.two(frame, dst, a, b, Self::sub),
            Op::Mul { dst, a, b } | Op::MulWord { dst, a, b } => self.two(frame, dst, a, b, Self::mul),
            Op::Min { dst, a, b } => self.two(frame, dst, a, b, Self::min),
            Op::Max { dst, a, b } => self.two(frame, dst, a, b, Self::max),
            Op::AddConst { dst, a, value } => self.with_literal(frame, dst, a, value, Self::add),
            Op::MulConst { dst, a, value } => self.with_literal(frame, dst, a, value, Self::mul),
            Op::MinConst { dst, a, value } => self.with_literal(frame, dst, a, value, Self::min),
            Op::MaxConst { dst, a, value } => self.with_literal(frame, dst, a, value, Self::max),
            Op::DivFloor { dst, a, b } => self.two(frame, dst, a, b, Self::div_floor),
            Op::ModFloor { dst, a, b } => self.two(frame, dst, a, b, Self::mod_floor),
            Op::Neg { dst, a } => {
                let (zero, a) = (self.int(0), self.get(frame, a));
                let value = self.sub(zero, a);
                self.set(frame, dst, value);
            }
            Op::Abs { dst, a } => {
                let (zero, a) = (self.int(0), self.get(frame, a));
                let negated = self.sub(zero, a);
                let value = self.max(a, negated);
                let range = self.range(value);
                self.facts.set_range(value, Range { low: range.low.max(0), high: range.high.max(0) });
                self.set(frame, dst, value);
            }
            Op::Sign { dst, a } => {
                let a = self.get(frame, a);
                let above = self.b.ins().icmp_imm_s(IntCC::SignedGreaterThan, a, 0);
                let above = self.b.ins().uextend(I64, above);
                let below = self.b.ins().sshr_imm_u(a, 63);
                let value = self.b.ins().bor(above, below);
                self.facts.set_range(value, Range { low: -1, high: 1 });
                self.set(frame, dst, value);
            }
            Op::ScaleUp { dst, a, power } => {
                let a = self.get(frame, a);
                let value = if power <= MAX_POWER {
                    let factor = self.int(10i64.pow(power.into()));
                    self.mul(a, factor)
                } else {
                    self.give_up_if(a, status::WIDE);
                    self.int(0)
                };
                self.set(frame, dst, value);
            }
            // A number that 64 bits hold is narrow already.
            Op::Narrow { dst, a } => {
                let value = self.get(frame, a);
                self.set(frame, dst, value);
            }
            Op::IsMultiple { dst, a, power } => {
                let a = self.get(frame, a);
                let rest = if power <= MAX_POWER { self.rest_by(a, 10i64.pow(power.into())) } else { a };
                let holds = self.b.ins().icmp_imm_s(IntCC::Equal, rest, 0);
                let value = self.truth(holds);
                self.set(frame, dst, value);
            }
            Op::Round { dst, a, power, mode } => return self.round_op(frame, dst, a, power, mode),
            Op::RoundBy { dst, a, by, mode } => return self.round_by_op(frame, dst, a, by, mode),
            Op::RoundChain { dst, first, chain } => return self.chain_op(frame, dst, first, chain),
            Op::Compare { dst, a, b, how } => {
                let (a, b) = (self.get(frame, a), self.get(frame, b));
                let value = self.compare(how, a, b);
                self.set(frame, dst, value);
            }
            Op::CompareScaled { dst, a, b, scales } => {
                if scales.up > MAX_POWER || scales.down > MAX_POWER {
                    return false;
                }
                let slow = self.b.create_block();
                let (a, b) = (self.get(frame, a), self.get(frame, b));
                let a = self.mul_or(a, 10i64.pow(scales.up.into()), slow);
                let b = self.mul_or(b, 10i64.pow(scales.down.into()), slow);
                let fast = self.compare(scales.how, a, b);
                let value = self.fast_or_slow(frame, op, fast, slow, Some(Range::TRUTH));
                self.set(frame, dst, value);
            }
            Op::Not { dst, a } => {
                let a = self.get(frame, a);
                let condition = self.condition(a);
                let not = self.b.ins().icmp_imm_s(IntCC::Equal, condition, 0);
                let value = self.truth(not);
                self.set(frame, dst, value);
            }
            _ => return false,
        }
        true
    }

    fn two(&mut self, frame: &Frame<'_>, dst: Def, a: Use, b: Use, make: impl Fn(&mut Self, Value, Value) -> Value) {
        let (a, b) = (self.get(frame, a), self.get(frame, b));
        let value = make(self, a, b);
        self.set(frame, dst, value);
    }

    /// The literal of an instruction on words; the verifier sees to it that it is one.
    pub(super) fn literal_word(&self, value: ConstId) -> i64 {
        self.program.constants[value.index()] as i64
    }

    /// Compares with a literal of any size.
    pub(super) fn compare_const(&mut self, frame: &Frame<'_>, a: Use, value: ConstId, how: Cmp) -> Value {
        match i64::try_from(self.program.constants[value.index()]) {
            Ok(literal) => {
                let (a, literal) = (self.get(frame, a), self.int(literal));
                self.compare(how, a, literal)
            }
            // Every number of 64 bits is on the same side of it.
            Err(_) => {
                let below = self.program.constants[value.index()] > 0;
                self.int(match how {
                    Cmp::Eq => 0,
                    Cmp::Ne => 1,
                    Cmp::Lt | Cmp::Le => below.into(),
                    Cmp::Gt | Cmp::Ge => (!below).into(),
                })
            }
        }
    }

    fn with_literal(
        &mut self,
        frame: &Frame<'_>,
        dst: Def,
        a: Use,
        value: ConstId,
        make: impl Fn(&mut Self, Value, Value) -> Value,
    ) {
        let (a, b) = (self.get(frame, a), self.int(self.literal_word(value)));
        let value = make(self, a, b);
        self.set(frame, dst, value);
    }

    pub(super) fn compare(&mut self, how: Cmp, a: Value, b: Value) -> Value {
        let (left, right) = (self.range(a), self.range(b));
        let always = match how {
            Cmp::Lt => (left.high < right.low, left.low >= right.high),
            Cmp::Le => (left.high <= right.low, left.low > right.high),
            Cmp::Gt => (left.low > right.high, left.high <= right.low),
            Cmp::Ge => (left.low >= right.high, left.high < right.low),
            Cmp::Eq => (left.constant().is_some() && left == right, left.high < right.low || left.low > right.high),
            Cmp::Ne => (left.high < right.low || left.low > right.high, left.constant().is_some() && left == right),
        };
        match always {
            (true, _) => self.int(1),
            (_, true) => self.int(0),
            _ => {
                let condition = self.b.ins().icmp(condition_code(how), a, b);
                self.truth(condition)
            }
        }
    }

    /// What a sum, difference or product may be; `None` where it may leave 64 bits.
    fn bounds(&mut self, a: Value, b: Value, of: impl Fn(i128, i128) -> i128) -> (Option<Range>, Range) {
        let (a, b) = (self.range(a), self.range(b));
        let corners = [(a.low, b.low), (a.low, b.high), (a.high, b.low), (a.high, b.high)];
        let corners = corners.map(|(a, b)| of(a.into(), b.into()));
        let (low, high) = corners.into_iter().fold((i128::MAX, i128::MIN), |(l, h), n| (l.min(n), h.max(n)));
        (Range::of(low, high), Range::clamped(low, high))
    }

    pub(super) fn add(&mut self, a: Value, b: Value) -> Value {
        let (fits, range) = self.bounds(a, b, |a, b| a + b);
        let value = match fits {
            Some(_) => self.b.ins().iadd(a, b),
            None => {
                let (value, over) = self.b.ins().sadd_overflow(a, b);
                self.give_up_if_wide(over);
                value
            }
        };
        self.facts.set_range(value, range);
        value
    }

    pub(super) fn sub(&mut self, a: Value, b: Value) -> Value {
        let (fits, range) = self.bounds(a, b, |a, b| a - b);
        let value = match fits {
            Some(_) => self.b.ins().isub(a, b),
            None => {
                let (value, over) = self.b.ins().ssub_overflow(a, b);
                self.give_up_if_wide(over);
                value
            }
        };
        self.facts.set_range(value, range);
        value
    }

    pub(super) fn mul(&mut self, a: Value, b: Value) -> Value {
        let (fits, range) = self.bounds(a, b, |a, b| a * b);
        let value = match fits {
            Some(_) => self.b.ins().imul(a, b),
            None => {
                let (value, over) = self.b.ins().smul_overflow(a, b);
                self.give_up_if_wide(over);
                value
            }
        };
        self.facts.set_range(value, range);
        value
    }

    /// A product that goes to `slow` where it leaves 64 bits.
    pub(super) fn product_or(&mut self, a: Value, b: Value, slow: cranelift_codegen::ir::Block) -> Value {
        let (fits, range) = self.bounds(a, b, |a, b| a * b);
        let value = match fits {
            Some(_) => self.b.ins().imul(a, b),
            None => {
                let (value, over) = self.b.ins().smul_overflow(a, b);
                let on = self.b.create_block();
                self.branch(over, slow, on);
                self.go_on_in(on);
                value
            }
        };
        self.facts.set_range(value, range);
        value
    }

    pub(super) fn mul_or(&mut self, a: Value, factor: i64, slow: cranelift_codegen::ir::Block) -> Value {
        if factor == 1 {
            return a;
        }
        let factor = self.int(factor);
        self.product_or(a, factor, slow)
    }

    pub(super) fn min(&mut self, a: Value, b: Value) -> Value {
        let (left, right) = (self.range(a), self.range(b));
        if left.high <= right.low {
            return a;
        }
        if right.high <= left.low {
            return b;
        }
        let value = self.b.ins().smin(a, b);
        self.facts.set_range(value, Range { low: left.low.min(right.low), high: left.high.min(right.high) });
        value
    }

    pub(super) fn max(&mut self, a: Value, b: Value) -> Value {
        let (left, right) = (self.range(a), self.range(b));
        if left.low >= right.high {
            return a;
        }
        if right.low >= left.high {
            return b;
        }
        let value = self.b.ins().smax(a, b);
        self.facts.set_range(value, Range { low: left.low.max(right.low), high: left.high.max(right.high) });
        value
    }
}
