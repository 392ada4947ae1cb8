//! Where a fault of each kind fits.

use super::{Kind, Mutant};
use bp_grammar::nodes::{Node, nodes};
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// How many rows of one data file are dropped or changed at most, evenly spread.
const DATA_ROWS_MAX: usize = 20;

const MODES: [&str; 7] = ["half_up", "half_down", "half_even", "up", "down", "ceiling", "floor"];

/// All single faults of a module and of the data files that its tables name. `texts` has every file of the project.
pub fn sites(path: &Path, texts: &BTreeMap<PathBuf, &str>) -> Vec<Mutant> {
    let text = texts[path];
    let records: Vec<Record> = texts.values().flat_map(|text| records(text)).collect();
    let mut finder = Finder { path, text, texts, records, mutants: Vec::new() };
    for item in nodes(text) {
        // A fault in a test is found by that test.
        let is_test = item.children.iter().flat_map(|node| &node.children).any(|node| node.rule == "test");
        if !is_test {
            finder.item(&item);
        }
    }
    finder.mutants
}

/// A declared record: its fields with the texts of their types, and which are personal.
struct Record {
    name: String,
    fields: Vec<(String, String, bool)>,
}

fn records(text: &str) -> Vec<Record> {
    let mut all = Vec::new();
    for item in nodes(text) {
        item.walk(&mut |node| {
            if node.rule == "record"
                && let (Some(name), Some(fields)) = (node.child("upper"), node.child("fields"))
            {
                let fields = fields.children.iter().filter(|field| field.rule == "field_decl").filter_map(|field| {
                    let personal = field.children.iter().any(|part| part.child("personal").is_some());
                    let name = of(text, field.child("word")?).to_owned();
                    Some((name, of(text, field.child("type_")?).trim().to_owned(), personal))
                });
                all.push(Record { name: of(text, name).to_owned(), fields: fields.collect() });
            }
        });
    }
    all
}

fn of<'t>(text: &'t str, node: &Node) -> &'t str {
    &text[range(node)]
}

fn range(node: &Node) -> Range<usize> {
    node.span.start as usize..node.span.end as usize
}

struct Finder<'t> {
    path: &'t Path,
    text: &'t str,
    texts: &'t BTreeMap<PathBuf, &'t str>,
    records: Vec<Record>,
    mutants: Vec<Mutant>,
}

impl<'t> Finder<'t> {
    fn add(&mut self, kind: Kind, range: Range<usize>, replacement: impl Into<String>) {
        let replacement = replacement.into();
        if self.text[range.clone()] != replacement {
            self.mutants.push(Mutant { kind, path: self.path.to_owned(), range, replacement });
        }
    }

