//! Entries as a journal of hledger.

use super::Reader;
use super::export::{Posting, postings, stands_alone};
use super::journal::{account_of, each_page};
use crate::failure::Result;
use bp_bytecode::border::date_text;
use bp_host::ledger::{AccountKind, AccountSpec, JournalEntry};
use std::collections::BTreeSet;
use std::fmt::Write;

pub fn export(reader: &mut Reader<'_>) -> Result<()> {
    reader.terminal.print(&declarations(reader)?)?;
    each_page(reader, |reader, entries| {
        let text: String = entries.iter().map(|entry| transaction(reader, entry)).collect();
        reader.terminal.print(&text)
    })
}

/// Commodities and accounts, which a strict check wants declared. They are known when all entries were read.
fn declarations(reader: &mut Reader<'_>) -> Result<String> {
    let book = &reader.book.spec;
    let mut out = format!("; {}, {}\ndecimal-mark .\n", reader.tenant, book.name);
    let mut units: BTreeSet<(String, u8)> = BTreeSet::from([(book.currency.clone(), book.scale)]);
    units.extend(reader.accounts.iter().map(|account| (account.unit.clone(), account.scale)));
    let mut declared = BTreeSet::new();
    for (unit, scale) in units.into_iter().rev() {
        if declared.insert(unit.clone()) {
            let sample = bp_bytecode::border::decimal_text(10i128.pow(u32::from(scale.min(18)) + 3), scale);
            // The mark of decimals has to stand in a sample.
            let sample = if sample.contains('.') { sample } else { format!("{sample}.") };
            let _ = writeln!(out, "commodity {sample} {}", commodity(&unit));
        }
    }
    let mut accounts: BTreeSet<String> = BTreeSet::new();
    each_page(reader, |reader, entries| {
        for line in entries.iter().flat_map(|entry| &entry.lines) {
            if let Some(account) = account_of(reader, line) {
                let all = postings(account, line, (&reader.book.spec.currency, reader.book.spec.scale));
                accounts.extend(all.iter().map(|posting| name(account, posting)));
            }
        }
        Ok(())
    })?;
    for account in accounts {
        let _ = writeln!(out, "account {account}");
    }
    Ok(out)
}

fn transaction(reader: &Reader<'_>, entry: &JournalEntry) -> String {
    let text = plain(&entry.text.replace(';', ","));
    let mut out = format!("\n{} ({}) {text}\n", date_text(entry.posting_day), entry.number);
    for line in &entry.lines {
        let Some(account) = account_of(reader, line) else { continue };
        for posting in postings(account, line, (&reader.book.spec.currency, reader.book.spec.scale)) {
            let name = name(account, &posting);
            // In parentheses a posting need not balance.
            let name = if stands_alone(account, line) { format!("({name})") } else { name };
            let worth =
                posting.worth.map_or(String::new(), |worth| format!(" @@ {worth} {}", reader.book.spec.currency));
            let _ = writeln!(out, "    {name}  {} {}{worth}", posting.amount, commodity(&posting.unit));
        }
    }
    out
}

fn name(account: &AccountSpec, posting: &Posting) -> String {
    let top = match account.kind {
        AccountKind::Asset => "assets",
        AccountKind::Liability => "liabilities",
        AccountKind::Equity => "equity",
        AccountKind::Income => "revenues",
        AccountKind::Expense => "expenses",
        AccountKind::Quantity => "quantities",
        AccountKind::Budget => "budgets",
        AccountKind::Limit => "limits",
    };
    let mut name = top.to_owned();
    for part in &posting.name {
        // A colon parts names, two blanks or a semicolon end them, brackets make a posting virtual.
        let part = part.replace(':', "-").replace(';', ",").replace(['(', ')', '[', ']'], "_");
        let part = plain(&part);
        let _ = write!(name, ":{}", if part.is_empty() { "-" } else { &part });
    }
    name
}

/// On one line, without two blanks in a row.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn commodity(unit: &str) -> String {
    match unit {
        "" => "units".to_owned(),
        unit if unit.chars().all(char::is_alphabetic) => unit.to_owned(),
        unit => format!("\"{}\"", unit.replace('"', "")),
    }
}
