//! Values as the language writes them.

use crate::typed::{Checked, Constant, Field};
use crate::types::*;
use bp_bytecode::border;
use bp_bytecode::rounding::Mode;

pub fn written(checked: &Checked, ty: &Type, value: &Constant) -> String {
    match (checked.base(ty), value) {
        (Type::Num(num), Constant::Number(n)) => number(checked, *num, *n),
        (Type::Bool, Constant::Number(n)) => if *n == 1 { "true" } else { "false" }.to_owned(),
        (Type::Enum(id), Constant::Number(n)) => case(checked, *id, *n, &[]),
        (Type::Enum(id), Constant::Case(n, values)) => case(checked, *id, i128::from(*n), values),
        (Type::Rounding, Constant::Number(n)) => {
            let mode = i64::try_from(*n).ok().and_then(Mode::from_number);
            mode.map_or_else(|| n.to_string(), |mode| mode.name().to_owned())
        }
        (Type::Role, Constant::Number(n)) => {
            let role = usize::try_from(*n).ok().and_then(|n| checked.roles.get(n));
            role.map_or_else(|| n.to_string(), ToString::to_string)
        }
        (Type::Date, Constant::Number(n)) => word(*n, border::date_text),
        (Type::Month, Constant::Number(n)) => word(*n, border::month_text),
        (Type::Time, Constant::Number(n)) => word(*n, border::time_text),
        (Type::DateTime, Constant::Number(n)) => word(*n, border::moment_text).replace('Z', "+00:00"),
        (Type::Duration, Constant::Number(n)) => match n {
            n if n % 3_600 == 0 && *n != 0 => format!("{} hours", grouped(&(n / 3_600).to_string())),
            n if n % 60 == 0 && *n != 0 => format!("{} min", grouped(&(n / 60).to_string())),
            n => format!("{} s", grouped(&n.to_string())),
        },
        (_, Constant::Number(n)) => n.to_string(),
        (_, Constant::Text(text)) => {
            let mut out = String::from("\"");
            for c in text.chars() {
                match c {
                    '\n' => out.push_str("\\n"),
                    '\t' => out.push_str("\\t"),
                    '"' | '\\' | '{' | '}' => out.extend(['\\', c]),
                    c => out.push(c),
                }
            }
            out + "\""
        }
        (_, Constant::Period { months, days, business_days, seconds }) => {
            border::period_text(&[*months, *days, *business_days, *seconds])
        }
        (_, Constant::None) => "none".to_owned(),
        (Type::Option(of), Constant::Some(held)) => written(checked, of, held),
        (Type::Record(id), Constant::Record(values)) => {
            let record = &checked.records[id.index()];
            format!("{}({})", record.name, parts(checked, &record.fields, values))
        }
        (Type::List(of), Constant::List(values)) => {
            let values: Vec<String> = values.iter().map(|value| written(checked, of, value)).collect();
            format!("[{}]", values.join(", "))
        }
        (_, Constant::Some(_) | Constant::Record(_) | Constant::Case(..) | Constant::List(_)) => "…".to_owned(),
    }
}

fn word(n: i128, of: fn(i64) -> String) -> String {
    i64::try_from(n).map_or_else(|_| n.to_string(), of)
}

fn case(checked: &Checked, id: EnumId, number: i128, values: &[Constant]) -> String {
    match usize::try_from(number).ok().and_then(|number| checked.enums[id.index()].cases.get(number)) {
        None => number.to_string(),
        Some(case) if values.is_empty() => case.name.to_string(),
        Some(case) => format!("{}({})", case.name, parts(checked, &case.fields, values)),
    }
}

fn parts(checked: &Checked, fields: &[Field], values: &[Constant]) -> String {
    let part = |(field, value): (&Field, &Constant)| match field.name.as_str() {
        "" => written(checked, &field.ty, value),
        name => format!("{name}: {}", written(checked, &field.ty, value)),
    };
    fields.iter().zip(values).map(part).collect::<Vec<_>>().join(", ")
}

fn number(checked: &Checked, num: Num, value: i128) -> String {
    let unit = |id: UnitId| checked.units[id.index()].name.as_str();
    // Cents are written whole, or not at all.
    let decimal =
        |scale: u8| grouped(&shortest(value, scale, if matches!(num.unit, Unit::Money(_)) { scale.min(2) } else { 1 }));
    match num.unit {
        Unit::None | Unit::Quantity(None) => decimal(num.scale),
        Unit::Percent => grouped(&border::percent_text(value, num.scale)),
        Unit::Money(currency) => format!("{} {}", decimal(num.scale), currency.code()),
        Unit::Quantity(Some(id)) => format!("{} {}", decimal(num.scale), unit(id)),
        Unit::Price(currency, None) => format!("{} {}", decimal(num.scale), currency.code()),
        Unit::Price(currency, Some(id)) => format!("{} {} per {}", decimal(num.scale), currency.code(), unit(id)),
    }
}

/// Without a fraction of zeros; a fraction has at least `keep` digits.
fn shortest(value: i128, scale: u8, keep: u8) -> String {
    let text = border::decimal_text(value, scale);
    let Some((whole, fraction)) = text.split_once('.') else { return text };
    let used = fraction.trim_end_matches('0').len();
    if used == 0 {
        whole.to_owned()
    } else {
        format!("{whole}.{}", &fraction[..used.max(usize::from(keep).min(fraction.len()))])
    }
}

/// `5_400_000.01`
fn grouped(number: &str) -> String {
    let sign = usize::from(number.starts_with('-'));
    let digits = number[sign..].bytes().take_while(u8::is_ascii_digit).count();
    let mut out = String::with_capacity(number.len() + digits / 3);
    for (at, c) in number.char_indices() {
        if at > sign && at < sign + digits && (sign + digits - at).is_multiple_of(3) {
            out.push('_');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        let write = |unit, scale, value| number(&Checked::default(), Num { unit, scale }, value);
        let idr = Unit::Money(Currency(*b"IDR"));
        assert_eq!(write(idr, 2, 540_000_001), "5_400_000.01 IDR");
        assert_eq!(write(idr, 2, 540_000_010), "5_400_000.10 IDR");
        assert_eq!(write(idr, 2, -100_000), "-1_000 IDR");
        assert_eq!(write(Unit::None, 0, 999), "999");
        assert_eq!(write(Unit::None, 3, 1_282), "1.282");
        assert_eq!(write(Unit::Percent, 6, 900_001), "90.0001%");
    }
}
