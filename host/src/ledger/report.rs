//! What the books say: trial balance and journal. Reads what the store has committed.

use std::collections::HashMap;

use crate::error::Result;
use crate::ledger::chart::{self, damaged};
use crate::ledger::sub_rows::stored_subs;
use crate::ledger::{AccountId, AccountSpec, BookInfo, LineKind};
use crate::store::{Row, Store, all, params};

/// The balance of one combination of an account's dimensions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BalanceRow {
    /// Its place in [`TrialBalance::accounts`].
    pub account: usize,
    pub dims: Vec<String>,
    /// Debits minus credits, at the scale of the account.
    pub amount: i128,
    /// The same in the book's currency; 0 for what is not money of the financial books.
    pub book_amount: i128,
}

/// The balances of a book at the end of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrialBalance {
    pub book: BookInfo,
    pub accounts: Vec<AccountSpec>,
    /// By account, then by dimensions. What nothing was posted to is not there.
    pub rows: Vec<BalanceRow>,
}

impl TrialBalance {
    /// Debits minus credits of each account over its dimensions, with their book amounts; `None` where nothing was
    /// posted.
    pub fn totals(&self) -> Vec<Option<(i128, i128)>> {
        let mut totals = vec![None; self.accounts.len()];
        for row in &self.rows {
            if let Some(total) = totals.get_mut(row.account) {
                let (amount, book_amount) = total.unwrap_or((0, 0));
                *total = Some((amount + row.amount, book_amount + row.book_amount));
            }
        }
        totals
    }
}

/// An entry with its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalEntry {
    pub number: i64,
    /// Days since 1970-01-01.
    pub document_day: i64,
    pub posting_day: i64,
    /// The moment, in seconds since 1970-01-01T00:00:00Z.
    pub recorded_at: i64,
    pub late: bool,
    pub text: String,
    pub area: String,
    pub step: String,
    pub instance: String,
    pub author: String,
    pub reverses: Option<i64>,
    pub lines: Vec<JournalLine>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalLine {
    pub account: AccountId,
    pub dims: Vec<String>,
    pub kind: LineKind,
    /// Debits positive, at the scale of the account.
    pub amount: i64,
    pub book_amount: i64,
    pub rate: Option<String>,
    pub lot: Option<i64>,
    /// What the lot gained or lost in value.
    pub cost: Option<i64>,
    /// Who let it pass a limit.
    pub over_limit_by: Option<String>,
}

impl AccountId {
    /// Its place in a list of a book's accounts.
    pub fn place(self) -> usize {
        self.0 as usize
    }
}

/// The trial balance at the end of a day, or over all days.
pub(crate) fn trial_balance(store: &mut dyn Store, book: BookInfo, at: Option<i64>) -> Result<TrialBalance> {
    let accounts = chart::accounts(store, &book)?;
    let mut sums: HashMap<i64, (i128, i128)> = HashMap::new();
    let sql = "SELECT subaccount, amount, book_amount FROM balance
               WHERE tenant = ?1 AND book = ?2 AND day <= ?3 ORDER BY subaccount, day";
    store.query(sql, params![book.tenant.0, book.id.0, at.unwrap_or(i64::MAX)], &mut |row| {
        let sum = sums.entry(row.int(0)?).or_default();
        sum.0 += i128::from(row.int(1)?);
        sum.1 += i128::from(row.int(2)?);
        Ok(())
    })?;
    let mut rows = Vec::new();
    for (id, account, dims) in stored_subs(store, &book)? {
        let Some((amount, book_amount)) = sums.remove(&id) else { continue };
        if account.place() >= accounts.len() {
            return Err(damaged("subaccount", "its account is missing").into());
        }
        // Groups have nothing of their own.
        if dims.len() > accounts[account.place()].dimensions.len() {
            continue;
        }
        rows.push(BalanceRow { account: account.place(), dims, amount, book_amount });
    }
    rows.sort_by(|a, b| (a.account, &a.dims).cmp(&(b.account, &b.dims)));
    Ok(TrialBalance { book, accounts, rows })
}

