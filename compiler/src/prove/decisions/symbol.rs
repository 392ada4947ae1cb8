//! Expressions as values over paths and variables.
//!
//! What can be told apart case by case is: an `if`, a `match`, `min`, `??`, a short function become alternatives with
//! their conditions. What cannot be looked into becomes a path of its own under its normal form ([`super::normal`]),
//! so that the same expression is the same unknown wherever it stands.

use super::formula::Formula;
use super::linear::{Linear, compare};
use super::set::Set;
use super::space::{PathId, Root, Shape, Space, Step, scale, shape};
use crate::typed::*;
use crate::types::*;
use bp_bytecode::op::{Builtin, Cmp};
use std::collections::HashMap;
use std::rc::Rc;

/// A value.
#[derive(Clone, Debug)]
pub enum Symbol {
    Number(Linear),
    /// An option, a record, an enum with payloads, a text: whatever a path has.
    Path(PathId),
    /// A text, period or list.
    Constant(Constant),
    None,
    Some(Box<Symbol>),
    Case(u16, Vec<Symbol>),
    Record(Vec<Symbol>),
    /// An element of a list, inside of a normal form only.
    Element(u32),
}

/// Values with the conditions under which they are the value; the conditions exclude each other and leave nothing out.
pub type Cases = Vec<(Formula, Symbol)>;

/// The locals of a piece of code.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// Locals that are not bound are parameters of the decision.
    pub outermost: bool,
    pub bound: Rc<HashMap<LocalId, Symbol>>,
}

impl Scope {
    pub fn with(&self, local: LocalId, value: Symbol) -> Scope {
        let mut bound = (*self.bound).clone();
        bound.insert(local, value);
        Scope { outermost: self.outermost, bound: Rc::new(bound) }
    }
}

/// How many alternatives a value may have before it is not looked into.
const CASES_MAX: usize = 16;
/// How many expressions of one decision, constants aside, are looked into.
const FUEL: u32 = 1_000_000;
/// How deep functions are opened.
const DEPTH_MAX: u32 = 12;

/// Reads the expressions of one decision.
pub struct Reader<'a> {
    pub checked: &'a Checked,
    pub space: Space,
    /// For expressions that are equal to no other.
    pub unlike: u32,
    fuel: u32,
    depth: u32,
}

