//! Expressions.

use super::function::{Binding, Code};
use super::literal::{days, moment_seconds, months, time_seconds};
use super::names::{dotted, nearest};
use super::type_expr::starts_upper;
use super::{Checker, Def, Effect};
use crate::diagnostics::Problem;
use crate::source::Place;
use crate::typed::*;
use crate::types::*;
use bp_bytecode::op::Builtin;
use bp_bytecode::rounding::Mode;
use bp_grammar::ast::{self, Args, Else, Expr, ExprKind, Ident, TextPart};
use smol_str::SmolStr;

impl Checker<'_> {
    /// Checks an expression. `hint` is the type that is asked for around it, where one is: it gives bare cases, empty
    /// lists, `none` and `round` their meaning. The result may still be of another type.
    pub(crate) fn expr(&mut self, code: &mut Code, e: &Expr, hint: Option<&Type>) -> TExpr {
        let place = self.place(e.span);
        match &e.kind {
            ExprKind::Invalid => TExpr::invalid(place),
            ExprKind::Bool(b) => TExpr::bool(*b, place),
            ExprKind::None => {
                let of = match hint.map(|h| self.base(h)) {
                    Some(ty @ Type::Option(_)) => ty,
                    _ => Type::option(Type::Never),
                };
                TExpr::new(T::Constant(Constant::None), of, place)
            }
            ExprKind::Number(n) => self.number(n, place),
            ExprKind::Date(d) => TExpr::number(i128::from(days(*d)), Type::Date, place),
            ExprKind::Month(m) => TExpr::number(i128::from(months(*m)), Type::Month, place),
            ExprKind::Time(t) => TExpr::number(i128::from(time_seconds(*t)), Type::Time, place),
            ExprKind::DateTime(at) => match moment_seconds(*at) {
                Some(seconds) => TExpr::number(i128::from(seconds), Type::DateTime, place),
                None => {
                    let date = TExpr::number(i128::from(days(at.date)), Type::Date, place);
                    let time = i64::from(at.hour) * 3_600 + i64::from(at.minute) * 60 + i64::from(at.second);
                    let time = TExpr::number(i128::from(time), Type::Time, place);
                    TExpr::new(T::Builtin(Builtin::Moment, vec![date, time]), Type::DateTime, place)
                }
            },
            ExprKind::Text(parts) => self.interpolation(code, parts, place),
            ExprKind::Name(name) => self.name_value(code, name, place, hint),
            ExprKind::Field { base, name, safe } => self.field_value(code, e, base, name, *safe, place, hint),
            ExprKind::Call { callee, args } => self.call(code, callee, args, place, hint),
            ExprKind::Index { base, indices } => self.index(code, base, indices, place),
            ExprKind::With { base, args } => self.with(code, base, args, place),
            ExprKind::Is { value, negated, pattern } => {
                let value = self.expr(code, value, None);
                let ty = value.ty.clone();
                code.open();
                let pattern = self.pattern(code, pattern, &ty);
                code.close();
                let yes = value_block(TExpr::bool(!*negated, place));
                let no = value_block(TExpr::bool(*negated, place));
                let wild = TPattern { kind: P::Wildcard, ty, place };
                let arms = vec![
                    TArm { place, patterns: vec![pattern], body: yes },
                    TArm { place, patterns: vec![wild], body: no },
                ];
                TExpr::new(T::Match(Box::new(TMatch { value, arms, ty: Type::Bool })), Type::Bool, place)
            }
            ExprKind::Neg(inner) => {
                let inner = self.expr(code, inner, hint);
                self.negate(inner, place)
            }
            ExprKind::Not(inner) => {
                let inner = self.expr_as(code, inner, &Type::Bool);
                TExpr::new(T::Not(inner.boxed()), Type::Bool, place)
            }
            ExprKind::Binary { op, left, right, .. } => self.binary(code, *op, left, right, place, hint),
            ExprKind::Compare { first, rest } => self.compare(code, first, rest, place),
            ExprKind::Record(args) => self.anonymous_record(code, args, place, hint),
            ExprKind::List(items) => self.list(code, items, place, hint),
            ExprKind::ListFor { element, generator } => {
                self.aggregate(code, Aggregate::List, element, generator, place, hint)
            }
            ExprKind::Range(_) => {
                self.report(Problem::RangeHere { place });
                TExpr::invalid(place)
            }
            ExprKind::If { condition, then, otherwise } => {
                self.if_value(code, condition, then, otherwise.as_deref(), place, hint)
            }
            ExprKind::Match { value, arms } => {
                let m = self.match_(code, value, arms, place, hint, true);
                let ty = m.ty.clone();
                TExpr::new(T::Match(Box::new(m)), ty, place)
            }
            ExprKind::Find(_) | ExprKind::Create { .. } | ExprKind::Get { .. } => {
                self.not_yet(place, "stored documents");
                TExpr::invalid(place)
            }
            ExprKind::Start { process, args, undo } => {
                if let Some(undo) = undo {
                    let at = self.place(undo.span);
                    self.not_yet(at, "undo");
                }
                self.start(code, process, args, place)
            }
            ExprKind::Run(run) => self.run(code, run, place, hint),
        }
    }

    fn interpolation(&mut self, code: &mut Code, parts: &[TextPart], place: Place) -> TExpr {
        match parts {
            [] => return TExpr::text("", place),
            [TextPart::Chars(text)] => return TExpr::text(text.clone(), place),
            _ => {}
        }
        let mut texts = Vec::new();
        for part in parts {
            match part {
                TextPart::Chars(text) => texts.push(TExpr::text(text.clone(), place)),
                TextPart::Hole { value, format } => {
                    let value = self.expr(code, value, None);
                    texts.push(self.to_text(value, format.as_ref(), place));
                }
            }
        }
        TExpr::new(T::Concat(texts), Type::Text, place)
    }

    /// A value as it is written for people.
    pub(crate) fn to_text(&mut self, value: TExpr, format: Option<&SmolStr>, place: Place) -> TExpr {
        let at = value.place;
        match self.base(&value.ty) {
            Type::Invalid => return TExpr::invalid(place),
            Type::Text if format.is_none() => return value,
            Type::Nothing | Type::Never | Type::Run(_) => {
                let found = self.show(&value.ty);
                self.report(Problem::Mismatch {
                    place: at,
                    expected: "a value that can be written".into(),
                    found,
                    hint: None,
                });
                return TExpr::invalid(place);
            }
            _ => {}
        }
        // Money is written with all digits of its minor unit, a literal too.
        let value = match self.base(&value.ty) {
            ty @ Type::Num(_) => {
                let natural = self.stored(&ty);
                if matches!((&ty, &natural), (Type::Num(a), Type::Num(b)) if a.scale < b.scale) {
                    self.coerce(value, &natural)
                } else {
                    value
                }
            }
            _ => value,
        };
        let digits = match format {
            None => None,
            Some(format) => match format.trim().parse::<u8>() {
                Ok(n) if (1..=18).contains(&n) && self.base(&value.ty) == Type::INT => Some(n),
                _ => {
                    self.report(Problem::BadFormat { place: at, format: format.clone() });
                    None
                }
            },
        };
        TExpr::new(T::ToText { value: value.boxed(), digits }, Type::Text, at)
    }

    // ------------------------------------------------------------ names

    fn name_value(&mut self, code: &mut Code, name: &Ident, place: Place, hint: Option<&Type>) -> TExpr {
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
        let what = if starts_upper(&name.text) { "case" } else { "value" };
        self.report(Problem::UnknownName { place, what, name: name.text.clone(), similar, inside: None });
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
    pub(crate) fn case_of(&self, ty: &Type, name: &str, place: Place) -> Option<TExpr> {
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

    /// A case without a payload; one that has a payload is told when it is built.
    pub(crate) fn bare_case(&self, id: EnumId, case: usize, place: Place) -> TExpr {
        let kind = if self.checked.enums[id.index()].has_payload() {
            T::Case(id, case as u16, Vec::new())
        } else {
            T::Constant(Constant::Number(case as i128))
        };
        TExpr::new(kind, Type::Enum(id), place)
    }

    // ------------------------------------------------------------ fields

    #[allow(clippy::too_many_arguments)]
    fn field_value(
        &mut self,
        code: &mut Code,
        whole: &Expr,
        base: &Expr,
        name: &Ident,
        safe: bool,
        place: Place,
        hint: Option<&Type>,
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
            }
        }
        let _ = hint;
        let base = self.expr(code, base, None);
        if safe {
            return self.safe_field(code, base, name, place);
        }
        self.field_of(base, name, place)
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
                Type::Run(_) => &["result"],
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
                let ty = self.checked.processes[process.index()].result.clone();
                return TExpr::new(T::RunResult(base.boxed()), ty, place);
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

    // ------------------------------------------------------------ values made of others

    fn index(&mut self, code: &mut Code, base: &Expr, indices: &[Expr], place: Place) -> TExpr {
        let base = self.expr(code, base, None);
        let [index] = indices else {
            if !base.ty.is_invalid() {
                self.report(Problem::WrongCount { place, what: "indices", expected: 1, found: indices.len() });
            }
            return TExpr::invalid(place);
        };
        match self.base(&base.ty) {
            Type::Invalid => TExpr::invalid(place),
            Type::List(of) => {
                let index = self.expr_as(code, index, &Type::INT);
                TExpr::new(T::Item(base.boxed(), index.boxed()), (*of).clone(), place)
            }
            Type::Map(k, v) => {
                let key = self.expr_as(code, index, &k);
                TExpr::new(T::Get(base.boxed(), key.boxed()), Type::Option(v), place)
            }
            _ => {
                let found = self.show(&base.ty);
                let expected = "a list or a map".into();
                self.report(Problem::Mismatch { place: base.place, expected, found, hint: None });
                TExpr::invalid(place)
            }
        }
    }

    fn list(&mut self, code: &mut Code, items: &[Expr], place: Place, hint: Option<&Type>) -> TExpr {
        let element_hint = match hint.map(|h| self.base(h)) {
            Some(Type::List(of)) => Some((*of).clone()),
            Some(Type::Map(k, v)) if items.is_empty() => {
                return TExpr::new(T::EmptyMap, Type::Map(k, v), place);
            }
            _ => None,
        };
        if let Some(of) = &element_hint {
            let items = items.iter().map(|i| self.expr_as(code, i, of)).collect();
            return TExpr::new(T::List(items), Type::list(of.clone()), place);
        }
        let items: Vec<TExpr> = items.iter().map(|i| self.expr(code, i, None)).collect();
        let mut of = Type::Never;
        for item in &items {
            match self.join(&of, &item.ty) {
                Some(joined) => of = joined,
                None => {
                    let (expected, found) = (self.show(&of), self.show(&item.ty));
                    self.report(Problem::Mismatch { place: item.place, expected, found, hint: None });
                    return TExpr::invalid(place);
                }
            }
        }
        let items = items.into_iter().map(|i| self.coerce(i, &of)).collect();
        TExpr::new(T::List(items), Type::list(of), place)
    }

    fn anonymous_record(&mut self, code: &mut Code, args: &Args, place: Place, hint: Option<&Type>) -> TExpr {
        // Where a record is asked for, its fields give the types.
        if let Some(Type::Record(id)) = hint.map(|h| self.base(h))
            && self.checked.records[id.index()].name.is_empty()
        {
            return self.make_record(code, id, args, place);
        }
        let mut fields: Vec<(SmolStr, Type)> = Vec::new();
        let mut values = Vec::new();
        for arg in &args.list {
            let Some(name) = &arg.name else {
                let at = self.place(arg.value.span);
                self.report(Problem::UnnamedField { place: at });
                return TExpr::invalid(place);
            };
            let value = self.expr(code, &arg.value, None);
            if fields.iter().any(|(n, _)| *n == name.text) {
                let at = self.place(name.span);
                self.report(Problem::DuplicateName { place: at, name: name.text.clone(), first: None });
                return TExpr::invalid(place);
            }
            if value.ty.is_invalid() {
                return value;
            }
            fields.push((name.text.clone(), self.stored(&value.ty)));
            values.push(value);
        }
        let values = values.into_iter().zip(&fields).map(|(v, (_, ty))| self.coerce(v, ty)).collect();
        let id = self.anonymous(fields);
        TExpr::new(T::Record(id, values), Type::Record(id), place)
    }

    /// The type in which a value without a declared type is stored: a bare literal takes its unit's natural scale.
    pub(crate) fn stored(&self, ty: &Type) -> Type {
        match ty {
            Type::Num(num) => {
                let scale = match num.unit {
                    Unit::Money(c) => num.scale.max(self.minor_unit(c)),
                    Unit::Percent => num.scale.max(SCALE_DEFAULT),
                    _ => num.scale,
                };
                Type::Num(Num { unit: num.unit, scale: scale.min(SCALE_STORED_MAX) })
            }
            other => other.clone(),
        }
    }

    fn with(&mut self, code: &mut Code, base: &Expr, args: &Args, place: Place) -> TExpr {
        let base = self.expr(code, base, None);
        let Type::Record(id) = self.base(&base.ty) else {
            if !base.ty.is_invalid() {
                let found = self.show(&base.ty);
                self.report(Problem::Mismatch { place: base.place, expected: "a record".into(), found, hint: None });
            }
            return TExpr::invalid(place);
        };
        let ty = base.ty.clone();
        let mut changes: Vec<(u16, TExpr)> = Vec::new();
        for arg in &args.list {
            let Some(name) = &arg.name else {
                let at = self.place(arg.value.span);
                self.report(Problem::UnnamedField { place: at });
                continue;
            };
            let fields = &self.checked.records[id.index()].fields;
            match fields.iter().position(|f| f.name == name.text) {
                Some(index) if changes.iter().any(|(i, _)| usize::from(*i) == index) => {
                    let at = self.place(name.span);
                    self.report(Problem::DuplicateName { place: at, name: name.text.clone(), first: None });
                }
                Some(index) => {
                    let ty = fields[index].ty.clone();
                    let value = self.expr_as(code, &arg.value, &ty);
                    changes.push((index as u16, value));
                }
                None => {
                    let names: Vec<SmolStr> = fields.iter().map(|f| f.name.clone()).collect();
                    let similar = nearest(&name.text, names.iter().map(SmolStr::as_str));
                    let at = self.place(name.span);
                    let of = self.show(&ty);
                    self.report(Problem::UnknownField {
                        place: at,
                        field: name.text.clone(),
                        of,
                        fields: names,
                        similar,
                    });
                }
            }
        }
        TExpr::new(T::With(base.boxed(), changes), ty, place)
    }

    // ------------------------------------------------------------ branches

    fn if_value(
        &mut self,
        code: &mut Code,
        condition: &Expr,
        then: &ast::Block,
        otherwise: Option<&Else>,
        place: Place,
        hint: Option<&Type>,
    ) -> TExpr {
        let condition = self.expr_as(code, condition, &Type::Bool);
        let a = self.block(code, then, hint, true);
        let b = match otherwise {
            Some(Else::Block(block)) => self.block(code, block, hint, true),
            Some(Else::If(e)) => value_block(self.expr(code, e, hint)),
            None => {
                self.report(Problem::IfWithoutElse { place });
                return TExpr::invalid(place);
            }
        };
        let Some(ty) = self.join_blocks(&[&a, &b]) else {
            let (expected, found) = (self.show(&a.ty), self.show(&b.ty));
            let at = b.value.as_ref().map_or(place, |v| v.place);
            self.report(Problem::Mismatch {
                place: at,
                expected,
                found,
                hint: Some("both branches give the same type".into()),
            });
            return TExpr::invalid(place);
        };
        let a = self.coerce_block(a, &ty);
        let b = self.coerce_block(b, &ty);
        TExpr::new(T::If(condition.boxed(), a, b), ty, place)
    }

    /// One type for the values of blocks.
    pub(crate) fn join_blocks(&self, blocks: &[&TBlock]) -> Option<Type> {
        let mut whole: Option<TExpr> = None;
        for block in blocks {
            let next = match &block.value {
                Some(value) => (**value).clone(),
                None => TExpr::new(T::Invalid, block.ty.clone(), Place::NOWHERE),
            };
            whole = Some(match whole {
                None => next,
                Some(w) => {
                    let ty = self.join_values(&w, &next)?;
                    // A literal 0 keeps fitting every unit until another arm gives it one.
                    let keep = if w.ty == ty {
                        w.kind
                    } else if next.ty == ty {
                        next.kind
                    } else {
                        T::Invalid
                    };
                    TExpr::new(keep, ty, Place::NOWHERE)
                }
            });
        }
        whole.map(|w| w.ty)
    }

    pub(crate) fn coerce_block(&mut self, block: TBlock, to: &Type) -> TBlock {
        match block.value {
            Some(value) if block.ty != Type::Never => {
                let value = self.coerce(*value, to);
                TBlock { stmts: block.stmts, ty: value.ty.clone(), value: Some(Box::new(value)) }
            }
            value => TBlock { value, ..block },
        }
    }

    // ------------------------------------------------------------ tests and books

    fn start(&mut self, code: &mut Code, path: &ast::Path, args: &Args, place: Place) -> TExpr {
        let Some(def) = self.def_of_path(path, "process") else { return TExpr::invalid(place) };
        let id = match def {
            Def::Process(id) => id,
            Def::Broken => return TExpr::invalid(place),
            _ => {
                self.report(Problem::NotA { place, name: path.text().into(), what: "a process" });
                return TExpr::invalid(place);
            }
        };
        if code.kind != super::function::CodeKind::Test {
            self.not_yet(place, "processes that start processes");
            return TExpr::invalid(place);
        }
        let func = self.checked.processes[id.index()].func;
        let params = self.signatures[func.index()].params.clone();
        let name = self.checked.processes[id.index()].name.clone();
        let values = self.arguments(code, &name, &params, args, place);
        code.calls.push((func, place));
        TExpr::new(T::Start(id, values), Type::Run(id), place)
    }

    /// Tells where code does what its kind may not.
    pub(crate) fn needs(&mut self, code: &Code, effect: Effect, place: Place, what: &str) {
        if !code.may(effect) {
            let inside = match code.kind {
                super::function::CodeKind::Pure => "a function",
                _ => "a process outside a step",
            };
            self.report(Problem::EffectHere { place, what: what.into(), inside });
        }
    }
}

/// A block that is one value.
pub(crate) fn value_block(value: TExpr) -> TBlock {
    TBlock { stmts: Vec::new(), ty: value.ty.clone(), value: Some(Box::new(value)) }
}
