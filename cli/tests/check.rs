//! `bp check`: what build servers read, and `--fix`.

mod common;

use common::Folder;

const FAULTY: &str = "fn a(x: Int) -> Bool {\n  if x = 3 { return true }\n  return false\n}\n";

const WARNS: &str = "fn a(x: Int) -> Int {\n  return x\n  return 2\n}\n";

#[test]
fn sarif_has_rules_results_and_fixes() {
    let folder = Folder::new();
    folder.file("a b.bp", FAULTY).file("good.bp", "fn d() -> Int = 7\n");
    let ran = folder.bp("check --format sarif");
    assert_eq!(ran.status, 1);
    let log = ran.json();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let result = &run["results"][0];
    let rule = &rules[result["ruleIndex"].as_u64().unwrap() as usize];
    assert_eq!((&rule["id"], &result["ruleId"]), (&"BP0108".into(), &"BP0108".into()));
    assert!(rule["help"]["markdown"].as_str().unwrap().starts_with("# BP0108: "));
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "a%20b.bp");
    assert_eq!((&place["region"]["startLine"], &place["region"]["startColumn"]), (&2.into(), &8.into()));
    let change = &result["fixes"][0]["artifactChanges"][0]["replacements"][0];
    assert_eq!(change["insertedContent"]["text"], "==");
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);

    let log = folder.bp("check good.bp --format sarif");
    assert_eq!((log.status, &log.json()["runs"][0]["results"]), (0, &serde_json::json!([])));

    folder.file("latin.bp", b"// J\xfcrgen\n");
    let ran = folder.bp("check latin.bp --format sarif");
    assert_eq!((ran.status, &ran.json()["runs"][0]["invocations"][0]["executionSuccessful"]), (1, &false.into()));
}

#[test]
fn sarif_has_no_path_that_leads_up() {
    let folder = Folder::new();
    folder.file("a b.bp", FAULTY).file("sub/mine.bp", "fn d() -> Int = 7\n");
    let log = folder.bp("check sub/../ --format sarif").json();
    let place = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    let uri = serde_json::json!({ "uri": "a%20b.bp", "uriBaseId": "%SRCROOT%" });
    assert_eq!(place["artifactLocation"], uri);
}

#[test]
fn a_fault_is_told_once_whoever_uses_the_module() {
    let folder = Folder::new();
    let gap = "decision fee(size: Int) -> Int {\n  | size => fee\n  | < 5  => 1\n  | > 5  => 2\n}\n";
    folder.file("fees.bp", gap).file("total.bp", "use fees.{fee}\n\nfn total() -> Int = fee(7)\n");
    let ran = folder.bp("check");
    ran.is(1, &["`fee` has a gap", "1 error"]);
    assert_eq!(ran.out.matches("BP0611").count(), 1, "{}", ran.out);
}

/// A refused program is not proved, but what it uses is: whatever is not refused itself, or uses what is.
#[test]
fn a_fault_hides_none_of_another_file() {
    let folder = Folder::new();
    let gap = "decision fee(size: Int) -> Int {\n  | size => fee\n  | < 5  => 1\n  | > 5  => 2\n}\n";
    folder.file("fees.bp", gap).file("unknown.bp", "use fees.{fee}\n\nfn a() -> Int = fee(1) + missing\n");
    folder.file(
        "part.bp",
        "use fees.{fee}\n\nfn b() -> Int = fee(2)\n\nfn never(x: Int) -> Int {\n  return x\n  return 2\n}\n",
    );
    folder.file("total.bp", "use unknown.{a}\nuse part.{b}\n\nfn total() -> Int = a() + b()\n");
    let ran = folder.bp("check");
    ran.is(1, &["`fee` has a gap", "`missing`", "2 errors", "1 warning"]);
    for code in ["BP0611", "BP0301", "BP0410"] {
        assert_eq!(ran.out.matches(&format!("{code}]")).count(), 1, "{code}: {}", ran.out);
    }
    folder.file("unknown.bp", "use total.{total}\n\nfn a() -> Int = total()\n");
    folder.bp("check").is(1, &["total → unknown → total"]);
}

#[test]
fn a_module_is_checked_in_the_currency_of_who_uses_it() {
    let folder = Folder::new();
    folder.file("fees.bp", "fn fee() -> Money = 100 JPY\n");
    folder.file("yen.bp", "use fees.{fee}\n\ncurrency JPY\n\nfn twice() -> Money = fee() + fee()\n");
    folder.bp("check").is(0, &["2 files"]);
    folder.bp("check fees.bp").is(1, &["JPY"]);
}

