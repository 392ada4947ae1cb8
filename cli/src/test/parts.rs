//! What of a program tests can reach: steps, tasks, requests, failures and the ways that it can take.

use bp_grammar::nodes::{Node, nodes};
use bp_grammar::span::Span;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Step,
    Task,
    /// Another system is asked.
    Request,
    /// A way out of several: of an `if` or a `match`, of a race, behind a deadline, at the end of what fails.
    Branch,
    Fail,
    /// A row of a decision.
    Row,
}

impl Kind {
    pub const ALL: [Kind; 6] = [Kind::Step, Kind::Task, Kind::Request, Kind::Branch, Kind::Row, Kind::Fail];

    pub fn name(self) -> &'static str {
        match self {
            Kind::Step => "step",
            Kind::Task => "task",
            Kind::Request => "request",
            Kind::Branch => "branch",
            Kind::Fail => "fail",
            Kind::Row => "row",
        }
    }

    pub fn names(self) -> &'static str {
        match self {
            Kind::Step => "steps",
            Kind::Task => "tasks",
            Kind::Request => "requests",
            Kind::Branch => "branches",
            Kind::Fail => "fails",
            Kind::Row => "rows",
        }
    }
}

/// Something that a test can reach.
pub struct Part {
    pub kind: Kind,
    /// `approve`, `if net > 100`, `else`, `Parcel`
    pub name: String,
    /// Where it begins.
    pub at: u32,
    /// The code that is run when it is reached.
    pub code: Span,
}

/// How much of the text of a part is its name.
const NAME_MAX: usize = 60;

/// What of a file's text tests can reach; tests themselves are none of it, and rows are the program's to tell.
pub fn parts(text: &str) -> Vec<Part> {
    let mut found = Vec::new();
    nodes(text).iter().for_each(|node| walk(text, node, &mut found));
    found.sort_by_key(|part| part.at);
    found
}

fn walk(text: &str, node: &Node, found: &mut Vec<Part>) {
    let mut put = |kind: Kind, name: &str, at: u32, code: Span| {
        let words: Vec<&str> = name.split_whitespace().collect();
        let name = match words.join(" ") {
            long if long.chars().count() > NAME_MAX => long.chars().take(NAME_MAX).chain(['…']).collect(),
            name => name,
        };
        found.push(Part { kind, name, at, code });
    };
    let slice = |from: u32, to: u32| &text[from as usize..to as usize];
    let named = |child: &str| node.child(child).map_or("", |child| slice(child.span.start, child.span.end));
    match node.rule.as_str() {
        "test" => return,
        "step" => put(Kind::Step, named("word"), node.span.start, node.span),
        "task" => put(Kind::Task, named("word"), node.span.start, node.span),
        "request" => put(Kind::Request, named("operation_path"), node.span.start, node.span),
        "fail" => put(Kind::Fail, named("up_path"), node.span.start, node.span),
        // Each block is a way; what stands in front of it says which.
        "if_" | "if_expr" | "if_postings" => {
            let mut from = node.span.start;
            for child in &node.children {
                match child.rule.as_str() {
                    "block" | "postings" => {
                        put(Kind::Branch, slice(from, child.span.start), from, child.span);
                        from = child.span.end;
                    }
                    "kw_else" => from = child.span.start,
                    _ => {}
                }
            }
        }
        "arm" => {
            if let Some(body) = node.children.last() {
                let name = slice(node.span.start, body.span.start).trim_end().trim_end_matches("=>");
                put(Kind::Branch, name, node.span.start, body.span);
            }
        }
        "on_arm" | "after_arm" | "until_arm" | "every_arm" | "cancel_arm" | "branch" => {
            if let Some(body) = node.child("block") {
                put(Kind::Branch, slice(node.span.start, body.span.start), node.span.start, body.span);
            }
        }
        "otherwise" => {
            if let Some(body) = node.child("block").or_else(|| node.child("stmt")) {
                put(Kind::Branch, slice(node.span.start, body.span.start), node.span.start, body.span);
            }
        }
        _ => {}
    }
    node.children.iter().for_each(|child| walk(text, child, found));
}
