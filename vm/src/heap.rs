//! The memory of a step: one array of 64-bit slots and one of text, filled from the front and thrown away at once.
//!
//! | value | what a slot holds |
//! | --- | --- |
//! | scalar | the word |
//! | text | offset and length in the text array, in bytes: `offset << 32 or length` |
//! | record, variant, period, amount, `some` | the index of the cell's first slot, never 0 |
//! | `none`, the empty map | 0 |
//! | list | offset of the first element and length: `offset << 32 or length`; the empty list may be 0 |
//! | map | the index of its cell, four slots that only this crate reads |
//!
//! Cells never change once they are made, except where nobody can see it: a list's block has spare room behind its
//! last element. `append` writes there if the list given is the longest one on the block; shorter ones keep their
//! length and see nothing of it. So lists are values, and growing one in a loop costs amortised constant time.
//!
//! Offsets stay below 2^31, so that a handle is the same 128-bit number whether it is extended by zeros or by its
//! sign; no read has to know which kind of register it fills.

use bp_bytecode::Program;
use bp_bytecode::index::TextId;

use crate::fault::{FaultKind, Memory, Raise};

/// The most that any limit may allow: offsets have 31 bits.
const MOST: usize = (1 << 31) - 1;

/// Slots of the static part: slot 0, so that no cell has the handle 0.
const STATIC_SLOTS: usize = 1;

/// In front of a list's elements: its capacity and how many of it are used.
const BLOCK_HEADER: usize = 2;

/// See the module.
#[derive(Clone, Debug)]
pub struct Heap {
    pub(crate) slots: Vec<u64>,
    text: String,
    literals: Vec<u64>,
    static_text: usize,
    max_slots: usize,
    max_text: usize,
    max_one_text: usize,
}

/// A place in time of a [`Heap`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    slots: usize,
    text: usize,
}

/// A list, taken apart.
#[inline]
fn unpack(handle: u64) -> (usize, usize) {
    ((handle >> 32) as usize, handle as u32 as usize)
}

#[inline]
fn pack(offset: usize, len: usize) -> u64 {
    ((offset as u64) << 32) | len as u64
}

impl Heap {
    /// An empty heap over the literal texts of a program.
    ///
    /// `max_slots` and `max_text` (bytes) limit what is added to the static part; `max_one_text` a single text.
    pub fn new(program: &Program, max_slots: usize, max_text: usize, max_one_text: usize) -> Heap {
        let mut text = String::with_capacity(program.texts.iter().map(String::len).sum());
        let mut place = |literal: &String| {
            let handle = pack(text.len(), literal.len());
            text.push_str(literal);
            handle
        };
        let literals = program.texts.iter().map(&mut place).collect();
        let static_text = text.len();
        Heap {
            slots: vec![0; STATIC_SLOTS],
            text,
            literals,
            static_text,
            max_slots: max_slots.saturating_add(STATIC_SLOTS).min(MOST),
            max_text: max_text.saturating_add(static_text).min(MOST),
            max_one_text,
        }
    }

    /// Forgets everything but the literals; the memory is kept for the next row.
    #[inline]
    pub fn reset(&mut self) {
        self.slots.truncate(STATIC_SLOTS);
        self.text.truncate(self.static_text);
    }

    /// Where the heap stands, to come back to.
    #[inline]
    pub fn mark(&self) -> Mark {
        Mark { slots: self.slots.len(), text: self.text.len() }
    }

    /// Forgets what was made since the mark.
    pub fn back_to(&mut self, mark: Mark) {
        self.slots.truncate(mark.slots);
        self.text.truncate(mark.text);
    }

    /// All slots, for native code that makes cells itself.
    #[inline]
    pub fn slots_mut(&mut self) -> &mut Vec<u64> {
        &mut self.slots
    }

    /// The most slots that there may be.
    #[inline]
    pub fn max_slots(&self) -> usize {
        self.max_slots
    }

    /// Slots in use, without the static part.
    pub fn slots_used(&self) -> usize {
        self.slots.len() - STATIC_SLOTS
    }

    /// Bytes of text in use, without the literals.
    pub fn text_used(&self) -> usize {
        self.text.len() - self.static_text
    }

    #[inline]
    pub(crate) fn room(&self, count: usize) -> Result<(), Raise> {
        if count > self.max_slots - self.slots.len() { Err(spent(Memory::Slots)) } else { Ok(()) }
    }

    /// A cell of these slots.
    #[inline]
    pub fn cell(&mut self, slots: &[u64]) -> Result<u64, Raise> {
        self.room(slots.len())?;
        let at = self.slots.len();
        self.slots.extend_from_slice(slots);
        Ok(at as u64)
    }

