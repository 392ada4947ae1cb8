//! Decisions: every policy, and search trees against a row-by-row reading of the same table.

use super::*;
use crate::lower::{Limit, Options, lower_with};
use crate::prove::Shown;
use bp_bytecode::program::Node;
use bp_grammar::ast::{Fold, Policy};
use bp_vm::{Event, Tracer};

/// A small generator of numbers that are the same each time.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, count: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % count
    }

    fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }
}

impl Make {
    fn decision(&mut self, policy: Policy, columns: &[Type], output: Type, result: Type, rows: Vec<Row>) -> FnId {
        let id = DecisionId(self.checked.decisions.len() as u32);
        let func = self.body(columns, &[], result, Body::Decision(id));
        self.checked.decisions.push(Decision {
            name: "d".into(),
            func,
            place: AT,
            policy,
            columns: (0..columns.len() as u32).map(LocalId).collect(),
            output,
            rows,
            default: None,
        });
        func
    }

    fn otherwise(&mut self, output: TExpr) {
        if let Some(decision) = self.checked.decisions.last_mut() {
            decision.default = Some((output, AT));
        }
    }
}

fn row(cells: Vec<Cell>, output: TExpr) -> Row {
    Row { place: AT, cells, output }
}

fn cell(items: Vec<CellItem>) -> Cell {
    Cell { place: AT, negated: false, items }
}

fn any() -> Cell {
    cell(vec![])
}

fn is(value: TExpr) -> Cell {
    cell(vec![CellItem::Equals(value)])
}

/// `[low..high)`
fn range(low: i128, high: i128) -> Cell {
    cell(vec![CellItem::Range { low: Some((int(low).boxed(), true)), high: Some((int(high).boxed(), false)) }])
}

fn above(bound: TExpr) -> Cell {
    cell(vec![CellItem::Compare(Cmp::Gt, bound)])
}

// ---- policies

#[derive(Default)]
struct RowsSeen(Vec<i64>);

impl Tracer for RowsSeen {
    fn event(&mut self, event: Event<'_>) {
        if let Event::DecisionRow { row, .. } = event {
            self.0.push(row);
        }
    }
}

fn rows_seen(program: &Program, func: FnId, arg: i64) -> Vec<i64> {
    let (mut vm, mut seen) = (Vm::new(program, Limits::default()), RowsSeen::default());
    let world = &mut MemoryWorld::new(program);
    vm.call_traced(FuncId(func.0), &[arg as u64], world, &mut seen).expect("it runs");
    seen.0
}

/// Rows `> 10`, `> 0`, `> 20` with outputs 1, 2, 3, the second one perhaps tested by code.
fn thresholds(policy: Policy, result: Type, tested: bool) -> (Make, FnId) {
    let mut m = Make::default();
    let zero = if tested { opaque(int(0)) } else { int(0) };
    let rows =
        vec![row(vec![above(int(10))], int(1)), row(vec![above(zero)], int(2)), row(vec![above(int(20))], int(3))];
    let f = m.decision(policy, &[INT], INT, result, rows);
    (m, f)
}

#[test]
fn unique_rows() {
    for tested in [false, true] {
        let (m, f) = thresholds(Policy::Unique, INT, tested);
        assert_eq!(m.word(f, &[5]), 2);
        assert!(matches!(m.fault(f, &[11]), FaultKind::SeveralRows { .. }));
        assert!(matches!(m.fault(f, &[0]), FaultKind::NoRow { .. }));
        let (mut m, f) = thresholds(Policy::Unique, INT, tested);
        m.otherwise(int(9));
        assert_eq!([m.word(f, &[5]), m.word(f, &[0])], [2, 9]);
        assert_eq!(rows_seen(&m.program(), f, 0), [3]);
    }
}

#[test]
fn first_rows() {
    for tested in [false, true] {
        let (m, f) = thresholds(Policy::First, INT, tested);
        assert_eq!([5, 15, 25].map(|x| m.word(f, &[x])), [2, 1, 1]);
        assert_eq!(rows_seen(&m.program(), f, 25), [0]);
    }
}

