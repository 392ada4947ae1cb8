//! Cells, entries and steps: the same books whatever happens, and whatever the world refuses.

mod common;

use bp_bytecode::Program;
use bp_bytecode::index::*;
use bp_bytecode::op::*;
use bp_bytecode::program::{Account, AccountKind, Post, Process, Step};
use bp_bytecode::shape::{CaseShape, EnumShape, FieldShape, RecordShape, RegType, Shape, Unit};
use bp_bytecode::value::Value;
use bp_jit::{Batch, Fallback, Jit, Runner};
use bp_vm::{Entry, Limits, MemoryWorld, Refusal, View, Vm, World};
use common::{Both, W, X, both, function, program};

/// A world that refuses what changes it for the n-th time.
struct Grudging {
    inner: MemoryWorld,
    left: usize,
}

impl Grudging {
    fn asked(&mut self) -> Result<(), Refusal> {
        match self.left.checked_sub(1) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(Refusal("enough".to_owned())),
        }
    }
}

impl World for Grudging {
    fn config(&mut self, config: ConfigId) -> Result<Option<Value>, Refusal> {
        self.inner.config(config)
    }
    fn today(&mut self) -> Result<i64, Refusal> {
        self.inner.today()
    }
    fn now(&mut self) -> Result<i64, Refusal> {
        self.inner.now()
    }
    fn zone(&mut self) -> jiff::tz::TimeZone {
        self.inner.zone()
    }
    fn is_business_day(&mut self, day: i64) -> bool {
        self.inner.is_business_day(day)
    }
    fn step_begin(&mut self, step: StepId) -> Result<(), Refusal> {
        self.asked()?;
        self.inner.step_begin(step)
    }
    fn step_end(&mut self, step: StepId) -> Result<(), Refusal> {
        self.asked()?;
        self.inner.step_end(step)
    }
    fn post(&mut self, entry: &Entry<'_>) -> Result<(), Refusal> {
        self.asked()?;
        self.inner.post(entry)
    }
    fn balance(&mut self, account: AccountId, dims: &[u64], view: View<'_>) -> Result<i128, Refusal> {
        self.inner.balance(account, dims, view)
    }
    fn call_end(&mut self, well: bool) -> Result<(), Refusal> {
        let asked = self.asked();
        self.inner.call_end(well && asked.is_ok())?;
        if well { asked } else { Ok(()) }
    }
}

fn number(program: &mut Program) -> ShapeId {
    program.shapes.push(Shape::Number { scale: 2, unit: Unit::None });
    ShapeId(program.shapes.len() as u32 - 1)
}

fn field(shape: ShapeId) -> FieldShape {
    let name = TextId(0);
    FieldShape { name, outside: name, shape, default: None, checks: vec![], personal: false }
}

/// Accounts 0 and 1, and 2 with a dimension; `post(amount, other)` posts in two steps: an entry of known form, and
/// one whose lines come from a loop of three rounds. The second balances where `other` is `amount`.
fn posting() -> (Program, FuncId) {
    let mut p = program();
    let shape = number(&mut p);
    for dimensions in [vec![], vec![], vec![(TextId(0), shape)]] {
        let (name, place) = (TextId(0), PlaceId(0));
        p.accounts.push(Account {
            name,
            code: None,
            kind: AccountKind::Asset,
            shape,
            dimensions,
            lots: false,
            bounds: Vec::new(),
            groups: Vec::new(),
            place,
        });
    }
    p.shapes.push(Shape::Text);
    let text = RegType::Handle(ShapeId(p.shapes.len() as u32 - 1));
    p.posts = vec![Post { first_open: false, place: PlaceId(0) }; 2];
    p.steps = vec![Step { name: TextId(0), process: ProcessId(0), stays: false, place: PlaceId(0) }; 2];
    let line = |account: u16, side, amount: u16, first: u16| Op::PostLine {
        account: AccountId(account),
        side,
        amount: Use(amount),
        first: UseWindow(first),
    };
    let code = vec![
        /* 1 */ Op::Text { dst: Def(2), text: TextId(0) },
        /* 2 */ Op::Int { dst: Def(3), value: 20_000 },
        /* 3 */ Op::StepBegin { step: StepId(0) },
        /* 4 */ Op::PostBegin { post: PostId(0), text: Use(2), day: Use(3) },
        /* 5 */ line(0, Side::Debit, 0, 0),
        /* 6 */ line(2, Side::Credit, 0, 3),
        /* 7 */ Op::PostEnd { post: PostId(0) },
        /* 8 */ Op::StepEnd { step: StepId(0) },
        /* 9 */ Op::StepBegin { step: StepId(1) },
        /* 10 */ Op::PostBegin { post: PostId(1), text: Use(2), day: Use(3) },
        /* 11 */ Op::Int { dst: Def(4), value: 0 },
        /* 12 */ Op::Charge { amount: 3 },
        /* 13 */ line(1, Side::Debit, 0, 0),
        /* 14 */ line(2, Side::Credit, 1, 4),
        /* 15 */ Op::Int { dst: Def(5), value: 1 },
        /* 16 */ Op::Add { dst: Def(6), a: Use(4), b: Use(5) },
        /* 17 */ Op::Narrow { dst: Def(4), a: Use(6) },
        /* 18 */ Op::Int { dst: Def(5), value: 3 },
        /* 19 */ Op::Compare { dst: Def(5), a: Use(4), b: Use(5), how: Cmp::Lt },
        /* 20 */ Op::JumpIf { condition: Use(5), to: Label(12) },
        /* 21 */ Op::PostEnd { post: PostId(1) },
        /* 22 */ Op::StepEnd { step: StepId(1) },
        /* 23 */ Op::Return { a: Use(4) },
    ];
    let func = function(&mut p, 2, &[W, W, text, W, W, W, X], W, code);
    (p, func)
}

