//! The entry that a program is putting together, and its balance.

use bp_bytecode::Program;
use bp_bytecode::border::decimal_text;
use bp_bytecode::index::{AccountId, PlaceId, PostId};
use bp_bytecode::op::{LineKind, Side};
use bp_bytecode::shape::{Shape, Unit};

use crate::exact::pow10;
use crate::fault::{FaultKind, Raise};
use crate::trace::Event;
use crate::vm::{Outside, Vm};
use crate::world::{Entry, Line, View, Worth};

/// The unit that each account's amounts count in, and the scale that amounts of that unit are added up at.
#[derive(Debug)]
pub(crate) struct Units {
    /// For each account: its unit by number, and 10^(the unit's scale - the account's).
    accounts: Box<[(u16, i128)]>,
    /// Each unit's name and scale.
    units: Vec<(String, u8)>,
    /// Where book amounts are added up: the number of the book currency, and 10^(its scale - that of book amounts).
    book: (u16, i128),
}

impl Units {
    pub fn of(program: &Program) -> Units {
        let mut units: Vec<(&Unit, u8)> = Vec::new();
        let mut of_account = |account: &bp_bytecode::program::Account| {
            let (unit, scale) = match &program.shapes[account.shape.index()] {
                Shape::Number { scale, unit } => (unit, *scale),
                _ => (&Unit::None, 0),
            };
            match units.iter_mut().position(|(known, _)| *known == unit) {
                Some(number) => {
                    units[number].1 = units[number].1.max(scale);
                    (number, scale)
                }
                None => {
                    units.push((unit, scale));
                    (units.len() - 1, scale)
                }
            }
        };
        let accounts: Vec<(usize, u8)> = program.accounts.iter().map(&mut of_account).collect();
        let (currency, minor) = &program.currency;
        let is_book = |(unit, _): &(&Unit, u8)| matches!(unit, Unit::Money(of) if program.texts.get(of.index()) == Some(currency));
        let known = units.iter().position(is_book);
        let lifted = |(unit, scale): (usize, u8)| (unit as u16, pow10(units[unit].1 - scale).unwrap_or(1));
        let name = |unit: &Unit| match unit {
            Unit::Money(text) | Unit::Quantity(Some(text)) => {
                program.texts.get(text.index()).cloned().unwrap_or_default()
            }
            _ => String::new(),
        };
        // A program without an account in the book currency has book amounts all the same.
        let (book, scale) = known.map_or((units.len(), *minor), |at| (at, units[at].1));
        let mut units: Vec<(String, u8)> = units.iter().map(|(unit, scale)| (name(unit), *scale)).collect();
        if book == units.len() {
            units.push((currency.clone(), scale));
        }
        let lift = pow10(scale.saturating_sub(*minor)).unwrap_or(1);
        Units { book: (book as u16, lift), accounts: accounts.into_iter().map(lifted).collect(), units }
    }
}

impl Units {
    /// How many units there are.
    pub fn count(&self) -> usize {
        self.units.len()
    }

    /// The number of an account's unit, and what its amounts are multiplied with to be added up.
    pub fn of_account(&self, account: AccountId) -> (u16, i128) {
        self.accounts[account.index()]
    }
}

/// The open entry. Its buffers are kept from one entry to the next.
#[derive(Debug, Default)]
pub(crate) struct Posting {
    pub open: bool,
    /// The text that names another book than the run's.
    pub book: Option<u64>,
    text: u64,
    day: i32,
    lines: Vec<Line>,
    dims: Vec<u64>,
    worths: Vec<Worth>,
    /// Lines that pass limits, and the numbers of the roles that let them.
    overs: Vec<(u32, i128)>,
    /// How many lines were rounded one by one.
    rounded: u32,
    /// Whether the last line has an amount.
    kept: bool,
    /// Debits minus credits of each unit, at the unit's scale.
    sums: Vec<i128>,
}

impl Posting {
    /// Had the last entry no line?
    pub fn was_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The buffers of lines and dimensions, for an entry that was put together elsewhere.
    pub fn buffers(&mut self) -> (&mut Vec<Line>, &mut Vec<u64>) {
        (&mut self.lines, &mut self.dims)
    }
}

