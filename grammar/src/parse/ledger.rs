//! Statements about books: postings, holds.

use super::nodes::{Node, Nodes};
use super::{Builder, Rule};
use crate::ast::{Expr, Free, Post, Posting, PostingKind, Settle, Side};
use crate::span::Span;

impl<'a> Builder<'a> {
    pub(super) fn post(&mut self, node: Node<'a>) -> Post {
        let mut nodes = Nodes::inside(node);
        let text = self.expr(nodes.next());
        let book = nodes.eat(Rule::kw_in).map(|_| self.expr(nodes.next()));
        let (on, first_open) = match nodes.eat(Rule::on_day) {
            Some(node) => {
                let mut inside = Nodes::inside(node);
                let on = self.expr(inside.next());
                (Some(on), inside.has(Rule::kw_else))
            }
            None => (None, false),
        };
        Post { text, book, on, first_open, postings: self.postings(nodes.next()) }
    }

    fn postings(&mut self, node: Option<Node<'a>>) -> Vec<Posting> {
        let nodes = self.inside(node);
        nodes.map(|posting| self.posting(posting)).collect()
    }

    fn posting(&mut self, node: Node<'a>) -> Posting {
        let span = self.span(&node);
        if !self.sink(1, span) {
            return Posting { span, kind: PostingKind::Invalid };
        }
        let kind = match Nodes::inside(node).next() {
            Some(inner) => self.posting_kind(inner, span),
            None => {
                self.internal(span, "a posting is empty");
                PostingKind::Invalid
            }
        };
        self.rise(1);
        Posting { span, kind }
    }

    fn posting_kind(&mut self, node: Node<'a>, span: Span) -> PostingKind {
        let rule = node.as_rule();
        let mut nodes = Nodes::inside(node);
        match rule {
            Rule::debit_line => {
                let side = if nodes.has(Rule::kw_debit) {
                    Side::Debit
                } else if nodes.has(Rule::kw_credit) {
                    Side::Credit
                } else {
                    Side::Revalue
                };
                let account = self.place(nodes.next());
                let amount = self.expr(nodes.next());
                let rate = nodes.eat(Rule::at_rate).map(|node| self.expr(Nodes::inside(node).next()));
                let worth = self.worth(&mut nodes);
                PostingKind::Line { side, account, amount, rate, worth, over_limit: self.over_limit(&mut nodes) }
            }
            Rule::for_postings => {
                let name = self.value_name(nodes.next());
                let source = self.expr(nodes.next());
                let where_ = nodes.eat(Rule::where_).map(|node| self.where_(Some(node)));
                PostingKind::For { name, source, where_, postings: self.postings(nodes.next()) }
            }
            Rule::if_postings => self.if_postings(nodes, span),
            Rule::exchange => {
                let (given, taken) = (self.expr(nodes.next()), self.expr(nodes.next()));
                PostingKind::Exchange { given, taken, rate: self.expr(nodes.next()) }
            }
            Rule::rounding => PostingKind::Rounding(self.place(nodes.next())),
            Rule::assert_ => PostingKind::Assert(self.expr(nodes.next())),
            _ => {
                self.internal(span, "a posting is unknown");
                PostingKind::Invalid
            }
        }
    }

    fn if_postings(&mut self, mut nodes: Nodes<'a>, span: Span) -> PostingKind {
        let levels = nodes.len() as u32 / 4 + 1;
        if !self.sink(levels, span) {
            return PostingKind::Invalid;
        }
        let mut ways = Vec::new();
        let mut last = Vec::new();
        while let Some(node) = nodes.next() {
            if node.as_rule() == Rule::postings {
                last = self.postings(Some(node));
                break;
            }
            let condition = self.expr(Some(node));
            ways.push((condition, self.postings(nodes.next())));
        }
        self.rise(levels);
        let mut made = None;
        for (condition, then) in ways.into_iter().rev() {
            let otherwise = match made.take() {
                Some((span, kind)) => vec![Posting { span, kind }],
                None => std::mem::take(&mut last),
            };
            let here = Span::new(condition.span.start, span.end);
            made = Some((here, PostingKind::If { condition, then, otherwise }));
        }
        made.map_or(PostingKind::Invalid, |(_, kind)| kind)
    }

    // -------------------------------------------------------- holds

    /// `of item`, where it is there.
    pub(super) fn of(&mut self, nodes: &mut Nodes<'a>) -> Option<Expr> {
        nodes.eat(Rule::of).map(|node| self.expr(Nodes::inside(node).next()))
    }

    pub(super) fn needed_of(&mut self, nodes: &mut Nodes<'a>) -> Expr {
        let mut inside = self.inside(nodes.eat(Rule::of));
        self.expr(inside.next())
    }

    pub(super) fn worth(&mut self, nodes: &mut Nodes<'a>) -> Option<Expr> {
        nodes.eat(Rule::worth).map(|node| self.expr(Nodes::inside(node).next()))
    }

    pub(super) fn over_limit(&mut self, nodes: &mut Nodes<'a>) -> Option<Expr> {
        nodes.eat(Rule::over_limit).map(|node| self.expr(Nodes::inside(node).next()))
    }

    pub(super) fn settle(&mut self, nodes: &mut Nodes<'a>) -> Settle {
        let commit = nodes.has(Rule::kw_commit);
        let what = self.expr(nodes.next());
        Settle { commit, what, of: self.of(nodes) }
    }

    pub(super) fn free(&mut self, node: Node<'a>) -> Free {
        let mut nodes = Nodes::inside(node);
        Free { amount: self.expr(nodes.next()), of: self.place(nodes.next()) }
    }
}
