//! Values made of others: constants, records, cases, lists.

use super::error::{Limit, Result, passed};
use super::expr::Dest;
use super::function::{Builder, Reg};
use crate::source::Place;
use crate::typed::{Constant, TExpr};
use crate::types::{EnumId, RecordId, Type};
use bp_bytecode::index::TextId;
use bp_bytecode::op::{Builtin, Cmp, Def, Op, Use, UseWindow};
use bp_bytecode::shape::RegType;

/// Lists of up to so many elements are made from a window; longer ones grow element by element, so that a table of
/// thousands of constants does not take as many registers.
const WINDOW_MAX: usize = 64;

impl Builder<'_, '_> {
    pub fn constant(&mut self, constant: &Constant, ty: &Type, dest: Dest, place: Place) -> Result<Reg> {
        match constant {
            Constant::Number(number) => match (self.t.base(ty).clone(), u16::try_from(*number)) {
                // The number of a case, of an enum that is in the heap all the same: the outcome of a process.
                (Type::Enum(id), Ok(case)) if self.t.is_variant(id) => {
                    let first = self.payload_window(id, case, place)?;
                    self.make_case(id, case, first, dest, place)
                }
                _ => self.number_constant(*number, dest, place),
            },
            Constant::Text(text) => {
                let (text, ty) = (self.t.text(text), self.t.text_handle(place)?);
                self.value(dest, ty, place, |dst| Op::Text { dst, text })
            }
            Constant::Period { months, days, business_days, seconds } => {
                let first = self.window(&[RegType::Word; 4])?;
                for (reg, part) in (first..).zip([months, days, business_days, seconds]) {
                    self.set_number(reg, i128::from(*part), place)?;
                }
                let period = self.builtin(Builtin::MakePeriod, first, place)?;
                self.settle(dest, period, place)
            }
            Constant::None => {
                let ty = self.t.stored(ty, place)?;
                self.value(dest, ty, place, |dst| Op::None { dst })
            }
            Constant::Some(of) => {
                let handle = self.t.stored(ty, place)?;
                let Type::Option(inner) = self.t.base(ty).clone() else {
                    return passed(Limit::Unchecked, 0, place);
                };
                let a = self.fresh_stored(&inner, place)?;
                self.constant(of, &inner, Dest::Into(a), place)?;
                self.value(dest, handle, place, |dst| Op::Some { dst, a: Use(a) })
            }
            Constant::Record(values) => {
                let Type::Record(record) = *self.t.base(ty) else {
                    return passed(Limit::Unchecked, 0, place);
                };
                let handle = self.t.stored(ty, place)?;
                let types = self.field_types(record)?;
                let first = self.window(&types)?;
                let fields = &self.t.checked.records[record.index()].fields;
                for ((reg, value), field) in (first..).zip(values).zip(fields) {
                    self.constant(value, &field.ty, Dest::Into(reg), place)?;
                }
                // Its conditions have been looked at when it was made a constant.
                self.value(dest, handle, place, |dst| Op::Record { dst, first: UseWindow(first) })
            }
            Constant::Case(case, payload) => {
                let id = match *self.t.base(ty) {
                    Type::Enum(id) => id,
                    Type::Run(process) => self.t.checked.processes[process.index()].outcome,
                    _ => return passed(Limit::Unchecked, 0, place),
                };
                if !self.t.is_variant(id) {
                    return self.number_constant(i128::from(*case), dest, place);
                }
                let first = self.payload_window(id, *case, place)?;
                let fields = &self.t.checked.enums[id.index()].cases[usize::from(*case)].fields;
                for ((reg, value), field) in (first..).zip(payload).zip(fields) {
                    self.constant(value, &field.ty, Dest::Into(reg), place)?;
                }
                self.make_case(id, *case, first, dest, place)
            }
            Constant::List(values) => self.constant_list(values, ty, dest, place),
        }
    }

    fn number_constant(&mut self, number: i128, dest: Dest, place: Place) -> Result<Reg> {
        let natural = match i64::try_from(number) {
            Ok(_) => RegType::Word,
            Err(_) => RegType::Wide,
        };
        let target = match dest {
            // A literal goes into either kind of register by itself.
            Dest::Into(reg) if natural == RegType::Word || self.reg_type(reg) == RegType::Wide => reg,
            _ => self.fresh(natural)?,
        };
        self.set_number(target, number, place)?;
        self.settle(dest, target, place)
    }

