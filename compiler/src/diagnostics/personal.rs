//! The words about personal data.

use super::{Code, Diagnostic};
use crate::prove::personal::{Finding, Sink};
use crate::typed::last_word;

pub(super) fn tell(finding: &Finding) -> Diagnostic {
    let name = &finding.source.name;
    let (message, mend) = match &finding.sink {
        Sink::Field(field, _) => (
            format!("`{name}` is personal, `{field}` may not carry it"),
            format!("mark `{field}` as `personal` too, or leave it out"),
        ),
        Sink::EntryText => (
            format!("`{name}` is personal, the text of an entry may not carry it"),
            "books outlast what people ask to be forgotten: name the document or its number".into(),
        ),
        Sink::Dimension(account) => (
            format!("`{name}` is personal, a dimension of `{}` may not carry it", last_word(account)),
            "books outlast what people ask to be forgotten: use a number of your own".into(),
        ),
        Sink::Result(process) => (
            format!("`{name}` is personal, the result of `{}` may not carry it", last_word(process)),
            "give a record with a field that is marked `personal`, or leave it out".into(),
        ),
        Sink::Key(process) => (
            format!("`{name}` is personal, the key of `{}` may not carry it", last_word(process)),
            "keys are kept and logged: use a number of your own".into(),
        ),
    };
    let mut d = Diagnostic::new(Code::Personal, finding.place, message).here("made of it");
    if let Some(through) = finding.through {
        d = d.label(through, "it gets in here");
    }
    if let Sink::Field(_, declared) = &finding.sink {
        d = d.label(*declared, "not marked");
    }
    d.label(finding.source.place, "marked here").note(mend)
}
