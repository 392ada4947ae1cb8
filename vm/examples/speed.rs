//! How fast the interpreter is: `cargo run --release -p bp-vm --example speed`.
//!
//! Three programs put together by hand: a loop of plain arithmetic, a row of payroll with its posting, and a
//! decision of 50 rows over a number. Figures are of one thread; compare them only with others of the same run.

#[path = "../src/tests/build.rs"]
mod build;

use std::hint::black_box;
use std::time::Instant;

use bp_bytecode::Program;
use bp_bytecode::index::*;
use bp_bytecode::op::{Cmp, Op, Side};
use bp_bytecode::program::{Chain, Node, Tree, TreeInput};
use bp_bytecode::rounding::Mode;
use bp_bytecode::shape::{RegType, Shape, Unit};
use bp_vm::{Limits, MemoryWorld, Vm};
use build::*;

fn main() {
    // A name as argument runs one of them alone.
    let only = std::env::args().nth(1);
    for (name, program) in [("arithmetic", arithmetic as fn()), ("payroll", payroll), ("decision", decision)] {
        if only.as_deref().is_none_or(|only| only == name) {
            program();
        }
    }
}

/// The best of five rounds, in seconds.
fn best(mut round: impl FnMut()) -> f64 {
    let times = (0..5).map(|_| {
        let start = Instant::now();
        round();
        start.elapsed().as_secs_f64()
    });
    times.fold(f64::INFINITY, f64::min)
}

fn arithmetic() {
    const ROUNDS: i32 = 5_000_000;
    let mut b = Build::default();
    // total = 0; for n in 0..rounds { total = total + n * 3 - 7 }
    let func = b.function(
        "sum",
        0,
        &[X, W, W, W, W, X, W],
        vec![
            int(0, 0),
            int(1, 0),
            int(2, ROUNDS),
            int(3, 3),
            int(4, 7),
            Op::Mul { dst: d(5), a: u(1), b: u(3) },
            Op::Add { dst: d(0), a: u(0), b: u(5) },
            Op::Sub { dst: d(0), a: u(0), b: u(4) },
            int(6, 1),
            Op::Add { dst: d(1), a: u(1), b: u(6) },
            Op::Compare { dst: d(6), a: u(1), b: u(2), how: Cmp::Lt },
            Op::JumpIf { condition: u(6), to: l(5) },
            ret(0),
        ],
    );
    let program = b.program;
    let mut vm = Vm::new(&program, Limits::default());
    let mut world = MemoryWorld::new(&program);
    let seconds = best(|| {
        black_box(vm.call(func, &[], &mut world).expect("it ends"));
    });
    let ops = f64::from(ROUNDS) * 7.0;
    println!("arithmetic: {:>6.1} million instructions/s", ops / seconds / 1e6);
}

