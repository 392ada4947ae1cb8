//! Postings: their lines, the accounts they name, the day they are booked on.

use super::function::{Binding, Code};
use super::{Checker, Def, Effect};
use crate::diagnostics::Problem;
use crate::source::Place;
use crate::typed::*;
use crate::types::*;
use bp_bytecode::op;
use bp_grammar::ast::{self, Expr, Ident, Posting, PostingKind};

impl Checker<'_> {
    pub(crate) fn post(&mut self, code: &mut Code, post: &ast::Post, place: Place) -> TPost {
        if let Some(book) = &post.book {
            let at = self.place(book.span);
            self.not_yet(at, "several books");
        }
        let text = self.expr_as(code, &post.text, &Type::Text);
        let day = match &post.on {
            Some(day) => self.expr_as(code, day, &Type::Date),
            None => {
                self.needs(code, Effect::Reads, place, "a posting without a day is booked today, which");
                TExpr::new(T::Today, Type::Date, place)
            }
        };
        let postings = self.postings(code, &post.postings);
        TPost { text, day, first_open: post.first_open, postings }
    }

    fn postings(&mut self, code: &mut Code, postings: &[Posting]) -> Vec<TPosting> {
        let mut out = Vec::new();
        for posting in postings {
            let place = self.place(posting.span);
            let kind = match &posting.kind {
                PostingKind::Invalid => None,
                PostingKind::Line { side, account, amount, worth, over_limit } => {
                    if let Some(over) = over_limit {
                        let at = self.place(over.span);
                        self.not_yet(at, "limits of accounts");
                    }
                    self.line(code, *side, account, amount, worth.as_ref(), place)
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
                    let postings = self.postings(code, postings);
                    code.close();
                    Some(TPostingKind::For { local, list, where_, postings })
                }
                PostingKind::If { condition, then, otherwise } => {
                    let condition = self.expr_as(code, condition, &Type::Bool);
                    let then = self.postings(code, then);
                    let otherwise = self.postings(code, otherwise);
                    Some(TPostingKind::If { condition, then, otherwise })
                }
                PostingKind::Exchange { given, .. } => {
                    let at = self.place(given.span);
                    self.not_yet(at, "exchange lines");
                    None
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
        side: ast::Side,
        account: &ast::Place,
        amount: &Expr,
        worth: Option<&Expr>,
        place: Place,
    ) -> Option<TPostingKind> {
        let side = match side {
            ast::Side::Debit => op::Side::Debit,
            ast::Side::Credit => op::Side::Credit,
            ast::Side::Revalue => {
                self.not_yet(place, "revaluation lines");
                return None;
            }
        };
        let id = self.account_of(account);
        let Some(id) = id else {
            self.expr(code, amount, None);
            return None;
        };
        let at = self.place(account.span);
        let dimensions = self.dimensions(code, id, &account.indices, at);
        let ty = self.checked.accounts[id.index()].ty.clone();
        let amount = self.expr_as(code, amount, &ty);
        let worth = self.worth_of(code, id, side, worth, place);
        Some(TPostingKind::Line { account: id, side, dimensions, amount, worth })
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
