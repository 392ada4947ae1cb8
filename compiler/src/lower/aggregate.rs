//! Aggregates and generated lists, as loops.

use super::cost;
use super::error::{Limit, Result, passed};
use super::expr::Dest;
use super::function::{Builder, Reg, Round, Target};
use crate::source::Place;
use crate::typed::{Aggregate, Grouping, T, TAggregate, TExpr};
use crate::types::Type;
use bp_bytecode::op::{Builtin, Cmp, Def, Op, Use, UseWindow};
use bp_bytecode::shape::RegType;

/// What a loop gathers.
pub(super) struct Gathered {
    kind: Aggregate,
    /// The sum, count, truth value, list; the value that is kept, or the option of it where that is a handle.
    value: Reg,
    /// Whether a word or number is kept yet.
    seen: Option<Reg>,
    element: Type,
}

impl Builder<'_, '_> {
    pub fn aggregate(&mut self, a: &TAggregate, ty: &Type, dest: Dest, place: Place) -> Result<Reg> {
        let Type::List(of) = self.t.base(&a.source.ty).clone() else {
            return passed(Limit::Unchecked, 0, place);
        };
        let source = self.expr(&a.source, Dest::Any)?;
        let source = match self.is_variable(source) {
            // The loop's body could grow the variable.
            true => {
                let copy = self.fresh(self.reg_type(source))?;
                self.mov(copy, source, place)?;
                copy
            }
            false => source,
        };
        let (list, of) = match &a.grouped_by {
            Some(grouping) => (self.groups(grouping, source, &of, place)?, Type::Record(grouping.record)),
            None => (source, (*of).clone()),
        };
        let gathered = self.begin_gather(a.kind, &a.element.ty, ty, place)?;
        let local = self.local(a.local);
        let end = self.label();
        match &a.sorted_by {
            None => self.each(list, &of, local, place, |b, round| {
                b.pass(&a.where_, round)?;
                b.gather_element(&gathered, &a.element, end, place)
            })?,
            Some((key, descending)) => {
                let kept_type = self.t.stored(&Type::list(of.clone()), place)?;
                let kept = self.empty_list(kept_type, place)?;
                let keys_type = self.t.stored(&Type::list(key.ty.clone()), place)?;
                let keys = self.empty_list(keys_type, place)?;
                self.each(list, &of, local, place, |b, round| {
                    b.pass(&a.where_, round)?;
                    let key_reg = b.expr(key, Dest::Any)?;
                    b.append(keys, key_reg, key.place)?;
                    b.append(kept, local, place)
                })?;
                self.in_order(keys, *descending, place, |b, at| {
                    b.item_into(local, kept, at, &of, place)?;
                    b.gather_element(&gathered, &a.element, end, place)
                })?;
            }
        }
        self.here(end);
        self.end_gather(gathered, ty, dest, place)
    }

    /// Goes to the next round unless the condition holds.
    pub fn pass(&mut self, where_: &Option<TExpr>, round: Round) -> Result<()> {
        match where_ {
            Some(condition) => self.jump_if_not(condition, round.next),
            None => Ok(()),
        }
    }

    fn gather_element(&mut self, gathered: &Gathered, element: &TExpr, end: Target, place: Place) -> Result<()> {
        // What is counted need not be made, unless making it can fail.
        let value = match (gathered.kind, &element.kind) {
            (Aggregate::Count, T::Local(_) | T::Constant(_)) => None,
            // One that is too large for a list is told where it is given.
            (Aggregate::List, _) => Some(self.stored(element)?),
            _ => Some(self.expr(element, Dest::Any)?),
        };
        self.gather(gathered, value, end, place)
    }

    /// The numbers of the elements of `keys` in order, one each round.
    pub fn in_order(
        &mut self,
        keys: Reg,
        descending: bool,
        place: Place,
        step: impl FnOnce(&mut Self, Reg) -> Result<()>,
    ) -> Result<()> {
        let ints = self.t.int_list(place)?;
        let order = self.fresh(ints)?;
        let descending = u8::from(descending);
        self.emit(Op::SortOrder { dst: Def(order), keys: Use(keys), descending }, place)?;
        let at = self.fresh(RegType::Word)?;
        self.each(order, &Type::INT, at, place, |b, _| {
            b.cost(cost::ELEMENT);
            step(b, at)
        })
    }

    // ---- gathering

