//! The book's chapter on the grammar is the grammar itself, section by section. `BLESS=1` writes it.

use bp_tests::{bless, fail_with, read, root};
use std::fmt::Write;

/// What a line of the grammar begins with where a section does; its title stands behind.
const SECTION: &str = "// ---------------------------------------------------------------- ";
/// This section is a rule for each word that the language knows; its words are enough.
const KEYWORDS: &str = "keywords";

#[test]
fn the_chapter_is_the_grammar() {
    let grammar = read(&root().join("grammar/src/bp.pest"));
    let mut sections = grammar.split(SECTION);
    let head = sections.next().unwrap_or_default();
    let mut page = format!("\n{}", text(head.trim()));
    let mut words = Vec::new();
    for section in sections {
        let (title, rules) = section.split_once('\n').unwrap_or((section, ""));
        let (first, rest) = title.split_at(1);
        let _ = write!(page, "\n## {}{rest}\n\n", first.to_uppercase());
        if title == KEYWORDS {
            words = rules.lines().filter_map(keyword).collect();
            let listed: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
            let _ = writeln!(page, "{}\n\n{}", comment(rules), listed.join(" "));
        } else {
            page += &text(rules.trim());
        }
    }
    assert!(words.len() > 100, "the keywords were not found");
    let path = root().join("docs/reference/grammar.md");
    fail_with(&bless::behind_mark(&path, &page).into_iter().collect::<Vec<_>>());
}

fn text(rules: &str) -> String {
    format!("```text\n{rules}\n```\n")
}

/// The word of `kw_add = @{ "add" ~ … }`.
fn keyword(line: &str) -> Option<&str> {
    line.strip_prefix("kw_")?.split('"').nth(1).filter(|_| !line.starts_with("kw_change_ "))
}

/// The lines of comment at the top of a section, as one sentence after the other.
fn comment(section: &str) -> String {
    let lines = section.lines().map_while(|line| line.strip_prefix("// "));
    lines.collect::<Vec<_>>().join(" ")
}
