//! The outcome of tests for people and for machines.

use super::tested::{DataRow, Miss, Place, Report, Tested};
use crate::terminal::Paint;
use serde_json::{Value as Json, json};
use std::fmt::Write;

/// What stands in front of everything that is told of a test.
pub const INDENT: &str = "          ";

pub fn human(out: &mut String, report: &Report, paint: Paint) {
    if report.tests.is_empty() {
        return;
    }
    let _ = writeln!(out, "{}", paint.bold(&report.path));
    for test in &report.tests {
        let mark = if test.passed() { paint.green("  ok  ") } else { paint.red("FAILED") };
        let _ = writeln!(out, "  {mark}  {}", test.title);
        test.failures.iter().for_each(|miss| self::miss(out, miss, paint));
        for story in &test.stories {
            for line in story.human(paint).lines() {
                let _ = writeln!(out, "{}", format!("{INDENT}{line}").trim_end());
            }
        }
    }
    out.push('\n');
}

/// Why a test failed.
pub fn miss(out: &mut String, miss: &Miss, paint: Paint) {
    let at = paint.dim(&miss.place.to_string());
    match (&miss.trace, &miss.sides) {
        (Some(trace), _) => {
            let _ = writeln!(out, "{INDENT}{}", trace.replace('\n', &format!("\n{INDENT}")));
        }
        (None, Some((left, right))) => {
            let _ = writeln!(out, "{INDENT}{at}: expect {}", miss.what);
            let _ = writeln!(out, "{INDENT}  left:  {}", paint.red(left));
            let _ = writeln!(out, "{INDENT}  right: {}", paint.red(right));
        }
        (None, None) => {
            let _ = writeln!(out, "{INDENT}{at}: expect {}", miss.what);
        }
    }
    if let Some(DataRow { path, line, text }) = &miss.row {
        let _ = writeln!(out, "{INDENT}  at {path}:{line}: {text}");
    }
}

pub fn machine(path: &str, test: &Tested) -> Json {
    let place = |place: &Place| json!({ "path": place.path, "line": place.line, "column": place.column });
    let miss = |miss: &Miss| {
        json!({
            "place": place(&miss.place),
            "what": miss.what,
            "fault": miss.trace.is_some(),
            "left": miss.sides.as_ref().map(|sides| &sides.0),
            "right": miss.sides.as_ref().map(|sides| &sides.1),
            "row": miss.row.as_ref().map(|row| json!({ "path": row.path, "line": row.line, "text": row.text })),
        })
    };
    json!({
        "file": path,
        "title": test.title,
        "place": place(&test.place),
        "passed": test.passed(),
        "native": test.native,
        "failures": test.failures.iter().map(miss).collect::<Vec<_>>(),
        "instances": test.stories.iter().map(super::story::Story::machine).collect::<Vec<_>>(),
    })
}
