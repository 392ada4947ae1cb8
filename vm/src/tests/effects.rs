//! Books, configuration, clock, expectations, runs and traces.

use bp_bytecode::index::*;
use bp_bytecode::op::{Builtin, Cmp, Op, Side};
use bp_bytecode::program::{Chain, Check, Config, Expect};
use bp_bytecode::rounding::Mode;
use bp_bytecode::shape::{RegType, Shape};
use bp_bytecode::value::Value;

use super::build::*;
use crate::{Event, Fast, FaultKind, Limits, MemoryWorld, Tracer, Unmet, Vm};

const POST: PostId = PostId(0);
const STEP: StepId = StepId(0);

struct Books {
    build: Build,
    text: ShapeId,
    cash: AccountId,
    sales: AccountId,
    dollars: AccountId,
    /// By customer, a text.
    receivable: AccountId,
}

fn books() -> Books {
    let mut build = Build::default();
    let (idr, usd, text) = (build.money("IDR", 2), build.money("USD", 2), build.shape(Shape::Text));
    let fine = build.money("USD", 4);
    let cash = build.account("cash", idr, &[]);
    let sales = build.account("sales", idr, &[]);
    let dollars = build.account("dollars", usd, &[]);
    build.account("dollars_fine", fine, &[]);
    let receivable = build.account("receivable", idr, &[("customer", text)]);
    Books { build, text, cash, sales, dollars, receivable }
}

impl Books {
    /// A function that posts one entry of these lines; amounts are the parameters (0 to 2), register 3 is the text
    /// of every dimension and of the entry.
    fn poster(&mut self, lines: &[(AccountId, Side, u16)], tail: Vec<Op>) -> FuncId {
        let text = self.build.text("Sale");
        let mut code =
            vec![Op::Text { dst: d(3), text }, int(4, 20_000), Op::PostBegin { post: POST, text: u(3), day: u(4) }];
        for (account, side, amount) in lines {
            code.push(Op::PostLine { account: *account, side: *side, amount: u(*amount), first: w(3) });
        }
        code.push(Op::PostEnd { post: POST });
        code.extend(tail);
        code.push(ret(0));
        let registers = [W, W, W, RegType::Handle(self.text), W, X];
        self.build.function("post", 3, &registers, code)
    }
}

#[test]
fn an_entry_has_to_balance_in_each_unit() {
    let mut books = books();
    let (cash, sales, dollars) = (books.cash, books.sales, books.dollars);
    let fine = AccountId(3);
    let sale = books.poster(&[(cash, Side::Debit, 0), (sales, Side::Credit, 1)], vec![]);
    let mixed = [(cash, Side::Debit, 0), (sales, Side::Credit, 1), (dollars, Side::Debit, 2)];
    let mixed = books.poster(&mixed, vec![]);
    let scales = books.poster(&[(dollars, Side::Debit, 0), (fine, Side::Credit, 1)], vec![]);
    let program = &books.build.program;
    let mut vm = Vm::new(program, Limits::default());
    let mut world = MemoryWorld::new(program);
    vm.call(sale, &[500, 500, 0], &mut world).unwrap();
    assert_eq!((world.total(cash), world.total(sales)), (500, -500));
    assert_eq!((world.entry_count(), world.line_count()), (1, 2));

    let fault = vm.call(sale, &[500, 400, 0], &mut world).unwrap_err();
    assert_eq!(fault.to_string(), "the entry does not balance: debits minus credits are 1.00 IDR");
    let fault = vm.call(mixed, &[500, 400, -3i64 as u64], &mut world).unwrap_err();
    assert_eq!(fault.to_string(), "the entry does not balance: debits minus credits are 1.00 IDR, -0.0300 USD");
    // 5.00 against 5.0000
    vm.call(scales, &[500, 50_000, 0], &mut world).unwrap();
    assert!(vm.call(scales, &[500, 500, 0], &mut world).is_err());
    assert_eq!((world.total(cash), world.entry_count()), (500, 2));
}

