//! Gives every part its place: blocks from left to right, what is beside them below, each block by itself.

mod attached;
mod frame;
mod node;
pub mod picture;
mod piece;
mod row;
mod split;

use crate::flow::{Flow, Kind, Node};
use crate::measure;
use crate::read::Process;
use picture::{Area, Edge, Label, Picture, Point, Shape};
use piece::Piece;

/// Between one part and the next.
const GAP: i32 = 30;
/// Between ways that lie below each other.
const ROW_GAP: i32 = 22;
/// A way that is longer goes on in the next row.
const ROOM: i32 = 1180;
/// No matter how deep it stands, a way has so much room.
const ROOM_LEAST: i32 = 860;
/// Around the whole picture.
const MARGIN: i32 = 24;

const GATEWAY: i32 = 44;
const EVENT: i32 = 32;

pub const TEXT: i32 = 12;
pub const TEXT_LINE: i32 = 15;
pub const SMALL: i32 = 11;
pub const SMALL_LINE: i32 = 13;
pub const TITLE: i32 = 18;
pub const TITLE_LINE: i32 = 26;

/// Lays out a process.
pub fn picture(process: &Process) -> Picture {
    let flows = std::slice::from_ref(&process.flow);
    let piece = row::row(flows, ROOM, true).unwrap_or_default();
    let title = measure::width(&process.name, TITLE);
    let width = piece.width.max(title).max(240);
    // Only what the first sentences say: the rest is in the program.
    let docs: Vec<&str> = process.docs.iter().map(String::as_str).take_while(|line| !line.trim().is_empty()).collect();
    let docs = measure::wrap(&docs.join(" "), TEXT, width, 4);
    let head = TITLE_LINE + docs.len() as i32 * TEXT_LINE + 14;
    let (dx, dy) = (MARGIN, MARGIN + head + piece.up);
    let (up, down) = (piece.up, piece.down);
    let mut whole = Piece::default();
    whole.absorb(piece, dx, dy);
    Picture {
        name: process.name.clone(),
        docs,
        width: width + 2 * MARGIN,
        height: up + down + head + 2 * MARGIN,
        shapes: whole.shapes,
        edges: whole.edges,
        labels: whole.labels,
    }
}

/// Lays out a part; `None` if nothing stands in it. `alive` says whether a way leads to it.
fn lay(flow: &Flow, room: i32, alive: bool) -> Option<Piece> {
    let room = room.max(ROOM_LEAST);
    match flow {
        Flow::Node(node) => Some(node::node(node)),
        Flow::Close(node) => alive.then(|| Piece { closed: true, ..node::node(node) }),
        Flow::Seq(flows) => row::row(flows, room, alive),
        Flow::Split(split) => Some(split::split(split, room)),
        Flow::Loop(cycle) => Some(split::cycle(cycle, room)),
        Flow::Frame(framed) => frame::frame(framed, room, alive),
        Flow::Attached(attached) => Some(attached::attached(attached, room)),
        Flow::Landing { name, about } => Some(node::landing(name, about, alive)),
    }
}
