//! Processes that live, over many calls of the command: deployed, started, done tasks of, sent messages to, repaired.

mod common;

use common::{Folder, Ran, bp};
use serde_json::{Value as Json, json};

const SELL: &str = r#"currency IDR

role Manager
role Director

chart {
  asset  bank  "1000"
  income sales "4000"
}

message Paid key invoice { invoice: Text, amount: Money where amount > 0 }

record Mail { subject: Text, body: Text }

action book(amount: Money) {
  post "sale" on today() else first_open { debit bank amount  credit sales amount }
}

process sell(invoice: Text, amount: Money where amount > 0) -> Money key invoice
  fails Refused(note: Text), TooLate(days: Int)
{
  let review = task review "Review {invoice}" for Manager {
    show amount
    ask approved: Bool, discount: Int where discount >= 0, note: Text?
  } within 2 days else escalate Director
  if not review.approved { fail Refused(invoice) }
  var reminders = 0
  var open = amount
  while open > 0 {
    race {
      on paid: Paid where paid.invoice == invoice {
        step settle { book(paid.amount) } undo nothing
        open = open - paid.amount
      }
      after 7 days {
        if reminders >= 3 { fail TooLate(21) }
        reminders = reminders + 1
        send email Mail(subject: "Reminder {reminders}", body: "Please pay {open}") to "a@b.test"
      }
    }
  }
  return amount - open
}
"#;

/// A process that stands still at its second step while `parts` is 0.
const SPLIT: &str = r#"message Go key order { order: Text, parts: Int }

process split(order: Text, total: Int) -> Int key order {
  let first = step one { total + 1 }
  let sent = wait Go where it.order == order
  let part = step two { round(first / sent.parts, to: 1) }
  return part
}
"#;

/// A folder where `sell.bp` is deployed on 2026-01-01.
fn deployed() -> Folder {
    let folder = Folder::new();
    folder.file("sell.bp", SELL);
    folder
        .bp("deploy sell.bp --data books --at 2026-01-01T00:00Z")
        .is(0, &["sell deployed for the tenant main", "Paid"]);
    folder
}

/// A call in January 2026.
fn at(folder: &Folder, day: u32, args: &str) -> Ran {
    folder.bp(&format!("{args} --data books --at 2026-01-{day:02}T00:00Z"))
}

fn machine(folder: &Folder, day: u32, args: &str) -> Json {
    at(folder, day, &format!("{args} --format json")).json()
}

fn started(folder: &Folder) {
    at(folder, 1, "start sell --set invoice=A1 --set amount=100").is(0, &["instance 1 started: sell A1"]);
}

fn approved(folder: &Folder, day: u32, task: i64) {
    at(folder, day, &format!("complete {task} --set approved=true --set discount=0")).is(0, &["is completed"]);
}

#[test]
fn a_whole_life() {
    let folder = deployed();
    at(&folder, 1, "start sell --set invoice=A1 --set amount=100").is(
        0,
        &[
            "instance 1 started: sell A1",
            "1  sell A1  running",
            "rests at review for Manager to do task 1: Review A1, due 2026-01-03T00:00Z",
        ],
    );
    at(&folder, 2, "tasks")
        .is(0, &["1  Review A1", "for     Manager", "amount  100.00 IDR", "asks    approved: Bool", "1 open task"]);
    at(&folder, 2, "complete 1 --set approved=true --set discount=5 --as mia").is(
        0,
        &["task 1 is completed", "rests at race for the message Paid of A1", "rests at race until 2026-01-09T00:00Z"],
    );
    at(&folder, 3, "tasks").is(0, &["0 open tasks"]);
    at(&folder, 3, "deliver Paid --set invoice=A1 --set amount=60")
        .is(0, &["message 1 was delivered to instance 1", "running"]);
    at(&folder, 4, "deliver Paid --set invoice=A1 --set amount=40").is(0, &["1  sell A1  done: 100.00 IDR"]);
    at(&folder, 5, "instances").is(0, &["1  sell A1  done: 100.00 IDR", "1 instance"]);
    at(&folder, 5, "instances --state running").is(0, &["0 instances"]);
    at(&folder, 5, "instances 1").is(
        0,
        &[
            "2026-01-01T00:00Z  started  sell  (bp start)",
            "2026-01-02T00:00Z  task     review  (mia)",
            "2026-01-03T00:00Z  step     settle  (bp deliver)",
            "2026-01-04T00:00Z  done",
        ],
    );
    let books = folder.bp("ledger balances --data books --format json").json();
    assert_eq!(books["balances"][0]["balance"], "100.00", "{books:#}");
}

