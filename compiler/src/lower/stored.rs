//! Stored documents and holds.

use super::error::{Limit, Result, next_index, passed};
use super::expr::Dest;
use super::function::{Builder, Reg};
use crate::source::Place;
use crate::typed::{OfBooks, S, T, TExpr, TFind, TStmt, ToBooks};
use crate::types::{self, EntityId as TypedEntity, Type};
use bp_bytecode::index::{AccountId, EntityId, QueryId};
use bp_bytecode::op::{Cmp, Def, Op, Stop, Use, UseWindow};
use bp_bytecode::program::Query;
use bp_bytecode::shape::RegType;

fn entity_of(id: TypedEntity) -> EntityId {
    EntityId(id.0 as u16)
}

fn account_of(id: types::AccountId) -> AccountId {
    AccountId(id.0 as u16)
}

impl Builder<'_, '_> {
    pub fn stored_value(&mut self, e: &TExpr, dest: Dest) -> Result<Reg> {
        let place = e.place;
        match &e.kind {
            T::Create(id, record) => {
                let entity = entity_of(*id);
                let record = self.expr(record, Dest::Any)?;
                self.value(dest, RegType::Word, place, |dst| Op::Create { dst, entity, record: Use(record) })
            }
            T::Document(id, of) => {
                let a = self.expr(of, Dest::Any)?;
                self.document(*id, a, dest, place)
            }
            T::Lookup(id, key) => {
                let first = self.fill_stored(key.iter())?;
                let (entity, ty) = (entity_of(*id), self.t.stored(&e.ty, place)?);
                self.value(dest, ty, place, |dst| Op::Lookup { dst, entity, first: UseWindow(first) })
            }
            T::Find(find) => self.find(find, &e.ty, dest, place),
            T::NextNumber(id, period) => {
                let entity = entity_of(*id);
                let period = self.expr(period, Dest::Any)?;
                self.value(dest, RegType::Word, place, |dst| Op::Number { dst, entity, period: Use(period) })
            }
            T::Books(what, of) => self.of_books(*what, of, dest, place),
            T::Held(id, dimensions) => {
                let account = account_of(*id);
                let first = self.fill_stored(dimensions.iter())?;
                self.value(dest, RegType::Wide, place, |dst| Op::Held { dst, account, first: UseWindow(first) })
            }
            T::Available(id, spot) => {
                let account = account_of(*id);
                let first = self.fill_stored(spot.iter())?;
                self.value(dest, RegType::Wide, place, |dst| Op::Available { dst, account, first: UseWindow(first) })
            }
            T::Room(id, of) => {
                let Some((wanted, spot)) = of.split_last() else { return passed(Limit::Unchecked, 0, place) };
                let account = account_of(*id);
                let later: Vec<&TExpr> = spot.iter().collect();
                let of = self.operand(wanted, &later)?;
                let wanted = self.fresh(RegType::Wide)?;
                self.convert(wanted, of, place)?;
                let (wanted, first) = (Use(wanted), UseWindow(self.fill_stored(spot.iter())?));
                self.value(dest, RegType::Wide, place, |dst| Op::Room { dst, account, wanted, first })
            }
            T::Hold { account, dimensions, amount, over } => {
                let account = account_of(*account);
                let amount = self.stored_operand(amount, dimensions)?;
                if let Some(role) = over {
                    let role = Use(self.stored_operand(role, dimensions)?);
                    let first = UseWindow(self.fill_stored(dimensions.iter())?);
                    return self.value(dest, RegType::Word, place, |dst| Op::HoldOver {
                        dst,
                        account,
                        amount: Use(amount),
                        role,
                        first,
                    });
                }
                let first = self.fill_stored(dimensions.iter())?;
                self.value(dest, RegType::Word, place, |dst| Op::Hold {
                    dst,
                    account,
                    amount: Use(amount),
                    first: UseWindow(first),
                })
            }
            T::Take { account, dimensions, amount } => {
                let account = account_of(*account);
                let amount = self.stored_operand(amount, dimensions)?;
                let first = self.fill_stored(dimensions.iter())?;
                let ty = self.t.stored(&e.ty, place)?;
                self.value(dest, ty, place, |dst| Op::Take {
                    dst,
                    account,
                    amount: Use(amount),
                    first: UseWindow(first),
                })
            }
            T::CommitPart { hold, part } => {
                let hold = self.operand(hold, &[part])?;
                let amount = self.stored(part)?;
                self.value(dest, RegType::Word, place, |dst| Op::CommitPart {
                    dst,
                    hold: Use(hold),
                    amount: Use(amount),
                })
            }
            _ => passed(Limit::Unchecked, 0, place),
        }
    }

