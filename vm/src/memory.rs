//! A world in memory: for tests of the language and for batches that need books only to add up.

use std::collections::{HashMap, HashSet};

use bp_bytecode::Program;
use bp_bytecode::border::{FIRST_DAY, date_text};
use bp_bytecode::index::{AccountId, ConfigId, PostId, StepId};
use bp_bytecode::value::Value;
use jiff::tz::TimeZone;

use crate::world::{Entry, Refusal, Sums, View, World};

/// Configuration, a clock that the caller moves, and books.
///
/// Balances are kept as entries come, and a journal of what the open step added takes it back if the step fails.
/// An account without dimensions costs two additions a line.
#[derive(Clone, Debug)]
pub struct MemoryWorld {
    configs: Vec<Option<Value>>,
    today: i64,
    now: i64,
    zone: TimeZone,
    holidays: HashSet<i64>,
    accounts: Vec<Balances>,
    journal: Journal,
    entries: u64,
    lines: u64,
    keep: bool,
    kept: Vec<KeptEntry>,
    /// The last day that is closed.
    closed: Option<i64>,
}

/// The balances of an account: one cell for each combination of dimensions, one in all without dimensions.
#[derive(Clone, Debug, Default)]
struct Balances {
    sums: Vec<i128>,
    /// The dimensions of each cell.
    dims: Vec<Vec<Value>>,
    cells: HashMap<Box<[u8]>, usize>,
    /// What cells are worth in the book currency where that does not follow from their sums.
    worths: HashMap<u32, i128>,
}

/// What the call at hand added.
#[derive(Clone, Debug, Default)]
struct Journal {
    added: Vec<(AccountId, u32, i64)>,
    /// Book amounts that were said.
    valued: Vec<(AccountId, u32, i64)>,
    /// Cells that it made, in order.
    made: Vec<(AccountId, Box<[u8]>)>,
    entries: u64,
    lines: u64,
    kept: usize,
    /// How much of that belongs to completed steps.
    stands: Stands,
    /// How much of it was there when the open step began.
    begun: Stands,
    /// The dimensions of the line at hand, as bytes; kept to save allocations.
    key: Vec<u8>,
}

impl Journal {
    /// Where it has come to.
    fn place(&self) -> Stands {
        let (added, valued, made) = (self.added.len(), self.valued.len(), self.made.len());
        Stands { added, valued, made, entries: self.entries, lines: self.lines, kept: self.kept }
    }
}

/// A place in a [`Journal`].
#[derive(Clone, Copy, Debug, Default)]
struct Stands {
    added: usize,
    valued: usize,
    made: usize,
    entries: u64,
    lines: u64,
    kept: usize,
}

/// An entry as it was posted, if the world keeps them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptEntry {
    pub post: PostId,
    pub text: String,
    /// Days since 1970-01-01.
    pub day: i32,
    pub lines: Vec<KeptLine>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptLine {
    pub account: AccountId,
    /// Positive is a debit.
    pub amount: i64,
    pub dims: Vec<Value>,
}

impl MemoryWorld {
    /// Empty books, no configured values, 1970-01-01T00:00Z in UTC, and business days from Monday to Friday.
    pub fn new(program: &Program) -> MemoryWorld {
        let balances = |account: &bp_bytecode::program::Account| match account.dimensions.is_empty() {
            true => Balances { sums: vec![0], dims: vec![vec![]], cells: HashMap::new(), worths: HashMap::new() },
            false => Balances::default(),
        };
        MemoryWorld {
            configs: vec![None; program.configs.len()],
            today: 0,
            now: 0,
            zone: TimeZone::UTC,
            holidays: HashSet::new(),
            accounts: program.accounts.iter().map(balances).collect(),
            journal: Journal::default(),
            entries: 0,
            lines: 0,
            keep: false,
            kept: Vec::new(),
            closed: None,
        }
    }

    /// Sets a configured value; `None` goes back to the program's default.
    pub fn set_config(&mut self, config: ConfigId, value: Option<Value>) {
        if let Some(place) = self.configs.get_mut(config.index()) {
            *place = value;
        }
    }

    /// Sets the clock: the moment (seconds since 1970), and with it the date in the zone.
    pub fn set_now(&mut self, moment: i64) {
        self.now = moment;
        self.today = crate::time::local(&self.zone, moment).map_or(self.today, |(day, _)| day);
    }

    /// Sets the clock to the start of a day (days since 1970-01-01) in the zone.
    pub fn set_today(&mut self, day: i64) {
        self.today = day;
        self.now = crate::time::moment(&self.zone, day, 0).unwrap_or(self.now);
    }

    /// Sets the zone; the moment stays.
    pub fn set_zone(&mut self, zone: TimeZone) {
        self.zone = zone;
        self.set_now(self.now);
    }

    /// Adds a day on which nobody works.
    pub fn add_holiday(&mut self, day: i64) {
        self.holidays.insert(day);
    }