#[test]
fn what_machines_read() {
    let folder = deployed();
    let start = machine(&folder, 1, "start sell --set invoice=A1 --set amount=100");
    assert_eq!(start["instance"], 1);
    assert_eq!((&start["new"], &start["key"], &start["state"]), (&json!(true), &json!(["A1"]), &json!("running")));
    let wait = &start["stands"][0]["waits"][0];
    assert_eq!((&wait["kind"], &wait["task"], &wait["due"]), (&json!("task"), &json!(1), &json!("2026-01-03T00:00Z")));
    let tasks = machine(&folder, 4, "tasks --role Director");
    let task = &tasks["tasks"][0];
    assert_eq!((&task["overdue"], &task["escalated"]), (&json!(true), &json!("Director")));
    assert_eq!((&task["shows"], &task["role"]), (&json!({ "amount": "100.00" }), &json!("Manager")));
    assert_eq!(task["asks"][1], json!({ "name": "discount", "type": "Int" }));
    let done = machine(&folder, 4, "complete 1 --set approved=false --set discount=0");
    assert_eq!((&done["task"], &done["state"]), (&json!(1), &json!("failed")));
    assert_eq!(done["failure"], json!({ "case": "Refused", "note": "A1" }));
    assert_eq!(done["result"], Json::Null);
    let all = machine(&folder, 4, "instances --state failed");
    assert_eq!(all["instances"].as_array().unwrap().len(), 1);
    let story = machine(&folder, 4, "instances 1");
    let what: Vec<&str> = story["story"].as_array().unwrap().iter().map(|e| e["what"].as_str().unwrap()).collect();
    assert_eq!(what, ["started", "rests", "overdue", "task", "failed", "failed"]);
}

#[test]
fn deadlines_pass_each_at_its_moment() {
    let folder = deployed();
    started(&folder);
    at(&folder, 2, "tasks --role Director").is(0, &["0 open tasks"]);
    at(&folder, 3, "tasks --role Director").is(0, &["overdue since 2026-01-03T00:00Z", "Manager, Director"]);
    approved(&folder, 4, 1);
    // Three reminders and the end, all in one call.
    at(&folder, 31, "tasks").is(0, &["0 open tasks"]);
    folder.bp("instances 1 --data books --at 2026-02-10T00:00Z").is(
        0,
        &[
            "failed: TooLate(days: 21)",
            "2026-01-11T00:00Z  sent",
            "2026-01-18T00:00Z  sent",
            "2026-01-25T00:00Z  sent",
            "2026-02-01T00:00Z  failed   TooLate",
        ],
    );
}

#[test]
fn a_second_start_of_a_key_answers_with_the_first() {
    let folder = deployed();
    started(&folder);
    at(&folder, 1, "start sell --set invoice=A1 --set amount=70").is(0, &["instance 1 was there already: sell A1"]);
    assert_eq!(machine(&folder, 1, "start sell --set invoice=A1 --set amount=70")["new"], false);
    at(&folder, 1, "start sell --set invoice=A2 --set amount=70").is(0, &["instance 2 started: sell A2"]);
    at(&folder, 1, "instances").is(0, &["2 instances"]);
}

