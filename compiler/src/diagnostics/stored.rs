//! The words for failures, stored documents and holds.

use super::codes::Code;
use super::words::did_you_mean;
use super::{Diagnostic, Problem};
use crate::prove::holds::{Fault, Finding};
use crate::typed::last_word;
use bp_bytecode::op::Side;

impl Problem {
    pub(super) fn tell_stored(&self) -> Option<Diagnostic> {
        Some(match self {
            Problem::UndeclaredFailure { place, name, of, similar } => {
                let of = last_word(of);
                let d = Diagnostic::new(
                    Code::UndeclaredFailure,
                    *place,
                    format!("`{of}` does not declare the failure `{name}`"),
                )
                .here("not declared");
                did_you_mean(d, similar.as_ref(), Some(*place)).note(format!("declare it: `{of}(…) fails {name}(…)`"))
            }
            Problem::UnhandledFailure { place, action, failures, of, inside } => {
                let of = last_word(of);
                let listed: Vec<String> = failures.iter().map(|name| format!("`{name}`")).collect();
                let arms: Vec<String> = failures.iter().map(|name| format!("{name}(…) => …")).collect();
                let d = Diagnostic::new(
                    Code::UnhandledFailure,
                    *place,
                    format!("`{action}` may fail with {}, which nothing handles", listed.join(", ")),
                )
                .here("may fail");
                let declare =
                    format!("declare it, with the same parts: `{inside} {of}(…) fails {}`", failures.join(", "));
                let d = match action.as_str() {
                    "post" => d.note("or let it go to the first open day: `on … else first_open`"),
                    _ => d,
                };
                match *inside {
                    "process" => {
                        d.note(format!("handle it: `step … {{ … }} else {{ {} }}`", arms.join(", "))).note(declare)
                    }
                    _ => d.note(declare),
                }
            }
            Problem::NothingFails { place } => {
                Diagnostic::new(Code::Placement, *place, "nothing in this step fails").here("never used")
            }
            Problem::AddedField { place, name } => {
                Diagnostic::new(Code::Entity, *place, format!("the documents that are there already have no `{name}`"))
                    .here("without a value for them")
                    .note(format!("give it a default, `{name}: … = …`, or make it optional, `{name}: …?`"))
            }
            Problem::NotAKey { place, found } => {
                Diagnostic::new(Code::Entity, *place, "the store cannot look for values of this type")
                    .here(format!("this is {found}"))
                    .note("a key, an index and an order take texts, numbers, dates, enums and other documents")
            }
            Problem::NumberedBy { place } => {
                Diagnostic::new(Code::Entity, *place, "a series begins anew by `year` or by `month`").here("not this")
            }
            Problem::NoKey { place, entity } => {
                let entity = last_word(entity);
                Diagnostic::new(Code::Entity, *place, format!("`{entity}` has no key to get it by"))
                    .here("nothing names it")
                    .note("declare one: `entity … key code { … }`, or look for it with `find`")
            }
            Problem::NoStates { place, entity } => {
                let entity = last_word(entity);
                Diagnostic::new(Code::Transition, *place, format!("`{entity}` has no life cycle"))
                    .here("no state")
                    .note("declare one in it: `states draft -> open -> paid`")
            }
            Problem::NotSettable { place, name, why } => {
                Diagnostic::new(Code::DocumentField, *place, format!("`{name}` cannot be set")).here(*why)
            }
            Problem::NoTransition { place, entity, from: None, to } => {
                let entity = last_word(entity);
                Diagnostic::new(Code::Transition, *place, format!("no state of `{entity}` is followed by `{to}`"))
                    .here("never reached")
                    .note(format!("its life cycle would have to say so: `states … -> {to}`"))
            }
            Problem::NoTransition { place, entity, from: Some(from), to } => {
                let entity = last_word(entity);
                Diagnostic::new(Code::Transition, *place, format!("a `{entity}` that is `{from}` cannot become `{to}`"))
                    .here(format!("here it is `{from}`"))
                    .note(format!("its life cycle would have to say so: `states {from} -> {to}`"))
            }
            Problem::Worth { place, account, lots: true, side: Side::Debit } => {
                let account = last_word(account);
                let message = format!("what comes into `{account}` makes a lot, which has a cost");
                Diagnostic::new(Code::Lots, *place, message)
                    .here("worth nothing that is said")
                    .note(format!("say it behind the amount: `debit {account}[…] amount worth cost`"))
            }
            Problem::Worth { place, account, lots: true, .. } => {
                let account = last_word(account);
                Diagnostic::new(Code::Lots, *place, format!("what goes out of `{account}` is worth what its lots are"))
                    .here("not said here")
                    .note("`take … oldest first` gives the cost of each")
            }
            Problem::Worth { place, account, lots: false, .. } => {
                let account = last_word(account);
                Diagnostic::new(Code::Lots, *place, format!("`{account}` keeps no lots, so nothing in it has a cost"))
                    .here("without lots")
                    .note("add the word `lots` behind the account in its chart")
            }
            Problem::NoLots { place, account } => {
                let account = last_word(account);
                Diagnostic::new(Code::Lots, *place, format!("`{account}` keeps no lots to take from"))
                    .here("without lots")
                    .note("add the word `lots` behind the account in its chart, or use `move`")
            }
            Problem::NoLimit { place, account } => {
                let account = last_word(account);
                Diagnostic::new(Code::NoLimit, *place, format!("`{account}` has no limit, so nothing of it is held"))
                    .here("without a limit")
                    .note("declare one in its chart: `up to …`, `never below …`")
            }
            Problem::Group { place, name, of: None } => Diagnostic::new(
                Code::Group,
                *place,
                format!("the account's first dimension is no entity that is called `{name}`"),
            )
            .here("not its first dimension")
            .note("groups begin with the first dimension: `by CostCentre grouped as cost_centre < department`"),
            Problem::Group { place, name, of: Some(of) } => {
                Diagnostic::new(Code::Group, *place, format!("`{of}` has no field `{name}` that refers to a document"))
                    .here("leads nowhere")
                    .note(format!("each group is a field of the one before, and always there: `{name}: Department`"))
            }
            Problem::SettleValue { place } => {
                Diagnostic::new(Code::NoValue, *place, "a whole hold leaves nothing behind")
                    .here("no value")
                    .note("`let rest = commit part of h` gives the rest back as a hold")
            }
            _ => return None,
        })
    }
}

