//! Random steps against an independent account of what they have to come to.
//!
//! The model here shares nothing with the host: balances are sums over a list of all lines, stock is a queue of single
//! units with their cost, holds are a list. After every transaction the two are compared, at every date.

mod common;

use std::collections::{BTreeMap, VecDeque};

use bp_host::documents::{EntitySpec, FieldKind, Key, Op, Query};
use bp_host::ledger::{Books, Entry, HoldId, HoldTerms, Line, PeriodLock};
use bp_host::{Declared, Error, Refused, Result, Shard, StepContext, Tolerance};
use common::{DAY, acme, findings};
use proptest::prelude::*;
use serde_json::{Map, json};

const CREDIT_LIMIT: i64 = 1_000;
const DAYS: i64 = 40;

/// What a step does. Numbers choose among what there is.
#[derive(Clone, Debug)]
enum Act {
    Sale {
        customer: u8,
        day: i64,
        amount: i64,
        late: bool,
    },
    Receive {
        place: u8,
        day: i64,
        quantity: i64,
        cost: i64,
    },
    Issue {
        place: u8,
        day: i64,
        quantity: i64,
    },
    Transfer {
        from: u8,
        quantity: i64,
    },
    Hold {
        customer: u8,
        amount: i64,
    },
    Commit {
        hold: usize,
        part: i64,
    },
    Release {
        hold: usize,
    },
    Free {
        customer: u8,
        amount: i64,
    },
    Plan {
        centre: u8,
        day: i64,
        amount: i64,
    },
    Commitment {
        centre: u8,
        amount: i64,
    },
    Regroup {
        centre: u8,
        group: Option<u8>,
    },
    Reverse {
        entry: usize,
        day: i64,
    },
    /// Takes an entry of a sale back and books it anew with another amount.
    Rebook {
        entry: usize,
        day: i64,
        amount: i64,
    },
    /// Dollars for rupiah; without dollars what they are worth is another amount.
    Exchange {
        day: i64,
        dollars: i64,
        worth: i64,
    },
    Number,
    Order {
        customer: u8,
        total: i64,
    },
    /// Another total for an order that is there.
    Change {
        order: usize,
        total: i64,
    },
    Fail,
}

fn acts() -> impl Strategy<Value = Act> {
    let day = || 0..DAYS;
    prop_oneof![
        3 => (0u8..3, day(), -300i64..300, any::<bool>())
            .prop_map(|(customer, day, amount, late)| Act::Sale { customer, day, amount, late }),
        3 => (0u8..2, day(), 0i64..12, 0i64..1_000)
            .prop_map(|(place, day, quantity, cost)| Act::Receive { place, day, quantity, cost }),
        4 => (0u8..2, day(), 1i64..15).prop_map(|(place, day, quantity)| Act::Issue { place, day, quantity }),
        2 => (0u8..2, 1i64..10).prop_map(|(from, quantity)| Act::Transfer { from, quantity }),
        4 => (0u8..3, 0i64..600).prop_map(|(customer, amount)| Act::Hold { customer, amount }),
        3 => (0usize..50, 0i64..400).prop_map(|(hold, part)| Act::Commit { hold, part }),
        2 => (0usize..50).prop_map(|hold| Act::Release { hold }),
        2 => (0u8..3, 1i64..400).prop_map(|(customer, amount)| Act::Free { customer, amount }),
        3 => (0u8..3, day(), -200i64..400).prop_map(|(centre, day, amount)| Act::Plan { centre, day, amount }),
        3 => (0u8..3, 1i64..300).prop_map(|(centre, amount)| Act::Commitment { centre, amount }),
        1 => (0u8..3, proptest::option::of(0u8..2)).prop_map(|(centre, group)| Act::Regroup { centre, group }),
        3 => (0usize..50, day()).prop_map(|(entry, day)| Act::Reverse { entry, day }),
        2 => (0usize..50, day(), 1i64..300).prop_map(|(entry, day, amount)| Act::Rebook { entry, day, amount }),
        3 => (day(), -9i64..9, -9_000i64..9_000)
            .prop_map(|(day, dollars, worth)| Act::Exchange { day, dollars: dollars.max(0), worth }),
        1 => Just(Act::Number),
        2 => (0u8..3, -50i64..50).prop_map(|(customer, total)| Act::Order { customer, total }),
        1 => (0usize..20, -50i64..50).prop_map(|(order, total)| Act::Change { order, total }),
        1 => Just(Act::Fail),
    ]
}

