//! `bp ledger`: reads the books of a data folder, closes their periods and opens them again.

mod balances;
mod beancount;
mod export;
mod hledger;
mod journal;
mod open;
mod periods;
mod statement;

use crate::args::{LedgerArgs, LedgerFormat, LedgerView};
use crate::failure::{Failure, Outcome, Result};
use crate::terminal::{Terminal, counted};
use bp_bytecode::border::day_of;
use bp_host::ledger::{AccountSpec, BookInfo};
use bp_host::store::{STORE_FILE, SqliteStore};
use bp_host::{Error, Shard, StoreError, TenantId};
use serde_json::json;

/// A book that is shown, and the shard that it is read from.
struct Reader<'a> {
    shard: &'a mut Shard,
    tenant: &'a str,
    book: BookInfo,
    accounts: Vec<AccountSpec>,
    /// The day as of which it is shown, in days since 1970-01-01; without one, everything.
    at: Option<i64>,
    terminal: &'a Terminal,
}

pub fn ledger(args: &LedgerArgs, terminal: &Terminal) -> Result<Outcome> {
    let format = format(args)?;
    periods::refuse(args)?;
    let at = args.at.as_deref().map(day).transpose()?;
    let path = args.data.join(STORE_FILE);
    if !path.exists() {
        return Err(Failure::outside(format!(
            "there are no books in {}: {STORE_FILE} is missing",
            args.data.display()
        )));
    }
    let store = if args.view.changes() { SqliteStore::open(&path) } else { SqliteStore::open_to_read(&path) };
    let mut shard = Shard::new(store.map_err(|error| failure(error.into()))?);
    let (tenant, name) = tenant(&mut shard, args.tenant.as_deref())?;
    if args.view == LedgerView::Open {
        open::open(&mut shard, tenant, args, terminal)?;
        return Ok(Outcome::Fine);
    }
    let books = shard.books(tenant).map_err(failure)?;
    let wanted = |book: &&BookInfo| args.book.as_ref().is_none_or(|name| book.spec.name == *name);
    let books: Vec<BookInfo> = books.iter().filter(wanted).cloned().collect();
    if let (true, Some(book)) = (books.is_empty(), &args.book) {
        return Err(Failure::call(format!("{name} has no book `{book}`")));
    }
    let mut outcome = Outcome::Fine;
    for (number, book) in books.into_iter().enumerate() {
        let accounts = shard.chart(tenant, book.id).map_err(failure)?;
        let mut reader = Reader { shard: &mut shard, tenant: &name, book, accounts, at, terminal };
        match args.view {
            LedgerView::Balances => balances::show(&mut reader, format, number == 0)?,
            LedgerView::Journal => journal::show(&mut reader, format, number == 0)?,
            LedgerView::Statement => statement::show(&mut reader, format, number == 0)?,
            LedgerView::Export if format == LedgerFormat::Beancount => beancount::export(&mut reader)?,
            LedgerView::Export => hledger::export(&mut reader)?,
            LedgerView::Periods => periods::show(&mut reader, format)?,
            LedgerView::Close => periods::close(&mut reader, args, format)?,
            LedgerView::Reopen => periods::reopen(&mut reader, args, format)?,
            // Done above: there is no book yet.
            LedgerView::Open => {}
            LedgerView::Check => {
                if check(&mut reader, format)? == Outcome::Found {
                    outcome = Outcome::Found;
                }
            }
        }
    }
    Ok(outcome)
}

/// The format that was asked for, if the view has it.
fn format(args: &LedgerArgs) -> Result<LedgerFormat> {
    use LedgerFormat::{Beancount, Csv, Hledger, Human, Json};
    let (has, default): (&[LedgerFormat], _) = match args.view {
        LedgerView::Balances | LedgerView::Journal | LedgerView::Statement => (&[Human, Json, Csv], Human),
        LedgerView::Export => (&[Hledger, Beancount], Hledger),
        LedgerView::Check | LedgerView::Periods | LedgerView::Close | LedgerView::Reopen => (&[Human, Json], Human),
        LedgerView::Open => (&[Human], Human),
    };
    let view = args.view.name();
    let format = args.format.unwrap_or(default);
    if has.contains(&format) {
        return Ok(format);
    }
    Err(Failure::call(format!(
        "`bp ledger {view}` does not come in this format; `bp ledger --help` lists what there is"
    )))
}

/// A day as it is written on the command line.
fn day(text: &str) -> Result<i64> {
    match text.parse() {
        Ok(date) => Ok(day_of(date)),
        Err(_) => Err(Failure::call(format!("`{text}` is not a date such as 2026-10-31"))),
    }
}

fn tenant(shard: &mut Shard, wanted: Option<&str>) -> Result<(TenantId, String)> {
    let tenants = shard.tenants().map_err(failure)?;
    match (wanted, tenants.as_slice()) {
        (Some(wanted), _) => {
            let found = tenants.iter().find(|(_, name)| name == wanted).cloned();
            found.ok_or_else(|| Failure::call(format!("there is no tenant `{wanted}`")))
        }
        (None, [only]) => Ok(only.clone()),
        (None, []) => Err(Failure::outside("the data folder has no tenant yet")),
        (None, several) => {
            let names: Vec<&str> = several.iter().map(|(_, name)| name.as_str()).collect();
            Err(Failure::call(format!("which tenant? --tenant says one of {}", names.join(", "))))
        }
    }
}

/// What the store says, as the end of the command.
fn failure(error: Error) -> Failure {
    match error {
        Error::Store(StoreError::Corrupt { .. }) => Failure::found(error.to_string()),
        Error::Store(_) => Failure::outside(error.to_string()),
        _ => Failure::found(error.to_string()),
    }
}

fn check(reader: &mut Reader<'_>, format: LedgerFormat) -> Result<Outcome> {
    let checked = reader.shard.check(reader.book.tenant, reader.book.id).map_err(failure)?;
    let name = &reader.book.spec.name;
    let told = if format == LedgerFormat::Json {
        let report = json!({
            "tenant": reader.tenant,
            "book": name,
            "entries": checked.entries,
            "lines": checked.lines,
            "subaccounts": checked.subaccounts,
            "open_holds": checked.open_holds,
            "lots": checked.lots,
            "numbers": checked.numbers,
            "findings": checked.findings,
        });
        format!("{report}\n")
    } else {
        let mut told: String = checked.findings.iter().map(|finding| format!("{finding}\n")).collect();
        let counts = [
            counted(checked.entries, "entry", "entries"),
            counted(checked.lines, "line", "lines"),
            counted(checked.open_holds, "open hold", "open holds"),
            counted(checked.lots, "lot", "lots"),
            counted(checked.numbers, "number", "numbers"),
        ];
        let found = match checked.findings.len() {
            0 => reader.terminal.out.green("sound"),
            some => reader.terminal.out.red(&counted(some as u64, "finding", "findings")),
        };
        told.push_str(&format!("{name}: {}; {found}\n", counts.join(", ")));
        told
    };
    reader.terminal.print(&told)?;
    Ok(if checked.is_sound() { Outcome::Fine } else { Outcome::Found })
}

/// A line of CSV.
fn csv_line(cells: &[&str]) -> String {
    let quoted = |cell: &&str| match cell.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => (*cell).to_owned(),
    };
    let mut line = cells.iter().map(quoted).collect::<Vec<_>>().join(",");
    line.push('\n');
    line
}
