//! What a condition says of the values in it.

use super::Code;
use super::env::{Env, Path};
use super::interval::{Interval, Truth};
use crate::typed::walk;
use crate::typed::*;
use crate::types::*;
use bp_bytecode::op::Cmp;

fn mirrored(how: Cmp) -> Cmp {
    match how {
        Cmp::Lt => Cmp::Gt,
        Cmp::Le => Cmp::Ge,
        Cmp::Gt => Cmp::Lt,
        Cmp::Ge => Cmp::Le,
        Cmp::Eq | Cmp::Ne => how,
    }
}

fn negated(how: Cmp) -> Cmp {
    match how {
        Cmp::Lt => Cmp::Ge,
        Cmp::Le => Cmp::Gt,
        Cmp::Gt => Cmp::Le,
        Cmp::Ge => Cmp::Lt,
        Cmp::Eq => Cmp::Ne,
        Cmp::Ne => Cmp::Eq,
    }
}

impl<'c> Code<'_, 'c> {
    /// Goes on where the condition came out so.
    pub fn assume(&mut self, condition: &'c TExpr, holds: bool) {
        let (shallow, telling) = (self.shallow, self.telling);
        // Where it assigns variables, what they were when they were compared is not known any more.
        if !shallow && !walk::of_expr(condition).assigned.is_empty() {
            return;
        }
        (self.shallow, self.telling) = (true, false);
        self.depth += 1;
        if self.depth <= super::DEPTH_MAX {
            self.narrow(condition, holds);
        }
        self.depth -= 1;
        (self.shallow, self.telling) = (shallow, telling);
    }

    fn narrow(&mut self, condition: &'c TExpr, holds: bool) {
        match &condition.kind {
            T::Not(of) => self.assume(of, !holds),
            T::And(a, b) if holds => {
                self.assume(a, true);
                self.assume(b, true);
            }
            T::Or(a, b) if !holds => {
                self.assume(a, false);
                self.assume(b, false);
            }
            // One of both: either the first is the other way, or the first is this way and the second is not.
            T::And(a, b) | T::Or(a, b) => {
                let before = self.env.clone();
                self.assume(a, !matches!(condition.kind, T::And(..)));
                let first = std::mem::replace(&mut self.env, before);
                self.assume(a, matches!(condition.kind, T::And(..)));
                self.assume(b, holds);
                self.env.join(first);
            }
            T::Compare(how, a, b) => {
                let how = if holds { *how } else { negated(*how) };
                self.narrow_side(a, how, b);
                self.narrow_side(b, mirrored(how), a);
            }
            T::Let(local, value, body) => {
                self.bind(*local, value);
                self.assume(body, holds);
            }
            T::Checked(of, _) => self.assume(of, holds),
            T::Constant(_) | T::Local(_) | T::Field(..) => {
                let value = self.value(condition);
                let wanted = if holds { Truth::Always } else { Truth::Never };
                match self.path(condition) {
                    _ if value.truth() == wanted.not() => self.env.kill(),
                    Some(path) => self.env.set(path, Interval::of_truth(wanted)),
                    None => {}
                }
            }
            _ => {}
        }
    }

    fn narrow_side(&mut self, side: &'c TExpr, how: Cmp, other: &'c TExpr) {
        let (from, to) = (self.scale(&other.ty), self.scale(&side.ty));
        let other = self.value(other);
        let bound = match from.cmp(&to) {
            std::cmp::Ordering::Less => other.scaled_up(u32::from(to - from)),
            std::cmp::Ordering::Equal => other,
            std::cmp::Ordering::Greater => other.scaled_down_outwards(u32::from(from - to)),
        };
        self.narrow_to(side, how, bound);
    }

    fn narrow_to(&mut self, side: &'c TExpr, how: Cmp, bound: Interval) {
        match &side.kind {
            T::Reinterpret(of) | T::Checked(of, _) => self.narrow_to(of, how, bound),
            T::ScaleUp(of, power) => {
                let down = bound.scaled_down_outwards(u32::from(*power));
                self.narrow_to(of, how, down);
            }
            T::Neg(of) => self.narrow_to(of, mirrored(how), bound.negated()),
            _ => {
                let value = self.value(side);
                match value.narrowed(how, bound) {
                    None => self.env.kill(),
                    Some(narrowed) => {
                        if let Some(path) = self.path(side) {
                            self.env.set(path, narrowed);
                        }
                    }
                }
            }
        }
    }

    /// The variable, or field of one, that an expression reads.
    pub fn path(&self, e: &TExpr) -> Option<Path> {
        match &e.kind {
            T::Local(local) => Some(self.aliases.get(local).cloned().unwrap_or_else(|| Path::of(*local))),
            T::Field(of, field) => Some(self.path(of)?.field(*field)),
            T::Checked(of, _) => self.path(of),
            _ => None,
        }
    }

    /// Gives a value a name.
    pub fn bind(&mut self, local: LocalId, value: &'c TExpr) {
        let interval = self.value(value);
        self.bind_to(local, value, interval);
    }

    /// The same of a value that was gone through.
    pub fn bind_to(&mut self, local: LocalId, value: &'c TExpr, interval: Interval) {
        let path = self.path(value);
        let known = self.known(value, interval);
        self.env.forget(local);
        self.aliases.remove(&local);
        if self.lost {
            return;
        }
        for (fields, interval) in known {
            self.env.set(Path { local, fields }, interval);
        }
        let fixed = |local: LocalId| self.locals.get(local.index()).is_some_and(|local| !local.mutable);
        if let Some(path) = path.filter(|path| fixed(path.local) && fixed(local) && path.local != local) {
            self.aliases.insert(local, path);
        }
    }

    /// What is known of a value that was gone through, and of its fields.
    pub fn known(&mut self, value: &'c TExpr, interval: Interval) -> Vec<(Vec<u16>, Interval)> {
        let mut known = match (&value.kind, self.path(value)) {
            (_, Some(path)) => self.env.below(&path),
            (T::Record(_, fields), None) if walk::of_expr(value).assigned.is_empty() => {
                let (shallow, telling) = (self.shallow, self.telling);
                (self.shallow, self.telling) = (true, false);
                let fields =
                    fields.iter().enumerate().map(|(number, e)| (vec![number as u16], self.value(e))).collect();
                (self.shallow, self.telling) = (shallow, telling);
                fields
            }
            _ => Vec::new(),
        };
        if matches!(value.kind, T::Record(..)) {
            return known;
        }
        known.retain(|(fields, _)| !fields.is_empty());
        known.push((Vec::new(), interval));
        known
    }

    /// Goes through something that may or may not be run.
    pub fn perhaps(&mut self, run: impl FnOnce(&mut Self)) {
        let before = self.env.clone();
        run(self);
        self.env.join(before);
    }

    /// One of two ways, by a condition that was gone through; the values of both.
    pub fn either(
        &mut self,
        condition: &'c TExpr,
        then: impl FnOnce(&mut Self) -> Option<Interval>,
        otherwise: impl FnOnce(&mut Self) -> Option<Interval>,
    ) -> Option<Interval> {
        let before = self.env.clone();
        self.assume(condition, true);
        let a = then(self);
        let after: Env = std::mem::replace(&mut self.env, before);
        self.assume(condition, false);
        let b = otherwise(self);
        self.env.join(after);
        match (a, b) {
            (Some(a), Some(b)) => Some(a.join(b)),
            (one, other) => one.or(other),
        }
    }
}
