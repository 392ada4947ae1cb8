//! `sum`, `count` and their kin, lists of a generator; groups and orders.

use super::expr::holds;
use super::stop::{Run, Stop};
use super::value::{Number, Val};
use super::{Evaluator, Frame, kinds};
use bp_bytecode::op::Cmp;
use bp_compiler::source::Place;
use bp_compiler::typed::{Aggregate, Grouping, TAggregate};
use bp_compiler::types::Type;
use num_rational::BigRational;
use num_traits::Zero;
use std::cmp::Ordering;
use std::rc::Rc;

impl Evaluator<'_> {
    pub(super) fn aggregate(&mut self, frame: &mut Frame, of: &TAggregate, ty: &Type, place: Place) -> Run<Val> {
        self.uses(kinds::of_aggregate(of.kind));
        let mut elements = self.expr(frame, &of.source)?.into_list()?.to_vec();
        if let Some(grouping) = &of.grouped_by {
            self.uses(kinds::GROUPED);
            elements = self.groups(frame, elements, grouping)?;
        }
        let mut found = Found::new(of.kind);
        let is_chosen = |evaluator: &mut Self, frame: &mut Frame| match &of.where_ {
            Some(condition) => evaluator.expr(frame, condition)?.into_bool(),
            None => Ok(true),
        };
        let chosen = match &of.sorted_by {
            None => elements,
            Some((key, descends)) => {
                self.uses(if *descends { kinds::DESCENDING } else { kinds::SORTED });
                let mut keyed = Vec::new();
                for element in elements {
                    frame.set(of.local, element.clone());
                    if is_chosen(self, frame)? {
                        keyed.push((self.expr(frame, key)?, element));
                    }
                }
                self.sorted(keyed, *descends)?
            }
        };
        for element in chosen {
            self.goes_on()?;
            frame.set(of.local, element);
            if of.sorted_by.is_none() && !is_chosen(self, frame)? {
                continue;
            }
            let value = match of.kind {
                Aggregate::List => self.stored_expr(frame, &of.element, &of.element.ty)?,
                _ => self.expr(frame, &of.element)?,
            };
            if self.taken(&mut found, value, ty, place)? {
                break;
            }
        }
        self.given(found, ty, place)
    }

    /// The groups of elements of one key, in the order of their first.
    fn groups(&mut self, frame: &mut Frame, elements: Vec<Val>, grouping: &Grouping) -> Run<Vec<Val>> {
        let mut groups: Vec<(Val, Vec<Val>)> = Vec::new();
        for element in elements {
            frame.set(grouping.item, element.clone());
            let key = self.stored_expr(frame, &grouping.key, &grouping.key.ty)?;
            match groups.iter_mut().find(|(known, _)| *known == key) {
                Some((_, items)) => items.push(element),
                None => groups.push((key, vec![element])),
            }
        }
        Ok(groups.into_iter().map(|(key, items)| Val::Record(Rc::new(vec![key, Val::list(items)]))).collect())
    }

    /// By insertion: equal ones stay as they stood.
    fn sorted(&mut self, keyed: Vec<(Val, Val)>, descends: bool) -> Run<Vec<Val>> {
        let mut sorted: Vec<(Val, Val)> = Vec::new();
        for (key, element) in keyed {
            let mut at = sorted.len();
            while at > 0 {
                let order = self.order(&key, &sorted[at - 1].0)?;
                let is_before = if descends { order == Ordering::Greater } else { order == Ordering::Less };
                if !is_before {
                    break;
                }
                at -= 1;
            }
            sorted.insert(at, (key, element));
        }
        Ok(sorted.into_iter().map(|(_, element)| element).collect())
    }

    /// Takes one value in; whether no other is needed.
    fn taken(&mut self, found: &mut Found, value: Val, ty: &Type, place: Place) -> Run<bool> {
        match found {
            Found::Sum(sum) => {
                *sum = Some(match (sum.take(), value) {
                    (None, value) => value,
                    (Some(Val::Num(a)), Val::Num(b)) => {
                        let unit = a.unit;
                        self.between(Number { value: a.value + b.value, unit }, ty, place)?
                    }
                    (Some(Val::Duration(a)), Val::Duration(b)) => {
                        let sum = a.checked_add(b).ok_or(super::Fault::Overflow);
                        Val::Duration(self.at(sum, place)?)
                    }
                    (sum, value) => return Err(Stop::Defect(format!("the sum of {sum:?} and {value:?}"))),
                });
            }
            Found::Count(count) => *count += 1,
            Found::Best(how, best) => {
                let is_better = match &best {
                    None => true,
                    Some(known) => holds(*how, self.order(&value, known)?),
                };
                if is_better {
                    *best = Some(value);
                }
            }
            Found::Truth { stops_at, truth } => {
                if value.into_bool()? == *stops_at {
                    *truth = *stops_at;
                    return Ok(true);
                }
            }
            Found::First(first) => {
                *first = Some(value);
                return Ok(true);
            }
            Found::Last(last) => *last = Some(value),
            Found::List(values) => values.push(value),
        }
        Ok(false)
    }

    fn given(&mut self, found: Found, ty: &Type, place: Place) -> Run<Val> {
        Ok(match (found, self.checked.base(ty)) {
            (Found::Sum(Some(sum)), _) => sum,
            (Found::Sum(None), Type::Duration) => Val::Duration(0),
            (Found::Sum(None), Type::Num(num)) => Val::number(BigRational::zero(), num.unit),
            (Found::Sum(None), other) => return Err(Stop::Defect(format!("a sum of {other:?}"))),
            (Found::Count(count), _) => Val::int(count),
            // What an option holds is stored.
            (Found::Best(_, Some(value)) | Found::First(Some(value)) | Found::Last(Some(value)), Type::Option(of)) => {
                Val::some(self.stored(value, of, place)?)
            }
            (Found::Best(_, value) | Found::First(value) | Found::Last(value), _) => Val::option(value),
            (Found::Truth { truth, .. }, _) => Val::Bool(truth),
            (Found::List(values), _) => Val::list(values),
        })
    }
}

/// What has been found so far.
enum Found {
    Sum(Option<Val>),
    Count(i64),
    /// By which comparison a value is better than the best one.
    Best(Cmp, Option<Val>),
    Truth {
        stops_at: bool,
        truth: bool,
    },
    First(Option<Val>),
    Last(Option<Val>),
    List(Vec<Val>),
}

impl Found {
    fn new(kind: Aggregate) -> Found {
        match kind {
            Aggregate::Sum => Found::Sum(None),
            Aggregate::Count => Found::Count(0),
            Aggregate::Min => Found::Best(Cmp::Lt, None),
            Aggregate::Max => Found::Best(Cmp::Gt, None),
            Aggregate::Any => Found::Truth { stops_at: true, truth: false },
            Aggregate::All => Found::Truth { stops_at: false, truth: true },
            Aggregate::First => Found::First(None),
            Aggregate::Last => Found::Last(None),
            Aggregate::List => Found::List(Vec::new()),
        }
    }
}