impl Vm<'_> {
    pub(crate) fn post_begin(&mut self, text: u64, day: i128) -> Result<(), Raise> {
        let day = crate::time::checked_day(i64::try_from(day).ok())?;
        let posting = &mut self.posting;
        posting.open = true;
        posting.book = None;
        posting.text = text;
        // Nine thousand years are three million days.
        posting.day = day as i32;
        posting.lines.clear();
        posting.dims.clear();
        posting.worths.clear();
        posting.kept = false;
        posting.rounded = 0;
        posting.overs.clear();
        posting.sums.clear();
        posting.sums.resize(self.units.units.len(), 0);
        Ok(())
    }

    #[inline]
    pub(crate) fn post_line(
        &mut self,
        account: AccountId,
        side: Side,
        amount: i128,
        dims: impl Iterator<Item = u64>,
    ) -> Result<(), Raise> {
        if !self.posting.open {
            return Err(Box::new(FaultKind::Unreachable));
        }
        self.posting.kept = amount != 0;
        if amount == 0 {
            return Ok(());
        }
        let overflow = || Box::new(FaultKind::Overflow);
        let signed = match side {
            Side::Debit => amount,
            Side::Credit => amount.checked_neg().ok_or_else(overflow)?,
        };
        let short = i64::try_from(signed).map_err(|_| overflow())?;
        let (unit, lift) = self.units.accounts[account.index()];
        // An entry is data like any other.
        if self.posting.lines.len() >= self.limits.slots {
            return Err(crate::heap::spent(crate::fault::Memory::Slots));
        }
        let posting = &mut self.posting;
        let sum = &mut posting.sums[usize::from(unit)];
        // Nearly all accounts of a unit have its scale.
        let lifted = if lift == 1 { Some(signed) } else { signed.checked_mul(lift) };
        *sum = lifted.and_then(|lifted| sum.checked_add(lifted)).ok_or_else(overflow)?;
        posting.lines.push(Line { account, amount: short, dims: posting.dims.len() as u32 });
        posting.dims.extend(dims);
        Ok(())
    }

    /// The last line brings in a lot that is worth so much.
    pub(crate) fn line_worth(&mut self, worth: i128) -> Result<(), Raise> {
        let posting = &mut self.posting;
        let worth = i64::try_from(worth).map_err(|_| Box::new(FaultKind::Overflow))?;
        if let (true, Some(last)) = (posting.kept, posting.lines.len().checked_sub(1)) {
            posting.worths.push(Worth { line: last as u32, worth, kind: LineKind::Normal, rate: None });
        }
        Ok(())
    }

    /// The last line passes the limits of its account.
    pub(crate) fn line_over(&mut self, role: i128) {
        let posting = &mut self.posting;
        if let (true, Some(last)) = (posting.kept, posting.lines.len().checked_sub(1)) {
            posting.overs.push((last as u32, role));
        }
    }

    /// A line with a book amount of its own, which stands behind its dimensions.
    pub(crate) fn post_valued(
        &mut self,
        (account, side, kind): (AccountId, Side, LineKind),
        amount: i128,
        rate: u64,
        spot: &[i128],
    ) -> Result<(), Raise> {
        let Some((worth, dims)) = spot.split_last() else { return Err(Box::new(FaultKind::Unreachable)) };
        let overflow = || Box::new(FaultKind::Overflow);
        let signed = match side {
            Side::Debit => *worth,
            Side::Credit => worth.checked_neg().ok_or_else(overflow)?,
        };
        let short = i64::try_from(signed).map_err(|_| overflow())?;
        let lines = self.posting.lines.len();
        self.post_line(account, side, amount, dims.iter().map(|dim| *dim as u64))?;
        let rate = (!self.heap.text(rate).is_empty()).then_some(rate);
        // A line of which rounding left nothing is off by half a unit as well.
        self.posting.rounded += u32::from(kind == LineKind::Normal && rate.is_some());
        if amount == 0 {
            if signed == 0 {
                return Ok(());
            }
            if lines >= self.limits.slots {
                return Err(crate::heap::spent(crate::fault::Memory::Slots));
            }
            let posting = &mut self.posting;
            posting.lines.push(Line { account, amount: 0, dims: posting.dims.len() as u32 });
            posting.dims.extend(dims.iter().map(|dim| *dim as u64));
        }
        let (book, lift) = self.units.book;
        let posting = &mut self.posting;
        // In the book currency the amount itself was added up already.
        if self.units.accounts[account.index()].0 != book {
            let sum = &mut posting.sums[usize::from(book)];
            *sum = signed.checked_mul(lift).and_then(|lifted| sum.checked_add(lifted)).ok_or_else(overflow)?;
        }
        posting.worths.push(Worth { line: lines as u32, worth: short, kind, rate });
        Ok(())
    }

    /// What book amounts lack to zero goes to an account, as long as rounding line by line can have left so much.
    pub(crate) fn post_rounding(&mut self, account: AccountId, dims: &[i128]) -> Result<(), Raise> {
        let (book, lift) = self.units.book;
        let Some(sum) = self.posting.sums.get(usize::from(book)).copied() else {
            return Err(Box::new(FaultKind::Unreachable));
        };
        // Each line is off by half a unit at most. What is more than that is left to be told as what does not balance.
        if sum % lift != 0 || (sum / lift).unsigned_abs().saturating_mul(2) > self.posting.rounded.into() {
            return Ok(());
        }
        let (lines, worth) = (self.posting.lines.len(), -(sum / lift));
        self.post_line(account, Side::Debit, worth, dims.iter().map(|dim| *dim as u64))?;
        if let (true, Ok(worth)) = (worth != 0, i64::try_from(worth)) {
            self.posting.worths.push(Worth { line: lines as u32, worth, kind: LineKind::Rounding, rate: None });
        }
        Ok(())
    }

    pub(crate) fn post_end<const TRACE: bool>(
        &mut self,
        post: PostId,
        place: PlaceId,
        outside: &mut Outside<'_>,
    ) -> Result<(), Raise> {
        let posting = &mut self.posting;
        if !posting.open {
            return Err(Box::new(FaultKind::Unreachable));
        }
        posting.open = false;
        if posting.sums.iter().any(|sum| *sum != 0) {
            let named = posting.sums.iter().zip(&self.units.units).filter(|(sum, _)| **sum != 0);
            let differences = named.map(|(sum, (name, scale))| (name.clone(), decimal_text(*sum, *scale))).collect();
            return Err(Box::new(FaultKind::Unbalanced { differences }));
        }
        // All lines were zero: there is nothing to post.
        if posting.lines.is_empty() {
            return Ok(());
        }
        let entry = Entry {
            post,
            text: self.heap.text(posting.text),
            book: posting.book.map(|book| self.heap.text(book)),
            day: posting.day,
            lines: &posting.lines,
            dims: &posting.dims,
            worths: &posting.worths,
            overs: &posting.overs,
            view: View { program: self.program, heap: &self.heap },
        };
        outside.world.post(&entry)?;
        if TRACE {
            outside.tracer.event(Event::Posted { place, entry });
        }
        Ok(())
    }
}
