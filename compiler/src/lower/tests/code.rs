//! Statements, branches, matches, calls and conditions.

use super::*;

#[test]
fn exact_arithmetic_and_scales() {
    let mut m = Make::default();
    // (a × b) - c, lifted: 1.5 × 0.25 - 0.125
    let product = mul(local(0, decimal(1)), local(1, decimal(2)), decimal(3));
    let f = m.expr(&[decimal(1), decimal(2)], &[], e(T::Sub(product.into(), number(125, 3).into()), decimal(3)));
    assert_eq!(m.word(f, &[15, 25]), 250);

    let lifted = e(T::ScaleUp(local(0, INT).into(), 2), decimal(2));
    let g = m.expr(&[INT], &[], e(T::Max(lifted.into(), number(150, 2).into()), decimal(2)));
    assert_eq!((m.word(g, &[1]), m.word(g, &[2])), (150, 200));

    let h = m.expr(&[INT], &[], e(T::IntDiv(local(0, INT).into(), int(3).into()), INT));
    assert_eq!((m.word(h, &[-7]), m.word(h, &[7])), (-3, 2));

    let i = m.expr(&[INT, decimal(2)], &[], compare(Cmp::Lt, local(0, INT), local(1, decimal(2))));
    assert_eq!((m.word(i, &[3, 301]), m.word(i, &[3, 300])), (1, 0));
}

#[test]
fn long_chains_do_not_recurse() {
    let mut m = Make::default();
    let mut sum = local(0, INT);
    for _ in 0..20_000 {
        sum = add(sum, int(1));
    }
    let f = m.expr(&[INT], &[], sum);
    assert_eq!(m.word(f, &[5]), 20_005);
    // Dropping a tree that leans this far recurses as well.
    std::mem::forget(m);
}

#[test]
fn rounding_to_scales_and_steps() {
    let mut m = Make::default();
    let round = |kind, numerators, divisors, step, mode, ty: Type| {
        e(T::Round(Box::new(TRound { kind, numerators, divisors, step, mode })), ty)
    };
    let half_up = || TMode::Fixed(bp_bytecode::rounding::Mode::HalfUp);
    let x = |scale| local(0, decimal(scale));

    let plain = m.expr(&[decimal(4)], &[], round(RoundKind::Quotient, vec![x(4)], vec![], None, half_up(), decimal(2)));
    assert_eq!([m.word(plain, &[12_350]), m.word(plain, &[-12_350]), m.word(plain, &[12_349])], [124, -124, 123]);

    let lifts = m.expr(&[INT], &[], round(RoundKind::Quotient, vec![x(0)], vec![], None, half_up(), decimal(3)));
    assert_eq!(m.word(lifts, &[7]), 7_000);

    // x × 0.5 / 3, to 2 digits
    let chain = round(RoundKind::Quotient, vec![x(2), number(5, 1)], vec![int(3)], None, half_up(), decimal(2));
    let chain = m.expr(&[decimal(2)], &[], chain);
    assert_eq!([m.word(chain, &[1_000]), m.word(chain, &[1_001])], [167, 167]);

    // to: 0.05
    let steps = round(RoundKind::Quotient, vec![x(2)], vec![], Some(number(5, 2)), half_up(), decimal(2));
    let steps = m.expr(&[decimal(2)], &[], steps);
    assert_eq!([m.word(steps, &[12]), m.word(steps, &[13])], [10, 15]);

    let root = m.expr(&[decimal(2)], &[], round(RoundKind::Root, vec![x(2)], vec![], None, half_up(), decimal(3)));
    assert_eq!(m.word(root, &[200]), 1_414);
    let root = round(RoundKind::Root, vec![x(2)], vec![], Some(number(5, 2)), half_up(), decimal(2));
    let root = m.expr(&[decimal(2)], &[], root);
    assert_eq!(m.word(root, &[200]), 140);

    // 1.05 ^ n
    let power = |kind| round(kind, vec![number(105, 2)], vec![], None, half_up(), decimal(4));
    let power = m.expr(&[INT], &[], power(RoundKind::Power(x(0))));
    assert_eq!([m.word(power, &[0]), m.word(power, &[2]), m.word(power, &[10])], [10_000, 11_025, 16_289]);

    let by_value =
        round(RoundKind::Quotient, vec![x(1)], vec![], None, TMode::Value(Box::new(local(1, Type::Rounding))), INT);
    let by_value = m.expr(&[decimal(1), Type::Rounding], &[], by_value);
    assert_eq!([m.word(by_value, &[25, 0]), m.word(by_value, &[25, 1]), m.word(by_value, &[21, 3])], [3, 2, 3]);
}

