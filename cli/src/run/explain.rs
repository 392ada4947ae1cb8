//! `--explain`: how a row's result came about, from its inputs to its postings.

use crate::terminal::{Paint, grouped, pad_left, pad_right, width};
use bp_bytecode::Program;
use bp_bytecode::border::{self, decimal_text};
use bp_bytecode::index::{PlaceId, ShapeId};
use bp_bytecode::shape::{FieldShape, Shape, Unit};
use bp_bytecode::value::Value;
use bp_compiler::source::{FileId, Sources};
use bp_vm::{Entry, Event, Fraction, Tracer};
use num_bigint::BigInt;

/// The most characters of a source text that are quoted.
const QUOTED: usize = 110;

/// Takes down what a run does, as lines for people.
pub struct Derivation<'p> {
    program: &'p Program,
    sources: &'p Sources,
    paint: Paint,
    pub lines: Vec<String>,
}

impl<'p> Derivation<'p> {
    pub fn new(program: &'p Program, sources: &'p Sources, paint: Paint) -> Derivation<'p> {
        Derivation { program, sources, paint, lines: Vec::new() }
    }

    /// A heading.
    pub fn head(&mut self, title: &str) {
        if !self.lines.is_empty() {
            self.lines.push(String::new());
        }
        self.lines.push(self.paint.bold(title));
    }

    /// `income_tax.bp:90:12`, and the source text on one line.
    fn quoted(&self, id: PlaceId) -> (String, String) {
        let Some(place) = self.program.places.get(id.index()) else { return Default::default() };
        let path = &self.program.sources[place.source.index()].path;
        let file = FileId(u32::from(place.source.0));
        let text = match (file.0 as usize) < self.sources.len() {
            true => self.sources.get(file).text.get(place.start as usize..place.end as usize).unwrap_or_default(),
            false => "",
        };
        let mut line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if width(&line) > QUOTED {
            line = line.chars().take(QUOTED).chain(['…']).collect();
        }
        (format!("{path}:{}:{}", place.line, place.column), line)
    }

    fn posted(&mut self, place: PlaceId, entry: &Entry<'_>) {
        let (at, _) = self.quoted(place);
        let day = border::date_text(i64::from(entry.day));
        self.lines.push(format!("  posted \"{}\" on {day}   {}", entry.text, self.paint.dim(&at)));
        let mut rows = Vec::new();
        for line in entry.lines {
            let account = &self.program.accounts[line.account.index()];
            let dims: Vec<String> = account
                .dimensions
                .iter()
                .zip(entry.dims_of(line))
                .map(|((_, shape), slot)| border::display(self.program, *shape, &entry.view.value(*shape, *slot)))
                .collect();
            let name = &self.program.texts[account.name.index()];
            let name = name.rsplit('.').next().unwrap_or(name);
            let code = account.code.map_or("", |code| self.program.texts[code.index()].as_str());
            let dims = if dims.is_empty() { String::new() } else { format!("[{}]", dims.join(", ")) };
            let side = if line.amount > 0 { "debit" } else { "credit" };
            let amount = amount(self.program, account.shape, i128::from(line.amount).abs());
            rows.push((side, format!("{code} {name}{dims}").trim_start().to_owned(), amount));
        }
        let names = rows.iter().map(|row| width(&row.1)).max().unwrap_or(0);
        let amounts = rows.iter().map(|row| width(&row.2)).max().unwrap_or(0);
        for (side, name, amount) in rows {
            let side = pad_right(side, 6);
            self.lines.push(format!("    {side}  {}  {}", pad_right(&name, names), pad_left(&amount, amounts)));
        }
    }

    fn rounded(&mut self, place: PlaceId, before: &Fraction, after: i128, scale: u8) {
        let (at, text) = self.quoted(place);
        let (before, after) = (grouped(&exact(before, scale)), grouped(&decimal_text(after, scale)));
        self.lines.push(format!("  {text}   {}", self.paint.dim(&at)));
        // 12.5 and 12.50 are the same number.
        let trimmed = |text: &str| match text.contains('.') {
            true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
            false => text.to_owned(),
        };
        self.lines.push(match trimmed(&before) == trimmed(&after) {
            true => format!("    {after} exactly"),
            false => format!("    {before} rounded to {after}"),
        });
    }
}

