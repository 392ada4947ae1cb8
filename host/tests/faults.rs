//! When the medium fails: a clear error, and nothing half done.

mod common;

use std::fs;
use std::path::Path;

use bp_host::ledger::{Entry, Line};
use bp_host::store::SqliteStore;
use bp_host::{Error, Refused, Result, Shard, StepContext, StoreError, Tolerance};
use common::{DAY, acme, acme_on, findings};

fn pay_in(shard: &mut Shard, context: &StepContext, amount: i64) -> Result<Option<i64>> {
    shard.step(context, |step| pay_in_step(step, amount))
}

fn pay_in_step(step: &mut bp_host::Step<'_>, amount: i64) -> Result<Option<i64>> {
    let mut books = step.books()?;
    let (bank, capital) = (books.account("bank")?, books.account("capital")?);
    let credited = if amount == 13 { 14 } else { amount };
    books.post(&Entry::new("In", DAY, &[Line::debit(bank, &[], amount), Line::credit(capital, &[], credited)]))
}

fn reopened(path: &Path) -> (Shard, StepContext) {
    let mut shard = Shard::new(SqliteStore::open(path).unwrap());
    let tenant = shard.tenant("acme").unwrap().unwrap();
    let book = shard.book(tenant, "main").unwrap().unwrap();
    (shard, StepContext::new(tenant, book))
}

fn bank(shard: &mut Shard, context: &StepContext) -> i128 {
    let balances = shard.trial_balance(context.tenant, context.book, None).unwrap();
    balances.totals()[0].map_or(0, |(amount, _)| amount)
}

fn refusal<T>(opened: Result<T, StoreError>) -> StoreError {
    match opened {
        Ok(_) => panic!("it was opened"),
        Err(error) => error,
    }
}

#[test]
fn what_is_committed_is_there_when_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("books.db");
    {
        let (mut shard, context) = acme_on(SqliteStore::open(&path).unwrap());
        pay_in(&mut shard, &context, 500).unwrap();
        // A transaction that is not over when the program ends never was.
        shard.begin().unwrap();
        shard.step_within(&context, Tolerance::Transaction, |step| pay_in_step(step, 7)).unwrap();
    }
    let (mut shard, context) = reopened(&path);
    assert_eq!(bank(&mut shard, &context), 500);
    assert_eq!(pay_in(&mut shard, &context, 1).unwrap(), Some(2));
    assert_eq!(findings(&mut shard, context.tenant, context.book), Vec::<String>::new());
}

#[test]
fn what_another_program_writes_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("books.db");
    let (mut shard, context) = acme_on(SqliteStore::open(&path).unwrap());
    pay_in(&mut shard, &context, 500).unwrap();
    let (mut other, _) = reopened(&path);
    assert_eq!(pay_in(&mut other, &context, 20).unwrap(), Some(2));
    assert_eq!(pay_in(&mut shard, &context, 3).unwrap(), Some(3));
    assert_eq!(pay_in(&mut other, &context, 100).unwrap(), Some(4));
    assert_eq!(bank(&mut shard, &context), 623);
    assert_eq!(findings(&mut shard, context.tenant, context.book), Vec::<String>::new());
}

#[test]
fn a_batch_goes_on_without_its_offenders() {
    let (mut shard, context) = acme();
    let mut runs = 0;
    let amounts = [1, 10, 13, 100, 13, 1_000];
    let done = shard.attempt(amounts.len(), |shard, job| {
        runs += 1;
        let tolerance = if job == 4 { Tolerance::Step } else { Tolerance::Transaction };
        shard.step_within(&context, tolerance, |step| pay_in_step(step, amounts[job]))
    });
    let done = done.unwrap();
    assert_eq!(done.iter().map(|done| done.is_ok()).collect::<Vec<_>>(), [true, true, false, true, false, true]);
    assert!(matches!(done[2], Err(Error::Refused(Refused::Unbalanced { .. }))));
    // Three before the offender fell, then five again.
    assert_eq!(runs, 8);
    assert_eq!(bank(&mut shard, &context), 1_111);
    assert_eq!(done[5], Ok(Some(4)));
    assert_eq!(findings(&mut shard, context.tenant, context.book), Vec::<String>::new());
}

