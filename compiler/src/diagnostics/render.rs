//! Diagnostics for people, drawn beside the text they are about, and for programs, as JSON.

use super::{Diagnostic, Edit, Severity};
use crate::source::{FileId, Place, SourceFile, Sources};
use ariadne::{Cache, Color, Config, Fmt, IndexType, Label, Report, ReportKind, Source};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fmt;
use std::ops::Range;

/// A longer line, in characters, is shown in part.
const LONG_LINE: usize = 160;
/// What is shown of a long line: so much before a place, of it, and behind it.
const AROUND: usize = 30;
const OF_PLACE: usize = 60;
/// What is longer, in characters, of words that may quote a program is cut.
const LONG_WORDS: usize = 300;
const LONG_REPLACEMENT: usize = 80;

// ---------------------------------------------------------------- for people

/// Draws all diagnostics, and says how many there are. Nothing at all where there is none.
pub fn human(diagnostics: &[Diagnostic], sources: &Sources, color: bool) -> String {
    let mut views = Views { sources, whole: HashMap::new(), cut: HashMap::new() };
    let mut out = String::new();
    for diagnostic in diagnostics {
        out.push_str(&drawn(diagnostic, &mut views, color));
        out.push('\n');
    }
    if !diagnostics.is_empty() {
        out.push_str(&count(diagnostics));
        out.push('\n');
    }
    out
}

/// `3 errors, 1 warning`
fn count(diagnostics: &[Diagnostic]) -> String {
    let (errors, warnings) = numbers(diagnostics);
    let counted = |number: usize, what: &str| match number {
        0 => None,
        1 => Some(format!("1 {what}")),
        _ => Some(format!("{number} {what}s")),
    };
    let parts: Vec<String> = [counted(errors, "error"), counted(warnings, "warning")].into_iter().flatten().collect();
    parts.join(", ")
}

fn numbers(diagnostics: &[Diagnostic]) -> (usize, usize) {
    let errors = diagnostics.iter().filter(|d| d.severity == Severity::Error).count();
    (errors, diagnostics.len() - errors)
}

/// A label, its bytes within its file's text and on character boundaries.
struct Spot<'d> {
    file: FileId,
    range: Range<usize>,
    text: &'d str,
    main: bool,
}

fn drawn(diagnostic: &Diagnostic, views: &mut Views, color: bool) -> String {
    let sources = views.sources;
    let mut spots: Vec<Spot> = Vec::new();
    let mut nowhere: Vec<&str> = Vec::new();
    for (at, label) in diagnostic.labels.iter().enumerate() {
        match known(sources, label.place) {
            Some((file, range)) => {
                spots.push(Spot {
                    file: label.place.file,
                    range: clamped(&file.text, range),
                    text: &label.text,
                    main: at == 0,
                });
            }
            None => nowhere.push(&label.text),
        }
    }
    // One frame a file, the main place's first; within it as in the text, so that the frame is not begun anew.
    let files = files_of(&spots);
    spots.sort_by_key(|spot| (rank(&files, spot.file), spot.range.end, spot.range.start));
    let mut out = match files.first() {
        Some(_) => report(diagnostic, &spots, &files, views, color),
        None => headline(diagnostic, color),
    };
    let mut say = |what: &str, text: &str| {
        let what = if color { what.fg(Color::Cyan).to_string() } else { what.to_owned() };
        out.push_str(&format!("  {what}: {}\n", shown(text, LONG_WORDS)));
    };
    for text in nowhere.into_iter().filter(|text| !text.is_empty()) {
        say("note", text);
    }
    for note in &diagnostic.notes {
        say("note", note);
    }
    let told = diagnostic.labels.first().map_or("", |label| &label.text);
    for offer in diagnostic.edits.iter().map(offer).filter(|offer| offer != told) {
        say("help", &offer);
    }
    out
}

