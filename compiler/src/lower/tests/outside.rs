//! Steps, postings, runs, configuration, tests.

use super::*;
use crate::prove::Shown;
use bp_bytecode::index::{AccountId as Account_, ConfigId as Config_};
use bp_bytecode::op::Side;
use bp_bytecode::program::AccountKind;

impl Make {
    fn account(&mut self, name: &str, dimensions: &[Type]) -> AccountId {
        self.checked.accounts.push(Account {
            name: name.into(),
            code: None,
            kind: AccountKind::Asset,
            ty: Type::Num(Num { unit: Unit::Money(Currency(*b"IDR")), scale: 2 }),
            dimensions: dimensions.iter().map(|ty| ("by".into(), ty.clone())).collect(),
            limit: None,
            groups: Vec::new(),
            lots: false,
            for_exchange: false,
            place: AT,
        });
        AccountId(self.checked.accounts.len() as u32 - 1)
    }
}

fn line(account: AccountId, side: Side, dimensions: Vec<TExpr>, amount: TExpr) -> TPosting {
    TPosting {
        place: AT,
        kind: TPostingKind::Line {
            account,
            side,
            dimensions,
            amount,
            bounds: Vec::new(),
            worth: None,
            valued: None,
            over: None,
        },
    }
}

#[test]
fn postings_with_loops_and_branches() {
    let mut m = Make::default();
    let money = decimal(2);
    let (cash, owed) = (m.account("cash", &[]), m.account("owed", &[Type::Text]));
    let amounts = Type::list(money.clone());
    let each = TPosting {
        place: AT,
        kind: TPostingKind::For {
            local: LocalId(1),
            list: local(0, amounts.clone()),
            where_: Some(compare(Cmp::Gt, local(1, money.clone()), number(0, 2))),
            postings: vec![
                line(cash, Side::Debit, vec![], local(1, money.clone())),
                TPosting {
                    place: AT,
                    kind: TPostingKind::If {
                        condition: compare(Cmp::Gt, local(1, money.clone()), number(1_000, 2)),
                        then: vec![line(owed, Side::Credit, vec![text("large")], local(1, money.clone()))],
                        otherwise: vec![line(owed, Side::Credit, vec![text("small")], local(1, money.clone()))],
                    },
                },
            ],
        },
    };
    let enough = TPosting {
        place: AT,
        kind: TPostingKind::Assert(compare(Cmp::Gt, e(T::Count(local(0, amounts.clone()).into()), INT), int(1))),
    };
    let post = TPost {
        book: None,
        text: text("sale"),
        day: constant(Constant::Number(20_000), Type::Date),
        first_open: false,
        postings: vec![each, enough],
    };
    let balance = e(T::Balance(owed, vec![text("small")]), money.clone());
    let f = m.func(
        &[amounts],
        std::slice::from_ref(&money),
        money.clone(),
        block(vec![S::Post(Box::new(post))], Some(balance)),
    );
    let program = m.program();
    let run = |amounts: &[i64], world: &mut MemoryWorld| {
        let mut vm = Vm::new(&program, Limits::default());
        let RegType::Handle(shape) = program.functions[f.index()].registers[0] else { panic!("a list") };
        let amounts = vm.put_value(shape, &list(amounts)).expect("a list of money");
        vm.call(FuncId(f.0), &[amounts], world).map_err(|fault| fault.kind)
    };
    let mut world = MemoryWorld::new(&program);
    assert_eq!(run(&[500, -3, 2_000, 250], &mut world), Ok(-750));
    assert_eq!(world.total(Account_(cash.0 as u16)), 2_750);
    assert_eq!(run(&[500], &mut MemoryWorld::new(&program)), Err(FaultKind::Assertion));
}

