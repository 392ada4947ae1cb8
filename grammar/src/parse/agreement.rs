//! Grammar and tokens speak of the same words and the same pieces.

use super::{Grammar, Rule};
use crate::token::{self, CONTEXTUAL_WORDS, ITEM_WORDS, RESERVED_WORDS};
use pest::Parser;
use pest::iterators::Pair;
use std::collections::BTreeSet;

const GRAMMAR: &str = include_str!("../bp.pest");

const CORPUS: [&str; 5] = [
    include_str!("../../tests/corpus/books.bp"),
    include_str!("../../tests/corpus/data.bp"),
    include_str!("../../tests/corpus/decisions.bp"),
    include_str!("../../tests/corpus/processes.bp"),
    include_str!("../../tests/corpus/values.bp"),
];

/// The definition of a rule, as written.
fn definition(rule: &str) -> &'static str {
    let start = GRAMMAR.find(&format!("\n{rule} ")).unwrap_or_else(|| panic!("no rule {rule}")) + 1;
    let end = GRAMMAR[start..].find("}\n").map_or(GRAMMAR.len(), |end| start + end);
    &GRAMMAR[start..end]
}

/// The words in quotes in a piece of the grammar.
fn words(text: &str) -> BTreeSet<&str> {
    let quoted = text.split('"').skip(1).step_by(2);
    quoted.filter(|word| word.len() > 1 && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')).collect()
}

#[test]
fn the_reserved_words_are_the_same() {
    let wanted: BTreeSet<&str> = RESERVED_WORDS.iter().copied().collect();
    assert_eq!(words(definition("reserved")), wanted);
}

#[test]
fn every_word_of_the_grammar_is_known() {
    let rules = [
        "fold",
        "direction",
        "account_kind",
        "limit_kind",
        "regular",
        "channel",
        "infix",
        "bool",
        "none",
        "not",
        "taken_word",
    ];
    let mut all: BTreeSet<&str> = rules.iter().flat_map(|rule| words(definition(rule))).collect();
    all.extend(GRAMMAR.lines().filter(|line| line.starts_with("kw_")).flat_map(words));
    let known: BTreeSet<&str> = [RESERVED_WORDS, ITEM_WORDS, CONTEXTUAL_WORDS].concat().into_iter().collect();
    assert_eq!(all, known);
    assert!(all.iter().all(|word| token::is_language_word(word)));
}

#[test]
fn the_words_that_are_no_unit_are_words_of_the_language() {
    assert!(words(definition("not_unit")).iter().all(|word| token::is_language_word(word)));
}

#[test]
fn a_statement_word_begins_every_statement_rule() {
    let mut ahead = words(definition("stmt_word"));
    ahead.extend(words(definition("taken_word")));
    // The rules between the first and the last choice of a statement, each with the keyword that it begins with.
    let choices = definition("stmt").split_once('|').expect("choices").1;
    let choices = choices.split("&stmt_word").next().expect("choices");
    let run = definition("run_").split_once('{').expect("choices").1;
    for rule in [choices, run].iter().flat_map(|text| text.split([' ', '|', '\n', '}'])).filter(|rule| !rule.is_empty())
    {
        if ["run_", "~", "&run_word"].contains(&rule) {
            continue;
        }
        let text = definition(rule);
        let keywords = text.match_indices("kw_").map(|(at, _)| {
            let rest = &text[at + 3..];
            &rest[..rest.find(|c: char| !c.is_ascii_lowercase() && c != '_').unwrap_or(rest.len())]
        });
        // Where the rule begins with a choice, both are in front.
        let count = if text.contains("(kw_") && text.find("(kw_") < text.find('~') { 2 } else { 1 };
        for keyword in keywords.take(count) {
            assert!(ahead.contains(keyword), "{rule} begins with {keyword}");
        }
    }
}

#[test]
fn the_item_words_begin_the_items() {
    let item = definition("item");
    for word in ITEM_WORDS {
        let names = [(*word).to_owned(), format!("{word}_"), format!("{word}_decl")];
        assert!(item.split_whitespace().any(|part| names.iter().any(|name| name == part)), "{word}");
    }
}

#[test]
fn marks_and_keywords_stand_last() {
    let order: Vec<&str> =
        GRAMMAR.lines().filter_map(|line| line.split_once(" = ")).map(|(name, _)| name.trim()).collect();
    let mark = order.iter().position(|name| *name == "lbrace").expect("lbrace");
    let keyword = order.iter().position(|name| name.starts_with("kw_")).expect("a keyword");
    assert!(order[keyword..].iter().all(|name| name.starts_with("kw_")));
    assert_eq!(order[keyword], "kw_above");
    assert_eq!(order[keyword - 1], "yields");
    assert!(Rule::advance < Rule::lbrace && Rule::lbrace < Rule::yields && Rule::yields < Rule::kw_above);
    assert!(mark < keyword);
}

fn leaves<'i>(pair: Pair<'i, Rule>, found: &mut Vec<Pair<'i, Rule>>) {
    let inner = pair.clone().into_inner();
    if inner.is_empty() {
        found.push(pair);
    } else {
        inner.for_each(|pair| leaves(pair, found));
    }
}

#[test]
fn pieces_begin_and_end_with_tokens() {
    for text in CORPUS {
        let edges: BTreeSet<usize> =
            token::tokens(text).flat_map(|t| [t.span.start as usize, t.span.end as usize]).collect();
        let mut found = Vec::new();
        for pair in Grammar::parse(Rule::file, text).expect("the corpus is right") {
            leaves(pair, &mut found);
        }
        assert!(found.len() > 100);
        for leaf in found.iter().filter(|leaf| !leaf.as_str().is_empty()) {
            // Rules that end with something optional take in the blanks before it; their text does not end there.
            let span = leaf.as_span();
            let end =
                if edges.contains(&span.end()) { span.end() } else { span.start() + leaf.as_str().trim_end().len() };
            assert!(edges.contains(&span.start()) && edges.contains(&end), "{:?} {:?}", leaf.as_rule(), leaf.as_str());
        }
    }
}

#[test]
fn the_whole_file_reads_like_its_items() {
    for text in CORPUS {
        let whole = Grammar::parse(Rule::file, text).expect("the corpus is right").next().expect("a file");
        let items = whole.into_inner().filter(|pair| pair.as_rule() == Rule::item).count();
        assert_eq!(items, crate::parse(text).file.items.len());
    }
}
