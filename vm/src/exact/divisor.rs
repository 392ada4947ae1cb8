//! Division by numbers that are known before: by a multiplication, as compilers divide by literals.

use std::cmp::Ordering;

use bp_bytecode::rounding::Mode;

/// A divisor of at least 2, made ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Divisor {
    by: u64,
    /// `2^(64 + shift + 1) / by`, rounded up, without its highest bit, which is 2^64.
    magic: u64,
    shift: u32,
}

impl Divisor {
    /// `None` for numbers below 2.
    pub fn new(by: i64) -> Option<Divisor> {
        let by = u64::try_from(by).ok().filter(|by| *by >= 2)?;
        // The number of bits of by - 1: so 2^bits is the first power of two that is not below it.
        let bits = u64::BITS - (by - 1).leading_zeros();
        // Between 2^64 and 2^65; what is above 2^64 fits 64 bits.
        let magic = (1u128 << (u64::BITS + bits)).div_ceil(u128::from(by)) - (1 << u64::BITS);
        Some(Divisor { by, magic: u64::try_from(magic).ok()?, shift: bits - 1 })
    }

    /// n / by, rounded down, for every n.
    #[inline]
    fn quotient(self, n: u64) -> u64 {
        let high = ((u128::from(n) * u128::from(self.magic)) >> u64::BITS) as u64;
        // (n + high) / 2 without its 65th bit, then the rest of the shift.
        (high + ((n - high) >> 1)) >> self.shift
    }

    /// n / by, a half away from zero.
    #[inline]
    pub fn half_up(self, n: i64) -> i64 {
        // At most 2^63 + 2^62 before and 2^62 + 1 behind the division. An odd divisor has no halves.
        let size = self.quotient(n.unsigned_abs() + (self.by >> 1)) as i64;
        if n < 0 { -size } else { size }
    }

    /// n / by, rounded by a mode.
    #[inline]
    pub fn round(self, n: i64, mode: Mode) -> i64 {
        let size = n.unsigned_abs();
        let quotient = self.quotient(size);
        let rest = size - quotient * self.by;
        let half: Ordering = rest.cmp(&(self.by - rest));
        let away = rest != 0 && super::goes_away(mode, n < 0, half, quotient & 1 == 1);
        let size = (quotient + u64::from(away)) as i64;
        if n < 0 { -size } else { size }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exact::round_div_word;
    use proptest::prelude::*;

    fn agrees(n: i64, by: i64) {
        let divisor = Divisor::new(by).unwrap();
        assert_eq!(divisor.quotient(n as u64), n as u64 / by as u64, "{n} / {by}");
        assert_eq!(divisor.half_up(n), round_div_word(n, by, Mode::HalfUp), "{n} / {by}");
        for mode in Mode::ALL {
            assert_eq!(divisor.round(n, mode), round_div_word(n, by, mode), "{n} / {by} {mode:?}");
        }
    }

    #[test]
    fn the_edges() {
        let powers = (1..63).map(|power| 1i64 << power).chain((1..19).map(|power| 10i64.pow(power)));
        let near = |n: i64| [n.saturating_sub(1), n, n.saturating_add(1)];
        let divisors: Vec<i64> = powers.chain([3, 7, 641, i64::MAX]).flat_map(near).filter(|by| *by >= 2).collect();
        for by in &divisors {
            for n in divisors.iter().flat_map(|n| near(*n)).chain([0, 1, -1, i64::MIN, i64::MIN + 1]) {
                agrees(n, *by);
                agrees(n.wrapping_neg(), *by);
                agrees((n / by).wrapping_mul(*by).wrapping_sub(1), *by);
                agrees((n / by).wrapping_mul(*by).wrapping_add(by / 2), *by);
            }
        }
        assert_eq!([1, 0, -1, i64::MIN].map(Divisor::new), [None; 4]);
    }

    proptest! {
        #[test]
        fn all_numbers(n: i64, by in 2i64..=i64::MAX, shift in 0u32..62) {
            agrees(n, by);
            agrees(n, (by >> shift).max(2));
            agrees(n >> shift, (by >> shift).max(2));
        }
    }
}
