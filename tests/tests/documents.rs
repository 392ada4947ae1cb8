//! Every program, expectation, command and link of the documents.
//!
//! What stands behind the three backticks says what a block is:
//!
//! - `bp good`: a program without any diagnostic whose tests pass (with `fails`: whose tests do not all pass; with
//!   `warns`: which is warned of)
//! - `bp bad BP0501`: a program with exactly these codes
//! - `bp expect USD`: an expectation a line, each run (in that book currency)
//! - `bp fragment`: a part of a program; only its form is checked
//! - `bp later`: a program of which only parts are refused that this version cannot run
//! - `console`: commands behind `$` and what they print (with `status=1`: the worst exit status), where `…` stands for
//!   anything; `BLESS=1` writes the outputs that differ
//! - `name=pay.bp`, also on `csv`: the block is a file of that name, for the blocks and commands behind it

use bp_bytecode::op;
use bp_compiler::diagnostics::{Code, Severity};
use bp_tests::markdown::{Block, anchors, blocks, links};
use bp_tests::programs::{Files, codes, compile, run_tests, told};
use bp_tests::{bless, command, fail_with, files, read, root, shown};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

fn documents() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> =
        ["README.md", "ARCHITECTURE.md", "CHANGELOG.md"].iter().map(|name| root().join(name)).collect();
    found.extend(files(&root().join("docs"), &["md"]));
    found
}

// ---------------------------------------------------------------- programs

#[test]
fn programs_in_documents_are_what_they_say() {
    let mut findings = Vec::new();
    let mut count = 0;
    for path in documents() {
        let mut files = Files::default();
        for block in blocks(&read(&path)) {
            let at = format!("{}:{}", shown(&path), block.lines.start);
            if let Some(name) = block.value("name") {
                files.texts.insert(name.to_owned(), block.text.clone());
            }
            if block.language == "bp" {
                count += 1;
                findings.extend(program(&block, &files).err().map(|why| format!("{at}: {why}")));
            }
        }
    }
    fail_with(&findings);
    println!("{count} programs in documents");
    assert!(count >= 60, "only {count} programs were found");
}

fn program(block: &Block, files: &Files) -> Result<(), String> {
    let path = block.value("name").unwrap_or("example.bp");
    let compiled = || compile(path, &block.text, files, None);
    match block.words.first().map(String::as_str) {
        Some("good") => {
            let compiled = compiled();
            let warned = compiled.diagnostics.iter().all(|d| d.severity == Severity::Warning);
            if !(compiled.diagnostics.is_empty() || block.has("warns") && warned) {
                return Err(format!("has faults:\n  {}", told(&compiled).join("\n  ")));
            }
            tests_pass(path, &block.text, files, !block.has("fails"))
        }
        Some("bad") => {
            let compiled = compiled();
            let wanted: Vec<&str> = block.codes().collect();
            if wanted.is_empty() {
                return Err("say which codes it has: `bp bad BP0501`".to_owned());
            }
            match codes(&compiled).iter().eq(wanted.iter()) {
                true => Ok(()),
                false => Err(format!("should have {}, has:\n  {}", wanted.join(" "), told(&compiled).join("\n  "))),
            }
        }
        Some("expect") => expectations(block, files),
        Some("fragment") => fragment(&block.text),
        Some("later") => {
            let compiled = compiled();
            match codes(&compiled).iter().eq(["BP0901"]) {
                true => Ok(()),
                false => Err(format!("should be refused by BP0901 only, has:\n  {}", told(&compiled).join("\n  "))),
            }
        }
        _ => Err("say what the program is: good, bad, expect, fragment, later".to_owned()),
    }
}

