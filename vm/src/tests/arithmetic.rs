//! Numbers, comparison, control, faults and their places.

use bp_bytecode::index::*;
use bp_bytecode::op::{Cmp, Op, Scales, Stop};
use bp_bytecode::program::{Chain, Check, Decision, Node, Tree, TreeInput};
use bp_bytecode::rounding::Mode;

use proptest::prelude::*;

use super::build::*;
use super::{call, kind, line};
use crate::{Fault, FaultKind, Limits, MemoryWorld, Vm};

const MAX: i64 = i64::MAX;

/// A function of two words, or fewer, that does one thing to them.
fn one(op: Op) -> impl Fn(&[i64]) -> Result<i128, FaultKind> {
    let mut b = Build::default();
    let func = b.function("f", 2, &[W, W, X], vec![op, ret(2)]);
    let program = b.program;
    move |args| call(&program, func, &[args[0], args.get(1).copied().unwrap_or(0)]).map_err(|fault| fault.kind)
}

#[test]
fn numbers_in_between_have_128_bits() {
    let mul = one(Op::Mul { dst: d(2), a: u(0), b: u(1) });
    assert_eq!(mul(&[MAX, MAX]), Ok(i128::from(MAX) * i128::from(MAX)));
    assert_eq!(one(Op::Neg { dst: d(2), a: u(0) })(&[i64::MIN]), Ok(1 << 63));
    assert_eq!(one(Op::Abs { dst: d(2), a: u(0) })(&[i64::MIN]), Ok(1 << 63));
    assert_eq!(one(Op::Sign { dst: d(2), a: u(0) })(&[-5]), Ok(-1));
    assert_eq!(one(Op::Min { dst: d(2), a: u(0), b: u(1) })(&[-5, 3]), Ok(-5));
    assert_eq!(one(Op::ScaleUp { dst: d(2), a: u(0), power: 18 })(&[-5]), Ok(-5 * 10i128.pow(18)));
    assert_eq!(one(Op::ScaleUp { dst: d(2), a: u(0), power: 36 })(&[1_000]), Err(FaultKind::Overflow));
    assert_eq!(one(Op::DivFloor { dst: d(2), a: u(0), b: u(1) })(&[-7, 2]), Ok(-4));
    assert_eq!(one(Op::ModFloor { dst: d(2), a: u(0), b: u(1) })(&[-7, 2]), Ok(1));
    assert_eq!(one(Op::DivFloor { dst: d(2), a: u(0), b: u(1) })(&[7]), Err(FaultKind::DivisionByZero));
    assert_eq!(one(Op::IsMultiple { dst: d(2), a: u(0), power: 3 })(&[-5_000]), Ok(1));
    assert_eq!(one(Op::Round { dst: d(2), a: u(0), power: 2, mode: Mode::HalfEven as u8 })(&[-250]), Ok(-2));
}

#[test]
fn overflow_names_its_place_and_narrowing_is_checked() {
    let mut b = Build::default();
    let code = vec![Op::Mul { dst: d(1), a: u(0), b: u(0) }, Op::Mul { dst: d(1), a: u(1), b: u(0) }, ret(1)];
    let cube = b.function("cube", 1, &[W, X], code);
    let store = b.function(
        "store",
        1,
        &[W, X],
        vec![Op::Add { dst: d(1), a: u(0), b: u(0) }, Op::Narrow { dst: d(0), a: u(1) }, ret(0)],
    );
    let program = b.program;
    assert_eq!(call(&program, cube, &[1 << 42]), Ok(1 << 126));
    let fault = call(&program, cube, &[MAX]).unwrap_err();
    assert_eq!((&fault.kind, line(&program, &fault)), (&FaultKind::Overflow, 2));
    assert_eq!(call(&program, store, &[i64::MIN / 2]), Ok(i128::from(i64::MIN)));
    let fault = call(&program, store, &[i64::MIN / 2 - 1]).unwrap_err();
    assert_eq!((&fault.kind, line(&program, &fault)), (&FaultKind::Overflow, 2));
}

