//! Whether a few linear inequalities over whole numbers have a solution, by Fourier and Motzkin's elimination.
//!
//! To eliminate a variable, every bound from below is set against every bound from above. Each inequality is kept in
//! lowest terms with its bound rounded down, which whole numbers allow. Where one factor of each pair is 1 or -1, the
//! whole-number solutions of what remains are exactly those that extend; so systems of differences, `gross - limit`,
//! are decided exactly. Numbers of unequal scales are whole numbers of unequal steps: `100 days - cents`. A finer one
//! is eliminated before a coarser one, so that the factor that remains is divided out and the bound rounded.

use super::linear::gcd;
use std::collections::BTreeMap;

/// The sum of variables with their factors is at most the bound.
#[derive(Clone, Debug)]
pub struct AtMost {
    pub factors: Vec<i128>,
    pub bound: i128,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    /// There is no solution.
    No,
    Yes(Vec<i128>),
    /// Neither was found: the elimination was inexact, too large, or beyond 128 bits.
    Unknown,
}

/// How many inequalities a step of the elimination may leave.
const MOST: usize = 400;
/// How many pairs a step may set against each other.
const PAIRS_MOST: usize = 10_000;

/// `pick` chooses a variable's value between its bounds.
pub fn solve(vars: usize, system: Vec<AtMost>, pick: &dyn Fn(usize, Option<i128>, Option<i128>) -> i128) -> Answer {
    let mut known: BTreeMap<Vec<i128>, i128> = BTreeMap::new();
    for row in system {
        if !keep(&mut known, row) {
            return Answer::No;
        }
    }
    let mut left: Vec<usize> = (0..vars).collect();
    let mut eliminated: Vec<(usize, Vec<AtMost>)> = Vec::new();
    let mut exact = true;
    while !left.is_empty() {
        let best = left.iter().enumerate().min_by_key(|(_, var)| price(&known, **var)).map(|(at, _)| at);
        let Some(best) = best else { break };
        let var = left.swap_remove(best);
        let (with, without): (Vec<_>, Vec<_>) = known.into_iter().partition(|(factors, _)| factors[var] != 0);
        known = without.into_iter().collect();
        let with: Vec<AtMost> = with.into_iter().map(|(factors, bound)| AtMost { factors, bound }).collect();
        let (above, below): (Vec<&AtMost>, Vec<&AtMost>) = with.iter().partition(|row| row.factors[var] > 0);
        if above.len() * below.len() > PAIRS_MOST {
            return Answer::Unknown;
        }
        for high in above {
            for low in &below {
                exact &= high.factors[var] == 1 || low.factors[var] == -1;
                let Some(row) = without_var(high, low, var) else { return Answer::Unknown };
                if !keep(&mut known, row) {
                    return Answer::No;
                }
            }
        }
        if known.len() > MOST {
            return Answer::Unknown;
        }
        eliminated.push((var, with));
    }
    let mut values = vec![0; vars];
    for (var, rows) in eliminated.iter().rev() {
        let Some((low, high)) = bounds(*var, rows, &values) else { return Answer::Unknown };
        if let (Some(low), Some(high)) = (low, high)
            && low > high
        {
            debug_assert!(!exact, "an exact elimination leaves room for every variable");
            return Answer::Unknown;
        }
        values[*var] = pick(*var, low, high);
    }
    Answer::Yes(values)
}

/// Those with unit factors first, then what costs fewer pairs.
fn price(known: &BTreeMap<Vec<i128>, i128>, var: usize) -> (bool, usize) {
    let (mut above, mut below, mut units) = (0, 0, true);
    for factors in known.keys() {
        match factors[var] {
            0 => continue,
            factor if factor > 0 => above += 1,
            _ => below += 1,
        }
        units &= factors[var].abs() == 1;
    }
    (!units, above * below)
}

/// Adds an inequality in lowest terms; false if it cannot hold.
fn keep(known: &mut BTreeMap<Vec<i128>, i128>, row: AtMost) -> bool {
    let common = row.factors.iter().fold(0, |g, factor| gcd(g, *factor));
    if common == 0 {
        return row.bound >= 0;
    }
    let factors = row.factors.iter().map(|factor| factor / common).collect();
    let bound = row.bound.div_euclid(common);
    known.entry(factors).and_modify(|own| *own = bound.min(*own)).or_insert(bound);
    true
}

fn without_var(high: &AtMost, low: &AtMost, var: usize) -> Option<AtMost> {
    let common = gcd(high.factors[var], low.factors[var]);
    let (by_high, by_low) = (low.factors[var].checked_neg()? / common, high.factors[var] / common);
    let sum = |a: i128, b: i128| a.checked_mul(by_high)?.checked_add(b.checked_mul(by_low)?);
    let factors = high.factors.iter().zip(&low.factors).map(|(a, b)| sum(*a, *b)).collect::<Option<_>>()?;
    Some(AtMost { factors, bound: sum(high.bound, low.bound)? })
}

/// What a variable may be once those that were eliminated after it are known.
fn bounds(var: usize, rows: &[AtMost], values: &[i128]) -> Option<(Option<i128>, Option<i128>)> {
    let (mut low, mut high): (Option<i128>, Option<i128>) = (None, None);
    for row in rows {
        let mut rest = row.bound;
        for (other, factor) in row.factors.iter().enumerate().filter(|(other, _)| *other != var) {
            rest = rest.checked_sub(factor.checked_mul(values[other])?)?;
        }
        let factor = row.factors[var];
        if factor > 0 {
            let most = rest.div_euclid(factor);
            high = Some(high.map_or(most, |own| own.min(most)));
        } else {
            let least = rest.div_euclid(factor.checked_neg()?).checked_neg()?;
            low = Some(low.map_or(least, |own| own.max(least)));
        }
    }
    Some((low, high))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row<const N: usize>(factors: [i128; N], bound: i128) -> AtMost {
        AtMost { factors: factors.to_vec(), bound }
    }

    fn low(_: usize, low: Option<i128>, high: Option<i128>) -> i128 {
        low.or(high).unwrap_or(0)
    }

    #[test]
    fn differences() {
        // x <= y, y <= z, z <= x - 1
        let circle = vec![row([1, -1, 0], 0), row([0, 1, -1], 0), row([-1, 0, 1], -1)];
        assert_eq!(solve(3, circle, &low), Answer::No);
        let chain = vec![row([1, -1, 0], -1), row([0, 1, -1], -1), row([-1, 0, 0], -5), row([0, 0, 1], 7)];
        assert_eq!(solve(3, chain, &low), Answer::Yes(vec![5, 6, 7]));
    }

    #[test]
    fn steps_of_unequal_size() {
        // 100 a - c <= 30, c - 100 b <= 30, b < a: nothing, as 100 (a - b) <= 60 rounds down to a <= b.
        let system = vec![row([100, 0, -1], 30), row([0, -100, 1], 30), row([-1, 1, 0], -1)];
        assert_eq!(solve(3, system, &low), Answer::No);
    }

    #[test]
    fn inexact_is_unknown_or_right() {
        // 2 x = 3 y, 1 <= y <= 1 has no whole solution.
        let system = vec![row([2, -3], 0), row([-2, 3], 0), row([0, 1], 1), row([0, -1], -1)];
        assert_ne!(solve(2, system, &low), Answer::Yes(vec![1, 1]));
    }
}
