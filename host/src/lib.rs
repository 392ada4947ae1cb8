//! Books and documents of tenants over one transactional store.
//!
//! A [`Shard`] is a store with its one writer. Work on it goes in steps, many to a transaction: a step does all of what
//! it does or nothing, and what runs together in a transaction never shows. Within a step, [`Books`](ledger::Books)
//! post, hold and take, and [`Documents`](documents::Documents) are created, changed and found.
//!
//! ```
//! use bp_host::ledger::{AccountKind, AccountSpec, BookSpec, Entry, Line};
//! use bp_host::store::SqliteStore;
//! use bp_host::{Shard, StepContext};
//!
//! let mut shard = Shard::new(SqliteStore::in_memory()?);
//! let tenant = shard.add_tenant("acme")?;
//! let book = shard.add_book(tenant, &BookSpec::new("main", "IDR", 2))?;
//! let accounts = [
//!     AccountSpec::money("bank", AccountKind::Asset, "IDR", 2),
//!     AccountSpec::money("sales", AccountKind::Income, "IDR", 2),
//! ];
//! shard.deploy_chart(tenant, book, &accounts)?;
//!
//! let context = StepContext::new(tenant, book);
//! let entry = shard.step(&context, |step| {
//!     let mut books = step.books()?;
//!     let (bank, sales) = (books.account("bank")?, books.account("sales")?);
//!     books.post(&Entry::new("A sale", 20_000, &[Line::debit(bank, &[], 500), Line::credit(sales, &[], 500)]))
//! })?;
//! assert_eq!(entry, Some(1));
//! # Ok::<(), bp_host::Error>(())
//! ```
#![forbid(unsafe_code)]

mod calendar;
pub mod documents;
pub mod error;
pub mod instances;
pub mod ledger;
mod shard;
pub mod store;
pub mod world;

pub use error::{Declared, Error, Refused, Result, Spot, StoreError};
pub use shard::{Shard, Step, StepContext, Tolerance};

/// A tenant of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TenantId(pub(crate) i64);

/// A book of a tenant: a legal entity with its currency and chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BookId(pub(crate) i64);
