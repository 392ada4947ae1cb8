//! Pieces of a program around what is made at random: constructs that need declarations of their own. What stands in
//! them – numbers, conditions, bounds – is made at random, too.

use super::{Declared, Maker, Name, Ty};

impl Maker<'_> {
    /// Configuration, a named type and units.
    pub(super) fn outside(&mut self) {
        let mode = self.mode();
        let least = self.pick(&["0.01", "0.05", "0.25", "100"]);
        self.text += &format!(
            "type Grade = Int where 1 <= it <= 5\n\nunit kg scale 3\n\nconfig {{\n  mode: Rounding = {mode}\n  \
             least: Money = {least} USD where least > 0\n}}\n\n"
        );
    }

    fn small(&mut self) -> i64 {
        self.below(40) as i64 - 10
    }

    fn mode(&mut self) -> &'static str {
        super::expression::MODES[self.random.below(super::expression::MODES.len())]
    }

    fn declares(&mut self, name: &str, params: &[Ty], result: Ty) {
        self.functions.push(Declared { name: name.to_owned(), params: params.to_vec(), result });
    }

    /// Functions of numbers, texts and dates; some are called by what is made behind them.
    pub(super) fn computed(&mut self) {
        let (a, b, c) = (self.small(), 1 + self.below(30), 1 + self.below(9));
        let (root, power) = (self.mode(), self.mode());
        let order = self.pick(&["", " descending"]);
        self.text += &format!(
            r#"fn grade(n: Int) -> Grade = clamp(n, 1, 5)
fn checked(n: Int) -> Grade = n + {a}
fn bounded(n: Int where n > {a}) -> Int = n * {c}
fn shares(total: Money, weights: List<Int>) -> List<Money> = allocate(total, weights)
fn root_of(x: Decimal<2>) -> Decimal<3> = root(x, to: 0.001, mode: {root})
fn power_of(x: Decimal<2>, n: Int) -> Decimal<4> = power(x, n, to: 0.0001, {power})
fn by_mode(x: Money, y: Int, m: Rounding) -> Money = round(x / y, m) + round(x * {c} / y, to: config.least, config.mode)
fn keyed(xs: List<Int>, k: Text) -> Map<Text, Int> {{
  var m: Map<Text, Int> = []
  for x in xs {{ put "{{x mod {b}}}{{k}}": x + {a} into m }}
  return m
}}
fn looked_up(m: Map<Text, Int>, k: Text) -> Int = (m[k] ?? {a}) + sum(v for v in values(m)) + length(join(keys(m), k))
fn grouped(xs: List<Int>) -> List<Int> =
  [g.key * count(g.items) + sum(x for x in g) for g in xs grouped by it mod {b} sorted by g.key{order}]
fn ends(xs: List<Int>) -> Int? = if count(xs) > {c} {{ first(xs) }} else {{ last(xs) }}
fn inside(n: Int, xs: List<Int>) -> Bool = n in [{a}..{b}] or n in xs or -n < {c}
fn amounts(a: Amount, b: Amount) -> Amount? = if a < b {{ some(a + b) }} else {{ some(a - b) }}
fn money_of(a: Amount) -> Money = match a {{
  USD(m) => round(m)
  IDR(m) => convert(m, to: USD, rate: 0.00006{c})
  _ => {b}.50 USD
}}
fn converted(a: Amount) -> Money = convert(a, to: USD, rate: 0.{b}, mode: config.mode)
fn as_amount(x: Money) -> Text = "{{amount(x)}} {{amount(x).currency}}"
fn span_of(d: Date, n: Int) -> Int = days_between(d, d + n * 1 day + {b} months - {c} business_days)
fn calendar(d: Date, t: DateTime) -> Text =
  "{{d.month.first_day}} {{d.month.last_day}} {{d.weekday}} {{d.year}} {{d.day}} {{t.date}} {{t.time}} {{d.month.number}} {{d.month.year}}"
fn later(t: DateTime, n: Int) -> DateTime = t + n * 1 hours + {b} month - {c} days
fn periods(p: Period, n: Int) -> Period = p * n + {b} days - p
fn opposite(p: Period, x: Decimal<1>) -> Bool = -p == p or -x > x
fn months_on(m: Month) -> Bool = m + {b} months > 2026-01
fn padded(n: Int) -> Text = "{{n:{c}}}"
fn weighed(q: Quantity<kg>, p: Money per kg) -> Money = round(q * p) + round(q.count * {c}.5 USD)
fn share(x: Decimal<2>) -> Percent = percent(x) + {b}%
fn fits(t: Text, p: Text) -> List<Text> = if matches(t, "*a?") or t < p {{ split(t, " ") }} else {{ split(p, t) }}
"#
        );
        let list = |ty: Ty| Ty::List(Box::new(ty));
        self.declares("bounded", &[Ty::Int], Ty::Int);
        self.declares("checked", &[Ty::Int], Ty::Int);
        self.declares("shares", &[Ty::Money, list(Ty::Int)], list(Ty::Money));
        self.declares("grouped", &[list(Ty::Int)], list(Ty::Int));
        self.declares("ends", &[list(Ty::Int)], Ty::Option(Box::new(Ty::Int)));
        self.declares("inside", &[Ty::Int, list(Ty::Int)], Ty::Bool);
        self.declares("span_of", &[Ty::Date, Ty::Int], Ty::Int);
        self.declares("as_amount", &[Ty::Money], Ty::Text);
        self.declares("fits", &[Ty::Text, Ty::Text], list(Ty::Text));
        self.declares("padded", &[Ty::Int], Ty::Text);
    }

    /// A decision under each policy, with cells of every kind.
    pub(super) fn policies(&mut self) {
        let (a, b, c) = (self.small(), self.small(), 2 + self.below(5));
        let how = self.pick(&["<", "<=", ">", ">="]);
        let fold = self.pick(&["min", "max"]);
        self.text += &format!(
            r#"decision by_text(t: Text) -> Int first {{
  | t                         => n
  | "a", "A-1"                => {a}
  | not "zz", starts_with(it, "G") => {b}
  default => {c}
}}
decision foremost(kind: Kind0, n: Int) -> Kind1 priority {{
  | kind     | n   => out
  | any      | any => K1C1
  | not K0C0 | {how} {a} => K1C0
}}
decision ordered(kind: Kind0, n: Int) -> List<Kind1> output order {{
  | kind       | n                 => out
  | any        | it mod {c} == 0   => K1C1
  | K0C0, K0C1 | any               => K1C0
  | any        | [n..{b}]          => K1C1
}}
decision in_order(n: Int, k: Int) -> List<Int> rule order {{
  | n       | k        => out
  | {how} k | any      => n * k
  | any     | (..{a}]  => n - k
  | any     | not {b}  => {c}
}}
decision listed(x: Decimal<2>?) -> List<Decimal<2>> collect list {{
  | x       => out
  | none    => {c}.5
  | {how} {a}.25 => {b}
  | some(_) => (x ?? 0) * {c}
}}
decision summed(x: Money) -> Money collect sum {{
  | x          => s
  | {how} {b} USD => x * {c}
  | any        => {a}.75 USD
}}
decision best(n: Int, k: Int) -> Int? collect {fold} {{
  | n       => s
  | {how} k => n * k
  | > {a}   => n
}}
decision counted(n: Int) -> Int collect count {{
  | n        => s
  | {how} {b} => true
  | [..{c}], 77 => true
}}
decision alike(n: Int, k: Int) -> Int any {{
  | n   | k       => s
  | any | any     => n * k
  | any | {how} {a} => k * n
}}
decision by_shape(s: Shape) -> Int {{
  | s           => n
  | Point       => {a}
  | Circle(_)   => {b}
  | Box(_, _)   => {c}
}}
"#
        );
        self.declares("by_text", &[Ty::Text], Ty::Int);
        self.declares("summed", &[Ty::Money], Ty::Money);
        self.declares("counted", &[Ty::Int], Ty::Int);
        self.declares("by_shape", &[Ty::Shape], Ty::Int);
        self.declares("foremost", &[Ty::Kind(0), Ty::Int], Ty::Kind(1));
    }

    /// Documents, their lives and their numbers; holds, limits and lots; actions that fail.
    pub(super) fn stored(&mut self) {
        let (a, b, c) = (self.small(), 1 + self.below(900), 1 + self.below(9));
        let how = self.pick(&["<", "<=", ">", ">=", "!="]);
        let series =
            self.pick(&["B/{year}/{seq:4}\" by year", "{year}-{month}/{seq}\" by month", "{seq:6}/{year}\" by year"]);
        let order = self.pick(&["size", "size descending", "day, size", "kind descending, day"]);
        self.names = vec![
            Name { name: "size".into(), ty: Ty::Int, is_var: false },
            Name { name: "kind".into(), ty: Ty::Kind(0), is_var: false },
            Name { name: "amount".into(), ty: Ty::Money, is_var: false },
        ];
        let made = self.value(&Ty::Int);
        let billed = self.value(&Ty::Money);
        let fails = self.value(&Ty::Bool);
        self.names.clear();
        self.text += &format!(
            r#"entity Thing key code {{
  code: Text
  size: Int where size < 1_000_000
  kind: Kind0
  day: Date
  states open -> kept -> open, open -> gone, kept -> gone
  derived double: Int = size * {c}
  index size
}}
entity Bill numbered "{series} {{
  thing: Thing
  total: Money
  paid: Money = 0
}}
action make(code: Text, size: Int, kind: Kind0, amount: Money) -> Thing fails Taken(code: Text) {{
  if get Thing(code) is some(_) {{ fail Taken(code) }}
  return create Thing(code: code, size: {made}, kind: kind, day: today())
}}
action bill(thing: Thing, size: Int, kind: Kind0, amount: Money) -> Bill {{
  let total: Money = {billed}
  let made = create Bill(thing: thing, total: total)
  post "Bill {{made}} of {{thing}}" {{
    debit cash total
    if total > {b} USD {{ credit sales total }} else {{ credit sales total }}
    for p in [total, amount] where p != total {{
      debit costs[kind] p
      credit cash p
    }}
    assert total >= {a} USD
  }}
  change thing with (size: thing.size + 1)
  return made
}}
action reserve(thing: Thing, amount: Money) -> Hold<Money> fails Short {{
  return hold amount on trust[thing]
}}
action stocked(kind: Kind0, n: Quantity, cost: Money) {{
  move n of kind from supply[kind] to shelf[kind] worth cost
}}
action sold(kind: Kind0, n: Quantity) -> Money {{
  let parts = take n of kind from shelf[kind] oldest first
  move n of kind from shelf[kind] to supply[kind]
  return sum(p.cost for p in parts)
}}
action move_on(thing: Thing, far: Bool) -> Text {{
  if far {{ thing -> gone }} else {{ thing -> kept }}
  return "{{thing}} {{thing.double}} {{thing.state}} {{balance(cash)}} {{held(trust[thing])}} {{available(trust[thing])}} {{now()}}"
}}
action give_back(thing: Thing, amount: Money) {{
  free amount of trust[thing]
}}
report large(least: Int) -> List<Int> =
  [t.double for t in find Thing where it.size {how} least order by {order} limit {c}]
