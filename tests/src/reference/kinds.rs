//! The names of everything that a checked program can be made of: so that a run can tell what it has evaluated, and what
//! not.

use bp_bytecode::op::Builtin;
use bp_bytecode::rounding::Mode;
use bp_compiler::typed::{Aggregate, CellItem, P, RoundKind, S, T, TPostingKind};
use bp_grammar::ast::{Fold, Policy};
use std::collections::{BTreeMap, BTreeSet};

/// How often each construct was evaluated.
pub type Used = BTreeMap<&'static str, u64>;

macro_rules! kinds {
    ($($function:ident($ty:ty) { $($pattern:pat => $name:literal,)* })*) => {
        $(pub(super) fn $function(of: $ty) -> &'static str {
            match of { $($pattern => $name,)* }
        })*

        const NAMES: &[&str] = &[$($($name,)*)*];
    };
}

kinds! {
    of_expr(&T) {
        T::Invalid => "",
        T::Constant(_) => "literal",
        T::Local(_) => "name",
        T::Config(_) => "config",
        T::Today => "today",
        T::Now => "now",
        T::Add(..) => "+",
        T::Sub(..) => "-",
        T::Mul(..) => "*",
        T::Min(..) => "min of two",
        T::Max(..) => "max of two",
        T::Neg(_) => "negation",
        T::Abs(_) => "abs",
        T::Sign(_) => "sign",
        T::IntDiv(..) => "div",
        T::IntMod(..) => "mod",
        T::ScaleUp(..) => "larger scale",
        T::Reinterpret(_) => "percent, quantity, count",
        T::Round(_) => "rounding",
        T::Compare(..) => "comparison",
        T::CompareText(..) => "comparison of texts",
        T::CompareAmount(..) => "comparison of amounts",
        T::Equal(..) => "equality of values",
        T::Not(_) => "not",
        T::And(..) => "and",
        T::Or(..) => "or",
        T::Some(_) => "some",
        T::Record(..) => "record",
        T::With(..) => "with",
        T::Case(..) => "case",
        T::Field(..) => "field",
        T::List(_) => "list",
        T::EmptyMap => "empty map",
        T::Item(..) => "element of a list",
        T::Get(..) => "value of a key",
        T::Keys(_) => "keys",
        T::Values(_) => "values",
        T::Count(_) => "count of a list",
        T::First(_) => "first of a list",
        T::Last(_) => "last of a list",
        T::Beginning(..) => "limit of a find",
        T::RangeList(..) => "range",
        T::Aggregate(_) => "aggregate",
        T::Allocate(..) => "allocate",
        T::ToText { digits: None, .. } => "value as text",
        T::ToText { digits: Some(_), .. } => "padded number",
        T::Concat(_) => "text of parts",
        T::Call(..) => "call",
        T::Builtin(..) => "built-in function",
        T::If(..) => "if as a value",
        T::Match(_) => "match as a value",
        T::Block(_) => "block",
        T::Let(..) => "hidden name",
        T::Coalesce(..) => "??",
        T::Checked(..) => "condition of a named type",
        T::Step(..) => "step",
        T::Balance(..) => "balance",
        T::Held(..) => "held",
        T::Hold { .. } => "hold",
        T::Take { .. } => "take",
        T::CommitPart { .. } => "commit part",
        T::Create(..) => "create",
        T::Document(..) => "document",
        T::Lookup(..) => "get",
        T::Find(_) => "find",
        T::NextNumber(..) => "next number of a series",
        T::Start(..) => "start",
        T::RunResult(_) => "result of a run",
        T::Available(..) => "available",
        T::Room(..) => "room",
        T::Books(..) => "question to the books",
        T::Rest(_) => "task, wait, race, call",
        T::RunNoted(..) => "variable of a run",
        T::RunTask(..) => "task of a run",
        T::RunRequest(..) => "request of a run",
        T::RunOutcome(_) => "outcome of a run",
        T::Refusal => "refusal",
        T::Mails(..) => "mails",
    }
    of_statement(&S) {
        S::Let(..) => "let, var",
        S::Assign(..) => "assignment",
        S::If { .. } => "if",
        S::Match(_) => "match",
        S::While { .. } => "while",
        S::For { .. } => "for",
        S::ForRange { .. } => "for over a range",
        S::ForRows { .. } => "for over rows",
        S::Break => "break",
        S::Return(_) => "return",
        S::Expr(_) => "expression statement",
        S::Add(..) => "add",
        S::Put(..) => "put",
        S::Post(_) => "post",
        S::Expect(_) => "expect",
        S::Change(..) => "change",
        S::Stage(..) => "stage",
        S::Go(_) => "go",
        S::ToBooks(..) => "order to the books",
        S::Decline => "message that is left",
        S::EndBranch { .. } => "end of a branch",
        S::Unlock => "end of an exclusive stretch",
        S::UndoPut(_) => "undo of a child",
        S::Pause { .. } => "clocks that stand still",
        S::ReverseStep => "reverse of a step",
        S::Send { .. } => "send",
        S::Complete { .. } => "complete",
        S::Deliver(..) => "deliver",
        S::SendMessage(..) => "send message",
        S::Answer { .. } => "answer",
        S::Advance(_) => "advance",
        S::ActAs(_) => "who does it",
        S::CancelRun(_) => "cancel of a run",
        S::Try => "what may be refused",
        S::Become(..) => "change of state",
        S::FailStep(_) => "failure of a step",
        S::Unhandled(_) => "failure that nothing handles",
        S::Settle { commit: true, .. } => "commit",
        S::Settle { commit: false, .. } => "release",
        S::Free { .. } => "free",
    }
    of_posting(&TPostingKind) {
        TPostingKind::Line { valued: Some(_), .. } => "line with a book amount",
        TPostingKind::Line { worth: None, .. } => "line of a posting",
        TPostingKind::Line { worth: Some(_), .. } => "line with worth",
        TPostingKind::Rounding { .. } => "rounding line",
        TPostingKind::Let(..) => "value for lines",
        TPostingKind::For { .. } => "for in a posting",
        TPostingKind::If { .. } => "if in a posting",
        TPostingKind::Assert(_) => "assert in a posting",
    }
    of_pattern(&P) {
        P::Invalid => "",
        P::Wildcard => "pattern _",
        P::Bind(_) => "pattern of a name",
        P::None => "pattern none",
        P::Some(_) => "pattern some",
        P::Constant(_) => "pattern of a literal",
        P::Case(..) => "pattern of a case",
        P::Currency(..) => "pattern of a currency",
    }
    of_aggregate(Aggregate) {
        Aggregate::Sum => "sum",
        Aggregate::Count => "count",
        Aggregate::Min => "min of many",
        Aggregate::Max => "max of many",
        Aggregate::Any => "any",
        Aggregate::All => "all",
        Aggregate::First => "first",
        Aggregate::Last => "last",
        Aggregate::List => "list of a generator",
    }
    of_rounding(&RoundKind) {
        RoundKind::Quotient => "round",
        RoundKind::Root => "root",
        RoundKind::Power(_) => "power",
    }
    of_mode(Mode) {
        Mode::HalfUp => "half_up",
        Mode::HalfEven => "half_even",
        Mode::HalfDown => "half_down",
        Mode::Up => "up",
        Mode::Down => "down",
        Mode::Ceiling => "ceiling",
        Mode::Floor => "floor",
    }
    of_policy(Policy) {
        Policy::Unique => "decision unique",
        Policy::First => "decision first",
        Policy::Any => "decision any",
        Policy::Priority => "decision priority",
        Policy::RuleOrder => "decision rule order",
        Policy::OutputOrder => "decision output order",
        Policy::Collect(Fold::List) => "decision collect list",
        Policy::Collect(Fold::Sum) => "decision collect sum",
        Policy::Collect(Fold::Min) => "decision collect min",
        Policy::Collect(Fold::Max) => "decision collect max",
        Policy::Collect(Fold::Count) => "decision collect count",
    }
    of_cell(&CellItem) {
        CellItem::Equals(_) => "cell of a value",
        CellItem::Compare(..) => "cell of a comparison",
        CellItem::Range { .. } => "cell of a range",
        CellItem::Condition(_) => "cell of a condition",
    }
}

