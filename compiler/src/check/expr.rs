//! Expressions: what each kind is checked by; literals and texts.

use super::Checker;
use super::branch::value_block;
use super::function::{Code, CodeKind};
use super::literal::{days, moment_seconds, months, time_seconds};
use super::pattern::first_binding;
use crate::diagnostics::Problem;
use crate::source::Place;
use crate::typed::*;
use crate::types::*;
use bp_bytecode::op::Builtin;
use bp_grammar::ast::{Expr, ExprKind, TextPart};
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
            ExprKind::Field { base, name, safe } => self.field_value(code, e, base, name, *safe, place),
            ExprKind::Call { callee, args } => self.call(code, callee, args, place, hint),
            ExprKind::Index { base, indices } => self.index(code, base, indices, place),
            ExprKind::With { base, args } => self.with(code, base, args, place),
            ExprKind::Is { value, negated, pattern } => {
                let value = self.expr(code, value, None);
                let value = self.outcome_of(value);
                let ty = value.ty.clone();
                let written = pattern;
                code.open();
                let pattern = self.pattern(code, written, &ty);
                code.close();
                if let Some(place) = first_binding(&pattern) {
                    self.report(Problem::NamesNothing { place, what: "`is`" });
                    // Where the name is used is no other fault.
                    self.bind_all(code, written);
                }
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
            ExprKind::Find(find) => self.find(code, find, place),
            ExprKind::Create { entity, args } => self.create(code, entity, args, place),
            ExprKind::Get { entity, args } => self.get(code, entity, args, place),
            ExprKind::Start { process, args, by, undo } => {
                let start = self.start(code, process, args, place);
                let start = self.start_undo(code, start, undo.as_deref(), place);
                match by {
                    Some(_) if code.kind != CodeKind::Test => {
                        self.report(Problem::TestHere { place });
                        start
                    }
                    Some(by) if !start.ty.is_invalid() => self.started_by(code, by, start),
                    _ => start,
                }
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
                    texts.push(self.written(value, format.as_ref(), place));
                }
            }
        }
        TExpr::new(T::Concat(texts), Type::Text, place)
    }

    /// A value as it is written for people.
    pub(crate) fn written(&mut self, value: TExpr, format: Option<&SmolStr>, place: Place) -> TExpr {
        let at = value.place;
        match self.base(&value.ty) {
            Type::Invalid => return TExpr::invalid(place),
            Type::Text if format.is_none() => return value,
            Type::Entity(id) if format.is_none() => {
                if let Some(name) = self.document_name(id, value.clone(), at) {
                    return name;
                }
                let found = self.show(&value.ty);
                let expected = "a value that can be written: one of the document's fields".to_owned();
                self.report(Problem::Mismatch { place: at, expected, found, hint: None });
                return TExpr::invalid(place);
            }
            Type::Nothing | Type::Never | Type::Run(_) | Type::Hold(_) | Type::Entity(_) => {
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
}