    fn of_books(&mut self, what: OfBooks, of: &[TExpr], dest: Dest, place: Place) -> Result<Reg> {
        match (what, of.split_last()) {
            (OfBooks::FirstOpen, Some((book, _))) => {
                let book = Use(self.expr(book, Dest::Any)?);
                self.value(dest, RegType::Word, place, |dst| Op::FirstOpenIn { dst, book })
            }
            (OfBooks::FirstOpen, None) => self.value(dest, RegType::Word, place, |dst| Op::FirstOpen { dst }),
            (OfBooks::Posted, _) => self.value(dest, RegType::Word, place, |dst| Op::Posted { dst }),
            (OfBooks::BalanceIn(account), Some((book, dimensions))) => {
                let account = account_of(account);
                let book = self.stored_operand(book, dimensions)?;
                let first = self.fill_stored(dimensions.iter())?;
                let (book, first) = (Use(book), UseWindow(first));
                self.value(dest, RegType::Wide, place, |dst| Op::BalanceIn { dst, account, book, first })
            }
            (OfBooks::BookValue(account), _) => {
                let (account, first) = (account_of(account), UseWindow(self.fill_stored(of.iter())?));
                self.value(dest, RegType::Wide, place, |dst| Op::BookValue { dst, account, first })
            }
            (OfBooks::BalanceAt { account, worth }, Some((book, spot))) => {
                let account = account_of(account);
                let book = self.stored_operand(book, spot)?;
                let first = UseWindow(self.fill_stored(spot.iter())?);
                let worth = u8::from(worth);
                let book = Use(book);
                self.value(dest, RegType::Wide, place, |dst| Op::BalanceAt { dst, account, worth, book, first })
            }
            (OfBooks::BalanceIn(_) | OfBooks::BalanceAt { .. }, None) => passed(Limit::Unchecked, 0, place),
        }
    }

    pub fn stored_statement(&mut self, stmt: &TStmt) -> Result<()> {
        let place = stmt.place;
        match &stmt.kind {
            S::Change(id, document, record) => {
                let entity = entity_of(*id);
                let a = self.operand(document, &[record])?;
                let record = self.expr(record, Dest::Any)?;
                self.emit(Op::Change { entity, a: Use(a), record: Use(record) }, place)
            }
            S::Become(id, document, state) => self.become_(*id, document, *state, place),
            S::Settle { hold, commit } => {
                let hold = self.expr(hold, Dest::Any)?;
                self.emit(Op::Settle { hold: Use(hold), commit: u8::from(*commit) }, place)
            }
            S::ToBooks(what, of) => {
                let of = Use(self.stored(of)?);
                let op = match what {
                    ToBooks::Close => Op::ClosePeriod { day: of },
                    ToBooks::Reverse => Op::Reverse { entry: of },
                };
                self.emit(op, place)
            }
            S::Free { account, dimensions, amount } => {
                let account = account_of(*account);
                let first = self.fill_stored(dimensions.iter())?;
                let amount = self.stored(amount)?;
                self.emit(Op::Free { account, amount: Use(amount), first: UseWindow(first) }, place)
            }
            _ => passed(Limit::Unchecked, 0, place),
        }
    }

    /// Gives back what a local holds: a hold, or all of those in a list or an option.
    pub fn release(&mut self, local: types::LocalId, place: Place) -> Result<()> {
        let reg = self.local(local);
        let ty = self.t.base(&self.locals[local.index()].ty).clone();
        self.release_all(reg, &ty, place)
    }

