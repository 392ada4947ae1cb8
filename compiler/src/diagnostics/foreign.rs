//! The words about lines in other currencies.

use super::codes::Code;
use super::{Diagnostic, Problem};
use crate::typed::last_word;

/// What is wrong with what a line is worth in the book currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Foreign {
    /// It is not said.
    Worth,
    /// It is said twice.
    Twice,
    /// `at rate` behind an amount that is in the book currency, or of an account without book amounts.
    NothingToConvert,
    /// A revaluation of what is kept in the book currency.
    OwnCurrency,
    /// Its account has no book amounts.
    NoBookAmounts,
    /// A second rounding line, or one in a part of the posting.
    RoundingOnce,
    /// Rounding goes to an account in another currency.
    RoundingElsewhere,
}

impl Problem {
    pub(super) fn tell_foreign(&self) -> Option<Diagnostic> {
        Some(match self {
            Problem::Foreign { place, account, book, what } => {
                let (account, book) = (last_word(account), book.code());
                let d = |code, message: String| Diagnostic::new(code, *place, message);
                match what {
                    Foreign::Worth => d(
                        Code::BookAmount,
                        format!("`{account}` is kept in another currency, and this line does not say what it is worth in {book}"),
                    )
                    .here("worth nothing that is said")
                    .note("say the rate behind the amount: `amount at rate`")
                    .note(format!("or what it is worth: `amount worth …`, such as what was booked before, in {book}")),
                    Foreign::Twice => {
                        d(Code::BookAmount, format!("what this line is worth in {book} is said twice"))
                            .here("either a rate or a worth")
                            .note("the amount of `revalue` is a worth itself")
                    }
                    Foreign::NothingToConvert => {
                        d(Code::BookAmount, format!("there is nothing here that a rate makes {book} of"))
                            .here("not money of another currency, or not on an account of the financial books")
                    }
                    Foreign::OwnCurrency => {
                        d(Code::BookAmount, format!("what `{account}` holds is worth itself"))
                            .here("not kept in another currency")
                            .note("`revalue` is for accounts with `in` and another currency behind them in the chart")
                    }
                    Foreign::NoBookAmounts => {
                        d(Code::BookAmount, format!("`{account}` holds no money, so it is worth nothing in the books"))
                            .here("without book amounts")
                    }
                    Foreign::RoundingOnce => {
                        d(Code::RoundingLine, "what rounding leaves goes to one account, once".into())
                            .here("a second rounding line, or one in a part of the posting")
                            .note("let it stand among the posting's lines, outside of `if` and `for`")
                    }
                    Foreign::RoundingElsewhere => d(
                        Code::RoundingLine,
                        format!("rounding leaves {book}, and `{account}` is kept in something else"),
                    )
                    .here("not in the book currency"),
                }
            }
            Problem::ExchangeSides { place, book, found: [given, taken] } => {
                let book = book.code();
                Diagnostic::new(Code::Exchange, *place, format!("one side of an exchange is {book}, the other is not"))
                    .here(format!("{given} for {taken}"))
                    .note(format!(
                        "one currency for another is two exchanges, from the one to {book} and on to the other"
                    ))
            }
            Problem::NoAccountForExchange { place, currency, book } => {
                let (currency, book) = (currency.code(), book.code());
                let kept = if currency == book { String::new() } else { format!(" in {currency}") };
                Diagnostic::new(Code::Exchange, *place, format!("no account is kept for exchange in {currency}"))
                    .here("goes through no account")
                    .note(format!(
                        "declare one in a chart: `equity exchange_{}{kept} for exchange`",
                        currency.to_lowercase()
                    ))
            }
            _ => return None,
        })
    }
}
