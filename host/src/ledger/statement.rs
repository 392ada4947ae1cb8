//! Profit and loss, and the balance sheet, in the book's currency.

use bp_bytecode::border::LAST_DAY;

use crate::calendar::{first_day, first_month_of_year, month_of};
use crate::error::Result;
use crate::ledger::{AccountKind, AccountSpec, BookInfo, TrialBalance, report};
use crate::store::Store;

/// An account in a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementRow {
    pub account: AccountSpec,
    /// In the book's currency, at its scale, in the usual direction of the account: income of 100 is 100.
    pub amount: i128,
}

/// The state of a book at the end of a day, and how the fiscal year went until then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    pub book: BookInfo,
    /// The first day of the fiscal year, and the day of the statement, in days since 1970-01-01.
    pub from: i64,
    pub at: i64,
    /// Income and expenses of the fiscal year until the day.
    pub income: Vec<StatementRow>,
    pub expenses: Vec<StatementRow>,
    /// What there is at the end of the day.
    pub assets: Vec<StatementRow>,
    pub liabilities: Vec<StatementRow>,
    pub equity: Vec<StatementRow>,
    /// Income less expenses of earlier years, as far as no entry took it to equity.
    pub carried: i128,
}

impl Statement {
    /// Income less expenses of the fiscal year.
    pub fn profit(&self) -> i128 {
        sum(&self.income) - sum(&self.expenses)
    }

    /// What assets are more than liabilities, equity and all profits: 0, or the books are broken.
    pub fn difference(&self) -> i128 {
        sum(&self.assets) - sum(&self.liabilities) - sum(&self.equity) - self.carried - self.profit()
    }
}

/// The sum of some rows.
pub fn sum(rows: &[StatementRow]) -> i128 {
    rows.iter().map(|row| row.amount).sum()
}

/// The statement at the end of a day; without one, over all days, as of the last day that was posted to.
pub(crate) fn statement(store: &mut dyn Store, book: BookInfo, at: Option<i64>) -> Result<Statement> {
    let at = match at {
        Some(at) => at,
        None => report::last_day(store, &book)?.unwrap_or(0),
    }
    .min(LAST_DAY);
    let from = first_day(first_month_of_year(month_of(at), book.spec.year_start));
    let now = report::trial_balance(store, book.clone(), Some(at))?;
    let before = report::trial_balance(store, book.clone(), Some(from - 1))?;
    let rows = |kind: AccountKind, since: Option<&TrialBalance>| -> Vec<StatementRow> {
        let worth = |totals: &[Option<(i128, i128)>], place: usize| {
            totals.get(place).copied().flatten().map_or(0, |(_, book_amount)| book_amount)
        };
        let (totals, earlier) = (now.totals(), since.map(TrialBalance::totals).unwrap_or_default());
        let of_kind = now.accounts.iter().enumerate().filter(|(_, account)| account.kind == kind);
        let row = |(place, account): (usize, &AccountSpec)| {
            let amount = kind.sign() * (worth(&totals, place) - worth(&earlier, place));
            StatementRow { account: account.clone(), amount }
        };
        of_kind.map(row).filter(|row| row.amount != 0).collect()
    };
    let earned = |kind: AccountKind| -> i128 {
        let of_kind = before.accounts.iter().zip(before.totals()).filter(|(account, _)| account.kind == kind);
        of_kind.map(|(_, total)| total.map_or(0, |(_, book_amount)| kind.sign() * book_amount)).sum()
    };
    Ok(Statement {
        from,
        at,
        income: rows(AccountKind::Income, Some(&before)),
        expenses: rows(AccountKind::Expense, Some(&before)),
        assets: rows(AccountKind::Asset, None),
        liabilities: rows(AccountKind::Liability, None),
        equity: rows(AccountKind::Equity, None),
        carried: earned(AccountKind::Income) - earned(AccountKind::Expense),
        book,
    })
}
