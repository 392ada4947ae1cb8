//! The normal form of an expression that is not looked into: equal forms have equal values.
//!
//! Places and the names of locals are left out; the operands of `+ * min max == and or` are put in order. What has no
//! form here gets one that nothing else has.

use super::linear::Linear;
use super::symbol::{Reader, Scope, Symbol};
use crate::typed::*;
use std::fmt::Write;

impl Reader<'_> {
    pub fn normal(&mut self, e: &TExpr, scope: &Scope) -> String {
        self.form(e, scope, 0).unwrap_or_else(|| {
            self.unlike += 1;
            format!("!{}", self.unlike)
        })
    }

    /// `inside` counts the lists whose elements are bound.
    fn form(&mut self, e: &TExpr, scope: &Scope, inside: u32) -> Option<String> {
        let mut list = |name: &str, parts: &[&TExpr], ordered: bool| {
            let mut forms = parts.iter().map(|part| self.form(part, scope, inside)).collect::<Option<Vec<String>>>()?;
            if !ordered {
                forms.sort_unstable();
            }
            Some(format!("{name}({})", forms.join(",")))
        };
        match &e.kind {
            T::Constant(constant) => Some(format!("{constant:?}:{:?}", e.ty)),
            T::Local(local) => match scope.bound.get(local) {
                Some(value) => Some(value.form()),
                None if scope.outermost => Some(format!("input{}", local.0)),
                None => None,
            },
            T::Config(id) => Some(format!("config{}", id.0)),
            T::Today => Some("today".into()),
            T::Now => Some("now".into()),
            T::Add(a, b) => list("add", &[a, b], false),
            T::Sub(a, b) => list("sub", &[a, b], true),
            T::Mul(a, b) => list("mul", &[a, b], false),
            T::Min(a, b) => list("min", &[a, b], false),
            T::Max(a, b) => list("max", &[a, b], false),
            T::Neg(a) => list("neg", &[a], true),
            T::Abs(a) => list("abs", &[a], true),
            T::Sign(a) => list("sign", &[a], true),
            T::IntDiv(a, b) => list("div", &[a, b], true),
            T::IntMod(a, b) => list("mod", &[a, b], true),
            T::ScaleUp(a, by) => list(&format!("up{by}"), &[a], true),
            T::Reinterpret(a) => list(&format!("as{:?}", e.ty), &[a], true),
            T::Round(round) => {
                let TRound { kind, numerators, divisors, step, mode } = &**round;
                let kind = match kind {
                    RoundKind::Quotient => "quotient".to_owned(),
                    RoundKind::Root => "root".to_owned(),
                    RoundKind::Power(by) => list("power", &[by], true)?,
                };
                let step = list("to", &step.iter().collect::<Vec<_>>(), true)?;
                let mode = match mode {
                    TMode::Fixed(mode) => mode.name().to_owned(),
                    TMode::Value(mode) => list("mode", &[mode], true)?,
                };
                let above = list("of", &numerators.iter().collect::<Vec<_>>(), false)?;
                let below = list("by", &divisors.iter().collect::<Vec<_>>(), false)?;
                Some(format!("round({kind},{step},{mode},{above},{below}):{:?}", e.ty))
            }
            T::Compare(how, a, b) => list(&format!("compare{how:?}"), &[a, b], true),
            T::CompareText(how, a, b) => list(&format!("text{how:?}"), &[a, b], true),
            T::CompareAmount(how, a, b) => list(&format!("amount{how:?}"), &[a, b], true),
            T::Equal(a, b) => list("equal", &[a, b], false),
            T::Not(a) => list("not", &[a], true),
            T::And(a, b) => list("and", &[a, b], false),
            T::Or(a, b) => list("or", &[a, b], false),
            T::Some(a) => list("some", &[a], true),
            T::Record(id, parts) => list(&format!("record{}", id.0), &parts.iter().collect::<Vec<_>>(), true),
            T::Case(id, case, parts) => list(&format!("case{}.{case}", id.0), &parts.iter().collect::<Vec<_>>(), true),
            T::List(parts) => list("list", &parts.iter().collect::<Vec<_>>(), true),
            T::Field(a, at) => list(&format!("field{at}"), &[a], true),
            T::Item(a, b) => list("item", &[a, b], true),
            T::Get(a, b) => list("get", &[a, b], true),
            T::Keys(a) => list("keys", &[a], true),
            T::Values(a) => list("values", &[a], true),
            T::Count(a) => list("count", &[a], true),
            T::First(a) => list("first", &[a], true),
            T::Last(a) => list("last", &[a], true),
            T::RangeList(a, b) => list("range", &[a, b], true),
            T::Allocate(a, b) => list("allocate", &[a, b], true),
            T::ToText { value, digits } => list(&format!("text{digits:?}"), &[value], true),
            T::Concat(parts) => list("concat", &parts.iter().collect::<Vec<_>>(), true),
            T::Call(id, args) => list(&format!("call{}", id.0), &args.iter().collect::<Vec<_>>(), true),
            T::Builtin(id, args) => list(id.name(), &args.iter().collect::<Vec<_>>(), true),
            T::Coalesce(a, b) => list("else", &[a, b], true),
            T::Checked(a, _) => self.form(a, scope, inside),
            T::Let(local, value, of) => {
                // The name stands for the form of its value.
                let value = self.form(value, scope, inside)?;
                let scope = scope.with(*local, Symbol::Constant(Constant::Text(format!("={value}").into())));
                self.form(of, &scope, inside)
            }
            T::Aggregate(of) if of.grouped_by.is_none() => {
                let source = self.form(&of.source, scope, inside)?;
                let scope = scope.with(of.local, Symbol::Element(inside));
                let mut form = format!("{:?}({source}", of.kind);
                let sorted = of.sorted_by.as_ref().map(|(key, descends)| (key, *descends));
                for part in of.where_.iter().chain(sorted.map(|(key, _)| key)).chain([&of.element]) {
                    let part = self.form(part, &scope, inside + 1)?;
                    write!(form, ",{part}").ok()?;
                }
                Some(format!("{form},{}{:?})", of.where_.is_some(), sorted.map(|(_, descends)| descends)))
            }
            T::If(condition, then, otherwise) if then.stmts.is_empty() && otherwise.stmts.is_empty() => {
                list("if", &[condition, then.value.as_ref()?, otherwise.value.as_ref()?], true)
            }
            _ => None,
        }
    }
}

impl Symbol {
    fn form(&self) -> String {
        let list = |parts: &[Symbol]| parts.iter().map(Symbol::form).collect::<Vec<_>>().join(",");
        match self {
            Symbol::Number(Linear { terms, constant, scale }) => format!("{terms:?}+{constant}@{scale}"),
            Symbol::Path(path) => format!("path{}", path.0),
            Symbol::Constant(constant) => format!("{constant:?}"),
            Symbol::None => "none".into(),
            Symbol::Some(of) => format!("some({})", of.form()),
            Symbol::Case(case, parts) => format!("case{case}({})", list(parts)),
            Symbol::Record(parts) => format!("record({})", list(parts)),
            Symbol::Element(at) => format!("element{at}"),
        }
    }
}
