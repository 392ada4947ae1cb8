//! Expressions of a type.

use super::{Maker, Ty};

pub(super) const MODES: [&str; 7] = ["half_up", "half_down", "half_even", "up", "down", "floor", "ceiling"];

impl Maker<'_> {
    /// An expression of a type.
    pub(super) fn value(&mut self, ty: &Ty) -> String {
        self.expression(ty, self.depth)
    }

    pub(super) fn expression(&mut self, ty: &Ty, depth: usize) -> String {
        if depth == 0 || self.one_in(5) {
            return self.leaf(ty);
        }
        match self.below(10) {
            0 => self.choice(ty, depth - 1),
            1 => self.called(ty, depth - 1).unwrap_or_else(|| self.leaf(ty)),
            2 => self.reached(ty).unwrap_or_else(|| self.leaf(ty)),
            3 => self.without_none(ty, depth - 1),
            _ => self.made(ty, depth - 1),
        }
    }

    /// A name or a literal.
    fn leaf(&mut self, ty: &Ty) -> String {
        let fits = |name: &Ty| match (name, ty) {
            (Ty::Int, Ty::Decimal(_)) => true,
            (Ty::Decimal(has), Ty::Decimal(wanted)) => has <= wanted,
            (has, wanted) => has == wanted,
        };
        let names: Vec<String> = self.names.iter().filter(|n| fits(&n.ty)).map(|n| n.name.clone()).collect();
        if !names.is_empty() && !self.one_in(3) {
            return names[self.below(names.len())].clone();
        }
        self.literal(ty)
    }

    fn whole(&mut self) -> i64 {
        match self.below(8) {
            0 => 0,
            1 => 1,
            2 => [7, 100, 999, 173, 1_000_000][self.below(5)],
            3 => [i64::MAX, 3_037_000_500, 1 << 32, 10_000_000_000_000][self.below(4)],
            _ => self.below(50) as i64,
        }
    }

    pub(super) fn literal(&mut self, ty: &Ty) -> String {
        let sign = if self.one_in(4) { "-" } else { "" };
        match ty {
            Ty::Bool => self.pick(&["true", "false"]).into(),
            Ty::Int => format!("{sign}{}", self.whole()),
            Ty::Decimal(scale) => {
                let whole = self.whole() / 10i64.pow(u32::from(*scale));
                let digits: String = (0..*scale).map(|_| char::from(b'0' + self.below(10) as u8)).collect();
                format!("{sign}{whole}.{digits}")
            }
            Ty::Money => format!("{sign}{}.{:02} USD", self.whole() / 1_000, self.below(100)),
            Ty::Date => format!("20{:02}-{:02}-{:02}", 20 + self.below(10), 1 + self.below(12), 1 + self.below(28)),
            Ty::Text => format!("\"{}\"", self.pick(&["", "a", "A-1", "Größe", "two words"])),
            Ty::Kind(number) => {
                let case = self.below(self.kinds[*number].len());
                format!("Kind{number}.{}", self.kinds[*number][case])
            }
            Ty::Shape => match self.below(3) {
                0 => "Shape.Point".into(),
                1 => format!("Shape.Circle({})", self.below(20)),
                _ => format!("Shape.Box(width: {}, height: {}.5)", self.below(9), self.below(9)),
            },
            Ty::Record(_) => self.made(ty, 0),
            Ty::Option(inner) => format!("some({})", self.literal(inner)),
            Ty::List(inner) => {
                let items: Vec<String> = (0..1 + self.below(3)).map(|_| self.literal(inner)).collect();
                format!("[{}]", items.join(", "))
            }
        }
    }

    /// One of several expressions, by a condition or a case.
    fn choice(&mut self, ty: &Ty, depth: usize) -> String {
        if self.one_in(2) {
            self.uses("match of an enum");
            let number = self.below(self.kinds.len());
            let on = self.expression(&Ty::Kind(number), depth);
            let cases = self.kinds[number].clone();
            let arms: Vec<String> =
                cases.iter().map(|case| format!("{case} => {}", self.expression(ty, depth))).collect();
            return format!("(match {on} {{\n    {}\n  }})", arms.join("\n    "));
        }
        self.uses("if as a value");
        let [condition, then, otherwise] = [&Ty::Bool, ty, ty].map(|ty| self.expression(ty, depth));
        format!("(if {condition} {{ {then} }} else {{ {otherwise} }})")
    }

    fn called(&mut self, ty: &Ty, depth: usize) -> Option<String> {
        let fitting: Vec<usize> = (0..self.functions.len()).filter(|at| self.functions[*at].result == *ty).collect();
        if fitting.is_empty() {
            return None;
        }
        let at = fitting[self.below(fitting.len())];
        let function = self.functions[at].clone();
        self.uses("call");
        let args: Vec<String> = function.params.iter().map(|ty| self.expression(ty, depth.min(2))).collect();
        Some(format!("{}({})", function.name, args.join(", ")))
    }

    /// A field of a record that is at hand, or an element of a list.
    fn reached(&mut self, ty: &Ty) -> Option<String> {
        let mut all = Vec::new();
        for name in &self.names {
            if let Ty::Record(number) = &name.ty {
                let fields = self.records[*number].iter().filter(|(_, of)| of == ty);
                all.extend(fields.map(|(field, _)| format!("{}.{field}", name.name)));
            }
            if name.ty == Ty::List(Box::new(ty.clone())) {
                all.push(format!("{}[0]", name.name));
            }
        }
        self.uses("field or element");
        (!all.is_empty()).then(|| all[self.random.below(all.len())].clone())
    }

    fn without_none(&mut self, ty: &Ty, depth: usize) -> String {
        if matches!(ty, Ty::Option(_) | Ty::List(_)) {
            return self.leaf(ty);
        }
        self.uses("??");
        let option = self.expression(&Ty::Option(Box::new(ty.clone())), depth);
        format!("({option} ?? {})", self.expression(ty, depth))
    }

    /// An expression made of others by what the type has.
    fn made(&mut self, ty: &Ty, depth: usize) -> String {
        match ty {
            Ty::Bool => self.condition(depth),
            Ty::Int => self.int(depth),
            Ty::Decimal(scale) => self.decimal(*scale, depth),
            Ty::Money => self.money(depth),
            Ty::Date => {
                self.uses("dates");
                let date = self.expression(ty, depth);
                format!("add_months({date}, {})", self.below(40))
            }
            Ty::Text => self.words(depth),
            Ty::Kind(_) | Ty::Shape => self.leaf(ty),
            Ty::Record(number) => {
                let names: Vec<String> =
                    self.names.iter().filter(|name| name.ty == *ty).map(|name| name.name.clone()).collect();
                let fields = self.records[*number].clone();
                if !names.is_empty() && self.one_in(2) {
                    self.uses("with");
                    let (field, of) = &fields[self.below(fields.len())];
                    let (name, value) = (&names[self.random.below(names.len())], self.expression(of, depth));
                    return format!("({name} with ({field}: {value}))");
                }
                self.uses("record");
                let values: Vec<String> = fields
                    .iter()
                    .map(|(field, of)| {
                        let value = if depth == 0 { self.literal(of) } else { self.expression(of, depth - 1) };
                        format!("{field}: {value}")
                    })
                    .collect();
                format!("Record{number}({})", values.join(", "))
            }
            Ty::Option(inner) => self.option(inner, depth),
            Ty::List(inner) => self.list(inner, depth),
        }
    }

    fn two(&mut self, ty: &Ty, depth: usize) -> (String, String) {
        (self.expression(ty, depth), self.expression(ty, depth))
    }

    fn condition(&mut self, depth: usize) -> String {
        match self.below(6) {
            0 => {
                self.uses("and, or, not");
                let (a, b) = self.two(&Ty::Bool, depth);
                let how = self.pick(&["and", "or"]);
                if self.one_in(3) { format!("(not {a})") } else { format!("({a} {how} {b})") }
            }
            1 => {
                self.uses("equality");
                let ty = self.ty(1);
                let (a, b) = self.two(&ty, depth.min(1));
                format!("({a} {} {b})", self.pick(&["==", "!="]))
            }
            2 => {
                self.uses("any, all");
                let (list, element, inner) = self.generator(&Ty::Int, depth);
                let condition = self.inside(&element, &inner, &Ty::Bool, depth.min(1));
                format!("{}({condition} for {element} in {list})", self.pick(&["any", "all"]))
            }
            3 => {
                self.uses("is none");
                let ty = Ty::Option(Box::new(self.ty(0)));
                format!("({} is none)", self.expression(&ty, depth.min(1)))
            }
            4 => {
                self.uses("text functions");
                let (a, b) = self.two(&Ty::Text, depth.min(1));
                format!("{}({a}, {b})", self.pick(&["contains", "starts_with", "ends_with"]))
            }
            _ => {
                self.uses("comparison");
                let ty = [Ty::Int, Ty::Decimal(2), Ty::Money, Ty::Date][self.below(4)].clone();
                let (a, b) = self.two(&ty, depth);
                format!("({a} {} {b})", self.pick(&["<", "<=", ">", ">="]))
            }
        }
    }

    fn int(&mut self, depth: usize) -> String {
        let (a, b) = self.two(&Ty::Int, depth);
        match self.below(10) {
            0..4 => {
                self.uses("arithmetic");
                format!("({a} {} {b})", self.pick(&["+", "-", "*"]))
            }
            4 => {
                self.uses("div, mod");
                format!("({a} {} {b})", self.pick(&["div", "mod"]))
            }
            5 => {
                self.uses("min, max, clamp");
                match self.below(3) {
                    0 => format!("clamp({a}, -100, 100)"),
                    _ => format!("{}({a}, {b})", self.pick(&["min", "max"])),
                }
            }
            6 => {
                self.uses("abs, sign");
                format!("{}({a})", self.pick(&["abs", "sign"]))
            }
            7 => {
                self.uses("sum, count");
                let (list, element, inner) = self.generator(&Ty::Int, depth);
                let (condition, added) = (
                    self.inside(&element, &inner, &Ty::Bool, depth.min(1)),
                    self.inside(&element, &inner, &Ty::Int, depth.min(1)),
                );
                match self.below(2) {
                    0 => format!("count({element} for {element} in {list} where {condition})"),
                    _ => format!("sum({added} for {element} in {list} where {condition})"),
                }
            }
            8 => {
                self.uses("rounding");
                let number = self.expression(&Ty::Decimal(2), depth);
                format!("round({number} * {a} / {b}, to: 1, {})", self.pick(&MODES))
            }
            _ => {
                self.uses("text functions");
                format!("length({})", self.expression(&Ty::Text, depth.min(1)))
            }
        }
    }

    fn decimal(&mut self, scale: u8, depth: usize) -> String {
        let step = || match scale {
            0 => "1".to_owned(),
            _ => format!("0.{}1", "0".repeat(usize::from(scale) - 1)),
        };
        match self.below(4) {
            0 => {
                self.uses("arithmetic");
                let left = self.below(usize::from(scale) + 1) as u8;
                let [a, b] = [left, scale - left].map(|scale| match scale {
                    0 => self.expression(&Ty::Int, depth),
                    _ => self.expression(&Ty::Decimal(scale), depth),
                });
                format!("({a} * {b})")
            }
            1 => {
                self.uses("rounding");
                let (a, b) = self.two(&Ty::Decimal(scale.max(1)), depth);
                let by = self.expression(&Ty::Int, depth.min(1));
                format!("round({a} * {b} / {by}, to: {}, {})", step(), self.pick(&MODES))
            }
            2 => {
                self.uses("min, max, clamp");
                let (a, b) = self.two(&Ty::Decimal(scale), depth);
                format!("{}({a}, {b})", self.pick(&["min", "max"]))
            }
            _ => {
                self.uses("arithmetic");
                let (a, b) = self.two(&Ty::Decimal(scale), depth);
                format!("({a} {} {b})", self.pick(&["+", "-"]))
            }
        }
    }

    fn money(&mut self, depth: usize) -> String {
        let (a, b) = self.two(&Ty::Money, depth);
        match self.below(5) {
            0 => {
                self.uses("arithmetic");
                format!("({a} * {})", self.expression(&Ty::Int, depth))
            }
            1 => {
                self.uses("rounding");
                let (factor, by) = (self.expression(&Ty::Decimal(4), depth), self.expression(&Ty::Int, depth.min(1)));
                let step = self.pick(&["0.01", "0.05", "1", "1_000"]);
                format!("round({a} * {factor} / {by}, to: {step} USD, {})", self.pick(&MODES))
            }
            2 => {
                self.uses("min, max, clamp");
                format!("{}({a}, {b})", self.pick(&["min", "max"]))
            }
            _ => {
                self.uses("arithmetic");
                format!("({a} {} {b})", self.pick(&["+", "-"]))
            }
        }
    }

    fn words(&mut self, depth: usize) -> String {
        match self.below(4) {
            0 => {
                self.uses("text functions");
                format!("{}({})", self.pick(&["lower", "upper", "trim"]), self.expression(&Ty::Text, depth))
            }
            1 => {
                self.uses("text functions");
                let (a, b) = self.two(&Ty::Text, depth.min(1));
                format!("replace({a}, {b}, \"-\")")
            }
            _ => {
                self.uses("values in texts");
                // A text inside another text has no quotes of its own.
                let ty = [Ty::Int, Ty::Money, Ty::Decimal(2), Ty::Date, Ty::Bool][self.below(5)].clone();
                let names: Vec<String> =
                    self.names.iter().filter(|name| name.ty == ty).map(|name| name.name.clone()).collect();
                match names.is_empty() {
                    true => self.literal(&Ty::Text),
                    false => format!("\"{{{}}}/x\"", names[self.below(names.len())]),
                }
            }
        }
    }

    fn option(&mut self, inner: &Ty, depth: usize) -> String {
        match (inner, self.below(3)) {
            (Ty::Int | Ty::Money, 0) => {
                self.uses("first, last, min, max of many");
                let (list, element, _) = self.generator(inner, depth);
                let how = self.pick(&["first", "last", "min", "max"]);
                format!("{how}({element} for {element} in {list})")
            }
            _ => {
                self.uses("some");
                format!("some({})", self.expression(inner, depth))
            }
        }
    }

    fn list(&mut self, inner: &Ty, depth: usize) -> String {
        if self.one_in(2) {
            self.uses("list of a generator");
            let (list, element, of) = self.generator(&Ty::Int, depth);
            let value = self.inside(&element, &of, inner, depth.min(1));
            let order = self.pick(&["", "", "sorted by it", "sorted by it descending"]).replace("it", &element);
            return format!("[{value} for {element} in {list} {order}]");
        }
        self.uses("list");
        let items: Vec<String> = (0..1 + self.below(3)).map(|_| self.expression(inner, depth)).collect();
        format!("[{}]", items.join(", "))
    }

    /// A list of that type, a name for its elements, and their type.
    fn generator(&mut self, inner: &Ty, depth: usize) -> (String, String, Ty) {
        let list = match inner {
            Ty::Int if self.one_in(3) => {
                self.uses("range");
                format!("[{}..{}]", self.below(4), 2 + self.below(12))
            }
            _ => self.expression(&Ty::List(Box::new(inner.clone())), depth.min(1)),
        };
        (list, self.fresh("e"), inner.clone())
    }

    /// An expression that may use the element of a generator.
    fn inside(&mut self, element: &str, inner: &Ty, ty: &Ty, depth: usize) -> String {
        self.names.push(super::Name { name: element.to_owned(), ty: inner.clone(), is_var: false });
        let value = self.expression(ty, depth);
        self.names.pop();
        value
    }
}
