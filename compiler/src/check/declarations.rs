//! The second walk: fields, parameters, accounts, configuration – and then the code in every declaration.

use super::declare::Declared;
use super::function::{Binding, Code, CodeKind};
use super::{Checker, Effect, Param, Signature};
use crate::diagnostics::Problem;
use crate::source::Place;
use crate::typed::*;
use crate::types::*;
use bp_grammar::ast;
use smol_str::SmolStr;

impl<'a> Checker<'a> {
    /// Checks everything that was declared.
    pub(crate) fn bodies(&mut self, declared: Vec<(usize, Declared<'a>)>) {
        // Types first: everything else speaks of them.
        for (module, d) in &declared {
            self.module = *module;
            if let Declared::Named(id, _) = d {
                self.resolve_named(*id);
            }
        }
        for (module, d) in &declared {
            self.module = *module;
            match d {
                Declared::Record(id, decl) => self.record_fields(*id, decl),
                Declared::Enum(id, decl) => self.enum_cases(*id, decl),
                Declared::Entity(id, decl) => self.entity_fields(*id, decl),
                Declared::Message(id, decl) => self.message_fields(*id, decl),
                _ => {}
            }
        }
        for (module, d) in &declared {
            self.module = *module;
            if let Declared::Extend(path, body) = d {
                self.extend_entity(path, body);
            }
        }
        for (module, d) in &declared {
            self.module = *module;
            if let Declared::Entity(id, decl) = d {
                self.entity_parts(*id, decl);
            }
        }
        self.refuse_endless_types();
        self.refuse_endless_keys();
        // What code may speak of: accounts, configuration, and what functions take and give.
        for (module, d) in &declared {
            self.module = *module;
            match d {
                Declared::Config(fields) => self.config(fields),
                Declared::Chart(first, accounts) => {
                    for (i, account) in accounts.iter().enumerate() {
                        self.account(AccountId(first.0 + i as u32), account);
                    }
                }
                Declared::Fn(id, decl) => self.signature(*id, &decl.params, Some(&decl.result), Effect::Pure),
                Declared::Action(id, decl) => {
                    self.signature(*id, &decl.params, decl.result.as_ref(), Effect::Changes);
                    if !decl.fails.is_empty() {
                        self.action_outcome(*id, decl);
                    }
                }
                Declared::Report(id, decl) => {
                    self.signature(*id, &decl.params, decl.result.as_ref(), Effect::Reads);
                }
                Declared::Decision(_, func, decl) => {
                    self.signature(*func, &decl.params, Some(&decl.result), Effect::Pure);
                }
                Declared::Process(id, decl) => self.process_interface(*id, decl),
                Declared::Service(first, decl) => self.service_fields(*first, decl),
                Declared::Schedule(id, decl) => self.schedule_interface(*id, decl),
                _ => {}
            }
        }
        // Conditions and defaults, those of named types first: the others ask for them.
        for (module, d) in &declared {
            self.module = *module;
            if let Declared::Named(id, decl) = d {
                self.named_checks(*id, decl);
            }
        }
        self.inherit_conditions();
        for (module, d) in &declared {
            self.module = *module;
            match d {
                Declared::Config(fields) => self.config_clauses(fields),
                Declared::Record(id, decl) => self.record_checks(*id, &decl.name.text, 0, &decl.fields),
                Declared::Message(id, decl) => self.message_clauses(*id, decl),
                Declared::Service(first, decl) => self.service_clauses(*first, decl),
                Declared::Entity(id, decl) => {
                    self.entity_renames(*id);
                    self.entity_indexes(*id, decl);
                    self.entity_clauses(*id, decl);
                }
                Declared::Extend(path, body) => self.extension_clauses(path, body),
                Declared::Chart(first, accounts) => {
                    for (i, account) in accounts.iter().enumerate() {
                        self.account_limits(AccountId(first.0 + i as u32), account);
                    }
                }
                Declared::Fn(id, decl) => self.parameter_defaults(*id, &decl.params),
                Declared::Action(id, decl) => self.parameter_defaults(*id, &decl.params),
                Declared::Report(id, decl) => self.parameter_defaults(*id, &decl.params),
                Declared::Decision(_, func, decl) => self.parameter_defaults(*func, &decl.params),
                Declared::Process(id, decl) => self.process_clauses(*id, decl),
                _ => {}
            }
        }
        for (module, d) in &declared {
            self.module = *module;
            match d {
                Declared::Fn(id, decl) => {
                    let name = self.qualified(&decl.name.text);
                    let place = self.place(decl.name.span);
                    self.function(*id, name, place, CodeKind::Pure, &decl.params, &decl.body);
                }
                Declared::Action(id, decl) => {
                    let name = self.qualified(&decl.name.text);
                    let place = self.place(decl.name.span);
                    self.function(*id, name, place, CodeKind::Action, &decl.params, &decl.body);
                }
                Declared::Report(id, decl) => {
                    let name = self.qualified(&decl.name.text);
                    let place = self.place(decl.name.span);
                    self.function(*id, name, place, CodeKind::Report, &decl.params, &decl.body);
                }
                Declared::Decision(id, func, decl) => self.decision(*id, *func, decl),
                Declared::Process(id, decl) => self.process(*id, decl),
                Declared::Schedule(id, decl) => self.schedule(*id, decl),
                _ => {}
            }
        }
        // Tests last: what they say of a process's tasks and variables is known by then.
        for (module, d) in &declared {
            self.module = *module;
            if let Declared::Test(decl) = d {
                self.test(decl);
            }
        }
    }

    // ------------------------------------------------------------ types

    /// Finds out what a named type is made of, once; one that is made of itself is told.
    pub(crate) fn resolve_named(&mut self, id: NamedId) {
        match self.checked.named[id.index()].base {
            Type::Never => {}
            Type::Nothing => {
                // Asked for again while it is being found out.
                let named = &mut self.checked.named[id.index()];
                named.base = Type::Invalid;
                let (place, name) = (named.place, named.name.clone());
                self.report(Problem::EndlessType { place, name });
                return;
            }
            _ => return,
        }
        self.checked.named[id.index()].base = Type::Nothing;
        let Some((module, decl)) = self.find_named(id) else { return };
        let here = std::mem::replace(&mut self.module, module);
        let ty = self.type_of(&decl.ty);
        self.module = here;
        let base = match ty {
            Type::Named(of) => {
                self.parents.insert(id, of);
                self.checked.named[of.index()].base.clone()
            }
            other => other,
        };
        let named = &mut self.checked.named[id.index()];
        if named.base == Type::Nothing {
            named.base = base;
        }
    }

    fn find_named(&self, id: NamedId) -> Option<(usize, &'a ast::TypeDecl)> {
        let place = self.checked.named[id.index()].place;
        self.modules.iter().enumerate().filter(|(_, m)| m.file == place.file).find_map(|(i, m)| {
            m.ast.items.iter().find_map(|item| match &item.kind {
                ast::ItemKind::Type(decl) if decl.name.span == place.span => Some((i, decl)),
                _ => None,
            })
        })
    }

    pub(crate) fn field(&mut self, field: &ast::Field, seen: &mut Vec<(SmolStr, Place)>) -> Field {
        if let Some(was) = &field.was {
            let at = self.place(was.span);
            self.not_yet(at, "renamed fields of what is no entity");
        }
        self.stored_field(field, seen)
    }

    /// A field of an entity, which may have had another name.
    pub(crate) fn stored_field(&mut self, field: &ast::Field, seen: &mut Vec<(SmolStr, Place)>) -> Field {
        let place = self.place(field.name.span);
        match seen.iter().find(|(n, _)| *n == field.name.text) {
            Some((_, first)) => {
                let first = Some(*first);
                self.report(Problem::DuplicateName { place, name: field.name.text.clone(), first });
            }
            None => seen.push((field.name.text.clone(), place)),
        }
        Field {
            name: field.name.text.clone(),
            outside: field.outside.as_ref().map_or_else(|| field.name.text.clone(), |o| o.text.clone()),
            ty: self.type_of(&field.ty),
            default: None,
            checks: Vec::new(),
            border_checks: Vec::new(),
            personal: field.personal.is_some(),
            place,
        }
    }

    fn record_fields(&mut self, id: RecordId, decl: &ast::RecordDecl) {
        let mut seen = Vec::new();
        let fields = decl.fields.iter().map(|f| self.field(f, &mut seen)).collect();
        self.checked.records[id.index()].fields = fields;
        self.refuse_same_outside(decl.fields.iter().map(|f| (&f.name, f.outside.as_ref())));
    }

    /// Two things of one name in data files could not be told apart. Two of one name inside are told elsewhere.
    pub(crate) fn refuse_same_outside<'n>(
        &mut self,
        named: impl Iterator<Item = (&'n ast::Ident, Option<&'n ast::TextLit>)>,
    ) {
        let mut seen: Vec<(&SmolStr, &SmolStr, Place)> = Vec::new();
        for (name, outside) in named {
            let (text, span) = outside.map_or((&name.text, name.span), |outside| (&outside.text, outside.span));
            let place = self.place(span);
            match seen.iter().find(|(known, ..)| *known == text) {
                Some((_, inside, first)) if **inside != name.text => {
                    let first = Some(*first);
                    self.report(Problem::DuplicateName { place, name: text.clone(), first });
                }
                _ => seen.push((text, &name.text, place)),
            }
        }
    }

