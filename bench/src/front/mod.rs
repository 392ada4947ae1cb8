//! A project of any size, made of modules that are right: the same on every run.
//!
//! `unit.txt` is an area of business with everything that the language checks and runs so far: types, records, a
//! chart with a limit, an entity, functions, decisions, a process with a step and postings, one that waits, tests. A
//! module is a head and several of them; it uses `base` and the module before it, and `main` uses all.

use std::fmt::Write;

const BASE: &str = include_str!("base.txt");
const HEAD: &str = include_str!("head.txt");
const UNIT: &str = include_str!("unit.txt");

/// A module's dotted name and its text.
pub type Module = (String, String);

/// A project of about so many lines in so many modules, `base` and `main` apart. The last module is `main`.
pub fn project(lines: usize, modules: usize) -> Vec<Module> {
    let mut made = vec![("base".to_owned(), BASE.to_owned())];
    let (mut written, mut unit) = (BASE.lines().count(), 0);
    for module in 0..modules {
        let mut text = HEAD.replace('#', &module.to_string());
        if let Some(before) = module.checked_sub(1) {
            let use_ = format!("use m{before}.{{margin_of_{before}}}\n");
            let by = format!(
                "fn margins_of_{module}(amount: Money) -> Money = margin_of_{before}(amount) + margin_of_{module}(amount)\n"
            );
            text = text.replace("use base", &(use_ + "use base")) + "\n" + &by;
        }
        written += text.lines().count();
        let wanted = lines * (module + 1) / modules;
        // The nearest number of whole areas.
        while written + UNIT.lines().count() / 2 <= wanted {
            text.push('\n');
            text += &UNIT.replace('@', &unit.to_string());
            written += UNIT.lines().count() + 1;
            unit += 1;
        }
        // Long numbers make long lines, which are laid out otherwise.
        made.push((format!("m{module}"), bp_grammar::format(&text)));
    }
    made.push(("main".to_owned(), main(modules)));
    made
}

fn main(modules: usize) -> String {
    let mut text = String::from("//! All regions together.\n\n");
    for module in 0..modules {
        let _ = writeln!(text, "use m{module}.{{margin_of_{module}}}");
    }
    text += "\ncurrency USD\n\nfn all_margins(amount: Money) -> List<Money> = [\n";
    for module in 0..modules {
        let _ = writeln!(text, "  margin_of_{module}(amount),");
    }
    text + "]\n\ntest \"all margins\" { expect count(all_margins(100 USD)) == " + &format!("{modules} }}\n")
}

pub fn lines(project: &[Module]) -> usize {
    project.iter().map(|(_, text)| text.lines().count()).sum()
}