#[test]
fn any_rows_have_to_agree() {
    for tested in [false, true] {
        for unknown in [false, true] {
            let mut m = Make::default();
            let out = |value| if unknown { add(int(value), local(1, INT)) } else { int(value) };
            let zero = if tested { opaque(int(0)) } else { int(0) };
            let rows = vec![
                row(vec![above(int(10)), any()], out(7)),
                row(vec![above(zero), any()], out(7)),
                row(vec![above(int(20)), any()], out(8)),
            ];
            let f = m.decision(Policy::Any, &[INT, INT], INT, INT, rows);
            assert_eq!([5, 15].map(|x| m.word(f, &[x, 0])), [7, 7]);
            assert!(matches!(m.fault(f, &[25, 0]), FaultKind::SeveralRows { .. }));
            assert!(matches!(m.fault(f, &[0, 0]), FaultKind::NoRow { .. }));
        }
    }
}

#[test]
fn priority_and_output_order_follow_the_declared_cases() {
    for (tested, unknown) in [(false, false), (true, false), (false, true), (true, true)] {
        let mut m = Make::default();
        let level = m.cases(&[("High", &[]), ("Middle", &[]), ("Low", &[])]);
        let ty = Type::Enum(level);
        let out = |case| {
            let value = e(T::Case(level, case, vec![]), ty.clone());
            if unknown { opaque(value) } else { value }
        };
        let zero = || if tested { opaque(int(0)) } else { int(0) };
        let rows = || {
            vec![row(vec![above(int(10))], out(1)), row(vec![above(zero())], out(2)), row(vec![above(int(20))], out(0))]
        };
        let f = m.decision(Policy::Priority, &[INT], ty.clone(), ty.clone(), rows());
        assert_eq!([5, 15, 25].map(|x| m.word(f, &[x])), [2, 1, 0]);
        assert!(matches!(m.fault(f, &[0]), FaultKind::NoRow { .. }));
        assert_eq!(rows_seen(&m.program(), f, 25), [2]);
        let sorted = m.decision(Policy::OutputOrder, &[INT], ty.clone(), Type::list(ty.clone()), rows());
        assert_eq!(m.call(sorted, &[Value::Word(25)]), Ok(list(&[0, 1, 2])));
        assert_eq!(m.call(sorted, &[Value::Word(0)]), Ok(list(&[])));
        let ruled = m.decision(Policy::RuleOrder, &[INT], ty.clone(), Type::list(ty.clone()), rows());
        assert_eq!(m.call(ruled, &[Value::Word(25)]), Ok(list(&[1, 2, 0])));
        assert_eq!(rows_seen(&m.program(), ruled, 25), [0, 1, 2]);
    }
}

#[test]
fn collected_rows() {
    for tested in [false, true] {
        let run = |fold, result: Type, x| {
            let (m, f) = thresholds(Policy::Collect(fold), result, tested);
            m.call(f, &[Value::Word(x)])
        };
        let option = Type::option(INT);
        assert_eq!(run(Fold::List, Type::list(INT), 15), Ok(list(&[1, 2])));
        assert_eq!(run(Fold::Sum, INT, 25), Ok(Value::Word(6)));
        assert_eq!(run(Fold::Sum, INT, 0), Ok(Value::Word(0)));
        assert_eq!(run(Fold::Count, INT, 25), Ok(Value::Word(3)));
        assert_eq!(run(Fold::Min, option.clone(), 25), Ok(some(1)));
        assert_eq!(run(Fold::Max, option.clone(), 25), Ok(some(3)));
        assert_eq!(run(Fold::Max, option, 0), Ok(Value::none()));
        assert_eq!(run(Fold::Max, INT, 25), Ok(Value::Word(3)));
        assert!(matches!(run(Fold::Max, INT, 0), Err(FaultKind::NoRow { .. })));
        let (mut m, f) = thresholds(Policy::Collect(Fold::List), Type::list(INT), tested);
        m.otherwise(int(9));
        assert_eq!(m.call(f, &[Value::Word(0)]), Ok(list(&[9])));
    }
}

