//! The words about processes that cannot end, or go round by themselves.

use super::{Code, Diagnostic};
use crate::prove::ends::{Fault, Finding};
use crate::typed::last_word;

pub(super) fn tell(finding: &Finding) -> Diagnostic {
    let (process, place) = (last_word(&finding.process), finding.place);
    match &finding.fault {
        Fault::NoEnd => Diagnostic::new(Code::NoEnd, place, format!("`{process}` does not end from here"))
            .here("no way leads on to an end")
            .note("every condition may turn out either way; what is written as `true` may not")
            .note("let a condition, a `break`, a `return` or a `go` lead out, or end it from outside by a `scope`"),
        Fault::Unwaited => Diagnostic::new(Code::Unwaited, place, format!("`{process}` goes round here without a wait"))
            .here("round and round")
            .note("each round begins a step, a branch or an instance, and nothing bounds how many there are")
            .note("wait for something in each round, go through a list or a range with `for`, or count: `while n < 10 { … n = n + 1 }`"),
        Fault::Endless(starts) => {
            let names = [process].into_iter().chain(starts.iter().map(|start| last_word(&start.process)));
            let circle = names.collect::<Vec<_>>().join(" → ");
            let message = format!("`{process}` starts itself over and over, without a wait");
            let mut told = Diagnostic::new(Code::Unwaited, place, message).here("begins at once");
            for start in starts.iter().skip(1) {
                told = told.label(start.place, "and this at once");
            }
            told.note(format!("the circle: {circle}"))
                .note("wait for something before it, or hand on a number that counts towards a bound of its `where`")
        }
        Fault::Unsent(message) => {
            let message = last_word(message);
            let what = format!("`{process}` waits for `{message}`, which nothing sends");
            Diagnostic::new(Code::Unsent, place, what)
                .here("waits for ever")
                .note(format!("`{message}` is `internal`: nothing outside can send it"))
                .note(format!("let a process `send message {message}(…)`, or take `internal` away"))
        }
        Fault::Deadlock(circle) => {
            let waits = circle.iter().map(|wait| last_word(&wait.message)).collect::<Vec<_>>().join(" → ");
            let what = match circle.as_slice() {
                [wait] => format!("`{}` is sent only behind a wait for it", last_word(&wait.message)),
                _ => "processes wait for each other's messages".to_owned(),
            };
            let mut told = Diagnostic::new(Code::Deadlock, place, what).here("waits for ever");
            for (at, wait) in circle.iter().enumerate() {
                if at > 0 {
                    told = told.label(wait.place, format!("waits for `{}`", last_word(&wait.message)));
                }
                told = told.label(wait.sent, format!("only here `{}` is sent", last_word(&wait.message)));
            }
            told.note(format!("each is sent only behind the wait for the next one: {waits}"))
                .note("let one be sent before its wait, give a wait a `within … else`, or take `internal` away")
        }
        Fault::Crossed(orders) => {
            let first = &orders[0];
            let same = orders.len() == 1;
            let message = match same {
                true => format!("two keys of `{}` are held at once", first.taken.kind),
                false => format!("keys of `{}` and `{}` are taken in two orders", first.held.kind, first.taken.kind),
            };
            let mut told = Diagnostic::new(Code::Crossed, place, message)
                .here(format!("`{}` is taken", first.taken.kind))
                .label(first.held.place, format!("while `{}` is held", first.held.kind));
            for order in &orders[1..] {
                told = told
                    .label(order.taken.place, format!("here `{}` is taken", order.taken.kind))
                    .label(order.held.place, format!("while `{}` is held", order.held.kind));
            }
            told.note("two instances may each hold what the other waits for, for ever").note(match same {
                true => "take one behind the other, or both as one key: `exclusive on a, b`",
                false => "take them in the same order everywhere",
            })
        }
    }
}
