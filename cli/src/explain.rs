//! `bp explain`: what a code means.

use crate::args::ExplainArgs;
use crate::failure::{Failure, Outcome, Result};
use crate::terminal::{Paint, Terminal};
use bp_compiler::diagnostics::{Code, Severity};
use std::fmt::Write;

/// The pages about codes by their numbers, in order.
const PAGES: &[(u16, &str)] = include!(concat!(env!("OUT_DIR"), "/pages.rs"));

/// The page about a code, as Markdown.
pub fn page(code: Code) -> Option<&'static str> {
    let at = PAGES.binary_search_by_key(&code.number(), |(number, _)| *number).ok()?;
    Some(PAGES[at].1)
}

pub fn explain(args: &ExplainArgs, terminal: &Terminal) -> Result<Outcome> {
    let text = match &args.code {
        Some(given) => {
            let code = known(given)?;
            match page(code) {
                Some(page) => drawn(page, terminal.out),
                None => brief(code, terminal.out),
            }
        }
        None => list(),
    };
    terminal.print(&text)?;
    Ok(Outcome::Fine)
}

/// `BP0501`, `bp0501`, `0501` and `501` are the same code.
fn known(given: &str) -> Result<Code> {
    let digits = match given.get(..2) {
        Some(prefix) if prefix.eq_ignore_ascii_case("bp") => &given[2..],
        _ => given,
    };
    let is_number = !digits.is_empty() && digits.len() <= 6 && digits.bytes().all(|byte| byte.is_ascii_digit());
    let Some(number) = is_number.then(|| digits.parse::<u32>().ok()).flatten() else {
        return Err(Failure::call(format!("`{given}` is no code; `bp explain --list` has all, such as BP0501")));
    };
    if let Some(code) = Code::ALL.iter().find(|code| u32::from(code.number()) == number) {
        return Ok(*code);
    }
    let missing = format!("BP{number:04}");
    let distance =
        |code: &&Code| (strsim::osa_distance(&missing, &code.to_string()), u32::from(code.number()).abs_diff(number));
    let hint = match Code::ALL.iter().min_by_key(distance) {
        Some(code) => format!("; the nearest is {code}: {}", code.title()),
        None => String::new(),
    };
    Err(Failure::call(format!("there is no code {missing}{hint}")))
}

fn severity(code: Code) -> &'static str {
    match code.severity() {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn list() -> String {
    let mut text = String::new();
    for code in Code::ALL {
        let _ = writeln!(text, "{code}  {:<7}  {}", severity(*code), code.title());
    }
    text
}

/// What the registry knows.
fn brief(code: Code, paint: Paint) -> String {
    let head = paint.bold(&format!("{code}: {}", code.title()));
    let kind = severity(code);
    format!("{head}\n\nIt is {} {kind}, since version {}.\n", if kind == "error" { "an" } else { "a" }, code.since())
}

/// A page for a terminal: its title bold, programs set in, links as their words.
fn drawn(page: &str, paint: Paint) -> String {
    let mut text = String::new();
    let mut prose = String::new();
    let mut within = false;
    for line in page.lines() {
        if let Some(words) = line.strip_prefix("```") {
            text.push_str(&without_links(&prose));
            prose.clear();
            within = !within;
            if let Some(name) = words.split(' ').find_map(|word| word.strip_prefix("name=")) {
                let _ = writeln!(text, "{}", paint.dim(&format!("{name}:")));
            }
        } else if within {
            let set_in = if line.is_empty() { String::new() } else { format!("    {line}") };
            let _ = writeln!(text, "{set_in}");
        } else if let Some(title) = line.strip_prefix("# ") {
            let _ = writeln!(text, "{}", paint.bold(title));
        } else {
            prose.push_str(line);
            prose.push('\n');
        }
    }
    text + &without_links(&prose)
}

/// Leaves the words of `[words](target)`: the target is a page of the book.
fn without_links(prose: &str) -> String {
    let mut text = String::new();
    let mut rest = prose;
    while let Some(start) = rest.find('[') {
        let behind = &rest[start + 1..];
        let link = behind.find("](").and_then(|middle| {
            let end = behind[middle..].find(')')?;
            (!behind[..middle].contains('[')).then_some((middle, middle + end + 1))
        });
        text.push_str(&rest[..start]);
        match link {
            Some((words, end)) => {
                text.push_str(&behind[..words]);
                rest = &behind[end..];
            }
            None => {
                text.push('[');
                rest = behind;
            }
        }
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_about_a_code_and_has_its_title() {
        for (number, page) in PAGES {
            let code = Code::ALL.iter().find(|code| code.number() == *number).expect("the code of a page");
            assert!(page.starts_with(&format!("# {code}: {}\n", code.title())), "{code}");
        }
    }

    #[test]
    fn links_become_their_words() {
        assert_eq!(without_links("a [b c](../d.md#e) f [g] h[1](x)."), "a b c f [g] h1.");
        assert_eq!(without_links("no [link"), "no [link");
        assert_eq!(without_links("a[[b](c)]"), "a[b]");
    }

    #[test]
    fn codes_without_a_page_have_their_entry() {
        let text = brief(Code::DecisionUnreachable, Paint { on: false });
        assert_eq!(text, "BP0613: a row that nothing reaches\n\nIt is a warning, since version 0.1.\n");
    }
}
