//! A picture as SVG: one file by itself, readable on light and dark ground.

mod signs;

use crate::flow::{Frame, Gate, Kind, Position};
use crate::layout::picture::{Area, Edge, Label, Picture, Point, Shape};
use crate::layout::{SMALL, SMALL_LINE, TEXT, TEXT_LINE, TITLE, TITLE_LINE};
use std::fmt::Write;

/// Colours by what a shape is. A reader who likes it dark gets the second half.
const STYLE: &str = "\
text{font-family:Helvetica,Arial,'Liberation Sans',sans-serif;fill:#1f2933}\
.t{font-size:12px}.s{font-size:11px;fill:#46525f}.h{font-size:18px;font-weight:bold}\
.paper{fill:#ffffff}.line{fill:none;stroke:#55606d;stroke-width:1.3}.assoc{stroke-dasharray:2 3}.head{fill:#55606d}\
.step{fill:#e8f1fb;stroke:#2b6cb0}.person{fill:#fdf2dc;stroke:#b7791f}.rule{fill:#f0eafc;stroke:#6b46c1}\
.child{fill:#e4f5ea;stroke:#276749}.undo{fill:#f2f2f3;stroke:#71717a}\
.gate{fill:#fffbe0;stroke:#a07c00}.frame{fill:#f7f9fb;stroke:#64748b}.group{fill:none;stroke:#8a94a3;stroke-dasharray:8 3 2 3}\
.event{fill:#ffffff;stroke:#55606d}.start{fill:#eefaf1;stroke:#2f855a}.end{fill:#fdeeee;stroke:#c53030}\
.sign{fill:none;stroke:#333d48;stroke-width:1.2;stroke-linejoin:round}.bold{stroke-width:2.4}.full{fill:#333d48;stroke:none}\
@media (prefers-color-scheme:dark){\
text{fill:#e6eaf0}.s{fill:#b4bdc9}.paper{fill:#14181e}.line{stroke:#9aa5b3}.head{fill:#9aa5b3}\
.step{fill:#1b2d42;stroke:#63a4e8}.person{fill:#3a2d14;stroke:#e0ac4e}.rule{fill:#2b2342;stroke:#a98cf0}\
.child{fill:#17321f;stroke:#5fbf83}.undo{fill:#26282c;stroke:#9a9aa4}\
.gate{fill:#332c0e;stroke:#d9b433}.frame{fill:#191e26;stroke:#8291a5}.group{stroke:#7a8798}\
.event{fill:#14181e;stroke:#9aa5b3}.start{fill:#152b1e;stroke:#5fbf83}.end{fill:#361b1b;stroke:#ee7d7d}\
.sign{stroke:#d5dce5}.full{fill:#d5dce5}}";

/// Writes a picture. The same picture gives the same text.
pub fn write(picture: &Picture) -> String {
    let mut out = Svg(String::new());
    let (width, height) = (picture.width, picture.height);
    out.line(format_args!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         role=\"img\">"
    ));
    let title = escaped(&picture.name);
    out.line(format_args!("<title>{title}</title>"));
    if !picture.docs.is_empty() {
        out.line(format_args!("<desc>{}</desc>", escaped(&picture.docs.join(" "))));
    }
    out.line(format_args!("<style>{STYLE}</style>"));
    out.line(format_args!(
        "<defs><marker id=\"to\" viewBox=\"0 0 10 10\" refX=\"10\" refY=\"5\" markerWidth=\"8\" markerHeight=\"8\" \
         markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path class=\"head\" d=\"M0 0 10 5 0 10z\"/></marker></defs>"
    ));
    out.line(format_args!("<rect class=\"paper\" width=\"{width}\" height=\"{height}\"/>"));
    out.line(format_args!("<text class=\"h\" x=\"24\" y=\"{}\">{title}</text>", 24 + TITLE - 2));
    for (at, line) in picture.docs.iter().enumerate() {
        let y = 24 + TITLE_LINE + at as i32 * TEXT_LINE + TEXT;
        out.line(format_args!("<text class=\"t s\" x=\"24\" y=\"{y}\">{}</text>", escaped(line)));
    }
    // What is around others stands behind them.
    let mut frames: Vec<&Shape> = picture.shapes.iter().filter(|shape| matches!(shape.kind, Kind::Frame(_))).collect();
    frames.sort_by_key(|frame| std::cmp::Reverse(i64::from(frame.area.width) * i64::from(frame.area.height)));
    frames.into_iter().for_each(|frame| out.shape(frame));
    picture.edges.iter().for_each(|edge| out.edge(edge));
    picture.shapes.iter().filter(|shape| !matches!(shape.kind, Kind::Frame(_))).for_each(|shape| out.shape(shape));
    picture.labels.iter().for_each(|label| out.label(label));
    out.line(format_args!("</svg>"));
    out.0
}

/// Text as it stands in XML, between tags and in quotes. What XML has no characters for becomes `�`.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' => out.push(' '),
            '\0'..' ' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            _ => out.push(c),
        }
    }
    out
}

struct Svg(String);

