//! What is read of books and documents, built-in functions of texts, calendar and amounts.

use super::expr::holds;
use super::number::{is_stored, of_digits};
use super::stop::{Fault, Run, Stop};
use super::text::{matches, normal, split};
use super::time;
use super::value::{AMOUNT_SCALE, Val};
use super::world::{Cell, field_of};
use super::{Evaluator, Frame};
use bp_bytecode::op::Builtin;
use bp_bytecode::program::{AccountKind, BoundPeriod};
use bp_compiler::source::Place;
use bp_compiler::typed::{LimitKind, T, TExpr, TFind};
use bp_compiler::types::{AccountId, EntityId, Num, Type};
use num_bigint::BigInt;
use num_traits::ToPrimitive;
use std::cmp::Ordering;
use std::rc::Rc;

impl Evaluator<'_> {
    fn account_num(&self, account: AccountId) -> Run<Num> {
        match self.checked.base(&self.checked.accounts[account.index()].ty) {
            Type::Num(num) => Ok(*num),
            other => Err(Stop::Defect(format!("an account of {other:?}"))),
        }
    }

    /// What an account holds, as a number of its type.
    fn of_account(&self, account: AccountId, units: BigInt) -> Run<Val> {
        let num = self.account_num(account)?;
        Ok(Val::number(of_digits(units, num.scale), num.unit))
    }

    /// What may still be used of an account that may be used up to one bound, whatever the day.
    pub(super) fn available(&mut self, frame: &mut Frame, account: AccountId, spot: &[TExpr]) -> Run<Val> {
        let declared = &self.checked.accounts[account.index()];
        let simple = matches!(declared.kind, AccountKind::Limit | AccountKind::Budget) && declared.groups.is_empty();
        let [limit] = declared.limits.as_slice() else {
            return Err(Stop::NotCovered("questions to the books".into()));
        };
        if !simple || limit.kind != LimitKind::Above || limit.period != BoundPeriod::Ever || self.life.is_none() {
            return Err(Stop::NotCovered("questions to the books".into()));
        }
        let (dimensions, bounds) = spot.split_at(declared.dimensions.len());
        let cell = self.cell(frame, account, dimensions)?;
        let [bound] = bounds else { return Err(Stop::Defect("a limit of several bounds".into())) };
        let bound = self.expr(frame, bound)?;
        let bound = self.units_of(account, bound)?;
        self.of_account(account, bound - self.world.balance(&cell) - self.world.held(&cell))
    }

    pub(super) fn goods(&mut self, frame: &mut Frame, e: &TExpr) -> Run<Val> {
        let place = e.place;
        match &e.kind {
            T::Balance(account, dimensions) => {
                let cell = self.cell(frame, *account, dimensions)?;
                self.of_account(*account, self.world.balance(&cell))
            }
            T::Held(account, dimensions) => {
                let cell = self.cell(frame, *account, dimensions)?;
                self.of_account(*account, self.world.held(&cell))
            }
            T::Hold { over: Some(_), .. } => Err(Stop::NotCovered("holds over a limit".into())),
            T::Hold { account, dimensions, amount, over: None } => {
                let (cell, amount) = self.asked(frame, *account, dimensions, amount)?;
                let held = self.world.hold(cell, amount);
                Ok(Val::Hold(self.at(held, place)?))
            }
            T::Take { account, dimensions, amount } => {
                let (cell, amount) = self.asked(frame, *account, dimensions, amount)?;
                self.lots(*account, cell, amount, &e.ty, place)
            }
            T::CommitPart { hold, part } => {
                // As it is written: `commit part of h`.
                let part_value = self.stored_expr(frame, part, &part.ty)?;
                let hold = self.expr(frame, hold)?.into_hold()?;
                let units = match self.checked.base(&part.ty) {
                    Type::Num(num) => super::value::digits_of(&part_value.into_num()?, num.scale)?,
                    other => return Err(Stop::Defect(format!("a part of {other:?}"))),
                };
                let rest = self.world.commit_part(self.checked, hold, units);
                Ok(Val::Hold(self.at(rest, place)?))
            }
            _ => Err(Stop::Defect(format!("{:?} reads no books", e.kind))),
        }
    }

    /// What was taken of each lot: its number, how much, what it cost.
    fn lots(&mut self, account: AccountId, cell: Cell, amount: BigInt, ty: &Type, place: Place) -> Run<Val> {
        let taken = self.world.take(cell, amount);
        let lots = self.at(taken, place)?;
        let cost_of = match self.checked.base(ty) {
            Type::List(of) => match self.checked.base(of) {
                Type::Record(id) => self.checked.records[id.index()].fields[2].ty.clone(),
                other => return Err(Stop::Defect(format!("lots of {other:?}"))),
            },
            other => return Err(Stop::Defect(format!("lots of {other:?}"))),
        };
        let Type::Num(money) = cost_of else { return Err(Stop::Defect(format!("a cost of {cost_of:?}"))) };
        let mut records = Vec::new();
        for lot in lots {
            let cost = Val::number(of_digits(lot.cost, money.scale), money.unit);
            let fields = vec![Val::int(lot.number), self.of_account(account, lot.amount)?, cost];
            records.push(Val::Record(Rc::new(fields)));
        }
        Ok(Val::list(records))
    }

    pub(super) fn documents(&mut self, frame: &mut Frame, e: &TExpr) -> Run<Val> {
        let place = e.place;
        match &e.kind {
            T::Create(entity, record) => {
                let record = self.expr(frame, record)?;
                let created = self.world.create(self.checked, *entity, record);
                Ok(Val::Document(self.at(created, place)?))
            }
            T::Document(entity, of) => {
                let number = self.expr(frame, of)?.into_document()?;
                self.at(self.world.document(*entity, number), place)
            }
            T::Lookup(entity, key) => {
                let checked = self.checked;
                let declared = &checked.entities[entity.index()];
                let fields = &checked.records[declared.record.index()].fields;
                let mut wanted = Vec::new();
                for (value, field) in key.iter().zip(&declared.key) {
                    wanted.push(self.stored_expr(frame, value, &fields[usize::from(*field)].ty)?);
                }
                let has_key = |document: &Val| {
                    declared.key.iter().zip(&wanted).all(|(field, value)| field_of(document, *field) == Some(value))
                };
                let found = self.world.documents(*entity).into_iter().find(|(_, document)| has_key(document));
                Ok(Val::option(found.map(|(number, _)| Val::Document(number))))
            }
            T::Find(find) => self.find(frame, find),
            T::NextNumber(entity, period) => {
                let period = self.expr(frame, period)?.into_text()?;
                Ok(Val::int(self.world.number(*entity, &period)))
            }
            _ => Err(Stop::Defect(format!("{:?} reads no documents", e.kind))),
        }
    }

    /// The documents for which all conditions hold, in the order asked for, else as they were created.
    fn find(&mut self, frame: &mut Frame, find: &TFind) -> Run<Val> {
        let checked = self.checked;
        let mut conditions = Vec::new();
        for (path, how, value) in &find.conditions {
            let ty = checked.field_at(find.entity, path).unwrap_or(Type::Invalid);
            conditions.push((path.as_slice(), *how, self.stored_expr(frame, value, &ty)?));
        }
        let limit = match &find.limit {
            Some(limit) => usize::try_from(self.word(frame, limit)?).unwrap_or(0),
            None => usize::MAX,
        };
        let mut found: Vec<(i64, Val)> = Vec::new();
        for (number, document) in self.world.documents(find.entity) {
            let mut fits = true;
            for (path, how, value) in &conditions {
                let own = self.at_path(find.entity, &document, path);
                fits = fits && holds(*how, self.order(&own, value)?);
            }
            if !fits {
                continue;
            }
            let mut at = found.len();
            while at > 0 && self.is_before(&document, &found[at - 1].1, &find.order)? {
                at -= 1;
            }
            found.insert(at, (number, document));
        }
        Ok(Val::list(found.into_iter().take(limit).map(|(number, _)| Val::Document(number)).collect()))
    }

    /// What a path of fields leads to, from one document to the next.
    fn at_path(&self, entity: EntityId, document: &Val, path: &[u16]) -> Val {
        let Some((field, rest)) = path.split_first() else { return Val::Nothing };
        let value = field_of(document, *field).cloned().unwrap_or(Val::Nothing);
        match (self.checked.field_at(entity, &[*field]), &value) {
            (Some(Type::Entity(next)), Val::Document(number)) if !rest.is_empty() => {
                let document = self.world.document(next, *number).unwrap_or(Val::Nothing);
                self.at_path(next, &document, rest)
            }
            _ => value,
        }
    }

    fn is_before(&self, a: &Val, b: &Val, order: &[(u16, bool)]) -> Run<bool> {
        for (field, descends) in order {
            if let (Some(x), Some(y)) = (field_of(a, *field), field_of(b, *field)) {
                match self.order(x, y)? {
                    Ordering::Equal => {}
                    found => return Ok((found == Ordering::Less) != *descends),
                }
            }
        }
        Ok(false)
    }

    /// A built-in function of texts, calendar or amounts.
    pub(super) fn builtin(&mut self, frame: &mut Frame, builtin: Builtin, args: &[TExpr], place: Place) -> Run<Val> {
        self.uses(builtin.name());
        let mut values = Vec::new();
        for arg in args {
            // Numbers are taken as they are stored.
            values.push(self.stored_expr(frame, arg, &arg.ty)?);
        }
        let mut values = values.into_iter();
        let mut next = || values.next().ok_or_else(|| Stop::Defect(format!("{builtin:?} lacks an argument")));
        let first = next()?;
        let whole =
            |value: Val| match value.rank().filter(|rank| rank.is_integer()).and_then(|n| n.to_integer().to_i64()) {
                Some(word) => Ok(word),
                None => Err(Stop::Defect(format!("{value:?} is no whole number"))),
            };
        let minus = |parts| time::each(parts, |_, part: i64| part.checked_neg());
        Ok(match builtin {
            Builtin::Length => Val::int(first.into_text()?.chars().count() as i64),
            Builtin::Lower => Val::text(&normal(&first.into_text()?.to_lowercase())),
            Builtin::Upper => Val::text(&normal(&first.into_text()?.to_uppercase())),
            Builtin::Trim => Val::text(first.into_text()?.trim()),
            Builtin::Contains => Val::Bool(first.into_text()?.contains(&*next()?.into_text()?)),
            Builtin::StartsWith => Val::Bool(first.into_text()?.starts_with(&*next()?.into_text()?)),
            Builtin::EndsWith => Val::Bool(first.into_text()?.ends_with(&*next()?.into_text()?)),
            Builtin::Matches => Val::Bool(matches(&first.into_text()?, &next()?.into_text()?)),
            Builtin::Split => Val::list(split(&first.into_text()?, &next()?.into_text()?)),
            Builtin::Join => {
                let (parts, separator) = (first.into_list()?, next()?.into_text()?);
                let parts: Vec<Rc<str>> = parts.iter().map(|part| part.clone().into_text()).collect::<Run<_>>()?;
                Val::text(&normal(&parts.join(&separator)))
            }
            Builtin::Replace => {
                let (text, part, by) = (first.into_text()?, next()?.into_text()?, next()?.into_text()?);
                // An empty part stands nowhere.
                if part.is_empty() { Val::Text(text) } else { Val::text(&normal(&text.replace(&*part, &by))) }
            }

            Builtin::MakeMonth => Val::Month(self.at(time::month_of(first.into_date()?), place)?),
            Builtin::DateYear => Val::int(self.at(time::date(first.into_date()?), place)?.year().into()),
            Builtin::DateMonthNumber => Val::int(self.at(time::date(first.into_date()?), place)?.month().into()),
            Builtin::DateDay => Val::int(self.at(time::date(first.into_date()?), place)?.day().into()),
            Builtin::DateWeekday => Val::int(self.at(time::weekday(first.into_date()?), place)?),
            Builtin::MonthYear => Val::int(first.into_month()?.div_euclid(12)),
            Builtin::MonthNumber => Val::int(first.into_month()?.rem_euclid(12) + 1),
            Builtin::MonthFirstDay => Val::Date(time::day(self.at(time::first_of_month(first.into_month()?), place)?)),
            Builtin::MonthLastDay => {
                let first = self.at(time::first_of_month(first.into_month()?), place)?;
                Val::Date(time::day(first.last_of_month()))
            }
            Builtin::DaysBetween => Val::int(next()?.into_date()? - first.into_date()?),
            Builtin::AddMonths => {
                let months = whole(next()?)?;
                Val::Date(self.at(time::add_months(first.into_date()?, months), place)?)
            }
            Builtin::DatePlus => {
                let period = next()?.into_period()?;
                Val::Date(self.at(time::add_period(first.into_date()?, period), place)?)
            }
            Builtin::DateMinus => {
                let period = self.at(minus(next()?.into_period()?), place)?;
                Val::Date(self.at(time::add_period(first.into_date()?, period), place)?)
            }
            Builtin::DateTimePlus => {
                let period = next()?.into_period()?;
                Val::DateTime(self.at(time::add_to_moment(first.into_moment()?, period), place)?)
            }
            Builtin::DateTimeMinus => {
                let period = self.at(minus(next()?.into_period()?), place)?;
                Val::DateTime(self.at(time::add_to_moment(first.into_moment()?, period), place)?)
            }
            // The tenant's zone is UTC.
            Builtin::DateOf => Val::Date(first.into_moment()?.div_euclid(86_400)),
            Builtin::TimeOf => Val::Time(first.into_moment()?.rem_euclid(86_400)),
            Builtin::Moment => {
                let (day, time) = (first.into_date()?, whole(next()?)?);
                Val::DateTime(self.at(time::checked_day(day), place)? * 86_400 + time)
            }

            Builtin::MakePeriod => Val::Period([whole(first)?, whole(next()?)?, whole(next()?)?, whole(next()?)?]),
            Builtin::PeriodPlus => {
                let other = next()?.into_period()?;
                self.parts(time::each(first.into_period()?, |at, part| part.checked_add(other[at])), place)?
            }
            Builtin::PeriodNegate => self.parts(minus(first.into_period()?), place)?,
            Builtin::PeriodTimes => {
                let times = whole(next()?)?;
                self.parts(time::each(first.into_period()?, |_, part| part.checked_mul(times)), place)?
            }

            Builtin::MakeAmount => Val::Amount { currency: first.into_text()?, value: next()?.into_num()?.value },
            Builtin::AmountCurrency => match first {
                Val::Amount { currency, .. } => Val::Text(currency),
                other => return Err(Stop::Defect(format!("{other:?} is no amount"))),
            },
            Builtin::AmountValue => match first {
                Val::Amount { value, .. } => Val::number(value, bp_compiler::types::Unit::None),
                other => return Err(Stop::Defect(format!("{other:?} is no amount"))),
            },
            Builtin::AmountPlus | Builtin::AmountMinus => {
                let (currency, a, b) = self.amounts(first, next()?, place)?;
                let value = if builtin == Builtin::AmountPlus { a + b } else { a - b };
                let units = &value * BigInt::from(10).pow(u32::from(AMOUNT_SCALE));
                if !is_stored(&units.to_integer()) {
                    return self.fault(Fault::Overflow, place);
                }
                Val::Amount { currency, value }
            }
            Builtin::AmountOrder => {
                let (_, a, b) = self.amounts(first, next()?, place)?;
                Val::int(a.cmp(&b) as i64)
            }
        })
    }
}
