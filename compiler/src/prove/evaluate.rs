//! Expressions on given values.
//!
//! The proofs compute with sets; this computes with values. A counter-example of a decision in which something plays a
//! part that the proof does not look into counts as one only after its rows have been computed here. So are the
//! conditions of what stands in data files.

use crate::typed::*;
use crate::types::*;
use bp_bytecode::border;
use bp_bytecode::op::{Builtin, Cmp};
use std::cmp::Ordering;
use std::collections::HashMap;

/// Inputs and a configuration.
#[derive(Debug, Clone, Default)]
pub struct World {
    pub inputs: HashMap<LocalId, Constant>,
    pub config: HashMap<ConfigId, Constant>,
}

/// `None` everywhere: not computed here, or a fault when run.
pub struct Evaluator<'a> {
    pub checked: &'a Checked,
    pub world: &'a World,
    /// Of the decision whose inputs the world has.
    locals: &'a [Local],
    fuel: u32,
}

type Locals = HashMap<LocalId, Constant>;

/// All conditions that a value of a type has to meet, each with what it is asked of.
pub fn conditions(checked: &Checked, ty: &Type, value: &Constant, out: &mut Vec<(CheckId, Constant)>) {
    if let Type::Named(id) = ty {
        out.extend(checked.named[id.index()].checks.iter().map(|check| (*check, value.clone())));
    }
    match (checked.base(ty), value) {
        (Type::Option(of), Constant::Some(held)) => conditions(checked, of, held, out),
        (Type::Record(id), Constant::Record(values)) => {
            for (field, part) in checked.records[id.index()].fields.iter().zip(values) {
                out.extend(field.checks.iter().map(|check| (*check, value.clone())));
                conditions(checked, &field.ty, part, out);
            }
        }
        (Type::Enum(id), Constant::Case(case, values)) => {
            let fields = &checked.enums[id.index()].cases[usize::from(*case)].fields;
            fields.iter().zip(values).for_each(|(field, part)| conditions(checked, &field.ty, part, out));
        }
        _ => {}
    }
}

fn scale(checked: &Checked, ty: &Type) -> u8 {
    match checked.base(ty) {
        Type::Num(num) => num.scale,
        _ => 0,
    }
}

/// How many expressions one question may take.
const FUEL: u32 = 200_000;

