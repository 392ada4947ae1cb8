//! Diagnostics as commands of a GitHub workflow: it shows them beside the lines of a change.

use super::render::{clamped, known};
use super::sarif::words;
use super::{Diagnostic, Severity};
use crate::source::Sources;
use std::fmt::Write;

/// A line for each diagnostic: `::error file=shop.bp,line=2,col=8,endColumn=9,title=BP0108: …::one = does not compare`.
pub fn github(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    diagnostics.iter().map(|diagnostic| one(diagnostic, sources)).collect()
}

/// A command about no file.
pub fn notice(title: &str, message: &str) -> String {
    format!("::error title={}::{}\n", property(title), data(message))
}

fn one(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let mut line = String::from(match diagnostic.severity {
        Severity::Error => "::error ",
        Severity::Warning => "::warning ",
    });
    let place = diagnostic.labels.first().and_then(|label| known(sources, label.place));
    if let Some((file, range)) = place {
        let range = clamped(&file.text, range);
        let (start, column) = file.line_column(range.start as u32);
        let (end, end_column) = file.line_column(range.end as u32);
        let _ = write!(line, "file={},line={start},col={column},", property(&file.path));
        // Columns count only where the place is within one line.
        if start == end {
            let _ = write!(line, "endColumn={end_column},");
        }
    }
    let title = property(&format!("{}: {}", diagnostic.code, diagnostic.code.title()));
    let mut words: Vec<String> = words(diagnostic).into_iter().map(str::to_owned).collect();
    words.extend(diagnostic.edits.iter().map(|edit| format!("help: {}", edit.title)));
    let _ = writeln!(line, "title={title}::{}", data(&words.join("\n")));
    line
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::Code;
    use crate::source::{FileId, Place};
    use bp_grammar::span::Span;

    #[test]
    fn what_means_something_to_a_workflow_is_escaped() {
        let mut sources = Sources::default();
        sources.add("a,b:c%.bp".to_owned(), "é = 3\nx\n".to_owned());
        let at = |start, end| Place { file: FileId(0), span: Span::new(start, end) };
        let fault = Diagnostic::new(Code::SyntaxComparison, at(3, 4), "100% wrong, or: not")
            .here("a\r\nb")
            .note("::set-env")
            .edit(at(3, 4), "write `==`", "==");
        let long = Diagnostic::new(Code::DecisionUnreachable, at(0, 8), "long");
        let lost = Place { file: FileId(9), span: Span::new(0, 0) };
        let lost = Diagnostic::new(Code::UnreadableFile, lost, "lost");
        assert_eq!(
            github(&[fault, long, lost], &sources).lines().collect::<Vec<_>>(),
            [
                "::error file=a%2Cb%3Ac%25.bp,line=1,col=3,endColumn=4,title=BP0108%3A a comparison that is not written \
                 right::100%25 wrong, or: not%0Aa%0D%0Ab%0A::set-env%0Ahelp: write `==`",
                "::warning file=a%2Cb%3Ac%25.bp,line=1,col=1,title=BP0613%3A a row that nothing reaches::long",
                "::error title=BP0203%3A a file that cannot be read::lost",
            ]
        );
        assert_eq!(notice("a: b", "c\nd"), "::error title=a%3A b::c%0Ad\n");
    }
}
