//! Cells, lists, maps and texts, through instructions and across the border.

use bp_bytecode::index::*;
use bp_bytecode::op::{Builtin, Op};
use bp_bytecode::shape::{RegType, Shape};
use bp_bytecode::value::Value;
use proptest::prelude::*;

use super::build::*;
use super::call;
use crate::{CellFault, FaultKind, Limits, Memory, MemoryWorld, Vm};

fn call_value(b: &Build, func: FuncId, args: &[(ShapeId, Value)], result: ShapeId) -> Result<Value, FaultKind> {
    let mut vm = Vm::new(&b.program, Limits::default());
    let args: Result<Vec<u64>, FaultKind> = args.iter().map(|(shape, value)| vm.put_value(*shape, value)).collect();
    let slot = vm.call(func, &args?, &mut MemoryWorld::new(&b.program)).map_err(|fault| fault.kind)?;
    Ok(vm.get_value(result, slot as u64))
}

#[test]
fn records_cases_and_options_are_taken_apart_as_they_were_made() {
    let mut b = Build::default();
    let int_shape = b.int();
    let point = b.record("Point", &[("x", int_shape), ("y", int_shape)]);
    let answer = b.cases("Answer", &[("No", &[]), ("Yes", &[int_shape, point])]);
    let answer = b.shape(Shape::Variant(answer));
    let maybe = b.shape(Shape::Option(answer));
    let registers = [
        W,
        W,
        RegType::Handle(point),
        RegType::Handle(answer),
        RegType::Handle(maybe),
        W,
        RegType::Handle(point),
        W,
        W,
    ];
    let code = vec![
        // point = (a, b); answer = Yes(b, point); maybe = some(answer)
        Op::Record { dst: d(2), first: w(0) },
        Op::Variant { dst: d(3), case: 1, first: w(1) },
        Op::Some { dst: d(4), a: u(3) },
        Op::Unsome { dst: d(3), a: u(4), otherwise: l(9) },
        Op::Unpack { a: u(3), case: 0, first: dw(5), otherwise: l(5) },
        Op::Unpack { a: u(3), case: 1, first: dw(5), otherwise: l(9) },
        Op::Field { dst: d(7), a: u(6), field: 0 },
        Op::Sub { dst: d(8), a: u(7), b: u(5) },
        ret(8),
        Op::Halt { why: bp_bytecode::op::Stop::Unreachable, detail: 0 },
    ];
    let func = b.function("f", 2, &registers, code);
    assert_eq!(call(&b.program, func, &[-3, 4]), Ok(-7));
    let nothing = vec![
        Op::None { dst: d(4) },
        Op::Unsome { dst: d(3), a: u(4), otherwise: l(3) },
        ret(0),
        Op::Variant { dst: d(3), case: 0, first: w(0) },
        Op::Tag { dst: d(7), a: u(3) },
        ret(7),
    ];
    let func = b.function("g", 2, &registers, nothing);
    assert_eq!(call(&b.program, func, &[-3, 4]), Ok(0));
}

