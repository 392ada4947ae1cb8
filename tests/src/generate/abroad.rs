//! Postings in other currencies: lines at a rate and with what they are worth, exchanges, revaluations, what rounding leaves.

use super::{Maker, Name, Ty};

impl Maker<'_> {
    /// Money of another currency, made of a name for euros and of literals.
    fn euros(&mut self, name: &str) -> String {
        let (whole, cents, by) = (self.below(2_000), self.below(100), 1 + self.below(9));
        let mode = self.pick(&super::expression::MODES);
        match self.below(6) {
            0 => format!("{whole}.{cents:02} EUR"),
            1 => format!("round({name} * 0.{by}, {mode})"),
            2 => format!("min({name}, {whole} EUR)"),
            3 => format!("({name} * {by})"),
            4 => format!("-{name}"),
            _ => name.to_owned(),
        }
    }

    /// What an amount is worth in the book currency.
    fn worth(&mut self) -> String {
        self.names = vec![
            Name { name: "n".into(), ty: Ty::Int, is_var: false },
            Name { name: "kind".into(), ty: Ty::Kind(0), is_var: false },
            Name { name: "booked".into(), ty: Ty::Money, is_var: false },
        ];
        let worth = self.value(&Ty::Money);
        self.names.clear();
        worth
    }

    /// A rate: a parameter, or a literal with few digits or many.
    fn rate(&mut self) -> String {
        let (whole, digits) = (self.below(300), self.below(999_999));
        match self.below(4) {
            0 => format!("{whole}.{digits:06}"),
            1 => format!("{}", 1 + whole),
            _ => "rate".to_owned(),
        }
    }

    /// Actions that post in euros and yen, in books of dollars.
    pub(super) fn abroad(&mut self) {
        self.uses("lines in other currencies");
        let [sold, part, moved] = [(); 3].map(|()| self.euros("euros"));
        let [rate, other, valued] = [(); 3].map(|()| self.rate());
        let [was, worth] = [(); 2].map(|()| self.worth());
        let (a, b, c) = (self.below(50), 1 + self.below(900), 1 + self.below(9));
        let how = self.pick(&["<", "<=", ">", ">="]);
        let filter = if self.one_in(2) { format!(" where p {how} {b} EUR") } else { String::new() };
        self.text += &format!(
            r#"action sell_abroad(kind: Kind0, parts: List<Money<EUR>>, rate: Decimal<6> where rate > 0) {{
  let total = sum(p for p in parts{filter})
  post "Sold abroad" on 2026-10-31 else first_open {{
    debit owed[kind] total at {rate}
    for p in parts{filter} {{ credit sales p at {rate} }}
    exchange convert(total, to: USD, rate: {rate}) -> total at {rate}
    rounding rest
  }}
}}
action sell_one(kind: Kind0, euros: Money<EUR>, vat: Money<EUR>, rate: Decimal<6> where rate > 0) {{
  let net = {sold}
  let total = net + vat
  post "Sold {{net}}" on 2026-10-31 else first_open {{
    debit  owed[kind]  total at {other}
    if total {how} {b} EUR {{ credit sales net at {other} }} else {{ credit gain net at {other} }}
    credit costs[kind] vat at {other}
    exchange convert(total, to: USD, rate: {other}) -> total at {other}
    rounding rest
  }}
}}
action receive(kind: Kind0, euros: Money<EUR>, received: Money, booked: Money, n: Int, rate: Decimal<6> where rate > 0) {{
  let part = {part}
  let was: Money = {was}
  post "Received" on 2026-11-{c:02} else first_open {{
    debit  cash        received
    credit owed[kind]  part worth was
    if received >= was {{ credit gain received - was }} else {{ debit gain was - received }}
    exchange part -> received at rate
  }}
}}
action move_euros(kind: Kind0, euros: Money<EUR>, rate: Decimal<6>) {{
  let moved = {moved}
  post "Moved" on 2026-11-30 else first_open {{
    debit  bank_eur    moved at {rate}
    credit owed[kind]  moved at {rate}
  }}
}}
action yen_for_euros(kind: Kind0, euros: Money<EUR>, yen: Money<JPY>, booked: Money, n: Int) {{
  let worth: Money = {worth}
  post "Yen" on 2026-11-30 else first_open {{
    credit bank_eur euros worth worth
    debit  bank_jpy yen   worth worth
    exchange euros -> worth at {c}
    exchange worth -> yen at 0.{b:03}
  }}
}}
action value(kind: Kind0, rate: Decimal<6> where rate > 0) -> Money {{
  let difference = convert(balance(owed[kind]), to: USD, rate: {valued}) - book_value(owed[kind])
  post "Valued" on 2026-11-30 else first_open {{
    revalue owed[kind]  difference
    credit  gain        difference
  }}
  return difference
}}
action abroad(kind: Kind0) -> Text =
  "{{balance(owed[kind])}} {{book_value(owed[kind])}} {{balance(bank_eur)}} {{book_value(bank_eur)}} {{balance(bank_jpy)}} {{balance(swap)}} {{book_value(swap_eur)}} {{balance(rest)}} {{book_value(cash)}}"
process trade_abroad(kind: Kind0, euros: Money<EUR> where euros > 0, rate: Decimal<6> where rate > 0)
  fails TooFew(euros: Money<EUR>)
{{
  step sell {{ sell_abroad(kind, [euros, {a}.{c}5 EUR], rate) }} undo nothing
  if euros {how} {a} EUR {{ fail TooFew(euros) }}
  step change {{
    move_euros(kind, euros, rate)
    value(kind, rate)
  }}
}}
test "abroad" {{
  sell_abroad(K0C0, [{a}.01 EUR, {b}.99 EUR, 0.01 EUR], 1.{b:03})
  receive(K0C0, {a} EUR, {b} USD, {b} USD, {c}, 1.{c})
  value(K0C0, 1.{c}5)
  expect balance(swap) + book_value(swap_eur) + book_value(swap_jpy) == 0
  expect balance(owed[K0C0]) == {a} EUR
}}
"#
        );
    }
}
