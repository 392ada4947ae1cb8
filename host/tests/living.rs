//! Processes that live, over a store: what stands when something goes wrong in the middle.

mod common;

use bp_bytecode::index::ProcessId;
use bp_bytecode::value::Value;
use bp_host::world::in_memory;

/// A limit is looked at when a step ends: the step that passes it is not among those that stand.
#[test]
fn a_step_that_fails_at_its_end_leaves_those_before_it() {
    let program = common::program(
        "living",
        r#"currency USD

chart {
  asset   cash   "1000" never below 0
  equity  paid   "3000"
  expense travel "6100"
}

process spend(amount: Money) {
  step enter { post "in" on today() else first_open { debit cash 10 USD  credit paid 10 USD } }
  step leave { post "out" on today() else first_open { debit travel amount  credit cash amount } }
  wait 1 day
}
"#,
    );
    let stands = in_memory(&program, |world| {
        let run = world.start_process(ProcessId(0), &[Value::Word(50_00)]).unwrap();
        let tokens = world.tokens(run).unwrap();
        let told = world.story(run).unwrap().into_iter().map(|event| format!("{} {}", event.what, event.name));
        (tokens, told.collect::<Vec<String>>())
    });
    let (tokens, told) = stands.unwrap();
    assert_eq!(tokens.len(), 1);
    assert_eq!(tokens[0].point, "after enter", "{told:?}");
    assert!(tokens[0].incident.as_deref().is_some_and(|why| why.contains("cash")), "{tokens:?}");
    assert_eq!(told[..2], ["started spend", "step enter"]);
    assert!(told[2].starts_with("incident"), "{told:?}");
}
