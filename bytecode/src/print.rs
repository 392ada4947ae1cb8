//! Compiled programs as text, for people: `bp inspect`.

use crate::Program;
use crate::index::*;
use crate::op::*;
use crate::process::{Channel, Point};
use crate::program::{Function, Node};
use crate::shape::{FieldShape, RegType, Shape, Unit};
use std::fmt::Write;

/// An operand as it is listed: registers by number, tables by what stands in them.
trait Show {
    fn show(&self, program: &Program) -> String;
}

macro_rules! show {
    ($($ty:ty: |$value:ident, $program:ident| $text:expr;)*) => {$(
        impl Show for $ty {
            fn show(&self, $program: &Program) -> String {
                let $value = self;
                $text
            }
        }
    )*};
}
show! {
    Def: |r, _p| format!("r{}", r.0);
    Use: |r, _p| format!("r{}", r.0);
    UseWindow: |r, _p| format!("r{}..", r.0);
    DefWindow: |r, _p| format!("r{}..", r.0);
    Label: |l, _p| format!("@{}", l.0);
    u8: |n, _p| n.to_string();
    u16: |n, _p| n.to_string();
    u32: |n, _p| n.to_string();
    i32: |n, _p| n.to_string();
    Cmp: |c, _p| format!("{c:?}").to_lowercase();
    Scales: |s, _p| format!("{:?} x10^{} x10^{}", s.how, s.up, s.down).to_lowercase();
    Side: |s, _p| format!("{s:?}").to_lowercase();
    LineKind: |k, _p| format!("{k:?}").to_lowercase();
    Stop: |s, _p| format!("{s:?}").to_lowercase();
    Builtin: |b, _p| b.name().to_owned();
    TextId: |t, p| format!("{:?}", text(p, *t));
    ConstId: |c, p| p.constants.get(c.index()).map_or("?".into(), |v| format!("#{} = {v}", c.0));
    ShapeId: |s, p| shape(p, *s);
    FuncId: |f, p| p.functions.get(f.index()).map_or("?".into(), |f| text(p, f.name).to_owned());
    CheckId: |c, p| p.checks.get(c.index()).map_or("?".into(), |c| format!("[{}]", text(p, c.text)));
    ConfigId: |c, p| p.configs.get(c.index()).map_or("?".into(), |c| text(p, c.name).to_owned());
    AccountId: |a, p| p.accounts.get(a.index()).map_or("?".into(), |a| text(p, a.name).to_owned());
    EntityId: |e, p| p.entities.get(e.index()).map_or("?".into(), |e| text(p, e.name).to_owned());
    QueryId: |q, p| query(p, *q);
    DecisionId: |d, p| p.decisions.get(d.index()).map_or("?".into(), |d| text(p, d.name).to_owned());
    TreeId: |t, _p| format!("tree {}", t.0);
    SwitchId: |s, p| p.switches.get(s.index()).map_or("?".into(), |s| {
        let labels: Vec<String> = s.iter().map(|l| format!("@{}", l.0)).collect();
        format!("[{}]", labels.join(" "))
    });
    ProcessId: |x, p| p.processes.get(x.index()).map_or("?".into(), |x| text(p, x.name).to_owned());
    StepId: |s, p| p.steps.get(s.index()).map_or("?".into(), |s| text(p, s.name).to_owned());
    ExpectId: |e, p| p.expects.get(e.index()).map_or("?".into(), |e| format!("[{}]", text(p, e.text)));
    MessageId: |m, p| p.messages.get(m.index()).map_or("?".into(), |m| text(p, m.name).to_owned());
    OperationId: |o, p| p.operations.get(o.index()).map_or("?".into(), |o| format!("{}.{}", text(p, o.service), text(p, o.name)));
    PointId: |x, p| p.points.get(x.index()).map_or("?".into(), |x| point(p, x));
    UndoId: |u, p| p.undos.get(u.index()).map_or("?".into(), |u| StepId::show(&u.step, p));
    Channel: |c, _p| format!("{c:?}").to_lowercase();
    PostId: |x, _p| format!("post {}", x.0);
    ChainId: |c, p| p.chains.get(c.index()).map_or("?".into(), |c| {
        let what = if c.root { "root " } else if c.power { "power " } else { "" };
        let step = if c.has_step { " step" } else { "" };
        let mode = c.mode.map_or("by register", |m| m.name());
        format!("{what}{}/{} x10^{}{step} {mode}", c.numerators, c.divisors, i32::from(c.up) - i32::from(c.down))
    });
}

/// A point with the variables that are stored there: `review (amount, order)`.
fn point(program: &Program, point: &Point) -> String {
    let live: Vec<&str> = point.live.iter().map(|live| text(program, live.name)).collect();
    format!("{} ({})", text(program, point.name), live.join(", "))
}

