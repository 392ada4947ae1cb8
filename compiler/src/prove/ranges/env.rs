//! What is known where code stands: an interval for each variable, and for each field of one that was looked at.

use super::interval::Interval;
use crate::types::LocalId;
use std::collections::HashMap;

/// A variable, or a field of a field … of one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Path {
    pub local: LocalId,
    pub fields: Vec<u16>,
}

impl Path {
    pub fn of(local: LocalId) -> Path {
        Path { local, fields: Vec::new() }
    }

    pub fn field(mut self, field: u16) -> Path {
        self.fields.push(field);
        self
    }
}

/// What is known more than the types say. Where nothing comes, nothing is said.
#[derive(Clone, Debug, Default)]
pub struct Env {
    known: HashMap<Path, Interval>,
    /// No run comes here, as far as is known.
    dead: bool,
}

impl Env {
    pub fn dead() -> Env {
        Env { known: HashMap::new(), dead: true }
    }

    pub fn is_dead(&self) -> bool {
        self.dead
    }

    pub fn kill(&mut self) {
        *self = Env::dead();
    }

    pub fn get(&self, path: &Path) -> Option<Interval> {
        self.known.get(path).copied()
    }

    pub fn set(&mut self, path: Path, interval: Interval) {
        if !self.dead {
            self.known.insert(path, interval);
        }
    }

    /// All that is known of a variable and its fields.
    pub fn below(&self, path: &Path) -> Vec<(Vec<u16>, Interval)> {
        let depth = path.fields.len();
        let is_below = |other: &Path| other.local == path.local && other.fields.starts_with(&path.fields);
        self.known.iter().filter(|(p, _)| is_below(p)).map(|(p, i)| (p.fields[depth..].to_vec(), *i)).collect()
    }

    /// It has another value now.
    pub fn forget(&mut self, local: LocalId) {
        self.known.retain(|path, _| path.local != local);
    }

    /// Either this or that was gone through.
    pub fn join(&mut self, other: Env) {
        if other.dead {
            return;
        }
        if self.dead {
            *self = other;
            return;
        }
        self.known.retain(|path, interval| match other.known.get(path) {
            Some(there) => {
                *interval = interval.join(*there);
                true
            }
            None => false,
        });
    }
}