#[test]
fn lists_and_maps_grow_and_older_values_stay() {
    let mut b = Build::default();
    let int_shape = b.int();
    let list = b.shape(Shape::List(int_shape));
    let map = b.shape(Shape::Map(int_shape, list));
    let maybe = b.handle(Shape::Option(list));
    let (list_reg, map_reg) = (RegType::Handle(list), RegType::Handle(map));
    let registers = [W, list_reg, list_reg, map_reg, map_reg, maybe, list_reg];
    let code = vec![
        Op::List { dst: d(1), first: w(0), count: 1 },
        Op::Append { dst: d(2), list: u(1), a: u(0) },
        Op::MapNew { dst: d(3) },
        Op::Put { dst: d(3), map: u(3), key: u(0), value: u(1) },
        Op::Put { dst: d(4), map: u(3), key: u(0), value: u(2) },
        // what the older map holds: one element
        Op::Get { dst: d(5), map: u(3), key: u(0) },
        Op::Unsome { dst: d(6), a: u(5), otherwise: l(8) },
        Op::Len { dst: d(0), list: u(6) },
        ret(0),
    ];
    let func = b.function("f", 1, &registers, code);
    assert_eq!(call(&b.program, func, &[7]), Ok(1));
    let item = b.function(
        "item",
        1,
        &[list_reg, W],
        vec![Op::Len { dst: d(1), list: u(0) }, Op::Item { dst: d(1), list: u(0), index: u(1) }, ret(1)],
    );
    let three = Value::List(vec![Value::Word(1); 3]);
    let fault = call_value(&b, item, &[(list, three)], int_shape).unwrap_err();
    assert_eq!(fault, FaultKind::IndexOutside { index: 3, len: 3 });
    let size = b.function("size", 1, &[map_reg, W], vec![Op::Len { dst: d(1), list: u(0) }, ret(1)]);
    let two = Value::Map(vec![(Value::Word(5), Value::List(vec![])), (Value::Word(3), Value::List(vec![]))]);
    assert_eq!(call_value(&b, size, &[(map, two)], int_shape), Ok(Value::Word(2)));
    assert_eq!(call_value(&b, size, &[(map, Value::Map(vec![]))], int_shape), Ok(Value::Word(0)));
    let keys = b.function("keys", 1, &[map_reg, list_reg], vec![Op::Keys { dst: d(1), map: u(0) }, ret(1)]);
    let value = Value::Map(vec![(Value::Word(5), Value::List(vec![])), (Value::Word(3), Value::List(vec![]))]);
    let expected = Value::List(vec![Value::Word(5), Value::Word(3)]);
    assert_eq!(call_value(&b, keys, &[(map, value)], list), Ok(expected));
}

#[test]
fn sorting_is_stable_in_both_directions() {
    let mut b = Build::default();
    let (int_shape, text) = (b.int(), b.shape(Shape::Text));
    let keys = b.shape(Shape::List(text));
    let order = b.shape(Shape::List(int_shape));
    let sort = |b: &mut Build, descending| {
        let sort = Op::SortOrder { dst: d(1), keys: u(0), descending };
        b.function("sort", 1, &[RegType::Handle(keys), RegType::Handle(order)], vec![sort, ret(1)])
    };
    let (up, down) = (sort(&mut b, 0), sort(&mut b, 1));
    let list = Value::List(["b", "a", "b", "Z", "é"].map(Value::text).to_vec());
    let words = |words: [i64; 5]| Ok(Value::List(words.map(Value::Word).to_vec()));
    assert_eq!(call_value(&b, up, &[(keys, list.clone())], order), words([3, 1, 0, 2, 4]));
    assert_eq!(call_value(&b, down, &[(keys, list)], order), words([4, 0, 2, 1, 3]));
}

/// One built-in function, or another operation, on texts.
fn on_texts(params: &[&str], result: Shape, op: Op) -> Result<Value, FaultKind> {
    let mut b = Build::default();
    let text = b.shape(Shape::Text);
    if let Shape::List(_) = result {
        assert_eq!(text, ShapeId(0));
    }
    let result = b.shape(result);
    let mut registers = vec![RegType::Handle(text); params.len()];
    let shape = &b.program.shapes[result.index()];
    registers.push(shape.reg_type(result));
    let func = b.function("f", params.len() as u16, &registers, vec![op, ret(params.len() as u16)]);
    let args: Vec<(ShapeId, Value)> = params.iter().map(|param| (text, Value::text(*param))).collect();
    call_value(&b, func, &args, result)
}

fn builtin(builtin: Builtin, params: &[&str], result: Shape) -> Result<Value, FaultKind> {
    on_texts(params, result, Op::Builtin { dst: d(params.len() as u16), builtin, first: w(0) })
}

