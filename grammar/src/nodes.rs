//! What the grammar reads, as it reads it, for tools that change programs: nodes by the names of the rules of `bp.pest`.
//! The compiler uses the tree of [`crate::parse`].

use crate::parse::{self, Rule};
use crate::span::Span;
use crate::split;
use pest::iterators::Pair;

/// A rule's piece of the text.
#[derive(Clone, Debug)]
pub struct Node {
    /// `expr`, `debit_line`
    pub rule: String,
    pub span: Span,
    pub children: Vec<Node>,
}

/// The nodes of all items that have no faults.
pub fn nodes(text: &str) -> Vec<Node> {
    if text.len() > split::MAX_FILE_BYTES {
        return Vec::new();
    }
    let mut all = Vec::new();
    for chunk in split::split(text, 0).chunks {
        if chunk.too_deep.is_none()
            && let Some(pairs) = parse::sound_pairs(&text[chunk.span.range()])
        {
            all.extend(pairs.filter(|pair| pair.as_rule() != Rule::EOI).map(|pair| node(pair, chunk.span.start)));
        }
    }
    all
}

fn node(pair: Pair<'_, Rule>, base: u32) -> Node {
    let span = pair.as_span();
    let span = Span { start: base + span.start() as u32, end: base + span.end() as u32 };
    let rule = format!("{:?}", pair.as_rule());
    Node { rule, span, children: pair.into_inner().map(|inner| node(inner, base)).collect() }
}

impl Node {
    /// It and all nodes inside, outer ones first.
    pub fn walk<'n>(&'n self, visit: &mut impl FnMut(&'n Node)) {
        visit(self);
        self.children.iter().for_each(|child| child.walk(visit));
    }

    /// The first child of a rule.
    pub fn child(&self, rule: &str) -> Option<&Node> {
        self.children.iter().find(|child| child.rule == rule)
    }
}