/// A query as it is asked: `Ticket where state eq, due lt order by due`. What it asks of another document is a query of its
/// own, whose answer is looked for: `Order where customer in (Customer where country eq)`.
pub fn query(program: &Program, id: QueryId) -> String {
    let Some(query) = program.queries.get(id.index()) else { return "?".into() };
    let conditions: Vec<(&[u16], Cmp)> = query.conditions.iter().map(|(path, how)| (path.as_slice(), *how)).collect();
    let mut out = asked(program, query.entity, &conditions);
    let name = |field: &u16| field_of(program, query.entity, *field).map_or("?", |field| text(program, field.name));
    let order: Vec<String> =
        query.order.iter().map(|(f, down)| format!("{}{}", name(f), if *down { " descending" } else { "" })).collect();
    if !order.is_empty() {
        out.push_str(&format!(" order by {}", order.join(", ")));
    }
    if query.limit {
        out.push_str(" limit");
    }
    out
}

/// What is looked for of an entity; conditions on the same document beside it are one query.
fn asked(program: &Program, entity: EntityId, conditions: &[(&[u16], Cmp)]) -> String {
    let mut parts = Vec::new();
    let mut seen: Vec<u16> = Vec::new();
    for (path, how) in conditions {
        let Some((first, rest)) = path.split_first() else { continue };
        let Some(field) = field_of(program, entity, *first) else { continue };
        let name = text(program, field.name);
        if rest.is_empty() {
            parts.push(format!("{name} {}", format!("{how:?}").to_lowercase()));
        } else if !seen.contains(first)
            && let Some(Shape::Document(of)) = program.shapes.get(field.shape.index())
        {
            seen.push(*first);
            let same = conditions.iter().filter(|(path, _)| path.len() > 1 && path[0] == *first);
            let inner: Vec<(&[u16], Cmp)> = same.map(|(path, how)| (&path[1..], *how)).collect();
            parts.push(format!("{name} in ({})", asked(program, *of, &inner)));
        }
    }
    let name = program.entities.get(entity.index()).map_or("?", |entity| text(program, entity.name));
    if parts.is_empty() { name.to_owned() } else { format!("{name} where {}", parts.join(", ")) }
}

fn field_of(program: &Program, entity: EntityId, field: u16) -> Option<&FieldShape> {
    match program.shapes.get(program.entities.get(entity.index())?.record.index()) {
        Some(Shape::Record(record)) => record.fields.get(usize::from(field)),
        _ => None,
    }
}

fn text(program: &Program, id: TextId) -> &str {
    program.texts.get(id.index()).map_or("?", String::as_str)
}