    fn enum_cases(&mut self, id: EnumId, decl: &ast::EnumDecl) {
        let mut seen: Vec<(SmolStr, Place)> = Vec::new();
        let mut cases = Vec::new();
        for case in &decl.cases {
            let place = self.place(case.name.span);
            if let Some((_, first)) = seen.iter().find(|(n, _)| *n == case.name.text) {
                let first = Some(*first);
                self.report(Problem::DuplicateName { place, name: case.name.text.clone(), first });
                continue;
            }
            seen.push((case.name.text.clone(), place));
            let mut names = Vec::new();
            let fields = case.fields.iter().map(|f| self.payload_field(f, &mut names)).collect();
            let outside = case.outside.as_ref().map_or_else(|| case.name.text.clone(), |o| o.text.clone());
            cases.push(Case { name: case.name.text.clone(), outside, fields });
        }
        self.refuse_same_outside(decl.cases.iter().map(|case| (&case.name, case.outside.as_ref())));
        if cases.is_empty() {
            let place = self.place(decl.name.span);
            self.report(Problem::EmptyEnum { place, name: decl.name.text.clone() });
        }
        self.checked.enums[id.index()].cases = cases;
    }

    /// A field of a case or of a failure: its `where` has no home yet.
    pub(crate) fn payload_field(&mut self, field: &ast::Field, seen: &mut Vec<(SmolStr, Place)>) -> Field {
        for extra in field.where_.iter().chain(&field.default) {
            let at = self.place(extra.span);
            self.report(Problem::ClauseHere {
                place: at,
                what: "a part of a case or a failure has no `where` and no default; give it a named type instead",
            });
        }
        self.field(field, seen)
    }

