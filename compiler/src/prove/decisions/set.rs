//! Sets of whole numbers as stretches.

/// Numbers `low..high`, in order, apart from each other. [`BELOW`] and [`BEYOND`] are the open ends.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Set(Vec<(i128, i128)>);

/// No number is below it.
pub const BELOW: i128 = i128::MIN;
/// No number is at it or above.
pub const BEYOND: i128 = i128::MAX;

impl Set {
    pub fn range(low: i128, high: i128) -> Set {
        Set(if low < high { vec![(low, high)] } else { Vec::new() })
    }

    pub fn one(value: i128) -> Set {
        Set::range(value, value.saturating_add(1))
    }

    pub fn of(mut ranges: Vec<(i128, i128)>) -> Set {
        ranges.retain(|range| range.0 < range.1);
        ranges.sort_unstable();
        let mut joined: Vec<(i128, i128)> = Vec::with_capacity(ranges.len());
        for range in ranges {
            match joined.last_mut() {
                Some(last) if range.0 <= last.1 => last.1 = last.1.max(range.1),
                _ => joined.push(range),
            }
        }
        Set(joined)
    }

    pub fn stretches(&self) -> &[(i128, i128)] {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn contains(&self, value: i128) -> bool {
        let next = self.0.partition_point(|range| range.0 <= value);
        next > 0 && value < self.0[next - 1].1
    }

    pub fn and(&self, other: &Set) -> Set {
        let (mut both, mut a, mut b) = (Vec::new(), 0, 0);
        while let (Some(x), Some(y)) = (self.0.get(a), other.0.get(b)) {
            let range = (x.0.max(y.0), x.1.min(y.1));
            if range.0 < range.1 {
                both.push(range);
            }
            if x.1 <= y.1 { a += 1 } else { b += 1 }
        }
        Set(both)
    }

    pub fn meets(&self, other: &Set) -> bool {
        let (mut a, mut b) = (0, 0);
        while let (Some(x), Some(y)) = (self.0.get(a), other.0.get(b)) {
            if x.0.max(y.0) < x.1.min(y.1) {
                return true;
            }
            if x.1 <= y.1 { a += 1 } else { b += 1 }
        }
        false
    }

    /// What of `domain` is not in it.
    pub fn not(&self, domain: &Set) -> Set {
        let (mut rest, mut from) = (Vec::new(), BELOW);
        for range in &self.0 {
            rest.push((from, range.0));
            from = range.1;
        }
        rest.push((from, BEYOND));
        rest.retain(|range| range.0 < range.1);
        Set(rest).and(domain)
    }

    pub fn within(&self, other: &Set) -> bool {
        self.and(other) == *self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn algebra() {
        let a = Set::of(vec![(5, 7), (0, 3), (3, 4), (9, 9)]);
        assert_eq!(a.stretches(), [(0, 4), (5, 7)]);
        let domain = Set::range(-1, 10);
        assert_eq!(a.not(&domain).stretches(), [(-1, 0), (4, 5), (7, 10)]);
        assert_eq!(a.and(&Set::range(3, 6)).stretches(), [(3, 4), (5, 6)]);
        assert!(a.contains(3) && !a.contains(4) && !a.contains(7));
        assert!(!a.meets(&Set::one(4)) && Set::one(5).within(&a) && !Set::range(3, 6).within(&a));
        let everything = Set::range(BELOW, BEYOND);
        assert_eq!(Set::default().not(&everything), everything);
        assert!(everything.not(&everything).is_empty());
    }
}
