//! Books, and the accounts of their charts.

use serde_json::Value as Json;

use crate::error::{Refused, Result, StoreError};
use crate::ledger::limit::Limit;
use crate::ledger::rules;
use crate::store::{Param, Store, first, params};
use crate::{BookId, TenantId};

/// What an account is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AccountKind {
    Asset,
    Liability,
    Equity,
    Income,
    Expense,
    /// Goods, hours, points, leave: balanced in their unit, without a value of their own.
    Quantity,
    /// Plans and commitments: balanced among themselves, but for what a commit uses.
    Budget,
    /// What is used of something that another party granted. Its lines stand alone.
    Limit,
}

impl AccountKind {
    pub const ALL: [AccountKind; 8] = [
        AccountKind::Asset,
        AccountKind::Liability,
        AccountKind::Equity,
        AccountKind::Income,
        AccountKind::Expense,
        AccountKind::Quantity,
        AccountKind::Budget,
        AccountKind::Limit,
    ];

    /// As the store and exports write it.
    pub fn name(self) -> &'static str {
        match self {
            AccountKind::Asset => "asset",
            AccountKind::Liability => "liability",
            AccountKind::Equity => "equity",
            AccountKind::Income => "income",
            AccountKind::Expense => "expense",
            AccountKind::Quantity => "quantity",
            AccountKind::Budget => "budget",
            AccountKind::Limit => "limit",
        }
    }

    pub fn from_name(name: &str) -> Option<AccountKind> {
        AccountKind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Does it belong to the financial books, whose lines have book amounts?
    pub fn is_financial(self) -> bool {
        !matches!(self, AccountKind::Quantity | AccountKind::Budget | AccountKind::Limit)
    }

    /// Does a commit of a hold count as use, with an entry of its own?
    pub fn is_used(self) -> bool {
        matches!(self, AccountKind::Limit | AccountKind::Budget)
    }

    /// The sign of its usual balance: what is usually a credit counts as positive where people and limits look at it.
    pub fn sign(self) -> i128 {
        if matches!(self, AccountKind::Liability | AccountKind::Equity | AccountKind::Income) { -1 } else { 1 }
    }
}

/// An account as a chart has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountSpec {
    /// With its module: `finance.receivable.receivable`.
    pub name: String,
    pub code: Option<String>,
    pub kind: AccountKind,
    /// A currency if `money`, else a unit of measure; empty for plain counts.
    pub unit: String,
    pub money: bool,
    /// Digits behind the point, 0 to 18.
    pub scale: u8,
    /// The names of its dimensions.
    pub dimensions: Vec<String>,
    /// Is what comes in kept in lots, each with its cost? For [`AccountKind::Quantity`] only.
    pub lots: bool,
    /// The limits of each combination of its dimensions.
    pub limits: Vec<Limit>,
    /// Limits whose amounts each combination has for itself, as [`Books::set_bounds`](super::Books::set_bounds) says them;
    /// their own amounts mean nothing. An account that has them has no other `limits`.
    pub bounds: Vec<Limit>,
}

impl AccountSpec {
    /// An account of money without dimensions.
    pub fn money(name: &str, kind: AccountKind, currency: &str, scale: u8) -> AccountSpec {
        AccountSpec {
            name: name.to_owned(),
            code: None,
            kind,
            unit: currency.to_owned(),
            money: true,
            scale,
            dimensions: Vec::new(),
            lots: false,
            limits: Vec::new(),
            bounds: Vec::new(),
        }
    }

    /// An account of goods without dimensions; the unit may be empty.
    pub fn quantity(name: &str, unit: &str, scale: u8) -> AccountSpec {
        let money = AccountSpec::money(name, AccountKind::Quantity, unit, scale);
        AccountSpec { money: false, ..money }
    }

    pub fn code(self, code: &str) -> AccountSpec {
        AccountSpec { code: Some(code.to_owned()), ..self }
    }

