//! Expressions, from left to right as they are written.

use super::stop::{Fault, Run, Stop};
use super::text::{normal, shown};
use super::value::{Val, of_constant};
use super::{Evaluator, Frame, kinds};
use bp_bytecode::op::Cmp;
use bp_compiler::source::Place;
use bp_compiler::typed::{T, TExpr, TStep};
use bp_compiler::types::{ConfigId, ProcessId, StepId, Type};
use num_traits::ToPrimitive;
use std::cmp::Ordering;
use std::rc::Rc;

/// Whether a comparison holds of two sides that stand so.
pub(super) fn holds(how: Cmp, order: Ordering) -> bool {
    match how {
        Cmp::Eq => order.is_eq(),
        Cmp::Ne => order.is_ne(),
        Cmp::Lt => order.is_lt(),
        Cmp::Le => order.is_le(),
        Cmp::Gt => order.is_gt(),
        Cmp::Ge => order.is_ge(),
    }
}

impl Evaluator<'_> {
    pub(super) fn expr(&mut self, frame: &mut Frame, e: &TExpr) -> Run<Val> {
        self.goes_on()?;
        self.uses(kinds::of_expr(&e.kind));
        let value = self.value(frame, e)?;
        self.conforms(&value, e)?;
        // What only hands on is not what is too large.
        let hands_on =
            matches!(e.kind, T::If(..) | T::Match(_) | T::Block(_) | T::Let(..) | T::Coalesce(..) | T::Step(..));
        if !hands_on {
            self.given_at = e.place;
        }
        Ok(value)
    }

    fn value(&mut self, frame: &mut Frame, e: &TExpr) -> Run<Val> {
        match self.is_between_steps() && Evaluator::is_read(&e.kind) {
            true => self.read_once(|evaluator| evaluator.plain_value(frame, e)),
            false => self.plain_value(frame, e),
        }
    }

    fn plain_value(&mut self, frame: &mut Frame, e: &TExpr) -> Run<Val> {
        let checked = self.checked;
        let place = e.place;
        Ok(match &e.kind {
            T::Invalid => return Err(Stop::Defect("an invalid expression".into())),
            T::Constant(constant) => {
                let value = of_constant(checked, constant, &e.ty)?;
                self.stored_within(&value, &e.ty, place)?;
                value
            }
            T::Local(local) => frame.get(*local)?,
            T::Config(config) => self.config(*config)?,
            T::Today => Val::Date(self.now.div_euclid(86_400)),
            T::Now => Val::DateTime(self.now),

            T::Add(..) | T::Sub(..) | T::Mul(..) | T::Min(..) | T::Max(..) | T::Neg(_) | T::Abs(_) | T::Sign(_) => {
                self.arithmetic(frame, e)?
            }
            T::IntDiv(..) | T::IntMod(..) | T::ScaleUp(..) | T::Reinterpret(_) => self.arithmetic(frame, e)?,
            T::Round(round) => self.rounded(frame, round, &e.ty, place)?,
            T::Allocate(total, weights) => self.allocated(frame, total, weights, &e.ty, place)?,

            T::Compare(how, a, b) => {
                let (a, b) = (self.expr(frame, a)?, self.expr(frame, b)?);
                Val::Bool(holds(*how, self.order(&a, &b)?))
            }
            T::CompareText(how, a, b) => {
                let (a, b) = (self.expr(frame, a)?.into_text()?, self.expr(frame, b)?.into_text()?);
                Val::Bool(holds(*how, a.chars().cmp(b.chars())))
            }
            T::CompareAmount(how, a, b) => {
                let (a, b) = (self.expr(frame, a)?, self.expr(frame, b)?);
                let (_, a, b) = self.amounts(a, b, place)?;
                Val::Bool(holds(*how, a.cmp(&b)))
            }
            T::Equal(a, b) => {
                let (a, b) = (self.expr(frame, a)?, self.expr(frame, b)?);
                Val::Bool(a == b)
            }
            T::Not(a) => Val::Bool(!self.expr(frame, a)?.into_bool()?),
            T::And(a, b) => Val::Bool(self.expr(frame, a)?.into_bool()? && self.expr(frame, b)?.into_bool()?),
            T::Or(a, b) => Val::Bool(self.expr(frame, a)?.into_bool()? || self.expr(frame, b)?.into_bool()?),

            T::Some(inner) => Val::some(self.stored_expr(frame, inner, &inner.ty)?),
            T::Record(id, values) => {
                let fields = &checked.records[id.index()].fields;
                let record = Val::Record(Rc::new(self.stored_all(frame, values, fields)?));
                self.record_checks(*id, &record, place)?;
                record
            }
            T::With(base, changes) => {
                let Type::Record(id) = checked.base(&base.ty) else {
                    return Err(Stop::Defect(format!("{:?} has no fields", base.ty)));
                };
                let mut values = self.expr(frame, base)?.into_record()?;
                for (field, value) in changes {
                    let ty = &checked.records[id.index()].fields[usize::from(*field)].ty;
                    let value = self.stored_expr(frame, value, ty)?;
                    Rc::make_mut(&mut values)[usize::from(*field)] = value;
                }
                let record = Val::Record(values);
                self.record_checks(*id, &record, place)?;
                record
            }
            T::Case(id, case, values) => {
                let fields = &checked.enums[id.index()].cases[usize::from(*case)].fields;
                Val::Case(*case, Rc::new(self.stored_all(frame, values, fields)?))
            }
            T::Field(base, field) => {
                let record = self.expr(frame, base)?.into_record()?;
                record[usize::from(*field)].clone()
            }
            T::List(items) => {
                let mut values = Vec::new();
                for item in items {
                    values.push(self.stored_expr(frame, item, &item.ty)?);
                }
                Val::list(values)
            }
            T::EmptyMap => Val::Map(Rc::default()),
            T::Item(list, index) => {
                let list = self.expr(frame, list)?.into_list()?;
                let index = self.word(frame, index)?;
                let found = usize::try_from(index).ok().and_then(|index| list.get(index));
                match found {
                    Some(value) => value.clone(),
                    None => return self.fault(Fault::IndexOutside { index, len: list.len() as u32 }, place),
                }
            }
            T::Get(map, key) => {
                let map = self.expr(frame, map)?.into_map()?;
                let key = self.stored_expr(frame, key, &key.ty)?;
                Val::option(map.iter().find(|(known, _)| *known == key).map(|(_, value)| value.clone()))
            }
            T::Keys(map) => {
                let map = self.expr(frame, map)?.into_map()?;
                Val::list(map.iter().map(|(key, _)| key.clone()).collect())
            }
            T::Values(map) => {
                let map = self.expr(frame, map)?.into_map()?;
                Val::list(map.iter().map(|(_, value)| value.clone()).collect())
            }
            T::Count(of) => Val::int(match self.expr(frame, of)? {
                Val::List(values) => values.len() as i64,
                Val::Map(pairs) => pairs.len() as i64,
                other => return Err(Stop::Defect(format!("{other:?} has no count"))),
            }),
            T::First(list) => Val::option(self.expr(frame, list)?.into_list()?.first().cloned()),
            T::Last(list) => Val::option(self.expr(frame, list)?.into_list()?.last().cloned()),
            T::Beginning(list, limit) => {
                let list = self.expr(frame, list)?.into_list()?;
                let limit = usize::try_from(self.word(frame, limit)?).unwrap_or(0);
                Val::list(list.iter().take(limit).cloned().collect())
            }
            T::RangeList(low, high) => {
                let (low, high) = (self.whole(frame, low)?, self.whole(frame, high)?);
                let mut values = Vec::new();
                let mut at = low;
                while at <= high {
                    self.goes_on()?;
                    let number = Val::number(at.clone().into(), bp_compiler::types::Unit::None);
                    values.push(self.stored(number, &Type::INT, place)?);
                    at += 1;
                }
                Val::list(values)
            }
            T::Aggregate(aggregate) => self.aggregate(frame, aggregate, &e.ty, place)?,

            T::ToText { value, digits } => {
                let of = self.expr(frame, value)?;
                match digits {
                    None => Val::text(&normal(&shown(checked, &of, &value.ty)?)),
                    Some(digits) => {
                        let number = of.into_num()?.value.to_integer();
                        let sign = if number.sign() == num_bigint::Sign::Minus { "-" } else { "" };
                        Val::text(&format!("{sign}{:0>width$}", number.magnitude(), width = usize::from(*digits)))
                    }
                }
            }
            T::Concat(parts) => {
                let mut whole = String::new();
                for part in parts {
                    whole += &self.expr(frame, part)?.into_text()?;
                }
                Val::text(&normal(&whole))
            }

            T::Call(func, args) => {
                let args = self.all(frame, args)?;
                self.call(*func, args)?
            }
            T::Builtin(builtin, args) => self.builtin(frame, *builtin, args, place)?,
            T::If(condition, then, otherwise) => {
                let block = if self.expr(frame, condition)?.into_bool()? { then } else { otherwise };
                self.block(frame, block)?
            }
            T::Match(matched) => self.matching(frame, matched, place)?,
            T::Block(block) => self.block(frame, block)?,
            T::Let(local, value, body) => {
                let value = self.expr(frame, value)?;
                frame.set(*local, value);
                self.expr(frame, body)?
            }
            T::Coalesce(a, b) => match self.expr(frame, a)? {
                // Of two options the first one itself, where it holds something.
                Val::Option(Some(inner)) if e.ty == a.ty => Val::Option(Some(inner)),
                Val::Option(Some(inner)) => (*inner).clone(),
                Val::Option(None) => self.expr(frame, b)?,
                other => return Err(Stop::Defect(format!("{other:?} is no option"))),
            },
            T::Checked(inner, checks) => {
                let value = self.expr(frame, inner)?;
                self.checks(checks, &value, place)?;
                value
            }

            T::Step(step, body) if self.life.is_some() => self.living_step(frame, *step, body, place)?,
            T::Step(step, body) => self.step(frame, *step, body, place)?,
            T::Books(what, of) => self.of_books(frame, *what, of, place)?,
            T::Available(account, spot) => self.available(frame, *account, None, spot)?,
            T::Room(account, of) => match of.split_last() {
                Some((wanted, spot)) => self.available(frame, *account, Some(wanted), spot)?,
                None => return Err(Stop::Defect("nothing is wanted".into())),
            },
            T::Rest(rest) => self.rests(frame, rest, &e.ty)?,
            T::RunNoted(..) | T::RunTask(..) | T::RunRequest(..) | T::RunOutcome(_) | T::Mails(..) | T::Refusal => {
                return Err(Stop::NotCovered("processes that live".into()));
            }
            T::Start(process, args) if self.life.is_some() => self.starts(frame, *process, args)?,
            T::Start(process, _) if self.checked.processes[process.index()].lives => {
                return Err(Stop::NotCovered("processes that live".into()));
            }
            T::Start(process, args) => {
                let args = self.all(frame, args)?;
                self.start(*process, args)?
            }
            T::RunResult(run) => match self.expr(frame, run)? {
                Val::Case(0, parts) => parts.first().cloned().unwrap_or(Val::Nothing),
                _ => return self.fault(Fault::RunFailed, place),
            },
            T::Balance(..) | T::Held(..) | T::Hold { .. } | T::Take { .. } | T::CommitPart { .. } => {
                self.goods(frame, e)?
            }
            T::Create(..) | T::Document(..) | T::Lookup(..) | T::Find(_) | T::NextNumber(..) => {
                self.documents(frame, e)?
            }
        })
    }

    /// All of several expressions.
    pub(super) fn all(&mut self, frame: &mut Frame, expressions: &[TExpr]) -> Run<Vec<Val>> {
        expressions.iter().map(|e| self.expr(frame, e)).collect()
    }

    /// A whole number that has to be one of 64 bits.
    pub(super) fn word(&mut self, frame: &mut Frame, e: &TExpr) -> Run<i64> {
        match self.whole(frame, e)?.to_i64() {
            Some(word) => Ok(word),
            None => self.fault(Fault::Overflow, e.place),
        }
    }

    /// How two values stand that have an order.
    pub(super) fn order(&self, a: &Val, b: &Val) -> Run<Ordering> {
        match (a, b) {
            (Val::Text(a), Val::Text(b)) => Ok(a.chars().cmp(b.chars())),
            (Val::Num(x), Val::Num(y)) if !is_zero(x) && !is_zero(y) && !super::check::meets(x.unit, y.unit) => {
                Err(Stop::Defect(format!("{:?} is compared with {:?}", x.unit, y.unit)))
            }
            (a, b) => match (a.rank(), b.rank()) {
                (Some(x), Some(y)) => Ok(x.cmp(&y)),
                _ => Err(Stop::Defect(format!("{a:?} and {b:?} have no order"))),
            },
        }
    }

    /// A configured value: its default, which meets its conditions.
    fn config(&mut self, id: ConfigId) -> Run<Val> {
        let checked = self.checked;
        let config = &checked.configs[id.index()];
        let Some(default) = config.default else {
            return Err(Stop::NotCovered("configuration without a default".into()));
        };
        let value = self.call(default, Vec::new())?;
        self.checks(&config.checks, &value, config.place)?;
        Ok(value)
    }

    /// The body's value; where it fails, nothing of it has happened, and what handles the failure stands for it.
    fn step(&mut self, frame: &mut Frame, id: StepId, step: &TStep, place: Place) -> Run<Val> {
        self.world.begin(id);
        match (self.block(frame, &step.body), &step.failing) {
            (Ok(value), _) => {
                let ended = self.world.end(self.checked, id);
                self.at(ended, place)?;
                Ok(value)
            }
            (Err(Stop::FailStep(failure)), Some(failing)) => {
                self.uses(kinds::STEP_FAILS);
                self.world.fail(id);
                frame.set(failing.failure, failure);
                self.matching(frame, &failing.handler, place)
            }
            (other, _) => other,
        }
    }

    /// Runs a process to its end, or gives the run that its key already has.
    fn start(&mut self, id: ProcessId, args: Vec<Val>) -> Run<Val> {
        let process = &self.checked.processes[id.index()];
        let key = match process.key {
            Some(key) => Some((id, self.call(key, args.clone())?.into_text()?.to_string())),
            None => None,
        };
        if let Some(known) = key.as_ref().and_then(|key| self.runs.get(key)) {
            return Ok(known.clone());
        }
        let outcome = self.call(process.func, args)?;
        if let Some(key) = key {
            self.runs.insert(key, outcome.clone());
        }
        Ok(outcome)
    }
}

fn is_zero(number: &super::value::Number) -> bool {
    num_traits::Zero::is_zero(&number.value)
}