impl Svg {
    fn line(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing to a text does not fail.
        let _ = writeln!(self.0, "{text}");
    }

    fn shape(&mut self, shape: &Shape) {
        self.line(format_args!("<g>"));
        if !shape.about.is_empty() {
            self.line(format_args!("<title>{}</title>", escaped(&shape.about)));
        }
        match shape.kind {
            Kind::Frame(frame) => self.frame(shape, frame),
            Kind::Gateway(gate) => self.gateway(shape.area, gate),
            Kind::Event(position, sign) => {
                self.circles(shape.area, position);
                self.line(format_args!("{}", signs::event(shape.area.middle(), sign, position)));
            }
            _ => self.activity(shape),
        }
        self.line(format_args!("</g>"));
    }

    fn rect(&mut self, class: &str, area: Area, round: i32, thick: &str) {
        let Area { x, y, width, height } = area;
        self.line(format_args!(
            "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"{round}\" \
             stroke-width=\"{thick}\"/>"
        ));
    }

    fn activity(&mut self, shape: &Shape) {
        let (class, thick) = match shape.kind {
            Kind::Person => ("person", "1.4"),
            Kind::Rule => ("rule", "1.4"),
            Kind::Child => ("child", "3"),
            Kind::Undo => ("undo", "1.4"),
            _ => ("step", "1.4"),
        };
        let area = shape.area;
        self.rect(class, area, 9, thick);
        self.line(format_args!("{}", signs::activity(area, shape.kind)));
        let lines = shape.lines.len() as i32 * TEXT_LINE;
        let notes = shape.notes.len() as i32 * SMALL_LINE;
        // A sign stands at the top.
        let top = area.y + 18 + (area.height - 18 - shape.foot - lines - notes) / 2 - 3;
        let x = area.middle().x;
        self.lines(&shape.lines, "t", x, top, TEXT, TEXT_LINE, true);
        self.lines(&shape.notes, "s", x, top + lines, SMALL, SMALL_LINE, true);
    }

    fn frame(&mut self, shape: &Shape, frame: Frame) {
        let class = if frame.is_subprocess() { "frame" } else { "group" };
        self.rect(class, shape.area, 10, "1.4");
        self.lines(&shape.lines, "t", shape.area.x + 12, shape.area.y + 8, TEXT, TEXT_LINE, false);
        let at = Point { x: shape.area.middle().x, y: shape.area.bottom() - 12 };
        self.line(format_args!("{}", signs::repeated(at, frame)));
    }

    fn gateway(&mut self, area: Area, gate: Gate) {
        let Point { x, y } = area.middle();
        let (left, right, top, bottom) = (area.x, area.right(), area.y, area.bottom());
        self.line(format_args!(
            "<path class=\"gate\" stroke-width=\"1.4\" d=\"M{left} {y} {x} {top} {right} {y} {x} {bottom}z\"/>{}",
            signs::gateway(area.middle(), gate)
        ));
    }

    fn circles(&mut self, area: Area, position: Position) {
        let (class, thick, dashed) = match position {
            Position::Start => ("start", "1.6", ""),
            Position::End => ("end", "3.2", ""),
            Position::Catch | Position::Throw | Position::Ending => ("event", "1.3", ""),
            Position::Beside => ("event", "1.3", " stroke-dasharray=\"4 2\""),
        };
        let Point { x, y } = area.middle();
        let radius = area.width / 2;
        self.line(format_args!(
            "<circle class=\"{class}\" cx=\"{x}\" cy=\"{y}\" r=\"{radius}\" stroke-width=\"{thick}\"{dashed}/>"
        ));
        if !matches!(position, Position::Start | Position::End) {
            let inner = radius - 3;
            self.line(format_args!(
                "<circle class=\"event\" cx=\"{x}\" cy=\"{y}\" r=\"{inner}\" stroke-width=\"1.1\"{dashed}/>"
            ));
        }
    }

    fn edge(&mut self, edge: &Edge) {
        let points: Vec<String> = edge.path.iter().map(|point| format!("{} {}", point.x, point.y)).collect();
        let (class, head) = match edge.association {
            true => ("line assoc", ""),
            false => ("line", " marker-end=\"url(#to)\""),
        };
        self.line(format_args!("<path class=\"{class}\" d=\"M{}\"{head}/>", points.join(" ")));
    }

    fn label(&mut self, label: &Label) {
        let x = if label.centred { label.area.middle().x } else { label.area.x };
        self.lines(&label.lines, "s", x, label.area.y, SMALL, SMALL_LINE, label.centred);
    }

    /// Lines of text below that height.
    #[expect(clippy::too_many_arguments, reason = "what a text looks like is a handful of numbers")]
    fn lines(&mut self, lines: &[String], class: &str, x: i32, top: i32, size: i32, step: i32, centred: bool) {
        let anchor = if centred { " text-anchor=\"middle\"" } else { "" };
        for (at, line) in lines.iter().enumerate() {
            let y = top + at as i32 * step + size - 1;
            self.line(format_args!("<text class=\"{class}\" x=\"{x}\" y=\"{y}\"{anchor}>{}</text>", escaped(line)));
        }
    }
}
