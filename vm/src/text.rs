//! Operations on texts that need more than the text array.

use bp_bytecode::border::normalized;

use crate::fault::Raise;
use crate::heap::Heap;

/// Texts one behind the other, in normal form: an accent may meet its letter at a seam.
pub fn join(heap: &mut Heap, texts: impl Iterator<Item = u64> + Clone) -> Result<u64, Raise> {
    let joined = heap.join(texts)?;
    if heap.text(joined).is_ascii() {
        return Ok(joined);
    }
    match normalized(heap.text(joined)) {
        std::borrow::Cow::Borrowed(_) => Ok(joined),
        std::borrow::Cow::Owned(text) => {
            heap.pop_text(joined);
            heap.push_text(&text)
        }
    }
}

/// A made text, in normal form.
pub fn push(heap: &mut Heap, text: &str) -> Result<u64, Raise> {
    heap.push_text(&normalized(text))
}

/// Does all of `text` match a pattern of `*` (any text) and `?` (one character)? `None` if that takes more than
/// `steps` steps; otherwise `steps` is lowered by what it took.
pub fn matches(text: &str, pattern: &str, steps: &mut u64) -> Option<bool> {
    let (mut text, mut pattern) = (text.chars(), pattern.chars());
    // Where to go on after the last `*`: with one character more swallowed by it.
    let mut retry = None;
    loop {
        *steps = steps.checked_sub(1)?;
        let before = pattern.clone();
        match (pattern.next(), text.clone().next()) {
            (None, None) => return Some(true),
            (Some('*'), _) => {
                retry = Some((before, text.clone()));
                continue;
            }
            (Some(wanted), Some(found)) if wanted == '?' || wanted == found => {
                text.next();
                continue;
            }
            _ => {}
        }
        let Some((star, mut rest)) = retry.take() else { return Some(false) };
        if rest.next().is_none() {
            return Some(false);
        }
        (text, pattern) = (rest.clone(), star.clone());
        pattern.next();
        retry = Some((star, rest));
    }
}

/// The parts of a text between separators, as parts of the same bytes. An empty separator separates nothing.
pub fn split(heap: &Heap, text: u64, separator: u64) -> Vec<u64> {
    let (whole, separator) = (heap.text(text), heap.text(separator));
    if separator.is_empty() {
        return vec![text];
    }
    let mut start = 0;
    let mut parts = Vec::new();
    for (at, found) in whole.match_indices(separator) {
        parts.push(Heap::part(text, start, at));
        start = at + found.len();
    }
    parts.push(Heap::part(text, start, whole.len()));
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use bp_bytecode::Program;
    use proptest::prelude::*;

    /// The definition, by recursion.
    fn by_definition(text: &[char], pattern: &[char]) -> bool {
        match (pattern, text) {
            ([], []) => true,
            (['*', rest @ ..], _) => (0..=text.len()).any(|n| by_definition(&text[n..], rest)),
            (['?', rest @ ..], [_, tail @ ..]) => by_definition(tail, rest),
            ([p, rest @ ..], [t, tail @ ..]) => p == t && by_definition(tail, rest),
            _ => false,
        }
    }

    #[test]
    fn a_seam_is_normalised() {
        let mut heap = Heap::new(&Program::default(), 100, 1_000, 100);
        let (e, accent) = (heap.push_text("caf e").unwrap(), heap.push_text("\u{301}").unwrap());
        let joined = join(&mut heap, [e, accent, e].into_iter()).unwrap();
        assert_eq!(heap.text(joined), "caf écaf e");
        assert_eq!(heap.text(e), "caf e");
    }

    #[test]
    fn splitting_keeps_empty_parts() {
        let mut heap = Heap::new(&Program::default(), 100, 1_000, 100);
        let mut parts = |text: &str, separator: &str| {
            let (text, separator) = (heap.push_text(text).unwrap(), heap.push_text(separator).unwrap());
            split(&heap, text, separator).iter().map(|part| heap.text(*part).to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(parts("a,b,,c", ","), ["a", "b", "", "c"]);
        assert_eq!(parts("", ","), [""]);
        assert_eq!(parts("ab", ""), ["ab"]);
    }

    #[test]
    fn a_hard_pattern_is_given_up() {
        let text = "a".repeat(10_000);
        let pattern = "*a".repeat(50) + "b";
        assert_eq!(matches(&text, &pattern, &mut 1_000), None);
        assert_eq!(matches(&text, "*aaa", &mut 100_000), Some(true));
    }

    proptest! {
        #[test]
        fn patterns_match_by_definition(text in "[abé]{0,8}", pattern in "[abé*?]{0,6}") {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            prop_assert_eq!(
                matches(&text, &pattern, &mut 1_000_000),
                Some(by_definition(&chars(&text), &chars(&pattern)))
            );
        }
    }
}
