//! The books and documents that a program runs over.

use crate::failure::{Failure, Result};
use bp_bytecode::Program;
use bp_bytecode::op::Op;
use bp_bytecode::shape::Shape;
use bp_host::store::{STORE_FILE, SqliteStore};
use bp_host::world::{self, HostWorld};
use bp_host::{Shard, StepContext};
use std::path::Path;

/// Whether a program asks for more than balances: documents, holds, lots, limits, entries that it reverses, other books,
/// earlier days, book amounts, processes that live.
pub fn keeps(program: &Program) -> bool {
    let holds = program.shapes.iter().any(|shape| matches!(shape, Shape::Hold(_)));
    let lives = !program.points.is_empty() || !program.messages.is_empty();
    let code = || program.functions.iter().flat_map(|function| &function.code);
    holds
        || lives
        || !program.entities.is_empty()
        || program.accounts.iter().any(|account| account.lots || !account.bounds.is_empty())
        || code().any(|op| {
            let entries = matches!(op, Op::Posted { .. } | Op::Reverse { .. } | Op::PostIn { .. });
            entries || matches!(op, Op::BalanceIn { .. } | Op::BalanceAt { .. } | Op::BookValue { .. })
        })
}

/// What a tenant named so has in the shard, made where it is not there: the tenant, a book in the program's currency, the
/// program's accounts and entities.
pub fn entered(shard: &mut Shard, name: &str, book: &str, program: &Program) -> Result<StepContext> {
    world::enter(shard, name, book, program).map_err(|error| Failure::outside(error.to_string()))
}

/// Does something with the world of a new tenant, in memory.
pub fn in_memory<T>(program: &Program, work: impl FnOnce(&mut HostWorld<'_>) -> T) -> Result<T> {
    world::in_memory(program, work).map_err(|error| Failure::outside(error.to_string()))
}

/// The shard in a data folder, made where it is not there.
pub fn open(folder: &Path) -> Result<Shard> {
    std::fs::create_dir_all(folder)
        .map_err(|error| Failure::outside(format!("cannot make the folder {}: {error}", folder.display())))?;
    let store = SqliteStore::open(&folder.join(STORE_FILE)).map_err(|error| Failure::outside(error.to_string()))?;
    Ok(Shard::new(store))
}