    /// A value that holds a value of its own type would never end.
    fn refuse_endless_types(&mut self) {
        let parts = |checker: &Self, ty: &Type, out: &mut Vec<Type>| {
            let mut todo = vec![ty.clone()];
            while let Some(ty) = todo.pop() {
                match ty {
                    Type::List(of) | Type::Option(of) => todo.push((*of).clone()),
                    Type::Map(k, v) => todo.extend([(*k).clone(), (*v).clone()]),
                    Type::Named(id) => todo.push(checker.checked.named[id.index()].base.clone()),
                    Type::Record(_) | Type::Enum(_) => out.push(ty),
                    _ => {}
                }
            }
        };
        let inside = |checker: &Self, ty: &Type| -> Vec<Type> {
            let mut out = Vec::new();
            match ty {
                Type::Record(id) => {
                    checker.checked.records[id.index()].fields.iter().for_each(|f| parts(checker, &f.ty, &mut out));
                }
                Type::Enum(id) => {
                    let cases = &checker.checked.enums[id.index()].cases;
                    cases.iter().flat_map(|c| &c.fields).for_each(|f| parts(checker, &f.ty, &mut out));
                }
                _ => {}
            }
            out
        };
        let records = (0..self.checked.records.len()).map(|i| Type::Record(RecordId(i as u32)));
        let enums = (0..self.checked.enums.len()).map(|i| Type::Enum(EnumId(i as u32)));
        let all: Vec<Type> = records.chain(enums).collect();
        for ty in all {
            let mut todo = inside(self, &ty);
            let mut seen = std::collections::HashSet::new();
            while let Some(part) = todo.pop() {
                if part == ty {
                    let (place, name) = match ty {
                        Type::Record(id) => {
                            let r = &mut self.checked.records[id.index()];
                            r.fields.iter_mut().for_each(|f| f.ty = Type::Invalid);
                            (r.place, r.name.clone())
                        }
                        Type::Enum(id) => {
                            let e = &mut self.checked.enums[id.index()];
                            e.cases.iter_mut().flat_map(|c| &mut c.fields).for_each(|f| f.ty = Type::Invalid);
                            (e.place, e.name.clone())
                        }
                        _ => break,
                    };
                    self.report(Problem::EndlessType { place, name });
                    break;
                }
                if seen.insert(part.clone()) {
                    todo.extend(inside(self, &part));
                }
            }
        }
    }