#[test]
fn messages_come_early_late_and_twice() {
    let folder = deployed();
    at(&folder, 1, "deliver Paid --set invoice=A1 --set amount=100 --sender bank --id 7")
        .is(0, &["nobody waits for message 1; it is kept until 2026-01-31T00:00Z"]);
    at(&folder, 1, "deliver Paid --set invoice=A1 --set amount=100 --sender bank --id 7")
        .is(0, &["it is a duplicate of message 1; nothing was done"]);
    started(&folder);
    // The early one is taken when it is waited for.
    at(&folder, 2, "complete 1 --set approved=true --set discount=0").is(0, &["done: 100.00 IDR"]);
    let again = machine(&folder, 2, "deliver Paid --set invoice=A1 --set amount=100 --sender bank --id 7");
    assert_eq!((&again["outcome"], &again["message"], &again["instance"]), (&json!("duplicate"), &json!(1), &json!(1)));
    // Another sender's number is not the bank's.
    let late = machine(&folder, 3, "deliver Paid --set invoice=A1 --set amount=100 --sender till --id 7");
    assert_eq!((&late["outcome"], &late["instance"]), (&json!("kept"), &Json::Null));
    assert_eq!(late["until"], "2026-02-02T00:00Z");
}

#[test]
fn an_incident_is_repaired_by_a_mended_program() {
    let folder = Folder::new();
    folder.file("split.bp", SPLIT);
    at(&folder, 1, "deploy split.bp").is(0, &[]);
    at(&folder, 1, "start split --set order=O1 --set total=9").is(0, &["rests at", "for the message Go of O1"]);
    at(&folder, 2, "deliver Go --set order=O1 --set parts=0").is(
        1,
        &["message 1 was delivered to instance 1", "1  split O1  stands still", "incident at", "division by zero"],
    );
    at(&folder, 3, "incidents")
        .is(0, &["instance 1, split O1, stands still at", "since 2026-01-02T00:00Z", "division by zero", "1 incident"]);
    let incidents = machine(&folder, 3, "incidents");
    assert_eq!(
        (&incidents["incidents"][0]["instance"], &incidents["incidents"][0]["state"]),
        (&json!(1), &json!("running"))
    );
    // What is wrong is still wrong.
    at(&folder, 4, "retry 1").is(1, &["instance 1 tried again", "stands still"]);
    folder.file("split.bp", SPLIT.replace("first / sent.parts", "first / max(sent.parts, 1)"));
    at(&folder, 4, "deploy split.bp").is(0, &["split deployed"]);
    at(&folder, 5, "retry 1").is(0, &["instance 1 tried again", "1  split O1  done: 10"]);
    at(&folder, 5, "incidents").is(0, &["0 incidents"]);
    at(&folder, 5, "retry 1").is(2, &["instance 1 stands still nowhere"]);
    at(&folder, 5, "retry 8").is(2, &["there is no instance 8"]);
}

#[test]
fn a_program_that_instances_could_not_go_on_with_is_not_deployed() {
    let folder = deployed();
    started(&folder);
    at(&folder, 1, "deploy sell.bp").is(0, &["sell is deployed already"]);
    folder.file("sell.bp", SELL.replace("task review \"", "task approval \""));
    at(&folder, 1, "deploy sell.bp").is(1, &["sell is not deployed: instance 1", "rests at `review`"]);
    folder.file("sell.bp", SELL.replace("process sell(", "process trade("));
    at(&folder, 1, "deploy sell.bp").is(1, &["instance 1", "there is no process `sell`"]);
    folder.file(
        "sell.bp",
        SELL.replace(
            "amount: Money where amount > 0) -> Money key",
            "amount: Money where amount > 0, by: Date) -> Money key",
        )
        .replace("return amount - open", "if by > today() { return amount }\n  return amount - open"),
    );
    at(&folder, 1, "deploy sell.bp").is(1, &["rests at `review`, where `by` would have a value"]);
    // The first one is still there, and what it holds goes on.
    approved(&folder, 2, 1);
    folder.file("sell.bp", SELL.replace("Reminder {reminders}", "Reminder no. {reminders}"));
    at(&folder, 2, "deploy sell.bp").is(0, &["sell deployed"]);
    at(&folder, 2, "deliver Paid --set invoice=A1 --set amount=100").is(0, &["done: 100.00 IDR"]);
}

