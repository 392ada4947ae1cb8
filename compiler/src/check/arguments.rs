//! Calls and constructions: which value goes to which parameter or field.

use super::function::Code;
use super::names::{dotted, nearest};
use super::type_expr::starts_upper;
use super::{Checker, Def, Effect, Param, Signature};
use crate::diagnostics::{FUNCTION, MODULE, Problem};
use crate::source::Place;
use crate::typed::*;
use crate::types::*;
use bp_grammar::ast::{Args, Expr, ExprKind, Ident};
use smol_str::SmolStr;

impl Checker<'_> {
    pub(crate) fn call(
        &mut self,
        code: &mut Code,
        callee: &Expr,
        args: &Args,
        place: Place,
        hint: Option<&Type>,
    ) -> TExpr {
        let Some(words) = dotted(callee) else {
            let at = self.place(callee.span);
            self.report(Problem::NotCallable { place: at });
            return TExpr::invalid(place);
        };
        let first = words[0];
        if let ([name], None) = (words.as_slice(), code.lookup(&first.text)) {
            if starts_upper(&name.text)
                && let Some(made) = hint.and_then(|h| self.make_hinted_case(code, &h.clone(), name, args, place))
            {
                return made;
            }
            if self.def(&name.text).is_none()
                && let Some(made) = self.builtin_call(code, name, args, place, hint)
            {
                return made;
            }
        }
        if code.lookup(&first.text).is_some() {
            let at = self.place(callee.span);
            self.report(Problem::NotCallable { place: at });
            return TExpr::invalid(place);
        }
        let Some((def, used)) = self.def_of_words(&words) else {
            self.unknown_callee(code, first, callee, place);
            return TExpr::invalid(place);
        };
        match (def, &words[used..]) {
            (Def::Function(id), []) => self.call_function(code, id, &words[used - 1].text, args, place),
            (Def::Record(id), []) => self.make_record(code, id, args, place),
            (Def::Message(id), []) => {
                let record = self.checked.messages[id.index()].record;
                self.make_record(code, record, args, place)
            }
            (Def::Enum(id), [case]) => {
                match self.checked.enums[id.index()].cases.iter().position(|c| c.name == case.text) {
                    Some(index) => self.make_case(code, id, index, args, place),
                    None => {
                        let e = &self.checked.enums[id.index()];
                        let similar = nearest(&case.text, e.cases.iter().map(|c| c.name.as_str()));
                        let inside = Some(e.name.clone());
                        let at = self.place(case.span);
                        self.report(Problem::UnknownName {
                            place: at,
                            what: "case",
                            name: case.text.clone(),
                            similar,
                            inside,
                        });
                        TExpr::invalid(place)
                    }
                }
            }
            (Def::Broken, _) => TExpr::invalid(place),
            (Def::Enum(_), []) => {
                let at = self.place(callee.span);
                let what = "an enum: `Name.Case` is one of its cases";
                self.report(Problem::NotAValue { place: at, name: first.text.clone(), what });
                TExpr::invalid(place)
            }
            (Def::Module(module), [word, ..]) => {
                self.unknown_in_module(module, word, "function");
                TExpr::invalid(place)
            }
            (Def::Process(_), []) => {
                self.report(Problem::NotA {
                    place,
                    name: first.text.clone(),
                    what: "a function: `start` starts a process",
                });
                TExpr::invalid(place)
            }
            _ => {
                let at = self.place(callee.span);
                self.report(Problem::NotCallable { place: at });
                TExpr::invalid(place)
            }
        }
    }

    fn unknown_callee(&mut self, code: &Code, name: &Ident, callee: &Expr, place: Place) {
        if starts_upper(&name.text) {
            let owner = self.checked.enums.iter().find(|e| e.cases.iter().any(|c| c.name == name.text));
            if let Some(owner) = owner {
                let owner = owner.name.clone();
                self.report(Problem::CaseWithoutEnum { place, case: name.text.clone(), owner });
                return;
            }
        }
        let what = match &callee.kind {
            _ if starts_upper(&name.text) => "record or case",
            ExprKind::Name(_) => FUNCTION,
            _ => MODULE,
        };
        let names = self.scopes[self.module].names.keys().map(SmolStr::as_str);
        let similar = nearest(
            &name.text,
            names.chain(super::builtin::NAMES.iter().copied()).chain(code.names().map(SmolStr::as_str)),
        );
        let at = self.place(callee.span);
        self.unknown(at, what, &name.text, similar);
    }

    fn call_function(&mut self, code: &mut Code, id: FnId, name: &SmolStr, args: &Args, place: Place) -> TExpr {
        let Signature { params, result, effect, outcome } = self.signatures[id.index()].clone();
        match effect {
            Effect::Pure => {}
            Effect::Reads => self.needs(code, effect, place, &format!("`{name}` reads documents or books")),
            // Whether an action changes anything is known when all are checked.
            Effect::Changes if code.may(Effect::Reads) && !code.may(Effect::Changes) => {
                self.readers.push((id, place, name.clone(), code.inside()));
            }
            Effect::Changes => self.needs(code, effect, place, &format!("`{name}` changes something")),
        }
        let values = self.arguments(code, name, &params, args, place);
        code.calls.push((id, place));
        if result.is_invalid() {
            return TExpr::invalid(place);
        }
        match outcome {
            Some(outcome) => {
                let call = TExpr::new(T::Call(id, values), Type::Enum(outcome), place);
                self.attempt(code, call, name, place)
            }
            None => TExpr::new(T::Call(id, values), result, place),
        }
    }

    /// The value of each parameter, in their order; what lacks or is too much is told.
    pub(crate) fn arguments(
        &mut self,
        code: &mut Code,
        name: &str,
        params: &[Param],
        args: &Args,
        place: Place,
    ) -> Vec<TExpr> {
        self.arguments_or(code, name, params, &[], args, place)
    }

    /// The same, where some parameters are optional, and `none` if they are left out.
    pub(crate) fn arguments_or(
        &mut self,
        code: &mut Code,
        name: &str,
        params: &[Param],
        optional: &[bool],
        args: &Args,
        place: Place,
    ) -> Vec<TExpr> {
        let may_lack = |at: usize| optional.get(at).copied().unwrap_or(false);
        let mut values: Vec<Option<TExpr>> = params.iter().map(|_| None).collect();
        if let Some(generator) = &args.generator {
            let at = self.place(generator.span);
            self.report(Problem::GeneratorHere { place: at });
        }
        let mut next = 0;
        let (mut misspelt, mut misnamed): (Vec<SmolStr>, usize) = (Vec::new(), 0);
        for arg in &args.list {
            let index = match &arg.name {
                None => {
                    next += 1;
                    next - 1
                }
                Some(word) => match params.iter().position(|p| p.name == word.text) {
                    Some(index) => index,
                    None => {
                        let fields: Vec<SmolStr> = params.iter().map(|p| p.name.clone()).collect();
                        let similar = nearest(&word.text, fields.iter().map(SmolStr::as_str));
                        misspelt.extend(similar.clone());
                        misnamed += usize::from(similar.is_none());
                        let at = self.place(word.span);
                        self.report(Problem::UnknownField {
                            place: at,
                            field: word.text.clone(),
                            of: name.into(),
                            fields,
                            similar,
                        });
                        self.expr(code, &arg.value, None);
                        continue;
                    }
                },
            };
            let Some(param) = params.get(index) else {
                let at = self.place(arg.value.span);
                self.report(Problem::TooManyArguments { place: at, of: name.into(), expected: params.len() });
                break;
            };
            let value = self.expr_as(code, &arg.value, &param.ty);
            if values[index].is_some() {
                misnamed += 1;
                let at = self.place(arg.name.as_ref().map_or(arg.value.span, |name| name.span));
                self.report(Problem::DuplicateName { place: at, name: param.name.clone(), first: None });
            }
            values[index] = Some(value);
        }
        let missing: Vec<SmolStr> = params
            .iter()
            .zip(&values)
            .enumerate()
            .filter(|(at, (p, v))| v.is_none() && p.default.is_none() && !p.ty.is_invalid() && !may_lack(*at))
            .map(|(_, (p, _))| p.name.clone())
            .filter(|name| !misspelt.contains(name))
            .collect();
        // What lacks is perhaps what was given under a wrong name.
        if missing.len() > misnamed {
            self.report(Problem::Missing { place, of: name.into(), missing });
        }
        params
            .iter()
            .zip(values)
            .enumerate()
            .map(|(at, (param, value))| match (value, param.default) {
                (Some(value), _) => value,
                (None, Some(default)) => {
                    code.calls.push((default, place));
                    TExpr::new(T::Call(default, Vec::new()), param.ty.clone(), place)
                }
                (None, None) if may_lack(at) => TExpr::new(T::Constant(Constant::None), param.ty.clone(), place),
                (None, None) => TExpr::invalid(place),
            })
            .collect()
    }

    fn params_of(fields: &[Field]) -> Vec<Param> {
        fields.iter().map(|f| Param { name: f.name.clone(), ty: f.ty.clone(), default: f.default }).collect()
    }

    pub(crate) fn make_record(&mut self, code: &mut Code, id: RecordId, args: &Args, place: Place) -> TExpr {
        let record = &self.checked.records[id.index()];
        let name = if record.name.is_empty() { "the record".into() } else { record.name.clone() };
        let params = Self::params_of(&record.fields);
        for check in record.fields.iter().flat_map(|f| &f.checks) {
            code.calls.push((self.checked.checks[check.index()].func, place));
        }
        let values = self.arguments(code, &name, &params, args, place);
        TExpr::new(T::Record(id, values), Type::Record(id), place)
    }

    fn make_hinted_case(
        &mut self,
        code: &mut Code,
        hint: &Type,
        name: &Ident,
        args: &Args,
        place: Place,
    ) -> Option<TExpr> {
        match self.base(hint) {
            Type::Enum(id) => {
                let index = self.checked.enums[id.index()].cases.iter().position(|c| c.name == name.text)?;
                Some(self.make_case(code, id, index, args, place))
            }
            Type::Option(of) => self.make_hinted_case(code, &of, name, args, place),
            _ => None,
        }
    }

    pub(crate) fn make_case(&mut self, code: &mut Code, id: EnumId, index: usize, args: &Args, place: Place) -> TExpr {
        let case = &self.checked.enums[id.index()].cases[index];
        let name = case.name.clone();
        let params = Self::params_of(&case.fields);
        let values = self.arguments(code, &name, &params, args, place);
        if !self.checked.enums[id.index()].has_payload() {
            return TExpr::number(index as i128, Type::Enum(id), place);
        }
        TExpr::new(T::Case(id, index as u16, values), Type::Enum(id), place)
    }
}
