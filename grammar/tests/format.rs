//! The one layout: what each construct looks like, and what holds for every text.
//!
//! `format/*.in.bp` are laid out; what has to come out stands in `*.out.bp`. `BLESS=1` writes these anew.

mod support;

use bp_grammar::{format, parse, tokens};
use std::fs;
use std::path::{Path, PathBuf};
use support::{CORPUS, Numbers, mutated, without_spans};

fn folder(inside: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(inside)
}

fn programs(folder: &Path, found: &mut Vec<(String, String)>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            programs(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "bp") {
            found.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
        }
    }
}

/// Programs of all kinds: right and faulty ones.
fn texts() -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = CORPUS.map(|(name, text)| (name.to_owned(), text.to_owned())).into();
    for inside in ["tests/format", "../examples", "../stdlib", "../tests/suite"] {
        programs(&folder(inside), &mut found);
    }
    found
}

#[test]
fn constructs_are_laid_out_as_shown() {
    let mut count = 0;
    for (name, text) in texts().iter().filter(|(name, _)| name.ends_with(".in.bp")) {
        count += 1;
        let expected = PathBuf::from(name.replace(".in.bp", ".out.bp"));
        let laid_out = format(text);
        if std::env::var_os("BLESS").is_some() {
            fs::write(&expected, &laid_out).unwrap();
        }
        assert_eq!(laid_out, fs::read_to_string(&expected).unwrap(), "{name}");
    }
    assert!(count >= 6, "only {count} were found");
}

/// Laying out again changes nothing; the tree, its faults and the comments stay.
fn check(text: &str) {
    let once = format(text);
    assert_eq!(format(&once), once, "of\n{text}");
    let (before, after) = (parse(text), parse(&once));
    let kinds = |parsed: &bp_grammar::Parsed| {
        without_spans(&format!("{:?}", parsed.errors.iter().map(|error| &error.kind).collect::<Vec<_>>()))
    };
    assert_eq!(kinds(&before), kinds(&after), "of\n{text}\n----\n{once}");
    let tree = |parsed: &bp_grammar::Parsed| without_spans(&format!("{:?}", parsed.file));
    assert_eq!(tree(&before), tree(&after), "of\n{text}\n----\n{once}");
    assert_eq!(comments(text), comments(&once), "of\n{text}\n----\n{once}");
    assert!(once.is_empty() || once.ends_with('\n') && !once.ends_with("\n\n"), "of\n{text}\n----\n{once}");
}

fn comments(text: &str) -> Vec<&str> {
    let is_comment = |line: &&str| line.starts_with("//");
    tokens(text).map(|token| text[token.span.range()].trim_end()).filter(is_comment).collect()
}

#[test]
fn programs_mean_the_same_afterwards() {
    for (_, text) in texts() {
        check(&text);
        check(&text.replace('\n', "\r\n"));
        if parse(&text).errors.is_empty() {
            let laid_out = format(&text);
            assert!(!laid_out.lines().any(|line| line.ends_with([' ', '\t'])), "{laid_out}");
        }
    }
}

#[test]
fn so_do_mutated_ones() {
    let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
    let texts = texts();
    for round in 0..1_500 {
        check(&mutated(&texts[round % texts.len()].1, &mut numbers));
    }
}