    fn release_all(&mut self, reg: Reg, ty: &Type, place: Place) -> Result<()> {
        match ty {
            Type::Hold(_) => self.emit(Op::Settle { hold: Use(reg), commit: 0 }, place),
            Type::List(of) => {
                let element = self.fresh_stored(of, place)?;
                self.each(reg, of, element, place, |b, _| b.release_all(element, of, place))
            }
            Type::Option(of) => {
                let (element, end) = (self.fresh_stored(of, place)?, self.label());
                self.unsome_into(element, reg, of, end, place)?;
                self.release_all(element, of, place)?;
                self.here(end);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// A value as fields hold it, that stays while others are evaluated.
    fn stored_operand(&mut self, e: &TExpr, later: &[TExpr]) -> Result<Reg> {
        let later: Vec<&TExpr> = later.iter().collect();
        let reg = self.operand(e, &later)?;
        self.narrowed(reg, e.place)
    }

    fn document(&mut self, id: TypedEntity, a: Reg, dest: Dest, place: Place) -> Result<Reg> {
        let record = Type::Record(self.t.checked.entities[id.index()].record);
        let (entity, ty) = (entity_of(id), self.t.stored(&record, place)?);
        self.value(dest, ty, place, |dst| Op::Document { dst, entity, a: Use(a) })
    }

    /// `invoice -> paid`: the state that it is in has to be one that the new one follows.
    fn become_(&mut self, id: TypedEntity, document: &TExpr, state: u16, place: Place) -> Result<()> {
        let entity = &self.t.checked.entities[id.index()];
        let Some(life) = &entity.life else { return passed(Limit::Unchecked, 0, place) };
        let (field, record) = (life.field, entity.record);
        let from: Vec<u16> = life.transitions.iter().filter(|(_, to)| *to == state).map(|(from, _)| *from).collect();
        let reference = self.expr(document, Dest::Any)?;
        let before = self.document(id, reference, Dest::Any, place)?;
        let now = self.fresh(RegType::Word)?;
        self.emit(Op::Field { dst: Def(now), a: Use(before), field }, place)?;
        let right = self.label();
        for from in from {
            let wanted = self.int(i64::from(from), place)?;
            let is = self.compare(Cmp::Eq, now, wanted, place)?;
            self.jump_if(is, right, place)?;
        }
        self.halt(Stop::Transition, id.0, place)?;
        self.here(right);
        // The other fields stay as they were, and have met their conditions.
        let types = self.field_types(record)?;
        let first = self.window(&types)?;
        for number in 0..types.len() as u16 {
            if number == field {
                self.set_number(first + number, i128::from(state), place)?;
            } else {
                self.emit(Op::Field { dst: Def(first + number), a: Use(before), field: number }, place)?;
            }
        }
        let ty = self.t.stored(&Type::Record(record), place)?;
        let after = self.value(Dest::Any, ty, place, |dst| Op::Record { dst, first: UseWindow(first) })?;
        self.emit(Op::Change { entity: entity_of(id), a: Use(reference), record: Use(after) }, place)
    }

    fn find(&mut self, find: &TFind, ty: &Type, dest: Dest, place: Place) -> Result<Reg> {
        let values = find.conditions.iter().map(|(_, _, value)| value).chain(&find.limit);
        let mut types = Vec::with_capacity(find.conditions.len() + 1);
        for (path, _, value) in &find.conditions {
            let Some(ty) = self.t.checked.field_at(find.entity, path) else {
                return passed(Limit::Unchecked, 0, place);
            };
            types.push(self.t.stored(&ty, value.place)?);
        }
        types.extend(find.limit.iter().map(|_| RegType::Word));
        let first = self.fill(&types, values)?;
        let at = self.t.place(place);
        let number = QueryId(next_index(self.t.program.queries.len(), Limit::Parts, place)?);
        self.t.program.queries.push(Query {
            entity: entity_of(find.entity),
            conditions: find.conditions.iter().map(|(path, how, _)| (path.clone(), *how)).collect(),
            order: find.order.clone(),
            limit: find.limit.is_some(),
            place: at,
        });
        let ty = self.t.stored(ty, place)?;
        self.value(dest, ty, place, |dst| Op::Find { dst, query: number, first: UseWindow(first) })
    }

    /// At most so many elements of a list, from its first on.
    pub fn beginning(&mut self, list: &TExpr, limit: &TExpr, ty: &Type, dest: Dest, place: Place) -> Result<Reg> {
        let Type::List(of) = self.t.base(ty).clone() else { return passed(Limit::Unchecked, 0, place) };
        let from = self.operand(list, &[limit])?;
        let limit = self.stored(limit)?;
        let all = self.len(from, place)?;
        let count = self.fresh(RegType::Word)?;
        self.emit(Op::Min { dst: Def(count), a: Use(all), b: Use(limit) }, place)?;
        let handle = self.t.stored(ty, place)?;
        let made = self.empty_list(handle, place)?;
        self.count_up(count, place, |b, at, _| {
            let element = b.fresh_stored(&of, place)?;
            b.item_into(element, from, at, &of, place)?;
            b.append(made, element, place)
        })?;
        self.settle(dest, made, place)
    }
}