#[test]
fn comparisons_hold_at_any_scale() {
    for (how, expected) in [(Cmp::Eq, 0), (Cmp::Ne, 1), (Cmp::Lt, 1), (Cmp::Le, 1), (Cmp::Gt, 0), (Cmp::Ge, 0)] {
        assert_eq!(one(Op::Compare { dst: d(2), a: u(0), b: u(1), how })(&[-1, 1]), Ok(expected));
        let scales = Scales { up: 36, down: 36, how };
        assert_eq!(one(Op::CompareScaled { dst: d(2), a: u(0), b: u(1), scales })(&[MAX - 1, MAX]), Ok(expected));
    }
    let scales = Scales { up: 2, down: 0, how: Cmp::Eq };
    assert_eq!(one(Op::CompareScaled { dst: d(2), a: u(0), b: u(1), scales })(&[15, 1_500]), Ok(1));
    assert_eq!(one(Op::Not { dst: d(2), a: u(0) })(&[0]), Ok(1));
}

#[test]
fn a_chain_rounds_once() {
    let mut b = Build::default();
    b.program.chains.push(Chain {
        numerators: 2,
        divisors: 1,
        up: 0,
        down: 0,
        has_step: false,
        root: false,
        power: false,
        mode: None,
        result_scale: 2,
    });
    let chain = Op::RoundChain { dst: d(4), first: w(0), chain: ChainId(0) };
    let func = b.function("overtime", 4, &[W, W, W, W, X], vec![chain, ret(4)]);
    let program = b.program;
    assert_eq!(call(&program, func, &[1_000, 10, 173, Mode::HalfUp as i64]), Ok(58));
    assert_eq!(call(&program, func, &[1_000, 10, 173, Mode::Down as i64]), Ok(57));
    assert_eq!(call(&program, func, &[MAX, MAX, MAX, 0]), Ok(i128::from(MAX)));
    assert_eq!(kind(&program, func, &[1, 1, 0, 0]), FaultKind::DivisionByZero);
    assert_eq!(kind(&program, func, &[1, 1, 1, 7]), FaultKind::Unreachable);
}

#[test]
fn jumps_switches_and_picks_go_where_the_word_says() {
    let mut b = Build::default();
    b.program.switches.push(vec![l(1), l(3), l(5)]);
    let first = b.constant(10);
    b.constant(20);
    b.constant(i128::MAX);
    let code = vec![
        Op::Switch { on: u(0), table: SwitchId(0) },
        int(1, 0),
        Op::Jump { to: l(6) },
        int(1, 1),
        Op::Jump { to: l(6) },
        int(1, 2),
        Op::Pick { dst: d(2), base: first, index: u(1) },
        ret(2),
    ];
    let func = b.function("f", 1, &[W, W, X], code);
    let program = b.program;
    for (input, expected) in [(0, 10), (1, 20), (2, i128::MAX), (3, i128::MAX), (-1, i128::MAX)] {
        assert_eq!(call(&program, func, &[input]), Ok(expected));
    }
}

#[test]
fn a_search_counts_the_edges_at_or_below_the_input() {
    let mut b = Build::default();
    let (jakarta, bandung) = (b.text("Jakarta"), b.text("Bandung"));
    let nodes = vec![
        Node::Text { input: 1, keys: vec![bandung, jakarta], children: vec![1, 2], otherwise: 3 },
        Node::Range { input: 0, edges: vec![0, 10], children: vec![4, 5, 6] },
        Node::Dense { input: 0, low: 5, children: vec![4, 5, 6] },
        Node::Leaf(9),
        Node::Leaf(0),
        Node::Leaf(1),
        Node::Leaf(2),
    ];
    b.program.trees.push(Tree { inputs: vec![TreeInput::Number, TreeInput::Text], nodes, root: 0, leaves: 10 });
    let text = b.handle(bp_bytecode::shape::Shape::Text);
    let names = [b.text("other"), bandung, jakarta];
    let func = names.map(|name| {
        let code =
            vec![Op::Text { dst: d(1), text: name }, Op::Search { dst: d(2), tree: TreeId(0), first: w(0) }, ret(2)];
        b.function("f", 1, &[W, text, W], code)
    });
    let program = b.program;
    let leaf = |name: usize, input| call(&program, func[name], &[input]).unwrap();
    assert_eq!(leaf(0, 5), 9);
    assert_eq!([-1, 0, 9, 10].map(|input| leaf(1, input)), [0, 1, 1, 2]);
    assert_eq!([4, 5, 6, 7, 8, i64::MIN].map(|input| leaf(2, input)), [2, 0, 1, 2, 2, 2]);
}

