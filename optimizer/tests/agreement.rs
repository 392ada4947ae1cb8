//! Every form of a program does the same: as compiled, optimised, in the machine's fast form, and both.

mod support;

use bp_bytecode::op::Op;
use bp_optimizer::{Options, optimize_with};
use support::compare::{Asked, compare};
use support::{Random, calls};

#[test]
fn every_program_of_the_project() {
    let programs = support::programs();
    assert!(programs.len() >= 20, "only {} programs were found", programs.len());
    let calls = calls(120);
    let (mut asked, mut random) = (Asked::default(), Random(calls as u64));
    for (name, program) in &programs {
        compare(name, program, calls, &mut random, &mut asked);
    }
    println!("{} programs: {asked:?}", programs.len());
    assert!(asked.well > 5_000 && asked.faults > 500, "{asked:?}");
}

#[test]
fn the_payroll_gets_shorter_and_has_a_fast_form() {
    let programs = support::programs();
    let (_, program) = programs.iter().find(|(name, _)| name.ends_with("bench/payroll.bp")).expect("the benchmark");
    let optimized = optimize_with(program, Options { keep_notes: false });
    let func = program.processes[0].func.index();
    let calls = optimized.functions[func].code.iter().filter(|op| matches!(op, Op::Call { .. })).count();
    assert_eq!(calls, 0, "calls that are left");
    assert!(optimized.functions[func].code.len() < 100, "{}", optimized.functions[func].code.len());
}
