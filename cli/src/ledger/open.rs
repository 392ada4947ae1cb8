//! Opening the book of another legal entity of a tenant.

use super::failure;
use crate::args::LedgerArgs;
use crate::failure::{Failure, Result};
use crate::terminal::Terminal;
use bp_compiler::currency::currency;
use bp_host::ledger::BookSpec;
use bp_host::{Shard, TenantId};

/// Opens the book that the call names, in its currency or in that of the tenant's first book.
pub fn open(shard: &mut Shard, tenant: TenantId, args: &LedgerArgs, terminal: &Terminal) -> Result<()> {
    let Some(name) = &args.book else { return Err(Failure::call("open which book? --book NAME says it")) };
    let first = shard.books(tenant).map_err(failure)?.into_iter().next();
    let (code, scale) = match (&args.currency, first) {
        (Some(code), _) => match currency(code) {
            Some((_, scale)) => (code.clone(), scale),
            None => return Err(Failure::call(format!("`{code}` is not a currency of ISO 4217"))),
        },
        (None, Some(first)) => (first.spec.currency, first.spec.scale),
        (None, None) => return Err(Failure::call("in which currency? --currency CODE says it")),
    };
    shard.add_book(tenant, &BookSpec::new(name, &code, scale)).map_err(failure)?;
    terminal.print(&format!("{name}: opened, in {code}\n"))
}
