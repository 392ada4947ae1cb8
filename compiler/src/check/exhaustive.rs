//! What a list of patterns leaves out, by the classic matrix algorithm (L. Maranget, "Warnings for pattern
//! matching", 2007): a column's constructors are tried one by one, or all at once where only wildcards are left.
//!
//! In the worst case that takes as many steps as there are combinations of the parts, so it has a budget; where that does
//! not do, nothing is claimed.

use super::Checker;
use crate::typed::*;
use crate::types::*;
use std::slice::from_ref;

/// How many examples of missing cases are found at most.
const EXAMPLES_MAX: usize = 5;
/// How many rows one question may look at.
const BUDGET: usize = 20_000;

/// What patterns leave out.
pub(super) enum Left {
    Nothing,
    /// Examples of values that no pattern fits, as they would be written.
    Examples(Vec<String>),
    /// There are too many combinations to tell.
    Unknown,
}

/// What the first column of a row asks for.
#[derive(Clone, PartialEq)]
enum Head {
    None,
    Some,
    Case(EnumId, u16),
    Constant(Constant),
    Currency(Currency),
}

/// Whether the patterns take every value of a type.
pub(super) fn missing(checker: &Checker, ty: &Type, patterns: &[&TPattern]) -> Left {
    let rows: Vec<Vec<TPattern>> = patterns.iter().map(|p| vec![(*p).clone()]).collect();
    let mut search = Search { checker, budget: BUDGET };
    match search.of(from_ref(ty), &rows) {
        None => Left::Unknown,
        Some(found) if found.is_empty() => Left::Nothing,
        Some(found) => Left::Examples(found.into_iter().filter_map(|mut row| row.pop()).collect()),
    }
}

struct Search<'c, 'a> {
    checker: &'c Checker<'a>,
    /// How many rows may still be looked at.
    budget: usize,
}

/// Examples, each with one text for each column.
type Examples = Vec<Vec<String>>;

impl Search<'_, '_> {
    /// What no row fits; `None` if the budget is spent.
    fn of(&mut self, types: &[Type], rows: &[Vec<TPattern>]) -> Option<Examples> {
        self.budget = self.budget.checked_sub(rows.len() + 1)?;
        let Some((ty, rest)) = types.split_first() else {
            return Some(if rows.is_empty() { vec![Vec::new()] } else { Vec::new() });
        };
        // A row that takes everything leaves nothing out, whatever the others are.
        if rows.iter().any(|row| row.iter().all(|pattern| head(pattern).is_none())) {
            return Some(Vec::new());
        }
        let ty = self.checker.base(ty);
        let mut heads: Vec<Head> = Vec::new();
        for head in rows.iter().filter_map(|r| head(&r[0])) {
            if !heads.contains(&head) {
                heads.push(head);
            }
        }
        let mut found = Vec::new();
        let whole = all_heads(self.checker, &ty).filter(|_| !heads.is_empty());
        let is_open = whole.is_none();
        for head in whole.as_ref().unwrap_or(&heads) {
            found.extend(self.beginning_with(head, &ty, rest, rows)?);
            if found.len() >= EXAMPLES_MAX {
                break;
            }
        }
        // An open domain, or a column of wildcards: a value that no head names.
        if is_open && found.len() < EXAMPLES_MAX {
            let defaults: Vec<Vec<TPattern>> =
                rows.iter().filter(|r| head(&r[0]).is_none()).map(|r| r[1..].to_vec()).collect();
            for mut example in self.of(rest, &defaults)? {
                example.insert(0, "_".to_owned());
                found.push(example);
            }
        }
        found.truncate(EXAMPLES_MAX);
        Some(found)
    }

    /// The same of values that begin so.
    fn beginning_with(&mut self, head: &Head, ty: &Type, rest: &[Type], rows: &[Vec<TPattern>]) -> Option<Examples> {
        let parts = part_types(self.checker, ty, head);
        let mut inner = parts.clone();
        inner.extend_from_slice(rest);
        let narrowed: Vec<Vec<TPattern>> = rows.iter().filter_map(|r| specialise(r, head, &parts)).collect();
        let examples = self.of(&inner, &narrowed)?;
        let whole = |example: Vec<String>| {
            let (parts, behind) = example.split_at(parts.len());
            let mut row = vec![write(self.checker, ty, head, parts)];
            row.extend_from_slice(behind);
            row
        };
        Some(examples.into_iter().map(whole).collect())
    }
}

