//! Parts of a graph in which every point leads to every other.

/// The strongly connected parts with a circle in them: several points, or one that leads to itself. Tarjan's algorithm
/// (1972), with a stack of its own.
pub(super) fn circles(count: usize, next: impl Fn(usize) -> Vec<usize>) -> Vec<Vec<usize>> {
    const NEW: usize = usize::MAX;
    let (mut number, mut low) = (vec![NEW; count], vec![0; count]);
    let mut on_stack = vec![false; count];
    let (mut stack, mut found, mut numbers) = (Vec::new(), Vec::new(), 0);
    for root in 0..count {
        if number[root] != NEW {
            continue;
        }
        // Each with the points that it leads to, and how many of them were followed.
        let mut way = vec![(root, next(root), 0)];
        while let Some((point, leads, followed)) = way.last_mut() {
            let point = *point;
            if *followed == 0 && number[point] == NEW {
                (number[point], low[point]) = (numbers, numbers);
                numbers += 1;
                stack.push(point);
                on_stack[point] = true;
            }
            if let Some(to) = leads.get(*followed).copied() {
                *followed += 1;
                if number[to] == NEW {
                    way.push((to, next(to), 0));
                } else if on_stack[to] {
                    low[point] = low[point].min(number[to]);
                }
                continue;
            }
            let is_circle = leads.contains(&point);
            way.pop();
            if let Some((before, ..)) = way.last() {
                low[*before] = low[*before].min(low[point]);
            }
            if low[point] == number[point] {
                let from = stack.iter().rposition(|other| *other == point).unwrap_or(0);
                let part = stack.split_off(from);
                part.iter().for_each(|other| on_stack[*other] = false);
                if part.len() > 1 || is_circle {
                    found.push(part);
                }
            }
        }
    }
    found
}

/// The shortest way from a point back to itself that stays in a part; each point of it once, the first one first.
pub(super) fn round(part: &[usize], from: usize, next: impl Fn(usize) -> Vec<usize>) -> Vec<usize> {
    let mut before: Vec<(usize, Option<usize>)> = vec![(from, None)];
    let mut at = 0;
    while let Some((point, _)) = before.get(at).copied() {
        for to in next(point) {
            if to == from {
                let mut way = vec![point];
                let mut last = before[at].1;
                while let Some(step) = last {
                    way.push(before[step].0);
                    last = before[step].1;
                }
                way.reverse();
                return way;
            }
            if part.contains(&to) && before.iter().all(|(known, _)| *known != to) {
                before.push((to, Some(at)));
            }
        }
        at += 1;
    }
    vec![from]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(edges: &'static [(usize, usize)]) -> impl Fn(usize) -> Vec<usize> {
        move |from| edges.iter().filter(|(a, _)| *a == from).map(|(_, b)| *b).collect()
    }

    #[test]
    fn circles_are_found_and_lines_are_not() {
        let next = graph(&[(0, 1), (1, 2), (2, 1), (2, 3), (3, 3), (4, 0)]);
        let mut found = circles(5, &next);
        found.iter_mut().for_each(|part| part.sort_unstable());
        found.sort();
        assert_eq!(found, [vec![1, 2], vec![3]]);
    }

    #[test]
    fn the_shortest_way_round_is_given() {
        let next = graph(&[(0, 1), (1, 2), (2, 0), (1, 0)]);
        assert_eq!(round(&[0, 1, 2], 0, &next), [0, 1]);
        assert_eq!(round(&[0, 1, 2], 2, &next), [2, 0, 1]);
    }
}