fn files_of(spots: &[Spot]) -> Vec<FileId> {
    let mut files = Vec::new();
    for spot in spots {
        if !files.contains(&spot.file) {
            files.push(spot.file);
        }
    }
    files
}

fn rank(files: &[FileId], file: FileId) -> usize {
    files.iter().position(|known| *known == file).unwrap_or(files.len())
}

fn kind(severity: Severity) -> (ReportKind<'static>, Color) {
    match severity {
        Severity::Error => (ReportKind::Error, Color::Red),
        Severity::Warning => (ReportKind::Warning, Color::Yellow),
    }
}

/// A diagnostic that no known file is the place of.
fn headline(diagnostic: &Diagnostic, color: bool) -> String {
    let (kind, paint) = kind(diagnostic.severity);
    let head = format!("[{}] {kind}:", diagnostic.code);
    let head = if color { head.fg(paint).to_string() } else { head };
    format!("{head} {}\n", shown(&diagnostic.message, LONG_WORDS))
}

fn report(diagnostic: &Diagnostic, spots: &[Spot], files: &[FileId], views: &mut Views, color: bool) -> String {
    let (kind, paint) = kind(diagnostic.severity);
    let cuts: Vec<Option<Cut>> = files.iter().map(|file| views.show(*file, spots)).collect();
    let placed = |spot: &Spot| {
        let range = match &cuts[rank(files, spot.file)] {
            Some(cut) => cut.map(spot.range.start)..cut.map(spot.range.end),
            None => spot.range.clone(),
        };
        (spot.file, range)
    };
    // The head of a file's frame names the main place, or the first one in that file.
    let first = |file: FileId| {
        let of_file = || spots.iter().filter(move |spot| spot.file == file);
        of_file().find(|spot| spot.main).or_else(|| of_file().next())
    };
    let Some(main) = files.first().and_then(|file| first(*file)) else { return headline(diagnostic, color) };
    // Before the labels: a label's colour is dropped only while it is added.
    let config = Config::new().with_index_type(IndexType::Byte).with_color(color);
    let mut report = Report::build(kind, placed(main))
        .with_config(config)
        .with_code(diagnostic.code)
        .with_message(shown(&diagnostic.message, LONG_WORDS));
    for spot in spots {
        // Without words a label is not drawn at all.
        let text = if spot.text.is_empty() { "here" } else { spot.text };
        let label = Label::new(placed(spot))
            .with_message(shown(text, LONG_WORDS))
            .with_color(if spot.main { paint } else { Color::Blue })
            .with_order(rank(files, spot.file) as i32)
            .with_priority(i32::from(spot.main));
        report.add_label(label);
    }
    let mut bytes = Vec::new();
    if report.finish().write(&mut *views, &mut bytes).is_err() {
        return headline(diagnostic, color);
    }
    let mut text = String::from_utf8_lossy(&bytes).into_owned();
    for file in files {
        if let Some(spot) = first(*file) {
            let (line, column) = views.sources.get(*file).line_column(spot.range.start as u32);
            let path = shown(&views.sources.get(*file).path, LONG_WORDS);
            name_frame(&mut text, *file, &format!("{path}:{line}:{column}"));
        }
    }
    text.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

/// What stands in a frame's head until [`name_frame`] puts the place there: the drawn column is one of what is shown,
/// and for a second file it would be counted in other units than it was given.
struct Marked(FileId);

impl fmt::Display for Marked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\u{1}{}", self.0.0)
    }
}

/// Puts a file's place where its mark is. The shown text has no control characters, so the mark is unique.
fn name_frame(text: &mut String, file: FileId, name: &str) {
    let mark = format!("{}:", Marked(file));
    if let Some(start) = text.find(&mark) {
        let end = text[start..].find(' ').map_or(text.len(), |end| start + end);
        text.replace_range(start..end, name);
    }
}

