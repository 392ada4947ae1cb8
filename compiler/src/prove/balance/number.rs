//! Exact rationals of 128 bits. Where a result would not fit there is none, and the caller keeps the operation opaque.

use bp_bytecode::rounding::Mode;
use std::cmp::Ordering;

/// In lowest terms, the denominator positive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rational {
    num: i128,
    den: i128,
}

fn gcd(a: i128, b: i128) -> i128 {
    let (mut a, mut b) = (a.unsigned_abs(), b.unsigned_abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    i128::try_from(a).unwrap_or(1)
}

impl Rational {
    pub const ZERO: Rational = Rational { num: 0, den: 1 };
    pub const ONE: Rational = Rational { num: 1, den: 1 };

    pub fn whole(value: i128) -> Rational {
        Rational { num: value, den: 1 }
    }

    pub fn new(num: i128, den: i128) -> Option<Rational> {
        // The most negative number has no opposite.
        if den == 0 || num == i128::MIN || den == i128::MIN {
            return None;
        }
        let by = gcd(num, den).max(1) * den.signum();
        Some(Rational { num: num / by, den: den / by })
    }

    /// A number of the language: an integer and the digits behind its point.
    pub fn scaled(value: i128, scale: u8) -> Option<Rational> {
        Rational::new(value, 10_i128.checked_pow(u32::from(scale))?)
    }

    pub fn add(self, other: Rational) -> Option<Rational> {
        if self.den == 1 && other.den == 1 {
            return self.num.checked_add(other.num).filter(|n| *n != i128::MIN).map(Rational::whole);
        }
        let by = gcd(self.den, other.den).max(1);
        let left = self.num.checked_mul(other.den / by)?;
        let right = other.num.checked_mul(self.den / by)?;
        Rational::new(left.checked_add(right)?, (self.den / by).checked_mul(other.den)?)
    }

    pub fn sub(self, other: Rational) -> Option<Rational> {
        self.add(other.neg())
    }

    pub fn mul(self, other: Rational) -> Option<Rational> {
        let (a, b) = (gcd(self.num, other.den).max(1), gcd(other.num, self.den).max(1));
        let num = (self.num / a).checked_mul(other.num / b)?;
        Rational::new(num, (self.den / b).checked_mul(other.den / a)?)
    }

    pub fn div(self, other: Rational) -> Option<Rational> {
        self.mul(Rational::new(other.den, other.num)?)
    }

    pub fn neg(self) -> Rational {
        Rational { num: -self.num, den: self.den }
    }

    pub fn abs(self) -> Rational {
        Rational { num: self.num.abs(), den: self.den }
    }

    pub fn is_zero(self) -> bool {
        self.num == 0
    }

    pub fn is_negative(self) -> bool {
        self.num < 0
    }

    pub fn is_whole(self) -> bool {
        self.den == 1
    }

    pub fn sign(self) -> i128 {
        self.num.signum()
    }

    pub fn floor(self) -> i128 {
        self.num.div_euclid(self.den)
    }

    pub fn order(self, other: Rational) -> Option<Ordering> {
        if self.den == other.den {
            return Some(self.num.cmp(&other.num));
        }
        self.sub(other).map(|d| d.num.cmp(&0))
    }

    /// To a multiple of `step`, which is positive.
    pub fn round(self, step: Rational, mode: Mode) -> Option<Rational> {
        let steps = self.div(step)?;
        let low = steps.floor();
        let rest = steps.sub(Rational::whole(low))?;
        if rest.is_zero() {
            return Some(self);
        }
        let half = rest.order(Rational { num: 1, den: 2 })?;
        let away = steps.num > 0;
        let up = match mode {
            Mode::HalfUp => half.is_gt() || (half.is_eq() && away),
            Mode::HalfDown => half.is_gt() || (half.is_eq() && !away),
            Mode::HalfEven => half.is_gt() || (half.is_eq() && low.rem_euclid(2) == 1),
            Mode::Up => away,
            Mode::Down => !away,
            Mode::Ceiling => true,
            Mode::Floor => false,
        };
        Rational::whole(low + i128::from(up)).mul(step)
    }

    /// As it is written in a source, and whether it is a plain decimal number (else it is a quotient).
    pub fn text(self) -> (String, bool) {
        let (mut den, mut digits) = (self.den, 0_u32);
        let mut lift = 1_i128;
        while den != 1 {
            let factor = if den % 10 == 0 {
                10
            } else if den % 5 == 0 {
                5
            } else if den % 2 == 0 {
                2
            } else {
                return (format!("{}/{}", self.num, self.den), false);
            };
            let Some(next) = lift.checked_mul(10 / factor) else {
                return (format!("{}/{}", self.num, self.den), false);
            };
            lift = next;
            den /= factor;
            digits += 1;
        }
        let (Some(value), Some(tens)) = (self.num.checked_mul(lift), 10_i128.checked_pow(digits)) else {
            return (format!("{}/{}", self.num, self.den), false);
        };
        let sign = if value < 0 { "-" } else { "" };
        let whole = grouped(value.abs() / tens);
        let text = match digits {
            0 => format!("{sign}{whole}"),
            _ => format!("{sign}{whole}.{:0width$}", value.abs() % tens, width = digits as usize),
        };
        (text, true)
    }
}

/// Digits in threes, as literals are written.
fn grouped(value: i128) -> String {
    let digits = value.to_string();
    if digits.len() < 5 {
        return digits;
    }
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push('_');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_and_products_are_exact() {
        let third = Rational::new(1, 3).unwrap();
        let sixth = Rational::new(1, 6).unwrap();
        assert_eq!(third.add(sixth), Rational::new(1, 2));
        assert_eq!(third.mul(Rational::whole(-3)), Some(Rational::whole(-1)));
        assert_eq!(Rational::whole(i128::MAX).add(Rational::ONE), None);
        assert_eq!(Rational::scaled(-1250, 2).unwrap().text(), ("-12.5".into(), true));
        assert_eq!(Rational::whole(1_234_567).text().0, "1_234_567");
        assert_eq!(third.text(), ("1/3".into(), false));
    }

    #[test]
    fn every_mode_rounds_as_it_says() {
        let at = |n: i128, mode| Rational::new(n, 2).unwrap().round(Rational::ONE, mode).unwrap();
        let all = |n: i128| Mode::ALL.map(|mode| at(n, mode));
        assert_eq!(all(5), [3, 2, 2, 3, 2, 3, 2].map(Rational::whole));
        assert_eq!(all(-5), [-3, -2, -2, -3, -2, -2, -3].map(Rational::whole));
    }
}
