//! Holds: amounts that are set aside until what they are for is posted, or is not to be.
//!
//! Each hold is resolved once: committed, committed in part (the rest is a new hold), or released. On accounts of the
//! kinds limit and budget a commit turns what was held into what is used, which an entry of its own records; on any
//! other account the posting that the hold was made for stands beside the commit.

use crate::error::{Refused, Result};
use crate::ledger::chart::damaged;
use crate::ledger::state::Undo;
use crate::ledger::{AccountId, Books, Entry, Line, LineKind};
use crate::store::{Row, Store, all, first, params};

/// A hold of a book, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HoldId(pub i64);

/// How an amount is held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HoldTerms<'a> {
    /// A limit above that holds beside those of the book, at the scale of the account: `up to it.credit_limit`. The
    /// book remembers it: what is posted later keeps it, until a hold names another one.
    pub up_to: Option<i64>,
    /// Who lets it pass every limit.
    pub over_limit_by: Option<&'a str>,
    /// The day that counts for limits by month and year; without it the step's.
    pub day: Option<i64>,
}

/// A hold as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    pub account: AccountId,
    pub dims: Vec<String>,
    pub amount: i64,
    /// What is still held; 0 when it is resolved.
    pub rest: i64,
    pub owner: String,
    pub over_limit_by: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HoldState {
    Open,
    Committed,
    Released,
}

#[derive(Clone, Debug)]
pub(crate) struct HoldRow {
    pub sub: usize,
    pub day: i64,
    amount: i64,
    pub rest: i64,
    committed: i64,
    state: HoldState,
    owner: Box<str>,
    over_limit: Box<str>,
    author: Box<str>,
    made_at: i64,
    ended_at: Option<i64>,
}

impl HoldRow {
    pub fn is_open(&self) -> bool {
        self.state == HoldState::Open
    }
}

const STATES: [(HoldState, &str); 3] =
    [(HoldState::Open, "open"), (HoldState::Committed, "committed"), (HoldState::Released, "released")];