/// A row of payroll of about the size of the real one: 63 instructions and 8 lines posted.
fn payroll_program() -> (Program, FuncId, ShapeId) {
    let mut b = Build::default();
    let money = b.money("IDR", 2);
    let hours = b.shape(Shape::Number { scale: 2, unit: Unit::None });
    let count = b.int();
    let status = b.cases("Status", &[("A", &[]), ("B", &[]), ("C", &[])]);
    let status = b.shape(Shape::Enum(status));
    let fields = [
        ("base", money),
        ("allowance", money),
        ("hours", hours),
        ("status", status),
        ("months", count),
        ("bonus", money),
    ];
    let employee = b.record("Employee", &fields);
    let accounts: Vec<AccountId> =
        ["salaries", "health", "security", "tax", "wages", "rounding"].map(|name| b.account(name, money, &[])).to_vec();
    // A dense node over the status, then 44 edges over gross pay.
    let mut nodes = vec![Node::Dense { input: 0, low: 0, children: vec![1, 2, 3] }];
    for table in 0..3u32 {
        let edges = (1..=44).map(|n| i128::from(n) * 50_000_000).collect();
        let children = (0..45).map(|leaf| 4 + table * 45 + leaf).collect();
        nodes.push(Node::Range { input: 1, edges, children });
    }
    nodes.extend((0..135).map(Node::Leaf));
    b.program.trees.push(Tree { inputs: vec![TreeInput::Number; 2], nodes, root: 0, leaves: 135 });
    let rates: Vec<ConstId> = (0..135).map(|leaf| b.constant(i128::from(leaf % 45) * 2_500)).collect();
    let chain = |numerators, divisors, down| Chain {
        numerators,
        divisors,
        up: 0,
        down,
        has_step: false,
        root: false,
        power: false,
        mode: Some(Mode::HalfUp),
        result_scale: 2,
    };
    b.program.chains = vec![chain(2, 1, 2)];
    let (c173, health_cap, pension_cap) = (b.constant(173), b.constant(1_200_000_000), b.constant(1_054_740_000));
    let (five_percent, occupation_cap) = (b.constant(50_000), b.constant(50_000_000));
    let text = b.text("Payroll");
    let text_shape = b.shape(Shape::Text);
    let mut registers = vec![W; 40];
    registers[0] = RegType::Handle(employee);
    registers[30] = RegType::Handle(text_shape);
    let field = |dst, field| Op::Field { dst: d(dst), a: u(0), field };
    let constant = |dst, value| Op::Const { dst: d(dst), value };
    let add = |dst, a, b| Op::Add { dst: d(dst), a: u(a), b: u(b) };
    let sub = |dst, a, b| Op::Sub { dst: d(dst), a: u(a), b: u(b) };
    let mul = |dst, a, b| Op::Mul { dst: d(dst), a: u(a), b: u(b) };
    let min = |dst, a, b| Op::Min { dst: d(dst), a: u(a), b: u(b) };
    let round = |dst, a, power| Op::Round { dst: d(dst), a: u(a), power, mode: Mode::HalfUp as u8 };
    let narrow = |dst, a| Op::Narrow { dst: d(dst), a: u(a) };
    let line = |account: usize, side, amount| Op::PostLine {
        account: accounts[account],
        side,
        amount: u(amount),
        first: w(0),
    };
    let code = vec![
        Op::Charge { amount: 63 },
        // overtime = round(base * hours / 173)
        field(1, 0),
        field(2, 2),
        constant(3, c173),
        Op::RoundChain { dst: d(4), first: w(1), chain: ChainId(0) },
        field(5, 1),
        add(6, 1, 5),
        add(6, 6, 4),
        narrow(6, 6),
        // health = 1 % of min(base, cap), old age = 2 % of base, pension = 1 % of min(base, cap)
        constant(7, health_cap),
        min(8, 1, 7),
        round(9, 8, 2),
        int(7, 2),
        mul(8, 1, 7),
        round(10, 8, 2),
        constant(7, pension_cap),
        min(8, 1, 7),
        round(11, 8, 2),
        // month_tax = round(gross * rate(status, gross))
        field(12, 3),
        Op::Move { dst: d(13), a: u(6) },
        Op::Search { dst: d(14), tree: TreeId(0), first: w(12) },
        Op::Pick { dst: d(15), base: rates[0], index: u(14) },
        mul(16, 6, 15),
        round(16, 16, 6),
        // occupation = min(round(5 % of gross), cap)
        constant(17, five_percent),
        mul(18, 6, 17),
        round(18, 18, 6),
        constant(17, occupation_cap),
        min(18, 18, 17),
        // annual and what is deducted from it
        field(19, 4),
        mul(20, 6, 19),
        field(21, 5),
        add(20, 20, 21),
        add(22, 18, 10),
        add(22, 22, 11),
        mul(22, 22, 19),
        sub(23, 20, 22),
        int(24, 0),
        Op::Max { dst: d(23), a: u(23), b: u(24) },
        round(25, 23, 5),
        Op::ScaleUp { dst: d(25), a: u(25), power: 5 },
        // net, to a whole rupiah, and the rounding
        add(26, 6, 21),
        sub(26, 26, 9),
        sub(26, 26, 10),
        sub(26, 26, 11),
        sub(26, 26, 16),
        round(27, 26, 2),
        Op::ScaleUp { dst: d(27), a: u(27), power: 2 },
        sub(28, 27, 26),
        add(29, 6, 21),
        Op::Text { dst: d(30), text },
        Op::Today { dst: d(31) },
        Op::PostBegin { post: PostId(0), text: u(30), day: u(31) },
        line(0, Side::Debit, 29),
        line(1, Side::Credit, 9),
        line(2, Side::Credit, 10),
        line(2, Side::Credit, 11),
        line(3, Side::Credit, 16),
        line(4, Side::Credit, 27),
        line(5, Side::Debit, 28),
        Op::PostEnd { post: PostId(0) },
        ret(25),
    ];
    let func = b.function("payroll", 1, &registers, code);
    (b.program, func, employee)
}