fn head(pattern: &TPattern) -> Option<Head> {
    match &pattern.kind {
        P::Wildcard | P::Bind(_) | P::Invalid => None,
        P::None => Some(Head::None),
        P::Some(_) => Some(Head::Some),
        P::Constant(c) => Some(Head::Constant(c.clone())),
        P::Case(id, index, _) => Some(Head::Case(*id, *index)),
        P::Currency(c, _) => Some(Head::Currency(*c)),
    }
}

/// Every way a value of a type can begin, where they are finitely many.
fn all_heads(checker: &Checker, ty: &Type) -> Option<Vec<Head>> {
    let numbers = |n: usize| (0..n).map(|i| Head::Constant(Constant::Number(i as i128))).collect();
    Some(match ty {
        Type::Bool => numbers(2),
        Type::Option(_) => vec![Head::None, Head::Some],
        Type::Rounding => numbers(bp_bytecode::rounding::Mode::ALL.len()),
        Type::Enum(id) => enum_heads(checker, *id),
        Type::Run(id) => enum_heads(checker, checker.checked.processes[id.index()].outcome),
        _ => return None,
    })
}

fn enum_heads(checker: &Checker, id: EnumId) -> Vec<Head> {
    let e = &checker.checked.enums[id.index()];
    (0..e.cases.len())
        .map(|i| if e.has_payload() { Head::Case(id, i as u16) } else { Head::Constant(Constant::Number(i as i128)) })
        .collect()
}

fn part_types(checker: &Checker, ty: &Type, head: &Head) -> Vec<Type> {
    match (head, ty) {
        (Head::Some, Type::Option(of)) => vec![(**of).clone()],
        (Head::Case(id, index), _) => {
            checker.checked.enums[id.index()].cases[usize::from(*index)].fields.iter().map(|f| f.ty.clone()).collect()
        }
        (Head::Currency(c), _) => vec![Type::Num(Num { unit: Unit::Money(*c), scale: 4 })],
        _ => Vec::new(),
    }
}

/// The row where its first column begins so, its parts in the first columns; `None` if it does not.
fn specialise(row: &[TPattern], wanted: &Head, parts: &[Type]) -> Option<Vec<TPattern>> {
    let first = &row[0];
    let mut columns: Vec<TPattern> = match (&first.kind, head(first)) {
        (_, None) => {
            parts.iter().map(|ty| TPattern { kind: P::Wildcard, ty: ty.clone(), place: first.place }).collect()
        }
        (kind, Some(own)) if own == *wanted => match kind {
            P::Some(inner) | P::Currency(_, inner) => vec![(**inner).clone()],
            P::Case(_, _, inner) => inner.clone(),
            _ => Vec::new(),
        },
        _ => return None,
    };
    columns.extend_from_slice(&row[1..]);
    Some(columns)
}

fn write(checker: &Checker, ty: &Type, head: &Head, parts: &[String]) -> String {
    let with_parts = |name: &str| {
        if parts.is_empty() { name.to_owned() } else { format!("{name}({})", parts.join(", ")) }
    };
    match head {
        Head::None => "none".into(),
        Head::Some => with_parts("some"),
        Head::Case(id, index) => with_parts(&checker.checked.enums[id.index()].cases[usize::from(*index)].name),
        Head::Currency(c) => with_parts(c.code()),
        Head::Constant(Constant::Text(t)) => format!("\"{t}\""),
        Head::Constant(Constant::Number(n)) => {
            let at = usize::try_from(*n).unwrap_or(usize::MAX);
            match ty {
                Type::Bool => {
                    if *n == 1 {
                        "true".into()
                    } else {
                        "false".into()
                    }
                }
                Type::Enum(id) => checker.checked.enums[id.index()]
                    .cases
                    .get(at)
                    .map_or_else(|| n.to_string(), |c| c.name.to_string()),
                Type::Rounding => {
                    bp_bytecode::rounding::Mode::ALL.get(at).map_or_else(|| n.to_string(), |m| m.name().to_owned())
                }
                _ => n.to_string(),
            }
        }
        Head::Constant(_) => "…".into(),
    }
}