impl Books<'_> {
    /// Holds an amount, 0 or more, in the name of the step's instance.
    ///
    /// Errors with [`Short`](crate::Declared::Short) where a limit of the combination, or of a group above it, leaves less room.
    pub fn hold(&mut self, account: AccountId, dims: &[&str], amount: i64, terms: HoldTerms<'_>) -> Result<HoldId> {
        if amount < 0 {
            return Err(Refused::Negative { what: "what is held", given: amount }.into());
        }
        let sub = self.state.sub(self.store, account, dims)?;
        let day = terms.day.unwrap_or(self.context.today);
        if let Some(up_to) = terms.up_to.filter(|up_to| self.state.subs[sub].bounds != [*up_to]) {
            self.state.set_bounds_of(sub, vec![up_to]);
        }
        if terms.over_limit_by.is_none() {
            self.has_room(sub, amount, day)?;
        }
        let fresh = Some(terms.over_limit_by.is_some());
        let row = HoldRow {
            sub,
            day,
            amount,
            rest: amount,
            committed: 0,
            state: HoldState::Open,
            owner: owner_of(&self.context.instance, self.context.branch).into(),
            over_limit: terms.over_limit_by.unwrap_or_default().into(),
            author: self.context.author.as_str().into(),
            made_at: self.context.now,
            ended_at: None,
        };
        self.open_hold(row, fresh)
    }

    fn open_hold(&mut self, row: HoldRow, fresh: Option<bool>) -> Result<HoldId> {
        self.state.last_hold += 1;
        self.state.journal.push(Undo::LastHold);
        let id = self.state.last_hold;
        let (sub, day, rest) = (row.sub, row.day, row.rest);
        self.state.put_hold(id, Some(row));
        if fresh == Some(true) {
            self.state.let_pass.insert(id);
        }
        self.state.add_held(sub, day, rest, fresh)?;
        Ok(HoldId(id))
    }

    /// Resolves a hold: all of it.
    pub fn commit(&mut self, hold: HoldId) -> Result<()> {
        let row = self.open_row(hold)?;
        self.commit_row(hold, &row, row.rest)
    }

    /// Resolves a hold: a part of it, from 0 to all. What is left, which may be 0, is a new hold.
    pub fn commit_part(&mut self, hold: HoldId, part: i64) -> Result<HoldId> {
        let row = self.open_row(hold)?;
        if part < 0 {
            return Err(Refused::Negative { what: "the committed part of a hold", given: part }.into());
        }
        if part > row.rest {
            return Err(Refused::MoreThanHeld { id: hold.0, wanted: part, rest: row.rest }.into());
        }
        self.commit_row(hold, &row, part)?;
        let left = row.rest - part;
        let fresh = self.passes(hold);
        self.open_hold(HoldRow { amount: left, rest: left, ..row }, fresh)
    }

    fn commit_row(&mut self, hold: HoldId, row: &HoldRow, part: i64) -> Result<()> {
        self.end_hold(hold, row, HoldState::Committed, part)?;
        let account = self.state.subs[row.sub].account;
        if !self.state.account(account)?.spec.kind.is_used() {
            return Ok(());
        }
        self.use_room(row.sub, part, &format!("Hold {} committed", hold.0))
    }

    /// Resolves a hold: nothing of it is needed.
    pub fn release(&mut self, hold: HoldId) -> Result<()> {
        let row = self.open_row(hold)?;
        self.end_hold(hold, &row, HoldState::Released, 0)
    }

    /// Gives used room of a limit or a budget back, 0 or more, at most what is used.
    pub fn free(&mut self, account: AccountId, dims: &[&str], amount: i64) -> Result<()> {
        if amount < 0 {
            return Err(Refused::Negative { what: "what is freed", given: amount }.into());
        }
        if !self.state.account(account)?.spec.kind.is_used() {
            return Err(Refused::Misuse("only what is used of a limit or a budget is freed").into());
        }
        let sub = self.state.sub(self.store, account, dims)?;
        let used = self.state.subs[sub].figures.posted;
        if i128::from(amount) > used {
            return Err(Refused::MoreThanUsed { spot: self.spot(sub), wanted: amount, used }.into());
        }
        self.use_room(sub, -amount, "Freed")
    }

    /// An entry of one line, which stands alone.
    fn use_room(&mut self, sub: usize, amount: i64, text: &str) -> Result<()> {
        let account = self.state.subs[sub].account;
        let dims = self.spot(sub).dims;
        let dims: Vec<&str> = dims.iter().map(String::as_str).collect();
        let line = [Line { kind: LineKind::Use, ..Line::new(account, &dims, amount) }];
        self.post(&Entry::new(text, self.context.today, &line).else_first_open())?;
        Ok(())
    }

    /// A hold of this book.
    pub fn hold_of(&mut self, hold: HoldId) -> Result<Hold> {
        let row = self.row(hold)?;
        let account = self.state.subs[row.sub].account;
        Ok(Hold {
            account,
            dims: self.spot(row.sub).dims,
            amount: row.amount,
            rest: row.rest,
            owner: row.owner.into(),
            over_limit_by: row.over_limit.into(),
        })
    }

    /// What an instance has to resolve before it ends, in the order in which it was held.
    pub fn open_holds(&mut self, owner: &str) -> Result<Vec<HoldId>> {
        let (tenant, book) = self.state.key();
        let sql = "SELECT id FROM hold WHERE tenant = ?1 AND owner = ?3 AND state = 'open' AND book = ?2 ORDER BY id";
        let mut open = all(self.store, sql, params![tenant, book, owner], |row| Ok(row.int(0)?))?;
        open.retain(|id| !self.state.holds.contains_key(id));
        open.extend(
            self.state.holds.iter().filter(|(_, row)| row.is_open() && *row.owner == *owner).map(|(id, _)| *id),
        );
        open.sort_unstable();
        Ok(open.into_iter().map(HoldId).collect())
    }

    /// What a branch has not resolved is whoever's from now on that goes on behind it.
    pub fn give_holds(&mut self, from: &str, to: &str) -> Result<()> {
        for id in self.open_holds(from)? {
            let row = HoldRow { owner: to.into(), ..self.row(id)? };
            self.state.put_hold(id.0, Some(row));
        }
        Ok(())
    }

    fn end_hold(&mut self, hold: HoldId, row: &HoldRow, state: HoldState, committed: i64) -> Result<()> {
        let ended = HoldRow { rest: 0, committed, state, ended_at: Some(self.context.now), ..row.clone() };
        self.state.put_hold(hold.0, Some(ended));
        // What is not used of what somebody let pass in this step makes no room for anything else.
        let passes = self.passes(hold);
        self.state.add_held(row.sub, row.day, -committed, None)?;
        self.state.add_held(row.sub, row.day, committed - row.rest, passes)
    }

    /// Did the running step make this hold although a limit stood against it?
    fn passes(&self, hold: HoldId) -> Option<bool> {
        self.state.let_pass.contains(&hold.0).then_some(true)
    }

    fn open_row(&mut self, hold: HoldId) -> Result<HoldRow> {
        let row = self.row(hold)?;
        if row.is_open() { Ok(row) } else { Err(Refused::HoldEnded { id: hold.0 }.into()) }
    }

    fn row(&mut self, hold: HoldId) -> Result<HoldRow> {
        if let Some(row) = self.state.holds.get(&hold.0) {
            return Ok(row.clone());
        }
        let (tenant, book) = self.state.key();
        let sql = "SELECT subaccount, day, amount, rest, committed, state, owner, over_limit, author, made_at, ended_at
                   FROM hold WHERE tenant = ?1 AND book = ?2 AND id = ?3";
        let found = first(self.store, sql, params![tenant, book, hold.0], read_hold)?;
        let (sub, row) = found.ok_or_else(|| Refused::Unknown { what: "hold", name: format!("number {}", hold.0) })?;
        let row = HoldRow { sub: self.state.sub_of_id(self.store, sub)?, ..row };
        self.state.holds.insert(hold.0, row.clone());
        Ok(row)
    }
}

