//! Lists, options, maps, texts, aggregates, `allocate`, tables of constants.

use super::*;
use bp_bytecode::op::Builtin;

/// `kind(element for x in xs where … sorted by …)`, with `x` in local 1 and `xs` in local 0.
fn aggregate(kind: Aggregate, element: TExpr) -> TAggregate {
    TAggregate {
        kind,
        local: LocalId(1),
        source: local(0, Type::list(INT)),
        where_: None,
        grouped_by: None,
        sorted_by: None,
        element,
    }
}

fn run(kind: Aggregate, element: TExpr, ty: Type, where_: Option<TExpr>, values: &[i64]) -> Value {
    let mut m = Make::default();
    let all = TAggregate { where_, ..aggregate(kind, element) };
    let f = m.expr(&[Type::list(INT)], &[INT], e(T::Aggregate(Box::new(all)), ty));
    m.call(f, &[list(values)]).expect("it runs")
}

#[test]
fn aggregates() {
    let x = || local(1, INT);
    let odd = || compare(Cmp::Eq, e(T::IntMod(x().into(), int(2).into()), INT), int(1));
    let values = [4, 7, -3, 7, 10];
    let option = Type::option(INT);
    let twice = || mul(x(), int(2), INT);
    assert_eq!(run(Aggregate::Sum, twice(), INT, Some(odd()), &values), Value::Word(22));
    assert_eq!(run(Aggregate::Sum, x(), INT, None, &[]), Value::Word(0));
    assert_eq!(run(Aggregate::Count, x(), INT, Some(odd()), &values), Value::Word(3));
    assert_eq!(run(Aggregate::Min, twice(), option.clone(), None, &values), some(-6));
    assert_eq!(run(Aggregate::Max, x(), option.clone(), Some(odd()), &values), some(7));
    assert_eq!(run(Aggregate::Max, x(), option.clone(), None, &[]), Value::none());
    assert_eq!(run(Aggregate::First, twice(), option.clone(), Some(odd()), &values), some(14));
    assert_eq!(run(Aggregate::Last, twice(), option.clone(), Some(odd()), &values), some(14));
    assert_eq!(run(Aggregate::Last, x(), option, None, &[]), Value::none());
    assert_eq!(run(Aggregate::Any, odd(), Type::Bool, None, &values), Value::Word(1));
    assert_eq!(run(Aggregate::All, odd(), Type::Bool, None, &values), Value::Word(0));
    assert_eq!(run(Aggregate::All, odd(), Type::Bool, None, &[]), Value::Word(1));
    let squares = run(Aggregate::List, mul(x(), x(), INT), Type::list(INT), Some(odd()), &values);
    assert_eq!(squares, list(&[49, 9, 49]));
}

#[test]
fn early_stops_do_not_go_on() {
    // first(10 div x): the second element would be a division by zero.
    let quotient = e(T::IntDiv(int(10).into(), local(1, INT).into()), INT);
    assert_eq!(run(Aggregate::First, quotient.clone(), Type::option(INT), None, &[5, 0]), some(2));
    let large = compare(Cmp::Gt, quotient, int(1));
    assert_eq!(run(Aggregate::Any, large.clone(), Type::Bool, None, &[5, 0]), Value::Word(1));
    assert_eq!(run(Aggregate::All, large, Type::Bool, None, &[10, 0]), Value::Word(0));
}

#[test]
fn texts_and_amounts_have_an_order() {
    let mut m = Make::default();
    let of = |kind, ty: Type| {
        let option = Type::option(ty.clone());
        let a = TAggregate { source: local(0, Type::list(ty.clone())), ..aggregate(kind, local(1, ty)) };
        e(T::Aggregate(Box::new(a)), option)
    };
    let f = m.expr(&[Type::list(Type::Text)], &[Type::Text], of(Aggregate::Max, Type::Text));
    let texts = |texts: &[&str]| Value::List(texts.iter().map(|text| Value::text(*text)).collect());
    assert_eq!(m.call(f, &[texts(&["pear", "zoo", "apple"])]), Ok(Value::some(Value::text("zoo"))));
    assert_eq!(m.call(f, &[texts(&[])]), Ok(Value::none()));
    let g = m.expr(&[Type::list(Type::Amount)], &[Type::Amount], of(Aggregate::Min, Type::Amount));
    let amount = |value| Value::Amount { currency: "USD".into(), value };
    assert_eq!(m.call(g, &[Value::List(vec![amount(3), amount(1), amount(2)])]), Ok(Value::some(amount(1))));
}

