//! Values of the reference evaluator: tagged when they run, numbers without bounds.

use super::number::{digits, of_digits, ten};
use super::stop::{Run, Stop};
use bp_bytecode::rounding::Mode;
use bp_bytecode::value::Value;
use bp_compiler::typed::{Checked, Constant, Field};
use bp_compiler::types::{Type, Unit};
use num_rational::BigRational;
use num_traits::ToPrimitive;
use std::rc::Rc;

/// The scale of an `Amount`.
pub const AMOUNT_SCALE: u8 = 4;

/// Months, days, business days, seconds.
pub type Parts = [i64; 4];

/// A value that knows what it is.
#[derive(Clone, Debug, PartialEq)]
pub enum Val {
    Nothing,
    Bool(bool),
    Num(Number),
    Text(Rc<str>),
    /// Days since 1970-01-01.
    Date(i64),
    /// Seconds since 1970-01-01T00:00:00Z.
    DateTime(i64),
    /// Seconds since midnight.
    Time(i64),
    /// Months since year 0.
    Month(i64),
    /// Seconds.
    Duration(i64),
    Period(Parts),
    Rounding(Mode),
    Role(i64),
    Amount {
        currency: Rc<str>,
        value: BigRational,
    },
    List(Rc<Vec<Val>>),
    /// In the order of the keys' first appearance.
    Map(Rc<Vec<(Val, Val)>>),
    Option(Option<Rc<Val>>),
    Record(Rc<Vec<Val>>),
    Case(u16, Rc<Vec<Val>>),
    Document(i64),
    Hold(i64),
}

/// An exact number with what it counts.
#[derive(Clone, Debug)]
pub struct Number {
    pub value: BigRational,
    pub unit: Unit,
}

impl PartialEq for Number {
    fn eq(&self, other: &Number) -> bool {
        self.value == other.value
    }
}

impl Val {
    pub fn text(text: &str) -> Val {
        Val::Text(text.into())
    }

    pub fn list(values: Vec<Val>) -> Val {
        Val::List(Rc::new(values))
    }

    pub fn some(value: Val) -> Val {
        Val::Option(Some(Rc::new(value)))
    }

    pub fn option(value: Option<Val>) -> Val {
        Val::Option(value.map(Rc::new))
    }

    pub fn number(value: BigRational, unit: Unit) -> Val {
        Val::Num(Number { value, unit })
    }

    pub fn int(value: i64) -> Val {
        Val::number(of_digits(value, 0), Unit::None)
    }

    /// What is ordered, as a number that orders it: numbers, dates, truth values, cases.
    pub fn rank(&self) -> Option<BigRational> {
        let word = match self {
            Val::Num(number) => return Some(number.value.clone()),
            Val::Bool(truth) => i64::from(*truth),
            Val::Date(n) | Val::DateTime(n) | Val::Time(n) | Val::Month(n) | Val::Duration(n) => *n,
            Val::Role(n) | Val::Document(n) | Val::Hold(n) => *n,
            Val::Rounding(mode) => *mode as i64,
            Val::Case(case, parts) if parts.is_empty() => i64::from(*case),
            _ => return None,
        };
        Some(of_digits(word, 0))
    }
}

macro_rules! takers {
    ($($name:ident $variant:ident -> $ty:ty,)*) => {
        impl Val {
            $(pub fn $name(self) -> Run<$ty> {
                match self {
                    Val::$variant(inner) => Ok(inner),
                    other => Err(Stop::Defect(format!(concat!(stringify!($variant), " is needed, this is {:?}"), other))),
                }
            })*
        }
    };
}

takers! {
    into_bool Bool -> bool,
    into_num Num -> Number,
    into_text Text -> Rc<str>,
    into_date Date -> i64,
    into_moment DateTime -> i64,
    into_month Month -> i64,
    into_period Period -> Parts,
    into_list List -> Rc<Vec<Val>>,
    into_map Map -> Rc<Vec<(Val, Val)>>,
    into_record Record -> Rc<Vec<Val>>,
    into_option Option -> Option<Rc<Val>>,
    into_document Document -> i64,
    into_hold Hold -> i64,
}