    // ------------------------------------------------------------ `where` and defaults

    /// A function that tells whether a condition holds of its one parameter.
    pub(crate) fn check_function(
        &mut self,
        subject: SmolStr,
        param: Type,
        condition: &ast::Expr,
        names: impl FnOnce(&Checker, &mut Code, TExpr),
    ) -> CheckId {
        let place = self.place(condition.span);
        let id = self.reserve(Signature {
            params: vec![Param { name: "it".into(), ty: param.clone(), default: None }],
            result: Type::Bool,
            effect: Effect::Pure,
            outcome: None,
        });
        let mut code = Code::new(CodeKind::Pure, Type::Bool);
        let it = code.hidden(param, place);
        let value = self.read(&code, it, place);
        names(self, &mut code, value);
        let condition_t = self.expr_as(&mut code, condition, &Type::Bool);
        let text = self.text(condition.span);
        self.finish(id, format!("{subject} where").into(), place, 1, code, value_body(condition_t));
        self.check_of(id, text, subject, place)
    }

    fn check_of(&mut self, func: FnId, text: SmolStr, subject: SmolStr, place: Place) -> CheckId {
        self.checked.checks.push(Check { func, text, subject, place });
        CheckId(self.checked.checks.len() as u32 - 1)
    }

    fn named_checks(&mut self, id: NamedId, decl: &ast::TypeDecl) {
        let Some(condition) = &decl.where_ else { return };
        let base = self.checked.named[id.index()].base.clone();
        let check = self.check_function(decl.name.text.clone(), base, condition, |_, code, value| {
            code.bind("it".into(), Binding::Expr(value.boxed()));
        });
        self.checked.named[id.index()].checks.push(check);
    }

    /// Conditions and defaults of a record's fields, or of some of them, the first of which is number `first`.
    pub(crate) fn record_checks(&mut self, id: RecordId, name: &str, first: usize, fields: &[ast::Field]) {
        for (index, field) in fields.iter().enumerate().map(|(at, field)| (at + first, field)) {
            let subject: SmolStr = format!("{name}.{}", field.name.text).into();
            let Some(ty) = self.checked.records[id.index()].fields.get(index).map(|f| f.ty.clone()) else { continue };
            if let Some(default) = &field.default {
                let func = self.default_function(&subject, default, &ty, None);
                self.checked.records[id.index()].fields[index].default = Some(func);
            }
            if let Some(condition) = &field.where_ {
                let check = self.check_function(subject.clone(), Type::Record(id), condition, |c, code, record| {
                    c.bind_fields(code, &record, id, Some(index));
                });
                self.checked.records[id.index()].fields[index].checks.push(check);
            }
            // At a border the named type's conditions are asked through the record.
            if let Type::Named(named) = ty {
                for check in self.named_conditions(named) {
                    let wrapped = self.through_record(id, index, check);
                    self.checked.records[id.index()].fields[index].border_checks.push(wrapped);
                }
            }
        }
    }

