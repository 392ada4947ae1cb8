//! Fields that get another name: documents of before are read, found and changed under the new one.

mod common;

use bp_bytecode::Program;
use common::kept::Kept;

/// The program with the fields of its entity under these names, and what is to be known of before.
fn program(key: &str, name: &str, phone: &str, was: [&str; 3]) -> Program {
    let text = format!(
        "currency USD

entity Customer key {key} {{
  {key}: Text{}
  {name}: Text{}
  {phone}: Text? personal{}
  index {name}
}}

record Shown {{ text: Text personal }}

process put(k: Text, n: Text, p: Text) {{
  step put {{
    let known = get Customer(k) ?? create Customer({key}: k, {name}: n, {phone}: p)
    change known with ({name}: n, {phone}: p)
  }}
}}

process keep_phone(k: Text, n: Text) {{
  step put {{
    match get Customer(k) {{
      some(known) => {{ change known with ({name}: n) }}
      none => {{}}
    }}
  }}
}}

process named(n: Text) -> List<Shown> {{
  return step ask {{ [Shown(text: \"{{c.{key}}} {{c.{name}}} {{c.{phone} ?? \"-\"}}\") for c in find Customer where it.{name} == n] }}
}}

process all() -> List<Shown> {{
  return step ask {{
    [Shown(text: \"{{c.{key}}} {{c.{name}}} {{c.{phone} ?? \"-\"}}\") for c in find Customer order by {name} descending]
  }}
}}
",
        was[0], was[1], was[2]
    );
    common::program("renamed", &text)
}

#[test]
fn documents_of_before_go_by_the_new_names() {
    let mut kept = Kept::new();
    let first = program("code", "name", "phone", ["", "", ""]);
    kept.deploy(&first).unwrap();
    kept.run(&first, "put", &["1", "Ada", "11"]);
    kept.run(&first, "put", &["2", "Bob", "22"]);
    let second = program("id", "title", "mobile", [" was code", " was name", " was phone"]);
    kept.deploy(&second).unwrap();
    // Read, found by the index, ordered.
    assert_eq!(kept.run(&second, "all", &[]), ["2 Bob 22", "1 Ada 11"]);
    assert_eq!(kept.run(&second, "named", &["Ada"]), ["1 Ada 11"]);
    // Changed: in the index under the new value alone, and what did not change stays.
    kept.run(&second, "keep_phone", &["1", "Zoe"]);
    assert_eq!(kept.run(&second, "named", &["Ada"]), Vec::<String>::new());
    assert_eq!(kept.run(&second, "named", &["Zoe"]), ["1 Zoe 11"]);
    kept.run(&second, "put", &["3", "Cid", "33"]);
    // Renamed once more: what nobody has changed since the first time is found as well.
    let third = program("id", "label", "mobile", ["", " was title", ""]);
    kept.deploy(&third).unwrap();
    assert_eq!(kept.run(&third, "all", &[]), ["1 Zoe 11", "3 Cid 33", "2 Bob 22"]);
    assert_eq!(kept.run(&third, "named", &["Bob"]), ["2 Bob 22"]);
    kept.run(&third, "put", &["2", "Yan", "20"]);
    assert_eq!(kept.run(&third, "all", &[]), ["1 Zoe 11", "2 Yan 20", "3 Cid 33"]);
    // What was said once need not be said for ever.
    let fourth = program("id", "label", "mobile", ["", "", ""]);
    kept.deploy(&fourth).unwrap();
    assert_eq!(kept.run(&fourth, "all", &[]), ["1 Zoe 11", "2 Yan 20", "3 Cid 33"]);
    // A key is another one unless it is said to be the same.
    let other = program("number", "label", "mobile", ["", "", ""]);
    assert!(kept.deploy(&other).is_err());
}
