//! Fields that are newer than documents: what a program says that they are is read, found and changed there.

mod common;

use bp_bytecode::Program;
use bp_host::{Error, Refused};
use common::kept::Kept;

/// A program whose customers have these fields beside their code, shown as a text of these.
fn program(declared: &str, made: &str, shown: &str, found: &str) -> Program {
    let text = format!(
        r#"currency USD

enum Kind {{ Shop, Bank }}

config {{
  usual: Money = 7 USD
}}

entity Customer key code {{
  code: Text
{declared}
}}

record Shown {{ text: Text }}

process put(code: Text) {{
  step put {{ create Customer(code: code{made}) }}
}}

process all() -> List<Shown> {{
  return step ask {{ [Shown(text: "{shown}") for c in find Customer {found} order by code] }}
}}
"#
    );
    common::program("lifted", &text)
}

#[test]
fn documents_of_before_have_what_is_new() {
    let mut kept = Kept::new();
    let first = program("", "", "{c.code}", "");
    kept.deploy(&first).unwrap();
    kept.run(&first, "put", &["A"]);
    let limits = "  limit: Money = 5 USD
  usual: Money = config.usual
  kind: Kind = Bank
  note: Text?
  tags: List<Text> = [\"old\", \"{1 + 1}\"]
  index kind, limit
  states open -> closed";
    let shown = "{c.code} {c.limit} {c.usual} {c.kind} {c.note ?? \\\"-\\\"} {count(c.tags)} {c.state}";
    // A text within a text has no quotes of its own.
    let shown = shown.replace("{c.note ?? \\\"-\\\"}", "{c.note is none}");
    let second = program(limits, ", limit: 9 USD, kind: Shop", &shown, "where it.kind == Bank and it.limit < 6 USD");
    kept.deploy(&second).unwrap();
    kept.run(&second, "put", &["B"]);
    // Found by an index that is as new as the fields, by their values and the state.
    assert_eq!(kept.run(&second, "all", &[]), ["A 5.00 USD 7.00 USD Bank true 2 open"]);
    let version = kept.schema_version();
    // The same program again is nothing new.
    kept.deploy(&second).unwrap();
    assert_eq!(kept.schema_version(), version);
    // Another default is for documents that are made from now on; those of before have what was said first.
    let other = limits.replace("5 USD", "6 USD");
    let third = program(&other, "", &shown, "where it.state == open");
    kept.deploy(&third).unwrap();
    kept.run(&third, "put", &["C"]);
    let all = ["A 5.00 USD 7.00 USD Bank true 2 open", "B 9.00 USD 7.00 USD Shop true 2 open"];
    assert_eq!(kept.run(&third, "all", &[])[..2], all);
    assert_eq!(kept.run(&third, "all", &[])[2], "C 6.00 USD 7.00 USD Bank true 2 open");
    // Under another name the field is what it was.
    let renamed = other.replace("limit: Money", "credit: Money").replace("= 6 USD", "= 6 USD was limit");
    let renamed = renamed.replace("index kind, limit", "index kind, credit");
    let fourth = program(&renamed, "", &shown.replace("c.limit", "c.credit"), "where it.credit == 5 USD");
    kept.deploy(&fourth).unwrap();
    assert_eq!(kept.run(&fourth, "all", &[]), all[..1]);
}

/// What stands in a list of a document may be older than its fields, too.
#[test]
fn records_within_documents_have_what_is_new() {
    let program = |fields: &str, made: &str, shown: &str| {
        let text = format!(
            r#"currency USD

config {{
  usual: Int = 3
}}

record Shown {{ text: Text }}

record Line {{
  item: Text
{fields}
}}

entity Order key number {{
  number: Text
  lines: List<Line>
}}

process put(number: Text) {{
  step put {{ create Order(number: number, lines: [Line(item: "ink"{made}), Line(item: "pen"{made})]) }}
}}

process all() -> List<Shown> {{
  return step ask {{
    [Shown(text: "{{o.number}} {shown}") for o in find Order order by number]
  }}
}}
"#
        );
        common::program("lines", &text)
    };
    let mut kept = Kept::new();
    let first = program("", "", "{count(o.lines)}");
    kept.deploy(&first).unwrap();
    kept.run(&first, "put", &["1"]);
    let fields = "  price: Money = 2 USD\n  note: Text? = none";
    let second = program(
        fields,
        ", price: 5 USD",
        "{sum(l.price for l in o.lines)} {count(l for l in o.lines where l.note is none)}",
    );
    kept.deploy(&second).unwrap();
    kept.run(&second, "put", &["2"]);
    assert_eq!(kept.run(&second, "all", &[]), ["1 4.00 USD 2", "2 10.00 USD 2"]);
}

#[test]
fn what_documents_cannot_have_is_not_deployed() {
    let mut kept = Kept::new();
    let first = program("", "", "{c.code}", "");
    let second = program("  limit: Money", ", limit: 1 USD", "{c.code} {c.limit}", "");
    kept.deploy(&first).unwrap();
    // Nobody lacks it while there are no documents.
    kept.deploy(&second).unwrap();
    let mut kept = Kept::new();
    kept.deploy(&first).unwrap();
    kept.run(&first, "put", &["A"]);
    let refused = kept.deploy(&second);
    let Err(Error::Refused(Refused::Value { place, why })) = refused else { panic!("{refused:?}") };
    assert_eq!(place, "Customer");
    assert_eq!(why, "`limit` is new, and documents are there: it needs a default, or a `?`");
    assert_eq!(kept.run(&first, "all", &[]), ["A"]);
}
