//! What has to hold for every picture of a process. Each function tells what does not, a sentence each.

use bp_diagram::flow::{Kind, Position, Sign};
use bp_diagram::layout::picture::{Area, Edge, Picture, Point, Shape};

/// Shapes and texts lie on one another, or outside.
pub fn overlaps(picture: &Picture) -> Vec<String> {
    let mut found = Vec::new();
    let whole = Area { x: 0, y: 0, width: picture.width, height: picture.height };
    for (at, shape) in picture.shapes.iter().enumerate() {
        if !whole.contains(&shape.area) {
            found.push(format!("{} {:?} is outside", shape.about, shape.area));
        }
        for other in &picture.shapes[at + 1..] {
            if !shape.area.overlaps(&other.area) || inside(shape, other) || inside(other, shape) {
                continue;
            }
            if !(on_border(shape, other) || on_border(other, shape)) {
                found.push(format!("{} {:?} lies on {} {:?}", shape.about, shape.area, other.about, other.area));
            }
        }
    }
    for (at, label) in picture.labels.iter().enumerate() {
        if !whole.contains(&label.area) {
            found.push(format!("{:?} is outside", label.lines));
        }
        for shape in picture.shapes.iter().filter(|shape| !is_frame(shape)) {
            if shape.area.overlaps(&label.area) {
                found.push(format!(
                    "{:?} {:?} is written over {} {:?}",
                    label.lines, label.area, shape.about, shape.area
                ));
            }
        }
        for other in &picture.labels[at + 1..] {
            if other.area.overlaps(&label.area) {
                found.push(format!("{:?} is written over {:?}", label.lines, other.lines));
            }
        }
    }
    found
}

/// Lines that do not lead from border to border, or lead through something.
pub fn lines_astray(picture: &Picture) -> Vec<String> {
    let mut found = Vec::new();
    for edge in &picture.edges {
        let (from, to) = (&picture.shapes[edge.from], &picture.shapes[edge.to]);
        let ends = |shape: &Shape, at: Option<&Point>| at.is_some_and(|at| on(shape, *at));
        if !ends(from, edge.path.first()) || !ends(to, edge.path.last()) {
            found.push(format!("the line {:?} does not lead from {} to {}", edge.path, from.about, to.about));
        }
        if segments(edge).any(|(a, b)| a.x != b.x && a.y != b.y) {
            found.push(format!("the line {:?} is crooked", edge.path));
        }
        for (at, shape) in picture.shapes.iter().enumerate() {
            let passed = !is_frame(shape) && at != edge.from && at != edge.to;
            // An event's line begins on its activity's border.
            if passed && !on_border(from, shape) && segments(edge).any(|line| through(&shape.area, line)) {
                found.push(format!("the line {:?} goes through {}", edge.path, shape.about));
            }
        }
        for label in &picture.labels {
            if segments(edge).any(|line| through(&label.area, line)) {
                found.push(format!("the line {:?} goes through the text {:?}", edge.path, label.lines));
            }
        }
    }
    found
}

/// Shapes that no line leads to or from.
pub fn loose_ends(picture: &Picture) -> Vec<String> {
    let mut found = Vec::new();
    for (at, shape) in picture.shapes.iter().enumerate() {
        let (comes, goes) = match shape.kind {
            Kind::Frame(frame) => (frame.is_subprocess(), false),
            Kind::Undo => (true, false),
            Kind::Event(Position::Start, _) => (false, true),
            Kind::Event(Position::Throw, Sign::Link) | Kind::Event(Position::End, _) => (true, false),
            Kind::Event(Position::Catch, Sign::Link) => (false, true),
            Kind::Event(Position::Beside, Sign::Timer) => (false, false),
            Kind::Event(Position::Beside | Position::Ending, _) => (false, true),
            _ => (true, true),
        };
        if comes && !picture.edges.iter().any(|edge| edge.to == at) {
            found.push(format!("nothing leads to {} {:?}", shape.about, shape.area));
        }
        if goes && !picture.edges.iter().any(|edge| edge.from == at) {
            found.push(format!("nothing leads on from {} {:?}", shape.about, shape.area));
        }
    }
    found
}

/// Lines that cross.
pub fn crossings(picture: &Picture) -> Vec<String> {
    let mut found = Vec::new();
    let all: Vec<(usize, (Point, Point))> = picture
        .edges
        .iter()
        .enumerate()
        .flat_map(|(number, edge)| segments(edge).map(move |line| (number, line)))
        .collect();
    for (number, across) in all.iter().filter(|(_, (a, b))| a.y == b.y) {
        for (other, down) in all.iter().filter(|(_, (a, b))| a.x == b.x) {
            let (left, right) = (across.0.x.min(across.1.x), across.0.x.max(across.1.x));
            let (top, bottom) = (down.0.y.min(down.1.y), down.0.y.max(down.1.y));
            if left < down.0.x && down.0.x < right && top < across.0.y && across.0.y < bottom {
                found.push(format!("the lines {number} {across:?} and {other} {down:?} cross"));
            }
        }
    }
    found
}

fn is_frame(shape: &Shape) -> bool {
    matches!(shape.kind, Kind::Frame(_))
}

fn inside(frame: &Shape, other: &Shape) -> bool {
    is_frame(frame) && frame.area.contains(&other.area)
}

/// An event that stands on the border of an activity or subprocess.
fn on_border(event: &Shape, host: &Shape) -> bool {
    event.kind.is_boundary() && !host.kind.is_boundary() && host.area.borders(event.area.middle())
}

/// On the border as it is drawn: circles and diamonds have only four points in common with their area's.
fn on(shape: &Shape, at: Point) -> bool {
    let middle = shape.area.middle();
    let tip = at.x == middle.x || at.y == middle.y;
    let boxed = is_frame(shape) || shape.kind.is_activity();
    shape.area.borders(at) && (boxed || tip)
}

fn segments(edge: &Edge) -> impl Iterator<Item = (Point, Point)> + '_ {
    edge.path.windows(2).map(|pair| (pair[0], pair[1]))
}

fn through(area: &Area, (a, b): (Point, Point)) -> bool {
    let (left, right) = (a.x.min(b.x), a.x.max(b.x));
    let (top, bottom) = (a.y.min(b.y), a.y.max(b.y));
    left < area.right() && area.x < right.max(left + 1) && top < area.bottom() && area.y < bottom.max(top + 1)
}
