//! `bp new`: what it makes is ready to check, test and run.

mod common;

use common::{Folder, bp};

#[test]
fn a_new_project_checks_tests_and_runs() {
    let folder = Folder::new();
    folder.bp("new offices/my-shop_2").is(0, &["made my-shop_2 in offices/my-shop_2", "bp test"]);
    let project = folder.path().join("offices/my-shop_2");
    let bp = |args: &str| bp(&project, args, "");
    bp("check --deny warnings").is(0, &["2 files: no errors"]);
    bp("fmt --check").is(0, &["0 of 2 files"]);
    bp("test").is(0, &["2 passed, 0 failed"]);
    let ran = bp("run invoice.bp --input orders.csv --output invoices.csv --format json");
    ran.is(0, &[]);
    let report = ran.json();
    assert_eq!((&report["rows"]["done"], &report["totals"][0]["balanced"]), (&3.into(), &true.into()));
    let rows = folder.read("offices/my-shop_2/invoices.csv");
    assert!(rows.contains("2,done,12.50,0.88,13.38\n"), "{rows}");
    assert!(folder.read("offices/my-shop_2/bp.toml").starts_with("name = \"my-shop_2\"\n"));
    assert!(folder.read("offices/my-shop_2/.gitignore").contains("invoices.csv\n"));
}

#[cfg(unix)]
#[test]
fn its_script_for_build_servers_finds_errors() {
    use std::process::Command;
    let folder = Folder::new();
    folder.bp("new shop").is(0, &[]);
    let bin = std::path::Path::new(env!("CARGO_BIN_EXE_bp")).parent().unwrap().to_owned();
    let path =
        std::env::join_paths(std::iter::once(bin).chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())));
    let path = path.unwrap();
    let status = || Command::new(folder.path().join("shop/ci.sh")).env("PATH", &path).output().unwrap().status.code();
    assert_eq!(status(), Some(0));
    let test = folder.read("shop/invoice_test.bp");
    folder.file("shop/invoice_test.bp", test.replace("238 EUR", "239 EUR"));
    assert_eq!(status(), Some(1));
    folder.file("shop/invoice_test.bp", "fn x() -> Int = \"a\"\n");
    assert_eq!(status(), Some(1));
}

#[test]
fn what_is_there_is_not_written_over() {
    let folder = Folder::new();
    folder.file("used/notes.txt", "mine").file("plain", "mine");
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    folder.bp("new used").is(2, &["used is there already, and not empty"]);
    folder.bp("new plain").is(2, &["plain is no folder"]);
    folder.bp("new plain/shop").is(2, &["is no folder"]);
    folder.bp("new empty").is(0, &[]);
    folder.bp("new empty").is(2, &["not empty"]);
    for name in ["2nd", "a.b", "ä", "/"] {
        folder.bp(&format!("new {name}")).is(2, &["cannot be a project's name"]);
    }
    assert_eq!(std::fs::read_dir(folder.path().join("used")).unwrap().count(), 1);
    bp(&folder.path().join("empty"), "new .", "").is(2, &["not empty"]);
    std::fs::create_dir(folder.path().join("here")).unwrap();
    bp(&folder.path().join("here"), "new .", "").is(0, &["made here"]);
}