/// A process of a number that is done with twice of it, or fails with it where it is negative.
fn process(m: &mut Make, key: bool) -> ProcessId {
    let outcome = m.cases(&[("Done", &[INT]), ("Negative", &[INT])]);
    let ty = Type::Enum(outcome);
    let double = mul(local(0, INT), int(2), INT);
    let leave = S::Return(Some(e(T::Case(outcome, 1, vec![local(0, INT)]), ty.clone())));
    let negative = S::If {
        condition: compare(Cmp::Lt, local(0, INT), int(0)),
        then: TBlock { ty: Type::Never, ..block(vec![leave], None) },
        otherwise: block(vec![], None),
    };
    let body = block(vec![negative], Some(double));
    let step = e(T::Step(StepId(0), Box::new(TStep { body, failing: None, undo: None })), INT);
    let done = e(T::Case(outcome, 0, vec![local(1, INT)]), ty.clone());
    let func = m.func(&[INT], &[INT], ty, block(vec![S::Let(LocalId(1), step)], Some(done)));
    let key = key.then(|| m.expr(&[INT], &[], e(T::ToText { value: local(0, INT).into(), digits: None }, Type::Text)));
    m.checked.steps.push(Step { name: "only".into(), process: ProcessId(0), stays: false, place: AT });
    m.checked.processes.push(Process {
        name: "p".into(),
        func,
        params: vec![field("n", INT)],
        outcome,
        result: INT,
        key,
        key_names: vec![],
        starter: None,
        lives: false,
        staged: false,
        tasks: Vec::new(),
        requests: Default::default(),
        points: Default::default(),
        noted: Default::default(),
        docs: "".into(),
        place: AT,
    });
    ProcessId(0)
}

#[test]
fn runs_of_processes() {
    for key in [false, true] {
        let mut m = Make::default();
        let p = process(&mut m, key);
        let run = Type::Run(p);
        let start = |n: u32| e(T::Start(p, vec![local(n, INT)]), run.clone());
        let result = |run: TExpr| e(T::RunResult(run.into()), INT);
        let f = m.expr(&[INT], &[], result(start(0)));
        assert_eq!(m.word(f, &[4]), 8);
        assert_eq!(m.fault(f, &[-4]), FaultKind::RunFailed);
        // A second start with the same key gives the first run.
        let same = compare(Cmp::Eq, result(start(0)), result(start(1)));
        let g = m.expr(&[INT, INT], &[], same);
        assert_eq!([m.word(g, &[4, 4]), m.word(g, &[4, 5])], [1, 0]);
        let outcome = m.checked.processes[0].outcome;
        let failed = matched(
            start(0),
            vec![
                arm(
                    vec![pattern(P::Case(outcome, 1, vec![pattern(P::Bind(LocalId(1)), INT)]), Type::Enum(outcome))],
                    local(1, INT),
                ),
                arm(vec![pattern(P::Wildcard, run.clone())], int(0)),
            ],
        );
        let h = m.expr(&[INT], &[INT], failed);
        assert_eq!([m.word(h, &[-4]), m.word(h, &[4])], [-4, 0]);
    }
}

#[test]
fn a_process_without_payloads_has_an_outcome_in_the_heap() {
    let mut m = Make::default();
    let outcome = m.cases(&[("Done", &[])]);
    m.checked.enums[outcome.index()].is_outcome = true;
    let ty = Type::Enum(outcome);
    let func = m.func(&[], &[], ty.clone(), block(vec![], Some(e(T::Case(outcome, 0, vec![]), ty))));
    m.checked.processes.push(Process {
        name: "p".into(),
        func,
        params: vec![],
        outcome,
        result: Type::Nothing,
        key: None,
        key_names: vec![],
        starter: None,
        lives: false,
        staged: false,
        tasks: Vec::new(),
        requests: Default::default(),
        points: Default::default(),
        noted: Default::default(),
        docs: "".into(),
        place: AT,
    });
    let run = e(T::Start(ProcessId(0), vec![]), Type::Run(ProcessId(0)));
    let f = m.expr(&[], &[], e(T::RunResult(run.into()), Type::Nothing));
    assert_eq!(m.word(f, &[]), 0);
    assert!(matches!(m.program().functions[func.index()].result, RegType::Handle(_)));
}