fn misfit<T>(what: &dyn std::fmt::Debug, ty: &Type) -> Run<T> {
    Err(Stop::Defect(format!("{what:?} is no {ty:?}")))
}

/// A value that is known when compiled.
pub fn of_constant(checked: &Checked, constant: &Constant, ty: &Type) -> Run<Val> {
    let ty = checked.base(ty);
    let all = |constants: &[Constant], fields: &[Field]| -> Run<Rc<Vec<Val>>> {
        let pairs = constants.iter().zip(fields);
        pairs.map(|(constant, field)| of_constant(checked, constant, &field.ty)).collect::<Run<Vec<Val>>>().map(Rc::new)
    };
    Ok(match (constant, ty) {
        (Constant::Number(n), Type::Num(num)) => Val::number(of_digits(*n, num.scale), num.unit),
        (Constant::Number(n), ty) => match i64::try_from(*n) {
            Ok(word) => of_word(checked, word, ty)?,
            Err(_) => return misfit(constant, ty),
        },
        (Constant::Text(text), Type::Text) => Val::text(text),
        (Constant::Period { months, days, business_days, seconds }, Type::Period) => {
            Val::Period([*months, *days, *business_days, *seconds])
        }
        (Constant::None, Type::Option(_)) => Val::Option(None),
        (Constant::Some(inner), Type::Option(of)) => Val::some(of_constant(checked, inner, of)?),
        (Constant::Record(values), Type::Record(id)) => Val::Record(all(values, &checked.records[id.index()].fields)?),
        (Constant::Case(case, values), Type::Enum(id)) => {
            Val::Case(*case, all(values, &checked.enums[id.index()].cases[usize::from(*case)].fields)?)
        }
        (Constant::List(values), Type::List(of)) => {
            Val::list(values.iter().map(|value| of_constant(checked, value, of)).collect::<Run<Vec<Val>>>()?)
        }
        _ => return misfit(constant, ty),
    })
}

fn of_word(checked: &Checked, word: i64, ty: &Type) -> Run<Val> {
    Ok(match checked.base(ty) {
        Type::Nothing => Val::Nothing,
        Type::Bool => Val::Bool(word == 1),
        Type::Num(num) => Val::number(of_digits(word, num.scale), num.unit),
        Type::Date => Val::Date(word),
        Type::DateTime => Val::DateTime(word),
        Type::Time => Val::Time(word),
        Type::Month => Val::Month(word),
        Type::Duration => Val::Duration(word),
        Type::Rounding => match Mode::from_number(word) {
            Some(mode) => Val::Rounding(mode),
            None => return misfit(&word, ty),
        },
        Type::Role => Val::Role(word),
        Type::Posting => Val::int(word),
        Type::Entity(_) => Val::Document(word),
        Type::Hold(_) => Val::Hold(word),
        Type::Enum(_) => Val::Case(word as u16, Rc::default()),
        _ => return misfit(&word, ty),
    })
}

