//! From the tree of a file to what a process consists of.
//!
//! What only computes is left out: a picture shows what takes time, what is committed and where ways part.

mod branches;
mod rests;
mod words;

use crate::Source;
use crate::flow::*;
use bp_grammar::ast::*;
use bp_grammar::span::Span;
use std::collections::HashSet;
use std::fmt::Write;
use words::{Decisions, one_line};

/// A process or schedule, ready to be laid out.
#[derive(Debug, Clone)]
pub struct Process {
    pub name: String,
    /// The lines of its documentation.
    pub docs: Vec<String>,
    pub flow: Flow,
}

/// Reads the process or schedule of that name; `None` if the file has none.
pub fn process(source: Source<'_>, name: &str) -> Option<Process> {
    source.file.items.iter().find_map(|item| {
        let (known, body) = match &item.kind {
            ItemKind::Process(process) => (&process.name, &process.body),
            ItemKind::Schedule(schedule) => (&schedule.name, &schedule.body),
            _ => return None,
        };
        if known.text != name {
            return None;
        }
        let mut reader = Reader::new(source);
        let start = match &item.kind {
            ItemKind::Schedule(schedule) => reader.by_the_clock(schedule),
            ItemKind::Process(process) => reader.by_somebody(process),
            _ => return None,
        };
        let mut flows = vec![Flow::Node(start)];
        flows.extend(reader.block(body));
        flows.push(Flow::Close(Node::new(Kind::Event(Position::End, Sign::Plain), "")));
        let mut flow = Flow::Seq(flows);
        flow.keep_landings(&|name| reader.jumped_to.contains(name));
        Some(Process { name: name.to_owned(), docs: item.docs.iter().map(|line| line.to_string()).collect(), flow })
    })
}

struct Reader<'s> {
    text: &'s str,
    decisions: Decisions<'s>,
    /// Where somebody jumps to.
    jumped_to: HashSet<String>,
    /// The loops around, the innermost last.
    loops: Vec<Around>,
    /// How many loops are left by a jump.
    left: usize,
}

/// A loop, and how it is left in its middle.
enum Around {
    /// By a jump to behind it, which has a name once somebody takes it.
    While(Option<String>),
    /// By an end of its subprocess.
    For,
}

