//! Decision tables: one row a line.

use super::nodes::{Node, Nodes};
use super::{Builder, Rule, first_line};
use crate::ast::{Cell, CellItem, DecisionDecl, DefaultRow, Expr, Fold, Ident, Policy, Row, RowOrTemplate, Template};
use crate::error::SyntaxErrorKind;
use crate::span::Span;

impl<'a> Builder<'a> {
    pub(super) fn decision(&mut self, mut nodes: Nodes<'a>, span: Span) -> DecisionDecl {
        let name = self.value_name(nodes.next());
        let params = self.params(nodes.eat(Rule::params));
        let mut result = self.inside(nodes.eat(Rule::result));
        let result = self.type_(result.next());
        let (policy, policy_span) = match nodes.eat(Rule::policy) {
            Some(node) => {
                let span = self.span(&node);
                (policy(node), Some(span))
            }
            None => (Policy::Unique, None),
        };
        let (inputs, outputs) = match nodes.eat(Rule::header) {
            Some(header) => self.header(header),
            None => {
                self.internal(span, "a header is missing");
                (Vec::new(), Vec::new())
            }
        };
        let widths = (inputs.len(), outputs.len());
        let mut rows = Vec::new();
        let mut default = None;
        for node in nodes {
            match node.as_rule() {
                Rule::row => rows.push(RowOrTemplate::Row(self.row(node, widths))),
                Rule::template => rows.push(RowOrTemplate::Template(self.template(node, widths))),
                _ => default = Some(self.default_row(node, widths.1)),
            }
        }
        DecisionDecl { name, params, result, policy, policy_span, inputs, outputs, rows, default }
    }

    fn header(&mut self, node: Node<'a>) -> (Vec<Ident>, Vec<Ident>) {
        self.row_line(&node);
        let mut nodes = Nodes::inside(node);
        (self.columns(nodes.next()), self.columns(nodes.next()))
    }

    fn columns(&mut self, node: Option<Node<'a>>) -> Vec<Ident> {
        let nodes = self.inside(node);
        nodes.map(|word| self.word(Some(word))).collect()
    }

    fn row(&mut self, node: Node<'a>, widths: (usize, usize)) -> Row {
        self.row_line(&node);
        let span = self.span(&node);
        let mut nodes = Nodes::inside(node);
        let inputs = self.cells(nodes.next());
        self.width(span, false, widths.0, inputs.len());
        let outputs = self.cells(nodes.next());
        self.width(span, true, widths.1, outputs.len());
        let outputs = outputs.into_iter().map(|cell| self.output(cell)).collect();
        Row { span, inputs, outputs }
    }

    fn default_row(&mut self, node: Node<'a>, width: usize) -> DefaultRow {
        let span = self.span(&node);
        if node.as_str().contains('\n') {
            self.error(first_line(self.text, self.base, span), SyntaxErrorKind::RowOnSeveralLines);
        }
        let outputs = self.cells(Nodes::inside(node).next());
        self.width(span, true, width, outputs.len());
        let outputs = outputs.into_iter().map(|cell| self.output(cell)).collect();
        DefaultRow { span, outputs }
    }

    fn width(&mut self, span: Span, outputs: bool, expected: usize, found: usize) {
        if expected != found {
            let span = first_line(self.text, self.base, span);
            self.error(span, SyntaxErrorKind::RowWidth { outputs, expected, found });
        }
    }

    /// A row stands on a line, and begins it.
    fn row_line(&mut self, node: &Node<'a>) {
        let span = self.span(node);
        if node.as_str().contains('\n') {
            self.error(first_line(self.text, self.base, span), SyntaxErrorKind::RowOnSeveralLines);
        }
        let before = self.text[..(span.start - self.base) as usize].trim_end_matches([' ', '\t']);
        if !before.is_empty() && !before.ends_with(['\n', '{']) {
            self.error(Span::new(span.start, span.start + 1), SyntaxErrorKind::RowNotFirstOnLine);
        }
    }

    fn cells(&mut self, node: Option<Node<'a>>) -> Vec<Cell> {
        let nodes = self.inside(node);
        nodes.map(|cell| self.cell(cell)).collect()
    }

    fn cell(&mut self, node: Node<'a>) -> Cell {
        let span = self.span(&node);
        let mut nodes = Nodes::inside(node);
        let negated = nodes.eat(Rule::not_cell);
        let is_negated = negated.is_some();
        if let Some(node) = negated {
            nodes = Nodes::inside(node);
            nodes.eat(Rule::not);
        }
        Cell { span, negated: is_negated, items: nodes.map(|item| self.cell_item(item)).collect() }
    }

    fn cell_item(&mut self, node: Node<'a>) -> CellItem {
        let span = self.span(&node);
        let inner = Nodes::inside(node).next();
        match inner.as_ref().map(|inner| inner.as_rule()) {
            Some(Rule::wild_cell) => CellItem::Any(span),
            Some(Rule::compare) => {
                let mut nodes = self.inside(inner);
                let op = nodes.next().and_then(|op| super::expr::compare_op(op.as_str()));
                let value = self.expr(nodes.next());
                match op {
                    Some(op) => CellItem::Compare { op, value },
                    None => {
                        self.internal(span, "a comparison is unknown");
                        CellItem::Expr(value)
                    }
                }
            }
            _ => CellItem::Expr(self.expr(inner)),
        }
    }

    /// An output cell: one value.
    fn output(&mut self, cell: Cell) -> Expr {
        let Cell { span, negated, mut items } = cell;
        match (items.pop(), items.is_empty(), negated) {
            (Some(CellItem::Expr(value)), true, false) => value,
            // The one place where `not` is not a matter of the whole cell.
            (Some(CellItem::Expr(value)), true, true) => {
                Expr { span, kind: crate::ast::ExprKind::Not(Box::new(value)) }
            }
            _ => {
                self.error(first_line(self.text, self.base, span), SyntaxErrorKind::ConditionInOutput);
                super::expr::invalid(span)
            }
        }
    }

    fn template(&mut self, node: Node<'a>, widths: (usize, usize)) -> Template {
        let span = self.span(&node);
        let mut nodes = Nodes::inside(node);
        let name = self.value_name(nodes.next());
        let row = self.type_(nodes.next());
        let files = self.files(nodes.next());
        let where_ = nodes.eat(Rule::where_).map(|node| self.where_(Some(node)));
        let rows = nodes.map(|node| self.row(node, widths)).collect();
        Template { span, name, row, files, where_, rows }
    }
}

fn policy(node: Node<'_>) -> Policy {
    let mut nodes = Nodes::inside(node);
    let mut is = |keyword| nodes.has(keyword);
    if is(Rule::kw_rule) {
        Policy::RuleOrder
    } else if is(Rule::kw_output) {
        Policy::OutputOrder
    } else if is(Rule::kw_first) {
        Policy::First
    } else if is(Rule::kw_priority) {
        Policy::Priority
    } else if is(Rule::kw_any) {
        Policy::Any
    } else if is(Rule::kw_collect) {
        Policy::Collect(match nodes.eat(Rule::fold).map(|fold| fold.as_str()) {
            Some("sum") => Fold::Sum,
            Some("min") => Fold::Min,
            Some("max") => Fold::Max,
            Some("count") => Fold::Count,
            _ => Fold::List,
        })
    } else {
        Policy::Unique
    }
}
