//! The registry of codes. A code is stable: once released it keeps its number and its meaning.
//!
//! Hundreds go by stage: 1 text, 2 modules and files, 3 names, 4 types, 5 numbers, 6 decisions, 7 books, 8 processes
//! and tests, 9 limits and what is not there yet.

use std::fmt;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    Error,
    Warning,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $number:literal $severity:ident $since:literal $title:literal,)*) => {
        /// A stable code of a diagnostic.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u16)]
        pub enum Code { $($(#[$doc])* $name = $number,)* }

        impl Code {
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];

            pub fn number(self) -> u16 {
                self as u16
            }

            /// A few words that name the fault.
            pub fn title(self) -> &'static str {
                match self { $(Code::$name => $title,)* }
            }

            pub fn severity(self) -> Severity {
                match self { $(Code::$name => Severity::$severity,)* }
            }

            /// The version that brought it.
            pub fn since(self) -> &'static str {
                match self { $(Code::$name => $since,)* }
            }
        }
    };
}

codes! {
    // ---- text
    SyntaxUnexpected = 101 Error "0.1" "something else was expected",
    SyntaxFile = 102 Error "0.1" "a file that cannot be read as a program",
    SyntaxItem = 103 Error "0.1" "text outside of an item",
    SyntaxNesting = 104 Error "0.1" "nested too deep",
    SyntaxText = 105 Error "0.1" "a text that is not written right",
    SyntaxBracket = 106 Error "0.1" "a bracket that does not match",
    SyntaxCharacter = 107 Error "0.1" "a character that means nothing",
    SyntaxComparison = 108 Error "0.1" "a comparison that is not written right",
    SyntaxForeign = 109 Error "0.1" "a habit of another language",
    SyntaxNumber = 110 Error "0.1" "a number that is not written right",
    SyntaxDate = 111 Error "0.1" "a date or time that does not exist",
    SyntaxName = 112 Error "0.1" "a name that cannot be one",
    SyntaxStatement = 113 Error "0.1" "a statement that does nothing, or not this",
    SyntaxTable = 114 Error "0.1" "a table that is not written right",
    SyntaxDoc = 115 Error "0.1" "documentation that describes nothing",
    SyntaxArrow = 116 Error "0.1" "an arrow of the other kind",
    SyntaxElse = 117 Error "0.1" "an `if` without its `else`",
    SyntaxLine = 118 Error "0.1" "a line that begins with what belongs to the one above",
    SyntaxRepeated = 119 Error "0.1" "something that stands twice",
    SyntaxProcess = 120 Error "0.1" "a part of a process that is not written right",
    SyntaxInternal = 199 Error "0.1" "a fault of the compiler",
    // ---- modules and files
    UnknownModule = 201 Error "0.1" "a module that is not there",
    CyclicUse = 202 Error "0.1" "modules that use each other in a circle",
    UnreadableFile = 203 Error "0.1" "a file that cannot be read",
    EmptyData = 204 Error "0.1" "a data file without a header",
    MissingColumn = 205 Error "0.1" "a data file lacks a column",
    BadRow = 206 Error "0.1" "a row of a data file that does not fit",
    TwoCurrencies = 207 Error "0.1" "two book currencies in one program",
    // ---- names
    UnknownName = 301 Error "0.1" "a name that nothing has",
    DuplicateName = 302 Error "0.1" "a name that is taken",
    NotThat = 303 Error "0.1" "a name of something else",
    UnknownField = 304 Error "0.1" "a field that is not there",
    CaseWithoutEnum = 305 Error "0.1" "a case that needs its enum's name",
    NotVariable = 306 Error "0.1" "a change of something fixed",
    Unassigned = 307 Error "0.1" "a name that may have no value",
    // ---- types
    Mismatch = 401 Error "0.1" "another type is asked for",
    Operands = 402 Error "0.1" "an operator that does not take these",
    Optional = 403 Error "0.1" "a value that may be none",
    TypeArguments = 404 Error "0.1" "a type that is not written right",
    EndlessType = 405 Error "0.1" "a type that contains itself",
    Arguments = 406 Error "0.1" "arguments that do not fit",
    NotExhaustive = 407 Error "0.1" "a match with a gap",
    Pattern = 408 Error "0.1" "a pattern that does not fit",
    NoValue = 409 Error "0.1" "a value is missing",
    Unreachable = 410 Warning "0.1" "code that is never reached",
    Placement = 411 Error "0.1" "something that cannot stand here",
    Effect = 412 Error "0.1" "a change where only computing is allowed",
    Recursion = 413 Error "0.1" "functions that call each other in a circle",
    UnboundedRange = 414 Error "0.1" "a loop without a bound",
    NeverHolds = 415 Error "0.1" "a condition that no value meets",
    Personal = 416 Error "0.1" "personal data where they may not be",
    // ---- numbers
    WouldRound = 501 Error "0.1" "nothing rounds in silence",
    Quotient = 502 Error "0.1" "a quotient outside of a round",
    RoundToWhat = 503 Error "0.1" "a round that does not know where to",
    RoundStep = 504 Error "0.1" "a step that nothing can be rounded to",
    ScaleOutside = 505 Error "0.1" "too many decimals",
    LiteralTooLarge = 506 Error "0.1" "a number that is too large",
    UnknownCurrency = 507 Error "0.1" "a currency that does not exist",
    UnitDeclaration = 508 Error "0.1" "a unit that is not declared right",
    DivisionByZero = 509 Error "0.1" "a division by zero",
    PartOfTime = 510 Error "0.1" "a part of a day or a second",
    TooLarge = 511 Error "0.1" "a number that is too large whatever comes",
    // ---- decisions
    DecisionRow = 601 Error "0.1" "a row that does not fit the table",
    DecisionPolicy = 602 Error "0.1" "a policy that does not fit the result",
    NotConstant = 603 Error "0.1" "a value that is not known when compiled",
    DecisionGap = 611 Error "0.1" "a decision with a gap",
    DecisionOverlap = 612 Error "0.1" "two rows that fit one input",
    DecisionUnreachable = 613 Warning "0.1" "a row that nothing reaches",
    DecisionUndecided = 614 Error "0.1" "a decision that could not be shown complete",
    // ---- books
    Dimensions = 701 Error "0.1" "dimensions of an account",
    Group = 702 Error "0.1" "a group of an account that nothing leads to",
    Unbalanced = 711 Error "0.1" "a posting that does not balance",
    BalanceUndecided = 712 Error "0.1" "a posting that could not be shown to balance",
    BookAmount = 721 Error "0.1" "what a line is worth in the book currency",
    Exchange = 722 Error "0.1" "an exchange that goes through no account",
    RoundingLine = 723 Error "0.1" "a rounding line that cannot stand so",
    // ---- documents and holds
    Entity = 751 Error "0.1" "an entity that is not declared right",
    DocumentField = 752 Error "0.1" "a field that cannot be set",
    Transition = 753 Error "0.1" "a state that cannot follow",
    NoLimit = 761 Error "0.1" "an account without a limit",
    HoldOpen = 762 Error "0.1" "a hold that is not settled",
    HoldTwice = 763 Error "0.1" "a hold that is settled twice",
    Lots = 771 Error "0.1" "lots, and what they are worth",
    // ---- processes and tests
    UndeclaredFailure = 801 Error "0.1" "a failure that is not declared",
    UnhandledFailure = 802 Error "0.1" "a failure that nothing handles",
    MessageKey = 803 Error "0.1" "a message that is for nobody in particular",
    NothingUndoes = 804 Error "0.1" "a step that nothing takes back",
    BranchesWrite = 805 Error "0.1" "branches that assign the same",
    DutyUnplayed = 806 Error "0.1" "a duty that nobody plays",
    NoEnd = 811 Error "0.1" "a process that cannot end",
    Unwaited = 812 Error "0.1" "a circle without a wait",
    Crossed = 813 Error "0.1" "keys that are taken in two orders",
    Unsent = 814 Error "0.1" "a wait for a message that nothing sends",
    Deadlock = 815 Error "0.1" "processes that wait for each other",
    // ---- limits
    NotYet = 901 Error "0.1" "a part of the language that this version does not run",
    Limit = 902 Error "0.1" "a program that is too large",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BP{:04}", self.number())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_stands_once() {
        let mut numbers: Vec<u16> = Code::ALL.iter().map(|c| c.number()).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), Code::ALL.len());
    }
}