fn tests_pass(path: &str, text: &str, files: &Files, wanted: bool) -> Result<(), String> {
    let tested = run_tests(path, text, files).map_err(|told| format!("does not compile:\n  {}", told.join("\n  ")))?;
    let failures: Vec<&String> = tested.iter().flat_map(|test| &test.failures).collect();
    match (wanted, failures.as_slice()) {
        (true, []) | (false, [_, ..]) => Ok(()),
        (true, failures) => {
            let failures: Vec<String> = failures.iter().map(|f| f.replace('\n', "\n  ")).collect();
            Err(format!("its tests fail:\n  {}", failures.join("\n  ")))
        }
        (false, []) => Err("its tests should fail".to_owned()),
    }
}

/// Each line is an expectation of its own, so that all that do not hold are told.
fn expectations(block: &Block, files: &Files) -> Result<(), String> {
    let currency = block.words.iter().find(|w| w.len() == 3 && w.bytes().all(|b| b.is_ascii_uppercase()));
    let clause = currency.map(|code| format!(" in {code}")).unwrap_or_default();
    let mut text = String::new();
    for (number, line) in block.text.lines().enumerate().filter(|(_, line)| !line.is_empty()) {
        let _ = writeln!(text, "test \"line {}\"{clause} {{\n  expect {line}\n}}", number + 1);
    }
    tests_pass("expectations.bp", &text, files, true)
}

/// Items stand as they are; statements stand in a step of a process.
fn fragment(text: &str) -> Result<(), String> {
    let first = text.lines().find(|line| !line.is_empty() && !line.starts_with("//")).unwrap_or_default();
    let word = first.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
    let items = [
        "use", "currency", "unit", "config", "type", "enum", "record", "chart", "role", "fn", "action", "decision",
        "process", "test", "entity", "message",
    ];
    let whole = match items.contains(&word) {
        true => text.to_owned(),
        false => {
            let indented: String = text.lines().map(|line| format!("    {line}\n")).collect();
            format!("process fragment() {{\n  step s {{\n{indented}  }}\n}}\n")
        }
    };
    let errors = bp_grammar::parse(&whole).errors;
    match errors.as_slice() {
        [] => Ok(()),
        [first, ..] => Err(format!("cannot be read: {:?} at {:?}", first.kind, whole.get(first.span.range()))),
    }
}

// ---------------------------------------------------------------- commands

#[test]
fn commands_in_documents_print_what_is_shown() {
    let mut findings = Vec::new();
    let mut count = 0;
    for path in documents() {
        let text = read(&path);
        let all = blocks(&text);
        if !all.iter().any(|block| block.language == "console") {
            continue;
        }
        let folder = tempfile::tempdir().expect("a folder for files");
        // Without files of its own a document speaks of the project's.
        if !all.iter().any(|block| block.value("name").is_some()) {
            for name in ["examples", "stdlib", "tests", "docs", "bench"] {
                link(&root().join(name), &folder.path().join(name));
            }
        }
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let mut moved = 0isize;
        for block in all {
            if let Some(name) = block.value("name") {
                fs::write(folder.path().join(name), &block.text).expect("a file can be written");
            }
            if block.language != "console" {
                continue;
            }
            count += 1;
            let at = format!("{}:{}", shown(&path), block.lines.start);
            let (output, status) = command::console(&block.text, folder.path());
            let wanted: i32 = block.value("status").map_or(0, |s| s.parse().unwrap_or(-1));
            if status != wanted {
                findings.push(format!("{at}: exit status {status}, not {wanted}\n{output}"));
            }
            if command::is_shown(&block.text, &output) {
                continue;
            }
            if bless::on() {
                let start = block.lines.start.saturating_add_signed(moved);
                let end = block.lines.end.saturating_add_signed(moved);
                let fresh: Vec<String> = output.lines().map(str::to_owned).collect();
                moved += fresh.len() as isize - (end - start) as isize;
                lines.splice(start..end, fresh);
            } else {
                findings.push(format!("{at}: prints\n{output}"));
            }
        }
        if bless::on() {
            findings.extend(bless::file(&path, &(lines.join("\n") + "\n")));
        }
    }
    fail_with(&findings);
    println!("{count} blocks of commands");
    assert!(count >= 15, "only {count} blocks of commands were found");
}

