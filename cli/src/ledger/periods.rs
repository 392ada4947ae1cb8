//! The periods of a book: which days are closed, and closing and opening them.

use super::{Reader, day, failure};
use crate::args::{LedgerArgs, LedgerFormat, LedgerView};
use crate::failure::{Failure, Result};
use bp_bytecode::border::date_text;
use bp_host::StepContext;
use bp_host::ledger::{LockKind, PeriodLock};
use serde_json::json;
use std::fmt::Write;
use std::time::{SystemTime, UNIX_EPOCH};

/// Who closes and opens periods here, as the store keeps it.
const AUTHOR: &str = "bp ledger";

/// What is wrong with the options of a view that changes periods, or of another that has them.
pub fn refuse(args: &LedgerArgs) -> Result<()> {
    let given = |name: &str, what: bool, views: &[LedgerView]| match what && !views.contains(&args.view) {
        true => Err(Failure::call(format!("`bp ledger {}` has no option {name}", args.view.name()))),
        false => Ok(()),
    };
    given("--through", args.through.is_some(), &[LedgerView::Close])?;
    given("--soft", !args.soft.is_empty(), &[LedgerView::Close])?;
    given("--from", args.from.is_some(), &[LedgerView::Reopen])?;
    given("--currency", args.currency.is_some(), &[LedgerView::Open])?;
    given("--at", args.at.is_some() && args.view.changes(), &[])?;
    match (args.view, &args.through, &args.from) {
        (LedgerView::Close, None, _) => Err(Failure::call("close through which day? --through DATE says it")),
        (LedgerView::Reopen, _, None) => Err(Failure::call("open again from which day on? --from DATE says it")),
        _ => Ok(()),
    }
}

/// Closes every day up to one: to everybody, or with roles that still may post.
pub fn close(reader: &mut Reader<'_>, args: &LedgerArgs, format: LedgerFormat) -> Result<()> {
    let until = args.through.as_deref().map_or(Err(Failure::call("no day is given")), day)?;
    let roles: Vec<&str> = args.soft.iter().map(String::as_str).collect();
    let lock = if roles.is_empty() { PeriodLock::hard(until) } else { PeriodLock::soft(until, &roles) };
    let known = locks(reader)?;
    if let Some(later) = known.iter().find(|known| known.kind == lock.kind && known.until > until) {
        let (book, later) = (&reader.book.spec.name, date_text(later.until));
        return Err(Failure::found(format!(
            "{book} is closed through {later} already; `bp ledger reopen` opens days again"
        )));
    }
    set(reader, &lock)?;
    show(reader, format)
}

/// Opens every day from one on.
pub fn reopen(reader: &mut Reader<'_>, args: &LedgerArgs, format: LedgerFormat) -> Result<()> {
    let from = args.from.as_deref().map_or(Err(Failure::call("no day is given")), day)?;
    for lock in locks(reader)? {
        if lock.until >= from {
            set(reader, &PeriodLock { until: from - 1, ..lock })?;
        }
    }
    show(reader, format)
}

fn locks(reader: &mut Reader<'_>) -> Result<Vec<PeriodLock>> {
    reader.shard.period_locks(reader.book.tenant, reader.book.id).map_err(failure)
}

fn set(reader: &mut Reader<'_>, lock: &PeriodLock) -> Result<()> {
    let mut context = StepContext::new(reader.book.tenant, reader.book.id);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    (context.author, context.now) = (AUTHOR.to_owned(), i64::try_from(now).unwrap_or(0));
    reader.shard.lock_period(&context, lock).map_err(failure)
}

/// What is closed, and to whom.
pub fn show(reader: &mut Reader<'_>, format: LedgerFormat) -> Result<()> {
    let locks = locks(reader)?;
    let book = &reader.book.spec.name;
    if format == LedgerFormat::Json {
        let lock = |lock: &PeriodLock| {
            let kind = if lock.kind == LockKind::Hard { "hard" } else { "soft" };
            json!({ "area": lock.area, "kind": kind, "through": date_text(lock.until), "roles": lock.roles })
        };
        let report =
            json!({ "tenant": reader.tenant, "book": book, "closed": locks.iter().map(lock).collect::<Vec<_>>() });
        return reader.terminal.print(&format!("{report}\n"));
    }
    let mut told = String::new();
    for lock in &locks {
        let area = if lock.area.is_empty() { String::new() } else { format!(" ({})", lock.area) };
        let whom = match lock.kind {
            LockKind::Hard => "to everybody".to_owned(),
            LockKind::Soft => format!("except to {}", lock.roles.join(", ")),
        };
        let _ = writeln!(told, "{book}{area}: closed through {} {whom}", date_text(lock.until));
    }
    if locks.is_empty() {
        let _ = writeln!(told, "{book}: no period is closed");
    }
    reader.terminal.print(&told)
}
