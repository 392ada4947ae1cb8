//! Other systems that processes ask: workers fetch, answer, cannot, and are away.

mod common;

use common::{Folder, Ran};
use serde_json::{Value as Json, json};

const SHIP: &str = r#"record Booking { number: Text, price: Int where price >= 0, stops: List<Text> = [] }

type Grade = Int where 1 <= it <= 5

/// Somebody who brings parcels.
service Carrier {
  book(order: Text, weight: Int where weight > 0) -> Booking fails NoCapacity, TooHeavy(most: Int)
  rate(number: Text) -> Grade
  cancel(number: Text)
}

process ship(order: Text, weight: Int) -> Text key order fails TooHeavy(most: Int), Late {
  let booking = request Carrier.book(order, weight) within 1 hour retry 2 times else {
    NoCapacity => Booking(number: "post", price: 0)
    TimedOut => fail Late
  }
  return "{booking.number} for {booking.price}"
}

process judge(number: Text) -> Grade key number {
  let grade = request Carrier.rate(number) within 1 day
  return grade
}

process away(number: Text) key number {
  request Carrier.cancel(number)
}
"#;

fn at(folder: &Folder, minute: u32, line: &str) -> Ran {
    folder.bp(&format!("{line} --data books --at 2026-10-01T{:02}:{:02}Z", 8 + minute / 60, minute % 60))
}

fn shop() -> Folder {
    let folder = Folder::new();
    folder.file("ship.bp", SHIP);
    at(&folder, 0, "deploy ship.bp").is(0, &["ship deployed"]);
    folder
}

fn requests(folder: &Folder, minute: u32) -> Vec<Json> {
    let listed: Json = at(folder, minute, "requests --format json").json();
    listed["requests"].as_array().expect("a list").clone()
}

#[test]
fn a_worker_fetches_and_answers() {
    let folder = shop();
    at(&folder, 0, "start ship --set order=O1 --set weight=5")
        .is(0, &["for the answer to request main-r1 of Carrier.book, due 2026-10-01T09:00Z"]);
    at(&folder, 0, "start ship --set order=O2 --set weight=6").is(0, &[]);
    at(&folder, 1, "requests").is(0, &["main-r1  Carrier.book", "weight  5", "order   O1", "2 open requests"]);
    let fetched: Json = at(&folder, 1, "fetch Carrier.book --worker w1 --format json").json();
    let first = &fetched["requests"][0];
    assert_eq!((&first["key"], &first["asked"]), (&json!("main-r1"), &json!({ "order": "O1", "weight": 5 })));
    assert_eq!((&first["state"], &first["tries"], &first["retries"]), (&json!("locked"), &json!(1), &json!(2)));
    assert_eq!(first["locked_until"], json!("2026-10-01T08:06Z"));
    // Another worker gets the next one, and then nothing.
    at(&folder, 1, "fetch Carrier --worker w2 --max 5").is(0, &["main-r2  Carrier.book", "1 request"]);
    at(&folder, 1, "fetch Carrier --worker w2").is(0, &["there is nothing to fetch"]);
    at(&folder, 1, "answer main-r1 --worker w2 --set number=C1 --set price=1")
        .is(2, &["request main-r1: w1 has it until 2026-10-01T08:06Z"]);
    // What does not fit is refused, and nothing is done.
    at(&folder, 1, "answer main-r1 --worker w1 --set number=C1").is(2, &["price"]);
    at(&folder, 1, "answer main-r1 --worker w1 --set number=C1 --set price=-1").is(2, &["price >= 0", "-1"]);
    at(&folder, 1, "answer main-r1 --worker w1 --set number=C1 --set price=dear").is(2, &["price", "dear"]);
    at(&folder, 1, "answer main-r1 --worker w1 --set number=C1 --set prize=1").is(2, &["prize"]);
    at(&folder, 2, "answer main-r1 --worker w1 --set number=C1 --set price=12 --set stops=[\"A\"]")
        .is(0, &["request main-r1 is answered: Carrier.book", "1  ship O1  done: C1 for 12"]);
    // Once more the same is a duplicate, something else is refused.
    at(&folder, 2, "answer main-r1 --worker w1 --set number=C1 --set price=12 --set stops=[\"A\"]")
        .is(0, &["was answered so before; nothing was done"]);
    at(&folder, 2, "answer main-r1 --worker w1 --set number=C2 --set price=12")
        .is(2, &["w1 answered it already, with something else, at 2026-10-01T08:02Z"]);
    at(&folder, 2, "answer main-r1 --worker w2 --set number=C2 --set price=12").is(2, &["w1 answered it already"]);
    at(&folder, 3, "answer main-r2 --worker w2 --input {\"number\":\"C2\",\"price\":\"x\"}").is(2, &["price"]);
    at(&folder, 3, "answer main-r2 --worker w2 --input {\"number\":\"C2\",\"price\":7,\"stops\":[\"A\",\"B\"]}")
        .is(0, &["2  ship O2  done: C2 for 7"]);
    let story: Json = at(&folder, 3, "instances 2 --format json").json();
    let what: Vec<&str> =
        story["story"].as_array().expect("a story").iter().filter_map(|event| event["what"].as_str()).collect();
    assert_eq!(what, ["started", "rests", "fetched", "answered", "done"]);
    assert_eq!(requests(&folder, 3), Vec::<Json>::new());
}