/// `outer` calls `inner`, which divides.
fn nested() -> (bp_bytecode::Program, FuncId) {
    let mut b = Build::default();
    let divide = vec![Op::DivFloor { dst: d(2), a: u(0), b: u(1) }, ret(2)];
    let inner = b.function("inner", 2, &[W, W, X], divide);
    let code = vec![
        int(1, 100),
        Op::Move { dst: d(2), a: u(0) },
        Op::Call { dst: d(3), func: inner, first: w(1) },
        Op::Add { dst: d(3), a: u(3), b: u(0) },
        ret(3),
    ];
    let outer = b.function("outer", 1, &[W, W, W, X], code);
    (b.program, outer)
}

#[test]
fn a_fault_tells_the_calls_that_led_to_it() {
    let (program, outer) = nested();
    assert_eq!(call(&program, outer, &[7]), Ok(21));
    let fault = call(&program, outer, &[0]).unwrap_err();
    assert_eq!(fault.trace.len(), 2);
    assert_eq!(fault.report(&program), "test.bp:1:1: division by zero\n  in inner, called at test.bp:3:1\n  in outer");
    // The machine is as good as new.
    assert_eq!(call(&program, outer, &[7]), Ok(21));
}

#[test]
fn budgets_of_cost_and_depth_end_a_call() {
    let mut b = Build::default();
    let charge = Op::Charge { amount: 10 };
    let forever = b.function("forever", 0, &[W], vec![charge, Op::Jump { to: l(0) }]);
    let three = b.function("three", 0, &[W], vec![charge, charge, charge, int(0, 1), ret(0)]);
    let deep = FuncId(2);
    b.function("deep", 0, &[W], vec![Op::Call { dst: d(0), func: deep, first: w(0) }, ret(0)]);
    let program = b.program;
    let limited = |limits: Limits, func| {
        let mut vm = Vm::new(&program, limits);
        let mut world = MemoryWorld::new(&program);
        let first = vm.call(func, &[], &mut world).map_err(|fault: Fault| fault.kind);
        // Each call has the whole budget.
        assert_eq!(vm.call(func, &[], &mut world).map_err(|fault| fault.kind), first);
        first
    };
    let cost = |cost| Limits { cost, ..Limits::default() };
    assert_eq!(limited(cost(1_000_000), forever), Err(FaultKind::CostSpent));
    assert_eq!(limited(cost(29), three), Err(FaultKind::CostSpent));
    assert_eq!(limited(cost(30), three), Ok(1));
    assert_eq!(limited(Limits::default(), deep), Err(FaultKind::CallTooDeep));
    assert_eq!(limited(Limits { registers: 50, ..Limits::default() }, deep), Err(FaultKind::CallTooDeep));
}