#[test]
fn logic_stops_early() {
    let mut m = Make::default();
    let division = compare(Cmp::Gt, e(T::IntDiv(int(10).into(), local(0, INT).into()), INT), int(2));
    let there = compare(Cmp::Ne, local(0, INT), int(0));
    let and = e(T::And(there.into(), division.clone().into()), Type::Bool);
    let f = m.expr(&[INT], &[], and.clone());
    assert_eq!([m.word(f, &[0]), m.word(f, &[3]), m.word(f, &[9])], [0, 1, 0]);
    let absent = compare(Cmp::Eq, local(0, INT), int(0));
    let or = e(T::Or(absent.into(), division.into()), Type::Bool);
    let g = m.expr(&[INT], &[], or);
    assert_eq!([m.word(g, &[0]), m.word(g, &[3]), m.word(g, &[9])], [1, 1, 0]);
    let not = e(T::Not(and.into()), Type::Bool);
    let chosen = e(T::If(not.into(), block(vec![], Some(int(1))), block(vec![], Some(int(2)))), INT);
    let h = m.expr(&[INT], &[], chosen);
    assert_eq!([m.word(h, &[0]), m.word(h, &[3])], [1, 2]);
}

#[test]
fn an_assignment_reads_the_variable_it_writes() {
    let mut m = Make::default();
    // x = true; x = y and x
    let both = e(T::And(local(0, Type::Bool).into(), local(1, Type::Bool).into()), Type::Bool);
    let stmts = vec![S::Let(LocalId(1), boolean(true)), S::Assign(LocalId(1), both)];
    let f = m.func(&[Type::Bool], &[Type::Bool], Type::Bool, block(stmts, Some(local(1, Type::Bool))));
    assert_eq!([m.word(f, &[1]), m.word(f, &[0])], [1, 0]);

    // x + { x = 100; 1 } takes x as it was before.
    let change = e(T::Block(block(vec![S::Assign(LocalId(1), int(100))], Some(int(1)))), INT);
    let sum = add(local(1, INT), change);
    let g = m.func(&[INT], &[INT], INT, block(vec![S::Let(LocalId(1), local(0, INT))], Some(sum)));
    assert_eq!(m.word(g, &[5]), 6);
}

#[test]
fn loops_and_breaks() {
    let mut m = Make::default();
    // Sums the even numbers of 1 to n, stops at 10.
    let even = compare(Cmp::Eq, e(T::IntMod(local(2, INT).into(), int(2).into()), INT), int(0));
    let stop = S::If {
        condition: compare(Cmp::Gt, local(2, INT), int(10)),
        then: block(vec![S::Break], None),
        otherwise: block(vec![], None),
    };
    let grow = S::Assign(LocalId(1), add(local(1, INT), local(2, INT)));
    let range = S::ForRange {
        local: LocalId(2),
        low: int(1),
        high: local(0, INT),
        where_: Some(even),
        body: block(vec![stop, grow], None),
    };
    let f = m.func(&[INT], &[INT, INT], INT, block(vec![S::Let(LocalId(1), int(0)), range], Some(local(1, INT))));
    assert_eq!([m.word(f, &[7]), m.word(f, &[100]), m.word(f, &[0])], [12, 30, 0]);

    // while x < n { x = x × 2 }; the cost of each round is charged.
    let double = S::Assign(LocalId(1), mul(local(1, INT), int(2), INT));
    let while_ =
        S::While { condition: compare(Cmp::Lt, local(1, INT), local(0, INT)), body: block(vec![double], None) };
    let g = m.func(&[INT], &[INT], INT, block(vec![S::Let(LocalId(1), int(1)), while_], Some(local(1, INT))));
    assert_eq!(m.word(g, &[1_000]), 1_024);
    let forever = S::While { condition: boolean(true), body: block(vec![], None) };
    let h = m.func(&[], &[], Type::Nothing, block(vec![forever], None));
    assert_eq!(m.fault(h, &[]), FaultKind::CostSpent);

    // A list that grows while it is gone through is gone through as it was.
    let list_type = Type::list(INT);
    let stmts = vec![
        S::Let(LocalId(0), ints(&[1, 2, 3])),
        S::For {
            local: LocalId(1),
            list: local(0, list_type.clone()),
            where_: None,
            body: block(vec![S::Add(LocalId(0), local(1, INT))], None),
        },
    ];
    let i = m.func(&[], &[list_type.clone(), INT], list_type.clone(), block(stmts, Some(local(0, list_type))));
    assert_eq!(m.call(i, &[]), Ok(list(&[1, 2, 3, 1, 2, 3])));
}

