//! Goods: what comes in as lots, goes out of them, and moves from one place to another.
//!
//! An account with `lots` keeps what comes in apart, each with what it cost; so a debit says what it is `worth`.
//! `take` looks the oldest ones out, and what is credited next comes out of these. A `move` is a posting of two lines.

use super::function::Code;
use super::outcome::{SHORT, plain_field};
use super::{Checker, Effect};
use crate::diagnostics::Problem;
use crate::source::Place;
use crate::typed::*;
use crate::types::*;
use bp_bytecode::op::{Cmp, Side};
use bp_grammar::ast::{self, Expr};

impl Checker<'_> {
    /// What a line brings in is worth: of an account with lots it has to be said, of others there is no saying it.
    pub(crate) fn worth_of(
        &mut self,
        code: &mut Code,
        account: AccountId,
        side: Side,
        worth: Option<&Expr>,
        place: Place,
    ) -> Option<TExpr> {
        let Account { lots, name, .. } = &self.checked.accounts[account.index()];
        let (lots, name) = (*lots, name.clone());
        let money = Type::Num(Num { unit: Unit::Money(self.book), scale: self.book_scale });
        let told = worth.map(|worth| self.expr_as(code, worth, &money));
        if told.is_some() != (lots && side == Side::Debit) {
            self.report(Problem::Worth { place, account: name, lots, side });
        }
        told
    }

    /// `take 5 of item from warehouse[item, main] oldest first`: what was taken of each lot.
    pub(crate) fn take(&mut self, code: &mut Code, take: &ast::Take, place: Place) -> TExpr {
        self.needs(code, Effect::Changes, place, "`take` takes goods");
        // The thing stands in the account's dimensions; here it is said for the reader.
        self.expr(code, &take.of, None);
        let Some(account) = self.account_of(&take.from) else {
            self.expr(code, &take.amount, None);
            return TExpr::invalid(place);
        };
        let at = self.place(take.from.span);
        let dimensions = self.dimensions(code, account, &take.from.indices, at);
        let Account { lots, ty, name, .. } = &self.checked.accounts[account.index()];
        let (lots, ty, name) = (*lots, ty.clone(), name.clone());
        let amount = self.expr_as(code, &take.amount, &ty);
        if !lots {
            self.report(Problem::NoLots { place: at, account: name });
            return TExpr::invalid(place);
        }
        match take.order.as_ref().map(|order| (order.text.as_str(), self.place(order.span))) {
            None | Some(("oldest", _)) => {}
            Some((_, at)) => self.not_yet(at, "another order of lots than `oldest first`"),
        }
        if amount.ty.is_invalid() || dimensions.iter().any(|d| d.ty.is_invalid()) {
            return TExpr::invalid(place);
        }
        let money = Type::Num(Num { unit: Unit::Money(self.book), scale: self.book_scale });
        let fields = vec![("lot".into(), Type::INT), ("quantity".into(), ty.clone()), ("cost".into(), money)];
        let result = Type::list(Type::Record(self.anonymous(fields)));
        let wanted = code.hidden(ty.clone(), place);
        let read = self.read(code, wanted, place);
        let there = TExpr::new(T::Balance(account, dimensions.clone()), ty.clone(), place);
        let left = code.hidden(ty.clone(), place);
        let read_left = self.read(code, left, place);
        let mut stmts = vec![TStmt { place, kind: S::Let(wanted, amount) }];
        // Where nobody handles it, taking more than there is is a technical error: what was held before is there.
        let account_name = TExpr::text(name, place);
        let types = [Type::Text, ty.clone(), ty];
        let fields = ["account", "wanted", "available"].iter().zip(types);
        let case = Case {
            name: SHORT.into(),
            outside: SHORT.into(),
            fields: fields.map(|(name, ty)| plain_field(name, ty, place)).collect(),
        };
        let declared = code.outcome.is_some_and(|own| self.same_failure(own, &case).is_some());
        if declared
            && let Some(fail) = self.way_out(code, &case, vec![account_name, read.clone(), read_left.clone()], place)
        {
            let short = TExpr::new(T::Compare(Cmp::Gt, read.clone().boxed(), read_left.boxed()), Type::Bool, place);
            let failing = TBlock { stmts: vec![TStmt { place, kind: fail }], value: None, ty: Type::Never };
            let nothing = TBlock { stmts: Vec::new(), value: None, ty: Type::Nothing };
            stmts.push(TStmt { place, kind: S::Let(left, there) });
            stmts.push(TStmt { place, kind: S::If { condition: short, then: failing, otherwise: nothing } });
        }
        let taken = TExpr::new(T::Take { account, dimensions, amount: read.boxed() }, result.clone(), place);
        TExpr::new(T::Block(TBlock { stmts, value: Some(taken.boxed()), ty: result.clone() }), result, place)
    }

    /// `move 5 of item from a[item] to b[item] worth cost`: an entry of two lines, today.
    pub(crate) fn move_(&mut self, code: &mut Code, moved: &ast::Move, place: Place) -> TExpr {
        self.needs(code, Effect::Changes, place, "`move` changes the books");
        self.expr(code, &moved.of, None);
        let mut sides = Vec::new();
        for (side, account) in [(Side::Debit, &moved.to), (Side::Credit, &moved.from)] {
            let Some(id) = self.account_of(account) else { continue };
            let at = self.place(account.span);
            let dimensions = self.dimensions(code, id, &account.indices, at);
            sides.push((side, id, dimensions, at));
        }
        let [to, from] = sides.as_slice() else {
            self.expr(code, &moved.amount, None);
            return TExpr::invalid(place);
        };
        let (to_account, from_account) = (&self.checked.accounts[to.1.index()], &self.checked.accounts[from.1.index()]);
        let ty = from_account.ty.clone();
        let text = format!("{} to {}", last_word(&from_account.name), last_word(&to_account.name));
        if to_account.ty != ty {
            let (expected, found) = (self.show(&ty), self.show(&to_account.ty.clone()));
            self.report(Problem::Mismatch {
                place: to.3,
                expected,
                found,
                hint: Some("both sides count the same".into()),
            });
            return TExpr::invalid(place);
        }
        let amount = self.expr_as(code, &moved.amount, &ty);
        let worth = self.worth_of(code, to.1, Side::Debit, moved.worth.as_ref(), to.3);
        let local = code.hidden(ty, place);
        let read = self.read(code, local, place);
        let mut worth = Some(worth);
        let mut postings = Vec::new();
        for (side, account, dimensions, at) in sides {
            let bounds = self.bounds(code, account, &dimensions, at);
            let (amount, worth) = (read.clone(), worth.take().flatten());
            let kind =
                TPostingKind::Line { account, side, dimensions, amount, bounds, worth, valued: None, over: None };
            postings.push(TPosting { place: at, kind });
        }
        let post = TPost {
            book: None,
            text: TExpr::text(text, place),
            day: TExpr::new(T::Today, Type::Date, place),
            first_open: true,
            postings,
        };
        let stmts = vec![TStmt { place, kind: S::Let(local, amount) }, TStmt { place, kind: S::Post(Box::new(post)) }];
        TExpr::new(T::Block(TBlock { stmts, value: None, ty: Type::Nothing }), Type::Nothing, place)
    }
}