impl<'s> Reader<'s> {
    fn new(source: Source<'s>) -> Reader<'s> {
        Reader {
            text: source.text,
            decisions: Decisions::new(source),
            jumped_to: HashSet::new(),
            loops: Vec::new(),
            left: 0,
        }
    }

    fn source(&self, span: Span) -> String {
        one_line(self.text.get(span.range()).unwrap_or_default())
    }

    fn line(&self, span: Span) -> usize {
        self.text.as_bytes()[..span.start as usize].iter().filter(|byte| **byte == b'\n').count() + 1
    }

    /// `step settle, line 12`
    fn about(&self, what: &str, span: Span) -> String {
        format!("{what}, line {}", self.line(span))
    }

    fn by_the_clock(&self, schedule: &ScheduleDecl) -> Node {
        let mut text = match &schedule.rhythm {
            Rhythm::Every(interval) => format!("every {}", self.source(interval.span)),
            Rhythm::Daily => "daily".to_owned(),
            Rhythm::Weekly => "weekly".to_owned(),
            Rhythm::Monthly => "monthly".to_owned(),
            Rhythm::Yearly => "yearly".to_owned(),
        };
        // Writing to a text does not fail.
        let _ = match &schedule.on {
            Some(ScheduleDay::Day(day)) => write!(text, " on day {}", self.source(day.span)),
            Some(ScheduleDay::Weekday(day)) => write!(text, " on {}", day.text),
            None => Ok(()),
        };
        if let Some(at) = &schedule.at {
            let _ = write!(text, " at {}", self.source(at.span));
        }
        let about = self.about(&format!("schedule {}", schedule.name.text), schedule.name.span);
        Node::new(Kind::Event(Position::Start, Sign::Timer), text).about(about)
    }

    fn by_somebody(&self, process: &ProcessDecl) -> Node {
        let by = process.started_by.as_ref().map(|by| format!("by {}", by.role.last().text));
        let about = self.about(&format!("process {}", process.name.text), process.name.span);
        Node::new(Kind::Event(Position::Start, Sign::Plain), by.unwrap_or_default()).about(about)
    }

    fn block(&mut self, block: &Block) -> Vec<Flow> {
        let mut flows = Vec::new();
        for (at, stmt) in block.stmts.iter().enumerate() {
            let flow = match &stmt.kind {
                StmtKind::Process(process) if matches!(**process, ProcessStmt::Stage { .. }) => {
                    self.stage(process, stmt.span, block.stmts.get(at + 1))
                }
                _ => self.stmt(stmt),
            };
            match flow {
                Flow::Seq(inner) => flows.extend(inner),
                other => flows.push(other),
            }
        }
        flows
    }

    /// A stage that ends by going to the one behind it simply goes on.
    fn stage(&mut self, stage: &ProcessStmt, span: Span, next: Option<&Stmt>) -> Flow {
        let ProcessStmt::Stage { name, body } = stage else { return Flow::nothing() };
        let next = match next.map(|stmt| &stmt.kind) {
            Some(StmtKind::Process(process)) => match &**process {
                ProcessStmt::Stage { name, .. } => Some(name.text.as_str()),
                _ => None,
            },
            _ => None,
        };
        let mut shorter = None;
        if let Some(Stmt { kind: StmtKind::Go(to), .. }) = body.stmts.last()
            && Some(to.text.as_str()) == next
        {
            let stmts = body.stmts[..body.stmts.len() - 1].to_vec();
            shorter = Some(Block { span: body.span, stmts });
        }
        let about = self.about(&format!("stage {}", name.text), span);
        let mut flows = vec![Flow::Landing { name: words::spoken(&name.text), about: about.clone() }];
        flows.extend(self.block(shorter.as_ref().unwrap_or(body)));
        let text = format!("stage {}", words::spoken(&name.text));
        Flow::Frame(Box::new(Framed { frame: Frame::Stage, text, about, flow: Flow::Seq(flows) }))
    }

    fn stmt(&mut self, stmt: &Stmt) -> Flow {
        match &stmt.kind {
            StmtKind::Let { value, .. } | StmtKind::Assign { value, .. } | StmtKind::Expr(value) => self.value(value),
            StmtKind::If { condition, then, otherwise } => {
                self.branch(condition, then, otherwise.as_deref(), stmt.span)
            }
            StmtKind::Match { value, arms } => self.matching(value, arms, stmt.span),
            StmtKind::While { condition, body } => self.cycle(condition, body, stmt.span),
            StmtKind::For(each) => self.in_turn(each, stmt.span),
            StmtKind::Return(value) => {
                let mut flows = vec![value.as_ref().map_or(Flow::nothing(), |value| self.value(value))];
                let text = value.as_ref().map(|value| self.result(value)).unwrap_or_default();
                let about = self.about("return", stmt.span);
                flows.push(Flow::Node(Node::new(Kind::Event(Position::End, Sign::Plain), text).about(about)));
                Flow::Seq(flows)
            }
            StmtKind::Fail { failure, .. } => {
                let name = &failure.last().text;
                let about = self.about(&format!("fail {name}"), stmt.span);
                Flow::Node(Node::new(Kind::Event(Position::End, Sign::Error), name.as_str()).about(about))
            }
            StmtKind::Go(to) => {
                let name = words::spoken(&to.text);
                self.jumped_to.insert(name.clone());
                let about = self.about(&format!("go {}", to.text), stmt.span);
                Flow::Node(Node::new(Kind::Event(Position::Throw, Sign::Link), name).about(about))
            }
            StmtKind::Break => self.leave(stmt.span),
            StmtKind::Process(process) => self.process(process, stmt.span),
            StmtKind::Invalid
            | StmtKind::Transition { .. }
            | StmtKind::Add { .. }
            | StmtKind::Put { .. }
            | StmtKind::Change { .. }
            | StmtKind::Post(_)
            | StmtKind::Settle(_)
            | StmtKind::Free(_)
            | StmtKind::Reverse(_)
            | StmtKind::Test(_) => Flow::nothing(),
        }
    }

    fn process(&mut self, stmt: &ProcessStmt, span: Span) -> Flow {
        match stmt {
            ProcessStmt::Stage { .. } => self.stage(stmt, span, None),
            ProcessStmt::Exclusive { keys, body } => {
                let keys: Vec<String> = keys.iter().map(|key| self.source(key.span)).collect();
                let text = format!("exclusive on {}", keys.join(", "));
                let about = self.about("exclusive", span);
                self.framed(Frame::Exclusive, text, about, body)
            }
            ProcessStmt::Pause(body) => {
                let about = self.about("pause", span);
                self.framed(Frame::Pause, "pause: the clocks stand still".to_owned(), about, body)
            }
            ProcessStmt::Scope(scope) => self.scope(scope, span),
            ProcessStmt::Send { channel, what, to } => {
                let channel = match channel {
                    Channel::Email => "email",
                    Channel::Http => "http",
                };
                let (what, to) = (self.result(what), self.source(to.span));
                let about = self.about(&format!("send {channel} {what} to {to}"), span);
                Flow::Node(Node::new(Kind::Event(Position::Throw, Sign::Message), what).about(about))
            }
            ProcessStmt::SendMessage(what) => {
                let what = self.result(what);
                let about = self.about(&format!("send message {what}"), span);
                Flow::Node(Node::new(Kind::Event(Position::Throw, Sign::Message), what).about(about))
            }
            ProcessStmt::Form(_) => Flow::nothing(),
        }
    }

    fn framed(&mut self, frame: Frame, text: String, about: String, body: &Block) -> Flow {
        let flow = Flow::Seq(self.block(body));
        Flow::Frame(Box::new(Framed { frame, text, about, flow }))
    }

    /// What has to be done for a value.
    fn value(&mut self, value: &Expr) -> Flow {
        match &value.kind {
            ExprKind::Run(run) => self.run(run, value.span),
            ExprKind::If { condition, then, otherwise } => {
                self.branch(condition, then, otherwise.as_deref(), value.span)
            }
            ExprKind::Match { value: subject, arms } => self.matching(subject, arms, value.span),
            ExprKind::Start { process, undo, .. } => {
                let name = &process.last().text;
                let about = self.about(&format!("start {}", process.text()), value.span);
                let node = Node::new(Kind::Child, format!("start {}", words::spoken(name))).about(about);
                self.attached(Flow::Node(node), name, undo.as_deref(), None, Vec::new())
            }
            ExprKind::Call { callee, .. } => match self.decisions.of(callee) {
                Some(name) => {
                    let about = self.about(&format!("decision {name}"), value.span);
                    Flow::Node(Node::new(Kind::Rule, words::spoken(&name)).about(about))
                }
                None => Flow::nothing(),
            },
            _ => Flow::nothing(),
        }
    }

    /// A value in a few words: what is constructed, or the text as it is written.
    fn result(&self, value: &Expr) -> String {
        match &value.kind {
            ExprKind::Run(_) | ExprKind::If { .. } | ExprKind::Match { .. } => String::new(),
            ExprKind::Call { callee, args } => {
                let name = words::last_name(callee).unwrap_or_default();
                // A mail is known by its subject.
                let subject = args.list.iter().find(|arg| arg.name.as_ref().is_some_and(|name| name.text == "subject"));
                match subject {
                    Some(subject) => self.title(&subject.value),
                    None if name.starts_with(char::is_uppercase) => name,
                    None => words::spoken(&name),
                }
            }
            _ => self.title(value),
        }
    }

    /// A text without its quotes; anything else as it is written.
    fn title(&self, value: &Expr) -> String {
        let ExprKind::Text(parts) = &value.kind else { return self.source(value.span) };
        let part = |part: &TextPart| match part {
            TextPart::Chars(text) => text.to_string(),
            TextPart::Hole { value, .. } => format!("{{{}}}", self.source(value.span)),
        };
        one_line(&parts.iter().map(part).collect::<String>())
    }
}