/// What is no kind of its own.
pub(super) const GROUPED: &str = "grouped by";
pub(super) const SORTED: &str = "sorted by";
pub(super) const DESCENDING: &str = "sorted by descending";
pub(super) const STEP_OF_ROUNDING: &str = "rounding to a step";
pub(super) const MODE_VALUE: &str = "rounding mode as a value";
pub(super) const DEFAULT_ROW: &str = "default row";
pub(super) const ANY_CELL: &str = "cell any";
pub(super) const NEGATED_CELL: &str = "cell not";
pub(super) const STEP_FAILS: &str = "step that fails";
pub(super) const WHERE_OF_PARAMETER: &str = "where of a parameter";
pub(super) const WHERE_OF_FIELD: &str = "where of a field";
pub(super) const RELEASED: &str = "release where a process fails";

const OTHERS: [&str; 12] = [
    GROUPED,
    SORTED,
    DESCENDING,
    STEP_OF_ROUNDING,
    MODE_VALUE,
    DEFAULT_ROW,
    ANY_CELL,
    NEGATED_CELL,
    STEP_FAILS,
    WHERE_OF_PARAMETER,
    WHERE_OF_FIELD,
    RELEASED,
];

/// Built-in functions that stand in no checked program: lowering makes them of other things.
const OF_LOWERING: [Builtin; 1] = [Builtin::AmountOrder];

/// All constructs that there are, by name.
pub fn all() -> BTreeSet<&'static str> {
    let builtins = Builtin::ALL.iter().filter(|builtin| !OF_LOWERING.contains(builtin)).map(|builtin| builtin.name());
    let named = NAMES.iter().chain(&OTHERS).copied().filter(|name| !name.is_empty());
    named.chain(builtins).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_constructs_share_a_name() {
        let named = NAMES.iter().filter(|name| !name.is_empty()).count();
        assert_eq!(all().len(), named + OTHERS.len() + Builtin::ALL.len() - OF_LOWERING.len());
    }
}
