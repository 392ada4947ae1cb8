//! Blocks and statements.

use super::cost;
use super::error::{Limit, Result, next_index, passed};
use super::expr::Dest;
use super::function::{Builder, Reg, Round};
use crate::source::Place;
use crate::typed::{Constant, DataRows, S, TBlock, TExpect, TExpectKind, TExpr, TStmt};
use crate::types::{LocalId, SCALE_STORED_MAX, Type};
use bp_bytecode::index::ExpectId;
use bp_bytecode::op::{Cmp, Def, Op, Stop, Use};
use bp_bytecode::program::Expect;
use bp_bytecode::shape::RegType;

impl Builder<'_, '_> {
    /// A block whose value goes into `target`, which must hold a value of its type.
    pub fn block_into(&mut self, block: &TBlock, target: Reg, place: Place) -> Result<()> {
        self.statements(&block.stmts)?;
        match &block.value {
            Some(value) => self.expr(value, Dest::Into(target)).map(drop),
            None if self.is_reachable() && self.reg_type(target) == RegType::Word => {
                // A block without a value, where something reads one.
                self.set_number(target, 0, place)
            }
            None => Ok(()),
        }
    }

    pub fn block_effect(&mut self, block: &TBlock) -> Result<()> {
        self.statements(&block.stmts)?;
        match &block.value {
            Some(value) => self.effect(value),
            None => Ok(()),
        }
    }

    /// A block that is a body of its own for the cost.
    pub fn arm(&mut self, block: &TBlock, target: Option<Reg>, place: Place) -> Result<()> {
        self.begin_body(place)?;
        match target {
            Some(target) => self.block_into(block, target, place)?,
            None => self.block_effect(block)?,
        }
        self.end_body();
        Ok(())
    }

    pub fn branch(
        &mut self,
        condition: &TExpr,
        then: &TBlock,
        otherwise: &TBlock,
        target: Option<Reg>,
        place: Place,
    ) -> Result<()> {
        let (no, end) = (self.label(), self.label());
        self.jump_if_not(condition, no)?;
        self.arm(then, target, place)?;
        if target.is_none() && otherwise.stmts.is_empty() && otherwise.value.is_none() {
            self.here(no);
            return Ok(());
        }
        self.jump(end, place)?;
        self.here(no);
        self.arm(otherwise, target, place)?;
        self.here(end);
        Ok(())
    }

    pub fn statements(&mut self, stmts: &[TStmt]) -> Result<()> {
        stmts.iter().try_for_each(|stmt| self.statement(stmt))
    }

    fn statement(&mut self, stmt: &TStmt) -> Result<()> {
        let place = stmt.place;
        self.cost(cost::of_stmt(&stmt.kind));
        match &stmt.kind {
            S::Let(local, value) | S::Assign(local, value) => {
                self.expr(value, Dest::Into(self.local(*local)))?;
                self.note(*local, place)
            }
            S::If { condition, then, otherwise } => self.branch(condition, then, otherwise, None, place),
            S::Match(matched) => self.matching(matched, None, place),
            S::While { condition, body } => self.while_loop(condition, body, place),
            S::For { local, list, where_, body } => {
                let Type::List(of) = self.t.base(&list.ty).clone() else {
                    return passed(Limit::Unchecked, 0, place);
                };
                let reg = self.expr(list, Dest::Any)?;
                // The loop goes over the list as it was: its body may grow the variable.
                let over = if self.is_variable(reg) { self.fresh(self.reg_type(reg))? } else { reg };
                self.convert(over, reg, place)?;
                let element = self.local(*local);
                self.each(over, &of, element, place, |b, round| b.round_of(where_, body, round))
            }
            S::ForRange { local, low, high, where_, body } => {
                let (low, high) = self.pair(low, high)?;
                let number = self.local(*local);
                self.count_from(low, high, number, place, |b, round| b.round_of(where_, body, round))
            }
            S::ForRows { local, rows, where_, body } => self.for_rows(*local, rows, where_, body, place),
            S::Break => match self.breaks.last() {
                Some(end) => self.jump(*end, place),
                None => passed(Limit::Unchecked, 0, place),
            },
            S::Return(value) => {
                let reg = match value {
                    Some(value) => self.expr(value, Dest::Any)?,
                    None => self.int(0, place)?,
                };
                for local in self.t.shown.releases.get(&place).into_iter().flatten() {
                    self.release(*local, place)?;
                }
                self.give(reg, place)
            }
            S::Expr(e) => self.effect(e),
            S::Add(local, value) => {
                let list = self.local(*local);
                let element = self.stored(value)?;
                self.emit(Op::Append { dst: Def(list), list: Use(list), a: Use(element) }, place)
            }
            S::Put(local, key, value) => {
                let map = self.local(*local);
                let key_reg = self.operand(key, &[value])?;
                let key = self.narrowed(key_reg, key.place)?;
                let value = self.stored(value)?;
                self.emit(Op::Put { dst: Def(map), map: Use(map), key: Use(key), value: Use(value) }, place)
            }
            S::Post(post) => self.post(post, place),
            S::Expect(expect) => self.expect(expect, place),
            S::FailStep(failure) => match self.failing {
                Some((target, local, _)) => {
                    self.expr(failure, Dest::Into(local))?;
                    self.jump(target, place)
                }
                None => passed(Limit::Unchecked, 0, place),
            },
            S::Unhandled(name) => {
                let name = self.t.text(name);
                self.halt(Stop::Unhandled, name.0.min(u32::from(u16::MAX)), place)
            }
            S::Go(to) => {
                let to = self.stage_label(*to);
                self.jump(to, place)
            }
            S::Stage(number, body) => {
                let label = self.stage_label(*number);
                self.here(label);
                self.arm(body, None, place)
            }
            S::Decline
            | S::ReverseStep
            | S::EndBranch { .. }
            | S::Pause { .. }
            | S::Unlock
            | S::UndoPut(_)
            | S::Send { .. }
            | S::SendMessage(..)
            | S::Complete { .. }
            | S::Answer { .. }
            | S::Deliver(..)
            | S::Advance(_)
            | S::CancelRun(_)
            | S::Try
            | S::ActAs(_) => self.process_statement(stmt),
            S::Change(..) | S::Become(..) | S::Settle { .. } | S::Free { .. } | S::ToBooks(..) => {
                self.stored_statement(stmt)
            }
        }
    }

