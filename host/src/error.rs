//! What can go wrong, in three kinds that callers treat differently.

use std::fmt;

/// Why something did not happen. Whatever it is, nothing of it is left behind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The language has a name for it and a step may handle it.
    #[error(transparent)]
    Declared(#[from] Declared),
    /// It may not be: a technical error of the step that asked.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The store did not do its part: nothing that the step could have done better.
    #[error(transparent)]
    Store(#[from] StoreError),
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An account with a combination of its dimensions, as people write it: `stock.warehouse[SKU-1, main]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Spot {
    pub account: String,
    /// The values as they stand in cells of a file.
    pub dims: Vec<String>,
}

impl fmt::Display for Spot {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.account)?;
        if self.dims.is_empty() { Ok(()) } else { write!(out, "[{}]", self.dims.join(", ")) }
    }
}

/// Failures that actions declare and steps handle.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Declared {
    /// A limit, or what is there, does not reach. Amounts at the scale of the account.
    #[error("{spot} has too little room: {wanted} wanted, {available} available (in its smallest unit)")]
    Short { spot: Spot, wanted: i128, available: i128 },
    /// The day is closed.
    #[error("{} is closed", bp_bytecode::border::date_text(*.day))]
    PeriodClosed { day: i64 },
}

/// What may not be. The compiler proves most of it impossible; imports, repairs and bugs bypass compilers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("there is no {what} `{name}`")]
    Unknown { what: &'static str, name: String },
    #[error("the {what} `{name}` exists already")]
    Exists { what: &'static str, name: String },
    #[error("{account} has {has} dimensions, {given} values are given")]
    Dimensions { account: String, has: usize, given: usize },
    #[error("the entry does not balance in {unit}: debits less credits are {difference} at scale {scale}")]
    Unbalanced { unit: String, difference: i128, scale: u8 },
    #[error("a line to {spot} in another currency than the book's says no book amount")]
    NoBookAmount { spot: Spot },
    #[error("a line to {spot} has book amount {book_amount}, {expected} is right")]
    WrongBookAmount { spot: Spot, book_amount: i128, expected: i128 },
    #[error("{what} is too large to be stored")]
    TooLarge { what: String },
    #[error("an entry has at most {} lines", crate::ledger::LINES_MAX)]
    TooManyLines,
    #[error("{what} has to be greater than zero, {given} is given")]
    NotPositive { what: &'static str, given: i64 },
    #[error("{what} cannot be less than zero, {given} is given")]
    Negative { what: &'static str, given: i64 },
    #[error("the hold {id} is not open")]
    HoldEnded { id: i64 },
    #[error("{wanted} of the hold {id} are to be committed, {rest} are left of it")]
    MoreThanHeld { id: i64, wanted: i64, rest: i64 },
    #[error("{wanted} of {spot} are to be freed, {used} are used")]
    MoreThanUsed { spot: Spot, wanted: i64, used: i128 },
    #[error("the entry {entry} is reversed already")]
    Reversed { entry: i64 },
    #[error("{account} keeps no lots")]
    NoLots { account: String },
    #[error("goods come into {spot} without a cost")]
    NoCost { spot: Spot },
    #[error("goods come into {spot} at the cost {cost}, which is less than nothing")]
    NegativeCost { spot: Spot, cost: i64 },
    #[error("{quantity} were taken from {spot} and not posted by the end of the step")]
    TakenNotPosted { spot: Spot, quantity: i64 },
    #[error("{given} is not a day of the years 1 to 9999")]
    NoSuchDay { given: i64 },
    #[error("{account} cannot be as the program wants it: {why}")]
    OtherAccount { account: String, why: String },
    #[error("{spot} cannot be a group of {of}: that would go round in a circle")]
    GroupCycle { spot: Spot, of: Spot },
    #[error("{entity} has the key {key} already")]
    DuplicateKey { entity: String, key: String },
    #[error("{field} of {entity} refers to {target} `{id}`, which does not exist")]
    Dangling { entity: String, field: String, target: String, id: String },
    #[error("there is no {entity} `{id}`")]
    NoDocument { entity: String, id: String },
    #[error("{entity} `{id}` was changed meanwhile: version {expected} expected, {found} found")]
    OtherVersion { entity: String, id: String, expected: i64, found: i64 },
    #[error("{entity} `{id}` was written by a newer program: schema version {found}, this one knows {known}")]
    NewerDocument { entity: String, id: String, found: i64, known: i64 },
    #[error("{entity} `{id}` cannot go from {from} to {to}")]
    NoTransition { entity: String, id: String, from: String, to: String },
    #[error("{place}: {why}")]
    Value { place: String, why: String },
    #[error("{0}")]
    Misuse(&'static str),
}

/// What the store's medium did.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    #[error("{path} cannot be opened: {why}")]
    CannotOpen { path: String, why: String },
    #[error("the disk is full")]
    Full,
    #[error("the disk fails, or has no room for the file: {why}")]
    Medium { why: String },
    #[error("the store cannot be written to: the file or its folder is read-only")]
    ReadOnly,
    #[error("the store is locked by another program")]
    Locked,
    #[error("the file is damaged: {why}")]
    Corrupt { why: String },
    #[error("{path} is not a store of books and documents")]
    NotAStore { path: String },
    #[error("the store has schema version {found}; this program knows up to {known}")]
    NewerSchema { found: i64, known: i64 },
    #[error("the store says: {why}")]
    Other { why: String },
}
