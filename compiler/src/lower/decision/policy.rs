//! Which rows of a decision count, and what becomes of them.

use super::Table;
use super::tree::Growth;
use crate::lower::aggregate::Gathered;
use crate::lower::cost;
use crate::lower::error::Result;
use crate::lower::expr::Dest;
use crate::lower::function::{Builder, Reg, Target};
use crate::source::Place;
use crate::typed::{Aggregate, Constant};
use crate::types::Type;
use bp_bytecode::index::DecisionId;
use bp_bytecode::op::{Cmp, Def, Op, Stop, Use};
use bp_bytecode::shape::RegType;
use bp_grammar::ast::{Fold, Policy};
use std::collections::HashMap;

/// What a set of rows whose constant cells fit comes to, for a policy with one result.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Outcome {
    Row(u32),
    Nobody,
    Several,
    /// These rows, of which code tests some, in the order in which they are looked at.
    Code(Vec<u32>),
}

impl Table<'_> {
    fn outcome(&self, rows: &[u32]) -> Outcome {
        let sure = |row: &u32| !self.is_tested(*row);
        let mut rows = rows.to_vec();
        match self.decision.policy {
            Policy::Unique => {
                if rows.iter().filter(|row| sure(row)).count() > 1 {
                    return Outcome::Several;
                }
            }
            Policy::Any => {
                let outputs = |row: &u32| &self.outputs[*row as usize];
                let mut surely = rows.iter().filter(|row| sure(row));
                if let Some(first) = surely.next() {
                    if surely.any(|row| outputs(row) != outputs(first)) {
                        return Outcome::Several;
                    }
                    // What agrees with a row that surely fits changes nothing, except which row comes first.
                    let first = *first;
                    rows.retain(|row| *row == first || outputs(row) != outputs(&first));
                }
            }
            _ => {
                if self.decision.policy == Policy::Priority {
                    rows.sort_by_key(|row| (self.rank(*row), *row));
                }
                if let Some(last) = rows.iter().position(sure) {
                    rows.truncate(last + 1);
                }
            }
        }
        match rows[..] {
            [] => Outcome::Nobody,
            [row] if sure(&row) => Outcome::Row(row),
            _ => Outcome::Code(rows),
        }
    }
}

impl Builder<'_, '_> {
    fn grow(&self, table: &Table, leaf: &mut dyn FnMut(&[u32]) -> u32) -> Result<super::tree::Graph> {
        let first_wins = table.decision.policy == Policy::First;
        let place = table.decision.place;
        Growth::new(&table.space, first_wins, self.t.tree_nodes_max, place).grow(leaf)
    }

    /// A policy by which one row gives the result, known before any output is evaluated.
    pub fn single(&mut self, table: &Table) -> Result<()> {
        let place = table.decision.place;
        let nobody = table.nobody();
        // Leaf r is row r, then come `nobody`, `several`, and those that have code.
        let (mut codes, mut numbers) = (Vec::new(), HashMap::new());
        let mut possible = (false, false);
        let graph = self.grow(table, &mut |rows| match table.outcome(rows) {
            Outcome::Row(row) => row,
            Outcome::Nobody => {
                possible.0 = true;
                nobody
            }
            Outcome::Several => {
                possible.1 = true;
                nobody + 1
            }
            Outcome::Code(rows) => *numbers.entry(rows).or_insert_with_key(|rows: &Vec<u32>| {
                codes.push(rows.clone());
                nobody + 1 + codes.len() as u32
            }),
        })?;
        let leaves = nobody + 2 + codes.len() as u32;
        let leaf = self.search(&table.space, &graph, leaves, place)?;

        // Without code, the leaf is the row.
        let row = if codes.is_empty() { leaf } else { self.fresh(RegType::Word)? };
        let (found, none, several) = (self.label(), self.label(), self.label());
        if !codes.is_empty() {
            let (direct, last) = (self.label(), self.label());
            let mut targets = vec![direct; nobody as usize + 2];
            targets.extend(codes.iter().map(|_| self.label()));
            let bodies: Vec<Target> = targets[nobody as usize + 2..].to_vec();
            targets.push(last);
            self.switch(leaf, &targets, place)?;
            for (rows, body) in codes.iter().zip(bodies) {
                self.here(body);
                self.candidates(table, rows, row, [found, none, several])?;
            }
            self.here(last);
            self.halt(Stop::Unreachable, 0, place)?;
            self.here(direct);
        }
        self.convert(row, leaf, place)?;
        let stops = [
            (possible.0 && table.decision.default.is_none(), nobody, Stop::NoRow),
            (possible.1, nobody + 1, Stop::SeveralRows),
        ];
        for (_, number, why) in stops.into_iter().filter(|stop| stop.0) {
            let (number, fine) = (self.int(i64::from(number), place)?, self.label());
            let other = self.compare(Cmp::Ne, leaf, number, place)?;
            self.jump_if(other, fine, place)?;
            self.halt(why, table.id.0, place)?;
            self.here(fine);
        }
        self.jump(found, place)?;

        self.here(several);
        self.halt(Stop::SeveralRows, table.id.0, place)?;
        self.here(none);
        match table.decision.default {
            Some(_) => self.set_number(row, i128::from(nobody), place)?,
            None => self.halt(Stop::NoRow, table.id.0, place)?,
        }
        self.here(found);
        self.matched(table, row, place)?;
        let out = match table.outputs.iter().all(is_stored) {
            true => self.fresh_stored(&table.decision.output, place)?,
            false => self.fresh_for(&table.decision.output, place)?,
        };
        self.row_output(table, row, out)?;
        self.give(out, place)
    }

