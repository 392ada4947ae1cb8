//! Intervals of whole numbers, as digits at a scale. Bounds that 128 bits do not hold stand at their ends.

use bp_bytecode::op::Cmp;

/// All numbers from `low` to `high`, both included; never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    pub low: i128,
    pub high: i128,
}

/// What is known of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    Always,
    Never,
    Open,
}

impl Truth {
    pub fn not(self) -> Truth {
        match self {
            Truth::Always => Truth::Never,
            Truth::Never => Truth::Always,
            Truth::Open => Truth::Open,
        }
    }

    pub fn and(self, other: Truth) -> Truth {
        match (self, other) {
            (Truth::Never, _) | (_, Truth::Never) => Truth::Never,
            (Truth::Always, Truth::Always) => Truth::Always,
            _ => Truth::Open,
        }
    }
}

impl Interval {
    /// A number in between.
    pub const WIDE: Interval = Interval { low: i128::MIN, high: i128::MAX };
    /// A stored number.
    pub const WORD: Interval = Interval { low: i64::MIN as i128, high: i64::MAX as i128 };
    pub const BOOL: Interval = Interval { low: 0, high: 1 };

    pub fn new(low: i128, high: i128) -> Interval {
        debug_assert!(low <= high);
        Interval { low, high }
    }

    pub fn one(value: i128) -> Interval {
        Interval { low: value, high: value }
    }

    pub fn of_truth(truth: Truth) -> Interval {
        match truth {
            Truth::Always => Interval::one(1),
            Truth::Never => Interval::one(0),
            Truth::Open => Interval::BOOL,
        }
    }

    pub fn truth(self) -> Truth {
        match (self.low, self.high) {
            (1, 1) => Truth::Always,
            (0, 0) => Truth::Never,
            _ => Truth::Open,
        }
    }

    pub fn join(self, other: Interval) -> Interval {
        Interval { low: self.low.min(other.low), high: self.high.max(other.high) }
    }

    /// What both have; nothing if they have nothing in common.
    pub fn meet(self, other: Interval) -> Option<Interval> {
        let (low, high) = (self.low.max(other.low), self.high.min(other.high));
        (low <= high).then_some(Interval { low, high })
    }

    /// No number of it is one of 128 bits: both ends were cut off on the same side.
    pub fn is_beyond(self) -> bool {
        self.low == i128::MAX || self.high == i128::MIN
    }

    pub fn plus(self, other: Interval) -> Interval {
        Interval { low: self.low.saturating_add(other.low), high: self.high.saturating_add(other.high) }
    }

    pub fn minus(self, other: Interval) -> Interval {
        Interval { low: self.low.saturating_sub(other.high), high: self.high.saturating_sub(other.low) }
    }

    pub fn times(self, other: Interval) -> Interval {
        let corners = [
            self.low.saturating_mul(other.low),
            self.low.saturating_mul(other.high),
            self.high.saturating_mul(other.low),
            self.high.saturating_mul(other.high),
        ];
        Interval::around(corners)
    }

    fn around(corners: [i128; 4]) -> Interval {
        let low = corners.into_iter().fold(i128::MAX, i128::min);
        let high = corners.into_iter().fold(i128::MIN, i128::max);
        Interval { low, high }
    }

    pub fn negated(self) -> Interval {
        Interval { low: self.high.saturating_neg(), high: self.low.saturating_neg() }
    }

    pub fn absolute(self) -> Interval {
        match (self.low >= 0, self.high <= 0) {
            (true, _) => self,
            (_, true) => self.negated(),
            _ => Interval { low: 0, high: self.high.max(self.low.saturating_neg()) },
        }
    }

    pub fn sign(self) -> Interval {
        Interval { low: self.low.signum(), high: self.high.signum() }
    }

    pub fn min(self, other: Interval) -> Interval {
        Interval { low: self.low.min(other.low), high: self.high.min(other.high) }
    }

    pub fn max(self, other: Interval) -> Interval {
        Interval { low: self.low.max(other.low), high: self.high.max(other.high) }
    }

    /// The same numbers at a scale that is larger by so many digits.
    pub fn scaled_up(self, power: u32) -> Interval {
        match 10_i128.checked_pow(power) {
            Some(tens) => self.times(Interval::one(tens)),
            None => Interval::WIDE,
        }
    }

