//! What stands in braces, a part a line: blocks, and what has columns in them – charts, postings, decision tables.

use super::print::{Printer, STEP};
use super::tree::{Kind, Layout, Node, Row};

/// How wide the columns of a decision table are.
#[derive(Debug, Default)]
pub(super) struct Columns {
    inputs: Vec<u32>,
    outputs: Vec<u32>,
}

impl Columns {
    /// The width of a row up to its arrow.
    fn head(&self) -> u32 {
        let bars = 3 * (self.inputs.len() as u32).saturating_sub(1);
        2 + self.inputs.iter().sum::<u32>() + bars
    }
}

fn widen(widths: &mut Vec<u32>, column: usize, width: u32) {
    if widths.len() <= column {
        widths.resize(column + 1, 0);
    }
    widths[column] = widths[column].max(width);
}

impl Printer<'_> {
    pub fn block(&mut self, node: &Node, layout: Layout, indent: u32) {
        let (inner, close) = (indent + STEP, node.to - 1);
        let around = std::mem::replace(&mut self.aside, inner + STEP);
        self.piece(node.from);
        if layout == Layout::Table {
            self.table(node, inner);
        } else {
            let mut columns = self.line_columns(&node.kids);
            if let (Layout::Postings { apart: true }, Some(account)) = (layout, columns.get_mut(1)) {
                *account += 1;
            }
            for (index, part) in node.kids.iter().enumerate() {
                self.begin_part(part.from, inner, index == 0);
                match &part.kind {
                    Kind::Line(begins) => self.line(part, begins, &columns, inner),
                    _ => self.run(part, inner, 0),
                }
            }
        }
        self.aside = around;
        self.close(close, indent);
    }

    // -------------------------------------------------------- accounts and postings

    fn line_columns(&self, parts: &[Node]) -> Vec<u32> {
        let mut widths = Vec::new();
        for part in parts {
            let Kind::Line(begins) = &part.kind else { continue };
            for (column, ends) in begins.windows(2).enumerate() {
                if self.can_be_flat(ends[0], ends[1] + 1) {
                    widen(&mut widths, column, self.flat_width(ends[0], ends[1]));
                }
            }
        }
        widths
    }

    fn line(&mut self, part: &Node, begins: &[usize], columns: &[u32], indent: u32) {
        for (column, ends) in begins.windows(2).enumerate() {
            if !self.can_be_flat(ends[0], ends[1]) {
                let kids = part.kids.iter().position(|kid| kid.from >= ends[0]).unwrap_or(part.kids.len());
                let behind = part.kids.iter().position(|kid| kid.from >= ends[1]).unwrap_or(part.kids.len());
                self.stretch(ends[0], ends[1], &part.kids[kids..behind], indent, 0);
                continue;
            }
            self.flat(ends[0], ends[1]);
            if self.can_be_flat(ends[0], ends[1] + 1) {
                self.pad(columns[column] - self.flat_width(ends[0], ends[1]));
            }
        }
        let from = begins.last().copied().unwrap_or(part.from);
        let first = part.kids.iter().position(|kid| kid.from >= from).unwrap_or(part.kids.len());
        if from > part.from && self.pieces.list[from].hard {
            self.newline(indent + STEP);
        }
        self.stretch(from, part.to, &part.kids[first..], indent, 0);
    }

    // -------------------------------------------------------- decision tables

    fn table(&mut self, node: &Node, indent: u32) {
        // The rows of a template share the columns of the table around it.
        let outermost = self.columns.is_none();
        if outermost {
            let mut columns = Columns::default();
            self.measure(&node.kids, indent, &mut columns);
            self.columns = Some(columns);
        }
        for (index, part) in node.kids.iter().enumerate() {
            self.begin_part(part.from, indent, index == 0);
            match &part.kind {
                Kind::Row(row) => self.row(part, row),
                _ => self.run(part, indent, 0),
            }
        }
        if outermost {
            self.columns = None;
        }
    }

    fn measure(&self, parts: &[Node], indent: u32, columns: &mut Columns) {
        for part in parts {
            if let Kind::Row(row) = &part.kind {
                for (column, (from, to)) in row.inputs.iter().enumerate() {
                    widen(&mut columns.inputs, column, self.flat_width(*from, *to));
                }
                for (column, (from, to)) in row.outputs.iter().enumerate() {
                    widen(&mut columns.outputs, column, self.flat_width(*from, *to));
                }
            } else if !self.fits_at(indent, part.from, part.to) {
                self.measure_all(&part.kids, columns);
            }
        }
    }

    /// The rows of a template that does not fit on a line: whether its braces would by themselves says nothing of
    /// where they come to stand.
    fn measure_all(&self, parts: &[Node], columns: &mut Columns) {
        for part in parts {
            match &part.kind {
                Kind::Row(_) => self.measure(std::slice::from_ref(part), 0, columns),
                _ => self.measure_all(&part.kids, columns),
            }
        }
    }

    fn row(&mut self, part: &Node, row: &Row) {
        let columns = self.columns.take().unwrap_or_default();
        self.piece(part.from);
        if row.default {
            let word = self.flat_width(part.from, part.from + 1);
            self.pad(columns.head().saturating_sub(word) + 1);
            self.bare(part.from + 1);
        }
        let inputs = row.inputs.iter().zip(&columns.inputs);
        let outputs = row.outputs.iter().zip(&columns.outputs);
        let last = row.inputs.len() + row.outputs.len();
        for (index, ((from, to), width)) in inputs.chain(outputs).enumerate() {
            self.pad(1);
            self.bare(*from);
            self.flat(from + 1, *to);
            if index + 1 < last {
                // Then the bar, or the arrow.
                self.pad(width.saturating_sub(self.flat_width(*from, *to)) + 1);
                self.bare(*to);
            }
        }
        self.columns = Some(columns);
    }
}
