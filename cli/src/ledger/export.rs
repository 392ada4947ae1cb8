//! What the exports for other programs share: names of accounts, and how a line reads as postings of theirs.

use bp_bytecode::border::decimal_text;
use bp_host::ledger::{AccountKind, AccountSpec, JournalLine};

/// A posting of plain-text accounting.
pub struct Posting {
    /// The parts of the account's name behind its kind.
    pub name: Vec<String>,
    pub amount: String,
    /// Empty for plain counts.
    pub unit: String,
    /// What the amount is worth in all, in the book's currency; without a sign.
    pub worth: Option<String>,
}

/// A line as postings: one for its amount, and one in the book's currency for what its worth changes beside that.
pub fn postings(account: &AccountSpec, line: &JournalLine, (currency, scale): (&str, u8)) -> Vec<Posting> {
    let mut name = vec![account.name.clone()];
    name.extend(line.dims.iter().cloned());
    let amount = decimal_text(line.amount.into(), account.scale);
    let unit = account.unit.clone();
    if !account.kind.is_financial() || account.unit == currency {
        return vec![Posting { name, amount, unit, worth: None }];
    }
    let (amount_sign, worth_sign) = (line.amount.signum(), line.book_amount.signum());
    let fits = line.amount != 0 && (worth_sign == 0 || worth_sign == amount_sign);
    let worth = if fits { i128::from(line.book_amount).abs() } else { 0 };
    let mut postings = Vec::new();
    if line.amount != 0 {
        postings.push(Posting { name: name.clone(), amount, unit, worth: Some(decimal_text(worth, scale)) });
    }
    if !fits && line.book_amount != 0 {
        name.push("revaluation".to_owned());
        let amount = decimal_text(line.book_amount.into(), scale);
        postings.push(Posting { name, amount, unit: currency.to_owned(), worth: None });
    }
    postings
}

/// Limits stand alone, and what a commit uses of a budget does: no balanced entry can have them.
pub fn stands_alone(account: &AccountSpec, line: &JournalLine) -> bool {
    account.kind == AccountKind::Limit || line.kind == bp_host::ledger::LineKind::Use
}
