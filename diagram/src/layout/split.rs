//! Ways that part and meet, and ways that lead back.

use super::piece::{Exit, Piece, Port};
use super::*;
use crate::flow::{Loop, Split};

/// The text at a line is no wider.
const AT_LINE: i32 = 120;
/// From a gateway to the text at its line.
const BESIDE: i32 = 6;

/// The first way that goes on lies at height 0, the others below it.
pub fn split(split: &Split, room: i32) -> Piece {
    let labels: Vec<Vec<String>> = split.ways.iter().map(|way| measure::wrap(&way.label, SMALL, AT_LINE, 4)).collect();
    let label_width = labels.iter().map(|lines| measure::widest(lines, SMALL)).max().unwrap_or(0);
    let inner = room - label_width - 2 * GATEWAY - 3 * GAP;
    let mut arms: Vec<(Option<Piece>, Vec<String>)> =
        split.ways.iter().zip(labels).map(|(way, label)| (lay(&way.flow, inner, true), label)).collect();
    let goes_on = |piece: &Option<Piece>| piece.as_ref().is_none_or(|piece| piece.exit.is_some());
    let going = arms.iter().filter(|(piece, _)| goes_on(piece)).count();
    if let Some(first) = arms.iter().position(|(piece, _)| goes_on(piece)) {
        arms[..=first].rotate_right(1);
    }

    let first_label = arms.first().map_or(0, |(_, label)| label.len() as i32 * SMALL_LINE);
    let mut whole = Piece::default();
    let gateway = node::gateway(&split.gateway, first_label + 8);
    let (centre, gateway_width) = (gateway.shapes[0].area.middle().x, gateway.width);
    let ports = whole.absorb(gateway, 0, 0);
    whole.entry = ports.entry;
    let Some(entry) = ports.entry else { return whole };
    let gate = entry.shape;
    let line = if label_width > 0 { label_width + 3 * BESIDE } else { 0 };
    let left = (centre + GATEWAY / 2 + line.max(GAP - 8)).max(gateway_width + 8);

    // What goes on, with the height at which it does.
    let mut exits: Vec<Exit> = Vec::new();
    for (at, (piece, label)) in arms.into_iter().enumerate() {
        let text = if label.is_empty() { 0 } else { label.len() as i32 * SMALL_LINE + 4 };
        let up = piece.as_ref().map_or(0, |piece| piece.up).max(text);
        let y = if at == 0 { 0 } else { whole.down + ROW_GAP + up };
        let begin = match at {
            0 => vec![Point { x: centre + GATEWAY / 2, y: 0 }],
            _ => vec![Point { x: centre, y: GATEWAY / 2 }, Point { x: centre, y }],
        };
        let begin = Exit { from: gate, path: begin };
        if !label.is_empty() {
            let x = centre + BESIDE + if at == 0 { GATEWAY / 2 } else { 0 };
            let height = label.len() as i32 * SMALL_LINE;
            let width = measure::widest(&label, SMALL);
            whole.label(Label { area: Area { x, y: y - height - 3, width, height }, lines: label, centred: false });
        }
        whole.down = whole.down.max(y + 2);
        match piece {
            Some(piece) => {
                let ports = whole.absorb(piece, left, y);
                if let Some(entry) = ports.entry {
                    whole.connect(begin, &[], entry);
                }
                exits.extend(ports.exit);
            }
            None => exits.push(begin),
        }
    }
    whole.width = whole.width.max(left);
    whole.exit = match (&split.join, going) {
        (_, 0) => None,
        (None, 1) => exits.pop().map(|mut exit| {
            exit.path.push(Point { x: whole.width, y: 0 });
            exit
        }),
        (join, _) => {
            let join = join.as_ref().map_or_else(node::meeting, |join| node::gateway(join, 0));
            meet(&mut whole, join, exits)
        }
    };
    whole
}

/// Leads ways into a gateway behind all of them: those at height 0 from the left, the others from below.
pub fn meet(whole: &mut Piece, join: Piece, exits: Vec<Exit>) -> Option<Exit> {
    let centre = join.shapes[0].area.middle().x;
    let x = whole.width + GAP - 8;
    let ports = whole.absorb(join, x, 0);
    let entry = ports.entry?;
    let bottom = Port { at: Point { x: x + centre, y: GATEWAY / 2 }, ..entry };
    for exit in exits {
        match exit.path.last().map_or(0, |end| end.y) {
            0 => whole.connect(exit, &[], entry),
            y => whole.connect(exit, &[Point { x: x + centre, y }], bottom),
        }
    }
    ports.exit
}

/// Above or below what it goes around.
const AROUND: i32 = 14;

/// The way back goes over its body, the way out below it.
pub fn cycle(cycle: &Loop, room: i32) -> Piece {
    let mut whole = Piece::default();
    let begin = whole.absorb(node::meeting(), 0, 0);
    whole.entry = begin.entry;
    let (Some(top), Some(mut before)) = (begin.entry, begin.exit) else { return whole };
    let mut out = None;
    if let Some(condition) = &cycle.condition {
        let gateway = node::gateway(condition, SMALL_LINE + 8);
        let (centre, width) = (gateway.shapes[0].area.middle().x, gateway.width);
        let x = whole.width + GAP;
        let ports = whole.absorb(gateway, x, 0);
        if let (Some(entry), Some(exit)) = (ports.entry, ports.exit) {
            whole.connect(before, &[], entry);
            out = Some((entry.shape, x + centre));
            before = exit;
        }
        word(&mut whole, "yes", x + centre + GATEWAY / 2 + BESIDE, 0);
        word(&mut whole, "no", x + centre + BESIDE, GATEWAY / 2 + SMALL_LINE + 3);
        whole.width = whole.width.max(x + width);
    }
    let x = whole.width + GAP - 8;
    let body = lay(&cycle.body, room - x - 2 * GAP, true);
    let ports = body.map(|body| whole.absorb(body, x, 0));
    let back = match ports {
        Some(ports) => {
            if let Some(entry) = ports.entry {
                whole.connect(before, &[], entry);
            }
            ports.exit
        }
        None => Some(before),
    };
    if let Some(exit) = back {
        let (right, over) = (whole.width + AROUND, -whole.up - AROUND);
        let down = Point { x: top.at.x + GATEWAY / 2, y: -GATEWAY / 2 };
        let bends = [Point { x: right, y: 0 }, Point { x: right, y: over }, Point { x: down.x, y: over }];
        whole.connect(exit, &bends, Port { at: down, ..top });
        whole.width = right;
        whole.up = -over + 2;
    }
    if let Some((from, centre)) = out {
        let (right, under) = (whole.width + AROUND, whole.down + AROUND);
        let path = vec![
            Point { x: centre, y: GATEWAY / 2 },
            Point { x: centre, y: under },
            Point { x: right, y: under },
            Point { x: right, y: 0 },
        ];
        whole.exit = Some(Exit { from, path });
        whole.width = right;
        whole.down = under + 2;
    }
    whole
}

/// A word above a line at that height.
fn word(whole: &mut Piece, text: &str, x: i32, y: i32) {
    let width = measure::width(text, SMALL);
    let area = Area { x, y: y - SMALL_LINE - 3, width, height: SMALL_LINE };
    whole.label(Label { area, lines: vec![text.to_owned()], centred: false });
}