    pub fn by(self, dimensions: &[&str]) -> AccountSpec {
        AccountSpec { dimensions: dimensions.iter().map(|name| (*name).to_owned()).collect(), ..self }
    }

    pub fn limit(mut self, limit: Limit) -> AccountSpec {
        self.limits.push(limit);
        self
    }

    pub fn bounded(mut self, bound: Limit) -> AccountSpec {
        self.bounds.push(bound);
        self
    }

    pub fn with_lots(self) -> AccountSpec {
        AccountSpec { lots: true, ..self }
    }
}

/// A book to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookSpec {
    pub name: String,
    /// ISO 4217.
    pub currency: String,
    /// Digits behind the point of book amounts: the currency's minor unit.
    pub scale: u8,
    /// The month that a fiscal year begins with, 1 to 12.
    pub year_start: u8,
}

impl BookSpec {
    /// A book whose fiscal year is the calendar's.
    pub fn new(name: &str, currency: &str, scale: u8) -> BookSpec {
        BookSpec { name: name.to_owned(), currency: currency.to_owned(), scale, year_start: 1 }
    }
}

/// A book as the store has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookInfo {
    pub tenant: TenantId,
    pub id: BookId,
    pub spec: BookSpec,
    /// The number of its last entry.
    pub entries: i64,
}

pub(crate) fn add_book(store: &mut dyn Store, tenant: TenantId, spec: &BookSpec) -> Result<BookId> {
    if find_book(store, tenant, &spec.name)?.is_some() {
        return Err(Refused::Exists { what: "book", name: spec.name.clone() }.into());
    }
    if !(1..=12).contains(&spec.year_start) {
        return Err(Refused::Misuse("a fiscal year begins with a month from 1 to 12").into());
    }
    let last = "SELECT coalesce(max(id), 0) FROM book WHERE tenant = ?1";
    let last = first(store, last, params![tenant.0], |row| Ok(row.int(0)?))?.unwrap_or(0);
    let insert =
        "INSERT INTO book (tenant, id, name, currency, scale, year_start, entries) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0)";
    let (scale, year_start) = (i64::from(spec.scale), i64::from(spec.year_start));
    store.execute(insert, params![tenant.0, last + 1, &spec.name, &spec.currency, scale, year_start])?;
    Ok(BookId(last + 1))
}

pub(crate) fn find_book(store: &mut dyn Store, tenant: TenantId, name: &str) -> Result<Option<BookId>> {
    let find = "SELECT id FROM book WHERE tenant = ?1 AND name = ?2";
    first(store, find, params![tenant.0, name], |row| Ok(BookId(row.int(0)?)))
}

pub(crate) fn books(store: &mut dyn Store, tenant: TenantId) -> Result<Vec<BookInfo>> {
    let sql = "SELECT id, name, currency, scale, year_start, entries FROM book WHERE tenant = ?1 ORDER BY id";
    crate::store::all(store, sql, params![tenant.0], |row| {
        let small = |column| u8::try_from(row.int(column)?).map_err(|_| damaged("book", "a small number is not"));
        Ok(BookInfo {
            tenant,
            id: BookId(row.int(0)?),
            spec: BookSpec {
                name: row.text(1)?.to_owned(),
                currency: row.text(2)?.to_owned(),
                scale: small(3)?,
                year_start: small(4)?,
            },
            entries: row.int(5)?,
        })
    })
}

/// A row that the host cannot have written.
pub(crate) fn damaged(table: &str, why: &str) -> StoreError {
    StoreError::Corrupt { why: format!("table {table}: {why}") }
}

/// Adds the accounts that the book does not have yet. An account that it has keeps its number, its code and its title;
/// its kind, unit, scale and dimensions have to be the
/// same. Its limits become those of the program, beside those that the tenant set.
pub(crate) fn deploy(store: &mut dyn Store, book: &BookInfo, accounts: &[AccountSpec]) -> Result<()> {
    let known = self::accounts(store, book)?;
    let mut next = known.len() as i64;
    for spec in accounts {
        let id = match known.iter().position(|account| account.name == spec.name) {
            Some(place) => {
                same(&known[place], spec)?;
                place as i64 + 1
            }
            None => {
                sound(book, spec)?;
                next += 1;
                insert(store, book, next, spec)?;
                next
            }
        };
        rules::deploy(store, book, id, (&spec.limits, &spec.bounds))?;
    }
    Ok(())
}