report few(kind: Kind0) -> Int =
  count(t for t in find Thing where it.kind == kind and it.double > {a} order by {order} limit {c})
process trade(code: Text, size: Int, kind: Kind0, amount: Money where amount > {a} USD) -> Money
  key code
  fails Taken(code: Text), TooMuch(left: Money), Unwanted
{{
  if {fails} {{ fail Unwanted }}
  let thing = step a {{ make(code, size, kind, amount) }} undo nothing
  let held = step b {{ reserve(thing, amount) }} else {{
    Short(_, _, left) => fail TooMuch(left)
  }}
  var spent = 0
  if amount > {b}.{c}0 USD {{ fail Unwanted }}
  while spent * spent < {b} {{ spent = spent + {c} }}
  step c {{
    if amount > {c} USD {{
      release held
    }} else {{
      let rest = commit {c} USD of held
      commit rest
    }}
    stocked(kind, quantity(spent), amount)
    bill(thing, size, kind, amount)
    thing -> gone
  }}
  return amount
}}
test "a trade" {{
  let run = start trade("T{a}", {b}, K0C0, {b}.25 USD)
  let again = start trade("T{a}", {c}, K0C1, {c} USD)
  expect run.result == again.result
  expect balance(cash) == {b}.25 USD
  let thing = make("made", {b}, K0C0, {b} USD)
  expect thing.size > {b}
  let held = reserve(thing, {b} USD)
  commit held
  free {c} USD of trust[thing]
  for row: Counted in "rows.csv" where row.n > {a} {{
    expect counted_of(row.n) == row.n * {c}
  }}
}}
record Counted {{ n: Int, what: Text }}
fn counted_of(n: Int) -> Int = if n < {b} {{ n * {c} }} else {{ n }}
"#
        );
    }
}
