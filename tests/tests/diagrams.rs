//! Pictures of processes: everything is in them, nothing lies on another, and every line leads from shape to shape.

use bp_diagram::flow::{Frame, Kind, Sign};
use bp_diagram::layout::picture::Picture;
use bp_diagram::{Source, draw, names, svg};
use bp_grammar::ast::{File, ItemKind};
use bp_grammar::tokens;
use bp_tests::markdown::blocks;
use bp_tests::{bless, fail_with, files, pictures, read, root, shown};
use std::collections::{BTreeMap, HashSet};

/// A process of the project, with its picture.
struct Drawn {
    /// Where it stands, and its name.
    at: String,
    /// Its text, and the line of the file at which that begins.
    text: String,
    line: usize,
    picture: Picture,
}

/// The decisions that a file declares. Those of other modules are drawn as if they were functions.
fn decisions(file: &File) -> HashSet<String> {
    let name = |kind: &ItemKind| match kind {
        ItemKind::Decision(decision) => Some(decision.name.text.to_string()),
        _ => None,
    };
    file.items.iter().filter_map(|item| name(&item.kind)).collect()
}

fn drawn(at: &str, text: &str) -> Vec<Drawn> {
    let file = bp_grammar::parse(text).file;
    let decisions = decisions(&file);
    let source = Source { text, file: &file, decisions: &decisions };
    let draw_one = |name: &str| {
        let item = file.items.iter().find(|item| match &item.kind {
            ItemKind::Process(process) => process.name.text == name,
            ItemKind::Schedule(schedule) => schedule.name.text == name,
            _ => false,
        });
        let span = item.expect("it was found by its name").span;
        Drawn {
            at: format!("{at} {name}"),
            text: text[span.range()].to_owned(),
            line: text[..span.start as usize].matches('\n').count() + 1,
            picture: draw(source, name).expect("it was found by its name"),
        }
    };
    names(&file).into_iter().map(draw_one).collect()
}

/// Every process of examples, standard library, suite and documents.
fn everything() -> Vec<Drawn> {
    let mut all = Vec::new();
    for folder in ["examples", "stdlib", "tests/suite", "bench", "cli"] {
        for path in files(&root().join(folder), &["bp"]) {
            all.extend(drawn(&shown(&path), &read(&path)));
        }
    }
    for path in files(&root().join("docs"), &["md"]) {
        for block in blocks(&read(&path)).iter().filter(|block| block.language == "bp") {
            all.extend(drawn(&format!("{}:{}", shown(&path), block.lines.start), &block.text));
        }
    }
    assert!(all.len() >= 100, "only {} processes were found", all.len());
    all
}

/// Tells what is wrong with any picture.
fn each(check: impl Fn(&Drawn, &mut Vec<String>)) {
    let mut findings = Vec::new();
    for drawn in everything() {
        let mut found = Vec::new();
        check(&drawn, &mut found);
        findings.extend(found.into_iter().map(|what| format!("{}: {what}", drawn.at)));
    }
    fail_with(&findings);
}

// ---------------------------------------------------------------- what is in a picture

#[test]
fn each_step_task_wait_and_race_stands_in_it_once() {
    each(|drawn, found| {
        // Faulty ones say things where nothing can be drawn.
        if drawn.at.contains("/bad/") || drawn.at.contains("docs/errors/") {
            return;
        }
        // By the words of the text, so that this shares nothing with what draws.
        let words: Vec<(&str, usize)> = tokens(&drawn.text)
            .filter(|token| !token.kind.is_trivia())
            .map(|token| {
                let line = drawn.text[..token.span.start as usize].matches('\n').count() + drawn.line;
                (&drawn.text[token.span.range()], line)
            })
            .collect();
        let mut wanted: BTreeMap<(String, usize), usize> = BTreeMap::new();
        for (at, (word, line)) in words.iter().enumerate() {
            let next = words.get(at + 1).map_or("", |(next, _)| next);
            let name = next.starts_with(|c: char| c.is_ascii_alphabetic());
            let what = match *word {
                "step" | "task" if name => format!("{word} {next}"),
                "wait" if next == "new" => format!("wait {}", words.get(at + 2).map_or("", |(word, _)| word)),
                "wait" if next.starts_with(|c: char| c.is_ascii_uppercase()) => format!("wait {next}"),
                "wait" => "wait".to_owned(),
                "race" if next == "{" => "race".to_owned(),
                _ => continue,
            };
            *wanted.entry((what, *line)).or_default() += 1;
        }
        for ((what, line), count) in wanted {
            let about = format!("{what}, line {line}");
            let is = drawn.picture.shapes.iter().filter(|shape| shape.about == about).count();
            if is != count {
                found.push(format!("`{about}` stands in it {is} times, not {count}"));
            }
        }
    });
}