    pub fn begin_gather(&mut self, kind: Aggregate, element: &Type, result: &Type, place: Place) -> Result<Gathered> {
        let (mut seen, element) = (None, element.clone());
        let value = match kind {
            Aggregate::Sum | Aggregate::Count => self.wide(0, place)?,
            Aggregate::Any => self.int(0, place)?,
            Aggregate::All => self.int(1, place)?,
            Aggregate::List => {
                let ty = self.t.stored(result, place)?;
                self.empty_list(ty, place)?
            }
            Aggregate::Min | Aggregate::Max | Aggregate::First | Aggregate::Last => {
                match self.t.in_between(&element, place)? {
                    RegType::Handle(_) => {
                        let ty = self.t.stored(&Type::option(element.clone()), place)?;
                        self.value(Dest::Any, ty, place, |dst| Op::None { dst })?
                    }
                    ty => {
                        seen = Some(self.int(0, place)?);
                        let value = self.fresh(ty)?;
                        self.set_number(value, 0, place)?;
                        value
                    }
                }
            }
        };
        Ok(Gathered { kind, value, seen, element })
    }

    /// Takes in one element. Those that stop early go to `end`.
    pub fn gather(&mut self, g: &Gathered, element: Option<Reg>, end: Target, place: Place) -> Result<()> {
        if g.kind == Aggregate::Count {
            let one = self.int(1, place)?;
            return self.emit(Op::Add { dst: Def(g.value), a: Use(g.value), b: Use(one) }, place);
        }
        let Some(element) = element else {
            return Ok(());
        };
        let skip = self.label();
        match g.kind {
            Aggregate::Count => {}
            Aggregate::Sum => self.emit(Op::Add { dst: Def(g.value), a: Use(g.value), b: Use(element) }, place)?,
            Aggregate::Any => {
                self.jump_unless(element, skip, place)?;
                self.set_number(g.value, 1, place)?;
                self.jump(end, place)?;
            }
            Aggregate::All => {
                self.jump_if(element, skip, place)?;
                self.set_number(g.value, 0, place)?;
                self.jump(end, place)?;
            }
            Aggregate::List => self.append(g.value, element, place)?,
            Aggregate::First => {
                self.keep(g, element, place)?;
                self.jump(end, place)?;
            }
            Aggregate::Last => self.keep(g, element, place)?,
            Aggregate::Min | Aggregate::Max => {
                let how = if g.kind == Aggregate::Min { Cmp::Lt } else { Cmp::Gt };
                let first = self.label();
                let best = self.kept_or(g, first, place)?;
                let better = self.ordered(how, element, best, &g.element, place)?;
                // Of equal ones the first is kept.
                self.jump_unless(better, skip, place)?;
                self.here(first);
                self.keep(g, element, place)?;
            }
        }
        self.here(skip);
        Ok(())
    }

    /// The element that is kept, as it is in between; goes to `otherwise` where none is.
    pub fn kept_or(&mut self, g: &Gathered, otherwise: Target, place: Place) -> Result<Reg> {
        match g.seen {
            Some(seen) => {
                self.jump_unless(seen, otherwise, place)?;
                Ok(g.value)
            }
            None => {
                let kept = self.fresh_stored(&g.element, place)?;
                self.unsome_into(kept, g.value, &g.element, otherwise, place)?;
                Ok(kept)
            }
        }
    }

    pub fn keep(&mut self, g: &Gathered, element: Reg, place: Place) -> Result<()> {
        match g.seen {
            Some(seen) => {
                self.convert(g.value, element, place)?;
                self.set_number(seen, 1, place)
            }
            None => self.emit(Op::Some { dst: Def(g.value), a: Use(element) }, place),
        }
    }

    /// Compares two values of an ordered type.
    pub fn ordered(&mut self, how: Cmp, a: Reg, b: Reg, ty: &Type, place: Place) -> Result<Reg> {
        let order = match self.t.base(ty) {
            Type::Text => {
                self.value(Dest::Any, RegType::Word, place, |dst| Op::TextOrder { dst, a: Use(a), b: Use(b) })?
            }
            Type::Amount => {
                let first = self.window(&[self.reg_type(a), self.reg_type(b)])?;
                self.mov(first, a, place)?;
                self.mov(first + 1, b, place)?;
                self.builtin(Builtin::AmountOrder, first, place)?
            }
            _ if matches!(self.reg_type(a), RegType::Handle(_)) => return passed(Limit::Unchecked, 0, place),
            _ => return self.compare(how, a, b, place),
        };
        let zero = self.int(0, place)?;
        self.compare(how, order, zero, place)
    }