pub(super) fn tell_hold(finding: &Finding) -> Diagnostic {
    let what = match finding.name.as_str() {
        "" => "the hold".to_owned(),
        name => format!("the hold `{name}`"),
    };
    let way_out = "`commit` or `release` it on every way that ends well, or give it on";
    match finding.fault {
        Fault::Open { left } => {
            let d = Diagnostic::new(Code::HoldOpen, finding.place, format!("{what} is never settled"));
            d.here("held from here on").label(left, "still open where this ends").note(way_out)
        }
        Fault::OneWay { settled } => {
            let message = format!("{what} is settled on one way through this and open on another");
            let d = Diagnostic::new(Code::HoldOpen, finding.place, message);
            d.here("both ways come together behind this").label(settled, "settled here").note(way_out)
        }
        Fault::Forgotten => {
            let d = Diagnostic::new(Code::HoldOpen, finding.place, format!("nothing takes {what}"));
            d.here("forgotten").note("give it a name: `let h = …`").note(way_out)
        }
        Fault::Twice { before } => {
            let d = Diagnostic::new(Code::HoldTwice, finding.place, format!("{what} is gone already"));
            d.here("a second time").label(before, "it went on here").note("a hold is settled or given on exactly once")
        }
        Fault::InLoop { taken } => {
            let d = Diagnostic::new(Code::HoldTwice, finding.place, format!("{what} would be settled in every round"));
            d.here("in a loop").label(taken, "held from before the loop on")
        }
        Fault::InScope { taken } => {
            let message = format!("{what} would be settled or not, where this is ended before");
            let d = Diagnostic::new(Code::HoldOpen, finding.place, message);
            d.here("in a stretch that may be ended at any moment").label(taken, "held from before it on")
        }
    }
}