fn books(world: &MemoryWorld) -> impl PartialEq + std::fmt::Debug {
    let totals: Vec<i128> = (0..3).map(|account| world.total(AccountId(account))).collect();
    (world.entries_kept().to_vec(), totals, world.entry_count(), world.line_count())
}

#[test]
fn books_agree_whatever_is_refused() {
    let (p, func) = posting();
    let jit = Jit::new(&p, &p).unwrap();
    for (amount, other) in [(5, 5), (-7, -7), (0, 0), (5, 6), (i64::MIN, 1), (i64::MAX, i64::MAX)] {
        for left in 0..9 {
            let new = || {
                let mut inner = MemoryWorld::new(&p);
                inner.keep_entries(true);
                Grudging { inner, left }
            };
            let args = [amount as u64, other as u64];
            let (mut vm, mut world) = (Vm::new(&p, Limits::default()), new());
            let verdict = vm.call(func, &args, &mut world);
            let (mut again, mut world_again) = (Vm::new(&p, Limits::default()), new());
            let result = Runner::new(&jit).call(&mut again, func, &args, &mut world_again);
            assert_eq!(result, verdict, "{amount} {other}, {left} left");
            assert_eq!(books(&world_again.inner), books(&world.inner), "{amount} {other}, {left} left");
        }
    }
    let mut runner = Runner::new(&jit);
    let (mut vm, mut world) = (Vm::new(&p, Limits::default()), MemoryWorld::new(&p));
    assert_eq!(runner.run(&mut vm, func, &[5, 5], &mut world), Ok(Ok(3)));
    assert_eq!(runner.run(&mut vm, func, &[5, 6], &mut world), Err(Fallback::Fault));
    assert_eq!(world.entry_count(), 2);
    assert_eq!((runner.native_calls(), runner.fallbacks(Fallback::Fault)), (1, 1));
}

/// Sums of a batch are the books of its rows, those that native code gives back among them.
#[test]
fn a_batch_adds_up() {
    let mut p = program();
    let shape = number(&mut p);
    p.shapes.push(Shape::Text);
    p.shapes.push(Shape::Record(RecordShape { name: TextId(0), fields: vec![field(shape)] }));
    let (text, record) = (RegType::Handle(ShapeId(1)), RegType::Handle(ShapeId(2)));
    for _ in 0..2 {
        let (name, place) = (TextId(0), PlaceId(0));
        p.accounts.push(Account {
            name,
            code: None,
            kind: AccountKind::Asset,
            shape,
            dimensions: vec![],
            lots: false,
            bounds: Vec::new(),
            groups: Vec::new(),
            place,
        });
    }
    p.posts = vec![Post { first_open: false, place: PlaceId(0) }];
    let line =
        |account: u16, side| Op::PostLine { account: AccountId(account), side, amount: Use(4), first: UseWindow(0) };
    let code = vec![
        Op::Text { dst: Def(1), text: TextId(0) },
        Op::Int { dst: Def(2), value: 0 },
        Op::Field { dst: Def(4), a: Use(0), field: 0 },
        // Leaves 64 bits for great amounts, and comes back.
        Op::Add { dst: Def(3), a: Use(4), b: Use(4) },
        Op::Sub { dst: Def(3), a: Use(3), b: Use(4) },
        Op::Narrow { dst: Def(4), a: Use(3) },
        Op::PostBegin { post: PostId(0), text: Use(1), day: Use(2) },
        line(0, Side::Debit),
        line(1, Side::Credit),
        Op::PostEnd { post: PostId(0) },
        Op::Return { a: Use(4) },
    ];
    let func = function(&mut p, 1, &[record, text, W, X, W], W, code);
    p.processes.push(Process {
        name: TextId(0),
        func,
        params: vec![field(ShapeId(2))],
        outcome: ShapeId(2),
        key: None,
        key_names: vec![],
        starter: None,
        docs: TextId(0),
        place: PlaceId(0),
    });
    let jit = Jit::of_processes(&p, &p).unwrap();
    let mut runner = Runner::new(&jit);
    let (mut vm, mut world) = (Vm::new(&p, Limits::default()), MemoryWorld::new(&p));
    let rows = [3, 0, -8, i64::MAX - 5, 100];
    let mut batch = Batch::new(&mut runner, &mut vm, func, &mut world);
    for row in rows {
        let record = batch.machine().put_record(&[row as u64]).unwrap();
        assert_eq!(batch.call(&[record]), Ok(i128::from(row)));
    }
    batch.finish().unwrap();
    let sum: i128 = rows.into_iter().map(i128::from).sum();
    assert_eq!((world.total(AccountId(0)), world.total(AccountId(1))), (sum, -sum));
    assert_eq!((world.entry_count(), world.line_count()), (4, 8));
    assert_eq!((runner.native_calls(), runner.fallbacks(Fallback::Wide)), (4, 1));
}