#[test]
fn outputs_of_all_kinds() {
    let mut m = Make::default();
    let record = m.record(vec![field("name", Type::option(Type::Text)), field("rate", decimal(2))]);
    let ty = Type::Record(record);
    let name = |text: Option<&str>| match text {
        None => constant(Constant::None, Type::option(Type::Text)),
        Some(t) => e(T::Some(text_expr(t).into()), Type::option(Type::Text)),
    };
    fn text_expr(t: &str) -> TExpr {
        text(t)
    }
    let out = |t, rate| e(T::Record(record, vec![name(t), number(rate, 2)]), ty.clone());
    let rows = vec![
        row(vec![is(int(1))], out(Some("one"), 100)),
        row(vec![is(int(2))], out(None, 200)),
        row(vec![is(int(3))], out(Some("three"), 300)),
    ];
    let f = m.decision(Policy::Unique, &[INT], ty.clone(), ty.clone(), rows);
    let value = |t: Option<&str>, rate| {
        Value::Record(vec![t.map_or(Value::none(), |t| Value::some(Value::text(t))), Value::Word(rate)])
    };
    assert_eq!(m.call(f, &[Value::Word(1)]), Ok(value(Some("one"), 100)));
    assert_eq!(m.call(f, &[Value::Word(2)]), Ok(value(None, 200)));
    // No jump table: constants are fetched.
    assert!(m.program().switches.is_empty());

    // Outputs that compute with the inputs.
    let rows = vec![
        row(vec![above(int(10))], mul(local(0, INT), int(2), INT)),
        row(vec![cell(vec![CellItem::Compare(Cmp::Le, int(10))])], int(0)),
    ];
    let g = m.decision(Policy::Unique, &[INT], INT, INT, rows);
    assert_eq!([m.word(g, &[11]), m.word(g, &[10])], [22, 0]);

    // Texts, and one that all rows share.
    let rows = vec![row(vec![is(int(1))], text("a")), row(vec![is(int(2))], text("b"))];
    let h = m.decision(Policy::Unique, &[INT], Type::Text, Type::Text, rows);
    m.otherwise(text("rest"));
    assert_eq!(m.call(h, &[Value::Word(2)]), Ok(Value::text("b")));
    assert_eq!(m.call(h, &[Value::Word(5)]), Ok(Value::text("rest")));
}

// ---- trees against rows

/// A column of a random table, and the kind of values it has.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// Of this scale.
    Number(u8),
    Cases,
    Truth,
    Text,
}

#[derive(Clone, Debug)]
enum Test {
    None,
    Text(usize),
    /// The number and its scale.
    Compare(Cmp, i128, u8),
    Range(Option<(i128, bool)>, Option<(i128, bool)>, u8),
}

#[derive(Clone, Debug)]
struct Tested {
    negated: bool,
    tests: Vec<Test>,
}

const TEXTS: [&str; 6] = ["", "a", "ab", "b", "é", "zz"];
const CASES: i128 = 5;

fn holds(how: Cmp, a: i128, b: i128) -> bool {
    match how {
        Cmp::Eq => a == b,
        Cmp::Ne => a != b,
        Cmp::Lt => a < b,
        Cmp::Le => a <= b,
        Cmp::Gt => a > b,
        Cmp::Ge => a >= b,
    }
}

/// What the definition of a cell says.
fn fits(tested: &Tested, kind: Kind, input: Option<i128>) -> bool {
    let lift = |value: i128, scale: u8| value * 10_i128.pow(6 - u32::from(scale));
    let own = if let Kind::Number(scale) = kind { scale } else { 0 };
    let one = |test: &Test| match (test, input) {
        (Test::None, input) => input.is_none(),
        (_, None) => false,
        (Test::Text(text), Some(input)) => input == *text as i128,
        (Test::Compare(how, bound, scale), Some(input)) => holds(*how, lift(input, own), lift(*bound, *scale)),
        (Test::Range(low, high, scale), Some(input)) => {
            let input = lift(input, own);
            low.is_none_or(|(low, closed)| holds(if closed { Cmp::Ge } else { Cmp::Gt }, input, lift(low, *scale)))
                && high.is_none_or(|(high, closed)| {
                    holds(if closed { Cmp::Le } else { Cmp::Lt }, input, lift(high, *scale))
                })
        }
    };
    if tested.negated { !tested.tests.iter().any(one) } else { tested.tests.is_empty() || tested.tests.iter().any(one) }
}