#[test]
fn sorted_and_grouped() {
    let mut m = Make::default();
    let ints = Type::list(INT);
    let x = || local(1, INT);
    let sorted = |descending| TAggregate {
        sorted_by: Some((e(T::IntMod(x().into(), int(10).into()), INT), descending)),
        where_: Some(compare(Cmp::Gt, x(), int(0))),
        ..aggregate(Aggregate::List, x())
    };
    let up = m.expr(std::slice::from_ref(&ints), &[INT], e(T::Aggregate(Box::new(sorted(false))), ints.clone()));
    let down = m.expr(std::slice::from_ref(&ints), &[INT], e(T::Aggregate(Box::new(sorted(true))), ints.clone()));
    let values = list(&[13, 5, -1, 23, 41, 55]);
    assert_eq!(m.call(up, std::slice::from_ref(&values)), Ok(list(&[41, 13, 23, 5, 55])));
    assert_eq!(m.call(down, std::slice::from_ref(&values)), Ok(list(&[5, 55, 13, 23, 41])));

    // Groups by the last digit, as 1000 × key + sum of items, largest key first, those of at least two items.
    let group = m.record(vec![field("key", INT), field("items", ints.clone())]);
    let group_type = Type::Record(group);
    let part = |n, ty: Type| e(T::Field(local(1, group_type.clone()).into(), n), ty);
    let items = || part(1, ints.clone());
    let inner = TAggregate { local: LocalId(3), source: items(), ..aggregate(Aggregate::Sum, local(3, INT)) };
    let total = add(mul(part(0, INT), int(1_000), INT), e(T::Aggregate(Box::new(inner)), INT));
    let grouping = |sorted_by, where_| TAggregate {
        grouped_by: Some(Grouping {
            item: LocalId(2),
            key: e(T::IntMod(local(2, INT).into(), int(10).into()), INT),
            record: group,
        }),
        sorted_by,
        where_,
        ..aggregate(Aggregate::List, total.clone())
    };
    let locals = [group_type.clone(), INT, INT];
    let plain = e(T::Aggregate(Box::new(grouping(None, None))), ints.clone());
    let plain = m.expr(std::slice::from_ref(&ints), &locals, plain);
    let two = compare(Cmp::Ge, e(T::Count(items().into()), INT), int(2));
    let chosen = e(T::Aggregate(Box::new(grouping(Some((part(0, INT), true)), Some(two)))), ints.clone());
    let chosen = m.expr(std::slice::from_ref(&ints), &locals, chosen);
    let values = list(&[13, 5, 23, 41, 55, 1]);
    assert_eq!(m.call(plain, std::slice::from_ref(&values)), Ok(list(&[3_036, 5_060, 1_042])));
    assert_eq!(m.call(chosen, std::slice::from_ref(&values)), Ok(list(&[5_060, 3_036, 1_042])));
    assert_eq!(m.call(plain, &[list(&[])]), Ok(list(&[])));
    assert_eq!(m.call(plain, &[list(&[7])]), Ok(list(&[7_007])));
}

