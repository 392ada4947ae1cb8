//! Diagnostics in the static analysis results interchange format, SARIF 2.1.0.

use super::render::{clamped, known};
use super::{Code, Diagnostic, Edit, Severity};
use crate::source::{Place, Sources};
use serde_json::{Value, json};
use std::path::{Component, Path};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// What stands around the results.
pub struct Run<'r> {
    /// The version of the command.
    pub version: &'r str,
    /// A page about a code, as Markdown.
    pub page: fn(Code) -> Option<&'static str>,
    /// What kept files from being looked at.
    pub unreadable: &'r [&'r str],
    /// A path that leads up by `..`, without that.
    pub resolved: fn(&str) -> Option<String>,
}

/// A log with one run. All codes are rules of it, also those that nothing was found for.
///
/// A result's message is the diagnostic's, then the words at the main place, then the notes, a line each. Its first
/// fix is the one that `bp check --fix` makes; each of them mends it by itself. Columns count characters.
pub fn sarif(diagnostics: &[Diagnostic], sources: &Sources, run: &Run) -> Value {
    let results: Vec<Value> = diagnostics.iter().map(|diagnostic| result(diagnostic, sources, run)).collect();
    let unreadable: Vec<Value> =
        run.unreadable.iter().map(|text| json!({ "level": "error", "message": message(text) })).collect();
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {
                "driver": {
                    "name": "bp",
                    "version": run.version,
                    "semanticVersion": run.version,
                    "rules": Code::ALL.iter().map(|code| rule(*code, run)).collect::<Vec<Value>>(),
                }
            },
            "columnKind": "unicodeCodePoints",
            "invocations": [{
                "executionSuccessful": unreadable.is_empty(),
                "toolExecutionNotifications": unreadable,
            }],
            "results": results,
        }],
    })
}

