//! The words about postings.

use super::{Code, Diagnostic};
use crate::prove::balance::{Finding, Hint, Line, Verdict};

/// How many values of a witness are told.
const VALUES_MAX: usize = 6;

pub(super) fn tell(finding: &Finding) -> Diagnostic {
    let unit = if finding.unit.is_empty() { String::new() } else { format!(" in {}", finding.unit) };
    let (code, message) = match &finding.verdict {
        Verdict::Refuted { .. } => (Code::Unbalanced, format!("this posting does not balance{unit}")),
        Verdict::NotShown | Verdict::TooLarge => {
            (Code::BalanceUndecided, format!("this posting could not be shown to balance{unit}"))
        }
    };
    let mut d =
        Diagnostic::new(code, finding.place, message).here(format!("debits less credits are `{}`", finding.difference));
    for line in &finding.lines {
        d = d.label(line.place, of_line(line));
    }
    if let Verdict::Refuted { values, difference } = &finding.verdict {
        d = d.note(witness(finding, values, difference));
    }
    if let Some(remainder) = &finding.remainder {
        d = d.note(format!("taken apart, that is `{remainder}`"));
    }
    if !finding.cases.is_empty() {
        let cases: Vec<String> = finding.cases.iter().map(|c| format!("`{c}`")).collect();
        d = d.note(format!("where {}", cases.join(" and ")));
    }
    if let Verdict::TooLarge = finding.verdict {
        d = d
            .note("there are too many cases to go through all of them; smaller postings, or fewer cases, may be shown");
    }
    if finding.foreign {
        return d.note(format!(
            "if it is given for another currency, or taken for one, say so: `exchange … -> {} at rate`",
            operand(&finding.difference)
        ));
    }
    if finding.rounded {
        d = d.note(
            "each line at a rate is rounded by itself; `rounding account` takes what that leaves, where all would balance \
             if nothing was rounded",
        );
    }
    let intent = match finding.verdict {
        Verdict::Refuted { .. } => "where the difference is meant",
        Verdict::NotShown | Verdict::TooLarge => "if the difference is a matter of rounding",
    };
    d = d.note(format!(
        "{intent}, post it to an account of its own: `credit rounding {}`",
        operand(&finding.difference)
    ));
    if let Verdict::Refuted { .. } = finding.verdict {
        return d;
    }
    let side = |debit: bool| {
        let amounts: Vec<String> =
            finding.lines.iter().filter(|l| l.debit == debit).map(|l| operand(&l.amount)).collect();
        if amounts.is_empty() { "0".into() } else { amounts.join(" + ") }
    };
    // The amount of a line in a loop means nothing outside of it.
    let equation = match finding.lines.iter().all(|line| line.plain) {
        true => format!("{} == {}", side(true), side(false)),
        false => format!("{} == 0", finding.difference),
    };
    d.note(format!(
        "if it is zero for reasons that are not seen here, `assert` it in the posting, and it is checked when it runs: \
         `assert {equation}`"
    ))
}

fn of_line(line: &Line) -> String {
    let side = if line.debit { "debits" } else { "credits" };
    let hint = match line.hint {
        None => "",
        Some(Hint::TooMany) => "; without this line it would balance",
        Some(Hint::WrongSide) => "; on the other side it would balance",
        Some(Hint::TooFew) => "; with this line twice it would balance",
    };
    format!("{side} `{}`{hint}", line.amount)
}

fn witness(finding: &Finding, values: &[(String, String)], difference: &str) -> String {
    let unit = if finding.unit.is_empty() { String::new() } else { format!(" {}", finding.unit) };
    if values.is_empty() {
        return format!("that is {difference}{unit}, whatever the input");
    }
    let told: Vec<String> = values.iter().take(VALUES_MAX).map(|(name, value)| format!("`{name}` = {value}")).collect();
    let more = if values.len() > VALUES_MAX { ", …" } else { "" };
    format!("found by trying: with {}{more} that is {difference}{unit}", told.join(", "))
}

/// A sum in parentheses, so that it can stand in another.
fn operand(text: &str) -> String {
    let mut deep = 0_u32;
    let mut words = text.split(' ');
    let is_sum = words.any(|word| {
        let here = deep == 0 && matches!(word, "+" | "-" | "if");
        deep += word.matches(['(', '[', '{']).count() as u32;
        deep = deep.saturating_sub(word.matches([')', ']', '}']).count() as u32);
        here
    });
    if is_sum { format!("({text})") } else { text.into() }
}