#[test]
fn allocation_sums_up() {
    let mut m = Make::default();
    let ty = Type::list(decimal(2));
    let f = m.expr(
        &[decimal(2), Type::list(INT)],
        &[],
        e(T::Allocate(local(0, decimal(2)).into(), local(1, Type::list(INT)).into()), ty),
    );
    let program = m.program();
    let split = |total: i64, weights: &[i64]| call(&program, f, &[Value::Word(total), list(weights)]);
    assert_eq!(split(100, &[1, 1, 1]), Ok(list(&[34, 33, 33])));
    assert_eq!(split(-100, &[1, 1, 1]), Ok(list(&[-34, -33, -33])));
    assert_eq!(split(100, &[1, 2, 4]), Ok(list(&[14, 29, 57])));
    assert_eq!(split(5, &[0, 3, 3, 3]), Ok(list(&[0, 2, 2, 1])));
    assert_eq!(split(0, &[2, 3]), Ok(list(&[0, 0])));
    assert_eq!(split(7, &[]), Err(FaultKind::DivisionByZero));
    assert_eq!(split(7, &[0, 0]), Err(FaultKind::DivisionByZero));
    let mut random = super::decisions::Random(7);
    for _ in 0..300 {
        let total = random.below(2_000_001) as i64 - 1_000_000;
        let weights: Vec<i64> = (0..=random.below(9)).map(|_| random.below(1_000) as i64 - 100).collect();
        let sum: i64 = weights.iter().sum();
        if sum == 0 {
            continue;
        }
        let Ok(Value::List(shares)) = split(total, &weights) else {
            panic!("{total} by {weights:?}");
        };
        let shares: Vec<i64> = shares.iter().filter_map(Value::word).collect();
        assert_eq!(shares.iter().sum::<i64>(), total, "{total} by {weights:?}");
        for (share, weight) in shares.iter().zip(&weights) {
            let exact = i128::from(total) * i128::from(*weight);
            let error = (i128::from(*share) * i128::from(sum) - exact).abs();
            assert!(error < i128::from(sum.abs()), "{total} by {weights:?}: {share}");
        }
        // A negated total is split into the negated shares.
        let negated = list(&shares.iter().map(|share| -share).collect::<Vec<_>>());
        assert_eq!(split(-total, &weights), Ok(negated));
    }
}

#[test]
fn options_lists_and_maps() {
    let mut m = Make::default();
    let option = Type::option(INT);
    let or_else = e(T::Coalesce(local(0, option.clone()).into(), int(7).into()), INT);
    let f = m.expr(std::slice::from_ref(&option), &[], or_else);
    assert_eq!(m.call(f, &[some(3)]), Ok(Value::Word(3)));
    assert_eq!(m.call(f, &[Value::none()]), Ok(Value::Word(7)));
    let two = [option.clone(), option.clone()];
    let either = T::Coalesce(local(0, option.clone()).into(), local(1, option.clone()).into());
    let g = m.expr(&two, &[], e(either, option.clone()));
    assert_eq!(m.call(g, &[Value::none(), some(3)]), Ok(some(3)));
    assert_eq!(m.call(g, &[some(1), some(3)]), Ok(some(1)));
    let lifted = e(T::Coalesce(local(0, option.clone()).into(), number(725, 2).into()), decimal(2));
    let h = m.expr(std::slice::from_ref(&option), &[], lifted);
    assert_eq!(m.call(h, &[some(3)]), Ok(Value::Word(300)));

    let ints = Type::list(INT);
    let xs = || local(0, ints.clone());
    let first = m.expr(std::slice::from_ref(&ints), &[], e(T::First(xs().into()), option.clone()));
    let last = m.expr(std::slice::from_ref(&ints), &[], e(T::Last(xs().into()), option.clone()));
    assert_eq!(m.call(first, &[list(&[4, 5])]), Ok(some(4)));
    assert_eq!(m.call(last, &[list(&[4, 5])]), Ok(some(5)));
    assert_eq!(m.call(last, &[list(&[])]), Ok(Value::none()));
    let range = m.expr(&[INT, INT], &[], e(T::RangeList(local(0, INT).into(), local(1, INT).into()), ints.clone()));
    assert_eq!(m.call(range, &[Value::Word(-1), Value::Word(2)]), Ok(list(&[-1, 0, 1, 2])));
    assert_eq!(m.call(range, &[Value::Word(2), Value::Word(1)]), Ok(list(&[])));

    let map = Type::Map(Type::Text.into(), INT.into());
    let put = |key: &str, value| S::Put(LocalId(1), text(key), int(value));
    let stmts = vec![S::Let(LocalId(1), e(T::EmptyMap, map.clone())), put("b", 1), put("a", 2), put("b", 3)];
    let got = e(T::Get(local(1, map.clone()).into(), local(0, Type::Text).into()), option.clone());
    let got = m.func(&[Type::Text], std::slice::from_ref(&map), option, block(stmts.clone(), Some(got)));
    assert_eq!(m.call(got, &[Value::text("b")]), Ok(some(3)));
    assert_eq!(m.call(got, &[Value::text("c")]), Ok(Value::none()));
    let count = e(T::Count(local(1, map.clone()).into()), INT);
    let count = m.func(&[Type::Text], &[map], INT, block(stmts, Some(count)));
    assert_eq!(m.call(count, &[Value::text("")]), Ok(Value::Word(2)));
}