impl<'a> Reader<'a> {
    pub fn new(checked: &'a Checked) -> Reader<'a> {
        Reader { checked, space: Space::default(), unlike: 0, fuel: FUEL, depth: 0 }
    }

    /// The value at a path.
    pub fn at(&self, path: PathId) -> Symbol {
        let of = &self.space.paths[path.index()];
        match (shape(self.checked, &of.ty), of.var) {
            (Shape::Word(_), Some(var)) => Symbol::Number(Linear::var(var, scale(self.checked, &of.ty))),
            _ => Symbol::Path(path),
        }
    }

    pub fn step(&mut self, path: PathId, step: Step) -> Symbol {
        let path = self.space.step(self.checked, path, step);
        self.at(path)
    }

    pub fn opaque(&mut self, e: &TExpr, scope: &Scope) -> Symbol {
        let key = self.normal(e, scope);
        let path = self.space.root(self.checked, Root::Opaque(key), &e.ty, e.place);
        if let (T::IntMod(_, over), Some(var)) = (&e.kind, self.space.paths[path.index()].var)
            && let T::Constant(Constant::Number(over @ 1..)) = over.kind
        {
            self.space.restrict(var, &Set::range(0, over));
        }
        self.at(path)
    }

    pub fn constant(&self, constant: &Constant, ty: &Type) -> Symbol {
        let ty = self.checked.base(ty);
        let fields = |values: &[Constant], fields: &[Field]| {
            values.iter().zip(fields).map(|(value, field)| self.constant(value, &field.ty)).collect()
        };
        match (constant, ty) {
            (Constant::Number(n), _) => Symbol::Number(Linear::constant(*n, scale(self.checked, ty))),
            (Constant::None, _) => Symbol::None,
            (Constant::Some(of), Type::Option(inner)) => Symbol::Some(Box::new(self.constant(of, inner))),
            (Constant::Record(values), Type::Record(id)) => {
                Symbol::Record(fields(values, &self.checked.records[id.index()].fields))
            }
            (Constant::Case(case, values), Type::Enum(id)) => {
                let of = &self.checked.enums[id.index()];
                match of.cases.get(usize::from(*case)) {
                    Some(known) if of.has_payload() => Symbol::Case(*case, fields(values, &known.fields)),
                    _ => Symbol::Number(Linear::constant(i128::from(*case), 0)),
                }
            }
            _ => Symbol::Constant(constant.clone()),
        }
    }

    /// The value of an expression, case by case where that is possible.
    pub fn value(&mut self, e: &TExpr, scope: &Scope) -> Cases {
        if let T::Constant(constant) = &e.kind {
            return vec![(Formula::TRUE, self.constant(constant, &e.ty))];
        }
        if self.fuel > 0 {
            self.fuel -= 1;
            if let Some(cases) = self.open(e, scope)
                && cases.len() <= CASES_MAX
            {
                return cases;
            }
        }
        vec![(Formula::TRUE, self.opaque(e, scope))]
    }

    fn open(&mut self, e: &TExpr, scope: &Scope) -> Option<Cases> {
        let one = |value| Some(vec![(Formula::TRUE, value)]);
        match &e.kind {
            T::Local(local) => match scope.bound.get(local) {
                Some(value) => one(value.clone()),
                None if scope.outermost => {
                    let path = self.space.root(self.checked, Root::Input(*local), &e.ty, e.place);
                    one(self.at(path))
                }
                None => None,
            },
            T::Config(id) => {
                let path = self.space.root(self.checked, Root::Config(*id), &e.ty, e.place);
                one(self.at(path))
            }
            T::Add(a, b) => self.numbers(a, b, scope, |_, a, b| Some(vec![(Formula::TRUE, a.plus(b, 1)?)])),
            T::Sub(a, b) => self.numbers(a, b, scope, |_, a, b| Some(vec![(Formula::TRUE, a.plus(b, -1)?)])),
            T::Mul(a, b) => self.numbers(a, b, scope, |_, a, b| {
                let scale = a.scale + b.scale;
                let product = match (a.as_constant(), b.as_constant()) {
                    (Some(n), _) => b.times(n)?,
                    (_, Some(n)) => a.times(n)?,
                    _ => return None,
                };
                Some(vec![(Formula::TRUE, Linear { scale, ..product })])
            }),
            T::Min(a, b) => self.numbers(a, b, scope, |r, a, b| {
                let first = compare(&mut r.space, Cmp::Le, a, b)?;
                Some(vec![(first.not(&r.space), b.clone()), (first, a.clone())])
            }),
            T::Max(a, b) => self.numbers(a, b, scope, |r, a, b| {
                let first = compare(&mut r.space, Cmp::Ge, a, b)?;
                Some(vec![(first.not(&r.space), b.clone()), (first, a.clone())])
            }),
            T::Neg(a) => self.number(a, scope, |_, a| Some(vec![(Formula::TRUE, a.times(-1)?)])),
            T::Abs(a) => self.number(a, scope, |r, a| {
                let positive = compare(&mut r.space, Cmp::Ge, a, &Linear::constant(0, a.scale))?;
                Some(vec![(positive.not(&r.space), a.times(-1)?), (positive, a.clone())])
            }),
            T::ScaleUp(a, by) => self.number(a, scope, |_, a| Some(vec![(Formula::TRUE, a.at(a.scale + by)?)])),
            T::Reinterpret(a) => {
                let scale = scale(self.checked, &e.ty);
                self.number(a, scope, |_, a| Some(vec![(Formula::TRUE, Linear { scale, ..a.clone() })]))
            }
            T::Builtin(how @ (Builtin::DatePlus | Builtin::DateMinus), parts) => match parts.as_slice() {
                [day, TExpr { kind: T::Constant(Constant::Period { months: 0, days, business_days: 0, .. }), .. }] => {
                    let days = if *how == Builtin::DatePlus { *days } else { -*days };
                    let days = Linear::constant(i128::from(days), 0);
                    self.number(day, scope, |_, day| Some(vec![(Formula::TRUE, day.plus(&days, 1)?)]))
                }
                _ => None,
            },
            T::Compare(..) | T::CompareText(..) | T::Equal(..) | T::Not(_) | T::And(..) | T::Or(..) => {
                let yes = self.condition(e, scope);
                let no = yes.not(&self.space);
                let word = |n| Symbol::Number(Linear::constant(n, 0));
                Some(vec![(yes, word(1)), (no, word(0))])
            }
            T::Some(of) => {
                let of = self.value(of, scope);
                Some(of.into_iter().map(|(when, value)| (when, Symbol::Some(Box::new(value)))).collect())
            }
            T::Record(_, parts) => Some(self.parts(parts, scope)?.map(Symbol::Record)),
            T::Case(id, case, parts) => {
                if !self.checked.enums[id.index()].has_payload() {
                    return one(Symbol::Number(Linear::constant(i128::from(*case), 0)));
                }
                Some(self.parts(parts, scope)?.map(|parts| Symbol::Case(*case, parts)))
            }
            T::Field(of, at) => {
                let of = self.value(of, scope);
                of.into_iter().map(|(when, value)| Some((when, self.field(value, *at)?))).collect()
            }
            T::If(condition, then, otherwise) => {
                let when = self.condition(condition, scope);
                let not = when.not(&self.space);
                let mut cases = under(&when, self.block(then, scope)?);
                cases.extend(under(&not, self.block(otherwise, scope)?));
                Some(cases)
            }
            T::Match(of) => self.match_(of, scope),
            T::Block(block) => self.block(block, scope),
            T::Let(local, value, of) => {
                let values = self.value(value, scope);
                let mut cases = Vec::new();
                for (when, value) in values {
                    cases.extend(under(&when, self.value(of, &scope.with(*local, value))));
                }
                Some(cases)
            }
            T::Coalesce(option, otherwise) => {
                let mut cases = Vec::new();
                for (when, option) in self.value(option, scope) {
                    let (there, held) = self.held(option)?;
                    let not = there.not(&self.space);
                    if let Some(held) = held {
                        cases.push((when.clone().and(there), held));
                    }
                    cases.extend(under(&when.and(not), self.value(otherwise, scope)));
                }
                Some(cases)
            }
            T::Checked(of, _) => Some(self.value(of, scope)),
            T::Call(id, args) => self.call(*id, args, scope),
            _ => None,
        }
    }

    fn number(
        &mut self,
        a: &TExpr,
        scope: &Scope,
        of: impl Fn(&mut Self, &Linear) -> Option<Vec<(Formula, Linear)>>,
    ) -> Option<Cases> {
        let mut cases = Vec::new();
        for (when, value) in self.value(a, scope) {
            let Symbol::Number(value) = value else { return None };
            let made = of(self, &value)?;
            cases.extend(made.into_iter().map(|(if_, n)| (when.clone().and(if_), Symbol::Number(n))));
        }
        Some(possible(cases))
    }

    fn numbers(
        &mut self,
        a: &TExpr,
        b: &TExpr,
        scope: &Scope,
        of: impl Fn(&mut Self, &Linear, &Linear) -> Option<Vec<(Formula, Linear)>>,
    ) -> Option<Cases> {
        let (left, right) = (self.value(a, scope), self.value(b, scope));
        if left.len() * right.len() > CASES_MAX {
            return None;
        }
        let mut cases = Vec::new();
        for (when, x) in &left {
            for (and, y) in &right {
                let (Symbol::Number(x), Symbol::Number(y)) = (x, y) else { return None };
                let when = when.clone().and(and.clone());
                let made = of(self, x, y)?;
                cases.extend(made.into_iter().map(|(if_, n)| (when.clone().and(if_), Symbol::Number(n))));
            }
        }
        Some(possible(cases))
    }

    /// Parts that have one value each.
    fn parts(&mut self, parts: &[TExpr], scope: &Scope) -> Option<Parts> {
        let mut all = vec![(Formula::TRUE, Vec::new())];
        for part in parts {
            let values = self.value(part, scope);
            if all.len() * values.len() > CASES_MAX {
                return None;
            }
            let mut longer = Vec::new();
            for (when, before) in &all {
                for (and, value) in &values {
                    let mut list: Vec<Symbol> = before.clone();
                    list.push(value.clone());
                    longer.push((when.clone().and(and.clone()), list));
                }
            }
            all = longer;
        }
        Some(Parts(all))
    }

    fn field(&mut self, value: Symbol, at: u16) -> Option<Symbol> {
        match value {
            Symbol::Path(path) => Some(self.step(path, Step::Field(at))),
            Symbol::Record(mut parts) if usize::from(at) < parts.len() => Some(parts.swap_remove(usize::from(at))),
            _ => None,
        }
    }

    /// When an option holds something, and what.
    pub fn held(&mut self, option: Symbol) -> Option<(Formula, Option<Symbol>)> {
        match option {
            Symbol::None => Some((Formula::FALSE, None)),
            Symbol::Some(value) => Some((Formula::TRUE, Some(*value))),
            Symbol::Path(path) => {
                let var = self.space.paths[path.index()].var?;
                Some((Formula::In(var, Set::one(1)), Some(self.step(path, Step::Held))))
            }
            _ => None,
        }
    }

    fn block(&mut self, block: &TBlock, scope: &Scope) -> Option<Cases> {
        self.statements(&block.stmts, block, scope)
    }

    fn statements(&mut self, stmts: &[TStmt], block: &TBlock, scope: &Scope) -> Option<Cases> {
        match stmts {
            [] => Some(self.value(block.value.as_ref()?, scope)),
            [TStmt { kind: S::Return(Some(value)), .. }] if self.depth > 0 => Some(self.value(value, scope)),
            [TStmt { kind: S::Let(local, value), .. }, rest @ ..] => {
                let mut cases = Vec::new();
                for (when, value) in self.value(value, scope) {
                    cases.extend(under(&when, self.statements(rest, block, &scope.with(*local, value))?));
                }
                Some(cases)
            }
            _ => None,
        }
    }

    /// A short function is opened: `let`s and a value.
    fn call(&mut self, id: FnId, args: &[TExpr], scope: &Scope) -> Option<Cases> {
        let function = &self.checked.functions[id.index()];
        let Body::Code(block) = &function.body else { return None };
        let (returned, value) = match (&block.stmts[..], &block.value) {
            ([lets @ .., TStmt { kind: S::Return(Some(_)), .. }], None) => (lets, true),
            (lets, Some(_)) => (lets, true),
            _ => return None,
        };
        let short = value
            && returned
                .iter()
                .all(|stmt| matches!(stmt.kind, S::Let(local, _) if !function.locals[local.index()].mutable));
        if !short || self.depth >= DEPTH_MAX || function.params != args.len() {
            return None;
        }
        let Parts(calls) = self.parts(args, scope)?;
        self.depth += 1;
        let mut cases = Some(Vec::new());
        for (when, args) in calls {
            let bound = args.into_iter().enumerate().map(|(at, value)| (LocalId(at as u32), value)).collect();
            let inner = self.block(block, &Scope { outermost: false, bound: Rc::new(bound) });
            match (&mut cases, inner) {
                (Some(cases), Some(inner)) => cases.extend(under(&when, inner)),
                _ => cases = None,
            }
        }
        self.depth -= 1;
        cases
    }

    /// What a check says of a value; `None` if it is not looked into.
    pub fn check(&mut self, check: CheckId, of: Symbol) -> Option<Formula> {
        let function = &self.checked.functions[self.checked.checks[check.index()].func.index()];
        let Body::Code(TBlock { stmts, value: Some(value), .. }) = &function.body else { return None };
        if !stmts.is_empty() || function.params != 1 {
            return None;
        }
        let scope = Scope { outermost: false, bound: Rc::new(HashMap::from([(LocalId(0), of)])) };
        Some(self.condition(value, &scope))
    }

    fn match_(&mut self, of: &TMatch, scope: &Scope) -> Option<Cases> {
        let mut cases = Vec::new();
        for (when, value) in self.value(&of.value, scope) {
            let mut left = Formula::TRUE;
            for arm in &of.arms {
                let (mut fits, mut inner) = (Formula::FALSE, scope.clone());
                for pattern in &arm.patterns {
                    fits = fits.or(self.pattern(pattern, &value, &mut inner)?);
                }
                let here = when.clone().and(left.clone()).and(fits.clone());
                if !here.is_false() {
                    cases.extend(under(&here, self.block(&arm.body, &inner)?));
                }
                left = left.and(fits.not(&self.space));
            }
        }
        Some(possible(cases))
    }
}

/// Lists of parts with their conditions.
struct Parts(Vec<(Formula, Vec<Symbol>)>);

impl Parts {
    fn map(self, of: impl Fn(Vec<Symbol>) -> Symbol) -> Cases {
        self.0.into_iter().map(|(when, parts)| (when, of(parts))).collect()
    }
}

fn under(condition: &Formula, cases: Cases) -> Cases {
    possible(cases.into_iter().map(|(when, value)| (condition.clone().and(when), value)).collect())
}

fn possible(mut cases: Cases) -> Cases {
    cases.retain(|(when, _)| !when.is_false());
    cases
}