    /// Tests rows in order; goes to one of `found` (with `row` set), `none`, `several`.
    fn candidates(&mut self, table: &Table, rows: &[u32], row: Reg, to: [Target; 3]) -> Result<()> {
        let place = table.decision.place;
        let [found, none, several] = to;
        self.begin_body(place)?;
        self.cost(cost::CANDIDATE * rows.len() as u64);
        let first_wins = matches!(table.decision.policy, Policy::First | Policy::Priority);
        // Under `unique` and `any`: the class of the first row that fits, from 1 on; 0 while none does. Rows that
        // may fit together are of one class.
        let mut classes = HashMap::new();
        let mut class_of = |at: usize, row: u32| match table.decision.policy {
            Policy::Any => {
                let next = classes.len() as i64 + 1;
                *classes.entry(&table.outputs[row as usize]).or_insert(next)
            }
            _ => at as i64 + 1,
        };
        let (class, zero) = (self.int(0, place)?, self.int(0, place)?);
        if !first_wins {
            self.set_number(row, i128::from(table.nobody()), place)?;
        }
        for (at, candidate) in rows.iter().enumerate() {
            let next = self.label();
            self.row_fits(table, *candidate, next)?;
            if first_wins {
                self.set_number(row, i128::from(*candidate), place)?;
                self.jump(found, place)?;
            } else {
                let own = self.int(class_of(at, *candidate), place)?;
                let take = self.label();
                let empty = self.compare(Cmp::Eq, class, zero, place)?;
                self.jump_if(empty, take, place)?;
                let differs = self.compare(Cmp::Ne, class, own, place)?;
                self.jump_if(differs, several, place)?;
                self.jump(next, place)?;
                self.here(take);
                self.mov(class, own, place)?;
                self.set_number(row, i128::from(*candidate), place)?;
            }
            self.here(next);
        }
        if !first_wins {
            let empty = self.compare(Cmp::Eq, class, zero, place)?;
            self.jump_unless(empty, found, place)?;
        }
        self.jump(none, place)?;
        self.end_body();
        Ok(())
    }

    fn matched(&mut self, table: &Table, row: Reg, place: Place) -> Result<()> {
        self.emit(Op::Matched { decision: DecisionId(table.id.0 as u16), row: Use(row) }, place)
    }

    /// A policy by which several rows count, or whose winner depends on outputs that have to be evaluated.
    pub fn several(&mut self, table: &Table) -> Result<()> {
        let place = table.decision.place;
        // All sets of rows stand one behind the other in the constants; a leaf says which stretch is its own.
        let (mut pool, mut stretches, mut numbers) = (Vec::new(), Vec::new(), HashMap::new());
        let graph = self.grow(table, &mut |rows| {
            *numbers.entry(rows.to_vec()).or_insert_with(|| {
                stretches.push((pool.len() as i64, rows.len() as i64));
                pool.extend(rows.iter().map(|row| i128::from(*row)));
                stretches.len() as u32 - 1
            })
        })?;
        let leaf = self.search(&table.space, &graph, stretches.len() as u32, place)?;
        let (start, count) = (self.fresh(RegType::Word)?, self.fresh(RegType::Word)?);
        self.fetch_word(stretches.iter().map(|stretch| stretch.0), leaf, start, place)?;
        self.fetch_word(stretches.iter().map(|stretch| stretch.1), leaf, count, place)?;
        let base = self.t.constant_run(pool.iter().copied());

        let gathering = self.begin_rows(table, place)?;
        let (row, index) = (self.fresh(RegType::Word)?, self.fresh(RegType::Wide)?);
        let any = self.int(0, place)?;
        self.count_up(count, place, |b, at, round| {
            b.cost(cost::CANDIDATE);
            b.emit(Op::Add { dst: Def(index), a: Use(start), b: Use(at) }, place)?;
            let index = b.narrowed(index, place)?;
            b.emit(Op::Pick { dst: Def(row), base, index: Use(index) }, place)?;
            b.test_row(table, row, round.next)?;
            b.set_number(any, 1, place)?;
            b.take_row(table, &gathering, row, place)
        })?;
        let done = self.label();
        self.jump_if(any, done, place)?;
        if table.decision.default.is_some() {
            self.set_number(row, i128::from(table.nobody()), place)?;
            self.take_row(table, &gathering, row, place)?;
        } else if matches!(table.decision.policy, Policy::Any | Policy::Priority) || self.has_no_option(table) {
            self.halt(Stop::NoRow, table.id.0, place)?;
        }
        self.here(done);
        self.end_rows(table, gathering, place)
    }