#[test]
fn an_operation_fails_as_it_declares() {
    let folder = shop();
    at(&folder, 0, "start ship --set order=O1 --set weight=5").is(0, &[]);
    at(&folder, 0, "start ship --set order=O2 --set weight=500").is(0, &[]);
    at(&folder, 1, "fetch Carrier --worker w1 --max 9").is(0, &["2 requests"]);
    at(&folder, 1, "answer main-r1 --worker w1 --fail NoCapcity")
        .is(2, &["declares no failure `NoCapcity`", "NoCapacity"]);
    at(&folder, 1, "answer main-r1 --worker w1 --fail NoCapacity --set most=3").is(2, &["most"]);
    at(&folder, 1, "answer main-r1 --worker w1 --fail NoCapacity").is(0, &["1  ship O1  done: post for 0"]);
    at(&folder, 1, "answer main-r2 --worker w1 --fail TooHeavy").is(2, &["most"]);
    at(&folder, 1, "answer main-r2 --worker w1 --fail TooHeavy --input {\"most\":30}")
        .is(0, &["2  ship O2  failed: TooHeavy(most: 30)"]);
}

#[test]
fn what_is_no_record_is_the_result() {
    let folder = shop();
    at(&folder, 0, "start judge --set number=C1").is(0, &[]);
    at(&folder, 0, "start away --set number=C1").is(0, &[]);
    at(&folder, 1, "fetch Carrier.rate --worker w1 --max 9").is(0, &["main-r1", "1 request"]);
    at(&folder, 1, "answer main-r1 --worker w1 --set result=6").is(2, &["1 <= it <= 5"]);
    at(&folder, 1, "answer main-r1 --worker w1 --input 4").is(0, &["1  judge C1  done: 4"]);
    at(&folder, 1, "answer main-r2 --worker w1").is(2, &["w1 has not fetched it"]);
    at(&folder, 1, "fetch Carrier.cancel --worker w1").is(0, &["number  C1"]);
    at(&folder, 1, "answer main-r2 --worker w1").is(0, &["2  away C1  done"]);
}

#[test]
fn what_cannot_be_asked_is_asked_again_later_and_later_and_then_stands_still() {
    let folder = shop();
    at(&folder, 0, "start ship --set order=O1 --set weight=5").is(0, &[]);
    at(&folder, 0, "fetch Carrier --worker w1").is(0, &[]);
    at(&folder, 0, "answer main-r1 --worker w1 --error gone")
        .is(0, &["it may be fetched again from 2026-10-01T08:00:10Z", "try 1 of 3 failed: gone"]);
    at(&folder, 0, "answer main-r1 --worker w1 --error gone").is(2, &["w1 does not have it any more"]);
    at(&folder, 0, "fetch Carrier --worker w1").is(0, &["there is nothing to fetch"]);
    // A worker that says nothing has failed as well.
    at(&folder, 1, "fetch Carrier --worker w2").is(0, &["w2 has it until 2026-10-01T08:06Z"]);
    at(&folder, 7, "requests").is(0, &["try 2 of 3 failed: w2 did not answer, again from 2026-10-01T08:06:20Z"]);
    at(&folder, 7, "fetch Carrier --worker w1").is(0, &["main-r1"]);
    let told = [
        "all its tries are used up",
        "incident at request Carrier.book: Carrier.book could not be asked, 3 times: gone",
    ];
    at(&folder, 7, "answer main-r1 --worker w1 --error gone").is(1, &told);
    at(&folder, 7, "incidents").is(0, &["1 incident"]);
    at(&folder, 7, "fetch Carrier --worker w1").is(0, &["there is nothing to fetch"]);
    at(&folder, 7, "answer main-r1 --worker w1 --set number=C1 --set price=1").is(2, &["has to be retried before"]);
    assert_eq!(requests(&folder, 7)[0]["state"], json!("stopped"));
    at(&folder, 8, "retry 1").is(0, &["instance 1 tried again", "for the answer to request main-r1"]);
    at(&folder, 8, "fetch Carrier --worker w3").is(0, &["main-r1"]);
    at(&folder, 8, "answer main-r1 --worker w3 --set number=C1 --set price=1").is(0, &["done: C1 for 1"]);
}

