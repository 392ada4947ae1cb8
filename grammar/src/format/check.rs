//! Whether two texts of an item say the same.

use crate::parse::{self, Rule};
use pest::iterators::{Pair, Pairs};

/// Whether the grammar reads `after` as it read `before`: the same nodes with the same words, in the same order, commas
/// aside. From the same nodes comes the same tree.
pub(super) fn same(before: Pairs<'_, Rule>, after: &str) -> bool {
    let Ok(after) = parse::pairs(after) else { return false };
    let mut before = before.flatten().filter(counts);
    let mut after = after.flatten().filter(counts);
    loop {
        match (before.next(), after.next()) {
            (None, None) => return true,
            (Some(a), Some(b)) if a.as_rule() == b.as_rule() && words(&a) == words(&b) => {}
            _ => return false,
        }
    }
}

fn counts(pair: &Pair<'_, Rule>) -> bool {
    pair.as_rule() != Rule::comma
}

/// The text of a node that has none inside.
fn words<'i>(pair: &Pair<'i, Rule>) -> &'i str {
    if pair.clone().into_inner().next().is_some() {
        ""
    } else {
        pair.as_str().trim_end_matches([' ', '\t', '\r', '\n'])
    }
}