    fn element_type(&self, list: &Type, place: Place) -> Result<Type> {
        match self.t.base(list) {
            Type::List(of) => Ok((**of).clone()),
            _ => passed(Limit::Unchecked, 0, place),
        }
    }

    fn constant_list(&mut self, values: &[Constant], ty: &Type, dest: Dest, place: Place) -> Result<Reg> {
        let of = self.element_type(ty, place)?;
        let (handle, stored) = (self.t.stored(ty, place)?, self.t.stored(&of, place)?);
        if values.len() <= WINDOW_MAX {
            let first = self.window(&vec![stored; values.len()])?;
            for (reg, value) in (first..).zip(values) {
                self.constant(value, &of, Dest::Into(reg), place)?;
            }
            let count = values.len() as u16;
            return self.value(dest, handle, place, |dst| Op::List { dst, first: UseWindow(first), count });
        }
        let list = self.empty_list(handle, place)?;
        let count = self.int(values.len() as i64, place)?;
        let values: Vec<&Constant> = values.iter().collect();
        self.count_up(count, place, |b, at, _| {
            let element = b.fresh(stored)?;
            b.fetch(&values, &of, at, element, place)?;
            b.append(list, element, place)
        })?;
        self.settle(dest, list, place)
    }

    pub fn list(&mut self, elements: &[TExpr], ty: &Type, dest: Dest, place: Place) -> Result<Reg> {
        let of = self.element_type(ty, place)?;
        let (handle, stored) = (self.t.stored(ty, place)?, self.t.stored(&of, place)?);
        if elements.len() <= WINDOW_MAX {
            let first = self.fill(&vec![stored; elements.len()], elements.iter())?;
            let count = elements.len() as u16;
            return self.value(dest, handle, place, |dst| Op::List { dst, first: UseWindow(first), count });
        }
        let list = self.empty_list(handle, place)?;
        let element = self.fresh(stored)?;
        for e in elements {
            self.expr(e, Dest::Into(element))?;
            self.append(list, element, e.place)?;
        }
        self.settle(dest, list, place)
    }

    /// A record of what stands in a window, after which its conditions are checked.
    pub fn make_record(&mut self, record: RecordId, first: Reg, dest: Dest, place: Place) -> Result<Reg> {
        let handle = self.t.stored(&Type::Record(record), place)?;
        let made = self.target(dest, handle)?;
        self.emit(Op::Record { dst: Def(made), first: UseWindow(first) }, place)?;
        let fields = &self.t.checked.records[record.index()].fields;
        for check in fields.iter().flat_map(|field| &field.checks) {
            self.check(*check, made, place)?;
        }
        self.settle(dest, made, place)
    }

    pub fn with(&mut self, base: &TExpr, changes: &[(u16, TExpr)], dest: Dest, place: Place) -> Result<Reg> {
        let Type::Record(record) = *self.t.base(&base.ty) else {
            return passed(Limit::Unchecked, 0, place);
        };
        let a = self.expr(base, Dest::Any)?;
        let types = self.field_types(record)?;
        let first = self.window(&types)?;
        // What stays is read first: a change may assign the variable that the record came from.
        for field in 0..types.len() as u16 {
            if changes.iter().all(|(changed, _)| *changed != field) {
                self.emit(Op::Field { dst: Def(first + field), a: Use(a), field }, place)?;
            }
        }
        for (field, value) in changes {
            self.expr(value, Dest::Into(first + field))?;
        }
        self.make_record(record, first, dest, place)
    }

    pub fn case(&mut self, id: EnumId, case: u16, payload: &[TExpr], dest: Dest, place: Place) -> Result<Reg> {
        if !self.t.is_variant(id) {
            return self.number_constant(i128::from(case), dest, place);
        }
        let first = self.payload_window(id, case, place)?;
        for (reg, value) in (first..).zip(payload) {
            self.expr(value, Dest::Into(reg))?;
        }
        self.make_case(id, case, first, dest, place)
    }

    fn make_case(&mut self, id: EnumId, case: u16, first: Reg, dest: Dest, place: Place) -> Result<Reg> {
        let handle = self.t.stored(&Type::Enum(id), place)?;
        self.value(dest, handle, place, |dst| Op::Variant { dst, case, first: UseWindow(first) })
    }

