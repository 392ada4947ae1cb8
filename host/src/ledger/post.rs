//! Posting entries.

use bp_bytecode::border::{FIRST_DAY, LAST_DAY};

use crate::error::{Refused, Result};
use crate::ledger::lots::Part;
use crate::ledger::rows::{EntryRow, LineRow};
use crate::ledger::state::{Class, Undo};
use crate::ledger::{AccountId, Books, LINES_MAX};

/// An entry to be posted.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    pub text: &'a str,
    /// The day of the document behind it, in days since 1970-01-01.
    pub document_day: i64,
    /// The day that it counts on.
    pub day: i64,
    /// May it go to the first open day where its own is closed? Then it is marked late.
    pub first_open: bool,
    /// The part of the books whose period locks apply, beside those of every part; empty for no part.
    pub area: &'a str,
    pub lines: &'a [Line<'a>],
}

impl<'a> Entry<'a> {
    /// An entry that counts on the day of its document, or not at all where that is closed.
    pub fn new(text: &'a str, day: i64, lines: &'a [Line<'a>]) -> Entry<'a> {
        Entry { text, document_day: day, day, first_open: false, area: "", lines }
    }

    pub fn else_first_open(self) -> Entry<'a> {
        Entry { first_open: true, ..self }
    }

    pub fn in_area(self, area: &'a str) -> Entry<'a> {
        Entry { area, ..self }
    }
}

/// A line of an entry.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    pub account: AccountId,
    /// A value for each dimension of the account, as in a cell of a file.
    pub dims: &'a [&'a str],
    /// At the scale of the account; a debit is positive. A line of amount and book amount 0 is dropped.
    pub amount: i64,
    pub kind: LineKind,
    /// The amount in the book's currency, at the book's scale. Has to be given for money of another currency,
    /// follows from the amount for the book's own, and is not for anything else.
    pub book_amount: Option<i64>,
    /// What goods are worth that come into an account with lots, in the book's currency, 0 or more. Without it they take
    /// over the lots of the first line of this entry that takes the same quantity out of an account with lots.
    pub cost: Option<i64>,
    /// The name of the lot that comes in.
    pub label: &'a str,
    /// Book currency per unit, as a decimal: to be read again, nothing is computed with it.
    pub rate: Option<&'a str>,
    /// Who lets it pass the limits of the account, however much is left.
    pub over_limit_by: Option<&'a str>,
}

/// What a line is there for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum LineKind {
    #[default]
    Normal,
    /// One currency is given for another: amounts of its currency need not add up to zero in this entry.
    Exchange,
    /// A new value for the same amount: the amount is 0, the book amount is the difference.
    Revalue,
    /// What rounding line by line left over.
    Rounding,
    /// What a commit used of a limit or a budget, or `free` gave back: it stands alone.
    Use,
}

impl LineKind {
    pub const ALL: [LineKind; 5] =
        [LineKind::Normal, LineKind::Exchange, LineKind::Revalue, LineKind::Rounding, LineKind::Use];

    /// As the store has it.
    pub fn number(self) -> i64 {
        self as i64
    }

    pub fn from_number(number: i64) -> Option<LineKind> {
        LineKind::ALL.into_iter().find(|kind| kind.number() == number)
    }
}

impl<'a> Line<'a> {
    /// A line of an amount, debits positive.
    pub fn new(account: AccountId, dims: &'a [&'a str], amount: i64) -> Line<'a> {
        Line {
            account,
            dims,
            amount,
            kind: LineKind::Normal,
            book_amount: None,
            cost: None,
            label: "",
            rate: None,
            over_limit_by: None,
        }
    }

    pub fn debit(account: AccountId, dims: &'a [&'a str], amount: i64) -> Line<'a> {
        Line::new(account, dims, amount)
    }

    /// A negative credit is a debit. (The least number there is has no opposite; it is refused by the balance check
    /// or as too large.)
    pub fn credit(account: AccountId, dims: &'a [&'a str], amount: i64) -> Line<'a> {
        Line::new(account, dims, amount.saturating_neg())
    }

    /// Says the amount in the book's currency; its sign is the line's, a debit positive.
    pub fn worth(self, book_amount: i64) -> Line<'a> {
        Line { book_amount: Some(book_amount), ..self }
    }

    /// Says what goods are worth that come into an account with lots.
    pub fn costing(self, cost: i64) -> Line<'a> {
        Line { cost: Some(cost), ..self }
    }

    pub fn labelled(self, label: &'a str) -> Line<'a> {
        Line { label, ..self }
    }

    pub fn at_rate(self, rate: &'a str) -> Line<'a> {
        Line { rate: Some(rate), ..self }
    }

    pub fn over_limit(self, by: &'a str) -> Line<'a> {
        Line { over_limit_by: Some(by), ..self }
    }

    pub fn exchange(self) -> Line<'a> {
        Line { kind: LineKind::Exchange, ..self }
    }

    pub fn rounding(self) -> Line<'a> {
        Line { kind: LineKind::Rounding, ..self }
    }

    /// A difference in value without a difference in amount.
    pub fn revalue(account: AccountId, dims: &'a [&'a str], book_amount: i64) -> Line<'a> {
        Line { kind: LineKind::Revalue, ..Line::new(account, dims, 0).worth(book_amount) }
    }
}

