//! What a list of patterns leaves out, by the classic matrix algorithm (L. Maranget, "Warnings for pattern
//! matching", 2007): a column's constructors are tried one by one, or all at once where only wildcards are left.

use super::Checker;
use crate::typed::*;
use crate::types::*;
use std::slice::from_ref;

/// How many examples of missing cases are found at most.
const EXAMPLES_MAX: usize = 5;

/// What the first column of a row asks for.
#[derive(Clone, PartialEq)]
enum Head {
    None,
    Some,
    Case(EnumId, u16),
    Constant(Constant),
    Currency(Currency),
}

/// Examples of values that no pattern fits, as they would be written; none if the patterns are exhaustive.
pub(super) fn missing(checker: &Checker, ty: &Type, patterns: &[&TPattern]) -> Vec<String> {
    let rows: Vec<Vec<TPattern>> = patterns.iter().map(|p| vec![(*p).clone()]).collect();
    let mut found = Vec::new();
    search(checker, from_ref(ty), &rows, &mut found);
    found.into_iter().filter_map(|mut row| row.pop()).collect()
}

/// Rows of examples, one text for each column.
fn search(checker: &Checker, types: &[Type], rows: &[Vec<TPattern>], found: &mut Vec<Vec<String>>) {
    let Some((ty, rest)) = types.split_first() else {
        if rows.is_empty() {
            found.push(Vec::new());
        }
        return;
    };
    let ty = checker.base(ty);
    let heads: Vec<Head> = {
        let mut heads = Vec::new();
        for head in rows.iter().filter_map(|r| head(&r[0])) {
            if !heads.contains(&head) {
                heads.push(head);
            }
        }
        heads
    };
    let whole = all_heads(checker, &ty);
    let complete = whole.as_ref().is_some_and(|all| all.iter().all(|h| heads.contains(h)));
    if complete || (!heads.is_empty() && whole.is_some()) {
        for head in whole.unwrap_or_default() {
            let parts = part_types(checker, &ty, &head);
            let mut inner = parts.clone();
            inner.extend_from_slice(rest);
            let narrowed: Vec<Vec<TPattern>> = rows.iter().filter_map(|r| specialise(r, &head, &parts)).collect();
            let mut examples = Vec::new();
            search(checker, &inner, &narrowed, &mut examples);
            for example in examples {
                let (parts, behind) = example.split_at(parts.len());
                let mut row = vec![write(checker, &ty, &head, parts)];
                row.extend_from_slice(behind);
                found.push(row);
                if found.len() >= EXAMPLES_MAX {
                    return;
                }
            }
        }
        return;
    }
    // An open domain, or a column of wildcards: a value that no head names.
    for head in &heads {
        let parts = part_types(checker, &ty, head);
        let mut inner = parts.clone();
        inner.extend_from_slice(rest);
        let narrowed: Vec<Vec<TPattern>> = rows.iter().filter_map(|r| specialise(r, head, &parts)).collect();
        let mut examples = Vec::new();
        search(checker, &inner, &narrowed, &mut examples);
        for example in examples {
            let (parts, behind) = example.split_at(parts.len());
            let mut row = vec![write(checker, &ty, head, parts)];
            row.extend_from_slice(behind);
            found.push(row);
        }
    }
    let defaults: Vec<Vec<TPattern>> = rows.iter().filter(|r| head(&r[0]).is_none()).map(|r| r[1..].to_vec()).collect();
    let mut examples = Vec::new();
    search(checker, rest, &defaults, &mut examples);
    for example in examples {
        let mut row = vec!["_".to_owned()];
        row.extend(example);
        found.push(row);
    }
    found.truncate(EXAMPLES_MAX);
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