/// Records, cases, options and lists, made and read, across a call that is not translated inside.
#[test]
fn cells_agree() {
    let mut p = program();
    let shape = number(&mut p);
    p.shapes.push(Shape::Record(RecordShape { name: TextId(0), fields: vec![field(shape), field(shape)] }));
    let case = |fields: Vec<FieldShape>| CaseShape { name: TextId(0), outside: TextId(0), fields };
    let cases = vec![case(vec![]), case(vec![field(shape), field(shape)])];
    p.shapes.push(Shape::Variant(EnumShape { name: TextId(0), cases }));
    p.shapes.push(Shape::Option(shape));
    p.shapes.push(Shape::List(shape));
    let handle = |at| RegType::Handle(ShapeId(at));
    let (record, variant, option, list) = (handle(1), handle(2), handle(3), handle(4));
    let code = vec![
        /* 1 */ Op::Record { dst: Def(2), first: UseWindow(0) },
        /* 2 */ Op::Field { dst: Def(3), a: Use(2), field: 1 },
        /* 3 */ Op::List { dst: Def(4), first: UseWindow(0), count: 2 },
        /* 4 */ Op::Append { dst: Def(4), list: Use(4), a: Use(3) },
        /* 5 */ Op::Append { dst: Def(5), list: Use(4), a: Use(0) },
        /* 6 */ Op::Append { dst: Def(4), list: Use(4), a: Use(1) },
        /* 7 */ Op::Len { dst: Def(6), list: Use(4) },
        /* 8 */ Op::Item { dst: Def(7), list: Use(5), index: Use(0) },
        /* 9 */ Op::Variant { dst: Def(8), case: 1, first: UseWindow(0) },
        /* 10 */ Op::JumpIf { condition: Use(7), to: Label(12) },
        /* 11 */ Op::Variant { dst: Def(8), case: 0, first: UseWindow(0) },
        /* 12 */ Op::Unpack { a: Use(8), case: 1, first: DefWindow(9), otherwise: Label(16) },
        /* 13 */ Op::Some { dst: Def(11), a: Use(10) },
        /* 14 */ Op::Tag { dst: Def(12), a: Use(8) },
        /* 15 */ Op::Jump { to: Label(18) },
        /* 16 */ Op::None { dst: Def(11) },
        /* 17 */ Op::Int { dst: Def(12), value: 50 },
        /* 18 */ Op::Unsome { dst: Def(7), a: Use(11), otherwise: Label(19) },
        /* 19 */ Op::Equal { dst: Def(13), a: Use(4), b: Use(5) },
        /* 20 */ Op::Add { dst: Def(14), a: Use(7), b: Use(12) },
        /* 21 */ Op::Add { dst: Def(14), a: Use(14), b: Use(13) },
        /* 22 */ Op::Add { dst: Def(14), a: Use(14), b: Use(6) },
        /* 23 */ Op::Return { a: Use(14) },
    ];
    let registers = [W, W, record, W, list, list, W, W, variant, W, W, option, W, W, X];
    let inner = function(&mut p, 2, &registers, X, code);
    // So long that it is called, not translated inside.
    let mut long = vec![Op::Charge { amount: 1 }; 500];
    long.extend([Op::Call { dst: Def(2), func: inner, first: UseWindow(0) }, Op::Return { a: Use(2) }]);
    let long = function(&mut p, 2, &[W, W, X], X, long);
    let outer = vec![
        Op::Call { dst: Def(2), func: long, first: UseWindow(0) },
        Op::Call { dst: Def(3), func: long, first: UseWindow(0) },
        Op::Add { dst: Def(3), a: Use(2), b: Use(3) },
        Op::Return { a: Use(3) },
    ];
    let outer = function(&mut p, 2, &[W, W, X, X], X, outer);
    let jit = Jit::new(&p, &p).unwrap();
    for func in [inner, outer] {
        for a in -1..6 {
            for b in [0, 3, -9, i64::MAX / 4] {
                let came = both(&jit, func, &[a, b]);
                assert_eq!(matches!(came, Both::Same(_)), (0..4).contains(&a), "{a} {b}: {came:?}");
            }
        }
    }
}
