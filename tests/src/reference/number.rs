//! Exact numbers: unbounded rationals, rounded by the definition of each mode, and amounts shared out.

use super::stop::Fault;
use bp_bytecode::rounding::Mode;
use num_bigint::{BigInt, Sign};
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};
use std::cmp::Ordering;

/// 10^n
pub fn ten(n: u8) -> BigInt {
    num_traits::pow(BigInt::from(10), usize::from(n))
}

/// So many units of the last of `scale` digits behind the point.
pub fn of_digits(digits: impl Into<BigInt>, scale: u8) -> BigRational {
    BigRational::new(digits.into(), ten(scale))
}

/// How many units of the last of `scale` digits behind the point a number is, if it is a whole count of them.
pub fn digits(value: &BigRational, scale: u8) -> Option<BigInt> {
    let shifted = value * BigRational::from_integer(ten(scale));
    shifted.is_integer().then(|| shifted.to_integer())
}

/// Whether a number in between may be as large: 128 bits.
pub fn is_between(digits: &BigInt) -> bool {
    digits.to_i128().is_some()
}

/// Whether a stored number may be as large: 64 bits.
pub fn is_stored(digits: &BigInt) -> bool {
    digits.to_i64().is_some()
}

/// Where a number lies between two whole ones.
struct Between {
    below: BigInt,
    is_whole: bool,
    /// How it stands to the middle of the two.
    to_middle: Ordering,
    sign: Sign,
}

fn whole(at: &Between, mode: Mode) -> BigInt {
    let above = || &at.below + 1;
    if at.is_whole {
        return at.below.clone();
    }
    let is_negative = at.sign == Sign::Minus;
    // Which neighbour lies towards zero, and which away from it.
    let (towards_zero, away) = if is_negative { (above(), at.below.clone()) } else { (at.below.clone(), above()) };
    let nearest = |tie: BigInt| match at.to_middle {
        Ordering::Less => at.below.clone(),
        Ordering::Equal => tie,
        Ordering::Greater => above(),
    };
    match mode {
        Mode::HalfUp => nearest(away),
        Mode::HalfDown => nearest(towards_zero),
        Mode::HalfEven => nearest(if at.below.is_even() { at.below.clone() } else { above() }),
        Mode::Up => away,
        Mode::Down => towards_zero,
        Mode::Ceiling => above(),
        Mode::Floor => at.below.clone(),
    }
}

/// The whole number that a number rounds to.
pub fn round(value: &BigRational, mode: Mode) -> BigInt {
    let below = value.floor().to_integer();
    let middle = BigRational::from_integer(below.clone()) + BigRational::new(BigInt::one(), BigInt::from(2));
    let at = Between { is_whole: value.is_integer(), to_middle: value.cmp(&middle), sign: value.numer().sign(), below };
    whole(&at, mode)
}

/// The whole number that the square root of a number rounds to.
///
/// # Errors
/// The number is negative.
pub fn root(value: &BigRational, mode: Mode) -> Result<BigInt, Fault> {
    if value.is_negative() {
        return Err(Fault::NegativeRoot);
    }
    // The root of a number and of its whole part have the same whole part.
    let below = value.floor().to_integer().sqrt();
    let square = |x: &BigRational| x * x;
    let exact = BigRational::from_integer(below.clone());
    let middle = &exact + BigRational::new(BigInt::one(), BigInt::from(2));
    let at =
        Between { is_whole: square(&exact) == *value, to_middle: value.cmp(&square(&middle)), sign: Sign::Plus, below };
    Ok(whole(&at, mode))
}

/// The whole units of a total that fall to each weight: exact shares cut towards zero, and what is left over a unit each to those
/// that lost most, among equal ones to the first.
///
/// # Errors
/// The weights add up to 0.
pub fn allocate(total: &BigInt, weights: &[BigRational]) -> Result<Vec<BigInt>, Fault> {
    let all: BigRational = weights.iter().sum();
    if all.is_zero() {
        return Err(Fault::DivisionByZero);
    }
    let shares = weights.iter().map(|weight| BigRational::from_integer(total.clone()) * weight / &all);
    let shares: Vec<BigRational> = shares.collect();
    let mut parts: Vec<BigInt> = shares.iter().map(|share| share.trunc().to_integer()).collect();
    let left: BigInt = total - parts.iter().sum::<BigInt>();
    let unit = left.signum();
    let mut order: Vec<usize> = (0..parts.len()).collect();
    // What a part lost, seen in the direction of what is left over; the sort is stable.
    let lost = |at: usize| (&shares[at] - shares[at].trunc()) * BigRational::from_integer(unit.clone());
    order.sort_by_key(|at| std::cmp::Reverse(lost(*at)));
    let mut left = left.abs();
    for at in order.iter().cycle() {
        if left.is_zero() {
            break;
        }
        parts[*at] += &unit;
        left -= 1;
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratio(a: i64, b: i64) -> BigRational {
        BigRational::new(a.into(), b.into())
    }

    /// The table of the chapter on numbers: 2.5, −2.5 and 2.4.
    #[test]
    fn modes_round_as_the_chapter_says() {
        let table = [
            (Mode::HalfUp, [3, -3, 2]),
            (Mode::HalfEven, [2, -2, 2]),
            (Mode::HalfDown, [2, -2, 2]),
            (Mode::Up, [3, -3, 3]),
            (Mode::Down, [2, -2, 2]),
            (Mode::Ceiling, [3, -2, 3]),
            (Mode::Floor, [2, -3, 2]),
        ];
        for (mode, expected) in table {
            let found = [ratio(5, 2), ratio(-5, 2), ratio(12, 5)].map(|value| round(&value, mode));
            assert_eq!(found, expected.map(BigInt::from), "{mode:?}");
        }
    }

    #[test]
    fn roots_are_rounded_once() {
        assert_eq!(root(&ratio(2_000_000_000_000, 1), Mode::HalfUp), Ok(1_414_214.into()));
        assert_eq!(root(&ratio(9, 4), Mode::HalfEven), Ok(2.into()));
        assert_eq!(root(&ratio(9, 4), Mode::HalfUp), Ok(2.into()));
        assert_eq!(root(&ratio(-1, 4), Mode::Up), Err(Fault::NegativeRoot));
    }

    #[test]
    fn nothing_is_lost_in_shares() {
        let shares = |total: i64, weights: &[i64]| {
            let weights: Vec<BigRational> = weights.iter().map(|w| ratio(*w, 1)).collect();
            allocate(&total.into(), &weights)
        };
        assert_eq!(shares(1_000, &[1, 1, 1]), Ok([334, 333, 333].map(BigInt::from).to_vec()));
        assert_eq!(shares(-1_000, &[1, 1, 1]), Ok([-334, -333, -333].map(BigInt::from).to_vec()));
        assert_eq!(shares(5, &[1, -1]), Err(Fault::DivisionByZero));
        assert_eq!(shares(5, &[]), Err(Fault::DivisionByZero));
    }
}
