//! A folder of its own for each test, and the command run in it.

#![allow(dead_code, reason = "each test file uses a part of it")]

pub mod exports;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub struct Folder {
    folder: tempfile::TempDir,
}

/// What a command came to.
pub struct Ran {
    pub status: i32,
    pub out: String,
    pub err: String,
}

impl Folder {
    /// An empty folder.
    pub fn new() -> Folder {
        Folder { folder: tempfile::tempdir().unwrap() }
    }

    /// A folder with `pay.bp`, the program that most tests run.
    pub fn with_pay() -> Folder {
        let folder = Folder::new();
        folder.file("pay.bp", PAY);
        folder
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> &Folder {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    pub fn read(&self, name: &str) -> String {
        String::from_utf8_lossy(&fs::read(self.path().join(name)).unwrap()).into_owned()
    }

    pub fn bp(&self, args: &str) -> Ran {
        bp(self.path(), args, "")
    }

    /// Runs `pay.bp` over these rows in October 2026.
    pub fn pay(&self, rows: impl AsRef<[u8]>, more: &str) -> Ran {
        self.file("rows.csv", rows);
        self.bp(&format!("run pay.bp --input rows.csv --set month=2026-10 {more}"))
    }
}

/// Runs the command in a folder; the arguments are parted by blanks.
pub fn bp(folder: &Path, args: &str, input: &str) -> Ran {
    let mut child = Command::new(env!("CARGO_BIN_EXE_bp"))
        .args(args.split_whitespace())
        .current_dir(folder)
        .env("TZ", "UTC")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let ran = child.wait_with_output().unwrap();
    Ran {
        status: ran.status.code().unwrap(),
        out: String::from_utf8_lossy(&ran.stdout).into_owned(),
        err: String::from_utf8_lossy(&ran.stderr).into_owned(),
    }
}

/// The root of the project.
pub fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

impl Ran {
    /// Checks the exit status and that all of these stand in what was printed.
    #[track_caller]
    pub fn is(&self, status: i32, texts: &[&str]) -> &Ran {
        let all = format!("{}{}", self.out, self.err);
        assert_eq!(self.status, status, "{all}");
        for text in texts {
            assert!(all.contains(text), "`{text}` is not in:\n{all}");
        }
        self
    }

    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}:\n{}{}", self.out, self.err))
    }
}

pub const PAY: &str = r#"currency IDR

config {
  /// The least that is paid.
  least: Money = 0 IDR where least >= 0
}

chart {
  expense   wages "6000" by grade: Grade
  liability due   "2300"
}

enum Grade { Low as "low", High as "high" }

record Person {
  id: Text
  grade: Grade
  pay: Money where pay >= 0
  phone: Text?
  hours: Int = 173
}

record Slip { net: Money, rate: Money, phone: Text? }

process pay(person: Person, month: Month) -> Slip key person.id, month fails TooMuch(amount: Money) {
  if person.pay > 1_000_000 IDR { fail TooMuch(person.pay) }
  let rate = round(person.pay / person.hours)
  let net = max(person.pay, config.least)
  step book {
    post "Pay {person.id}" on month.last_day else first_open {
      debit  wages[person.grade] net
      credit due                 net
    }
  }
  return Slip(net: net, rate: rate, phone: person.phone)
}
"#;