#[test]
fn texts() {
    let mut m = Make::default();
    let shown = |value: TExpr, digits| e(T::ToText { value: value.into(), digits }, Type::Text);
    let parts = vec![
        text("n = "),
        shown(local(0, INT), Some(3)),
        text("; "),
        shown(local(1, decimal(2)), None),
        text("; "),
        shown(local(2, Type::Text), None),
    ];
    let f = m.expr(&[INT, decimal(2), Type::Text], &[], e(T::Concat(parts), Type::Text));
    assert_eq!(
        m.call(f, &[Value::Word(7), Value::Word(1_250), Value::text("é")]),
        Ok(Value::text("n = 007; 12.50; é"))
    );
    let order = |how| e(T::CompareText(how, local(0, Type::Text).into(), local(1, Type::Text).into()), Type::Bool);
    for (how, result) in [(Cmp::Lt, 1), (Cmp::Ge, 0), (Cmp::Eq, 0), (Cmp::Ne, 1)] {
        let g = m.expr(&[Type::Text, Type::Text], &[], order(how));
        assert_eq!(m.call(g, &[Value::text("a"), Value::text("b")]), Ok(Value::Word(result)));
    }
    let length = e(T::Builtin(Builtin::Length, vec![local(0, Type::Text)]), INT);
    let h = m.expr(&[Type::Text], &[], length);
    assert_eq!(m.call(h, &[Value::text("äöü")]), Ok(Value::Word(3)));
}

#[test]
fn constants_of_all_kinds() {
    let mut m = Make::default();
    let record = m.record(vec![field("a", Type::option(Type::Text)), field("b", Type::Period)]);
    let loaded = m.cases(&[("A", &[]), ("B", &[INT, Type::Record(record)])]);
    let period = |days| Constant::Period { months: 1, days, business_days: 0, seconds: -5 };
    let there = |text: &str| Constant::Some(Box::new(Constant::Text(text.into())));
    let fields = |text: &str, days| Constant::Record(vec![there(text), period(days)]);
    let case = |n: i128| Constant::Case(1, vec![Constant::Number(n), fields("x", n as i64)]);
    let ty = Type::list(Type::Enum(loaded));
    let few: Vec<Constant> = vec![case(1), Constant::Case(0, vec![]), case(1)];
    let many: Vec<Constant> =
        (0..200).map(|n| if n % 3 == 0 { Constant::Case(0, vec![]) } else { case(n % 5) }).collect();
    let value = |constant: &Constant| match constant {
        Constant::Case(0, _) => Value::Variant { case: 0, fields: vec![] },
        Constant::Case(_, parts) => {
            let Constant::Number(n) = parts[0] else { unreachable!() };
            let period = Value::Period { months: 1, days: n as i64, business_days: 0, seconds: -5 };
            let record = Value::Record(vec![Value::some(Value::text("x")), period]);
            Value::Variant { case: 1, fields: vec![Value::Word(n as i64), record] }
        }
        other => panic!("{other:?}"),
    };
    for constants in [few, many] {
        let f = m.expr(&[], &[], constant(Constant::List(constants.clone()), ty.clone()));
        assert_eq!(m.call(f, &[]), Ok(Value::List(constants.iter().map(value).collect())));
    }
    let none = |n: i128| if n % 4 == 0 { Constant::None } else { Constant::Some(Box::new(Constant::Number(n))) };
    let options: Vec<Constant> = (0..100).map(none).collect();
    let f = m.expr(&[], &[], constant(Constant::List(options), Type::list(Type::option(INT))));
    let wanted = (0..100).map(|n| if n % 4 == 0 { Value::none() } else { some(n) }).collect();
    assert_eq!(m.call(f, &[]), Ok(Value::List(wanted)));
    // A number beyond 64 bits stands in between only.
    let huge = m.expr(&[], &[], compare(Cmp::Gt, int(i128::from(i64::MAX) * 1_000), int(0)));
    assert_eq!(m.word(huge, &[]), 1);
}
