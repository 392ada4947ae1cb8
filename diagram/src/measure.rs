//! How wide text is, by a table: pictures are made without any font at hand, and are the same everywhere.

/// Widths of the characters from blank to tilde in thousandths of the size, as Helvetica and its like have them.
const WIDTHS: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556,
    556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833,
    722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556,
    556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334,
    260, 334, 584,
];

/// Other fonts are a little wider; what is written has to fit with them too.
const SLACK_PERCENT: u32 = 10;

fn character(c: char) -> u32 {
    match c as u32 {
        code @ 32..127 => u32::from(WIDTHS[code as usize - 32]),
        // Latin with marks, Greek, Cyrillic; dashes and quotes. Others may be as wide as they are high.
        0..0x0530 | 0x2010..0x2040 => 620,
        _ => 1000,
    }
}

/// The width of a line of text in a size, both in pixels, rounded up.
pub fn width(text: &str, size: i32) -> i32 {
    let thousandths: u32 = text.chars().map(character).sum();
    (thousandths * size as u32 * (100 + SLACK_PERCENT)).div_ceil(100_000) as i32
}

/// The width of the widest line.
pub fn widest(lines: &[String], size: i32) -> i32 {
    lines.iter().map(|line| width(line, size)).max().unwrap_or(0)
}

/// Breaks text into lines that are no wider than `most` pixels, at blanks where that goes, else behind a mark or
/// anywhere. What does not fit into so many lines ends in `…`.
pub fn wrap(text: &str, size: i32, most: i32, lines_most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace().flat_map(|word| pieces(word, size, most)) {
        let (glued, word) = word;
        let longer = if line.is_empty() || glued { format!("{line}{word}") } else { format!("{line} {word}") };
        if width(&longer, size) <= most || line.is_empty() {
            line = longer;
        } else {
            lines.push(std::mem::replace(&mut line, word));
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    if lines.len() > lines_most {
        lines.truncate(lines_most);
        if let Some(last) = lines.last_mut() {
            while width(last, size) + width("…", size) > most && last.pop().is_some() {}
            *last = format!("{}…", last.trim_end());
        }
    }
    lines
}

/// A word, in parts if it is too wide for a line; each but the first is glued to what stands before it.
fn pieces(word: &str, size: i32, most: i32) -> Vec<(bool, String)> {
    if width(word, size) <= most {
        return vec![(false, word.to_owned())];
    }
    let mut parts: Vec<String> = vec![String::new()];
    for c in word.chars() {
        let part = parts.last_mut().expect("there is a first part");
        part.push(c);
        let next = matches!(c, '_' | '.' | ',' | '(' | '/' | '-') || width(part, size) + size > most;
        if next {
            parts.push(String::new());
        }
    }
    parts.retain(|part| !part.is_empty());
    parts.into_iter().enumerate().map(|(at, part)| (at > 0, part)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_no_wider_than_asked() {
        let text = "Approve request.cost_centre.department.company_with_a_long_name of {requester} until Friday";
        for most in [60, 90, 140] {
            let lines = wrap(text, 12, most, 50);
            assert!(lines.iter().all(|line| width(line, 12) <= most), "{lines:?}");
            let whole: String = lines.concat().split_whitespace().collect();
            assert_eq!(whole, text.split_whitespace().collect::<String>());
        }
    }

    #[test]
    fn what_does_not_fit_is_cut() {
        assert_eq!(wrap("one two three four five", 12, 60, 2), ["one two", "three fo…"]);
        assert_eq!(wrap("", 12, 60, 2), Vec::<String>::new());
        assert_eq!(wrap("日本語の長い文", 12, 30, 9).len(), 4);
    }
}
