//! A decision as boxes: one or several for each row, and those that the premises exclude.

use super::formula::{Formula, Region};
use super::space::{Root, Shape, Space, Step, VarId, shape};
use super::symbol::{Cases, Reader, Scope, Symbol};
use crate::source::Place;
use crate::typed::*;
use bp_bytecode::op::Cmp;
use bp_grammar::ast::Policy;

/// How many boxes one row may come to.
const REGIONS_MAX: usize = 512;
/// How deep the payloads of an input are looked at before a cell asks for them.
const DEPTH: u32 = 2;

/// A decision as boxes.
pub struct Table {
    /// For each row. A row without boxes never fits.
    pub rows: Vec<Vec<Region>>,
    /// Inputs that the premises exclude; what only one variable is asked for is in [`Space::allowed`] instead.
    pub excluded: Vec<Region>,
    /// Under `any`, each row's output.
    pub outputs: Vec<Output>,
    /// Some premise was not looked into, so that an example may not satisfy it.
    pub doubt: bool,
}

/// What a row gives, case by case.
pub struct Output {
    pub place: Place,
    pub cases: Cases,
}

/// A row that comes to too many boxes.
pub struct TooMany(pub Place);

impl<'a> Reader<'a> {
    pub fn table(&mut self, decision: &Decision) -> Result<Table, TooMany> {
        let scope = Scope { outermost: true, ..Scope::default() };
        let function = &self.checked.functions[decision.func.index()];
        let mut inputs = Vec::with_capacity(decision.columns.len());
        for column in &decision.columns {
            let local = &function.locals[column.index()];
            let path = self.space.root(self.checked, Root::Input(*column), &local.ty, local.place);
            let value = self.at(path);
            self.unfold(&value, DEPTH);
            inputs.push((value, *column));
        }
        let mut rows = Vec::with_capacity(decision.rows.len());
        for row in &decision.rows {
            let mut fits = Vec::with_capacity(row.cells.len());
            for (cell, (input, _)) in row.cells.iter().zip(&inputs) {
                fits.push(self.cell(cell, input, &scope));
            }
            rows.push(Formula::all(fits).regions(REGIONS_MAX).ok_or(TooMany(row.place))?);
        }
        let outputs = match decision.policy {
            Policy::Any => decision.rows.iter().map(|row| &row.output).collect(),
            _ => Vec::new(),
        };
        let outputs = outputs.into_iter().map(|e| Output { place: e.place, cases: self.value(e, &scope) }).collect();
        let mut premises: Vec<Formula> =
            function.requires.iter().map(|(condition, _)| self.condition(condition, &scope)).collect();
        let doubt = !self.conditions_of_types(&mut premises);
        let excluded = self.exclude(premises, decision)?;
        let excluded = connected(&self.space, excluded, &rows);
        Ok(Table { rows, excluded, outputs, doubt })
    }

    /// Makes the paths of what an input may hold, so that the conditions of their types are known.
    fn unfold(&mut self, value: &Symbol, depth: u32) {
        let Symbol::Path(path) = value else { return };
        if depth == 0 {
            return;
        }
        let steps: Vec<Step> = match shape(self.checked, &self.space.paths[path.index()].ty) {
            Shape::Option(_) => vec![Step::Held],
            Shape::Variant(id) => (0..)
                .zip(&self.checked.enums[id.index()].cases)
                .flat_map(|(case, of)| (0..of.fields.len() as u16).map(move |at| Step::Payload(case, at)))
                .collect(),
            _ => Vec::new(),
        };
        for step in steps {
            let value = self.step(*path, step);
            self.unfold(&value, depth - 1);
        }
    }

    fn cell(&mut self, cell: &Cell, input: &Symbol, scope: &Scope) -> Formula {
        if cell.items.is_empty() {
            return Formula::TRUE;
        }
        let items = cell.items.iter().map(|item| self.item(item, input, scope)).collect();
        let fits = Formula::any(items);
        if cell.negated { fits.not(&self.space) } else { fits }
    }

