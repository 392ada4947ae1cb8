//! Single shapes with what is written in them or beside them.

use super::piece::{Exit, Piece, Port};
use super::*;
use crate::flow::{Gate, Position, Sign};

/// An activity is no narrower,
const ACTIVITY_LEAST: i32 = 104;
/// its text no wider,
const ACTIVITY_TEXT: i32 = 148;
/// and the text beside an event or gateway neither.
const BESIDE: i32 = 136;

/// A shape by itself.
pub fn node(node: &Node) -> Piece {
    wider(node, 0)
}

/// An activity that is at least so wide; for other shapes that means nothing.
pub fn wider(node: &Node, least: i32) -> Piece {
    match node.kind {
        Kind::Event(..) => event(node),
        Kind::Gateway(_) => gateway(node, 0),
        _ => activity(node, least),
    }
}

fn activity(node: &Node, least: i32) -> Piece {
    let lines = measure::wrap(&node.text, TEXT, ACTIVITY_TEXT, 5);
    let notes = measure::wrap(&node.note, SMALL, ACTIVITY_TEXT, 3);
    let text = measure::widest(&lines, TEXT).max(measure::widest(&notes, SMALL));
    let width = (text + 28).max(ACTIVITY_LEAST).max(least);
    // A sign stands in the upper left corner, and of a child one at the bottom; events stand on the border.
    let sign = if matches!(node.kind, Kind::Child | Kind::Undo) { 16 } else { 0 };
    let foot = if least > 0 { sign.max(14) } else { sign };
    let height = (38 + foot + lines.len() as i32 * TEXT_LINE + notes.len() as i32 * SMALL_LINE).max(62) / 2 * 2;
    let area = Area { x: 0, y: -height / 2, width, height };
    let shape = Shape { kind: node.kind, area, lines, notes, foot, about: node.about.clone() };
    single(shape)
}

fn event(node: &Node) -> Piece {
    let lines = measure::wrap(&node.text, SMALL, BESIDE, 5);
    let text = measure::widest(&lines, SMALL);
    let width = EVENT.max(text + 4) / 2 * 2;
    let area = Area { x: width / 2 - EVENT / 2, y: -EVENT / 2, width: EVENT, height: EVENT };
    let mut piece = single(bare(node, area));
    if !lines.is_empty() {
        let height = lines.len() as i32 * SMALL_LINE;
        piece.label(Label { area: Area { x: 0, y: EVENT / 2 + 3, width, height }, lines, centred: true });
    }
    piece.width = width;
    if matches!(node.kind, Kind::Event(Position::End, _) | Kind::Event(Position::Throw, Sign::Link)) {
        piece.exit = None;
    }
    piece
}

/// A gateway with its question above it, at least so far above its corner.
pub fn gateway(node: &Node, above: i32) -> Piece {
    let lines = measure::wrap(&node.text, SMALL, BESIDE, 4);
    let text = measure::widest(&lines, SMALL);
    let width = GATEWAY.max(text + 4) / 2 * 2;
    let area = Area { x: width / 2 - GATEWAY / 2, y: -GATEWAY / 2, width: GATEWAY, height: GATEWAY };
    let mut piece = single(bare(node, area));
    if !lines.is_empty() {
        let height = lines.len() as i32 * SMALL_LINE;
        let bottom = (GATEWAY / 2 + 3).max(above);
        piece.label(Label { area: Area { x: 0, y: -bottom - height, width, height }, lines, centred: true });
    }
    piece.width = width;
    piece
}

/// The gateway where ways meet.
pub fn meeting() -> Piece {
    gateway(&Node::new(Kind::Gateway(Gate::Exclusive), ""), 0)
}

/// An event on the border of an activity: only its circle.
pub fn boundary(node: &Node, centre: Point) -> Shape {
    let area = Area { x: centre.x - EVENT / 2, y: centre.y - EVENT / 2, width: EVENT, height: EVENT };
    bare(node, area)
}

fn bare(node: &Node, area: Area) -> Shape {
    Shape { kind: node.kind, area, lines: Vec::new(), notes: Vec::new(), foot: 0, about: node.about.clone() }
}

fn single(shape: Shape) -> Piece {
    let mut piece = Piece::default();
    let area = shape.area;
    let shape = piece.shape(shape);
    piece.entry = Some(Port { shape, at: Point { x: area.x, y: 0 } });
    piece.exit = Some(Exit { from: shape, path: vec![Point { x: area.right(), y: 0 }] });
    piece
}

/// Where those who have jumped arrive, beside those who come along the way.
pub fn landing(name: &str, about: &str, alive: bool) -> Piece {
    let caught = Node::new(Kind::Event(Position::Catch, Sign::Link), name).about(about);
    let mut caught = event(&caught);
    if !alive {
        caught.entry = None;
        return caught;
    }
    let arriving = caught.shapes[0].area;
    let mut piece = Piece::default();
    let way = meeting();
    // Both stand above each other, in the middle of the wider one.
    let width = way.width.max(caught.width);
    let ports = piece.absorb(way, width / 2 - GATEWAY / 2, 0);
    let below = GATEWAY / 2 + 16 + EVENT / 2;
    let link = piece.absorb(caught, width / 2 - arriving.middle().x, below);
    let top = Point { x: width / 2, y: below - EVENT / 2 };
    if let (Some(entry), Some(exit)) = (ports.entry, link.exit) {
        let bottom = Point { x: width / 2, y: GATEWAY / 2 };
        let path = vec![top, bottom];
        piece.edges.push(Edge { from: exit.from, to: entry.shape, path, association: false });
    }
    piece.entry = ports.entry;
    piece.exit = ports.exit;
    piece
}
