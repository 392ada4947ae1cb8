//! Pairs of boxes of different rows that have something in common.

use super::formula::{Region, meets};
use super::search::{Cover, levels};
use super::space::Space;
use std::collections::BTreeSet;

/// Sweeps the variable that tells the boxes apart best and gives each pair that meets there and everywhere else to
/// `visit`, until that says that it has seen enough; a pair may come more than once. False if `work` ran out.
pub fn pairs(
    space: &Space,
    boxes: &[(u32, &Region)],
    work: &mut u64,
    visit: &mut dyn FnMut(usize, usize, &mut u64) -> bool,
) -> bool {
    let covers: Vec<Cover> = boxes.iter().map(|(row, region)| Cover { region, row: Some(*row) }).collect();
    let levels = levels(space, &space.allowed, &covers);
    let level = levels.first();
    // Where a box begins and ends: the ends come first, so that boxes that only touch do not meet.
    let mut edges: Vec<(u32, bool, usize)> = Vec::new();
    for (at, (_, region)) in boxes.iter().enumerate() {
        let steps = match level.map(|level| (level, region.binary_search_by_key(&level.var, |(var, _)| *var))) {
            Some((level, Ok(cell))) => level.steps(&region[cell].1),
            Some((level, Err(_))) => vec![(0, level.atoms.len() as u32)],
            None => vec![(0, 1)],
        };
        for (first, behind) in steps {
            edges.push((first, true, at));
            edges.push((behind, false, at));
        }
    }
    edges.sort_unstable();
    let mut open: BTreeSet<usize> = BTreeSet::new();
    for (_, begins, at) in edges {
        if !begins {
            open.remove(&at);
            continue;
        }
        match work.checked_sub(open.len() as u64 + 1) {
            Some(left) => *work = left,
            None => return false,
        }
        for other in &open {
            let (a, b) = (at.min(*other), at.max(*other));
            if boxes[a].0 != boxes[b].0 && meets(boxes[a].1, boxes[b].1) && visit(a, b, work) {
                return true;
            }
        }
        open.insert(at);
    }
    true
}
