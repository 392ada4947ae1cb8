//! Boxes around a stretch: subprocesses, and groups that only say something about what stands in them.

use super::piece::{Exit, Piece, Port};
use super::*;
use crate::flow::{Frame, Framed, Position, Sign};

const PADDING: i32 = 16;
/// Between the text at its top and what stands in it.
const BELOW_TEXT: i32 = 6;
/// At the bottom, for the sign of what is done several times.
const MARKER: i32 = 16;

/// `None` for a group around nothing.
pub fn frame(framed: &Framed, room: i32, alive: bool) -> Option<Piece> {
    let inner = room - 2 * PADDING;
    if framed.frame.is_subprocess() { Some(subprocess(framed, inner, 0)) } else { group(framed, inner, alive) }
}

/// A box of its own, at least so wide, with a beginning and an end; lines end at its border.
pub fn subprocess(framed: &Framed, room: i32, least: i32) -> Piece {
    let plain = |position| Node::new(Kind::Event(position, Sign::Plain), "");
    let mut flows = vec![Flow::Node(plain(Position::Start))];
    match &framed.flow {
        Flow::Seq(inner) => flows.extend(inner.iter().cloned()),
        other => flows.push(other.clone()),
    }
    flows.push(Flow::Close(plain(Position::End)));
    let inner = row::row(&flows, room, true).unwrap_or_default();
    let goes_on = inner.closed;
    let marker = if framed.frame == Frame::Scope { 0 } else { MARKER };
    let mut whole = boxed(framed, inner, marker, least).0;
    let shape = whole.shapes.len() - 1;
    let area = whole.shapes[shape].area;
    whole.entry = Some(Port { shape, at: Point { x: 0, y: 0 } });
    whole.exit = goes_on.then(|| Exit { from: shape, path: vec![Point { x: area.right(), y: 0 }] });
    whole.closed = false;
    whole
}

/// A border that ways go through.
fn group(framed: &Framed, room: i32, alive: bool) -> Option<Piece> {
    let inner = lay(&framed.flow, room, alive)?;
    let (mut whole, ports) = boxed(framed, inner, 0, 0);
    whole.entry = ports.entry;
    whole.exit = ports.exit.map(|mut exit| {
        exit.path.push(Point { x: whole.width, y: 0 });
        exit
    });
    Some(whole)
}

/// Puts a piece into a box; the box is the last shape.
fn boxed(framed: &Framed, inner: Piece, marker: i32, least: i32) -> (Piece, piece::Ports) {
    let text_width = (inner.width).max(measure::width(&framed.text, TEXT).min(300)).max(least - 2 * PADDING);
    let lines = measure::wrap(&framed.text, TEXT, text_width, 3);
    let head = lines.len() as i32 * TEXT_LINE + if lines.is_empty() { 0 } else { BELOW_TEXT };
    let width = inner.width.max(measure::widest(&lines, TEXT)).max(least - 2 * PADDING) + 2 * PADDING;
    let (top, bottom) = (-inner.up - head - PADDING, inner.down + marker + PADDING);
    let mut whole = Piece::default();
    let ports = whole.absorb(inner, PADDING, 0);
    let area = Area { x: 0, y: top, width, height: bottom - top };
    let kind = Kind::Frame(framed.frame);
    whole.shape(Shape { kind, area, lines, notes: Vec::new(), foot: 0, about: framed.about.clone() });
    (whole, ports)
}