#[test]
fn a_full_disk_is_told_and_leaves_the_books_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("books.db");
    let (mut shard, context) = acme_on(SqliteStore::open(&path).unwrap());
    pay_in(&mut shard, &context, 500).unwrap();
    drop(shard);
    // As many pages as there are and two more: the database cannot grow, as on a full disk.
    let store = SqliteStore::open(&path).unwrap();
    store.set_page_limit_beyond(2).unwrap();
    let mut shard = Shard::new(store);
    let mut amounts = 0;
    let full = loop {
        match shard.step(&context, |step| (0..200).try_for_each(|_| pay_in_step(step, 1).map(|_| ()))) {
            Ok(()) => amounts += 200,
            Err(error) => break error,
        }
        assert!(amounts < 100_000, "the disk is never full");
    };
    assert_eq!(full, Error::Store(StoreError::Full));
    assert_eq!(bank(&mut shard, &context), 500 + amounts);
    // Memory went back as well: what follows is numbered on.
    drop(shard);
    let (mut shard, context) = reopened(&path);
    assert_eq!(pay_in(&mut shard, &context, 1).unwrap(), Some(amounts as i64 + 2));
    assert_eq!(findings(&mut shard, context.tenant, context.book), Vec::<String>::new());
}

#[test]
fn a_store_that_is_only_read_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("books.db");
    let (mut shard, context) = acme_on(SqliteStore::open(&path).unwrap());
    pay_in(&mut shard, &context, 500).unwrap();
    let mut reader = Shard::new(SqliteStore::open_to_read(&path).unwrap());
    assert_eq!(bank(&mut reader, &context), 500);
    assert_eq!(pay_in(&mut reader, &context, 1), Err(Error::Store(StoreError::ReadOnly)));
}

#[test]
fn a_folder_that_is_missing_or_no_folder_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let missing = refusal(SqliteStore::open(&folder.path().join("none").join("books.db")));
    assert!(matches!(missing, StoreError::CannotOpen { .. }), "{missing}");
    let missing = refusal(SqliteStore::open_to_read(&folder.path().join("books.db")));
    assert!(matches!(missing, StoreError::CannotOpen { .. }), "{missing}");
    let no_file = refusal(SqliteStore::open(folder.path()));
    assert!(matches!(no_file, StoreError::CannotOpen { .. }), "{no_file}");
}

#[cfg(unix)]
#[test]
fn a_read_only_folder_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("books.db");
    let (shard, _) = acme_on(SqliteStore::open(&path).unwrap());
    drop(shard);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o555)).unwrap();
    // Whoever may write everywhere is not stopped by permissions.
    let stopped = fs::write(folder.path().join("probe"), "").is_err();
    let opened = SqliteStore::open(&path);
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    if stopped {
        let error = refusal(opened);
        assert!(matches!(error, StoreError::ReadOnly | StoreError::CannotOpen { .. }), "{error}");
    }
}

#[test]
fn a_locked_file_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("books.db");
    let (mut shard, context) = acme_on(SqliteStore::open(&path).unwrap());
    let mut other = Shard::new(SqliteStore::open(&path).unwrap());
    shard.begin().unwrap();
    assert_eq!(pay_in(&mut other, &context, 1), Err(Error::Store(StoreError::Locked)));
    shard.roll_back().unwrap();
    assert_eq!(pay_in(&mut other, &context, 1).unwrap(), Some(1));
}

