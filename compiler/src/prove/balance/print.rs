//! Terms as a designer would write them.

use super::number::Rational;
use super::term::*;
use crate::typed::*;
use crate::types::*;
use bp_bytecode::op::{Builtin, Cmp};

/// A longer text is cut.
const TEXT_MAX: usize = 600;

pub struct Printer<'t> {
    pub terms: &'t Terms,
    pub checked: &'t Checked,
}

/// Names of what aggregates around bind, by their numbers.
type Names = Vec<(u32, String)>;

impl Printer<'_> {
    pub fn unit(&self, unit: Unit) -> String {
        match unit {
            Unit::Money(c) | Unit::Price(c, _) => c.code().into(),
            Unit::Quantity(Some(id)) => self.checked.units[id.index()].name.to_string(),
            Unit::None | Unit::Percent | Unit::Quantity(None) => String::new(),
        }
    }

    /// An amount of a unit.
    pub fn amount(&self, t: TermId, unit: Unit) -> String {
        let unit = self.unit(unit);
        let mut out = String::new();
        self.sum(t, &unit, &mut Vec::new(), &mut out);
        cut(out)
    }

    pub fn term(&self, t: TermId) -> String {
        let mut out = String::new();
        self.write(t, false, &mut Vec::new(), &mut out);
        cut(out)
    }

    /// A condition that holds, or does not.
    pub fn condition(&self, t: TermId, truth: bool) -> String {
        let mut out = String::new();
        self.truth(t, truth, &mut Vec::new(), &mut out);
        cut(out)
    }

    fn sum(&self, t: TermId, unit: &str, names: &mut Names, out: &mut String) {
        let poly = self.terms.poly(t);
        // What is added stands before what is taken off, a constant last.
        let mut order: Vec<_> = poly.0.iter().collect();
        order.sort_by_key(|(mono, c)| (mono.is_empty(), c.is_negative()));
        if order.is_empty() {
            out.push('0');
        }
        for (i, (mono, c)) in order.into_iter().enumerate() {
            if out.len() > TEXT_MAX {
                return;
            }
            match (i, c.is_negative()) {
                (0, true) => out.push('-'),
                (0, false) => {}
                (_, true) => out.push_str(" - "),
                (_, false) => out.push_str(" + "),
            }
            let (number, _) = c.abs().text();
            if mono.is_empty() {
                out.push_str(&number);
                if !unit.is_empty() {
                    out.push(' ');
                    out.push_str(unit);
                }
                continue;
            }
            if c.abs() != Rational::ONE {
                out.push_str(&number);
                out.push_str(" * ");
            }
            self.product(mono, names, out);
        }
    }

    fn product(&self, mono: &Mono, names: &mut Names, out: &mut String) {
        let mut first = true;
        for (atom, power) in mono {
            for _ in 0..*power {
                if !first {
                    out.push_str(" * ");
                }
                first = false;
                self.write(*atom, true, names, out);
            }
        }
    }

    fn quotient(&self, over: TermId, under: TermId, names: &mut Names, out: &mut String) {
        let whole = self.terms.as_number(under) == Some(Rational::ONE);
        // A coefficient that is no decimal number stands on both sides of the line.
        if let [(mono, c)] = self.terms.poly(over).0.as_slice()
            && let (text, false) = c.text()
            && let Some((number, divisor)) = text.split_once('/')
            && !mono.is_empty()
        {
            match number {
                "1" => {}
                "-1" => out.push('-'),
                _ => {
                    out.push_str(number);
                    out.push_str(" * ");
                }
            }
            self.product(mono, names, out);
            out.push_str(" / ");
            out.push_str(divisor);
        } else {
            self.write(over, !whole, names, out);
        }
        if !whole {
            out.push_str(" / ");
            self.write(under, true, names, out);
        }
    }

    fn list(&self, of: &[TermId], names: &mut Names, out: &mut String) {
        for (i, t) in of.iter().enumerate() {
            if i > 0 {
                out.push_str(", ");
            }
            self.write(*t, false, names, out);
        }
    }

    fn call(&self, name: &str, of: &[TermId], names: &mut Names, out: &mut String) {
        out.push_str(name);
        out.push('(');
        self.list(of, names, out);
        out.push(')');
    }

    /// With `tight` it stands as an operand.
    fn write(&self, t: TermId, tight: bool, names: &mut Names, out: &mut String) {
        if out.len() > TEXT_MAX {
            return;
        }
        if let Some(name) = self.terms.names.get(&t) {
            out.push_str(name);
            return;
        }
        match &*self.terms.node(t) {
            Node::Number(poly) => {
                let tight = tight && poly.as_constant().is_none();
                out.push_str(if tight { "(" } else { "" });
                self.sum(t, "", names, out);
                out.push_str(if tight { ")" } else { "" });
            }
            Node::Symbol(at) => out.push_str(&self.terms.symbols[*at as usize].name),
            Node::Bound(bound) => {
                let name = names.iter().rev().find(|(b, _)| b == bound).map_or("it", |(_, name)| name.as_str());
                out.push_str(name);
            }
            Node::Constant(Constant::Text(text)) => out.push_str(&format!("{text:?}")),
            Node::Constant(Constant::None) => out.push_str("none"),
            Node::Constant(_) => out.push('…'),
            Node::Op(op, of) => self.operation(*op, of, t, tight, names, out),
            Node::Aggregate(a) => self.aggregate(a, t, names, out),
        }
    }

    fn operation(&self, op: Op, of: &[TermId], t: TermId, tight: bool, names: &mut Names, out: &mut String) {
        let field_name = |id: RecordId, field: u16| {
            self.checked.records[id.index()].fields.get(usize::from(field)).map_or("…", |f| f.name.as_str())
        };
        match op {
            Op::Config(id, _) => {
                let name = &self.checked.configs[id.index()].name;
                out.push_str("config.");
                out.push_str(last_word(name));
            }
            Op::Today(_) => out.push_str("today()"),
            Op::Now(_) => out.push_str("now()"),
            Op::Balance(id, _) | Op::BookValue(id, _) | Op::BalanceAt(id, ..) => {
                let amount = matches!(op, Op::Balance(..) | Op::BalanceAt(_, false, _));
                out.push_str(if amount { "balance(" } else { "book_value(" });
                out.push_str(last_word(&self.checked.accounts[id.index()].name));
                if !of.is_empty() {
                    out.push('[');
                    self.list(of, names, out);
                    out.push(']');
                }
                out.push(')');
            }
            Op::Call(func, _) => self.call(last_word(&self.checked.functions[func.index()].name), of, names, out),
            Op::Min => self.call("min", of, names, out),
            Op::Max => self.call("max", of, names, out),
            Op::Abs => self.call("abs", of, names, out),
            Op::Sign => self.call("sign", of, names, out),
            Op::IntDiv | Op::IntMod => {
                out.push_str(if tight { "(" } else { "" });
                self.write(of[0], true, names, out);
                out.push_str(if op == Op::IntDiv { " div " } else { " mod " });
                self.write(of[1], true, names, out);
                out.push_str(if tight { ")" } else { "" });
            }
            Op::Round { chain, step, mode, .. } => {
                out.push_str(match chain {
                    Chain::Quotient => "round(",
                    Chain::Root => "root(",
                    Chain::Power => "power(",
                });
                self.quotient(of[0], of[1], names, out);
                if step {
                    out.push_str(", to: ");
                    self.write(of[2], false, names, out);
                }
                if let Some(mode) = mode.filter(|m| *m != bp_bytecode::rounding::Mode::HalfUp) {
                    out.push_str(", ");
                    out.push_str(mode.name());
                }
                for rest in &of[2 + usize::from(step)..] {
                    out.push_str(", ");
                    self.write(*rest, false, names, out);
                }
                out.push(')');
            }
            Op::Negative
            | Op::Zero
            | Op::Same
            | Op::TextOrder(_)
            | Op::AmountOrder(_)
            | Op::IsSome
            | Op::IsCase(..) => {
                out.push_str(if tight { "(" } else { "" });
                self.truth(t, true, names, out);
                out.push_str(if tight { ")" } else { "" });
            }
            Op::If => {
                out.push_str("if ");
                self.truth(of[0], true, names, out);
                out.push_str(" { ");
                self.write(of[1], false, names, out);
                out.push_str(" } else { ");
                self.write(of[2], false, names, out);
                out.push_str(" }");
            }
            Op::Some | Op::Unwrap | Op::Worth => self.write(of[0], tight, names, out),
            Op::Record(id) => {
                let name = self.checked.records[id.index()].name.clone();
                out.push_str(last_word(&name));
                out.push('(');
                for (i, value) in of.iter().enumerate() {
                    out.push_str(if i > 0 { ", " } else { "" });
                    out.push_str(field_name(id, i as u16));
                    out.push_str(": ");
                    self.write(*value, false, names, out);
                }
                out.push(')');
            }
            Op::Field(id, field) => {
                self.write(of[0], true, names, out);
                out.push('.');
                out.push_str(field_name(id, field));
            }
            Op::Case(id, case) => self.call(self.case_name(id, case), of, names, out),
            Op::Payload(id, case, part) => {
                self.write(of[0], true, names, out);
                let parts = self.checked.enums[id.index()].cases.get(usize::from(case)).map(|c| &c.fields);
                out.push('.');
                out.push_str(parts.and_then(|p| p.get(usize::from(part))).map_or("…", |f| f.name.as_str()));
            }
            Op::IsCurrency(c) => {
                self.write(of[0], true, names, out);
                out.push_str(" is ");
                out.push_str(c.code());
            }
            Op::List => {
                out.push('[');
                self.list(of, names, out);
                out.push(']');
            }
            Op::EmptyMap => out.push_str("[]"),
            Op::Item | Op::Get => {
                self.write(of[0], true, names, out);
                out.push('[');
                self.write(of[1], false, names, out);
                out.push(']');
            }
            Op::Keys | Op::Values => self.write(of[0], tight, names, out),
            Op::First => self.call("first", of, names, out),
            Op::Last => self.call("last", of, names, out),
            Op::Range => {
                out.push('[');
                self.write(of[0], false, names, out);
                out.push_str("..");
                self.write(of[1], false, names, out);
                out.push(']');
            }
            Op::Allocate => self.call("allocate", of, names, out),
            Op::ToText(_) | Op::Concat => out.push_str("\"…\""),
            Op::Builtin(builtin) => self.builtin(builtin, of, names, out),
        }
    }

    fn builtin(&self, builtin: Builtin, of: &[TermId], names: &mut Names, out: &mut String) {
        let field = match builtin {
            Builtin::DateYear | Builtin::MonthYear => "year",
            Builtin::MakeMonth => "month",
            Builtin::DateDay => "day",
            Builtin::DateWeekday => "weekday",
            Builtin::MonthNumber => "number",
            Builtin::MonthFirstDay => "first_day",
            Builtin::MonthLastDay => "last_day",
            Builtin::DateOf => "date",
            Builtin::TimeOf => "time",
            Builtin::AmountCurrency => "currency",
            _ => return self.call(builtin.name(), of, names, out),
        };
        self.list(of, names, out);
        out.push('.');
        out.push_str(field);
    }

    fn case_name(&self, id: EnumId, case: u16) -> &str {
        self.checked.enums[id.index()].cases.get(usize::from(case)).map_or("…", |c| c.name.as_str())
    }

    fn aggregate(&self, a: &Aggregated, t: TermId, names: &mut Names, out: &mut String) {
        let name = self.terms.bound_names.get(&t).map_or("it", |n| n.as_str()).to_owned();
        let (open, close) = match a.kind {
            Kind::List | Kind::Groups(_) => ("[", "]"),
            Kind::Sum if self.terms.as_number(a.element).is_some() => ("count(", ")"),
            Kind::Sum => ("sum(", ")"),
            Kind::Min => ("min(", ")"),
            Kind::Max => ("max(", ")"),
            Kind::All => ("all(", ")"),
            Kind::First => ("first(", ")"),
            Kind::Last => ("last(", ")"),
        };
        out.push_str(open);
        names.push((a.bound, name.clone()));
        match a.kind {
            Kind::Groups(_) => out.push_str(&name),
            Kind::Sum if self.terms.as_number(a.element).is_some() => out.push_str(&name),
            _ => self.write(a.element, false, names, out),
        }
        names.pop();
        out.push_str(&format!(" for {name} in "));
        self.write(a.source, false, names, out);
        names.push((a.bound, name));
        if !self.terms.is(a.condition, true) {
            out.push_str(" where ");
            self.truth(a.condition, true, names, out);
        }
        if let Kind::Groups(_) = a.kind {
            out.push_str(" grouped by ");
            self.write(a.element, false, names, out);
        }
        names.pop();
        out.push_str(close);
    }

    // ------------------------------------------------------------ conditions

    fn truth(&self, t: TermId, truth: bool, names: &mut Names, out: &mut String) {
        if out.len() > TEXT_MAX {
            return;
        }
        let sign = |yes: &'static str, no: &'static str| if truth { yes } else { no };
        match &*self.terms.node(t) {
            Node::Op(Op::Zero, of) => self.sides(of[0], sign(" == ", " != "), names, out),
            Node::Op(Op::Negative, of) => self.sides(of[0], sign(" < ", " >= "), names, out),
            Node::Op(Op::Same, of) => {
                self.write(of[0], true, names, out);
                out.push_str(sign(" == ", " != "));
                self.write(of[1], true, names, out);
            }
            Node::Op(Op::TextOrder(cmp) | Op::AmountOrder(cmp), of) if truth => {
                self.write(of[0], true, names, out);
                out.push_str(match cmp {
                    Cmp::Eq => " == ",
                    Cmp::Ne => " != ",
                    Cmp::Lt => " < ",
                    Cmp::Le => " <= ",
                    Cmp::Gt => " > ",
                    Cmp::Ge => " >= ",
                });
                self.write(of[1], true, names, out);
            }
            Node::Op(Op::IsSome, of) => {
                self.write(of[0], true, names, out);
                out.push_str(sign(" is some(_)", " is none"));
            }
            Node::Op(Op::IsCase(id, case), of) => {
                self.write(of[0], true, names, out);
                out.push_str(sign(" is ", " is not "));
                out.push_str(self.case_name(*id, *case));
            }
            Node::Op(Op::If, of) if self.terms.is(of[2], false) && truth => {
                self.truth(of[0], true, names, out);
                out.push_str(" and ");
                self.truth(of[1], true, names, out);
            }
            Node::Op(Op::If, of) if self.terms.is(of[1], true) && truth => {
                self.truth(of[0], true, names, out);
                out.push_str(" or ");
                self.truth(of[2], true, names, out);
            }
            Node::Op(Op::If, of) if self.terms.is(of[1], false) && self.terms.is(of[2], true) => {
                self.truth(of[0], !truth, names, out);
            }
            _ => {
                out.push_str(sign("", "not "));
                self.write(t, true, names, out);
            }
        }
    }

    /// A comparison of a polynomial with zero: what is added stands on the left, what is taken off on the right.
    fn sides(&self, p: TermId, sign: &str, names: &mut Names, out: &mut String) {
        let poly = self.terms.poly(p);
        // The number of a case, by the name that the enum gives it.
        let atoms: Vec<_> = poly.0.iter().filter(|(mono, _)| !mono.is_empty()).collect();
        if let [(mono, c)] = atoms.as_slice()
            && let [(atom, 1)] = mono.as_slice()
            && let Some(id) = self.terms.enums.get(atom)
            && *c == Rational::ONE
        {
            let constant = poly.0.iter().find(|(mono, _)| mono.is_empty()).map_or(Rational::ZERO, |(_, c)| c.neg());
            self.write(*atom, true, names, out);
            out.push_str(sign);
            out.push_str(self.case_name(*id, u16::try_from(constant.floor()).unwrap_or(u16::MAX)));
            return;
        }
        for (at, opposite) in [(0, false), (1, true)] {
            if at == 1 {
                out.push_str(sign);
            }
            let mut first = true;
            for (mono, c) in poly.0.iter().rev().filter(|(_, c)| c.is_negative() == opposite) {
                out.push_str(if first { "" } else { " + " });
                first = false;
                let (number, _) = c.abs().text();
                match (mono.is_empty(), c.abs() == Rational::ONE) {
                    (true, _) => out.push_str(&number),
                    (false, true) => self.product(mono, names, out),
                    (false, false) => {
                        out.push_str(&number);
                        out.push_str(" * ");
                        self.product(mono, names, out);
                    }
                }
            }
            out.push_str(if first { "0" } else { "" });
        }
    }
}

fn cut(mut text: String) -> String {
    if text.len() > TEXT_MAX {
        let end = (0..=TEXT_MAX).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}
