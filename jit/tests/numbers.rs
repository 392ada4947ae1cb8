//! Instructions on numbers, against the interpreter, on random numbers and at the edges.

mod common;

use bp_bytecode::Program;
use bp_bytecode::index::*;
use bp_bytecode::op::*;
use bp_bytecode::program::{Chain, Node, Tree, TreeInput};
use bp_bytecode::rounding::Mode;
use bp_jit::{Fallback, Jit};
use common::{Both, W, X, agrees, both, function, program};
use proptest::prelude::*;

/// Numbers of all sizes, edges among them.
fn number() -> impl Strategy<Value = i64> {
    prop_oneof![
        3 => any::<i64>(),
        3 => -1_000i64..1_000,
        2 => (any::<i64>(), 0u32..63).prop_map(|(n, by)| n >> by),
        1 => prop::sample::select(vec![i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX - 1, i64::MAX, 1 << 62]),
        1 => (0u32..19, -2i64..3).prop_map(|(power, near)| 10i64.pow(power).wrapping_add(near)),
        1 => (0u32..19, -2i64..3).prop_map(|(power, near)| (-10i64.pow(power) / 2).wrapping_add(near)),
    ]
}

const A: Use = Use(0);
const B: Use = Use(1);
const R: Def = Def(2);

/// One function for each operation on two numbers.
fn operations() -> Program {
    let mut p = program();
    let mut ops = vec![
        Op::Add { dst: R, a: A, b: B },
        Op::Sub { dst: R, a: A, b: B },
        Op::Mul { dst: R, a: A, b: B },
        Op::Neg { dst: R, a: A },
        Op::Abs { dst: R, a: A },
        Op::Min { dst: R, a: A, b: B },
        Op::Max { dst: R, a: A, b: B },
        Op::Sign { dst: R, a: A },
        Op::DivFloor { dst: R, a: A, b: B },
        Op::ModFloor { dst: R, a: A, b: B },
        Op::Not { dst: R, a: A },
        Op::Move { dst: R, a: B },
    ];
    for how in [Cmp::Eq, Cmp::Ne, Cmp::Lt, Cmp::Le, Cmp::Gt, Cmp::Ge] {
        ops.push(Op::Compare { dst: R, a: A, b: B, how });
        for (up, down) in [(0, 3), (2, 0), (18, 18), (20, 1), (36, 0)] {
            ops.push(Op::CompareScaled { dst: R, a: A, b: B, scales: Scales { up, down, how } });
        }
    }
    for power in [0, 1, 2, 6, 9, 17, 18, 19, 25, 36] {
        ops.push(Op::ScaleUp { dst: R, a: A, power });
        ops.push(Op::IsMultiple { dst: R, a: A, power });
        ops.extend((0..7).map(|mode| Op::Round { dst: R, a: A, power, mode }));
    }
    for op in ops {
        function(&mut p, 2, &[W, W, X], X, vec![op, Op::Return { a: Use(2) }]);
    }
    p
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 8 } else { 100 }))]

    #[test]
    fn operations_agree(pairs in prop::collection::vec((number(), number()), 40)) {
        let p = operations();
        let jit = Jit::new(&p, &p).unwrap();
        for func in 0..p.functions.len() {
            for (a, b) in &pairs {
                // Division by -1 is left to the interpreter: it is rare, and -2^63 / -1 is wide.
                let minus_one = matches!(p.functions[func].code[1], Op::DivFloor { .. } | Op::ModFloor { .. }) && *b == -1;
                if !minus_one {
                    agrees(&jit, FuncId(func as u32), &[*a, *b]).map_err(TestCaseError::fail)?;
                }
            }
        }
    }

    /// Division and rounding by constants, of numbers whose bounds are known and of others.
    #[test]
    fn constants_agree(d in number(), bound in number(), ns in prop::collection::vec(number(), 30)) {
        let mut p = program();
        p.constants = vec![d.into(), bound.into()];
        let bounded = |ops: Vec<Op>| {
            let mut code = vec![
                Op::Const { dst: Def(1), value: ConstId(0) },
                Op::Const { dst: Def(3), value: ConstId(1) },
                Op::Max { dst: Def(4), a: A, b: Use(3) },
                Op::Int { dst: Def(5), value: 1_000_000 },
                Op::Min { dst: Def(6), a: Use(4), b: Use(5) },
            ];
            code.extend(ops);
            code.push(Op::Return { a: Use(2) });
            code
        };
        let mut chain = |numerators, divisors, up, down, has_step, mode| {
            let chain = Chain { numerators, divisors, up, down, has_step, root: false, power: false, mode: Some(mode), result_scale: 0 };
            p.chains.push(chain);
            ChainId(p.chains.len() as u16 - 1)
        };
        let mut codes = Vec::new();
        for source in [A, Use(4), Use(6)] {
            codes.push(vec![Op::DivFloor { dst: R, a: source, b: B }]);
            codes.push(vec![Op::ModFloor { dst: R, a: source, b: B }]);
            codes.push(vec![Op::Add { dst: R, a: source, b: Use(6) }]);
            codes.push(vec![Op::Mul { dst: R, a: source, b: Use(6) }, Op::Sub { dst: R, a: R.into_use(), b: B }]);
            for mode in Mode::ALL {
                codes.push(vec![Op::Round { dst: R, a: source, power: 2, mode: mode as u8 }]);
                // n / d, n d / 10^4, n / 10^2 / d in steps of d, n n / 7
                let window = |a: Use, b: Use| vec![Op::Move { dst: Def(7), a }, Op::Move { dst: Def(8), a: b }];
                for (id, b) in [
                    (chain(1, 1, 0, 0, false, mode), B),
                    (chain(2, 0, 0, 4, false, mode), B),
                    (chain(1, 0, 0, 2, true, mode), B),
                    (chain(2, 0, 1, 0, false, mode), source),
                    (chain(1, 1, 3, 1, false, mode), Use(6)),
                ] {
                    let mut code = window(source, b);
                    code.push(Op::RoundChain { dst: R, first: UseWindow(7), chain: id });
                    codes.push(code);
                }
            }
        }
        for code in codes {
            function(&mut p, 1, &[W, W, X, W, X, W, X, X, X], X, bounded(code));
        }
        let jit = Jit::new(&p, &p).unwrap();
        for func in 0..p.functions.len() {
            let floors = p.functions[func].code.iter().any(|op| matches!(op, Op::DivFloor { .. } | Op::ModFloor { .. }));
            if floors && d == -1 {
                continue;
            }
            for n in &ns {
                agrees(&jit, FuncId(func as u32), &[*n]).map_err(TestCaseError::fail)?;
            }
        }
    }

    /// Trees of all forms: few edges, many, dense, grids, forks.
    #[test]
    fn searches_agree(
        edges in prop::collection::btree_set(number(), 1..60),
        more in prop::collection::btree_set(-50i64..50, 1..9),
        low in -3i64..3,
        ns in prop::collection::vec((number(), -6i64..8), 40),
    ) {
        let mut p = program();
        let mut nodes: Vec<Node> = Vec::new();
        let mut leaves = 0;
        let mut range = |nodes: &mut Vec<Node>, input: u16, edges: &std::collections::BTreeSet<i64>, wide: bool| {
            let mut edges: Vec<i128> = edges.iter().map(|edge| i128::from(*edge)).collect();
            if wide {
                edges.insert(0, i128::from(i64::MIN) - 5);
                edges.push(i128::from(i64::MAX) + 5);
            }
            let first = nodes.len() as u32;
            for at in 0..=edges.len() as u32 {
                nodes.push(Node::Leaf((leaves + at * 7) % 97));
            }
            leaves += edges.len() as u32 + 1;
            let children = (first..first + edges.len() as u32 + 1).collect();
            nodes.push(Node::Range { input, edges, children });
            nodes.len() as u32 - 1
        };
        let many = range(&mut nodes, 0, &edges, true);
        let few = range(&mut nodes, 0, &more, false);
        let other = range(&mut nodes, 1, &more, false);
        nodes.push(Node::Leaf(5));
        let leaf = nodes.len() as u32 - 1;
        nodes.push(Node::Dense { input: 1, low, children: vec![leaf, leaf, many, few] });
        let grid = nodes.len() as u32 - 1;
        nodes.push(Node::Dense { input: 1, low, children: vec![leaf, leaf, leaf] });
        let dense = nodes.len() as u32 - 1;
        nodes.push(Node::Range { input: 0, edges: vec![-5, 0, 1_000], children: vec![other, grid, few, dense] });
        let fork = nodes.len() as u32 - 1;
        nodes.push(Node::Dense { input: 1, low, children: vec![fork, other, many] });
        let top = nodes.len() as u32 - 1;
        let mut table: Vec<i128> = (0..100).map(|n| n * n - 50).collect();
        p.constants.append(&mut table);
        for root in [many, few, other, grid, dense, fork, top] {
            p.trees.push(Tree { inputs: vec![TreeInput::Number; 2], nodes: nodes.clone(), root, leaves: 98 });
            let tree = TreeId(p.trees.len() as u16 - 1);
            let code = vec![
                Op::Search { dst: R, tree, first: UseWindow(0) },
                Op::Pick { dst: Def(3), base: ConstId(0), index: Use(2) },
                Op::Return { a: Use(3) },
            ];
            function(&mut p, 2, &[W, W, W, W], W, code);
        }
        let jit = Jit::new(&p, &p).unwrap();
        let at_edges = edges.iter().flat_map(|edge| [*edge, edge.wrapping_sub(1)]).map(|n| (n, 0));
        for (a, b) in ns.iter().copied().chain(at_edges) {
            for func in 0..p.functions.len() {
                let both = both(&jit, FuncId(func as u32), &[a, b]);
                prop_assert!(matches!(both, Both::Same(_)), "{both:?}");
            }
        }
    }
}