fn offer(edit: &Edit) -> String {
    let mut lines = edit.replacement.lines();
    let first = lines.next().unwrap_or("");
    let cut = shown(first, LONG_REPLACEMENT);
    let replacement = if lines.next().is_some() { format!("{cut} …") } else { cut };
    let replacement = replacement.trim();
    if replacement.is_empty() || edit.title.contains(&format!("`{replacement}`")) {
        edit.title.clone()
    } else {
        format!("{}: `{replacement}`", edit.title)
    }
}

/// The texts of files as they are drawn.
struct Views<'s> {
    sources: &'s Sources,
    /// Files byte by byte at the same places; made once.
    whole: HashMap<FileId, Source<String>>,
    /// Files with long lines cut around the places of one diagnostic.
    cut: HashMap<FileId, Source<String>>,
}

impl Views<'_> {
    /// Makes ready a file for the spots in it. With a cut, places have to be mapped by it.
    fn show(&mut self, file: FileId, spots: &[Spot]) -> Option<Cut> {
        let source = self.sources.get(file);
        let ranges: Vec<&Range<usize>> =
            spots.iter().filter(|spot| spot.file == file).map(|spot| &spot.range).collect();
        let long = |at: usize| is_long(&source.text[line_of(&source.text, at)]);
        if ranges.iter().any(|range| long(range.start) || long(range.end)) {
            let (text, cut) = cut(source, &ranges);
            self.cut.insert(file, Source::from(text));
            return Some(cut);
        }
        self.cut.remove(&file);
        self.whole.entry(file).or_insert_with(|| {
            // One blank more, so that there is a line to show behind the last line end.
            let mut text = drawable(&source.text);
            text.push(' ');
            Source::from(text)
        });
        None
    }
}

impl Cache<FileId> for Views<'_> {
    type Storage = String;

    fn fetch(&mut self, id: &FileId) -> Result<&Source<String>, impl fmt::Debug> {
        self.cut.get(id).or_else(|| self.whole.get(id)).ok_or("a file was not made ready")
    }

    fn display<'a>(&self, id: &'a FileId) -> Option<impl fmt::Display + 'a> {
        Some(Marked(*id))
    }
}

/// Which parts of a file are shown.
struct Cut {
    /// Bytes of the file, and where they begin in what is shown; in order.
    parts: Vec<(Range<usize>, usize)>,
}

impl Cut {
    /// Where a byte of the file is shown; what is left out is at the end of the part before.
    fn map(&self, at: usize) -> usize {
        let behind = self.parts.partition_point(|(part, _)| part.start <= at);
        match behind.checked_sub(1).map(|index| &self.parts[index]) {
            Some((part, shown)) => shown + at.min(part.end) - part.start,
            None => 0,
        }
    }
}

/// The lines of the ranges, the long ones in part, at the same line numbers; all other lines are empty.
fn cut(source: &SourceFile, ranges: &[&Range<usize>]) -> (String, Cut) {
    let text = &source.text;
    let mut windows: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        let line = line_of(text, range.start);
        let place = range.start..range.end.min(line.end).min(forward(text, range.start, OF_PLACE, line.end));
        windows.push(window(text, place, line.clone()));
        let last = line_of(text, range.end);
        if last != line {
            windows.push(window(text, range.end..range.end, last));
        }
    }
    windows.sort_by_key(|window| (window.start, window.end));
    let mut shown = String::new();
    let mut parts: Vec<(Range<usize>, usize)> = Vec::new();
    let mut number = 1;
    for window in joined(text, windows) {
        let line = line_of(text, window.start);
        let wanted = source.line_column(line.start as u32).0;
        shown.extend(std::iter::repeat_n('\n', wanted.saturating_sub(number) as usize));
        number = wanted;
        let goes_on = parts.last().is_some_and(|(part, _)| part.start >= line.start);
        if window.start > line.start && !goes_on {
            shown.push('…');
        }
        parts.push((window.clone(), shown.len()));
        shown.push_str(&drawable(&text[window.clone()]));
        if window.end < line.end {
            shown.push('…');
        }
    }
    shown.push(' ');
    (shown, Cut { parts })
}

