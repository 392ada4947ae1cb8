//! The entries of a book with their lines, page by page.

use super::{Reader, csv_line, failure};
use crate::args::LedgerFormat;
use crate::failure::Result;
use crate::terminal::{grouped, pad_left, pad_right};
use bp_bytecode::border::{date_text, decimal_text, moment_text};
use bp_host::ledger::{AccountSpec, JournalEntry, JournalLine, LineKind};
use serde_json::{Value as Json, json};
use std::fmt::Write;

/// How wide names and amounts stand on a screen: a journal is written as it is read, without knowing what comes.
const NAMES: usize = 50;
const AMOUNTS: usize = 20;

pub fn show(reader: &mut Reader<'_>, format: LedgerFormat, first: bool) -> Result<()> {
    if format == LedgerFormat::Csv && first {
        let header = [
            "book",
            "entry",
            "document_date",
            "posting_date",
            "recorded_at",
            "late",
            "text",
            "account",
            "code",
            "dimensions",
            "kind",
            "unit",
            "amount",
            "book_amount",
            "rate",
            "lot",
            "cost",
            "step",
            "instance",
            "author",
            "reverses",
        ];
        reader.terminal.print(&csv_line(&header))?;
    }
    each_page(reader, |reader, entries| {
        let text: String = match format {
            LedgerFormat::Json => entries.iter().map(|entry| format!("{}\n", machine(reader, entry))).collect(),
            LedgerFormat::Csv => entries.iter().map(|entry| csv(reader, entry)).collect(),
            _ => entries.iter().map(|entry| human(reader, entry)).collect(),
        };
        reader.terminal.print(&text)
    })
}

/// Gives the entries of the book in the order of their numbers.
pub fn each_page(
    reader: &mut Reader<'_>,
    mut each: impl FnMut(&Reader<'_>, &[JournalEntry]) -> Result<()>,
) -> Result<()> {
    let mut journal = reader.shard.journal(reader.book.tenant, reader.book.id, reader.at).map_err(failure)?;
    loop {
        let page = reader.shard.journal_page(&mut journal).map_err(failure)?;
        if page.is_empty() {
            return Ok(());
        }
        each(reader, &page)?;
    }
}

/// The account of a line; its place is checked where lines are read.
pub fn account_of<'a>(reader: &'a Reader<'_>, line: &JournalLine) -> Option<&'a AccountSpec> {
    reader.accounts.get(line.account.place())
}

pub fn kind_of(kind: LineKind) -> &'static str {
    match kind {
        LineKind::Normal => "normal",
        LineKind::Exchange => "exchange",
        LineKind::Revalue => "revalue",
        LineKind::Rounding => "rounding",
        LineKind::Use => "use",
    }
}

fn human(reader: &Reader<'_>, entry: &JournalEntry) -> String {
    let late = if entry.late { " (late)" } else { "" };
    let title = format!("{} {}{late}  {}", entry.number, date_text(entry.posting_day), entry.text);
    let mut out = format!("{}\n", reader.terminal.out.bold(&title));
    for line in &entry.lines {
        let Some(account) = account_of(reader, line) else { continue };
        let dims = if line.dims.is_empty() { String::new() } else { format!("[{}]", line.dims.join(", ")) };
        let lot = line.lot.map_or(String::new(), |lot| format!(" lot {lot}"));
        // What only changes its worth stands on the side of that.
        let sign = if line.amount == 0 { line.book_amount } else { line.amount };
        let side = if sign < 0 { "credit" } else { "debit" };
        let amount = grouped(&decimal_text(i128::from(line.amount).abs(), account.scale));
        let name = pad_right(&format!("{}{dims}{lot}", account.name), NAMES);
        let mut worth = worth(reader, account, line);
        if let Some(by) = &line.over_limit_by {
            let _ = write!(worth, " over limit by {by}");
        }
        let _ =
            writeln!(out, "    {} {name} {} {}{worth}", pad_right(side, 6), pad_left(&amount, AMOUNTS), account.unit);
    }
    out
}

/// What a line in another currency is worth in the book's, and by which rate.
fn worth(reader: &Reader<'_>, account: &AccountSpec, line: &JournalLine) -> String {
    let book = &reader.book.spec;
    if !account.kind.is_financial() || account.unit == book.currency {
        return String::new();
    }
    let worth = grouped(&decimal_text(i128::from(line.book_amount).abs(), book.scale));
    let rate = line.rate.as_ref().map_or(String::new(), |rate| {
        let rate = if rate.contains('.') { rate.trim_end_matches('0').trim_end_matches('.') } else { rate };
        format!(" at {rate}")
    });
    format!(" = {worth} {}{rate}", book.currency)
}

fn csv(reader: &Reader<'_>, entry: &JournalEntry) -> String {
    let number = |value: Option<i64>| value.map_or(String::new(), |value| value.to_string());
    let mut out = String::new();
    for line in &entry.lines {
        let Some(account) = account_of(reader, line) else { continue };
        let scale = reader.book.spec.scale;
        let cost = line.cost.map_or(String::new(), |cost| decimal_text(cost.into(), scale));
        out.push_str(&csv_line(&[
            &reader.book.spec.name,
            &entry.number.to_string(),
            &date_text(entry.document_day),
            &date_text(entry.posting_day),
            &moment_text(entry.recorded_at),
            if entry.late { "true" } else { "false" },
            &entry.text,
            &account.name,
            account.code.as_deref().unwrap_or_default(),
            &line.dims.join("|"),
            kind_of(line.kind),
            &account.unit,
            &decimal_text(line.amount.into(), account.scale),
            &decimal_text(line.book_amount.into(), scale),
            line.rate.as_deref().unwrap_or_default(),
            &number(line.lot),
            &cost,
            &entry.step,
            &entry.instance,
            &entry.author,
            &number(entry.reverses),
        ]));
    }
    out
}

fn machine(reader: &Reader<'_>, entry: &JournalEntry) -> Json {
    let scale = reader.book.spec.scale;
    let line = |line: &JournalLine| {
        let account = account_of(reader, line)?;
        Some(json!({
            "account": account.name,
            "dimensions": account.dimensions.iter().zip(&line.dims).collect::<std::collections::BTreeMap<_, _>>(),
            "kind": kind_of(line.kind),
            "unit": account.unit,
            "amount": decimal_text(line.amount.into(), account.scale),
            "book_amount": decimal_text(line.book_amount.into(), scale),
            "rate": line.rate,
            "lot": line.lot,
            "over_limit": line.over_limit_by,
            "cost": line.cost.map(|cost| decimal_text(cost.into(), scale)),
        }))
    };
    json!({
        "book": reader.book.spec.name,
        "entry": entry.number,
        "document_date": date_text(entry.document_day),
        "posting_date": date_text(entry.posting_day),
        "recorded_at": moment_text(entry.recorded_at),
        "late": entry.late,
        "text": entry.text,
        "step": entry.step,
        "instance": entry.instance,
        "author": entry.author,
        "reverses": entry.reverses,
        "lines": entry.lines.iter().filter_map(line).collect::<Vec<_>>(),
    })
}
