//! The balance of each account, and of each combination of its dimensions.

use super::{Reader, csv_line, failure};
use crate::args::LedgerFormat;
use crate::failure::Result;
use crate::terminal::{grouped, pad_left, pad_right, width};
use bp_bytecode::border::decimal_text;
use bp_host::ledger::{AccountSpec, TrialBalance};
use serde_json::json;
use std::fmt::Write;

pub fn show(reader: &mut Reader<'_>, format: LedgerFormat, first: bool) -> Result<()> {
    let balances = reader.shard.trial_balance(reader.book.tenant, reader.book.id, reader.at).map_err(failure)?;
    let text = match format {
        LedgerFormat::Json => machine(reader, &balances),
        LedgerFormat::Csv => csv(reader, &balances, first),
        _ => human(reader, &balances),
    };
    reader.terminal.print(&text)
}

/// Indexes of accounts by code, then name.
fn in_order(accounts: &[AccountSpec]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..accounts.len()).collect();
    order.sort_by_key(|place| {
        let account = &accounts[*place];
        (account.code.is_none(), account.code.clone(), account.name.clone())
    });
    order
}

fn human(reader: &Reader<'_>, balances: &TrialBalance) -> String {
    // Name, debit, credit; dimensions stand below their account.
    let mut lines: Vec<(String, String, String)> = Vec::new();
    let book = &reader.book.spec;
    let totals = balances.totals();
    for place in in_order(&balances.accounts) {
        let (account, Some(Some((total, total_book)))) = (&balances.accounts[place], totals.get(place)) else {
            continue;
        };
        let amount = |value: i128| {
            let unit = if account.unit.is_empty() { String::new() } else { format!(" {}", account.unit) };
            format!("{}{unit}", grouped(&decimal_text(value, account.scale)))
        };
        let code = account.code.as_ref().map_or(String::new(), |code| format!("{code}  "));
        // What is kept in another currency has a worth in the book's.
        let worth = |value: i128| match account.kind.is_financial() && account.unit != book.currency {
            true => format!("= {} {}", grouped(&decimal_text(value, book.scale)), book.currency),
            false => String::new(),
        };
        lines.push((format!("{code}{}", account.name), amount(*total), worth(*total_book)));
        let of_account = balances.rows.iter().filter(|row| row.account == place && !row.dims.is_empty());
        lines.extend(
            of_account.map(|row| (format!("    {}", row.dims.join(", ")), amount(row.amount), worth(row.book_amount))),
        );
    }
    let names = lines.iter().map(|(name, ..)| width(name)).max().unwrap_or(0);
    let amounts = lines.iter().map(|(_, amount, _)| width(amount)).max().unwrap_or(0);
    let mut out = format!("{}\n", reader.terminal.out.bold(&format!("{}, {}", reader.tenant, reader.book.spec.name)));
    let worths = lines.iter().map(|(.., worth)| width(worth)).max().unwrap_or(0);
    for (name, amount, worth) in lines {
        let line =
            format!("{}   {}   {}", pad_right(&name, names), pad_left(&amount, amounts), pad_left(&worth, worths));
        let _ = writeln!(out, "{}", line.trim_end());
    }
    let difference: i128 = balances.rows.iter().map(|row| row.book_amount).sum();
    let (currency, scale) = (&reader.book.spec.currency, reader.book.spec.scale);
    let told = match difference {
        0 => reader.terminal.out.green("equal"),
        some => reader.terminal.out.red(&format!("NOT EQUAL: {}", decimal_text(some, scale))),
    };
    let _ = writeln!(out, "debits and credits in {currency}: {told}");
    out
}

fn csv(reader: &Reader<'_>, balances: &TrialBalance, first: bool) -> String {
    let header = ["book", "code", "account", "kind", "dimensions", "unit", "balance", "book_amount"];
    let mut out = if first { csv_line(&header) } else { String::new() };
    for row in &balances.rows {
        let account = &balances.accounts[row.account];
        out.push_str(&csv_line(&[
            &reader.book.spec.name,
            account.code.as_deref().unwrap_or_default(),
            &account.name,
            account.kind.name(),
            &row.dims.join("|"),
            &account.unit,
            &decimal_text(row.amount, account.scale),
            &decimal_text(row.book_amount, reader.book.spec.scale),
        ]));
    }
    out
}

fn machine(reader: &Reader<'_>, balances: &TrialBalance) -> String {
    let row = |row: &bp_host::ledger::BalanceRow| {
        let account = &balances.accounts[row.account];
        json!({
            "account": account.name,
            "code": account.code,
            "kind": account.kind.name(),
            "dimensions": account.dimensions.iter().zip(&row.dims).collect::<std::collections::BTreeMap<_, _>>(),
            "unit": account.unit,
            "balance": decimal_text(row.amount, account.scale),
            "book_amount": decimal_text(row.book_amount, reader.book.spec.scale),
        })
    };
    let book = &reader.book.spec;
    let report = json!({
        "tenant": reader.tenant,
        "book": book.name,
        "currency": book.currency,
        "balances": balances.rows.iter().map(row).collect::<Vec<_>>(),
    });
    format!("{report:#}\n")
}
