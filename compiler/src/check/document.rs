//! What code does with stored documents: make them, read and change them, look for them.

use super::function::{Binding, Code};
use super::names::nearest;
use super::{Checker, Effect, Param};
use crate::diagnostics::Problem;
use crate::source::Place;
use crate::typed::*;
use crate::types::*;
use bp_bytecode::op::Cmp;
use bp_grammar::ast::{self, Args, Direction, Expr, Ident, Path};
use smol_str::SmolStr;

impl Checker<'_> {
    /// The record of a document, as it is in the running step.
    pub(crate) fn document_of(&self, id: EntityId, document: TExpr, place: Place) -> TExpr {
        let record = self.checked.entities[id.index()].record;
        TExpr::new(T::Document(id, document.boxed()), Type::Record(record), place)
    }

    /// `invoice.total` of a document: a field, or what is derived. `None` if it has neither.
    pub(crate) fn document_field(&mut self, id: EntityId, base: &TExpr, name: &Ident, place: Place) -> Option<TExpr> {
        let entity = &self.checked.entities[id.index()];
        if let Some(derived) = entity.derived.iter().find(|d| d.name == name.text) {
            let (func, ty) = (derived.func, derived.ty.clone());
            if ty.is_invalid() {
                return Some(TExpr::invalid(place));
            }
            self.derived_calls.push((func, place));
            return Some(TExpr::new(T::Call(func, vec![base.clone()]), ty, place));
        }
        let fields = &self.checked.records[entity.record.index()].fields;
        let number = fields.iter().position(|f| f.name == name.text)?;
        let ty = fields[number].ty.clone();
        if ty.is_invalid() {
            return Some(TExpr::invalid(place));
        }
        let record = self.document_of(id, base.clone(), place);
        Some(TExpr::new(T::Field(record.boxed(), number as u16), ty, place))
    }

    /// Everything that can be read of a document, for suggestions.
    pub(crate) fn document_names(&self, id: EntityId) -> Vec<SmolStr> {
        let entity = &self.checked.entities[id.index()];
        let fields = self.checked.records[entity.record.index()].fields.iter().map(|f| f.name.clone());
        fields.chain(entity.derived.iter().map(|d| d.name.clone())).collect()
    }

    /// What names a document to people: its number, or the parts of its key. `None` where it has neither.
    pub(crate) fn document_name(&mut self, id: EntityId, document: TExpr, place: Place) -> Option<TExpr> {
        let entity = &self.checked.entities[id.index()];
        let fields: Vec<u16> = match &entity.numbering {
            Some(numbering) => vec![numbering.field],
            None => entity.key.clone(),
        };
        let record = entity.record;
        let mut parts = Vec::new();
        for field in fields {
            if !parts.is_empty() {
                parts.push(TExpr::text("/", place));
            }
            let ty = self.checked.records[record.index()].fields[usize::from(field)].ty.clone();
            let whole = self.document_of(id, document.clone(), place);
            let value = TExpr::new(T::Field(whole.boxed(), field), ty, place);
            parts.push(self.written(value, None, place));
        }
        match parts.len() {
            0 => None,
            1 => parts.pop(),
            _ => Some(TExpr::new(T::Concat(parts), Type::Text, place)),
        }
    }

    /// `create Invoice(…)`
    pub(crate) fn create(&mut self, code: &mut Code, path: &Path, args: &Args, place: Place) -> TExpr {
        self.needs(code, Effect::Changes, place, "`create` stores a document");
        let Some(id) = self.entity_of(path) else {
            args.list.iter().for_each(|arg| drop(self.expr(code, &arg.value, None)));
            return TExpr::invalid(place);
        };
        let entity = &self.checked.entities[id.index()];
        let (record, number) = (entity.record, entity.numbering.as_ref().map(|n| (n.field, n.func)));
        let state = entity.life.as_ref().map(|life| (life.field, life.states));
        let fields = &self.checked.records[record.index()].fields;
        let own = |at: usize| {
            number.is_some_and(|(field, _)| usize::from(field) == at)
                || state.is_some_and(|(field, _)| usize::from(field) == at)
        };
        let given = fields.iter().enumerate().filter(|(at, _)| !own(*at)).map(|(_, field)| {
            // What is optional may be left out.
            Param { name: field.name.clone(), ty: field.ty.clone(), default: field.default }
        });
        let params: Vec<Param> = given.collect();
        let optional: Vec<bool> =
            params.iter().map(|p| p.default.is_none() && matches!(p.ty, Type::Option(_))).collect();
        for check in fields.iter().flat_map(|f| &f.checks) {
            code.calls.push((self.checked.checks[check.index()].func, place));
        }
        let name = self.checked.records[record.index()].name.clone();
        let count = self.checked.records[record.index()].fields.len();
        let mut values = self.arguments_or(code, &name, &params, &optional, args, place).into_iter();
        let mut all = Vec::with_capacity(count);
        for at in 0..count {
            all.push(match (number, state) {
                (Some((field, func)), _) if usize::from(field) == at => {
                    code.calls.push((func, place));
                    TExpr::new(T::Call(func, Vec::new()), Type::Text, place)
                }
                (_, Some((field, states))) if usize::from(field) == at => TExpr::number(0, Type::Enum(states), place),
                _ => values.next().unwrap_or_else(|| TExpr::invalid(place)),
            });
        }
        let whole = TExpr::new(T::Record(record, all), Type::Record(record), place);
        TExpr::new(T::Create(id, whole.boxed()), Type::Entity(id), place)
    }

    /// `get Customer("C1")`: the document that has this key, an option.
    pub(crate) fn get(&mut self, code: &mut Code, path: &Path, args: &Args, place: Place) -> TExpr {
        self.needs(code, Effect::Reads, place, "`get` looks for a document");
        let Some(id) = self.entity_of(path) else { return TExpr::invalid(place) };
        let entity = &self.checked.entities[id.index()];
        if entity.key.is_empty() {
            let name = entity.name.clone();
            self.report(Problem::NoKey { place, entity: name });
            return TExpr::invalid(place);
        }
        let fields = &self.checked.records[entity.record.index()].fields;
        let param = |field: &u16| {
            let field = &fields[usize::from(*field)];
            Param { name: field.name.clone(), ty: self.base(&field.ty), default: None }
        };
        let params: Vec<Param> = entity.key.iter().map(param).collect();
        let name = entity.name.clone();
        let values = self.arguments(code, &name, &params, args, place);
        TExpr::new(T::Lookup(id, values), Type::option(Type::Entity(id)), place)
    }

    /// `change invoice with (paid: p)`
    pub(crate) fn change(&mut self, code: &mut Code, target: &ast::Place, args: &Args, place: Place) -> Option<S> {
        self.needs(code, Effect::Changes, place, "`change` changes a document");
        let document = self.path_value(code, &target.path);
        let id = self.document_type(&document)?;
        let entity = &self.checked.entities[id.index()];
        let record = entity.record;
        let fixed = |field: u16| {
            if entity.key.contains(&field) {
                Some("it is part of the key, which names the document for good")
            } else if entity.numbering.as_ref().is_some_and(|n| n.field == field) {
                Some("the series gives it")
            } else if entity.life.as_ref().is_some_and(|life| life.field == field) {
                Some("`document -> state` changes the state")
            } else {
                None
            }
        };
        let fields: Vec<(SmolStr, Type, Option<&'static str>)> = self.checked.records[record.index()]
            .fields
            .iter()
            .enumerate()
            .map(|(at, f)| (f.name.clone(), f.ty.clone(), fixed(at as u16)))
            .collect();
        for check in self.checked.records[record.index()].fields.iter().flat_map(|f| &f.checks) {
            code.calls.push((self.checked.checks[check.index()].func, place));
        }
        let mut changes: Vec<(u16, TExpr)> = Vec::new();
        for arg in &args.list {
            let Some(name) = &arg.name else {
                let at = self.place(arg.value.span);
                self.report(Problem::UnnamedField { place: at });
                continue;
            };
            let at = self.place(name.span);
            match fields.iter().position(|(f, ..)| *f == name.text) {
                Some(number) if changes.iter().any(|(known, _)| usize::from(*known) == number) => {
                    self.report(Problem::DuplicateName { place: at, name: name.text.clone(), first: None });
                }
                Some(number) => {
                    let (_, ty, why) = &fields[number];
                    if let Some(why) = why {
                        self.report(Problem::NotSettable { place: at, name: name.text.clone(), why });
                    }
                    let value = self.expr_as(code, &arg.value, ty);
                    changes.push((number as u16, value));
                }
                None => {
                    let names = self.document_names(id);
                    let similar = nearest(&name.text, names.iter().map(SmolStr::as_str));
                    let of = self.show(&Type::Entity(id));
                    self.report(Problem::UnknownField {
                        place: at,
                        field: name.text.clone(),
                        of,
                        fields: names,
                        similar,
                    });
                    self.expr(code, &arg.value, None);
                }
            }
        }
        let before = self.document_of(id, document.clone(), place);
        let after = TExpr::new(T::With(before.boxed(), changes), Type::Record(record), place);
        Some(S::Change(id, document, after))
    }

    /// `invoice -> paid`
    pub(crate) fn transition(&mut self, code: &mut Code, target: &Expr, state: &Ident, place: Place) -> Option<S> {
        self.needs(code, Effect::Changes, place, "`->` changes a document's state");
        let document = self.expr(code, target, None);
        let id = self.document_type(&document)?;
        let entity = &self.checked.entities[id.index()];
        let at = self.place(state.span);
        let Some(life) = &entity.life else {
            let name = entity.name.clone();
            self.report(Problem::NoStates { place: at, entity: name });
            return None;
        };
        let cases = &self.checked.enums[life.states.index()].cases;
        let Some(number) = cases.iter().position(|case| case.name == state.text) else {
            let similar = nearest(&state.text, cases.iter().map(|c| c.name.as_str()));
            let inside = Some(last_word(&entity.name).into());
            self.report(Problem::UnknownName { place: at, what: "state", name: state.text.clone(), similar, inside });
            return None;
        };
        if !life.transitions.iter().any(|(_, to)| usize::from(*to) == number) {
            let entity = entity.name.clone();
            self.report(Problem::NoTransition { place: at, entity, from: None, to: state.text.clone() });
            return None;
        }
        Some(S::Become(id, document, number as u16))
    }

    fn document_type(&mut self, document: &TExpr) -> Option<EntityId> {
        match self.base(&document.ty) {
            Type::Entity(id) => Some(id),
            _ => {
                self.wrong_type(document, "a stored document");
                None
            }
        }
    }

    /// `find Ticket where it.open order by due limit 5`: what the store can look for, it does; what is left is asked
    /// of each document that it finds.
    pub(crate) fn find(&mut self, code: &mut Code, find: &ast::Find, place: Place) -> TExpr {
        self.needs(code, Effect::Reads, place, "`find` looks for documents");
        let Some(id) = self.entity_of(&find.entity) else { return TExpr::invalid(place) };
        let ty = Type::list(Type::Entity(id));
        code.open();
        let it = code.hidden(Type::Entity(id), place);
        let document = self.read(code, it, place);
        code.bind("it".into(), Binding::Expr(document.clone().boxed()));
        let condition = find.where_.as_ref().map(|w| self.expr_as(code, w, &Type::Bool));
        code.close();
        let (mut conditions, mut rest) = (Vec::new(), None);
        for part in condition.into_iter().flat_map(conjuncts) {
            match self.looked_for(&part, it, id) {
                Some(condition) => conditions.push(condition),
                None => {
                    rest = Some(match rest {
                        None => part,
                        Some(rest) => TExpr::new(T::And(TExpr::boxed(rest), part.boxed()), Type::Bool, place),
                    });
                }
            }
        }
        let mut keys: Vec<(Vec<u16>, bool)> = Vec::new();
        for (path, direction) in &find.order_by {
            keys.extend(self.ordered_by(id, path).map(|path| (path, *direction == Direction::Descending)));
        }
        // The store orders by fields of the document itself. From the last field of another one on it is sorted, and what
        // is alike stays in the order of the keys behind it.
        let sorted = keys.iter().rposition(|(path, _)| path.len() > 1).map_or(0, |last| last + 1);
        let order =
            keys.split_off(sorted).into_iter().filter_map(|(path, down)| Some((*path.first()?, down))).collect();
        let limit = find.limit.as_ref().map(|limit| self.expr_as(code, limit, &Type::INT));
        let (inner, outer) = if rest.is_some() || !keys.is_empty() { (None, limit) } else { (limit, None) };
        let query = TFind { entity: id, conditions, order, limit: inner };
        let mut found = TExpr::new(T::Find(Box::new(query)), ty.clone(), place);
        let gathered = |source: TExpr, local, where_, sorted_by, element| {
            let (kind, grouped_by) = (Aggregate::List, None);
            let all = TAggregate { kind, local, source, where_, grouped_by, sorted_by, element };
            TExpr::new(T::Aggregate(Box::new(all)), ty.clone(), place)
        };
        if let Some(condition) = rest {
            found = gathered(found, it, Some(condition), None, document);
        }
        for (path, down) in keys.into_iter().rev() {
            let of = code.hidden(Type::Entity(id), place);
            let document = self.read(code, of, place);
            let key = path.iter().fold(document.clone(), |document, field| self.referred(document, *field, place));
            found = gathered(found, of, None, Some((key, down)), document);
        }
        match outer {
            Some(limit) => TExpr::new(T::Beginning(found.boxed(), limit.boxed()), ty, place),
            None => found,
        }
    }

    /// The path of fields that an order or an index names: fields that refer to a document, then one that the store can
    /// look for.
    pub(crate) fn path_of(&mut self, id: EntityId, path: &Path) -> Option<Vec<u16>> {
        let place = self.place(path.span);
        let (mut at, mut fields) = (id, Vec::new());
        for (number, word) in path.words.iter().enumerate() {
            let record = self.checked.entities[at.index()].record;
            let known = &self.checked.records[record.index()].fields;
            let Some(found) = known.iter().position(|f| f.name == word.text) else {
                let names: Vec<SmolStr> = known.iter().map(|f| f.name.clone()).collect();
                let similar = nearest(&word.text, names.iter().map(SmolStr::as_str));
                let (of, place) = (self.show(&Type::Entity(at)), self.place(word.span));
                self.report(Problem::UnknownField { place, field: word.text.clone(), of, fields: names, similar });
                return None;
            };
            fields.push(found as u16);
            let ty = known[found].ty.clone();
            match ty {
                Type::Entity(next) if number + 1 < path.words.len() => at = next,
                Type::Invalid => return None,
                _ if number + 1 < path.words.len() || !self.can_be_looked_for(&ty) => {
                    let found = self.show(&ty);
                    self.report(Problem::NotAKey { place, found });
                    return None;
                }
                _ => {}
            }
        }
        Some(fields)
    }

    fn ordered_by(&mut self, id: EntityId, path: &Path) -> Option<Vec<u16>> {
        let fields = self.path_of(id, path)?;
        let last = self.checked.field_at(id, &fields)?;
        // Other documents are put in an order by the store alone, by their names.
        if fields.len() > 1 && matches!(self.base(&last), Type::Entity(_) | Type::Role | Type::Rounding | Type::Posting)
        {
            let (place, found) = (self.place(path.span), self.show(&last));
            self.report(Problem::NotAKey { place, found });
            return None;
        }
        Some(fields)
    }

    /// A condition that the store can look for: a field of the document, or of one that it refers to, against a value
    /// that does not depend on it.
    fn looked_for(&self, part: &TExpr, it: LocalId, id: EntityId) -> Option<(Vec<u16>, Cmp, TExpr)> {
        let path_of = |e: &TExpr| self.found_path(e, it).filter(|path| path.len() == 1 || self.is_open(id, path));
        let free = |e: &TExpr| !crate::typed::walk::mentions(e, it);
        let truth = |path: Vec<u16>, holds: bool| (path, Cmp::Eq, TExpr::bool(holds, part.place));
        match &part.kind {
            T::Field(..) => path_of(part).map(|path| truth(path, true)),
            T::Not(inner) => path_of(inner).map(|path| truth(path, false)),
            T::Compare(how, a, b) | T::CompareText(how, a, b) => {
                let (path, how, value) = match (path_of(a), path_of(b)) {
                    (Some(path), _) if free(b) => (path, *how, (**b).clone()),
                    (_, Some(path)) if free(a) => (path, turned(*how), (**a).clone()),
                    _ => return None,
                };
                match (self.base(&self.checked.field_at(id, &path)?), self.base(&value.ty)) {
                    (Type::Num(want), Type::Num(from)) if from.unit == want.unit && from.scale < want.scale => {
                        let by = want.scale - from.scale;
                        let (place, ty) = (value.place, Type::Num(want));
                        Some((path, how, TExpr::new(T::ScaleUp(value.boxed(), by), ty, place)))
                    }
                    (want, from) => (want == from).then_some((path, how, value)),
                }
            }
            _ => None,
        }
    }

    /// The fields by which an expression comes from the document that is looked for: `it.customer.country`.
    fn found_path(&self, e: &TExpr, it: LocalId) -> Option<Vec<u16>> {
        let T::Field(base, number) = &e.kind else { return None };
        let T::Document(_, of) = &base.kind else { return None };
        let mut path = match &of.kind {
            T::Local(local) if *local == it => Vec::new(),
            _ => self.found_path(of, it)?,
        };
        path.push(*number);
        Some(path)
    }

    /// Nothing is found by what is kept apart.
    fn is_open(&self, id: EntityId, path: &[u16]) -> bool {
        let Some((last, above)) = path.split_last() else { return false };
        let entity = match above {
            [] => Some(Type::Entity(id)),
            above => self.checked.field_at(id, above),
        };
        let Some(Type::Entity(entity)) = entity else { return false };
        let record = self.checked.entities[entity.index()].record;
        self.checked.records[record.index()].fields.get(usize::from(*last)).is_some_and(|field| !field.personal)
    }
}

/// The parts of a condition that all have to hold.
fn conjuncts(condition: TExpr) -> Vec<TExpr> {
    match condition.kind {
        T::And(a, b) => conjuncts(*a).into_iter().chain(conjuncts(*b)).collect(),
        _ => vec![condition],
    }
}

/// The comparison with its sides changed.
fn turned(how: Cmp) -> Cmp {
    match how {
        Cmp::Lt => Cmp::Gt,
        Cmp::Le => Cmp::Ge,
        Cmp::Gt => Cmp::Lt,
        Cmp::Ge => Cmp::Le,
        Cmp::Eq | Cmp::Ne => how,
    }
}