    // ---- lists

    pub fn count(&mut self, of: &TExpr, dest: Dest, place: Place) -> Result<Reg> {
        let list = self.expr(of, Dest::Any)?;
        self.value(dest, RegType::Word, place, |dst| Op::Len { dst, list: Use(list) })
    }

    /// The first or last element of a list, an option.
    pub fn end_of_list(&mut self, list: &TExpr, ty: &Type, last: bool, dest: Dest, place: Place) -> Result<Reg> {
        let of = self.element_type(&list.ty, place)?;
        let list = self.expr(list, Dest::Any)?;
        let handle = self.t.stored(ty, place)?;
        let target = self.target(dest, handle)?;
        let (count, zero) = (self.len(list, place)?, self.int(0, place)?);
        let (nothing, end) = (self.label(), self.label());
        let some = self.compare(Cmp::Gt, count, zero, place)?;
        self.jump_unless(some, nothing, place)?;
        let index = if last {
            let one = self.int(1, place)?;
            let index =
                self.value(Dest::Any, RegType::Wide, place, |dst| Op::Sub { dst, a: Use(count), b: Use(one) })?;
            self.narrowed(index, place)?
        } else {
            zero
        };
        let element = self.fresh_stored(&of, place)?;
        self.item_into(element, list, index, &of, place)?;
        self.emit(Op::Some { dst: Def(target), a: Use(element) }, place)?;
        self.jump(end, place)?;
        self.here(nothing);
        self.emit(Op::None { dst: Def(target) }, place)?;
        self.here(end);
        self.settle(dest, target, place)
    }

    pub fn range_list(&mut self, low: &TExpr, high: &TExpr, ty: &Type, dest: Dest, place: Place) -> Result<Reg> {
        let (low, high) = self.pair(low, high)?;
        let handle = self.t.stored(ty, place)?;
        let list = self.empty_list(handle, place)?;
        let number = self.fresh(RegType::Wide)?;
        self.count_from(low, high, number, place, |b, _| b.append(list, number, place))?;
        self.settle(dest, list, place)
    }

    // ---- tables of constants

    /// The constant number `at` of a table. Scalars and texts stand in a run of the program's pool; options and
    /// records are put together from such columns; what has no columns is made by code for each value.
    pub fn fetch(&mut self, values: &[&Constant], ty: &Type, at: Reg, target: Reg, place: Place) -> Result<()> {
        if let Some(first) = values.first()
            && values.iter().all(|value| value == first)
        {
            return self.constant(first, ty, Dest::Into(target), place).map(drop);
        }
        if let Some(words) = values.iter().map(|value| word(value)).collect::<Option<Vec<i64>>>()
            && self.t.stored(ty, place)? == RegType::Word
        {
            return self.fetch_word(words.into_iter(), at, target, place);
        }
        if let Some(texts) = values.iter().map(|value| text(value)).collect::<Option<Vec<&str>>>() {
            let base: TextId = self.t.text_run(texts.into_iter());
            return self.emit(Op::PickText { dst: Def(target), base, index: Use(at) }, place);
        }
        if values.iter().all(|value| matches!(value, Constant::None | Constant::Some(_))) {
            return self.fetch_option(values, ty, at, target, place);
        }
        if let Some(parts) = values.iter().map(|value| period(value)).collect::<Option<Vec<[i64; 4]>>>() {
            let first = self.window(&[RegType::Word; 4])?;
            for part in 0..4 {
                self.fetch_word(parts.iter().map(|parts| parts[part]), at, first + part as u16, place)?;
            }
            let period = self.builtin(Builtin::MakePeriod, first, place)?;
            return self.settle(Dest::Into(target), period, place).map(drop);
        }
        if let (Type::Record(record), true) =
            (self.t.base(ty).clone(), values.iter().all(|value| matches!(value, Constant::Record(_))))
        {
            return self.fetch_record(values, record, at, target, place);
        }
        let distinct: Vec<Option<&Constant>> = values.iter().copied().map(Some).collect();
        self.each_distinct(at, &distinct, place, |b, number| {
            b.constant(values[number], ty, Dest::Into(target), place).map(drop)
        })
    }

