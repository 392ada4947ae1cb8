//! Single faults, seeded into programs that are right: does the compiler refuse them, or the programs' own tests?
//!
//! [`sites`] finds where a fault of each [`Kind`] fits; [`Project`] compiles and tests what comes of it.

mod project;
mod sites;
mod words;

pub use project::{Project, Verdict};
pub use sites::sites;

use std::ops::Range;
use std::path::PathBuf;

macro_rules! kinds {
    ($($group:ident: $($name:ident = $text:literal),+;)+) => {
        /// A kind of fault.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Kind { $($($name,)+)+ }

        impl Kind {
            pub const ALL: &'static [Kind] = &[$($(Kind::$name,)+)+];

            pub fn text(self) -> &'static str {
                match self { $($(Kind::$name => $text,)+)+ }
            }

            /// What has to find it.
            pub fn group(self) -> Group {
                match self { $($(Kind::$name => Group::$group,)+)+ }
            }
        }
    };
}

kinds! {
    Balance:
        LineDropped = "a posting line dropped",
        LineDoubled = "a posting line doubled",
        LineScaled = "a posting line scaled",
        SideChanged = "a posting line's side changed",
        AmountReplaced = "a posting line's amount replaced by another line's";
    Decisions:
        RowDropped = "a table row dropped",
        EdgeMoved = "a cell's bound moved to a neighbour's",
        StrictChanged = "`<` for `<=` in a table, an end of a range in or out";
    Types:
        RoundDropped = "a `round` dropped",
        QuotientOutside = "a quotient moved outside",
        UnitSwapped = "a currency or unit swapped",
        QuantityForMoney = "a quantity for a money";
    Flow:
        CaseDropped = "a `match` case dropped",
        AssignmentDropped = "an assignment dropped",
        FailureUndeclared = "a declared failure dropped",
        MadeRecursive = "a function made recursive",
        RangeUnbounded = "a range made unbounded",
        PersonalSent = "a `personal` field sent";
    Tests:
        ConstantChanged = "a constant changed",
        ComparisonTurned = "a comparison turned",
        ModeChanged = "a rounding mode changed",
        WrongField = "a wrong field of the same type",
        WhereLoosened = "a `where` loosened";
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    Balance,
    Decisions,
    Types,
    Flow,
    /// No proof: the file's own tests.
    Tests,
}

impl Group {
    pub fn text(self) -> &'static str {
        match self {
            Group::Balance => "balance",
            Group::Decisions => "decisions",
            Group::Types => "types",
            Group::Flow => "flow",
            Group::Tests => "the file's tests",
        }
    }
}

/// One fault: a file with a piece of it replaced.
#[derive(Clone, Debug)]
pub struct Mutant {
    pub kind: Kind,
    /// The module or data file.
    pub path: PathBuf,
    pub range: Range<usize>,
    pub replacement: String,
}

impl Mutant {
    pub fn text(&self, original: &str) -> String {
        format!("{}{}{}", &original[..self.range.start], self.replacement, &original[self.range.end..])
    }
}