#[test]
fn returns_leave_what_follows_out() {
    let mut m = Make::default();
    let early = S::If {
        condition: compare(Cmp::Lt, local(0, INT), int(0)),
        then: TBlock { ty: Type::Never, ..block(vec![S::Return(Some(int(-1)))], None) },
        otherwise: block(vec![], None),
    };
    let f = m.func(&[INT], &[], INT, block(vec![early], Some(local(0, INT))));
    assert_eq!([m.word(f, &[-9]), m.word(f, &[4])], [-1, 4]);
    // Both arms leave: no value is missing.
    let leave = |value| TBlock { ty: Type::Never, ..block(vec![S::Return(Some(int(value)))], None) };
    let either = e(T::If(local(0, Type::Bool).into(), leave(1), leave(2)), Type::Never);
    let g = m.func(&[Type::Bool], &[], INT, block(vec![S::Expr(either), S::Return(Some(int(3)))], None));
    assert_eq!([m.word(g, &[1]), m.word(g, &[0])], [1, 2]);
}

#[test]
fn matches_of_all_kinds() {
    let mut m = Make::default();
    let plain = m.cases(&[("A", &[]), ("B", &[]), ("C", &[]), ("D", &[])]);
    let ty = Type::Enum(plain);
    let case = |n| pattern(P::Case(plain, n, vec![]), ty.clone());
    let wild = |ty: &Type| pattern(P::Wildcard, ty.clone());
    let body = matched(
        local(0, ty.clone()),
        vec![arm(vec![case(2)], int(30)), arm(vec![case(0), case(1)], int(10)), arm(vec![wild(&ty)], int(99))],
    );
    let f = m.expr(std::slice::from_ref(&ty), &[], body);
    assert_eq!([0, 1, 2, 3].map(|case| m.word(f, &[case])), [10, 10, 30, 99]);
    let program = m.program();
    assert_eq!(program.switches.len(), 1, "{}", listing(&program));

    // Numbers, some beyond 64 bits, and a name for the rest.
    let n = |value| pattern(P::Constant(Constant::Number(value)), INT);
    let arms = vec![
        arm(vec![n(5)], int(1)),
        arm(vec![n(6), n(8)], int(2)),
        arm(vec![n(7)], int(3)),
        arm(vec![pattern(P::Bind(LocalId(1)), INT)], e(T::Sign(local(1, INT).into()), INT)),
    ];
    let huge = mul(local(0, INT), int(i128::from(i64::MAX)), INT);
    let g = m.expr(&[INT], &[INT], matched(local(0, INT), arms.clone()));
    assert_eq!([5, 6, 7, 8, 4, 9, -3].map(|value| m.word(g, &[value])), [1, 2, 3, 2, 1, 1, -1]);
    let h = m.expr(&[INT], &[INT], matched(huge, arms));
    assert_eq!([m.word(h, &[1_000]), m.word(h, &[-1_000])], [1, -1]);

    // Payloads, options, texts.
    let inner = Type::option(INT);
    let loaded = m.cases(&[("None", &[]), ("One", &[INT]), ("Two", &[Type::Text, Type::option(INT)])]);
    let ty = Type::Enum(loaded);
    let says = |t: &str| pattern(P::Constant(Constant::Text(t.into())), Type::Text);
    let bound = |n| pattern(P::Bind(LocalId(n)), INT);
    let arms = vec![
        arm(vec![pattern(P::Case(loaded, 0, vec![]), ty.clone())], int(-1)),
        arm(vec![pattern(P::Case(loaded, 1, vec![bound(1)]), ty.clone())], local(1, INT)),
        arm(
            vec![pattern(
                P::Case(loaded, 2, vec![says("x"), pattern(P::Some(Box::new(bound(1))), inner.clone())]),
                ty.clone(),
            )],
            add(local(1, INT), int(1_000)),
        ),
        arm(
            vec![pattern(P::Case(loaded, 2, vec![wild(&Type::Text), pattern(P::None, inner.clone())]), ty.clone())],
            int(-2),
        ),
        arm(vec![wild(&ty)], int(-3)),
    ];
    let f = m.expr(std::slice::from_ref(&ty), &[INT], matched(local(0, ty.clone()), arms));
    let value = |case, fields| Value::Variant { case, fields };
    let two = |t: &str, n: Option<i64>| value(2, vec![Value::text(t), n.map_or(Value::none(), some)]);
    for (value, result) in [
        (value(0, vec![]), -1),
        (value(1, vec![Value::Word(7)]), 7),
        (two("x", Some(3)), 1_003),
        (two("y", Some(3)), -3),
        (two("x", None), -2),
    ] {
        assert_eq!(m.call(f, std::slice::from_ref(&value)), Ok(Value::Word(result)), "{value:?}");
    }
}

