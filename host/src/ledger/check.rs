//! Recomputing everything that is kept twice.
//!
//! [`check`] reads what the store has committed and compares each running figure with what it is the sum of. It trusts
//! nothing in memory.

use std::collections::HashMap;

use crate::error::Result;
use crate::ledger::state::pow10;
use crate::ledger::sub_rows::stored_subs;
use crate::ledger::{AccountKind, BookInfo, LineKind, chart};
use crate::store::{Store, params};

/// What a check of a book found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    pub entries: u64,
    pub lines: u64,
    pub subaccounts: u64,
    pub open_holds: u64,
    pub lots: u64,
    pub numbers: u64,
    /// A sentence for each thing that is not as it has to be; at most [`FINDINGS_MAX`].
    pub findings: Vec<String>,
}

/// The most findings that a check tells; a damaged file may have any number.
pub const FINDINGS_MAX: usize = 1_000;

impl Checked {
    pub fn is_sound(&self) -> bool {
        self.findings.is_empty()
    }

    fn find(&mut self, finding: impl FnOnce() -> String) {
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(finding());
        }
    }
}

/// What lines and holds of a subaccount add up to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sums {
    posted: i128,
    posted_book: i128,
    below: i128,
    held: i128,
    held_below: i128,
}

struct SubRow {
    name: String,
    account: usize,
    parent: Option<i64>,
}

struct Check<'a> {
    store: &'a mut dyn Store,
    key: (i64, i64),
    found: Checked,
    subs: HashMap<i64, SubRow>,
    sums: HashMap<i64, Sums>,
    /// By subaccount and posting day: amount, book amount, below.
    days: HashMap<(i64, i64), [i128; 3]>,
    /// Quantity and value of each lot, by its subaccount and number.
    lots: HashMap<(i64, i64), (i128, i128)>,
}

/// Checks a book: entries balance and are numbered without a gap, balances are the sums of lines, what is held is the
/// sum of open holds, lots are the sums of their lines and make up their account, series have no gap.
///
/// Errors only if the store cannot be read; what is wrong in it is a finding.
pub fn check(store: &mut dyn Store, info: &BookInfo) -> Result<Checked> {
    let key = (info.tenant.0, info.id.0);
    let (found, subs, sums) = (Checked::default(), HashMap::new(), HashMap::new());
    let mut check = Check { store, key, found, subs, sums, days: HashMap::new(), lots: HashMap::new() };
    let accounts = chart::accounts(check.store, info)?;
    check.read_subaccounts(info, &accounts)?;
    check.entries(info)?;
    check.lines(info, &accounts)?;
    check.holds()?;
    check.figures()?;
    check.day_figures()?;
    check.lots(&accounts)?;
    check.series()?;
    Ok(check.found)
}