/// A place with a little of its line around it; the whole line where that is short.
fn window(text: &str, place: Range<usize>, line: Range<usize>) -> Range<usize> {
    if !is_long(&text[line.clone()]) {
        return line;
    }
    back(text, place.start, AROUND, line.start)..forward(text, place.end, AROUND, line.end)
}

/// Sorted windows, those that overlap put together.
fn joined(text: &str, windows: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let mut joined: Vec<Range<usize>> = Vec::new();
    for window in windows {
        match joined.last_mut() {
            Some(last) if window.start <= last.end && line_of(text, last.start) == line_of(text, window.start) => {
                last.end = last.end.max(window.end);
            }
            _ => joined.push(window),
        }
    }
    joined
}

fn is_long(line: &str) -> bool {
    line.len() > LONG_LINE && line.chars().count() > LONG_LINE
}

/// The bytes of the line that a byte stands on, without its end.
fn line_of(text: &str, at: usize) -> Range<usize> {
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
    // A byte may stand between the two characters of a line end.
    let end = if end > at && text[..end].ends_with('\r') { end - 1 } else { end };
    start..end
}

fn back(text: &str, at: usize, characters: usize, limit: usize) -> usize {
    let at = at.max(limit);
    text[limit..at].char_indices().rev().nth(characters.saturating_sub(1)).map_or(limit, |(index, _)| limit + index)
}

fn forward(text: &str, at: usize, characters: usize, limit: usize) -> usize {
    let limit = limit.max(at);
    text[at..limit].char_indices().nth(characters).map_or(limit, |(index, _)| at + index)
}

/// The file of a place and its bytes. A diagnostic may have no place, when there is no file at all.
pub(super) fn known(sources: &Sources, place: Place) -> Option<(&SourceFile, Range<usize>)> {
    ((place.file.0 as usize) < sources.len()).then(|| (sources.get(place.file), place.span.range()))
}

/// The range within the text and on character boundaries.
pub(super) fn clamped(text: &str, range: Range<usize>) -> Range<usize> {
    let start = text.floor_char_boundary(range.start);
    let end = text.ceil_char_boundary(range.end);
    start..end.max(start)
}

/// The same text, byte for byte at the same places, with nothing in it that would move the cursor, end a line where the
/// file does not, turn the direction of writing or not be seen.
fn drawable(text: &str) -> String {
    let mut made = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '\n' | '\t' => made.push(character),
            '\r' if rest.peek() == Some(&'\n') => made.push(character),
            // At the beginning of a file it only says how the file is written.
            '\u{feff}' if made.is_empty() => made.push(character),
            _ if disturbs(character) => made.push_str(match character.len_utf8() {
                1 => " ",
                2 => "·",
                _ => "\u{fffd}",
            }),
            _ => made.push(character),
        }
    }
    made
}