    /// Keeps entries from now on; see [`MemoryWorld::entries_kept`].
    pub fn keep_entries(&mut self, keep: bool) {
        self.keep = keep;
    }

    pub fn entries_kept(&self) -> &[KeptEntry] {
        &self.kept
    }

    /// The entries kept so far; the world forgets them.
    pub fn take_entries(&mut self) -> Vec<KeptEntry> {
        (self.journal.kept, self.journal.stands.kept) = (0, 0);
        std::mem::take(&mut self.kept)
    }

    /// How many entries were posted.
    pub fn entry_count(&self) -> u64 {
        self.entries
    }

    /// How many lines were posted.
    pub fn line_count(&self) -> u64 {
        self.lines
    }

    /// Debits minus credits of an account over all its dimensions, at the account's scale.
    pub fn total(&self, account: AccountId) -> i128 {
        self.accounts.get(account.index()).map_or(0, |account| account.sums.iter().sum())
    }

    /// What an account is worth in the book currency, over all its dimensions, as far as that was said.
    pub fn worth(&self, account: AccountId) -> i128 {
        self.accounts.get(account.index()).map_or(0, |account| account.worths.values().sum())
    }

    /// Debits minus credits of each combination of an account's dimensions, in the order of first appearance.
    pub fn cells(&self, account: AccountId) -> impl Iterator<Item = (&[Value], i128)> {
        let account = self.accounts.get(account.index());
        account.into_iter().flat_map(|a| a.dims.iter().map(Vec::as_slice).zip(a.sums.iter().copied()))
    }

    /// Debits minus credits of an account for each value of one of its dimensions, in the order of first appearance.
    pub fn totals_by(&self, account: AccountId, dimension: usize) -> Vec<(Value, i128)> {
        let mut places: HashMap<&Value, usize> = HashMap::new();
        let mut totals: Vec<(Value, i128)> = Vec::new();
        for (dims, sum) in self.cells(account) {
            let Some(value) = dims.get(dimension) else { continue };
            let place = *places.entry(value).or_insert_with(|| {
                totals.push((value.clone(), 0));
                totals.len() - 1
            });
            totals[place].1 += sum;
        }
        totals
    }

    /// The cell of a combination of dimensions, made if asked for.
    #[inline]
    fn cell(&mut self, account: AccountId, dims: &[u64], view: View<'_>, make: bool) -> Option<usize> {
        if dims.is_empty() { Some(0) } else { self.cell_of_dims(account, dims, view, make) }
    }

    fn cell_of_dims(&mut self, account: AccountId, dims: &[u64], view: View<'_>, make: bool) -> Option<usize> {
        let Journal { key, made, .. } = &mut self.journal;
        key.clear();
        let shapes = &view.program.accounts[account.index()].dimensions;
        for ((_, shape), slot) in shapes.iter().zip(dims) {
            crate::values::write_key(view.program, view.heap, *shape, *slot, key);
        }
        let balances = &mut self.accounts[account.index()];
        if let Some(cell) = balances.cells.get(key.as_slice()) {
            return Some(*cell);
        }
        make.then(|| {
            let cell = balances.sums.len();
            balances.sums.push(0);
            balances.dims.push(shapes.iter().zip(dims).map(|((_, shape), slot)| view.value(*shape, *slot)).collect());
            balances.cells.insert(key.as_slice().into(), cell);
            made.push((account, key.as_slice().into()));
            cell
        })
    }

    /// What the open step added stands, whatever comes after it in the call.
    fn commit(&mut self) {
        self.journal.stands = self.journal.place();
    }

    /// Takes back what was added behind a place of the journal.
    fn roll_back(&mut self, to: Stands) {
        let journal = &mut self.journal;
        for (account, cell, worth) in journal.valued.drain(to.valued..) {
            *self.accounts[account.index()].worths.entry(cell).or_default() -= i128::from(worth);
        }
        for (account, cell, amount) in journal.added.drain(to.added..) {
            self.accounts[account.index()].sums[cell as usize] -= i128::from(amount);
        }
        for (account, key) in journal.made.drain(to.made..).rev() {
            let balances = &mut self.accounts[account.index()];
            balances.cells.remove(&key);
            balances.sums.pop();
            balances.dims.pop();
        }
        self.entries -= journal.entries - to.entries;
        self.lines -= journal.lines - to.lines;
        self.kept.truncate(self.kept.len() - (journal.kept - to.kept));
        (journal.entries, journal.lines, journal.kept, journal.stands) = (to.entries, to.lines, to.kept, to);
    }

    /// The call is over: nothing of it is taken back any more.
    fn forget(&mut self) {
        let journal = &mut self.journal;
        journal.added.clear();
        journal.valued.clear();
        journal.made.clear();
        (journal.entries, journal.lines, journal.kept, journal.stands) = (0, 0, 0, Stands::default());
    }
}

impl World for MemoryWorld {
    fn config(&mut self, config: ConfigId) -> Result<Option<Value>, Refusal> {
        Ok(self.configs.get(config.index()).cloned().flatten())
    }

