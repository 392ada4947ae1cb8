//! Benchmark 4: two-line transfers into the books, durable, in batches, beside a hand-written program that fills the
//! same tables.
//!
//! Both write entries in full, keep balances by day, check a limit on each account, and wait for the disk once a batch.
//! Both books are then checked by the host, and have to be equal.

use std::collections::HashMap;
use std::path::Path;
use std::time::Instant;

use bp_bench::median;
use bp_host::ledger::{AccountKind, AccountSpec, BookSpec, Entry, Limit, Line, TrialBalance};
use bp_host::store::SqliteStore;
use bp_host::{Shard, StepContext, Tolerance};
use rusqlite::{Connection, params};

/// As many as TigerBeetle takes at a time.
const BATCH: usize = 8_190;
const BATCHES: usize = 25;
const ROUNDS: usize = 3;
/// Combinations of dimensions that transfers go between.
const OWNERS: u64 = 10_000;
/// 2026-01-01, in days since 1970-01-01.
const DAY: i64 = 20_454;
/// No balance may fall below this; the transfers of a run never do.
const LEAST: i64 = -1_000_000_000;

#[derive(Clone, Copy)]
struct Transfer {
    from: u64,
    to: u64,
    amount: i64,
}

/// Always the same ones, by a linear congruential generator (Knuth's MMIX constants).
fn transfers() -> Vec<Transfer> {
    let mut state: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut below = |n: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % n
    };
    let transfer = |_| {
        let from = below(OWNERS);
        Transfer { from, to: (from + 1 + below(OWNERS - 1)) % OWNERS, amount: 1 + below(10_000) as i64 }
    };
    (0..BATCH * BATCHES).map(transfer).collect()
}

/// A new store with the tenant, the book and the chart that both fill.
fn new_store(path: &Path) -> (Shard, StepContext) {
    let mut shard = Shard::new(SqliteStore::open(path).unwrap_or_else(|error| panic!("{error}")));
    let tenant = shard.add_tenant("bench").expect("a new store");
    let book = shard.add_book(tenant, &BookSpec::new("main", "IDR", 2)).expect("a new store");
    let wallet = AccountSpec::money("wallet", AccountKind::Asset, "IDR", 2).by(&["owner"]).limit(Limit::below(LEAST));
    shard.deploy_chart(tenant, book, &[wallet]).expect("a new store");
    (shard, StepContext::new(tenant, book))
}

fn owner(number: u64) -> String {
    format!("owner-{number:05}")
}

/// Transfers as steps of the host, a batch a transaction.
fn by_host(path: &Path, transfers: &[Transfer]) -> f64 {
    let (mut shard, mut context) = new_store(path);
    let owners: Vec<String> = (0..OWNERS).map(owner).collect();
    (context.step, context.author) = ("transfer".to_owned(), "bench".to_owned());
    (context.now, context.today) = (DAY * 86_400, DAY);
    let began = Instant::now();
    for (number, batch) in transfers.chunks(BATCH).enumerate() {
        let done = shard.attempt(batch.len(), |shard, job| {
            let transfer = batch[job];
            let mut context = context.clone();
            context.instance = format!("transfer/{}", number * BATCH + job);
            shard.step_within(&context, Tolerance::Step, |step| {
                let mut books = step.books()?;
                let wallet = books.account("wallet")?;
                let (from, to) = ([&*owners[transfer.from as usize]], [&*owners[transfer.to as usize]]);
                let lines = [Line::debit(wallet, &to, transfer.amount), Line::credit(wallet, &from, transfer.amount)];
                books.post(&Entry::new("Transfer", DAY, &lines))
            })
        });
        let done = done.unwrap_or_else(|error| panic!("{error}"));
        assert!(done.iter().all(Result::is_ok), "a transfer failed");
    }
    transfers.len() as f64 / began.elapsed().as_secs_f64()
}

