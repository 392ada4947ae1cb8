//! Every value that fits a shape comes back through cells and JSON.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::Program;
use crate::index::{ShapeId, TextId};
use crate::shape::{CaseShape, EnumShape, FieldShape, RecordShape, Shape, Unit};
use crate::value::Value;

#[derive(Default)]
struct Tables(Program);

impl Tables {
    fn text(&mut self, text: &str) -> TextId {
        let found = self.0.texts.iter().position(|t| t == text);
        let id = found.unwrap_or_else(|| {
            self.0.texts.push(text.to_owned());
            self.0.texts.len() - 1
        });
        TextId(id as u32)
    }

    fn shape(&mut self, shape: Shape) -> ShapeId {
        self.0.shapes.push(shape);
        ShapeId((self.0.shapes.len() - 1) as u32)
    }

    fn field(&mut self, name: &str, outside: &str, shape: ShapeId) -> FieldShape {
        let (name, outside) = (self.text(name), self.text(outside));
        FieldShape { name, outside, shape, default: None, checks: vec![], personal: false }
    }

    fn case(&mut self, name: &str, outside: &str, fields: Vec<FieldShape>) -> CaseShape {
        CaseShape { name: self.text(name), outside: self.text(outside), fields }
    }
}

struct Shapes {
    program: Program,
    bool: ShapeId,
    int: ShapeId,
    percent: ShapeId,
    money: ShapeId,
    quantity: ShapeId,
    date: ShapeId,
    text: ShapeId,
    period: ShapeId,
    amount: ShapeId,
    status: ShapeId,
    record: ShapeId,
    variant: ShapeId,
    map: ShapeId,
    maybe: ShapeId,
}

fn shapes() -> Shapes {
    let mut t = Tables::default();
    let idr = t.text("IDR");
    let kg = t.text("kg");
    let bool = t.shape(Shape::Bool);
    let int = t.shape(Shape::Number { scale: 0, unit: Unit::None });
    let percent = t.shape(Shape::Number { scale: 6, unit: Unit::Percent });
    let money = t.shape(Shape::Number { scale: 2, unit: Unit::Money(idr) });
    let quantity = t.shape(Shape::Number { scale: 3, unit: Unit::Quantity(Some(kg)) });
    let date = t.shape(Shape::Date);
    let text = t.shape(Shape::Text);
    let period = t.shape(Shape::Period);
    let amount = t.shape(Shape::Amount);
    let cases = vec![t.case("K1", "K/1", vec![]), t.case("Single", "Single", vec![])];
    let name = t.text("Status");
    let status = t.shape(Shape::Enum(EnumShape { name, cases }));
    let maybe = t.shape(Shape::Option(date));
    let fields = vec![t.field("id", "id", text), t.field("pay", "gross", money), t.field("left", "left", maybe)];
    let name = t.text("Employee");
    let record = t.shape(Shape::Record(RecordShape { name, fields }));
    let payload = vec![t.field("by", "by", text)];
    let cases = vec![t.case("Open", "open", vec![]), t.case("Refused", "refused", payload)];
    let name = t.text("Answer");
    let variant = t.shape(Shape::Variant(EnumShape { name, cases }));
    let list = t.shape(Shape::List(record));
    let map = t.shape(Shape::Map(text, list));
    let program = t.0;
    Shapes {
        program,
        bool,
        int,
        percent,
        money,
        quantity,
        date,
        text,
        period,
        amount,
        status,
        record,
        variant,
        map,
        maybe,
    }
}

fn record(id: &str, pay: i64, left: Option<i64>) -> Value {
    let left = Value::Option(left.map(|day| Box::new(Value::Word(day))));
    Value::Record(vec![Value::text(id), Value::Word(pay), left])
}

#[test]
fn cells_are_read_by_shape() {
    let s = shapes();
    let read = |shape, cell| read_cell(&s.program, shape, cell);
    assert_eq!(read(s.money, " 12.50 "), Ok(Value::Word(1250)));
    assert_eq!(read(s.money, "12.50 IDR"), Ok(Value::Word(1250)));
    assert_eq!(read(s.percent, "11%"), Ok(Value::Word(110_000)));
    assert_eq!(read(s.percent, "11 %"), Ok(Value::Word(110_000)));
    assert_eq!(read(s.percent, "0.11"), Ok(Value::Word(110_000)));
    assert_eq!(read(s.quantity, "2.5 kg"), Ok(Value::Word(2_500)));
    assert_eq!(read(s.bool, "TRUE"), Ok(Value::Word(1)));
    assert_eq!(read(s.status, "K/1"), Ok(Value::Word(0)));
    assert_eq!(read(s.maybe, " "), Ok(Value::none()));
    assert_eq!(read(s.variant, "open"), Ok(Value::Variant { case: 0, fields: vec![] }));
    assert_eq!(read(s.amount, "12.5USD"), Ok(Value::Amount { currency: "USD".into(), value: 125_000 }));
    assert_eq!(read(s.text, " a b "), Ok(Value::text("a b")));
}

