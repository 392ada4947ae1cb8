//! `bp check`, `bp test`, `bp build`, `bp inspect`.

mod common;

use common::Folder;

#[test]
fn check_tells_all_errors_of_all_files_once() {
    let folder = Folder::new();
    folder
        .file("shared.bp", "fn twice(x: Int) -> Int = x + \"é\"\n")
        .file("a.bp", "use shared.{twice}\n\nfn a() -> Int = twice(1)\n\nfn b() -> Text = 5\n")
        .file("sub/b.bp", "fn c() -> Bool = 7\n")
        .file("target/c.bp", "fn d() -> Bool = 7\n")
        .file(".git/c.bp", "fn d() -> Bool = 7\n")
        .file("good.bp", "fn d() -> Int = 7\n");
    let ran = folder.bp("check . --format json");
    assert_eq!(ran.status, 1);
    let report = ran.json();
    assert_eq!(report["files"], 4);
    assert_eq!(report["errors"], 3, "{report:#}");
    let mut places: Vec<(String, u64)> = report["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| (d["labels"][0]["path"].as_str().unwrap().to_owned(), d["labels"][0]["line"].as_u64().unwrap()))
        .collect();
    places.sort();
    assert_eq!(places, [("a.bp".to_owned(), 5), ("shared.bp".to_owned(), 1), ("sub/b.bp".to_owned(), 1)]);
    folder.bp("check").is(1, &["shared.bp", "a.bp", "b.bp", "3 errors"]);
    folder.bp("check good.bp").is(0, &["1 file: no errors"]);
}

#[test]
fn check_says_what_it_cannot_read() {
    let folder = Folder::new();
    folder.file("latin.bp", b"// J\xfcrgen\nfn d() -> Int = 7\n").file("empty/readme.txt", "");
    folder.bp("check latin.bp").is(1, &["cannot read latin.bp: it is not UTF-8: byte 5 (0xFC) in line 1"]);
    folder.bp("check nothing.bp").is(3, &["cannot read nothing.bp: there is no such file or folder"]);
    folder.bp("check empty").is(2, &["there is no .bp file in empty"]);
    folder.bp("chek").is(2, &["check"]);
}

#[test]
fn modules_that_use_each_other_are_told() {
    let folder = Folder::new();
    folder.file("a.bp", "use b.{y}\n\nfn x() -> Int = y()\n").file("b.bp", "use a.{x}\n\nfn y() -> Int = x()\n");
    folder.bp("check a.bp").is(1, &["BP0202"]);
}

#[test]
fn modules_come_from_the_project_and_the_standard_library() {
    let folder = Folder::new();
    folder
        .file("bp.toml", "name = \"shop\"\n")
        .file("core/money.bp", "fn one() -> Int = 1\n")
        .file("app/main.bp", "use core.money.{one}\nuse finance.chart.{salaries}\n\nfn two() -> Int = one() + 1\n");
    folder.bp("check app/main.bp").is(0, &["no errors"]);
    folder.file("app/other.bp", "use core.mony.{one}\n");
    folder.bp("check app/other.bp").is(1, &["BP0201"]);
}

#[test]
fn ten_thousand_parentheses_are_an_error() {
    let folder = Folder::new();
    let deep = format!("fn x() -> Int = {}1{}\n", "(".repeat(10_000), ")".repeat(10_000));
    folder.file("deep.bp", deep);
    folder.bp("check deep.bp").is(1, &["BP0104"]);
}

const TESTED: &str = r#"fn double(x: Int) -> Int = 2 * x

test "it doubles" {
  expect double(2) == 4
}

test "it does not" {
  expect double(2) == 5
  expect double(3) > 7
}

test "it divides" {
  let zero = double(0)
  expect round(1 / zero, to: 1) == 1
}
"#;

#[test]
fn a_wrong_expectation_fails_with_both_values_and_its_place() {
    let folder = Folder::new();
    folder.file("t.bp", TESTED);
    let ran = folder.bp("test");
    ran.is(1, &["ok    it doubles", "FAILED  it does not", "t.bp:8:", "expect double(2) == 5", "left:  4", "right: 5"]);
    ran.is(1, &["t.bp:9:", "left:  6", "right: 7", "FAILED  it divides", "t.bp:14:", "division by zero"]);
    assert_eq!(ran.out.lines().last(), Some("1 passed, 2 failed"));
    let ran = folder.bp("test t.bp --filter doubles");
    assert_eq!((ran.status, ran.out.lines().last()), (0, Some("1 passed, 0 failed")));
    let report = folder.bp("test t.bp --format json").json();
    assert_eq!((&report["passed"], &report["failed"]), (&1.into(), &2.into()));
    assert_eq!(report["tests"][1]["failures"][0]["left"], "4");
    assert_eq!(report["tests"][1]["failures"][0]["right"], "5");
    assert_eq!(report["tests"][1]["failures"][0]["place"]["line"], 8);
    assert_eq!(report["tests"][2]["failures"][0]["fault"], true);
}

#[test]
fn a_table_driven_test_names_the_row() {
    let folder = Folder::new();
    folder.file("cases.csv", "given,wanted\n1,2\n2,5\n").file(
        "t.bp",
        "record Case { given: Int, wanted: Int }\n\ntest \"all cases\" {\n  for c: Case in \"cases.csv\" { expect 2 * c.given == c.wanted }\n}\n",
    );
    folder.bp("test").is(1, &["left:  4", "right: 5", "at cases.csv:3: 2,5", "0 passed, 1 failed"]);
}

#[test]
fn a_test_runs_in_the_currency_that_it_asks_for() {
    let folder = Folder::new();
    let tests = "fn third(m: Money) -> Money = round(m / 3)\n\ntest \"yen\" in JPY {\n  expect third(100 JPY) == 33 JPY\n}\n\ntest \"dinar\" in BHD {\n  expect third(100 BHD) == 33.333 BHD\n}\n\ntest \"open\" {\n  expect third(0) == 0\n}\n";
    folder.file("t.bp", tests);
    let ran = folder.bp("test t.bp");
    ran.is(0, &["ok    yen", "ok    dinar", "ok    open"]);
    assert_eq!(ran.out.lines().last(), Some("3 passed, 0 failed"));
    // It does run: with a wrong value it fails.
    folder.file("t.bp", tests.replace("33.333 BHD", "33.334 BHD"));
    folder.bp("test t.bp").is(1, &["33.333 BHD", "33.334 BHD", "2 passed, 1 failed"]);
}

#[test]
fn a_file_that_does_not_compile_fails_the_tests() {
    let folder = Folder::new();
    folder.file("t.bp", TESTED).file("bad.bp", "fn x() -> Int = \"a\"\n");
    let ran = folder.bp("test --filter doubles");
    ran.is(1, &["bad.bp", "1 of 2 files do not compile"]);
    assert_eq!(ran.out.lines().last(), Some("1 passed, 1 failed"));
}

/// What the store is asked for by its indexes; the rest of a condition is asked of each document.
#[test]
fn what_is_found_by_an_index_is_inspected() {
    let folder = Folder::new();
    folder.file(
        "loans.bp",
        "entity Reader key name { name: Text, town: Text  index town }\n\
         entity Loan key id { id: Int, reader: Reader, fine: Int  index reader }\n\
         action late(town: Text) -> List<Loan> = \
         find Loan where it.reader.town == town and it.fine * 2 > 10 order by id limit 5\n",
    );
    let told = "find Loan where reader in (Reader where town eq) order by id";
    folder.bp("inspect loans.bp").is(0, &["find Loan", told]);
}

#[test]
fn a_program_is_built_and_inspected() {
    let folder = Folder::with_pay();
    folder.bp("build pay.bp -o pay.bpc").is(0, &[]);
    folder.bp("inspect pay.bpc").is(0, &["process pay(", "fn pay("]);
    assert_eq!(folder.bp("inspect pay.bpc").out, folder.bp("inspect pay.bp").out);
    folder.bp("build pay.bp -o pay.bp").is(2, &["write to a .bpc file"]);
    folder.bp("inspect nothing.bpc").is(3, &["cannot read nothing.bpc"]);
}

#[test]
fn a_forged_or_truncated_file_is_refused_with_a_reason() {
    let folder = Folder::with_pay();
    folder.bp("build pay.bp -o pay.bpc").is(0, &[]);
    let bytes = std::fs::read(folder.path().join("pay.bpc")).unwrap();
    for len in [0, 4, 9, 10, 11, bytes.len() / 2, bytes.len() - 1] {
        folder.file("cut.bpc", &bytes[..len]);
        folder.bp("inspect cut.bpc").is(1, &["cut.bpc is refused: "]);
    }
    for at in [0, 5, 12, bytes.len() / 3, bytes.len() / 2, bytes.len() - 1] {
        let mut forged = bytes.clone();
        forged[at] ^= 0x55;
        folder.file("forged.bpc", forged);
        folder.bp("inspect forged.bpc").is(1, &["forged.bpc is refused: "]);
    }
    folder.file("text.bpc", "fn x() -> Int = 1\n");
    folder.bp("inspect text.bpc").is(1, &["text.bpc is refused: "]);
}

#[test]
fn completions_are_written() {
    Folder::new().bp("completions bash").is(0, &["--explain"]);
    Folder::new().bp("completions tcsh").is(2, &["bash"]);
}

#[test]
fn manual_pages_are_written() {
    let folder = Folder::new();
    folder.bp("man").is(0, &[".TH bp 1", "bp\\-check(1)"]);
    let page = folder.bp("man run");
    page.is(0, &[".TH bp-run 1", "\\-\\-reject", "Examples:"]);
    folder.bp("man rum").is(2, &["there is no verb `rum`; did you mean `run`?"]);
    folder.bp("man --all share/man1").is(0, &[]);
    assert_eq!(folder.read("share/man1/bp-run.1"), page.out);
    assert!(folder.read("share/man1/bp.1").contains(".TH bp 1"));
}

#[test]
fn every_verb_helps_with_examples() {
    let folder = Folder::new();
    for verb in ["new", "check", "fmt", "test", "run", "build", "inspect", "diagram", "explain", "completions", "man"] {
        folder.bp(&format!("{verb} --help")).is(0, &["Examples:", &format!("bp {verb} ")]);
    }
}

#[test]
fn conditions_are_listed() {
    let folder = Folder::new();
    folder.file("t.bp", "type Grade = Int where 1 <= it <= 5\nfn best() -> Grade = 5\nfn any(n: Int) -> Grade = n\n");
    let ran = folder.bp("inspect t.bp --conditions");
    ran.is(0, &["proved   t.bp:2:22", "checked  t.bp:3:27", "Grade: 1 <= it <= 5", "1 proved, 1 checked when it runs"]);
    folder.bp("build t.bp -o t.bpc").is(0, &[]);
    folder.bp("inspect t.bpc --conditions").is(2, &["name the program"]);
}
