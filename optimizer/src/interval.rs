//! Stretches of whole numbers.

use bp_bytecode::op::Cmp;
use bp_bytecode::shape::RegType;

/// All numbers from `low` to `high`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    pub low: i128,
    pub high: i128,
}

impl Interval {
    pub const WORD: Interval = Interval { low: i64::MIN as i128, high: i64::MAX as i128 };
    pub const WIDE: Interval = Interval { low: i128::MIN, high: i128::MAX };
    pub const TRUTH: Interval = Interval { low: 0, high: 1 };

    pub fn new(low: i128, high: i128) -> Interval {
        Interval { low, high }
    }

    pub fn only(value: i128) -> Interval {
        Interval { low: value, high: value }
    }

    /// Everything that a register of the type can hold.
    pub fn of(ty: RegType) -> Interval {
        match ty {
            RegType::Word | RegType::Handle(_) => Interval::WORD,
            RegType::Wide => Interval::WIDE,
        }
    }

    pub fn value(self) -> Option<i128> {
        (self.low == self.high).then_some(self.low)
    }

    pub fn is_word(self) -> bool {
        self.within(Interval::WORD)
    }

    pub fn within(self, other: Interval) -> bool {
        other.low <= self.low && self.high <= other.high
    }

    /// The smallest stretch that holds both.
    pub fn join(self, other: Interval) -> Interval {
        Interval { low: self.low.min(other.low), high: self.high.max(other.high) }
    }

    /// What is in both. Where nothing is, no run comes here, and either one is true.
    pub fn meet(self, other: Interval) -> Interval {
        let both = Interval { low: self.low.max(other.low), high: self.high.min(other.high) };
        if both.low <= both.high { both } else { self }
    }

    /// The results of a function that grows or falls with each operand, from the corners. `None` if one overflows.
    pub fn corners(self, other: Interval, of: impl Fn(i128, i128) -> Option<i128>) -> Option<Interval> {
        let (a, b) = (of(self.low, other.low)?, of(self.low, other.high)?);
        let (c, d) = (of(self.high, other.low)?, of(self.high, other.high)?);
        Some(Interval { low: a.min(b).min(c).min(d), high: a.max(b).max(c).max(d) })
    }

    /// The same of one operand.
    pub fn ends(self, of: impl Fn(i128) -> Option<i128>) -> Option<Interval> {
        self.corners(Interval::only(0), |a, _| of(a))
    }

    pub fn add(self, other: Interval) -> Option<Interval> {
        self.corners(other, i128::checked_add)
    }

    pub fn sub(self, other: Interval) -> Option<Interval> {
        self.corners(other, i128::checked_sub)
    }

    pub fn mul(self, other: Interval) -> Option<Interval> {
        self.corners(other, i128::checked_mul)
    }

    pub fn min(self, other: Interval) -> Interval {
        Interval { low: self.low.min(other.low), high: self.high.min(other.high) }
    }

    pub fn max(self, other: Interval) -> Interval {
        Interval { low: self.low.max(other.low), high: self.high.max(other.high) }
    }

    /// Holds every rounding of a quotient by a positive number, of any mode.
    pub fn divided(self, by: i128) -> Interval {
        let down = |n: i128| n.div_euclid(by);
        let up = |n: i128| n.div_euclid(by) + i128::from(n.rem_euclid(by) != 0);
        Interval { low: down(self.low), high: up(self.high) }
    }

    /// Whether the comparison holds for all numbers of both, for none, or for some.
    pub fn compare(self, how: Cmp, other: Interval) -> Option<bool> {
        match how {
            Cmp::Lt if self.high < other.low => Some(true),
            Cmp::Lt if self.low >= other.high => Some(false),
            Cmp::Le if self.high <= other.low => Some(true),
            Cmp::Le if self.low > other.high => Some(false),
            Cmp::Gt | Cmp::Ge => other.compare(crate::body::mirrored(how), self),
            Cmp::Eq if self.value().is_some() && self == other => Some(true),
            Cmp::Eq if self.high < other.low || self.low > other.high => Some(false),
            Cmp::Ne => self.compare(Cmp::Eq, other).map(|equal| !equal),
            _ => None,
        }
    }

    /// What is left of it where the comparison with a number of the other holds.
    pub fn where_holds(self, how: Cmp, other: Interval) -> Interval {
        match how {
            Cmp::Eq => self.meet(other),
            Cmp::Lt => self.meet(Interval::new(i128::MIN, other.high.saturating_sub(1))),
            Cmp::Le => self.meet(Interval::new(i128::MIN, other.high)),
            Cmp::Gt => self.meet(Interval::new(other.low.saturating_add(1), i128::MAX)),
            Cmp::Ge => self.meet(Interval::new(other.low, i128::MAX)),
            Cmp::Ne => match other.value() {
                Some(value) if value == self.low && self.low < self.high => Interval::new(value + 1, self.high),
                Some(value) if value == self.high && self.low < self.high => Interval::new(self.low, value - 1),
                _ => self,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every small stretch against every number in it.
    #[test]
    fn comparisons_and_what_they_leave() {
        let all: Vec<Interval> = (-3..=3).flat_map(|low| (low..=3).map(move |high| Interval::new(low, high))).collect();
        let hows = [Cmp::Eq, Cmp::Ne, Cmp::Lt, Cmp::Le, Cmp::Gt, Cmp::Ge];
        for (a, b) in all.iter().flat_map(|a| all.iter().map(move |b| (*a, *b))) {
            for how in hows {
                let pairs = (a.low..=a.high).flat_map(|x| (b.low..=b.high).map(move |y| (x, y)));
                let (yes, no): (Vec<_>, Vec<_>) = pairs.partition(|(x, y)| crate::fold::holds(how, *x, *y));
                match a.compare(how, b) {
                    Some(true) => assert!(no.is_empty(), "{a:?} {how:?} {b:?}"),
                    Some(false) => assert!(yes.is_empty(), "{a:?} {how:?} {b:?}"),
                    None => assert!(!yes.is_empty() && !no.is_empty(), "{a:?} {how:?} {b:?}"),
                }
                let left = a.where_holds(how, b);
                assert!(yes.iter().all(|(x, _)| left.low <= *x && *x <= left.high), "{a:?} {how:?} {b:?}");
            }
        }
    }

    #[test]
    fn quotients_hold_all_roundings() {
        assert_eq!(Interval::new(-7, 7).divided(2), Interval::new(-4, 4));
        assert_eq!(Interval::new(0, 10).divided(10), Interval::new(0, 1));
    }
}