#[test]
fn texts_are_made_and_looked_at() {
    let text = |function, params: &[&str]| builtin(function, params, Shape::Text);
    let truth = |function, params: &[&str]| builtin(function, params, Shape::Bool);
    assert_eq!(text(Builtin::Lower, &["ÄbC"]), Ok(Value::text("äbc")));
    assert_eq!(text(Builtin::Upper, &["äbc"]), Ok(Value::text("ÄBC")));
    assert_eq!(text(Builtin::Trim, &["  a b\t"]), Ok(Value::text("a b")));
    assert_eq!(text(Builtin::Trim, &["  "]), Ok(Value::text("")));
    assert_eq!(text(Builtin::Replace, &["aXbX", "X", "--"]), Ok(Value::text("a--b--")));
    assert_eq!(text(Builtin::Replace, &["ab", "", "-"]), Ok(Value::text("ab")));
    let big = "x".repeat(60_000);
    assert_eq!(text(Builtin::Replace, &[&big, "x", &big]), Err(FaultKind::TextTooLong { bytes: 3_600_000_000 }));
    assert_eq!(truth(Builtin::Contains, &["abc", "bc"]), Ok(Value::Word(1)));
    assert_eq!(truth(Builtin::StartsWith, &["abc", "bc"]), Ok(Value::Word(0)));
    assert_eq!(truth(Builtin::EndsWith, &["abc", "bc"]), Ok(Value::Word(1)));
    assert_eq!(truth(Builtin::Matches, &["INV/2026", "INV/????"]), Ok(Value::Word(1)));
    assert_eq!(builtin(Builtin::Length, &["Café"], Shape::Time), Ok(Value::Word(4)));
    let parts = builtin(Builtin::Split, &["a;b", ";"], Shape::List(ShapeId(0)));
    assert_eq!(parts, Ok(Value::List(vec![Value::text("a"), Value::text("b")])));
    let join = Op::Join { dst: d(2), first: w(0), count: 2 };
    assert_eq!(on_texts(&["e", "\u{301}x"], Shape::Text, join), Ok(Value::text("éx")));
}

#[test]
fn numbers_become_texts_as_their_shape_writes_them() {
    let mut b = Build::default();
    let (money, text) = (b.money("IDR", 2), b.shape(Shape::Text));
    let text_reg = RegType::Handle(text);
    let format = Op::Format { dst: d(1), a: u(0), shape: money };
    let format = b.function("format", 1, &[W, text_reg], vec![format, ret(1)]);
    let pad = b.function("pad", 1, &[W, text_reg], vec![Op::Pad { dst: d(1), a: u(0), digits: 5 }, ret(1)]);
    let made = |func, word| call_value(&b, func, &[(money, Value::Word(word))], text);
    assert_eq!(made(format, 15_681_000), Ok(Value::text("156810.00 IDR")));
    assert_eq!(made(pad, 42), Ok(Value::text("00042")));
    assert_eq!(made(pad, -1_234_567), Ok(Value::text("-1234567")));
    assert_eq!(made(pad, i64::MIN), Ok(Value::text("-9223372036854775808")));
}

#[test]
fn amounts_of_two_currencies_never_meet() {
    let mut b = Build::default();
    let amount = b.shape(Shape::Amount);
    let reg = RegType::Handle(amount);
    let plus = Op::Builtin { dst: d(2), builtin: Builtin::AmountPlus, first: w(0) };
    let func = b.function("plus", 2, &[reg, reg, reg], vec![plus, ret(2)]);
    let of = |currency: &str, value| (amount, Value::Amount { currency: currency.into(), value });
    assert_eq!(call_value(&b, func, &[of("USD", 5), of("USD", -7)], amount), Ok(of("USD", -2).1));
    let mixed = call_value(&b, func, &[of("USD", 5), of("IDR", 5)], amount).unwrap_err();
    assert_eq!(mixed.to_string(), "USD and IDR are different currencies; convert one of them");
    assert_eq!(call_value(&b, func, &[of("USD", i64::MAX), of("USD", 1)], amount), Err(FaultKind::Overflow));
    assert!(matches!(call_value(&b, func, &[of("usd", 5), of("USD", 5)], amount), Err(FaultKind::Misfit { .. })));
}

#[test]
fn memory_is_bounded_and_given_back() {
    let mut b = Build::default();
    let int_shape = b.int();
    let list = b.handle(Shape::List(int_shape));
    let grow = Op::Append { dst: d(1), list: u(1), a: u(0) };
    let make = Op::List { dst: d(1), first: w(0), count: 0 };
    let func = b.function("grow", 1, &[W, list], vec![make, grow, Op::Jump { to: l(1) }]);
    let limits = Limits { slots: 10_000, text: 100, ..Limits::default() };
    let mut vm = Vm::new(&b.program, limits);
    let mut world = MemoryWorld::new(&b.program);
    for _ in 0..3 {
        let fault = vm.call(func, &[1], &mut world).unwrap_err();
        assert_eq!(fault.kind, FaultKind::MemorySpent(Memory::Slots));
        assert!(vm.heap().slots_used() <= 10_000);
        vm.reset();
        assert_eq!(vm.heap().slots_used(), 0);
    }
}

