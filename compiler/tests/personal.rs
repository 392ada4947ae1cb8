//! Where personal data may go and where not, and in what words that is told.

use bp_compiler::check::Setting;
use bp_compiler::load::Loader;
use bp_compiler::{Root, compile};

struct Nothing;

impl Loader for Nothing {
    fn module(&self, _: &str) -> Result<Option<(String, String)>, String> {
        Ok(None)
    }

    fn data(&self, _: &str, file: &str) -> Result<(String, String), String> {
        Err(format!("{file} is not there"))
    }
}

const PROGRAM: &str = "
currency USD
record Person { number: Text, name: Text personal, wage: Money personal, born: Date personal, grade: Int }
record Badge { title: Text }
record Card { title: Text personal, note: Text }
record Team { lead: Person personal, size: Int }
record Pay { number: Text, net: Money personal }
enum Contact { Letter(address: Text personal), Pigeon(loft: Text) }
chart {
  expense wages \"6000\"
  liability owed \"2000\" by person: Text
  liability tax \"2100\"
}
";

fn told(text: &str) -> Vec<String> {
    let root = Root { name: "t".into(), path: "t.bp".into(), text: format!("{PROGRAM}{text}\n") };
    let compiled = compile(root, &Nothing, Setting::default());
    compiled.diagnostics.iter().map(|d| format!("{} {}", d.code, d.message)).collect()
}

