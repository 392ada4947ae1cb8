//! Sums of variables with factors, and comparisons of them.

use super::formula::Formula;
use super::set::{BELOW, BEYOND, Set};
use super::space::{Space, VarId};
use bp_bytecode::op::Cmp;

/// `10^scale` times a number: the sum of variables with their factors, and a constant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Linear {
    /// Each variable once, in order, no factor 0.
    pub terms: Vec<(VarId, i128)>,
    pub constant: i128,
    pub scale: u8,
}

impl Linear {
    pub fn constant(constant: i128, scale: u8) -> Linear {
        Linear { terms: Vec::new(), constant, scale }
    }

    pub fn var(var: VarId, scale: u8) -> Linear {
        Linear { terms: vec![(var, 1)], constant: 0, scale }
    }

    pub fn as_constant(&self) -> Option<i128> {
        self.terms.is_empty().then_some(self.constant)
    }

    /// The same number at a scale that is not smaller. `None`, here and below, beyond 128 bits.
    pub fn at(&self, scale: u8) -> Option<Linear> {
        let lifted = self.times(10_i128.checked_pow(u32::from(scale.checked_sub(self.scale)?))?)?;
        Some(Linear { scale, ..lifted })
    }

    pub fn times(&self, factor: i128) -> Option<Linear> {
        if factor == 0 {
            return Some(Linear::constant(0, self.scale));
        }
        let terms =
            self.terms.iter().map(|(var, own)| Some((*var, own.checked_mul(factor)?))).collect::<Option<_>>()?;
        Some(Linear { terms, constant: self.constant.checked_mul(factor)?, scale: self.scale })
    }

    /// With `other` so many times, at the larger scale.
    pub fn plus(&self, other: &Linear, times: i128) -> Option<Linear> {
        let scale = self.scale.max(other.scale);
        let (a, b) = (self.at(scale)?, other.at(scale)?.times(times)?);
        let mut terms = a.terms;
        for (var, factor) in b.terms {
            match terms.binary_search_by_key(&var, |term| term.0) {
                Ok(at) => terms[at].1 = terms[at].1.checked_add(factor)?,
                Err(at) => terms.insert(at, (var, factor)),
            }
        }
        terms.retain(|term| term.1 != 0);
        Some(Linear { terms, constant: a.constant.checked_add(b.constant)?, scale })
    }
}

/// `a ? b` as a condition on one variable or term; `None` beyond 128 bits.
pub fn compare(space: &mut Space, how: Cmp, a: &Linear, b: &Linear) -> Option<Formula> {
    let sum = a.plus(b, -1)?;
    let Some(first) = sum.terms.first() else {
        let order = sum.constant.cmp(&0);
        return Some(Formula::known(match how {
            Cmp::Eq => order.is_eq(),
            Cmp::Ne => order.is_ne(),
            Cmp::Lt => order.is_lt(),
            Cmp::Le => order.is_le(),
            Cmp::Gt => order.is_gt(),
            Cmp::Ge => order.is_ge(),
        }));
    };
    // The first factor positive, all of them in lowest terms: equal sums become one term.
    let common = sum.terms.iter().fold(0, |g, (_, factor)| gcd(g, *factor));
    let (common, how) = if first.1 < 0 { (-common, turned(how)) } else { (common, how) };
    let term = space.term(sum.terms.iter().map(|(var, factor)| (*var, factor / common)).collect());
    // term * |common| ? -constant (by the sign of `common`), on whole numbers.
    let (bound, over) = (sum.constant.checked_neg()?.checked_mul(common.signum())?, common.checked_abs()?);
    let (floor, exact) = (bound.div_euclid(over), bound.rem_euclid(over) == 0);
    let above = floor.checked_add(1)?;
    let from = if exact { floor } else { above };
    let ranges = match how {
        Cmp::Eq => vec![(from, above)],
        Cmp::Ne => vec![(BELOW, from), (above, BEYOND)],
        Cmp::Lt => vec![(BELOW, from)],
        Cmp::Le => vec![(BELOW, above)],
        Cmp::Gt => vec![(above, BEYOND)],
        Cmp::Ge => vec![(from, BEYOND)],
    };
    Some(Formula::In(term, Set::of(ranges).and(&space.vars[term.index()].domain)))
}

fn turned(how: Cmp) -> Cmp {
    match how {
        Cmp::Lt => Cmp::Gt,
        Cmp::Le => Cmp::Ge,
        Cmp::Gt => Cmp::Lt,
        Cmp::Ge => Cmp::Le,
        Cmp::Eq | Cmp::Ne => how,
    }
}

pub fn gcd(a: i128, b: i128) -> i128 {
    let (mut a, mut b) = (a.saturating_abs(), b.saturating_abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}
