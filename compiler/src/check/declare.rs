//! The first walk: every declaration of every module gets its number and stands under its name.

use super::literal::time_unit;
use super::type_expr::BUILT_IN;
use super::{Checker, Def, Effect, Signature};
use crate::currency::TEST_CURRENCY;
use crate::diagnostics::Problem;
use crate::load::UseTarget;
use crate::source::Place;
use crate::typed::*;
use crate::types::*;
use bp_bytecode::program::AccountKind;
use bp_grammar::ast::{self, Ident, Item, ItemKind};
use smol_str::SmolStr;

/// A declaration whose number is known; the later walks check what stands in it.
#[derive(Clone, Copy)]
pub(crate) enum Declared<'a> {
    Named(NamedId, &'a ast::TypeDecl),
    Record(RecordId, &'a ast::RecordDecl),
    Enum(EnumId, &'a ast::EnumDecl),
    Config(&'a [ast::Field]),
    /// With the number of its first account.
    Chart(AccountId, &'a [ast::Account]),
    Fn(FnId, &'a ast::FnDecl),
    Action(FnId, &'a ast::ActionDecl),
    Report(FnId, &'a ast::ReportDecl),
    Entity(EntityId, &'a ast::EntityDecl),
    /// Fields for an entity of another module.
    Extend(&'a ast::Path, &'a ast::EntityBody),
    Decision(DecisionId, FnId, &'a ast::DecisionDecl),
    Process(ProcessId, &'a ast::ProcessDecl),
    Schedule(ProcessId, &'a ast::ScheduleDecl),
    Message(MessageId, &'a ast::MessageDecl),
    /// With the number of its first operation.
    Service(OperationId, &'a ast::ServiceDecl),
    Test(&'a ast::TestDecl),
}

impl<'a> Checker<'a> {
    /// `currency IDR` binds the whole program; two files that name different ones do not link.
    pub(crate) fn book_currency(&mut self) {
        let mut first: Option<(Currency, Place)> = None;
        for module in 0..self.modules.len() {
            self.module = module;
            for item in &self.modules[module].ast.items {
                let ItemKind::Currency(word) = &item.kind else { continue };
                let place = self.place(word.span);
                let Some((c, _)) = crate::currency::currency(&word.text) else {
                    // What is not even written like one is told by the grammar.
                    if word.text.len() == 3 && word.text.chars().all(|c| c.is_ascii_uppercase()) {
                        self.report(Problem::UnknownCurrency { place, code: word.text.clone() });
                    }
                    continue;
                };
                match first {
                    Some((other, at)) if other != c => {
                        self.report(Problem::TwoCurrencies {
                            place,
                            code: word.text.clone(),
                            other: other.code().into(),
                            at: Some(at),
                        });
                    }
                    Some(_) => {}
                    None => first = Some((c, place)),
                }
            }
        }
        let Some((c, place)) = first else { return };
        self.named_book = Some(place);
        if self.book != TEST_CURRENCY && self.book != c {
            let other = self.book.code().into();
            self.report(Problem::TwoCurrencies { place, code: c.code().into(), other, at: None });
        }
        self.book_scale = crate::currency::currency(c.code()).map_or(2, |c| c.1);
        self.book = c;
    }

    /// Numbers every declaration and fills the scopes.
    pub(crate) fn declare(&mut self) -> Vec<(usize, Declared<'a>)> {
        let modules = self.modules;
        let mut declared = Vec::new();
        for (index, module) in modules.iter().enumerate() {
            self.module = index;
            for item in &module.ast.items {
                if let Some(d) = self.declare_item(item) {
                    declared.push((index, d));
                }
            }
        }
        for (index, module) in modules.iter().enumerate() {
            self.module = index;
            for target in &module.uses {
                self.bring(target);
            }
            self.derived_units();
        }
        declared
    }

    fn bring(&mut self, target: &UseTarget) {
        match target {
            UseTarget::Broken { local } => self.name(local, Def::Broken),
            UseTarget::Module { local, module } => self.name(local, Def::Module(*module)),
            UseTarget::Name { local, module } => {
                if let Some((def, _)) = self.scopes[*module].names.get(&local.text) {
                    let def = *def;
                    self.name(local, def);
                } else if let Some(unit) = self.scopes[*module].units.get(&local.text).copied() {
                    self.scopes[self.module].units.insert(local.text.clone(), unit);
                } else {
                    self.unknown_in_module(*module, local, "name");
                    self.name(local, Def::Broken);
                }
            }
        }
    }

    pub(crate) fn name(&mut self, name: &Ident, def: Def) {
        let place = self.place(name.span);
        if BUILT_IN.contains(&name.text.as_str()) {
            self.report(Problem::NameOfLanguage { place, name: name.text.clone(), what: "a type" });
        }
        let scope = &mut self.scopes[self.module];
        match scope.names.get(&name.text) {
            Some((Def::Broken, _)) => {}
            Some((other, first)) if *other != def || matches!(def, Def::Function(_)) => {
                let first = Some(*first);
                self.report(Problem::DuplicateName { place, name: name.text.clone(), first });
            }
            _ => {
                scope.names.insert(name.text.clone(), (def, place));
            }
        }
    }

    fn declare_item(&mut self, item: &'a Item) -> Option<Declared<'a>> {
        let place = |c: &Self, name: &Ident| c.place(name.span);
        match &item.kind {
            ItemKind::Invalid { name } => {
                if let Some(name) = name {
                    self.name(name, Def::Broken);
                }
                None
            }
            ItemKind::Use(_) | ItemKind::Currency(_) => None,
            ItemKind::Unit(unit) => {
                self.base_unit(unit);
                None
            }
            ItemKind::Config(fields) => Some(Declared::Config(fields)),
            ItemKind::Type(decl) => {
                let id = NamedId(self.checked.named.len() as u32);
                self.checked.named.push(Named {
                    name: decl.name.text.clone(),
                    base: Type::Never, // resolved when first asked for
                    checks: Vec::new(),
                    place: place(self, &decl.name),
                });
                self.name(&decl.name, Def::Named(id));
                Some(Declared::Named(id, decl))
            }
            ItemKind::Enum(decl) => {
                let id = EnumId(self.checked.enums.len() as u32);
                let at = place(self, &decl.name);
                self.checked.enums.push(Enum {
                    name: decl.name.text.clone(),
                    cases: Vec::new(),
                    is_outcome: false,
                    place: at,
                });
                self.name(&decl.name, Def::Enum(id));
                Some(Declared::Enum(id, decl))
            }
            ItemKind::Record(decl) => {
                let id = RecordId(self.checked.records.len() as u32);
                let at = place(self, &decl.name);
                self.checked.records.push(Record { name: decl.name.text.clone(), fields: Vec::new(), place: at });
                self.name(&decl.name, Def::Record(id));
                Some(Declared::Record(id, decl))
            }
            ItemKind::Chart(accounts) => {
                let first = AccountId(self.checked.accounts.len() as u32);
                for account in accounts {
                    let id = AccountId(self.checked.accounts.len() as u32);
                    self.refuse_same_code(account);
                    self.checked.accounts.push(Account {
                        name: self.qualified(&account.name.text),
                        code: account.code.as_ref().map(|c| c.text.clone()),
                        kind: AccountKind::Asset,
                        ty: Type::Invalid,
                        dimensions: Vec::new(),
                        limits: Vec::new(),
                        groups: Vec::new(),
                        lots: false,
                        for_exchange: false,
                        place: place(self, &account.name),
                    });
                    self.name(&account.name, Def::Account(id));
                }
                Some(Declared::Chart(first, accounts))
            }
            ItemKind::Role(name) => {
                let id = RoleId(self.checked.roles.len() as u32);
                let full: SmolStr = self.qualified(&name.text);
                self.checked.roles.push(full);
                self.name(name, Def::Role(id));
                None
            }
            ItemKind::Fn(decl) => {
                let id = self.placeholder();
                self.name(&decl.name, Def::Function(id));
                Some(Declared::Fn(id, decl))
            }
            ItemKind::Action(decl) => {
                let id = self.placeholder();
                self.name(&decl.name, Def::Function(id));
                Some(Declared::Action(id, decl))
            }
            ItemKind::Decision(decl) => {
                let func = self.placeholder();
                let id = DecisionId(self.checked.decisions.len() as u32);
                self.checked.decisions.push(Decision {
                    name: self.qualified(&decl.name.text),
                    func,
                    place: place(self, &decl.name),
                    policy: decl.policy,
                    columns: Vec::new(),
                    output: Type::Invalid,
                    rows: Vec::new(),
                    default: None,
                });
                self.name(&decl.name, Def::Function(func));
                Some(Declared::Decision(id, func, decl))
            }
            ItemKind::Process(decl) => {
                let id = self.declare_process(&decl.name, &item.docs);
                Some(Declared::Process(id, decl))
            }
            // Tests of a module that is only used are its own business.
            ItemKind::Test(decl) => (self.module + 1 == self.modules.len()).then_some(Declared::Test(decl)),
            ItemKind::Entity(decl) => Some(self.declare_entity(decl)),
            ItemKind::Message(decl) => Some(self.declare_message(decl)),
            ItemKind::Service(decl) => Some(self.declare_service(decl)),
            ItemKind::Schedule(decl) => {
                let id = self.declare_process(&decl.name, &item.docs);
                Some(Declared::Schedule(id, decl))
            }
            ItemKind::Report(decl) => {
                let id = self.placeholder();
                self.name(&decl.name, Def::Function(id));
                Some(Declared::Report(id, decl))
            }
            ItemKind::Extend { entity, body } => Some(Declared::Extend(entity, body)),
            ItemKind::Duty(names) => {
                self.declare_duties(names);
                None
            }
        }
    }

    /// A process, of which more is known later.
    fn declare_process(&mut self, name: &Ident, docs: &[SmolStr]) -> ProcessId {
        let id = ProcessId(self.checked.processes.len() as u32);
        let func = self.placeholder();
        let outcome = EnumId(self.checked.enums.len() as u32);
        let at = self.place(name.span);
        let full = self.qualified(&name.text);
        self.checked.enums.push(Enum { name: full.clone(), cases: Vec::new(), is_outcome: true, place: at });
        self.checked.processes.push(Process {
            name: full,
            func,
            params: Vec::new(),
            outcome,
            result: Type::Invalid,
            key: None,
            key_names: Vec::new(),
            starter: None,
            lives: false,
            staged: false,
            tasks: Vec::new(),
            requests: Default::default(),
            points: Default::default(),
            noted: Default::default(),
            docs: docs.join("\n").into(),
            place: at,
        });
        self.name(name, Def::Process(id));
        id
    }

    /// Reports name accounts by their codes: each is one account's in the whole program.
    fn refuse_same_code(&mut self, account: &ast::Account) {
        let Some(code) = &account.code else { return };
        let at = self.place(account.name.span);
        if let Some(first) = self.account_codes.get(&code.text).copied() {
            let place = self.place(code.span);
            self.report(Problem::DuplicateName { place, name: code.text.clone(), first: Some(first) });
            return;
        }
        self.account_codes.insert(code.text.clone(), at);
    }

    fn placeholder(&mut self) -> FnId {
        self.reserve(Signature { params: Vec::new(), result: Type::Invalid, effect: Effect::Pure, outcome: None })
    }

    /// `unit kg scale 3`: a unit that is not written in terms of another.
    fn base_unit(&mut self, decl: &ast::UnitDecl) {
        if decl.value.is_some() || self.is_known_unit(decl) {
            return;
        }
        let scale = match decl.scale {
            None => SCALE_DEFAULT,
            Some((value, span)) => match u8::try_from(value) {
                Ok(scale) if scale <= SCALE_STORED_MAX => scale,
                _ => {
                    let place = self.place(span);
                    self.report(Problem::ScaleOutside { place, scale: value });
                    0
                }
            },
        };
        let id = UnitId(self.checked.units.len() as u32);
        self.checked.units.push(UnitDef { name: decl.name.text.clone(), scale });
        self.scopes[self.module].units.insert(decl.name.text.clone(), (id, 1, 0));
    }

    /// `unit g = 0.001 kg`: other ways to write amounts of a unit, in whichever order they stand. Those that are left when
    /// no more can be told go round in a circle, or are written in a unit that is not there.
    fn derived_units(&mut self) {
        let modules = self.modules;
        let items = modules[self.module].ast.items.iter();
        let mut open: Vec<&ast::UnitDecl> = items
            .filter_map(|item| match &item.kind {
                ItemKind::Unit(decl) if decl.value.is_some() => Some(decl),
                _ => None,
            })
            .collect();
        open.retain(|decl| !self.is_known_unit(decl));
        loop {
            let names: Vec<SmolStr> = open.iter().map(|decl| decl.name.text.clone()).collect();
            let waits = |decl: &&ast::UnitDecl| written_in(decl).is_some_and(|word| names.contains(&word.text));
            let (later, now): (Vec<_>, Vec<_>) = open.into_iter().partition(waits);
            if now.is_empty() {
                for decl in later {
                    let place = self.place(decl.name.span);
                    self.report(Problem::UnitNotInUnit { place });
                }
                return;
            }
            for decl in now {
                self.derived_unit(decl);
            }
            open = later;
        }
    }

    fn derived_unit(&mut self, decl: &ast::UnitDecl) {
        let place = self.place(decl.name.span);
        if self.is_known_unit(decl) {
            return;
        }
        let factor = match &decl.value {
            Some(ast::Expr { kind: ast::ExprKind::Number(n), .. }) if n.value > 0 => Some((n.value, n.scale)),
            _ => None,
        };
        let (Some((factor, digits)), Some(word)) = (factor, written_in(decl)) else {
            self.report(Problem::UnitNotInUnit { place });
            return;
        };
        let Some((id, value, scale)) = self.unit(word) else { return };
        match (value.checked_mul(factor), scale.checked_add(digits)) {
            (Some(value), Some(scale)) => {
                self.scopes[self.module].units.insert(decl.name.text.clone(), (id, value, scale));
            }
            _ => self.report(Problem::UnitNotInUnit { place }),
        }
    }

    /// Whether a unit has this name already; that is told.
    fn is_known_unit(&mut self, decl: &ast::UnitDecl) -> bool {
        let (place, name) = (self.place(decl.name.span), decl.name.text.clone());
        let known = self.scopes[self.module].units.contains_key(&name);
        if known {
            self.report(Problem::DuplicateName { place, name, first: None });
        } else if time_unit(&name).is_some() {
            self.report(Problem::NameOfLanguage { place, name, what: "a unit of time" });
            return true;
        }
        known
    }
}

/// The unit that a unit is written in.
fn written_in(decl: &ast::UnitDecl) -> Option<&Ident> {
    match &decl.value {
        Some(ast::Expr { kind: ast::ExprKind::Number(n), .. }) => match &n.unit {
            Some(ast::UnitRef::Named(word)) => Some(word),
            _ => None,
        },
        _ => None,
    }
}
