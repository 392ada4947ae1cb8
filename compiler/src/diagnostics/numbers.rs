//! The words about numbers, and about two values that an operator does not take.

use super::words::counted;
use super::{Clash, Code, Diagnostic, Problem};
use crate::currency;
use crate::source::Place;
use smol_str::SmolStr;

impl Problem {
    pub(super) fn tell_number(&self) -> Option<Diagnostic> {
        Some(match self {
            Problem::WouldRound { place, from, to, expected, text } => Diagnostic::new(
                Code::WouldRound,
                *place,
                format!(
                    "this has up to {}, {expected} has {to}: it would round in silence",
                    counted(usize::from(*from), "decimals")
                ),
            )
            .here(counted(usize::from(*from), "decimals"))
            .note("say how to round: `round(…)` is half up, `round(…, down)` cuts off")
            .edit(*place, "round half up", format!("round({text})")),
            Problem::QuotientOutsideRound { place, text } => {
                Diagnostic::new(Code::Quotient, *place, "a quotient has no last decimal, so it stands in a `round`")
                    .here("how many decimals?")
                    .note("`round(a * b / c)` computes the whole chain exactly and rounds once")
                    .edit(*place, "round half up", format!("round({text})"))
            }
            Problem::ChainTooLong { place, limit } => {
                Diagnostic::new(Code::Quotient, *place, format!("a chain of more than {limit} factors"))
                    .here("too long")
                    .note("round in between")
            }
            Problem::RoundToWhat { place, name } => Diagnostic::new(
                Code::RoundToWhat,
                *place,
                format!("nothing says how many decimals this `{name}` keeps"),
            )
            .here("to what?")
            .note(format!("say so: `{name}(…, to: 0.01)`; or give the value a type: `let x: Decimal<2> = {name}(…)`")),
            Problem::StepNotPositive { place } => {
                Diagnostic::new(Code::RoundStep, *place, "a step to round to is more than 0").here("not this")
            }
            Problem::BareNumberOnly { place, name, found } => {
                Diagnostic::new(Code::RoundStep, *place, format!("`{name}` takes a bare number"))
                    .here(format!("this is {found}"))
            }
            Problem::PowerOfTenOnly { place, name } => {
                Diagnostic::new(Code::RoundStep, *place, format!("`{name}` rounds to decimals only: `to: 0.001`"))
                    .here("not to this step")
            }
            Problem::ScaleOutside { place, scale } => {
                Diagnostic::new(Code::ScaleOutside, *place, format!("{scale} decimals are too many")).here("at most 18")
            }
            Problem::ScaleTooDeep { place, scale } => {
                Diagnostic::new(Code::ScaleOutside, *place, format!("this product has up to {scale} decimals"))
                    .here("at most 36")
                    .note("round one of its factors first")
            }
            Problem::LiteralTooLarge { place } => {
                Diagnostic::new(Code::LiteralTooLarge, *place, "this number is too large").here("does not fit")
            }
            Problem::UnknownCurrency { place, code } => unknown_currency(*place, code),
            Problem::UnitNotInUnit { place } => {
                Diagnostic::new(Code::UnitDeclaration, *place, "a unit is a base of its own or so much of another")
                    .here("not declared right")
                    .note("`unit kg scale 3` is a base; `unit g = 0.001 kg` is written in terms of it")
            }
            Problem::DivisionByZero { place } => {
                Diagnostic::new(Code::DivisionByZero, *place, "this divides by 0").here("always 0 below the line")
            }
            Problem::TooLarge { place, stored } => {
                let (bits, digits) = if *stored { (64, 18) } else { (128, 38) };
                Diagnostic::new(Code::TooLarge, *place, "this is too large, whatever comes")
                    .here(format!("never fits {bits} bits"))
                    .note(match stored {
                        true => format!("a field, an element or a posted amount has {digits} digits, decimals counted"),
                        false => format!("a number in between has {digits} digits, decimals counted"),
                    })
            }
            Problem::NeverHolds { place, declared, subject, condition, value } => {
                let message = match value {
                    Some(value) => format!("{value} is no `{subject}`"),
                    None => format!("no value here meets the condition of `{subject}`"),
                };
                Diagnostic::new(Code::NeverHolds, *place, message)
                    .here("can never meet it")
                    .label(*declared, format!("`{condition}`"))
            }
            Problem::PartOfTime { place } => {
                Diagnostic::new(Code::PartOfTime, *place, "days and longer come whole, shorter times in whole seconds")
                    .here("not a whole number of them")
            }
            _ => return None,
        })
    }
}

fn unknown_currency(place: Place, code: &SmolStr) -> Diagnostic {
    let capitals = code.to_uppercase();
    if capitals != *code && currency::currency(&capitals).is_some() {
        return Diagnostic::new(Code::UnknownCurrency, place, format!("`{code}` is no currency"))
            .here("a currency is written in capitals")
            .note(format!("did you mean `{capitals}`?"))
            .edit(place, format!("write `{capitals}`"), capitals);
    }
    if currency::is_without_minor_unit(code) {
        return Diagnostic::new(
            Code::UnknownCurrency,
            place,
            format!("`{code}` has no minor unit: no money is kept in it"),
        )
        .here("nothing says how many decimals it has");
    }
    Diagnostic::new(Code::UnknownCurrency, place, format!("ISO 4217 has no currency `{code}`")).here("not a currency")
}

/// What was probably meant.
pub(super) fn clash(d: Diagnostic, why: &Clash) -> Diagnostic {
    match why {
        Clash::Currencies(to, from) => d
            .note(format!("{to} and {from} do not go together without a rate"))
            .note(format!("`convert(amount, to: {to}, rate: …)` makes {to} of {from}")),
        Clash::Units(a, b) => d.note(format!("{a} and {b} do not measure the same thing")),
        Clash::NoPrice(unit) => d.note(format!("what one {unit} costs is a price, of the type `Money per {unit}`")),
        Clash::PriceUnit { per, of } => d.note(format!("a price per {per} takes a quantity in {per}, not in {of}")),
        Clash::Squared => d.note("money times money is nothing; a factor is a plain number or a percentage"),
        Clash::NoCurrency { literal } => d.note(format!("money has its currency behind it: `{literal} USD`")),
        Clash::Texts(Some(whole)) => d.note(format!("texts are put together in one, values in braces: `{whole}`")),
        Clash::Texts(None) => d.note("texts are put together in one, values in braces: `\"{a} and {b}\"`"),
        Clash::Days { from, to } => d.note(format!("`days_between({from}, {to})` counts the days between two dates")),
        Clash::TimeOfDay => d.note("a `Date` has no time of day, hours would be lost: `DateTime` has one"),
        Clash::MayBeNone(text) => {
            d.note(format!("`{text}` may be `none`: `{text} ?? …` says what then, `match` looks at both cases"))
        }
        Clash::Bare { place, literal, unit } => d.edit(*place, "say what it counts", format!("{literal} {unit}")),
    }
}