    /// What has been gathered; an option where nothing may have been.
    pub fn end_gather(&mut self, g: Gathered, ty: &Type, dest: Dest, place: Place) -> Result<Reg> {
        let Some(seen) = g.seen else {
            return self.settle(dest, g.value, place);
        };
        let handle = self.t.stored(ty, place)?;
        let target = self.target(dest, handle)?;
        let (nothing, end) = (self.label(), self.label());
        self.jump_unless(seen, nothing, place)?;
        let a = self.narrowed(g.value, place)?;
        self.emit(Op::Some { dst: Def(target), a: Use(a) }, place)?;
        self.jump(end, place)?;
        self.here(nothing);
        self.emit(Op::None { dst: Def(target) }, place)?;
        self.here(end);
        self.settle(dest, target, place)
    }

    // ---- groups

    /// The list of groups: records of a key and a list of the items that have it, in the order in which the keys
    /// first appear.
    ///
    /// A map gives each key the number of its group; sorting the items by that number, stably, brings those of one
    /// group together, so that each group is built at its end and no other list is ever copied.
    fn groups(&mut self, grouping: &Grouping, source: Reg, of: &Type, place: Place) -> Result<Reg> {
        let ints = self.t.int_list(place)?;
        let map_type = Type::Map(grouping.key.ty.clone().into(), Type::INT.into());
        let map_type = self.t.stored(&map_type, place)?;
        let map = self.value(Dest::Any, map_type, place, |dst| Op::MapNew { dst })?;
        let found_type = self.t.stored(&Type::option(Type::INT), place)?;
        let numbers = self.empty_list(ints, place)?;
        let count = self.wide(0, place)?;
        let item = self.local(grouping.item);
        self.each(source, of, item, place, |b, _| {
            b.cost(cost::MAP);
            let key = b.stored(&grouping.key)?;
            let found = b.value(Dest::Any, found_type, place, |dst| Op::Get { dst, map: Use(map), key: Use(key) })?;
            let number = b.fresh(RegType::Word)?;
            let (new, known) = (b.label(), b.label());
            b.unsome_into(number, found, &Type::INT, new, place)?;
            b.jump(known, place)?;
            b.here(new);
            b.convert(number, count, place)?;
            b.emit(Op::Put { dst: Def(map), map: Use(map), key: Use(key), value: Use(number) }, place)?;
            let one = b.int(1, place)?;
            b.emit(Op::Add { dst: Def(count), a: Use(count), b: Use(one) }, place)?;
            b.here(known);
            b.append(numbers, number, place)
        })?;

        let key_type = grouping.key.ty.clone();
        let keys = self.fresh_for(&Type::list(key_type.clone()), place)?;
        self.emit(Op::Keys { dst: Def(keys), map: Use(map) }, place)?;
        let items_type = self.t.stored(&Type::list(of.clone()), place)?;
        let groups_type = self.t.stored(&Type::list(Type::Record(grouping.record)), place)?;
        let groups = self.empty_list(groups_type, place)?;
        let items = self.empty_list(items_type, place)?;
        let current = self.int(0, place)?;
        let flush = |b: &mut Self| -> Result<()> {
            let types = b.field_types(grouping.record)?;
            let first = b.window(&types)?;
            b.item_into(first, keys, current, &key_type, place)?;
            b.mov(first + 1, items, place)?;
            let handle = b.t.stored(&Type::Record(grouping.record), place)?;
            let group = b.value(Dest::Any, handle, place, |dst| Op::Record { dst, first: UseWindow(first) })?;
            b.append(groups, group, place)
        };
        self.in_order(numbers, false, place, |b, at| {
            let (number, same) = (b.fresh(RegType::Word)?, b.label());
            b.item_into(number, numbers, at, &Type::INT, place)?;
            let equal = b.compare(Cmp::Eq, number, current, place)?;
            b.jump_if(equal, same, place)?;
            flush(b)?;
            b.emit(Op::List { dst: Def(items), first: UseWindow(0), count: 0 }, place)?;
            b.mov(current, number, place)?;
            b.here(same);
            let element = b.fresh_for(of, place)?;
            b.item_into(element, source, at, of, place)?;
            b.append(items, element, place)
        })?;
        // The last group is still open, unless there was nothing at all.
        let (zero, nothing) = (self.int(0, place)?, self.label());
        let some = self.compare(Cmp::Gt, count, zero, place)?;
        self.jump_unless(some, nothing, place)?;
        flush(self)?;
        self.here(nothing);
        Ok(groups)
    }
}