#[test]
fn the_time_is_over_whoever_has_it_and_whatever_stands_still() {
    let folder = shop();
    at(&folder, 0, "start ship --set order=O1 --set weight=5").is(0, &[]);
    at(&folder, 0, "start ship --set order=O2 --set weight=5").is(0, &[]);
    at(&folder, 0, "start judge --set number=C1").is(0, &[]);
    at(&folder, 1, "fetch Carrier.book --worker w1 --lock 1day").is(2, &["--lock 1day"]);
    at(&folder, 1, "fetch Carrier.book --worker w1 --max 2 --lock 3hours").is(0, &["2 requests"]);
    at(&folder, 59, "instances").is(0, &["1  ship O1  running"]);
    at(&folder, 60, "instances").is(0, &["1  ship O1  failed: Late", "2  ship O2  failed: Late"]);
    at(&folder, 61, "answer main-r1 --worker w1 --set number=C1 --set price=1")
        .is(2, &["it was withdrawn at 2026-10-01T09:00Z: something else happened first"]);
    // Nothing says what is done then: it is overdue.
    folder.bp("requests --data books --at 2026-10-03T00:00Z").is(0, &["overdue since 2026-10-02T08:00Z"]);
    folder.bp("fetch Carrier.rate --worker w1 --data books --at 2026-10-03T00:00Z").is(0, &["main-r3"]);
    folder.bp("answer main-r3 --worker w1 --set result=1 --data books --at 2026-10-03T00:00Z").is(0, &["done: 1"]);
}

#[test]
fn another_time_is_over_while_it_stands_still() {
    let folder = shop();
    at(&folder, 0, "start ship --set order=O1 --set weight=5").is(0, &[]);
    for minute in [1, 10, 20] {
        at(&folder, minute, "fetch Carrier --worker w1").is(0, &["main-r1"]);
        let status = i32::from(minute == 20);
        at(&folder, minute, "answer main-r1 --worker w1 --error gone").is(status, &["gone"]);
    }
    at(&folder, 60, "instances").is(0, &["1  ship O1  failed: Late"]);
}

#[test]
fn a_program_takes_over_where_it_asks_the_same() {
    let folder = shop();
    at(&folder, 0, "start ship --set order=O1 --set weight=5").is(0, &[]);
    folder.file(
        "ship.bp",
        SHIP.replace("weight: Int where weight > 0)", "weight: Text)")
            .replace("(order, weight) w", "(order, \"{weight}\") w"),
    );
    at(&folder, 1, "deploy ship.bp").is(1, &["instance 1", "something else would be waited for"]);
    folder.file("ship.bp", SHIP.replace("  book(", "  order(").replace("Carrier.book", "Carrier.order"));
    at(&folder, 1, "deploy ship.bp").is(1, &["it rests at `request Carrier.book`, which is not there"]);
    folder.file("ship.bp", SHIP.replace("retry 2 times", "retry 5 times"));
    at(&folder, 1, "deploy ship.bp").is(0, &["ship deployed"]);
    at(&folder, 1, "fetch Carrier --worker w1").is(0, &["main-r1"]);
    at(&folder, 1, "answer main-r1 --worker w1 --fail NoCapacity").is(0, &["done: post for 0"]);
}