    /// A cell of a case's number and its payload.
    #[inline]
    pub(crate) fn case(&mut self, case: u16, payload: &[u64]) -> Result<u64, Raise> {
        self.room(payload.len() + 1)?;
        let at = self.slots.len();
        self.slots.push(case.into());
        self.slots.extend_from_slice(payload);
        Ok(at as u64)
    }

    /// A cell of a window of registers, behind `lead` if there is one.
    #[inline]
    pub(crate) fn cell_of(&mut self, lead: Option<u64>, window: &[i128]) -> Result<u64, Raise> {
        self.room(window.len() + 1)?;
        let at = self.slots.len();
        self.slots.extend(lead);
        self.slots.extend(window.iter().map(|register| *register as u64));
        Ok(at as u64)
    }

    /// Slot `index` of a cell.
    #[inline]
    pub fn slot(&self, cell: u64, index: usize) -> u64 {
        self.slots[cell as usize + index]
    }

    // ---- lists

    /// A list of these elements.
    pub fn list(&mut self, elements: &[u64]) -> Result<u64, Raise> {
        let offset = self.block(elements.len(), elements.len())?;
        self.slots.extend_from_slice(elements);
        Ok(pack(offset, elements.len()))
    }

    pub(crate) fn list_of(&mut self, window: &[i128]) -> Result<u64, Raise> {
        let offset = self.block(window.len(), window.len())?;
        self.slots.extend(window.iter().map(|register| *register as u64));
        Ok(pack(offset, window.len()))
    }

    /// The header of a block; the caller pushes `capacity` slots behind it.
    fn block(&mut self, capacity: usize, used: usize) -> Result<usize, Raise> {
        self.room(capacity + BLOCK_HEADER)?;
        self.slots.extend([capacity as u64, used as u64]);
        Ok(self.slots.len())
    }

    #[inline]
    pub fn list_len(&self, list: u64) -> usize {
        unpack(list).1
    }

    #[inline]
    pub fn elements(&self, list: u64) -> &[u64] {
        let (offset, len) = unpack(list);
        &self.slots[offset..offset + len]
    }

    /// Element `index`, counted from 0.
    #[inline]
    pub fn item(&self, list: u64, index: i128) -> Result<u64, Raise> {
        let (offset, len) = unpack(list);
        match usize::try_from(index) {
            Ok(index) if index < len => Ok(self.slots[offset + index]),
            _ => {
                // Indices are words; the clamp only keeps a wide one reportable.
                let index = index.clamp(i64::MIN.into(), i64::MAX.into()) as i64;
                Err(Box::new(FaultKind::IndexOutside { index, len: len as u32 }))
            }
        }
    }

    /// The list with one element more; amortised constant time on the longest list of its block.
    pub fn append(&mut self, list: u64, element: u64) -> Result<u64, Raise> {
        let (offset, len) = unpack(list);
        if offset != 0 {
            let (capacity, used) = (self.slots[offset - 2] as usize, self.slots[offset - 1] as usize);
            if used == len && used < capacity {
                self.slots[offset + len] = element;
                self.slots[offset - 1] += 1;
                return Ok(pack(offset, len + 1));
            }
        }
        let capacity = (len * 2).max(4);
        let new = self.block(capacity, len + 1)?;
        self.slots.extend_from_within(offset..offset + len);
        self.slots.push(element);
        self.slots.resize(new + capacity, 0);
        Ok(pack(new, len + 1))
    }

    /// The first `len` elements of a list.
    pub(crate) fn prefix(list: u64, len: usize) -> u64 {
        pack(unpack(list).0, len)
    }

    /// Overwrites an element; only for blocks that no program holds a handle of.
    pub(crate) fn overwrite(&mut self, list: u64, index: usize, element: u64) -> u64 {
        let (offset, _) = unpack(list);
        std::mem::replace(&mut self.slots[offset + index], element)
    }

    // ---- texts

    /// A text of the program; costs nothing.
    #[inline]
    pub fn literal(&self, text: TextId) -> u64 {
        self.literals[text.index()]
    }

    #[inline]
    pub fn text(&self, handle: u64) -> &str {
        let (offset, len) = unpack(handle);
        &self.text[offset..offset + len]
    }

    fn text_room(&self, bytes: usize) -> Result<(), Raise> {
        if bytes > self.max_one_text {
            Err(Box::new(FaultKind::TextTooLong { bytes }))
        } else if bytes > self.max_text.saturating_sub(self.text.len()) {
            Err(spent(Memory::Text))
        } else {
            Ok(())
        }
    }

