//! Whole programs: types, decisions, functions, a process.

use super::{Declared, Made, Maker, Name, Ty};
use crate::agree::Random;
use std::collections::BTreeMap;

const CHART: &str = "chart {
  asset  cash  \"1000\"
  income sales \"4000\"
  expense costs \"6000\" by kind: Kind0
";

/// Accounts of other currencies, and those that exchanges and what they leave go to.
const ABROAD: &str = "  asset  bank_eur \"1110\" in EUR
  asset  bank_jpy \"1120\" in JPY
  asset  owed \"1210\" by kind: Kind0 in EUR
  equity swap \"3900\" for exchange
  equity swap_eur \"3910\" in EUR for exchange
  equity swap_jpy \"3920\" in JPY for exchange
  income gain \"4900\"
  expense rest \"6900\"
";

const KEPT: &str = "  limit trust \"9000\" by thing: Thing up to 1_000 USD
  quantity shelf \"1300\" by kind: Kind0 never below 0 lots
  quantity supply \"1301\" by kind: Kind0
";

/// A program, as the numbers fall.
pub fn program(random: &mut Random) -> Made {
    let depth = 1 + random.below(4);
    let mut maker = Maker::new(random, depth);
    let keeps = maker.one_in(2);
    maker.chart(keeps);
    maker.types();
    maker.decisions(2);
    if maker.one_in(2) {
        maker.outside();
        maker.computed();
    }
    if maker.one_in(3) {
        maker.policies();
    }
    for _ in 0..1 + maker.below(4) {
        maker.function();
    }
    maker.process();
    if keeps {
        maker.stored();
    }
    if maker.one_in(2) {
        maker.abroad();
    }
    if maker.one_in(2) {
        maker.books();
    }
    Made { text: maker.text, used: maker.used }
}

/// A small program: one of the parts that a whole one is made of, and a function beside it. There can be many more of
/// them in the same time, so that what is seldom comes up in other company.
pub fn small(random: &mut Random) -> Made {
    let depth = 1 + random.below(2);
    let mut maker = Maker::new(random, depth);
    let part = maker.below(12);
    if part < 3 || part == 11 {
        maker.chart(part == 0);
    }
    maker.types();
    match part {
        0 => maker.stored(),
        1 | 2 => maker.process(),
        3 => maker.decisions(1),
        4 => maker.policies(),
        5 => {
            maker.outside();
            maker.computed();
        }
        10 => maker.books(),
        11 => maker.abroad(),
        _ => {}
    }
    if part > 0 {
        maker.function();
    }
    Made { text: maker.text, used: maker.used }
}