trait IntoUse {
    fn into_use(self) -> Use;
}

impl IntoUse for Def {
    fn into_use(self) -> Use {
        Use(self.0)
    }
}

#[test]
fn what_leaves_64_bits_gives_up() {
    let p = operations();
    let jit = Jit::new(&p, &p).unwrap();
    let (max, min) = (i64::MAX, i64::MIN);
    assert_eq!(both(&jit, FuncId(0), &[max, 1]), Both::GaveUp(Fallback::Wide, Some(i128::from(max) + 1)));
    assert_eq!(both(&jit, FuncId(2), &[max, max]), Both::GaveUp(Fallback::Wide, Some(i128::from(max).pow(2))));
    assert_eq!(both(&jit, FuncId(3), &[min, 0]), Both::GaveUp(Fallback::Wide, Some(-i128::from(min))));
    assert_eq!(both(&jit, FuncId(8), &[1, 0]), Both::GaveUp(Fallback::Fault, None));
}

/// A loop that ends, and one that the budget ends: the same cost, and the interpreter's fault.
#[test]
fn loops_cost_the_same() {
    let mut p = program();
    let code = vec![
        Op::Int { dst: Def(1), value: 0 },
        Op::Int { dst: Def(2), value: 1 },
        Op::Compare { dst: Def(3), a: Use(1), b: Use(0), how: Cmp::Lt },
        Op::JumpUnless { condition: Use(3), to: Label(9) },
        Op::Charge { amount: 7 },
        Op::Add { dst: Def(4), a: Use(1), b: Use(2) },
        Op::Narrow { dst: Def(1), a: Use(4) },
        Op::Jump { to: Label(3) },
        Op::Return { a: Use(1) },
    ];
    let func = function(&mut p, 1, &[W, W, W, W, X], W, code);
    let jit = Jit::new(&p, &p).unwrap();
    assert_eq!(both(&jit, func, &[1_000]), Both::Same(1_000));
    assert_eq!(both(&jit, func, &[-5]), Both::Same(0));
    assert_eq!(both(&jit, func, &[i64::MAX]), Both::GaveUp(Fallback::Budget, None));
}