    fn item(&mut self, item: &CellItem, input: &Symbol, scope: &Scope) -> Formula {
        match item {
            CellItem::Condition(condition) => self.condition(condition, scope),
            CellItem::Equals(e) if matches!(shape(self.checked, &e.ty), Shape::Option(_)) => {
                let mut any = Vec::new();
                for (when, value) in self.value(e, scope) {
                    let holds = self.equal(input, &value).unwrap_or_else(|| self.unknown(e.place));
                    any.push(when.and(holds));
                }
                Formula::any(any)
            }
            CellItem::Equals(e) => self.bound(Cmp::Eq, input, e, scope),
            CellItem::Compare(how, e) => self.bound(*how, input, e, scope),
            CellItem::Range { low, high } => {
                let (mut fits, _) = self.inner(input.clone());
                if let Some((low, closed)) = low {
                    fits = fits.and(self.bound(if *closed { Cmp::Ge } else { Cmp::Gt }, input, low, scope));
                }
                if let Some((high, closed)) = high {
                    fits = fits.and(self.bound(if *closed { Cmp::Le } else { Cmp::Lt }, input, high, scope));
                }
                fits
            }
        }
    }

    /// What an option holds, and when; any other value is itself.
    fn inner(&mut self, value: Symbol) -> (Formula, Option<Symbol>) {
        let is_option = match &value {
            Symbol::None | Symbol::Some(_) => true,
            Symbol::Path(path) => matches!(shape(self.checked, &self.space.paths[path.index()].ty), Shape::Option(_)),
            _ => false,
        };
        match self.held(value.clone()).filter(|_| is_option) {
            Some(held) => held,
            None => (Formula::TRUE, Some(value)),
        }
    }

    /// Options are compared by what they hold.
    fn bound(&mut self, how: Cmp, input: &Symbol, e: &TExpr, scope: &Scope) -> Formula {
        let (there, input) = self.inner(input.clone());
        let mut any = Vec::new();
        for (when, value) in self.value(e, scope) {
            let (known, value) = self.inner(value);
            let holds = match (&input, &value) {
                (Some(input), Some(value)) => self.compared(how, input, value),
                _ => Some(Formula::FALSE),
            };
            let holds = holds.unwrap_or_else(|| self.unknown(e.place));
            any.push(when.and(known).and(holds));
        }
        there.and(Formula::any(any))
    }

    /// What the named types, fields and configuration values that were met ask for; asking may meet more of them.
    /// False if some of it was not looked into.
    fn conditions_of_types(&mut self, conditions: &mut Vec<Formula>) -> bool {
        let mut all = true;
        while let Some((path, check)) = self.space.pending.pop() {
            let value = self.at(path);
            let Some(holds) = self.check(check, value) else {
                all = false;
                continue;
            };
            let guard = self.space.paths[path.index()].guard.iter();
            let guard = Formula::all(guard.map(|(var, set)| Formula::In(*var, set.clone())).collect());
            conditions.push(guard.not(&self.space).or(holds));
        }
        all
    }

    fn exclude(&mut self, premises: Vec<Formula>, decision: &Decision) -> Result<Vec<Region>, TooMany> {
        let mut excluded = Vec::new();
        let mut open = premises;
        while let Some(premise) = open.pop() {
            match premise {
                Formula::All(parts) => open.extend(parts),
                Formula::In(var, set) => self.space.restrict(var, &set),
                any => excluded.extend(any.not(&self.space).regions(REGIONS_MAX).ok_or(TooMany(decision.place))?),
            }
        }
        Ok(excluded)
    }
}

/// The excluded boxes that have to do with what the rows look at, over any number of others.
fn connected(space: &Space, mut excluded: Vec<Region>, rows: &[Vec<Region>]) -> Vec<Region> {
    let mut met = vec![false; space.vars.len()];
    let meet = |var: VarId, met: &mut Vec<bool>| {
        let new = !met[var.index()];
        met[var.index()] = true;
        for (part, _) in &space.vars[var.index()].term {
            met[part.index()] = true;
        }
        new
    };
    rows.iter().flatten().flatten().for_each(|(var, _)| {
        meet(*var, &mut met);
    });
    let touches = |var: VarId, met: &[bool]| {
        met[var.index()] || space.vars[var.index()].term.iter().any(|(part, _)| met[part.index()])
    };
    let mut kept = Vec::new();
    loop {
        let (near, far): (Vec<Region>, Vec<Region>) =
            excluded.into_iter().partition(|region| region.iter().any(|(var, _)| touches(*var, &met)));
        if near.is_empty() {
            return kept;
        }
        near.iter().flatten().for_each(|(var, _)| {
            meet(*var, &mut met);
        });
        kept.extend(near);
        excluded = far;
    }
}
