//! Maps: values like everything else, and still constant time for the way programs use them.
//!
//! A map's cell is four slots. The newest version of a map *owns* its storage:
//!
//! `[keys list, values list, index block, 0]`
//!
//! `put` on an owner changes the storage in place and makes a new owner; the old cell is overwritten with how it
//! differs from the new one: `[new map, position, old value, REPLACED]` or `[new map, position, 0, ADDED]`. A
//! program that goes on with the new map never pays for the old one. One that touches the old map again makes it an
//! owner of a copy: the differences on the way to an owner are undone in a copy of the values.
//!
//! Lists of keys only ever grow, so versions share them and `keys` hands them out; lists of values stay private.
//! The index block is an open-addressing table: `[size, entry × size]`, an entry `hash << 32 | position + 1` or 0.
//! Its hash has a random key for each process, so that nobody can prepare keys that collide; the order of entries
//! never shows.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::OnceLock;

use bp_bytecode::Program;
use bp_bytecode::index::ShapeId;

use crate::fault::Raise;
use crate::heap::Heap;
use crate::shaped::{compare, hash};

const OWNER: u64 = 0;
const REPLACED: u64 = 1;
const ADDED: u64 = 2;

/// The slots of a map's cell.
const KEYS: usize = 0;
const VALUES: usize = 1;
const INDEX: usize = 2;
const KIND: usize = 3;

/// How far an old version may stand from an owner, beyond twice its length, before it becomes one on the way.
/// Without this, reading each of n old versions would cost n^2.
const REACH: usize = 32;

/// The smallest index block.
const SMALLEST: usize = 8;

fn hash_of(program: &Program, heap: &Heap, shape: ShapeId, key: u64) -> u32 {
    static STATE: OnceLock<RandomState> = OnceLock::new();
    let mut hasher = STATE.get_or_init(RandomState::new).build_hasher();
    hash(program, heap, shape, key, &mut hasher);
    hasher.finish() as u32
}

impl Heap {
    /// How many entries a map has.
    pub fn map_len(&self, map: u64) -> usize {
        match (map, self.kind(map)) {
            (0, _) => 0,
            (_, OWNER) => self.list_len(self.slot(map, KEYS)),
            (_, ADDED) => self.slot(map, 1) as usize,
            _ => self.map_len_of_old(map),
        }
    }

    fn map_len_of_old(&self, mut map: u64) -> usize {
        loop {
            match self.kind(map) {
                OWNER => return self.list_len(self.slot(map, KEYS)),
                ADDED => return self.slot(map, 1) as usize,
                _ => map = self.slot(map, 0),
            }
        }
    }

    fn kind(&self, map: u64) -> u64 {
        if map == 0 { OWNER } else { self.slot(map, KIND) }
    }

    /// The keys and the values in order, whichever version it is; changes nothing.
    pub fn map_contents(&self, map: u64) -> (Vec<u64>, Vec<u64>) {
        if map == 0 {
            return (Vec::new(), Vec::new());
        }
        let mut path = Vec::new();
        let mut owner = map;
        while self.kind(owner) != OWNER {
            path.push(owner);
            owner = self.slot(owner, 0);
        }
        let mut values = self.elements(self.slot(owner, VALUES)).to_vec();
        path.iter().rev().for_each(|old| self.undo(*old, &mut values));
        let keys = self.elements(self.slot(owner, KEYS))[..values.len()].to_vec();
        (keys, values)
    }

    /// From the values of the version that an old one points to, to its own.
    fn undo(&self, old: u64, values: &mut Vec<u64>) {
        let position = self.slot(old, 1) as usize;
        match self.kind(old) {
            REPLACED => values[position] = self.slot(old, 2),
            _ => values.truncate(position),
        }
    }

    /// Makes an old version an owner again. Says how many slots it looked at.
    fn own(&mut self, program: &Program, key: ShapeId, map: u64) -> Result<usize, Raise> {
        if self.kind(map) == OWNER {
            return Ok(0);
        }
        let mut path = Vec::new();
        let mut owner = map;
        while self.kind(owner) != OWNER {
            path.push(owner);
            owner = self.slot(owner, 0);
        }
        let keys = self.slot(owner, KEYS);
        let mut values = self.elements(self.slot(owner, VALUES)).to_vec();
        let mut since = 0;
        for old in path.iter().rev() {
            self.undo(*old, &mut values);
            since += 1;
            if *old == map || since > 2 * values.len() + REACH {
                let keys = Heap::prefix(keys, values.len());
                let list = self.list(&values)?;
                let index = self.index_of(program, key, keys)?;
                self.write_cell(*old, [keys, list, index, OWNER]);
                since = 0;
            }
        }
        Ok(path.len() + values.len())
    }

    fn write_cell(&mut self, map: u64, slots: [u64; 4]) {
        self.slots[map as usize..map as usize + 4].copy_from_slice(&slots);
    }

