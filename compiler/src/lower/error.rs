//! Why a checked program cannot become a compiled one: it is larger than the format of compiled programs.

use crate::source::Place;
use std::fmt;

/// The most registers of one function.
pub const REGISTERS_MAX: u64 = u16::MAX as u64;
/// The most functions, and the most shapes: those that the compiler makes for itself, of conditions and of columns,
/// are among them.
pub const WIDE_TABLE_MAX: u64 = 1 << 24;
/// The most entries of a table whose index has 16 bits: checks, chains, jump tables, …
pub const TABLE_MAX: u64 = u16::MAX as u64;
/// The most instructions of one function.
pub const CODE_MAX: u64 = 1 << 24;
/// The most nodes of a decision's search tree.
pub const TREE_NODES_MAX: u64 = 1_000_000;
/// The most entries that all sets of rows looked at while a search tree is built may have together.
pub const TREE_WORK_MAX: u64 = 50_000_000;
/// The most columns of a decision.
pub const COLUMNS_MAX: u64 = 255;
/// The most factors of one `round`, above or below the line.
pub const FACTORS_MAX: u64 = u8::MAX as u64;

/// A limit that a program passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LowerError {
    pub limit: Limit,
    /// How many there may be; 0 where no number says it.
    pub most: u64,
    pub place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Limit {
    Registers,
    Instructions,
    Functions,
    Processes,
    Shapes,
    Checks,
    Chains,
    Switches,
    Trees,
    Posts,
    Points,
    Expects,
    Sources,
    /// Fields, cases, factors, elements written one by one, parts of a text.
    Parts,
    TreeNodes,
    TreeWork,
    Columns,
    /// A number with more digits behind the point than a stored one may have, where a stored one is needed.
    Scale,
    /// A `power` that rounds to steps which are no power of ten: no instruction does that.
    PowerStep,
    /// A type that contains itself.
    RecursiveType,
    /// Something may be read on a way on which it was given no value.
    Unassigned,
    /// The checked program holds something that the checker marks as wrong: it has faults.
    Unchecked,
}

impl fmt::Display for LowerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.limit {
            Limit::Registers => "registers in one function",
            Limit::Instructions => "instructions in one function",
            Limit::Functions => "functions",
            Limit::Processes => "processes",
            Limit::Shapes => "shapes of values",
            Limit::Checks => "conditions",
            Limit::Chains => "kinds of rounding",
            Limit::Switches => "jump tables",
            Limit::Trees => "decisions",
            Limit::Points => "places where processes rest",
            Limit::Posts => "posting statements",
            Limit::Expects => "expectations",
            Limit::Sources => "source files",
            Limit::Parts => "parts of one expression",
            Limit::TreeNodes => "nodes in the search tree of a decision",
            Limit::TreeWork => "overlaps among the rows of a decision",
            Limit::Columns => "columns in a decision",
            Limit::Scale => return f.write_str("a number has too many digits behind the point to be stored"),
            Limit::PowerStep => return f.write_str("a `power` rounds to steps that are no power of ten"),
            Limit::RecursiveType => return f.write_str("a type contains itself"),
            Limit::Unassigned => return f.write_str("something may have no value here"),
            Limit::Unchecked => return f.write_str("the program has faults"),
        };
        write!(f, "more than {} {what}", self.most)
    }
}

impl std::error::Error for LowerError {}

pub(super) type Result<T> = std::result::Result<T, LowerError>;

pub(super) fn passed<T>(limit: Limit, most: u64, place: Place) -> Result<T> {
    Err(LowerError { limit, most, place })
}

/// The number of a table's next entry, if its index has room for it.
pub(super) fn next_index(len: usize, limit: Limit, place: Place) -> Result<u16> {
    // One less than the index could say, so that the length of a full table fits as well.
    match u16::try_from(len) {
        Ok(index) if index < u16::MAX => Ok(index),
        _ => passed(limit, TABLE_MAX, place),
    }
}

/// [`next_index`] of a table whose index has 32 bits.
pub(super) fn next_wide_index(len: usize, limit: Limit, place: Place) -> Result<u32> {
    match u32::try_from(len) {
        Ok(index) if u64::from(index) < WIDE_TABLE_MAX => Ok(index),
        _ => passed(limit, WIDE_TABLE_MAX, place),
    }
}