fn random_cell(random: &mut Random, kind: Kind, optional: bool) -> Tested {
    if random.one_in(4) {
        return Tested { negated: false, tests: vec![] };
    }
    let count = 1 + random.below(3);
    let tests = (0..count)
        .map(|_| {
            if optional && random.one_in(4) {
                return Test::None;
            }
            let hows = [Cmp::Eq, Cmp::Ne, Cmp::Lt, Cmp::Le, Cmp::Gt, Cmp::Ge];
            match kind {
                Kind::Text => Test::Text(random.below(5) as usize),
                Kind::Cases => Test::Compare(Cmp::Eq, random.below(CASES as u64) as i128, 0),
                Kind::Truth => Test::Compare(Cmp::Eq, random.below(2) as i128, 0),
                Kind::Number(_) => {
                    let scale = random.below(4) as u8;
                    let mut bound = || random.below(20 * 10_u64.pow(scale.into())) as i128 - 10_i128.pow(scale.into());
                    let (a, b) = (bound(), bound());
                    if random.one_in(2) {
                        let closed = (random.one_in(2), random.one_in(2));
                        let low = (!random.one_in(5)).then_some((a.min(b), closed.0));
                        Test::Range(low, (!random.one_in(5)).then_some((a.max(b), closed.1)), scale)
                    } else {
                        Test::Compare(hows[random.below(6) as usize], a, scale)
                    }
                }
            }
        })
        .collect();
    Tested { negated: random.one_in(5), tests }
}

fn cell_of(tested: &Tested, kind: Kind, ty: &Type, input: u32, opaque_: bool) -> Cell {
    let hide = |value: TExpr| if opaque_ { opaque(value) } else { value };
    let inner = match ty {
        Type::Option(of) => (**of).clone(),
        ty => ty.clone(),
    };
    let bound = |value: i128, scale: u8| {
        let ty = if matches!(kind, Kind::Number(_)) { decimal(scale) } else { inner.clone() };
        hide(constant(Constant::Number(value), ty))
    };
    let items = tested.tests.iter().map(|test| match test {
        Test::None => {
            let none = constant(Constant::None, ty.clone());
            let test = e(T::Equal(local(input, ty.clone()).into(), none.into()), Type::Bool);
            CellItem::Condition(if opaque_ { opaque(test) } else { test })
        }
        Test::Text(at) => CellItem::Equals(hide(text(TEXTS[*at]))),
        Test::Compare(Cmp::Eq, value, scale) => CellItem::Equals(bound(*value, *scale)),
        Test::Compare(how, value, scale) => CellItem::Compare(*how, bound(*value, *scale)),
        Test::Range(low, high, scale) => CellItem::Range {
            low: low.map(|(value, closed)| (bound(value, *scale).boxed(), closed)),
            high: high.map(|(value, closed)| (bound(value, *scale).boxed(), closed)),
        },
    });
    Cell { place: AT, negated: tested.negated, items: items.collect() }
}

