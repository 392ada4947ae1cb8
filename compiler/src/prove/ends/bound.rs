//! What bounds how often something is done again: a number that moves by a fixed amount towards a bound.

use crate::typed::walk::{self, Piece, parts};
use crate::typed::*;
use crate::types::*;
use bp_bytecode::op::Cmp;

/// Which way a number goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Up,
    Down,
}

/// Whether a loop counts: its condition bounds a variable, which its body moves towards the bound in every round.
pub(super) fn counts(condition: &TExpr, body: &TBlock) -> bool {
    let assigned = walk::of_block(body).assigned;
    let stays = |e: &TExpr| walk::of_expr(e).locals.is_disjoint(&assigned) && is_plain(e);
    bounds(condition, &stays).into_iter().any(|(local, way)| {
        let moves =
            |stmt: &TStmt| matches!(&stmt.kind, S::Assign(to, e) if *to == local && moved(e, local) == Some(way));
        body.stmts.iter().any(moves) && !strays(body, local, way)
    })
}

/// The locals that a condition bounds, each towards what stays as it is.
pub(super) fn bounds(condition: &TExpr, stays: &impl Fn(&TExpr) -> bool) -> Vec<(LocalId, Way)> {
    match &condition.kind {
        T::And(a, b) => {
            let mut found = bounds(a, stays);
            found.extend(bounds(b, stays));
            found
        }
        T::Checked(e, _) => bounds(e, stays),
        T::Compare(how, a, b) | T::CompareAmount(how, a, b) => {
            let (up, down) = match how {
                Cmp::Lt | Cmp::Le => (a, b),
                Cmp::Gt | Cmp::Ge => (b, a),
                Cmp::Eq | Cmp::Ne => return Vec::new(),
            };
            let mut found = Vec::new();
            // `up < down`: the left one may not go up for ever, the right one not down.
            if stays(down) {
                found.extend(local(up).map(|local| (local, Way::Up)));
            }
            if stays(up) {
                found.extend(local(down).map(|local| (local, Way::Down)));
            }
            found
        }
        _ => Vec::new(),
    }
}

/// How a value differs from a local: by an amount that is written out and not 0.
pub(super) fn moved(e: &TExpr, local_: LocalId) -> Option<Way> {
    match &e.kind {
        T::Checked(e, _) => moved(e, local_),
        T::Add(a, b) if local(a) == Some(local_) => sign(b),
        T::Add(a, b) if local(b) == Some(local_) => sign(a),
        T::Sub(a, b) if local(a) == Some(local_) => match sign(b)? {
            Way::Up => Some(Way::Down),
            Way::Down => Some(Way::Up),
        },
        _ => None,
    }
}

/// Only numbers that are computed from locals and constants: nothing that somebody else changes.
fn is_plain(e: &TExpr) -> bool {
    let does = walk::of_expr(e);
    !does.books && !does.step && does.calls.is_empty()
}

fn local(e: &TExpr) -> Option<LocalId> {
    match &e.kind {
        T::Local(local) => Some(*local),
        T::ScaleUp(e, _) | T::Checked(e, _) => local(e),
        _ => None,
    }
}

fn sign(e: &TExpr) -> Option<Way> {
    match &e.kind {
        T::Constant(Constant::Number(n)) if *n > 0 => Some(Way::Up),
        T::Constant(Constant::Number(n)) if *n < 0 => Some(Way::Down),
        T::ScaleUp(e, _) | T::Checked(e, _) => sign(e),
        _ => None,
    }
}

/// Whether a local is assigned something else somewhere than what moves it that way.
fn strays(block: &TBlock, local: LocalId, way: Way) -> bool {
    let mut todo = vec![Piece::Block(block)];
    while let Some(piece) = todo.pop() {
        match piece {
            Piece::Block(block) => {
                let assigns = |stmt: &TStmt| matches!(&stmt.kind, S::Assign(to, e) if *to == local && moved(e, local) != Some(way));
                if block.stmts.iter().any(assigns) {
                    return true;
                }
                block.stmts.iter().for_each(|stmt| todo.extend(walk::parts_of(stmt)));
                todo.extend(block.value.as_deref().map(Piece::Expr));
            }
            Piece::Expr(e) => todo.extend(parts(e)),
            Piece::Postings(_) => {}
        }
    }
    false
}
