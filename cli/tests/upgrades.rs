//! Programs that take over from others: what instances rest at has to be waited for in the same way.

mod common;

use common::{Folder, Ran};

const STRETCHES: &str = r#"role Clerk

message Hurry key order { order: Text }

entity Order numbered "O/{seq:4}" { name: Text, marks: Int }

action open_order(name: Text) -> Order { return create Order(name: name, marks: 0) }
action mark(order: Order) { change order with (marks: order.marks + 1) }

process handle(name: Text) -> Int {
  let order = step open { open_order(name) } undo nothing
  scope work {
    let done = task do_it "Do {name}" for Clerk { ask pieces: Int }
  } every 2 days {
    step again { mark(order) } undo nothing
  }
  return order.marks
}
"#;

const LOCKS: &str = r#"role Clerk

process count(shelf: Text) -> Int {
  exclusive on shelf {
    let counted = task count_it "Count {shelf}" for Clerk { ask pieces: Int }
  }
  return 1
}
"#;

const LISTS: &str = r#"role Clerk

process ask_all(shops: Int where 1 <= shops <= 100) -> List<Int> {
  let answers = parallel for shop in [1..shops] {
    let answer = task answer "Ask shop {shop}" for Clerk { ask price: Int }
    answer.price
  }
  return answers
}
"#;

const CALLS: &str = r#"role Clerk

process pack(order: Text) -> Int {
  let packed = task pack_it "Pack {order}" for Clerk { ask boxes: Int }
  return packed.boxes
}

process weigh(order: Text) -> Int {
  let packed = task pack_it "Weigh {order}" for Clerk { ask boxes: Int }
  return packed.boxes
}

process ship(order: Text) -> Int {
  let boxes = call pack(order)
  return boxes
}
"#;

/// A call in January 2026.
fn at(folder: &Folder, day: u32, args: &str) -> Ran {
    folder.bp(&format!("{args} --data books --at 2026-01-{day:02}T00:00Z"))
}

/// A folder where a program is deployed.
fn deployed(program: &str) -> Folder {
    let folder = Folder::new();
    folder.file("work.bp", program);
    at(&folder, 1, "deploy work.bp").is(0, &["work deployed"]);
    folder
}

/// The program with one text for another one, which it has, does not take over.
fn refused(folder: &Folder, program: &str, old: &str, new: &str) {
    assert!(program.contains(old), "{old}");
    folder.file("work.bp", program.replace(old, new));
    at(folder, 1, "deploy work.bp").is(1, &["work is not deployed: instance", "which goes on, could not any more"]);
}

fn taken_over(folder: &Folder, program: &str, old: &str, new: &str) {
    assert!(program.contains(old), "{old}");
    folder.file("work.bp", program.replace(old, new));
    at(folder, 1, "deploy work.bp").is(0, &["work deployed"]);
}

#[test]
fn a_stretch_has_the_same_handlers() {
    let folder = deployed(STRETCHES);
    at(&folder, 1, "start handle --set name=lamp").is(0, &["Do lamp"]);
    refused(&folder, STRETCHES, "every 2 days", "after 2 days");
    refused(&folder, STRETCHES, "} every 2 days {\n    step again { mark(order) } undo nothing\n  }", "}");
    let more = "} on hurry: Hurry where hurry.order == name {\n    step note { mark(order) } undo nothing\n  } every 2";
    refused(&folder, STRETCHES, "} every 2", more);
    refused(&folder, STRETCHES, "{ ask pieces: Int }", "{ ask pieces: Int } within 1 day");
    taken_over(&folder, STRETCHES, "every 2 days", "every 3 days");
    at(&folder, 6, "complete 1 --set pieces=1").is(0, &["done: 2"]);
}

#[test]
fn who_waits_for_a_stretch_goes_on_waiting() {
    let folder = deployed(LOCKS);
    at(&folder, 1, "start count --set shelf=A").is(0, &["Count A"]);
    at(&folder, 1, "start count --set shelf=A").is(0, &["instance 2"]);
    refused(&folder, LOCKS, "  exclusive on shelf {", "  scope work {");
    taken_over(&folder, LOCKS, "return 1", "return 2");
    at(&folder, 2, "complete 1 --set pieces=1").is(0, &["done: 2"]);
    at(&folder, 2, "complete 2 --set pieces=1").is(0, &["2  count  done: 2"]);
}

#[test]
fn the_branches_of_a_list_stay_those_of_a_list() {
    let folder = deployed(LISTS);
    at(&folder, 1, "start ask_all --set shops=2").is(0, &["Ask shop 1", "Ask shop 2"]);
    at(&folder, 1, "complete 1 --set price=10").is(0, &[]);
    let texts = LISTS.replace("List<Int>", "List<Text>");
    refused(&folder, &texts, "    answer.price", "    \"{answer.price}\"");
    taken_over(&folder, LISTS, "return answers", "return [answer + 1 for answer in answers]");
    at(&folder, 2, "complete 2 --set price=20").is(0, &["11", "21"]);
}

#[test]
fn a_child_is_the_one_that_was_called() {
    let folder = deployed(CALLS);
    at(&folder, 1, "start ship --set order=A").is(0, &["for the end of instance 2"]);
    refused(&folder, CALLS, "call pack(order)", "call weigh(order)");
    taken_over(&folder, CALLS, "return boxes", "return boxes + 1");
    at(&folder, 2, "complete 1 --set boxes=3").is(0, &[]);
    at(&folder, 2, "instances").is(0, &["1  ship  done: 4"]);
}
