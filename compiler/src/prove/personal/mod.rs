//! Personal data stay where they may be.
//!
//! # What is shown
//!
//! A field marked `personal` is about a person, who may ask for it to be forgotten. Books, keys and logs outlast that. So
//! what such a field holds, and what is computed of it, goes only into fields that are marked too. It is refused
//! (`BP0416`) in a field, a payload or a parameter of a process that is not marked, in the text of an entry, in a dimension
//! of an account and in the key of a process. Amounts of entries are meant to outlast the person, and may come from
//! anywhere.
//!
//! # How
//!
//! Every value has a [label](Label): the marked fields that it comes from, and the parameters of its function. Copying,
//! taking apart, computing and writing as text keep the label. A record that has a name has none of its own: its fields do,
//! and where the whole record is written as text, so have all of them.
//! A condition has none, nor has what is chosen by it: that somebody's wage is above a limit is not the wage. Variables
//! have the labels of everything that they are ever assigned. Every function is gone through once, those that it calls
//! before it; what it does with its parameters is told to its callers ([`Summary`]).
//!
//! # Limits
//!
//! Elements of a list have one label, that of the list. A choice between constants can tell everything about a value, and
//! is not seen.

mod code;
mod held;

use crate::source::Place;
use crate::typed::walk;
use crate::typed::*;
use crate::types::*;
use code::Code;
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

/// Something personal in a place that may not carry it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// What is put there, or given to the function that does.
    pub place: Place,
    pub source: Source,
    pub sink: Sink,
    /// Where it is put in the end, if that is elsewhere.
    pub through: Option<Place>,
}

/// A field or parameter that is marked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source {
    /// `Customer.name`
    pub name: SmolStr,
    pub place: Place,
}

/// What may not carry it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sink {
    /// A field that is not marked: `Label.text`, where it is declared.
    Field(SmolStr, Place),
    EntryText,
    /// Of that account.
    Dimension(SmolStr),
    /// Of that process.
    Key(SmolStr),
    /// What that process gives.
    Result(SmolStr),
}

/// Where a value comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Label {
    sources: BTreeSet<Source>,
    /// Parameters of the function, by number.
    parameters: BTreeSet<u32>,
}

impl Label {
    fn add(&mut self, other: &Label) {
        self.sources.extend(other.sources.iter().cloned());
        self.parameters.extend(&other.parameters);
    }

    fn is_empty(&self) -> bool {
        self.sources.is_empty() && self.parameters.is_empty()
    }
}

/// What a function does with what it is given.
#[derive(Debug, Clone, Default)]
struct Summary {
    result: Label,
    /// What each parameter is put into, and where.
    sinks: BTreeMap<u32, BTreeSet<(Sink, Place)>>,
}

/// Everything personal that is where it may not be, in the order of places.
pub fn prove(checked: &Checked) -> Vec<Finding> {
    let mut summaries: Vec<Summary> = vec![Summary::default(); checked.functions.len()];
    let mut findings = BTreeSet::new();
    if !has_personal(checked) {
        return Vec::new();
    }
    let mut given: BTreeMap<FnId, &[Field]> = BTreeMap::new();
    let mut keys: BTreeMap<FnId, &Process> = BTreeMap::new();
    for process in &checked.processes {
        given.insert(process.func, &process.params);
        if let Some(key) = process.key {
            given.insert(key, &process.params);
            keys.insert(key, process);
        }
    }
    for id in walk::callees_first(checked) {
        let mut code = Code::new(checked, &summaries, id, &mut findings);
        for (number, field) in given.get(&id).copied().unwrap_or_default().iter().enumerate() {
            if field.personal {
                code.mark(LocalId(number as u32), Source { name: field.name.clone(), place: field.place });
            }
        }
        if let Some(process) = keys.get(&id) {
            code.gives_key(process.name.clone());
        }
        summaries[id.index()] = code.run();
    }
    findings.into_iter().collect()
}

fn has_personal(checked: &Checked) -> bool {
    let records = checked.records.iter().flat_map(|record| &record.fields);
    let cases = checked.enums.iter().flat_map(|e| &e.cases).flat_map(|case| &case.fields);
    let params = checked.processes.iter().flat_map(|process| &process.params);
    records.chain(cases).chain(params).any(|field| field.personal)
}
