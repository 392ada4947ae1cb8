//! Subaccounts and their days as rows of the store.

use crate::error::{Refused, Result, StoreError};
use crate::ledger::chart::damaged;
use crate::ledger::state::{DayFigures, Figures, Sub};
use crate::ledger::{AccountId, BookInfo};
use crate::store::{Row, Store, all, params};

pub(crate) fn read_sub(row: &dyn Row) -> Result<(Sub, Option<i64>)> {
    let account = u32::try_from(row.int(1)? - 1).map_err(|_| damaged("subaccount", "no such account"))?;
    let figure = |column| row.int(column).map(i128::from);
    let sub = Sub {
        id: row.int(0)?,
        account: AccountId(account),
        dims: row.text(2)?.into(),
        parent: None,
        bounds: match row.maybe_text(9)? {
            Some(bounds) => {
                serde_json::from_str(bounds).map_err(|_| damaged("subaccount", "its bounds are no list of numbers"))?
            }
            None => Vec::new(),
        },
        figures: Figures {
            posted: figure(4)?,
            posted_book: figure(5)?,
            below: figure(6)?,
            held: figure(7)?,
            held_below: figure(8)?,
        },
        days: Vec::new(),
        dirty: false,
    };
    Ok((sub, row.maybe_int(3)?))
}

pub(crate) fn write_sub(
    store: &mut dyn Store,
    (tenant, book): (i64, i64),
    sub: &Sub,
    parent: Option<i64>,
) -> Result<()> {
    let sql =
        "INSERT INTO subaccount (tenant, book, id, account, dims, parent, posted, posted_book, below, held, held_below,
               bounds) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
               ON CONFLICT (tenant, book, id) DO UPDATE SET parent = excluded.parent, posted = excluded.posted,
               posted_book = excluded.posted_book, below = excluded.below, held = excluded.held,
               held_below = excluded.held_below, bounds = excluded.bounds";
    let Figures { posted, posted_book, below, held, held_below } = sub.figures;
    let [posted, posted_book, below, held, held_below] = stored([posted, posted_book, below, held, held_below])?;
    let number = i64::from(sub.account.0) + 1;
    let bounds = (!sub.bounds.is_empty()).then(|| serde_json::Value::from(sub.bounds.as_slice()).to_string());
    let row = params![
        tenant,
        book,
        sub.id,
        number,
        &*sub.dims,
        parent,
        posted,
        posted_book,
        below,
        held,
        held_below,
        bounds.as_deref()
    ];
    store.execute(sql, row)?;
    Ok(())
}

pub(crate) fn write_days(store: &mut dyn Store, (tenant, book): (i64, i64), sub: &Sub) -> Result<()> {
    let sql = "INSERT INTO balance (tenant, book, subaccount, day, amount, book_amount, below)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
               ON CONFLICT (tenant, book, subaccount, day) DO UPDATE SET amount = balance.amount + excluded.amount,
               book_amount = balance.book_amount + excluded.book_amount, below = balance.below + excluded.below";
    for (day, figures) in sub.days.iter().filter(|(_, figures)| *figures != DayFigures::default()) {
        let [amount, book_amount, below] = stored([figures.amount, figures.book_amount, figures.below])?;
        store.execute(sql, params![tenant, book, sub.id, *day, amount, book_amount, below])?;
    }
    Ok(())
}

/// Figures at the width of the store.
fn stored<const N: usize>(figures: [i128; N]) -> Result<[i64; N]> {
    let mut narrow = [0; N];
    for (narrow, figure) in narrow.iter_mut().zip(figures) {
        *narrow = i64::try_from(figure).map_err(|_| Refused::TooLarge { what: "a balance".to_owned() })?;
    }
    Ok(narrow)
}

/// A combination of dimensions as the store has it: a JSON list of texts.
pub(crate) fn write_dims(key: &mut String, dims: &[&str]) {
    key.clear();
    key.push('[');
    for (number, value) in dims.iter().enumerate() {
        if number > 0 {
            key.push(',');
        }
        // Nearly every value needs no escape.
        if value.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\' && byte != 0x7f) {
            key.push('"');
            key.push_str(value);
            key.push('"');
        } else {
            key.push_str(&serde_json::Value::from(*value).to_string());
        }
    }
    key.push(']');
}

/// The values of a combination of dimensions.
pub(crate) fn dims_of(key: &str) -> Vec<String> {
    serde_json::from_str(key).unwrap_or_default()
}

/// All subaccounts of the store by number: for reports.
pub(crate) fn stored_subs(
    store: &mut dyn Store,
    info: &BookInfo,
) -> Result<Vec<(i64, AccountId, Vec<String>)>, crate::Error> {
    let sql = "SELECT id, account, dims FROM subaccount WHERE tenant = ?1 AND book = ?2 ORDER BY id";
    all(store, sql, params![info.tenant.0, info.id.0], |row| {
        let account = u32::try_from(row.int(1)? - 1).map_err(|_| damaged("subaccount", "no such account"))?;
        let dims: Result<Vec<String>, StoreError> =
            serde_json::from_str(row.text(2)?).map_err(|_| damaged("subaccount", "its dimensions are no list"));
        Ok((row.int(0)?, AccountId(account), dims?))
    })
}
