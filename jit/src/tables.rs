//! Tables that native code reads: search edges, leaves, literals. They stand at fixed places as long as the code.

/// Words at fixed places.
#[derive(Default)]
pub(crate) struct Tables {
    all: Vec<Box<[i64]>>,
    /// Forms of entries that are written into the log at once.
    pub entries: Vec<EntryForm>,
}

/// An entry whose lines are known when it is compiled.
#[derive(Clone, Debug)]
pub(crate) struct EntryForm {
    pub post: bp_bytecode::index::PostId,
    /// The account of each line, and where its dimensions begin among the dimensions of all.
    pub lines: Vec<(bp_bytecode::index::AccountId, u32, u32)>,
    pub dims: u32,
    /// Does native code see to it that it balances?
    pub balanced: bool,
}

impl EntryForm {
    /// Words in the log: the note, day, text, amounts, dimensions.
    pub fn words(&self) -> usize {
        3 + self.lines.len() + self.dims as usize
    }
}

impl Tables {
    /// The bytes of all tables.
    pub fn bytes(&self) -> usize {
        self.all.iter().map(|table| size_of_val(&**table)).sum()
    }

    /// The address of a table.
    pub fn add(&mut self, words: Vec<i64>) -> i64 {
        if let Some(known) = self.all.iter().find(|table| ***table == *words) {
            return known.as_ptr() as i64;
        }
        let table = words.into_boxed_slice();
        let address = table.as_ptr() as i64;
        self.all.push(table);
        address
    }
}