/// A line of the model: account with dimensions, posting day, amount.
type ModelLine = (String, i64, i64);

#[derive(Clone, Debug, Default)]
struct Model {
    /// Each entry's lines; what it reverses.
    entries: Vec<(Vec<ModelLine>, Option<usize>)>,
    /// For each place the units in stock, oldest first: the lot, and what is left of the lot's value with its last unit.
    stock: BTreeMap<u8, VecDeque<Layer>>,
    holds: Vec<ModelHold>,
    groups: BTreeMap<u8, u8>,
    numbers: i64,
    /// Customer, total and name of each order.
    orders: Vec<(u8, i64, i64)>,
    locked_until: i64,
}

#[derive(Clone, Debug, PartialEq)]
struct Layer {
    quantity: i64,
    value: i64,
}

#[derive(Clone, Debug)]
struct ModelHold {
    id: HoldId,
    spot: String,
    rest: i64,
    ended: bool,
}

impl Model {
    fn balance(&self, spot: &str, at: i64) -> i64 {
        let lines = self.entries.iter().flat_map(|(lines, _)| lines);
        lines.filter(|(of, day, _)| of == spot && *day <= at).map(|line| line.2).sum()
    }

    fn held(&self, spot: &str) -> i64 {
        self.holds.iter().filter(|hold| hold.spot == spot).map(|hold| hold.rest).sum()
    }

    /// What the books may never come to: more used and held than there is room for.
    fn overdrawn(&self) -> bool {
        (0..3).any(|number| {
            let (line, budget) = (format!("credit_line/{}", customer(number)), format!("budget/{}", centre(number)));
            self.balance(&line, i64::MAX) + self.held(&line) > CREDIT_LIMIT
                || self.balance(&budget, i64::MAX) < self.held(&budget)
        })
    }

    fn open_day(&self, day: i64) -> i64 {
        day.max(self.locked_until + 1)
    }

    /// Takes units one by one; each costs its share of what is left of its lot, the last one all of it – worked out for
    /// the run of units that one issue takes from a lot.
    fn take(&mut self, place: u8, quantity: i64) -> Option<Vec<Layer>> {
        let layers = self.stock.entry(place).or_default();
        if layers.iter().map(|layer| layer.quantity).sum::<i64>() < quantity {
            return None;
        }
        let mut taken = Vec::new();
        let mut left = quantity;
        while left > 0 {
            let layer = layers.front_mut()?;
            let units = left.min(layer.quantity);
            let exact = layer.value * units;
            let cost = if units == layer.quantity {
                layer.value
            } else {
                exact / layer.quantity + i64::from(exact % layer.quantity * 2 >= layer.quantity)
            };
            taken.push(Layer { quantity: units, value: cost });
            *layer = Layer { quantity: layer.quantity - units, value: layer.value - cost };
            left -= units;
            if layer.quantity == 0 {
                layers.pop_front();
            }
        }
        Some(taken)
    }
}

fn customer(number: u8) -> String {
    format!("C{number}")
}

fn centre(number: u8) -> String {
    format!("K{number}")
}

fn shelf(number: u8) -> &'static str {
    ["main", "north"][usize::from(number)]
}

fn post(
    books: &mut Books<'_>,
    day: i64,
    late: bool,
    lines: &[(&str, &[&str], i64, Option<i64>)],
) -> Result<Option<i64>> {
    let lines: Vec<Line<'_>> = lines
        .iter()
        .map(|(name, dims, amount, cost)| Ok(Line { cost: *cost, ..Line::new(books.account(name)?, dims, *amount) }))
        .collect::<Result<_>>()?;
    books.post(&Entry { first_open: late, ..Entry::new("Entry", DAY + day, &lines) })
}

