//! Values made at random.

use bp_bytecode::Program;
use bp_bytecode::index::{FuncId, ShapeId};
use bp_bytecode::shape::{FieldShape, RegType, Shape};
use bp_bytecode::value::Value;
use bp_compiler::typed::Checked;
use bp_compiler::types::Type;

/// Arguments of a call: a value for each parameter, with its shape where it is a cell in the heap.
#[derive(Clone, Debug)]
pub(super) struct Arguments {
    pub values: Vec<(Option<ShapeId>, Value)>,
    /// Whether each is a value of its parameter's type, and not only a word like any other.
    pub are_typed: bool,
}

/// How many calls a test makes of each function: so many, or what `AGREEMENT_CALLS` says, with other arguments.
pub fn calls(usual: usize) -> usize {
    std::env::var("AGREEMENT_CALLS").ok().and_then(|calls| calls.parse().ok()).unwrap_or(usual)
}

/// Always the same numbers: a linear congruential generator.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % n.max(1)
    }

    /// A number near a literal of the program, a small one, or any.
    pub fn number(&mut self, program: &Program) -> i64 {
        let near = self.below(5) as i64 - 2;
        match self.below(8) {
            0..3 if !program.constants.is_empty() => {
                let literal = program.constants[self.below(program.constants.len())];
                i64::try_from(literal).unwrap_or(i64::MAX).wrapping_add(near)
            }
            3 => 10i64.pow(self.below(19) as u32).wrapping_add(near),
            4 => [i64::MAX, i64::MIN, i64::MAX / 100, -1][self.below(4)].wrapping_add(near),
            5 => (self.below(1 << 30) * self.below(1 << 20)) as i64,
            _ => self.below(400) as i64 - 20,
        }
    }

    /// Arguments for a function: as a rule values of the types of its parameters, now and then any words.
    pub(super) fn arguments(&mut self, program: &Program, checked: Option<&Checked>, func: FuncId) -> Arguments {
        let function = &program.functions[func.index()];
        let declared = checked.and_then(|checked| Some((checked, checked.functions.get(func.index())?)));
        let are_typed = declared.is_some() && self.below(16) > 0;
        let types = function.registers[..usize::from(function.params)].iter().enumerate();
        let values = types.map(|(at, ty)| match (ty, declared.filter(|_| are_typed)) {
            (RegType::Handle(shape), _) => (Some(*shape), self.value(program, *shape)),
            (_, Some((checked, function))) => (None, Value::Word(self.word(program, checked, &function.locals[at].ty))),
            (_, None) => (None, Value::Word(self.number(program))),
        });
        Arguments { values: values.collect(), are_typed }
    }

    /// A word of a type.
    fn word(&mut self, program: &Program, checked: &Checked, ty: &Type) -> i64 {
        match checked.base(ty) {
            Type::Bool => self.below(2) as i64,
            Type::Date => 18_000 + self.below(4_000) as i64,
            Type::DateTime => 1_700_000_000 + self.below(100_000_000) as i64,
            Type::Time => self.below(86_400) as i64,
            Type::Month => 24_000 + self.below(500) as i64,
            Type::Rounding => self.below(7) as i64,
            Type::Role => self.below(program.roles.len()) as i64,
            Type::Enum(id) => self.below(checked.enums[id.index()].cases.len()) as i64,
            Type::Entity(_) | Type::Hold(_) => 1 + self.below(5) as i64,
            _ => self.number(program),
        }
    }

    pub fn value(&mut self, program: &Program, shape: ShapeId) -> Value {
        let fields = |random: &mut Random, fields: &[FieldShape]| {
            fields.iter().map(|field| random.value(program, field.shape)).collect::<Vec<Value>>()
        };
        match &program.shapes[shape.index()] {
            Shape::Bool => Value::Word(self.below(2) as i64),
            Shape::Number { .. } | Shape::Duration => Value::Word(self.number(program)),
            Shape::Date => Value::Word(18_000 + self.below(4_000) as i64),
            Shape::DateTime => Value::Word(1_700_000_000 + self.below(100_000_000) as i64),
            Shape::Time => Value::Word(self.below(86_400) as i64),
            Shape::Month => Value::Word(24_000 + self.below(500) as i64),
            Shape::Rounding => Value::Word(self.below(7) as i64),
            Shape::Document(_) | Shape::Hold(_) => Value::Word(1 + self.below(5) as i64),
            Shape::Role => Value::Word(self.below(program.roles.len()) as i64),
            Shape::Enum(cases) => Value::Word(self.below(cases.cases.len()) as i64),
            Shape::Text if self.below(2) == 0 => Value::Text(program.texts[self.below(program.texts.len())].clone()),
            Shape::Text => Value::text(["", "a", "A-1", "zz"][self.below(4)]),
            Shape::Period => {
                let [months, days, business_days, seconds] = [(); 4].map(|()| self.below(50) as i64 - 10);
                Value::Period { months, days, business_days, seconds }
            }
            Shape::Amount => {
                Value::Amount { currency: ["IDR", "USD"][self.below(2)].to_owned(), value: self.number(program) }
            }
            Shape::Record(record) => Value::Record(fields(self, &record.fields)),
            Shape::Variant(cases) => {
                let case = self.below(cases.cases.len());
                Value::Variant { case: case as u16, fields: fields(self, &cases.cases[case].fields) }
            }
            Shape::List(inner) => Value::List((0..self.below(4)).map(|_| self.value(program, *inner)).collect()),
            Shape::Map(key, inner) => {
                let mut map: Vec<(Value, Value)> = Vec::new();
                for _ in 0..self.below(3) {
                    let key = self.value(program, *key);
                    if map.iter().all(|(known, _)| *known != key) {
                        map.push((key, self.value(program, *inner)));
                    }
                }
                Value::Map(map)
            }
            Shape::Option(_) if self.below(3) == 0 => Value::none(),
            Shape::Option(inner) => Value::some(self.value(program, *inner)),
        }
    }
}