impl Check<'_> {
    fn read_subaccounts(&mut self, info: &BookInfo, accounts: &[chart::AccountSpec]) -> Result<()> {
        for (id, account, dims) in stored_subs(self.store, info)? {
            let account = account.0 as usize;
            let name = accounts.get(account).map_or("an unknown account", |account| &account.name);
            let name = crate::Spot { account: name.to_owned(), dims }.to_string();
            self.subs.insert(id, SubRow { name, account, parent: None });
        }
        self.found.subaccounts = self.subs.len() as u64;
        let (tenant, book) = self.key;
        let sql =
            "SELECT id, parent FROM subaccount WHERE tenant = ?1 AND book = ?2 AND parent IS NOT NULL ORDER BY id";
        let Check { store, subs, .. } = self;
        store.query(sql, params![tenant, book], &mut |row| {
            if let Some(sub) = subs.get_mut(&row.int(0)?) {
                sub.parent = row.maybe_int(1)?;
            }
            Ok(())
        })
    }

    /// Entries are numbered 1, 2, 3 … and what is reversed exists.
    fn entries(&mut self, info: &BookInfo) -> Result<()> {
        let (tenant, book) = self.key;
        let sql = "SELECT seq, reverses FROM entry WHERE tenant = ?1 AND book = ?2 ORDER BY seq";
        let Check { store, found, .. } = self;
        let mut last = 0;
        store.query(sql, params![tenant, book], &mut |row| {
            let seq = row.int(0)?;
            if seq != last + 1 {
                found.find(|| format!("between the entries {last} and {seq} a number is missing"));
            }
            if let Some(reverses) = row.maybe_int(1)?
                && !(1..seq).contains(&reverses)
            {
                found.find(|| format!("entry {seq} reverses {reverses}, which does not come before it"));
            }
            last = seq;
            found.entries += 1;
            Ok(())
        })?;
        if last != info.entries {
            found.find(|| format!("the last entry is {last}; the book says {}", info.entries));
        }
        Ok(())
    }

    /// Adds up all lines, and checks that each entry balances.
    fn lines(&mut self, info: &BookInfo, accounts: &[chart::AccountSpec]) -> Result<()> {
        let (tenant, book) = self.key;
        let sql = "SELECT l.entry, l.subaccount, l.kind, l.amount, l.book_amount, l.lot, l.cost, e.posting_day
                   FROM entry_line l
                   LEFT JOIN entry e ON e.tenant = l.tenant AND e.book = l.book AND e.seq = l.entry
                   WHERE l.tenant = ?1 AND l.book = ?2 ORDER BY l.entry, l.line";
        let Check { store, found, subs, sums, days, lots, .. } = self;
        let mut open = Entry::default();
        store.query(sql, params![tenant, book], &mut |row| {
            found.lines += 1;
            let (entry, sub, kind) = (row.int(0)?, row.int(1)?, row.int(2)?);
            let (amount, book_amount) = (i128::from(row.int(3)?), i128::from(row.int(4)?));
            if entry != open.number {
                std::mem::replace(&mut open, Entry::of(entry)).balances(found);
            }
            let Some(day) = row.maybe_int(7)? else {
                found.find(|| format!("a line belongs to the entry {entry}, which does not exist"));
                return Ok(());
            };
            let Some(known) = subs.get(&sub) else {
                found.find(|| format!("a line of entry {entry} goes to a subaccount that does not exist"));
                return Ok(());
            };
            if let Some(account) = accounts.get(known.account).filter(|_| kind != LineKind::Use.number()) {
                open.add(account, info, kind == LineKind::Exchange.number(), amount, book_amount);
            }
            let sum = sums.entry(sub).or_default();
            sum.posted += amount;
            sum.posted_book += book_amount;
            let of_day = days.entry((sub, day)).or_default();
            of_day[0] += amount;
            of_day[1] += book_amount;
            for group in above(subs, sub) {
                sums.entry(group).or_default().below += amount;
                days.entry((group, day)).or_default()[2] += amount;
            }
            if let Some(lot) = row.maybe_int(5)? {
                let (quantity, value) = lots.entry((sub, lot)).or_default();
                *quantity += amount;
                *value += i128::from(row.maybe_int(6)?.unwrap_or(0));
            }
            Ok(())
        })?;
        open.balances(found);
        Ok(())
    }

    fn holds(&mut self) -> Result<()> {
        let (tenant, book) = self.key;
        let sql = "SELECT id, subaccount, amount, rest, state FROM hold WHERE tenant = ?1 AND book = ?2 ORDER BY id";
        let Check { store, found, subs, sums, .. } = self;
        store.query(sql, params![tenant, book], &mut |row| {
            let (id, sub, amount, rest) = (row.int(0)?, row.int(1)?, row.int(2)?, row.int(3)?);
            let open = row.text(4)? == "open";
            if rest < 0 || rest > amount || (!open && rest != 0) {
                found.find(|| {
                    format!("hold {id} of {amount} has a rest of {rest} and is {}", if open { "open" } else { "ended" })
                });
            }
            if open {
                found.open_holds += 1;
                sums.entry(sub).or_default().held += i128::from(rest);
                for group in above(subs, sub) {
                    sums.entry(group).or_default().held_below += i128::from(rest);
                }
            }
            Ok(())
        })
    }

    /// The running figures of subaccounts.
    fn figures(&mut self) -> Result<()> {
        let (tenant, book) = self.key;
        let sql = "SELECT id, posted, posted_book, below, held, held_below FROM subaccount
                   WHERE tenant = ?1 AND book = ?2 ORDER BY id";
        let Check { store, found, subs, sums, .. } = self;
        store.query(sql, params![tenant, book], &mut |row| {
            let id = row.int(0)?;
            let sum = sums.remove(&id).unwrap_or_default();
            let name = subs.get(&id).map_or("", |sub| &sub.name);
            let figures = [
                ("its balance", sum.posted),
                ("its balance in the book's currency", sum.posted_book),
                ("what is posted below it", sum.below),
                ("what is held", sum.held),
                ("what is held below it", sum.held_below),
            ];
            for (column, (what, right)) in (1..).zip(figures) {
                let kept = row.int(column)?;
                if i128::from(kept) != right {
                    found.find(|| format!("{name}: {what} is kept as {kept}; it adds up to {right}"));
                }
            }
            Ok(())
        })?;
        for (sub, _) in std::mem::take(sums) {
            found.find(|| format!("lines or holds belong to the subaccount {sub}, which does not exist"));
        }
        Ok(())
    }

    /// The figures of each day.
    fn day_figures(&mut self) -> Result<()> {
        let (tenant, book) = self.key;
        let sql = "SELECT subaccount, day, amount, book_amount, below FROM balance
                   WHERE tenant = ?1 AND book = ?2 ORDER BY subaccount, day";
        let Check { store, found, subs, days, .. } = self;
        let tell = |sub: i64, day: i64, kept: [i128; 3], right: [i128; 3]| {
            let name = subs.get(&sub).map_or_else(|| format!("subaccount {sub}"), |sub| sub.name.clone());
            let day = bp_bytecode::border::date_text(day);
            format!("{name} on {day}: amount, book amount and below are kept as {kept:?}; they add up to {right:?}")
        };
        store.query(sql, params![tenant, book], &mut |row| {
            let (sub, day) = (row.int(0)?, row.int(1)?);
            let kept = [row.int(2)?, row.int(3)?, row.int(4)?].map(i128::from);
            let right = days.remove(&(sub, day)).unwrap_or_default();
            if kept != right {
                found.find(|| tell(sub, day, kept, right));
            }
            Ok(())
        })?;
        // A day whose lines cancel out needs no row.
        let mut left: Vec<_> = days.drain().filter(|(_, right)| *right != [0; 3]).collect();
        left.sort_unstable();
        for ((sub, day), right) in left {
            found.find(|| tell(sub, day, [0; 3], right));
        }
        Ok(())
    }

    /// Lots are the sums of their lines, hold nothing negative, and make up the balance of their subaccount.
    fn lots(&mut self, accounts: &[chart::AccountSpec]) -> Result<()> {
        let (tenant, book) = self.key;
        let mut totals: HashMap<i64, i128> = HashMap::new();
        let sql = "SELECT subaccount, seq, quantity, value FROM lot WHERE tenant = ?1 AND book = ?2
                   ORDER BY subaccount, seq";
        let Check { store, found, subs, lots, .. } = self;
        store.query(sql, params![tenant, book], &mut |row| {
            let (sub, seq, quantity, value) = (row.int(0)?, row.int(1)?, row.int(2)?, row.int(3)?);
            found.lots += 1;
            let right = lots.remove(&(sub, seq)).unwrap_or_default();
            let name = subs.get(&sub).map_or("", |sub| &sub.name);
            if (i128::from(quantity), i128::from(value)) != right {
                found.find(|| {
                    format!("{name}, lot {seq}: {quantity} worth {value} are kept; its lines add up to {right:?}")
                });
            }
            if quantity < 0 || (quantity == 0 && value != 0) {
                found.find(|| format!("{name}, lot {seq}: {quantity} cannot be worth {value}"));
            }
            *totals.entry(sub).or_default() += i128::from(quantity);
            Ok(())
        })?;
        for ((sub, seq), _) in lots.drain() {
            found.find(|| format!("subaccount {sub}: lines belong to lot {seq}, which does not exist"));
        }
        let sql = "SELECT id, posted FROM subaccount WHERE tenant = ?1 AND book = ?2 ORDER BY id";
        store.query(sql, params![tenant, book], &mut |row| {
            let (sub, posted) = (row.int(0)?, i128::from(row.int(1)?));
            let Some(known) = subs.get(&sub) else { return Ok(()) };
            let kept = totals.get(&sub).copied().unwrap_or(0);
            if accounts.get(known.account).is_some_and(|account| account.lots) && kept != posted {
                found.find(|| format!("{}: its lots hold {kept}, its balance is {posted}", known.name));
            }
            Ok(())
        })
    }

    /// Series have every number from 1 to their last.
    fn series(&mut self) -> Result<()> {
        let (tenant, book) = self.key;
        let sql =
            "SELECT s.name, s.period, s.last, count(n.number), coalesce(min(n.number), 1), coalesce(max(n.number), 0)
                   FROM series s LEFT JOIN series_number n
                   ON n.tenant = s.tenant AND n.book = s.book AND n.name = s.name AND n.period = s.period
                   WHERE s.tenant = ?1 AND s.book = ?2 GROUP BY s.name, s.period, s.last ORDER BY s.name, s.period";
        let Check { store, found, .. } = self;
        store.query(sql, params![tenant, book], &mut |row| {
            let (last, count, least, most) = (row.int(2)?, row.int(3)?, row.int(4)?, row.int(5)?);
            found.numbers += count.unsigned_abs();
            if (count, least, most) != (last, 1, last) {
                let (name, period) = (row.text(0)?.to_owned(), row.text(1)?.to_owned());
                found.find(|| {
                    format!("series {name} {period}: {count} numbers up to {most}; the last should be {last}")
                });
            }
            Ok(())
        })
    }
}

