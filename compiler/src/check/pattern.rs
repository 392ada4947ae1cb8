//! `match`: patterns against a type, arms, and what they leave out.

use super::Checker;
use super::exhaustive::{Left, missing};
use super::function::Code;
use super::names::nearest;
use crate::diagnostics::Problem;
use crate::source::Place;
use crate::typed::*;
use crate::types::*;
use bp_grammar::ast;
use bp_grammar::ast::{Arm, ArmBody, Expr, Ident, Path, Pattern, PatternArg, PatternKind};
use smol_str::SmolStr;

impl Checker<'_> {
    /// A `match`, as a value or (`wanted` false) as a statement.
    pub(crate) fn match_(
        &mut self,
        code: &mut Code,
        value: &Expr,
        arms: &[Arm],
        place: Place,
        hint: Option<&Type>,
        wanted: bool,
    ) -> TMatch {
        let value = self.expr(code, value, None);
        let value = self.outcome_of(value);
        let ty = value.ty.clone();
        let checked = self.arms(code, arms, &ty, hint, wanted);
        if !ty.is_invalid() {
            self.refuse_gaps(&ty, &checked, place);
        }
        self.match_of(value, checked, place, hint, wanted)
    }

    /// Arms over a value of a type.
    pub(crate) fn arms(
        &mut self,
        code: &mut Code,
        arms: &[Arm],
        ty: &Type,
        hint: Option<&Type>,
        wanted: bool,
    ) -> Vec<TArm> {
        let mut checked = Vec::new();
        let mut ways = code.ways();
        for arm in arms {
            code.open();
            let at = self.place(arm.span);
            let mut patterns = Vec::new();
            for pattern in &arm.patterns {
                let typed = self.pattern(code, pattern, ty);
                if arm.patterns.len() > 1 && first_binding(&typed).is_some() {
                    let at = self.place(pattern.span);
                    self.report(Problem::BindingInAlternatives { place: at });
                }
                patterns.push(typed);
            }
            let body = self.arm_body(code, &arm.body, hint, wanted);
            ways.gone(code, &body);
            code.close();
            checked.push(TArm { place: at, patterns, body });
        }
        ways.together(code);
        checked
    }

    /// A `match` of arms that are checked: its one type.
    pub(crate) fn match_of(
        &mut self,
        value: TExpr,
        mut checked: Vec<TArm>,
        place: Place,
        hint: Option<&Type>,
        wanted: bool,
    ) -> TMatch {
        let blocks: Vec<&TBlock> = checked.iter().map(|a| &a.body).collect();
        let joined = if wanted { self.join_blocks(&blocks) } else { Some(Type::Nothing) };
        let result = match (joined, hint) {
            (Some(ty), _) => ty,
            (None, Some(hint)) => {
                let arms: Vec<(&TBlock, Place)> = checked.iter().map(|a| (&a.body, a.place)).collect();
                self.asked_of(&arms, hint)
            }
            (None, None) => {
                let first = checked.iter().find(|a| a.body.ty != Type::Never).map(|a| a.body.ty.clone());
                let first = first.unwrap_or(Type::Invalid);
                let other = checked
                    .iter()
                    .find(|a| self.join(&first, &a.body.ty).is_none())
                    .map(|a| (a.body.value.as_ref().map_or(a.place, |value| value.place), a.body.ty.clone()));
                let (at, other) = other.unwrap_or((place, Type::Invalid));
                let (expected, found) = (self.show(&first), self.show(&other));
                self.report(Problem::Mismatch {
                    place: at,
                    expected,
                    found,
                    hint: Some("all arms give the same type".into()),
                });
                Type::Invalid
            }
        };
        if wanted && !matches!(result, Type::Invalid | Type::Never) {
            let arms = std::mem::take(&mut checked);
            checked = arms.into_iter().map(|a| TArm { body: self.coerce_block(a.body, &result), ..a }).collect();
        }
        TMatch { value, arms: checked, ty: result }
    }

    fn arm_body(&mut self, code: &mut Code, body: &ArmBody, hint: Option<&Type>, wanted: bool) -> TBlock {
        match body {
            ArmBody::Block(block) => self.block(code, block, hint, wanted),
            ArmBody::Stmt(stmt) => {
                let block = ast::Block { span: stmt.span, stmts: vec![(**stmt).clone()] };
                self.block(code, &block, hint, wanted)
            }
        }
    }

    pub(crate) fn refuse_gaps(&mut self, ty: &Type, arms: &[TArm], place: Place) {
        let patterns: Vec<&TPattern> = arms.iter().flat_map(|a| &a.patterns).collect();
        if patterns.iter().any(|p| matches!(p.kind, P::Invalid)) {
            return;
        }
        match missing(self, ty, &patterns) {
            Left::Nothing => {}
            Left::Examples(missing) => self.report(Problem::NotExhaustive { place, missing }),
            Left::Unknown => {
                self.report(Problem::TooManyCases { place });
                return;
            }
        }
        // Once the patterns before it leave nothing out, none behind is reached either: the first such is looked for by
        // halves.
        let prefixes: Vec<usize> = (1..patterns.len()).collect();
        let is_open = |end: &usize| !matches!(missing(self, ty, &patterns[..*end]), Left::Nothing);
        let first = prefixes.partition_point(is_open);
        if let Some(pattern) = prefixes.get(first).map(|end| patterns[*end]) {
            self.report(Problem::NeverReached { place: pattern.place, what: "this case" });
        }
    }

    /// A pattern for a value of a type; the names that it binds go into the innermost scope.
    pub(crate) fn pattern(&mut self, code: &mut Code, pattern: &Pattern, ty: &Type) -> TPattern {
        let place = self.place(pattern.span);
        let base = self.base(ty);
        let made = |kind| TPattern { kind, ty: base.clone(), place };
        if base.is_invalid() {
            self.bind_all(code, pattern);
            return made(P::Invalid);
        }
        match &pattern.kind {
            PatternKind::Invalid => made(P::Invalid),
            PatternKind::Wildcard => made(P::Wildcard),
            PatternKind::None => match &base {
                Type::Option(_) => made(P::None),
                _ => self.wrong_pattern(code, pattern, &base, "none"),
            },
            PatternKind::Some(inner) => match &base {
                Type::Option(of) => {
                    let inner = self.pattern(code, inner, of);
                    made(P::Some(Box::new(inner)))
                }
                _ => self.wrong_pattern(code, pattern, &base, "some(…)"),
            },
            PatternKind::Bind(name) => {
                if let Some(c) = self.case_of(&base, &name.text, place)
                    && let Some(number) = c.as_number()
                {
                    // A rounding mode is written in lower case.
                    return made(P::Constant(Constant::Number(number)));
                }
                let id = self.local(code, name, ty.clone(), false);
                made(P::Bind(id))
            }
            PatternKind::Literal(e) => {
                let value = self.expr_as(code, e, &base);
                match value.kind {
                    T::Constant(c) => made(P::Constant(c)),
                    T::Invalid => made(P::Invalid),
                    _ => {
                        self.report(Problem::PatternNotConstant { place });
                        made(P::Invalid)
                    }
                }
            }
            PatternKind::Case { path, args } => self.case_pattern(code, pattern, path, args.as_deref(), &base),
        }
    }

    fn wrong_pattern(&mut self, code: &mut Code, pattern: &Pattern, ty: &Type, what: &str) -> TPattern {
        let place = self.place(pattern.span);
        self.bind_all(code, pattern);
        let found = self.show(ty);
        self.report(Problem::PatternType { place, pattern: what.into(), ty: found });
        TPattern { kind: P::Invalid, ty: ty.clone(), place }
    }

    fn case_pattern(
        &mut self,
        code: &mut Code,
        pattern: &Pattern,
        path: &Path,
        args: Option<&[PatternArg]>,
        ty: &Type,
    ) -> TPattern {
        let place = self.place(pattern.span);
        let word = path.last().clone();
        match ty {
            Type::Enum(id) => self.enum_pattern(code, *id, &word, args, ty, place),
            Type::Amount => {
                let Some((c, _)) = self.currency(&word) else {
                    return TPattern { kind: P::Invalid, ty: ty.clone(), place };
                };
                const AMOUNT_SCALE: u8 = 4;
                let money = Type::Num(Num { unit: Unit::Money(c), scale: AMOUNT_SCALE });
                let inner = match args {
                    Some([arg]) => self.pattern(code, &arg.pattern, &money),
                    None | Some([]) => TPattern { kind: P::Wildcard, ty: money, place },
                    Some(more) => {
                        self.report(Problem::WrongCount { place, what: "parts", expected: 1, found: more.len() });
                        TPattern { kind: P::Invalid, ty: money, place }
                    }
                };
                TPattern { kind: P::Currency(c, Box::new(inner)), ty: ty.clone(), place }
            }
            Type::Run(id) => {
                let outcome = self.checked.processes[id.index()].outcome;
                self.enum_pattern(code, outcome, &word, args, ty, place)
            }
            Type::Record(_) => {
                self.bind_all(code, pattern);
                self.report(Problem::RecordPattern { place });
                TPattern { kind: P::Invalid, ty: ty.clone(), place }
            }
            _ => self.wrong_pattern(code, pattern, ty, &path.text()),
        }
    }

    fn enum_pattern(
        &mut self,
        code: &mut Code,
        id: EnumId,
        word: &Ident,
        args: Option<&[PatternArg]>,
        ty: &Type,
        place: Place,
    ) -> TPattern {
        let invalid = || TPattern { kind: P::Invalid, ty: ty.clone(), place };
        let cases = &self.checked.enums[id.index()].cases;
        let Some(index) = cases.iter().position(|c| c.name == word.text) else {
            let similar = nearest(&word.text, cases.iter().map(|c| c.name.as_str()));
            let inside = Some(self.checked.enums[id.index()].name.clone());
            let at = self.place(word.span);
            self.report(Problem::UnknownName { place: at, what: "case", name: word.text.clone(), similar, inside });
            for arg in args.unwrap_or_default() {
                self.bind_all(code, &arg.pattern);
            }
            return invalid();
        };
        let fields: Vec<(SmolStr, Type)> = cases[index].fields.iter().map(|f| (f.name.clone(), f.ty.clone())).collect();
        let mut parts: Vec<Option<TPattern>> = fields.iter().map(|_| None).collect();
        let mut next = 0;
        for arg in args.unwrap_or_default() {
            let at = match &arg.name {
                None => {
                    next += 1;
                    next - 1
                }
                Some(name) => match fields.iter().position(|(f, _)| *f == name.text) {
                    Some(at) => at,
                    None => {
                        let names: Vec<SmolStr> = fields.iter().map(|(n, _)| n.clone()).collect();
                        let similar = nearest(&name.text, names.iter().map(SmolStr::as_str));
                        let at = self.place(name.span);
                        self.report(Problem::UnknownField {
                            place: at,
                            field: name.text.clone(),
                            of: word.text.to_string(),
                            fields: names,
                            similar,
                        });
                        self.bind_all(code, &arg.pattern);
                        continue;
                    }
                },
            };
            match fields.get(at) {
                Some((_, field)) => parts[at] = Some(self.pattern(code, &arg.pattern, &field.clone())),
                None => {
                    let found = args.map_or(0, <[_]>::len);
                    self.report(Problem::WrongCount { place, what: "parts", expected: fields.len(), found });
                    return invalid();
                }
            }
        }
        if args.is_some_and(|a| a.iter().all(|a| a.name.is_none()) && a.len() < fields.len()) {
            let found = args.map_or(0, <[_]>::len);
            self.report(Problem::WrongCount { place, what: "parts", expected: fields.len(), found });
        }
        let parts = parts
            .into_iter()
            .zip(fields)
            .map(|(part, (_, ty))| part.unwrap_or(TPattern { kind: P::Wildcard, ty, place }))
            .collect();
        if self.checked.enums[id.index()].has_payload() {
            TPattern { kind: P::Case(id, index as u16, parts), ty: ty.clone(), place }
        } else {
            TPattern { kind: P::Constant(Constant::Number(index as i128)), ty: ty.clone(), place }
        }
    }

    /// Binds the names of a pattern that is wrong, so that its arm tells nothing more.
    pub(crate) fn bind_all(&self, code: &mut Code, pattern: &Pattern) {
        match &pattern.kind {
            PatternKind::Bind(name) => {
                self.local(code, name, Type::Invalid, false);
            }
            PatternKind::Some(inner) => self.bind_all(code, inner),
            PatternKind::Case { args: Some(args), .. } => args.iter().for_each(|a| self.bind_all(code, &a.pattern)),
            _ => {}
        }
    }
}

/// Where a pattern first gives a name to something.
pub(crate) fn first_binding(pattern: &TPattern) -> Option<Place> {
    match &pattern.kind {
        P::Bind(_) => Some(pattern.place),
        P::Some(inner) | P::Currency(_, inner) => first_binding(inner),
        P::Case(_, _, parts) => parts.iter().find_map(first_binding),
        _ => None,
    }
}
