//! Expressions.

use super::env::Path;
use super::interval::{Interval, Truth};
use super::{Code, DEPTH_MAX, Fault};
use crate::source::Place;
use crate::typed::walk;
use crate::typed::*;
use crate::types::*;
use bp_bytecode::op::Builtin;

/// How many elements a list, or code points a text, can have: no memory holds more.
const COUNT: Interval = Interval { low: 0, high: u32::MAX as i128 };

impl<'c> Code<'_, 'c> {
    /// What an expression can give; of what is no number, a truth value, a date or a case, all.
    pub fn value(&mut self, e: &'c TExpr) -> Interval {
        self.depth += 1;
        let value = match self.depth > DEPTH_MAX {
            true => {
                self.lose();
                self.type_range(&e.ty, false)
            }
            false => self.value_of(e),
        };
        self.depth -= 1;
        value
    }

    pub fn values(&mut self, of: impl IntoIterator<Item = &'c TExpr>) {
        for e in of {
            self.value(e);
        }
    }

    /// A value that goes into a field or an element.
    pub fn stored(&mut self, e: &'c TExpr) -> Interval {
        let value = self.value(e);
        if !self.is_number(&e.ty) {
            return value;
        }
        value.meet(Interval::WORD).unwrap_or_else(|| {
            self.tell(e.place, Fault::TooLarge { stored: true });
            Interval::WORD
        })
    }

    fn value_of(&mut self, e: &'c TExpr) -> Interval {
        match &e.kind {
            T::Constant(Constant::Number(number)) => Interval::one(*number),
            T::Local(_) => self.read(e),
            T::Field(of, _) => {
                // A path has nothing in it to go through, and may be long.
                if self.path(e).is_none() {
                    self.value(of);
                }
                self.read(e)
            }
            T::Config(id) => self.prover.config_range(*id),
            T::Invalid | T::Constant(_) | T::Today | T::Now | T::EmptyMap | T::Refusal => self.type_range(&e.ty, true),

            T::Add(..) | T::Sub(..) | T::Mul(..) => self.chain(e),
            T::Min(a, b) | T::Max(a, b) | T::IntDiv(a, b) | T::IntMod(a, b) => {
                let (a, b_value) = (self.value(a), self.value(b));
                match e.kind {
                    T::Min(..) => a.min(b_value),
                    T::Max(..) => a.max(b_value),
                    _ => {
                        if b_value == Interval::one(0) {
                            self.tell(b.place, Fault::DivisionByZero);
                        }
                        if matches!(e.kind, T::IntDiv(..)) { a.divided(b_value) } else { a.modulo(b_value) }
                    }
                }
            }
            T::Neg(of) => self.value(of).negated(),
            T::Abs(of) => self.value(of).absolute(),
            T::Sign(of) => self.value(of).sign(),
            T::ScaleUp(of, power) => {
                let value = self.value(of).scaled_up(u32::from(*power));
                self.fits(value, e.place)
            }
            T::Reinterpret(of) => self.value(of),
            T::Round(round) => {
                let value = self.round(round, self.scale(&e.ty), e.place);
                self.fits(value, e.place)
            }

            T::Compare(how, a, b) => {
                let (x, y) = (self.value(a), self.value(b));
                let (from, to) = (self.scale(&a.ty), self.scale(&b.ty));
                let (x, y) =
                    (x.scaled_up(u32::from(to.saturating_sub(from))), y.scaled_up(u32::from(from.saturating_sub(to))));
                let comparable = self.has_interval(&a.ty) && self.has_interval(&b.ty);
                if comparable { Interval::of_truth(x.compared(*how, y)) } else { Interval::BOOL }
            }
            T::CompareText(_, a, b) | T::CompareAmount(_, a, b) | T::Equal(a, b) => {
                self.values([&**a, &**b]);
                Interval::BOOL
            }
            T::Not(of) => Interval::of_truth(self.value(of).truth().not()),
            T::And(a, b) | T::Or(a, b) => {
                let first = self.value(a).truth();
                let is_and = matches!(e.kind, T::And(..));
                let mut second = Truth::Open;
                if self.shallow {
                    second = self.value(b).truth();
                } else {
                    self.perhaps(|code| {
                        code.assume(a, is_and);
                        // Where it is never asked, it does not decide.
                        second = if code.env.is_dead() { Truth::Open } else { code.value(b).truth() };
                    });
                }
                Interval::of_truth(match is_and {
                    true => first.and(second),
                    false => first.not().and(second.not()).not(),
                })
            }
            _ if self.shallow => self.type_range(&e.ty, false),
            _ => self.compound(e),
        }
    }

    /// Values made of others, calls, branches.
    fn compound(&mut self, e: &'c TExpr) -> Interval {
        match &e.kind {
            T::Some(of) => {
                self.stored(of);
            }
            T::Record(record, fields) => {
                let known = fields.iter().enumerate().map(|(n, e)| (vec![n as u16], self.stored(e))).collect();
                self.made(*record, known, e.place);
            }
            T::With(base, changes) => {
                let interval = self.value(base);
                let mut known = self.known(base, interval);
                known.retain(|(fields, _)| !fields.is_empty());
                // What is not changed has met the conditions already.
                if let Type::Record(record) = *self.prover.checked.base(&base.ty) {
                    for (field, range) in self.prover.record_ranges(record).iter().enumerate() {
                        let path = vec![field as u16];
                        if let Some(range) = range
                            && known.iter().all(|(fields, _)| *fields != path)
                        {
                            known.push((path, *range));
                        }
                    }
                    for (field, value) in changes {
                        let value = self.stored(value);
                        known.retain(|(fields, _)| fields.first() != Some(field));
                        known.push((vec![*field], value));
                    }
                    self.made(record, known, e.place);
                }
            }
            T::Case(_, case, payload) => {
                payload.iter().for_each(|e| {
                    self.stored(e);
                });
                return Interval::one(i128::from(*case));
            }
            T::List(elements) => elements.iter().for_each(|e| {
                self.stored(e);
            }),
            T::Item(list, index) => {
                self.value(list);
                self.stored(index);
                return match self.prover.checked.base(&list.ty) {
                    Type::List(of) => self.type_range(of, true),
                    _ => self.type_range(&e.ty, true),
                };
            }
            T::Get(map, key) => {
                self.value(map);
                self.stored(key);
            }
            T::Keys(of) | T::Values(of) | T::First(of) | T::Last(of) => drop(self.value(of)),
            T::Count(of) => {
                self.value(of);
                return COUNT;
            }
            T::RangeList(low, high) => drop(self.range(low, high)),
            T::Aggregate(aggregate) => return self.aggregate(aggregate, &e.ty),
            T::Allocate(total, weights) => {
                self.stored(total);
                self.value(weights);
            }
            T::ToText { value, .. } => drop(self.value(value)),
            T::Concat(parts) => self.values(parts),
            T::Call(function, arguments) => return self.call(*function, arguments, e),
            T::Builtin(builtin, arguments) => {
                self.values(arguments);
                let ty = self.type_range(&e.ty, true);
                return of_builtin(*builtin).and_then(|range| range.meet(ty)).unwrap_or(ty);
            }
            T::If(condition, then, otherwise) => {
                self.value(condition);
                let ways = self.either(condition, |code| code.way(then), |code| code.way(otherwise));
                return ways.unwrap_or_else(|| self.type_range(&e.ty, false));
            }
            T::Match(matched) => return self.matching(matched).unwrap_or_else(|| self.type_range(&e.ty, false)),
            T::Block(block) => {
                let value = self.block(block);
                return if block.value.is_some() { value } else { self.type_range(&e.ty, false) };
            }
            T::Step(_, step) => self.step(step),
            T::Create(_, of) | T::Document(_, of) | T::NextNumber(_, of) => drop(self.value(of)),
            T::Lookup(_, of) | T::Books(_, of) | T::Held(_, of) | T::Available(_, of) | T::Room(_, of) => {
                of.iter().for_each(|e| {
                    self.stored(e);
                })
            }
            T::Find(find) => find.conditions.iter().map(|(_, _, e)| e).chain(&find.limit).for_each(|e| {
                self.stored(e);
            }),
            T::Hold { dimensions, amount, .. } | T::Take { dimensions, amount, .. } => {
                dimensions.iter().chain([&**amount]).for_each(|e| {
                    self.stored(e);
                });
            }
            T::CommitPart { hold, part } => {
                self.value(hold);
                self.stored(part);
            }
            T::Beginning(list, limit) => {
                self.value(list);
                self.stored(limit);
            }
            T::Let(local, value, body) => {
                self.bind(*local, value);
                return self.value(body);
            }
            T::Coalesce(a, b) => {
                self.value(a);
                self.perhaps(|code| {
                    code.value(b);
                });
            }
            T::Checked(of, checks) => {
                let value = self.value(of);
                let known = self.known(of, value);
                let word = self.has_interval(&of.ty).then_some((value, &of.ty));
                self.oblige(e.place, checks, &known, word);
                let ty = self.type_range(&e.ty, false);
                return value.meet(ty).unwrap_or(ty);
            }
            T::Balance(_, dimensions) => dimensions.iter().for_each(|e| {
                self.stored(e);
            }),
            T::Start(_, arguments) => self.values(arguments),
            T::RunResult(of)
            | T::RunNoted(of, _)
            | T::RunTask(of, _)
            | T::RunRequest(of, _)
            | T::RunOutcome(of)
            | T::Mails(_, of) => {
                self.values([&**of]);
            }
            T::Rest(rest) => self.values(rest.asked()),
            // All others are gone through above.
            _ => {}
        }
        self.type_range(&e.ty, false)
    }

    // ---- numbers

    /// Sums and products. A long chain leans to the left: it is gone through here, not by recursion.
    fn chain(&mut self, e: &'c TExpr) -> Interval {
        let mut operators = Vec::new();
        let mut leftmost = e;
        while let T::Add(a, b) | T::Sub(a, b) | T::Mul(a, b) = &leftmost.kind {
            operators.push((leftmost, &**b));
            leftmost = a;
        }
        let mut so_far = self.value(leftmost);
        for (operator, right) in operators.into_iter().rev() {
            let right = self.value(right);
            let value = match operator.kind {
                T::Add(..) => so_far.plus(right),
                T::Sub(..) => so_far.minus(right),
                _ => so_far.times(right),
            };
            so_far = self.fits(value, operator.place);
        }
        so_far
    }

    /// The result of an operation on 128 bits.
    fn fits(&mut self, value: Interval, place: Place) -> Interval {
        if value.is_beyond() {
            self.tell(place, Fault::TooLarge { stored: false });
            return Interval::WIDE;
        }
        value
    }

    fn round(&mut self, round: &'c TRound, scale: u8, place: Place) -> Interval {
        let mut power = i32::from(scale);
        let mut above = Interval::one(1);
        for factor in &round.numerators {
            above = above.times(self.value(factor));
            power -= i32::from(self.scale(&factor.ty));
        }
        let mut below = Interval::one(1);
        for factor in &round.divisors {
            let value = self.value(factor);
            if value == Interval::one(0) {
                self.tell(place, Fault::DivisionByZero);
            }
            below = below.times(value);
            power += i32::from(self.scale(&factor.ty));
        }
        if let RoundKind::Power(exponent) = &round.kind {
            self.value(exponent);
        }
        if let TMode::Value(mode) = &round.mode {
            self.value(mode);
        }
        let step = round.step.as_ref().map(|step| self.value(step).absolute());
        if !matches!(round.kind, RoundKind::Quotient) {
            return Interval::WIDE;
        }
        match power {
            0.. => above = above.scaled_up(power.unsigned_abs()),
            _ => below = below.scaled_up(power.unsigned_abs()),
        }
        let exact = above.divided(below);
        match step {
            // The next multiples of the step.
            Some(step) => exact.plus(Interval::new(step.high.saturating_neg(), step.high)),
            None => exact,
        }
    }

    // ---- code

    /// The ends of a range to go through.
    pub fn range(&mut self, low: &'c TExpr, high: &'c TExpr) -> (Interval, Interval) {
        let ends = (self.value(low), self.value(high));
        self.bounded((ends.0, low.place), (ends.1, high.place));
        ends
    }

    fn call(&mut self, id: FnId, arguments: &'c [TExpr], e: &'c TExpr) -> Interval {
        let function = &self.prover.checked.functions[id.index()];
        let mut inside = super::env::Env::default();
        for (number, argument) in arguments.iter().enumerate() {
            let interval = self.value(argument);
            for (fields, interval) in self.known(argument, interval) {
                inside.set(Path { local: LocalId(number as u32), fields }, interval);
            }
        }
        if self.telling {
            for (condition, check) in &function.requires {
                let mut code = Code::new(self.prover, function, false);
                code.env = inside.clone();
                if code.value(condition).truth() == Truth::Never {
                    // A condition on one parameter is about its argument.
                    let about = walk::of_expr(condition).locals;
                    let place = match about.iter().collect::<Vec<_>>().as_slice() {
                        [one] => arguments.get(one.index()).map_or(e.place, |argument| argument.place),
                        _ => e.place,
                    };
                    self.tell(place, Fault::NeverHolds { check: *check, value: None });
                }
            }
        }
        let ty = self.type_range(&function.result, false);
        self.prover.results[id.index()].and_then(|result| result.meet(ty)).unwrap_or(ty)
    }

    fn aggregate(&mut self, a: &'c TAggregate, ty: &Type) -> Interval {
        let each = match &a.source.kind {
            T::RangeList(low, high) => {
                let (low, high) = self.range(low, high);
                (low.low <= high.high).then(|| Interval::new(low.low, high.high))
            }
            _ => {
                self.value(&a.source);
                None
            }
        };
        let mut element = Interval::WIDE;
        let grouped = a.grouped_by.as_ref().map(|grouping| &grouping.key);
        let sorted = a.sorted_by.as_ref().map(|(key, _)| key);
        let inside = a.where_.iter().chain(grouped).chain(sorted).chain([&a.element]);
        let assigned: Vec<LocalId> = inside.flat_map(|e| walk::of_expr(e).assigned).collect();
        assigned.iter().for_each(|local| self.env.forget(*local));
        self.perhaps(|code| {
            if let Some(grouping) = &a.grouped_by {
                code.env.forget(grouping.item);
                code.value(&grouping.key);
            }
            code.env.forget(a.local);
            if let (Some(each), None) = (each, &a.grouped_by) {
                code.env.set(Path::of(a.local), each);
            }
            if let Some(condition) = &a.where_ {
                code.value(condition);
                code.assume(condition, true);
            }
            if let Some((key, _)) = &a.sorted_by {
                code.stored(key);
            }
            element = code.value(&a.element);
        });
        match a.kind {
            Aggregate::Sum if element.low >= 0 => Interval { low: 0, high: i128::MAX },
            Aggregate::Sum if element.high <= 0 => Interval { low: i128::MIN, high: 0 },
            Aggregate::Count => COUNT,
            Aggregate::Any | Aggregate::All => Interval::BOOL,
            _ => self.type_range(ty, false),
        }
    }

    // ---- types

    /// A variable, or a field of something.
    fn read(&mut self, e: &TExpr) -> Interval {
        // What it was declared as: where it is used, it may count as what its type is made of.
        let mut range = match &e.kind {
            T::Local(local) => self.type_range(&self.locals[local.index()].ty, false),
            _ => self.type_range(&e.ty, true),
        };
        let path = self.path(e);
        if let T::Field(of, field) = &e.kind
            && let Type::Record(record) = *self.prover.checked.base(&of.ty)
        {
            range = self.type_range(&self.prover.checked.records[record.index()].fields[usize::from(*field)].ty, true);
            let unmet = self.raw && path.as_ref().is_some_and(|p| p.local == LocalId(0) && p.fields.len() == 1);
            if !unmet && let Some(known) = self.prover.record_ranges(record)[usize::from(*field)] {
                range = known.meet(range).unwrap_or(range);
            }
        }
        match path.and_then(|path| self.env.get(&path)) {
            Some(known) => known.meet(range).unwrap_or(range),
            None => range,
        }
    }

    /// A record is made of fields of which that is known.
    fn made(&mut self, record: RecordId, known: Vec<(Vec<u16>, Interval)>, place: Place) {
        let fields = &self.prover.checked.records[record.index()].fields;
        for check in fields.iter().flat_map(|field| &field.checks) {
            self.oblige(place, std::slice::from_ref(check), &known, None);
        }
    }

    pub fn scale(&self, ty: &Type) -> u8 {
        match self.prover.checked.base(ty) {
            Type::Num(num) => num.scale,
            _ => 0,
        }
    }

    fn is_number(&self, ty: &Type) -> bool {
        matches!(self.prover.checked.base(ty), Type::Num(_))
    }

    pub fn has_interval(&self, ty: &Type) -> bool {
        match self.prover.checked.base(ty) {
            Type::Num(_) | Type::Bool | Type::Date | Type::DateTime | Type::Time | Type::Month | Type::Duration => true,
            Type::Enum(id) => !self.prover.checked.enums[id.index()].has_payload(),
            _ => false,
        }
    }
}

fn of_builtin(builtin: Builtin) -> Option<Interval> {
    match builtin {
        Builtin::Length => Some(COUNT),
        Builtin::Contains | Builtin::StartsWith | Builtin::EndsWith | Builtin::Matches => Some(Interval::BOOL),
        Builtin::DateMonthNumber | Builtin::MonthNumber => Some(Interval::new(1, 12)),
        Builtin::DateDay => Some(Interval::new(1, 31)),
        Builtin::DateWeekday => Some(Interval::new(1, 7)),
        Builtin::AmountOrder => Some(Interval::new(-1, 1)),
        _ => None,
    }
}