    /// A new text, which is NFC and without U+0000.
    pub fn push_text(&mut self, text: &str) -> Result<u64, Raise> {
        self.text_room(text.len())?;
        let at = self.text.len();
        self.text.push_str(text);
        Ok(pack(at, text.len()))
    }

    /// Part of a text, in bytes relative to it; the ends are character boundaries.
    pub(crate) fn part(text: u64, start: usize, end: usize) -> u64 {
        pack(unpack(text).0 + start, end - start)
    }

    /// Texts one behind the other. The caller sees to normalisation.
    pub(crate) fn join(&mut self, texts: impl Iterator<Item = u64> + Clone) -> Result<u64, Raise> {
        let bytes = texts.clone().map(|text| unpack(text).1).sum();
        self.text_room(bytes)?;
        let at = self.text.len();
        for text in texts {
            let (offset, len) = unpack(text);
            self.text.extend_from_within(offset..offset + len);
        }
        Ok(pack(at, bytes))
    }

    /// Takes back the last text that was made.
    pub(crate) fn pop_text(&mut self, text: u64) {
        debug_assert_eq!(unpack(text).0 + unpack(text).1, self.text.len());
        self.text.truncate(unpack(text).0);
    }
}

#[cold]
pub(crate) fn spent(memory: Memory) -> Raise {
    Box::new(FaultKind::MemorySpent(memory))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn heap() -> Heap {
        let program = Program { texts: vec!["one".to_owned(), String::new(), "drei".to_owned()], ..Program::default() };
        Heap::new(&program, 10_000, 100, 50)
    }

    #[test]
    fn an_older_list_does_not_see_what_is_appended() {
        let mut heap = heap();
        let one = heap.append(0, 1).unwrap();
        let two = heap.append(one, 2).unwrap();
        // `one` is no longer the longest of its block: it gets a block of its own.
        let other = heap.append(one, 9).unwrap();
        let three = heap.append(two, 3).unwrap();
        assert_eq!(heap.elements(0), [0; 0]);
        assert_eq!(heap.elements(one), [1]);
        assert_eq!(heap.elements(two), [1, 2]);
        assert_eq!(heap.elements(other), [1, 9]);
        assert_eq!(heap.elements(three), [1, 2, 3]);
    }

    #[test]
    fn items_outside_are_a_fault() {
        let mut heap = heap();
        let list = heap.list(&[5, 6]).unwrap();
        assert_eq!(heap.item(list, 1), Ok(6));
        for index in [-1, 2, i128::MAX] {
            assert!(matches!(*heap.item(list, index).unwrap_err(), FaultKind::IndexOutside { len: 2, .. }));
        }
    }

    #[test]
    fn budgets_hold_and_reset_gives_the_room_back() {
        let mut heap = heap();
        assert_eq!(heap.cell(&[0; 10_001]).unwrap_err(), spent(Memory::Slots));
        heap.cell(&[0; 9_000]).unwrap();
        assert_eq!(heap.cell(&[0; 1_001]).unwrap_err(), spent(Memory::Slots));
        assert_eq!(*heap.push_text(&"x".repeat(51)).unwrap_err(), FaultKind::TextTooLong { bytes: 51 });
        heap.push_text(&"x".repeat(50)).unwrap();
        heap.push_text(&"x".repeat(40)).unwrap();
        assert_eq!(heap.push_text(&"x".repeat(11)).unwrap_err(), spent(Memory::Text));
        heap.reset();
        assert_eq!((heap.slots_used(), heap.text_used()), (0, 0));
        assert_eq!(heap.text(heap.literal(TextId(2))), "drei");
        assert_eq!(heap.text(heap.literal(TextId(1))), "");
        assert_ne!(heap.cell(&[]).unwrap(), 0);
    }

    proptest! {
        /// Lists behave like plain vectors, whichever version is appended to.
        #[test]
        fn lists_are_values(steps in prop::collection::vec((any::<prop::sample::Index>(), any::<u64>()), 1..200)) {
            let mut heap = heap();
            let mut versions = vec![(0u64, Vec::new())];
            for (which, element) in steps {
                let (handle, mut model) = versions[which.index(versions.len())].clone();
                let Ok(handle) = heap.append(handle, element) else { break };
                model.push(element);
                versions.push((handle, model));
            }
            for (handle, model) in versions {
                prop_assert_eq!(heap.elements(handle), &model[..]);
            }
        }
    }
}
