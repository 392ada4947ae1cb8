//! Every program of the project has the one layout: files and the documents' whole programs. `BLESS=1` lays them out.
//!
//! Those whose point is their own layout stay as they are, and so do faulty ones of the suite: the lines with their
//! expectations are no part of the program, so `suite.rs` looks after them.

use bp_tests::markdown::{Block, blocks};
use bp_tests::{bless, fail_with, files, read, root, shown};
use std::path::Path;

/// Files and folders whose point is another layout.
const AS_THEY_ARE: [&str; 3] = ["grammar/tests/", "tests/suite/text/good/layout.bp", "tests/suite/text/bad/"];

fn is_left(path: &Path) -> bool {
    let name = shown(path);
    AS_THEY_ARE.iter().any(|start| name.starts_with(start)) || (name.contains("/suite/") && name.contains("/bad/"))
}

#[test]
fn files_have_the_one_layout() {
    let programs: Vec<_> = files(&root(), &["bp"]).into_iter().filter(|path| !is_left(path)).collect();
    let findings = programs.iter().filter_map(|path| bless::file(path, &bp_grammar::format(&read(path))));
    fail_with(&findings.collect::<Vec<_>>());
    assert!(programs.len() >= 50, "only {} programs were found", programs.len());
}

#[test]
fn programs_in_documents_have_the_one_layout() {
    let mut findings = Vec::new();
    let mut documents = vec![root().join("README.md")];
    documents.extend(files(&root().join("docs"), &["md"]));
    let mut count = 0;
    for path in documents {
        // The pages about faults of the text show text of any layout.
        if shown(&path).starts_with("docs/errors/BP01") {
            continue;
        }
        let text = read(&path);
        let mut lines: Vec<&str> = text.lines().collect();
        let programs: Vec<Block> = blocks(&text).into_iter().filter(is_whole).collect();
        count += programs.len();
        let laid_out: Vec<String> = programs.iter().map(|block| bp_grammar::format(&block.text)).collect();
        // From the last one up, so that the places of the others stay.
        for (block, laid_out) in programs.iter().zip(&laid_out).rev() {
            lines.splice(block.lines.clone(), laid_out.lines());
        }
        findings.extend(bless::file(&path, &(lines.join("\n") + "\n")));
    }
    fail_with(&findings);
    assert!(count >= 60, "only {count} programs were found");
}

/// Whether a block is a whole program.
fn is_whole(block: &Block) -> bool {
    let kind = block.words.first().map_or("", String::as_str);
    block.language == "bp" && matches!(kind, "good" | "bad" | "later")
}