#[test]
fn wrong_names_and_values_are_told_and_nothing_happens() {
    let folder = deployed();
    for (args, told) in [
        ("start sel --set invoice=A1", "there is no process `sel`; did you mean `sell`?"),
        ("start sell --set invoice=A1", "the process sell needs `amount`: give it by --set amount=…"),
        ("start sell --set invoice=A1 --set amuont=5", "--set amuont: nothing has that name; did you mean `amount`?"),
        ("start sell --set invoice=A1 --set amount=much", "--set amount: `much` is not an amount in IDR"),
        ("start sell --set invoice=A1 --set amount=1.005", "--set amount: `1.005` has more than 2 digits"),
        ("start sell --set invoice=A1 --set amount=-5", "amount must satisfy `amount > 0`, but it is -5.00 IDR"),
        ("start sell --set invoice", "--set invoice: write NAME=VALUE"),
        ("deliver Payd --set invoice=A1", "there is no message `Payd`; did you mean `Paid`?"),
        ("deliver Paid --set invoice=A1", "the message Paid needs `amount`"),
        ("deliver Paid --set invoice=A1 --set amount=0", "must satisfy `amount > 0`, but it is 0.00 IDR"),
        ("deliver Paid --set invoice=A1 --set amount=5 --sender bank", "--id"),
        ("complete 1 --set approved=true", "there is no task `1`"),
        ("tasks --role Manger", "there is no role `Manger`; did you mean `Manager`?"),
        ("instances 1", "there is no instance 1"),
        ("instances --state gone", "gone"),
    ] {
        at(&folder, 1, args).is(2, &[told]);
    }
    at(&folder, 1, "instances").is(0, &["0 instances"]);
    started(&folder);
    for (args, told) in [
        ("complete 1 --set approved=maybe", "--set approved: `maybe` is not true or false"),
        ("complete 1 --set aproved=true", "--set aproved: nothing has that name; did you mean `approved`?"),
        ("complete 1 --set discount=1", "the task review needs `approved`: give it by --set approved=…"),
        ("complete 1 --set approved=true --set discount=-1", "must satisfy `discount >= 0`, but it is -1"),
        ("complete 7 --set approved=true", "there is no task `7`"),
        ("complete one", "one"),
    ] {
        at(&folder, 1, args).is(2, &[told]);
    }
    at(&folder, 1, "tasks").is(0, &["1 open task"]);
}

#[test]
fn a_task_is_done_once() {
    let folder = deployed();
    started(&folder);
    at(&folder, 2, "complete 1 --set approved=true --set discount=0 --as mia").is(0, &[]);
    at(&folder, 3, "complete 1 --set approved=true --set discount=0")
        .is(2, &["task 1: mia completed it already, at 2026-01-02T00:00Z"]);
    // Its number is not given again.
    at(&folder, 3, "start sell --set invoice=A2 --set amount=1").is(0, &["task 2: Review A2"]);
}

/// Each day at eight, whatever of it was missed.
const DAILY: &str = r#"entity Note key text { text: Text }

action note(text: Text) -> Note = create Note(text: text)

schedule each daily at 08:00 { step keep { note("each {today()}") } }
schedule last daily at 08:00 missed last { step keep { note("last {today()}") } }
schedule skip daily at 08:00 missed skip { step keep { note("skip {today()}") } }
"#;