#[test]
fn a_negative_debit_is_a_credit_and_a_zero_line_is_none() {
    let mut books = books();
    let (cash, sales) = (books.cash, books.sales);
    let sale = books.poster(&[(cash, Side::Debit, 0), (sales, Side::Credit, 1), (cash, Side::Debit, 2)], vec![]);
    let program = &books.build.program;
    let mut vm = Vm::new(program, Limits::default());
    let mut world = MemoryWorld::new(program);
    world.keep_entries(true);
    vm.call(sale, &[-5i64 as u64, -5i64 as u64, 0], &mut world).unwrap();
    let kept = world.take_entries();
    assert_eq!(kept[0].text, "Sale");
    assert_eq!(kept[0].day, 20_000);
    assert_eq!(kept[0].lines.iter().map(|line| line.amount).collect::<Vec<_>>(), [-5, 5]);
    // Nothing but zero lines: no entry.
    vm.call(sale, &[0, 0, 0], &mut world).unwrap();
    assert_eq!(world.entry_count(), 1);
    let min = i64::MIN as u64;
    assert_eq!(vm.call(sale, &[min, min, 0], &mut world).unwrap_err().kind, FaultKind::Overflow);
}

#[test]
fn what_a_failed_step_posted_never_happened() {
    let mut books = books();
    let (cash, receivable) = (books.cash, books.receivable);
    let lines = [(receivable, Side::Debit, 0), (cash, Side::Credit, 0)];
    let fail = Op::DivFloor { dst: d(5), a: u(0), b: u(2) };
    let read = Op::Balance { dst: d(5), account: receivable, first: w(3) };
    // Posts in a step of its own, posts again in the next, reads the balance there, and may divide by zero.
    let first = books.poster(&lines, vec![]);
    let second = books.poster(&lines, vec![read, Op::Expect { a: u(2), expect: ExpectId(0) }, fail]);
    let code = vec![
        Op::StepBegin { step: STEP },
        Op::Call { dst: d(3), func: first, first: w(0) },
        Op::StepEnd { step: STEP },
        Op::StepBegin { step: STEP },
        Op::Call { dst: d(3), func: second, first: w(0) },
        Op::StepEnd { step: STEP },
        ret(3),
    ];
    let func = books.build.function("f", 3, &[W, W, W, X], code);
    let money = books.build.program.accounts[cash.index()].shape;
    let (text, place) = (books.build.text("balance is right"), PlaceId(0));
    books.build.program.expects.push(Expect { text, sides: Some([(5, money), (0, money)]), place });
    let program = &books.build.program;
    let fast = Fast::new(program, program.clone());
    for mut vm in [Vm::new(program, Limits::default()), Vm::with_fast(program, &fast, Limits::default())] {
        let mut world = MemoryWorld::new(program);
        world.keep_entries(true);

        let fault = vm.call(func, &[700, 0, 0], &mut world).unwrap_err();
        assert_eq!(fault.kind, FaultKind::DivisionByZero);
        assert_eq!(fault.trace.len(), 2);
        assert_eq!((world.total(cash), world.entry_count(), world.line_count()), (-700, 1, 2));
        assert_eq!(world.entries_kept().len(), 1);
        // The second step had seen both postings.
        let unmet = vm.take_unmet();
        assert_eq!(unmet[0].left, Some(Value::Word(1_400)));
        assert_eq!(unmet[0].shown, Some(("14.00 IDR".into(), "7.00 IDR".into())));

        vm.call(func, &[700, 0, 1], &mut world).unwrap();
        assert_eq!(world.total(cash), -2_100);
        let sale = Value::text("Sale");
        assert_eq!(world.cells(receivable).collect::<Vec<_>>(), [(&[sale.clone()][..], 2_100)]);
        assert_eq!(world.totals_by(receivable, 0), [(sale, 2_100)]);

        // Outside a step, a call that fails takes its own postings back, with the cells that they made.
        let mut world = MemoryWorld::new(program);
        assert!(vm.call(second, &[700, 0, 0], &mut world).is_err());
        assert_eq!((world.total(cash), world.entry_count(), world.cells(receivable).count()), (0, 0, 0));
        vm.call(second, &[700, 0, 1], &mut world).unwrap();
        assert_eq!((world.total(cash), world.entry_count()), (-700, 1));
    }
}