#[test]
fn trees_find_the_rows_that_fit() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for round in 0..400 {
        let mut m = Make::default();
        let cases = m.cases(&[("A", &[]), ("B", &[]), ("C", &[]), ("D", &[]), ("E", &[])]);
        let columns: Vec<(Kind, Type)> = (0..1 + random.below(3))
            .map(|_| {
                let (kind, ty) = match random.below(6) {
                    0 => (Kind::Number(0), INT),
                    1 => (Kind::Number(2), decimal(2)),
                    2 => (Kind::Number(1), decimal(1)),
                    3 => (Kind::Cases, Type::Enum(cases)),
                    4 => (Kind::Truth, Type::Bool),
                    _ => (Kind::Text, Type::Text),
                };
                (kind, if random.one_in(3) { Type::option(ty) } else { ty })
            })
            .collect();
        let types: Vec<Type> = columns.iter().map(|column| column.1.clone()).collect();
        let tables: Vec<Vec<Tested>> = (0..1 + random.below(8))
            .map(|_| {
                let optional = |ty: &Type| matches!(ty, Type::Option(_));
                columns.iter().map(|(kind, ty)| random_cell(&mut random, *kind, optional(ty))).collect()
            })
            .collect();
        // Some tables have no cells that code tests, some have many.
        let hidden = [u64::MAX, u64::MAX, 6, 2][round % 4];
        let mut rows = || -> Vec<Row> {
            tables
                .iter()
                .enumerate()
                .map(|(number, tests)| {
                    let cells = tests
                        .iter()
                        .zip(&columns)
                        .enumerate()
                        .map(|(at, (test, (kind, ty)))| {
                            let hide = hidden != u64::MAX && random.one_in(hidden);
                            cell_of(test, *kind, ty, at as u32, hide)
                        })
                        .collect();
                    row(cells, int(number as i128))
                })
                .collect()
        };
        let (one, two, all) = (rows(), rows(), rows());
        let unique = m.decision(Policy::Unique, &types, INT, INT, one);
        let first = m.decision(Policy::First, &types, INT, INT, two);
        m.otherwise(int(-1));
        let every = m.decision(Policy::RuleOrder, &types, INT, Type::list(INT), all);
        let program = m.program();
        for _ in 0..60 {
            let inputs: Vec<Option<i128>> = columns
                .iter()
                .map(|(kind, ty)| match ty {
                    Type::Option(_) if random.one_in(4) => None,
                    _ => Some(match kind {
                        Kind::Number(scale) => {
                            let one = 10_i64.pow((*scale).into());
                            i128::from(random.below(22 * one as u64) as i64 - 2 * one)
                        }
                        Kind::Cases => random.below(CASES as u64) as i128,
                        Kind::Truth => random.below(2) as i128,
                        Kind::Text => random.below(TEXTS.len() as u64) as i128,
                    }),
                })
                .collect();
            let args: Vec<Value> = inputs
                .iter()
                .zip(&columns)
                .map(|(input, (kind, ty))| {
                    let plain = |input: i128| match kind {
                        Kind::Text => Value::text(TEXTS[input as usize]),
                        _ => Value::Word(input as i64),
                    };
                    match ty {
                        Type::Option(_) => input.map_or(Value::none(), |input| Value::some(plain(input))),
                        _ => plain(input.unwrap_or(0)),
                    }
                })
                .collect();
            let wanted: Vec<i64> = tables
                .iter()
                .enumerate()
                .filter(|(_, tests)| {
                    tests.iter().zip(&columns).zip(&inputs).all(|((test, column), input)| fits(test, column.0, *input))
                })
                .map(|(number, _)| number as i64)
                .collect();
            let told = || format!("round {round}: {inputs:?} in {columns:?}\n{tables:#?}");
            assert_eq!(call(&program, every, &args), Ok(list(&wanted)), "{}", told());
            let result = Value::Word(wanted.first().copied().unwrap_or(-1));
            assert_eq!(call(&program, first, &args), Ok(result), "{}", told());
            match (call(&program, unique, &args), &wanted[..]) {
                (Ok(Value::Word(row)), [only]) => assert_eq!(row, *only, "{}", told()),
                (Err(FaultKind::NoRow { .. }), []) | (Err(FaultKind::SeveralRows { .. }), [_, _, ..]) => {}
                (other, _) => panic!("{other:?} {}", told()),
            }
        }
    }
}

// ---- sizes

/// Rows of a category and a range of numbers, as tax tables have them.
fn large(categories: usize, steps: usize, texts: bool) -> (Make, FnId) {
    let mut m = Make::default();
    let names: Vec<String> = (0..categories).map(|category| format!("K{category}")).collect();
    let cases: Vec<(&str, &[Type])> = names.iter().map(|name| (name.as_str(), &[][..])).collect();
    let id = m.cases(&cases);
    let ty = if texts { Type::Text } else { Type::Enum(id) };
    let mut rows = Vec::new();
    for (category, name) in names.iter().enumerate() {
        for step in 0..steps {
            let case = if texts { text(name) } else { e(T::Case(id, category as u16, vec![]), ty.clone()) };
            let low = (step * 100 + category) as i128;
            rows.push(row(vec![is(case), range(low, low + 100)], int((category * steps + step) as i128)));
        }
    }
    let f = m.decision(Policy::Unique, &[ty, INT], INT, INT, rows);
    m.otherwise(int(-1));
    (m, f)
}

