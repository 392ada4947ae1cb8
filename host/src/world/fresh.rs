//! A tenant of its own, in memory: what tests run in.

use bp_bytecode::Program;

use super::{HostWorld, deploy};
use crate::error::Result;
use crate::ledger::BookSpec;
use crate::shard::{Shard, StepContext};
use crate::store::SqliteStore;

/// The book that entries go to where nobody names one.
pub const MAIN_BOOK: &str = "main";

/// What a tenant named so has in the shard, made where it is not there: the tenant, a book in the program's currency, the
/// program's accounts and entities.
pub fn enter(shard: &mut Shard, name: &str, book: &str, program: &Program) -> Result<StepContext> {
    let tenant = match shard.tenant(name)? {
        Some(tenant) => tenant,
        None => shard.add_tenant(name)?,
    };
    let book = match shard.book(tenant, book)? {
        Some(book) => book,
        None => shard.add_book(tenant, &BookSpec::new(book, &program.currency.0, program.currency.1))?,
    };
    deploy(shard, tenant, book, program)?;
    Ok(StepContext::new(tenant, book))
}

/// Does something with the world of a new tenant, in memory.
pub fn in_memory<T>(program: &Program, work: impl FnOnce(&mut HostWorld<'_>) -> T) -> Result<T> {
    let mut shard = Shard::new(SqliteStore::in_memory()?);
    let context = enter(&mut shard, "test", MAIN_BOOK, program)?;
    let mut world = HostWorld::new(&mut shard, program, context)?;
    world.open_books();
    Ok(work(&mut world))
}