impl Tracer for Derivation<'_> {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::DecisionRow { decision, place, .. } => {
                let (at, text) = self.quoted(place);
                let decision = &self.program.decisions[decision.index()];
                let name = &self.program.texts[decision.name.index()];
                self.lines.push(format!("  decision {name} takes   {}", self.paint.dim(&at)));
                self.lines.push(format!("    {text}"));
            }
            Event::Rounded { place, before, after, scale } => {
                self.rounded(place, &before, after, scale.unwrap_or(0));
            }
            Event::Posted { place, entry } => self.posted(place, &entry),
            Event::StepBegun { step } => {
                let step = &self.program.steps[step.index()];
                let (at, _) = self.quoted(step.place);
                let name = &self.program.texts[step.name.index()];
                self.lines.push(format!("  step {name}   {}", self.paint.dim(&at)));
            }
        }
    }
}

/// A number before it was rounded, in units of 10^-scale: exact where it ends, else with some digits more.
fn exact(number: &Fraction, scale: u8) -> String {
    /// Digits behind those of the result.
    const MORE: u8 = 6;
    let text = number.text(scale);
    if number.root || !text.contains('/') {
        return text;
    }
    let lifted = &number.numerator * BigInt::from(10u32.pow(u32::from(MORE))) / &number.denominator;
    let (sign, digits) = match lifted.to_string() {
        digits if digits.starts_with('-') => ("-", digits[1..].to_owned()),
        digits => ("", digits),
    };
    let behind = usize::from(scale + MORE);
    let digits = format!("{digits:0>width$}", width = behind + 1);
    let (whole, rest) = digits.split_at(digits.len() - behind);
    format!("{sign}{whole}.{rest}…")
}

/// An amount for people: `156,810.00 IDR`.
fn amount(program: &Program, shape: ShapeId, value: i128) -> String {
    match &program.shapes[shape.index()] {
        Shape::Number { scale, unit: Unit::None } => grouped(&decimal_text(value, *scale)),
        _ => grouped(&border::display_wide(program, shape, value)),
    }
}

/// A value as lines of name and value: records field by field, lists element by element.
pub fn describe(program: &Program, shape: ShapeId, value: &Value, name: &str, out: &mut Vec<(String, String)>) {
    let inner = |field: &FieldShape| {
        let field = &program.texts[field.name.index()];
        if name.is_empty() { field.clone() } else { format!("{name}.{field}") }
    };
    match (&program.shapes[shape.index()], value) {
        (Shape::Record(record), Value::Record(values)) => {
            for (field, value) in record.fields.iter().zip(values) {
                describe(program, field.shape, value, &inner(field), out);
            }
        }
        (Shape::Option(of), Value::Option(Some(value))) => describe(program, *of, value, name, out),
        (Shape::List(of), Value::List(values)) if !values.is_empty() => {
            for (number, value) in values.iter().enumerate() {
                out.push((format!("{name}[{number}]"), border::display(program, *of, value)));
            }
        }
        (Shape::Number { .. }, Value::Word(word)) => {
            out.push((name.to_owned(), amount(program, shape, i128::from(*word))));
        }
        _ => out.push((name.to_owned(), border::display(program, shape, value))),
    }
}

/// Values by name, side by side.
pub fn aligned(values: &[(String, String)]) -> Vec<String> {
    let names = values.iter().map(|(name, _)| width(name)).max().unwrap_or(0);
    let line =
        |(name, value): &(String, String)| format!("  {}  {value}", pad_right(name, names)).trim_end().to_owned();
    values.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_end_is_shown_in_part() {
        let fraction =
            |n: i64, d: i64| Fraction { numerator: BigInt::from(n), denominator: BigInt::from(d), root: false };
        assert_eq!(exact(&fraction(5, 4), 0), "1.25");
        assert_eq!(exact(&fraction(2, 3), 2), "0.00666666…");
        assert_eq!(exact(&fraction(-200, 3), 0), "-66.666666…");
    }
}
