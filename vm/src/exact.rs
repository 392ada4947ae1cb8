//! Exact arithmetic: rounding, chains, roots, powers, comparisons of any scale.
//!
//! Both engines use these functions, so that rounding cannot differ between them. Nothing here wraps or saturates:
//! where a result does not fit 128 bits, that is an [`ExactFault`]. What stays inside 64 bits takes a path of its
//! own, for division by hardware; what leaves 128 bits in between goes on in unbounded integers.

use std::cmp::Ordering;

use bp_bytecode::program::Chain;
use bp_bytecode::rounding::Mode;
use num_bigint::{BigInt, Sign};
use num_integer::Integer;
use num_traits::{One, Signed, ToPrimitive, Zero};

/// Why there is no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExactFault {
    /// The result is beyond 128 bits.
    Overflow,
    DivisionByZero,
    /// The square root of a negative number.
    NegativeRoot,
    /// An exponent outside 0 to 1,000.
    BadExponent(i128),
    /// A number that is no rounding mode's.
    NotAMode(i128),
}

/// The largest exponent of a power.
pub const MAX_EXPONENT: i128 = 1_000;

const POWERS: [i128; 39] = {
    let mut powers = [1; 39];
    let mut n = 1;
    while n < powers.len() {
        powers[n] = powers[n - 1] * 10;
        n += 1;
    }
    powers
};

/// 10^power, up to 10^38.
#[inline]
pub fn pow10(power: u8) -> Option<i128> {
    POWERS.get(usize::from(power)).copied()
}

#[inline]
fn word(n: i128) -> Option<i64> {
    let short = n as i64;
    (i128::from(short) == n).then_some(short)
}

/// a x b, by one hardware multiplication where both are words.
#[inline]
pub fn mul(a: i128, b: i128) -> Option<i128> {
    match (word(a), word(b)) {
        (Some(a), Some(b)) => Some(i128::from(a) * i128::from(b)),
        _ => a.checked_mul(b),
    }
}

/// Does the quotient go away from zero? `half` compares what is left over with what is missing to the next one.
#[inline]
fn goes_away(mode: Mode, negative: bool, half: Ordering, odd: bool) -> bool {
    match mode {
        Mode::HalfUp => half != Ordering::Less,
        Mode::HalfDown => half == Ordering::Greater,
        Mode::HalfEven => half == Ordering::Greater || half == Ordering::Equal && odd,
        Mode::Up => true,
        Mode::Down => false,
        Mode::Ceiling => !negative,
        Mode::Floor => negative,
    }
}

/// n / d, rounded. Errors: d = 0, or -2^127 / -1.
#[inline]
pub fn round_div(n: i128, d: i128, mode: Mode) -> Result<i128, ExactFault> {
    match (word(n), word(d)) {
        (Some(n), Some(d)) if d != 0 && d != -1 => Ok(i128::from(round_div_word(n, d, mode))),
        _ => round_div_wide(n, d, mode),
    }
}

/// n / d, rounded, of words. d is neither 0 nor -1.
#[inline]
pub(crate) fn round_div_word(n: i64, d: i64, mode: Mode) -> i64 {
    let (quotient, rest) = (n / d, n % d);
    if rest == 0 {
        return quotient;
    }
    let (rest, d_size) = (rest.unsigned_abs(), d.unsigned_abs());
    let negative = (n < 0) != (d < 0);
    let away = goes_away(mode, negative, rest.cmp(&(d_size - rest)), quotient & 1 == 1);
    // A rest means |d| >= 2, so the quotient is at most half the range: this cannot overflow.
    quotient
        + if !away {
            0
        } else if negative {
            -1
        } else {
            1
        }
}

#[cold]
fn round_div_wide(n: i128, d: i128, mode: Mode) -> Result<i128, ExactFault> {
    if d == 0 {
        return Err(ExactFault::DivisionByZero);
    }
    let quotient = n.checked_div(d).ok_or(ExactFault::Overflow)?;
    let rest = (n - quotient * d).unsigned_abs();
    if rest == 0 {
        return Ok(quotient);
    }
    let negative = (n < 0) != (d < 0);
    let away = goes_away(mode, negative, rest.cmp(&(d.unsigned_abs() - rest)), quotient & 1 == 1);
    Ok(quotient
        + if !away {
            0
        } else if negative {
            -1
        } else {
            1
        })
}

