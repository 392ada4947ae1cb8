//! Walking over the grammar's nodes.
//!
//! Marks (`{`, `,`, `=>` …) and keywords have rules of their own, so that an error can name them. The tree has no use for
//! them: [`Nodes::next`] passes over both, [`Nodes::eat`] finds a keyword where it decides something.

use super::Rule;
use pest::iterators::{Pair, Pairs};

pub(super) type Node<'i> = Pair<'i, Rule>;

/// The nodes inside a node, in order.
pub(super) struct Nodes<'i> {
    rest: Option<Pairs<'i, Rule>>,
    ahead: Option<Node<'i>>,
}

/// The rules of marks stand behind all others in the grammar, and the rules of keywords behind those.
fn is_mark(rule: Rule) -> bool {
    (Rule::lbrace..=Rule::yields).contains(&rule)
}

fn is_keyword(rule: Rule) -> bool {
    rule >= Rule::kw_above
}

impl<'i> Nodes<'i> {
    pub(super) fn of_pairs(mut pairs: Pairs<'i, Rule>) -> Self {
        let ahead = pairs.next();
        Nodes { rest: Some(pairs), ahead }
    }

    pub(super) fn inside(node: Node<'i>) -> Self {
        Self::of_pairs(node.into_inner())
    }

    pub(super) fn empty() -> Self {
        Nodes { rest: None, ahead: None }
    }

    /// How many nodes are left, marks and keywords too.
    pub(super) fn len(&self) -> usize {
        self.rest.as_ref().map_or(0, |rest| rest.len()) + usize::from(self.ahead.is_some())
    }

    fn advance(&mut self) -> Option<Node<'i>> {
        std::mem::replace(&mut self.ahead, self.rest.as_mut().and_then(|rest| rest.next()))
    }

    /// The next node, whatever it is.
    pub(super) fn next_any(&mut self) -> Option<Node<'i>> {
        self.advance()
    }

    /// The rule of the next node that is no mark.
    pub(super) fn peek(&mut self) -> Option<Rule> {
        loop {
            let rule = self.ahead.as_ref()?.as_rule();
            if !is_mark(rule) {
                return Some(rule);
            }
            self.advance();
        }
    }

    /// The text of the node that [`Self::peek`] found.
    pub(super) fn peek_text(&self) -> Option<&'i str> {
        self.ahead.as_ref().map(|node| node.as_str())
    }

    /// The next node, if it is of this rule; marks before it are passed over, keywords are not.
    pub(super) fn eat(&mut self, rule: Rule) -> Option<Node<'i>> {
        if self.peek() == Some(rule) { self.advance() } else { None }
    }

    /// Whether this keyword is next; it is taken then.
    pub(super) fn has(&mut self, keyword: Rule) -> bool {
        self.eat(keyword).is_some()
    }
}

impl<'i> Iterator for Nodes<'i> {
    type Item = Node<'i>;

    /// The next node that is neither a mark nor a keyword.
    fn next(&mut self) -> Option<Node<'i>> {
        loop {
            let node = self.advance()?;
            let rule = node.as_rule();
            if !is_mark(rule) && !is_keyword(rule) {
                return Some(node);
            }
        }
    }
}

/// Finds where nodes end, without what was skipped behind their last part.
#[derive(Default)]
pub(super) struct Ends {
    /// The last end that was looked for, and what was found: a node and its last part often end together.
    known: Option<(usize, usize)>,
}

impl Ends {
    /// Where a node begins and ends.
    pub(super) fn of(&mut self, node: &Node<'_>) -> (usize, usize) {
        let span = node.as_span();
        let (start, rough) = (span.start(), span.end());
        let text = node.get_input().as_bytes();
        let blank = |end: usize| end > start && text[end - 1].is_ascii_whitespace();
        if !blank(rough) {
            return (start, rough);
        }
        if let Some((known, end)) = self.known
            && known == rough
            && end > start
        {
            return (start, end);
        }
        let mut end = rough;
        let mut inner = node.clone().into_inner();
        while blank(end) {
            let Some(last) = inner.next_back() else { break };
            end = last.as_span().end();
            inner = last.into_inner();
        }
        self.known = Some((rough, end));
        (start, end)
    }
}
