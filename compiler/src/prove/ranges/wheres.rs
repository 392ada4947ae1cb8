//! What `where`s say of the values of a type, and whether they hold of a value.

use super::env::{Env, Path};
use super::interval::{Interval, Truth};
use super::{Code, Fault, Prover};
use crate::prove::write::written;
use crate::source::Place;
use crate::typed::*;
use crate::types::*;
use std::rc::Rc;

/// What is known of the value that a condition is about.
pub(super) type Known = Vec<(Vec<u16>, Interval)>;

/// The variable that the function of a condition takes.
const SUBJECT: LocalId = LocalId(0);

impl Prover<'_> {
    pub fn type_range(&mut self, ty: &Type, stored: bool) -> Interval {
        match ty {
            Type::Named(id) => self.named_range(*id, stored),
            Type::Bool => Interval::BOOL,
            Type::Enum(id) => match self.checked.enums[id.index()].cases.len() {
                0 => Interval::one(0),
                cases => Interval::new(0, cases as i128 - 1),
            },
            Type::Num(_) if !stored => Interval::WIDE,
            Type::Num(_) | Type::Date | Type::DateTime | Type::Time | Type::Month | Type::Duration => Interval::WORD,
            _ => Interval::WIDE,
        }
    }

    fn named_range(&mut self, id: NamedId, stored: bool) -> Interval {
        let named = &self.checked.named[id.index()];
        let base = self.type_range(&named.base, stored);
        if let Some(known) = self.named.get(&id) {
            return known.meet(base).unwrap_or(base);
        }
        // A condition that needs its own type finds the plain one.
        self.named.insert(id, Interval::WIDE);
        let whole = self.type_range(&named.base, false);
        let narrowed = self.narrowed_by(whole, &named.checks);
        self.named.insert(id, narrowed);
        narrowed.meet(base).unwrap_or(base)
    }

    pub fn config_range(&mut self, id: ConfigId) -> Interval {
        if let Some(known) = self.configs.get(&id) {
            return *known;
        }
        let config = &self.checked.configs[id.index()];
        let base = self.type_range(&config.ty, true);
        self.configs.insert(id, base);
        let narrowed = self.narrowed_by(base, &config.checks);
        self.configs.insert(id, narrowed);
        narrowed
    }

    /// Those of the values that the conditions, each about the value, may hold of.
    fn narrowed_by(&mut self, base: Interval, checks: &[CheckId]) -> Interval {
        let mut env = Env::default();
        env.set(Path::of(SUBJECT), base);
        let env = self.assume_all(env, checks.iter().copied(), false);
        env.get(&Path::of(SUBJECT)).and_then(|narrowed| narrowed.meet(base)).unwrap_or(base)
    }

    /// What the `where`s of a record say of each field.
    pub fn record_ranges(&mut self, id: RecordId) -> Rc<Vec<Option<Interval>>> {
        if let Some(known) = self.records.get(&id) {
            return known.clone();
        }
        let fields = &self.checked.records[id.index()].fields;
        self.records.insert(id, Rc::new(vec![None; fields.len()]));
        let env = self.assume_all(Env::default(), fields.iter().flat_map(|f| f.checks.iter().copied()), true);
        let known = (0..fields.len()).map(|field| env.get(&Path::of(SUBJECT).field(field as u16))).collect();
        let known = Rc::new(known);
        self.records.insert(id, Rc::clone(&known));
        known
    }

    /// What is known of the subject where all these conditions hold.
    fn assume_all(&mut self, mut env: Env, checks: impl Iterator<Item = CheckId>, raw: bool) -> Env {
        let checked = self.checked;
        for check in checks {
            let function = &checked.functions[checked.checks[check.index()].func.index()];
            let Some(condition) = plain_condition(function) else { continue };
            let mut code = Code::new(self, function, raw);
            code.env = env.clone();
            code.shallow = true;
            code.assume(condition, true);
            let mut after = code.env;
            if after.is_dead() {
                // No value meets them all; each place that makes one is told.
                continue;
            }
            for local in 1..function.locals.len() {
                after.forget(LocalId(local as u32));
            }
            env = after;
        }
        env
    }

    /// Whether a condition holds of a value of which that is known.
    pub fn holds(&mut self, check: CheckId, known: &Known) -> Truth {
        let checked = self.checked;
        let function = &checked.functions[checked.checks[check.index()].func.index()];
        let Some(condition) = plain_condition(function) else { return Truth::Open };
        let mut code = Code::new(self, function, true);
        for (fields, interval) in known {
            code.env.set(Path { local: SUBJECT, fields: fields.clone() }, *interval);
        }
        code.value(condition).truth()
    }
}

/// The condition of a `where` that is no more than an expression.
fn plain_condition(function: &Function) -> Option<&TExpr> {
    match &function.body {
        Body::Code(block) if block.stmts.is_empty() => block.value.as_deref(),
        _ => None,
    }
}

impl Code<'_, '_> {
    pub fn type_range(&mut self, ty: &Type, stored: bool) -> Interval {
        self.prover.type_range(ty, stored)
    }

    /// A value becomes of a type with conditions.
    pub fn oblige(&mut self, place: Place, checks: &[CheckId], known: &Known, value: Option<(Interval, &Type)>) {
        for check in checks {
            if !self.telling {
                return;
            }
            let truth = self.prover.holds(*check, known);
            self.verdict(place, *check, truth);
            if truth == Truth::Never {
                let one = value.filter(|(value, _)| value.low == value.high);
                let value = one.map(|(value, ty)| written(self.prover.checked, ty, &Constant::Number(value.low)));
                self.tell(place, Fault::NeverHolds { check: *check, value });
            }
        }
    }
}