/// The same rows by a program made for nothing else.
fn by_hand(path: &Path, transfers: &[Transfer]) -> f64 {
    drop(new_store(path));
    let mut connection = Connection::open(path).expect("the store that was made");
    connection
        .execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 16384")
        .expect("settings of SQLite");
    let mut numbers: HashMap<String, usize> = HashMap::new();
    let mut balances: Vec<(String, i64)> = Vec::new();
    let owners: Vec<String> = (0..OWNERS).map(owner).collect();
    let began = Instant::now();
    let mut seq = 0i64;
    for batch in transfers.chunks(BATCH) {
        let mut touched: HashMap<usize, i64> = HashMap::new();
        let transaction =
            connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).expect("a transaction");
        {
            let mut entry = transaction
                .prepare_cached("INSERT INTO entry (tenant, book, seq, document_day, posting_day, recorded_at, late, text, area, step, instance, author) VALUES (1, 1, ?1, ?2, ?2, ?3, 0, 'Transfer', '', 'transfer', ?4, 'bench')")
                .expect("a statement");
            let mut line = transaction
                .prepare_cached("INSERT INTO entry_line (tenant, book, entry, line, subaccount, kind, amount, book_amount) VALUES (1, 1, ?1, ?2, ?3, 0, ?4, ?4)")
                .expect("a statement");
            for transfer in batch {
                let instance = format!("transfer/{seq}");
                seq += 1;
                entry.execute(params![seq, DAY, DAY * 86_400, instance]).expect("an entry");
                let lines = [(1, transfer.to, transfer.amount), (2, transfer.from, -transfer.amount)];
                for (number, owner, amount) in lines {
                    let dims = format!("[\"{}\"]", owners[owner as usize]);
                    let sub = *numbers.entry(dims).or_insert_with_key(|dims| {
                        balances.push((dims.clone(), 0));
                        balances.len() - 1
                    });
                    balances[sub].1 = balances[sub].1.checked_add(amount).expect("a balance of 64 bits");
                    assert!(balances[sub].1 >= LEAST, "the limit is reached");
                    *touched.entry(sub).or_default() += amount;
                    line.execute(params![seq, number, sub as i64 + 1, amount]).expect("a line");
                }
            }
            let mut sub = transaction
                .prepare_cached("INSERT INTO subaccount (tenant, book, id, account, dims, posted, posted_book, below, held, held_below) VALUES (1, 1, ?1, 1, ?2, ?3, ?3, 0, 0, 0) ON CONFLICT (tenant, book, id) DO UPDATE SET posted = excluded.posted, posted_book = excluded.posted_book")
                .expect("a statement");
            let mut day = transaction
                .prepare_cached("INSERT INTO balance (tenant, book, subaccount, day, amount, book_amount, below) VALUES (1, 1, ?1, ?2, ?3, ?3, 0) ON CONFLICT (tenant, book, subaccount, day) DO UPDATE SET amount = balance.amount + excluded.amount, book_amount = balance.book_amount + excluded.book_amount")
                .expect("a statement");
            let mut touched: Vec<(usize, i64)> = touched.into_iter().collect();
            touched.sort_unstable();
            for (place, amount) in touched {
                sub.execute(params![place as i64 + 1, balances[place].0, balances[place].1]).expect("a subaccount");
                day.execute(params![place as i64 + 1, DAY, amount]).expect("a balance");
            }
            transaction.execute("UPDATE book SET entries = ?1 WHERE tenant = 1 AND id = 1", [seq]).expect("the book");
        }
        transaction.commit().expect("a commit");
    }
    transfers.len() as f64 / began.elapsed().as_secs_f64()
}

/// The books as they are, checked.
fn checked(path: &Path) -> TrialBalance {
    let mut shard = Shard::new(SqliteStore::open_to_read(path).unwrap_or_else(|error| panic!("{error}")));
    let tenant = shard.tenant("bench").ok().flatten().expect("the tenant");
    let book = shard.book(tenant, "main").ok().flatten().expect("the book");
    let checked = shard.check(tenant, book).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(checked.findings, Vec::<String>::new());
    assert_eq!((checked.entries, checked.lines), ((BATCH * BATCHES) as u64, 2 * (BATCH * BATCHES) as u64));
    shard.trial_balance(tenant, book, None).unwrap_or_else(|error| panic!("{error}"))
}

fn main() {
    let transfers = transfers();
    let (mut hand, mut host, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    let mut bytes = 0;
    for _ in 0..ROUNDS {
        // One after the other, so that a machine that slows down slows both.
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (of_hand, of_host) = (folder.path().join("hand.db"), folder.path().join("host.db"));
        hand.push(by_hand(&of_hand, &transfers));
        host.push(by_host(&of_host, &transfers));
        ratios.push(host[host.len() - 1] / hand[hand.len() - 1]);
        let (by_hand, by_host) = (checked(&of_hand), checked(&of_host));
        assert_eq!(by_hand.rows, by_host.rows, "both have to come to the same books");
        bytes = std::fs::metadata(&of_host).map_or(0, |file| file.len());
    }
    println!(
        "benchmark 4: {} transfers of two lines between {OWNERS} accounts in batches of {BATCH}, each on the disk before \
         the next, median of {ROUNDS}; books checked and equal",
        transfers.len()
    );
    println!("by hand   {:>10.0} transfers/s    1", median(hand));
    println!("host      {:>10.0} transfers/s    {:.3}", median(host), median(ratios));
    println!("          {:>10.0} bytes a transfer", bytes as f64 / transfers.len() as f64);
}