/// Does an act to the books, and the same to the model. `Ok(false)` if the host has to refuse it.
fn do_act(step: &mut bp_host::Step<'_>, model: &mut Model, act: &Act) -> Result<()> {
    match act {
        Act::Sale { customer: of, day, amount, late } => {
            let name = customer(*of);
            let dims: [&str; 1] = [&name];
            let lines: [(&str, &[&str], i64, Option<i64>); 2] =
                [("receivable", &dims, *amount, None), ("sales", &["DE", "2026"], -amount, None)];
            if *day <= model.locked_until && !late {
                let done = post(&mut step.books()?, *day, false, &lines);
                assert!(matches!(done, Err(Error::Declared(Declared::PeriodClosed { .. }))), "{done:?}");
                return done.map(|_| ());
            }
            let posted = post(&mut step.books()?, *day, *late, &lines)?;
            assert_eq!(posted.is_some(), *amount != 0);
            if *amount != 0 {
                let day = model.open_day(*day);
                let lines = vec![(format!("receivable/{name}"), day, *amount), ("sales".to_owned(), day, -amount)];
                model.entries.push((lines, None));
            }
        }
        Act::Receive { place: at, day, quantity, cost } => {
            let dims = ["SKU", shelf(*at)];
            let cost = if *quantity == 0 { 0 } else { *cost };
            let lines: [(&str, &[&str], i64, Option<i64>); 2] =
                [("warehouse", &dims, *quantity, Some(cost)), ("bought", &["SKU"], -quantity, None)];
            if post(&mut step.books()?, *day, true, &lines)?.is_some() {
                let day = model.open_day(*day);
                let lines = vec![(format!("warehouse/{at}"), day, *quantity), (format!("value/{at}"), day, cost)];
                model.entries.push((lines, None));
                model.stock.entry(*at).or_default().push_back(Layer { quantity: *quantity, value: cost });
            }
        }
        Act::Issue { place: at, day, quantity } => {
            let dims = ["SKU", shelf(*at)];
            let lines: [(&str, &[&str], i64, Option<i64>); 2] =
                [("warehouse", &dims, -quantity, None), ("sold", &["SKU"], *quantity, None)];
            let mut books = step.books()?;
            let warehouse = books.account("warehouse")?;
            let parts = books.take(warehouse, &dims, *quantity);
            match (parts, model.take(*at, *quantity)) {
                (Ok(parts), Some(layers)) => {
                    let parts: Vec<Layer> =
                        parts.iter().map(|part| Layer { quantity: part.quantity, value: part.cost }).collect();
                    assert_eq!(parts, layers);
                    post(&mut books, *day, true, &lines)?;
                    let day = model.open_day(*day);
                    let cost: i64 = layers.iter().map(|layer| layer.value).sum();
                    let lines = vec![(format!("warehouse/{at}"), day, -quantity), (format!("value/{at}"), day, -cost)];
                    model.entries.push((lines, None));
                }
                (Err(error @ Error::Declared(Declared::Short { .. })), None) => return Err(error),
                (parts, layers) => panic!("{parts:?}, but {layers:?}"),
            }
        }
        Act::Transfer { from, quantity } => {
            let (out, into) = (["SKU", shelf(*from)], ["SKU", shelf(1 - from)]);
            let lines: [(&str, &[&str], i64, Option<i64>); 2] =
                [("warehouse", &into, *quantity, None), ("warehouse", &out, -quantity, None)];
            let done = post(&mut step.books()?, DAYS, true, &lines);
            match (done, model.take(*from, *quantity)) {
                (Ok(_), Some(layers)) => {
                    let cost: i64 = layers.iter().map(|layer| layer.value).sum();
                    model.stock.entry(1 - from).or_default().extend(layers);
                    let lines = vec![
                        (format!("warehouse/{from}"), DAYS, -quantity),
                        (format!("warehouse/{}", 1 - from), DAYS, *quantity),
                        (format!("value/{from}"), DAYS, -cost),
                        (format!("value/{}", 1 - from), DAYS, cost),
                    ];
                    model.entries.push((lines, None));
                }
                (Err(error @ Error::Declared(Declared::Short { .. })), None) => return Err(error),
                (done, layers) => panic!("{done:?}, but {layers:?}"),
            }
        }
        Act::Hold { customer: of, amount } => {
            let name = customer(*of);
            let mut books = step.books()?;
            let line = books.account("credit_line")?;
            let spot = format!("credit_line/{name}");
            let left = CREDIT_LIMIT - model.balance(&spot, i64::MAX) - model.held(&spot);
            let terms = HoldTerms { up_to: Some(CREDIT_LIMIT), ..HoldTerms::default() };
            let held = books.hold(line, &[&name], *amount, terms);
            assert_eq!(held.is_ok(), *amount <= left, "{held:?}, {left} left");
            model.holds.push(ModelHold { id: held?, spot, rest: *amount, ended: false });
        }
        Act::Commitment { centre: of, amount } => {
            let name = centre(*of);
            let mut books = step.books()?;
            let budget = books.account("budget")?;
            let spot = format!("budget/{name}");
            let left = model.balance(&spot, i64::MAX) - model.held(&spot);
            let held = books.hold(budget, &[&name], *amount, HoldTerms::default());
            assert_eq!(held.is_ok(), *amount <= left, "{held:?}, {left} left");
            model.holds.push(ModelHold { id: held?, spot, rest: *amount, ended: false });
        }
        Act::Commit { hold, part } => {
            let Some(place) = hold.checked_rem(model.holds.len()) else { return Ok(()) };
            let known = model.holds[place].clone();
            let mut books = step.books()?;
            let open = books.hold_of(known.id)?.rest == known.rest && !model.holds[place].ended;
            let done = books.commit_part(known.id, *part);
            if known.ended {
                assert!(matches!(done, Err(Error::Refused(Refused::HoldEnded { .. }))), "{done:?}");
            } else {
                assert!(open);
                assert_eq!(done.is_ok(), *part <= known.rest, "{done:?}");
            }
            let id = done?;
            (model.holds[place].rest, model.holds[place].ended) = (0, true);
            model.holds.push(ModelHold { id, rest: known.rest - part, ..known.clone() });
            if *part > 0 {
                let day = model.open_day(0);
                model.entries.push((vec![(known.spot, day, *part)], None));
            }
        }
        Act::Release { hold } => {
            let Some(place) = hold.checked_rem(model.holds.len()) else { return Ok(()) };
            let done = step.books()?.release(model.holds[place].id);
            assert_eq!(done.is_ok(), !model.holds[place].ended, "{done:?}");
            done?;
            (model.holds[place].rest, model.holds[place].ended) = (0, true);
        }
        Act::Free { customer: of, amount } => {
            let name = customer(*of);
            let spot = format!("credit_line/{name}");
            let used = model.balance(&spot, i64::MAX);
            let mut books = step.books()?;
            let line = books.account("credit_line")?;
            let done = books.free(line, &[&name], *amount);
            assert_eq!(done.is_ok(), *amount <= used, "{done:?}, {used} used");
            done?;
            model.entries.push((vec![(spot, model.open_day(0), -amount)], None));
        }
        Act::Plan { centre: of, day, amount } => {
            let name = centre(*of);
            let dims: [&str; 1] = [&name];
            let lines: [(&str, &[&str], i64, Option<i64>); 2] =
                [("budget", &dims, *amount, None), ("plan", &[], -amount, None)];
            if post(&mut step.books()?, *day, true, &lines)?.is_some() {
                let day = model.open_day(*day);
                model.entries.push((vec![(format!("budget/{name}"), day, *amount)], None));
            }
        }
        Act::Regroup { centre: of, group } => {
            let (name, group_name) = (centre(*of), group.map(|group| format!("G{group}")));
            let mut books = step.books()?;
            let budget = books.account("budget")?;
            let dims = group_name.as_deref().map(|name| [name]);
            books.set_group(budget, &[&name], dims.as_ref().map(|dims| &dims[..]))?;
            match group {
                Some(group) => drop(model.groups.insert(*of, *group)),
                None => drop(model.groups.remove(of)),
            }
        }
        Act::Reverse { entry, day } => {
            let Some(place) = entry.checked_rem(model.entries.len()) else { return Ok(()) };
            let done = step.books()?.reverse(place as i64 + 1, DAY + day);
            let twice = model.entries.iter().any(|(_, reverses)| *reverses == Some(place));
            if twice {
                assert!(matches!(done, Err(Error::Refused(Refused::Reversed { .. }))), "{done:?}");
            }
            done?;
            let day = model.open_day(*day);
            let lines = model.entries[place].0.iter().map(|(spot, _, amount)| (spot.clone(), day, -amount));
            let lines: Vec<ModelLine> = lines.collect();
            // Which lots goods go back to is read from the host; that quantity and value are right is compared below.
            if lines.iter().any(|(spot, ..)| spot.starts_with("warehouse")) {
                for at in 0..2 {
                    let mut books = step.books()?;
                    let warehouse = books.account("warehouse")?;
                    let lots = books.lots(warehouse, &["SKU", shelf(at)])?;
                    let layer = |lot: &bp_host::ledger::Lot| Layer { quantity: lot.quantity, value: lot.value };
                    model.stock.insert(at, lots.iter().map(layer).collect());
                }
            }
            model.entries.push((lines, Some(place)));
        }
        Act::Rebook { entry, day, amount } => {
            let is_sale = |lines: &[ModelLine]| lines.len() == 2 && lines[1].0 == "sales";
            let sales =
                model.entries.iter().enumerate().filter(|(_, (lines, reverses))| reverses.is_none() && is_sale(lines));
            let sales: Vec<usize> = sales.map(|(place, _)| place).collect();
            let Some(chosen) = entry.checked_rem(sales.len()) else { return Ok(()) };
            let spot = model.entries[sales[chosen]].0[0].0.clone();
            let of = (0u8..3).find(|number| spot.ends_with(&customer(*number))).unwrap_or_default();
            do_act(step, model, &Act::Reverse { entry: sales[chosen], day: *day })?;
            do_act(step, model, &Act::Sale { customer: of, day: *day, amount: *amount, late: true })?;
        }
        Act::Exchange { day, dollars, worth } => {
            let mut books = step.books()?;
            let (usd, bank) = (books.account("bank_usd")?, books.account("bank")?);
            let gain = books.account("exchange_gain")?;
            let lines = match dollars {
                0 => [Line::revalue(usd, &[], *worth), Line::credit(gain, &[], *worth)],
                _ => [Line::debit(usd, &[], *dollars).worth(*worth).exchange(), Line::credit(bank, &[], *worth)],
            };
            let posted = books.post(&Entry::new("Dollars", DAY + day, &lines).else_first_open())?;
            assert_eq!(posted.is_some(), (*dollars, *worth) != (0, 0));
            if posted.is_some() {
                let day = model.open_day(*day);
                let lines = vec![("bank_usd".to_owned(), day, *dollars), ("worth of bank_usd".to_owned(), day, *worth)];
                model.entries.push((lines, None));
            }
        }
        Act::Change { order, total } => {
            let Some(place) = order.checked_rem(model.orders.len()) else { return Ok(()) };
            let (of, _, reference) = model.orders[place];
            let data = json!({ "customer": customer(of), "total": total.to_string() });
            let data: Map<_, _> = data.as_object().cloned().unwrap_or_default();
            step.documents()?.change("Order", reference, &data, None, None)?;
            model.orders[place].1 = *total;
        }
        Act::Number => {
            model.numbers += 1;
            assert_eq!(step.books()?.number("INV", "2026", "")?, model.numbers);
        }
        Act::Order { customer: of, total } => {
            let data = json!({ "customer": customer(*of), "total": total.to_string() });
            let data: Map<_, _> = data.as_object().cloned().unwrap_or_default();
            let reference = step.documents()?.create("Order", &data)?;
            model.orders.push((*of, *total, reference));
        }
        Act::Fail => return Err(Error::Refused(Refused::Misuse("it was to fail"))),
    }
    Ok(())
}