#[test]
fn a_small_heap_cannot_hide_a_huge_value() {
    let mut b = Build::default();
    let mut shape = b.int();
    let mut registers = vec![W];
    let mut code = vec![];
    // Nine levels of lists of ten times the list below: 10^9 words in 108 slots.
    for level in 1..=9u16 {
        shape = b.shape(Shape::List(shape));
        let copies = level * 10 - 9;
        let below = if level == 1 { 0 } else { copies - 1 };
        registers.extend(vec![if level == 1 { W } else { RegType::Handle(ShapeId(shape.0 - 1)) }; 9]);
        code.extend((0..9).map(|at| Op::Move { dst: d(copies + at), a: u(below) }));
        code.push(Op::List { dst: d(copies + 9), first: w(if level == 1 { 0 } else { copies - 1 }), count: 10 });
        registers.push(RegType::Handle(shape));
    }
    code.push(ret(90));
    let huge = b.function("huge", 1, &registers, code.clone());
    let text = b.handle(Shape::Text);
    code.pop();
    registers.extend([RegType::Handle(shape), text, W]);
    let mut first_kept = code.clone();
    first_kept.push(Op::Move { dst: d(91), a: u(90) });
    first_kept.extend(code.clone());
    first_kept.extend([Op::Equal { dst: d(93), a: u(90), b: u(91) }, ret(93)]);
    let compares = b.function("compares", 1, &registers, first_kept);
    code.extend([Op::Format { dst: d(92), a: u(90), shape }, ret(92)]);
    let shows = b.function("shows", 1, &registers, code);
    let limits = Limits { work: 10_000_000, ..Limits::default() };
    let mut vm = Vm::new(&b.program, limits);
    let mut world = MemoryWorld::new(&b.program);
    let slot = vm.call(huge, &[7], &mut world).unwrap() as u64;
    assert_eq!(vm.checked_value(shape, slot), Err(FaultKind::MemorySpent(Memory::Slots)));
    assert_eq!(vm.display(shape, slot), "a value too large to be shown");
    assert_eq!(vm.call(compares, &[7], &mut world).unwrap_err().kind, FaultKind::CostSpent);
    assert_eq!(vm.call(shows, &[7], &mut world).unwrap_err().kind, FaultKind::MemorySpent(Memory::Slots));
}

#[test]
fn cells_of_a_file_become_slots() {
    let mut b = Build::default();
    let (money, text, date) = (b.money("IDR", 2), b.shape(Shape::Text), b.shape(Shape::Date));
    let maybe = b.shape(Shape::Option(date));
    let row = b.record("Row", &[("pay", money), ("id", text), ("left", maybe)]);
    let mut vm = Vm::new(&b.program, Limits { text: 20, ..Limits::default() });
    let slots = [(money, "12.50"), (text, " E1 "), (maybe, "")].map(|(shape, cell)| vm.read_cell(shape, cell).unwrap());
    let record = vm.put_record(&slots).unwrap();
    let expected = Value::Record(vec![Value::Word(1_250), Value::text("E1"), Value::none()]);
    assert_eq!(vm.get_value(row, record), expected);
    assert_eq!(vm.display(row, record), "Row(pay: 12.50 IDR, id: E1, left: none)");
    assert!(matches!(vm.read_cell(money, "12.505"), Err(CellFault::Border(_))));
    assert!(matches!(vm.read_cell(maybe, "2026-02-30"), Err(CellFault::Border(_))));
    let long = vm.read_cell(text, "more than twenty bytes of text");
    assert_eq!(long, Err(CellFault::Memory(FaultKind::MemorySpent(Memory::Text))));
}

