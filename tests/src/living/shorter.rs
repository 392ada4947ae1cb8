//! Programs and orders of events made shorter as long as something about them differs.

use super::{Compared, compare};
use crate::agree::Subject;
use crate::generate::files;

/// A program and the seeds of events on which engines disagree.
#[derive(Clone, Debug)]
pub struct Found {
    pub text: String,
    pub seeds: Vec<u64>,
    /// What differs.
    pub difference: String,
}

fn differs(text: &str, seeds: &[u64]) -> Option<String> {
    let subject = Subject::of("made.bp", text, &files(), None).ok()?;
    compare(&subject, seeds, &mut Compared::default()).err()
}

/// Without what the difference does not need: events first, then lines, then events again. What differs may become
/// something else on the way.
pub fn shorter(found: &Found) -> Found {
    let (mut text, mut seeds) = (found.text.clone(), found.seeds.clone());
    for _ in 0..3 {
        let before = (text.len(), seeds.len());
        seeds = without(seeds, |seeds| differs(&text, seeds).is_some());
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        text = without(lines, |lines| differs(&lines.join("\n"), &seeds).is_some()).join("\n") + "\n";
        if (text.len(), seeds.len()) == before {
            break;
        }
    }
    let difference = differs(&text, &seeds).unwrap_or_else(|| found.difference.clone());
    Found { text, seeds, difference }
}

/// A list without parts of it that something does not need, half of it at first.
fn without<T: Clone>(mut all: Vec<T>, holds: impl Fn(&[T]) -> bool) -> Vec<T> {
    let mut size = all.len().max(1) / 2;
    while size > 0 {
        let mut at = 0;
        while at + size <= all.len() {
            let rest = [&all[..at], &all[at + size..]].concat();
            if holds(&rest) { all = rest } else { at += size }
        }
        size /= 2;
    }
    all
}