    /// The check of a field's value as a check of its record.
    fn through_record(&mut self, record: RecordId, field: usize, check: CheckId) -> CheckId {
        let Check { func, text, subject, place } = &self.checked.checks[check.index()];
        let (func, text, subject, place) = (*func, text.clone(), subject.clone(), *place);
        let id = self.reserve(Signature {
            params: vec![Param { name: "it".into(), ty: Type::Record(record), default: None }],
            result: Type::Bool,
            effect: Effect::Pure,
            outcome: None,
        });
        let mut code = Code::new(CodeKind::Pure, Type::Bool);
        let it = code.hidden(Type::Record(record), place);
        let ty = self.checked.records[record.index()].fields[field].ty.clone();
        let value = TExpr::new(T::Field(self.read(&code, it, place).boxed(), field as u16), self.base(&ty), place);
        let call = TExpr::new(T::Call(func, vec![value]), Type::Bool, place);
        code.calls.push((func, place));
        self.finish(id, format!("{subject} where").into(), place, 1, code, value_body(call));
        self.check_of(id, text, subject, place)
    }

    /// The record's fields under their names, and `it` for the one that the condition is about.
    fn bind_fields(&self, code: &mut Code, record: &TExpr, id: RecordId, it: Option<usize>) {
        for (i, field) in self.checked.records[id.index()].fields.iter().enumerate() {
            let value = TExpr::new(T::Field(record.clone().boxed(), i as u16), field.ty.clone(), record.place);
            if it == Some(i) {
                code.bind("it".into(), Binding::Expr(value.clone().boxed()));
            }
            code.bind(field.name.clone(), Binding::Expr(value.boxed()));
        }
    }

    /// A function without parameters that gives a default, which has to meet a condition on the value besides those of
    /// its type.
    pub(crate) fn default_function(
        &mut self,
        subject: &str,
        default: &ast::Expr,
        ty: &Type,
        condition: Option<CheckId>,
    ) -> FnId {
        let place = self.place(default.span);
        let id =
            self.reserve(Signature { params: Vec::new(), result: ty.clone(), effect: Effect::Pure, outcome: None });
        let mut code = Code::new(CodeKind::Pure, ty.clone());
        let mut value = self.expr_as(&mut code, default, ty);
        if let (Some(check), false) = (condition, value.ty.is_invalid()) {
            value = TExpr::new(T::Checked(value.boxed(), vec![check]), ty.clone(), place);
        }
        self.finish(id, format!("{subject} default").into(), place, 0, code, value_body(value));
        id
    }

    fn config(&mut self, fields: &[ast::Field]) {
        let mut seen = Vec::new();
        for field in fields {
            let checked = self.field(field, &mut seen);
            let place = checked.place;
            if self.scopes[self.module].config.contains_key(&field.name.text) {
                continue;
            }
            let id = ConfigId(self.checked.configs.len() as u32);
            self.checked.configs.push(Config {
                module: ModuleId(self.module as u32),
                name: self.qualified(&field.name.text),
                ty: checked.ty,
                default: None,
                checks: Vec::new(),
                docs: field.docs.join("\n").into(),
                place,
            });
            self.scopes[self.module].config.insert(field.name.text.clone(), id);
        }
    }

    fn config_clauses(&mut self, fields: &[ast::Field]) {
        for field in fields {
            let Some(id) = self.scopes[self.module].config.get(&field.name.text).copied() else { continue };
            let ty = self.checked.configs[id.index()].ty.clone();
            let subject: SmolStr = format!("config.{}", field.name.text).into();
            let mut checks = match &ty {
                Type::Named(id) => self.named_conditions(*id),
                _ => Vec::new(),
            };
            let mut own = None;
            if let Some(condition) = &field.where_ {
                let name = field.name.text.clone();
                own = Some(self.check_function(subject.clone(), ty.clone(), condition, |_, code, value| {
                    code.bind("it".into(), Binding::Expr(value.clone().boxed()));
                    code.bind(name, Binding::Expr(value.boxed()));
                }));
                checks.extend(own);
            }
            // The conditions of its type are asked where the default becomes of it; its own is asked behind them.
            let default = field.default.as_ref().map(|d| self.default_function(&subject, d, &ty, own));
            let config = &mut self.checked.configs[id.index()];
            config.default = default;
            config.checks = checks;
        }
    }

    /// A named type has the conditions of those that it is made of too, in front of its own.
    fn inherit_conditions(&mut self) {
        let all: Vec<Vec<CheckId>> = (0..self.checked.named.len() as u32)
            .map(|number| {
                let mut line = vec![NamedId(number)];
                while let Some(of) = line.last().and_then(|id| self.parents.get(id)).filter(|of| !line.contains(of)) {
                    line.push(*of);
                }
                line.iter().rev().flat_map(|id| &self.checked.named[id.index()].checks).copied().collect()
            })
            .collect();
        for (named, checks) in self.checked.named.iter_mut().zip(all) {
            named.checks = checks;
        }
    }