    /// Leaves the function with what is in a register.
    pub fn give(&mut self, reg: Reg, place: Place) -> Result<()> {
        let reg = if self.result == RegType::Word { self.narrowed(reg, place)? } else { reg };
        self.emit(Op::Return { a: Use(reg) }, place)
    }

    // ---- loops

    /// The body of a loop, in a round where it is meant.
    fn round_of(&mut self, where_: &Option<TExpr>, body: &TBlock, round: Round) -> Result<()> {
        self.pass(where_, round)?;
        self.breaks.push(round.end);
        self.block_effect(body)?;
        self.breaks.pop();
        Ok(())
    }

    fn while_loop(&mut self, condition: &TExpr, body: &TBlock, place: Place) -> Result<()> {
        let (head, end) = (self.label(), self.label());
        self.here(head);
        self.begin_body(place)?;
        self.jump_if_not(condition, end)?;
        self.end_body();
        self.begin_body(place)?;
        self.breaks.push(end);
        self.block_effect(body)?;
        self.breaks.pop();
        self.end_body();
        self.jump(head, place)?;
        self.here(end);
        Ok(())
    }

    fn for_rows(
        &mut self,
        local: LocalId,
        rows: &DataRows,
        where_: &Option<TExpr>,
        body: &TBlock,
        place: Place,
    ) -> Result<()> {
        if rows.rows.is_empty() {
            return Ok(());
        }
        let record = Type::Record(rows.record);
        let handle = self.t.stored(&record, place)?;
        let types = self.field_types(rows.record)?;
        let fields = &self.t.checked.records[rows.record.index()].fields;
        let count = self.int(rows.rows.len() as i64, place)?;
        let target = self.local(local);
        self.count_up(count, place, |b, at, round| {
            b.note_rows(rows, at, place)?;
            let first = b.window(&types)?;
            for (number, field) in fields.iter().enumerate() {
                let column: Option<Vec<&Constant>> = rows.rows.iter().map(|row| row.values.get(number)).collect();
                let Some(column) = column else {
                    return passed(Limit::Unchecked, 0, place);
                };
                b.fetch(&column, &field.ty, at, first + number as u16, place)?;
            }
            b.value(Dest::Into(target), handle, place, |dst| Op::Record {
                dst,
                first: bp_bytecode::op::UseWindow(first),
            })?;
            b.round_of(where_, body, round)
        })
    }

    /// Tells which row of which file a table-driven test is at.
    fn note_rows(&mut self, rows: &DataRows, at: Reg, place: Place) -> Result<()> {
        let sources = self.t.sources;
        let lines = rows.rows.iter().map(|row| match (row.place.file.0 as usize) < sources.len() {
            true => i64::from(sources.get(row.place.file).line_column(row.place.span.start).0),
            false => 1,
        });
        let line = self.fresh(RegType::Word)?;
        self.fetch_word(lines, at, line, place)?;
        let done = self.label();
        let mut files = rows.rows.chunk_by(|a, b| a.place.file == b.place.file).peekable();
        let mut before = 0;
        while let Some(chunk) = files.next() {
            before += chunk.len();
            let file = chunk[0].place.file;
            let path = match (file.0 as usize) < sources.len() {
                true => sources.get(file).path.as_str(),
                false => "",
            };
            let file = self.t.text(path);
            let next = self.label();
            if files.peek().is_some() {
                let end = self.int(before as i64, place)?;
                let here = self.compare(Cmp::Lt, at, end, place)?;
                self.jump_unless(here, next, place)?;
            }
            self.emit(Op::AtRow { file, row: Use(line) }, place)?;
            self.jump(done, place)?;
            self.here(next);
        }
        self.here(done);
        Ok(())
    }

    // ---- tests

    fn expect(&mut self, expect: &TExpect, place: Place) -> Result<()> {
        let (a, sides) = match &expect.kind {
            TExpectKind::Holds(condition) => (self.expr(condition, Dest::Any)?, None),
            TExpectKind::Sides { left, right, condition } => {
                let mut sides = Some(Vec::new());
                for (local, value) in [left, right] {
                    let reg = self.local(*local);
                    self.expr(value, Dest::Into(reg))?;
                    let ty = &self.locals[local.index()].ty;
                    // A number in between may have more digits than any shape: the message does without it.
                    if self.t.scale(ty) > SCALE_STORED_MAX {
                        sides = None;
                    } else if let Some(sides) = &mut sides {
                        sides.push((reg, self.t.shape(ty, value.place)?));
                    }
                }
                let sides = sides.and_then(|sides| <[_; 2]>::try_from(sides).ok());
                (self.expr(condition, Dest::Any)?, sides)
            }
        };
        let number = ExpectId(next_index(self.t.program.expects.len(), Limit::Expects, place)?);
        let (text, at) = (self.t.text(&expect.text), self.t.place(place));
        self.t.program.expects.push(Expect { text, sides, place: at });
        self.emit(Op::Expect { a: Use(a), expect: number }, place)
    }
}
