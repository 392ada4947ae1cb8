//! The questions that a decision's policy asks, and what the searches answer.

use super::example::Examples;
use super::formula::{Formula, Region, meet};
use super::search::{Cover, Mode, OutOfWork, inhabitant, search};
use super::symbol::Reader;
use super::table::{Output, Table, TooMany};
use super::{By, PAIRS_BUDGET, Question, SEARCH_BUDGET, TOLD_MAX, What, Why, is_single, overlap};
use crate::prove::evaluate::{Evaluator, World};
use crate::source::Place;
use crate::typed::*;
use crate::types::*;
use bp_grammar::ast::Policy;
use smol_str::SmolStr;
use std::collections::HashSet;

/// How many boxes the difference of two outputs may come to.
const DIFFERENCE_MAX: usize = 64;
/// How many places that are not sure are looked at for one that is.
const UNSURE_MAX: u32 = 8;
/// How many pairs of rows with outputs that depend on the input are compared.
const LATER_MAX: usize = 20_000;

pub struct Verdicts<'a> {
    checked: &'a Checked,
    decision: &'a Decision,
    reader: Reader<'a>,
    table: Table,
    findings: Vec<What>,
}

impl<'a> Verdicts<'a> {
    pub fn of(checked: &'a Checked, decision: &'a Decision) -> Vec<What> {
        let mut reader = Reader::new(checked);
        let table = match reader.table(decision) {
            Ok(table) => table,
            Err(TooMany(row)) => {
                let whether = is_single(decision) && (decision.default.is_none() || decision.policy == Policy::Unique);
                let question = if decision.default.is_none() { Question::Complete } else { Question::Overlaps };
                let why = Why::Row(row);
                return if whether { vec![What::Undecided { question, why }] } else { Vec::new() };
            }
        };
        let mut verdicts = Verdicts { checked, decision, reader, table, findings: Vec::new() };
        let never = verdicts.never();
        if is_single(decision) {
            verdicts.covered(&never);
        }
        if matches!(decision.policy, Policy::Unique | Policy::Any) {
            verdicts.overlaps();
        }
        verdicts.findings
    }