/// Compares everything, at every date.
fn compare(shard: &mut Shard, context: &StepContext, model: &Model) {
    assert_eq!(findings(shard, context.tenant, context.book), Vec::<String>::new());
    shard
        .step(context, |step| {
            let mut books = step.books()?;
            let mut spots: Vec<(&str, Vec<String>, String)> = Vec::new();
            for number in 0..3 {
                spots.push(("receivable", vec![customer(number)], format!("receivable/{}", customer(number))));
                spots.push(("credit_line", vec![customer(number)], format!("credit_line/{}", customer(number))));
                spots.push(("budget", vec![centre(number)], format!("budget/{}", centre(number))));
            }
            for at in 0..2 {
                spots.push(("warehouse", vec!["SKU".to_owned(), shelf(at).to_owned()], format!("warehouse/{at}")));
            }
            spots.push(("bank_usd", Vec::new(), "bank_usd".to_owned()));
            for (account, dims, spot) in &spots {
                let account = books.account(account)?;
                let dims: Vec<&str> = dims.iter().map(String::as_str).collect();
                for day in 0..=DAYS + 2 {
                    let balance = books.balance(account, &dims, Some(DAY + day))?;
                    assert_eq!(balance.amount, i128::from(model.balance(spot, day)), "{spot} on day {day}");
                    // What is in the book's currency is worth what it is, what is no money nothing.
                    let worth = match spot.as_str() {
                        "bank_usd" => model.balance("worth of bank_usd", day),
                        spot if spot.starts_with("receivable") => model.balance(spot, day),
                        _ => 0,
                    };
                    assert_eq!(balance.book_amount, i128::from(worth), "{spot}, worth on day {day}");
                }
                assert_eq!(books.held(account, &dims)?, i128::from(model.held(spot)), "held on {spot}");
            }
            assert!(!model.overdrawn(), "a limit is overdrawn");
            let budget = books.account("budget")?;
            for group in 0..2u8 {
                let members = model.groups.iter().filter(|(_, of)| **of == group).map(|(member, _)| *member);
                let expected: i64 =
                    members.map(|member| model.balance(&format!("budget/{}", centre(member)), i64::MAX)).sum();
                let name = format!("G{group}");
                assert_eq!(books.balance(budget, &[&name], None)?.amount, i128::from(expected), "group {group}");
            }
            let warehouse = books.account("warehouse")?;
            for at in 0..2 {
                let lots = books.lots(warehouse, &["SKU", shelf(at)])?;
                let lots: Vec<Layer> =
                    lots.iter().map(|lot| Layer { quantity: lot.quantity, value: lot.value }).collect();
                let layers: Vec<Layer> = model.stock.get(&at).cloned().unwrap_or_default().into();
                assert_eq!(lots, layers, "stock of {}", shelf(at));
                let value: i64 = lots.iter().map(|layer| layer.value).sum();
                assert_eq!(value, model.balance(&format!("value/{at}"), i64::MAX), "value in {}", shelf(at));
            }
            assert_eq!(books.book().entries, model.entries.len() as i64);
            let mut documents = step.documents()?;
            for number in 0..3 {
                let query = Query::new().filter("customer", Op::Eq, Key::text(customer(number)));
                let own: Vec<i64> =
                    model.orders.iter().filter(|(of, ..)| *of == number).map(|(_, total, _)| *total).collect();
                let expected = own.len();
                assert_eq!(documents.count("Order", &query)?, expected);
                let query = query.filter("total", Op::Lt, Key::number(0, 0));
                let expected = own.iter().filter(|total| **total < 0).count();
                assert_eq!(documents.count("Order", &query)?, expected);
            }
            Ok(())
        })
        .unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]
    #[test]
    fn books_and_documents_are_what_steps_made_of_them(
        transactions in proptest::collection::vec(
            (proptest::collection::vec(proptest::collection::vec(acts(), 1..5), 1..8), proptest::option::weighted(0.15, 0..DAYS)),
            1..25,
        ),
    ) {
        let (mut shard, context) = acme();
        let order = EntitySpec::new("Order").index("customer", &["customer", "total"]).kind("total", FieldKind::Number);
        shard.deploy_entities(context.tenant, &[order]).unwrap();
        let mut model = Model { locked_until: i64::MIN / 2, ..Model::default() };
        for (steps, closing) in transactions {
            shard.begin().unwrap();
            for acts in steps {
                let (mut after, mut ended) = (model.clone(), false);
                let done = shard.step_within(&context, Tolerance::Step, |step| {
                    acts.iter().try_for_each(|one| do_act(step, &mut after, one))?;
                    ended = true;
                    Ok(())
                });
                // A limit that only the end of the step finds, a lot that is gone: the step never was.
                match done {
                    Ok(()) => model = after,
                    Err(Error::Store(error)) => panic!("{error}"),
                    Err(error) => assert!(!ended || after.overdrawn(), "{acts:?} was refused at its end: {error}"),
                }
            }
            shard.commit().unwrap();
            if let Some(day) = closing.filter(|day| *day > model.locked_until) {
                shard.lock_period(&context, &PeriodLock::hard(DAY + day)).unwrap();
                model.locked_until = day;
            }
            compare(&mut shard, &context, &model);
        }
    }
}
