//! Statements that only a process can say.

use super::nodes::{Node, Nodes};
use super::{Builder, Rule, first_line};
use crate::ast::{
    Call, Channel, Deadline, Expr, ExprKind, Handlers, Hold, Ident, Join, Move, Otherwise, Parallel, ParallelBody,
    Path, ProcessStmt, RaceArm, Request, Rest, Run, Scope, Step, Take, Task, Trigger, Wait, WaitFor,
};
use crate::error::SyntaxErrorKind;

impl<'a> Builder<'a> {
    /// What takes time or changes something, and also has a value. None, with an error, if nothing can be made of it.
    pub(super) fn run(&mut self, node: Node<'a>) -> Option<Run> {
        let span = self.span(&node);
        let rule = node.as_rule();
        if rule == Rule::post {
            return Some(Run::Post(Box::new(self.post(node))));
        }
        let mut nodes = Nodes::inside(node);
        Some(match rule {
            Rule::step => Run::Step(Step {
                name: self.label(nodes.next()),
                body: self.block(nodes.eat(Rule::block)),
                undo: nodes.eat(Rule::undo).map(|undo| self.undo(undo)),
                handlers: self.handlers(&mut nodes),
            }),
            Rule::task => Run::Task(self.task(nodes)),
            Rule::wait => Run::Wait(self.wait(nodes)),
            Rule::race => Run::Race(nodes.map(|arm| self.race_arm(arm)).collect()),
            Rule::parallel => Run::Parallel(self.parallel(nodes, span)?),
            Rule::call_ => Run::Call(Call {
                process: self.path(nodes.next()),
                args: self.args(nodes.next()),
                undo: nodes.eat(Rule::undo).map(|undo| self.undo(undo)),
                handlers: self.handlers(&mut nodes),
            }),
            Rule::request => Run::Request(self.request(nodes)),
            Rule::hold => Run::Hold(Hold {
                amount: self.expr(nodes.next()),
                of: self.of(&mut nodes),
                on: self.place(nodes.next()),
                over_limit: self.over_limit(&mut nodes),
                handlers: self.handlers(&mut nodes),
            }),
            Rule::settle => Run::Settle(self.settle(&mut nodes)),
            Rule::take => Run::Take(Take {
                amount: self.expr(nodes.next()),
                of: self.needed_of(&mut nodes),
                from: self.place(nodes.next()),
                order: nodes.next().map(|word| self.word(Some(word))),
            }),
            Rule::move_ => Run::Move(Move {
                amount: self.expr(nodes.next()),
                of: self.needed_of(&mut nodes),
                from: self.place(nodes.next()),
                to: self.place(nodes.next()),
                worth: self.worth(&mut nodes),
            }),
            _ => {
                self.internal(span, "a statement is unknown");
                return None;
            }
        })
    }

    fn handlers(&mut self, nodes: &mut Nodes<'a>) -> Option<Handlers> {
        let node = nodes.eat(Rule::handlers)?;
        let span = self.span(&node);
        Some(Handlers { span, arms: self.arms(Nodes::inside(node).next()) })
    }

    fn task(&mut self, mut nodes: Nodes<'a>) -> Task {
        let name = self.label(nodes.next());
        let title = self.expr(nodes.next());
        let role = self.path(nodes.next());
        let duty = nodes.eat(Rule::kw_as).and_then(|_| nodes.next()).map(|duty| self.label(Some(duty)));
        let may_change = nodes.eat(Rule::may_change).is_some();
        let body = self.block(nodes.next());
        Task { name, title, role: path_expr(role), duty, may_change, body, deadline: self.deadline(&mut nodes) }
    }

    fn deadline(&mut self, nodes: &mut Nodes<'a>) -> Option<Deadline> {
        let node = nodes.eat(Rule::deadline)?;
        let span = self.span(&node);
        let mut nodes = Nodes::inside(node);
        let by = nodes.has(Rule::kw_by);
        let limit = self.expr(nodes.next());
        Some(Deadline { span, by, limit, otherwise: self.otherwise(&mut nodes) })
    }

    fn otherwise(&mut self, nodes: &mut Nodes<'a>) -> Option<Otherwise> {
        let node = nodes.eat(Rule::otherwise)?;
        let inner = Nodes::inside(node).next();
        Some(match inner.as_ref().map(|inner| inner.as_rule()) {
            Some(Rule::escalate) => {
                let mut inside = self.inside(inner);
                Otherwise::Escalate(self.path(inside.next()))
            }
            Some(Rule::arms) => Otherwise::Arms(self.arms(inner)),
            Some(Rule::block) => Otherwise::Block(self.block(inner)),
            _ => Otherwise::Stmt(Box::new(self.stmt(inner))),
        })
    }

    fn wait(&mut self, mut nodes: Nodes<'a>) -> Wait {
        nodes.has(Rule::kw_wait);
        let what = if nodes.has(Rule::kw_until) {
            WaitFor::Until(self.expr(nodes.next()))
        } else if let Some(message) = nodes.eat(Rule::wait_message) {
            let mut inside = Nodes::inside(message);
            let new = inside.has(Rule::kw_new);
            let message = self.path(inside.next());
            WaitFor::Message { new, message, where_: inside.eat(Rule::where_).map(|node| self.where_(Some(node))) }
        } else {
            WaitFor::Time(self.expr(nodes.next()))
        };
        Wait { what, deadline: self.deadline(&mut nodes) }
    }

