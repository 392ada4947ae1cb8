//! What only the fast form has: giving up, and instructions that are two or three in one.

use bp_bytecode::index::*;
use bp_bytecode::op::{Cmp, Op, Side};
use bp_bytecode::rounding::Mode;
use bp_bytecode::shape::{RegType, Shape};
use bp_bytecode::value::Value;

use super::build::*;
use crate::{Fast, FaultKind, Limits, MemoryWorld, Vm};

/// A call that gives up behind a completed step: the machine's own run is the only one that counts.
#[test]
fn what_was_tried_never_happened() {
    let mut b = Build::default();
    let (idr, int_shape, text) = (b.money("IDR", 2), b.int(), b.shape(Shape::Text));
    let (cash, sales) = (b.account("cash", idr, &[]), b.account("sales", idr, &[]));
    let run = b.record("Run", &[("result", int_shape)]);
    let (name, process, post) = (b.text("E1"), ProcessId(0), PostId(0));
    let code = vec![
        Op::Text { dst: d(2), text: name },
        Op::Record { dst: d(3), first: w(0) },
        Op::StepBegin { step: StepId(0) },
        int(4, 20_000),
        Op::PostBegin { post, text: u(2), day: u(4) },
        Op::PostLine { account: cash, side: Side::Debit, amount: u(0), first: w(0) },
        Op::PostLine { account: sales, side: Side::Credit, amount: u(0), first: w(0) },
        Op::PostEnd { post },
        Op::StepEnd { step: StepId(0) },
        Op::RunPut { process, key: u(2), run: u(3) },
        Op::DivFloor { dst: d(5), a: u(0), b: u(1) },
        ret(5),
    ];
    let types = [W, W, RegType::Handle(text), RegType::Handle(run), W, X];
    let func = b.function("f", 2, &types, code);
    let program = &b.program;
    let fast = Fast::new(program, program.clone());
    assert!(fast.params(func).is_some(), "it has a fast form");
    for mut vm in [Vm::new(program, Limits::default()), Vm::with_fast(program, &fast, Limits::default())] {
        let mut world = MemoryWorld::new(program);
        world.keep_entries(true);
        assert_eq!(vm.call(func, &[700, 2], &mut world), Ok(350));
        let fault = vm.call(func, &[900, 0], &mut world).unwrap_err();
        assert_eq!((fault.kind, fault.trace.len()), (FaultKind::DivisionByZero, 1));
        // Both completed steps stand, each once, and so does the run that was put last.
        assert_eq!((world.total(cash), world.entry_count(), world.line_count()), (1_600, 2, 4));
        assert_eq!(world.entries_kept().len(), 2);
        assert_eq!(vm.run_record(process, "E1"), Some(&Value::Record(vec![Value::Word(900)])));
    }
}

/// A number in between may leave 64 bits, and come back.
#[test]
fn a_number_beyond_64_bits_is_left_to_the_machine() {
    let mut b = Build::default();
    let code = vec![
        Op::Mul { dst: d(2), a: u(0), b: u(0) },
        Op::Sub { dst: d(3), a: u(2), b: u(1) },
        Op::Round { dst: d(3), a: u(3), power: 18, mode: Mode::HalfUp as u8 },
        ret(3),
    ];
    let func = b.function("f", 2, &[W, W, X, X], code);
    for n in [3i64, 3_000_000_000, 4_000_000_000, i64::MAX, i64::MIN] {
        let exact = (i128::from(n) * i128::from(n) - 7 + 500_000_000_000_000_000).div_euclid(1_000_000_000_000_000_000);
        assert_eq!(super::call(&b.program, func, &[n, 7]), Ok(exact));
    }
}

/// A jump into the middle of what would be one instruction keeps it two.
#[test]
fn no_jump_goes_inside_of_an_instruction() {
    let mut b = Build::default();
    let hundred = b.constant(100);
    let zero = b.constant(0);
    let code = vec![
        Op::MinConst { dst: d(2), a: u(0), value: hundred },
        // Here the jump comes back to, with r2 as it left it.
        Op::RoundBy { dst: d(3), a: u(2), by: hundred, mode: Mode::HalfUp as u8 },
        Op::Charge { amount: 1 },
        Op::AddConst { dst: d(2), a: u(2), value: hundred },
        Op::AddConst { dst: d(1), a: u(1), value: ConstId(2) },
        Op::JumpCompareConst { a: u(1), value: zero, how: Cmp::Gt, to: l(1) },
        ret(3),
    ];
    b.constant(-1);
    let func = b.function("f", 2, &[W, W, W, W], code);
    for (a, times, result) in [(70, 1, 1), (70, 2, 2), (49, 1, 0), (500, 3, 3)] {
        assert_eq!(super::call(&b.program, func, &[a, times]), Ok(result));
    }
}
