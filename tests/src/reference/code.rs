//! Blocks and statements.

use super::living::replay::Act;
use super::stop::{Fault, Run, Stop};
use super::text::shown;
use super::value::{Val, of_constant};
use super::{Evaluator, Frame, Missed, kinds};
use bp_compiler::source::Place;
use bp_compiler::typed::{S, TBlock, TExpect, TExpectKind, TExpr, TStmt};
use bp_compiler::types::{EntityId, LocalId, Type};
use num_bigint::BigInt;
use std::rc::Rc;

impl Evaluator<'_> {
    pub(super) fn block(&mut self, frame: &mut Frame, block: &TBlock) -> Run<Val> {
        let mut at = 0;
        while let Some(stmt) = block.stmts.get(at) {
            at += 1;
            match self.statement(frame, stmt) {
                Err(Stop::Go(to)) => {
                    let own = |stmt: &TStmt| matches!(stmt.kind, S::Stage(number, _) if number == to);
                    at = block.stmts.iter().position(own).ok_or(Stop::Go(to))?;
                }
                other => other?,
            }
        }
        match &block.value {
            Some(value) => self.expr(frame, value),
            None => Ok(Val::Nothing),
        }
    }

    fn truth(&mut self, frame: &mut Frame, e: &TExpr) -> Run<bool> {
        self.expr(frame, e)?.into_bool()
    }

    fn wanted(&mut self, frame: &mut Frame, condition: Option<&TExpr>) -> Run<bool> {
        condition.map_or(Ok(true), |condition| self.truth(frame, condition))
    }

    fn statement(&mut self, frame: &mut Frame, stmt: &TStmt) -> Run<()> {
        self.goes_on()?;
        self.uses(kinds::of_statement(&stmt.kind));
        let place = stmt.place;
        match &stmt.kind {
            S::Let(local, value) | S::Assign(local, value) => {
                let value = self.expr(frame, value)?;
                frame.set(*local, value);
            }
            S::If { condition, then, otherwise } => {
                let block = if self.truth(frame, condition)? { then } else { otherwise };
                self.block(frame, block)?;
            }
            S::Match(matched) => drop(self.matching(frame, matched, place)?),
            S::While { condition, body } => {
                while self.truth(frame, condition)? {
                    if self.round(frame, body)? {
                        break;
                    }
                }
            }
            S::For { local, list, where_, body } => {
                let list = self.expr(frame, list)?.into_list()?;
                self.each(frame, *local, list.iter().cloned(), where_.as_ref(), body)?;
            }
            S::ForRange { local, low, high, where_, body } => {
                let (low, high) = (self.whole(frame, low)?, self.whole(frame, high)?);
                let mut at = low;
                while at <= high {
                    let element = Val::number(at.clone().into(), bp_compiler::types::Unit::None);
                    if self.one(frame, *local, element, where_.as_ref(), body)? {
                        break;
                    }
                    at += 1;
                }
            }
            S::ForRows { local, rows, where_, body } => {
                let ty = Type::Record(rows.record);
                for row in &rows.rows {
                    let constant = bp_compiler::typed::Constant::Record(row.values.clone());
                    let row = of_constant(self.checked, &constant, &ty)?;
                    if self.one(frame, *local, row, where_.as_ref(), body)? {
                        break;
                    }
                }
            }
            S::Break => return Err(Stop::Break),
            S::Return(value) => {
                let value = match value {
                    Some(value) => self.expr(frame, value)?,
                    None => Val::Nothing,
                };
                return Err(Stop::Return(value));
            }
            S::Expr(e) => drop(self.expr(frame, e)?),
            S::Add(local, value) => self.add(frame, *local, value)?,
            S::Put(local, key, value) => self.put(frame, *local, key, value)?,
            S::Post(post) => self.post(frame, post, place)?,
            S::Expect(expect) => self.expect(frame, expect, place)?,
            S::Change(entity, document, record) => {
                let document = self.expr(frame, document)?.into_document()?;
                let record = self.expr(frame, record)?;
                let changed = self.world.change(self.checked, *entity, document, record);
                self.at(changed, place)?;
            }
            S::Become(entity, document, state) => {
                let document = self.expr(frame, document)?.into_document()?;
                self.become_(*entity, document, *state, place)?;
            }
            S::FailStep(failure) => {
                let failure = self.expr(frame, failure)?;
                return Err(Stop::FailStep(failure));
            }
            S::Stage(_, body) => drop(self.block(frame, body)?),
            S::Go(stage) => return Err(Stop::Go(*stage)),
            S::ToBooks(what, of) => self.tell_books(frame, *what, of, place)?,
            S::Decline => return Err(Stop::Declined),
            S::EndBranch { at, locals, .. } => {
                let handed = locals.iter().map(|local| frame.get(*local)).collect::<Run<Vec<Val>>>()?;
                return Err(Stop::BranchOver(*at, handed));
            }
            S::Pause { scope, stands } => self.act(Act::Pause(scope.to_string(), *stands))?,
            S::Unlock => self.act(Act::Unlock)?,
            S::UndoPut(undo) => self.put_child_undo(frame, undo)?,
            S::SendMessage(message, record) => {
                self.once(|evaluator| Ok(Act::Send(*message, evaluator.expr(frame, record)?)))?;
            }
            S::ReverseStep => self.reverse_step()?,
            S::Send { .. }
            | S::Complete { .. }
            | S::Deliver(..)
            | S::Answer { .. }
            | S::Advance(_)
            | S::ActAs(_)
            | S::CancelRun(_)
            | S::Try => {
                return Err(Stop::NotCovered("processes that live".into()));
            }
            S::Unhandled(name) => return self.fault(Fault::Unhandled(name.to_string()), place),
            S::Settle { hold, commit } => {
                let hold = self.expr(frame, hold)?.into_hold()?;
                let settled = self.world.settle(self.checked, hold, *commit);
                self.at(settled, place)?;
            }
            S::Free { account, dimensions, amount } => {
                let (cell, amount) = self.asked(frame, *account, dimensions, amount)?;
                let freed = self.world.free(cell, amount);
                self.at(freed, place)?;
            }
        }
        Ok(())
    }

    /// A round of a loop; whether it left the loop.
    fn round(&mut self, frame: &mut Frame, body: &TBlock) -> Run<bool> {
        self.goes_on()?;
        match self.block(frame, body) {
            Err(Stop::Break) => Ok(true),
            other => other.map(|_| false),
        }
    }

    fn one(
        &mut self,
        frame: &mut Frame,
        local: LocalId,
        element: Val,
        where_: Option<&TExpr>,
        body: &TBlock,
    ) -> Run<bool> {
        frame.set(local, element);
        if self.wanted(frame, where_)? { self.round(frame, body) } else { Ok(false) }
    }

    fn each(
        &mut self,
        frame: &mut Frame,
        local: LocalId,
        elements: impl Iterator<Item = Val>,
        where_: Option<&TExpr>,
        body: &TBlock,
    ) -> Run<()> {
        for element in elements {
            if self.one(frame, local, element, where_, body)? {
                break;
            }
        }
        Ok(())
    }

    /// A whole number, however large.
    pub(super) fn whole(&mut self, frame: &mut Frame, e: &TExpr) -> Run<BigInt> {
        let number = self.expr(frame, e)?.into_num()?;
        match number.value.is_integer() {
            true => Ok(number.value.to_integer()),
            false => Err(Stop::Defect(format!("{} is no whole number", number.value))),
        }
    }

    fn add(&mut self, frame: &mut Frame, local: LocalId, value: &TExpr) -> Run<()> {
        let value = self.stored_expr(frame, value, &value.ty)?;
        let mut list = frame.get(local)?.into_list()?;
        frame.locals[local.index()] = None;
        Rc::make_mut(&mut list).push(value);
        frame.set(local, Val::List(list));
        Ok(())
    }

    /// A key that is there keeps its place.
    fn put(&mut self, frame: &mut Frame, local: LocalId, key: &TExpr, value: &TExpr) -> Run<()> {
        let key = self.stored_expr(frame, key, &key.ty)?;
        let value = self.stored_expr(frame, value, &value.ty)?;
        let mut map = frame.get(local)?.into_map()?;
        frame.locals[local.index()] = None;
        let pairs = Rc::make_mut(&mut map);
        match pairs.iter_mut().find(|(known, _)| *known == key) {
            Some((_, held)) => *held = value,
            None => pairs.push((key, value)),
        }
        frame.set(local, Val::Map(map));
        Ok(())
    }

    /// The state that a document is in has to be one that the new one follows.
    fn become_(&mut self, entity: EntityId, document: i64, state: u16, place: Place) -> Run<()> {
        let Some(life) = &self.checked.entities[entity.index()].life else {
            return Err(Stop::Defect("a document without states".into()));
        };
        let record = self.at(self.world.document(entity, document), place)?.into_record()?;
        let mut fields = record.to_vec();
        let held = &mut fields[usize::from(life.field)];
        let Val::Case(now, _) = held else { return Err(Stop::Defect(format!("{held:?} is no state"))) };
        if !life.transitions.contains(&(*now, state)) {
            return self.fault(Fault::Transition, place);
        }
        *held = Val::Case(state, Rc::default());
        let changed = self.world.change(self.checked, entity, document, Val::Record(Rc::new(fields)));
        self.at(changed, place)
    }

    fn expect(&mut self, frame: &mut Frame, expect: &TExpect, place: Place) -> Run<()> {
        let (holds, sides) = match &expect.kind {
            TExpectKind::Holds(condition) => (self.truth(frame, condition)?, None),
            TExpectKind::Sides { left, right, condition } => {
                let mut sides = Vec::new();
                for (local, value) in [left, right] {
                    let ty = match self.checked.base(&value.ty) {
                        Type::Run(process) => Type::Enum(self.checked.processes[process.index()].outcome),
                        ty => ty.clone(),
                    };
                    let value = self.expr(frame, value)?;
                    sides.push(shown(self.checked, &value, &ty));
                    frame.set(*local, value);
                }
                (self.truth(frame, condition)?, Some(sides))
            }
        };
        if !holds {
            let shown = match sides.map(|sides| sides.into_iter().collect::<Run<Vec<String>>>()).transpose()? {
                Some(mut sides) => sides.pop().and_then(|right| Some((sides.pop()?, right))),
                None => None,
            };
            self.missed.push(Missed { place, shown });
        }
        Ok(())
    }
}
