//! Division without an instruction that may trap: by constants, by multiplication; by others, looked at first.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{InstBuilder, Value};

use super::Translator;
use crate::context::status;
use crate::facts::Range;

/// For 0 <= n < 2^63: n / d = (n x factor) >> (64 + shift), for d >= 2.
///
/// With l the least number such that d <= 2^l, and m = floor(2^(63 + l) / d) + 1: m d is at least 2^(63 + l) and at
/// most 2^(63 + l) + d, so that n m / 2^(63 + l) is above n / d by less than n / 2^63 / d < 1 / d. m fits 64 bits
/// because d > 2^(l - 1).
fn magic(d: u64) -> (u64, u8) {
    let l = 64 - (d - 1).leading_zeros();
    let m = (1u128 << (63 + l)) / u128::from(d) + 1;
    (m as u64, (l - 1) as u8)
}

impl Translator<'_, '_> {
    /// The quotient of a number that is not negative and d > 0.
    fn divide_natural(&mut self, n: Value, d: i64) -> Value {
        let range = self.range(n);
        debug_assert!(range.low >= 0 && d > 0);
        let quotient = if d == 1 {
            n
        } else if d & (d - 1) == 0 {
            self.b.ins().ushr_imm_u(n, i64::from(d.trailing_zeros()))
        } else {
            let (factor, shift) = magic(d as u64);
            let factor = self.b.ins().iconst(I64, factor as i64);
            let high = self.b.ins().umulhi(n, factor);
            if shift == 0 { high } else { self.b.ins().ushr_imm_u(high, i64::from(shift)) }
        };
        self.facts.set_range(quotient, Range { low: range.low / d, high: range.high / d });
        quotient
    }

    /// The quotient towards 0, for d > 0.
    pub(super) fn divide_by(&mut self, n: Value, d: i64) -> Value {
        let range = self.range(n);
        if range.low >= 0 || d == 1 {
            return self.divide_natural_or_same(n, d);
        }
        let divisor = self.b.ins().iconst(I64, d);
        // A constant other than 0 and -1: this becomes a multiplication and cannot trap.
        let quotient = self.b.ins().sdiv(n, divisor);
        self.facts.set_range(quotient, Range { low: range.low / d, high: range.high / d });
        quotient
    }

    fn divide_natural_or_same(&mut self, n: Value, d: i64) -> Value {
        if d == 1 { n } else { self.divide_natural(n, d) }
    }

    /// The rest of the quotient towards 0, for d > 0.
    pub(super) fn rest_by(&mut self, n: Value, d: i64) -> Value {
        let quotient = self.divide_by(n, d);
        let divisor = self.b.ins().iconst(I64, d);
        let whole = self.b.ins().imul(quotient, divisor);
        let rest = self.b.ins().isub(n, whole);
        let low = if self.range(n).low >= 0 { 0 } else { 1 - d };
        self.facts.set_range(rest, Range { low, high: d - 1 });
        rest
    }

    /// The quotient downwards, for d > 0.
    pub(super) fn floor_by(&mut self, n: Value, d: i64) -> Value {
        let range = self.range(n);
        if range.low >= 0 || d == 1 {
            return self.divide_natural_or_same(n, d);
        }
        // Towards 0, of n - (d - 1) below 0, which is downwards; where that may leave 64 bits, by the rest.
        if range.low.checked_sub(d - 1).is_some() {
            let below = self.b.ins().sshr_imm_u(n, 63);
            let add = self.b.ins().band_imm_s(below, 1 - d);
            let n = self.b.ins().iadd(n, add);
            let (low, high) = (range.low - (d - 1), range.high);
            self.facts.set_range(n, Range { low, high });
            let quotient = self.divide_by(n, d);
            self.facts.set_range(quotient, Range { low: range.low.div_euclid(d), high: range.high.div_euclid(d) });
            return quotient;
        }
        let quotient = self.divide_by(n, d);
        let rest = self.rest_by(n, d);
        let below = self.b.ins().sshr_imm_u(rest, 63);
        let value = self.b.ins().iadd(quotient, below);
        self.facts.set_range(value, Range { low: range.low.div_euclid(d), high: range.high.div_euclid(d) });
        value
    }

    /// Gives up where b is 0, which is a fault, and where it is -1: then the quotient may not fit.
    fn divisible(&mut self, b: Value) {
        let range = self.range(b);
        for (divisor, why) in [(0, status::FAULT), (-1, status::WIDE)] {
            if range.low <= divisor && divisor <= range.high {
                let bad = self.b.ins().icmp_imm_s(IntCC::Equal, b, divisor);
                self.give_up_if(bad, why);
            }
        }
    }

    /// Quotient towards 0 and rest of any two numbers; gives up at divisors 0 and -1.
    pub(super) fn divide(&mut self, a: Value, b: Value) -> (Value, Value) {
        self.divisible(b);
        let quotient = self.b.ins().sdiv(a, b);
        let whole = self.b.ins().imul(quotient, b);
        let rest = self.b.ins().isub(a, whole);
        (quotient, rest)
    }

    pub(super) fn div_floor(&mut self, a: Value, b: Value) -> Value {
        if let Some(d) = self.constant(b).filter(|d| *d > 0) {
            return self.floor_by(a, d);
        }
        let (quotient, rest) = self.divide(a, b);
        let wrong = self.rest_is_wrong(rest, b);
        self.b.ins().isub(quotient, wrong)
    }

    pub(super) fn mod_floor(&mut self, a: Value, b: Value) -> Value {
        if let Some(d) = self.constant(b).filter(|d| *d > 0) {
            let quotient = self.floor_by(a, d);
            let divisor = self.b.ins().iconst(I64, d);
            let whole = self.b.ins().imul(quotient, divisor);
            let rest = self.b.ins().isub(a, whole);
            self.facts.set_range(rest, Range { low: 0, high: d - 1 });
            return rest;
        }
        let (_, rest) = self.divide(a, b);
        let wrong = self.rest_is_wrong(rest, b);
        let add = self.b.ins().imul(wrong, b);
        self.b.ins().iadd(rest, add)
    }

    /// 1 where the rest is not 0 and has not the sign of b.
    fn rest_is_wrong(&mut self, rest: Value, b: Value) -> Value {
        let differs = self.b.ins().bxor(rest, b);
        let differs = self.b.ins().ushr_imm_u(differs, 63);
        let there = self.b.ins().icmp_imm_s(IntCC::NotEqual, rest, 0);
        let there = self.b.ins().uextend(I64, there);
        self.b.ins().band(differs, there)
    }
}

#[cfg(test)]
mod tests {
    use super::magic;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn multiplication_divides(n in 0u64..1 << 63, d in 2u64..1 << 63, small in 2u64..1_000_000) {
            for d in [d, small, d >> 40 | 3] {
                if d.is_power_of_two() { continue }
                let (factor, shift) = magic(d);
                for n in [n, n >> 20, (1 << 63) - 1, n / d * d, (n / d * d).saturating_sub(1)] {
                    prop_assert_eq!(((u128::from(n) * u128::from(factor)) >> 64 >> shift) as u64, n / d);
                }
            }
        }
    }
}