    /// A new index block over these keys, with room for as many again.
    fn index_of(&mut self, program: &Program, shape: ShapeId, keys: u64) -> Result<u64, Raise> {
        let len = self.list_len(keys);
        let size = (len * 2 + 1).next_power_of_two().max(SMALLEST);
        self.room(size + 1)?;
        let block = self.slots.len();
        self.slots.push(size as u64);
        self.slots.resize(block + 1 + size, 0);
        for position in 0..len {
            let hash = hash_of(program, self, shape, self.elements(keys)[position]);
            self.enter(block as u64, hash, position);
        }
        Ok(block as u64)
    }

    /// Enters a key that is not there; the block has a free place.
    fn enter(&mut self, block: u64, hash: u32, position: usize) {
        let size = self.slot(block, 0) as usize;
        let mut at = hash as usize & (size - 1);
        while self.slot(block, at + 1) != 0 {
            at = (at + 1) & (size - 1);
        }
        self.slots[block as usize + 1 + at] = (u64::from(hash) << 32) | (position as u64 + 1);
    }

    /// The position of a key in an owner.
    fn find(&self, program: &Program, shape: ShapeId, map: u64, key: u64, hash: u32) -> Option<usize> {
        let (keys, block) = (self.slot(map, KEYS), self.slot(map, INDEX));
        let size = self.slot(block, 0) as usize;
        let mut at = hash as usize & (size - 1);
        loop {
            let entry = self.slot(block, at + 1);
            if entry == 0 {
                return None;
            }
            if (entry >> 32) as u32 == hash {
                let position = entry as u32 as usize - 1;
                if compare(program, self, shape, self.elements(keys)[position], key).is_eq() {
                    return Some(position);
                }
            }
            at = (at + 1) & (size - 1);
        }
    }

    /// The value of a key. The second result is work done beyond a look-up, in slots.
    pub(crate) fn map_get(
        &mut self,
        program: &Program,
        shape: ShapeId,
        map: u64,
        key: u64,
    ) -> Result<(Option<u64>, usize), Raise> {
        if map == 0 {
            return Ok((None, 0));
        }
        let work = self.own(program, shape, map)?;
        let hash = hash_of(program, self, shape, key);
        let found = self.find(program, shape, map, key, hash);
        Ok((found.map(|position| self.elements(self.slot(map, VALUES))[position]), work))
    }

    /// The map with `key` set to `value`; a new key comes last. The second result is work beyond one entry, in slots.
    pub(crate) fn map_put(
        &mut self,
        program: &Program,
        shape: ShapeId,
        map: u64,
        key: u64,
        value: u64,
    ) -> Result<(u64, usize), Raise> {
        if map == 0 {
            let (keys, values) = (self.list(&[key])?, self.list(&[value])?);
            let index = self.index_of(program, shape, keys)?;
            return Ok((self.cell(&[keys, values, index, OWNER])?, 0));
        }
        let mut work = self.own(program, shape, map)?;
        // Everything that may fail comes before the first change, so that a refused put leaves the map whole.
        let hash = hash_of(program, self, shape, key);
        let [keys, values, index] = [KEYS, VALUES, INDEX].map(|at| self.slot(map, at));
        if let Some(position) = self.find(program, shape, map, key, hash) {
            let new = self.cell(&[keys, values, index, OWNER])?;
            let old_value = self.overwrite(values, position, value);
            self.write_cell(map, [new, position as u64, old_value, REPLACED]);
            return Ok((new, work));
        }
        let len = self.list_len(keys);
        let keys = self.append(keys, key)?;
        let values = self.append(values, value)?;
        let size = self.slot(index, 0) as usize;
        let index = if (len + 1) * 4 > size * 3 {
            work += size;
            self.index_of(program, shape, keys)?
        } else {
            index
        };
        let new = self.cell(&[keys, values, index, OWNER])?;
        if index == self.slot(map, INDEX) {
            self.enter(index, hash, len);
        }
        self.write_cell(map, [new, len as u64, 0, ADDED]);
        Ok((new, work))
    }

    /// The list of the keys.
    pub(crate) fn map_keys(&mut self, program: &Program, shape: ShapeId, map: u64) -> Result<u64, Raise> {
        if map == 0 {
            return Ok(0);
        }
        self.own(program, shape, map)?;
        Ok(self.slot(map, KEYS))
    }