    /// Whether the result of a `collect min` or `max` cannot say that there was nothing.
    fn has_no_option(&self, table: &Table) -> bool {
        let result = &self.t.checked.functions[table.decision.func.index()].result;
        let folds = matches!(table.decision.policy, Policy::Collect(Fold::Min | Fold::Max));
        folds && !matches!(self.t.base(result), Type::Option(_))
    }

    /// Goes to `otherwise` unless the cells that code has to test fit, of the row whose number is in a register.
    fn test_row(&mut self, table: &Table, row: Reg, otherwise: Target) -> Result<()> {
        let rows = 0..table.nobody();
        if !rows.clone().any(|row| table.is_tested(row)) {
            return Ok(());
        }
        let place = table.decision.place;
        let fits = self.label();
        let mut tests = Vec::new();
        let mut targets: Vec<Target> = Vec::with_capacity(rows.len() + 1);
        for row in rows {
            if table.is_tested(row) {
                let test = self.label();
                tests.push((row, test));
                targets.push(test);
            } else {
                targets.push(fits);
            }
        }
        targets.push(fits);
        self.switch(row, &targets, place)?;
        for (row, test) in tests {
            self.here(test);
            self.begin_body(place)?;
            self.row_fits(table, row, otherwise)?;
            self.end_body();
            self.jump(fits, place)?;
        }
        self.here(fits);
        Ok(())
    }

    // ---- what becomes of the rows

    fn begin_rows(&mut self, table: &Table, place: Place) -> Result<Rows> {
        let output = table.decision.output.clone();
        let kind = match table.decision.policy {
            Policy::Collect(Fold::Sum) => Aggregate::Sum,
            Policy::Collect(Fold::Count) => Aggregate::Count,
            Policy::Collect(Fold::Min) => Aggregate::Min,
            Policy::Collect(Fold::Max) => Aggregate::Max,
            _ => Aggregate::List,
        };
        let ty = match kind {
            Aggregate::List => Type::list(output.clone()),
            Aggregate::Min | Aggregate::Max => Type::option(output.clone()),
            _ => Type::INT,
        };
        // Results are numbers in between, which no list holds: what rows agree on is kept as it is.
        if table.decision.policy == Policy::Any {
            let option = Type::option(output.clone());
            let agreed = self.begin_gather(Aggregate::First, &output, &option, place)?;
            let (winner, out) = (self.int(0, place)?, self.fresh_for(&output, place)?);
            return Ok(Rows { kept: Kept::Agreed { agreed, winner }, ty, out });
        }
        let gathered = self.begin_gather(kind, &output, &ty, place)?;
        let numbers = match table.decision.policy {
            Policy::Priority => {
                let ints = self.t.int_list(place)?;
                Some(self.empty_list(ints, place)?)
            }
            _ => None,
        };
        // An element that is too large is told where its row says it.
        let constants = table.outputs.iter().all(Option::is_some);
        let out = match kind == Aggregate::List && (!constants || table.outputs.iter().all(is_stored)) {
            true => self.fresh_stored(&output, place)?,
            false => self.fresh_for(&output, place)?,
        };
        Ok(Rows { kept: Kept::All { gathered, numbers }, ty, out })
    }

    fn take_row(&mut self, table: &Table, rows: &Rows, row: Reg, place: Place) -> Result<()> {
        let end = self.label();
        match &rows.kept {
            Kept::Agreed { agreed, winner } => {
                self.row_output(table, row, rows.out)?;
                let first = self.label();
                let known = self.kept_or(agreed, first, place)?;
                let same = self.equal(known, rows.out, Dest::Any, place)?;
                self.jump_if(same, end, place)?;
                self.halt(Stop::SeveralRows, table.id.0, place)?;
                self.here(first);
                self.keep(agreed, rows.out, place)?;
                self.mov(*winner, row, place)?;
            }
            Kept::All { gathered, numbers } => {
                match numbers {
                    Some(numbers) => self.append(*numbers, row, place)?,
                    None => self.matched(table, row, place)?,
                }
                self.row_output(table, row, rows.out)?;
                self.gather(gathered, Some(rows.out), end, place)?;
            }
        }
        self.here(end);
        Ok(())
    }

