//! What is personal in whole values, by their types.

use super::{Label, Source};
use crate::typed::*;
use crate::types::*;
use std::collections::HashSet;

/// The mark of a field's value, if it has one.
pub(super) fn marked(of: &str, field: &Field) -> Label {
    let mut label = Label::default();
    if field.personal {
        let name = if of.is_empty() { field.name.clone() } else { format!("{of}.{}", field.name).into() };
        label.sources.insert(Source { name, place: field.place });
    }
    label
}

/// All marks of what a value of a type may hold: of its fields, of the parts of its cases, of its elements, and so on
/// inwards. A reference to a document holds nothing of what stands in it.
pub(super) fn in_values_of(checked: &Checked, ty: &Type) -> Label {
    let mut all = Label::default();
    let (mut open, mut seen) = (vec![ty.clone()], HashSet::new());
    while let Some(ty) = open.pop() {
        if !seen.insert(ty.clone()) {
            continue;
        }
        let mut take = |of: &str, fields: &[Field]| {
            for field in fields {
                all.add(&marked(of, field));
                open.push(field.ty.clone());
            }
        };
        match checked.base(&ty) {
            Type::Record(id) => {
                let record = &checked.records[id.index()];
                take(&record.name, &record.fields);
            }
            Type::Enum(id) => {
                for case in &checked.enums[id.index()].cases {
                    take(&case.name, &case.fields);
                }
            }
            Type::List(of) | Type::Option(of) => open.push((**of).clone()),
            Type::Map(key, value) => open.extend([(**key).clone(), (**value).clone()]),
            _ => {}
        }
    }
    all
}
