//! Random processes of a program over the store, against an independent account of what they have to come to.
//!
//! The model shares nothing with the host or the machine: what is owed and used is a number for each customer, stock is a
//! queue of lots, bills are a list. After each process its outcome is compared, and then what the books say of every
//! account; at the end everything that the store keeps twice is recomputed.

mod common;

use std::collections::VecDeque;

use bp_bytecode::Program;
use bp_bytecode::value::Value;
use bp_host::ledger::BookSpec;
use bp_host::store::SqliteStore;
use bp_host::world::{HostWorld, deploy};
use bp_host::{BookId, Shard, StepContext, TenantId};
use bp_vm::{Limits, Vm, World};
use proptest::prelude::*;

/// 2026-01-01, in days since 1970-01-01.
const TODAY: i64 = 20_454;
const CUSTOMERS: usize = 3;
const TITLES: usize = 2;

const PROGRAM: &str = include_str!("actions.bp");

#[derive(Clone, Debug)]
enum Act {
    SetLimit {
        customer: usize,
        limit: i64,
    },
    /// Holds an amount, uses a part of it, gives the rest back.
    Promise {
        customer: usize,
        amount: i64,
        used: i64,
    },
    GiveBack {
        customer: usize,
        amount: i64,
    },
    Bill {
        customer: usize,
        amount: i64,
        day: i64,
        late: bool,
    },
    /// Takes a bill back, or books it anew with another amount.
    Cancel {
        bill: usize,
    },
    Rebook {
        bill: usize,
        amount: i64,
    },
    Receive {
        title: usize,
        quantity: i64,
        cost: i64,
    },
    Issue {
        title: usize,
        quantity: i64,
        held: i64,
    },
    Close {
        day: i64,
    },
}

fn act() -> impl Strategy<Value = Act> {
    let customer = || 0..CUSTOMERS;
    prop_oneof![
        1 => (customer(), 0i64..400).prop_map(|(customer, limit)| Act::SetLimit { customer, limit }),
        3 => (customer(), 1i64..200, 0i64..250)
            .prop_map(|(customer, amount, used)| Act::Promise { customer, amount, used: used.min(amount) }),
        1 => (customer(), 1i64..150).prop_map(|(customer, amount)| Act::GiveBack { customer, amount }),
        4 => (customer(), 1i64..200, -5i64..20, any::<bool>())
            .prop_map(|(customer, amount, day, late)| Act::Bill { customer, amount, day, late }),
        2 => (0usize..20).prop_map(|bill| Act::Cancel { bill }),
        2 => (0usize..20, 1i64..200).prop_map(|(bill, amount)| Act::Rebook { bill, amount }),
        3 => (0..TITLES, 1i64..40, 0i64..1_000)
            .prop_map(|(title, quantity, cost)| Act::Receive { title, quantity, cost }),
        3 => (0..TITLES, 1i64..50, 0i64..30).prop_map(|(title, quantity, held)| Act::Issue { title, quantity, held }),
        1 => (-10i64..15).prop_map(|day| Act::Close { day }),
    ]
}

/// A bill as the model has it.
#[derive(Clone, Debug)]
struct Bill {
    customer: usize,
    amount: i64,
    open: bool,
}

/// What everything has to come to. Amounts in cents.
#[derive(Clone, Debug, Default)]
struct Model {
    limits: [i64; CUSTOMERS],
    used: [i64; CUSTOMERS],
    bills: Vec<Bill>,
    /// Lots that are left, the oldest first: quantity and value.
    stock: [VecDeque<(i64, i64)>; TITLES],
    issued: [i64; TITLES],
    /// The first open day.
    open: Option<i64>,
}

