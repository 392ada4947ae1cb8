//! Counter-examples: from a place in the space to inputs, as the language writes them.

use super::search::Point;
use super::set::Set;
use super::space::{PathId, Root, Shape, Space, Step, VarId, shape};
use crate::prove::evaluate::{Evaluator, World, conditions};
use crate::prove::write::written;
use crate::source::Place;
use crate::typed::*;
use crate::types::*;

/// Inputs of a decision, each with its value as the language writes it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Example {
    pub inputs: Vec<(String, String)>,
    /// Expressions that the proof does not look into, with what they were taken to be; nothing, if there is no example.
    pub taken: Vec<(Place, String)>,
}

/// Makes examples of one decision.
pub struct Examples<'a> {
    pub checked: &'a Checked,
    pub decision: &'a Decision,
    pub space: &'a Space,
}

/// How many inputs near a place are tried, where something that is not looked into plays a part.
const TRIES: usize = 1_000;
/// How many rows are computed for one place, over all tries.
const ROWS_MAX: usize = 100_000;

impl<'a> Examples<'a> {
    fn locals(&self) -> &'a [Local] {
        &self.checked.functions[self.decision.func.index()].locals
    }

    fn params(&self) -> usize {
        self.checked.functions[self.decision.func.index()].params
    }

    /// Inputs at a place, or near it, of which `wanted` holds; else those at the place and false.
    pub fn find(
        &self,
        point: &Point,
        rows: usize,
        wanted: &mut dyn FnMut(&mut Evaluator) -> Option<bool>,
    ) -> (Example, bool) {
        let values = |choice: &dyn Fn(VarId) -> i128| -> Vec<i128> {
            (0..self.space.vars.len() as u32).map(|var| choice(VarId(var))).collect()
        };
        let own = |var: VarId| match point.values.get(&var) {
            Some(value) => *value,
            None => self.space.choose(var, &point.sets[var.index()]),
        };
        let first = values(&own);
        if point.sure {
            return (self.example(&first, &point.sets, true), true);
        }
        let tries = TRIES.min(ROWS_MAX / rows.max(1)).max(1);
        let mut near = Near::new(self.space, point, first.clone());
        for _ in 0..tries {
            let Some(values) = near.next() else { break };
            let world = self.world(&values);
            let mut evaluator = Evaluator::of_decision(self.checked, self.decision, &world);
            if self.is_allowed(&mut evaluator) && wanted(&mut evaluator) == Some(true) {
                return (self.example(&values, &point.sets, true), true);
            }
        }
        let mut example = self.example(&first, &point.sets, false);
        // What is computed not to be one is no example, whatever was taken for what.
        let world = self.world(&first);
        let mut evaluator = Evaluator::of_decision(self.checked, self.decision, &world);
        if wanted(&mut evaluator) == Some(false) {
            example.inputs.clear();
            example.taken.iter_mut().for_each(|(_, value)| value.clear());
        }
        (example, false)
    }

    /// Whether the premises hold, as far as they can be computed.
    fn is_allowed(&self, evaluator: &mut Evaluator) -> bool {
        let requires = &self.checked.functions[self.decision.func.index()].requires;
        if requires.iter().any(|(condition, _)| evaluator.input(condition) != Some(Constant::Number(1))) {
            return false;
        }
        let inputs = (0..self.params() as u32).map(LocalId);
        let values: Vec<(Type, Constant)> = inputs
            .filter_map(|local| {
                Some((self.locals()[local.index()].ty.clone(), evaluator.world.inputs.get(&local)?.clone()))
            })
            .collect();
        let config = |(id, value): (&ConfigId, &Constant)| {
            let config = &self.checked.configs[id.index()];
            config.checks.iter().map(|check| (*check, value.clone())).collect::<Vec<_>>()
        };
        let mut checks: Vec<(CheckId, Constant)> = evaluator.world.config.iter().flat_map(config).collect();
        values.iter().for_each(|(ty, value)| conditions(self.checked, ty, value, &mut checks));
        checks.into_iter().all(|(check, value)| evaluator.check(check, value) == Some(true))
    }

    fn world(&self, values: &[i128]) -> World {
        let mut world = World::default();
        for local in (0..self.params() as u32).map(LocalId) {
            let path = self.space.known_root(&Root::Input(local));
            if let Some(value) = self.constant(path, &self.locals()[local.index()].ty, values, 0) {
                world.inputs.insert(local, value);
            }
        }
        for (at, config) in self.checked.configs.iter().enumerate() {
            let id = ConfigId(at as u32);
            if let Some(path) = self.space.known_root(&Root::Config(id))
                && let Some(value) = self.constant(Some(path), &config.ty, values, 0)
            {
                world.config.insert(id, value);
            }
        }
        world
    }

    /// The value at a path; a usual one of the type where nothing has met it.
    fn constant(&self, path: Option<PathId>, ty: &Type, values: &[i128], depth: u32) -> Option<Constant> {
        const DEPTH: u32 = 12;
        if depth > DEPTH {
            return None;
        }
        let own = path.and_then(|path| self.space.paths[path.index()].var).map(|var| values[var.index()]);
        let inner = |step: Step| path.and_then(|path| self.space.known_step(path, step));
        match shape(self.checked, ty) {
            Shape::Word(domain) => {
                Some(Constant::Number(own.unwrap_or_else(|| super::space::usual(self.checked, ty)).clamp(
                    domain.stretches().first().map_or(0, |range| range.0),
                    domain.stretches().last().map_or(0, |range| range.1 - 1),
                )))
            }
            Shape::Option(of) => match own {
                Some(1) => Some(Constant::Some(Box::new(self.constant(inner(Step::Held), &of, values, depth + 1)?))),
                _ => Some(Constant::None),
            },
            Shape::Variant(id) => {
                let case = u16::try_from(own.unwrap_or(0)).ok()?;
                let fields = &self.checked.enums[id.index()].cases.get(usize::from(case))?.fields;
                let parts = (0..)
                    .zip(fields)
                    .map(|(at, field)| self.constant(inner(Step::Payload(case, at)), &field.ty, values, depth + 1));
                Some(Constant::Case(case, parts.collect::<Option<_>>()?))
            }
            Shape::Record(id) => {
                let fields = (0..).zip(&self.checked.records[id.index()].fields);
                let parts =
                    fields.map(|(at, field)| self.constant(inner(Step::Field(at)), &field.ty, values, depth + 1));
                Some(Constant::Record(parts.collect::<Option<_>>()?))
            }
            Shape::Key => {
                let keys = path.and_then(|path| self.space.paths[path.index()].var);
                let keys = keys.map_or(&[][..], |var| &self.space.vars[var.index()].keys);
                let at = own.unwrap_or(0);
                if let Some(key) = usize::try_from(at).ok().and_then(|at| keys.get(at)) {
                    return Some(key.clone());
                }
                other(self.checked.base(ty), keys, at - keys.len() as i128)
            }
        }
    }

    fn example(&self, values: &[i128], sets: &[Set], real: bool) -> Example {
        let world = self.world(values);
        let mut example = Example::default();
        let others = (0..self.params() as u32).map(LocalId).filter(|local| !self.decision.columns.contains(local));
        for local in self.decision.columns.iter().copied().chain(others) {
            let Some(path) = self.space.known_root(&Root::Input(local)) else { continue };
            let name = self.locals()[local.index()].name.to_string();
            self.show(name, path, world.inputs.get(&local), &mut example);
        }
        for (at, config) in self.checked.configs.iter().enumerate() {
            let id = ConfigId(at as u32);
            if let Some(path) = self.space.known_root(&Root::Config(id)) {
                // In its own module it is called by its name alone.
                let is_own = module_of(&config.name) == module_of(&self.decision.name);
                let name = if is_own { last_word(&config.name) } else { &config.name };
                self.show(format!("config.{name}"), path, world.config.get(&id), &mut example);
            }
        }
        if !real {
            for (at, var) in self.space.vars.iter().enumerate() {
                if let Some(path) = var.path.filter(|_| var.opaque)
                    && sets[at] != self.space.allowed[at]
                {
                    let path = &self.space.paths[path.index()];
                    let value = match shape(self.checked, &path.ty) {
                        Shape::Word(_) => written(self.checked, &path.ty, &Constant::Number(values[at])),
                        Shape::Option(_) if values[at] == 0 => "none".to_owned(),
                        Shape::Variant(id) => {
                            self.checked.enums[id.index()].cases[values[at] as usize].name.to_string()
                        }
                        _ => "another value".to_owned(),
                    };
                    example.taken.push((path.place, value));
                }
            }
        }
        example
    }

    /// A record shows those of its fields that were met.
    fn show(&self, name: String, path: PathId, value: Option<&Constant>, example: &mut Example) {
        let of = &self.space.paths[path.index()];
        match (shape(self.checked, &of.ty), value) {
            (Shape::Record(id), Some(Constant::Record(values))) => {
                let mut steps = of.steps.clone();
                steps.sort_by_key(|(step, _)| match step {
                    Step::Field(at) => *at,
                    _ => 0,
                });
                for (step, inner) in steps {
                    if let Step::Field(at) = step
                        && let Some(field) = self.checked.records[id.index()].fields.get(usize::from(at))
                    {
                        let value = values.get(usize::from(at));
                        self.show(format!("{name}.{}", field.name), inner, value, example);
                    }
                }
            }
            (_, Some(value)) => example.inputs.push((name, written(self.checked, &of.ty, value))),
            (_, None) => {}
        }
    }
}

