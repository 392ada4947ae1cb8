//! The program that a tenant's processes run by: compiled once, kept in the store, checked before it takes over.

use bp_bytecode::index::ConfigId;
use bp_bytecode::{Program, file, verify};
use sha2::{Digest, Sha256};

use super::settings::configured;
use super::upgrade::misfit;
use super::{MAIN_BOOK, enter};
use crate::TenantId;
use crate::error::{Refused, Result};
use crate::instances::Instances;
use crate::shard::{Shard, StepContext};

/// A program that has been made the one that a tenant's processes run by.
pub struct Definition {
    pub context: StepContext,
    /// SHA-256 of the compiled program, in hexadecimal digits.
    pub hash: String,
    /// It was not the one that they ran by already.
    pub fresh: bool,
}

/// Makes a verified program the one that the processes of a tenant run by. The tenant and its book are made where they
/// are not there, the program's accounts and entities made known.
///
/// `file` says what it was compiled from, `author` who does this, `now` when: a moment in seconds since
/// 1970-01-01T00:00:00Z.
///
/// Errors, with nothing changed, if an instance that has not come to its end could not go on with the program; as
/// [`super::deploy`] does, if an account or an entity is there as another one.
pub fn install(
    shard: &mut Shard,
    tenant: &str,
    program: &Program,
    file: &str,
    (author, now): (&str, i64),
) -> Result<Definition> {
    if let Some(known) = shard.tenant(tenant)?
        && let Some(why) = within(shard, known, |rows| misfit(rows, program))?.flatten()
    {
        return Err(Refused::Value { place: program.name.clone(), why }.into());
    }
    if let Some(known) = shard.tenant(tenant)? {
        // What the tenant has set has to mean something in the new program as well.
        (0..program.configs.len())
            .try_for_each(|at| configured(shard, known, program, ConfigId(at as u16)).map(drop))?;
    }
    let context = enter(shard, tenant, MAIN_BOOK, program)?;
    let code = file::encode(program);
    let hash: String = Sha256::digest(&code).iter().map(|byte| format!("{byte:02x}")).collect();
    let fresh = within(shard, context.tenant, |rows| rows.deploy((&hash, &code), file, (author, now)))?;
    Ok(Definition { context, hash, fresh: fresh.unwrap_or(false) })
}

/// The program that the processes of a tenant run by, if one was deployed.
///
/// Errors if it cannot be read, such as one that another version of the host wrote: then it has to be deployed again.
pub fn definition(shard: &mut Shard, tenant: TenantId) -> Result<Option<(Program, StepContext)>> {
    let Some(book) = shard.book(tenant, MAIN_BOOK)? else { return Ok(None) };
    let Some(code) = within(shard, tenant, |rows| rows.deployed())?.flatten() else { return Ok(None) };
    let unreadable = |why: String| Refused::Value {
        place: "the deployed program".to_owned(),
        why: format!("it has to be deployed again: {why}"),
    };
    let program = file::decode(&code).map_err(|error| unreadable(error.to_string()))?;
    verify::verify(&program).map_err(|error| unreadable(error.to_string()))?;
    Ok(Some((program, StepContext::new(tenant, book))))
}

/// The moment that a tenant's processes have come to, in seconds since 1970-01-01T00:00:00Z; `None` where nothing has
/// happened yet.
pub fn clock(shard: &mut Shard, tenant: TenantId) -> Result<Option<i64>> {
    Ok(within(shard, tenant, |rows| rows.clock())?.flatten())
}

/// Does something with the rows of a tenant's processes, in a transaction of its own; without a book it has none.
fn within<T>(
    shard: &mut Shard,
    tenant: TenantId,
    work: impl FnOnce(&mut Instances<'_>) -> Result<T>,
) -> Result<Option<T>> {
    let Some(book) = shard.book(tenant, MAIN_BOOK)? else { return Ok(None) };
    shard.step(&StepContext::new(tenant, book), |step| work(&mut step.instances()?)).map(Some)
}
