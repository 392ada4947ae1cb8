//! The small signs in shapes, as the notation has them.

use crate::flow::{Frame, Gate, Kind, Position, Sign};
use crate::layout::picture::{Area, Point};

/// Moved to a point.
fn at(point: Point, drawn: &str) -> String {
    format!("<g transform=\"translate({} {})\">{drawn}</g>", point.x, point.y)
}

/// In the middle of an event; thrown ones are full.
pub fn event(middle: Point, sign: Sign, position: Position) -> String {
    let thrown = matches!(position, Position::Throw | Position::End);
    let path = match sign {
        Sign::Plain => return String::new(),
        Sign::Timer => {
            return at(
                middle,
                "<circle class=\"sign\" r=\"9\"/><path class=\"sign\" d=\"M0 -6V0L4 3M0 -9V-7M0 9V7M-9 0H-7M9 0H7\"/>",
            );
        }
        Sign::Message if thrown => {
            return at(middle, "<path class=\"full\" d=\"M-8 -5.5H8L0 0.5zM-8 -3.8 0 2.3 8 -3.8V5.5H-8z\"/>");
        }
        Sign::Message => "M-8 -5.5H8V5.5H-8zL0 0.5 8 -5.5",
        Sign::Error => "M-8 7 -3 -6 2.5 1.5 8 -7 3.5 6.5 -2.5 -1z",
        Sign::Escalation => "M0 -8 6.5 7.5 0 1.5 -6.5 7.5z",
        Sign::Link => "M-8 -3.2H1V-7.5L9 0 1 7.5V3.2H-8z",
        Sign::Undo => "M-0.5 -5.5V5.5L-8.5 0zM7.5 -5.5V5.5L-0.5 0z",
    };
    let class = if thrown { "full" } else { "sign" };
    at(middle, &format!("<path class=\"{class}\" d=\"{path}\"/>"))
}

/// In the middle of a gateway.
pub fn gateway(middle: Point, gate: Gate) -> String {
    let drawn = match gate {
        Gate::Exclusive => "<path class=\"sign bold\" d=\"M-5.5 -6.5 5.5 6.5M5.5 -6.5-5.5 6.5\"/>",
        Gate::Parallel => "<path class=\"sign bold\" d=\"M0 -9V9M-9 0H9\"/>",
        Gate::Complex => "<path class=\"sign bold\" d=\"M0 -9V9M-9 0H9M-6.2 -6.2 6.2 6.2M6.2 -6.2-6.2 6.2\"/>",
        Gate::Event => {
            "<circle class=\"sign\" r=\"12\"/><circle class=\"sign\" r=\"9.6\"/>\
             <path class=\"sign\" d=\"M0 -6.2 5.9 -1.9 3.6 5H-3.6L-5.9 -1.9z\"/>"
        }
    };
    at(middle, drawn)
}

/// In the upper left corner of an activity, and at the bottom of some.
pub fn activity(area: Area, kind: Kind) -> String {
    let corner = Point { x: area.x + 14, y: area.y + 13 };
    let bottom = Point { x: area.middle().x, y: area.bottom() - 10 };
    match kind {
        Kind::Person => at(
            corner,
            "<circle class=\"sign\" cy=\"-3.6\" r=\"3.1\"/><path class=\"sign\" d=\"M-6.5 7.5V4.5C-6.5 1.5-4 0.6-2.2 0.2L0 2.4 2.2 0.2C4 0.6 6.5 1.5 6.5 4.5V7.5z\"/>",
        ),
        Kind::Rule => at(corner, "<path class=\"sign\" d=\"M-7.5 -5.5H7.5V6H-7.5zM-7.5 -2H7.5M-7.5 2H7.5M-3 -2V6\"/>"),
        Kind::Child => at(bottom, "<path class=\"sign\" d=\"M-6 -6H6V6H-6zM0 -3.6V3.6M-3.6 0H3.6\"/>"),
        Kind::Undo => at(bottom, "<path class=\"sign\" d=\"M-0.5 -5V5L-7.5 0zM7 -5V5L0 0z\"/>"),
        Kind::Step => at(corner, &gear()),
        Kind::Service => {
            let second = Point { x: corner.x + 11, y: corner.y + 6 };
            format!("{}{}", at(corner, &gear()), at(second, &gear()))
        }
        _ => String::new(),
    }
}

fn gear() -> String {
    let teeth: String = (0..8)
        .map(|tooth| format!("<path class=\"sign\" d=\"M0 -5V-7.4\" transform=\"rotate({})\"/>", tooth * 45))
        .collect();
    format!("<circle class=\"sign\" r=\"5\"/><circle class=\"sign\" r=\"2\"/>{teeth}")
}

/// At the bottom of what is done several times.
pub fn repeated(middle: Point, frame: Frame) -> String {
    match frame {
        Frame::Each => at(middle, "<path class=\"sign bold\" d=\"M-5 -6V6M0 -6V6M5 -6V6\"/>"),
        Frame::InTurn => at(middle, "<path class=\"sign bold\" d=\"M-6 -5H6M-6 0H6M-6 5H6\"/>"),
        _ => String::new(),
    }
}
