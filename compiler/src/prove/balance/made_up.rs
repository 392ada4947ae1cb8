//! Values made up for a try: of their types, and such that their `where`s hold.

use super::number::Rational;
use super::term::*;
use super::witness::{Try, Value};
use crate::types::*;
use bp_bytecode::rounding::Mode;
use std::collections::HashMap;

/// How often a field is chosen again until the conditions of its record hold.
const CHOICES_MAX: u32 = 40;
/// How deep made-up values go.
const NESTED_MAX: u32 = 6;

impl Try<'_, '_> {
    pub(super) fn below(&mut self, n: i128) -> i128 {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i128::from(self.random >> 33) % n.max(1)
    }

    fn any_number(&mut self, scale: u8) -> Rational {
        let unit = Rational::scaled(1, scale).unwrap_or(Rational::ONE);
        let value = match self.below(8) {
            0 => Rational::ZERO,
            1..=3 => Rational::whole(self.below(9) + 1),
            4 | 5 => {
                let at = self.below(self.pool.len() as i128) as usize;
                let near = Rational::whole(self.below(3) - 1).mul(unit);
                let value = self.pool.get(at).and_then(|p| near.and_then(|n| p.add(n))).unwrap_or(Rational::ONE);
                value.round(unit, Mode::Floor).unwrap_or(Rational::ONE)
            }
            6 => Rational::whole(self.below(1_000_000)),
            _ => Rational::whole(self.below(2_000) - 500).mul(unit).unwrap_or(Rational::ONE),
        };
        match self.below(10) {
            0 => value.neg(),
            _ => value,
        }
    }

    pub(super) fn any(&mut self, ty: &Type, nested: u32) -> Value {
        if nested > NESTED_MAX {
            return Value::Unknown;
        }
        let checked = self.prover.checked;
        match ty {
            Type::Bool => Value::Number(Rational::whole(self.below(2))),
            Type::Num(num) => Value::Number(self.any_number(num.scale)),
            Type::Duration | Type::Time => Value::Number(Rational::whole(self.below(80_000))),
            Type::Rounding => Value::Number(Rational::whole(self.below(Mode::ALL.len() as i128))),
            Type::Date => Value::Number(Rational::whole(20_000 + self.below(800))),
            Type::Month => {
                let at = self.below(self.pool.len() as i128) as usize;
                let near = Rational::whole(self.below(5));
                // Months from 2024 on, or those that the program speaks of.
                let near = match self.below(2) {
                    0 => Rational::whole(2024 * 12 + self.below(48)),
                    _ => self.pool.get(at).and_then(|p| p.add(near)).unwrap_or(near),
                };
                Value::Number(near)
            }
            Type::Text => Value::Text(["a", "b", "c"][self.below(3) as usize].into()),
            Type::Option(of) => match self.below(3) {
                0 => Value::Option(None),
                _ => match self.any(of, nested + 1) {
                    Value::Unknown => Value::Option(None),
                    value => Value::Option(Some(Box::new(value))),
                },
            },
            Type::List(of) => {
                let count = self.below(4);
                let items: Vec<Value> = (0..count).map(|_| self.any(of, nested + 1)).collect();
                if items.contains(&Value::Unknown) { Value::List(Vec::new()) } else { Value::List(items) }
            }
            Type::Named(id) => {
                let named = &checked.named[id.index()];
                for _ in 0..CHOICES_MAX {
                    let value = self.any(&named.base, nested + 1);
                    if named.checks.iter().all(|check| self.holds(*check, &value) == Some(true)) {
                        return value;
                    }
                }
                Value::Unknown
            }
            Type::Enum(id) => {
                let cases = &checked.enums[id.index()].cases;
                let case = self.below(cases.len() as i128) as usize;
                if !checked.enums[id.index()].has_payload() {
                    return Value::Number(Rational::whole(case as i128));
                }
                let parts: Vec<Value> = cases[case].fields.iter().map(|f| self.any(&f.ty, nested + 1)).collect();
                if parts.contains(&Value::Unknown) { Value::Unknown } else { Value::Case(case as u16, parts) }
            }
            Type::Record(id) => self.any_record(*id, nested),
            _ => Value::Unknown,
        }
    }

    /// A record that meets its conditions: the field that a condition stands at is chosen again, or, for an equality,
    /// one of its fields is solved for.
    fn any_record(&mut self, id: RecordId, nested: u32) -> Value {
        let checked = self.prover.checked;
        let fields = &checked.records[id.index()].fields;
        let mut values: Vec<Value> = fields.iter().map(|f| self.any(&f.ty, nested + 1)).collect();
        for _ in 0..CHOICES_MAX {
            let whole = Value::Record(values.clone());
            let failing = fields.iter().enumerate().find_map(|(at, field)| {
                field.checks.iter().find(|check| self.holds(**check, &whole) != Some(true)).map(|check| (at, *check))
            });
            let Some((at, check)) = failing else { return whole };
            if !self.solved(check, id, &mut values) {
                values[at] = self.any(&fields[at].ty, nested + 1);
            }
        }
        Value::Unknown
    }

    /// A condition as a term over a symbol of its own.
    fn condition(&mut self, check: CheckId) -> Option<(TermId, TermId)> {
        if let Some(known) = self.conditions.get(&check) {
            return *known;
        }
        let subject = self.prover.terms.symbol("it", None);
        let holds = self.prover.condition_of(check, subject).map(|holds| (subject, holds));
        self.conditions.insert(check, holds);
        holds
    }

    pub(super) fn holds(&mut self, check: CheckId, value: &Value) -> Option<bool> {
        let (subject, holds) = self.condition(check)?;
        self.layers.push(HashMap::from([(subject, value.clone())]));
        let truth = self.truth(holds);
        self.layers.pop();
        truth
    }

    fn solved(&mut self, check: CheckId, record: RecordId, values: &mut [Value]) -> bool {
        let Some((subject, holds)) = self.condition(check) else { return false };
        let Node::Op(Op::Zero, of) = &*self.prover.terms.node(holds) else { return false };
        let poly = self.prover.terms.poly(of[0]);
        self.layers.push(HashMap::from([(subject, Value::Record(values.to_vec()))]));
        let off = self.number(of[0]);
        self.layers.pop();
        let Some(off) = off else { return false };
        let own: Vec<(u16, Rational)> = poly
            .0
            .iter()
            .filter_map(|(mono, c)| match mono.as_slice() {
                [(atom, 1)] => match &*self.prover.terms.node(*atom) {
                    Node::Op(Op::Field(id, field), of) if *id == record && of[0] == subject => Some((*field, *c)),
                    _ => None,
                },
                _ => None,
            })
            .collect();
        if own.is_empty() {
            return false;
        }
        let (field, c) = own[self.below(own.len() as i128) as usize];
        let ty = &self.prover.checked.records[record.index()].fields[usize::from(field)].ty;
        let scale = match self.prover.base(ty) {
            Type::Num(num) => num.scale,
            _ => 0,
        };
        let Some(Value::Number(old)) = values.get(usize::from(field)) else { return false };
        let new = off.div(c).and_then(|by| old.sub(by));
        let fits = |n: &Rational| Rational::scaled(1, scale).and_then(|u| n.div(u)).is_some_and(Rational::is_whole);
        match new.filter(fits) {
            Some(new) => {
                values[usize::from(field)] = Value::Number(new);
                true
            }
            None => false,
        }
    }
}
