//! What a decision looks at, as variables over whole numbers.
//!
//! An input, a field of one, a configuration value, and everything else that has a value is a *path*: a root and the
//! steps from it. A path of a number, date, enum or truth value is one variable: its digits at its scale, its day, the
//! number of its case. An option and an enum with payloads are a variable for the case, and paths for what the cases
//! hold. A text is a variable too: the keys that the decision names count from 0, all other texts lie behind them.
//! A *term* is a sum of several variables with factors, `gross - limit`, that cells compare with a number.

use super::set::{BELOW, BEYOND, Set};
use crate::source::Place;
use crate::typed::{Checked, Constant};
use crate::types::{CheckId, ConfigId, EnumId, LocalId, RecordId, Type};
use bp_bytecode::border;
use bp_bytecode::rounding::Mode;
use std::collections::HashMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VarId(pub u32);

impl VarId {
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathId(pub u32);

impl PathId {
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A variable, or a term.
#[derive(Debug)]
pub struct Var {
    /// What it is the value, case or key of; `None` for a term.
    pub path: Option<PathId>,
    /// The variables of a term with their factors, at least two.
    pub term: Vec<(VarId, i128)>,
    pub domain: Set,
    /// Some of it is not an input but the value of an expression that is not looked into.
    pub opaque: bool,
    /// The keys that a decision names, by their number.
    pub keys: Vec<Constant>,
    /// The value of an example where nothing asks for another one.
    pub usual: i128,
}

/// Where a path begins.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Root {
    /// A parameter of the decision.
    Input(LocalId),
    Config(ConfigId),
    /// An expression that is not looked into, by its normal form.
    Opaque(String),
}

/// From a value into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    Field(u16),
    /// What an option holds.
    Held,
    Payload(u16, u16),
}

#[derive(Debug)]
pub struct Path {
    pub root: Root,
    pub ty: Type,
    pub var: Option<VarId>,
    pub steps: Vec<(Step, PathId)>,
    /// The cases that it takes for the path to have a value.
    pub guard: Vec<(VarId, Set)>,
    pub place: Place,
}

/// How values of a type are seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// One number.
    Word(Set),
    Option(Type),
    Variant(EnumId),
    Record(RecordId),
    /// Told apart only from values that are named.
    Key,
}

/// All variables of a decision and what is known of them.
#[derive(Debug, Default)]
pub struct Space {
    pub vars: Vec<Var>,
    pub paths: Vec<Path>,
    /// What the premises leave of each variable's domain.
    pub allowed: Vec<Set>,
    /// Conditions that a new path's type brings: the check, the path that it takes.
    pub pending: Vec<(PathId, CheckId)>,
    roots: HashMap<Root, PathId>,
    terms: HashMap<Vec<(VarId, i128)>, VarId>,
    keys: HashMap<(VarId, Constant), i128>,
}

/// What a type computes like.
/// The digits behind the point; 0 for everything that is not a number.
pub fn scale(checked: &Checked, ty: &Type) -> u8 {
    match checked.base(ty) {
        Type::Num(num) => num.scale,
        _ => 0,
    }
}

pub fn shape(checked: &Checked, ty: &Type) -> Shape {
    let days = |first: i64, last: i64| Shape::Word(Set::range(i128::from(first), i128::from(last) + 1));
    let count = |count: usize| Shape::Word(Set::range(0, count.max(1) as i128));
    const DAY: i64 = 86_400;
    match checked.base(ty) {
        Type::Num(_) | Type::Duration => Shape::Word(Set::range(BELOW, BEYOND)),
        Type::Date => days(border::FIRST_DAY, border::LAST_DAY),
        Type::Month => days(border::FIRST_MONTH, border::LAST_MONTH),
        Type::DateTime => days(border::FIRST_MOMENT, border::LAST_MOMENT),
        Type::Time => days(0, DAY - 1),
        Type::Bool => count(2),
        Type::Rounding => count(Mode::ALL.len()),
        Type::Role => count(checked.roles.len()),
        Type::Enum(id) if checked.enums[id.index()].has_payload() => Shape::Variant(*id),
        Type::Enum(id) => count(checked.enums[id.index()].cases.len()),
        Type::Option(of) => Shape::Option((**of).clone()),
        Type::Record(id) => Shape::Record(*id),
        _ => Shape::Key,
    }
}

/// A value of a type that nobody wonders at: the first day of 2026, eight o'clock, else 0.
pub fn usual(checked: &Checked, ty: &Type) -> i128 {
    const DAY: i128 = 20_454;
    match checked.base(ty) {
        Type::Date => DAY,
        Type::Month => 2_026 * 12,
        Type::DateTime => DAY * 86_400,
        Type::Time => 8 * 3_600,
        _ => 0,
    }
}

impl Space {
    /// The path of a root; `place` is where it is met first.
    pub fn root(&mut self, checked: &Checked, root: Root, ty: &Type, place: Place) -> PathId {
        if let Some(path) = self.roots.get(&root) {
            return *path;
        }
        let path = self.new_path(checked, root.clone(), ty, Vec::new(), place);
        if let Root::Config(id) = root {
            self.pending.extend(checked.configs[id.index()].checks.iter().map(|check| (path, *check)));
        }
        self.roots.insert(root, path);
        path
    }

