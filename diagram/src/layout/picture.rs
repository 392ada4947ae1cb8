//! A picture: shapes, lines and texts with their places, in pixels, to the right and down.

use crate::flow::Kind;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    pub x: i32,
    pub y: i32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area {
    pub x: i32,
    pub y: i32,
    pub width: i32,
    pub height: i32,
}

impl Area {
    pub fn right(&self) -> i32 {
        self.x + self.width
    }

    pub fn bottom(&self) -> i32 {
        self.y + self.height
    }

    pub fn middle(&self) -> Point {
        Point { x: self.x + self.width / 2, y: self.y + self.height / 2 }
    }

    /// They share more than a border.
    pub fn overlaps(&self, other: &Area) -> bool {
        self.x < other.right() && other.x < self.right() && self.y < other.bottom() && other.y < self.bottom()
    }

    pub fn contains(&self, other: &Area) -> bool {
        self.x <= other.x && self.y <= other.y && self.right() >= other.right() && self.bottom() >= other.bottom()
    }

    /// The point lies on its border.
    pub fn borders(&self, point: Point) -> bool {
        let across = self.x <= point.x && point.x <= self.right();
        let along = self.y <= point.y && point.y <= self.bottom();
        across
            && along
            && (point.x == self.x || point.x == self.right() || point.y == self.y || point.y == self.bottom())
    }
}

/// A box, circle or diamond; each fills its area.
#[derive(Clone, Debug)]
pub struct Shape {
    pub kind: Kind,
    pub area: Area,
    /// What is written in it; of an activity in its middle, of a frame at its top.
    pub lines: Vec<String>,
    /// What is written smaller below that.
    pub notes: Vec<String>,
    /// So far from its bottom no text stands.
    pub foot: i32,
    /// What it was in the program; may be empty.
    pub about: String,
}

/// A text beside a shape or a line.
#[derive(Clone, Debug)]
pub struct Label {
    pub area: Area,
    pub lines: Vec<String>,
    /// Each line stands in the middle of its area, else at its left.
    pub centred: bool,
}

/// A line from a shape to a shape, by the numbers of both.
#[derive(Clone, Debug)]
pub struct Edge {
    pub from: usize,
    pub to: usize,
    /// At least two points; from one to the next it goes straight across or straight down.
    pub path: Vec<Point>,
    /// It leads to what takes an activity back, and is no way to go.
    pub association: bool,
}

#[derive(Clone, Debug)]
pub struct Picture {
    pub name: String,
    /// The lines below the name.
    pub docs: Vec<String>,
    pub width: i32,
    pub height: i32,
    pub shapes: Vec<Shape>,
    pub edges: Vec<Edge>,
    pub labels: Vec<Label>,
}
