//! Programs made shorter as long as something about them stays.

use super::{Asked, Random, Subject, compare};
use crate::generate::files;

/// The text without lines that the difference does not need: as long as it compiles and its engines disagree.
pub fn shorter(text: &str, seed: u64, calls: usize) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let disagrees = |lines: &[String]| {
        let subject = Subject::of("made.bp", &lines.join("\n"), &files(), None);
        subject.is_ok_and(|subject| compare("made", &subject, calls, &mut Random(seed), &mut Asked::default()).is_err())
    };
    // The arguments depend on the program: what was found may not be found again, and then stays as it is.
    let mut size = lines.len().max(1) / 2;
    while size > 0 {
        let mut at = 0;
        while at + size <= lines.len() {
            let rest = [&lines[..at], &lines[at + size..]].concat();
            if disagrees(&rest) { lines = rest } else { at += 1 }
        }
        size /= 2;
    }
    lines.join("\n") + "\n"
}
