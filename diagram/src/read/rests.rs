//! What a process does and waits for: steps, tasks, waits, races, children, scopes.

use super::{Reader, words};
use crate::flow::*;
use bp_grammar::ast::*;
use bp_grammar::span::Span;

impl Reader<'_> {
    pub(super) fn run(&mut self, run: &Run, span: Span) -> Flow {
        match run {
            Run::Step(step) => {
                let name = &step.name.text;
                let about = self.about(&format!("step {name}"), span);
                let host = Flow::Node(Node::new(Kind::Step, words::spoken(name)).about(about));
                self.attached(host, name, step.undo.as_ref(), step.handlers.as_ref(), Vec::new())
            }
            Run::Task(task) => self.task(task, span),
            Run::Wait(wait) => self.wait(wait, span),
            Run::Race(arms) => {
                let arms = arms.iter().map(|arm| self.race_arm(arm)).collect();
                self.race(arms, span)
            }
            Run::Parallel(parallel) => self.parallel(parallel, span),
            Run::Call(call) => {
                let name = &call.process.last().text;
                let about = self.about(&format!("call {}", call.process.text()), span);
                let host = Flow::Node(Node::new(Kind::Child, words::spoken(name)).about(about));
                self.attached(host, name, call.undo.as_ref(), call.handlers.as_ref(), Vec::new())
            }
            Run::Request(request) => self.request(request, span),
            Run::Hold(_) | Run::Settle(_) | Run::Take(_) | Run::Move(_) | Run::Post(_) => Flow::nothing(),
        }
    }

    /// An activity with what takes it back and what handles its failures.
    pub(super) fn attached(
        &mut self,
        host: Flow,
        name: &str,
        undo: Option<&Undo>,
        handlers: Option<&Handlers>,
        mut events: Vec<Handler>,
    ) -> Flow {
        if let Some(handlers) = handlers {
            events.extend(handlers.arms.iter().map(|arm| {
                let event = Node::new(Kind::Event(Position::Ending, Sign::Error), self.patterns(&arm.patterns));
                let event = event.about(self.about("else", arm.span));
                Handler { event, flow: self.arm(&arm.body), joins: true }
            }));
        }
        if let Some(Undo { block: Some(block), span }) = undo {
            let about = self.about("undo", *span);
            let does = match block.stmts.as_slice() {
                [Stmt { kind: StmtKind::Expr(call), .. }] => match &call.kind {
                    ExprKind::Call { callee, .. } => words::last_name(callee),
                    _ => None,
                },
                [Stmt { kind: StmtKind::Reverse(_), .. }] => Some("reverse".to_owned()),
                _ => None,
            };
            let text = words::spoken(&does.unwrap_or_else(|| format!("undo {name}")));
            let event = Node::new(Kind::Event(Position::Ending, Sign::Undo), "").about(&about);
            let flow = Flow::Node(Node::new(Kind::Undo, text).about(about));
            events.push(Handler { event, flow, joins: false });
        }
        if events.is_empty() { host } else { Flow::Attached(Box::new(Attached { host, events })) }
    }

    fn task(&mut self, task: &Task, span: Span) -> Flow {
        let about = self.about(&format!("task {}", task.name.text), span);
        let mut node = Node::new(Kind::Person, self.title(&task.title)).about(about);
        node.note = format!("for {}", self.source(task.role.span));
        if let Some(duty) = &task.duty {
            node.note = format!("{} as {}", node.note, duty.text);
        }
        let late = task.deadline.as_ref().map(|deadline| {
            let text = self.deadline(deadline);
            self.late(text, deadline.otherwise.as_ref())
        });
        self.attached(Flow::Node(node), &task.name.text, None, None, late.into_iter().collect())
    }

    /// What another system is asked for; its failures, and the time that is over, on its border.
    fn request(&mut self, request: &Request, span: Span) -> Flow {
        let name = &request.operation.last().text;
        let about = self.about(&format!("request {}", request.operation.text()), span);
        let mut node = Node::new(Kind::Service, words::spoken(name)).about(about);
        let service: Vec<&str> = request.operation.words.iter().rev().skip(1).map(|word| word.text.as_str()).collect();
        node.note = service.first().map_or(String::new(), |service| format!("by {service}"));
        let is_late = |pattern: &Pattern| match &pattern.kind {
            PatternKind::Case { path, .. } => path.last().text == "TimedOut",
            _ => false,
        };
        let (over, failures): (Vec<&Arm>, Vec<&Arm>) = match &request.otherwise {
            Some(Otherwise::Arms(arms)) => arms.iter().partition(|arm| arm.patterns.iter().any(is_late)),
            _ => (Vec::new(), Vec::new()),
        };
        let mut events = Vec::new();
        if let Some(within) = &request.within {
            let text = format!("within {}", self.source(within.span));
            events.push(match (over.first(), &request.otherwise) {
                (Some(arm), _) => {
                    let event = Node::new(Kind::Event(Position::Ending, Sign::Timer), text);
                    Handler { event, flow: self.arm(&arm.body), joins: true }
                }
                (None, Some(Otherwise::Arms(_))) => self.late(text, None),
                (None, otherwise) => self.late(text, otherwise.as_ref()),
            });
        }
        let handlers = failures
            .first()
            .map(|first| Handlers { span: first.span, arms: failures.iter().map(|arm| (*arm).clone()).collect() });
        self.attached(Flow::Node(node), name, None, handlers.as_ref(), events)
    }

    fn deadline(&self, deadline: &Deadline) -> String {
        format!("{} {}", if deadline.by { "by" } else { "within" }, self.source(deadline.limit.span))
    }

    /// What happens to an activity that takes too long.
    fn late(&mut self, text: String, otherwise: Option<&Otherwise>) -> Handler {
        let timer = |position| Node::new(Kind::Event(position, Sign::Timer), text);
        let (position, flow, joins) = match otherwise {
            None => (Position::Beside, Flow::nothing(), false),
            Some(Otherwise::Escalate(role)) => {
                let end = Node::new(Kind::Event(Position::End, Sign::Escalation), role.last().text.as_str());
                (Position::Beside, Flow::Node(end), false)
            }
            Some(Otherwise::Block(block)) => (Position::Ending, Flow::Seq(self.block(block)), true),
            Some(Otherwise::Stmt(stmt)) => (Position::Ending, self.stmt(stmt), true),
            Some(Otherwise::Arms(arms)) => {
                let ways = arms
                    .iter()
                    .map(|arm| Way { label: self.patterns(&arm.patterns), flow: self.arm(&arm.body) })
                    .collect();
                let gateway = Node::new(Kind::Gateway(Gate::Exclusive), "");
                (Position::Ending, Flow::Split(Split { gateway, ways, join: None }), true)
            }
        };
        Handler { event: timer(position), flow, joins }
    }

    fn wait(&mut self, wait: &Wait, span: Span) -> Flow {
        let (what, sign, text) = match &wait.what {
            WaitFor::Until(moment) => ("wait".to_owned(), Sign::Timer, format!("until {}", self.source(moment.span))),
            WaitFor::Time(time) => ("wait".to_owned(), Sign::Timer, self.source(time.span)),
            WaitFor::Message { new, message, .. } => {
                let name = &message.last().text;
                let shown = if *new { format!("new {name}") } else { name.to_string() };
                (format!("wait {name}"), Sign::Message, shown)
            }
        };
        let mut caught = Node::new(Kind::Event(Position::Catch, sign), text).about(self.about(&what, span));
        let Some(deadline) = &wait.deadline else { return Flow::Node(caught) };
        let limit = self.deadline(deadline);
        let late = self.late(limit.clone(), deadline.otherwise.as_ref());
        if !late.joins {
            caught.text = format!("{} {limit}", caught.text);
            return Flow::Node(caught);
        }
        // An event has no border for another one: the first to happen decides.
        let timer = Node { kind: Kind::Event(Position::Catch, Sign::Timer), ..late.event };
        let arms = vec![Flow::Node(caught), Flow::Seq(vec![Flow::Node(timer), late.flow])];
        self.race(arms, span)
    }

    fn race(&self, arms: Vec<Flow>, span: Span) -> Flow {
        let gateway = Node::new(Kind::Gateway(Gate::Event), "").about(self.about("race", span));
        let ways = arms.into_iter().map(|flow| Way { label: String::new(), flow }).collect();
        Flow::Split(Split { gateway, ways, join: None })
    }

    fn race_arm(&mut self, arm: &RaceArm) -> Flow {
        let event = self.trigger(arm, |_| Position::Catch);
        let body = Flow::Seq(self.block(&arm.body));
        Flow::Seq(vec![Flow::Node(event), body])
    }

    fn trigger(&self, arm: &RaceArm, position: impl Fn(&Trigger) -> Position) -> Node {
        let (what, sign, text) = match &arm.trigger {
            Trigger::On { message, .. } => ("on", Sign::Message, message.last().text.to_string()),
            Trigger::CancelOn { message, .. } => ("cancel on", Sign::Message, message.last().text.to_string()),
            Trigger::After(time) => ("after", Sign::Timer, self.source(time.span)),
            Trigger::Until(moment) => ("until", Sign::Timer, format!("until {}", self.source(moment.span))),
            Trigger::Every { interval, after: None } => {
                ("every", Sign::Timer, format!("every {}", self.source(interval.span)))
            }
            Trigger::Every { interval, after: Some(after) } => {
                let text = format!("every {} after {}", self.source(interval.span), self.source(after.span));
                ("every", Sign::Timer, text)
            }
        };
        let what = if sign == Sign::Message { format!("{what} {text}") } else { what.to_owned() };
        Node::new(Kind::Event(position(&arm.trigger), sign), text).about(self.about(&what, arm.span))
    }

    pub(super) fn scope(&mut self, scope: &Scope, span: Span) -> Flow {
        let text = scope.name.as_ref().map(|name| words::spoken(&name.text)).unwrap_or_default();
        let about = self.about(format!("scope {text}").trim(), span);
        let host = self.framed(Frame::Scope, text, about, &scope.body);
        let beside = |trigger: &Trigger| matches!(trigger, Trigger::On { .. } | Trigger::Every { .. });
        let position = |trigger: &Trigger| if beside(trigger) { Position::Beside } else { Position::Ending };
        let events = scope
            .handlers
            .iter()
            .map(|handler| {
                let joins = !beside(&handler.trigger);
                let event = self.trigger(handler, position);
                let mut flow = self.block(&handler.body);
                if !joins {
                    flow.push(Flow::Close(Node::new(Kind::Event(Position::End, Sign::Plain), "")));
                }
                Handler { event, flow: Flow::Seq(flow), joins }
            })
            .collect();
        self.attached(host, "", None, None, events)
    }
}
