//! `bp diagram`.

mod common;

use common::Folder;

const SHOP: &str = "\
role Clerk

process open(name: Text) -> Text {
  let answer = task look \"Is <this> & \\\"that\\\" right?\" for Clerk { ask ok: Bool }
  return name
}

process shut(name: Text) -> Text {
  wait 1 day
  return name
}

schedule sweep daily at 06:00 { wait 1 hour }
";

#[test]
fn the_process_named_like_the_file_is_drawn() {
    let folder = Folder::new();
    folder.file("shut.bp", SHOP);
    let ran = folder.bp("diagram shut.bp");
    ran.is(0, &[]);
    assert!(ran.out.starts_with("<svg ") && ran.out.ends_with("</svg>\n"), "{}", ran.out);
    assert!(ran.out.contains("<title>shut</title>") && ran.out.contains("<title>wait, line 9</title>"), "{}", ran.out);
    assert_eq!(ran.err, "");
    folder.bp("diagram shut.bp -o shut.svg").is(0, &[]);
    assert_eq!(folder.read("shut.svg"), ran.out);
}

#[test]
fn the_only_process_is_drawn() {
    let folder = Folder::new();
    folder.file("shop.bp", "process sell() { wait 1 day }\n");
    folder.bp("diagram shop.bp").is(0, &["<title>sell</title>"]);
}

#[test]
fn one_of_several_is_drawn_by_its_name() {
    let folder = Folder::new();
    folder.file("shop.bp", SHOP);
    folder.bp("diagram shop.bp").is(2, &["say which process to draw, by --process: open, shut, sweep"]);
    folder.bp("diagram shop.bp --process shup").is(2, &["shop.bp has no process `shup`; did you mean `shut`?"]);
    folder
        .bp("diagram shop.bp --process buy")
        .is(2, &["shop.bp has no process `buy`; there is `open`, `shut`, `sweep`"]);
    let ran = folder.bp("diagram shop.bp --process open");
    ran.is(0, &["&lt;this&gt; &amp;"]);
    folder.bp("diagram shop.bp --process sweep").is(0, &["daily at 06:00"]);
}

#[test]
fn a_decision_of_another_module_is_one() {
    let folder = Folder::new();
    folder
        .file("rules.bp", "decision large(n: Int) -> Bool first {\n  | n     => large\n  | < 100 => false\n  | any   => true\n}\n\nfn twice(n: Int) -> Int = 2 * n\n")
        .file("shop.bp", "use rules\nuse rules.{large, twice}\n\nprocess sell(n: Int) -> Int {\n  let a = large(n)\n  let b = rules.large(n)\n  let c = twice(n)\n  return c\n}\n");
    let drawn = folder.bp("diagram shop.bp").out;
    for (about, count) in [("decision large, line 5", 1), ("decision large, line 6", 1), ("line 7", 0)] {
        assert_eq!(drawn.matches(about).count(), count, "{about} in {drawn}");
    }
}

#[test]
fn what_cannot_be_drawn_is_told() {
    let folder = Folder::new();
    folder.file("none.bp", "fn one() -> Int = 1\n").file("faulty.bp", "process p() { step s { one() } }\n");
    folder.bp("diagram none.bp").is(2, &["none.bp has no process to draw"]);
    folder.bp("diagram faulty.bp").is(1, &["BP0301"]);
    folder.bp("diagram nothing.bp").is(3, &["cannot read nothing.bp: there is no such file or folder"]);
    folder.file("shop.bp", "process sell() { wait 1 day }\n");
    folder.bp("diagram shop.bp -o shop.bp").is(2, &["shop.bp is a program's name; write to a .svg file"]);
    folder.bp("diagram shop.bp -o no/such/folder.svg").is(3, &["cannot write no/such/folder.svg"]);
    assert_eq!(folder.read("shop.bp"), "process sell() { wait 1 day }\n");
}