#[test]
fn configuration() {
    let mut m = Make::default();
    let default = m.expr(&[], &[], number(150, 2));
    m.checked.configs.push(Config {
        module: ModuleId(0),
        name: "rate".into(),
        ty: decimal(2),
        default: Some(default),
        checks: vec![],
        docs: "".into(),
        place: AT,
    });
    let f = m.expr(&[], &[], add(e(T::Config(ConfigId(0)), decimal(2)), number(1, 2)));
    assert_eq!(m.word(f, &[]), 151);
    let program = m.program();
    let mut world = MemoryWorld::new(&program);
    world.set_config(Config_(0), Some(Value::Word(700)));
    let result = Vm::new(&program, Limits::default()).call(FuncId(f.0), &[], &mut world);
    assert_eq!(result.ok(), Some(701));
}

#[test]
fn table_driven_expectations() {
    let mut sources = Sources::default();
    let files =
        [sources.add("a.csv".into(), "x,y\n1,one\n2,\n".into()), sources.add("b.csv".into(), "x,y\n3,three\n".into())];
    let mut m = Make::default();
    let record = m.record(vec![field("x", INT), field("y", Type::option(Type::Text))]);
    let ty = Type::Record(record);
    let data = |file: usize, start, x, y: Option<&str>| DataRow {
        place: Place { file: files[file], span: Span::new(start, start + 1) },
        values: vec![
            Constant::Number(x),
            y.map_or(Constant::None, |y| Constant::Some(Box::new(Constant::Text(y.into())))),
        ],
    };
    let rows =
        DataRows { record, rows: vec![data(0, 4, 1, Some("one")), data(0, 10, 2, None), data(1, 4, 3, Some("three"))] };
    // expect row.x < 2 for each row that has a text
    let x = || e(T::Field(local(0, ty.clone()).into(), 0), INT);
    let y = e(T::Field(local(0, ty.clone()).into(), 1), Type::option(Type::Text));
    let there =
        T::Not(e(T::Equal(y.into(), constant(Constant::None, Type::option(Type::Text)).into()), Type::Bool).into());
    let expect = TExpect {
        text: "row.x < 2".into(),
        kind: TExpectKind::Sides {
            left: (LocalId(1), x().boxed()),
            right: (LocalId(2), int(2).boxed()),
            condition: compare(Cmp::Lt, local(1, INT), local(2, INT)),
        },
    };
    let all = S::ForRows {
        local: LocalId(0),
        rows: Arc::new(rows),
        where_: Some(e(there, Type::Bool)),
        body: block(vec![S::Expect(Box::new(expect))], None),
    };
    let holds = S::Expect(Box::new(TExpect { text: "false".into(), kind: TExpectKind::Holds(boolean(false)) }));
    let f = m.func(&[], &[ty, INT, INT], Type::Nothing, block(vec![all, holds], None));
    m.checked.tests.push(Test { title: "t".into(), currency: None, func: f, place: AT });
    let program = lower(&m.checked, &sources, &Shown::default()).expect("it fits");
    verify(&program).expect("it may run");
    let mut vm = Vm::new(&program, Limits::default());
    vm.call(FuncId(f.0), &[], &mut MemoryWorld::new(&program)).expect("it runs");
    let unmet = vm.take_unmet();
    assert_eq!(unmet.len(), 2);
    let (file, line) = unmet[0].row.expect("a row");
    assert_eq!((program.texts[file.index()].as_str(), line), ("b.csv", 2));
    assert_eq!((&unmet[0].left, &unmet[0].right), (&Some(Value::Word(3)), &Some(Value::Word(2))));
    assert_eq!(unmet[1].left, None);
}
