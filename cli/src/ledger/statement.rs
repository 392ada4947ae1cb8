//! Profit and loss of the fiscal year, and the balance sheet.

use super::{Reader, csv_line, failure};
use crate::args::LedgerFormat;
use crate::failure::Result;
use crate::terminal::{grouped, pad_left, pad_right, width};
use bp_bytecode::border::{date_text, decimal_text};
use bp_host::ledger::{Statement, StatementRow, sum};
use serde_json::{Map, Value as Json, json};
use std::fmt::Write;

pub fn show(reader: &mut Reader<'_>, format: LedgerFormat, first: bool) -> Result<()> {
    let statement = reader.shard.statement(reader.book.tenant, reader.book.id, reader.at).map_err(failure)?;
    let text = match format {
        LedgerFormat::Json => machine(reader, &statement),
        LedgerFormat::Csv => csv(reader, &statement, first),
        _ => human(reader, &statement),
    };
    reader.terminal.print(&text)
}

/// The parts of a statement under their names.
fn parts(statement: &Statement) -> [(&'static str, &[StatementRow]); 5] {
    [
        ("income", &statement.income),
        ("expenses", &statement.expenses),
        ("assets", &statement.assets),
        ("liabilities", &statement.liabilities),
        ("equity", &statement.equity),
    ]
}

fn human(reader: &Reader<'_>, statement: &Statement) -> String {
    let scale = reader.book.spec.scale;
    let amount = |value: i128| grouped(&decimal_text(value, scale));
    // A title has no amount.
    let mut lines: Vec<(String, Option<String>)> = Vec::new();
    let mut part = |title: &str, rows: &[StatementRow], more: &[(&str, i128)]| {
        lines.push((title.to_owned(), None));
        for row in rows {
            let code = row.account.code.as_ref().map_or(String::new(), |code| format!("{code}  "));
            lines.push((format!("  {code}{}", row.account.name), Some(amount(row.amount))));
        }
        lines.extend(more.iter().map(|(name, value)| (format!("  {name}"), Some(amount(*value)))));
        let total = sum(rows) + more.iter().map(|(_, value)| value).sum::<i128>();
        lines.push((format!("  total {}", title.to_lowercase()), Some(amount(total))));
    };
    part("Income", &statement.income, &[]);
    part("Expenses", &statement.expenses, &[]);
    part("Assets", &statement.assets, &[]);
    part("Liabilities", &statement.liabilities, &[]);
    let profits = [("profit of earlier years", statement.carried), ("profit of this year", statement.profit())];
    part("Equity", &statement.equity, &profits);
    let names = lines.iter().map(|(name, _)| width(name)).max().unwrap_or(0);
    let amounts = lines.iter().filter_map(|(_, amount)| amount.as_deref()).map(width).max().unwrap_or(0);
    let period = format!("{} to {}", date_text(statement.from), date_text(statement.at));
    let title = format!("{}, {}, {}: {period}", reader.tenant, reader.book.spec.name, reader.book.spec.currency);
    let mut out = format!("{}\n", reader.terminal.out.bold(&title));
    for (name, amount) in lines {
        let _ = match amount {
            Some(amount) => writeln!(out, "{}   {}", pad_right(&name, names), pad_left(&amount, amounts)),
            None => writeln!(out, "{}", reader.terminal.out.bold(&name)),
        };
    }
    let told = match statement.difference() {
        0 => reader.terminal.out.green("equal"),
        some => reader.terminal.out.red(&format!("NOT EQUAL: {}", amount(some))),
    };
    let _ = writeln!(out, "assets, and liabilities with equity: {told}");
    out
}

fn csv(reader: &Reader<'_>, statement: &Statement, first: bool) -> String {
    let scale = reader.book.spec.scale;
    let mut out = if first { csv_line(&["book", "part", "code", "account", "amount"]) } else { String::new() };
    let mut line = |part: &str, code: &str, name: &str, amount: i128| {
        out.push_str(&csv_line(&[&reader.book.spec.name, part, code, name, &decimal_text(amount, scale)]));
    };
    for (part, rows) in parts(statement) {
        for row in rows {
            line(part, row.account.code.as_deref().unwrap_or_default(), &row.account.name, row.amount);
        }
    }
    line("equity", "", "profit of earlier years", statement.carried);
    line("equity", "", "profit of this year", statement.profit());
    out
}

fn machine(reader: &Reader<'_>, statement: &Statement) -> String {
    let scale = reader.book.spec.scale;
    let text = |amount: i128| Json::from(decimal_text(amount, scale));
    let mut report = Map::new();
    let mut put = |name: &str, value: Json| drop(report.insert(name.to_owned(), value));
    put("tenant", json!(reader.tenant));
    put("book", json!(reader.book.spec.name));
    put("currency", json!(reader.book.spec.currency));
    put("from", json!(date_text(statement.from)));
    put("at", json!(date_text(statement.at)));
    for (part, rows) in parts(statement) {
        let row = |row: &StatementRow| json!({ "account": row.account.name, "code": row.account.code, "amount": text(row.amount) });
        put(part, rows.iter().map(row).collect());
    }
    put("profit_of_earlier_years", text(statement.carried));
    put("profit", text(statement.profit()));
    put("difference", text(statement.difference()));
    format!("{:#}\n", Json::Object(report))
}