#[test]
fn github_has_a_command_for_each() {
    let folder = Folder::new();
    folder.file("a,b.bp", FAULTY).file("warns.bp", WARNS).file("latin.bp", b"// J\xfcrgen\n");
    let ran = folder.bp("check --format github");
    ran.is(1, &["::error title=a file that cannot be read::cannot read latin.bp"]);
    ran.is(1, &["::warning file=warns.bp,line=3,"]);
    let line = ran.out.lines().next().unwrap();
    assert!(line.starts_with("::error file=a%2Cb.bp,line=2,col=8,endColumn=9,title=BP0108%3A "), "{line}");
    assert!(ran.out.lines().all(|line| line.starts_with("::")), "{}", ran.out);
}

#[test]
fn denied_warnings_fail() {
    let folder = Folder::new();
    folder.file("warns.bp", WARNS);
    folder.bp("check").is(0, &["BP0410", "1 warning"]);
    for format in ["human", "json", "sarif", "github"] {
        folder.bp(&format!("check --deny warnings --format {format}")).is(1, &["BP0410"]);
    }
}

#[test]
fn fix_makes_the_suggested_changes() {
    let folder = Folder::new();
    // The misspelt names are told only when the text can be read.
    let text = "fn longer(first: Int, second: Int) -> Bool {\n  if frist = secnod { return true }\n  return false\n}\n";
    folder.file("a.bp", text).file("b.bp", FAULTY);
    let ran = folder.bp("check --fix");
    ran.is(0, &["fixed a.bp:2:12: BP0108", "fixed a.bp:2:6: BP0301", "4 changes in 2 files", "2 files: no errors"]);
    assert_eq!(folder.read("a.bp"), text.replace("frist = secnod", "first == second"));
    assert_eq!(folder.read("b.bp"), FAULTY.replace("x = 3", "x == 3"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    folder.bp("check --fix").is(0, &["0 changes in 0 files"]);
}

#[test]
fn fix_tells_what_is_left() {
    let folder = Folder::new();
    folder.file("a.bp", FAULTY.replace("false", "7"));
    let ran = folder.bp("check --fix --format json");
    assert_eq!(ran.status, 1);
    let report = ran.json();
    assert_eq!(report["errors"], 1, "{report:#}");
    let fixed = report["fixed"].as_array().unwrap();
    assert_eq!((&fixed[0]["code"], &fixed[0]["replacement"]), (&"BP0108".into(), &"==".into()));
    assert!(folder.read("a.bp").contains("x == 3"));
}

#[test]
fn fix_leaves_other_files_alone() {
    let folder = Folder::new();
    folder.file("shared.bp", FAULTY).file("mine.bp", "use shared.{a}\n\nfn b() -> Bool = a(3)\n");
    folder.file("rows.csv", "given\nx = 1\n");
    folder.bp("check mine.bp --fix").is(1, &["shared.bp", "0 changes in 0 files"]);
    assert_eq!(folder.read("shared.bp"), FAULTY);
}

#[test]
fn a_change_that_does_not_help_is_made_once() {
    let folder = Folder::new();
    folder.file("a.bp", "fn third(x: Int) -> Int {\n  let y = x / 3\n  return y\n}\n");
    folder.bp("check --fix").is(1, &["1 change in 1 file"]);
    assert!(folder.read("a.bp").contains("let y = round(x / 3)"), "{}", folder.read("a.bp"));
}

#[test]
fn a_dry_run_shows_changes_and_writes_nothing() {
    let folder = Folder::new();
    folder.file("a.bp", FAULTY);
    let ran = folder.bp("check --fix --dry-run");
    ran.is(1, &["1 change in 1 file would be made"]);
    let wanted = "--- a.bp\n+++ a.bp\n@@ -2,1 +2,1 @@ BP0108: ";
    assert!(ran.out.starts_with(wanted), "{}", ran.out);
    assert!(ran.out.ends_with("\n-  if x = 3 { return true }\n+  if x == 3 { return true }\n"), "{}", ran.out);
    assert_eq!(folder.read("a.bp"), FAULTY);
    folder.bp("check --dry-run").is(2, &["--fix"]);
    folder.bp("check --fix --dry-run --format json").is(2, &["--dry-run"]);
}

#[test]
fn fix_keeps_what_a_file_is() {
    let folder = Folder::new();
    folder.file("real/a.bp", FAULTY);
    let link = folder.path().join("b.bp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::os::unix::fs::symlink("real/a.bp", &link).unwrap();
        let path = folder.path().join("real/a.bp");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        folder.bp("check b.bp --fix").is(0, &["1 change"]);
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
        assert!(folder.read("real/a.bp").contains("x == 3"));
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    }
}