    /// All that a quotient of two such numbers may be rounded to, by any way to round. A divisor is never 0: that is a
    /// fault before there is a value.
    pub fn divided(self, by: Interval) -> Interval {
        let negative = by.meet(Interval { low: i128::MIN, high: -1 }).map(Interval::negated);
        let positive = by.meet(Interval { low: 1, high: i128::MAX });
        let parts = [negative.map(|by| self.negated().over(by)), positive.map(|by| self.over(by))];
        parts.into_iter().flatten().reduce(Interval::join).unwrap_or(Interval::WIDE)
    }

    /// The same by positive divisors.
    fn over(self, by: Interval) -> Interval {
        // What was cut off stands for anything beyond.
        if self.low == i128::MIN || self.high == i128::MAX {
            return Interval::WIDE;
        }
        let floor = |a: i128, b: i128| a.div_euclid(b);
        let ceiling = |a: i128, b: i128| a.div_euclid(b) + i128::from(a.rem_euclid(b) != 0);
        let low = floor(self.low, by.low).min(floor(self.low, by.high));
        let high = ceiling(self.high, by.low).max(ceiling(self.high, by.high));
        let quotient = Interval { low, high };
        // By what is larger than any bound it comes near 0.
        if by.high == i128::MAX { quotient.join(Interval::one(0)) } else { quotient }
    }

    /// What is left of a division that rounds down: it has the divisor's sign.
    pub fn modulo(self, by: Interval) -> Interval {
        let low = if by.low < 0 { by.low.saturating_add(1) } else { 0 };
        let high = if by.high > 0 { by.high.saturating_sub(1) } else { 0 };
        Interval { low: low.min(high), high: high.max(low) }
    }

    /// How all of these stand to all of those, both at one scale.
    pub fn compared(self, how: Cmp, other: Interval) -> Truth {
        // Where both ends were cut off, they may stand in any way.
        if self.is_beyond() || other.is_beyond() {
            return Truth::Open;
        }
        let decide = |always: bool, never: bool| match (always, never) {
            (true, _) => Truth::Always,
            (_, true) => Truth::Never,
            _ => Truth::Open,
        };
        match how {
            Cmp::Lt => decide(self.high < other.low, self.low >= other.high),
            Cmp::Le => decide(self.high <= other.low, self.low > other.high),
            Cmp::Gt => other.compared(Cmp::Lt, self),
            Cmp::Ge => other.compared(Cmp::Le, self),
            Cmp::Eq => decide(self.low == self.high && self == other, self.meet(other).is_none()),
            Cmp::Ne => self.compared(Cmp::Eq, other).not(),
        }
    }

    /// Those of these that can stand so to one of those; nothing if none can.
    pub fn narrowed(self, how: Cmp, other: Interval) -> Option<Interval> {
        match how {
            // An end of 128 bits stands for everything beyond.
            Cmp::Lt if other.high == i128::MAX => Some(self),
            Cmp::Gt if other.low == i128::MIN => Some(self),
            Cmp::Lt => self.meet(Interval { low: i128::MIN, high: other.high.saturating_sub(1) }),
            Cmp::Le => self.meet(Interval { low: i128::MIN, high: other.high }),
            Cmp::Gt => self.meet(Interval { low: other.low.saturating_add(1), high: i128::MAX }),
            Cmp::Ge => self.meet(Interval { low: other.low, high: i128::MAX }),
            Cmp::Eq => self.meet(other),
            Cmp::Ne if other.low != other.high => Some(self),
            Cmp::Ne if self == other => None,
            Cmp::Ne if self.low == other.low => Some(Interval { low: self.low + 1, high: self.high }),
            Cmp::Ne if self.high == other.low => Some(Interval { low: self.low, high: self.high - 1 }),
            Cmp::Ne => Some(self),
        }
    }

    /// The numbers at a scale smaller by `power` digits that these can be: for bounds, with the ends moved outwards.
    pub fn scaled_down_outwards(self, power: u32) -> Interval {
        let Some(tens) = 10_i128.checked_pow(power) else { return Interval::WIDE };
        let down = self.low.div_euclid(tens);
        let up = self.high.div_euclid(tens).saturating_add(i128::from(self.high.rem_euclid(tens) != 0));
        Interval {
            low: if self.low == i128::MIN { i128::MIN } else { down },
            high: if self.high == i128::MAX { i128::MAX } else { up },
        }
    }
}
