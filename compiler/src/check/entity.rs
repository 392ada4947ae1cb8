//! Entities: what is stored of a document, what names it, how it is numbered, what its life looks like.
//!
//! A document's record holds the declared fields (those that other modules add behind them), then its number, then
//! its state. What is derived is no field: it is a function of the document, and computed when it is read.

use super::declarations::value_body;
use super::declare::Declared;
use super::function::{Binding, Code, CodeKind};
use super::outcome::plain_field;
use super::{Checker, Def, Effect, Param, Signature};
use crate::diagnostics::Problem;
use crate::source::Place;
use crate::typed::*;
use crate::types::*;
use bp_bytecode::op::Builtin;
use bp_grammar::ast::{self, Ident, Path};
use smol_str::SmolStr;
use std::collections::BTreeSet;

/// The name of the field that holds a document's number.
pub(crate) const NUMBER: &str = "number";
/// The name of the field that holds a document's state.
pub(crate) const STATE: &str = "state";

impl<'a> Checker<'a> {
    /// Gives an entity its number, the record of its documents and the enum of its states.
    pub(crate) fn declare_entity(&mut self, decl: &'a ast::EntityDecl) -> Declared<'a> {
        let place = self.place(decl.name.span);
        let record = RecordId(self.checked.records.len() as u32);
        self.checked.records.push(Record { name: decl.name.text.clone(), fields: Vec::new(), place });
        let life = (!decl.body.states.is_empty()).then(|| self.declare_states(decl, place));
        let id = EntityId(self.checked.entities.len() as u32);
        self.checked.entities.push(Entity {
            name: self.qualified(&decl.name.text),
            record,
            key: Vec::new(),
            numbering: None,
            life,
            derived: Vec::new(),
            indexes: Vec::new(),
            renamed: Vec::new(),
            place,
        });
        self.name(&decl.name, Def::Entity(id));
        Declared::Entity(id, decl)
    }

    fn declare_states(&mut self, decl: &ast::EntityDecl, place: Place) -> LifeCycle {
        let states = EnumId(self.checked.enums.len() as u32);
        let mut cases: Vec<Case> = Vec::new();
        let mut transitions = Vec::new();
        for chain in &decl.body.states {
            let mut before: Option<u16> = None;
            for word in chain {
                let known = cases.iter().position(|case| case.name == word.text);
                let number = known.unwrap_or_else(|| {
                    cases.push(Case { name: word.text.clone(), outside: word.text.clone(), fields: Vec::new() });
                    cases.len() - 1
                }) as u16;
                transitions.extend(before.map(|from| (from, number)));
                before = Some(number);
            }
        }
        transitions.sort_unstable();
        transitions.dedup();
        let name = format!("{}.{STATE}", decl.name.text).into();
        self.checked.enums.push(Enum { name, cases, is_outcome: false, place });
        // The field's number is known when all fields are.
        LifeCycle { field: 0, states, transitions }
    }

    /// The declared fields, with those that other modules add to it.
    pub(crate) fn entity_fields(&mut self, id: EntityId, decl: &ast::EntityDecl) {
        let record = self.checked.entities[id.index()].record;
        let mut seen = Vec::new();
        let fields = decl.body.fields.iter().map(|f| self.stored_field(f, &mut seen)).collect();
        let renamed = decl.body.fields.iter().enumerate();
        let renamed = renamed.filter_map(|(number, field)| Some((number as u16, field.was.as_ref()?)));
        self.checked.entities[id.index()].renamed =
            renamed.map(|(number, was)| (number, was.text.clone(), self.place(was.span))).collect();
        self.checked.records[record.index()].fields = fields;
        self.refuse_same_outside(decl.body.fields.iter().map(|f| (&f.name, f.outside.as_ref())));
    }

    /// `extend entity sales.order.SalesOrder { … }`
    pub(crate) fn extend_entity(&mut self, path: &Path, body: &ast::EntityBody) {
        let Some(id) = self.extended(path).or_else(|| self.entity_of(path)) else { return };
        let place = self.place(path.span);
        if !body.states.is_empty() {
            self.not_yet(place, "states that are added to an entity");
        }
        let record = self.checked.entities[id.index()].record;
        let known = &self.checked.records[record.index()].fields;
        let mut seen: Vec<(SmolStr, Place)> = known.iter().map(|f| (f.name.clone(), f.place)).collect();
        for added in &body.fields {
            let field = self.stored_field(added, &mut seen);
            if let Some(was) = &added.was {
                let renamed = (self.checked.records[record.index()].fields.len() as u16, was.text.clone());
                let place = self.place(was.span);
                self.checked.entities[id.index()].renamed.push((renamed.0, renamed.1, place));
            }
            if added.default.is_none() && !matches!(field.ty, Type::Option(_) | Type::Invalid) {
                self.report(Problem::AddedField { place: field.place, name: field.name.clone() });
            }
            self.checked.records[record.index()].fields.push(field);
        }
    }

    /// A document is named by its key: one that is made of documents that are named by this one has no end.
    pub(crate) fn refuse_endless_keys(&mut self) {
        for at in 0..self.checked.entities.len() {
            let (mut todo, mut seen) = (self.in_key(at), BTreeSet::new());
            while let Some(inner) = todo.pop() {
                if inner == at {
                    let Entity { record, key, name, place, .. } = &self.checked.entities[at];
                    let (record, key, place) = (*record, key.clone(), *place);
                    let name = format!("the key of {}", last_word(name)).into();
                    let fields = &mut self.checked.records[record.index()].fields;
                    key.iter().for_each(|field| fields[usize::from(*field)].ty = Type::Invalid);
                    self.report(Problem::EndlessType { place, name });
                    break;
                }
                if seen.insert(inner) {
                    todo.extend(self.in_key(inner));
                }
            }
        }
    }

    /// The entities that the key of one is made of.
    fn in_key(&self, entity: usize) -> Vec<usize> {
        let Entity { record, key, .. } = &self.checked.entities[entity];
        let fields = &self.checked.records[record.index()].fields;
        let mut todo: Vec<Type> = key.iter().map(|field| fields[usize::from(*field)].ty.clone()).collect();
        let (mut seen, mut found) = (Vec::new(), Vec::new());
        while let Some(ty) = todo.pop() {
            if seen.contains(&ty) {
                continue;
            }
            match &ty {
                Type::Entity(id) => found.push(id.index()),
                Type::List(of) | Type::Option(of) => todo.push((**of).clone()),
                Type::Map(k, v) => todo.extend([(**k).clone(), (**v).clone()]),
                Type::Named(id) => todo.push(self.checked.named[id.index()].base.clone()),
                Type::Record(id) => todo.extend(self.checked.records[id.index()].fields.iter().map(|f| f.ty.clone())),
                Type::Enum(id) => {
                    let cases = &self.checked.enums[id.index()].cases;
                    todo.extend(cases.iter().flat_map(|case| &case.fields).map(|field| field.ty.clone()));
                }
                _ => {}
            }
            seen.push(ty);
        }
        found
    }

    /// Behind the declared fields: number and state. Then key and indexes, which name fields.
    pub(crate) fn entity_parts(&mut self, id: EntityId, decl: &ast::EntityDecl) {
        let place = self.place(decl.name.span);
        let record = self.checked.entities[id.index()].record;
        if let Some(numbered) = &decl.numbered {
            let at = self.place(numbered.format.span);
            let field = self.own_field(record, NUMBER, Type::Text, at);
            let func = self.reserve(Signature {
                params: Vec::new(),
                result: Type::Text,
                effect: Effect::Changes,
                outcome: None,
            });
            self.checked.entities[id.index()].numbering = Some(Numbering { field, func });
        }
        if let Some(states) = self.checked.entities[id.index()].life.as_ref().map(|life| life.states) {
            let field = self.own_field(record, STATE, Type::Enum(states), place);
            if let Some(life) = &mut self.checked.entities[id.index()].life {
                life.field = field;
            }
        }
        let mut key = Vec::new();
        for path in &decl.key {
            key.extend(self.keyed_field(id, path));
        }
        self.checked.entities[id.index()].key = key;
        for derived in &decl.body.derived {
            let ty = self.type_of(&derived.ty);
            let at = self.place(derived.name.span);
            let fields = &self.checked.records[record.index()].fields;
            let taken = fields.iter().find(|f| f.name == derived.name.text).map(|f| f.place);
            let others = &self.checked.entities[id.index()].derived;
            let taken = taken.or(others.iter().find(|d| d.name == derived.name.text).map(|d| d.place));
            if let Some(first) = taken {
                self.report(Problem::DuplicateName { place: at, name: derived.name.text.clone(), first: Some(first) });
                continue;
            }
            let param = Param { name: "it".into(), ty: Type::Entity(id), default: None };
            let signature = Signature { params: vec![param], result: ty.clone(), effect: Effect::Pure, outcome: None };
            let func = self.reserve(signature);
            let derived = Derived { name: derived.name.text.clone(), ty, func, place: at };
            self.checked.entities[id.index()].derived.push(derived);
        }
    }

    /// A field that nobody declares: its number in the record.
    fn own_field(&mut self, record: RecordId, name: &str, ty: Type, place: Place) -> u16 {
        let fields = &mut self.checked.records[record.index()].fields;
        let taken = fields.iter().find(|f| f.name == name).map(|f| f.place);
        fields.push(plain_field(name, ty, place));
        let number = fields.len() as u16 - 1;
        if let Some(first) = taken {
            self.report(Problem::DuplicateName { place: first, name: name.into(), first: Some(place) });
        }
        number
    }

    /// A field that a key names: one of the document itself whose value the store can look for.
    fn keyed_field(&mut self, id: EntityId, path: &Path) -> Option<u16> {
        let fields = self.path_of(id, path)?;
        if fields.len() > 1 {
            let place = self.place(path.span);
            self.report(Problem::ClauseHere { place, what: "a key is made of the fields of the document itself" });
            return None;
        }
        fields.first().copied()
    }

    /// A name that a field had is the name of no other one, now or before.
    pub(crate) fn entity_renames(&mut self, id: EntityId) {
        let entity = &self.checked.entities[id.index()];
        let fields = &self.checked.records[entity.record.index()].fields;
        let mut faults = Vec::new();
        for (number, (_, was, place)) in entity.renamed.iter().enumerate() {
            if fields.iter().any(|field| field.outside == *was) {
                faults.push((*place, "a field of this name is there, so none was renamed"));
            } else if entity.renamed[..number].iter().any(|(_, other, _)| other == was) {
                faults.push((*place, "another field was called so"));
            }
        }
        for (place, what) in faults {
            self.report(Problem::ClauseHere { place, what });
        }
    }

    /// What an index names. Fields of other documents are found by two indexes: one of theirs, which finds them, and one of
    /// the documents that refer to them.
    pub(crate) fn entity_indexes(&mut self, id: EntityId, decl: &ast::EntityDecl) {
        for index in &decl.body.indexes {
            let paths: Vec<Vec<u16>> = index.fields.iter().filter_map(|path| self.path_of(id, path)).collect();
            if let Some(path) = index.fields.iter().find(|path| path.words.len() > 1).filter(|_| index.unique) {
                let place = self.place(path.span);
                let what = "a unique index is of the fields of the document itself";
                self.report(Problem::ClauseHere { place, what });
                continue;
            }
            for path in &paths {
                for depth in 1..path.len() {
                    if let Some(Type::Entity(of)) = self.checked.field_at(id, &path[..depth]) {
                        self.add_index(of, EntityIndex { unique: false, fields: vec![path[depth]] });
                    }
                }
            }
            let mut fields: Vec<u16> = Vec::new();
            for path in &paths {
                fields.extend(path.first().filter(|field| path.len() == 1 || !fields.contains(field)));
            }
            self.add_index(id, EntityIndex { unique: index.unique, fields });
        }
    }

    /// Adds an index that is not there yet.
    fn add_index(&mut self, id: EntityId, index: EntityIndex) {
        let entity = &mut self.checked.entities[id.index()];
        let known = |old: &EntityIndex| old.unique == index.unique && old.fields == index.fields;
        if !entity.indexes.iter().any(known) {
            entity.indexes.push(index);
        }
    }

    /// Whether the store can look for values of a type: what is one word, and texts.
    pub(crate) fn can_be_looked_for(&self, ty: &Type) -> bool {
        match self.base(ty) {
            Type::Text | Type::Invalid => true,
            ty => self.is_word(&ty),
        }
    }

    /// Whether a stored value of a type is one word.
    pub(crate) fn is_word(&self, ty: &Type) -> bool {
        match self.base(ty) {
            Type::Bool | Type::Num(_) | Type::Date | Type::DateTime | Type::Time | Type::Month => true,
            Type::Duration | Type::Rounding | Type::Role | Type::Entity(_) | Type::Posting => true,
            Type::Enum(id) => !self.checked.enums[id.index()].has_payload(),
            _ => false,
        }
    }

    /// Conditions and defaults of the fields, the numbering, what is derived.
    pub(crate) fn entity_clauses(&mut self, id: EntityId, decl: &ast::EntityDecl) {
        let record = self.checked.entities[id.index()].record;
        self.record_checks(record, &decl.name.text, 0, &decl.body.fields);
        if let (Some(numbered), Some(numbering)) = (&decl.numbered, &self.checked.entities[id.index()].numbering) {
            let func = numbering.func;
            self.numbering(id, func, numbered);
        }
        for derived in &decl.body.derived {
            let known = self.checked.entities[id.index()].derived.iter();
            let Some((func, ty)) = known.filter(|d| d.name == derived.name.text).map(|d| (d.func, d.ty.clone())).next()
            else {
                continue;
            };
            let Some(value) = &derived.default else { continue };
            let place = self.place(derived.name.span);
            let mut code = Code::new(CodeKind::Pure, ty.clone());
            let it = code.hidden(Type::Entity(id), place);
            let document = self.read(&code, it, place);
            self.bind_document(&mut code, id, &document);
            let value = self.expr_as(&mut code, value, &ty);
            let name: SmolStr = format!("{}.{}", decl.name.text, derived.name.text).into();
            self.finish(func, name, place, 1, code, value_body(value));
        }
    }

    /// Conditions and defaults of fields that a module adds to an entity.
    pub(crate) fn extension_clauses(&mut self, path: &Path, body: &ast::EntityBody) {
        let words: Vec<&Ident> = path.words.iter().collect();
        let id = match self.def_of_words(&words) {
            Some((Def::Entity(id), _)) => id,
            _ => match self.extended(path) {
                Some(id) => id,
                None => return,
            },
        };
        let record = self.checked.entities[id.index()].record;
        let Some(first) = body.fields.first() else { return };
        let fields = &self.checked.records[record.index()].fields;
        let Some(at) = fields.iter().position(|f| f.name == first.name.text) else { return };
        let name = self.checked.records[record.index()].name.clone();
        self.record_checks(record, &name, at, &body.fields);
    }

    /// The fields of a document under their names, what is derived of it under its own, `it` for itself.
    fn bind_document(&self, code: &mut Code, id: EntityId, document: &TExpr) {
        let entity = &self.checked.entities[id.index()];
        let place = document.place;
        code.bind("it".into(), Binding::Expr(document.clone().boxed()));
        for (number, field) in self.checked.records[entity.record.index()].fields.iter().enumerate() {
            let record = self.document_of(id, document.clone(), place);
            let value = TExpr::new(T::Field(record.boxed(), number as u16), field.ty.clone(), place);
            code.bind(field.name.clone(), Binding::Expr(value.boxed()));
        }
        for derived in &entity.derived {
            let call = TExpr::new(T::Call(derived.func, vec![document.clone()]), derived.ty.clone(), place);
            code.bind(derived.name.clone(), Binding::Expr(call.boxed()));
        }
    }

    /// A function that takes the next number of the series and writes it out: `year` and `month` are those of the
    /// day on which it does, `seq` counts within the period that the series goes by.
    fn numbering(&mut self, id: EntityId, func: FnId, numbered: &ast::Numbered) {
        let place = self.place(numbered.format.span);
        let mut code = Code::new(CodeKind::Action, Type::Text);
        let number_of = |builtin: Builtin| {
            let today = TExpr::new(T::Today, Type::Date, place);
            TExpr::new(T::Builtin(builtin, vec![today]), Type::INT, place)
        };
        let written = |value: TExpr, digits: Option<u8>| {
            TExpr::new(T::ToText { value: value.boxed(), digits }, Type::Text, place)
        };
        let year = || written(number_of(Builtin::DateYear), None);
        let by = numbered.by.as_ref().map(|word| (word.text.as_str(), self.place(word.span)));
        let period = match by {
            None => TExpr::text("", place),
            Some(("year", _)) => year(),
            Some(("month", _)) => {
                let month = written(number_of(Builtin::DateMonthNumber), Some(2));
                TExpr::new(T::Concat(vec![year(), TExpr::text("-", place), month]), Type::Text, place)
            }
            Some((_, at)) => {
                self.report(Problem::NumberedBy { place: at });
                return;
            }
        };
        code.bind("year".into(), Binding::Expr(number_of(Builtin::DateYear).boxed()));
        code.bind("month".into(), Binding::Expr(number_of(Builtin::DateMonthNumber).boxed()));
        let next = TExpr::new(T::NextNumber(id, period.boxed()), Type::INT, place);
        let seq = code.hidden(Type::INT, place);
        code.bind("seq".into(), Binding::Local(seq));
        let text = self.expr_as(&mut code, &numbered.format, &Type::Text);
        let value = TExpr::new(T::Let(seq, next.boxed(), text.boxed()), Type::Text, place);
        let name: SmolStr = format!("{} {NUMBER}", self.checked.entities[id.index()].name).into();
        self.finish(func, name, place, 0, code, value_body(value));
    }

    /// The entity that a whole path names, module and all, in one of the modules that are used.
    fn extended(&self, path: &Path) -> Option<EntityId> {
        let (name, module) = path.words.split_last()?;
        let module = module.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(".");
        let index = self.modules.iter().position(|m| m.name == module)?;
        match self.scopes[index].names.get(&name.text) {
            Some((Def::Entity(id), _)) => Some(*id),
            _ => None,
        }
    }

    /// The entity that a path names; what names none is told.
    pub(crate) fn entity_of(&mut self, path: &Path) -> Option<EntityId> {
        match self.def_of_path(path, "entity")? {
            Def::Entity(id) => Some(id),
            Def::Broken => None,
            _ => {
                let place = self.place(path.span);
                self.report(Problem::NotA { place, name: path.text().into(), what: "an entity" });
                None
            }
        }
    }
}