#[test]
fn halts_and_checks_say_what_is_wrong() {
    let mut b = Build::default();
    let name = b.text("rate");
    b.program.decisions.push(Decision { name, place: PlaceId(0), rows: vec![] });
    let positive = vec![int(1, 0), Op::Compare { dst: d(1), a: u(0), b: u(1), how: Cmp::Gt }, ret(1)];
    let func = b.function("positive", 1, &[W, W], positive);
    let (text, subject, place) = (b.text("it > 0"), b.text("Hours"), b.place(99));
    b.program.checks.push(Check { func, text, subject, place });
    let code = vec![
        Op::Call { dst: d(1), func, first: w(0) },
        Op::Check { a: u(1), check: CheckId(0) },
        Op::Halt { why: Stop::NoRow, detail: 0 },
    ];
    let f = b.function("f", 1, &[W, W], code);
    let program = b.program;
    let fault = call(&program, f, &[-3]).unwrap_err();
    assert_eq!(fault.to_string(), "Hours must satisfy `it > 0`, but it is -3");
    assert_eq!(line(&program, &fault), 2);
    let fault = call(&program, f, &[3]).unwrap_err();
    assert_eq!(fault.to_string(), "no row of the decision rate fits");
}

#[test]
fn wrong_arguments_and_code_without_end_are_faults() {
    let mut b = Build::default();
    let open = b.function("open", 0, &[W], vec![int(0, 1)]);
    let (mut program, outer) = nested();
    program.functions.extend(b.program.functions);
    assert_eq!(kind(&program, FuncId(2 + open.0), &[]), FaultKind::Unreachable);
    assert_eq!(call(&program, outer, &[]).unwrap_err().to_string(), "outer takes 1 values and was given 0");
    assert_eq!(kind(&program, FuncId(99), &[]), FaultKind::Unreachable);
}

/// One of the instructions on numbers, from four wide registers to one.
fn any_number_op() -> impl Strategy<Value = Op> {
    let modes = prop::sample::select(&Mode::ALL[..]);
    (0u8..19, 0u16..4, 0u16..4, 0u16..4, any::<u8>(), modes).prop_map(|(which, dst, a, b, power, mode)| {
        let (dst, a, b, mode) = (d(dst), u(a), u(b), mode as u8);
        let scales = Scales { up: power, down: power / 2, how: Cmp::Lt };
        match which {
            0 | 1 => Op::Add { dst, a, b },
            2 | 3 => Op::Sub { dst, a, b },
            4 | 5 => Op::Mul { dst, a, b },
            6 => Op::Neg { dst, a },
            7 => Op::Abs { dst, a },
            8 => Op::Min { dst, a, b },
            9 => Op::Sign { dst, a },
            10 => Op::ScaleUp { dst, a, power: power % 37 },
            11 => Op::DivFloor { dst, a, b },
            12 => Op::ModFloor { dst, a, b },
            13 => Op::Narrow { dst, a },
            14 => Op::Round { dst, a, power, mode },
            15 => Op::RoundChain { dst, first: w(0), chain: ChainId(u16::from(power % 4)) },
            16 => Op::IsMultiple { dst, a, power },
            17 => Op::Builtin { dst, builtin: bp_bytecode::op::Builtin::DateWeekday, first: w(a.0) },
            _ => Op::CompareScaled { dst, a, b, scales },
        }
    })
}

proptest! {
    #[test]
    fn no_arithmetic_makes_the_machine_panic(
        ops in prop::collection::vec(any_number_op(), 1..40),
        start in prop::array::uniform4(prop_oneof![
            -3i128..4, any::<i64>().prop_map(i128::from), any::<i128>(), Just(i128::MIN), Just(i128::MAX),
            Just(i64::MIN.into()), Just(i64::MAX.into()),
        ]),
    ) {
        let mut b = Build::default();
        let chain = |root: bool, power: bool| Chain {
            numerators: 2, divisors: 1, up: 3, down: 40, has_step: !power && !root, root, power,
            mode: Some(Mode::HalfEven), result_scale: 0,
        };
        b.program.chains = vec![chain(false, false), chain(true, false), chain(false, true), chain(true, true)];
        let load = |at: u16| Op::Const { dst: d(at), value: b.constant(start[usize::from(at)]) };
        let mut code: Vec<Op> = (0..4).map(load).collect();
        code.extend(ops);
        code.push(ret(0));
        let func = b.function("f", 0, &[X, X, X, X], code);
        let first = call(&b.program, func, &[]);
        prop_assert_eq!(call(&b.program, func, &[]), first);
    }
}