/// A configuration of a percentage that has to be positive, with 7 as its default, and a function that reads it.
fn configured() -> (Build, FuncId, ShapeId) {
    let mut b = Build::default();
    let shape = b.int();
    let positive = vec![int(1, 0), Op::Compare { dst: d(1), a: u(0), b: u(1), how: Cmp::Gt }, ret(1)];
    let positive = b.function("positive", 1, &[W, W], positive);
    let config = |config| Op::Config { dst: d(0), config: ConfigId(config) };
    // Takes all configuration into account, and no value.
    let sum = vec![config(0), Op::Move { dst: d(1), a: u(0) }, config(1), Op::Add { dst: d(1), a: u(1), b: u(0) }];
    let tail = vec![int(0, 100), Op::Compare { dst: d(0), a: u(1), b: u(0), how: Cmp::Lt }, ret(0)];
    let small = b.function("small", 0, &[W, X], [sum, tail].concat());
    let (subject, texts, place) = (b.text("rate"), [b.text("it > 0"), b.text("rate + other < 100")], PlaceId(0));
    for (func, text) in [(positive, texts[0]), (small, texts[1])] {
        b.program.checks.push(Check { func, text, subject, place });
    }
    let default = b.function("default", 0, &[W], vec![int(0, 7), ret(0)]);
    let (name, other, docs) = (b.text("tax.rate"), b.text("tax.other"), b.text(""));
    let checks = vec![CheckId(0), CheckId(1)];
    b.program.configs = vec![
        Config { name, shape, default: Some(default), checks, fixed: false, docs, place },
        Config { name: other, shape, default: None, checks: vec![], fixed: false, docs, place },
    ];
    let func = b.function("read", 0, &[W, W], vec![config(0), ret(0)]);
    (b, func, shape)
}

#[test]
fn configuration_is_checked_and_has_defaults() {
    let (mut b, read, _) = configured();
    let other = b.function("other", 0, &[W], vec![Op::Config { dst: d(0), config: ConfigId(1) }, ret(0)]);
    let program = &b.program;
    let mut vm = Vm::new(program, Limits::default());
    let mut world = MemoryWorld::new(program);
    assert_eq!(vm.call(read, &[], &mut world), Ok(7));
    let fault = vm.call(other, &[], &mut world).unwrap_err();
    assert!(fault.to_string().starts_with("the configuration tax.other has no value"));
    let mut set = |rate, other| {
        world.set_config(ConfigId(0), Some(rate));
        world.set_config(ConfigId(1), Some(Value::Word(other)));
        vm.call(read, &[], &mut world)
    };
    assert_eq!(set(Value::Word(50), 49), Ok(50));
    let fault = set(Value::Word(0), 1).unwrap_err();
    assert_eq!(fault.to_string(), "rate must satisfy `it > 0`, but it is 0");
    let fault = set(Value::Word(50), 50).unwrap_err();
    assert_eq!(fault.to_string(), "rate must satisfy `rate + other < 100`, but it is 50");
    let FaultKind::Misfit { .. } = set(Value::text("x"), 1).unwrap_err().kind else { panic!() };
    assert_eq!(set(Value::Word(1), 1), Ok(1));
}

#[test]
fn a_default_that_asks_for_itself_ends() {
    let (mut b, read, _) = configured();
    b.program.configs[0].default = Some(read);
    let mut vm = Vm::new(&b.program, Limits::default());
    let mut world = MemoryWorld::new(&b.program);
    assert_eq!(vm.call(read, &[], &mut world).unwrap_err().kind, FaultKind::CallTooDeep);
    world.set_config(ConfigId(0), Some(Value::Word(1)));
    world.set_config(ConfigId(1), Some(Value::Word(1)));
    assert_eq!(vm.call(read, &[], &mut world), Ok(1));
}

#[test]
fn a_default_has_to_be_storable() {
    let (mut b, read, _) = configured();
    let value = b.constant(1 << 64);
    let wide = b.function("wide", 0, &[X], vec![Op::Const { dst: d(0), value }, ret(0)]);
    b.program.configs[0].default = Some(wide);
    let mut vm = Vm::new(&b.program, Limits::default());
    let fault = vm.call(read, &[], &mut MemoryWorld::new(&b.program)).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Overflow);
}