#[cfg(unix)]
fn link(from: &Path, to: &Path) {
    std::os::unix::fs::symlink(from, to).expect("a link can be made");
}

#[cfg(not(unix))]
fn link(from: &Path, to: &Path) {
    for file in files(from, &["bp", "csv"]) {
        let inside = to.join(file.strip_prefix(from).expect("it lies below"));
        fs::create_dir_all(inside.parent().expect("a file has a folder")).expect("a folder can be made");
        fs::copy(file, inside).expect("a file can be copied");
    }
}

/// The two commands of README for a fresh machine: the first gives the known totals, the second runs this.
#[test]
fn the_first_commands_of_readme_keep_their_promise() {
    let text = read(&root().join("README.md"));
    let commands: Vec<String> = blocks(&text)
        .iter()
        .filter(|block| block.language == "sh")
        .flat_map(|block| block.text.lines().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let [run, test] = commands.as_slice() else { panic!("README has other commands: {commands:?}") };
    assert_eq!(test, "cargo test --workspace");
    let args = run.strip_prefix("cargo run --release -p bp -- ").expect("it runs the command");

    let folder = tempfile::tempdir().expect("a folder for files");
    link(&root().join("examples"), &folder.path().join("examples"));
    let mut args = command::words(args);
    args.extend(["--format".to_owned(), "json".to_owned()]);
    let called = command::call(&args, folder.path());
    assert_eq!(called.status, 0, "{}", called.output);
    let report: serde_json::Value = serde_json::from_str(&called.output).expect("it prints JSON");
    assert_eq!(report["rows"]["done"], 10_000);
    assert_eq!(report["totals"][0]["balanced"], true);
    let balance = |name: &str| {
        let accounts = report["accounts"].as_array().expect("accounts");
        let account = accounts.iter().find(|a| a["account"].as_str().is_some_and(|a| a.ends_with(name)));
        account.unwrap_or_else(|| panic!("no account {name}"))["balance"].as_str().unwrap_or_default().to_owned()
    };
    for (account, expected) in [
        (".salaries", "120435409336.00"),
        (".social_security_expense", "9957715431.00"),
        (".social_security_payable", "-13782818031.00"),
        (".tax_payable", "-8451854451.00"),
        (".wages_payable", "-108158452285.00"),
    ] {
        assert_eq!(balance(account), expected, "{account}");
    }
    let slips = fs::read_to_string(folder.path().join("payslips.csv")).expect("payslips.csv");
    assert_eq!(slips.lines().count(), 10_001);
}

// ---------------------------------------------------------------- the book

#[test]
fn links_in_documents_lead_somewhere() {
    let mut findings = Vec::new();
    for path in documents() {
        for (line, target) in links(&read(&path)) {
            if target.contains("://") {
                continue;
            }
            let (file, anchor) = target.split_once('#').map_or((target.as_str(), None), |(f, a)| (f, Some(a)));
            let to = if file.is_empty() { path.clone() } else { path.parent().unwrap().join(file) };
            let at = format!("{}:{line}", shown(&path));
            if !to.exists() {
                findings.push(format!("{at}: nothing is at {target}"));
            } else if let Some(anchor) = anchor
                && !anchors(&read(&to)).iter().any(|a| a == anchor)
            {
                findings.push(format!("{at}: no heading is {target}"));
            }
        }
    }
    fail_with(&findings);
}

#[test]
fn the_book_has_all_its_chapters() {
    let docs = root().join("docs");
    let summary = read(&docs.join("SUMMARY.md"));
    let listed: Vec<PathBuf> = links(&summary).iter().map(|(_, target)| docs.join(target)).collect();
    let missing =
        files(&docs, &["md"]).into_iter().filter(|file| !file.ends_with("SUMMARY.md") && !listed.contains(file));
    fail_with(&missing.map(|file| format!("{} is not in SUMMARY.md", shown(&file))).collect::<Vec<_>>());
}

// ---------------------------------------------------------------- errors

/// Codes that no program has: why.
const WITHOUT_PROGRAM: [(Code, &str); 1] = [(Code::SyntaxInternal, "a fault of the compiler")];

/// Codes whose faults lie in files that a block cannot hold.
const WITHOUT_BLOCKS: [Code; 2] = [Code::SyntaxFile, Code::Limit];

#[test]
fn every_code_has_its_page() {
    let mut findings = Vec::new();
    for code in Code::ALL {
        let path = root().join(format!("docs/errors/{code}.md"));
        let Ok(text) = fs::read_to_string(&path) else {
            findings.push(format!("{code} ({}) has no page", code.title()));
            continue;
        };
        let heading = format!("# {code}: {}", code.title());
        if text.lines().next() != Some(heading.as_str()) {
            findings.push(format!("{} should begin with `{heading}`", shown(&path)));
        }
        if WITHOUT_PROGRAM.iter().any(|(c, _)| c == code) || WITHOUT_BLOCKS.contains(code) {
            continue;
        }
        let blocks = blocks(&text);
        let shows = match code.severity() {
            Severity::Error => |block: &Block| block.has("bad"),
            Severity::Warning => |block: &Block| block.has("bad") || block.has("warns"),
        };
        if !blocks.iter().any(|block| shows(block) && block.codes().any(|c| c == code.to_string())) {
            findings.push(format!("{} shows no program with {code}", shown(&path)));
        }
        if !blocks.iter().any(|block| block.has("good") && !block.has("warns")) {
            findings.push(format!("{} shows no mended program", shown(&path)));
        }
    }
    for path in files(&root().join("docs/errors"), &["md"]) {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if !Code::ALL.iter().any(|code| code.to_string() == name) {
            findings.push(format!("{} is about no code", shown(&path)));
        }
    }
    fail_with(&findings);
}

#[test]
fn the_list_of_errors_is_the_registry() {
    let path = root().join("docs/errors.md");
    let mut table = String::new();
    let hundreds = [
        (1, "Text"),
        (2, "Modules and files"),
        (3, "Names"),
        (4, "Types"),
        (5, "Numbers"),
        (6, "Decisions"),
        (7, "Books"),
        (8, "Processes and tests"),
        (9, "Limits, and what is not there yet"),
    ];
    for (hundred, title) in hundreds {
        let _ = write!(table, "\n## {title}\n\n| code | | |\n| --- | --- | --- |\n");
        for code in Code::ALL.iter().filter(|code| code.number() / 100 == hundred) {
            let kind = if code.severity() == Severity::Warning { "warning" } else { "" };
            let _ = writeln!(table, "| [{code}](errors/{code}.md) | {} | {kind} |", code.title());
        }
    }
    let mut findings = Vec::new();
    findings.extend(bless::behind_mark(&path, &table));
    let mut chapters = String::new();
    for code in Code::ALL {
        let _ = writeln!(chapters, "  - [{code}: {}](errors/{code}.md)", code.title());
    }
    let path = root().join("docs/SUMMARY.md");
    let summary = read(&path);
    let (head, _) = summary.split_once("- [Errors](errors.md)\n").expect("SUMMARY.md ends with the errors");
    findings.extend(bless::file(&path, &format!("{head}- [Errors](errors.md)\n{chapters}")));
    fail_with(&findings);
}

// ---------------------------------------------------------------- instructions

struct Listed {
    number: u8,
    name: &'static str,
    operands: String,
    docs: String,
}

macro_rules! list_ops {
    ($($(#[doc = $doc:literal])* $name:ident = $number:literal $text:literal { $($field:ident: $ty:ty),* },)*) => {
        fn instructions() -> Vec<Listed> {
            vec![$(Listed {
                number: $number,
                name: $text,
                operands: joined(&[$(operand(stringify!($field), stringify!($ty))),*], ", "),
                docs: joined(&[$($doc.to_owned()),*], " "),
            }),*]
        }
    };
}
bp_bytecode::for_each_op!(list_ops);

macro_rules! list_builtins {
    ($($(#[doc = $doc:literal])* $name:ident = $number:literal $text:literal ($($param:ident),*) -> $result:ident,)*) => {
        fn builtins() -> Vec<Listed> {
            vec![$(Listed {
                number: $number,
                name: $text,
                operands: format!("({}) → {}", joined(&[$(kind(stringify!($param)).to_owned()),*], ", "), kind(stringify!($result))),
                docs: joined(&[$($doc.to_owned()),*], " "),
            }),*]
        }
    };
}
bp_bytecode::for_each_builtin!(list_builtins);

/// An instruction may have no operand, and no documentation.
fn joined(parts: &[String], between: &str) -> String {
    parts.join(between)
}

fn operand(field: &str, ty: &str) -> String {
    let what = match ty {
        "Def" => "written",
        "Use" => "read",
        "UseWindow" => "window read",
        "DefWindow" => "window written",
        "Label" => "instruction",
        "u8" | "u16" | "u32" | "i32" => "number",
        "Cmp" | "Scales" => "comparison",
        "Stop" => "reason",
        "Side" => "side",
        "Builtin" => "function",
        "ConstId" => "literal",
        "FuncId" => "function",
        "SwitchId" => "jump table",
        "TreeId" => "search tree",
        "ConfigId" => "configured value",
        "PostId" => "posting",
        "ExpectId" => "expectation",
        "CheckId" => "condition",
        table => return format!("`{field}`: {}", table.trim_end_matches("Id").to_lowercase()),
    };
    format!("`{field}`: {what}")
}

fn kind(ty: &'static str) -> &'static str {
    match ty {
        "TextList" => "list of texts",
        "Text" => "text",
        "Word" => "word",
        "Wide" => "wide",
        "Period" => "period",
        "Amount" => "amount",
        other => other,
    }
}

#[test]
fn the_page_of_instructions_is_the_list() {
    let groups = [
        (0x01..=0x0f, "Moving"),
        (0x10..=0x1f, "Numbers"),
        (0x20..=0x2f, "Comparison and logic"),
        (0x30..=0x3f, "Control"),
        (0x40..=0x57, "Heap cells"),
        (0x58..=0x5f, "Texts"),
        (0x60..=0x67, "Built-in functions"),
        (0x68..=0x6f, "Decisions"),
        (0x70..=0xff, "The outside"),
    ];
    let clean = |docs: &str| {
        // Links of the code's documentation lead nowhere here.
        let text = docs.trim().replace("[`crate::program::Chain`]", "`Chain`").replace('|', "\\|");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let mut page = String::new();
    let mut all = instructions();
    all.sort_by_key(|op| op.number);
    for (range, title) in groups {
        let _ = write!(page, "\n## {title}\n\n| | | operands | |\n| --- | --- | --- | --- |\n");
        for op in all.iter().filter(|op| range.contains(&op.number)) {
            let _ = writeln!(page, "| {:02x} | `{}` | {} | {} |", op.number, op.name, op.operands, clean(&op.docs));
        }
    }
    let _ = write!(page, "\n## Functions of `builtin`\n\n| | | | |\n| --- | --- | --- | --- |\n");
    for builtin in builtins() {
        let _ = writeln!(
            page,
            "| {} | `{}` | {} | {} |",
            builtin.number,
            builtin.name,
            builtin.operands,
            clean(&builtin.docs)
        );
    }
    assert_eq!(builtins().len(), op::Builtin::ALL.len());
    let path = root().join("docs/instructions.md");
    fail_with(&bless::behind_mark(&path, &page).into_iter().collect::<Vec<_>>());
}