    pub fn known_root(&self, root: &Root) -> Option<PathId> {
        self.roots.get(root).copied()
    }

    pub fn known_step(&self, path: PathId, step: Step) -> Option<PathId> {
        self.paths[path.index()].steps.iter().find(|(known, _)| *known == step).map(|(_, path)| *path)
    }

    /// The path one step on.
    pub fn step(&mut self, checked: &Checked, from: PathId, step: Step) -> PathId {
        if let Some(path) = self.known_step(from, step) {
            return path;
        }
        let outer = &self.paths[from.index()];
        let ty = match (step, shape(checked, &outer.ty)) {
            (Step::Field(at), Shape::Record(id)) => {
                checked.records[id.index()].fields.get(usize::from(at)).map(|field| field.ty.clone())
            }
            (Step::Held, Shape::Option(of)) => Some(of),
            (Step::Payload(case, at), Shape::Variant(id)) => {
                let case = checked.enums[id.index()].cases.get(usize::from(case));
                case.and_then(|case| case.fields.get(usize::from(at))).map(|field| field.ty.clone())
            }
            _ => None,
        };
        let mut guard = outer.guard.clone();
        match (outer.var, step) {
            (Some(case), Step::Held) => guard.push((case, Set::one(1))),
            (Some(case), Step::Payload(number, _)) => guard.push((case, Set::one(i128::from(number)))),
            _ => {}
        }
        let (root, place) = (outer.root.clone(), outer.place);
        let path = self.new_path(checked, root, &ty.unwrap_or(Type::Invalid), guard, place);
        self.paths[from.index()].steps.push((step, path));
        path
    }

    fn new_path(&mut self, checked: &Checked, root: Root, ty: &Type, guard: Vec<(VarId, Set)>, place: Place) -> PathId {
        let id = PathId(self.paths.len() as u32);
        let domain = match shape(checked, ty) {
            Shape::Word(domain) => Some(domain),
            Shape::Option(_) => Some(Set::range(0, 2)),
            Shape::Variant(of) => Some(Set::range(0, checked.enums[of.index()].cases.len() as i128)),
            Shape::Key => Some(Set::range(0, BEYOND)),
            Shape::Record(record) => {
                let fields = &checked.records[record.index()].fields;
                self.pending.extend(fields.iter().flat_map(|field| &field.checks).map(|check| (id, *check)));
                None
            }
        };
        if let Type::Named(named) = ty {
            self.pending.extend(checked.named[named.index()].checks.iter().map(|check| (id, *check)));
        }
        let opaque = matches!(root, Root::Opaque(_));
        let var = domain.map(|domain| self.new_var(Some(id), Vec::new(), domain, opaque));
        if let Some(var) = var {
            self.vars[var.index()].usual = usual(checked, ty);
        }
        self.paths.push(Path { root, ty: ty.clone(), var, steps: Vec::new(), guard, place });
        id
    }

    fn new_var(&mut self, path: Option<PathId>, term: Vec<(VarId, i128)>, domain: Set, opaque: bool) -> VarId {
        self.allowed.push(domain.clone());
        self.vars.push(Var { path, term, domain, opaque, keys: Vec::new(), usual: 0 });
        VarId(self.vars.len() as u32 - 1)
    }

    /// The variable for a sum that stands in lowest terms.
    pub fn term(&mut self, term: Vec<(VarId, i128)>) -> VarId {
        if let [(var, 1)] = term[..] {
            return var;
        }
        if let Some(var) = self.terms.get(&term) {
            return *var;
        }
        let opaque = term.iter().any(|(var, _)| self.vars[var.index()].opaque);
        let var = self.new_var(None, term.clone(), Set::range(BELOW, BEYOND), opaque);
        self.terms.insert(term, var);
        var
    }

    /// The number that a named text, period or other value has among a variable's keys.
    pub fn key(&mut self, var: VarId, key: &Constant) -> i128 {
        if let Some(number) = self.keys.get(&(var, key.clone())) {
            return *number;
        }
        let keys = &mut self.vars[var.index()].keys;
        keys.push(key.clone());
        let number = keys.len() as i128 - 1;
        self.keys.insert((var, key.clone()), number);
        number
    }

    /// What holds of every input: `var` is in `set`.
    pub fn restrict(&mut self, var: VarId, set: &Set) {
        let allowed = &mut self.allowed[var.index()];
        *allowed = allowed.and(set);
    }

    /// A value of a set that is not empty: the one at its edge, where it has one; else a usual one.
    pub fn choose(&self, var: VarId, set: &Set) -> i128 {
        let of = &self.vars[var.index()];
        let ends = |set: &Set| match set.stretches() {
            [] => (BELOW, BEYOND),
            [first, ..] => (first.0, set.stretches()[set.stretches().len() - 1].1),
        };
        let ((least, most), (low, high)) = (ends(&of.domain), ends(set));
        if low > least {
            low
        } else if high < most {
            high - 1
        } else if set.contains(of.usual) {
            of.usual
        } else {
            // Open on both sides, without what is usual: at the first edge inside.
            set.stretches().first().map_or(of.usual, |range| if range.0 > BELOW { range.0 } else { range.1 - 1 })
        }
    }

    pub fn is_term(&self, var: VarId) -> bool {
        !self.vars[var.index()].term.is_empty()
    }
}
