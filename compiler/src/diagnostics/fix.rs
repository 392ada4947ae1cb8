//! Makes the changes that diagnostics suggest.
//!
//! The edits of a diagnostic are alternatives, so the first is taken. Where two diagnostics would change the same text
//! the one that begins first wins; the other is told again when the file is checked anew.

use super::{Code, Diagnostic};
use crate::source::Sources;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::Range;

/// A change of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    pub code: Code,
    /// `write == to compare`
    pub title: String,
    /// Bytes of the file.
    pub range: Range<usize>,
    pub replacement: String,
    /// Where it begins: counted from 1, the column in characters.
    pub line: u32,
    pub column: u32,
}

/// A file as it was checked, and its changes: in order, none over another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixes {
    pub text: String,
    pub fixes: Vec<Fix>,
}

/// The changes of all files that may be changed, by their paths.
pub fn fixes(
    diagnostics: &[Diagnostic],
    sources: &Sources,
    may_change: impl Fn(&str) -> bool,
) -> BTreeMap<String, Fixes> {
    let mut files: BTreeMap<String, Fixes> = BTreeMap::new();
    for diagnostic in diagnostics {
        let Some(edit) = diagnostic.edits.first() else { continue };
        if edit.place.file.0 as usize >= sources.len() {
            continue;
        }
        let file = sources.get(edit.place.file);
        let range = edit.place.span.range();
        let Some(old) = file.text.get(range.clone()) else { continue };
        if old == edit.replacement || !may_change(&file.path) {
            continue;
        }
        let of_file =
            files.entry(file.path.clone()).or_insert_with(|| Fixes { text: file.text.clone(), fixes: Vec::new() });
        // Two readings of a file that changed in between do not go together.
        if of_file.text != file.text {
            continue;
        }
        let (line, column) = file.line_column(range.start as u32);
        let (title, replacement) = (edit.title.clone(), edit.replacement.clone());
        of_file.fixes.push(Fix { code: diagnostic.code, title, range, replacement, line, column });
    }
    for file in files.values_mut() {
        file.fixes.sort_by_key(|fix| fix.range.start);
        let mut last: Option<Range<usize>> = None;
        file.fixes.retain(|fix| {
            let apart = last.as_ref().is_none_or(|last| last.end <= fix.range.start && last.start < fix.range.start);
            if apart {
                last = Some(fix.range.clone());
            }
            apart
        });
    }
    files
}

impl Fixes {
    /// The text with all changes made.
    pub fn applied(&self) -> String {
        apply(&self.text, 0..self.text.len(), &self.fixes)
    }

    /// The changes as a unified diff without lines around them, what they are for behind the `@@`.
    pub fn diff(&self, path: &str) -> String {
        let mut diff = format!("--- {path}\n+++ {path}\n");
        let mut rest = &self.fixes[..];
        // How many lines the changes before have added.
        let mut moved = 0i64;
        while let Some(first) = rest.first() {
            let mut lines = lines_of(&self.text, &first.range);
            let mut count = 1;
            while let Some(next) = rest.get(count).filter(|next| next.range.start < lines.end) {
                lines.end = lines_of(&self.text, &next.range).end.max(lines.end);
                count += 1;
            }
            let (hunk, behind) = rest.split_at(count);
            rest = behind;
            let old = &self.text[lines.clone()];
            let new = apply(&self.text, lines.clone(), hunk);
            let (olds, news) = (old.split_inclusive('\n').count(), new.split_inclusive('\n').count());
            let at = self.text[..lines.start].matches('\n').count() as i64 + 1;
            // A side without lines stands behind the line before.
            let side = |at: i64, count: usize| format!("{},{count}", if count == 0 { at - 1 } else { at });
            let mut titles: Vec<String> = hunk.iter().map(|fix| format!("{}: {}", fix.code, fix.title)).collect();
            titles.dedup();
            let _ = writeln!(diff, "@@ -{} +{} @@ {}", side(at, olds), side(at + moved, news), titles.join("; "));
            moved += news as i64 - olds as i64;
            for (mark, text) in [('-', old), ('+', new.as_str())] {
                for line in text.split_inclusive('\n') {
                    let _ = writeln!(diff, "{mark}{}", line.strip_suffix('\n').unwrap_or(line));
                    if !line.ends_with('\n') {
                        diff.push_str("\\ No newline at end of file\n");
                    }
                }
            }
        }
        diff
    }
}

