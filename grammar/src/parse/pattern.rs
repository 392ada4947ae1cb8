//! Patterns, and the arms of a `match`.

use super::nodes::{Node, Nodes};
use super::{Builder, Rule};
use crate::ast::{Arm, ArmBody, Expr, ExprKind, Pattern, PatternArg, PatternKind};
use crate::error::SyntaxErrorKind;

impl<'a> Builder<'a> {
    /// `{ A => …, B => … }`
    pub(super) fn arms(&mut self, node: Option<Node<'a>>) -> Vec<Arm> {
        let nodes = self.inside(node);
        nodes.map(|arm| self.arm(arm)).collect()
    }

    fn arm(&mut self, node: Node<'a>) -> Arm {
        let span = self.span(&node);
        let mut nodes = Nodes::inside(node);
        let mut patterns = Vec::new();
        while let Some(pattern) = nodes.eat(Rule::pattern) {
            patterns.push(self.pattern(Some(pattern)));
        }
        let body = match nodes.eat(Rule::block) {
            Some(block) => ArmBody::Block(self.block(Some(block))),
            None => ArmBody::Stmt(Box::new(self.stmt(nodes.next()))),
        };
        Arm { span, patterns, body }
    }

    pub(super) fn pattern(&mut self, node: Option<Node<'a>>) -> Pattern {
        let Some(node) = node else {
            self.internal(self.whole(), "a pattern is missing");
            return Pattern { span: self.whole(), kind: PatternKind::Invalid };
        };
        let span = self.span(&node);
        if !self.sink(1, span) {
            return Pattern { span, kind: PatternKind::Invalid };
        }
        let mut nodes = Nodes::inside(node);
        let kind = match nodes.next() {
            Some(inner) => match inner.as_rule() {
                Rule::none => PatternKind::None,
                Rule::wildcard => PatternKind::Wildcard,
                Rule::name => PatternKind::Bind(self.word(Some(inner))),
                Rule::some => self.some(inner),
                Rule::literal_pattern => self.literal_pattern(inner),
                _ => {
                    let path = self.path(Some(inner));
                    let args = nodes.eat(Rule::pattern_args).map(|args| self.pattern_args(args));
                    PatternKind::Case { path, args }
                }
            },
            None => {
                self.internal(span, "a pattern is empty");
                PatternKind::Invalid
            }
        };
        self.rise(1);
        Pattern { span, kind }
    }

    fn some(&mut self, node: Node<'a>) -> PatternKind {
        let span = self.span(&node);
        let mut nodes = Nodes::inside(node);
        let mut args = match nodes.next() {
            Some(args) => self.pattern_args(args),
            None => Vec::new(),
        };
        match (args.pop(), args.is_empty()) {
            (Some(PatternArg { name: None, pattern }), true) => PatternKind::Some(Box::new(pattern)),
            _ => {
                let (found, expected) = ("something else".into(), vec!["one pattern, as in `some(x)`"]);
                self.error(
                    super::first_line(self.text, self.base, span),
                    SyntaxErrorKind::Unexpected { found, expected, within: Some("a pattern") },
                );
                PatternKind::Invalid
            }
        }
    }

    fn pattern_args(&mut self, node: Node<'a>) -> Vec<PatternArg> {
        let mut args = Vec::new();
        for arg in Nodes::inside(node) {
            let mut nodes = Nodes::inside(arg);
            let name = nodes.eat(Rule::word).map(|name| self.word(Some(name)));
            let pattern = self.pattern(nodes.next());
            args.push(PatternArg { name, pattern });
        }
        args
    }

    fn literal_pattern(&mut self, node: Node<'a>) -> PatternKind {
        let span = self.span(&node);
        let mut nodes = Nodes::inside(node);
        let negative = nodes.has(Rule::neg);
        let Some(inner) = nodes.next() else {
            self.internal(span, "a literal is missing");
            return PatternKind::Invalid;
        };
        let mut value = self.literal(inner);
        if negative {
            if !matches!(value.kind, ExprKind::Number(_) | ExprKind::Invalid) {
                let (found, expected) = ("`-`".into(), vec!["a number behind the minus sign"]);
                self.error(span, SyntaxErrorKind::Unexpected { found, expected, within: Some("a pattern") });
            }
            value = Expr { span, kind: ExprKind::Neg(Box::new(value)) };
        }
        PatternKind::Literal(Box::new(value))
    }
}