/// The groups above a subaccount. A circle, which no host makes, ends after as many steps as there are subaccounts.
fn above(subs: &HashMap<i64, SubRow>, sub: i64) -> impl Iterator<Item = i64> {
    let parent = |sub: &i64| subs.get(sub).and_then(|sub| sub.parent);
    std::iter::successors(parent(&sub), move |sub| parent(sub)).take(subs.len())
}

/// An entry while its lines are added up.
#[derive(Default)]
struct Entry {
    number: i64,
    book: i128,
    /// By unit and class: the sum at scale 18 and whether it is exchanged.
    units: Vec<(String, AccountKind, i128, bool)>,
}

/// The scale that amounts of one unit are added up at: no account has a larger one.
const SUM_SCALE: u8 = 18;

impl Entry {
    fn of(number: i64) -> Entry {
        Entry { number, ..Entry::default() }
    }

    fn add(&mut self, account: &chart::AccountSpec, info: &BookInfo, exchange: bool, amount: i128, book_amount: i128) {
        self.book = self.book.saturating_add(book_amount);
        let own = account.kind.is_financial() && account.unit == info.spec.currency;
        if own || account.kind == AccountKind::Limit {
            return;
        }
        // Goods, plans and money are apart; among money the kind does not matter.
        let class = if account.kind.is_financial() { AccountKind::Asset } else { account.kind };
        let lifted = amount.saturating_mul(pow10(SUM_SCALE.saturating_sub(account.scale)));
        match self.units.iter_mut().find(|(unit, of, ..)| *unit == account.unit && *of == class) {
            Some((_, _, sum, exchanged)) => {
                *sum = sum.saturating_add(lifted);
                *exchanged |= exchange;
            }
            None => self.units.push((account.unit.clone(), class, lifted, exchange)),
        }
    }

    fn balances(self, found: &mut Checked) {
        let number = self.number;
        if self.book != 0 {
            found.find(|| format!("entry {number} does not balance: book amounts add up to {}", self.book));
        }
        for (unit, _, sum, _) in self.units.iter().filter(|(_, _, sum, exchanged)| *sum != 0 && !exchanged) {
            let sum = bp_bytecode::border::decimal_text(*sum, SUM_SCALE);
            found.find(|| format!("entry {number} does not balance in `{unit}`: {sum}"));
        }
    }
}