macro_rules! op_print {
    ($($(#[$doc:meta])* $name:ident = $number:literal $text:literal { $($field:ident: $ty:ty),* },)*) => {
        fn operands(op: &Op, program: &Program) -> Vec<String> {
            match op {
                $(Op::$name { $($field),* } => vec![$($field.show(program)),*],)*
            }
        }
    };
}
crate::for_each_op!(op_print);

/// A shape as a type is written.
pub fn shape(program: &Program, id: ShapeId) -> String {
    let unit = |u: &Option<TextId>| u.map_or("unit".to_owned(), |u| text(program, u).to_owned());
    match program.shapes.get(id.index()) {
        None => "?".into(),
        Some(Shape::Number { scale: 0, unit: Unit::None }) => "Int".into(),
        Some(Shape::Number { scale, unit: Unit::None }) => format!("Decimal<{scale}>"),
        Some(Shape::Number { scale, unit: Unit::Percent }) => format!("Percent<{scale}>"),
        Some(Shape::Number { scale, unit: Unit::Money(c) }) => format!("Money<{}, {scale}>", text(program, *c)),
        Some(Shape::Number { scale, unit: Unit::Quantity(u) }) => format!("Quantity<{}, {scale}>", unit(u)),
        Some(Shape::Number { scale, unit: Unit::Price { currency, per } }) => {
            format!("Money<{}, {scale}> per {}", text(program, *currency), unit(per))
        }
        Some(Shape::Enum(e) | Shape::Variant(e)) => text(program, e.name).to_owned(),
        Some(Shape::Record(r)) if text(program, r.name).is_empty() => {
            let fields: Vec<String> =
                r.fields.iter().map(|f| format!("{}: {}", text(program, f.name), shape(program, f.shape))).collect();
            format!("({})", fields.join(", "))
        }
        Some(Shape::Record(r)) => text(program, r.name).to_owned(),
        Some(Shape::List(of)) => format!("List<{}>", shape(program, *of)),
        Some(Shape::Map(k, v)) => format!("Map<{}, {}>", shape(program, *k), shape(program, *v)),
        Some(Shape::Option(of)) => format!("{}?", shape(program, *of)),
        Some(Shape::Document(e)) => program.entities.get(e.index()).map_or("?", |e| text(program, e.name)).to_owned(),
        Some(Shape::Hold(of)) => format!("Hold<{}>", shape(program, *of)),
        Some(plain) => format!("{plain:?}"),
    }
}

/// The whole program: its interface first, then every function with its instructions.
pub fn listing(program: &Program) -> String {
    let mut out = String::new();
    // Writing into a text cannot fail.
    let _ = write_listing(program, &mut out);
    out
}

fn write_listing(program: &Program, out: &mut String) -> std::fmt::Result {
    writeln!(out, "program {} in {}", program.name, program.currency.0)?;
    for config in &program.configs {
        let fixed = if config.fixed { " (fixed)" } else { "" };
        writeln!(out, "config {}: {}{fixed}", text(program, config.name), shape(program, config.shape))?;
    }
    for account in &program.accounts {
        let by: Vec<String> =
            account.dimensions.iter().map(|(n, s)| format!("{}: {}", text(program, *n), shape(program, *s))).collect();
        let code = account.code.map_or("", |c| text(program, c));
        let kind = format!("{:?}", account.kind).to_lowercase();
        let by = if by.is_empty() { String::new() } else { format!(" by {}", by.join(", ")) };
        writeln!(out, "account {kind} {code} {}{by}", text(program, account.name))?;
    }
    for entity in &program.entities {
        writeln!(out, "entity {}", text(program, entity.name))?;
        if let Some(Shape::Record(record)) = program.shapes.get(entity.record.index()) {
            for (number, f) in record.fields.iter().enumerate() {
                let key = if entity.key.contains(&(number as u16)) { "   // key" } else { "" };
                writeln!(out, "    {}: {}{key}", text(program, f.name), shape(program, f.shape))?;
            }
        }
    }
    for number in 0..program.queries.len() {
        writeln!(out, "find {}", query(program, QueryId(number as u16)))?;
    }
    for process in &program.processes {
        let params: Vec<String> =
            process.params.iter().map(|p| format!("{}: {}", text(program, p.name), shape(program, p.shape))).collect();
        let keys: Vec<&str> = process.key_names.iter().map(|k| text(program, *k)).collect();
        let key = if keys.is_empty() { String::new() } else { format!(" key {}", keys.join(", ")) };
        let starter = process.starter.map_or(String::new(), |starter| {
            let role = program.roles.get(usize::from(starter.role)).map_or("?", |role| text(program, *role));
            format!(" started by {role}{}", starter.duty.map_or(String::new(), |d| format!(" as {}", duty(program, d))))
        });
        writeln!(out, "process {}({}){key}{starter}", text(program, process.name), params.join(", "))?;
        if let Some(Shape::Enum(e) | Shape::Variant(e)) = program.shapes.get(process.outcome.index()) {
            for case in &e.cases {
                let fields: Vec<String> = case
                    .fields
                    .iter()
                    .map(|f| format!("{}: {}", text(program, f.name), shape(program, f.shape)))
                    .collect();
                writeln!(out, "    {}({})", text(program, case.name), fields.join(", "))?;
            }
        }
    }
    for check in &program.checks {
        writeln!(out, "where {}: {} (checked when run)", text(program, check.subject), text(program, check.text))?;
    }
    for decision in &program.decisions {
        writeln!(out, "decision {}: {} rows", text(program, decision.name), decision.rows.len())?;
    }
    for (number, tree) in program.trees.iter().enumerate() {
        let inner = tree.nodes.iter().filter(|n| !matches!(n, Node::Leaf(_))).count();
        writeln!(out, "tree {number}: {} inputs, {inner} nodes, {} leaves", tree.inputs.len(), tree.leaves)?;
    }
    for test in &program.tests {
        writeln!(out, "test {}", text(program, test.title))?;
    }
    for function in &program.functions {
        write_function(program, function, out)?;
    }
    Ok(())
}

fn write_function(program: &Program, function: &Function, out: &mut String) -> std::fmt::Result {
    let reg = |r: &RegType| match r {
        RegType::Word => "word".to_owned(),
        RegType::Wide => "wide".to_owned(),
        RegType::Handle(s) => shape(program, *s),
    };
    let params: Vec<String> = function
        .registers
        .iter()
        .take(usize::from(function.params))
        .enumerate()
        .map(|(i, r)| format!("r{i}: {}", reg(r)))
        .collect();
    writeln!(
        out,
        "\nfn {}({}) -> {}   // {} registers",
        text(program, function.name),
        params.join(", "),
        reg(&function.result),
        function.registers.len()
    )?;
    for (at, op) in function.code.iter().enumerate() {
        let line = function.places.get(at).and_then(|p| program.places.get(p.index())).map_or(0, |p| p.line);
        writeln!(out, "{at:>5}  {:<12} {:<50} ; {line}", op.name(), operands(op, program).join(", "))?;
    }
    Ok(())
}

fn duty(program: &Program, duty: crate::index::DutyId) -> &str {
    program.duties.get(duty.index()).map_or("?", |duty| text(program, duty.name))
}