impl<'a> Evaluator<'a> {
    pub fn new(checked: &'a Checked, world: &'a World) -> Evaluator<'a> {
        Evaluator { checked, world, locals: &[], fuel: FUEL }
    }

    pub fn of_decision(checked: &'a Checked, decision: &Decision, world: &'a World) -> Evaluator<'a> {
        let locals = &checked.functions[decision.func.index()].locals;
        Evaluator { locals, ..Evaluator::new(checked, world) }
    }

    /// An expression over the inputs.
    pub fn input(&mut self, e: &TExpr) -> Option<Constant> {
        self.value(e, &self.world.inputs)
    }

    /// A check's word on a value.
    pub fn check(&mut self, check: CheckId, value: Constant) -> Option<bool> {
        self.call(self.checked.checks[check.index()].func, vec![value]).map(|holds| holds == Constant::Number(1))
    }

    pub fn row(&mut self, row: &Row, columns: &[LocalId]) -> Option<bool> {
        let mut fits = Some(true);
        for (cell, column) in row.cells.iter().zip(columns) {
            match self.cell(cell, *column) {
                Some(false) => return Some(false),
                Some(true) => {}
                None => fits = None,
            }
        }
        fits
    }

    fn cell(&mut self, cell: &Cell, column: LocalId) -> Option<bool> {
        if cell.items.is_empty() {
            return Some(true);
        }
        let mut any = Some(false);
        for item in &cell.items {
            match self.item(item, column) {
                Some(true) => {
                    any = Some(true);
                    break;
                }
                Some(false) => {}
                None => any = None,
            }
        }
        any.map(|any| any != cell.negated)
    }

    fn item(&mut self, item: &CellItem, column: LocalId) -> Option<bool> {
        match item {
            CellItem::Condition(condition) => Some(self.input(condition)? == Constant::Number(1)),
            CellItem::Equals(e) if matches!(self.checked.base(&e.ty), Type::Option(_)) => {
                Some(self.input(e)? == *self.world.inputs.get(&column)?)
            }
            CellItem::Equals(e) => self.bound(Cmp::Eq, column, e),
            CellItem::Compare(how, e) => self.bound(*how, column, e),
            CellItem::Range { low, high } => {
                if self.world.inputs.get(&column)? == &Constant::None {
                    return Some(false);
                }
                let mut fits = true;
                if let Some((low, closed)) = low {
                    fits &= self.bound(if *closed { Cmp::Ge } else { Cmp::Gt }, column, low)?;
                }
                if let Some((high, closed)) = high {
                    fits &= self.bound(if *closed { Cmp::Le } else { Cmp::Lt }, column, high)?;
                }
                Some(fits)
            }
        }
    }

    fn bound(&mut self, how: Cmp, column: LocalId, e: &TExpr) -> Option<bool> {
        // Options are compared by what they hold.
        let held = |value: Constant| match value {
            Constant::None => None,
            Constant::Some(held) => Some(*held),
            value => Some(value),
        };
        let (Some(value), Some(bound)) = (held(self.world.inputs.get(&column)?.clone()), held(self.input(e)?)) else {
            return Some(false);
        };
        match (&value, &bound) {
            (Constant::Number(a), Constant::Number(b)) => {
                Some(holds(how, order((*a, self.scale_of(column)), (*b, self.inner_scale(&e.ty)))?))
            }
            (Constant::Text(a), Constant::Text(b)) => Some(holds(how, a.as_str().cmp(b.as_str()))),
            _ => match how {
                Cmp::Eq => Some(value == bound),
                Cmp::Ne => Some(value != bound),
                _ => None,
            },
        }
    }

    fn scale_of(&self, input: LocalId) -> u8 {
        self.locals.get(input.index()).map_or(0, |local| self.inner_scale(&local.ty))
    }

    /// The scale of a number, or of one that is held.
    fn inner_scale(&self, ty: &Type) -> u8 {
        match self.checked.base(ty) {
            Type::Option(of) => scale(self.checked, of),
            ty => scale(self.checked, ty),
        }
    }

    fn is_plain(&self, ty: &Type) -> bool {
        matches!(self.checked.base(ty), Type::Enum(id) if !self.checked.enums[id.index()].has_payload())
    }

    fn call(&mut self, id: FnId, args: Vec<Constant>) -> Option<Constant> {
        let function = &self.checked.functions[id.index()];
        let Body::Code(block) = &function.body else { return None };
        let mut locals: Locals = args.into_iter().enumerate().map(|(at, arg)| (LocalId(at as u32), arg)).collect();
        match self.block(block, &mut locals)? {
            Flow::Value(value) | Flow::Return(value) => Some(value),
            Flow::On => None,
        }
    }

    fn block(&mut self, block: &TBlock, locals: &mut Locals) -> Option<Flow> {
        for stmt in &block.stmts {
            match &stmt.kind {
                S::Let(local, value) | S::Assign(local, value) => {
                    let value = self.value(value, locals)?;
                    locals.insert(*local, value);
                }
                S::If { condition, then, otherwise } => {
                    let taken = if self.truth(condition, locals)? { then } else { otherwise };
                    match self.block(taken, locals)? {
                        Flow::Return(value) => return Some(Flow::Return(value)),
                        Flow::Value(_) | Flow::On => {}
                    }
                }
                S::Return(Some(value)) => return Some(Flow::Return(self.value(value, locals)?)),
                _ => return None,
            }
        }
        match &block.value {
            Some(value) => Some(Flow::Value(self.value(value, locals)?)),
            None => Some(Flow::On),
        }
    }

    fn truth(&mut self, e: &TExpr, locals: &Locals) -> Option<bool> {
        self.number(e, locals).map(|n| n == 1)
    }

    fn number(&mut self, e: &TExpr, locals: &Locals) -> Option<i128> {
        match self.value(e, locals)? {
            Constant::Number(n) => Some(n),
            _ => None,
        }
    }

    fn text(&mut self, e: &TExpr, locals: &Locals) -> Option<smol_str::SmolStr> {
        match self.value(e, locals)? {
            Constant::Text(text) => Some(text),
            _ => None,
        }
    }

    fn all(&mut self, parts: &[TExpr], locals: &Locals) -> Option<Vec<Constant>> {
        parts.iter().map(|part| self.value(part, locals)).collect()
    }

    fn value(&mut self, e: &TExpr, locals: &Locals) -> Option<Constant> {
        self.fuel = self.fuel.checked_sub(1)?;
        let known = |truth: bool| Some(Constant::Number(i128::from(truth)));
        Some(match &e.kind {
            // A case without payload is its number where the enum has none.
            T::Constant(Constant::Case(case, parts)) if parts.is_empty() && self.is_plain(&e.ty) => {
                Constant::Number(i128::from(*case))
            }
            T::Constant(constant) => constant.clone(),
            T::Local(local) => locals.get(local)?.clone(),
            T::Config(id) => self.world.config.get(id)?.clone(),
            T::Add(a, b) => Constant::Number(self.number(a, locals)?.checked_add(self.number(b, locals)?)?),
            T::Sub(a, b) => Constant::Number(self.number(a, locals)?.checked_sub(self.number(b, locals)?)?),
            T::Mul(a, b) => Constant::Number(self.number(a, locals)?.checked_mul(self.number(b, locals)?)?),
            T::Min(a, b) => Constant::Number(self.number(a, locals)?.min(self.number(b, locals)?)),
            T::Max(a, b) => Constant::Number(self.number(a, locals)?.max(self.number(b, locals)?)),
            T::Neg(a) => Constant::Number(self.number(a, locals)?.checked_neg()?),
            T::Abs(a) => Constant::Number(self.number(a, locals)?.checked_abs()?),
            T::Sign(a) => Constant::Number(self.number(a, locals)?.signum()),
            T::IntDiv(a, b) => {
                let (a, b) = (self.number(a, locals)?, self.number(b, locals)?);
                Constant::Number(floor(a, b)?.0)
            }
            T::IntMod(a, b) => {
                let (a, b) = (self.number(a, locals)?, self.number(b, locals)?);
                Constant::Number(floor(a, b)?.1)
            }
            T::ScaleUp(a, by) => {
                Constant::Number(self.number(a, locals)?.checked_mul(10_i128.checked_pow(u32::from(*by))?)?)
            }
            T::Reinterpret(a) | T::Checked(a, _) => self.value(a, locals)?,
            T::Compare(how, a, b) => {
                let scales = (scale(self.checked, &a.ty), scale(self.checked, &b.ty));
                let (a, b) = (self.number(a, locals)?, self.number(b, locals)?);
                return known(holds(*how, order((a, scales.0), (b, scales.1))?));
            }
            T::CompareText(how, a, b) => {
                let (a, b) = (self.text(a, locals)?, self.text(b, locals)?);
                return known(holds(*how, a.as_str().cmp(b.as_str())));
            }
            T::Equal(a, b) => return known(self.value(a, locals)? == self.value(b, locals)?),
            T::Not(a) => return known(!self.truth(a, locals)?),
            T::And(a, b) => return known(self.truth(a, locals)? && self.truth(b, locals)?),
            T::Or(a, b) => return known(self.truth(a, locals)? || self.truth(b, locals)?),
            T::Some(a) => Constant::Some(Box::new(self.value(a, locals)?)),
            T::Record(_, parts) => Constant::Record(self.all(parts, locals)?),
            T::Case(id, case, parts) => {
                if self.checked.enums[id.index()].has_payload() {
                    Constant::Case(*case, self.all(parts, locals)?)
                } else {
                    Constant::Number(i128::from(*case))
                }
            }
            T::Field(a, at) => match self.value(a, locals)? {
                Constant::Record(parts) => parts.get(usize::from(*at))?.clone(),
                _ => return None,
            },
            T::List(parts) => Constant::List(self.all(parts, locals)?),
            T::Count(a) => match self.value(a, locals)? {
                Constant::List(parts) => Constant::Number(parts.len() as i128),
                _ => return None,
            },
            T::Coalesce(a, b) => match self.value(a, locals)? {
                Constant::Some(value) => *value,
                Constant::None => self.value(b, locals)?,
                _ => return None,
            },
            T::Let(local, value, of) => {
                let mut inner = locals.clone();
                inner.insert(*local, self.value(value, locals)?);
                self.value(of, &inner)?
            }
            T::If(condition, then, otherwise) => {
                let taken = if self.truth(condition, locals)? { then } else { otherwise };
                return self.inner(taken, &mut locals.clone());
            }
            T::Block(block) => return self.inner(block, &mut locals.clone()),
            T::Match(of) => return self.match_(of, locals),
            T::Call(id, args) => {
                let args = self.all(args, locals)?;
                return self.call(*id, args);
            }
            T::Aggregate(of) => return self.aggregate(of, locals),
            T::Builtin(builtin, args) => {
                let args = self.all(args, locals)?;
                return builtin_value(*builtin, &args);
            }
            _ => return None,
        })
    }

    fn inner(&mut self, block: &TBlock, locals: &mut Locals) -> Option<Constant> {
        match self.block(block, locals)? {
            Flow::Value(value) => Some(value),
            Flow::Return(_) | Flow::On => None,
        }
    }

    fn match_(&mut self, of: &TMatch, locals: &Locals) -> Option<Constant> {
        let value = self.value(&of.value, locals)?;
        for arm in &of.arms {
            for pattern in &arm.patterns {
                let mut inner = locals.clone();
                if fits(pattern, &value, &mut inner)? {
                    return self.inner(&arm.body, &mut inner);
                }
            }
        }
        None
    }

    /// `any`, `all` and `count` of a list: what conditions are made of.
    fn aggregate(&mut self, of: &TAggregate, locals: &Locals) -> Option<Constant> {
        let Constant::List(elements) = self.value(&of.source, locals)? else { return None };
        if of.grouped_by.is_some() {
            return None;
        }
        let (mut count, mut held) = (0_i128, 0_i128);
        let mut inner = locals.clone();
        for element in elements {
            inner.insert(of.local, element);
            if let Some(condition) = &of.where_
                && !self.truth(condition, &inner)?
            {
                continue;
            }
            count += 1;
            if matches!(of.kind, Aggregate::Any | Aggregate::All) {
                held += i128::from(self.truth(&of.element, &inner)?);
            }
        }
        Some(Constant::Number(match of.kind {
            Aggregate::Count => count,
            Aggregate::Any => i128::from(held > 0),
            Aggregate::All => i128::from(held == count),
            _ => return None,
        }))
    }
}