#[test]
fn other_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("books.db");
    fs::write(&path, "This is a letter, not a database. ".repeat(100)).unwrap();
    let letter = refusal(SqliteStore::open(&path));
    assert!(matches!(letter, StoreError::Corrupt { .. }), "{letter}");
    assert!(fs::read_to_string(&path).unwrap().starts_with("This is a letter"));

    let path = folder.path().join("other.db");
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("CREATE TABLE recipe (name TEXT)").unwrap();
    drop(other);
    let foreign = refusal(SqliteStore::open(&path));
    assert!(matches!(foreign, StoreError::NotAStore { .. }), "{foreign}");

    let path = folder.path().join("newer.db");
    drop(SqliteStore::open(&path).unwrap());
    rusqlite::Connection::open(&path).unwrap().execute_batch("UPDATE store SET schema_version = 99").unwrap();
    for opened in [SqliteStore::open(&path), SqliteStore::open_to_read(&path)] {
        assert_eq!(refusal(opened), StoreError::NewerSchema { found: 99, known: bp_host::store::SCHEMA_VERSION });
    }
}

#[test]
fn a_damaged_file_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("books.db");
    let (mut shard, context) = acme_on(SqliteStore::open(&path).unwrap());
    for amount in 0..50 {
        pay_in(&mut shard, &context, amount * 100).unwrap();
    }
    drop(shard);
    let mut bytes = fs::read(&path).unwrap();
    // Page by page from the end: whatever is hit first, it is told.
    let pages = bytes.len() / 4_096;
    for damaged in (1..pages).rev() {
        bytes[damaged * 4_096..][..4_096].fill(0xa5);
        fs::write(&path, &bytes).unwrap();
        let mut shard = match SqliteStore::open(&path) {
            Ok(store) => Shard::new(store),
            Err(error) => {
                assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
                continue;
            }
        };
        let checked = shard.check(context.tenant, context.book).map(|checked| checked.is_sound());
        let posted = pay_in(&mut shard, &context, 1);
        // Some tables hold nothing that these ask for.
        for error in [checked.err(), posted.err()].into_iter().flatten() {
            assert!(matches!(error, Error::Store(_) | Error::Refused(_)), "{error}");
        }
    }
}

/// What no host writes is found: each of these changes breaks what a check recomputes.
#[test]
fn a_check_finds_what_was_tampered_with() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("books.db");
    let (mut shard, context) = acme_on(SqliteStore::open(&path).unwrap());
    pay_in(&mut shard, &context, 500).unwrap();
    pay_in(&mut shard, &context, 600).unwrap();
    shard.step(&context, |step| step.books()?.number("INV", "2026", "")).unwrap();
    drop(shard);
    let changes = [
        ("UPDATE entry_line SET amount = 501, book_amount = 501 WHERE entry = 1 AND line = 1", "does not balance"),
        ("UPDATE subaccount SET posted = 1 WHERE id = 1", "its balance is kept as 1; it adds up to 1100"),
        ("UPDATE balance SET amount = 1 WHERE subaccount = 2", "are kept as [1,"),
        ("DELETE FROM entry WHERE seq = 1", "a number is missing"),
        ("DELETE FROM entry_line WHERE entry = 2", "it adds up to 500"),
        ("UPDATE book SET entries = 7", "the book says 7"),
        ("UPDATE series SET last = 3", "the last should be 3"),
        ("INSERT INTO hold VALUES (1, 1, 1, 1, 0, 5, 5, 0, 'open', '', '', '', 0, NULL)", "what is held is kept as 0"),
        ("INSERT INTO lot VALUES (1, 1, 1, 1, 0, '', 5, 5)", "its lines add up to (0, 0)"),
        ("UPDATE subaccount SET parent = 2 WHERE id = 1", "what is posted below it"),
        ("UPDATE subaccount SET parent = id", ""),
    ];
    for (change, expected) in changes {
        let copy = folder.path().join("copy.db");
        let _ = fs::remove_file(&copy);
        rusqlite::Connection::open(&path).unwrap().execute("VACUUM INTO ?1", [copy.display().to_string()]).unwrap();
        rusqlite::Connection::open(&copy).unwrap().execute_batch(change).unwrap();
        let (mut shard, context) = reopened(&copy);
        let found = findings(&mut shard, context.tenant, context.book);
        assert!(found.iter().any(|finding| finding.contains(expected)), "{change}: {found:?}");
    }
}
