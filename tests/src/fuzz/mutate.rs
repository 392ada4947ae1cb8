//! Texts made of others: bytes, tokens, lines and items put in, taken out, doubled, swapped, and pieces of one text put
//! into another.

use super::BYTES_MAX;
use bp_grammar::split::split;
use bp_grammar::tokens;
use std::ops::Range;

/// A generator of numbers that is the same on every run.
#[derive(Clone, Debug)]
pub struct Numbers(u64);

impl Numbers {
    pub fn new(seed: u64) -> Self {
        // Never zero, where it would stay.
        Numbers(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 11) % limit.max(1) as u64) as usize
    }
}

/// What is put in by itself: marks, words at the edge of what they mean, odd characters, numbers at their limits.
const PIECES: [&str; 68] = [
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "\"",
    "|",
    "=>",
    "->",
    "=",
    "==",
    ".",
    "..",
    ",",
    ":",
    "-",
    "\n",
    "\n\n",
    " ",
    "é",
    "€",
    "\\",
    "match ",
    "if ",
    "else ",
    "step ",
    "let ",
    "for ",
    " where ",
    "1",
    "2026-13-01",
    "//",
    "/// x\n",
    "//! x\n",
    "// c\n",
    "'",
    ";",
    "\nfn ",
    "\n  fn ",
    "\ntype",
    "/*",
    "*/",
    "#",
    "“",
    " is ",
    " not ",
    "with",
    "?",
    "?.",
    "??",
    "e5",
    "\u{feff}",
    "\r",
    "\r\n",
    "\0",
    "\t",
    "none",
    "some(x)",
    "99999999999999999999999999999999999999",
    "0.000000000001",
    "%",
    " USD",
    " days",
    "\"{x}\"",
    "sum(x for x in xs)",
    "use m\n",
    "hold ",
];

/// A text made of the corpus by one to eight changes.
pub fn mutated(corpus: &[String], numbers: &mut Numbers) -> String {
    let mut text = match corpus.get(numbers.below(corpus.len())) {
        Some(text) => beginning(text, numbers),
        None => String::new(),
    };
    for _ in 0..=numbers.below(4) * numbers.below(3) {
        change(&mut text, corpus, numbers);
        let mut end = text.len().min(BYTES_MAX);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
    }
    text
}

/// A whole text, or some of its items.
fn beginning(text: &str, numbers: &mut Numbers) -> String {
    let chunks = split(text, 0).chunks;
    if chunks.len() < 3 || numbers.below(3) == 0 {
        return text.to_owned();
    }
    let mut out = String::new();
    for chunk in chunks.iter().filter(|_| numbers.below(3) > 0) {
        out += &text[chunk.span.range()];
        out += "\n\n";
    }
    out
}

fn change(text: &mut String, corpus: &[String], numbers: &mut Numbers) {
    match numbers.below(10) {
        0 => bytes(text, numbers),
        1 => {
            let at = place(text, numbers);
            text.insert_str(at, PIECES[numbers.below(PIECES.len())]);
        }
        2..=4 => token(text, numbers),
        5 => line(text, numbers),
        6 => item(text, numbers),
        7 => text.truncate(place(text, numbers)),
        _ => splice(text, corpus, numbers),
    }
}

/// A place on a character's boundary.
fn place(text: &str, numbers: &mut Numbers) -> usize {
    let mut at = numbers.below(text.len() + 1);
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Bytes changed as a bad disk would.
fn bytes(text: &mut String, numbers: &mut Numbers) {
    let mut bytes = std::mem::take(text).into_bytes();
    for _ in 0..=numbers.below(4) {
        let (at, value) = (numbers.below(bytes.len()), numbers.below(256) as u8);
        if let Some(byte) = bytes.get_mut(at) {
            *byte = value;
        }
    }
    *text = String::from_utf8_lossy(&bytes).into_owned();
}

/// A token taken out, doubled, swapped with another, or put in the place of another.
fn token(text: &mut String, numbers: &mut Numbers) {
    let spans: Vec<Range<usize>> =
        tokens(text).filter(|token| !token.kind.is_trivia()).map(|token| token.span.range()).collect();
    let (Some(one), Some(other)) =
        (spans.get(numbers.below(spans.len())).cloned(), spans.get(numbers.below(spans.len())).cloned())
    else {
        return;
    };
    match numbers.below(4) {
        0 => text.replace_range(one, ""),
        1 => {
            let doubled = format!(" {}", &text[one.clone()]);
            text.insert_str(one.end, &doubled);
        }
        2 => {
            let by = text[other].to_owned();
            text.replace_range(one, &by);
        }
        _ => {
            let (first, second) = if one.start <= other.start { (one, other) } else { (other, one) };
            if first.end <= second.start {
                let (a, b) = (text[first.clone()].to_owned(), text[second.clone()].to_owned());
                text.replace_range(second, &a);
                text.replace_range(first, &b);
            }
        }
    }
}

fn line(text: &mut String, numbers: &mut Numbers) {
    let mut lines: Vec<&str> = text.split('\n').collect();
    let (one, other) = (numbers.below(lines.len()), numbers.below(lines.len()));
    match numbers.below(4) {
        0 => drop(lines.remove(one)),
        1 => lines.swap(one, other),
        2 => lines.insert(other, lines[one]),
        // Two lines become one.
        _ if one + 1 < lines.len() => {
            let joined = format!("{} {}", lines[one], lines[one + 1].trim_start());
            let mut whole: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
            whole.splice(one..one + 2, [joined]);
            *text = whole.join("\n");
            return;
        }
        _ => {}
    }
    *text = lines.join("\n");
}

fn item(text: &mut String, numbers: &mut Numbers) {
    let chunks = split(text, 0).chunks;
    let Some(chunk) = chunks.get(numbers.below(chunks.len())) else { return };
    let range = chunk.span.range();
    if numbers.below(2) == 0 {
        text.replace_range(range, "");
    } else {
        let doubled = format!("\n{}", &text[range.clone()]);
        text.insert_str(range.end, &doubled);
    }
}

/// A stretch of another text, between two of its tokens, put in somewhere.
fn splice(text: &mut String, corpus: &[String], numbers: &mut Numbers) {
    let Some(other) = corpus.get(numbers.below(corpus.len())) else { return };
    let spans: Vec<Range<usize>> = tokens(other).map(|token| token.span.range()).collect();
    let from = numbers.below(spans.len());
    let to = (from + numbers.below(40)).min(spans.len().saturating_sub(1));
    let (Some(first), Some(last)) = (spans.get(from), spans.get(to)) else { return };
    let at = place(text, numbers);
    text.insert_str(at, &other[first.start..last.end]);
}
