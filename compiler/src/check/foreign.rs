//! Lines in other currencies: what they are worth in the book currency, exchanges, revaluations, and what rounding
//! line by line leaves over.
//!
//! A line has an amount in its account's currency and a book amount. `at rate` makes the book amount of the amount,
//! `worth m` says it; `revalue` changes the book amount alone. An `exchange` is two lines on the accounts that the
//! chart keeps `for exchange`, one in each currency, of the same book amount; so each currency balances by itself.

use super::function::Code;
use super::post::LineParts;
use super::{Checker, Effect};
use crate::diagnostics::{Foreign, Problem};
use crate::source::Place;
use crate::typed::*;
use crate::types::*;
use bp_bytecode::op::{LineKind, Side};
use bp_bytecode::program::AccountKind;
use bp_bytecode::rounding::Mode;
use bp_grammar::ast::{self, Args, Expr};

impl Checker<'_> {
    /// The type of book amounts.
    fn book_money(&self) -> Type {
        Type::Num(Num { unit: Unit::Money(self.book), scale: self.book_scale })
    }

    /// The currency of an amount of money.
    fn currency_of(&self, ty: &Type) -> Option<Currency> {
        match self.base(ty) {
            Type::Num(Num { unit: Unit::Money(currency), .. }) => Some(currency),
            _ => None,
        }
    }

    /// The currency of an account whose lines have book amounts.
    fn currency_of_account(&self, id: AccountId) -> Option<Currency> {
        let Account { kind, ty, .. } = &self.checked.accounts[id.index()];
        let valued = !matches!(kind, AccountKind::Quantity | AccountKind::Budget | AccountKind::Limit);
        self.currency_of(ty).filter(|_| valued)
    }

    /// Do lines of the account need a book amount, because it is kept in another currency?
    pub(super) fn is_foreign(&self, id: AccountId) -> bool {
        self.currency_of_account(id).is_some_and(|currency| currency != self.book)
    }

    fn foreign(&mut self, place: Place, account: AccountId, what: Foreign) {
        let (account, book) = (self.checked.accounts[account.index()].name.clone(), self.book);
        self.report(Problem::Foreign { place, account, book, what });
    }

    /// How many of a currency one unit of another is.
    pub(super) fn rate(&mut self, code: &mut Code, rate: &Expr, to: Currency) -> Option<TExpr> {
        let rate = self.expr(code, rate, None);
        match self.base(&rate.ty) {
            ty @ Type::Num(Num { unit: Unit::None, .. }) => Some(TExpr { ty, ..rate }),
            Type::Invalid => None,
            _ => {
                let found = self.show(&rate.ty);
                let hint = Some(format!("a rate says how many {} one unit of the other currency is", to.code()));
                self.report(Problem::Mismatch { place: rate.place, expected: "a plain number".into(), found, hint });
                None
            }
        }
    }

    /// Evaluates a value once, for the lines that follow.
    fn named(&mut self, code: &mut Code, value: TExpr, out: &mut Vec<TPosting>) -> TExpr {
        if matches!(value.kind, T::Constant(_) | T::Local(_)) {
            return value;
        }
        let place = value.place;
        let local = code.hidden(value.ty.clone(), place);
        out.push(TPosting { place, kind: TPostingKind::Let(local, value) });
        self.read(code, local, place)
    }

    /// `debit owed[customer] amount at rate`, `credit owed[customer] amount worth what_it_was`
    pub(super) fn foreign_line(
        &mut self,
        code: &mut Code,
        (account, side, dimensions): (AccountId, Side, Vec<TExpr>),
        line: LineParts<'_>,
        place: Place,
        out: &mut Vec<TPosting>,
    ) -> Option<TPostingKind> {
        let at = self.place(line.account.span);
        let foreign = self.is_foreign(account);
        let dimensions: Vec<TExpr> = dimensions.into_iter().map(|value| self.named(code, value, out)).collect();
        let amount = match foreign {
            true => {
                let ty = self.checked.accounts[account.index()].ty.clone();
                self.expr_as(code, line.amount, &ty)
            }
            false => self.expr(code, line.amount, None),
        };
        let bounds = self.bounds(code, account, &dimensions, at);
        let rate = match line.rate {
            Some(rate) => Some(self.rate(code, rate, self.book)?),
            None => None,
        };
        let worth = line.worth.map(|worth| self.expr_as(code, worth, &self.book_money()));
        if amount.ty.is_invalid() || worth.as_ref().is_some_and(|worth| worth.ty.is_invalid()) {
            return None;
        }
        let (rate, worth) = match (rate, worth) {
            (Some(_), Some(_)) => {
                self.foreign(place, account, Foreign::Twice);
                return None;
            }
            (None, None) => {
                self.foreign(place, account, Foreign::Worth);
                return None;
            }
            given => given,
        };
        let Some(rate) = rate else {
            let (amount, book) = (self.named(code, amount, out), worth?);
            let valued = Some(Box::new(Valued { kind: LineKind::Normal, book, rate: None, rounded: false }));
            return Some(TPostingKind::Line {
                account,
                side,
                dimensions,
                amount,
                bounds,
                worth: None,
                valued,
                over: None,
            });
        };
        if self.currency_of_account(account).is_none() || self.currency_of(&amount.ty).is_none_or(|c| c == self.book) {
            self.foreign(place, account, Foreign::NothingToConvert);
            return None;
        }
        let amount = TExpr { ty: self.base(&amount.ty), ..amount };
        let (amount, rate) = (self.named(code, amount, out), self.named(code, rate, out));
        let book = self.at_rate(amount.clone(), rate.clone(), place);
        let amount = if foreign { amount } else { book.clone() };
        let rate = self.written(rate, None, place);
        let valued = Some(Box::new(Valued { kind: LineKind::Normal, book, rate: Some(rate), rounded: true }));
        Some(TPostingKind::Line { account, side, dimensions, amount, bounds, worth: None, valued, over: None })
    }

    /// What an amount is worth at a rate, rounded half up to the book currency's minor unit.
    fn at_rate(&self, amount: TExpr, rate: TExpr, place: Place) -> TExpr {
        let round = TRound {
            kind: RoundKind::Quotient,
            numerators: vec![amount, rate],
            divisors: Vec::new(),
            step: None,
            mode: TMode::Fixed(Mode::HalfUp),
        };
        TExpr::new(T::Round(Box::new(round)), self.book_money(), place)
    }

    /// `revalue owed[customer] difference`
    pub(super) fn revalue(
        &mut self,
        code: &mut Code,
        (account, dimensions): (AccountId, Vec<TExpr>),
        line: LineParts<'_>,
        place: Place,
    ) -> Option<TPostingKind> {
        let book = self.expr_as(code, line.amount, &self.book_money());
        if line.rate.is_some() || line.worth.is_some() {
            self.foreign(place, account, Foreign::Twice);
            return None;
        }
        if !self.is_foreign(account) {
            self.foreign(place, account, Foreign::OwnCurrency);
            return None;
        }
        let ty = self.checked.accounts[account.index()].ty.clone();
        let amount = TExpr::new(T::Constant(Constant::Number(0)), ty, place);
        let at = self.place(line.account.span);
        let bounds = self.bounds(code, account, &dimensions, at);
        let valued = Some(Box::new(Valued { kind: LineKind::Revalue, book, rate: None, rounded: false }));
        Some(TPostingKind::Line {
            account,
            side: Side::Debit,
            dimensions,
            amount,
            bounds,
            worth: None,
            valued,
            over: None,
        })
    }

    /// `exchange given -> taken at rate`: what is given goes to the account that is kept for its currency, and what is taken
    /// comes from the one for the other.
    pub(super) fn exchange(
        &mut self,
        code: &mut Code,
        (given, taken, rate): (&Expr, &Expr, &Expr),
        place: Place,
        out: &mut Vec<TPosting>,
    ) {
        let sides = [given, taken].map(|side| self.expr(code, side, None));
        let Some(rate) = self.rate(code, rate, self.book) else { return };
        if sides.iter().any(|side| side.ty.is_invalid()) {
            return;
        }
        let currencies = [&sides[0], &sides[1]].map(|side| self.currency_of(&side.ty));
        let (book, own) = (
            self.book,
            match currencies {
                [Some(given), Some(taken)] if given != taken && given == self.book => 0,
                [Some(given), Some(taken)] if given != taken && taken == self.book => 1,
                _ => {
                    let found = [&sides[0], &sides[1]].map(|side| self.show(&side.ty));
                    self.report(Problem::ExchangeSides { place, book: self.book, found });
                    return;
                }
            },
        );
        let mut lines = Vec::new();
        for (side, currency) in sides.into_iter().zip(currencies.into_iter().flatten()) {
            let place = side.place;
            let known = self
                .checked
                .accounts
                .iter()
                .position(|account| account.for_exchange && self.currency_of(&account.ty) == Some(currency));
            let Some(known) = known.map(|known| AccountId(known as u32)) else {
                self.report(Problem::NoAccountForExchange { place, currency, book });
                continue;
            };
            let ty = self.checked.accounts[known.index()].ty.clone();
            let amount = self.coerce(side, &ty);
            lines.push((known, self.named(code, amount, out)));
        }
        let Ok([given, taken]) = <[(AccountId, TExpr); 2]>::try_from(lines) else { return };
        if given.1.ty.is_invalid() || taken.1.ty.is_invalid() {
            return;
        }
        let worth = [&given, &taken][own].1.clone();
        let rate = self.named(code, rate, out);
        let rate = self.written(rate, None, place);
        for (side, (account, amount)) in [(Side::Debit, given), (Side::Credit, taken)] {
            let (book, rate) = (worth.clone(), Some(rate.clone()));
            let valued = Some(Box::new(Valued { kind: LineKind::Exchange, book, rate, rounded: false }));
            let (dimensions, bounds) = (Vec::new(), Vec::new());
            let kind =
                TPostingKind::Line { account, side, dimensions, amount, bounds, worth: None, valued, over: None };
            out.push(TPosting { place, kind });
        }
    }

    /// `rounding account`
    pub(super) fn rounding(
        &mut self,
        code: &mut Code,
        account: &ast::Place,
        once: bool,
        place: Place,
    ) -> Option<TPostingKind> {
        let id = self.account_of(account)?;
        let at = self.place(account.span);
        let dimensions = self.dimensions(code, id, &account.indices, at);
        if !once {
            self.foreign(place, id, Foreign::RoundingOnce);
            return None;
        }
        if self.currency_of_account(id) != Some(self.book) {
            self.foreign(at, id, Foreign::RoundingElsewhere);
            return None;
        }
        let bounds = self.bounds(code, id, &dimensions, at);
        Some(TPostingKind::Rounding { account: id, dimensions, bounds })
    }

    /// `for exchange` behind an account in a chart.
    pub(super) fn for_exchange(&mut self, id: AccountId, (kind, ty): (AccountKind, &Type), plain: bool, place: Place) {
        let money = !matches!(kind, AccountKind::Quantity | AccountKind::Budget | AccountKind::Limit);
        let Some(currency) = self.currency_of(ty).filter(|_| money && plain) else {
            self.report(Problem::ClauseHere {
                place,
                what: "what is exchanged goes through an account of money without dimensions",
            });
            return;
        };
        let taken = self
            .checked
            .accounts
            .iter()
            .any(|account| account.for_exchange && self.currency_of(&account.ty) == Some(currency));
        if taken {
            self.report(Problem::ClauseHere { place, what: "one account for exchange is enough for a currency" });
            return;
        }
        self.checked.accounts[id.index()].for_exchange = true;
    }

    /// `book_value(owed[customer])`, `book_value(owed[customer], at: day)`
    pub(super) fn book_value(&mut self, code: &mut Code, args: &Args, place: Place) -> TExpr {
        self.needs(code, Effect::Reads, place, "a balance is read from the books");
        let (args, when) = self.when_and_where(code, args);
        let Some((account, dimensions)) = self.account_argument(code, &args, place) else {
            return TExpr::invalid(place);
        };
        if self.currency_of_account(account).is_none() {
            self.foreign(place, account, Foreign::NoBookAmounts);
            return TExpr::invalid(place);
        }
        let ty = self.book_money();
        if when.is_plain() {
            return TExpr::new(T::Books(OfBooks::BookValue(account), dimensions), ty, place);
        }
        TExpr::new(T::Books(OfBooks::BalanceAt { account, worth: true }, when.behind(dimensions, place)), ty, place)
    }
}