fn read_hold(row: &dyn Row) -> Result<(i64, HoldRow)> {
    let state = row.text(5)?;
    let state = STATES.iter().find(|(_, name)| *name == state).ok_or_else(|| damaged("hold", "no such state"))?;
    let hold = HoldRow {
        sub: usize::MAX,
        day: row.int(1)?,
        amount: row.int(2)?,
        rest: row.int(3)?,
        committed: row.int(4)?,
        state: state.0,
        owner: row.text(6)?.into(),
        over_limit: row.text(7)?.into(),
        author: row.text(8)?.into(),
        made_at: row.int(9)?,
        ended_at: row.maybe_int(10)?,
    };
    Ok((row.int(0)?, hold))
}

/// Writes a hold that differs from the store; `subaccount` is its number there.
pub(crate) fn write(
    store: &mut dyn Store,
    (tenant, book): (i64, i64),
    id: i64,
    row: &HoldRow,
    subaccount: i64,
) -> Result<()> {
    let sql = "INSERT INTO hold (tenant, book, id, subaccount, day, amount, rest, committed, state, owner, over_limit, author,
               made_at, ended_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
               ON CONFLICT (tenant, book, id) DO UPDATE SET rest = excluded.rest, committed = excluded.committed,
               state = excluded.state, owner = excluded.owner, ended_at = excluded.ended_at";
    let state = STATES.iter().find(|(state, _)| *state == row.state).map_or("", |(_, name)| name);
    let (owner, over_limit, author) = (&*row.owner, &*row.over_limit, &*row.author);
    let HoldRow { day, amount, rest, committed, made_at, ended_at, .. } = row;
    let row = params![
        tenant, book, id, subaccount, *day, *amount, *rest, *committed, state, owner, over_limit, author, *made_at,
        *ended_at
    ];
    store.execute(sql, row)?;
    Ok(())
}

impl crate::ledger::BookState {
    /// Puts a hold in its place, as the journal will take it back.
    fn put_hold(&mut self, id: i64, row: Option<HoldRow>) {
        let before = self.swap_hold(id, row);
        self.journal.push(Undo::Hold { id, before: before.map(Box::new) });
    }

    pub(crate) fn swap_hold(&mut self, id: i64, row: Option<HoldRow>) -> Option<HoldRow> {
        self.dirty_holds.insert(id);
        match row {
            Some(row) => self.holds.insert(id, row),
            None => self.holds.remove(&id),
        }
    }
}

/// Who has to resolve what an instance holds, or a branch of it.
pub fn owner_of(instance: &str, branch: i64) -> String {
    if branch == 0 { instance.to_owned() } else { format!("{instance}/{branch}") }
}