#[test]
fn what_is_asked_for_has_to_be_there() {
    let folder = shop();
    at(&folder, 0, "fetch Carier --worker w1").is(2, &["there is no service or operation `Carier`", "`Carrier`"]);
    at(&folder, 0, "fetch Carrier.boook --worker w1").is(2, &["`Carrier.book`"]);
    at(&folder, 0, "fetch Carrier --worker w1 --max 0").is(2, &["--max 0: 1 to 1000"]);
    at(&folder, 0, "fetch Carrier --worker w1 --lock soon").is(2, &["--lock soon"]);
    at(&folder, 0, "answer main-r9 --worker w1").is(2, &["there is no request `main-r9`"]);
    at(&folder, 0, "requests").is(0, &["0 open requests"]);
}

const NOTES: &str = r#"record Mail { subject: Text, body: Text }

record Parcel { order: Text, boxes: Int }

message Packed key order { order: Text, boxes: Int }

process pack(order: Text) key order {
  send message Packed(order: order, boxes: 3)
  send http Parcel(order: order, boxes: 3) to "https://carrier.test/parcels"
  send email Mail(subject: "Packed", body: "{order} is packed") to "a@b.test"
}

process watch(order: Text) -> Int key order {
  let packed = wait Packed where it.order == order
  return packed.boxes
}
"#;

#[test]
fn what_is_sent_waits_for_a_sender_and_messages_come_once() {
    let folder = Folder::new();
    folder.file("notes.bp", NOTES);
    at(&folder, 0, "deploy notes.bp").is(0, &[]);
    at(&folder, 0, "start pack --set order=O1").is(0, &["1  pack O1  done"]);
    // It came before anybody waited for it.
    at(&folder, 1, "start watch --set order=O1").is(0, &["2  watch O1  done: 3"]);
    at(&folder, 2, "outbox")
        .is(0, &["http to https://carrier.test/parcels since 2026-10-01T08:00Z", "2 things to be sent"]);
    let listed: Json = at(&folder, 2, "outbox --format json").json();
    let list = listed["outbox"].as_array().expect("a list");
    assert_eq!(list[0]["body"], json!({ "order": "O1", "boxes": 3 }));
    assert_eq!((&list[1]["channel"], &list[1]["to"]), (&json!("email"), &json!("a@b.test")));
    let key = list[0]["key"].as_str().expect("a key").to_owned();
    at(&folder, 3, &format!("outbox --sent {key}")).is(0, &["1 thing to be sent"]);
    at(&folder, 3, &format!("outbox --sent {key}")).is(2, &["waits to be sent"]);
    at(&folder, 3, "outbox --sent main-o99").is(2, &["nothing with the key `main-o99` waits to be sent"]);
    at(&folder, 4, "start watch --set order=O2").is(0, &["rests at wait Packed"]);
    at(&folder, 5, "start pack --set order=O2").is(0, &["4  pack O2  done"]);
    at(&folder, 6, "instances").is(0, &["watch O2  done: 3"]);
}

#[test]
fn a_test_that_fails_tells_what_its_processes_ask_for() {
    let folder = Folder::new();
    let tests = "\ntest \"forgets to answer\" {\n  let run = start ship(\"O1\", 5)\n  answer run.Carrier.book error \"gone\"\n  answer run.Carrier.book(number: \"C1\", price: 1)\n}\n\ntest \"tries too often\" {\n  let run = start judge(\"C1\")\n  answer run.Carrier.rate error \"gone\"\n}\n\ntest \"nobody is asked\" {\n  let run = start away(\"C1\")\n  answer run.Carrier.cancel()\n  answer run.Carrier.cancel()\n}\n";
    folder.file("ship.bp", format!("{SHIP}{tests}"));
    let ran = folder.bp("test ship.bp");
    ran.is(1, &["Carrier.book is asked again at 2026-01-01T00:00:10Z, not before", "0 passed, 3 failed"]);
    ran.is(
        1,
        &["rests at request Carrier.book for the answer to request test-r1 of Carrier.book, due", "try 1 of 3 failed"],
    );
    ran.is(1, &["Carrier.rate could not be asked, once: gone", "it does not wait for an answer of Carrier.cancel"]);
    assert_eq!(folder.bp("test ship.bp --engine jit").out, ran.out);
}
