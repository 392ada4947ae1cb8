//! A file of events: what happened to processes, each at its own moment.

mod common;

use common::{Folder, Ran};
use serde_json::json;

const WORK: &str = r#"role Clerk

message Go key order { order: Text, parts: Int where parts > 0 }

process work(order: Text, total: Int) -> Int key order {
  let said = task look "Look at {order}" for Clerk { ask fine: Bool }
  let sent = wait Go where it.order == order within 5 days else { return 0 }
  return round(total / sent.parts, to: 1)
}
"#;

fn fed(events: &str) -> (Folder, Ran) {
    let folder = Folder::new();
    folder.file("work.bp", WORK);
    folder.bp("deploy work.bp --data books --at 2026-01-01T00:00Z").is(0, &[]);
    folder.file("events.jsonl", events);
    let ran = folder.bp("feed events.jsonl --data books");
    (folder, ran)
}

const A: &str = r#"{"at": "2026-01-02T00:00Z", "start": "work", "set": {"order": "A", "total": 12}}"#;
const LOOK: &str = r#"{"at": "2026-01-03T00:00Z", "complete": "look", "of": "work", "key": ["A"], "set": {"fine": true}, "as": "mia"}"#;
const GO: &str =
    r#"{"at": "2026-01-04T00:00Z", "deliver": "Go", "set": {"order": "A", "parts": 3}, "sender": "s", "id": "1"}"#;

#[test]
fn each_event_happens_at_its_moment() {
    let again = GO.replace("-04", "-05");
    let late = [A, LOOK].map(|line| line.replace("\"A\"", "\"B\"").replace("-03", "-05")).join("\n");
    let other = GO.replace("-04", "-05").replace("\"A\"", "\"C\"").replace("\"1\"", "\"2\"");
    let passed = LOOK.replace("-03", "-06").replace("\"as\"", "\"if_open\": true, \"as\"");
    let (b, look_b) = late.split_once('\n').expect("two lines");
    let events = [A, b, LOOK, "", GO, &again, look_b, &other, &passed].join("\n");
    let (folder, ran) = fed(&events);
    let counts = [
        "8 events",
        "  started                     2",
        "  tasks completed             2",
        "  tasks passed over           1",
        "  messages delivered          1",
        "  messages kept               1",
        "  duplicates                  1",
    ];
    ran.is(0, &counts);
    folder.bp("instances 1 --data books --at 2026-01-07T00:00Z").is(
        0,
        &[
            "1  work A  done: 4",
            "2026-01-03T00:00Z  task     look  (mia)",
            "2026-01-04T00:00Z  message  wait Go  (bp feed)",
        ],
    );
    // Nobody has said anything to the other one for five days.
    folder.bp("instances 2 --data books --at 2026-01-10T00:00Z").is(0, &["2  work B  done: 0"]);
    // What was done before is not done again.
    folder.file("more.jsonl", A.replace("-02", "-11"));
    let told = folder.bp("feed more.jsonl --data books --format json").json();
    assert_eq!((&told["started"], &told["there_already"]), (&json!(0), &json!(1)));
}

#[test]
fn the_first_event_that_is_refused_ends_it() {
    let (folder, ran) = fed(&[A, &GO.replace("\"parts\": 3", "\"parts\": 0"), LOOK].join("\n"));
    ran.is(2, &["events.jsonl:2: ", "parts"]);
    folder.bp("instances --data books --at 2026-01-04T00:00Z").is(0, &["1  work A  running", "1 instance"]);
    // It goes on behind it.
    folder.file("events.jsonl", [A, "", &LOOK.replace("-03", "-05"), &GO.replace("-04", "-05")].join("\n"));
    folder.bp("feed events.jsonl --data books --from 3").is(0, &["2 events"]);
    folder.bp("instances --data books --at 2026-01-05T00:00Z").is(0, &["1  work A  done: 4"]);
}

#[test]
fn bad_lines_are_told_with_their_place() {
    let moved = A.replace("-02", "-01").replace("2026", "2025");
    for (line, told) in [
        ("{\"at\"", "it is no JSON"),
        ("[1]", "a line is an object"),
        (&A.replace("\"at\"", "\"ad\""), "an event has no `ad`; did you mean `at`?"),
        (&A.replace("\"at\": \"2026-01-02T00:00Z\",", ""), "`at` is missing"),
        (&A.replace("-01-02T", "-13-02T"), "--at 2026-13-02T00:00Z"),
        (&A.replace("\"start\"", "\"key\""), "an event has one of `start`, `deliver` and `complete`"),
        (&A.replace("\"work\"", "\"walk\""), "there is no process `walk`; there is `work`"),
        (&A.replace("12", "\"many\""), "total"),
        (&A.replace("{\"order\": \"A\", \"total\": 12}", "3"), "`set` is an object"),
        (&GO.replace("\"Go\"", "\"Do\""), "there is no message `Do`"),
        (&LOOK.replace("\"key\": [\"A\"],", ""), "`key` is missing"),
        (&LOOK.replace("[\"A\"]", "[\"Z\"]"), "there is no instance work Z"),
        (&LOOK.replace("\"of\": \"work\",", ""), "`of` is missing"),
        (&LOOK.replace("\"look\"", "\"lock\""), "the task lock of instance 1 is not open"),
        (&moved, "cannot go back to"),
    ] {
        let (_, ran) = fed(&[A, line].join("\n"));
        ran.is(2, &["events.jsonl:2: ", told]);
    }
    let (folder, ran) = fed("\n");
    ran.is(2, &["events.jsonl has no event from line 1 on"]);
    folder.bp("feed none.jsonl --data books").is(3, &["none.jsonl"]);
    folder.bp("feed events.jsonl --data nowhere").is(2, &["events.jsonl has no event"]);
}