    fn of(&self, node: &Node) -> &'t str {
        &self.text[range(node)]
    }

    fn item(&mut self, item: &Node) {
        let mut all = Vec::new();
        item.walk(&mut |node| all.push(node));
        for node in &all {
            match node.rule.as_str() {
                "postings" => self.postings(node),
                "decision" => self.decision(node),
                "expr" => self.expr(node),
                "number" => self.number(node),
                "type_" => self.type_(node),
                "arms" => {
                    for arm in node.children.iter().filter(|child| child.rule == "arm") {
                        self.add(Kind::CaseDropped, range(arm), "");
                    }
                }
                "let_" => self.add(Kind::AssignmentDropped, range(node), ""),
                "fails" => self.add(Kind::FailureUndeclared, range(node), ""),
                "fn_" => self.recursive(node),
                "for_" => self.unbounded(node.child("expr")),
                "generator" => self.unbounded(node.children.iter().filter(|child| child.rule == "expr").nth(0)),
                "field_mod" | "type_decl" => {
                    if let Some(where_) = node.child("where_") {
                        self.add(Kind::WhereLoosened, range(where_), "");
                    }
                }
                _ => {}
            }
        }
        self.personal(item, &all);
    }

    // ---- books

    fn postings(&mut self, postings: &Node) {
        let line = |node: &'_ Node| node.child("debit_line").cloned();
        let lines: Vec<Node> = postings.children.iter().filter(|n| n.rule == "posting").filter_map(line).collect();
        let amount = |line: &Node| line.children.iter().rfind(|child| child.rule == "expr").cloned();
        for (number, line) in lines.iter().enumerate() {
            let text = self.of(line);
            let Some(expr) = amount(line) else { continue };
            self.add(Kind::LineDropped, range(line), "");
            self.add(Kind::LineDoubled, range(line), format!("{text}\n{text}"));
            self.add(Kind::LineScaled, range(&expr), format!("2 * ({})", self.of(&expr)));
            let side = &line.children[0];
            let other = if self.of(side).starts_with("debit") { "credit" } else { "debit" };
            self.add(Kind::SideChanged, range(side), other);
            let others = lines.iter().cycle().skip(number + 1).take(lines.len() - 1).filter_map(amount);
            if let Some(other) = others.map(|other| self.of(&other)).find(|other| *other != self.of(&expr)) {
                self.add(Kind::AmountReplaced, range(&expr), other);
            }
        }
    }

    // ---- decisions

    /// Of tables that have to be complete and without overlap.
    fn decision(&mut self, decision: &Node) {
        let policy = decision.child("policy").map(|policy| self.of(policy).trim());
        if !matches!(policy, None | Some("unique")) || decision.child("default_row").is_some() {
            return;
        }
        let rows: Vec<&Node> = decision.children.iter().filter(|child| child.rule == "row").collect();
        for (number, row) in rows.iter().enumerate() {
            self.add(Kind::RowDropped, range(row), "");
            let next = rows.get(number + 1).or(number.checked_sub(1).and_then(|before| rows.get(before)));
            self.cells(row, next.copied());
        }
        for template in decision.children.iter().filter(|child| child.rule == "template") {
            for row in template.children.iter().filter(|child| child.rule == "row") {
                self.cells(row, None);
            }
            self.data(template);
        }
    }

    fn cells(&mut self, row: &Node, next: Option<&Node>) {
        let Some(cells) = row.child("cells") else { return };
        for (column, cell) in cells.children.iter().filter(|child| child.rule == "cell").enumerate() {
            let there = next
                .and_then(|next| next.child("cells"))
                .and_then(|cells| cells.children.iter().filter(|child| child.rule == "cell").nth(column));
            let mut found = Vec::new();
            cell.walk(&mut |node| found.push(node));
            for node in found {
                match node.rule.as_str() {
                    "comparison" => {
                        let other = match self.of(node) {
                            "<" => "<=",
                            "<=" => "<",
                            ">" => ">=",
                            ">=" => ">",
                            _ => continue,
                        };
                        self.add(Kind::StrictChanged, range(node), other);
                    }
                    "brackets" | "parens" => {
                        let is_range = node.child("dots").is_some();
                        let exprs = node.children.iter().filter(|child| child.rule == "expr");
                        let before =
                            exprs.clone().filter(|e| node.child("dots").is_some_and(|d| e.span.start < d.span.start));
                        if is_range && before.count() > 0 {
                            let at = range(node).start;
                            let other = if node.rule == "brackets" { "(" } else { "[" };
                            self.add(Kind::StrictChanged, at..at + 1, other);
                        }
                        let after =
                            exprs.clone().any(|e| node.child("dots").is_some_and(|d| e.span.start > d.span.start));
                        if let Some(closer) = node.child("closer").filter(|_| is_range && after) {
                            let other = if self.of(closer) == "]" { ")" } else { "]" };
                            self.add(Kind::StrictChanged, range(closer), other);
                        }
                    }
                    "number" => {
                        let mut other = None;
                        if let Some(there) = there {
                            there.walk(&mut |n| {
                                if other.is_none() && n.rule == "number" && self.of(n) != self.of(node) {
                                    other = Some(self.of(n));
                                }
                            });
                        }
                        if let Some(other) = other {
                            self.add(Kind::EdgeMoved, range(node), other);
                        }
                    }
                    _ => {}
                }
            }
        }
    }

    /// Rows of the files of a template: dropped, and with a bound of the row below.
    fn data(&mut self, template: &Node) {
        let Some(files) = template.child("files") else { return };
        // The columns that its cells, not its results, are made of.
        let mut columns = Vec::new();
        for row in template.children.iter().filter(|child| child.rule == "row") {
            if let Some(cells) = row.child("cells") {
                cells.walk(&mut |node| {
                    if node.rule == "field" {
                        columns.push(self.of(node).trim_start_matches('.').trim());
                    }
                });
            }
        }
        for file in files.children.iter().filter(|child| child.rule == "text") {
            let path = self.path.with_file_name(self.of(file).trim_matches('"'));
            let Some(text) = self.texts.get(&path) else { continue };
            let mut at = 0;
            let mut lines = Vec::new();
            for line in text.split_inclusive('\n') {
                lines.push((at, line));
                at += line.len();
            }
            let Some(((_, header), rows)) = lines.split_first() else { continue };
            let header: Vec<&str> = header.trim_end().split(',').collect();
            let step = rows.len().div_ceil(DATA_ROWS_MAX).max(1);
            for (number, (start, line)) in rows.iter().enumerate().step_by(step) {
                let whole = *start..start + line.len();
                let mut put = |kind, range: Range<usize>, replacement: String| {
                    self.mutants.push(Mutant { kind, path: path.clone(), range, replacement });
                };
                put(Kind::RowDropped, whole, String::new());
                let Some((_, below)) = rows.get(number + 1) else { continue };
                let (cells, below): (Vec<&str>, Vec<&str>) =
                    (line.trim_end().split(',').collect(), below.trim_end().split(',').collect());
                let mut from = *start;
                for (column, cell) in cells.iter().enumerate() {
                    let bound = header.get(column).is_some_and(|name| columns.contains(name));
                    let numeric =
                        |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
                    if let Some(other) = below.get(column)
                        && bound
                        && numeric(cell)
                        && numeric(other)
                        && cell != other
                    {
                        put(Kind::EdgeMoved, from..from + cell.len(), (*other).to_owned());
                    }
                    from += cell.len() + 1;
                }
            }
        }
    }

    // ---- expressions

    fn expr(&mut self, expr: &Node) {
        let parts = &expr.children;
        for (at, part) in parts.iter().enumerate() {
            match part.rule.as_str() {
                "name" if self.of(part) == "round" => {
                    if let Some(call) = parts.get(at + 1).filter(|next| next.rule == "call") {
                        self.round(part, call);
                    }
                }
                "infix" => {
                    let turned = match self.of(part) {
                        "<" => ">",
                        "<=" => ">=",
                        ">" => "<",
                        ">=" => "<=",
                        "==" => "!=",
                        "!=" => "==",
                        _ => continue,
                    };
                    self.add(Kind::ComparisonTurned, range(part), turned);
                }
                "field" => self.field(part),
                _ => {}
            }
        }
    }

    fn round(&mut self, name: &Node, call: &Node) {
        let Some(args) = call.child("args") else { return };
        let args: Vec<&Node> = args.children.iter().filter(|child| child.rule == "arg").collect();
        let Some(first) = args.first().and_then(|arg| arg.child("expr")) else { return };
        let whole = range(name).start..range(call).end;
        self.add(Kind::RoundDropped, whole.clone(), format!("({})", self.of(first)));
        let divides = |node: &&Node| node.rule == "infix" && self.of(node) == "/";
        if let Some(stroke) = first.children.iter().rfind(divides) {
            let above = &self.text[range(first).start..range(stroke).start];
            let below = &self.text[range(stroke).end..range(first).end];
            let rest = &self.text[range(first).end..range(call).end];
            self.add(Kind::QuotientOutside, whole, format!("round({above}{rest} / ({below})"));
        }
        let mode = args[1..].iter().find(|arg| arg.child("word").is_none()).and_then(|arg| arg.child("expr"));
        match mode {
            Some(mode) => {
                let other = MODES.iter().find(|other| **other != self.of(mode) && !other.starts_with("half"));
                self.add(Kind::ModeChanged, range(mode), *other.unwrap_or(&"up"));
            }
            None => {
                let end = range(args[args.len() - 1]).end;
                self.add(Kind::ModeChanged, end..end, ", down");
            }
        }
    }

    fn number(&mut self, number: &Node) {
        let Some(digits) = number.child("digits") else { return };
        let text = self.of(digits);
        // The next number with as many digits.
        let last = text.trim_end_matches(|c: char| !c.is_ascii_digit());
        if let Some(digit) = last.bytes().last() {
            let other = if digit == b'9' { '8' } else { char::from(digit + 1) };
            self.add(Kind::ConstantChanged, range(digits), format!("{}{other}", &last[..last.len() - 1]));
        }
        if let Some(unit) = number.child("unit") {
            let of = self.of(unit);
            if of.len() == 3 && of.bytes().all(|b| b.is_ascii_uppercase()) {
                self.add(Kind::UnitSwapped, range(unit), if of == "EUR" { "USD" } else { "EUR" });
            } else {
                self.add(Kind::UnitSwapped, range(unit), "EUR");
            }
        }
    }

    fn type_(&mut self, ty: &Node) {
        let Some(name) = ty.child("generic").and_then(|generic| generic.child("up_path")) else { return };
        if self.of(name) == "Money" {
            self.add(Kind::QuantityForMoney, range(name), "Quantity");
            if let Some(args) = ty.child("generic").and_then(|generic| generic.child("type_args")) {
                let inside = self.of(args).trim_matches(['<', '>']);
                let code = if inside.trim_start().starts_with("EUR") { "<USD>" } else { "<EUR>" };
                self.add(Kind::UnitSwapped, range(args), code);
            } else {
                let end = range(name).end;
                self.add(Kind::UnitSwapped, end..end, "<EUR>");
            }
        }
    }

    /// Another field of a record with the same type.
    fn field(&mut self, field: &Node) {
        let Some(word) = field.child("word") else { return };
        let name = self.of(word);
        let mut known = self.records.iter().filter(|record| record.fields.iter().any(|(field, ..)| field == name));
        let (Some(record), None) = (known.next(), known.next()) else { return };
        let at = record.fields.iter().position(|(field, ..)| field == name).unwrap_or(0);
        let ty = &record.fields[at].1;
        let others = record.fields.iter().cycle().skip(at + 1).take(record.fields.len() - 1);
        if let Some((other, ..)) = others.into_iter().find(|(_, other, _)| other == ty) {
            let other = other.clone();
            self.add(Kind::WrongField, range(word), other);
        }
    }

    // ---- flow

    fn recursive(&mut self, function: &Node) {
        let (Some(name), Some(params), Some(body)) =
            (function.child("word"), function.child("params"), function.child("body"))
        else {
            return;
        };
        let names = params.children.iter().filter(|child| child.rule == "field_decl");
        let names: Vec<&str> = names.filter_map(|param| Some(self.of(param.child("word")?))).collect();
        self.add(Kind::MadeRecursive, range(body), format!("= {}({})\n", self.of(name), names.join(", ")));
    }

    /// The end of a range that a loop goes through.
    fn unbounded(&mut self, source: Option<&Node>) {
        let Some(source) = source else { return };
        for node in &source.children {
            if let ("brackets" | "parens", Some(dots)) = (node.rule.as_str(), node.child("dots"))
                && let Some(high) = node.children.iter().find(|e| e.rule == "expr" && e.span.start > dots.span.start)
            {
                self.add(Kind::RangeUnbounded, range(high), "");
            }
        }
    }

    /// A personal field of a parameter, written into the text of an entry.
    fn personal(&mut self, item: &Node, all: &[&Node]) {
        let mut shown = None;
        item.walk(&mut |node| {
            if node.rule == "params" && shown.is_none() {
                for param in node.children.iter().filter(|child| child.rule == "field_decl") {
                    let (Some(name), Some(ty)) = (param.child("word"), param.child("type_")) else { continue };
                    let record = self.records.iter().find(|record| record.name == self.of(ty).trim());
                    let field = record.and_then(|record| record.fields.iter().find(|(_, _, personal)| *personal));
                    if let Some((field, ..)) = field {
                        shown = Some(format!("{{{}.{field}}}", self.of(name)));
                    }
                }
            }
        });
        let Some(shown) = shown else { return };
        for post in all.iter().filter(|node| node.rule == "post") {
            if let Some(text) = post.child("text") {
                let end = range(text).end - 1;
                self.add(Kind::PersonalSent, end..end, shown.clone());
            }
        }
    }
}
