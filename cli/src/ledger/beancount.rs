//! Entries as a file of beancount.
//!
//! What stands alone – limits, and what is used of budgets – has no place there and is left out.

use super::Reader;
use super::export::{Posting, postings, stands_alone};
use super::journal::{account_of, each_page};
use crate::failure::Result;
use bp_bytecode::border::date_text;
use bp_host::ledger::{AccountKind, AccountSpec, JournalEntry};
use std::collections::BTreeMap;
use std::fmt::Write;

pub fn export(reader: &mut Reader<'_>) -> Result<()> {
    // Accounts are opened on the day of their first posting.
    let mut opened: BTreeMap<String, i64> = BTreeMap::new();
    each_page(reader, |reader, entries| {
        for entry in entries {
            for (name, _) in lines(reader, entry) {
                let day = opened.entry(name).or_insert(entry.posting_day);
                *day = (*day).min(entry.posting_day);
            }
        }
        Ok(())
    })?;
    let book = &reader.book.spec;
    let mut out =
        format!("; {}, {}\noption \"operating_currency\" \"{}\"\n\n", reader.tenant, book.name, book.currency);
    for (name, day) in &opened {
        let _ = writeln!(out, "{} open {name}", date_text(*day));
    }
    reader.terminal.print(&out)?;
    each_page(reader, |reader, entries| {
        let text: String = entries.iter().map(|entry| transaction(reader, entry)).collect();
        reader.terminal.print(&text)
    })
}

/// The postings of an entry with the names of their accounts.
fn lines(reader: &Reader<'_>, entry: &JournalEntry) -> Vec<(String, Posting)> {
    let mut lines = Vec::new();
    for line in &entry.lines {
        let Some(account) = account_of(reader, line).filter(|account| !stands_alone(account, line)) else { continue };
        for posting in postings(account, line, (&reader.book.spec.currency, reader.book.spec.scale)) {
            lines.push((name(account, &posting), posting));
        }
    }
    lines
}

fn transaction(reader: &Reader<'_>, entry: &JournalEntry) -> String {
    let lines = lines(reader, entry);
    if lines.is_empty() {
        return String::new();
    }
    let text = entry.text.replace('\\', "\\\\").replace('"', "\\\"");
    let mut out = format!("\n{} * \"{text}\"\n  entry: {}\n", date_text(entry.posting_day), entry.number);
    for (name, posting) in lines {
        let worth = posting.worth.map_or(String::new(), |worth| format!(" @@ {worth} {}", reader.book.spec.currency));
        let _ = writeln!(out, "  {name}  {} {}{worth}", posting.amount, commodity(&posting.unit));
    }
    out
}

fn name(account: &AccountSpec, posting: &Posting) -> String {
    let top = match account.kind {
        AccountKind::Asset => "Assets",
        AccountKind::Liability => "Liabilities",
        AccountKind::Equity => "Equity",
        AccountKind::Income => "Income",
        AccountKind::Expense => "Expenses",
        // There are five kinds; these balance among themselves and stay out of every sum of money.
        AccountKind::Quantity => "Equity:Quantities",
        AccountKind::Budget => "Equity:Budgets",
        AccountKind::Limit => "Equity:Limits",
    };
    let mut name = top.to_owned();
    for part in &posting.name {
        let _ = write!(name, ":{}", component(part));
    }
    name
}

/// A part of an account's name: it begins with a capital letter or a digit and has letters, digits and hyphens. Dots,
/// blanks and underlines become hyphens, any other character its number; names that differ in nothing else fall
/// together.
fn component(part: &str) -> String {
    let mut name = String::new();
    for (place, c) in part.chars().enumerate() {
        match c {
            c if c.is_ascii_digit() || c.is_ascii_uppercase() => name.push(c),
            c if c.is_ascii_lowercase() && place > 0 => name.push(c),
            c if c.is_ascii_lowercase() => name.push(c.to_ascii_uppercase()),
            '-' | '.' | '_' | ' ' if place > 0 => name.push('-'),
            c => {
                let mark = if place == 0 { "X" } else { "-" };
                let _ = write!(name, "{mark}{:x}-", u32::from(c));
            }
        }
    }
    if name.is_empty() { "None".to_owned() } else { name }
}

fn commodity(unit: &str) -> String {
    let unit: String = unit.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_uppercase();
    match unit.as_str() {
        "" => "UNITS".to_owned(),
        // A name of one letter, or one that begins with a digit, is none.
        short if short.len() < 2 || short.starts_with(|c: char| c.is_ascii_digit()) => format!("UNIT-{short}"),
        long => long.to_owned(),
    }
}