fn disturbs(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Words for one line of the terminal.
fn shown(words: &str, most: usize) -> String {
    let cut = forward(words, 0, most, words.len());
    let clean = |c: char| if disturbs(c) { ' ' } else { c };
    let mut shown: String = words[..cut].chars().map(clean).collect();
    if cut < words.len() {
        shown.push('…');
    }
    shown
}

// ---------------------------------------------------------------- for programs

/// Diagnostics for other programs. The shape is stable: members may be added, none goes or changes its meaning.
///
/// ```json
/// {
///   "diagnostics": [{
///     "code": "BP0108",
///     "title": "a comparison that is not written right",
///     "severity": "error",
///     "message": "one `=` does not compare",
///     "labels": [{
///       "path": "shop.bp", "start": 20, "end": 21,
///       "line": 2, "column": 8, "end_line": 2, "end_column": 9,
///       "text": "write `==` to compare"
///     }],
///     "notes": ["`=` gives a name its value: `total = 5`"],
///     "edits": [{
///       "path": "shop.bp", "start": 20, "end": 21,
///       "line": 2, "column": 8, "end_line": 2, "end_column": 9,
///       "title": "write `==` to compare", "replacement": "=="
///     }]
///   }],
///   "errors": 1,
///   "warnings": 0
/// }
/// ```
///
/// `severity` is `error` or `warning`. The first label is the place of the fault; a fault of no file has none. `start`
/// and `end` count bytes of the file in UTF-8 from 0, `line` and `column` count from 1, columns in characters; what is
/// at an end is just behind. Each edit mends the fault by itself: it replaces the text from `start` to `end`.
pub fn json(diagnostics: &[Diagnostic], sources: &Sources) -> Value {
    let (errors, warnings) = numbers(diagnostics);
    let diagnostics: Vec<Value> = diagnostics.iter().map(|diagnostic| one_json(diagnostic, sources)).collect();
    json!({ "diagnostics": diagnostics, "errors": errors, "warnings": warnings })
}

fn one_json(diagnostic: &Diagnostic, sources: &Sources) -> Value {
    let labels = diagnostic.labels.iter().filter_map(|label| {
        let mut value = place_json(label.place, sources)?;
        value["text"] = json!(label.text);
        Some(value)
    });
    let edits = diagnostic.edits.iter().filter_map(|edit| {
        let mut value = place_json(edit.place, sources)?;
        value["title"] = json!(edit.title);
        value["replacement"] = json!(edit.replacement);
        Some(value)
    });
    json!({
        "code": diagnostic.code.to_string(),
        "title": diagnostic.code.title(),
        "severity": match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        "message": diagnostic.message,
        "labels": labels.collect::<Vec<Value>>(),
        "notes": diagnostic.notes,
        "edits": edits.collect::<Vec<Value>>(),
    })
}

fn place_json(place: Place, sources: &Sources) -> Option<Value> {
    let (file, range) = known(sources, place)?;
    let range = clamped(&file.text, range);
    let (line, column) = file.line_column(range.start as u32);
    let (end_line, end_column) = file.line_column(range.end as u32);
    Some(json!({
        "path": file.path,
        "start": range.start,
        "end": range.end,
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::Code;
    use bp_grammar::span::Span;

    fn sources(files: &[(&str, &str)]) -> Sources {
        let mut sources = Sources::default();
        for (path, text) in files {
            sources.add((*path).to_owned(), (*text).to_owned());
        }
        sources
    }

    /// The place of `what` in a file.
    fn place(sources: &Sources, file: u32, what: &str) -> Place {
        let start = sources.get(FileId(file)).text.find(what).expect("the text is in the file") as u32;
        Place { file: FileId(file), span: Span::new(start, start + what.len() as u32) }
    }

    fn compare(place: Place) -> Diagnostic {
        Diagnostic::new(Code::SyntaxComparison, place, "one `=` does not compare").here("write `==` to compare")
    }

    fn lines(text: &str) -> Vec<&str> {
        text.lines().collect()
    }

    #[test]
    fn draws_a_fault_with_notes_and_edits() {
        let sources = sources(&[("shop.bp", "fn f() {\n  if x = 3 { }\n}\n")]);
        let at = place(&sources, 0, "=");
        // What the label says is not said again.
        let fault = compare(at).note("`=` sets").edit(at, "write `==` to compare", "==");
        let fault = fault.edit(at, "write `is`", "is").edit(at, "or this", "!=");
        let text = human(&[fault], &sources, false);
        assert_eq!(
            lines(&text),
            [
                "[BP0108] Error: one `=` does not compare",
                "   ╭─[ shop.bp:2:8 ]",
                "   │",
                " 2 │   if x = 3 { }",
                "   │        ┬",
                "   │        ╰── write `==` to compare",
                "───╯",
                "  note: `=` sets",
                "  help: write `is`",
                "  help: or this: `!=`",
                "",
                "1 error",
            ]
        );
    }

    #[test]
    fn places_are_right_behind_other_letters_tabs_and_line_ends() {
        let sources = sources(&[("straße/küche.bp", "// größer 東京 👍\r\n\tlet ü = \"東京\"; x\r\n")]);
        let text = human(&[compare(place(&sources, 0, ";"))], &sources, false);
        assert_eq!(
            lines(&text)[1..6],
            [
                "   ╭─[ straße/küche.bp:2:14 ]",
                "   │",
                " 2 │     let ü = \"東京\"; x",
                "   │                   ┬",
                "   │                   ╰── write `==` to compare",
            ]
        );
    }

    #[test]
    fn an_empty_place_at_the_end_is_shown() {
        for (text, head, row) in
            [("let a", "a.bp:1:6", " 1 │ let a"), ("x\nlet\n", "a.bp:3:1", " 3 │"), ("", "a.bp:1:1", " 1 │")]
        {
            let sources = sources(&[("a.bp", text)]);
            let end = text.len() as u32;
            let drawn = human(&[compare(Place { file: FileId(0), span: Span::new(end, end) })], &sources, false);
            assert_eq!(lines(&drawn)[1], format!("   ╭─[ {head} ]"), "{text:?}");
            assert_eq!(lines(&drawn)[3], row, "{text:?}");
            assert!(drawn.contains("╰─ write `==` to compare"), "{drawn}");
        }
    }

    #[test]
    fn labels_of_two_files_have_a_frame_each() {
        let sources = sources(&[("a.bp", "currency EUR\n"), ("b.bp", "// é é é é\ncurrency IDR\n")]);
        let fault = compare(place(&sources, 0, "EUR")).label(place(&sources, 1, "IDR"), "IDR here");
        let warning = Diagnostic { severity: Severity::Warning, ..compare(place(&sources, 1, "é")) };
        let text = human(&[fault.clone(), fault, warning], &sources, false);
        assert_eq!(
            lines(&text)[1..11],
            [
                "   ╭─[ a.bp:1:10 ]",
                "   │",
                " 1 │ currency EUR",
                "   │          ─┬─",
                "   │           ╰─── write `==` to compare",
                "   │",
                "   ├─[ b.bp:2:10 ]",
                "   │",
                " 2 │ currency IDR",
                "   │          ─┬─",
            ]
        );
        assert!(text.ends_with("\n\n2 errors, 1 warning\n"), "{text}");
        assert!(text.contains("[BP0108] Warning: "));
    }

    #[test]
    fn a_second_place_above_stays_in_the_frame() {
        let sources = sources(&[("a.bp", "fn f( {\n\n\n}\n")]);
        let fault = compare(place(&sources, 0, "}")).label(place(&sources, 0, "("), "opened here");
        let text = human(&[fault], &sources, false);
        assert_eq!(
            lines(&text)[1..11],
            [
                "   ╭─[ a.bp:4:1 ]",
                "   │",
                " 1 │ fn f( {",
                "   │     ┬",
                "   │     ╰── opened here",
                "   │",
                " 4 │ }",
                "   │ ┬",
                "   │ ╰── write `==` to compare",
                "───╯",
            ]
        );
    }

    #[test]
    fn long_lines_are_cut_around_their_places() {
        let filler = "é".repeat(5_000);
        let sources = sources(&[("a.bp", &format!("one\n{filler}(=){filler}<\nlast\n"))]);
        let wide = place(&sources, 0, &format!("{filler}<"));
        let fault =
            compare(place(&sources, 0, "=")).label(place(&sources, 0, "<"), "opened here").label(wide, "all this");
        let text = human(std::slice::from_ref(&fault), &sources, false);
        assert!(text.contains("a.bp:2:5002 ]"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() < 250), "{text}");
        let row = text.lines().find(|line| line.starts_with(" 2 │")).expect("the line is shown");
        assert!(row.starts_with(" 2 │ …éé") && row.contains("(=)") && row.ends_with("é<"), "{row}");
        let only = human(&[Diagnostic { labels: fault.labels[..1].to_vec(), ..fault }], &sources, false);
        let column = |mark: &str| only.lines().find_map(|l| l.find(mark).map(|at| l[..at].chars().count()));
        assert_eq!(column("=)é"), column("┬"), "{only}");
    }

    #[test]
    fn places_outside_of_the_text_do_no_harm() {
        let sources = sources(&[("a.bp", "é\n")]);
        for (start, end) in [(1, 1), (0, 1), (1, 99), (50, 99), (2, 3)] {
            let text = human(&[compare(Place { file: FileId(0), span: Span::new(start, end) })], &sources, false);
            assert!(text.contains("write `==`"), "{start}..{end}\n{text}");
        }
        let nowhere = Place { file: FileId(7), span: Span::new(0, 1) };
        let text = human(&[compare(nowhere).note("more")], &sources, false);
        assert_eq!(
            lines(&text)[..3],
            ["[BP0108] Error: one `=` does not compare", "  note: write `==` to compare", "  note: more"]
        );
        assert_eq!(human(&[], &sources, true), "");
    }

    #[test]
    fn places_over_several_lines_are_drawn() {
        let long = "x".repeat(300);
        for body in ["a", &long] {
            let sources = sources(&[("a.bp", &format!("fn f() {{\n  {body}\n  {body}\n}}\nfn g()\n"))]);
            let text = human(&[compare(place(&sources, 0, &sources.get(FileId(0)).text[3..]))], &sources, false);
            assert!(text.contains(" 1 │ ╭") && text.contains("write `==`"), "{text}");
            assert!(text.lines().count() < 16 && text.lines().all(|l| l.chars().count() < 200), "{text}");
        }
    }

    #[test]
    fn colours_only_where_they_are_wanted() {
        let sources = sources(&[("a.bp", "if x = 3\n\u{1b}[31m \u{202e}\u{b}\u{85}\u{2028}\r =\n")]);
        let at = Place { file: FileId(0), span: Span::new(9, 12) };
        let fault = compare(at).note("n\u{1b}[0m").edit(at, "t", "r").label(place(&sources, 0, "="), "two");
        let plain = human(std::slice::from_ref(&fault), &sources, false);
        assert!(!plain.contains(['\u{1b}', '\u{202e}', '\u{b}', '\u{1}', '\r']), "{plain:?}");
        assert!(plain.contains(" 2 │  [31m "), "{plain}");
        assert!(plain.lines().all(|line| line == line.trim_end()), "{plain}");
        let painted = human(&[fault], &sources, true);
        assert!(painted.contains("\u{1b}[31m[BP0108] Error:") && painted.contains("a.bp:2:1 "), "{painted:?}");
    }

    #[test]
    fn json_has_the_documented_shape() {
        let sources = sources(&[("a.bp", "// é\nif x = 3\n")]);
        let at = place(&sources, 0, "=");
        let nowhere = Place { file: FileId(7), span: Span::new(0, 1) };
        let fault = compare(at).note("n").edit(at, "t", "==").label(nowhere, "not there");
        let place = json!({
            "path": "a.bp", "start": 11, "end": 12, "line": 2, "column": 6, "end_line": 2, "end_column": 7,
        });
        let (mut label, mut edit) = (place.clone(), place);
        label["text"] = json!("write `==` to compare");
        edit["title"] = json!("t");
        edit["replacement"] = json!("==");
        let expected = json!({
            "diagnostics": [{
                "code": "BP0108",
                "title": "a comparison that is not written right",
                "severity": "error",
                "message": "one `=` does not compare",
                "labels": [label],
                "notes": ["n"],
                "edits": [edit],
            }],
            "errors": 1,
            "warnings": 0,
        });
        assert_eq!(json(&[fault], &sources), expected);
    }
}