#[test]
fn they_are_well_formed_and_the_same_each_time() {
    each(|drawn, found| {
        let text = svg::write(&drawn.picture);
        if let Err(error) = roxmltree::Document::parse(&text) {
            found.push(format!("is no XML: {error}"));
        }
        if text != svg::write(&drawn.picture.clone()) {
            found.push("is another one the second time".to_owned());
        }
    });
}

#[test]
fn marks_of_xml_are_only_text_in_it() {
    let program = "/// Less < more & \"so on\".\nprocess p() {\n  let t = task ask \"Is a<b & \\\"c\\\" > d?\" for Clerk { ask ok: Bool }\n  if 1 < 2 and \"&\" == \"<\" { fail F }\n}\n";
    let drawn = drawn("here", program);
    let text = svg::write(&drawn[0].picture);
    let document = roxmltree::Document::parse(&text).expect("it is well formed");
    let texts: String =
        document.descendants().filter(|node| node.has_tag_name("text")).filter_map(|node| node.text()).collect();
    for wanted in ["Less < more & \"so on\".", "a<b & \"c\" >", "1 < 2 and \"&\" == \"<\"?"] {
        assert!(texts.contains(wanted), "{wanted} is not in {texts}");
    }
}

// ---------------------------------------------------------------- where it stands

#[test]
fn nothing_lies_on_another() {
    each(|drawn, found| found.extend(pictures::overlaps(&drawn.picture)));
}

#[test]
fn lines_lead_from_border_to_border() {
    each(|drawn, found| found.extend(pictures::lines_astray(&drawn.picture)));
}

#[test]
fn every_shape_is_on_a_way() {
    each(|drawn, found| found.extend(pictures::loose_ends(&drawn.picture)));
}

#[test]
fn no_two_lines_cross() {
    each(|drawn, found| found.extend(pictures::crossings(&drawn.picture)));
}

// ---------------------------------------------------------------- the notation

#[test]
fn each_construct_has_its_sign() {
    let all = everything();
    let has =
        |kind: fn(&Kind) -> bool| all.iter().any(|drawn| drawn.picture.shapes.iter().any(|shape| kind(&shape.kind)));
    for (what, there) in [
        ("a step", has(|kind| *kind == Kind::Step)),
        ("a child", has(|kind| *kind == Kind::Child)),
        ("a request", has(|kind| *kind == Kind::Service)),
        ("a decision", has(|kind| *kind == Kind::Rule)),
        ("an undo", has(|kind| *kind == Kind::Undo)),
        ("a scope", has(|kind| *kind == Kind::Frame(Frame::Scope))),
        ("parallel for", has(|kind| *kind == Kind::Frame(Frame::Each))),
        ("for", has(|kind| *kind == Kind::Frame(Frame::InTurn))),
        ("exclusive", has(|kind| *kind == Kind::Frame(Frame::Exclusive))),
        ("pause", has(|kind| *kind == Kind::Frame(Frame::Pause))),
        ("a stage", has(|kind| *kind == Kind::Frame(Frame::Stage))),
        ("a jump", has(|kind| matches!(kind, Kind::Event(_, Sign::Link)))),
        ("an escalation", has(|kind| matches!(kind, Kind::Event(_, Sign::Escalation)))),
    ] {
        assert!(there, "{what} is drawn nowhere");
    }
}

/// The pictures that documents show are those of the programs beside them.
#[test]
fn pictures_in_documents_are_current() {
    let mut findings = Vec::new();
    let mut count = 0;
    for path in files(&root().join("docs"), &["md"]) {
        let text = read(&path);
        for block in blocks(&text).iter().filter(|block| block.language == "bp") {
            let Some(name) = block.value("name").and_then(|name| name.strip_suffix(".bp")) else { continue };
            if !text.contains(&format!("](pictures/{name}.svg)")) {
                continue;
            }
            count += 1;
            let picture = drawn(name, &block.text).into_iter().find(|drawn| drawn.picture.name == name);
            let picture = picture.expect("the process is named like the file").picture;
            findings.extend(bless::file(&root().join(format!("docs/pictures/{name}.svg")), &svg::write(&picture)));
        }
    }
    assert!(count >= 1, "no picture was found");
    fail_with(&findings);
}