/// What a process has to come to: the case of its outcome, and its numbers.
type Outcome = (&'static str, Vec<i64>);

impl Model {
    fn left(&self, customer: usize) -> i64 {
        self.limits[customer] - self.used[customer]
    }

    /// Takes the oldest goods; what they had cost, each part of a lot rounded half up.
    fn take(&mut self, title: usize, mut quantity: i64) -> i64 {
        let mut cost = 0;
        while quantity > 0 {
            let Some((left, worth)) = self.stock[title].front_mut() else { return cost };
            let part = quantity.min(*left);
            let value = (2 * *worth * part + *left).div_euclid(2 * *left);
            (*left, *worth, quantity, cost) = (*left - part, *worth - value, quantity - part, cost + value);
            if *left == 0 {
                self.stock[title].pop_front();
            }
        }
        cost
    }

    fn on_hand(&self, title: usize) -> i64 {
        self.stock[title].iter().map(|(quantity, _)| quantity).sum()
    }

    /// Does what an act does, and says what it has to come to; `None` where it has to be a fault that changes nothing.
    fn run(&mut self, act: &Act) -> Option<Outcome> {
        let done = |numbers: Vec<i64>| Some(("Done", numbers));
        match *act {
            Act::SetLimit { customer, limit } => {
                self.limits[customer] = limit;
                done(vec![])
            }
            Act::Promise { customer, amount, used } => {
                if amount > self.left(customer) {
                    return Some(("Short", vec![amount, self.left(customer)]));
                }
                self.used[customer] += used;
                done(vec![self.left(customer)])
            }
            Act::GiveBack { customer, amount } => {
                if amount > self.used[customer] {
                    return None;
                }
                self.used[customer] -= amount;
                done(vec![])
            }
            Act::Bill { customer, amount, day, late } => {
                if amount > self.left(customer) {
                    return Some(("Short", vec![amount, self.left(customer)]));
                }
                if !late && self.open.is_some_and(|open| TODAY + day < open) {
                    return Some(("PeriodClosed", vec![TODAY + day]));
                }
                self.used[customer] += amount;
                self.bills.push(Bill { customer, amount, open: true });
                done(vec![self.bills.len() as i64])
            }
            Act::Cancel { bill } => match self.bills.get_mut(bill) {
                // What was given back before cannot be given back again.
                Some(known) if known.open && known.amount > self.used[known.customer] => None,
                Some(known) if known.open => {
                    known.open = false;
                    self.used[known.customer] -= known.amount;
                    done(vec![])
                }
                Some(_) => Some(("NotOpen", vec![])),
                None => Some(("NoSuchBill", vec![])),
            },
            Act::Rebook { bill, amount } => match self.bills.get(bill).cloned() {
                Some(Bill { customer, amount: before, open: true }) => {
                    if before > self.used[customer] {
                        return None;
                    }
                    let left = self.left(customer) + before;
                    if amount > left {
                        return Some(("Short", vec![amount, left]));
                    }
                    self.used[customer] += amount - before;
                    self.bills[bill].amount = amount;
                    done(vec![])
                }
                Some(_) => Some(("NotOpen", vec![])),
                None => Some(("NoSuchBill", vec![])),
            },
            Act::Receive { title, quantity, cost } => {
                self.stock[title].push_back((quantity, cost));
                done(vec![])
            }
            Act::Issue { title, quantity, held } => {
                let there = self.on_hand(title);
                if held > there {
                    return Some(("Short", vec![held, there]));
                }
                if quantity + held > there {
                    return Some(("Short", vec![quantity, there - held]));
                }
                self.issued[title] += quantity;
                let cost = self.take(title, quantity);
                done(vec![cost])
            }
            Act::Close { day } => {
                self.open = Some(TODAY + day + 1);
                done(vec![])
            }
        }
    }
}

/// The program's books, and what runs in them.
struct Books<'p> {
    program: &'p Program,
    vm: Vm<'p>,
    world: HostWorld<'p>,
}

impl Books<'_> {
    /// Runs a process; the case of its outcome with its numbers, texts left out, or the fault.
    fn run(&mut self, name: &str, params: &[Value]) -> Result<(String, Vec<i64>), String> {
        let text = |id: bp_bytecode::index::TextId| self.program.texts[id.index()].as_str();
        let number = self.program.processes.iter().position(|process| text(process.name) == name).unwrap();
        let process = &self.program.processes[number];
        let id = bp_bytecode::index::ProcessId(number as u16);
        let slots = self.vm.put_params(id, params).map_err(|kind| kind.to_string())?;
        let slot = self.vm.call(process.func, &slots, &mut self.world).map_err(|fault| fault.to_string())?;
        let bp_bytecode::shape::Shape::Variant(cases) = &self.program.shapes[process.outcome.index()] else {
            panic!("an outcome is a variant")
        };
        let Value::Variant { case, fields } = self.vm.get_value(process.outcome, slot as u64) else {
            panic!("an outcome is a variant")
        };
        let mut numbers = Vec::new();
        fields.iter().for_each(|field| words(field, &mut numbers));
        Ok((text(cases.cases[usize::from(case)].name).to_owned(), numbers))
    }
}

fn words(value: &Value, numbers: &mut Vec<i64>) {
    match value {
        Value::Word(word) => numbers.push(*word),
        Value::Record(fields) => fields.iter().for_each(|field| words(field, numbers)),
        _ => {}
    }
}

/// A quantity, which has six digits behind the point.
fn pieces(count: i64) -> i64 {
    count * 1_000_000
}

