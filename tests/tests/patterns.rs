//! The page about the patterns of control flow: all 43 stand in it once, and the programs that it names have them.

use bp_tests::{fail_with, files, read, root, shown};
use std::collections::BTreeMap;

const PATTERNS: u32 = 43;

/// The number behind `WCP-`, if the text begins so.
fn number(text: &str) -> Option<u32> {
    let digits: String = text.strip_prefix("WCP-")?.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

#[test]
fn each_pattern_has_a_program_or_a_reason() {
    let page = read(&root().join("docs/patterns.md"));
    // The files that the rows name; nothing for a refusal.
    let mut rows: BTreeMap<u32, Option<&str>> = BTreeMap::new();
    let mut findings = Vec::new();
    for line in page.lines().filter(|line| line.starts_with("| WCP-")) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [first, name, how, place] = cells.as_slice() else {
            findings.push(format!("a row has other cells: {line}"));
            continue;
        };
        let file = place.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(file, _)| file);
        let Some(number) = number(first) else { continue };
        if rows.insert(number, file).is_some() {
            findings.push(format!("WCP-{number} stands in it twice"));
        }
        if name.is_empty() || how.is_empty() {
            findings.push(format!("WCP-{number} has no name, or nothing says how it is written"));
        }
        if file.is_none() && !how.starts_with("*refused*: ") {
            findings.push(format!("WCP-{number} has neither a program nor a reason"));
        }
    }
    findings.extend((1..=PATTERNS).filter(|known| !rows.contains_key(known)).map(|n| format!("WCP-{n} is missing")));
    findings.extend(rows.keys().filter(|known| **known > PATTERNS).map(|n| format!("WCP-{n} is none")));

    let mut there: BTreeMap<(String, u32), (bool, bool)> = BTreeMap::new();
    for path in files(&root().join("examples/patterns"), &["bp"]) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        for line in read(&path).lines() {
            if let Some(number) = line.strip_prefix("/// ").and_then(number) {
                there.entry((name.clone(), number)).or_default().0 = true;
            }
            let title = line.strip_prefix("test \"").and_then(|title| title.split_once(':')).map_or("", |(of, _)| of);
            for number in title.split(", ").filter_map(number) {
                there.entry((name.clone(), number)).or_default().1 = true;
            }
        }
        if !page.contains(&format!("({})", format_args!("../{}", shown(&path)))) {
            findings.push(format!("the page does not name {}", shown(&path)));
        }
    }
    for (number, file) in &rows {
        let Some(file) = file else { continue };
        match there.get(&((*file).to_owned(), *number)) {
            Some((true, true)) => {}
            Some((false, _)) => findings.push(format!("no process of {file} is said to be WCP-{number}")),
            _ => findings.push(format!("no test of {file} is about WCP-{number}")),
        }
    }
    for (file, number) in there.keys().filter(|(file, number)| rows.get(number) != Some(&Some(file.as_str()))) {
        findings.push(format!("{file} has WCP-{number}, and the page does not say so"));
    }
    fail_with(&findings);
}