#[test]
fn large_tables_are_searched() {
    for texts in [false, true] {
        let (m, f) = large(100, 100, texts);
        let started = std::time::Instant::now();
        let program = m.program();
        // Far below a second where it is optimised; this is not.
        assert!(started.elapsed().as_secs() < 10, "{:?}", started.elapsed());
        let category = |n: i64| if texts { Value::text(format!("K{n}")) } else { Value::Word(n) };
        for (n, value, row) in [(0, 0, 0), (7, 7, 700), (7, 6, -1), (99, 5_098, 9_949), (99, 5_099, 9_950)] {
            assert_eq!(call(&program, f, &[category(n), Value::Word(value)]), Ok(Value::Word(row)));
        }
        // One node for each category besides the leaves.
        let splits = program.trees[0].nodes.iter().filter(|node| !matches!(node, Node::Leaf(_))).count();
        assert_eq!(splits, 101);
    }
}

#[test]
fn fifty_thousand_rows_of_two_ranges() {
    let mut m = Make::default();
    let mut rows = Vec::new();
    for a in 0..500_i128 {
        for b in 0..100_i128 {
            rows.push(row(vec![range(a * 7, a * 7 + 7), range(b * 10, b * 10 + 10)], int(a * 100 + b)));
        }
    }
    let f = m.decision(Policy::Unique, &[INT, INT], INT, INT, rows);
    let started = std::time::Instant::now();
    let program = m.program();
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
    let find = |a, b| call(&program, f, &[Value::Word(a), Value::Word(b)]);
    assert_eq!(find(3_499, 999), Ok(Value::Word(49_999)));
    assert_eq!(find(70, 15), Ok(Value::Word(1_001)));
    assert!(matches!(find(3_500, 0), Err(FaultKind::NoRow { .. })));
}

#[test]
fn a_row_that_settles_everything_keeps_first_tables_small() {
    // Each row's column is narrow, the last one takes the rest: without the cut each set holds it as well.
    let mut m = Make::default();
    let mut rows: Vec<Row> = (0..2_000).map(|n| row(vec![is(int(n * 3)), any()], int(n))).collect();
    rows.push(row(vec![any(), any()], int(-1)));
    rows.push(row(vec![any(), is(int(1))], int(-2)));
    let f = m.decision(Policy::First, &[INT, INT], INT, INT, rows);
    let program = m.program();
    assert_eq!(program.trees[0].inputs.len(), 2);
    assert!(!program.trees[0].nodes.iter().any(|node| matches!(node, Node::Range { input: 1, .. })));
    assert_eq!(call(&program, f, &[Value::Word(3_000), Value::Word(1)]), Ok(Value::Word(1_000)));
    assert_eq!(call(&program, f, &[Value::Word(3_001), Value::Word(1)]), Ok(Value::Word(-1)));
}

#[test]
fn a_tree_beyond_its_limit_is_refused() {
    let (m, _) = large(10, 10, false);
    let sources = Sources::default();
    let refused = lower_with(&m.checked, &sources, &Shown::default(), Options { tree_nodes_max: 50 })
        .expect_err("too many nodes");
    assert_eq!((refused.limit, refused.most), (Limit::TreeNodes, 50));
    assert!(lower_with(&m.checked, &sources, &Shown::default(), Options { tree_nodes_max: 200 }).is_ok());
}

#[test]
fn small_whole_numbers_become_a_table() {
    let mut m = Make::default();
    let rows = (1..=12).map(|month| row(vec![is(int(month))], int(month * month))).collect();
    let f = m.decision(Policy::Unique, &[INT], INT, INT, rows);
    m.otherwise(int(0));
    let program = m.program();
    assert!(matches!(&program.trees[0].nodes[program.trees[0].root as usize], Node::Dense { low: 1, .. }));
    assert_eq!([0, 1, 12, 13, -5].map(|month| m.word(f, &[month])), [0, 1, 144, 0, 0]);
}
