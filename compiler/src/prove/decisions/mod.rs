//! Decisions are complete and free of overlap.
//!
//! # What is shown
//!
//! An *input* of a decision is a value for each parameter and each configuration value that it reads, of its type and
//! within its `where`s: those of the parameters, of named types, of record fields and of the configuration. A row
//! covers the inputs that its cells fit. It is shown that
//!
//! - under `unique`, `first`, `any` and `priority` some row covers every input, or there is a `default`;
//! - under `unique` no two rows cover one input; under `any` only rows that give the same there;
//! - every row is used (else a warning): it covers something, and under `first` and `priority` something that no row
//!   before it covers; a `default` too is used for something.
//!
//! # How
//!
//! [`space`] sees what cells look at as variables over whole numbers: a number's digits at its scale, so that
//! `> 5` and `<= 5` meet without a gap and `>= 5.01` follows `<= 5` for cents; a day, a month, a case; the part of a
//! record, what an option or a case holds. [`symbol`] and [`condition`] read expressions as values over these, opening
//! `if`, `match`, `min`, `??` and short functions case by case; [`linear`] brings each comparison into the form that
//! one variable, or one *term* such as `gross - limit`, is in a set. So a row is a union of boxes ([`formula`],
//! [`table`]), and premises either narrow a variable's domain or exclude boxes.
//!
//! [`search`] parts the space variable by variable to find what no box covers, or which row covers first; [`overlap`]
//! sweeps pairs of boxes. Where terms take part, [`theory`] asks whether the sets of a cell agree with each other, by
//! elimination over the whole numbers ([`difference`]); for differences of two values that is exact, at any scales.
//! So tables of constants cost about `n log n` for n rows, and a case split is made only where a row has a term.
//!
//! A place that is found becomes inputs as the language writes them ([`example`], [`write`]).
//!
//! # Limits
//!
//! - What the proof does not look into – products of inputs, `round`, texts beyond equality, lists, functions with
//!   loops – is an unknown of its type, the same wherever the same expression stands. An example in which such an
//!   unknown plays a part counts as refuted only when the rows, computed on it ([`evaluate`]), agree; some hundred
//!   inputs near it are tried. Otherwise the question is not decided, and the finding says which expression it is.
//! - Sums with other factors than 1 and -1 are eliminated inexactly: what is shown is true, but some true statements
//!   are not decided.
//! - Numbers have no largest value here: a gap that only a number beyond 64 bits falls into is told.
//! - The budgets below; beyond them the question is not decided. Undecided is an error; a `default` row or `first` mends
//!   it, as a default makes a table complete and under `first` rows may overlap.

mod condition;
mod difference;
mod example;
mod formula;
mod linear;
mod normal;
mod overlap;
mod search;
mod set;
mod space;
mod symbol;
mod table;
mod theory;
mod verdict;

pub use example::Example;

use crate::source::Place;
use crate::typed::{Checked, Decision};
use bp_grammar::ast::Policy;
use smol_str::SmolStr;

/// What is wrong with a decision.
#[derive(Debug, Clone)]
pub struct Finding {
    pub decision: SmolStr,
    /// Of the decision's name.
    pub place: Place,
    pub what: What,
}

#[derive(Debug, Clone)]
pub enum What {
    /// No row covers the example. `text` names an input that is a text.
    Gap {
        example: Example,
        text: Option<SmolStr>,
    },
    /// Both rows cover the example; `differ`: and give different results, where the policy is `any`.
    Overlap {
        rows: (Place, Place),
        example: Example,
        differ: bool,
    },
    /// A row that nothing reaches.
    Unreached {
        row: Place,
        by: By,
    },
    /// A default that nothing is left for.
    IdleDefault {
        row: Place,
    },
    Undecided {
        question: Question,
        why: Why,
    },
}

/// Why nothing reaches a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// It fits no input at all.
    Itself,
    /// This row takes all of it.
    Row(Place),
    /// Rows before it take all of it together.
    Rows,
}

/// What was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    Complete,
    /// Whether these rows overlap.
    Overlap(Place, Place),
    /// Whether any rows overlap.
    Overlaps,
}

#[derive(Debug, Clone)]
pub enum Why {
    /// The table takes more steps than the budget has.
    Budget,
    /// The row's cells come to too many cases.
    Row(Place),
    /// The example would refute it, if what was not looked into can be as it says.
    Example(Example),
}

/// What the search for gaps and for unreached rows may spend, in rows looked at.
const SEARCH_BUDGET: u64 = 20_000_000;
/// What the search for overlaps may spend, in pairs looked at.
const PAIRS_BUDGET: u64 = 60_000_000;
/// How many overlaps and how many unreached rows of one decision are told.
const TOLD_MAX: usize = 5;

pub fn prove(checked: &Checked) -> Vec<Finding> {
    let mut findings = Vec::new();
    for decision in &checked.decisions {
        let whats = verdict::Verdicts::of(checked, decision);
        findings.extend(whats.into_iter().map(|what| Finding {
            decision: decision.name.clone(),
            place: decision.place,
            what,
        }));
    }
    findings
}

fn is_single(decision: &Decision) -> bool {
    matches!(decision.policy, Policy::Unique | Policy::First | Policy::Any | Policy::Priority)
}
