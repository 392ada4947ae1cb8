//! The layout by itself, without what falls back on the text as it was; also at widths that break nearly everything.

use super::{check, format_to, lay_out};
use crate::{parse, split};

const CORPUS: [&str; 5] = [
    include_str!("../../tests/corpus/books.bp"),
    include_str!("../../tests/corpus/data.bp"),
    include_str!("../../tests/corpus/decisions.bp"),
    include_str!("../../tests/corpus/processes.bp"),
    include_str!("../../tests/corpus/values.bp"),
];

#[test]
fn every_item_is_laid_out_at_every_width() {
    for text in CORPUS {
        for chunk in split::split(text, 0).chunks {
            let item = &text[chunk.span.range()];
            let pairs = parse::sound_pairs(item).expect("the corpus is right");
            for width in [1, 20, 30, 40, 60, 80, 100, 120, 200] {
                let written = lay_out(item, pairs.clone(), width).expect("the corpus can be laid out");
                assert!(check::same(pairs.clone(), &written), "{width}:\n{written}");
                let again = lay_out(&written, parse::sound_pairs(&written).expect("sound"), width).expect("again");
                assert_eq!(written, again, "{width}");
            }
        }
    }
}

/// Comments and line ends between any two tokens where they may stand.
#[test]
fn comments_stay_wherever_they_stand() {
    for text in CORPUS {
        for chunk in split::split(text, 0).chunks {
            let item = &text[chunk.span.range()];
            // A long item is laid out once for each; so in long ones not every pair is tried.
            let every = 1 + item.len() / 80;
            let (mut pair, every) = (0, every + usize::from(every % 5 == 0));
            for token in crate::tokens(item).filter(|token| !token.kind.is_trivia()) {
                let at = token.span.end as usize;
                if at == item.len() {
                    // What stands behind an item is no part of it.
                    continue;
                }
                for comment in [" // c\n", "\n// c\n", "\n\n// c\n\n// d\n", " // c\n// d\n", "\n"] {
                    pair += 1;
                    if pair % every != 0 {
                        continue;
                    }
                    let text = format!("{}{comment}{}", &item[..at], &item[at..]);
                    let Some(pairs) = parse::sound_pairs(&text) else { continue };
                    let written = lay_out(&text, pairs.clone(), 120).expect("laid out");
                    assert!(check::same(pairs, &written), "{text}\n----\n{written}");
                    assert_eq!(written.matches("// ").count(), text.matches("// ").count(), "{text}\n----\n{written}");
                    assert_eq!(format_to(&written, 120), format!("{written}\n"), "{text}");
                }
            }
        }
    }
}

/// A template row that is too long for a line by little: its braces would fit where they would not come to stand, so
/// its row once was left out of the measure, and its padding ran below nothing.
#[test]
fn a_long_template_row_is_measured_as_it_is_laid_out() {
    let row = "| > row.over => row.rate";
    let mut broken = 0;
    for length in 1..=120 {
        let file = "f".repeat(length);
        for comment in ["", "// as the law has it\n"] {
            let item = format!(
                "decision rate(income: Int) -> Int {{\n| income => rate\nfor row: Row in \"{file}.csv\" where \
                 row.rate >= config.year {{ {row} }}\n{comment}default => 1\n}}"
            );
            let pairs = parse::sound_pairs(&item).expect("sound");
            let written = lay_out(&item, pairs.clone(), 120).expect("laid out");
            assert!(check::same(pairs, &written), "{written}");
            assert!(written.len() < item.len() + 200, "{length}:\n{written}");
            assert_eq!(format_to(&written, 120), format!("{written}\n"), "{length}");
            broken += usize::from(written.lines().any(|line| line.trim_start().starts_with("| > row.over")));
        }
    }
    assert!(broken > 0, "some do not fit on a line");
}