fn refuse(spec: &AccountSpec, why: &str) -> Result<()> {
    Err(Refused::OtherAccount { account: spec.name.clone(), why: why.to_owned() }.into())
}

fn same(old: &AccountSpec, new: &AccountSpec) -> Result<()> {
    let AccountSpec { kind, unit, money, scale, dimensions, lots, .. } = new;
    if old.kind != *kind {
        refuse(new, &format!("its kind is {}", old.kind.name()))
    } else if (&old.unit, old.money, old.scale) != (unit, *money, *scale) {
        refuse(new, &format!("it counts in `{}` with {} digits", old.unit, old.scale))
    } else if old.dimensions != *dimensions {
        refuse(new, &format!("its dimensions are [{}]", old.dimensions.join(", ")))
    } else if old.lots != *lots {
        refuse(new, if old.lots { "it keeps lots" } else { "it keeps no lots" })
    } else {
        Ok(())
    }
}

fn sound(book: &BookInfo, spec: &AccountSpec) -> Result<()> {
    if spec.lots && spec.kind != AccountKind::Quantity {
        return refuse(spec, "only an account of kind quantity keeps lots");
    }
    if spec.kind.is_financial() && !spec.money {
        return refuse(spec, "an account of the financial books counts money");
    }
    if spec.money && spec.unit == book.spec.currency && spec.scale > book.spec.scale {
        return refuse(spec, &format!("amounts of the book have {} digits behind the point", book.spec.scale));
    }
    if spec.scale > 18 {
        return refuse(spec, "a scale is at most 18");
    }
    Ok(())
}

fn insert(store: &mut dyn Store, book: &BookInfo, id: i64, spec: &AccountSpec) -> Result<()> {
    let dimensions = Json::from(spec.dimensions.clone()).to_string();
    let sql = "INSERT INTO account (tenant, book, id, name, code, title, kind, unit, money, scale, dimensions, lots)
               VALUES (?1, ?2, ?3, ?4, ?5, NULL, ?6, ?7, ?8, ?9, ?10, ?11)";
    let (code, kind, scale) = (spec.code.as_deref(), spec.kind.name(), i64::from(spec.scale));
    let row: &[Param<'_>] = params![
        book.tenant.0,
        book.id.0,
        id,
        &spec.name,
        code,
        kind,
        &spec.unit,
        spec.money,
        scale,
        &dimensions,
        spec.lots
    ];
    store.execute(sql, row)?;
    Ok(())
}

/// All accounts, the one with number n at n - 1. Their limits are read apart.
pub(crate) fn accounts(store: &mut dyn Store, book: &BookInfo) -> Result<Vec<AccountSpec>> {
    let sql = "SELECT name, code, kind, unit, money, scale, dimensions, lots FROM account
               WHERE tenant = ?1 AND book = ?2 ORDER BY id";
    crate::store::all(store, sql, params![book.tenant.0, book.id.0], |row| {
        let dimensions =
            serde_json::from_str(row.text(6)?).map_err(|_| damaged("account", "dimensions are no list"))?;
        Ok(AccountSpec {
            name: row.text(0)?.to_owned(),
            code: row.maybe_text(1)?.map(str::to_owned),
            kind: AccountKind::from_name(row.text(2)?).ok_or_else(|| damaged("account", "no such kind"))?,
            unit: row.text(3)?.to_owned(),
            money: row.int(4)? != 0,
            scale: u8::try_from(row.int(5)?).map_err(|_| damaged("account", "no such scale"))?,
            dimensions,
            lots: row.int(7)? != 0,
            limits: Vec::new(),
            bounds: Vec::new(),
        })
    })
}
