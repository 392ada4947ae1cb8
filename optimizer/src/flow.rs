//! How the blocks of a body hang together, and which registers are assigned in one place only.
//!
//! A register with one definition is a value by name: the verifier demands that it is assigned before it is read on
//! every path, so its definition dominates every use. What the passes say about values, they say about these.

use bp_bytecode::Program;

use crate::body::Body;
use crate::operands;

pub struct Flow {
    /// Blocks in an order in which each stands behind its dominators.
    pub order: Vec<usize>,
    pub before: Vec<Vec<usize>>,
    /// Blocks whose closest dominator this one is: every way to them passes it.
    pub children: Vec<Vec<usize>>,
    /// Whether a block is on a way that leads back to itself.
    pub looping: Vec<bool>,
}

impl Flow {
    pub fn of(body: &Body) -> Flow {
        let count = body.blocks.len();
        let follows: Vec<Vec<usize>> = (0..count).map(|block| body.follows(block)).collect();
        let order = reverse_postorder(&follows);
        let mut position = vec![usize::MAX; count];
        order.iter().enumerate().for_each(|(at, block)| position[*block] = at);
        let mut before = vec![Vec::new(); count];
        for block in &order {
            for to in &follows[*block] {
                if !before[*to].contains(block) {
                    before[*to].push(*block);
                }
            }
        }
        let dominator = dominators(&order, &position, &before);
        let mut children = vec![Vec::new(); count];
        for block in order.iter().skip(1) {
            children[dominator[*block]].push(*block);
        }
        let looping = loops(&order, &position, &follows, &before);
        Flow { order, before, children, looping }
    }
}

fn reverse_postorder(follows: &[Vec<usize>]) -> Vec<usize> {
    let mut seen = vec![false; follows.len()];
    let mut order = Vec::new();
    let mut way = vec![(0usize, 0usize)];
    seen[0] = true;
    while let Some((block, next)) = way.last_mut() {
        match follows[*block].get(*next) {
            Some(to) => {
                *next += 1;
                if !seen[*to] {
                    seen[*to] = true;
                    way.push((*to, 0));
                }
            }
            None => {
                order.push(*block);
                way.pop();
            }
        }
    }
    order.reverse();
    order
}

fn dominators(order: &[usize], position: &[usize], before: &[Vec<usize>]) -> Vec<usize> {
    let mut dominator = vec![usize::MAX; before.len()];
    dominator[0] = 0;
    let mut changed = true;
    while changed {
        changed = false;
        for block in order.iter().skip(1) {
            let mut found = usize::MAX;
            for from in before[*block].iter().filter(|from| dominator[**from] != usize::MAX) {
                found = match found {
                    usize::MAX => *from,
                    mut a => {
                        let mut b = *from;
                        while a != b {
                            while position[a] > position[b] {
                                a = dominator[a];
                            }
                            while position[b] > position[a] {
                                b = dominator[b];
                            }
                        }
                        a
                    }
                };
            }
            if dominator[*block] != found {
                dominator[*block] = found;
                changed = true;
            }
        }
    }
    dominator
}

/// Blocks between the target of a jump backwards and the jump; for code without such jumps none.
fn loops(order: &[usize], position: &[usize], follows: &[Vec<usize>], before: &[Vec<usize>]) -> Vec<bool> {
    let mut looping = vec![false; follows.len()];
    for block in order {
        for head in follows[*block].iter().filter(|to| position[**to] <= position[*block]) {
            let mut seen = vec![false; follows.len()];
            let mut todo = vec![*block];
            seen[*head] = true;
            while let Some(at) = todo.pop() {
                if !seen[at] {
                    seen[at] = true;
                    todo.extend(&before[at]);
                }
            }
            seen.iter().zip(&mut looping).for_each(|(seen, looping)| *looping |= seen);
        }
    }
    looping
}

/// Where a register is assigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Site {
    /// Nowhere.
    Never,
    /// It is a parameter that nothing assigns.
    Param,
    /// Here and nowhere else.
    Once { block: usize, line: usize },
    /// In several places.
    Many,
}

/// The definitions and the number of uses of each register.
pub struct Uses {
    pub sites: Vec<Site>,
    pub counts: Vec<u32>,
}

impl Uses {
    pub fn of(body: &Body, program: &Program) -> Uses {
        let mut sites = vec![Site::Never; body.registers.len()];
        let mut counts = vec![0; body.registers.len()];
        sites[..usize::from(body.params)].fill(Site::Param);
        for (number, block) in body.blocks.iter().enumerate() {
            for (at, line) in block.lines.iter().enumerate() {
                for register in operands::writes(&line.op, program, &body.registers) {
                    let site = &mut sites[usize::from(register)];
                    *site = match site {
                        Site::Never => Site::Once { block: number, line: at },
                        _ => Site::Many,
                    };
                }
                for register in operands::reads(&line.op, program, &body.registers) {
                    counts[usize::from(register)] += 1;
                }
            }
        }
        Uses { sites, counts }
    }

    /// Is the register a value by name: assigned in one place, or a parameter?
    pub fn is_value(&self, register: u16) -> bool {
        matches!(self.sites[usize::from(register)], Site::Param | Site::Once { .. })
    }

    /// The line that makes the register, if there is one only.
    pub fn made(&self, register: u16) -> Option<(usize, usize)> {
        match self.sites[usize::from(register)] {
            Site::Once { block, line } => Some((block, line)),
            _ => None,
        }
    }
}