    fn today(&mut self) -> Result<i64, Refusal> {
        Ok(self.today)
    }

    fn now(&mut self) -> Result<i64, Refusal> {
        Ok(self.now)
    }

    fn zone(&mut self) -> TimeZone {
        self.zone.clone()
    }

    fn is_business_day(&mut self, day: i64) -> bool {
        // 1970-01-01 was a Thursday; Monday is 0.
        (day.rem_euclid(7) + 3) % 7 < 5 && !self.holidays.contains(&day)
    }

    fn step_begin(&mut self, _step: StepId) -> Result<(), Refusal> {
        // What was posted outside a step belongs to the step that follows, but stays if that fails.
        self.journal.begun = self.journal.place();
        Ok(())
    }

    fn step_end(&mut self, _step: StepId) -> Result<(), Refusal> {
        self.commit();
        Ok(())
    }

    fn step_fail(&mut self, _step: StepId) -> Result<(), Refusal> {
        let stands = self.journal.stands;
        self.roll_back(self.journal.begun);
        self.journal.stands = stands;
        Ok(())
    }

    fn post(&mut self, entry: &Entry<'_>) -> Result<(), Refusal> {
        let closed = self.closed.is_some_and(|closed| i64::from(entry.day) <= closed);
        if closed && !entry.goes_to_first_open() {
            return Err(Refusal(format!("{} is closed", date_text(entry.day.into()))));
        }
        self.journal.added.reserve(entry.lines.len());
        for worth in entry.worths {
            let Some(line) = entry.lines.get(worth.line as usize) else { continue };
            let cell = self.cell(line.account, entry.dims_of(line), entry.view, true).unwrap_or(0) as u32;
            *self.accounts[line.account.index()].worths.entry(cell).or_default() += i128::from(worth.worth);
            self.journal.valued.push((line.account, cell, worth.worth));
        }
        for line in entry.lines {
            let cell = self.cell(line.account, entry.dims_of(line), entry.view, true).unwrap_or(0);
            // 2^64 lines of 64 bits: this sum cannot leave 128.
            self.accounts[line.account.index()].sums[cell] += i128::from(line.amount);
            self.journal.added.push((line.account, cell as u32, line.amount));
        }
        self.entries += 1;
        self.lines += entry.lines.len() as u64;
        self.journal.entries += 1;
        self.journal.lines += entry.lines.len() as u64;
        if self.keep {
            self.kept.push(keep(entry));
            self.journal.kept += 1;
        }
        Ok(())
    }

    fn balance(&mut self, account: AccountId, dims: &[u64], view: View<'_>) -> Result<i128, Refusal> {
        let cell = self.cell(account, dims, view, false);
        Ok(cell.map_or(0, |cell| self.accounts[account.index()].sums[cell]))
    }

    fn book_value(&mut self, account: AccountId, dims: &[u64], view: View<'_>) -> Result<i128, Refusal> {
        let Some(cell) = self.cell(account, dims, view, false) else { return Ok(0) };
        let balances = &self.accounts[account.index()];
        Ok(match view.program.is_foreign(account) {
            true => balances.worths.get(&(cell as u32)).copied().unwrap_or(0),
            false => balances.sums[cell],
        })
    }

    fn first_open(&mut self, _book: Option<&str>) -> Result<i64, Refusal> {
        Ok(self.closed.map_or(FIRST_DAY, |day| day.saturating_add(1)))
    }

    fn close_period(&mut self, day: i64) -> Result<(), Refusal> {
        self.closed = Some(day);
        Ok(())
    }

    fn takes_sums(&self) -> bool {
        !self.keep
    }

    fn add_sums(&mut self, sums: &Sums<'_>) -> Result<(), Refusal> {
        for (account, sum) in self.accounts.iter_mut().zip(sums.accounts) {
            if let Some(cell) = account.sums.first_mut() {
                *cell += sum;
            }
        }
        self.entries += sums.entries;
        self.lines += sums.lines;
        Ok(())
    }

    fn takes_back(&self) -> bool {
        true
    }

    fn take_back(&mut self) {
        self.roll_back(Stands::default());
    }

    fn call_end(&mut self, well: bool) -> Result<(), Refusal> {
        if !well {
            self.roll_back(self.journal.stands);
        }
        self.forget();
        Ok(())
    }
}

/// An entry as owned values.
pub fn keep(entry: &Entry<'_>) -> KeptEntry {
    let line = |line: &crate::world::Line| {
        let shapes = &entry.view.program.accounts[line.account.index()].dimensions;
        let dims = shapes.iter().zip(entry.dims_of(line)).map(|((_, shape), slot)| entry.view.value(*shape, *slot));
        KeptLine { account: line.account, amount: line.amount, dims: dims.collect() }
    };
    let lines = entry.lines.iter().map(line).collect();
    KeptEntry { post: entry.post, text: entry.text.to_owned(), day: entry.day, lines }
}