/// n / 10^power, rounded; it always fits.
#[inline]
pub fn round_pow10(n: i128, power: u8, mode: Mode) -> i128 {
    match (word(n), power) {
        (_, 0) => n,
        (Some(n), 1..=18) => i128::from(round_div_word(n, POWERS[usize::from(power)] as i64, mode)),
        _ => round_pow10_wide(n, power, mode),
    }
}

#[cold]
fn round_pow10_wide(n: i128, power: u8, mode: Mode) -> i128 {
    match pow10(power) {
        Some(d) => round_div_wide(n, d, mode).unwrap_or(0),
        // Beyond 10^38 a number of 128 bits is less than a half: 1.8 x 10^38 < 0.5 x 10^39.
        None if n == 0 => 0,
        None => i128::from(goes_away(mode, n < 0, Ordering::Less, false)) * n.signum(),
    }
}

/// n rounded to an integer, of n / d with d > 0.
fn round_div_big(n: &BigInt, d: &BigInt, mode: Mode) -> BigInt {
    let (quotient, rest) = (n / d, n % d);
    if rest.is_zero() {
        return quotient;
    }
    let negative = n.sign() == Sign::Minus;
    let rest = rest.abs();
    let away = goes_away(mode, negative, rest.cmp(&(d - &rest)), quotient.is_odd());
    match (away, negative) {
        (false, _) => quotient,
        (true, false) => quotient + 1,
        (true, true) => quotient - 1,
    }
}

/// Is n a multiple of 10^power?
#[inline]
pub fn is_multiple(n: i128, power: u8) -> bool {
    match pow10(power) {
        Some(d) => n % d == 0,
        None => n == 0,
    }
}

/// Compares a x 10^up with b x 10^down; exact, without overflow.
#[inline]
pub fn compare_scaled(a: i128, up: u8, b: i128, down: u8) -> Ordering {
    let lift = |n: i128, power: u8| pow10(power).and_then(|p| mul(n, p));
    match (lift(a, up), lift(b, down)) {
        (Some(a), Some(b)) => a.cmp(&b),
        _ => compare_scaled_big(a, up, b, down),
    }
}

#[cold]
fn compare_scaled_big(a: i128, up: u8, b: i128, down: u8) -> Ordering {
    (BigInt::from(a) * big_pow10(up)).cmp(&(BigInt::from(b) * big_pow10(down)))
}

fn big_pow10(power: u8) -> BigInt {
    BigInt::from(10).pow(u32::from(power))
}

/// Whole quotient, rounded down.
#[inline]
pub fn div_floor(a: i128, b: i128) -> Result<i128, ExactFault> {
    if b == 0 {
        return Err(ExactFault::DivisionByZero);
    }
    let quotient = a.checked_div(b).ok_or(ExactFault::Overflow)?;
    Ok(if (a < 0) != (b < 0) && quotient * b != a { quotient - 1 } else { quotient })
}

/// a - b x div_floor(a, b): between 0 and b.
#[inline]
pub fn mod_floor(a: i128, b: i128) -> Result<i128, ExactFault> {
    if b == 0 {
        return Err(ExactFault::DivisionByZero);
    }
    let rest = a.wrapping_rem(b);
    Ok(if rest != 0 && (rest < 0) != (b < 0) { rest + b } else { rest })
}

/// The window of a chain, taken apart.
struct Factors<'a> {
    numerators: &'a [i128],
    divisors: &'a [i128],
    /// 1 where the chain has none.
    step: i128,
    /// 1 where the chain has none.
    exponent: u32,
    mode: Mode,
}

/// How many registers the window of a chain has.
pub fn chain_width(chain: &Chain) -> usize {
    usize::from(chain.numerators)
        + usize::from(chain.divisors)
        + usize::from(chain.has_step)
        + usize::from(chain.power)
        + usize::from(chain.mode.is_none())
}

fn factors<'a>(chain: &Chain, window: &'a [i128]) -> Result<Factors<'a>, ExactFault> {
    let (numerators, rest) = window.split_at(usize::from(chain.numerators));
    let (divisors, rest) = rest.split_at(usize::from(chain.divisors));
    let mut rest = rest.iter().copied();
    let mut next = |there: bool| if there { rest.next() } else { None };
    let step = next(chain.has_step).unwrap_or(1);
    let exponent = next(chain.power).unwrap_or(1);
    if !(0..=MAX_EXPONENT).contains(&exponent) {
        return Err(ExactFault::BadExponent(exponent));
    }
    let mode = match chain.mode {
        Some(mode) => mode,
        None => {
            let number = next(true).unwrap_or(0);
            word(number).and_then(Mode::from_number).ok_or(ExactFault::NotAMode(number))?
        }
    };
    if step == 0 || divisors.contains(&0) {
        return Err(ExactFault::DivisionByZero);
    }
    Ok(Factors { numerators, divisors, step, exponent: exponent as u32, mode })
}