#[test]
fn firings_that_were_missed_are_made_up_for() {
    let folder = Folder::new();
    folder.file("daily.bp", DAILY);
    at(&folder, 1, "deploy daily.bp").is(0, &["processes  each, last, skip"]);
    // Nobody was there from the first to the fifth of January: four mornings were missed.
    at(&folder, 5, "instances").is(0, &["5 instances", "each", "last"]);
    let story = |id: i64| at(&folder, 5, &format!("instances {id}")).out;
    let days: Vec<String> = (1..=5).map(|id| story(id).lines().nth(2).unwrap_or_default().trim().to_owned()).collect();
    let expected = [("01", "each"), ("02", "each"), ("03", "each"), ("04", "each"), ("04", "last")];
    for (day, (date, name)) in days.iter().zip(expected) {
        assert!(day.starts_with(&format!("2026-01-{date}T08:00Z  started  {name}")), "{days:#?}");
    }
}

const SPEND: &str = r#"role Requester
role Manager

duty separate requester, approver

process spend(amount: Int) -> Int started by Requester as requester fails Refused {
  let answer = task approve "Approve {amount}" for Manager as approver { ask ok: Bool }
  if not answer.ok { fail Refused }
  return amount
}
"#;

#[test]
fn nobody_does_two_duties_that_are_separate() {
    let folder = Folder::new();
    folder.file("spend.bp", SPEND);
    at(&folder, 1, "deploy spend.bp").is(0, &[]);
    at(&folder, 1, "start spend --set amount=5").is(2, &["start: it is the duty of the requester: say who does it"]);
    at(&folder, 1, "instances").is(0, &["0 instances"]);
    at(&folder, 1, "start spend --set amount=5 --as rina").is(0, &["instance 1 started"]);
    at(&folder, 2, "complete 1 --set ok=true").is(2, &["task 1: it is the duty of the approver: say who does it"]);
    at(&folder, 2, "complete 1 --set ok=true --as rina")
        .is(2, &["task 1: rina is the requester of instance 1; the approver has to be somebody else"]);
    at(&folder, 2, "complete 1 --set ok=true --as mia").is(0, &["1  spend  done: 5"]);
}

#[test]
fn a_task_that_was_not_done_in_time_is_withdrawn() {
    let folder = Folder::new();
    let task = "task answer \"Answer {order}\" for Clerk { ask words: Text } within 2 days else { return \"late\" }";
    let program = format!(
        "role Clerk\n\nprocess ask(order: Text) -> Text {{\n  let answer = {task}\n  return answer.words\n}}\n"
    );
    folder.file("ask.bp", program);
    at(&folder, 1, "deploy ask.bp").is(0, &[]);
    at(&folder, 1, "start ask --set order=O1").is(0, &["task 1: Answer O1"]);
    at(&folder, 5, "complete 1 --set words=yes")
        .is(2, &["task 1: it was withdrawn at 2026-01-03T00:00Z: something else happened first"]);
    at(&folder, 5, "instances 1").is(0, &["done: late"]);
}

#[test]
fn the_clock_never_goes_back() {
    let folder = deployed();
    at(&folder, 9, "tasks").is(0, &[]);
    let told = "the clock of the tenant main stands at 2026-01-09T00:00Z and never goes back";
    at(&folder, 8, "tasks").is(2, &[told]);
    at(&folder, 8, "start sell --set invoice=A1 --set amount=100").is(2, &[told]);
    folder.file("sell.bp", SELL.replace("Reminder {", "Note {"));
    at(&folder, 8, "deploy sell.bp").is(2, &[told]);
    at(&folder, 9, "deploy sell.bp").is(0, &["sell deployed"]);
    folder.bp("tasks --data books --at yesterday").is(2, &["--at yesterday: `yesterday` is not a date and time"]);
    // Ahead of this machine's clock: time stands still, and that is told.
    folder.bp("tasks --data books --at 9000-01-01T00:00Z").is(0, &[]);
    folder
        .bp("tasks --data books")
        .is(0, &["note: the clock of the tenant main is ahead; it stands at 9000-01-01T00:00Z"]);
}

