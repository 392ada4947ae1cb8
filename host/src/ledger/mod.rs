//! The ledger: double entry for everything that is counted.
//!
//! [`Books`] is what a step sees of one book. Each file adds what its name says to it; `state` keeps what is in memory
//! while the store has its writer, and writes it when the transaction ends.

mod balance;
pub(crate) mod chart;
pub(crate) mod check;
mod group;
pub(crate) mod hold;
pub(crate) mod limit;
mod lots;
pub(crate) mod period;
mod post;
pub(crate) mod report;
mod reverse;
mod rows;
pub(crate) mod rules;
mod series;
mod state;
pub(crate) mod statement;
mod sub_rows;

use std::sync::Arc;

pub use balance::Balance;
pub use chart::{AccountKind, AccountSpec, BookInfo, BookSpec};
pub use check::{Checked, FINDINGS_MAX};
pub use hold::{Hold, HoldId, HoldTerms};
pub use limit::{Limit, Mode, Period, Side, Warning};
pub use lots::{Lot, Part};
pub use period::{LockKind, PeriodLock};
pub use post::{Entry, Line, LineKind};

use crate::error::{Refused, Result, Spot};
use crate::shard::StepContext;
use crate::store::Store;
pub use report::{BalanceRow, JournalEntry, JournalLine, JournalReader, TrialBalance};
pub(crate) use state::BookState;
pub use statement::{Statement, StatementRow, sum};

/// The most lines that an entry may have.
pub const LINES_MAX: usize = 100_000;

/// An account of a book, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(pub(crate) u32);

/// One book within a step.
pub struct Books<'a> {
    pub(crate) store: &'a mut dyn Store,
    pub(crate) state: &'a mut BookState,
    pub(crate) context: &'a StepContext,
    pub(crate) names: &'a ContextNames,
}

/// The texts of a context that go on every row, shared among the rows.
#[derive(Clone, Debug)]
pub(crate) struct ContextNames {
    pub step: Arc<str>,
    pub instance: Arc<str>,
    pub author: Arc<str>,
}

impl ContextNames {
    pub fn of(context: &StepContext) -> ContextNames {
        let shared = |text: &str| Arc::from(text);
        ContextNames {
            step: shared(&context.step),
            instance: shared(&context.instance),
            author: shared(&context.author),
        }
    }
}

impl Books<'_> {
    /// An account by its name, such as `finance.receivable.receivable`.
    pub fn account(&self, name: &str) -> Result<AccountId> {
        let known = self.state.accounts_by_name.get(name).copied();
        known.ok_or_else(|| Refused::Unknown { what: "account", name: name.to_owned() }.into())
    }

    /// What the chart says about an account.
    pub fn account_spec(&self, account: AccountId) -> Result<&AccountSpec> {
        Ok(&self.state.account(account)?.spec)
    }

    /// What the store says about the book.
    pub fn book(&self) -> &BookInfo {
        &self.state.info
    }

    /// What has to hold when a step is over, whose journal began at `begun`.
    pub(crate) fn end_of_step(&mut self, begun: usize) -> Result<()> {
        self.all_taken_is_posted()?;
        self.check_limits(begun)
    }

    pub(crate) fn spot(&self, sub: usize) -> Spot {
        self.state.spot(sub)
    }
}
