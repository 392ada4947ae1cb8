//! A part of a picture while it is put together. The way through it lies at height 0; what lies above has negative heights.

use super::picture::{Area, Edge, Label, Point, Shape};

/// Where a line comes in or goes out.
#[derive(Clone, Copy, Debug)]
pub struct Port {
    pub shape: usize,
    pub at: Point,
}

/// A line that has begun, and ends wherever the way goes on. Its last point lies at height 0.
#[derive(Clone, Debug)]
pub struct Exit {
    pub from: usize,
    pub path: Vec<Point>,
}

#[derive(Clone, Debug, Default)]
pub struct Piece {
    pub shapes: Vec<Shape>,
    pub edges: Vec<Edge>,
    pub labels: Vec<Label>,
    /// It reaches from 0 so far to the right,
    pub width: i32,
    /// so far up from height 0,
    pub up: i32,
    /// and so far down.
    pub down: i32,
    /// `None` where only a jump leads to it.
    pub entry: Option<Port>,
    /// `None` where nothing goes on behind it.
    pub exit: Option<Exit>,
    /// The regular end of what is around it stands in it.
    pub closed: bool,
}

/// The ports of a piece that was put into another.
pub struct Ports {
    pub entry: Option<Port>,
    pub exit: Option<Exit>,
}

impl Piece {
    /// Makes room for an area.
    pub fn reach(&mut self, area: Area) {
        self.width = self.width.max(area.right());
        self.up = self.up.max(-area.y);
        self.down = self.down.max(area.bottom());
    }

    pub fn shape(&mut self, shape: Shape) -> usize {
        self.reach(shape.area);
        self.shapes.push(shape);
        self.shapes.len() - 1
    }

    pub fn label(&mut self, label: Label) {
        self.reach(label.area);
        self.labels.push(label);
    }

    /// Takes in another piece, moved so far, and says where its ports are now.
    pub fn absorb(&mut self, other: Piece, dx: i32, dy: i32) -> Ports {
        let first = self.shapes.len();
        let point = |at: Point| Point { x: at.x + dx, y: at.y + dy };
        let area = |area: Area| Area { x: area.x + dx, y: area.y + dy, ..area };
        self.width = self.width.max(dx + other.width);
        self.up = self.up.max(other.up - dy);
        self.down = self.down.max(other.down + dy);
        self.closed |= other.closed;
        self.shapes.extend(other.shapes.into_iter().map(|shape| Shape { area: area(shape.area), ..shape }));
        self.labels.extend(other.labels.into_iter().map(|label| Label { area: area(label.area), ..label }));
        self.edges.extend(other.edges.into_iter().map(|edge| Edge {
            from: edge.from + first,
            to: edge.to + first,
            path: edge.path.into_iter().map(point).collect(),
            ..edge
        }));
        let entry = other.entry.map(|port| Port { shape: port.shape + first, at: point(port.at) });
        let exit =
            other.exit.map(|exit| Exit { from: exit.from + first, path: exit.path.into_iter().map(point).collect() });
        Ports { entry, exit }
    }

    /// Draws a line on over these points to a port.
    pub fn connect(&mut self, exit: Exit, bends: &[Point], to: Port) {
        let mut path = exit.path;
        path.extend_from_slice(bends);
        path.push(to.at);
        self.edges.push(Edge { from: exit.from, to: to.shape, path: straightened(path), association: false });
    }
}

/// Without points that change nothing.
fn straightened(path: Vec<Point>) -> Vec<Point> {
    let mut kept: Vec<Point> = Vec::with_capacity(path.len());
    for point in path {
        if kept.last() == Some(&point) {
            continue;
        }
        if let [.., before, last] = kept.as_slice()
            && (before.x == last.x && last.x == point.x || before.y == last.y && last.y == point.y)
        {
            kept.pop();
        }
        kept.push(point);
    }
    kept
}
