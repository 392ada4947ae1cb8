//! Texts: what the built-in functions make of them, and values as people read them.

use super::number::digits;
use super::stop::{Run, Stop};
use super::time;
use super::value::{Number, Val};
use bp_compiler::typed::{Checked, Field};
use bp_compiler::types::{Type, Unit};
use num_bigint::BigInt;
use num_traits::Signed;
use unicode_normalization::UnicodeNormalization;

/// In normal form C, as every text is.
pub fn normal(text: &str) -> String {
    text.nfc().collect()
}

/// Whether the whole text fits a pattern in which `*` is any text and `?` one character.
pub fn matches(text: &str, pattern: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    // Which beginnings of the text the pattern so far may have taken.
    let mut taken = vec![false; text.len() + 1];
    taken[0] = true;
    for sign in pattern.chars() {
        let mut next = vec![false; text.len() + 1];
        for at in 0..=text.len() {
            next[at] = match sign {
                '*' => taken[at] || at > 0 && next[at - 1],
                '?' => at > 0 && taken[at - 1],
                sign => at > 0 && taken[at - 1] && text[at - 1] == sign,
            };
        }
        taken = next;
    }
    taken[text.len()]
}

/// The parts between separators; an empty separator stands nowhere.
pub fn split(text: &str, separator: &str) -> Vec<Val> {
    match separator {
        "" => vec![Val::text(text)],
        separator => text.split(separator).map(Val::text).collect(),
    }
}

/// A number with all digits of its scale.
pub fn decimal(units: &BigInt, scale: u8) -> String {
    let sign = if units.is_negative() { "-" } else { "" };
    let scale = usize::from(scale);
    let all = format!("{:0>width$}", units.abs().to_string(), width = scale + 1);
    let (whole, fraction) = all.split_at(all.len() - scale);
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// The same without zeros at its end.
fn short(units: &BigInt, scale: u8) -> String {
    let text = decimal(units, scale);
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

fn number(checked: &Checked, number: &Number, ty: &Type) -> Run<String> {
    let Type::Num(num) = ty else { return Err(Stop::Defect(format!("{number:?} is no {ty:?}"))) };
    let units = digits(&number.value, num.scale)
        .ok_or_else(|| Stop::Defect(format!("{} has more than {} digits", number.value, num.scale)))?;
    let plain = || decimal(&units, num.scale);
    let named = |unit: bp_compiler::types::UnitId| &checked.units[unit.index()].name;
    Ok(match num.unit {
        Unit::None => plain(),
        // A share in hundredths.
        Unit::Percent => format!("{}%", short(&(&units * 100), num.scale)),
        Unit::Money(currency) => format!("{} {}", plain(), currency.code()),
        Unit::Quantity(None) => short(&units, num.scale),
        Unit::Quantity(Some(unit)) => format!("{} {}", plain(), named(unit)),
        Unit::Price(currency, None) => format!("{} {}", plain(), currency.code()),
        Unit::Price(currency, Some(unit)) => format!("{} {} per {}", plain(), currency.code(), named(unit)),
    })
}

/// A value as `"{x}"` writes it.
pub fn shown(checked: &Checked, value: &Val, ty: &Type) -> Run<String> {
    let ty = checked.base(ty);
    let fields = |name: &str, values: &[Val], fields: &[Field]| -> Run<String> {
        let mut parts = Vec::new();
        for (value, field) in values.iter().zip(fields) {
            let value = shown(checked, value, &field.ty)?;
            parts.push(if field.name.is_empty() { value } else { format!("{}: {value}", field.name) });
        }
        Ok(format!("{name}({})", parts.join(", ")))
    };
    Ok(match (value, ty) {
        (Val::Nothing, _) => "0".to_owned(),
        (Val::Bool(truth), _) => truth.to_string(),
        (Val::Num(n), ty) => number(checked, n, ty)?,
        (Val::Text(text), _) => text.to_string(),
        (Val::Date(day), _) => time::date_text(*day),
        (Val::DateTime(moment), _) => time::moment_text(*moment),
        (Val::Time(seconds), _) => time::time_text(*seconds),
        (Val::Month(month), _) => time::month_text(*month),
        (Val::Duration(seconds), _) => time::period_text([0, 0, 0, *seconds], "0 s"),
        (Val::Period(parts), _) => time::period_text(*parts, "0 days"),
        (Val::Rounding(mode), _) => mode.name().to_owned(),
        (Val::Role(role), _) => match usize::try_from(*role).ok().and_then(|role| checked.roles.get(role)) {
            Some(name) => name.to_string(),
            None => role.to_string(),
        },
        (Val::Amount { currency, value }, _) => {
            let units = value * BigInt::from(10_000);
            // Two digits, unless the amount has more.
            let units = units.to_integer();
            let hundred = BigInt::from(100);
            match &units % &hundred == BigInt::ZERO {
                true => format!("{} {currency}", decimal(&(units / hundred), 2)),
                false => format!("{} {currency}", short(&units, 4)),
            }
        }
        (Val::List(values), Type::List(of)) => {
            let values: Vec<String> = values.iter().map(|value| shown(checked, value, of)).collect::<Run<_>>()?;
            format!("[{}]", values.join(", "))
        }
        (Val::Map(pairs), Type::Map(k, v)) => {
            let pair =
                |(key, value): &(Val, Val)| Ok(format!("{}: {}", shown(checked, key, k)?, shown(checked, value, v)?));
            let pairs: Vec<String> = pairs.iter().map(pair).collect::<Run<_>>()?;
            format!("[{}]", pairs.join(", "))
        }
        (Val::Option(None), _) => "none".to_owned(),
        (Val::Option(Some(inner)), Type::Option(of)) => shown(checked, inner, of)?,
        (Val::Record(values), Type::Record(id)) => {
            let record = &checked.records[id.index()];
            fields(&record.name, values, &record.fields)?
        }
        (Val::Case(case, values), Type::Enum(id)) => {
            let case = &checked.enums[id.index()].cases[usize::from(*case)];
            if values.is_empty() { case.name.to_string() } else { fields(&case.name, values, &case.fields)? }
        }
        (Val::Document(number) | Val::Hold(number), _) => number.to_string(),
        _ => return Err(Stop::Defect(format!("{value:?} is no {ty:?}"))),
    })
}