fn payroll() {
    const ROWS: u64 = 500_000;
    let (program, func, _) = payroll_program();
    let instructions = program.functions[func.index()].code.len() as f64;
    let mut vm = Vm::new(&program, Limits::default());
    let mut world = MemoryWorld::new(&program);
    let seconds = best(|| {
        for row in 0..ROWS {
            vm.reset();
            let base = 400_000_000 + row * 977 % 2_000_000_000;
            let slots = [base, row % 7 * 10_000_000, row % 40 * 25, row % 3, 1 + row % 12, 0];
            let employee = vm.put_record(&slots).expect("there is room");
            black_box(vm.call(func, &[employee], &mut world).expect("the row is sound"));
        }
    });
    let rows = ROWS as f64 / seconds;
    println!("payroll:    {:>6.2} million rows/s, {:.1} million instructions/s", rows / 1e6, rows * instructions / 1e6);
    println!("            wages {} in {} entries", world.total(AccountId(4)), world.entry_count());
    assert_eq!((0..6).map(|account| world.total(AccountId(account))).sum::<i128>(), 0);
}

fn decision() {
    const EVALUATIONS: u64 = 2_000_000;
    let mut b = Build::default();
    let edges: Vec<i128> = (1..50).map(|n| n * 1_000).collect();
    let mut nodes = vec![Node::Range { input: 0, edges, children: (1..=50).collect() }];
    nodes.extend((0..50).map(Node::Leaf));
    b.program.trees.push(Tree { inputs: vec![TreeInput::Number], nodes, root: 0, leaves: 50 });
    let search = Op::Search { dst: d(1), tree: TreeId(0), first: w(0) };
    let once = b.function("band", 1, &[W, W], vec![search, ret(1)]);
    let step = b.constant(7_919);
    let wrap = b.constant(50_000);
    // The same 1,000 times in one call, on inputs that jump about.
    let many = b.function(
        "bands",
        0,
        &[W, W, W, W, W, W, X],
        vec![
            int(0, 0),
            int(2, 0),
            int(3, 1_000),
            Op::Const { dst: d(4), value: step },
            Op::Const { dst: d(5), value: wrap },
            Op::Add { dst: d(6), a: u(0), b: u(4) },
            Op::ModFloor { dst: d(0), a: u(6), b: u(5) },
            search,
            int(6, 1),
            Op::Add { dst: d(2), a: u(2), b: u(6) },
            Op::Compare { dst: d(6), a: u(2), b: u(3), how: Cmp::Lt },
            Op::JumpIf { condition: u(6), to: l(5) },
            ret(1),
        ],
    );
    let program = b.program;
    let mut vm = Vm::new(&program, Limits::default());
    let mut world = MemoryWorld::new(&program);
    let calls = best(|| {
        for n in 0..EVALUATIONS {
            black_box(vm.call(once, &[n * 7_919 % 50_000], &mut world).expect("a leaf"));
        }
    });
    let inside = best(|| {
        for _ in 0..EVALUATIONS / 1_000 {
            black_box(vm.call(many, &[], &mut world).expect("a leaf"));
        }
    });
    let per = |seconds: f64| EVALUATIONS as f64 / seconds / 1e6;
    println!("decision:   {:>6.1} million calls/s, {:.1} million/s in a loop of 7", per(calls), per(inside));
}