    fn examples(&self) -> Examples<'_> {
        Examples { checked: self.checked, decision: self.decision, space: &self.reader.space }
    }

    /// The rows that fit no input.
    fn never(&mut self) -> HashSet<u32> {
        let mut work = SEARCH_BUDGET;
        let space = &self.reader.space;
        let terms = space.vars.iter().zip(&space.allowed).any(|(var, set)| !var.term.is_empty() && *set != var.domain);
        let fits = |region: &Region, work: &mut u64| {
            if region.iter().any(|(var, set)| !set.meets(&space.allowed[var.index()])) {
                return false;
            }
            let plain = !terms && !region.iter().any(|(var, _)| space.is_term(*var));
            (plain && self.table.excluded.is_empty())
                || !matches!(inhabitant(space, region, &self.table.excluded, work), Ok(None))
        };
        let mut never = HashSet::new();
        for (row, regions) in (0..).zip(&self.table.rows) {
            if !regions.iter().any(|region| fits(region, &mut work)) {
                never.insert(row);
            }
        }
        let mut rows: Vec<u32> = never.iter().copied().collect();
        rows.sort_unstable();
        for row in rows.into_iter().take(TOLD_MAX) {
            let row = self.decision.rows[row as usize].place;
            self.findings.push(What::Unreached { row, by: By::Itself });
        }
        never
    }

    /// Gaps, and under `first` and `priority` rows that others take everything from.
    fn covered(&mut self, never: &HashSet<u32>) {
        let order = self.order();
        let mode = if order.is_some() { Mode::First } else { Mode::Gaps };
        let rows: Vec<u32> = order.unwrap_or_else(|| (0..self.table.rows.len() as u32).collect());
        let excluded = self.table.excluded.iter().map(|region| Cover { region, row: None });
        let mut covers: Vec<Cover> = excluded.collect();
        for row in &rows {
            covers.extend(self.table.rows[*row as usize].iter().map(|region| Cover { region, row: Some(*row) }));
        }
        let (mut work, mut tries, mut gap, mut left) = (SEARCH_BUDGET, 0, None, false);
        let examples = self.examples();
        let outcome = search(&self.reader.space, &Vec::new(), &covers, mode, &mut work, &mut |mut point| {
            left = true;
            if self.decision.default.is_some() {
                return true;
            }
            point.sure &= !self.table.doubt;
            let found = examples.find(&point, self.table.rows.len(), &mut |inputs| self.is_gap(inputs));
            tries += 1;
            let real = found.1;
            if real || gap.is_none() {
                gap = Some(found);
            }
            real || tries >= UNSURE_MAX
        });
        match (gap, &self.decision.default) {
            (Some((example, true)), _) => self.findings.push(What::Gap { example, text: self.text_input() }),
            (Some((example, false)), _) => self.undecided(Question::Complete, Why::Example(example)),
            (None, None) if !outcome.finished => self.undecided(Question::Complete, Why::Budget),
            (None, Some((_, row))) if outcome.finished && !left => self.findings.push(What::IdleDefault { row: *row }),
            (None, _) => {}
        }
        if mode == Mode::First && outcome.finished {
            self.unreached(&rows, &outcome.reached, never);
        }
    }

    /// The order in which rows win, where they do.
    fn order(&self) -> Option<Vec<u32>> {
        let rows = 0..self.table.rows.len() as u32;
        match self.decision.policy {
            Policy::First => Some(rows.collect()),
            Policy::Priority => {
                let mut ranked = rows.map(|row| Some((self.rank(row)?, row))).collect::<Option<Vec<_>>>()?;
                ranked.sort_unstable();
                Some(ranked.into_iter().map(|(_, row)| row).collect())
            }
            _ => None,
        }
    }

    /// Where a row's output stands among the cases of its enum.
    fn rank(&self, row: u32) -> Option<i128> {
        match self.output(row)? {
            Constant::Number(case) => Some(case),
            Constant::Case(case, _) => Some(i128::from(case)),
            _ => None,
        }
    }

    /// A row's output, where it is the same for every input.
    fn output(&self, row: u32) -> Option<Constant> {
        let world = World::default();
        Evaluator::of_decision(self.checked, self.decision, &world).input(&self.decision.rows[row as usize].output)
    }

    fn is_gap(&self, inputs: &mut Evaluator) -> Option<bool> {
        for row in &self.decision.rows {
            if inputs.row(row, &self.decision.columns)? {
                return Some(false);
            }
        }
        Some(true)
    }

    fn undecided(&mut self, question: Question, why: Why) {
        self.findings.push(What::Undecided { question, why });
    }

    fn text_input(&self) -> Option<SmolStr> {
        let locals = &self.checked.functions[self.decision.func.index()].locals;
        let local = self.decision.columns.iter().map(|column| &locals[column.index()]);
        local.into_iter().find(|local| local.ty == Type::Text).map(|local| local.name.clone())
    }

    fn unreached(&mut self, order: &[u32], reached: &[bool], never: &HashSet<u32>) {
        let is_reached = |row: &u32| reached.get(*row as usize).copied().unwrap_or(false);
        let lost: Vec<u32> = order.iter().copied().filter(|row| !is_reached(row) && !never.contains(row)).collect();
        for row in lost.into_iter().take(TOLD_MAX) {
            let before = order.iter().take_while(|other| **other != row);
            let by = before
                .into_iter()
                .find(|other| self.takes(**other, row))
                .map_or(By::Rows, |other| By::Row(self.place(*other)));
            self.findings.push(What::Unreached { row: self.place(row), by });
        }
    }

    fn place(&self, row: u32) -> Place {
        self.decision.rows[row as usize].place
    }

    /// Whether each box of a row lies in one of another row.
    fn takes(&self, other: u32, row: u32) -> bool {
        let (outer, inner) = (&self.table.rows[other as usize], &self.table.rows[row as usize]);
        let lies_in = |a: &Region, b: &Region| {
            b.iter().all(|(var, set)| {
                let own = a.binary_search_by_key(var, |(var, _)| *var).map(|at| &a[at].1);
                let allowed = &self.reader.space.allowed[var.index()];
                own.unwrap_or(allowed).and(allowed).within(set)
            })
        };
        inner.iter().all(|a| outer.iter().any(|b| lies_in(a, b)))
    }

    fn overlaps(&mut self) {
        let boxes: Vec<(u32, &Region)> =
            (0..).zip(&self.table.rows).flat_map(|(row, regions)| regions.iter().map(move |r| (row, r))).collect();
        let any = self.decision.policy == Policy::Any;
        let outputs: Vec<Option<Constant>> =
            if any { (0..self.table.rows.len() as u32).map(|row| self.output(row)).collect() } else { Vec::new() };
        let (mut work, mut told, mut later) = (PAIRS_BUDGET, Told::default(), Vec::new());
        let finished = overlap::pairs(&self.reader.space, &boxes, &mut work, &mut |a, b, work| {
            let rows = (boxes[a].0, boxes[b].0);
            if any {
                match (&outputs[rows.0 as usize], &outputs[rows.1 as usize]) {
                    (Some(x), Some(y)) if x == y => return false,
                    (Some(_), Some(_)) => {}
                    _ => {
                        later.push((a, b));
                        return later.len() >= LATER_MAX;
                    }
                }
            }
            if let Some(region) = meet(boxes[a].1, boxes[b].1) {
                self.pair(rows, &region, work, &mut told);
            }
            told.enough()
        });
        // Outputs that depend on the input may be equal where both rows fit.
        let mut differences = Vec::with_capacity(later.len());
        for (a, b) in &later {
            let rows = (boxes[*a].0, boxes[*b].0);
            let differ = differ(&mut self.reader, &self.table.outputs, rows).regions(DIFFERENCE_MAX);
            let differ = differ.unwrap_or_else(|| vec![Vec::new()]);
            let both = meet(boxes[*a].1, boxes[*b].1);
            differences.extend(differ.iter().filter_map(|region| Some((rows, meet(both.as_ref()?, region)?))));
        }
        // Comparing outputs may have met values whose conditions are not known here.
        self.table.doubt |= !self.reader.space.pending.is_empty();
        for (rows, region) in differences {
            if told.enough() {
                break;
            }
            self.pair(rows, &region, &mut work, &mut told);
        }
        let full = later.len() >= LATER_MAX;
        self.findings.append(&mut told.findings);
        if (!finished || full) && !self.findings.iter().any(|what| matches!(what, What::Overlap { .. })) {
            self.undecided(Question::Overlaps, Why::Budget);
        }
    }

    /// Whether two rows that a box belongs to meet in it.
    fn pair(&self, rows: (u32, u32), region: &Region, work: &mut u64, told: &mut Told) {
        if told.rows.contains(&rows) {
            return;
        }
        let places = (self.place(rows.0), self.place(rows.1));
        let question = Question::Overlap(places.0, places.1);
        let what = match inhabitant(&self.reader.space, region, &self.table.excluded, work) {
            Ok(None) => return,
            Err(OutOfWork) => What::Undecided { question, why: Why::Budget },
            Ok(Some(mut point)) => {
                point.sure &= !self.table.doubt;
                match self.examples().find(&point, 2, &mut |inputs| self.is_overlap(inputs, rows)) {
                    (example, true) => {
                        What::Overlap { rows: places, example, differ: self.decision.policy == Policy::Any }
                    }
                    (example, false) => What::Undecided { question, why: Why::Example(example) },
                }
            }
        };
        told.rows.insert(rows);
        told.findings.push(what);
    }

    fn is_overlap(&self, inputs: &mut Evaluator, rows: (u32, u32)) -> Option<bool> {
        let (a, b) = (&self.decision.rows[rows.0 as usize], &self.decision.rows[rows.1 as usize]);
        let both = inputs.row(a, &self.decision.columns)? && inputs.row(b, &self.decision.columns)?;
        let differ = self.decision.policy != Policy::Any || inputs.input(&a.output)? != inputs.input(&b.output)?;
        Some(both && differ)
    }
}

/// Overlaps that were found, each pair of rows once.
#[derive(Default)]
struct Told {
    rows: HashSet<(u32, u32)>,
    findings: Vec<What>,
}

impl Told {
    fn enough(&self) -> bool {
        self.findings.len() >= TOLD_MAX
    }
}

/// When two outputs are not equal.
fn differ(reader: &mut Reader, outputs: &[Output], rows: (u32, u32)) -> Formula {
    let (a, b) = (&outputs[rows.0 as usize], &outputs[rows.1 as usize]);
    let mut equal = Vec::new();
    for (when, x) in &a.cases {
        for (and, y) in &b.cases {
            let same = match reader.equal(x, y) {
                Some(same) => same,
                None => reader.unknown(b.place),
            };
            equal.push(when.clone().and(and.clone()).and(same));
        }
    }
    Formula::any(equal).not(&reader.space)
}
