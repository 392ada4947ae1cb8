//! Ways that part: conditions, matches, loops, branches side by side.

use super::{Around, Reader, words};
use crate::flow::*;
use bp_grammar::ast::*;
use bp_grammar::span::Span;

impl Reader<'_> {
    pub(super) fn branch(&mut self, condition: &Expr, then: &Block, otherwise: Option<&Else>, span: Span) -> Flow {
        let then = Flow::Seq(self.block(then));
        let other = match otherwise {
            None => Flow::nothing(),
            Some(Else::Block(block)) => Flow::Seq(self.block(block)),
            Some(Else::If(chained)) => self.value(chained),
        };
        if then.is_empty() && other.is_empty() {
            return Flow::nothing();
        }
        let ways = vec![Way { label: "yes".to_owned(), flow: then }, Way { label: "no".to_owned(), flow: other }];
        let text = format!("{}?", self.source(condition.span));
        let gateway = Node::new(Kind::Gateway(Gate::Exclusive), text).about(self.about("if", span));
        Flow::Split(Split { gateway, ways, join: None })
    }

    /// A decision stands before the gateway that asks for what it says.
    pub(super) fn matching(&mut self, value: &Expr, arms: &[Arm], span: Span) -> Flow {
        let decided = self.value(value);
        let ways: Vec<Way> =
            arms.iter().map(|arm| Way { label: self.patterns(&arm.patterns), flow: self.arm(&arm.body) }).collect();
        if ways.iter().all(|way| way.flow.is_empty()) {
            return decided;
        }
        let text = if decided.is_empty() { format!("{}?", self.source(value.span)) } else { String::new() };
        let gateway = Node::new(Kind::Gateway(Gate::Exclusive), text).about(self.about("match", span));
        Flow::Seq(vec![decided, Flow::Split(Split { gateway, ways, join: None })])
    }

    pub(super) fn arm(&mut self, body: &ArmBody) -> Flow {
        match body {
            ArmBody::Block(block) => Flow::Seq(self.block(block)),
            ArmBody::Stmt(stmt) => self.stmt(stmt),
        }
    }

    /// The cases that lead into an arm.
    pub(super) fn patterns(&self, patterns: &[Pattern]) -> String {
        let one = |pattern: &Pattern| match &pattern.kind {
            PatternKind::Wildcard | PatternKind::Bind(_) => "else".to_owned(),
            PatternKind::Case { path, .. } => path.last().text.to_string(),
            _ => self.source(pattern.span),
        };
        patterns.iter().map(one).collect::<Vec<_>>().join(", ")
    }

    pub(super) fn cycle(&mut self, condition: &Expr, body: &Block, span: Span) -> Flow {
        let left = self.left;
        self.loops.push(Around::While(None));
        let body = Flow::Seq(self.block(body));
        let around = self.loops.pop();
        if !body.matters() {
            self.left = left;
            return Flow::nothing();
        }
        let endless = matches!(condition.kind, ExprKind::Bool(true));
        let text = format!("{}?", self.source(condition.span));
        let about = self.about("while", span);
        let condition = (!endless).then(|| Node::new(Kind::Gateway(Gate::Exclusive), text).about(&about));
        let mut flows = vec![Flow::Loop(Loop { condition, body: Box::new(body) })];
        if let Some(Around::While(Some(name))) = around {
            flows.push(Flow::Landing { name, about: format!("behind {about}") });
        }
        Flow::Seq(flows)
    }

    /// `for`: a subprocess that is done for each element, one after the other.
    pub(super) fn in_turn(&mut self, each: &For, span: Span) -> Flow {
        self.loops.push(Around::For);
        let flow = Flow::Seq(self.block(&each.body));
        self.loops.pop();
        if !flow.matters() {
            return Flow::nothing();
        }
        let mut text = match &each.source {
            ForSource::Values(values) => format!("for {} in {}", each.name.text, self.source(values.span)),
            ForSource::Files { .. } => format!("for {}", each.name.text),
        };
        if let Some(condition) = &each.where_ {
            text = format!("{text} where {}", self.source(condition.span));
        }
        let about = self.about("for", span);
        let decided = match &each.source {
            ForSource::Values(values) => self.value(values),
            ForSource::Files { .. } => Flow::nothing(),
        };
        Flow::Seq(vec![decided, Flow::Frame(Box::new(Framed { frame: Frame::InTurn, text, about, flow }))])
    }

    pub(super) fn leave(&mut self, span: Span) -> Flow {
        let about = self.about("break", span);
        match self.loops.last_mut() {
            Some(Around::While(name)) => {
                let name = name.get_or_insert_with(|| {
                    self.left += 1;
                    if self.left == 1 { "break".to_owned() } else { format!("break {}", self.left) }
                });
                self.jumped_to.insert(name.clone());
                Flow::Node(Node::new(Kind::Event(Position::Throw, Sign::Link), name.as_str()).about(about))
            }
            _ => Flow::Close(Node::new(Kind::Event(Position::End, Sign::Plain), "break").about(about)),
        }
    }

    pub(super) fn parallel(&mut self, parallel: &Parallel, span: Span) -> Flow {
        let join = parallel.join.as_ref().map(|join| {
            let count = join.count.as_ref().map_or("first".to_owned(), |count| self.source(count.span));
            match join.rest {
                Some(Rest::Cancel) => format!("join {count}, cancel rest"),
                Some(Rest::Drain) => format!("join {count}, drain rest"),
                None => format!("join {count}"),
            }
        });
        let about = self.about("parallel", span);
        match &parallel.body {
            ParallelBody::Branches(branches) => {
                let ways = branches
                    .iter()
                    .map(|(name, block)| Way { label: words::spoken(&name.text), flow: Flow::Seq(self.block(block)) })
                    .collect();
                let gateway = Node::new(Kind::Gateway(Gate::Parallel), "").about(&about);
                let joined = match join {
                    Some(text) => Node::new(Kind::Gateway(Gate::Complex), text).about(about),
                    None => Node::new(Kind::Gateway(Gate::Parallel), "").about(about),
                };
                Flow::Split(Split { gateway, ways, join: Some(joined) })
            }
            ParallelBody::For { name, source, where_, body } => {
                let mut text = format!("for {} in {}", name.text, self.source(source.span));
                if let Some(condition) = where_ {
                    text = format!("{text} where {}", self.source(condition.span));
                }
                if let Some(join) = join {
                    text = format!("{text}, {join}");
                }
                self.framed(Frame::Each, text, about, body)
            }
        }
    }
}
