//! What follows one another, from left to right, and in rows below each other where that is too long.

use super::piece::{Exit, Piece};
use super::*;
use crate::flow::Frame;

/// Left of a row that goes on.
const INDENT: i32 = 20;
/// From the last part of a row to the line that leads on.
const TURN: i32 = 14;

/// What is narrower does not stand in the last row by itself.
const ALONE_LEAST: i32 = 140;

/// Lays out parts one behind the other; `None` if nothing stands in them.
pub fn row(flows: &[Flow], room: i32, alive: bool) -> Option<Piece> {
    let mut alive = alive;
    let mut parts: Vec<Part> = Vec::new();
    for flow in flows {
        // What stands behind a loop that nothing leaves is never come to.
        if !alive && !is_reached_by_jumps(flow) {
            continue;
        }
        if let Some(piece) = lay(flow, room, alive) {
            alive = piece.exit.is_some();
            // The first stage may stand behind the start.
            let stage = matches!(flow, Flow::Frame(framed) if framed.frame == Frame::Stage);
            let first =
                parts.iter().all(|part| matches!(part.piece.shapes.as_slice(), [only] if !only.kind.is_activity()));
            parts.push(Part { piece, begins_row: stage && !first });
        }
    }
    let mut rows: Vec<Piece> = Vec::new();
    let mut parts = parts.into_iter().peekable();
    while let Some(first) = parts.next() {
        let mut group = vec![first.piece];
        while let Some(part) = parts.next_if(|part| !part.begins_row) {
            group.push(part.piece);
        }
        rows.extend(broken(group, room).into_iter().map(side_by_side));
    }
    match rows.len() {
        0 => None,
        1 => rows.pop(),
        _ => Some(stacked(rows)),
    }
}

/// A stage, or the place behind a loop that is left in its middle.
fn is_reached_by_jumps(flow: &Flow) -> bool {
    match flow {
        Flow::Landing { .. } => true,
        Flow::Frame(framed) => framed.frame == Frame::Stage,
        _ => false,
    }
}

struct Part {
    piece: Piece,
    begins_row: bool,
}

/// Parts into as few rows as they need, of about the same length.
fn broken(pieces: Vec<Piece>, room: i32) -> Vec<Vec<Piece>> {
    let widths: Vec<i32> = pieces.iter().map(|piece| piece.width).collect();
    let count = rows_of(&widths, room).len();
    let most = (1..=room).step_by(20).find(|most| rows_of(&widths, *most).len() <= count).unwrap_or(room);
    let mut pieces = pieces.into_iter();
    rows_of(&widths, most).into_iter().map(|length| pieces.by_ref().take(length).collect()).collect()
}

/// How many parts stand in each row, if none is longer than that; one part always fits.
fn rows_of(widths: &[i32], most: i32) -> Vec<usize> {
    let mut rows = Vec::new();
    let (mut length, mut reached) = (0, 0);
    for (at, width) in widths.iter().enumerate() {
        let longer = if length == 0 { *width } else { reached + GAP + width };
        // An end does not stand in a row by itself.
        let over = if at + 1 == widths.len() && *width <= ALONE_LEAST { GAP + width } else { 0 };
        if length > 0 && longer - over > most {
            rows.push(length);
            (length, reached) = (1, *width);
        } else {
            (length, reached) = (length + 1, longer);
        }
    }
    if length > 0 {
        rows.push(length);
    }
    rows
}

fn side_by_side(pieces: Vec<Piece>) -> Piece {
    let mut whole = Piece::default();
    let mut before: Option<Exit> = None;
    for (at, piece) in pieces.into_iter().enumerate() {
        let x = if at == 0 { 0 } else { whole.width + GAP };
        let ports = whole.absorb(piece, x, 0);
        match (before.take(), ports.entry) {
            (Some(exit), Some(entry)) => whole.connect(exit, &[], entry),
            _ if at == 0 => whole.entry = ports.entry,
            _ => {}
        }
        before = ports.exit;
    }
    whole.exit = before;
    whole
}

/// Rows below each other; a line leads from the end of each to the beginning of the next.
fn stacked(rows: Vec<Piece>) -> Piece {
    let mut whole = Piece::default();
    let mut before: Option<Exit> = None;
    let mut reached = 0;
    for (at, row) in rows.into_iter().enumerate() {
        let channel = whole.down + TURN;
        let (x, y) = if at == 0 { (0, 0) } else { (INDENT, channel + TURN + row.up) };
        let width = row.width;
        let ports = whole.absorb(row, x, y);
        match (before.take(), ports.entry) {
            (Some(mut exit), Some(entry)) => {
                // What has come up from below its row goes down again at once.
                if let [.., below, last] = exit.path.as_slice()
                    && below.x == last.x
                    && below.y > last.y
                {
                    exit.path.pop();
                }
                let end = exit.path.last().copied().unwrap_or(entry.at);
                let right = end.x.max(reached) + TURN;
                let bends = [
                    Point { x: right, y: end.y },
                    Point { x: right, y: channel },
                    Point { x: 4, y: channel },
                    Point { x: 4, y },
                ];
                whole.width = whole.width.max(right);
                whole.connect(exit, &bends, entry);
            }
            _ if at == 0 => whole.entry = ports.entry,
            _ => {}
        }
        before = ports.exit;
        reached = x + width;
    }
    // What follows goes on at the height of the first row.
    whole.exit = before.map(|mut exit| {
        let right = whole.width + TURN;
        let y = exit.path.last().map_or(0, |end| end.y);
        exit.path.extend([Point { x: right, y }, Point { x: right, y: 0 }]);
        whole.width = right;
        exit
    });
    whole
}
