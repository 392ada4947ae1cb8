//! Numbers, dates, times and texts.

use super::nodes::{Node, Nodes};
use super::{Builder, Rule};
use crate::ast::{DateLit, DateTimeLit, Expr, ExprKind, Ident, MonthLit, Number, TextLit, TextPart, TimeLit, UnitRef};
use crate::error::{BadDate, BadTime, SyntaxErrorKind};
use crate::span::Span;
use smol_str::SmolStr;

/// The most digits of a number; each fits 128 bits.
pub const MAX_DIGITS: u32 = 38;
/// The most digits behind the point.
pub const MAX_DECIMALS: u32 = 36;

impl<'a> Builder<'a> {
    pub(super) fn literal(&mut self, node: Node<'a>) -> Expr {
        let span = self.span(&node);
        let text = node.as_str();
        let kind = match node.as_rule() {
            Rule::number => return self.number(node),
            Rule::text => return self.text(node),
            Rule::bool => ExprKind::Bool(text == "true"),
            Rule::none => ExprKind::None,
            Rule::date => self.date_kind(date(text).map(ExprKind::Date), span),
            Rule::month => self.date_kind(month(text).map(ExprKind::Month), span),
            Rule::date_time => self.date_kind(date_time(text).map(ExprKind::DateTime), span),
            Rule::bad_date => self.date_kind(Err(bad_date(text)), span),
            Rule::time => match time(text) {
                Some(time) => ExprKind::Time(time),
                None => {
                    self.error(span, SyntaxErrorKind::BadTime { reason: BadTime::Range });
                    ExprKind::Invalid
                }
            },
            _ => {
                self.internal(span, "a literal is unknown");
                ExprKind::Invalid
            }
        };
        Expr { span, kind }
    }

    fn date_kind(&mut self, kind: Result<ExprKind, BadDate>, span: Span) -> ExprKind {
        kind.unwrap_or_else(|reason| {
            self.error(span, SyntaxErrorKind::BadDate { reason });
            ExprKind::Invalid
        })
    }

    fn number(&mut self, node: Node<'a>) -> Expr {
        let span = self.span(&node);
        let mut nodes = Nodes::inside(node);
        let Some(digits) = nodes.next() else {
            self.internal(span, "digits are missing");
            return Expr { span, kind: ExprKind::Invalid };
        };
        let digits_span = self.span(&digits);
        let unit = nodes.next().map(|unit| {
            let span = self.span(&unit);
            if unit.as_rule() == Rule::percent_sign {
                UnitRef::Percent(span)
            } else {
                UnitRef::Named(Ident { text: SmolStr::new(unit.as_str()), span })
            }
        });
        if let Some(UnitRef::Named(unit)) = &unit
            && unit.span.start == digits_span.end
            && let Some(kind) = other_notation(digits.as_str(), &unit.text)
        {
            self.error(digits_span.to(unit.span), kind);
            return Expr { span, kind: ExprKind::Invalid };
        }
        if let Some(kind) = self.touching(span) {
            self.error(span, kind);
            return Expr { span, kind: ExprKind::Invalid };
        }
        match decimal(digits.as_str()) {
            Ok((value, scale)) => Expr { span, kind: ExprKind::Number(Number { value, scale, unit }) },
            Err(kind) => {
                self.error(digits_span, kind);
                Expr { span, kind: ExprKind::Invalid }
            }
        }
    }

    /// What touches a number at its right and is not part of it.
    fn touching(&self, number: Span) -> Option<SyntaxErrorKind> {
        let rest = &self.text[(number.end - self.base) as usize..];
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        match rest.chars().next() {
            Some('_') => Some(SyntaxErrorKind::MisplacedUnderscore),
            Some(_) if end > 0 => Some(SyntaxErrorKind::Unexpected {
                found: format!("`{}`", &rest[..end]).into(),
                expected: vec!["a unit", "a blank"],
                within: Some("a number"),
            }),
            _ => None,
        }
    }

    /// A text, perhaps with holes.
    pub(super) fn text(&mut self, node: Node<'a>) -> Expr {
        let span = self.span(&node);
        if node.as_str().contains('\n') {
            // Only a hole can reach over a line end.
            self.error(super::first_line(self.text, self.base, span), SyntaxErrorKind::UnclosedText);
            return Expr { span, kind: ExprKind::Invalid };
        }
        let mut parts = Vec::new();
        let mut chars = String::new();
        for part in Nodes::inside(node) {
            match part.as_rule() {
                Rule::chars => chars.push_str(part.as_str()),
                Rule::escape => chars.push(escaped(part.as_str())),
                Rule::hole => {
                    if !chars.is_empty() {
                        parts.push(TextPart::Chars(SmolStr::new(&chars)));
                        chars.clear();
                    }
                    let mut inside = Nodes::inside(part);
                    let value = self.expr(inside.next());
                    let format = inside.next().map(|f| SmolStr::new(f.as_str().trim_end()));
                    parts.push(TextPart::Hole { value, format });
                }
                _ => self.internal(span, "a part of a text is unknown"),
            }
        }
        if !chars.is_empty() {
            parts.push(TextPart::Chars(SmolStr::new(&chars)));
        }
        Expr { span, kind: ExprKind::Text(parts) }
    }