/// A value that is none of the keys, another one for each number.
fn other(ty: &Type, keys: &[Constant], number: i128) -> Option<Constant> {
    // Each number has more candidates to itself than there are keys, so that one of them is none.
    let each = i64::try_from(keys.len()).ok()?.checked_add(1)?;
    let first = i64::try_from(number.max(0)).ok()?.checked_mul(each)?;
    (first..first.checked_add(each)?).find_map(|at| {
        let value = match ty {
            Type::Text if at == 0 => Constant::Text("other".into()),
            Type::Text => Constant::Text(format!("other {}", at.checked_add(1)?).into()),
            Type::Period => Constant::Period { months: 0, days: at.checked_add(1)?, business_days: 0, seconds: 0 },
            Type::List(_) if at == 0 => Constant::List(Vec::new()),
            _ => return None,
        };
        (!keys.contains(&value)).then_some(value)
    })
}

/// Values at a place and near it: one variable after the other, then all at once.
struct Near {
    /// For each variable the values that are worth a try, the nearest first.
    choices: Vec<(usize, Vec<i128>)>,
    first: Vec<i128>,
    /// How many were given.
    given: usize,
}

impl Near {
    fn new(space: &Space, point: &Point, first: Vec<i128>) -> Near {
        const EACH: u32 = 16;
        // What is beyond any number that a program can write is no example.
        const FAR: i128 = i64::MAX as i128;
        let mut choices = Vec::new();
        for (at, var) in space.vars.iter().enumerate() {
            if var.opaque || var.path.is_none() {
                continue;
            }
            let set = &point.sets[at];
            let mut values: Vec<i128> = Vec::new();
            for (low, high) in set.stretches() {
                for step in 0..EACH {
                    let by = i128::from(step);
                    values.extend([low.saturating_add(by), high.saturating_sub(by + 1)]);
                    for middle in [first[at], var.usual] {
                        values.extend([middle.saturating_add(by), middle.saturating_sub(by)]);
                        values.extend([
                            middle.saturating_add(10_i128.pow(step)),
                            middle.saturating_sub(10_i128.pow(step)),
                        ]);
                    }
                }
            }
            values.retain(|value| set.contains(*value) && *value != first[at] && (-FAR..FAR).contains(value));
            values.sort_unstable_by_key(|value| (value.saturating_sub(first[at]).saturating_abs(), *value < first[at]));
            values.dedup();
            if !values.is_empty() {
                choices.push((at, values));
            }
        }
        Near { choices, first, given: 0 }
    }

    fn next(&mut self) -> Option<Vec<i128>> {
        let given = self.given;
        self.given += 1;
        let mut values = self.first.clone();
        if given == 0 {
            return Some(values);
        }
        let mut at = given - 1;
        for (var, choices) in &self.choices {
            if at < choices.len() {
                values[*var] = choices[at];
                return Some(values);
            }
            at -= choices.len();
        }
        // Every combination of the nearest few; more of each where there are fewer variables.
        let each = match self.choices.len() {
            0 | 1 => return None,
            2 => 24,
            3 => 8,
            4 => 5,
            _ => 3,
        };
        for (var, choices) in &self.choices {
            let each = each.min(choices.len());
            values[*var] = choices[at % each];
            at /= each;
        }
        (at == 0).then_some(values)
    }
}
