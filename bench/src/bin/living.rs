//! Benchmark 3, on a memory database: living processes whose five steps each post three lines, beside the same entries
//! posted to the same books by steps without a process. `cargo run --release -p bp-bench --bin living`
//!
//! Shape (a) is started and done in one go. Shape (b) waits for a message before each step: all instances wait at once,
//! and messages come to one after the other. Besides, one instance that goes through a list in parallel.
#![forbid(unsafe_code)]

use bp_bench::{Folder, median};
use bp_bytecode::Program;
use bp_bytecode::index::{MessageId, ProcessId};
use bp_bytecode::value::Value;
use bp_compiler::check::Setting;
use bp_compiler::{Root, compile};
use bp_host::ledger::{Entry, Line};
use bp_host::store::SqliteStore;
use bp_host::world::{HostWorld, MAIN_BOOK, enter};
use bp_host::{Shard, Tolerance};
use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

const INSTANCES: usize = 2_000;
const STEPS: usize = 5;
const ELEMENTS: usize = 10_0000;
const ROUNDS: usize = 5;
/// What each step posts to `sales`, in cents.
const NET: i64 = 10_000;

const PROGRAM: &str = r#"currency EUR

chart {
  asset     receivable "1200"
  income    sales      "4000"
  liability vat        "2200"
}

message Go key order { order: Int }

action book(order: Int) {
  post "Order {order}" on today() else first_open {
    debit  receivable 119 EUR
    credit sales      100 EUR
    credit vat        19 EUR
  }
}

process at_once(order: Int) key order {
  step one { book(order) } undo nothing
  step two { book(order) } undo nothing
  step three { book(order) } undo nothing
  step four { book(order) } undo nothing
  step five { book(order) }
}

process by_messages(order: Int) key order {
  wait Go where it.order == order
  step one { book(order) } undo nothing
  wait Go where it.order == order
  step two { book(order) } undo nothing
  wait Go where it.order == order
  step three { book(order) } undo nothing
  wait Go where it.order == order
  step four { book(order) } undo nothing
  wait Go where it.order == order
  step five { book(order) }
}

process each(orders: List<Int>) {
  parallel for order in orders {
    step one { book(order) }
  }
}
"#;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let root = Root { name: "living".into(), path: "living.bp".into(), text: PROGRAM.into() };
    let compiled = compile(root, &Folder(PathBuf::new()), Setting::default());
    let program = compiled.program.ok_or_else(|| format!("{:?}", compiled.diagnostics))?;
    let [mut bare, mut a, mut b, mut of_b, mut many] = [const { Vec::new() }; 5];
    for _ in 0..ROUNDS {
        // One after the other, so that a machine that slows down slows all.
        bare.push(INSTANCES as f64 / without_processes(&program)?);
        a.push(INSTANCES as f64 / at_once(&program)?);
        let took = by_messages(&program)?;
        b.push(INSTANCES as f64 / took);
        of_b.push((INSTANCES * STEPS) as f64 / took);
    }
    many.push(ELEMENTS as f64 / each(&program)?);
    let [bare, a, b, of_b, many] = [bare, a, b, of_b, many].map(median);
    println!(
        "benchmark 3 in memory: {INSTANCES} instances of {STEPS} steps, each posting three lines and committed by itself, \
         one thread, median of {ROUNDS}; books checked"
    );
    println!("steps without a process   {bare:>8.0} times {STEPS}/s   1");
    println!("(a) five steps in a row   {a:>8.0} instances/s  {:.3}", a / bare);
    println!("(b) a message each        {b:>8.0} instances/s  {:.3}   {of_b:.0} messages/s", b / bare);
    println!("parallel for of {ELEMENTS}   {many:>8.0} steps/s      {:.3}", many / (bare * STEPS as f64));
    Ok(())
}

/// Seconds for the same entries by steps of the host.
fn without_processes(program: &Program) -> Result<f64> {
    let mut shard = Shard::new(SqliteStore::in_memory()?);
    let mut context = enter(&mut shard, "bench", MAIN_BOOK, program)?;
    let began = Instant::now();
    for instance in 0..INSTANCES {
        for step in ["one", "two", "three", "four", "five"] {
            (context.instance, context.step) = (instance.to_string(), step.to_owned());
            let text = format!("Order {instance}");
            let done = shard.attempt(1, |shard, _| {
                shard.step_within(&context, Tolerance::Step, |step| {
                    let mut books = step.books()?;
                    let [receivable, sales, vat] = ["receivable", "sales", "vat"].map(|name| books.account(name));
                    let vat_amount = NET * 19 / 100;
                    let lines = [
                        Line::debit(receivable?, &[], NET + vat_amount),
                        Line::credit(sales?, &[], NET),
                        Line::credit(vat?, &[], vat_amount),
                    ];
                    books.post(&Entry::new(&text, 0, &lines))
                })
            })?;
            done.into_iter().collect::<std::result::Result<Vec<_>, _>>()?;
        }
    }
    let took = began.elapsed().as_secs_f64();
    let checked = shard.check(context.tenant, context.book)?;
    is_right(checked.entries, &checked.findings, INSTANCES * STEPS)?;
    Ok(took)
}

fn at_once(program: &Program) -> Result<f64> {
    living(program, INSTANCES * STEPS, |world| {
        let began = Instant::now();
        for order in 0..INSTANCES {
            world.start_process(named(program, "at_once")?, &[Value::Word(order as i64)])?;
        }
        Ok(began.elapsed().as_secs_f64())
    })
}

fn by_messages(program: &Program) -> Result<f64> {
    living(program, INSTANCES * STEPS, |world| {
        let began = Instant::now();
        for order in 0..INSTANCES {
            world.start_process(named(program, "by_messages")?, &[Value::Word(order as i64)])?;
        }
        for _ in 0..STEPS {
            for order in 0..INSTANCES {
                let go = Value::Record(vec![Value::Word(order as i64)]);
                world.deliver_message(MessageId(0), &go, ("", ""))?;
            }
        }
        Ok(began.elapsed().as_secs_f64())
    })
}

fn each(program: &Program) -> Result<f64> {
    living(program, ELEMENTS, |world| {
        let orders = (0..ELEMENTS as i64).map(Value::Word).collect();
        let began = Instant::now();
        world.start_process(named(program, "each")?, &[Value::List(orders)])?;
        Ok(began.elapsed().as_secs_f64())
    })
}

/// Measures something in a new world, which has to come to so many entries.
fn living(program: &Program, entries: usize, work: impl FnOnce(&mut HostWorld<'_>) -> Result<f64>) -> Result<f64> {
    let mut shard = Shard::new(SqliteStore::in_memory()?);
    let context = enter(&mut shard, "bench", MAIN_BOOK, program)?;
    let (tenant, book) = (context.tenant, context.book);
    let mut world = HostWorld::new(&mut shard, program, context)?;
    let took = work(&mut world)?;
    drop(world);
    let checked = shard.check(tenant, book)?;
    is_right(checked.entries, &checked.findings, entries)?;
    Ok(took)
}

fn is_right(entries: u64, findings: &[String], expected: usize) -> Result<()> {
    match findings {
        [] if entries == expected as u64 => Ok(()),
        _ => Err(format!("{entries} entries, {expected} are right; {findings:?}").into()),
    }
}

fn named(program: &Program, name: &str) -> Result<ProcessId> {
    let place = program.processes.iter().position(|process| program.texts[process.name.index()] == name);
    Ok(ProcessId(place.ok_or_else(|| format!("no process {name}"))? as u16))
}