    /// The conditions of a named type.
    pub(crate) fn named_conditions(&self, id: NamedId) -> Vec<CheckId> {
        self.checked.named[id.index()].checks.clone()
    }

    // ------------------------------------------------------------ functions

    fn signature(&mut self, id: FnId, params: &[ast::Field], result: Option<&ast::TypeExpr>, effect: Effect) {
        let mut seen = Vec::new();
        let params = params.iter().map(|p| self.field(p, &mut seen)).collect::<Vec<_>>();
        let params = params.into_iter().map(|f| Param { name: f.name, ty: f.ty, default: None }).collect();
        let result = result.map_or(Type::Nothing, |r| self.type_of(r));
        self.signatures[id.index()] = Signature { params, result, effect, outcome: None };
    }

    /// How an action ends that may fail.
    fn action_outcome(&mut self, id: FnId, decl: &ast::ActionDecl) {
        let place = self.place(decl.name.span);
        let result = self.signatures[id.index()].result.clone();
        let cases = self.outcome_cases(&result, &decl.fails, place);
        let name = self.qualified(&decl.name.text);
        let outcome = EnumId(self.checked.enums.len() as u32);
        self.checked.enums.push(Enum { name, cases, is_outcome: true, place });
        self.signatures[id.index()].outcome = Some(outcome);
    }

    pub(crate) fn parameter_defaults(&mut self, id: FnId, params: &[ast::Field]) {
        for (index, param) in params.iter().enumerate() {
            let Some(default) = &param.default else { continue };
            let ty = self.signatures[id.index()].params[index].ty.clone();
            let func = self.default_function(&param.name.text, default, &ty, None);
            self.signatures[id.index()].params[index].default = Some(func);
        }
    }

    /// The parameters as locals, and their `where`s.
    pub(crate) fn parameters(&mut self, id: FnId, code: &mut Code, params: &[ast::Field]) {
        let types: Vec<Type> = self.signatures[id.index()].params.iter().map(|p| p.ty.clone()).collect();
        for (param, ty) in params.iter().zip(types) {
            self.local(code, &param.name, ty, false);
        }
        for (index, param) in params.iter().enumerate() {
            let Some(condition) = &param.where_ else { continue };
            code.open();
            let place = self.place(param.name.span);
            let value = self.read(code, LocalId(index as u32), place);
            code.bind("it".into(), Binding::Expr(value.boxed()));
            let condition_t = self.expr_as(code, condition, &Type::Bool);
            code.close();
            let at = self.place(condition.span);
            let text = self.text(condition.span);
            let check = self.check_of(id, text, param.name.text.clone(), at);
            code.requires.push((condition_t, check));
        }
    }

    fn function(
        &mut self,
        id: FnId,
        name: SmolStr,
        place: Place,
        kind: CodeKind,
        params: &[ast::Field],
        body: &ast::Body,
    ) {
        let Signature { result, outcome, .. } = self.signatures[id.index()].clone();
        let mut code = Code::new(kind, outcome.map_or(result.clone(), Type::Enum));
        (code.outcome, code.owner) = (outcome, name.clone());
        self.parameters(id, &mut code, params);
        let block = match body {
            ast::Body::Expr(e) => {
                let value = if result == Type::Nothing {
                    self.expr(&mut code, e, None)
                } else {
                    self.expr_as(&mut code, e, &result)
                };
                TBlock { stmts: Vec::new(), ty: value.ty.clone(), value: Some(Box::new(value)) }
            }
            ast::Body::Block(block) => self.body_block(&mut code, block, &result),
        };
        let block = match outcome {
            Some(outcome) => self.as_done(outcome, block, place),
            None => block,
        };
        self.finish(id, name, place, params.len(), code, Body::Code(block));
    }
}

/// A body that is one value.
pub(crate) fn value_body(value: TExpr) -> Body {
    Body::Code(TBlock { stmts: Vec::new(), ty: value.ty.clone(), value: Some(Box::new(value)) })
}
