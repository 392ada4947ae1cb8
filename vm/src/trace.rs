//! What a traced run tells: for derivations and coverage. A run without a tracer is compiled without any of it.

use bp_bytecode::index::{DecisionId, PlaceId, StepId};
use num_bigint::BigInt;

use crate::world::Entry;

/// Takes note of what happens while a program runs.
pub trait Tracer {
    fn event(&mut self, event: Event<'_>);
}

#[derive(Clone, Debug)]
pub enum Event<'a> {
    /// A row of a decision fits; rows are counted from 0, the default row is the last.
    DecisionRow {
        decision: DecisionId,
        row: i64,
        place: PlaceId,
    },
    /// A value was rounded.
    Rounded {
        place: PlaceId,
        /// The exact value before, in units of the result's last digit.
        before: Fraction,
        /// The result, in units of its last digit.
        after: i128,
        /// Digits of the result behind the point, where the instruction says.
        scale: Option<u8>,
    },
    /// An entry was posted.
    Posted {
        place: PlaceId,
        entry: Entry<'a>,
    },
    StepBegun {
        step: StepId,
    },
}

/// An exact number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fraction {
    pub numerator: BigInt,
    /// Positive.
    pub denominator: BigInt,
    /// The number is the square root of the fraction.
    pub root: bool,
}

impl Fraction {
    /// The number over 10^scale as people read it: `12.345`, `1/3`, `root of 2`.
    pub fn text(&self, scale: u8) -> String {
        if self.root {
            let text = crate::exact::fraction_text(&self.numerator, &self.denominator, scale.saturating_mul(2));
            return format!("root of {text}");
        }
        crate::exact::fraction_text(&self.numerator, &self.denominator, scale)
    }
}

/// The tracer of a run that is not traced.
pub(crate) struct Untraced;

impl Tracer for Untraced {
    fn event(&mut self, _: Event<'_>) {}
}
