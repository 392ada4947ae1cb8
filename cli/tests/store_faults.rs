//! A data folder whose medium fails: `bp run` says what is wrong, keeps what was done before, and does the rest when the
//! medium is mended.

mod common;

use std::path::PathBuf;
use std::process::Command;

use bp_host::store::STORE_FILE;
use common::{Folder, Ran};

const SELL: &str = r#"currency USD

chart {
  asset  bank  "1100"
  income sales "4000" by customer: Text
}

record Sale { number: Int, customer: Text, price: Money where price > 0 }

process sell(sale: Sale) key sale.number {
  step book {
    post "Sale {sale.number}" on 2026-01-31 else first_open {
      debit  bank                 sale.price
      credit sales[sale.customer] sale.price
    }
  }
}
"#;

const ROWS: usize = 5_000;

/// A program and its rows; with `sold` rows of it in the books.
fn shop(sold: usize) -> Folder {
    let folder = Folder::new();
    let row = |number: &usize| format!("{number},C{},1.00\n", number % 700);
    let rows = |all: std::ops::Range<usize>| {
        let all: Vec<usize> = all.collect();
        format!("number,customer,price\n{}", all.iter().map(row).collect::<String>())
    };
    folder.file("sell.bp", SELL).file("rows.csv", rows(0..ROWS)).file("few.csv", rows(0..sold));
    folder.bp("run sell.bp --input few.csv --data books").is(0, &["0 rejected"]);
    folder
}

fn store(folder: &Folder) -> PathBuf {
    folder.path().join("books").join(STORE_FILE)
}

fn sell(folder: &Folder) -> Ran {
    folder.bp("run sell.bp --input rows.csv --data books")
}

/// All rows are in the books, each once.
fn is_whole(folder: &Folder) {
    folder.bp("ledger check --data books").is(0, &["5,000 entries, 10,000 lines", "sound"]);
    folder.bp("ledger balances --data books --format csv").is(0, &["main,1100,bank,asset,,USD,5000.00,5000.00"]);
}

/// Runs the command where no file may become larger than so many blocks of 512 bytes: a disk without room for more.
#[cfg(unix)]
fn on_a_small_disk(folder: &Folder, blocks: u64, args: &str) -> Ran {
    let bp = env!("CARGO_BIN_EXE_bp");
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec {bp} {args}");
    let ran = Command::new("sh").args(["-c", &script]).current_dir(folder.path()).env("TZ", "UTC").output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ran { status: ran.status.code().unwrap_or(-1), out: text(&ran.stdout), err: text(&ran.stderr) }
}

#[cfg(unix)]
#[test]
fn a_disk_without_room_is_told_and_the_rest_is_done_later() {
    let folder = shop(10);
    let size = std::fs::metadata(store(&folder)).unwrap().len();
    let blocks = size / 512 + 200;
    let ran = on_a_small_disk(&folder, blocks, "run sell.bp --input rows.csv --data books");
    ran.is(3, &["the disk fails, or has no room for the file"]);
    assert!(!format!("{}{}", ran.out, ran.err).contains("panicked"), "{}", ran.err);
    folder.bp("ledger check --data books").is(0, &["sound"]);
    sell(&folder).is(0, &["5,000 done, 0 failed, 0 rejected"]);
    is_whole(&folder);
}

#[test]
fn a_locked_store_is_told_and_done_later() {
    let folder = shop(10);
    let other = rusqlite::Connection::open(store(&folder)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let ran = sell(&folder);
    ran.is(3, &["the store is locked by another program"]);
    other.execute_batch("ROLLBACK").unwrap();
    drop(other);
    sell(&folder).is(0, &["5,000 done, 0 failed, 0 rejected, 10 of them before"]);
    is_whole(&folder);
}

#[test]
fn a_damaged_store_is_told_and_left_alone() {
    let folder = shop(500);
    let mut bytes = std::fs::read(store(&folder)).unwrap();
    let half = bytes.len() / 2;
    bytes[100..half].fill(0xa5);
    std::fs::write(store(&folder), &bytes).unwrap();
    sell(&folder).is(3, &["the file is damaged"]);
    folder.bp("ledger check --data books").is(1, &["the file is damaged"]);
    std::fs::write(store(&folder), "A letter. ".repeat(1_000)).unwrap();
    sell(&folder).is(3, &["the file is damaged"]);
    assert!(folder.read(&format!("books/{STORE_FILE}")).starts_with("A letter. "));
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_written_to_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let folder = shop(10);
    // Nobody makes files there, whoever they are.
    if std::path::Path::new("/proc/self").exists() {
        let ran = folder.bp("run sell.bp --input rows.csv --data /proc/books");
        ran.is(3, &["/proc/books"]);
    }
    let books = folder.path().join("books");
    let mode = |path: &std::path::Path, mode: u32| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    mode(&store(&folder), 0o444);
    mode(&books, 0o555);
    // Whoever may write everywhere is not stopped by permissions.
    let stopped = std::fs::write(books.join("probe"), "").is_err();
    let ran = sell(&folder);
    mode(&books, 0o755);
    mode(&store(&folder), 0o644);
    if stopped {
        ran.is(3, &["read-only"]);
        folder.bp("ledger check --data books").is(0, &["10 entries", "sound"]);
    }
}
