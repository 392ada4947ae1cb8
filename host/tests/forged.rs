//! Documents that no program of this version can have written: whoever reads one is told what is wrong with it, and
//! nothing of the step that read it is left.

mod common;

use std::path::Path;

use bp_bytecode::Program;
use bp_bytecode::index::ProcessId;
use bp_bytecode::value::Value;
use bp_host::ledger::BookSpec;
use bp_host::store::SqliteStore;
use bp_host::world::{HostWorld, deploy};
use bp_host::{Shard, StepContext};
use bp_vm::{Limits, Vm};

const PROGRAM: &str = r#"currency USD

enum Kind { Paper, Metal }

record Line { item: Text, price: Money }

entity Customer key code {
  code: Text
}

entity Order key number {
  number: Text
  customer: Customer
  kind: Kind
  total: Money where total >= 0
  lines: List<Line>
  day: Date
  states open -> paid
}

chart {
  asset  till  "1000"
  income sales "4000"
}

process put(number: Text) {
  step put {
    let customer = get Customer("A") ?? create Customer(code: "A")
    let lines = [Line(item: "ink", price: 7 USD), Line(item: "pen", price: 3 USD)]
    create Order(number: number, customer: customer, kind: Paper, total: 10 USD, lines: lines, day: 2026-01-31)
  }
}

/// Posts before it looks at the order.
process pay(number: Text) -> Text {
  return step pay {
    post "Paid" on 2026-01-31 else first_open {
      debit  till  10 USD
      credit sales 10 USD
    }
    match get Order(number) {
      some(order) => {
        let told = "{order.customer.code} {order.kind} {order.total} {count(order.lines)} {order.day} {order.state}"
        order -> paid
        told
      }
      none => "none"
    }
  }
}
"#;

/// Runs a process over the store of a file; the text that it gives, or how the fault reads.
fn run(program: &Program, path: &Path, name: &str) -> Result<String, String> {
    let mut shard = Shard::new(SqliteStore::open(path).unwrap());
    let tenant = match shard.tenant("acme").unwrap() {
        Some(tenant) => tenant,
        None => shard.add_tenant("acme").unwrap(),
    };
    let book = match shard.book(tenant, "main").unwrap() {
        Some(book) => book,
        None => shard.add_book(tenant, &BookSpec::new("main", "USD", 2)).unwrap(),
    };
    deploy(&mut shard, tenant, book, program).unwrap();
    let ran = {
        let mut world = HostWorld::new(&mut shard, program, StepContext::new(tenant, book)).unwrap();
        let mut vm = Vm::new(program, Limits::default());
        let named = |process: &bp_bytecode::program::Process| program.texts[process.name.index()] == name;
        let number = program.processes.iter().position(named).unwrap();
        let process = &program.processes[number];
        let slots = vm.put_params(ProcessId(number as u16), &[Value::Text("1".into())]).unwrap();
        let ran = vm.call(process.func, &slots, &mut world).map_err(|fault| fault.to_string());
        world.commit().unwrap();
        ran.map(|slot| match vm.get_value(process.outcome, slot as u64) {
            Value::Variant { case: 0, fields } => match fields.as_slice() {
                [Value::Text(text)] => text.to_string(),
                _ => String::new(),
            },
            other => panic!("{name}: {other:?}"),
        })
    };
    let found = shard.check(tenant, book).unwrap();
    assert!(found.is_sound(), "{:?}", found.findings);
    if ran.is_err() {
        assert_eq!(found.entries, 0, "something of the step is left");
    }
    ran
}

#[test]
fn a_forged_document_is_told() {
    let program = common::program("forged", PROGRAM);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("books.db");
    run(&program, &path, "put").unwrap();
    let forgeries = [
        ("data = 'no JSON'", "its data are no JSON object"),
        ("data = '[1, 2]'", "its data are no JSON object"),
        ("data = json_set(data, '$.total', 'a lot')", "`a lot`"),
        ("data = json_set(data, '$.total', '10.001')", "`10.001`"),
        ("data = json_set(data, '$.total', '99999999999999999999')", "too large"),
        ("data = json_set(data, '$.kind', 'Stone')", "`Stone`"),
        ("data = json_set(data, '$.customer', 'Z')", "there is no Customer `Z`"),
        ("data = json_set(data, '$.day', '2026-02-30')", "`2026-02-30`"),
        ("data = json_set(data, '$.lines', 7)", "a list"),
        ("data = json_set(data, '$.lines[1].price', json('{}'))", "found an object"),
        ("data = json_remove(data, '$.day')", "day: what is stored has no such field"),
        ("data = json_set(data, '$.state', 'lost')", "`lost`"),
        ("schema_version = 99", "schema version 99"),
    ];
    let mut missed = Vec::new();
    for (forgery, expected) in forgeries {
        let copy = folder.path().join("copy.db");
        let _ = std::fs::remove_file(&copy);
        rusqlite::Connection::open(&path).unwrap().execute("VACUUM INTO ?1", [copy.display().to_string()]).unwrap();
        let store = rusqlite::Connection::open(&copy).unwrap();
        let changed = store.execute(&format!("UPDATE document SET {forgery} WHERE entity = 'Order'"), []).unwrap();
        drop(store);
        assert_eq!(changed, 1);
        match run(&program, &copy, "pay") {
            Err(told) if told.contains(expected) => {}
            told => missed.push(format!("{forgery}: {told:?}, not {expected}")),
        }
    }
    assert_eq!(missed, Vec::<String>::new());
    assert_eq!(run(&program, &path, "pay").unwrap(), "A Paper 10.00 USD 2 2026-01-31 open");
}