#[test]
fn folders_and_programs_that_are_not_there() {
    let folder = Folder::new();
    for verb in
        ["start sell", "deliver Paid", "tasks", "complete 1", "instances", "instances 1", "incidents", "retry 1"]
    {
        folder.bp(&format!("{verb} --data books")).is(3, &["there are no processes in books: bp.sqlite is missing"]);
        folder.bp(verb).is(2, &["--data"]);
    }
    folder.bp("deploy sell.bp --data books").is(3, &["sell.bp"]);
    folder.file("sell.bp", SELL.replace("return amount - open", "return \"all\""));
    folder.bp("deploy sell.bp --data books").is(1, &["BP0401"]);
    assert!(!folder.path().join("books").exists());
    folder.file("sell.bp", SELL.replace("process sell", "// process sell").split("// process").next().unwrap());
    folder.bp("deploy sell.bp --data books").is(2, &["sell.bp has no process to deploy"]);
    folder.file("sell.bp", SELL);
    folder.bp("deploy sell.bp --data books").is(0, &[]);
    folder.bp("tasks --data books --tenant mian").is(2, &["books has no tenant `mian`; did you mean `main`?"]);
}

#[test]
fn tenants_do_not_see_each_other() {
    let folder = deployed();
    started(&folder);
    folder.bp("deploy sell.bp --data books --tenant acme --at 2025-01-01T00:00Z").is(0, &["for the tenant acme"]);
    folder.bp("instances --data books --tenant acme --at 2025-01-02T00:00Z").is(0, &["0 instances"]);
    at(&folder, 1, "instances").is(0, &["1 instance"]);
}

#[test]
fn a_run_of_a_process_that_lives_is_refused_at_once() {
    let folder = Folder::new();
    folder.file("sell.bp", SELL).file("rows.csv", "invoice,amount\nA1,5\n");
    let told = ["the process sell waits", "`bp deploy sell.bp --data DIR`", "`bp start sell --data DIR`"];
    folder.bp("run sell.bp --set invoice=A1 --set amount=5").is(2, &told);
    folder.bp("run sell.bp --input rows.csv --data books").is(2, &told);
    assert!(!folder.path().join("books").exists());
    // Books of runs hold no processes.
    folder.file("pay.bp", common::PAY).file("people.csv", "id,grade,pay\nE1,low,173\n");
    folder.bp("run pay.bp --input people.csv --set month=2026-10 --data books").is(0, &[]);
    folder
        .bp("tasks --data books")
        .is(2, &["nothing is deployed for the tenant main; `bp deploy FILE --data books` does"]);
}

#[test]
fn each_verb_explains_itself() {
    for verb in [
        "deploy",
        "start",
        "deliver",
        "tasks",
        "complete",
        "instances",
        "incidents",
        "retry",
        "cancel",
        "claim",
        "delegate",
        "roles",
        "requests",
        "fetch",
        "answer",
        "outbox",
    ] {
        let help = bp(std::path::Path::new("."), &format!("{verb} --help"), "");
        help.is(0, &["Example", &format!("bp {verb} "), "--data <DIR>", "--at <MOMENT>"]);
        let page = bp(std::path::Path::new("."), &format!("man {verb}"), "");
        page.is(0, &[&format!("bp\\-{verb}")]);
    }
}