impl<'r> Maker<'r> {
    fn new(random: &'r mut Random, depth: usize) -> Maker<'r> {
        Maker {
            depth,
            random,
            text: "currency USD\n\n".to_owned(),
            kinds: Vec::new(),
            records: Vec::new(),
            functions: Vec::new(),
            names: Vec::new(),
            given: 0,
            loops: 0,
            used: BTreeMap::new(),
        }
    }

    /// Accounts, and with `keeps` those that stored documents go by.
    fn chart(&mut self, keeps: bool) {
        self.text += CHART;
        self.text += ABROAD;
        if keeps {
            self.text += KEPT;
        }
        self.text += "}\n\n";
    }

    fn types(&mut self) {
        for number in 0..2 {
            let cases: Vec<String> = (0..2 + self.below(3)).map(|case| format!("K{number}C{case}")).collect();
            self.line(0, &format!("enum Kind{number} {{ {} }}", cases.join(", ")));
            self.kinds.push(cases);
        }
        self.line(0, "enum Shape { Point, Circle(radius: Int), Box(width: Int, height: Decimal<2>) }");
        for number in 0..2 {
            self.line(0, &format!("record Record{number} {{"));
            let mut fields = Vec::new();
            for field in 0..1 + self.below(5) {
                let (name, ty) = (format!("f{field}"), self.ty(usize::from(number > 0)));
                let condition = match ty {
                    Ty::Int if self.one_in(2) => format!(" where {name} <= {}", 1_000 * (1 + self.below(1_000))),
                    Ty::Money if self.one_in(2) => format!(" where {name} >= -{} USD", self.below(1_000)),
                    _ => String::new(),
                };
                if !condition.is_empty() {
                    self.uses("where");
                }
                self.line(1, &format!("{name}: {}{condition}", ty.written()));
                fields.push((name, ty));
            }
            self.line(0, "}");
            self.records.push(fields);
        }
    }

    /// So many decisions over a case and bands of a number.
    fn decisions(&mut self, count: usize) {
        for number in 0..count {
            self.uses("decision");
            let result = if self.one_in(2) { Ty::Int } else { Ty::Money };
            let name = format!("decide{number}");
            self.line(0, &format!("decision {name}(kind: Kind{number}, n: Int) -> {} {{", result.written()));
            self.line(1, "| kind | n => answer");
            for case in self.kinds[number].clone() {
                let mut from = String::new();
                let mut edge = self.below(30) as i64 - 10;
                for _ in 0..self.below(4) {
                    let value = self.literal(&result);
                    self.line(1, &format!("| {case} | [{from}..{edge}) => {value}"));
                    from = edge.to_string();
                    edge += 1 + self.below(100) as i64;
                }
                let value = self.literal(&result);
                let last = if from.is_empty() { "any".to_owned() } else { format!(">= {from}") };
                self.line(1, &format!("| {case} | {last} => {value}"));
            }
            self.line(0, "}");
            self.functions.push(Declared { name, params: vec![Ty::Kind(number), Ty::Int], result });
        }
    }

    fn function(&mut self) {
        self.uses("function");
        let (name, result) = (self.fresh("fun"), self.ty(1));
        let params: Vec<Ty> = (0..self.below(4)).map(|_| self.ty(1)).collect();
        let named: Vec<Name> =
            params.iter().map(|ty| Name { name: self.fresh("p"), ty: ty.clone(), is_var: false }).collect();
        let written: Vec<String> =
            named.iter().map(|param| format!("{}: {}", param.name, param.ty.written())).collect();
        self.line(0, &format!("fn {name}({}) -> {} {{", written.join(", "), result.written()));
        self.names = named;
        self.body(&result, 1);
        self.names.clear();
        self.line(0, "}");
        self.functions.push(Declared { name, params, result });
    }

    /// A process that posts in steps, or fails.
    fn process(&mut self) {
        self.uses("process");
        let param = |name: &str, ty: Ty| Name { name: name.to_owned(), ty, is_var: false };
        self.names = vec![param("row", Ty::Record(0)), param("kind", Ty::Kind(0)), param("count", Ty::Int)];
        self.line(0, "process run(row: Record0, kind: Kind0, count: Int) -> Money fails TooMuch(by: Int) {");
        for _ in 0..1 + self.below(3) {
            self.statement(None, 1);
        }
        if self.one_in(2) {
            self.uses("fail");
            let (condition, by) = (self.value(&Ty::Bool), self.value(&Ty::Int));
            self.line(1, &format!("if {condition} {{ fail TooMuch({by}) }}"));
        }
        let (amount, other) = (self.value(&Ty::Money), self.value(&Ty::Money));
        self.line(1, &format!("let amount: Money = {amount}"));
        self.line(1, &format!("let other: Money = {other}"));
        self.names.extend([param("amount", Ty::Money), param("other", Ty::Money)]);
        for step in 0..1 + self.below(2) {
            self.uses("step with a posting");
            let condition = self.value(&Ty::Bool);
            let depth = if self.one_in(2) { 2 } else { 1 };
            if depth == 2 {
                self.line(1, &format!("if {condition} {{"));
            }
            self.line(depth, &format!("step s{step} {{"));
            self.line(depth + 1, "post \"Entry {count}\" on 2026-10-31 else first_open {");
            self.line(depth + 2, "debit  cash        amount");
            self.line(depth + 2, "debit  costs[kind] other");
            self.line(depth + 2, "credit sales       amount + other");
            self.line(depth + 1, "}");
            self.line(depth, "}");
            if depth == 2 {
                self.line(1, "}");
            }
        }
        let result = self.value(&Ty::Money);
        self.line(1, &format!("return {result}"));
        self.names.clear();
        self.line(0, "}");
    }
}