/// The last day that anything was posted to.
pub(crate) fn last_day(store: &mut dyn Store, book: &BookInfo) -> Result<Option<i64>> {
    let sql = "SELECT max(day) FROM balance WHERE tenant = ?1 AND book = ?2";
    let day = crate::store::first(store, sql, params![book.tenant.0, book.id.0], |row| Ok(row.maybe_int(0)?))?;
    Ok(day.flatten())
}

/// Reads a book's entries page by page, so that memory does not grow with the book.
pub struct JournalReader {
    book: BookInfo,
    until: i64,
    /// The number of the last entry that was read.
    last: i64,
    subs: HashMap<i64, (AccountId, Vec<String>)>,
}

/// How many entries a page has at most.
const PAGE: i64 = 1_000;

impl JournalReader {
    pub(crate) fn new(store: &mut dyn Store, book: BookInfo, at: Option<i64>) -> Result<JournalReader> {
        let subs = stored_subs(store, &book)?.into_iter().map(|(id, account, dims)| (id, (account, dims)));
        Ok(JournalReader { until: at.unwrap_or(i64::MAX), last: 0, subs: subs.collect(), book })
    }

    /// The next entries in the order of their numbers; none are left if it gives none.
    pub(crate) fn page(&mut self, store: &mut dyn Store) -> Result<Vec<JournalEntry>> {
        let (tenant, book) = (self.book.tenant.0, self.book.id.0);
        let sql =
            "SELECT seq, document_day, posting_day, recorded_at, late, text, area, step, instance, author, reverses
                   FROM entry WHERE tenant = ?1 AND book = ?2 AND seq > ?3 AND posting_day <= ?4
                   ORDER BY seq LIMIT ?5";
        let mut entries = all(store, sql, params![tenant, book, self.last, self.until, PAGE], read_entry)?;
        let Some(last) = entries.last().map(|entry| entry.number) else { return Ok(entries) };
        let sql = "SELECT entry, subaccount, kind, amount, book_amount, rate, lot, cost, over_limit FROM entry_line
                   WHERE tenant = ?1 AND book = ?2 AND entry > ?3 AND entry <= ?4 ORDER BY entry, line";
        let mut place = 0;
        store.query(sql, params![tenant, book, self.last, last], &mut |row| {
            let number = row.int(0)?;
            while entries.get(place).is_some_and(|entry| entry.number < number) {
                place += 1;
            }
            let Some(entry) = entries.get_mut(place).filter(|entry| entry.number == number) else { return Ok(()) };
            let known = self.subs.get(&row.int(1)?);
            let (account, dims) = known.ok_or_else(|| damaged("entry_line", "its subaccount is missing"))?;
            entry.lines.push(JournalLine {
                account: *account,
                dims: dims.clone(),
                kind: LineKind::from_number(row.int(2)?).ok_or_else(|| damaged("entry_line", "no such kind"))?,
                amount: row.int(3)?,
                book_amount: row.int(4)?,
                rate: row.maybe_text(5)?.map(str::to_owned),
                lot: row.maybe_int(6)?,
                cost: row.maybe_int(7)?,
                over_limit_by: row.maybe_text(8)?.map(str::to_owned),
            });
            Ok(())
        })?;
        self.last = last;
        Ok(entries)
    }
}

fn read_entry(row: &dyn Row) -> Result<JournalEntry> {
    Ok(JournalEntry {
        number: row.int(0)?,
        document_day: row.int(1)?,
        posting_day: row.int(2)?,
        recorded_at: row.int(3)?,
        late: row.int(4)? != 0,
        text: row.text(5)?.to_owned(),
        area: row.text(6)?.to_owned(),
        step: row.text(7)?.to_owned(),
        instance: row.text(8)?.to_owned(),
        author: row.text(9)?.to_owned(),
        reverses: row.maybe_int(10)?,
        lines: Vec::new(),
    })
}
