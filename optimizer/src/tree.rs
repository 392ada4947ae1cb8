//! Which leaves of a decision's search tree its inputs can lead to.

use bp_bytecode::program::{Node, Tree};

use crate::interval::Interval;

/// Trees of more nodes are not looked at.
const NODES_MAX: usize = 20_000;

/// From the first to the last leaf that can be reached.
pub fn leaves(tree: &Tree, inputs: &[Interval]) -> Interval {
    let all = Interval::new(0, i128::from(tree.leaves).max(1) - 1);
    if tree.nodes.len() > NODES_MAX {
        return all;
    }
    let mut seen = vec![false; tree.nodes.len()];
    let mut todo = vec![tree.root];
    let mut found: Option<Interval> = None;
    while let Some(node) = todo.pop() {
        if std::mem::replace(&mut seen[node as usize], true) {
            continue;
        }
        match &tree.nodes[node as usize] {
            Node::Leaf(leaf) => {
                let leaf = Interval::only(i128::from(*leaf));
                found = Some(found.map_or(leaf, |found| found.join(leaf)));
            }
            Node::Range { input, edges, children } => {
                let range = inputs[usize::from(*input)];
                let child = |value: i128| edges.partition_point(|edge| *edge <= value);
                todo.extend(&children[child(range.low)..=child(range.high)]);
            }
            Node::Dense { input, low, children } => {
                let range = inputs[usize::from(*input)];
                let place = |value: i128| value.checked_sub(i128::from(*low));
                let (Some(first), Some(last)) = (place(range.low), place(range.high)) else { return all };
                let last_child = children.len() as i128 - 1;
                if first < 0 || last > last_child {
                    todo.extend(children.last());
                }
                if last >= 0 && first <= last_child {
                    todo.extend(&children[first.max(0) as usize..=last.min(last_child) as usize]);
                }
            }
            Node::Text { children, otherwise, .. } => {
                todo.extend(children);
                todo.push(*otherwise);
            }
        }
    }
    found.unwrap_or(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bp_bytecode::program::TreeInput;

    #[test]
    fn only_what_the_inputs_lead_to() {
        let tree = Tree {
            inputs: vec![TreeInput::Number, TreeInput::Number],
            nodes: vec![
                Node::Leaf(0),
                Node::Leaf(1),
                Node::Leaf(2),
                Node::Leaf(3),
                Node::Range { input: 1, edges: vec![0, 10], children: vec![3, 0, 1] },
                Node::Dense { input: 0, low: 5, children: vec![4, 2, 3] },
            ],
            root: 5,
            leaves: 4,
        };
        let of = |a: (i128, i128), b: (i128, i128)| leaves(&tree, &[Interval::new(a.0, a.1), Interval::new(b.0, b.1)]);
        assert_eq!(of((5, 5), (0, 9)), Interval::only(0));
        assert_eq!(of((5, 6), (0, 10)), Interval::new(0, 2));
        assert_eq!(of((6, 6), (-9, 10)), Interval::only(2));
        assert_eq!(of((4, 4), (0, 0)), Interval::only(3));
        assert_eq!(of((i128::MIN, i128::MAX), (0, 0)), Interval::new(0, 3));
    }
}
