//! Rounding, of one number and of chains.

use bp_bytecode::index::{ChainId, ConstId};
use bp_bytecode::op::{Def, Op, Use, UseWindow};
use bp_bytecode::program::Chain;
use bp_bytecode::rounding::Mode;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{InstBuilder, Value};

use super::number::MAX_POWER;
use super::{Frame, Translator};
use crate::facts::Range;

/// A chain whose constant factors are put together and reduced.
struct Reduced {
    numerators: Vec<Value>,
    divisors: Vec<Value>,
    factor: i64,
    divisor: i64,
    step: i64,
    mode: Mode,
}

fn gcd(mut a: i128, mut b: i128) -> i128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

impl<'a> Translator<'a, '_> {
    pub(super) fn round_op(&mut self, frame: &Frame<'_>, dst: Def, a: Use, power: u8, mode: u8) -> bool {
        let Some(mode) = Mode::from_number(mode.into()) else { return false };
        if power > MAX_POWER {
            return false;
        }
        let n = self.get(frame, a);
        let value = self.round_by(n, 10i64.pow(power.into()), mode);
        self.set(frame, dst, value);
        true
    }

    pub(super) fn round_by_op(&mut self, frame: &Frame<'_>, dst: Def, a: Use, by: ConstId, mode: u8) -> bool {
        let by = self.literal_word(by);
        let Some(mode) = Mode::from_number(mode.into()).filter(|_| by >= 2) else { return false };
        let n = self.get(frame, a);
        let value = self.round_by(n, by, mode);
        self.set(frame, dst, value);
        true
    }

    pub(super) fn chain_op(&mut self, frame: &mut Frame<'a>, dst: Def, first: UseWindow, id: ChainId) -> bool {
        let chain = self.program.chains[id.index()];
        let Some(reduced) = self.reduced(frame, first, &chain) else { return false };
        let slow = self.b.create_block();
        let mut n = self.product(&reduced.numerators, slow);
        n = match n {
            Some(product) => Some(self.mul_or(product, reduced.factor, slow)),
            None => Some(self.int(reduced.factor)),
        };
        let n = n.unwrap_or(Value::from_u32(0));
        let steps = match self.product(&reduced.divisors, slow) {
            None => self.round_by(n, reduced.divisor, reduced.mode),
            Some(d) => {
                let d = self.mul_or(d, reduced.divisor, slow);
                if self.range(d).low < 1 {
                    let bad = self.b.ins().icmp_imm_s(IntCC::SignedLessThan, d, 1);
                    let on = self.b.create_block();
                    self.branch(bad, slow, on);
                    self.go_on_in(on);
                }
                self.round_any(n, d, reduced.mode)
            }
        };
        let fast = self.mul_or(steps, reduced.step, slow);
        let op = Op::RoundChain { dst, first, chain: id };
        let value = self.fast_or_slow(frame, &op, fast, slow, None);
        self.set(frame, dst, value);
        true
    }

    /// The product of some values; `None` of none.
    fn product(&mut self, values: &[Value], slow: cranelift_codegen::ir::Block) -> Option<Value> {
        let (first, rest) = values.split_first()?;
        Some(rest.iter().fold(*first, |product, value| self.product_or(product, *value, slow)))
    }

    /// `None` for what only the machine computes: roots, powers, modes and steps from data.
    fn reduced(&mut self, frame: &Frame<'_>, first: UseWindow, chain: &Chain) -> Option<Reduced> {
        if chain.root || chain.power {
            return None;
        }
        let (n, d) = (u16::from(chain.numerators), u16::from(chain.divisors));
        let mut at = first.0;
        let mut take = |this: &mut Self| {
            at += 1;
            this.register(frame, at - 1)
        };
        let numerators: Vec<Value> = (0..n).map(|_| take(self)).collect();
        let divisors: Vec<Value> = (0..d).map(|_| take(self)).collect();
        let step = if chain.has_step {
            let step = take(self);
            self.constant(step).filter(|step| *step > 0)?
        } else {
            1
        };
        let mode = match chain.mode {
            Some(mode) => mode,
            None => {
                let mode = take(self);
                Mode::from_number(self.constant(mode)?)?
            }
        };
        let power = |power: u8| 10i128.checked_pow(power.into());
        let (mut factor, mut divisor) = (power(chain.up)?, power(chain.down)?.checked_mul(step.into())?);
        let constants = |this: &mut Self, values: Vec<Value>, product: &mut i128| {
            let mut rest = Vec::new();
            for value in values {
                match this.constant(value) {
                    Some(constant) => *product = product.checked_mul(constant.into())?,
                    None => rest.push(value),
                }
            }
            Some(rest)
        };
        let numerators = constants(self, numerators, &mut factor)?;
        let divisors = constants(self, divisors, &mut divisor)?;
        if divisor < 1 {
            return None;
        }
        let common = gcd(factor.checked_abs()?, divisor).max(1);
        let factor = i64::try_from(factor / common).ok()?;
        let divisor = i64::try_from(divisor / common).ok()?;
        Some(Reduced { numerators, divisors, factor, divisor, step, mode })
    }

    /// n / d rounded, for a constant d > 0.
    pub(super) fn round_by(&mut self, n: Value, d: i64, mode: Mode) -> Value {
        if d == 1 {
            return n;
        }
        // What is added to the size of n before it is divided towards 0.
        let add = match mode {
            Mode::HalfUp => d / 2,
            Mode::HalfDown => (d - 1) / 2,
            Mode::Up => d - 1,
            Mode::Down => 0,
            Mode::Floor => return self.floor_by(n, d),
            Mode::Ceiling => d - 1,
            Mode::HalfEven => {
                let d = self.int(d);
                return self.round_any(n, d, mode);
            }
        };
        let range = self.range(n);
        let (Some(low), Some(high)) = (range.low.checked_sub(add), range.high.checked_add(add)) else {
            let d = self.int(d);
            return self.round_any(n, d, mode);
        };
        let n = if add == 0 {
            n
        } else if range.low >= 0 {
            let sum = self.b.ins().iadd_imm_s(n, add);
            self.facts.set_range(sum, Range { low: range.low + add, high });
            sum
        } else {
            let below = self.b.ins().sshr_imm_u(n, 63);
            let sum = if mode == Mode::Ceiling {
                let add = self.b.ins().iconst(I64, add);
                let add = self.b.ins().band_not(add, below);
                self.b.ins().iadd(n, add)
            } else {
                let add = self.b.ins().iconst(I64, add);
                let flipped = self.b.ins().bxor(add, below);
                let signed = self.b.ins().isub(flipped, below);
                self.b.ins().iadd(n, signed)
            };
            self.facts.set_range(sum, Range { low, high });
            sum
        };
        self.divide_by(n, d)
    }

    /// n / d rounded, for any d > 0.
    fn round_any(&mut self, n: Value, d: Value, mode: Mode) -> Value {
        let range = self.range(n);
        let (quotient, rest) = match self.constant(d) {
            Some(d) => (self.divide_by(n, d), self.rest_by(n, d)),
            None => {
                // d is above 0: nothing traps.
                let quotient = self.b.ins().sdiv(n, d);
                let whole = self.b.ins().imul(quotient, d);
                (quotient, self.b.ins().isub(n, whole))
            }
        };
        let sign = self.b.ins().sshr_imm_u(n, 63);
        let flipped = self.b.ins().bxor(rest, sign);
        let size = self.b.ins().isub(flipped, sign);
        // What is missing to the next quotient; the rest is smaller than d, so this is above 0.
        let missing = self.b.ins().isub(d, size);
        let away = match mode {
            Mode::HalfUp => self.b.ins().icmp(IntCC::SignedGreaterThanOrEqual, size, missing),
            Mode::HalfDown => self.b.ins().icmp(IntCC::SignedGreaterThan, size, missing),
            Mode::HalfEven => {
                let odd = self.b.ins().band_imm_u(quotient, 1);
                // With an odd quotient a half goes away: compare one step lower.
                let size = self.b.ins().iadd(size, odd);
                self.b.ins().icmp(IntCC::SignedGreaterThan, size, missing)
            }
            Mode::Up => self.b.ins().icmp_imm_s(IntCC::NotEqual, rest, 0),
            Mode::Ceiling => self.b.ins().icmp_imm_s(IntCC::SignedGreaterThan, rest, 0),
            Mode::Floor => self.b.ins().icmp_imm_s(IntCC::SignedLessThan, rest, 0),
            Mode::Down => return quotient,
        };
        let away = self.b.ins().uextend(I64, away);
        let flipped = self.b.ins().bxor(away, sign);
        let change = self.b.ins().isub(flipped, sign);
        let value = self.b.ins().iadd(quotient, change);
        // |n / d| <= |n|, and a rest means that d is 2 at least.
        let low = if range.low >= 0 { 0 } else { range.low };
        let high = if range.high <= 0 { 0 } else { range.high };
        self.facts.set_range(value, Range { low, high });
        value
    }
}
