//! Groups: `cost_centre < department < company`.
//!
//! A group is a subaccount of the same account, with a name of its own in its dimensions. What is posted to or held on
//! its members counts for it too. Members may move; their past moves with them.

use crate::error::{Refused, Result};
use crate::ledger::state::{BookState, Undo};
use crate::ledger::sub_rows::dims_of;
use crate::ledger::{AccountId, Books};
use crate::store::{all, params};

/// What a subaccount and all below it bring into a group.
#[derive(Clone, Debug, Default)]
pub(crate) struct Weight {
    posted: i128,
    held: i128,
    /// What was posted on each day.
    days: Vec<(i64, i128)>,
}

impl Weight {
    pub(crate) fn is_nothing(&self) -> bool {
        (self.posted, self.held) == (0, 0) && self.days.iter().all(|(_, amount)| *amount == 0)
    }
}

impl Books<'_> {
    /// Makes a combination of dimensions a member of a group of the same account, or with `None` of none.
    ///
    /// Errors if the group is the member itself, or below it.
    pub fn set_group(&mut self, account: AccountId, member: &[&str], group: Option<&[&str]>) -> Result<()> {
        let sub = self.state.sub(self.store, account, member)?;
        let group = group.map(|dims| self.state.sub(self.store, account, dims)).transpose()?;
        if self.state.subs[sub].parent == group { Ok(()) } else { self.join(sub, group) }
    }

    /// Moves a subaccount to another group, with its past.
    fn join(&mut self, sub: usize, group: Option<usize>) -> Result<()> {
        if let Some(group) = group.filter(|group| self.state.up_from(*group).contains(&sub)) {
            return Err(Refused::GroupCycle { spot: self.spot(group), of: self.spot(sub) }.into());
        }
        let before = self.state.subs[sub].parent;
        let weight = self.weight(sub)?;
        self.state.journal.push(Undo::Group { sub, before, weight: Box::new(weight.clone()) });
        self.state.regroup(sub, group, &weight);
        for place in group.map_or_else(Vec::new, |group| self.state.up_from(group)) {
            self.state.fits(place)?;
        }
        Ok(())
    }

    /// Makes a combination of dimensions a member of a group, that one a member of the next, and so on. A group is the
    /// combination with another first value, and with its level behind all of them, so that it is never one that is
    /// posted to. `member` may be a group as well.
    pub fn set_groups(&mut self, account: AccountId, member: &[&str], groups: &[Vec<&str>]) -> Result<()> {
        let mut sub = self.state.sub_at_level(self.store, account, member)?;
        for group in groups {
            let next = self.state.sub_at_level(self.store, account, group)?;
            if self.state.subs[sub].parent != Some(next) {
                self.join(sub, Some(next))?;
            }
            sub = next;
        }
        Ok(())
    }

    /// All combinations of an account that anything was ever said of, groups among them.
    pub fn combinations(&mut self, account: AccountId) -> Result<Vec<Vec<String>>> {
        let (tenant, book) = self.state.key();
        let sql = "SELECT dims FROM subaccount WHERE tenant = ?1 AND book = ?2 AND account = ?3 ORDER BY id";
        let number = i64::from(account.0) + 1;
        let mut known = all(self.store, sql, params![tenant, book, number], |row| Ok(dims_of(row.text(0)?)))?;
        for sub in self.state.subs.iter().filter(|sub| sub.account == account && sub.dirty) {
            let dims = dims_of(&sub.dims);
            if !known.contains(&dims) {
                known.push(dims);
            }
        }
        Ok(known)
    }

    fn weight(&mut self, sub: usize) -> Result<Weight> {
        let known = &self.state.subs[sub];
        let figures = known.figures;
        let mut days: Vec<(i64, i128)> = known.days.iter().map(|(day, f)| (*day, f.amount + f.below)).collect();
        let (tenant, book) = self.state.key();
        let sql = "SELECT day, amount, below FROM balance
                   WHERE tenant = ?1 AND book = ?2 AND subaccount = ?3 ORDER BY day";
        days.extend(all(self.store, sql, params![tenant, book, known.id], |row| {
            Ok((row.int(0)?, i128::from(row.int(1)?) + i128::from(row.int(2)?)))
        })?);
        Ok(Weight { posted: figures.posted + figures.below, held: figures.held + figures.held_below, days })
    }
}

impl BookState {
    /// Takes the weight of a subaccount off the groups above it, and puts it on those above its new place.
    pub(crate) fn regroup(&mut self, sub: usize, group: Option<usize>, weight: &Weight) {
        self.touch(sub);
        let before = std::mem::replace(&mut self.subs[sub].parent, group);
        for (start, sign) in [(before, -1), (group, 1)] {
            for place in start.map_or_else(Vec::new, |start| self.up_from(start)) {
                self.touch(place);
                let known = &mut self.subs[place];
                known.figures.below += sign * weight.posted;
                known.figures.held_below += sign * weight.held;
                for (day, amount) in &weight.days {
                    known.day(*day).below += sign * amount;
                }
            }
        }
        // Which months are held where is read anew.
        let account = self.subs[sub].account;
        self.held_months.remove(&account);
    }
}