    pub fn fetch_word(&mut self, words: impl Iterator<Item = i64>, at: Reg, target: Reg, place: Place) -> Result<()> {
        let base = self.t.constant_run(words.map(i128::from));
        self.value(Dest::Into(target), RegType::Word, place, |dst| Op::Pick { dst, base, index: Use(at) }).map(drop)
    }

    fn fetch_option(&mut self, values: &[&Constant], ty: &Type, at: Reg, target: Reg, place: Place) -> Result<()> {
        let Type::Option(of) = self.t.base(ty).clone() else {
            return passed(Limit::Unchecked, 0, place);
        };
        // Where there is nothing, the column of values repeats one that is there; nobody looks at it.
        let held = |value: &&'_ Constant| matches!(value, Constant::Some(_));
        let Some(Constant::Some(any)) = values.iter().find(|value| held(value)).copied() else {
            return self.emit(Op::None { dst: Def(target) }, place);
        };
        let inner: Vec<&Constant> = values
            .iter()
            .map(|value| match value {
                Constant::Some(of) => &**of,
                _ => &**any,
            })
            .collect();
        let there = self.fresh(RegType::Word)?;
        self.fetch_word(values.iter().map(|value| i64::from(held(value))), at, there, place)?;
        let (nothing, end) = (self.label(), self.label());
        self.jump_unless(there, nothing, place)?;
        let a = self.fresh_stored(&of, place)?;
        self.fetch(&inner, &of, at, a, place)?;
        self.emit(Op::Some { dst: Def(target), a: Use(a) }, place)?;
        self.jump(end, place)?;
        self.here(nothing);
        self.emit(Op::None { dst: Def(target) }, place)?;
        self.here(end);
        Ok(())
    }

    fn fetch_record(
        &mut self,
        values: &[&Constant],
        record: RecordId,
        at: Reg,
        target: Reg,
        place: Place,
    ) -> Result<()> {
        let types = self.field_types(record)?;
        let first = self.window(&types)?;
        let fields = &self.t.checked.records[record.index()].fields;
        for (number, field) in fields.iter().enumerate() {
            let column: Option<Vec<&Constant>> = values
                .iter()
                .map(|value| match value {
                    Constant::Record(parts) => parts.get(number),
                    _ => None,
                })
                .collect();
            let Some(column) = column else {
                return passed(Limit::Unchecked, 0, place);
            };
            self.fetch(&column, &field.ty, at, first + number as u16, place)?;
        }
        self.emit(Op::Record { dst: Def(target), first: UseWindow(first) }, place)
    }

    /// Code chosen by number; entries with equal constants share theirs. After it, all paths meet.
    pub fn each_distinct(
        &mut self,
        at: Reg,
        entries: &[Option<&Constant>],
        place: Place,
        mut make: impl FnMut(&mut Self, usize) -> Result<()>,
    ) -> Result<()> {
        let mut known = std::collections::HashMap::new();
        let (mut targets, mut bodies) = (Vec::with_capacity(entries.len()), Vec::new());
        for (number, entry) in entries.iter().enumerate() {
            let shared = entry.and_then(|constant| known.get(constant).copied());
            let target = shared.unwrap_or_else(|| {
                let target = self.label();
                bodies.push((number, target));
                target
            });
            if let Some(constant) = entry {
                known.insert(*constant, target);
            }
            targets.push(target);
        }
        let end = self.label();
        if let [(only, _)] = bodies[..] {
            make(self, only)?;
        } else if !bodies.is_empty() {
            self.switch(at, &targets, place)?;
            for (number, target) in bodies {
                self.here(target);
                make(self, number)?;
                self.jump(end, place)?;
            }
        }
        self.here(end);
        Ok(())
    }
}

fn word(constant: &Constant) -> Option<i64> {
    match constant {
        Constant::Number(number) => i64::try_from(*number).ok(),
        Constant::Case(case, payload) if payload.is_empty() => Some(i64::from(*case)),
        _ => None,
    }
}

fn text(constant: &Constant) -> Option<&str> {
    match constant {
        Constant::Text(text) => Some(text),
        _ => None,
    }
}

fn period(constant: &Constant) -> Option<[i64; 4]> {
    match constant {
        Constant::Period { months, days, business_days, seconds } => Some([*months, *days, *business_days, *seconds]),
        _ => None,
    }
}