/// A value of the border as one of the type.
pub fn of_value(checked: &Checked, value: &Value, ty: &Type) -> Run<Val> {
    let ty = checked.base(ty);
    let all = |values: &[Value], fields: &[Field]| -> Run<Rc<Vec<Val>>> {
        let pairs = values.iter().zip(fields);
        pairs.map(|(value, field)| of_value(checked, value, &field.ty)).collect::<Run<Vec<Val>>>().map(Rc::new)
    };
    Ok(match (value, ty) {
        (Value::Word(word), ty) => of_word(checked, *word, ty)?,
        (Value::Text(text), Type::Text) => Val::text(text),
        (Value::Period { months, days, business_days, seconds }, Type::Period) => {
            Val::Period([*months, *days, *business_days, *seconds])
        }
        (Value::Amount { currency, value }, Type::Amount) => {
            Val::Amount { currency: currency.as_str().into(), value: of_digits(*value, AMOUNT_SCALE) }
        }
        (Value::Record(values), Type::Record(id)) => Val::Record(all(values, &checked.records[id.index()].fields)?),
        (Value::Variant { case, fields }, Type::Enum(id)) => {
            Val::Case(*case, all(fields, &checked.enums[id.index()].cases[usize::from(*case)].fields)?)
        }
        (Value::List(values), Type::List(of)) => {
            Val::list(values.iter().map(|value| of_value(checked, value, of)).collect::<Run<Vec<Val>>>()?)
        }
        (Value::Map(pairs), Type::Map(k, v)) => {
            let pair = |(key, value): &(Value, Value)| Ok((of_value(checked, key, k)?, of_value(checked, value, v)?));
            Val::Map(Rc::new(pairs.iter().map(pair).collect::<Run<Vec<(Val, Val)>>>()?))
        }
        (Value::Option(None), Type::Option(_)) => Val::Option(None),
        (Value::Option(Some(inner)), Type::Option(of)) => Val::some(of_value(checked, inner, of)?),
        _ => return misfit(value, ty),
    })
}

/// A number's digits at its type's scale, however large.
///
/// # Errors
/// The number has more digits behind the point than the type: nothing may round in silence.
pub fn digits_of(number: &Number, scale: u8) -> Run<num_bigint::BigInt> {
    digits(&number.value, scale)
        .ok_or_else(|| Stop::Defect(format!("{} has more than {scale} digits behind the point", number.value)))
}

/// A value of the type as one of the border, which is stored: numbers have 64 bits.
pub fn to_value(checked: &Checked, value: &Val, ty: &Type) -> Run<Value> {
    let ty = checked.base(ty);
    let all = |values: &[Val], fields: &[Field]| -> Run<Vec<Value>> {
        values.iter().zip(fields).map(|(value, field)| to_value(checked, value, &field.ty)).collect()
    };
    let wide = |n: &num_bigint::BigInt| match n.to_i64() {
        Some(word) => Ok(word),
        None => misfit(n, ty),
    };
    Ok(match (value, ty) {
        (Val::Nothing, _) => Value::Word(0),
        (Val::Num(number), Type::Num(num)) => Value::Word(wide(&digits_of(number, num.scale)?)?),
        (Val::Text(text), Type::Text) => Value::text(&**text),
        (Val::Period([months, days, business_days, seconds]), Type::Period) => {
            Value::Period { months: *months, days: *days, business_days: *business_days, seconds: *seconds }
        }
        (Val::Amount { currency, value }, Type::Amount) => {
            let exact = value * BigRational::from_integer(ten(AMOUNT_SCALE));
            Value::Amount { currency: currency.to_string(), value: wide(&exact.to_integer())? }
        }
        (Val::Record(values), Type::Record(id)) => Value::Record(all(values, &checked.records[id.index()].fields)?),
        (Val::Case(case, values), Type::Enum(id)) => {
            let declared = &checked.enums[id.index()];
            match declared.has_payload() {
                true => {
                    let fields = all(values, &declared.cases[usize::from(*case)].fields)?;
                    Value::Variant { case: *case, fields }
                }
                false => Value::Word(i64::from(*case)),
            }
        }
        (Val::List(values), Type::List(of)) => {
            Value::List(values.iter().map(|value| to_value(checked, value, of)).collect::<Run<Vec<Value>>>()?)
        }
        (Val::Map(pairs), Type::Map(k, v)) => {
            let pair = |(key, value): &(Val, Val)| Ok((to_value(checked, key, k)?, to_value(checked, value, v)?));
            Value::Map(pairs.iter().map(pair).collect::<Run<Vec<(Value, Value)>>>()?)
        }
        (Val::Option(None), Type::Option(_)) => Value::none(),
        (Val::Option(Some(inner)), Type::Option(of)) => Value::some(to_value(checked, inner, of)?),
        (value, _) => match value.rank() {
            Some(rank) if rank.is_integer() => Value::Word(wide(&rank.to_integer())?),
            _ => return misfit(value, ty),
        },
    })
}
