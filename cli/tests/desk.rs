//! Who does tasks, by what they know, and how an operator ends what goes on.

mod common;

use common::{Folder, Ran};
use serde_json::{Value as Json, json};

const ORDERS: &str = r#"currency IDR

role Clerk
role Manager

message Reprice key order { order: Order, total: Money }

entity Order numbered "O/{seq:4}" { name: Text, total: Money, notes: Int }

action open_order(name: Text, total: Money) -> Order { return create Order(name: name, total: total, notes: 0) }
action price(order: Order, total: Money) { change order with (total: total) }
action note(order: Order) { change order with (notes: order.notes + 1) }

process handle(name: Text, total: Money) -> Money {
  let order = step open { open_order(name, total) } undo { note(order) }
  scope work {
    let said = task approve "Approve {name}" for Clerk {
      show order.total
      ask approved: Bool
    } within 5 days else escalate Manager
    let checked = task check "Check {name}" for Clerk may change {
      show order.total
      ask seen: Bool
    }
  } on it: Reprice where it.order == order {
    step reprice { price(order, it.total) } undo nothing
  }
  return order.total
}
"#;

const STAYS: &str = r#"role Clerk

entity Note numbered "N/{seq:4}" { text: Text, marks: Int }

action write(text: Text) -> Note { return create Note(text: text, marks: 0) }
action mark(n: Note) { change n with (marks: n.marks + 1) }

process inner(text: Text) -> Int {
  let n = step first { write("inner {text}") } undo { mark(n) }
  wait 2 days
  return 1
}

process outer(text: Text) -> Int {
  let n = step second { write("outer {text}") } undo { mark(n) }
  let done = call inner(text) undo nothing
  let last = step third { write("last {text}") }
  let read = step look { last.marks } undo nothing
  wait 10 days
  return read
}
"#;

/// A call in January 2026.
fn at(folder: &Folder, day: u32, args: &str) -> Ran {
    folder.bp(&format!("{args} --data books --at 2026-01-{day:02}T00:00Z"))
}

fn machine(folder: &Folder, day: u32, args: &str) -> Json {
    at(folder, day, &format!("{args} --format json")).json()
}

fn deployed(program: &str) -> Folder {
    let folder = Folder::new();
    folder.file("work.bp", program);
    at(&folder, 1, "deploy work.bp").is(0, &["work deployed"]);
    folder
}

fn started() -> Folder {
    let folder = deployed(ORDERS);
    at(&folder, 1, "start handle --set name=lamp --set total=100").is(0, &["Approve lamp"]);
    folder
}

#[test]
fn a_form_is_of_what_is_still_so() {
    let folder = started();
    at(&folder, 1, "tasks").is(0, &["order.total  100.00 IDR", "asks         approved: Bool"]);
    assert_eq!(machine(&folder, 1, "tasks")["tasks"][0]["shows"], json!({ "order.total": "100.00" }));
    at(&folder, 2, "deliver Reprice --set order=O/0001 --set total=120").is(0, &["was delivered to instance 1"]);
    let told = "task 1: Order O/0001 has changed: total is 120.00, was 100.00; look at it again";
    at(&folder, 2, "complete 1 --set approved=true").is(2, &[told]);
    at(&folder, 2, "complete 1 --set approved=true --form 1")
        .is(2, &["task 1: what form 1 shows has changed", "form 2"]);
    assert_eq!(machine(&folder, 2, "tasks")["tasks"][0]["form"], 2);
    at(&folder, 2, "complete 1 --set approved=true --form 2").is(0, &["task 1 is completed", "Check lamp"]);
    // A task that may be done whatever has changed.
    at(&folder, 3, "deliver Reprice --set order=O/0001 --set total=130").is(0, &["was delivered"]);
    at(&folder, 3, "complete 2 --set seen=true").is(0, &["done: 130.00 IDR"]);
}

