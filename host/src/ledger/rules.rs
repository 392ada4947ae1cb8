//! Who says which limits an account has, and what the store keeps of them.
//!
//! A limit of the tenant stands in the place of all that the chart has of its side and period.

use crate::error::Result;
use crate::ledger::chart::damaged;
use crate::ledger::limit::{Limit, Mode, Order, Period, Side};
use crate::ledger::state::Account;
use crate::ledger::sub_rows::write_dims;
use crate::ledger::{AccountId, BookInfo};
use crate::store::{Store, all, params};

/// Who set a limit; a tenant's comes before the chart's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Chart,
    Tenant,
    /// The chart says how it counts, each combination how much it is.
    Bound,
}

/// A limit of an account, for one combination or for each.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    dims: Option<Box<str>>,
    pub source: Source,
    /// Which one it is of those of its source, in the order of declaration.
    pub number: usize,
    pub limit: Limit,
}

/// A rule that counts for a combination, and its place among those that do.
pub(crate) struct Ordered<'a> {
    pub order: Order,
    pub rule: &'a Rule,
}

fn name_of<T: PartialEq + Copy>(names: &[(T, &'static str)], value: T) -> &'static str {
    names.iter().find(|(known, _)| *known == value).map_or("", |(_, name)| name)
}

fn value_of<T: Copy>(names: &[(T, &'static str)], name: &str) -> Result<T> {
    let known = names.iter().find(|(_, known)| *known == name);
    known.map(|(value, _)| *value).ok_or_else(|| damaged("account_limit", "a word is not known").into())
}

const SIDES: [(Side, &str); 2] = [(Side::Below, "below"), (Side::Above, "above")];
const PERIODS: [(Period, &str); 3] = [(Period::Month, "month"), (Period::Year, "year"), (Period::Ever, "ever")];
const MODES: [(Mode, &str); 3] = [(Mode::Stop, "stop"), (Mode::Warn, "warn"), (Mode::Ignore, "ignore")];
const SOURCES: [(Source, &str); 3] = [(Source::Chart, "chart"), (Source::Tenant, "tenant"), (Source::Bound, "bound")];

/// Stands for each combination of dimensions.
const EACH: &str = "*";

/// All rules of a book, by the number of their account, in their order.
pub(crate) fn load(store: &mut dyn Store, info: &BookInfo) -> Result<Vec<(AccountId, Rule)>> {
    let sql = "SELECT account, dims, side, period, source, mode, amount, number FROM account_limit
               WHERE tenant = ?1 AND book = ?2 ORDER BY account, number, dims, side, period, source";
    all(store, sql, params![info.tenant.0, info.id.0], |row| {
        let account = u32::try_from(row.int(0)? - 1).map_err(|_| damaged("account_limit", "no such account"))?;
        let number = usize::try_from(row.int(7)?).map_err(|_| damaged("account_limit", "a number below 0"))?;
        let dims = row.text(1)?;
        let limit = Limit {
            side: value_of(&SIDES, row.text(2)?)?,
            period: value_of(&PERIODS, row.text(3)?)?,
            mode: value_of(&MODES, row.text(5)?)?,
            amount: row.int(6)?,
        };
        let dims = (dims != EACH).then(|| dims.into());
        Ok((AccountId(account), Rule { dims, source: value_of(&SOURCES, row.text(4)?)?, number, limit }))
    })
}

/// Sets a limit of the tenant for one combination of dimensions, or with `None` for each.
pub(crate) fn set(
    store: &mut dyn Store,
    info: &BookInfo,
    (account, dims): (i64, Option<&[&str]>),
    limit: &Limit,
) -> Result<()> {
    let mut key = EACH.to_owned();
    if let Some(dims) = dims {
        write_dims(&mut key, dims);
    }
    write(store, info, (account, &key), (Source::Tenant, 0), limit)
}

fn write(
    store: &mut dyn Store,
    info: &BookInfo,
    (account, dims): (i64, &str),
    (source, number): (Source, usize),
    limit: &Limit,
) -> Result<()> {
    let sql = "INSERT INTO account_limit (tenant, book, account, dims, side, period, source, number, mode, amount)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
               ON CONFLICT (tenant, book, account, dims, side, period, source, number)
               DO UPDATE SET mode = excluded.mode, amount = excluded.amount";
    let (side, period) = (name_of(&SIDES, limit.side), name_of(&PERIODS, limit.period));
    let (source, mode) = (name_of(&SOURCES, source), name_of(&MODES, limit.mode));
    let (tenant, book, number) = (info.tenant.0, info.id.0, number as i64);
    store.execute(sql, params![tenant, book, account, dims, side, period, source, number, mode, limit.amount])?;
    Ok(())
}

/// What the chart says about an account now, in the place of what it said before: limits for each combination, and bounds.
pub(crate) fn deploy(
    store: &mut dyn Store,
    info: &BookInfo,
    account: i64,
    (limits, bounds): (&[Limit], &[Limit]),
) -> Result<()> {
    let known = load(store, info)?;
    let of_account = |(id, rule): &&(AccountId, Rule)| i64::from(id.0) + 1 == account && rule.source == Source::Bound;
    let counts = |limit: &Limit| (limit.side, limit.period, limit.mode);
    if !known.iter().filter(of_account).map(|(_, rule)| counts(&rule.limit)).eq(bounds.iter().map(counts)) {
        // What was said is of other bounds.
        let sql = "UPDATE subaccount SET bounds = NULL WHERE tenant = ?1 AND book = ?2 AND account = ?3";
        store.execute(sql, params![info.tenant.0, info.id.0, account])?;
    }
    let sql = "DELETE FROM account_limit WHERE tenant = ?1 AND book = ?2 AND account = ?3 AND source <> 'tenant'";
    store.execute(sql, params![info.tenant.0, info.id.0, account])?;
    for (source, limits) in [(Source::Chart, limits), (Source::Bound, bounds)] {
        for (number, limit) in limits.iter().enumerate() {
            write(store, info, (account, EACH), (source, number), limit)?;
        }
    }
    Ok(())
}

impl Account {
    /// The limits of a combination of dimensions, in the order of declaration. What the tenant says for the combination
    /// comes before what it says for each, and stands where the first stood that it replaces, or behind all others.
    pub(crate) fn limits_of(&self, dims: &str) -> Vec<Ordered<'_>> {
        let here = |rule: &&Rule| rule.dims.as_deref().is_none_or(|own| own == dims);
        let kind = |rule: &Rule| (rule.limit.side, rule.limit.period);
        let mut tenants: Vec<(&Rule, bool)> = Vec::new();
        for rule in self.rules.iter().filter(here).filter(|rule| rule.source == Source::Tenant) {
            match tenants.iter_mut().find(|(known, _)| kind(known) == kind(rule)) {
                Some((known, _)) if known.dims.is_none() => *known = rule,
                Some(_) => {}
                None => tenants.push((rule, false)),
            }
        }
        let mut limits = Vec::new();
        for (order, rule) in self.rules.iter().filter(|rule| rule.source != Source::Tenant).filter(here).enumerate() {
            match tenants.iter_mut().find(|(known, _)| kind(known) == kind(rule)) {
                Some((_, true)) => {}
                Some((instead, stands)) => {
                    *stands = true;
                    limits.push(Ordered { order, rule: instead });
                }
                None => limits.push(Ordered { order, rule }),
            }
        }
        let behind = self.rules.len();
        let left = tenants.iter().filter(|(_, stands)| !stands).enumerate();
        limits.extend(left.map(|(number, (rule, _))| Ordered { order: behind + number, rule }));
        limits
    }
}