#[test]
fn the_clock_is_the_tenants() {
    let mut b = Build::default();
    let period = b.shape(Shape::Period);
    let reg = RegType::Handle(period);
    let builtin = |dst, builtin, first| Op::Builtin { dst: d(dst), builtin, first: w(first) };
    let today = b.function("today", 0, &[W], vec![Op::Today { dst: d(0) }, ret(0)]);
    let code = vec![
        Op::Now { dst: d(0) },
        builtin(0, Builtin::DateOf, 0),
        Op::Move { dst: d(5), a: u(0) },
        int(1, 1),
        int(2, 0),
        int(3, 1),
        int(4, 0),
        builtin(6, Builtin::MakePeriod, 1),
        builtin(5, Builtin::DatePlus, 5),
        ret(5),
    ];
    let later = b.function("later", 0, &[W, W, W, W, W, W, reg], code);
    let program = &b.program;
    let mut vm = Vm::new(program, Limits::default());
    let mut world = MemoryWorld::new(program);
    world.set_zone(jiff::tz::TimeZone::fixed(jiff::tz::offset(7)));
    world.set_today(20_000);
    assert_eq!(vm.call(today, &[], &mut world), Ok(20_000));
    world.set_now(86_400 * 20_000 + 18 * 3_600);
    assert_eq!(vm.call(today, &[], &mut world), Ok(20_001));
    // 2024-10-05 and a month is Tuesday 2024-11-05; the holiday on the 6th is skipped.
    let day = |text: &str| {
        let value = bp_bytecode::border::read_cell(&dates(), ShapeId(0), text).unwrap();
        value.word().unwrap()
    };
    world.set_today(day("2024-10-05"));
    world.add_holiday(day("2024-11-06"));
    assert_eq!(vm.call(later, &[], &mut world), Ok(day("2024-11-07").into()));
}

fn dates() -> bp_bytecode::Program {
    bp_bytecode::Program { shapes: vec![Shape::Date], ..Default::default() }
}

#[test]
fn failed_expectations_are_collected_and_the_test_goes_on() {
    let mut b = Build::default();
    let (text, shape, place) = (b.text("a == b"), b.int(), PlaceId(0));
    b.program.expects =
        vec![Expect { text, sides: Some([(0, shape), (1, shape)]), place }, Expect { text, sides: None, place }];
    let file = b.text("vectors.csv");
    let code = vec![
        Op::Compare { dst: d(2), a: u(0), b: u(1), how: Cmp::Eq },
        Op::Expect { a: u(2), expect: ExpectId(0) },
        Op::AtRow { file, row: u(0) },
        Op::Expect { a: u(2), expect: ExpectId(1) },
        Op::Mul { dst: d(1), a: u(1), b: u(1) },
        Op::Mul { dst: d(1), a: u(1), b: u(1) },
        Op::Expect { a: u(2), expect: ExpectId(0) },
        ret(2),
    ];
    let func = b.function("test", 2, &[W, X, W], code);
    let mut vm = Vm::new(&b.program, Limits::default());
    let mut world = MemoryWorld::new(&b.program);
    vm.call(func, &[4, 4], &mut world).unwrap();
    assert_eq!(vm.unmet(), []);
    vm.call(func, &[5, 1 << 30], &mut world).unwrap();
    let row = Some((file, 5));
    let shown = |b: &str| Some(("5".to_owned(), b.to_owned()));
    let (left, right) = (Some(Value::Word(5)), Some(Value::Word(1 << 30)));
    assert_eq!(
        vm.take_unmet(),
        [
            Unmet { expect: ExpectId(0), left: left.clone(), right, shown: shown("1073741824"), row: None },
            Unmet { expect: ExpectId(1), left: None, right: None, shown: None, row },
            Unmet {
                expect: ExpectId(0),
                left,
                right: None,
                shown: shown("1329227995784915872903807060280344576"),
                row
            },
        ]
    );
}

#[test]
fn runs_are_found_again_by_their_key() {
    let mut b = Build::default();
    let (int_shape, text) = (b.int(), b.shape(Shape::Text));
    let run = b.record("Run", &[("result", int_shape)]);
    let maybe = b.handle(Shape::Option(run));
    let key = b.text("E1/2026-10");
    let process = ProcessId(0);
    let code = vec![
        Op::Text { dst: d(1), text: key },
        Op::RunGet { dst: d(2), process, key: u(1) },
        Op::Unsome { dst: d(3), a: u(2), otherwise: l(5) },
        Op::Field { dst: d(0), a: u(3), field: 0 },
        ret(0),
        Op::Record { dst: d(3), first: w(0) },
        Op::RunPut { process, key: u(1), run: u(3) },
        int(0, -1),
        ret(0),
    ];
    let func = b.function("start", 1, &[W, RegType::Handle(text), maybe, RegType::Handle(run)], code);
    let mut vm = Vm::new(&b.program, Limits::default());
    let mut world = MemoryWorld::new(&b.program);
    assert_eq!(vm.call(func, &[42], &mut world), Ok(-1));
    vm.reset();
    assert_eq!(vm.call(func, &[43], &mut world), Ok(42));
    assert_eq!(vm.run_record(process, "E1/2026-10"), Some(&Value::Record(vec![Value::Word(42)])));
    vm.forget_runs();
    assert_eq!(vm.call(func, &[44], &mut world), Ok(-1));
}

