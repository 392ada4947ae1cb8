//! What is written into shapes.

use crate::Source;
use bp_grammar::ast::*;
use std::collections::{HashMap, HashSet};

/// A name as people say it: `pick_and_pack` is `pick and pack`.
pub fn spoken(name: &str) -> String {
    name.replace('_', " ")
}

/// Text with each run of blanks and line ends as one blank.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The last word of a name or dotted name.
pub fn last_name(callee: &Expr) -> Option<String> {
    match &callee.kind {
        ExprKind::Name(name) | ExprKind::Field { name, .. } => Some(name.text.to_string()),
        _ => None,
    }
}

/// A name or dotted name as it is written.
fn dotted(callee: &Expr) -> Option<String> {
    match &callee.kind {
        ExprKind::Name(name) => Some(name.text.to_string()),
        ExprKind::Field { base, name, safe: false } => Some(format!("{}.{}", dotted(base)?, name.text)),
        _ => None,
    }
}

/// Which names of a file are decisions.
pub struct Decisions<'s> {
    all: &'s HashSet<String>,
    /// What a word of the file stands for: `rate` for `terms.rate`, `terms` for `finance.terms`.
    used: HashMap<String, String>,
}

impl<'s> Decisions<'s> {
    pub fn new(source: Source<'s>) -> Decisions<'s> {
        let mut used = HashMap::new();
        for item in &source.file.items {
            let ItemKind::Use(module) = &item.kind else { continue };
            let path = module.path.text();
            match &module.names {
                None => drop(used.insert(module.path.last().text.to_string(), path)),
                Some(names) => {
                    used.extend(names.iter().map(|name| (name.text.to_string(), format!("{path}.{}", name.text))))
                }
            }
        }
        Decisions { all: source.decisions, used }
    }

    /// The decision's own name, if that is what is called.
    pub fn of(&self, callee: &Expr) -> Option<String> {
        let written = dotted(callee)?;
        let (first, rest) = match written.split_once('.') {
            Some((first, rest)) => (first, format!(".{rest}")),
            None => (written.as_str(), String::new()),
        };
        let full = self.used.get(first).map(|whole| format!("{whole}{rest}"));
        let known = self.all.contains(&written) || full.is_some_and(|full| self.all.contains(&full));
        if known { last_name(callee) } else { None }
    }
}