#[test]
fn values_from_outside_have_to_fit_their_shape() {
    let mut b = Build::default();
    let (int_shape, text, date, truth) = (b.int(), b.shape(Shape::Text), b.shape(Shape::Date), b.shape(Shape::Bool));
    let color = b.cases("Color", &[("Red", &[]), ("Blue", &[])]);
    let color = b.shape(Shape::Enum(color));
    let record = b.record("R", &[("a", int_shape)]);
    let map = b.shape(Shape::Map(int_shape, int_shape));
    let mut vm = Vm::new(&b.program, Limits::default());
    let twice = vec![(Value::Word(1), Value::Word(1)), (Value::Word(1), Value::Word(2))];
    for (shape, value) in [
        (truth, Value::Word(2)),
        (date, Value::Word(i64::MAX)),
        (color, Value::Word(2)),
        (color, Value::Word(-1)),
        (text, Value::Word(0)),
        (int_shape, Value::text("1")),
        (record, Value::Record(vec![])),
        (record, Value::Word(1)),
        (map, Value::Map(twice)),
    ] {
        assert!(matches!(vm.put_value(shape, &value), Err(FaultKind::Misfit { .. })), "{value:?}");
    }
    assert!(vm.put_value(text, &Value::text("a\0")).is_err());
    let composed = vm.put_value(text, &Value::text("e\u{301}")).unwrap();
    assert_eq!(vm.get_value(text, composed), Value::text("é"));
}

/// Shapes of one program, and values of the last one.
fn nested() -> (Build, ShapeId) {
    let mut b = Build::default();
    let (int_shape, text) = (b.int(), b.shape(Shape::Text));
    let period = b.shape(Shape::Period);
    let maybe = b.shape(Shape::Option(text));
    let maybe = b.shape(Shape::Option(maybe));
    let point = b.record("Point", &[("x", int_shape), ("name", text), ("maybe", maybe)]);
    let case = b.cases("Case", &[("Empty", &[]), ("Full", &[point, period])]);
    let case = b.shape(Shape::Variant(case));
    let list = b.shape(Shape::List(case));
    let map = b.shape(Shape::Map(point, list));
    (b, map)
}

fn any_point() -> impl Strategy<Value = Value> {
    let maybe = prop::option::of(prop::option::of("[a-z]{0,3}"));
    ((-3i64..3), "[a-c]{0,2}", maybe).prop_map(|(x, name, maybe)| {
        let inner = |text: Option<String>| Value::Option(text.map(|text| Box::new(Value::Text(text))));
        let maybe = Value::Option(maybe.map(|text| Box::new(inner(text))));
        Value::Record(vec![Value::Word(x), Value::Text(name), maybe])
    })
}

fn any_map() -> impl Strategy<Value = Value> {
    let case = prop::option::of((any_point(), any::<[i64; 4]>())).prop_map(|full| match full {
        None => Value::Variant { case: 0, fields: vec![] },
        Some((point, [months, days, business_days, seconds])) => {
            Value::Variant { case: 1, fields: vec![point, Value::Period { months, days, business_days, seconds }] }
        }
    });
    let list = prop::collection::vec(case, 0..4).prop_map(Value::List);
    prop::collection::vec((any_point(), list), 0..5).prop_map(|entries| {
        let mut seen = std::collections::HashSet::new();
        Value::Map(entries.into_iter().filter(|(key, _)| seen.insert(key.clone())).collect())
    })
}

proptest! {
    #[test]
    fn values_come_back_and_compare_as_values(a in any_map(), b in any_map()) {
        let (build, shape) = nested();
        let mut vm = Vm::new(&build.program, Limits::default());
        let (first, again) = (vm.put_value(shape, &a).unwrap(), vm.put_value(shape, &a).unwrap());
        let other = vm.put_value(shape, &b).unwrap();
        prop_assert_eq!(vm.get_value(shape, first), a.clone());
        let order = |x, y| crate::shaped::compare(&build.program, vm.heap(), shape, x, y);
        prop_assert!(order(first, again).is_eq());
        prop_assert_eq!(order(first, other).is_eq(), a == b);
        prop_assert_eq!(order(first, other), order(other, first).reverse());
        let key = |slot| {
            let mut key = Vec::new();
            crate::values::write_key(&build.program, vm.heap(), shape, slot, &mut key);
            key
        };
        prop_assert_eq!(key(first), key(again));
        prop_assert_eq!(key(first) == key(other), a == b);
    }
}