#[test]
fn a_task_is_for_who_is_in_its_role() {
    let folder = started();
    at(&folder, 1, "roles").is(0, &["Clerk    everybody\nManager  everybody"]);
    at(&folder, 1, "roles --give Clerk --to mia").is(0, &["Clerk    mia"]);
    at(&folder, 1, "roles --give Clerk --to mia").is(2, &["mia is in the role Clerk already"]);
    at(&folder, 1, "roles --give Clark --to mia").is(2, &["there is no role `Clark`; did you mean `Clerk`?"]);
    at(&folder, 1, "roles --give Manager --to rina").is(0, &["Manager  rina"]);
    at(&folder, 1, "complete 1 --set approved=true").is(2, &["task 1: it is for the role Clerk: say who does it"]);
    let told = "task 1: it is for the role Clerk, and rina is not in it";
    at(&folder, 1, "complete 1 --set approved=true --as rina").is(2, &[told]);
    // It escalates to her.
    at(&folder, 7, "complete 1 --set approved=true --as rina").is(0, &["task 1 is completed"]);
    at(&folder, 7, "roles --take Clerk --from mia").is(0, &["Clerk    everybody"]);
    at(&folder, 7, "roles --take Clerk --from mia").is(2, &["mia is not in the role Clerk already"]);
    at(&folder, 7, "complete 2 --set seen=true").is(0, &["done: 100.00 IDR"]);
}

#[test]
fn a_claimed_task_is_for_whoever_has_claimed_it() {
    let folder = started();
    at(&folder, 1, "roles --give Clerk --to mia").is(0, &[]);
    at(&folder, 1, "roles --give Clerk --to rina").is(0, &["Clerk    mia, rina"]);
    at(&folder, 1, "delegate 1 --as mia --to rina").is(2, &["task 1: nobody has claimed it"]);
    at(&folder, 1, "claim 1 --as ben").is(2, &["ben is not in it"]);
    at(&folder, 1, "claim 1 --as mia").is(0, &["task 1 is for mia: Approve lamp"]);
    at(&folder, 1, "tasks").is(0, &["claimed by   mia"]);
    at(&folder, 1, "claim 1 --as rina").is(2, &["task 1: mia has claimed it"]);
    at(&folder, 1, "complete 1 --set approved=true --as rina").is(2, &["task 1: mia has claimed it"]);
    at(&folder, 1, "delegate 1 --as mia --to ben").is(2, &["ben is not in it"]);
    at(&folder, 1, "delegate 1 --as mia --to rina").is(0, &["task 1 is for rina"]);
    at(&folder, 1, "complete 1 --set approved=true --as mia").is(2, &["task 1: rina has claimed it"]);
    at(&folder, 1, "claim 1 --as rina --give-back").is(0, &["task 1 is for the role Clerk"]);
    at(&folder, 1, "complete 1 --set approved=true --as mia").is(0, &["task 1 is completed"]);
    at(&folder, 1, "instances 1").is(0, &["claimed", "delegated", "given back"]);
}

#[test]
fn an_instance_that_is_cancelled_takes_back_what_it_did() {
    let folder = started();
    at(&folder, 2, "cancel 7 --reason why").is(2, &["there is no instance `7`"]);
    at(&folder, 2, "cancel 1 --reason twice --as rina").is(0, &["instance 1 is cancelled", "1  handle  cancelled"]);
    let story = machine(&folder, 2, "instances 1");
    let lines: Vec<(&str, &str)> = story["story"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|line| (line["what"].as_str().unwrap_or_default(), line["name"].as_str().unwrap_or_default()))
        .collect();
    let end = &lines[lines.len() - 3..];
    assert_eq!(end, [("cancelling", "twice"), ("undone", "open"), ("cancelled", "")]);
    at(&folder, 2, "tasks").is(0, &["0 open tasks"]);
    at(&folder, 2, "cancel 1 --reason again").is(2, &["instance 1: it has ended: cancelled"]);
    at(&folder, 2, "complete 1 --set approved=true").is(2, &["it was withdrawn"]);
}

#[test]
fn what_nothing_takes_back_stays() {
    let folder = deployed(STAYS);
    at(&folder, 1, "start outer --set text=a").is(0, &["for the end of instance 2"]);
    at(&folder, 1, "cancel 2 --reason no").is(2, &["instance 1 has called it and waits for it; cancel that one"]);
    at(&folder, 1, "start outer --set text=b").is(0, &["instance 3"]);
    // The child first, then its caller.
    at(&folder, 2, "cancel 1 --reason no").is(0, &["1  outer  cancelled"]);
    at(&folder, 2, "instances 2").is(0, &["2  inner  cancelled", "undone      first"]);
    at(&folder, 4, "cancel 3 --reason no").is(2, &["instance 3: nothing takes back `third`, which is done"]);
    at(&folder, 4, "cancel 3 --reason no --force").is(0, &["3  outer  cancelled"]);
    at(&folder, 4, "instances 3").is(0, &["undone      second"]);
}