#[test]
fn refusals_name_the_value_and_what_was_expected() {
    let s = shapes();
    let says = |shape, cell| read_cell(&s.program, shape, cell).unwrap_err().to_string();
    assert_eq!(says(s.money, "12.50 USD"), "`12.50 USD` is in USD; expected IDR");
    assert_eq!(says(s.int, "1.5"), "`1.5` is not a whole number");
    assert_eq!(says(s.int, "1e3"), "`1e3` is not a whole number");
    assert_eq!(says(s.money, "1e3").split(" is").next(), Some("`1e3`"));
    assert_eq!(says(s.bool, "1"), "`1` is not true or false");
    assert_eq!(says(s.bool, ""), "there is no value; expected true or false");
    assert_eq!(says(s.status, "K1"), "`K1` is not one of Status: `K/1`, `Single`");
    assert_eq!(says(s.date, "2026-02-30"), "`2026-02-30` does not exist; expected a date such as 2026-10-31");
    assert_eq!(says(s.record, "x"), "a record Employee cannot stand in one cell");
    assert_eq!(says(s.variant, "refused"), "one of Answer cannot stand in one cell");
    assert_eq!(says(s.percent, "0.0000011").split(' ').next(), Some("`0.0000011`"));
}

#[test]
fn people_see_units_names_and_fields() {
    let s = shapes();
    let show = |shape, value: Value| display(&s.program, shape, &value);
    assert_eq!(show(s.money, Value::Word(15_681_000)), "156810.00 IDR");
    assert_eq!(show(s.percent, Value::Word(110_000)), "11%");
    assert_eq!(show(s.quantity, Value::Word(2_500)), "2.500 kg");
    assert_eq!(show(s.status, Value::Word(0)), "K1");
    assert_eq!(show(s.maybe, Value::none()), "none");
    assert_eq!(show(s.period, Value::Period { months: 0, days: 30, business_days: 0, seconds: 0 }), "30 days");
    assert_eq!(show(s.record, record("E1", -5, Some(0))), "Employee(id: E1, pay: -0.05 IDR, left: 1970-01-01)");
    let refused = Value::Variant { case: 1, fields: vec![Value::text("Ann")] };
    assert_eq!(show(s.variant, refused), "Refused(by: Ann)");
    assert_eq!(display_wide(&s.program, s.money, i128::MAX), "1701411834604692317316873037158841057.27 IDR");
}

#[test]
fn json_uses_outside_names_and_points_into_nested_values() {
    let s = shapes();
    let value = record("E1", 1250, None);
    let json = write_json(&s.program, s.record, &value);
    assert_eq!(json.to_string(), r#"{"id":"E1","gross":"12.50","left":null}"#);
    assert_eq!(read_json(&s.program, s.record, &json), Ok(value.clone()));
    let sent: serde_json::Value = serde_json::from_str(r#"{"id":"E1","gross":12.50,"more":1}"#).unwrap();
    assert_eq!(read_json(&s.program, s.record, &sent), Ok(value));
    let error = read_json(&s.program, s.record, &json!({"id": "E1"})).unwrap_err();
    assert_eq!(error.reason, Reason::MissingField { name: "gross".into() });
    let nested = json!({"a": [{"id": "E1", "gross": "1.005"}]});
    assert_eq!(read_json(&s.program, s.map, &nested).unwrap_err().path, "a[0].gross");
    let wrong = read_json(&s.program, s.record, &json!([])).unwrap_err();
    assert_eq!(wrong.to_string(), "expected a record Employee, found a list");
    let refused = json!({"case": "refused", "by": "Ann"});
    let variant = read_json(&s.program, s.variant, &refused).unwrap();
    assert_eq!(write_json(&s.program, s.variant, &variant), refused);
    assert!(read_json(&s.program, s.bool, &json!("true")).is_err());
    assert!(read_json(&s.program, s.money, &serde_json::from_str("1e3").unwrap()).is_err());
}

proptest! {
    #[test]
    fn scalars_come_back(word: i64, day in FIRST_DAY..=LAST_DAY, case in 0i64..2, truth in 0i64..2) {
        let s = shapes();
        for (shape, word) in [
            (s.int, word), (s.percent, word), (s.money, word), (s.quantity, word), (s.date, day), (s.status, case),
            (s.bool, truth),
        ] {
            let value = Value::Word(word);
            prop_assert_eq!(read_cell(&s.program, shape, &write_cell(&s.program, shape, &value)), Ok(value.clone()));
            let json = write_json(&s.program, shape, &value).to_string();
            let json = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(read_json(&s.program, shape, &json), Ok(value));
        }
    }

    #[test]
    fn nested_values_come_back(
        rows in proptest::collection::btree_map(
            "[a-z]{1,5}",
            proptest::collection::vec(("\\PC{0,8}", any::<i64>(), proptest::option::of(-9_999i64..9_999)), 0..4),
            0..4,
        ),
        value: i64,
    ) {
        let s = shapes();
        let entries = rows.iter().map(|(key, list)| {
            let list = list.iter().map(|(id, pay, left)| record(&normalized(id), *pay, *left)).collect();
            (Value::text(key.as_str()), Value::List(list))
        });
        let map = Value::Map(entries.collect());
        prop_assert_eq!(read_json(&s.program, s.map, &write_json(&s.program, s.map, &map)), Ok(map));
        let amount = Value::Amount { currency: "USD".into(), value };
        prop_assert_eq!(read_cell(&s.program, s.amount, &write_cell(&s.program, s.amount, &amount)), Ok(amount));
    }

    #[test]
    fn no_cell_makes_a_reader_panic(cell in "\\PC{0,20}") {
        let s = shapes();
        for shape in 0..s.program.shapes.len() {
            let _ = read_cell(&s.program, ShapeId(shape as u32), &cell);
        }
    }
}
