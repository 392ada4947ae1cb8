//! The books and documents that a program runs over.

use crate::failure::{Failure, Result};
use bp_bytecode::Program;
use bp_bytecode::op::Op;
use bp_bytecode::shape::Shape;
use bp_host::ledger::BookSpec;
use bp_host::store::{STORE_FILE, SqliteStore};
use bp_host::world::{HostWorld, deploy};
use bp_host::{Shard, StepContext};
use std::path::Path;

/// The book that entries go to where nobody names one.
pub const BOOK: &str = "main";

/// Whether a program asks for more than balances: documents, holds, lots, limits, entries that it reverses.
pub fn keeps(program: &Program) -> bool {
    let holds = program.shapes.iter().any(|shape| matches!(shape, Shape::Hold(_)));
    let code = || program.functions.iter().flat_map(|function| &function.code);
    holds
        || !program.entities.is_empty()
        || program.accounts.iter().any(|account| account.lots || account.bound.is_some())
        || code().any(|op| matches!(op, Op::Posted { .. } | Op::Reverse { .. }))
}

/// What a tenant named so has in the shard, made where it is not there: the tenant, a book in the program's currency, the
/// program's accounts and entities.
pub fn entered(shard: &mut Shard, name: &str, program: &Program) -> Result<StepContext> {
    let enter = |shard: &mut Shard| -> bp_host::Result<StepContext> {
        let tenant = match shard.tenant(name)? {
            Some(tenant) => tenant,
            None => shard.add_tenant(name)?,
        };
        let book = match shard.book(tenant, BOOK)? {
            Some(book) => book,
            None => shard.add_book(tenant, &BookSpec::new(BOOK, &program.currency.0, program.currency.1))?,
        };
        deploy(shard, tenant, book, program)?;
        Ok(StepContext::new(tenant, book))
    };
    enter(shard).map_err(|error| Failure::outside(error.to_string()))
}

/// Does something with the world of a new tenant, in memory.
pub fn in_memory<T>(program: &Program, work: impl FnOnce(&mut HostWorld<'_>) -> T) -> Result<T> {
    let outside = |error: bp_host::Error| Failure::outside(error.to_string());
    let store = SqliteStore::in_memory().map_err(|error| outside(error.into()))?;
    let mut shard = Shard::new(store);
    let context = entered(&mut shard, "test", program)?;
    let mut world = HostWorld::new(&mut shard, program, context).map_err(outside)?;
    Ok(work(&mut world))
}

/// The shard in a data folder, made where it is not there.
pub fn open(folder: &Path) -> Result<Shard> {
    std::fs::create_dir_all(folder)
        .map_err(|error| Failure::outside(format!("cannot make the folder {}: {error}", folder.display())))?;
    let store = SqliteStore::open(&folder.join(STORE_FILE)).map_err(|error| Failure::outside(error.to_string()))?;
    Ok(Shard::new(store))
}