    /// A list of the values.
    pub(crate) fn map_values(&mut self, program: &Program, shape: ShapeId, map: u64) -> Result<u64, Raise> {
        if map == 0 {
            return Ok(0);
        }
        self.own(program, shape, map)?;
        // A copy: the storage changes in place when the map grows on.
        let values = self.elements(self.slot(map, VALUES)).to_vec();
        self.list(&values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bp_bytecode::shape::{Shape, Unit};
    use proptest::prelude::*;

    const WORD: ShapeId = ShapeId(0);
    const TEXT: ShapeId = ShapeId(1);

    fn program() -> Program {
        let shapes = vec![Shape::Number { scale: 0, unit: Unit::None }, Shape::Text];
        Program { shapes, ..Program::default() }
    }

    fn heap(slots: usize) -> Heap {
        Heap::new(&program(), slots, 1 << 20, 1 << 16)
    }

    #[test]
    fn keys_keep_the_order_of_their_first_appearance() {
        let (program, mut heap) = (program(), heap(1 << 16));
        let mut map = 0;
        for (key, value) in [("b", 1), ("a", 2), ("b", 3)] {
            let key = heap.push_text(key).unwrap();
            map = heap.map_put(&program, TEXT, map, key, value).unwrap().0;
        }
        let keys = heap.map_keys(&program, TEXT, map).unwrap();
        let texts: Vec<&str> = heap.elements(keys).iter().map(|key| heap.text(*key)).collect();
        assert_eq!(texts, ["b", "a"]);
        let values = heap.map_values(&program, TEXT, map).unwrap();
        assert_eq!(heap.elements(values), [3, 2]);
    }

    #[test]
    fn lists_handed_out_do_not_change_under_the_program() {
        let (program, mut heap) = (program(), heap(1 << 16));
        let map = heap.map_put(&program, WORD, 0, 1, 10).unwrap().0;
        let (keys, values) = (heap.map_keys(&program, WORD, map), heap.map_values(&program, WORD, map));
        let (keys, values) = (keys.unwrap(), values.unwrap());
        let longer = heap.append(keys, 77).unwrap();
        let map = heap.map_put(&program, WORD, map, 1, 11).unwrap().0;
        let map = heap.map_put(&program, WORD, map, 2, 20).unwrap().0;
        assert_eq!((heap.elements(keys), heap.elements(values)), (&[1][..], &[10][..]));
        assert_eq!(heap.elements(longer), [1, 77]);
        assert_eq!(heap.map_contents(map), (vec![1, 2], vec![11, 20]));
    }

    #[test]
    fn a_running_total_by_key_costs_constant_memory_an_entry() {
        let (program, mut heap) = (program(), heap(1 << 20));
        let mut map = 0;
        for round in 0..100_000u64 {
            let key = round % 1_000;
            let so_far = heap.map_get(&program, WORD, map, key).unwrap().0.unwrap_or(0);
            map = heap.map_put(&program, WORD, map, key, so_far + round).unwrap().0;
        }
        assert_eq!(heap.map_len(map), 1_000);
        assert_eq!(heap.map_get(&program, WORD, map, 7).unwrap().0, Some((0..100).map(|n| n * 1_000 + 7).sum()));
    }

    #[test]
    fn reading_every_old_version_costs_no_square() {
        let (program, mut heap) = (program(), heap(1 << 24));
        let mut versions = vec![heap.map_put(&program, WORD, 0, 1, 0).unwrap().0];
        for round in 1..20_000 {
            versions.push(heap.map_put(&program, WORD, versions[round - 1], 1, round as u64).unwrap().0);
        }
        let mut work = 0;
        for (round, version) in versions.iter().enumerate() {
            let (value, steps) = heap.map_get(&program, WORD, *version, 1).unwrap();
            assert_eq!(value, Some(round as u64));
            work += steps;
        }
        assert!(work < 100 * versions.len(), "{work}");
    }

    proptest! {
        /// Maps behave like plain lists of entries, whichever version is read or written.
        #[test]
        fn maps_are_values(
            steps in prop::collection::vec(
                (any::<prop::sample::Index>(), 0u64..12, any::<u64>(), any::<bool>()), 1..150,
            ),
            slots in 200usize..100_000,
        ) {
            let (program, mut heap) = (program(), heap(slots));
            let mut versions: Vec<(u64, Vec<(u64, u64)>)> = vec![(0, vec![])];
            for (which, key, value, latest) in steps {
                let which = if latest { versions.len() - 1 } else { which.index(versions.len()) };
                let (map, mut model) = versions[which].clone();
                let held = model.iter().find(|(k, _)| *k == key).map(|(_, v)| *v);
                let Ok((got, _)) = heap.map_get(&program, WORD, map, key) else { break };
                prop_assert_eq!(got, held);
                // A put that finds no room leaves all versions as they were.
                let Ok((map, _)) = heap.map_put(&program, WORD, map, key, value) else { break };
                match model.iter_mut().find(|(k, _)| *k == key) {
                    Some((_, v)) => *v = value,
                    None => model.push((key, value)),
                }
                versions.push((map, model));
            }
            for (map, model) in versions {
                let (keys, values): (Vec<u64>, Vec<u64>) = model.into_iter().unzip();
                prop_assert_eq!(heap.map_len(map), keys.len());
                prop_assert_eq!(heap.map_contents(map), (keys, values));
            }
        }
    }
}