impl Books<'_> {
    /// Posts an entry and gives its number; `None` where all its lines are of amount 0.
    ///
    /// Errors with [`PeriodClosed`](crate::Declared::PeriodClosed), and if it does not balance, names what is not
    /// there, or is too large. Limits are checked when the step ends.
    pub fn post(&mut self, entry: &Entry<'_>) -> Result<Option<i64>> {
        let begun = self.state.journal.len();
        let posted = self.try_post(entry);
        if posted.is_err() {
            self.state.undo_to(begun);
        }
        posted
    }

    fn try_post(&mut self, entry: &Entry<'_>) -> Result<Option<i64>> {
        if entry.lines.len() > LINES_MAX {
            return Err(Refused::TooManyLines.into());
        }
        let (day, late) = self.open_day(entry.day, entry.area, entry.first_open)?;
        let seq = self.begin_entry(entry, (day, late), None)?;
        self.balanced(entry.lines)?;
        let mut out = self.take_out_lines(entry.lines)?;
        for (number, line) in entry.lines.iter().enumerate() {
            let book_amount = self.book_amount(line)?;
            if line.amount == 0 && book_amount == 0 {
                continue;
            }
            let sub = self.state.sub(self.store, line.account, line.dims)?;
            let row = LineRow {
                subaccount: self.state.subs[sub].id,
                kind: line.kind,
                amount: line.amount,
                book_amount,
                rate: line.rate.map(Into::into),
                lot: None,
                over_limit_by: line.over_limit_by.map(Into::into),
            };
            if !self.state.account(line.account)?.spec.lots {
                self.add_line(sub, day, row)?;
            } else if line.amount < 0 {
                let parts = out.iter().find(|taken| taken.line == number).map(|taken| taken.parts.clone());
                for Part { lot, quantity, cost } in parts.unwrap_or_default() {
                    self.add_line(sub, day, LineRow { amount: -quantity, lot: Some((lot, -cost)), ..row.clone() })?;
                }
            } else {
                for (label, quantity, cost) in self.brought_in(line, sub, &mut out)? {
                    let Part { lot, .. } = self.put_in(sub, day, &label, quantity, cost)?;
                    self.add_line(sub, day, LineRow { amount: quantity, lot: Some((lot, cost)), ..row.clone() })?;
                }
            }
        }
        if self.state.entries.last().is_some_and(|entry| entry.lines > 0) {
            return Ok(Some(seq));
        }
        // An entry without lines never was.
        self.state.entries.pop();
        self.state.info.entries -= 1;
        self.state.journal.pop();
        Ok(None)
    }

    /// Takes what the credits of accounts with lots take out, before anything comes in: a move within one entry must
    /// not take its own goods.
    fn take_out_lines(&mut self, lines: &[Line<'_>]) -> Result<Vec<TakenOut>> {
        let mut out = Vec::new();
        for (number, line) in lines.iter().enumerate().filter(|(_, line)| line.amount < 0) {
            if !self.state.account(line.account)?.spec.lots {
                continue;
            }
            let quantity =
                line.amount.checked_neg().ok_or_else(|| Refused::TooLarge { what: "a quantity".to_owned() })?;
            let sub = self.state.sub(self.store, line.account, line.dims)?;
            let parts = self.take_out(sub, quantity)?;
            out.push(TakenOut { line: number, quantity, parts, passed_on: false });
        }
        Ok(out)
    }

    /// The lots that a debit brings in, each with its label, quantity and cost.
    fn brought_in(&self, line: &Line<'_>, sub: usize, out: &mut [TakenOut]) -> Result<Vec<(String, i64, i64)>> {
        if let Some(cost) = line.cost {
            return Ok(vec![(line.label.to_owned(), line.amount, cost)]);
        }
        let taken = out.iter_mut().find(|taken| !taken.passed_on && taken.quantity == line.amount);
        let taken = taken.ok_or_else(|| Refused::NoCost { spot: self.spot(sub) })?;
        taken.passed_on = true;
        Ok(taken.parts.iter().map(|part| (line.label.to_owned(), part.quantity, part.cost)).collect())
    }

    pub(crate) fn begin_entry(
        &mut self,
        entry: &Entry<'_>,
        (day, late): (i64, bool),
        reverses: Option<i64>,
    ) -> Result<i64> {
        for day in [entry.document_day, day] {
            if !(FIRST_DAY..=LAST_DAY).contains(&day) {
                return Err(Refused::NoSuchDay { given: day }.into());
            }
        }
        self.state.info.entries += 1;
        self.state.entries.push(EntryRow {
            seq: self.state.info.entries,
            document_day: entry.document_day,
            posting_day: day,
            recorded_at: self.context.now,
            late,
            text: entry.text.into(),
            area: entry.area.into(),
            step: self.names.step.clone(),
            instance: self.names.instance.clone(),
            author: self.names.author.clone(),
            reverses,
            lines: 0,
        });
        self.state.journal.push(Undo::Entry);
        Ok(self.state.info.entries)
    }

    /// Adds a line to the entry that was begun last.
    pub(crate) fn add_line(&mut self, sub: usize, day: i64, row: LineRow) -> Result<()> {
        self.state.add_posted(sub, day, (row.amount, row.book_amount), row.over_limit_by.is_some())?;
        if let Some(entry) = self.state.entries.last_mut() {
            entry.lines += 1;
            self.state.lines.push(row);
        }
        Ok(())
    }

    /// What a line is worth in the book's currency.
    fn book_amount(&self, line: &Line<'_>) -> Result<i64> {
        let account = self.state.account(line.account)?;
        let spot = || crate::Spot {
            account: account.spec.name.clone(),
            dims: line.dims.iter().map(|value| (*value).to_owned()).collect(),
        };
        let wrong = |book_amount: i64, expected: i128| {
            let book_amount = i128::from(book_amount);
            Err(Refused::WrongBookAmount { spot: spot(), book_amount, expected }.into())
        };
        if let Some(factor) = account.to_book {
            let expected = i128::from(line.amount) * factor;
            return match line.book_amount {
                Some(given) if i128::from(given) != expected => wrong(given, expected),
                _ => i64::try_from(expected)
                    .map_err(|_| Refused::TooLarge { what: format!("the book amount of {}", spot()) }.into()),
            };
        }
        match line.book_amount {
            Some(given) if !account.spec.kind.is_financial() && given != 0 => wrong(given, 0),
            Some(given) => Ok(given),
            None if account.spec.kind.is_financial() && line.amount != 0 => {
                Err(Refused::NoBookAmount { spot: spot() }.into())
            }
            None => Ok(0),
        }
    }

    /// Book amounts add up to zero, and so do amounts in every unit, except those of a currency that is exchanged, and
    /// those of limits, which stand alone.
    fn balanced(&mut self, lines: &[Line<'_>]) -> Result<()> {
        let mut book = 0i128;
        self.state.sums.fill(0);
        for line in lines {
            // Fewer than 2^17 lines of 64 bits: this sum cannot leave 128.
            book += i128::from(self.book_amount(line)?);
            let account = &self.state.accounts[line.account.0 as usize];
            if account.to_book.is_none() && line.kind != LineKind::Use {
                let too_large = || Refused::TooLarge { what: "the sum of the entry".to_owned() };
                let lifted = i128::from(line.amount).checked_mul(account.lift).ok_or_else(too_large)?;
                let sum = &mut self.state.sums[account.unit];
                *sum = sum.checked_add(lifted).ok_or_else(too_large)?;
            }
        }
        let state = &*self.state;
        let exchanged = |unit: usize| {
            let of_unit =
                |line: &&Line<'_>| state.accounts.get(line.account.0 as usize).is_some_and(|a| a.unit == unit);
            lines.iter().filter(of_unit).any(|line| line.kind == LineKind::Exchange)
        };
        for (number, (unit, sum)) in state.units.iter().zip(&state.sums).enumerate() {
            if *sum != 0 && unit.class != Class::Alone && !exchanged(number) {
                return Err(Refused::Unbalanced { unit: unit.name.clone(), difference: *sum, scale: unit.scale }.into());
            }
        }
        if book != 0 {
            let (unit, scale) = (state.info.spec.currency.clone(), state.info.spec.scale);
            return Err(Refused::Unbalanced { unit, difference: book, scale }.into());
        }
        Ok(())
    }
}

/// What a credit line took out of lots.
struct TakenOut {
    /// The place of the line in its entry.
    line: usize,
    quantity: i64,
    parts: Vec<Part>,
    /// Did a debit line take it over?
    passed_on: bool,
}
