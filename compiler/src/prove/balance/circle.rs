//! Bounds that contradict each other in a circle: `x < y`, `y < z` and `z < x` hold of no values.
//!
//! A bound of a difference `x - y` is an arrow from `y` to `x`, as long as `x` may be above `y`; a bound of `x` alone is one
//! from or to zero. Where a way along the arrows comes back to where it began with a length below zero, no values go round
//! (R. Bellman, "On a routing problem", 1958). A bound that is itself outside makes its arrow a trifle shorter.

use super::facts::Range;
use super::number::Rational;
use super::term::*;
use std::cmp::Ordering;
use std::collections::HashMap;

/// How many arrows are looked at; with more, nothing is claimed.
const ARROWS_MAX: usize = 300;

/// How far one value may be above another, and how many bounds on the way are themselves outside.
type Length = (Rational, u32);

struct Arrow {
    from: usize,
    to: usize,
    length: Length,
}

/// Whether some of the bounds contradict each other.
pub(super) fn is_contradicted(terms: &Terms, ranges: &HashMap<TermId, Range>) -> bool {
    let mut values: Vec<Mono> = Vec::new();
    let mut number = |mono: &Mono| match values.iter().position(|known| known == mono) {
        Some(at) => at,
        None => {
            values.push(mono.clone());
            values.len() - 1
        }
    };
    let mut arrows = Vec::new();
    for (q, range) in ranges {
        let poly = terms.poly(*q);
        let (above, below) = match poly.0.as_slice() {
            [(x, c)] if *c == Rational::ONE => (number(x), number(&Mono::new())),
            [(x, c), (y, d)] if *c == Rational::ONE && *d == Rational::ONE.neg() => (number(x), number(y)),
            [(y, d), (x, c)] if *c == Rational::ONE && *d == Rational::ONE.neg() => (number(x), number(y)),
            _ => continue,
        };
        if let Some((end, out)) = range.high {
            arrows.push(Arrow { from: below, to: above, length: (end, u32::from(out)) });
        }
        if let Some((end, out)) = range.low {
            arrows.push(Arrow { from: above, to: below, length: (end.neg(), u32::from(out)) });
        }
    }
    arrows.len() <= ARROWS_MAX && comes_back_shorter(values.len(), &arrows)
}

/// Whether ways go on getting shorter when they have passed every value: then they go round.
fn comes_back_shorter(values: usize, arrows: &[Arrow]) -> bool {
    let mut shortest: Vec<Length> = vec![(Rational::ZERO, 0); values];
    for _ in 0..=values {
        let mut changed = false;
        for arrow in arrows {
            let (far, out) = shortest[arrow.from];
            // A number too large for exact arithmetic is no way.
            let Some(far) = far.add(arrow.length.0) else { continue };
            let length = (far, out + arrow.length.1);
            if is_shorter(length, shortest[arrow.to]) {
                shortest[arrow.to] = length;
                changed = true;
            }
        }
        if !changed {
            return false;
        }
    }
    true
}

fn is_shorter(a: Length, b: Length) -> bool {
    match a.0.order(b.0) {
        Some(Ordering::Less) => true,
        Some(Ordering::Equal) => a.1 > b.1,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrows(of: &[(usize, usize, i128, u32)]) -> Vec<Arrow> {
        of.iter()
            .map(|(from, to, by, out)| Arrow { from: *from, to: *to, length: (Rational::whole(*by), *out) })
            .collect()
    }

    #[test]
    fn circles() {
        // x < y, y < z, z < x; with `<=` everywhere, all are equal.
        assert!(comes_back_shorter(3, &arrows(&[(1, 0, 0, 1), (2, 1, 0, 1), (0, 2, 0, 1)])));
        assert!(comes_back_shorter(3, &arrows(&[(1, 0, 0, 0), (2, 1, 0, 0), (0, 2, 0, 1)])));
        assert!(!comes_back_shorter(3, &arrows(&[(1, 0, 0, 0), (2, 1, 0, 0), (0, 2, 0, 0)])));
        // x <= y + 5 and y <= x - 5 meet; y <= x - 6 does not.
        assert!(!comes_back_shorter(2, &arrows(&[(1, 0, 5, 0), (0, 1, -5, 0)])));
        assert!(comes_back_shorter(2, &arrows(&[(1, 0, 5, 0), (0, 1, -6, 0)])));
        assert!(!comes_back_shorter(2, &arrows(&[(1, 0, 5, 0)])));
        assert!(!comes_back_shorter(0, &[]));
    }
}
