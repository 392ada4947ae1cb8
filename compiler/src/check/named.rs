//! Values by their names: bare words, what belongs to a name, and fields.

use super::branch::value_block;
use super::function::{Binding, Code};
use super::names::{dotted, nearest};
use super::type_expr::{BUILT_IN, starts_upper};
use super::{Checker, Def};
use crate::diagnostics::{Problem, ROUNDING_MODE};
use crate::source::Place;
use crate::typed::*;
use crate::types::*;
use bp_bytecode::op::Builtin;
use bp_bytecode::rounding::Mode;
use bp_grammar::ast::{Expr, Ident};
use smol_str::SmolStr;

impl Checker<'_> {
    pub(crate) fn name_value(&mut self, code: &mut Code, name: &Ident, place: Place, hint: Option<&Type>) -> TExpr {
        if let Some(binding) = code.lookup(&name.text) {
            return match binding {
                Binding::Local(id) => self.read(code, *id, place),
                Binding::Expr(e) => TExpr { place, ..(**e).clone() },
            };
        }
        if let Some(hinted) = hint.and_then(|h| self.case_of(h, &name.text, place)) {
            return hinted;
        }
        match self.def(&name.text) {
            Some(Def::Role(id)) => return TExpr::number(i128::from(id.0), Type::Role, place),
            Some(Def::Broken) => return TExpr::invalid(place),
            Some(def) => {
                let what = self.not_a_value(def);
                self.report(Problem::NotAValue { place, name: name.text.clone(), what });
                return TExpr::invalid(place);
            }
            None => {}
        }
        let what = match name.text.as_str() {
            text if BUILT_IN.contains(&text) => Some("a type"),
            text if self.scopes[self.module].units.contains_key(text) => Some("a unit: it stands behind a number"),
            _ => None,
        };
        if let Some(what) = what {
            self.report(Problem::NotAValue { place, name: name.text.clone(), what });
            return TExpr::invalid(place);
        }
        if starts_upper(&name.text) {
            // A bare case where nothing says of which enum it is.
            let owners: Vec<SmolStr> = self
                .checked
                .enums
                .iter()
                .filter(|e| e.cases.iter().any(|c| c.name == name.text))
                .map(|e| e.name.clone())
                .collect();
            if let Some(owner) = owners.first() {
                self.report(Problem::CaseWithoutEnum { place, case: name.text.clone(), owner: owner.clone() });
                return TExpr::invalid(place);
            }
        }
        if let Some(mode) = Mode::from_name(&name.text)
            && hint.is_none()
        {
            return TExpr::number(mode as i128, Type::Rounding, place);
        }
        let similar = {
            let cases = hint.map(|h| self.case_names(h)).unwrap_or_default();
            let all = code.names().map(SmolStr::as_str);
            let defs = self.scopes[self.module].names.keys().map(SmolStr::as_str);
            nearest(&name.text, all.chain(defs).chain(cases.iter().map(SmolStr::as_str)))
        };
        let what = match hint.map(|h| self.base(h)) {
            Some(Type::Rounding) => ROUNDING_MODE,
            _ if starts_upper(&name.text) => "case",
            _ => "value",
        };
        self.unknown(place, what, &name.text, similar);
        TExpr::invalid(place)
    }

    fn not_a_value(&self, def: Def) -> &'static str {
        match def {
            Def::Module(_) => "a module",
            Def::Record(_) => "a record type: `Name(field: …)` makes one",
            Def::Enum(_) => "an enum: `Name.Case` is one of its cases",
            Def::Named(_) => "a type",
            Def::Function(_) => "a function: call it with `(…)`",
            Def::Account(_) => "an account: `balance(…)` gives its balance",
            Def::Process(_) => "a process: `start` it",
            Def::Entity(_) => "an entity: `create` makes a document, `find` looks for some",
            Def::Message(_) => "a message: `wait` waits for one",
            Def::Service(_) => "a service: `request` asks it for something",
            Def::Role(_) | Def::Broken => "no value",
        }
    }

    /// The names that a bare word may have in the expected type.
    fn case_names(&self, ty: &Type) -> Vec<SmolStr> {
        match self.base(ty) {
            Type::Enum(id) => self.checked.enums[id.index()].cases.iter().map(|c| c.name.clone()).collect(),
            Type::Rounding => Mode::ALL.iter().map(|m| m.name().into()).collect(),
            Type::Option(of) => self.case_names(&of),
            _ => Vec::new(),
        }
    }

    /// A bare word looked up in the expected type.
    pub(crate) fn case_of(&mut self, ty: &Type, name: &str, place: Place) -> Option<TExpr> {
        match self.base(ty) {
            Type::Enum(id) => {
                let e = &self.checked.enums[id.index()];
                let case = e.cases.iter().position(|c| c.name == name)?;
                Some(self.bare_case(id, case, place))
            }
            Type::Rounding => Mode::from_name(name).map(|mode| TExpr::number(mode as i128, Type::Rounding, place)),
            Type::Option(of) => self.case_of(&of, name, place),
            _ => None,
        }
    }

    /// A case that is named without parts; one that has parts lacks them.
    pub(crate) fn bare_case(&mut self, id: EnumId, case: usize, place: Place) -> TExpr {
        let declared = &self.checked.enums[id.index()].cases[case];
        if !declared.fields.is_empty() {
            let missing = declared.fields.iter().map(|field| field.name.clone()).collect();
            self.report(Problem::Missing { place, of: declared.name.clone(), missing });
            return TExpr::invalid(place);
        }
        let kind = if self.checked.enums[id.index()].has_payload() {
            T::Case(id, case as u16, Vec::new())
        } else {
            T::Constant(Constant::Number(case as i128))
        };
        TExpr::new(kind, Type::Enum(id), place)
    }

    pub(crate) fn field_value(
        &mut self,
        code: &mut Code,
        whole: &Expr,
        base: &Expr,
        name: &Ident,
        safe: bool,
        place: Place,
    ) -> TExpr {
        if let Some(words) = dotted(whole)
            && !safe
            && code.lookup(&words[0].text).is_none()
        {
            if words[0].text == "config" && words.len() == 2 {
                return self.config_value(words[1], place);
            }
            if let Some((def, used)) = self.def_of_words(&words) {
                match (def, words.get(used)) {
                    (Def::Enum(id), Some(case)) if used + 1 == words.len() => {
                        return self.enum_case(id, case, place);
                    }
                    (Def::Role(id), None) => return TExpr::number(i128::from(id.0), Type::Role, place),
                    (Def::Broken, _) => return TExpr::invalid(place),
                    (Def::Module(module), Some(word)) => {
                        self.unknown_in_module(module, word, "name");
                        return TExpr::invalid(place);
                    }
                    (def, None) => {
                        let what = self.not_a_value(def);
                        let name = words.iter().map(|w| w.text.as_str()).collect::<Vec<_>>().join(".");
                        self.report(Problem::NotAValue { place, name: name.into(), what });
                        return TExpr::invalid(place);
                    }
                    _ => {}
                }
            } else if starts_upper(&words[0].text) {
                self.unknown_owner(words[0]);
                return TExpr::invalid(place);
            }
        }
        if !safe && let Some(asked) = self.request_field(code, base, name, place) {
            return asked;
        }
        let base = self.expr(code, base, None);
        if safe {
            return self.safe_field(code, base, name, place);
        }
        self.field_of(base, name, place)
    }

    /// What stands in front of a point in upper case, and is neither an enum nor anything else.
    fn unknown_owner(&mut self, word: &Ident) {
        let (place, name) = (self.place(word.span), word.text.clone());
        match name.as_str() {
            "Rounding" => {
                let what = "a type: a mode of rounding stands alone, as `half_up`";
                self.report(Problem::NotAValue { place, name, what });
            }
            text if BUILT_IN.contains(&text) => self.report(Problem::NotAValue { place, name, what: "a type" }),
            _ => {
                let names = self.scopes[self.module].names.keys().map(SmolStr::as_str).filter(|n| starts_upper(n));
                let similar = nearest(&name, names);
                self.unknown(place, "enum", &name, similar);
            }
        }
    }

    fn enum_case(&mut self, id: EnumId, case: &Ident, place: Place) -> TExpr {
        let e = &self.checked.enums[id.index()];
        if let Some(index) = e.cases.iter().position(|c| c.name == case.text) {
            return self.bare_case(id, index, place);
        }
        let similar = nearest(&case.text, e.cases.iter().map(|c| c.name.as_str()));
        let inside = Some(e.name.clone());
        let at = self.place(case.span);
        self.report(Problem::UnknownName { place: at, what: "case", name: case.text.clone(), similar, inside });
        TExpr::invalid(place)
    }

    fn config_value(&mut self, name: &Ident, place: Place) -> TExpr {
        let scope = &self.scopes[self.module].config;
        match scope.get(&name.text).copied() {
            Some(id) => TExpr::new(T::Config(id), self.checked.configs[id.index()].ty.clone(), place),
            None => {
                let similar = nearest(&name.text, scope.keys().map(SmolStr::as_str));
                let at = self.place(name.span);
                self.report(Problem::UnknownName {
                    place: at,
                    what: "configuration value",
                    name: name.text.clone(),
                    similar,
                    inside: None,
                });
                TExpr::invalid(place)
            }
        }
    }

    /// `base.name` of a value.
    pub(crate) fn field_of(&mut self, base: TExpr, name: &Ident, place: Place) -> TExpr {
        let ty = self.base(&base.ty);
        let builtin = |b: Builtin, ty: Type, base: TExpr| TExpr::new(T::Builtin(b, vec![base]), ty, place);
        let (text, known): (&str, &[&str]) = (
            name.text.as_str(),
            match &ty {
                Type::Date => &["year", "month", "day", "weekday"],
                Type::Month => &["year", "number", "first_day", "last_day"],
                Type::DateTime => &["date", "time"],
                Type::Num(_) => &["count"],
                Type::Amount => &["currency"],
                _ => &[],
            },
        );
        match (&ty, text) {
            (Type::Invalid, _) => return TExpr::invalid(place),
            (Type::Date, "year") => return builtin(Builtin::DateYear, Type::INT, base),
            (Type::Date, "month") => return builtin(Builtin::MakeMonth, Type::Month, base),
            (Type::Date, "day") => return builtin(Builtin::DateDay, Type::INT, base),
            (Type::Date, "weekday") => return builtin(Builtin::DateWeekday, Type::INT, base),
            (Type::Month, "year") => return builtin(Builtin::MonthYear, Type::INT, base),
            (Type::Month, "number") => return builtin(Builtin::MonthNumber, Type::INT, base),
            (Type::Month, "first_day") => return builtin(Builtin::MonthFirstDay, Type::Date, base),
            (Type::Month, "last_day") => return builtin(Builtin::MonthLastDay, Type::Date, base),
            (Type::DateTime, "date") => return builtin(Builtin::DateOf, Type::Date, base),
            (Type::DateTime, "time") => return builtin(Builtin::TimeOf, Type::Time, base),
            (Type::Amount, "currency") => return builtin(Builtin::AmountCurrency, Type::Text, base),
            (Type::Num(num), "count") if matches!(num.unit, Unit::Quantity(_)) => {
                return TExpr::new(T::Reinterpret(base.boxed()), Type::decimal(num.scale), place);
            }
            (Type::Run(process), "result") => {
                let Process { name: of, result: ty, .. } = &self.checked.processes[process.index()];
                let (of, ty) = (of.clone(), ty.clone());
                if ty == Type::Nothing {
                    let at = self.place(name.span);
                    let (field, of) = (name.text.clone(), format!("a run of {of}"));
                    self.report(Problem::UnknownField { place: at, field, of, fields: Vec::new(), similar: None });
                    return TExpr::invalid(place);
                }
                return TExpr::new(T::RunResult(base.boxed()), ty, place);
            }
            (Type::Run(process), _) => {
                if let Some(value) = self.run_field(&base, *process, name, place) {
                    return value;
                }
            }
            (Type::Record(id), _) => {
                let record = &self.checked.records[id.index()];
                if let Some(index) = record.fields.iter().position(|f| f.name == name.text) {
                    let ty = record.fields[index].ty.clone();
                    if ty.is_invalid() {
                        return TExpr::invalid(place);
                    }
                    return super::number::folded(TExpr::new(T::Field(base.boxed(), index as u16), ty, place));
                }
            }
            (Type::Entity(id), _) => {
                if let Some(value) = self.document_field(*id, &base, name, place) {
                    return value;
                }
            }
            (Type::Option(_), _) => {
                let at = self.place(name.span);
                let found = self.show(&base.ty);
                self.report(Problem::FieldOfOption { place: at, field: name.text.clone(), found });
                return TExpr::invalid(place);
            }
            _ => {}
        }
        let fields: Vec<SmolStr> = match &ty {
            Type::Record(id) => self.checked.records[id.index()].fields.iter().map(|f| f.name.clone()).collect(),
            Type::Entity(id) => self.document_names(*id),
            Type::Run(id) => self.run_names(*id),
            _ => known.iter().map(|k| SmolStr::new(*k)).collect(),
        };
        let similar = nearest(&name.text, fields.iter().map(SmolStr::as_str));
        let at = self.place(name.span);
        let of = self.show(&base.ty);
        self.report(Problem::UnknownField { place: at, field: name.text.clone(), of, fields, similar });
        TExpr::invalid(place)
    }

    /// `x?.f`: `none` if x is, else the field.
    fn safe_field(&mut self, code: &mut Code, base: TExpr, name: &Ident, place: Place) -> TExpr {
        let inner = match self.base(&base.ty) {
            Type::Option(of) => (*of).clone(),
            Type::Invalid => return TExpr::invalid(place),
            _ => {
                let found = self.show(&base.ty);
                self.report(Problem::NotOptional { place: base.place, found });
                return TExpr::invalid(place);
            }
        };
        let local = code.hidden(inner.clone(), place);
        let read = self.read(code, local, place);
        let field = self.field_of(read, name, place);
        if field.ty.is_invalid() {
            return field;
        }
        let ty = match &field.ty {
            Type::Option(_) => field.ty.clone(),
            other => Type::option(other.clone()),
        };
        let field = self.coerce(field, &ty);
        let none = TExpr::new(T::Constant(Constant::None), ty.clone(), place);
        let option = base.ty.clone();
        let bind = TPattern { kind: P::Bind(local), ty: inner, place };
        let arms = vec![
            TArm {
                place,
                patterns: vec![TPattern { kind: P::Some(Box::new(bind)), ty: option.clone(), place }],
                body: value_block(field),
            },
            TArm { place, patterns: vec![TPattern { kind: P::None, ty: option, place }], body: value_block(none) },
        ];
        TExpr::new(T::Match(Box::new(TMatch { value: base, arms, ty: ty.clone() })), ty, place)
    }
}