    /// A text that can have no holes: a title, a code, a file name.
    pub(super) fn text_lit(&mut self, node: Option<Node<'a>>) -> TextLit {
        let Some(node) = node else {
            self.internal(self.whole(), "a text is missing");
            return TextLit { text: SmolStr::default(), span: self.whole() };
        };
        let span = self.span(&node);
        let mut text = String::new();
        for part in Nodes::inside(node) {
            match part.as_rule() {
                Rule::chars => text.push_str(part.as_str()),
                Rule::escape => text.push(escaped(part.as_str())),
                _ => {
                    let hole = self.span(&part);
                    self.error(super::first_line(self.text, self.base, hole), SyntaxErrorKind::HoleNotAllowed);
                }
            }
        }
        TextLit { text: text.into(), span }
    }
}

fn escaped(escape: &str) -> char {
    match escape.as_bytes().get(1) {
        Some(b'n') => '\n',
        Some(b't') => '\t',
        Some(other) => char::from(*other),
        None => '\\',
    }
}

/// Digits to a value and its scale.
fn decimal(text: &str) -> Result<(i128, u8), SyntaxErrorKind> {
    let mut value: i128 = 0;
    let mut digits = 0;
    let mut scale = None;
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' => {
                if digits > 0 || byte != b'0' {
                    digits += 1;
                }
                if digits > MAX_DIGITS {
                    return Err(SyntaxErrorKind::TooManyDigits { limit: MAX_DIGITS });
                }
                value = value * 10 + i128::from(byte - b'0');
                if let Some(scale) = &mut scale {
                    *scale += 1;
                    if *scale > MAX_DECIMALS {
                        return Err(SyntaxErrorKind::TooManyDecimals { limit: MAX_DECIMALS });
                    }
                }
            }
            b'.' => scale = Some(0),
            _ => {}
        }
    }
    Ok((value, scale.unwrap_or(0) as u8))
}

/// Letters that touch a number and are no unit, but a way of writing numbers elsewhere.
fn other_notation(digits: &str, unit: &str) -> Option<SyntaxErrorKind> {
    if let Some(rest) = unit.strip_prefix(['x', 'b', 'o'])
        && digits == "0"
        && rest.starts_with(|c: char| c.is_ascii_hexdigit())
        && rest.bytes().all(|b| b.is_ascii_hexdigit() || b == b'_')
    {
        return Some(SyntaxErrorKind::OtherNotation);
    }
    let rest = unit.strip_prefix(['e', 'E'])?;
    if (rest.is_empty() && digits.contains('.')) || (!rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit())) {
        return Some(SyntaxErrorKind::Exponent);
    }
    None
}

fn part(text: &str, from: usize, to: usize) -> i16 {
    text.get(from..to).and_then(|digits| digits.parse().ok()).unwrap_or(-1)
}

fn month(text: &str) -> Result<MonthLit, BadDate> {
    let month = part(text, 5, 7);
    if !(1..=12).contains(&month) {
        return Err(BadDate::Month);
    }
    Ok(MonthLit { year: part(text, 0, 4), month: month as u8 })
}

fn date(text: &str) -> Result<DateLit, BadDate> {
    let MonthLit { year, month } = month(text)?;
    let day = part(text, 8, 10);
    let last = last_day(year, month);
    if day < 1 || day > i16::from(last) {
        return Err(BadDate::Day { last });
    }
    Ok(DateLit { year, month, day: day as u8 })
}

fn last_day(year: i16, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 => 29,
        2 => 28,
        _ => 31,
    }
}

fn time(text: &str) -> Option<TimeLit> {
    let (hour, minute) = (part(text, 0, 2), part(text, 3, 5));
    ((0..24).contains(&hour) && (0..60).contains(&minute)).then_some(TimeLit { hour: hour as u8, minute: minute as u8 })
}

/// `2026-11-21T08:00`, then perhaps `:30`, then perhaps `Z` or `+07:00`.
fn date_time(text: &str) -> Result<DateTimeLit, BadDate> {
    let date = date(text)?;
    let TimeLit { hour, minute } = text.get(11..16).and_then(time).ok_or(BadDate::Time)?;
    let rest = text.get(16..).unwrap_or("");
    let (second, zone) = match rest.strip_prefix(':') {
        Some(rest) => (part(rest, 0, 2), rest.get(2..).unwrap_or("")),
        None => (0, rest),
    };
    if !(0..60).contains(&second) {
        return Err(BadDate::Time);
    }
    let offset_minutes = match zone {
        "" => None,
        "Z" => Some(0),
        zone => {
            let offset = zone.get(1..).and_then(time).filter(|z| z.hour < 15).ok_or(BadDate::Zone)?;
            let minutes = i16::from(offset.hour) * 60 + i16::from(offset.minute);
            Some(if zone.starts_with('-') { -minutes } else { minutes })
        }
    };
    Ok(DateTimeLit { date, hour, minute, second: second as u8, offset_minutes })
}

/// What is wrong with something that begins like a date and has not its form.
fn bad_date(text: &str) -> BadDate {
    let day_part = text.split('T').next().unwrap_or(text);
    let right_form = |text: &str| text.len() == 10 && text.split('-').map(str::len).eq([4, 2, 2]);
    if right_form(day_part) && text.len() > day_part.len() && date(day_part).is_ok() {
        return BadDate::Time;
    }
    BadDate::Form
}