#[test]
fn amounts_by_currency() {
    let mut m = Make::default();
    let idr = Currency(*b"IDR");
    let money = |scale| Type::Num(Num { unit: Unit::Money(idr), scale });
    let arms = |scale| {
        let bound = pattern(P::Bind(LocalId(1)), money(scale));
        vec![
            arm(vec![pattern(P::Currency(idr, Box::new(bound)), Type::Amount)], local(1, money(scale))),
            arm(vec![pattern(P::Wildcard, Type::Amount)], constant(Constant::Number(-1), money(scale))),
        ]
    };
    let exact = m.expr(&[Type::Amount], &[money(4)], matched(local(0, Type::Amount), arms(4)));
    let short = m.expr(&[Type::Amount], &[money(2)], matched(local(0, Type::Amount), arms(2)));
    let amount = |currency: &str, value| Value::Amount { currency: currency.into(), value };
    assert_eq!(m.call(exact, &[amount("IDR", 123_456)]), Ok(Value::Word(123_456)));
    assert_eq!(m.call(exact, &[amount("USD", 123_456)]), Ok(Value::Word(-1)));
    assert_eq!(m.call(short, &[amount("IDR", 123_400)]), Ok(Value::Word(1_234)));
    assert_eq!(m.call(short, &[amount("IDR", 123_456)]), Ok(Value::Word(-1)));
}

#[test]
fn conditions_where_values_become_of_a_type() {
    let mut m = Make::default();
    let positive = m.expr(&[INT], &[], compare(Cmp::Gt, local(0, INT), int(0)));
    let positive = m.check(positive, "Positive");
    m.checked.named.push(Named { name: "Positive".into(), base: INT, checks: vec![positive], place: AT });
    let named = Type::Named(NamedId(0));
    let checked = e(T::Checked(local(0, INT).into(), vec![positive]), named.clone());
    let f = m.expr(&[INT], &[], checked);
    assert_eq!(m.word(f, &[4]), 4);
    assert!(matches!(m.fault(f, &[0]), FaultKind::Check(violation) if violation.subject == "Positive"));

    // A record's own conditions, when it is made and when it is changed.
    let record = m.record(vec![field("low", INT), field("high", named)]);
    let ty = Type::Record(record);
    let sides = |n| e(T::Field(local(0, ty.clone()).into(), n), INT);
    let ordered = m.expr(std::slice::from_ref(&ty), &[], compare(Cmp::Le, sides(0), sides(1)));
    let ordered = m.check(ordered, "R.high");
    m.checked.records[record.index()].fields[1].checks.push(ordered);
    let made = e(T::Record(record, vec![local(0, INT), local(1, INT)]), ty.clone());
    let changed = e(T::With(made.into(), vec![(1, int(10))]), ty.clone());
    let g = m.expr(&[INT, INT], &[], e(T::Field(changed.into(), 1), INT));
    assert_eq!(m.word(g, &[1, 2]), 10);
    assert!(matches!(m.fault(g, &[3, 2]), FaultKind::Check(violation) if violation.subject == "R.high"));
    assert!(matches!(m.fault(g, &[11, 12]), FaultKind::Check(violation) if violation.subject == "R.high"));

    // At the border a field's shape asks for the named type's condition as well.
    let program = m.program();
    let shape = program.shapes.iter().find_map(|shape| match shape {
        bp_bytecode::shape::Shape::Record(record) => Some(record),
        _ => None,
    });
    assert_eq!(shape.map(|shape| shape.fields.iter().map(|field| field.checks.len()).collect()), Some(vec![0, 2]));
    let derived = program.checks.last().expect("a derived check").func;
    let pair = |low, high| Value::Record(vec![Value::Word(low), Value::Word(high)]);
    assert_eq!(call(&program, FnId(derived.0), &[pair(0, 5)]), Ok(Value::Word(1)));
    assert_eq!(call(&program, FnId(derived.0), &[pair(0, 0)]), Ok(Value::Word(0)));

    // Parameters' conditions.
    let condition = compare(Cmp::Lt, local(0, INT), int(100));
    let h = m.expr(&[INT], &[], local(0, INT));
    m.checked.functions[h.index()].requires.push((condition, positive));
    assert_eq!(m.word(h, &[99]), 99);
    assert!(matches!(m.fault(h, &[100]), FaultKind::Check(_)));
}