    fn request(&mut self, mut nodes: Nodes<'a>) -> Request {
        let operation = self.path(nodes.next());
        let args = self.args(nodes.next());
        let within = nodes.eat(Rule::kw_within).map(|_| self.expr(nodes.next()));
        let retry = nodes.eat(Rule::retry).map(|node| self.expr(Nodes::inside(node).next()));
        Request { operation, args, within, retry, otherwise: self.otherwise(&mut nodes) }
    }

    // -------------------------------------------------------- races, scopes

    fn race_arm(&mut self, node: Node<'a>) -> RaceArm {
        let span = self.span(&node);
        let rule = node.as_rule();
        let mut nodes = Nodes::inside(node);
        let trigger = match rule {
            Rule::on_arm | Rule::cancel_arm => {
                let mut inside = self.inside(nodes.next());
                let name = inside.eat(Rule::name).map(|name| self.word(Some(name)));
                let message = self.path(inside.next());
                let where_ = inside.eat(Rule::where_).map(|node| self.where_(Some(node)));
                if rule == Rule::on_arm {
                    Trigger::On { name, message, where_ }
                } else {
                    Trigger::CancelOn { name, message, where_ }
                }
            }
            Rule::until_arm => Trigger::Until(self.expr(nodes.next())),
            Rule::every_arm => {
                let interval = self.expr(nodes.next());
                let after = nodes.eat(Rule::kw_after).map(|_| self.expr(nodes.next()));
                Trigger::Every { interval, after }
            }
            _ => Trigger::After(self.expr(nodes.next())),
        };
        RaceArm { span, trigger, body: self.block(nodes.next()) }
    }

    pub(super) fn process_stmt(&mut self, node: Node<'a>) -> ProcessStmt {
        let rule = node.as_rule();
        let mut nodes = Nodes::inside(node);
        match rule {
            Rule::stage => {
                let name = self.label(nodes.next());
                ProcessStmt::Stage { name, body: self.block(nodes.next()) }
            }
            Rule::exclusive => {
                let mut keys = Vec::new();
                nodes.has(Rule::kw_exclusive);
                nodes.has(Rule::kw_on);
                while let Some(key) = nodes.eat(Rule::expr) {
                    keys.push(self.expr(Some(key)));
                }
                ProcessStmt::Exclusive { keys, body: self.block(nodes.next()) }
            }
            Rule::pause => ProcessStmt::Pause(self.block(nodes.next())),
            Rule::send => {
                let channel = match nodes.next().map(|channel| channel.as_str()) {
                    Some("message") => return ProcessStmt::SendMessage(self.expr(nodes.next())),
                    Some("http") => Channel::Http,
                    _ => Channel::Email,
                };
                ProcessStmt::Send { channel, what: self.expr(nodes.next()), to: self.expr(nodes.next()) }
            }
            _ => {
                nodes.has(Rule::kw_scope);
                let name = nodes.eat(Rule::word).map(|name| self.label(Some(name)));
                let body = self.block(nodes.next());
                let arms = nodes.filter_map(|handler| Nodes::inside(handler).next());
                let handlers = arms.map(|arm| self.race_arm(arm)).collect();
                ProcessStmt::Scope(Scope { name, body, handlers })
            }
        }
    }

    // -------------------------------------------------------- parallel

    fn parallel(&mut self, mut nodes: Nodes<'a>, span: crate::span::Span) -> Option<Parallel> {
        nodes.has(Rule::kw_parallel);
        let for_ = nodes.eat(Rule::parallel_for).map(|node| {
            let mut nodes = Nodes::inside(node);
            let name = self.value_name(nodes.next());
            let source = self.expr(nodes.next());
            (name, source, nodes.eat(Rule::where_).map(|node| self.where_(Some(node))))
        });
        let join = nodes.eat(Rule::join).map(|node| self.join(node));
        let body = nodes.next();
        let branches = match &body {
            Some(node) if node.as_rule() == Rule::branches => {
                let branches = Nodes::inside(node.clone());
                Some(branches.map(|branch| self.branch(branch)).collect::<Vec<_>>())
            }
            _ => None,
        };
        let body = match (for_, branches) {
            (Some((name, source, where_)), None) => ParallelBody::For { name, source, where_, body: self.block(body) },
            (None, Some(branches)) => ParallelBody::Branches(branches),
            (_, _) => {
                let word = first_line(self.text, self.base, span);
                let end = word.end.min(word.start + "parallel".len() as u32);
                self.error(crate::span::Span::new(word.start, end), SyntaxErrorKind::ParallelWithoutBranches);
                return None;
            }
        };
        Some(Parallel { join, body })
    }

    fn branch(&mut self, node: Node<'a>) -> (Ident, crate::ast::Block) {
        let mut nodes = Nodes::inside(node);
        (self.label(nodes.next()), self.block(nodes.next()))
    }

    fn join(&mut self, node: Node<'a>) -> Join {
        let span = self.span(&node);
        let mut nodes = Nodes::inside(node);
        nodes.has(Rule::kw_join);
        let count = if nodes.has(Rule::kw_first) { None } else { Some(self.expr(nodes.next())) };
        let rest = if nodes.has(Rule::kw_cancel) {
            Some(Rest::Cancel)
        } else if nodes.has(Rule::kw_drain) {
            Some(Rest::Drain)
        } else {
            None
        };
        Join { span, count, rest }
    }
}

/// A role as an expression: a name and its fields.
fn path_expr(path: Path) -> Expr {
    let mut words = path.words.into_iter();
    let Some(first) = words.next() else { return super::expr::invalid(path.span) };
    let first = Expr { span: first.span, kind: ExprKind::Name(first) };
    words.fold(first, |base, name| {
        let span = base.span.to(name.span);
        Expr { span, kind: ExprKind::Field { base: Box::new(base), name, safe: false } }
    })
}
