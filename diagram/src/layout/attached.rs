//! Events on the border of an activity, and what is done when they happen.

use super::piece::{Exit, Piece, Port};
use super::*;
use crate::flow::{Attached, Handler, Sign};

/// The text beside an event is no wider.
const BESIDE: i32 = 100;
/// From the left border to the first event.
const FIRST: i32 = 26;
/// From an event's line to what it leads to.
const LEAD: i32 = 28;

/// The events stand on the lower border, from left to right; what the last one leads to is nearest below, so that no two
/// lines cross.
pub fn attached(attached: &Attached, room: i32) -> Piece {
    let labels: Vec<Vec<String>> =
        attached.events.iter().map(|handler| measure::wrap(&handler.event.text, SMALL, BESIDE, 4)).collect();
    let columns: Vec<i32> = labels.iter().map(|lines| (measure::widest(lines, SMALL) + 14).max(EVENT + 10)).collect();
    let between: i32 = columns.iter().rev().skip(1).sum();
    let least = between + 2 * FIRST;

    let mut whole = Piece::default();
    let (host, ports) = host(&mut whole, &attached.host, room, least);
    whole.entry = ports.entry;
    let area = whole.shapes[host].area;

    let mut x = area.x + FIRST;
    let mut places = Vec::new();
    for ((handler, label), column) in attached.events.iter().zip(labels).zip(columns) {
        let shape = whole.shape(node::boundary(&handler.event, Point { x, y: area.bottom() }));
        if !label.is_empty() {
            let (width, height) = (measure::widest(&label, SMALL), label.len() as i32 * SMALL_LINE);
            let y = area.bottom() + EVENT / 2;
            whole.label(Label { area: Area { x: x + 6, y, width, height }, lines: label, centred: false });
        }
        places.push((shape, Point { x, y: area.bottom() + EVENT / 2 }));
        x += column;
    }

    let mut joining: Vec<Exit> = ports.exit.into_iter().collect();
    for (handler, (shape, from)) in attached.events.iter().zip(places).rev() {
        joining.extend(handled(&mut whole, handler, shape, from, room));
    }
    whole.exit = match joining.len() {
        0 => None,
        1 => joining.pop().map(|mut exit| {
            // A way that begins below comes up behind everything.
            let y = exit.path.last().map_or(0, |end| end.y);
            if y != 0 {
                whole.width += GAP / 2;
                exit.path.push(Point { x: whole.width, y });
            }
            exit.path.push(Point { x: whole.width, y: 0 });
            exit
        }),
        _ => split::meet(&mut whole, node::meeting(), joining),
    };
    whole
}

/// Lays out what the events stand on; gives its shape.
fn host(whole: &mut Piece, host: &Flow, room: i32, least: i32) -> (usize, piece::Ports) {
    let piece = match host {
        Flow::Node(node) => node::wider(node, least),
        Flow::Frame(framed) if framed.frame.is_subprocess() => frame::subprocess(framed, room, least),
        other => lay(other, room, true).unwrap_or_default(),
    };
    // The box of a frame stands behind all that stands in it.
    let shape = piece.shapes.len().saturating_sub(1);
    (shape, whole.absorb(piece, 0, 0))
}

/// Lays out what an event leads to, below everything so far. Gives the way that joins that of the host.
fn handled(whole: &mut Piece, handler: &Handler, shape: usize, from: Point, room: i32) -> Option<Exit> {
    let closed = whole.closed;
    let piece = lay(&handler.flow, room - from.x - LEAD - GAP, true);
    if piece.is_none() && !handler.joins {
        return None;
    }
    let y = whole.down + 12 + piece.as_ref().map_or(0, |piece| piece.up);
    let begin = Exit { from: shape, path: vec![from, Point { x: from.x, y }] };
    whole.down = whole.down.max(y + 2);
    let exit = match piece {
        None => Some(begin),
        Some(piece) => {
            let ports = whole.absorb(piece, from.x + LEAD, y);
            if let Some(entry) = ports.entry {
                lead(whole, handler, begin, entry);
            }
            ports.exit
        }
    };
    if handler.joins {
        return exit;
    }
    // What runs beside the host ends by itself.
    whole.closed = closed;
    None
}

fn lead(whole: &mut Piece, handler: &Handler, begin: Exit, entry: Port) {
    whole.connect(begin, &[], entry);
    let undoes = matches!(handler.event.kind, Kind::Event(_, Sign::Undo));
    if let Some(edge) = whole.edges.last_mut() {
        edge.association = undoes;
    }
}
