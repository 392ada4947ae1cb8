//! What books are asked and told besides postings: limits of all kinds, holds on them, another book, earlier days, closed
//! periods and reversals.

use super::{Maker, Name, Ty};

impl Maker<'_> {
    /// A limit; the first of an account stops, so that somebody may have too little.
    fn limit(&mut self, first: bool) -> String {
        let amount = self.below(90);
        let how = match self.below(3) {
            0 => "never below 0".to_owned(),
            1 => format!("never above {} USD", 100 * amount),
            _ => format!("up to {} USD", 1_000 + 10 * amount),
        };
        let period = self.pick(&["", " per month", " per year"]);
        let mode = if first { "" } else { self.pick(&["", " stop", " warn", " ignore"]) };
        format!("{how}{period}{mode}")
    }

    /// An account with limits, and what is done with it in one book and in another.
    pub(super) fn books(&mut self) {
        self.uses("limits of postings, other books, earlier days");
        let limits: Vec<String> = (0..1 + self.below(3)).map(|number| self.limit(number == 0)).collect();
        let limits = limits.join(" ");
        self.names = vec![
            Name { name: "n".into(), ty: Ty::Int, is_var: false },
            Name { name: "kind".into(), ty: Ty::Kind(0), is_var: false },
            Name { name: "amount".into(), ty: Ty::Money, is_var: false },
        ];
        let [first, second] = [(); 2].map(|()| self.value(&Ty::Money));
        let over = self.value(&Ty::Bool);
        self.names.clear();
        let (a, b, c) = (self.below(500), self.below(500), 1 + self.below(28));
        let ends = match self.below(3) {
            0 => "release old".to_owned(),
            1 => "commit old".to_owned(),
            _ => format!("let rest = commit min(kept, {b} USD) of old\n    release rest"),
        };
        self.text += &format!(
            r#"chart {{
  asset  till  "1001" by kind: Kind0 {limits}
  equity owner "3001"
}}
role Owner
action pay_in(kind: Kind0, amount: Money, day: Date, by_owner: Bool) -> Posting {{
  if by_owner {{
    return post "Let pass" on day else first_open {{
      debit  till[kind] amount over limit by Owner
      credit owner      amount
    }}
  }}
  return post "Paid {{amount}}" on day else first_open {{
    debit  till[kind] amount
    credit owner      amount
  }}
}}
action in_time(kind: Kind0, amount: Money, day: Date) fails PeriodClosed {{
  post "In time" on day {{
    credit till[kind] amount
    debit  owner      amount
  }}
}}
action north(kind: Kind0, amount: Money, day: Date) -> Posting {{
  return post "North" in "North" on day else first_open {{
    debit  till[kind] amount
    credit owner      amount
  }}
}}
action keep(kind: Kind0, amount: Money, over: Bool) -> Hold<Money> fails Short {{
  if over {{ return hold amount on till[kind] over limit by Owner }}
  return hold amount on till[kind]
}}
process shuffle(kind: Kind0, n: Int, amount: Money, kept: Money, day: Date, over: Bool) -> Money
  fails Short, PeriodClosed
{{
  let old = step a {{ keep(kind, kept, over) }}
  let new = step b {{
    pay_in(kind, {first}, day, over)
    {ends}
    let new = keep(kind, {second}, {over})
    in_time(kind, amount, day)
    new
  }}
  step c {{ commit new }}
  return available(till[kind])
}}
action dropped(kind: Kind0, amount: Money, used: Money, day: Date, over: Bool) fails Short {{
  let all = keep(kind, amount, over)
  let rest = commit min(amount, used) of all
  release rest
  pay_in(kind, used - amount, day, false)
}}
action earlier(kind: Kind0, day: Date) -> List<Money> = [
  balance(till[kind], at: day),
  book_value(till[kind], at: day),
  balance(till[kind], at: day, in: "North"),
  balance(till[kind], in: "North"),
  held(till[kind]),
  available(till[kind]),
]
action back(kind: Kind0, amount: Money, day: Date, again: Bool) -> List<Money> {{
  let here = pay_in(kind, amount, day, true)
  let there = north(kind, amount, day)
  reverse here
  reverse there
  if again {{ reverse here }}
  return earlier(kind, day)
}}
test "books" {{
  pay_in(K0C0, {a} USD, 2025-12-{c:02}, false)
  start shuffle(K0C0, {c}, {b} USD, {c} USD, 2025-12-{c:02}, false)
  close through 2025-12-15
  start shuffle(K0C0, {c}, {c} USD, {a} USD, 2025-12-{c:02}, true)
  back(K0C0, {b} USD, 2025-12-10, false)
  expect earlier(K0C0, 2025-12-15)[0] == {a} USD
  expect earlier(K0C0, 2026-01-31)[0] == {b} USD
}}
"#
        );
    }
}