enum Flow {
    Value(Constant),
    Return(Constant),
    On,
}

fn holds(how: Cmp, order: Ordering) -> bool {
    match how {
        Cmp::Eq => order.is_eq(),
        Cmp::Ne => order.is_ne(),
        Cmp::Lt => order.is_lt(),
        Cmp::Le => order.is_le(),
        Cmp::Gt => order.is_gt(),
        Cmp::Ge => order.is_ge(),
    }
}

fn order(a: (i128, u8), b: (i128, u8)) -> Option<Ordering> {
    let most = a.1.max(b.1);
    let lift = |(n, scale): (i128, u8)| n.checked_mul(10_i128.checked_pow(u32::from(most - scale))?);
    Some(lift(a)?.cmp(&lift(b)?))
}

fn floor(a: i128, b: i128) -> Option<(i128, i128)> {
    if b == 0 {
        return None;
    }
    let (quotient, rest) = (a.checked_div(b)?, a.checked_rem(b)?);
    Some(if rest != 0 && (rest < 0) != (b < 0) { (quotient - 1, rest + b) } else { (quotient, rest) })
}

fn fits(pattern: &TPattern, value: &Constant, locals: &mut Locals) -> Option<bool> {
    Some(match (&pattern.kind, value) {
        (P::Wildcard, _) => true,
        (P::Bind(local), _) => {
            locals.insert(*local, value.clone());
            true
        }
        (P::None, value) => *value == Constant::None,
        (P::Some(inner), Constant::Some(held)) => fits(inner, held, locals)?,
        (P::Some(_), _) => false,
        (P::Constant(constant), value) => constant == value,
        (P::Case(_, case, parts), Constant::Case(own, values)) => {
            if case != own {
                return Some(false);
            }
            for (part, value) in parts.iter().zip(values) {
                if !fits(part, value, locals)? {
                    return Some(false);
                }
            }
            true
        }
        _ => return None,
    })
}