/// Computes a chain; see [`Chain`]. The window has [`chain_width`] values.
///
/// Errors: a divisor or step of 0, a bad exponent, the root of a negative number, a result beyond 128 bits. What
/// lies in between may be of any size.
pub fn chain(chain: &Chain, window: &[i128]) -> Result<i128, ExactFault> {
    let factors = factors(chain, window)?;
    if !chain.root && !chain.power {
        let product = |list: &[i128], power| {
            let start = pow10(power)?;
            list.iter().try_fold(start, |product, factor| mul(product, *factor))
        };
        let n = product(factors.numerators, chain.up);
        let d = product(factors.divisors, chain.down).and_then(|d| mul(d, factors.step));
        if let (Some(n), Some(d)) = (n, d) {
            return match round_div(n, d, factors.mode) {
                Ok(steps) => mul(steps, factors.step).ok_or(ExactFault::Overflow),
                Err(fault) => Err(fault),
            };
        }
    }
    chain_big(chain, &factors)
}

#[cold]
fn chain_big(chain: &Chain, factors: &Factors<'_>) -> Result<i128, ExactFault> {
    let (n, d) = fraction(chain, factors);
    let result = if chain.root {
        root_big(&n, &d, factors.mode)?
    } else if factors.step.is_negative() {
        round_div_big(&-n, &(d * -BigInt::from(factors.step)), factors.mode) * factors.step
    } else {
        round_div_big(&n, &(d * factors.step), factors.mode) * factors.step
    };
    result.to_i128().ok_or(ExactFault::Overflow)
}

/// The exact quotient of a chain before it is rounded (before its root is taken), as numerator and denominator; the
/// denominator is positive.
pub fn chain_quotient(chain: &Chain, window: &[i128]) -> Result<(BigInt, BigInt), ExactFault> {
    Ok(fraction(chain, &factors(chain, window)?))
}

fn fraction(chain: &Chain, factors: &Factors<'_>) -> (BigInt, BigInt) {
    let product = |list: &[i128]| list.iter().fold(BigInt::one(), |product, factor| product * factor);
    let mut n = product(factors.numerators);
    let mut d = product(factors.divisors);
    if chain.power {
        n = n.pow(factors.exponent);
        d = d.pow(factors.exponent);
    }
    n *= big_pow10(chain.up);
    d *= big_pow10(chain.down);
    if d.is_negative() { (-n, -d) } else { (n, d) }
}

/// The rounded square root of n / d, d > 0.
fn root_big(n: &BigInt, d: &BigInt, mode: Mode) -> Result<BigInt, ExactFault> {
    if n.is_negative() {
        return Err(ExactFault::NegativeRoot);
    }
    // With s = floor(root), the rest decides: n / d against s^2, and against (s + 1/2)^2 without fractions.
    let s = n.div_floor(d).sqrt();
    if &(&s * &s * d) == n {
        return Ok(s);
    }
    let middle: BigInt = (&s * &s + &s) * 4 + 1;
    let half = (n * BigInt::from(4)).cmp(&(middle * d));
    Ok(if goes_away(mode, false, half, s.is_odd()) { s + 1 } else { s })
}

/// A fraction as people read it: the decimal where it ends within 40 digits behind the point, else `n/d`.
pub fn fraction_text(n: &BigInt, d: &BigInt, scale: u8) -> String {
    let divisor = n.gcd(d);
    let (n, mut d) = (n / &divisor, d / &divisor * big_pow10(scale));
    let divisor = n.gcd(&d);
    let n = n / &divisor;
    d /= &divisor;
    let mut power = big_pow10(0);
    for digits in 0u8..=40 {
        if power.is_multiple_of(&d) {
            let text = (n.abs() * (&power / &d)).to_string();
            let digits = usize::from(digits);
            let text = format!("{text:0>width$}", width = digits + 1);
            let (whole, behind) = text.split_at(text.len() - digits);
            let (sign, point) = (if n.is_negative() { "-" } else { "" }, if digits == 0 { "" } else { "." });
            return format!("{sign}{whole}{point}{behind}");
        }
        power *= 10;
    }
    format!("{n}/{d}")
}

mod divisor;
#[cfg(test)]
mod tests;

pub(crate) use divisor::Divisor;
