//! Postings: their lines, the accounts they name, the day they are booked on.

use super::function::{Binding, Code, CodeKind};
use super::outcome::{PERIOD_CLOSED, plain_field};
use super::{Checker, Def, Effect};
use crate::diagnostics::Problem;
use crate::source::Place;
use crate::typed::*;
use crate::types::*;
use bp_bytecode::op::{self, Cmp};
use bp_grammar::ast::{self, Expr, Ident, Posting, PostingKind};

/// A line as it is written.
#[derive(Clone, Copy)]
pub(super) struct LineParts<'a> {
    pub side: ast::Side,
    pub account: &'a ast::Place,
    pub amount: &'a Expr,
    pub rate: Option<&'a Expr>,
    pub worth: Option<&'a Expr>,
}

impl Checker<'_> {
    /// A posting on a day that may be closed is a posting behind the question whether it is: then it fails.
    pub(crate) fn post(&mut self, code: &mut Code, post: &ast::Post, place: Place) -> S {
        let text = self.expr_as(code, &post.text, &Type::Text);
        let mut stmts = Vec::new();
        let book = post.book.as_ref().map(|book| {
            let value = self.expr_as(code, book, &Type::Text);
            let local = code.hidden(Type::Text, place);
            stmts.push(TStmt { place, kind: S::Let(local, value) });
            self.read(code, local, place)
        });
        let day = match &post.on {
            Some(on) => self.expr_as(code, on, &Type::Date),
            None => {
                self.needs(code, Effect::Reads, place, "a posting without a day is booked today, which");
                TExpr::new(T::Today, Type::Date, place)
            }
        };
        let may_fail = post.on.as_ref().filter(|_| !post.first_open);
        let first_open = may_fail.is_none();
        let day = match may_fail {
            Some(on) => {
                let local = code.hidden(Type::Date, place);
                stmts.push(TStmt { place, kind: S::Let(local, day) });
                let read = self.read(code, local, place);
                let closed = self.closed(code, &read, book.as_ref(), self.place(on.span));
                stmts.extend(closed.map(|kind| TStmt { place, kind }));
                read
            }
            None => day,
        };
        let postings = self.postings(code, &post.postings, true);
        let posted = S::Post(Box::new(TPost { text, book, day, first_open, postings }));
        if stmts.is_empty() {
            return posted;
        }
        stmts.push(TStmt { place, kind: posted });
        S::Expr(TExpr::new(T::Block(TBlock { stmts, value: None, ty: Type::Nothing }), Type::Nothing, place))
    }

    /// `let sale = post …`: what was posted, to be reversed perhaps.
    pub(crate) fn posted(&mut self, code: &mut Code, post: &ast::Post, place: Place) -> TExpr {
        self.needs(code, Effect::Changes, place, "a posting changes the books");
        let kind = self.post(code, post, place);
        let value = TExpr::new(T::Books(OfBooks::Posted, Vec::new()), Type::Posting, place);
        let stmts = vec![TStmt { place, kind }];
        TExpr::new(T::Block(TBlock { stmts, value: Some(value.boxed()), ty: Type::Posting }), Type::Posting, place)
    }

    /// `reverse sale`
    pub(crate) fn reverse(&mut self, code: &mut Code, posting: Option<&Expr>, place: Place) -> Option<S> {
        let Some(posting) = posting else {
            if code.in_undo {
                return Some(S::ReverseStep);
            }
            self.report(Problem::ReverseWhat { place });
            return None;
        };
        self.needs(code, Effect::Changes, place, "a reversal changes the books");
        let posting = self.expr_as(code, posting, &Type::Posting);
        Some(S::ToBooks(ToBooks::Reverse, posting))
    }

    /// `PeriodClosed(date)` where the day is before the first open one.
    fn closed(&mut self, code: &mut Code, day: &TExpr, book: Option<&TExpr>, place: Place) -> Option<S> {
        if day.ty.is_invalid() {
            return None;
        }
        let case = Case {
            name: PERIOD_CLOSED.into(),
            outside: PERIOD_CLOSED.into(),
            fields: vec![plain_field("date", Type::Date, place)],
        };
        let Some(fail) = self.way_out(code, &case, vec![day.clone()], place) else {
            let of = code.owner.clone();
            let failures = vec![PERIOD_CLOSED.into()];
            let inside = if matches!(code.kind, CodeKind::Process(_)) { "process" } else { "action" };
            self.report(Problem::UnhandledFailure { place, action: "post".into(), failures, of, inside });
            return None;
        };
        let open = TExpr::new(T::Books(OfBooks::FirstOpen, book.cloned().into_iter().collect()), Type::Date, place);
        let condition = TExpr::new(T::Compare(Cmp::Lt, day.clone().boxed(), open.boxed()), Type::Bool, place);
        let then = TBlock { stmts: vec![TStmt { place, kind: fail }], value: None, ty: Type::Never };
        let otherwise = TBlock { stmts: Vec::new(), value: None, ty: Type::Nothing };
        Some(S::If { condition, then, otherwise })
    }

    /// The lines of a posting, or of a part of it that need not be posted, or may be posted several times.
    fn postings(&mut self, code: &mut Code, postings: &[Posting], whole: bool) -> Vec<TPosting> {
        let mut out = Vec::new();
        for posting in postings {
            let place = self.place(posting.span);
            let kind = match &posting.kind {
                PostingKind::Invalid => None,
                PostingKind::Line { side, account, amount, rate, worth, over_limit } => {
                    let line = LineParts { side: *side, account, amount, rate: rate.as_ref(), worth: worth.as_ref() };
                    let line = self.line(code, line, place, &mut out);
                    match over_limit {
                        Some(by) => self.over_limit(code, line, by, account),
                        None => line,
                    }
                }
                PostingKind::For { name, source, where_, postings } => {
                    let list = self.source(code, source);
                    let ty = match self.base(&list.ty) {
                        Type::List(of) => (*of).clone(),
                        _ => Type::Invalid,
                    };
                    code.open();
                    let local = self.local(code, name, ty, false);
                    let it = self.read(code, local, place);
                    code.bind("it".into(), Binding::Expr(it.boxed()));
                    let where_ = where_.as_ref().map(|w| self.expr_as(code, w, &Type::Bool));
                    let postings = self.postings(code, postings, false);
                    code.close();
                    Some(TPostingKind::For { local, list, where_, postings })
                }
                PostingKind::If { condition, then, otherwise } => {
                    let condition = self.expr_as(code, condition, &Type::Bool);
                    let then = self.postings(code, then, false);
                    let otherwise = self.postings(code, otherwise, false);
                    Some(TPostingKind::If { condition, then, otherwise })
                }
                PostingKind::Exchange { given, taken, rate } => {
                    self.exchange(code, (given, taken, rate), place, &mut out);
                    None
                }
                PostingKind::Rounding(account) => {
                    let once = whole && !out.iter().any(|p: &TPosting| matches!(p.kind, TPostingKind::Rounding { .. }));
                    self.rounding(code, account, once, place)
                }
                PostingKind::Assert(condition) => {
                    Some(TPostingKind::Assert(self.expr_as(code, condition, &Type::Bool)))
                }
            };
            out.extend(kind.map(|kind| TPosting { place, kind }));
        }
        out
    }

    fn line(
        &mut self,
        code: &mut Code,
        line: LineParts<'_>,
        place: Place,
        out: &mut Vec<TPosting>,
    ) -> Option<TPostingKind> {
        let Some(id) = self.account_of(line.account) else {
            self.expr(code, line.amount, None);
            return None;
        };
        let at = self.place(line.account.span);
        let dimensions = self.dimensions(code, id, &line.account.indices, at);
        let side = match line.side {
            ast::Side::Debit => op::Side::Debit,
            ast::Side::Credit => op::Side::Credit,
            ast::Side::Revalue => return self.revalue(code, (id, dimensions), line, place),
        };
        if line.rate.is_some() || self.is_foreign(id) {
            return self.foreign_line(code, (id, side, dimensions), line, place, out);
        }
        let ty = self.checked.accounts[id.index()].ty.clone();
        let amount = self.expr_as(code, line.amount, &ty);
        let bounds = self.bounds(code, id, &dimensions, at);
        let worth = self.worth_of(code, id, side, line.worth, place);
        Some(TPostingKind::Line { account: id, side, dimensions, amount, bounds, worth, valued: None, over: None })
    }

    /// `over limit by Role` behind a line: who lets it pass is told by their role, which is kept with the line.
    fn over_limit(
        &mut self,
        code: &mut Code,
        mut line: Option<TPostingKind>,
        by: &Expr,
        at: &ast::Place,
    ) -> Option<TPostingKind> {
        let role = self.expr_as(code, by, &Type::Role);
        if let Some(TPostingKind::Line { account, bounds, over, .. }) = &mut line {
            if bounds.is_empty() {
                let (place, account) = (self.place(at.span), self.checked.accounts[account.index()].name.clone());
                self.report(Problem::NoLimit { place, account });
                return None;
            }
            *over = Some(role.boxed());
        }
        line
    }

    pub(crate) fn account_of(&mut self, place: &ast::Place) -> Option<AccountId> {
        let words: Vec<&Ident> = place.path.words.iter().collect();
        match self.def_of_words(&words) {
            Some((Def::Account(id), used)) if used == words.len() => Some(id),
            Some((Def::Broken, _)) => None,
            Some((Def::Module(module), used)) if used < words.len() => {
                self.unknown_in_module(module, words[used], "account");
                None
            }
            Some((_, used)) if used == words.len() => {
                let at = self.place(place.path.span);
                self.report(Problem::NotA { place: at, name: place.path.text().into(), what: "an account" });
                None
            }
            _ => {
                let scope = &self.scopes[self.module].names;
                let accounts = scope.iter().filter(|(_, (d, _))| matches!(d, Def::Account(_))).map(|(n, _)| n.as_str());
                let name = place.path.text();
                let similar = super::names::nearest(&name, accounts);
                let at = self.place(place.path.span);
                self.report(Problem::UnknownName {
                    place: at,
                    what: "account",
                    name: name.into(),
                    similar,
                    inside: None,
                });
                None
            }
        }
    }

    /// What stands in an account's brackets: a value for each of its dimensions.
    pub(crate) fn dimensions(&mut self, code: &mut Code, id: AccountId, indices: &[Expr], place: Place) -> Vec<TExpr> {
        let wanted: Vec<Type> = self.checked.accounts[id.index()].dimensions.iter().map(|(_, t)| t.clone()).collect();
        if indices.len() != wanted.len() {
            let account = &self.checked.accounts[id.index()];
            let names = account.dimensions.iter().map(|(n, _)| n.clone()).collect();
            let account = account.name.clone();
            self.report(Problem::Dimensions { place, account, names, found: indices.len() });
        }
        indices.iter().zip(&wanted).map(|(e, ty)| self.expr_as(code, e, ty)).collect()
    }
}
