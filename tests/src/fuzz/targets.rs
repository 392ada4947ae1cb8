//! What has to hold for every text.

use super::Depth;
use crate::programs::{Files, compile};
use crate::{files, pictures, root, shown};
use bp_bytecode::verify::verify;
use bp_compiler::diagnostics::{Severity, render};
use bp_grammar::ast::ItemKind;
use bp_grammar::error::SyntaxErrorKind;
use bp_grammar::{Parsed, format, parse, tokens};
use std::collections::HashSet;
use std::sync::OnceLock;

/// # Panics
/// The tokens put together are not the text.
pub fn lexer(text: &str) -> Depth {
    let mut end = 0;
    for token in tokens(text) {
        assert_eq!(token.span.start, end, "a gap before a token");
        assert!(token.span.end > token.span.start, "an empty token");
        assert!(text.get(token.span.range()).is_some(), "a token within a character");
        end = token.span.end;
    }
    assert_eq!(end as usize, text.len(), "the end is missing");
    Depth::Text
}

/// # Panics
/// A fault has no place in the text, or an item without a tree has no fault.
pub fn parser(text: &str) -> Depth {
    let parsed = parse(text);
    let mut last = 0;
    for error in &parsed.errors {
        let slice = text.get(error.span.range()).unwrap_or_else(|| panic!("{error:?} lies outside"));
        assert!(!slice.contains('\n'), "{error:?} is on several lines");
        assert!(error.span.start >= last, "{error:?} is not in order");
        let ours = matches!(error.kind, SyntaxErrorKind::Internal { .. } | SyntaxErrorKind::TooComplex);
        assert!(!ours, "{error:?}");
        last = error.span.start;
    }
    for item in &parsed.file.items {
        assert!(text.get(item.span.range()).is_some(), "an item lies outside");
        assert!(!matches!(item.kind, ItemKind::Invalid { .. }) || !parsed.errors.is_empty(), "an item without a fault");
    }
    let bindings = bp_grammar::cut(text).bindings().len();
    let is_binding = |kind: &ItemKind| matches!(kind, ItemKind::Use(_) | ItemKind::Currency(_));
    let expected = parsed.file.items.iter().filter(|item| is_binding(&item.kind)).count();
    assert_eq!(bindings, expected, "bindings read by themselves are others");
    depth(&parsed)
}

fn depth(parsed: &Parsed) -> Depth {
    if parsed.errors.is_empty() { Depth::Read } else { Depth::Text }
}

/// # Panics
/// Laying out changes what the text says, or laying out again changes the layout.
pub fn formatter(text: &str) -> Depth {
    let once = format(text);
    assert_eq!(format(&once), once, "laying out again changes something");
    let (before, after) = (parse(text), parse(&once));
    assert_eq!(comments(text), comments(&once), "the comments");
    let faults = |parsed: &Parsed| without_spans(&format!("{:?}", parsed.errors));
    assert_eq!(faults(&before), faults(&after), "the faults; laid out:\n{once}");
    let tree = |parsed: &Parsed| without_spans(&format!("{:?}", parsed.file));
    assert_eq!(tree(&before), tree(&after), "the tree; laid out:\n{once}");
    depth(&before)
}

fn comments(text: &str) -> Vec<&str> {
    let is_comment = |line: &&str| line.starts_with("//");
    tokens(text).map(|token| text[token.span.range()].trim_end()).filter(is_comment).collect()
}

/// What `Debug` shows, without places.
fn without_spans(shown: &str) -> String {
    let mut parts = shown.split("Span { ");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str(part.split_once('}').map_or(part, |(_, rest)| rest));
    }
    out
}

/// # Panics
/// A diagnostic has no place in its file, or a program without errors is refused by the verifier.
pub fn checker(text: &str) -> Depth {
    static NEIGHBOURS: OnceLock<Files> = OnceLock::new();
    let compiled = compile("main.bp", text, NEIGHBOURS.get_or_init(neighbours), None);
    for diagnostic in &compiled.diagnostics {
        let places = diagnostic.labels.iter().map(|label| label.place);
        for place in places.chain(diagnostic.edits.iter().map(|edit| edit.place)) {
            if let Some((_, file)) = compiled.sources.iter().find(|(id, _)| *id == place.file) {
                assert!(file.text.get(place.span.range()).is_some(), "{diagnostic:?} lies outside");
            }
        }
    }
    let told = render::human(&compiled.diagnostics, &compiled.sources, false);
    assert!(told.is_empty() == compiled.diagnostics.is_empty(), "nothing is shown");
    let wrong = compiled.diagnostics.iter().any(|d| d.severity == Severity::Error);
    match &compiled.program {
        Some(program) => {
            assert!(!wrong, "a program with errors");
            verify(program).unwrap_or_else(|why| panic!("the verifier refuses it: {why}"));
            Depth::Program
        }
        None => {
            assert!(wrong, "no program and no error");
            depth(&parse(text))
        }
    }
}

/// # Panics
/// In the picture of a process something lies on another, leads astray or crosses.
pub fn drawer(text: &str) -> Depth {
    let parsed = parse(text);
    let none = HashSet::new();
    let source = bp_diagram::Source { text, file: &parsed.file, decisions: &none };
    for name in bp_diagram::names(&parsed.file) {
        let picture = bp_diagram::draw(source, name).unwrap_or_else(|| panic!("{name} is not drawn"));
        let checks = [pictures::overlaps, pictures::lines_astray, pictures::loose_ends, pictures::crossings];
        let found: Vec<String> = checks.iter().flat_map(|check| check(&picture)).collect();
        assert!(found.is_empty(), "{name}: {}", found.join("\n"));
        assert!(bp_diagram::svg::write(&picture).ends_with("</svg>\n"), "{name} is cut");
    }
    depth(&parsed)
}

/// Modules and data files that texts may name: those beside the examples, without the large ones.
fn neighbours() -> Files {
    let mut neighbours = Files::default();
    for folder in ["examples/payroll", "examples/northwind", "bench", "tests/suite/decisions/good"] {
        for path in files(&root().join(folder), &["bp", "csv"]) {
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            if text.len() <= super::BYTES_MAX {
                let name = shown(&path).trim_start_matches(folder).trim_start_matches('/').to_owned();
                neighbours.texts.insert(name, text);
            }
        }
    }
    neighbours
}