/// A part of a text with the changes that lie in it.
fn apply(text: &str, part: Range<usize>, fixes: &[Fix]) -> String {
    let mut made = String::new();
    let mut at = part.start;
    for fix in fixes {
        made.push_str(&text[at..fix.range.start]);
        made.push_str(&fix.replacement);
        at = fix.range.end;
    }
    made + &text[at..part.end]
}

/// The whole lines that a range touches, with their ends.
fn lines_of(text: &str, range: &Range<usize>) -> Range<usize> {
    let start = text[..range.start].rfind('\n').map_or(0, |end| end + 1);
    let end = text[range.end..].find('\n').map_or(text.len(), |end| range.end + end + 1);
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FileId, Place};
    use bp_grammar::span::Span;

    fn fault(file: u32, range: Range<u32>, replacement: &str) -> Diagnostic {
        let place = Place { file: FileId(file), span: Span::new(range.start, range.end) };
        let fault = Diagnostic::new(Code::SyntaxComparison, place, "wrong");
        fault.edit(place, "first", replacement).edit(place, "second", "never")
    }

    fn sources(files: &[(&str, &str)]) -> Sources {
        let mut sources = Sources::default();
        for (path, text) in files {
            sources.add((*path).to_owned(), (*text).to_owned());
        }
        sources
    }

    #[test]
    fn the_first_edit_of_each_is_made_and_none_over_another() {
        let sources = sources(&[("a.bp", "é = b = c\n"), ("std.bp", "x\n"), ("a.bp", "é = b = c\n")]);
        let faults = [
            fault(0, 7..8, "=="),
            fault(0, 3..4, "=="),
            // The same place, read by another compilation.
            fault(2, 3..4, "=="),
            fault(0, 3..6, "over another"),
            fault(1, 0..1, "not ours"),
            fault(0, 1..2, "not on a boundary"),
            fault(0, 50..51, "outside"),
            fault(9, 0..1, "no file"),
            fault(0, 9..10, "c"),
        ];
        let made = fixes(&faults, &sources, |path| path == "a.bp");
        assert_eq!(made.keys().collect::<Vec<_>>(), ["a.bp"]);
        assert_eq!(made["a.bp"].applied(), "é == b == c\n");
        let places: Vec<_> = made["a.bp"].fixes.iter().map(|fix| (fix.line, fix.column)).collect();
        assert_eq!(places, [(1, 3), (1, 7)]);
    }

    #[test]
    fn two_insertions_at_one_place_are_one_too_many() {
        let sources = sources(&[("a.bp", "ab")]);
        let made = fixes(&[fault(0, 1..1, "x"), fault(0, 1..1, "y"), fault(0, 2..2, "z")], &sources, |_| true);
        assert_eq!(made["a.bp"].applied(), "axbz");
    }

    #[test]
    fn a_diff_has_the_changed_lines() {
        let sources = sources(&[("a.bp", "one\ntwo\nthree\nfour")]);
        let faults = [fault(0, 0..3, "1\n1"), fault(0, 4..8, ""), fault(0, 10..12, ""), fault(0, 14..15, "F")];
        let made = fixes(&faults, &sources, |_| true);
        let expected = "\
--- a.bp
+++ a.bp
@@ -1,1 +1,2 @@ BP0108: first
-one
+1
+1
@@ -2,2 +3,1 @@ BP0108: first
-two
-three
+the
@@ -4,1 +4,1 @@ BP0108: first
-four
\\ No newline at end of file
+Four
\\ No newline at end of file
";
        assert_eq!(made["a.bp"].diff("a.bp"), expected);
    }
}