fn do_act(books: &mut Books<'_>, act: &Act) -> Result<(String, Vec<i64>), String> {
    let code = |number: usize| Value::Text(format!("N{number}"));
    let word = Value::Word;
    match *act {
        Act::SetLimit { customer, limit } => books.run("set_limit", &[code(customer), word(limit)]),
        Act::Promise { customer, amount, used } => books.run("promise", &[code(customer), word(amount), word(used)]),
        Act::GiveBack { customer, amount } => books.run("give_back", &[code(customer), word(amount)]),
        Act::Bill { customer, amount, day, late } => {
            books.run("bill", &[code(customer), word(amount), word(TODAY + day), word(i64::from(late))])
        }
        Act::Cancel { bill } => books.run("cancel_bill", &[word(bill as i64 + 1)]),
        Act::Rebook { bill, amount } => books.run("rebook", &[word(bill as i64 + 1), word(amount)]),
        Act::Receive { title, quantity, cost } => {
            books.run("receive", &[code(title), word(pieces(quantity)), word(cost)])
        }
        Act::Issue { title, quantity, held } => {
            books.run("issue", &[code(title), word(pieces(quantity)), word(pieces(held))])
        }
        Act::Close { day } => {
            books.world.close_period(TODAY + day).map_err(|refusal| refusal.0)?;
            Ok(("Done".to_owned(), Vec::new()))
        }
    }
}

/// What the program tells has the scale of its types; the model counts goods in pieces.
fn in_units(act: &Act, (case, mut numbers): Outcome) -> (String, Vec<i64>) {
    if matches!(act, Act::Issue { .. }) && case == "Short" {
        numbers.iter_mut().for_each(|number| *number = pieces(*number));
    }
    (case.to_owned(), numbers)
}

fn compare(books: &mut Books<'_>, model: &Model) -> Result<(), TestCaseError> {
    for customer in 0..CUSTOMERS {
        let told = books.run("look", &[Value::Text(format!("N{customer}"))]).map_err(TestCaseError::fail)?;
        let own = model.bills.iter().filter(|bill| bill.open && bill.customer == customer);
        let owed: i64 = own.map(|bill| bill.amount).sum();
        let wanted = vec![owed, model.used[customer], model.left(customer), 0];
        prop_assert_eq!(told, ("Done".to_owned(), wanted), "customer {}", customer);
    }
    for title in 0..TITLES {
        let told = books.run("shelf_of", &[Value::Text(format!("N{title}"))]).map_err(TestCaseError::fail)?;
        let wanted = vec![pieces(model.on_hand(title)), pieces(model.issued[title])];
        prop_assert_eq!(told, ("Done".to_owned(), wanted), "title {}", title);
    }
    let told = books.run("totals", &[]).map_err(TestCaseError::fail)?;
    let sold: i64 = model.bills.iter().filter(|bill| bill.open).map(|bill| bill.amount).sum();
    let value: i64 = model.stock.iter().flatten().map(|(_, worth)| worth).sum();
    prop_assert_eq!(told, ("Done".to_owned(), vec![-sold, value, model.bills.len() as i64]));
    Ok(())
}

fn check(acts: &[Act]) -> Result<(), TestCaseError> {
    let program = common::program("actions", PROGRAM);
    let mut shard = Shard::new(SqliteStore::in_memory().unwrap());
    let (tenant, book): (TenantId, BookId) = {
        let tenant = shard.add_tenant("test").unwrap();
        let book = shard.add_book(tenant, &BookSpec::new("main", "USD", 2)).unwrap();
        (tenant, book)
    };
    deploy(&mut shard, tenant, book, &program).unwrap();
    let mut context = StepContext::new(tenant, book);
    (context.today, context.now) = (TODAY, TODAY * 86_400);
    {
        let world = HostWorld::new(&mut shard, &program, context).unwrap();
        let mut books = Books { program: &program, vm: Vm::new(&program, Limits::default()), world };
        let mut model = Model::default();
        for customer in 0..CUSTOMERS {
            books.run("enter", &[Value::Text(format!("N{customer}"))]).unwrap();
        }
        for act in acts {
            let mut after = model.clone();
            match (after.run(act), do_act(&mut books, act)) {
                (Some(wanted), Ok(told)) => {
                    prop_assert_eq!(told, in_units(act, wanted), "{:?}", act);
                    model = after;
                }
                (None, Err(_)) => {}
                (wanted, told) => prop_assert!(false, "{:?} has to come to {:?}, came to {:?}", act, wanted, told),
            }
            compare(&mut books, &model)?;
        }
        books.world.commit().unwrap();
    }
    let found = shard.check(tenant, book).unwrap();
    prop_assert!(found.is_sound(), "{:?}", found.findings);
    Ok(())
}

/// What was billed is given back by hand, so that cancelling the bill has nothing left to give back.
#[test]
fn nothing_is_given_back_twice() {
    let acts = [
        Act::SetLimit { customer: 0, limit: 137 },
        Act::Bill { customer: 0, amount: 81, day: 0, late: true },
        Act::GiveBack { customer: 0, amount: 41 },
        Act::Cancel { bill: 0 },
        Act::Rebook { bill: 0, amount: 10 },
    ];
    check(&acts).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn processes_come_to_what_they_have_to(acts in prop::collection::vec(act(), 1..40)) {
        check(&acts)?;
    }
}
