//! What `find` looks for through the documents that others refer to, against a scan of all documents: random documents that
//! move from one to another, and random questions.

mod common;

use bp_bytecode::Program;
use bp_bytecode::index::ProcessId;
use bp_bytecode::value::Value;
use bp_host::world::{HostWorld, in_memory};
use bp_vm::{Limits, Vm};
use proptest::prelude::*;

const PROGRAM: &str = include_str!("finding.bp");

/// A process of the program, and what it is given.
type Act = (&'static str, Vec<Value>);

fn act() -> impl Strategy<Value = Act> {
    let name = || (0u8..4).prop_map(|number| Value::Text(format!("N{number}")));
    let word = |most: i64| (0..most).prop_map(Value::Word);
    prop_oneof![
        1 => (name(), word(3), word(2)).prop_map(|(code, land, open)| ("put_region", vec![code, land, open])),
        2 => (name(), name(), word(5)).prop_map(|(name, region, limit)| ("put_customer", vec![name, region, limit])),
        4 => (name(), word(5), word(5)).prop_map(|(customer, day, total)| ("put_order", vec![customer, day, total])),
        3 => (word(3), word(5), word(5), word(8))
            .prop_map(|(land, limit, day, most)| ("ask", vec![land, limit, day, most])),
    ]
}

/// Runs a process that has to end well; its result, where it has one.
fn run(program: &Program, vm: &mut Vm<'_>, world: &mut HostWorld<'_>, (name, params): &Act) -> Option<Value> {
    let named = |process: &bp_bytecode::program::Process| program.texts[process.name.index()] == *name;
    let number = program.processes.iter().position(named).unwrap();
    let process = &program.processes[number];
    let slots = vm.put_params(ProcessId(number as u16), params).unwrap();
    let slot = vm.call(process.func, &slots, world).unwrap_or_else(|fault| panic!("{name}: {fault}"));
    match vm.get_value(process.outcome, slot as u64) {
        Value::Variant { case: 0, mut fields } => fields.pop(),
        other => panic!("{name}: {other:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]
    #[test]
    fn what_the_store_finds_is_what_a_scan_finds(acts in proptest::collection::vec(act(), 1..60)) {
        let program = common::program("finding", PROGRAM);
        in_memory(&program, |world| {
            let mut vm = Vm::new(&program, Limits::default());
            for act in &acts {
                if let Some(answer) = run(&program, &mut vm, world, act) {
                    assert_eq!(answer, Value::Word(1), "{act:?}");
                }
            }
        })
        .unwrap();
    }
}