    fn end_rows(&mut self, table: &Table, rows: Rows, place: Place) -> Result<()> {
        let (gathered, numbers) = match rows.kept {
            Kept::Agreed { agreed, winner } => {
                self.matched(table, winner, place)?;
                let nothing = self.label();
                let value = self.kept_or(&agreed, nothing, place)?;
                self.give(value, place)?;
                self.here(nothing);
                return self.halt(Stop::NoRow, table.id.0, place);
            }
            Kept::All { gathered, numbers } => (gathered, numbers),
        };
        let gathered = self.end_gather(gathered, &rows.ty, Dest::Any, place)?;
        let output = table.decision.output.clone();
        let got = match table.decision.policy {
            Policy::Priority => {
                let best = self.fresh_for(&output, place)?;
                let first = self.fresh(RegType::Word)?;
                let order = self.output_order(table, gathered, place)?;
                let zero = self.int(0, place)?;
                self.item_into(first, order, zero, &Type::INT, place)?;
                self.item_into(best, gathered, first, &output, place)?;
                self.note_winner(table, numbers, first, place)?;
                best
            }
            Policy::OutputOrder if table.ranked => {
                let list_type = self.reg_type(gathered);
                let sorted = self.empty_list(list_type, place)?;
                let order = self.output_order(table, gathered, place)?;
                let (at, element) = (self.fresh(RegType::Word)?, self.fresh_for(&output, place)?);
                self.each(order, &Type::INT, at, place, |b, _| {
                    b.item_into(element, gathered, at, &output, place)?;
                    b.append(sorted, element, place)
                })?;
                sorted
            }
            Policy::Collect(Fold::Min | Fold::Max) if self.has_no_option(table) => {
                let (held, nothing) = (self.fresh_for(&output, place)?, self.label());
                self.unsome_into(held, gathered, &output, nothing, place)?;
                self.meets_result(table, held)?;
                self.give(held, place)?;
                self.here(nothing);
                return self.halt(Stop::NoRow, table.id.0, place);
            }
            _ => gathered,
        };
        if table.decision.policy != Policy::Priority {
            self.meets_result(table, got)?;
        }
        self.give(got, place)
    }

    /// What is put together of several rows has to meet the conditions of the result's own type: no row knows it whole.
    fn meets_result(&mut self, table: &Table, got: Reg) -> Result<()> {
        let checked = self.t.checked;
        let result = &checked.functions[table.decision.func.index()].result;
        let Type::Named(id) = result else { return Ok(()) };
        let named = &checked.named[id.index()];
        self.cost(cost::CALL * named.checks.len() as u64);
        self.checks(&named.checks, got, &named.base, table.decision.place)
    }

    fn note_winner(&mut self, table: &Table, numbers: Option<Reg>, at: Reg, place: Place) -> Result<()> {
        let Some(numbers) = numbers else {
            return Ok(());
        };
        let row = self.fresh(RegType::Word)?;
        self.item_into(row, numbers, at, &Type::INT, place)?;
        self.matched(table, row, place)
    }

    /// The numbers of outputs in the order of their cases; as they stand, if they have no order.
    fn output_order(&mut self, table: &Table, outputs: Reg, place: Place) -> Result<Reg> {
        let ints = self.t.int_list(place)?;
        let keys = self.empty_list(ints, place)?;
        let output = table.decision.output.clone();
        let element = self.fresh_for(&output, place)?;
        self.each(outputs, &output, element, place, |b, _| {
            let key = match (table.ranked, b.reg_type(element)) {
                (false, _) => b.int(0, place)?,
                (true, RegType::Handle(_)) => {
                    b.value(Dest::Any, RegType::Word, place, |dst| Op::Tag { dst, a: Use(element) })?
                }
                (true, _) => element,
            };
            b.append(keys, key, place)
        })?;
        self.value(Dest::Any, ints, place, |dst| Op::SortOrder { dst, keys: Use(keys), descending: 0 })
    }
}

/// Whether an output is a constant that fields and elements can hold.
fn is_stored(output: &Option<Constant>) -> bool {
    match output {
        Some(Constant::Number(number)) => i64::try_from(*number).is_ok(),
        other => other.is_some(),
    }
}

/// What a loop over the rows that fit keeps.
enum Kept {
    /// All outputs, and the numbers of their rows where only one of them counts, which is known at the end.
    All { gathered: Gathered, numbers: Option<Reg> },
    /// The output that all have to agree on, and its row.
    Agreed { agreed: Gathered, winner: Reg },
}

struct Rows {
    kept: Kept,
    ty: Type,
    /// A row's output.
    out: Reg,
}