#[test]
fn conditions_inside_of_options_lists_and_maps() {
    let mut m = Make::default();
    let positive = m.expr(&[INT], &[], compare(Cmp::Gt, local(0, INT), int(0)));
    let positive = m.check(positive, "Positive");
    m.checked.named.push(Named { name: "Positive".into(), base: INT, checks: vec![positive], place: AT });
    let named = Type::Named(NamedId(0));
    let types = [
        Type::option(named.clone()),
        Type::list(named.clone()),
        Type::Map(Type::Text.into(), named.clone().into()),
        Type::list(Type::option(named)),
    ];
    let record = m.record(types.iter().map(|ty| field("x", ty.clone())).collect());
    let ty = Type::Record(record);
    m.expr(std::slice::from_ref(&ty), &[], local(0, ty.clone()));
    let program = m.program();
    let shape = program.shapes.iter().find_map(|shape| match shape {
        bp_bytecode::shape::Shape::Record(record) => Some(record.clone()),
        _ => None,
    });
    let fields = shape.expect("the record").fields;
    assert!(fields.iter().all(|field| field.checks.len() == 1));
    let pair = |value| (Value::text("k"), Value::Word(value));
    let good = [some(1), list(&[1, 2]), Value::Map(vec![pair(3)]), Value::List(vec![Value::none(), some(1)])];
    let bad = [some(0), list(&[1, 0]), Value::Map(vec![pair(0)]), Value::List(vec![some(1), some(-1)])];
    let holds = |number: usize, value: &Value| {
        let mut values = good.to_vec();
        values[number] = value.clone();
        let func = program.checks[fields[number].checks[0].index()].func;
        call(&program, FnId(func.0), &[Value::Record(values)])
    };
    for number in 0..4 {
        assert_eq!(holds(number, &good[number]), Ok(Value::Word(1)));
        assert_eq!(holds(number, &bad[number]), Ok(Value::Word(0)));
    }
    assert_eq!(holds(0, &Value::none()), Ok(Value::Word(1)));
    assert_eq!(holds(1, &list(&[])), Ok(Value::Word(1)));
}

#[test]
fn faults_name_their_expression() {
    let mut m = Make::default();
    let mut product = mul(local(0, INT), local(0, INT), INT);
    product.place = at(77);
    let f = m.expr(&[INT], &[], add(int(1), mul(product.clone(), product, INT)));
    let program = m.program();
    let mut vm = Vm::new(&program, Limits::default());
    let fault = vm.call(FuncId(f.0), &[i64::MAX as u64], &mut MemoryWorld::new(&program)).expect_err("too large");
    assert_eq!(fault.kind, FaultKind::Overflow);
    // A stored number is narrowed where its value stands.
    let mut large = mul(local(0, INT), int(4), INT);
    large.place = at(88);
    let g = m.expr(&[INT], &[], e(T::Count(e(T::List(vec![large]), Type::list(INT)).into()), INT));
    let program = m.program();
    let mut vm = Vm::new(&program, Limits::default());
    let fault = vm.call(FuncId(g.0), &[i64::MAX as u64], &mut MemoryWorld::new(&program)).expect_err("too large");
    assert_eq!(program.places[fault.place.index()].start, 88);
}

#[test]
fn what_is_too_large_is_refused() {
    let mut m = Make::default();
    let mut stmts = Vec::new();
    for _ in 0..70_000 {
        stmts.push(S::Expr(mul(local(0, INT), int(2), INT)));
    }
    m.func(&[INT], &[], Type::Nothing, block(stmts, None));
    assert_eq!(m.try_program().expect_err("too many registers").limit, crate::lower::Limit::Registers);

    let mut m = Make::default();
    m.expr(&[], &[], e(T::Invalid, Type::Invalid));
    assert_eq!(m.try_program().expect_err("faults").limit, crate::lower::Limit::Unchecked);
}
