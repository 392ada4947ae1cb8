//! Cells of decision tables that read as patterns: cases with parts, `some(…)`, `none`.

use super::type_expr::starts_upper;
use bp_grammar::ast::{self, Expr, ExprKind, Ident};

/// A part of a pattern, which may be a name.
fn as_part(e: &Expr) -> Option<ast::Pattern> {
    match &e.kind {
        ExprKind::Name(name) if name.text != "_" && !starts_upper(&name.text) => {
            Some(ast::Pattern { span: e.span, kind: ast::PatternKind::Bind(name.clone()) })
        }
        _ => as_pattern(e),
    }
}

/// The first part of a pattern that is given a name.
pub(super) fn named_part(pattern: &ast::Pattern) -> Option<&Ident> {
    match &pattern.kind {
        ast::PatternKind::Bind(name) => Some(name),
        ast::PatternKind::Some(inner) => named_part(inner),
        ast::PatternKind::Case { args: Some(args), .. } => args.iter().find_map(|arg| named_part(&arg.pattern)),
        _ => None,
    }
}

/// An expression that reads as a pattern too.
pub(super) fn as_pattern(e: &Expr) -> Option<ast::Pattern> {
    let kind = match &e.kind {
        ExprKind::None => ast::PatternKind::None,
        ExprKind::Name(name) if name.text == "_" => ast::PatternKind::Wildcard,
        ExprKind::Name(name) if starts_upper(&name.text) => {
            ast::PatternKind::Case { path: ast::Path { words: vec![name.clone()], span: name.span }, args: None }
        }
        ExprKind::Call { callee, args } if args.generator.is_none() => {
            let ExprKind::Name(name) = &callee.kind else { return None };
            let parts = args
                .list
                .iter()
                .map(|a| Some(ast::PatternArg { name: a.name.clone(), pattern: as_part(&a.value)? }))
                .collect::<Option<Vec<_>>>()?;
            if name.text == "some" {
                let [part] = parts.as_slice() else { return None };
                ast::PatternKind::Some(Box::new(part.pattern.clone()))
            } else {
                ast::PatternKind::Case {
                    path: ast::Path { words: vec![name.clone()], span: name.span },
                    args: Some(parts),
                }
            }
        }
        ExprKind::Number(_)
        | ExprKind::Date(_)
        | ExprKind::Month(_)
        | ExprKind::Time(_)
        | ExprKind::Bool(_)
        | ExprKind::Text(_) => ast::PatternKind::Literal(Box::new(e.clone())),
        _ => return None,
    };
    Some(ast::Pattern { span: e.span, kind })
}