#[test]
fn what_is_marked_may_carry_it() {
    let good = [
        "fn f(p: Person) -> Card = Card(title: p.name, note: p.number)",
        "fn f(p: Person) -> Card = Card(title: \"{p.name}, {p.born}\", note: \"grade {p.grade}\")",
        "fn f(p: Person) -> Text = p.name",
        "fn f(p: Person) -> Pay = Pay(number: p.number, net: p.wage - round(p.wage * 5%))",
        "fn f(p: Person) -> Person = p with (name: upper(p.name))",
        // A condition is not what it is about.
        "fn f(p: Person) -> Badge = Badge(title: if p.wage > 10 USD { \"rich\" } else { \"poor\" })",
        "fn f(p: Person) -> Badge = if p.name is \"\" { Badge(title: \"nobody\") } else { Badge(title: \"somebody\") }",
        "fn f(ps: List<Person>) -> Badge = Badge(title: \"{count(p for p in ps where p.wage > 1 USD)} of them\")",
        // A whole person goes where a person may.
        "fn f(p: Person) -> Team = Team(lead: p, size: 1)",
        "fn f(ps: List<Person>) -> List<Text> = [p.name for p in ps]",
        "fn f(p: Person) -> Contact = Letter(address: p.name)",
        // Amounts may come from anywhere.
        "action book(p: Person, on_day: Date) {\n  post \"Wages {p.number}\" on on_day else first_open {\n    debit wages p.wage\n    \
         credit owed[p.number] p.wage\n  }\n}",
        "process run(number: Text, p: Person) -> Pay key number {\n  return Pay(number: p.number, net: p.wage)\n}",
        "fn show(text: Text) -> Text = \"<{text}>\"\nfn f(p: Person) -> Card = Card(title: show(p.name), note: show(p.number))",
        "fn badge(text: Text) -> Badge = Badge(title: text)\nfn f(p: Person) -> Badge = badge(p.number)",
    ];
    for text in good {
        assert_eq!(told(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn what_is_not_marked_may_not() {
    let field = "BP0416 `Person.name` is personal, `Badge.title` may not carry it";
    let entry = "BP0416 `Person.name` is personal, the text of an entry may not carry it";
    let dimension = "BP0416 `Person.name` is personal, a dimension of `owed` may not carry it";
    let bad = [
        ("fn f(p: Person) -> Badge = Badge(title: p.name)", field),
        ("fn f(p: Person) -> Badge = Badge(title: \"Hello {p.name}\")", field),
        ("fn f(p: Person) -> Badge = Badge(title: upper(trim(p.name)))", field),
        ("fn f(p: Person) -> Badge = Badge(title: replace(p.name, \" \", \"_\"))", field),
        ("fn f(p: Person) -> Badge = Badge(title: \"x\") with (title: p.name)", field),
        ("fn f(p: Person) -> Badge {\n  let name = p.name\n  Badge(title: name)\n}", field),
        ("fn f(p: Person) -> Badge {\n  var t = \"a\"\n  t = p.name\n  Badge(title: t)\n}", field),
        ("fn f(p: Person) -> Badge = Badge(title: if p.grade > 3 { p.name } else { p.number })", field),
        ("fn f(p: Person) -> Badge = Badge(title: match p.grade {\n  1 => p.name\n  _ => \"x\"\n})", field),
        (
            "fn f(p: Person?) -> Badge = match p {\n  some(x) => Badge(title: x.name)\n  none => Badge(title: \"\")\n}",
            field,
        ),
        ("fn f(ps: List<Person>) -> List<Badge> = [Badge(title: p.name) for p in ps]", field),
        ("fn f(ps: List<Person>) -> Badge = Badge(title: join([p.name for p in ps], \", \"))", field),
        ("fn f(t: Team) -> Badge = Badge(title: t.lead.number)", "BP0416 `Team.lead` is personal, `Badge.title`"),
        ("fn f(p: Person) -> Badge = Badge(title: \"{p.wage}\")", "BP0416 `Person.wage` is personal, `Badge.title`"),
        ("fn f(p: Person) -> Badge = Badge(title: \"{p.born.year}\")", "BP0416 `Person.born` is personal"),
        (
            "fn f(c: Contact) -> Badge = match c {\n  Letter(a) => Badge(title: a)\n  Pigeon(l) => Badge(title: l)\n}",
            "BP0416 `Letter.address` is personal",
        ),
        (
            "fn f(p: Person) -> Contact = Pigeon(loft: p.name)",
            "BP0416 `Person.name` is personal, `Pigeon.loft` may not",
        ),
        ("fn show(text: Text) -> Text = \"<{text}>\"\nfn f(p: Person) -> Badge = Badge(title: show(p.name))", field),
        ("fn badge(text: Text) -> Badge = Badge(title: text)\nfn f(p: Person) -> Badge = badge(p.name)", field),
        (
            "fn badge(text: Text) -> Badge = Badge(title: text)\nfn two(a: Text, b: Text) -> Badge = badge(\"{a}{b}\")\nfn f(p: Person) -> Badge = two(p.number, p.name)",
            field,
        ),
        ("fn name(p: Person) -> Text = p.name\nfn f(p: Person) -> Badge = Badge(title: name(p))", field),
        (
            "action book(p: Person, on_day: Date) {\n  post \"Wages {p.name}\" on on_day else first_open {\n    debit wages p.wage\n    \
             credit owed[p.number] p.wage\n  }\n}",
            entry,
        ),
        (
            "action book(p: Person, on_day: Date) {\n  post \"Wages\" on on_day else first_open {\n    debit wages p.wage\n    \
             credit owed[p.name] p.wage\n  }\n}",
            dimension,
        ),
        (
            "process run(name: Text personal, on_day: Date) -> Int key name {\n  return 1\n}",
            "BP0416 `name` is personal, the key of `run` may not carry it",
        ),
        (
            "process run(name: Text personal) -> Badge {\n  return Badge(title: name)\n}",
            "BP0416 `name` is personal, `Badge.title` may not carry it",
        ),
    ];
    for (text, expected) in bad {
        let told = told(text);
        assert!(told.len() == 1 && told[0].starts_with(expected), "{text}\n{told:#?}\nexpected {expected}");
    }
}

#[test]
fn where_it_gets_in_is_shown() {
    let text = "fn badge(text: Text) -> Badge = Badge(title: text)\nfn f(p: Person) -> Badge = badge(p.name)";
    let root = Root { name: "t".into(), path: "t.bp".into(), text: format!("{PROGRAM}{text}\n") };
    let compiled = compile(root, &Nothing, Setting::default());
    let shown: Vec<(&str, &str)> = compiled.diagnostics[0]
        .labels
        .iter()
        .map(|label| (compiled.sources.text(label.place), label.text.as_str()))
        .collect();
    assert_eq!(shown[0], ("badge(p.name)", "made of it"));
    assert_eq!(shown[1], ("text", "it gets in here"));
    assert!(shown[2..].iter().any(|(_, text)| *text == "marked here"), "{shown:?}");
}