#[test]
fn branches_are_gone_on_with_side_by_side() {
    let folder = Folder::new();
    let program = "role Packer\n\nmessage Label key order { order: Text, code: Text }\n\nprocess ship(order: Text) -> Text key order {\n  parallel {\n    branch pack {\n      let packed = task pack \"Pack {order}\" for Packer { ask boxes: Int where boxes > 0 }\n    }\n    branch label {\n      let label = wait Label where it.order == order\n    }\n  }\n  return \"{packed.boxes} {label.code}\"\n}\n";
    folder.file("ship.bp", program);
    at(&folder, 1, "deploy ship.bp").is(0, &[]);
    at(&folder, 1, "start ship --set order=O1")
        .is(0, &["for Packer to do task 1: Pack O1", "for the message Label of O1"]);
    at(&folder, 2, "deliver Label --set order=O1 --set code=XY").is(0, &["delivered to instance 1", "Pack O1"]);
    // What one branch has handed on has to fit a program that takes over.
    folder.file("ship.bp", program.replace("{label.code}", "{label.order}").replace("code: Text", "code: Int"));
    at(&folder, 2, "deploy ship.bp").is(1, &["ship is not deployed: instance 1"]);
    folder.file("ship.bp", program.replace("{packed.boxes} {label.code}", "{label.code} {packed.boxes}"));
    at(&folder, 2, "deploy ship.bp").is(0, &[]);
    at(&folder, 3, "complete 1 --set boxes=3").is(0, &["1  ship O1  done: XY 3"]);
}

#[test]
fn documents_are_given_and_shown_by_their_names() {
    let folder = Folder::new();
    let program = "role Clerk\n\nentity Customer key code { code: Text, name: Text }\n\nprocess enlist(code: Text, name: Text) {\n  step keep { create Customer(code: code, name: name) } undo nothing\n  wait 1 hour\n}\n\nprocess visit(customer: Customer) -> Text {\n  let seen = task see \"Visit\" for Clerk { show customer ask next: Customer? }\n  return match seen.next { some(n) => n.name, none => customer.name }\n}\n";
    folder.file("visit.bp", program);
    at(&folder, 1, "deploy visit.bp").is(0, &[]);
    at(&folder, 1, "start visit --set customer=C1").is(2, &["there is no", "Customer `C1`"]);
    at(&folder, 1, "start enlist --set code=C1 --set name=Maju").is(0, &["instance 1 started"]);
    at(&folder, 2, "start visit --set customer=C1").is(0, &["instance 2 started"]);
    at(&folder, 2, "tasks").is(0, &["customer  C1"]);
    at(&folder, 2, "complete 1 --set next=C2").is(2, &["Customer `C2`"]);
    at(&folder, 2, "complete 1 --set next=C1").is(0, &["2  visit  done: Maju"]);
}

#[test]
fn what_stands_still_is_not_gone_on_with_by_anything_but_a_retry() {
    let folder = Folder::new();
    let program = SPLIT.replace("it.order == order", "it.order == order within 3 days else { return 7 }");
    folder.file("split.bp", &program);
    at(&folder, 1, "deploy split.bp").is(0, &[]);
    at(&folder, 1, "start split --set order=O1 --set total=9").is(0, &[]);
    at(&folder, 2, "deliver Go --set order=O1 --set parts=0").is(1, &["stands still"]);
    // Neither another message nor its deadline.
    at(&folder, 2, "deliver Go --set order=O1 --set parts=2").is(0, &["nobody waits for message 2"]);
    at(&folder, 9, "incidents").is(0, &["1 incident"]);
    folder.file("split.bp", program.replace("first / sent.parts", "first / max(sent.parts, 1)"));
    at(&folder, 9, "deploy split.bp").is(0, &[]);
    at(&folder, 9, "retry 1").is(0, &["1  split O1  done: 10"]);

    let late = "role Clerk\n\nprocess late(days: Int) -> Int {\n  let done = task look \"Look\" for Clerk { ask n: Int } within 1 day else { return round(1 / days, to: 1) }\n  return done.n\n}\n";
    folder.file("late.bp", late);
    at(&folder, 9, "deploy late.bp").is(0, &["late deployed"]);
    at(&folder, 9, "start late --set days=0").is(0, &["to do task 1: Look"]);
    at(&folder, 12, "complete 1 --set n=1").is(2, &["task 1: instance 2 stands still; it has to be retried before"]);
}
