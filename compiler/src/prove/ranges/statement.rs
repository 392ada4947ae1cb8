//! Statements, postings, branches by pattern, decision tables.

use super::Code;
use super::interval::Interval;
use crate::typed::walk;
use crate::typed::*;
use crate::types::*;
use bp_bytecode::op::Cmp;
use bp_grammar::ast::Policy;

impl<'c> Code<'_, 'c> {
    /// The block's value; of one without a value, all.
    pub fn block(&mut self, block: &'c TBlock) -> Interval {
        self.depth += 1;
        if self.depth > super::DEPTH_MAX {
            self.lose();
            self.depth -= 1;
            return self.type_range(&block.ty, false);
        }
        for statement in &block.stmts {
            self.statement(statement);
        }
        let value = match &block.value {
            Some(value) => self.value(value),
            None => Interval::WIDE,
        };
        self.depth -= 1;
        value
    }

    /// The value of one of several ways, unless nothing comes out of it.
    pub fn way(&mut self, block: &'c TBlock) -> Option<Interval> {
        let value = self.block(block);
        (block.value.is_some() && !self.env.is_dead()).then_some(value)
    }

    fn statement(&mut self, statement: &'c TStmt) {
        match &statement.kind {
            S::Let(local, value) | S::Assign(local, value) => self.bind(*local, value),
            S::If { condition, then, otherwise } => {
                self.value(condition);
                self.either(condition, |code| code.way(then), |code| code.way(otherwise));
            }
            S::Match(matched) => {
                self.matching(matched);
            }
            S::While { condition, body } => self.rounds(body, None, |code| {
                code.value(condition);
                code.assume(condition, true);
            }),
            S::For { local, list, where_, body } => {
                self.value(list);
                self.rounds(body, where_.as_ref(), |code| code.env.forget(*local));
            }
            S::ForRange { local, low, high, where_, body } => {
                let (low, high) = self.range(low, high);
                self.rounds(body, where_.as_ref(), |code| {
                    code.env.forget(*local);
                    match (low.low <= high.high).then(|| Interval::new(low.low, high.high)) {
                        Some(range) => code.env.set(super::Path::of(*local), range),
                        None => code.env.kill(),
                    }
                });
            }
            S::ForRows { local, where_, body, .. } => {
                self.rounds(body, where_.as_ref(), |code| code.env.forget(*local));
            }
            S::Break => self.env.kill(),
            S::Return(value) => {
                if let Some(value) = value {
                    let value = self.value(value);
                    if !self.env.is_dead() {
                        self.gives(value);
                    }
                }
                self.env.kill();
            }
            S::Expr(e) => {
                self.value(e);
                if e.ty == Type::Never {
                    self.env.kill();
                }
            }
            S::Add(local, value) => {
                self.stored(value);
                self.env.forget(*local);
            }
            S::Put(local, key, value) => {
                self.stored(key);
                self.stored(value);
                self.env.forget(*local);
            }
            S::Post(post) => {
                self.values(post.book.iter().chain([&post.text, &post.day]));
                self.postings(&post.postings);
            }
            S::Change(_, document, record) => self.values([document, record]),
            S::Become(_, document, _) => drop(self.value(document)),
            S::FailStep(failure) => {
                self.value(failure);
                self.env.kill();
            }
            // It may come here from anywhere: nothing is known.
            S::Stage(_, body) => {
                self.env = super::env::Env::default();
                self.block(body);
            }
            S::Unhandled(_) | S::Decline | S::Go(_) | S::EndBranch { .. } => self.env.kill(),
            S::ReverseStep | S::Pause { .. } | S::Unlock | S::UndoPut(_) | S::Try => {}
            S::Send { what, to, .. } => self.values([what, to]),
            S::Complete { run, form: value, .. } | S::Answer { run, value, .. } => self.values([run, value]),
            S::SendMessage(_, e) | S::Deliver(_, e) | S::Advance(e) | S::ActAs(e) | S::CancelRun(e) => self.values([e]),
            S::Settle { hold: of, .. } | S::ToBooks(_, of) => drop(self.value(of)),
            S::Free { dimensions, amount, .. } => {
                dimensions.iter().for_each(|e| {
                    self.stored(e);
                });
                self.stored(amount);
            }
            S::Expect(expect) => match &expect.kind {
                TExpectKind::Holds(condition) => drop(self.value(condition)),
                TExpectKind::Sides { left, right, condition } => {
                    for (local, value) in [left, right] {
                        self.bind(*local, value);
                    }
                    self.value(condition);
                }
            },
        }
    }

    /// A step's body, or what handles its failure: behind it, what either assigns is anything.
    pub fn step(&mut self, step: &'c TStep) {
        let Some(failing) = &step.failing else {
            self.block(&step.body);
            return;
        };
        let before = self.env.clone();
        self.block(&step.body);
        let well = std::mem::replace(&mut self.env, before);
        // It may have failed anywhere.
        for local in walk::of_block(&step.body).assigned {
            self.env.forget(local);
        }
        self.env.forget(failing.failure);
        self.matching(&failing.handler);
        self.env.join(well);
        if self.lost {
            self.env = super::Env::default();
        }
    }

    /// A body that runs any number of times: before and behind each, what it assigns is anything.
    fn rounds(&mut self, body: &'c TBlock, where_: Option<&'c TExpr>, begin: impl FnOnce(&mut Self)) {
        let mut assigned = walk::of_block(body).assigned;
        if let Some(condition) = where_ {
            assigned.extend(walk::of_expr(condition).assigned);
        }
        for local in assigned {
            self.env.forget(local);
        }
        let before = self.env.clone();
        begin(self);
        if let Some(condition) = where_ {
            self.value(condition);
            self.assume(condition, true);
        }
        self.block(body);
        // Whatever a round or a `break` leaves is among what was there before, other than what was assigned.
        self.env = if self.lost { super::Env::default() } else { before };
    }

    fn postings(&mut self, postings: &'c [TPosting]) {
        self.depth += 1;
        if self.depth > super::DEPTH_MAX {
            self.lose();
            self.depth -= 1;
            return;
        }
        for posting in postings {
            match &posting.kind {
                TPostingKind::Let(local, value) => self.bind(*local, value),
                TPostingKind::Rounding { dimensions, .. } => dimensions.iter().for_each(|e| {
                    self.stored(e);
                }),
                TPostingKind::Line { dimensions, amount, worth, valued, over, .. } => {
                    if let Some(role) = over {
                        self.value(role);
                    }
                    worth.iter().chain(valued.iter().map(|valued| &valued.book)).for_each(|e| {
                        self.stored(e);
                    });
                    dimensions.iter().for_each(|e| {
                        self.stored(e);
                    });
                    self.stored(amount);
                }
                TPostingKind::For { local, list, where_, postings } => {
                    self.value(list);
                    self.perhaps(|code| {
                        code.env.forget(*local);
                        if let Some(condition) = where_ {
                            code.value(condition);
                            code.assume(condition, true);
                        }
                        code.postings(postings);
                    });
                }
                TPostingKind::If { condition, then, otherwise } => {
                    self.value(condition);
                    let through = |code: &mut Self, postings: &'c [TPosting]| {
                        code.postings(postings);
                        None
                    };
                    self.either(condition, |code| through(code, then), |code| through(code, otherwise));
                }
                TPostingKind::Assert(condition) => drop(self.value(condition)),
            }
        }
        self.depth -= 1;
    }

    /// The value of whichever arm.
    pub fn matching(&mut self, matched: &'c TMatch) -> Option<Interval> {
        let value = self.value(&matched.value);
        let before = self.env.clone();
        let mut after = super::Env::dead();
        let mut all: Option<Interval> = None;
        for arm in &matched.arms {
            self.env = if self.lost { super::Env::default() } else { before.clone() };
            if let [pattern] = arm.patterns.as_slice() {
                self.fits_pattern(pattern, &matched.value, value);
            } else {
                arm.patterns.iter().for_each(|pattern| self.forget_bound(pattern));
            }
            let way = self.way(&arm.body);
            all = match (all, way) {
                (Some(a), Some(b)) => Some(a.join(b)),
                (one, other) => one.or(other),
            };
            after.join(std::mem::take(&mut self.env));
        }
        self.env = if self.lost { super::Env::default() } else { after };
        all
    }

    fn fits_pattern(&mut self, pattern: &'c TPattern, value: &'c TExpr, interval: Interval) {
        let number = match &pattern.kind {
            P::Bind(local) => return self.bind_to(*local, value, interval),
            P::Constant(Constant::Number(number)) => *number,
            P::Case(_, case, payload) if payload.is_empty() => i128::from(*case),
            _ => return self.forget_bound(pattern),
        };
        if self.scale(&pattern.ty) != self.scale(&value.ty) {
            return;
        }
        match interval.meet(Interval::one(number)) {
            None if self.path(value).is_some() => self.env.kill(),
            Some(narrowed) => {
                if let Some(path) = self.path(value) {
                    self.env.set(path, narrowed);
                }
            }
            None => {}
        }
    }

    fn forget_bound(&mut self, pattern: &TPattern) {
        let mut open = vec![pattern];
        while let Some(pattern) = open.pop() {
            match &pattern.kind {
                P::Bind(local) => {
                    self.env.forget(*local);
                    self.aliases.remove(local);
                }
                P::Some(of) | P::Currency(_, of) => open.push(of),
                P::Case(_, _, payload) => open.extend(payload),
                P::Invalid | P::Wildcard | P::None | P::Constant(_) => {}
            }
        }
    }

    // ---- decisions

    /// The output of any row.
    pub fn decision(&mut self, id: DecisionId) -> Interval {
        let decision = &self.prover.checked.decisions[id.index()];
        let takes_one = matches!(decision.policy, Policy::Unique | Policy::First | Policy::Any | Policy::Priority);
        let before = self.env.clone();
        let mut all: Option<Interval> = None;
        let mut add = |value: Interval| all = Some(all.map_or(value, |all: Interval| all.join(value)));
        for row in &decision.rows {
            for (column, cell) in decision.columns.iter().zip(&row.cells) {
                self.cell(*column, cell);
            }
            add(self.stored(&row.output));
            self.env = before.clone();
        }
        if let Some((default, _)) = &decision.default {
            add(self.stored(default));
        }
        let function = &self.prover.checked.functions[decision.func.index()];
        match all {
            Some(all) if takes_one => all,
            _ => self.type_range(&function.result, false),
        }
    }

    fn cell(&mut self, column: LocalId, cell: &'c Cell) {
        let path = super::Path::of(column);
        for item in &cell.items {
            let bounds: Vec<(Cmp, &TExpr)> = match item {
                CellItem::Equals(e) => vec![(Cmp::Eq, e)],
                CellItem::Compare(how, e) => vec![(*how, e)],
                CellItem::Range { low, high } => {
                    let low = low.iter().map(|(e, included)| (if *included { Cmp::Ge } else { Cmp::Gt }, &**e));
                    let high = high.iter().map(|(e, included)| (if *included { Cmp::Le } else { Cmp::Lt }, &**e));
                    low.chain(high).collect()
                }
                CellItem::Condition(e) => {
                    self.value(e);
                    continue;
                }
            };
            for (how, e) in bounds {
                let bound = self.value(e);
                let ty = &self.locals[column.index()].ty;
                // Only a cell of one item says that of every input that it fits.
                if cell.negated
                    || cell.items.len() != 1
                    || self.scale(ty) != self.scale(&e.ty)
                    || !self.has_interval(ty)
                {
                    continue;
                }
                let range = self.type_range(ty, false);
                let known = self.env.get(&path).unwrap_or(range);
                match known.narrowed(how, bound) {
                    Some(narrowed) => self.env.set(path.clone(), narrowed),
                    None => self.env.kill(),
                }
            }
        }
    }
}
