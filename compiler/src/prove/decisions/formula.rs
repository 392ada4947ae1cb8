//! Conditions over the variables of a [`Space`](super::space::Space), and their form as boxes.

use super::set::Set;
use super::space::{Space, VarId};

/// A condition: that a variable is in a set, and what `and` and `or` make of that. There is no `not`: the complement
/// of a set is a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Formula {
    In(VarId, Set),
    All(Vec<Formula>),
    Any(Vec<Formula>),
}

/// Variables, each once and in order, with the set that each is in.
pub type Region = Vec<(VarId, Set)>;

impl Formula {
    pub const TRUE: Formula = Formula::All(Vec::new());
    pub const FALSE: Formula = Formula::Any(Vec::new());

    pub fn known(value: bool) -> Formula {
        if value { Formula::TRUE } else { Formula::FALSE }
    }

    pub fn is_true(&self) -> bool {
        *self == Formula::TRUE
    }

    pub fn is_false(&self) -> bool {
        match self {
            Formula::In(_, set) => set.is_empty(),
            Formula::All(_) => false,
            Formula::Any(parts) => parts.is_empty(),
        }
    }

    pub fn and(self, other: Formula) -> Formula {
        Formula::all(vec![self, other])
    }

    pub fn or(self, other: Formula) -> Formula {
        Formula::any(vec![self, other])
    }

    pub fn all(parts: Vec<Formula>) -> Formula {
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Formula::All(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        if flat.iter().any(Formula::is_false) {
            return Formula::FALSE;
        }
        if flat.len() == 1 { flat.swap_remove(0) } else { Formula::All(flat) }
    }

    pub fn any(parts: Vec<Formula>) -> Formula {
        let mut flat: Vec<Formula> = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Formula::Any(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        if flat.iter().any(Formula::is_true) {
            return Formula::TRUE;
        }
        // What is asked of one variable is one set.
        let mut sets: Vec<(VarId, Vec<(i128, i128)>)> = Vec::new();
        let mut rest = Vec::new();
        for part in flat {
            match part {
                Formula::In(var, set) => match sets.iter_mut().find(|(known, _)| *known == var) {
                    Some((_, ranges)) => ranges.extend(set.stretches()),
                    None => sets.push((var, set.stretches().to_vec())),
                },
                other => rest.push(other),
            }
        }
        let joined = sets.into_iter().map(|(var, ranges)| Formula::In(var, Set::of(ranges)));
        rest.splice(0..0, joined);
        if rest.len() == 1 { rest.swap_remove(0) } else { Formula::Any(rest) }
    }

    pub fn not(&self, space: &Space) -> Formula {
        match self {
            Formula::In(var, set) => Formula::In(*var, set.not(&space.vars[var.index()].domain)),
            Formula::All(parts) => Formula::any(parts.iter().map(|part| part.not(space)).collect()),
            Formula::Any(parts) => Formula::all(parts.iter().map(|part| part.not(space)).collect()),
        }
    }

    /// Boxes that together are the condition; `None` if it takes more than `most`. An empty one is left out.
    pub fn regions(&self, most: usize) -> Option<Vec<Region>> {
        match self {
            Formula::In(_, set) if set.is_empty() => Some(Vec::new()),
            Formula::In(var, set) => Some(vec![vec![(*var, set.clone())]]),
            Formula::Any(parts) => {
                let mut regions = Vec::new();
                for part in parts {
                    regions.extend(part.regions(most)?);
                    if regions.len() > most {
                        return None;
                    }
                }
                Some(regions)
            }
            Formula::All(parts) => {
                let mut regions: Vec<Region> = vec![Vec::new()];
                for part in parts {
                    let more = part.regions(most)?;
                    let mut both = Vec::with_capacity(regions.len());
                    for region in &regions {
                        both.extend(more.iter().filter_map(|other| meet(region, other)));
                        if both.len() > most {
                            return None;
                        }
                    }
                    regions = both;
                }
                Some(regions)
            }
        }
    }
}

/// What is in both; `None` if nothing is.
pub fn meet(a: &Region, b: &Region) -> Option<Region> {
    let mut both = Vec::with_capacity(a.len() + b.len());
    let (mut x, mut y) = (a.iter().peekable(), b.iter().peekable());
    loop {
        match (x.peek(), y.peek()) {
            (Some(p), Some(q)) if p.0 == q.0 => {
                let set = p.1.and(&q.1);
                if set.is_empty() {
                    return None;
                }
                both.push((p.0, set));
                x.next();
                y.next();
            }
            (Some(p), Some(q)) if p.0 > q.0 => both.extend(y.next().cloned()),
            (Some(_), _) => both.extend(x.next().cloned()),
            (None, Some(_)) => both.extend(y.next().cloned()),
            (None, None) => return Some(both),
        }
    }
}

/// Whether two boxes have something in common, as far as each variable by itself tells.
pub fn meets(a: &Region, b: &Region) -> bool {
    let (mut x, mut y) = (0, 0);
    while let (Some(p), Some(q)) = (a.get(x), b.get(y)) {
        if p.0 == q.0 {
            if !p.1.meets(&q.1) {
                return false;
            }
            x += 1;
            y += 1;
        } else if p.0 < q.0 {
            x += 1;
        } else {
            y += 1;
        }
    }
    true
}
