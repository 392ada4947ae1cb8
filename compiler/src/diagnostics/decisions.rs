//! The words about decision tables.

use super::{Code, Diagnostic};
use crate::prove::decisions::{By, Example, Finding, Question, What, Why};
use crate::typed::last_word;

pub(super) fn tell(finding: &Finding) -> Diagnostic {
    let Finding { place, what, .. } = finding;
    let decision = last_word(&finding.decision);
    match what {
        What::Gap { example, text } => {
            let d = Diagnostic::new(Code::DecisionGap, *place, format!("`{decision}` has a gap"))
                .here("no row fits every input")
                .note(format!("no row fits {}", shown(example)));
            match text {
                Some(text) => d.note(format!("`{text}` can be any text: add a `default` row")),
                None => d.note("add a row for it, or a `default` row"),
            }
        }
        What::Overlap { rows, example, differ } => {
            let (code, first, second) = (Code::DecisionOverlap, rows.0, rows.1);
            let message = match differ {
                true => format!("two rows of `{decision}` fit one input and give different results"),
                false => format!("two rows of `{decision}` fit one input"),
            };
            let d = Diagnostic::new(code, second, message)
                .here("this row")
                .label(first, "and this row")
                .label(*place, "in this decision")
                .note(format!("both fit {}", shown(example)));
            match differ {
                true => d.note("under `any`, rows that fit one input give the same"),
                false => d.note("narrow one of them, or let the first that fits win: `first`"),
            }
        }
        What::Unreached { row, by } => {
            let d =
                Diagnostic::new(Code::DecisionUnreachable, *row, format!("nothing reaches this row of `{decision}`"));
            match by {
                By::Itself => d.here("fits no input").label(*place, "in this decision"),
                By::Row(other) => d.here("never the row that counts").label(*other, "this row takes all that it fits"),
                By::Rows => d
                    .here("never the row that counts")
                    .label(*place, "in this decision")
                    .note("other rows together take all that it fits"),
            }
        }
        What::IdleDefault { row } => {
            Diagnostic::new(Code::DecisionUnreachable, *row, format!("nothing reaches the `default` of `{decision}`"))
                .here("the rows fit every input already")
        }
        What::Undecided { question, why } => undecided(finding, question, why),
    }
}

fn undecided(finding: &Finding, question: &Question, why: &Why) -> Diagnostic {
    let Finding { place, .. } = finding;
    let decision = last_word(&finding.decision);
    let (message, mend) = match question {
        Question::Complete => (
            format!("`{decision}` could not be shown to be complete"),
            "add a `default` row: it stands for every input that no row fits",
        ),
        Question::Overlap(..) | Question::Overlaps => (
            format!("the rows of `{decision}` could not be shown not to overlap"),
            "let the first row that fits win: `first`",
        ),
    };
    let mut d = Diagnostic::new(Code::DecisionUndecided, *place, message).here("not decided");
    if let Question::Overlap(first, second) = question {
        d = d.label(*second, "this row").label(*first, "and this row");
    }
    match why {
        Why::Budget => d.note("the table takes more steps to decide than the compiler's budget has"),
        Why::Row(row) => d.label(*row, "the cells of this row come to too many cases"),
        Why::Example(example) => {
            for (at, value) in &example.taken {
                d = d.label(
                    *at,
                    match value.as_str() {
                        "" => "not looked into".to_owned(),
                        value => format!("not looked into; taken to be {value}"),
                    },
                );
            }
            let (fits, none) = match question {
                Question::Complete => ("perhaps no row fits", "no input without a row was found by trying"),
                _ => ("perhaps both fit", "no input that both fit was found by trying"),
            };
            match example.inputs.is_empty() {
                true => d.note(none),
                false => d.note(format!("{fits} {}", shown(example))),
            }
        }
    }
    .note(mend)
}

/// `category = A, gross = 0 IDR`
fn shown(example: &Example) -> String {
    if example.inputs.is_empty() {
        return "any input".to_owned();
    }
    let inputs: Vec<String> = example.inputs.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    format!("`{}`", inputs.join(", "))
}