fn rule(code: Code, run: &Run) -> Value {
    let mut rule = json!({
        "id": code.to_string(),
        "name": format!("{code:?}"),
        "shortDescription": { "text": code.title() },
        "defaultConfiguration": { "level": level(code.severity()) },
        "properties": { "since": code.since() },
    });
    if let Some(page) = (run.page)(code) {
        rule["help"] = json!({ "text": page, "markdown": page });
    }
    rule
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn result(diagnostic: &Diagnostic, sources: &Sources, run: &Run) -> Value {
    let mut result = json!({
        "ruleId": diagnostic.code.to_string(),
        "level": level(diagnostic.severity),
        "message": message(&words(diagnostic).join("\n")),
    });
    if let Some(index) = Code::ALL.iter().position(|code| *code == diagnostic.code) {
        result["ruleIndex"] = json!(index);
    }
    let mut labels = diagnostic.labels.iter();
    let main = labels.next().and_then(|label| location(label.place, sources, run));
    result["locations"] = json!(main.into_iter().collect::<Vec<Value>>());
    let mut related: Vec<Value> = Vec::new();
    for label in labels {
        if let Some(mut location) = location(label.place, sources, run) {
            location["id"] = json!(related.len() + 1);
            let text = if label.text.is_empty() { "here" } else { &label.text };
            location["message"] = message(text);
            related.push(location);
        }
    }
    if !related.is_empty() {
        result["relatedLocations"] = json!(related);
    }
    let fixes: Vec<Value> = diagnostic.edits.iter().filter_map(|edit| fix(edit, sources, run)).collect();
    if !fixes.is_empty() {
        result["fixes"] = json!(fixes);
    }
    result
}

/// What is told of a diagnostic where its labels cannot be drawn.
pub(super) fn words(diagnostic: &Diagnostic) -> Vec<&str> {
    let label = diagnostic.labels.first().map_or("", |label| &label.text);
    let all = [diagnostic.message.as_str(), label].into_iter().chain(diagnostic.notes.iter().map(String::as_str));
    all.filter(|words| !words.is_empty()).collect()
}

/// A message: what stands in single braces would be a placeholder for an argument.
fn message(text: &str) -> Value {
    json!({ "text": text.replace('{', "{{").replace('}', "}}") })
}

fn location(place: Place, sources: &Sources, run: &Run) -> Option<Value> {
    let (artifact, region) = artifact_and_region(place, sources, run)?;
    Some(json!({ "physicalLocation": { "artifactLocation": artifact, "region": region } }))
}

fn fix(edit: &Edit, sources: &Sources, run: &Run) -> Option<Value> {
    let (artifact, region) = artifact_and_region(edit.place, sources, run)?;
    Some(json!({
        "description": message(&edit.title),
        "artifactChanges": [{
            "artifactLocation": artifact,
            "replacements": [{ "deletedRegion": region, "insertedContent": { "text": edit.replacement } }],
        }],
    }))
}

fn artifact_and_region(place: Place, sources: &Sources, run: &Run) -> Option<(Value, Value)> {
    let (file, range) = known(sources, place)?;
    let range = clamped(&file.text, range);
    let (line, column) = file.line_column(range.start as u32);
    let (end_line, end_column) = file.line_column(range.end as u32);
    let region = json!({ "startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column });
    Some((artifact(&file.path, run), region))
}

/// A path as a URI: relative to the folder that the command was given in, or absolute. Readers refuse `..` in it.
fn artifact(path: &str, run: &Run) -> Value {
    let leads_up = Path::new(path).components().any(|part| part == Component::ParentDir);
    let resolved = if leads_up { (run.resolved)(path) } else { None };
    let path = resolved.as_deref().unwrap_or(path);
    let path_is_absolute = Path::new(path).is_absolute();
    let path = if cfg!(windows) { path.replace('\\', "/") } else { path.to_owned() };
    let mut uri = String::new();
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(byte)),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    if path_is_absolute {
        let root = if uri.starts_with('/') { "file://" } else { "file:///" };
        json!({ "uri": format!("{root}{uri}") })
    } else {
        json!({ "uri": uri, "uriBaseId": "%SRCROOT%" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;
    use bp_grammar::span::Span;

    fn place(file: u32, start: u32, end: u32) -> Place {
        Place { file: FileId(file), span: Span::new(start, end) }
    }

    fn run<'r>(unreadable: &'r [&'r str]) -> Run<'r> {
        let page = |code| (code == Code::SyntaxComparison).then_some("# page\n");
        let resolved = |path: &str| Some(path.replace("..", "/up"));
        Run { version: "0.1.0", page, unreadable, resolved }
    }

    #[test]
    fn a_result_has_its_places_and_fixes() {
        let mut sources = Sources::default();
        sources.add("my shop/é.bp".to_owned(), "// é\nif é = 3\n".to_owned());
        sources.add("/far/away.bp".to_owned(), "x\n".to_owned());
        let fault = Diagnostic::new(Code::SyntaxComparison, place(0, 12, 13), "one `=` does not compare")
            .here("write `==`")
            .label(place(1, 0, 1), "")
            .label(place(7, 0, 1), "nowhere")
            .note("more")
            .edit(place(0, 12, 13), "write `==`", "==");
        let log = sarif(&[fault], &sources, &run(&["cannot read a.bp"]));
        let artifact = json!({ "uri": "my%20shop/%C3%A9.bp", "uriBaseId": "%SRCROOT%" });
        let region = json!({ "startLine": 2, "startColumn": 6, "endLine": 2, "endColumn": 7 });
        let found = &log["runs"][0]["results"][0];
        let expected = json!({
            "ruleId": "BP0108",
            "level": "error",
            "message": { "text": "one `=` does not compare\nwrite `==`\nmore" },
            "ruleIndex": 7,
            "locations": [{ "physicalLocation": { "artifactLocation": artifact, "region": region } }],
            "relatedLocations": [{
                "physicalLocation": {
                    "artifactLocation": { "uri": "file:///far/away.bp" },
                    "region": { "startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 2 },
                },
                "id": 1,
                "message": { "text": "here" },
            }],
            "fixes": [{
                "description": { "text": "write `==`" },
                "artifactChanges": [{
                    "artifactLocation": artifact,
                    "replacements": [{ "deletedRegion": region, "insertedContent": { "text": "==" } }],
                }],
            }],
        });
        assert_eq!(*found, expected, "{found:#}");
        let rules = &log["runs"][0]["tool"]["driver"]["rules"];
        assert_eq!(rules.as_array().map(Vec::len), Some(Code::ALL.len()));
        assert_eq!(rules[7]["id"], "BP0108");
        assert_eq!(rules[7]["help"]["markdown"], "# page\n");
        assert_eq!(log["runs"][0]["invocations"][0]["executionSuccessful"], false);
    }

    #[test]
    fn braces_are_no_placeholders() {
        let mut sources = Sources::default();
        sources.add("a.bp".to_owned(), "x\n".to_owned());
        let fault = Diagnostic::new(Code::Mismatch, place(0, 0, 1), "`{x}`").label(place(0, 0, 1), "`{0}`").edit(
            place(0, 0, 1),
            "write `{x}`",
            "{x}",
        );
        let log = sarif(&[fault], &sources, &run(&[]));
        let found = &log["runs"][0]["results"][0];
        assert_eq!(found["message"]["text"], "`{{x}}`");
        assert_eq!(found["relatedLocations"][0]["message"]["text"], "`{{0}}`");
        let fix = &found["fixes"][0];
        assert_eq!(fix["description"]["text"], "write `{{x}}`");
        assert_eq!(fix["artifactChanges"][0]["replacements"][0]["insertedContent"]["text"], "{x}");
    }

    #[test]
    fn no_path_leads_up() {
        let mut sources = Sources::default();
        sources.add("../a b.bp".to_owned(), "x\n".to_owned());
        let fault = Diagnostic::new(Code::Mismatch, place(0, 0, 1), "no");
        let log = sarif(&[fault], &sources, &run(&[]));
        let place = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"], json!({ "uri": "file:///up/a%20b.bp" }));
    }

    #[test]
    fn a_mark_of_the_byte_order_stands_in_no_column() {
        let mut sources = Sources::default();
        sources.add("a.bp".to_owned(), "\u{feff}if\nif\n".to_owned());
        let faults = [place(0, 3, 5), place(0, 6, 8)].map(|at| Diagnostic::new(Code::Mismatch, at, "no"));
        let log = sarif(&faults, &sources, &run(&[]));
        let region = |number: usize| &log["runs"][0]["results"][number]["locations"][0]["physicalLocation"]["region"];
        assert_eq!(*region(0), json!({ "startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 3 }));
        assert_eq!(*region(1), json!({ "startLine": 2, "startColumn": 1, "endLine": 2, "endColumn": 3 }));
    }

    #[test]
    fn a_fault_of_no_file_is_a_result_too() {
        let fault = Diagnostic::new(Code::UnreadableFile, Place::NOWHERE, "lost");
        let log = sarif(&[fault], &Sources::default(), &run(&[]));
        assert_eq!(log["runs"][0]["results"][0]["locations"], json!([]));
        assert_eq!(log["runs"][0]["invocations"][0]["executionSuccessful"], true);
    }
}