#[derive(Default)]
struct Notes(Vec<String>);

impl Tracer for Notes {
    fn event(&mut self, event: Event<'_>) {
        self.0.push(match event {
            Event::DecisionRow { decision, row, .. } => format!("row {row} of {}", decision.0),
            Event::Rounded { before, after, scale, .. } => {
                format!("{} became {after} at {scale:?}", before.text(scale.unwrap_or(0)))
            }
            Event::Posted { entry, .. } => format!("posted {} lines: {}", entry.lines.len(), entry.text),
            Event::StepBegun { step } => format!("step {}", step.0),
        });
    }
}

#[test]
fn a_traced_call_tells_rows_roundings_and_entries() {
    let mut books = books();
    let (cash, sales) = (books.cash, books.sales);
    let chain = Chain {
        numerators: 1,
        divisors: 1,
        up: 0,
        down: 0,
        has_step: false,
        root: false,
        power: false,
        mode: Some(Mode::HalfUp),
        result_scale: 2,
    };
    books.build.program.chains = vec![chain, Chain { root: true, result_scale: 0, ..chain }];
    let tail = vec![
        Op::Round { dst: d(5), a: u(0), power: 2, mode: Mode::HalfUp as u8 },
        Op::RoundChain { dst: d(5), first: w(0), chain: ChainId(0) },
        Op::RoundChain { dst: d(5), first: w(0), chain: ChainId(1) },
        Op::Matched { decision: DecisionId(3), row: u(1) },
    ];
    let inner = books.poster(&[(cash, Side::Debit, 0), (sales, Side::Credit, 0)], tail);
    let code = vec![
        Op::StepBegin { step: STEP },
        Op::Call { dst: d(3), func: inner, first: w(0) },
        Op::StepEnd { step: STEP },
        ret(3),
    ];
    let func = books.build.function("f", 3, &[W, W, W, X], code);
    let program = &books.build.program;
    let mut vm = Vm::new(program, Limits::default());
    let mut world = MemoryWorld::new(program);
    let mut notes = Notes::default();
    vm.call_traced(func, &[1_250, 3, 0], &mut world, &mut notes).unwrap();
    assert_eq!(
        notes.0,
        [
            "step 0",
            "posted 2 lines: Sale",
            "12.5 became 13 at None",
            "25/6 became 417 at Some(2)",
            "root of 1250/3 became 20 at Some(0)",
            "row 3 of 3",
        ]
    );
}

#[test]
fn fields_with_conditions_are_checked_at_the_border() {
    let (mut b, _, shape) = configured();
    let mut field = b.field("hours", shape);
    let first = b.program.functions.len() as u32;
    // The condition takes the record.
    let record = ShapeId(b.program.shapes.len() as u32);
    let code = vec![
        Op::Field { dst: d(1), a: u(0), field: 0 },
        int(2, 40),
        Op::Compare { dst: d(1), a: u(1), b: u(2), how: Cmp::Le },
        ret(1),
    ];
    b.function("few", 1, &[RegType::Handle(record), W, W], code);
    let (text, subject, place) = (b.text("it <= 40"), b.text("Week.hours"), PlaceId(0));
    b.program.checks.push(Check { func: FuncId(first), text, subject, place });
    field.checks = vec![CheckId(2)];
    let name = b.text("Week");
    b.program.shapes.push(Shape::Record(bp_bytecode::shape::RecordShape { name, fields: vec![field] }));
    let weeks = b.shape(Shape::List(record));
    let mut vm = Vm::new(&b.program, Limits::default());
    let mut world = MemoryWorld::new(&b.program);
    let mut check = |hours: &[i64]| {
        let list = Value::List(hours.iter().map(|h| Value::Record(vec![Value::Word(*h)])).collect());
        let slot = vm.put_value(weeks, &list).unwrap();
        vm.check(weeks, slot, &mut world)
    };
    assert_eq!(check(&[40, 0]), Ok(()));
    assert_eq!(check(&[40, 41]).unwrap_err().to_string(), "Week.hours must satisfy `it <= 40`, but it is 41");
}