fn builtin_value(builtin: Builtin, args: &[Constant]) -> Option<Constant> {
    let truth = |truth: bool| Some(Constant::Number(i128::from(truth)));
    match (builtin, args) {
        (Builtin::Length, [Constant::Text(text)]) => Some(Constant::Number(text.chars().count() as i128)),
        (Builtin::Contains, [Constant::Text(a), Constant::Text(b)]) => truth(a.contains(b.as_str())),
        (Builtin::StartsWith, [Constant::Text(a), Constant::Text(b)]) => truth(a.starts_with(b.as_str())),
        (Builtin::EndsWith, [Constant::Text(a), Constant::Text(b)]) => truth(a.ends_with(b.as_str())),
        (Builtin::DaysBetween, [Constant::Number(a), Constant::Number(b)]) => Some(Constant::Number(b - a)),
        (Builtin::MonthYear, [Constant::Number(month)]) => Some(Constant::Number(month.div_euclid(12))),
        (Builtin::MonthNumber, [Constant::Number(month)]) => Some(Constant::Number(month.rem_euclid(12) + 1)),
        (
            Builtin::DateYear | Builtin::DateMonthNumber | Builtin::DateDay | Builtin::DateWeekday | Builtin::MakeMonth,
            [Constant::Number(day)],
        ) => {
            // Day 0 was a Thursday.
            let weekday = (day + 3).rem_euclid(7) + 1;
            let date = border::date_of(i64::try_from(*day).ok()?)?;
            Some(Constant::Number(match builtin {
                Builtin::DateYear => i128::from(date.year()),
                Builtin::DateMonthNumber => i128::from(date.month()),
                Builtin::DateDay => i128::from(date.day()),
                Builtin::DateWeekday => weekday,
                _ => i128::from(date.year()) * 12 + i128::from(date.month()) - 1,
            }))
        }
        _ => None,
    }
}
