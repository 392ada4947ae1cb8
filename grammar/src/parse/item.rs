//! Declarations.

use super::nodes::{Node, Nodes};
use super::{Builder, Rule, first_line};
use crate::ast::{
    Account, AccountClause, AccountKind, ActionDecl, Body, CaseDecl, Dimension, EntityBody, EntityDecl, EnumDecl, Expr,
    Failure, Field, FnDecl, Ident, Index, Item, ItemKind, MessageDecl, Numbered, OnLimit, Operation, Path, ProcessDecl,
    Receivers, RecordDecl, ReportDecl, Rhythm, ScheduleDay, ScheduleDecl, ServiceDecl, StartedBy, TestDecl, TypeDecl,
    TypeExpr, UnitDecl, Use,
};
use crate::error::SyntaxErrorKind;
use crate::span::Span;

impl<'a> Builder<'a> {
    pub(super) fn item(&mut self, node: Option<Node<'a>>) -> Item {
        let span = self.span_or_whole(&node);
        let mut nodes = self.inside(node);
        let docs = self.docs(&mut nodes);
        let kind = match nodes.next() {
            Some(inner) => self.item_kind(inner),
            None => {
                self.internal(span, "an item is empty");
                ItemKind::Invalid { name: None }
            }
        };
        Item { docs, span, kind }
    }

    fn item_kind(&mut self, node: Node<'a>) -> ItemKind {
        let span = self.span(&node);
        let rule = node.as_rule();
        let mut nodes = Nodes::inside(node);
        match rule {
            Rule::use_ => {
                let path = self.path(nodes.next());
                let names = nodes.next().map(|list| Nodes::inside(list).map(|word| self.word(Some(word))).collect());
                ItemKind::Use(Use { path, names })
            }
            Rule::currency => ItemKind::Currency(self.currency_name(nodes.next())),
            Rule::unit_decl => {
                let name = self.word(nodes.next());
                let value = nodes.eat(Rule::expr).map(|value| self.expr(Some(value)));
                let scale = nodes.next().map(|digits| (self.small_number(&digits), self.span(&digits)));
                ItemKind::Unit(UnitDecl { name, value, scale })
            }
            Rule::config => ItemKind::Config(self.fields(nodes.next())),
            Rule::type_decl => {
                let name = self.type_name(nodes.next());
                let ty = self.type_(nodes.next());
                let where_ = nodes.eat(Rule::where_).map(|node| self.where_(Some(node)));
                ItemKind::Type(TypeDecl { name, ty, where_ })
            }
            Rule::enum_ => {
                let name = self.type_name(nodes.next());
                let cases = nodes.map(|case| self.case(case)).collect();
                ItemKind::Enum(EnumDecl { name, cases })
            }
            Rule::record => {
                let name = self.type_name(nodes.next());
                ItemKind::Record(RecordDecl { name, fields: self.fields(nodes.next()) })
            }
            Rule::entity => ItemKind::Entity(self.entity(nodes)),
            Rule::extend => {
                let entity = self.path(nodes.next());
                ItemKind::Extend { entity, body: self.entity_body(nodes.next()) }
            }
            Rule::chart => ItemKind::Chart(nodes.map(|account| self.account(account)).collect()),
            Rule::message => ItemKind::Message(self.message(nodes)),
            Rule::service => {
                let name = self.type_name(nodes.next());
                let operations = nodes.map(|operation| self.operation(operation)).collect();
                ItemKind::Service(ServiceDecl { name, operations })
            }
            Rule::role => ItemKind::Role(self.type_name(nodes.next())),
            Rule::duty => ItemKind::Duty(nodes.map(|word| self.word(Some(word))).collect()),
            Rule::decision => ItemKind::Decision(self.decision(nodes, span)),
            Rule::schedule => ItemKind::Schedule(self.schedule(nodes)),
            Rule::test => {
                let title = self.text_lit(nodes.next());
                let currency = nodes.eat(Rule::kw_in).map(|_| self.currency_name(nodes.next()));
                ItemKind::Test(TestDecl { title, currency, body: self.block(nodes.next()) })
            }
            _ => self.code(rule, nodes, span),
        }
    }

    /// What has parameters and a body.
    fn code(&mut self, rule: Rule, mut nodes: Nodes<'a>, span: Span) -> ItemKind {
        let name = self.value_name(nodes.next());
        let params = self.params(nodes.eat(Rule::params));
        let result = self.result(&mut nodes);
        match rule {
            Rule::fn_ => {
                let result = result.unwrap_or_else(|| self.type_(None));
                ItemKind::Fn(FnDecl { name, params, result, body: self.body(nodes.next()) })
            }
            Rule::action => {
                let fails = self.fails(&mut nodes);
                ItemKind::Action(ActionDecl { name, params, result, fails, body: self.body(nodes.next()) })
            }
            Rule::report => ItemKind::Report(ReportDecl { name, params, result, body: self.body(nodes.next()) }),
            Rule::process => ItemKind::Process(self.process(nodes, name, params, result)),
            _ => {
                self.internal(span, "an item is unknown");
                ItemKind::Invalid { name: Some(name) }
            }
        }
    }

    fn process(&mut self, nodes: Nodes<'a>, name: Ident, params: Vec<Field>, result: Option<TypeExpr>) -> ProcessDecl {
        let (mut key, mut started_by, mut fails) = (None, None, None);
        for node in nodes {
            let span = self.span(&node);
            let repeated = match node.as_rule() {
                Rule::key => key.replace(self.paths(node)).map(|_| "`key`"),
                Rule::started_by => {
                    let mut inside = Nodes::inside(node);
                    let role = self.path(inside.next());
                    let duty = inside.next().map(|duty| self.label(Some(duty)));
                    started_by.replace(StartedBy { role, duty }).map(|_| "`started by`")
                }
                Rule::fails => fails.replace(self.failures(node)).map(|_| "`fails`"),
                _ => {
                    let body = self.block(Some(node));
                    let (key, fails) = (key.unwrap_or_default(), fails.unwrap_or_default());
                    return ProcessDecl { name, params, result, key, started_by, fails, body };
                }
            };
            self.repeated(repeated, span);
        }
        let (key, fails) = (key.unwrap_or_default(), fails.unwrap_or_default());
        ProcessDecl { name, params, result, key, started_by, fails, body: self.block(None) }
    }

    fn repeated(&mut self, what: Option<&'static str>, span: Span) {
        if let Some(what) = what {
            self.error(first_line(self.text, self.base, span), SyntaxErrorKind::Repeated { what });
        }
    }

    fn result(&mut self, nodes: &mut Nodes<'a>) -> Option<TypeExpr> {
        nodes.eat(Rule::result).map(|node| self.type_(Nodes::inside(node).next()))
    }

    /// A block, or one expression behind `=`.
    fn body(&mut self, node: Option<Node<'a>>) -> Body {
        let mut inside = self.inside(node);
        match inside.next() {
            Some(node) if node.as_rule() == Rule::expr => Body::Expr(self.expr(Some(node))),
            node => Body::Block(self.block(node)),
        }
    }

    fn fields(&mut self, node: Option<Node<'a>>) -> Vec<Field> {
        let nodes = self.inside(node);
        self.fields_of(nodes)
    }

    fn paths(&mut self, node: Node<'a>) -> Vec<Path> {
        Nodes::inside(node).map(|path| self.path(Some(path))).collect()
    }

    fn fails(&mut self, nodes: &mut Nodes<'a>) -> Vec<Failure> {
        match nodes.eat(Rule::fails) {
            Some(node) => self.failures(node),
            None => Vec::new(),
        }
    }

    fn failures(&mut self, node: Node<'a>) -> Vec<Failure> {
        let mut failures = Vec::new();
        for failure in Nodes::inside(node) {
            let mut nodes = Nodes::inside(failure);
            let path = self.path(nodes.next());
            let fields = match nodes.next() {
                Some(params) => self.fields_of(Nodes::inside(params)),
                None => Vec::new(),
            };
            failures.push(Failure { path, fields });
        }
        failures
    }

    // -------------------------------------------------------- data

    fn case(&mut self, node: Node<'a>) -> CaseDecl {
        let mut nodes = Nodes::inside(node);
        let docs = self.docs(&mut nodes);
        let name = self.type_name(nodes.next());
        let fields = match nodes.eat(Rule::params) {
            Some(params) => self.fields_of(Nodes::inside(params)),
            None => Vec::new(),
        };
        let outside = nodes.eat(Rule::as_name).map(|node| self.as_name(Some(node)));
        CaseDecl { docs, name, fields, outside }
    }

    fn entity(&mut self, mut nodes: Nodes<'a>) -> EntityDecl {
        let name = self.type_name(nodes.next());
        let (mut key, mut numbered) = (None, None);
        for node in nodes {
            let span = self.span(&node);
            let repeated = match node.as_rule() {
                Rule::key => key.replace(self.paths(node)).map(|_| "`key`"),
                Rule::numbered => {
                    let mut inside = Nodes::inside(node);
                    let format = self.expr(inside.next());
                    let by = inside.next().map(|by| self.word(Some(by)));
                    numbered.replace(Numbered { format, by }).map(|_| "`numbered`")
                }
                _ => {
                    let body = self.entity_body(Some(node));
                    return EntityDecl { name, key: key.unwrap_or_default(), numbered, body };
                }
            };
            self.repeated(repeated, span);
        }
        EntityDecl { name, key: key.unwrap_or_default(), numbered, body: self.entity_body(None) }
    }

    fn entity_body(&mut self, node: Option<Node<'a>>) -> EntityBody {
        let mut body = EntityBody::default();
        for part in self.inside(node) {
            let Some(inner) = Nodes::inside(part).next() else { continue };
            match inner.as_rule() {
                Rule::states => {
                    for chain in Nodes::inside(inner) {
                        body.states.push(Nodes::inside(chain).map(|word| self.label(Some(word))).collect());
                    }
                }
                Rule::index_decl => {
                    let mut nodes = Nodes::inside(inner);
                    let unique = nodes.has(Rule::kw_unique);
                    let fields = nodes.map(|path| self.path(Some(path))).collect();
                    body.indexes.push(Index { unique, fields });
                }
                Rule::derived => {
                    let mut nodes = Nodes::inside(inner);
                    let docs = self.docs(&mut nodes);
                    if let Some(field) = nodes.next() {
                        let mut field = self.field(field);
                        field.docs.splice(0..0, docs);
                        body.derived.push(field);
                    }
                }
                _ => body.fields.push(self.field(inner)),
            }
        }
        body
    }

    // -------------------------------------------------------- accounts

    fn account(&mut self, node: Node<'a>) -> Account {
        let span = self.span(&node);
        let mut nodes = Nodes::inside(node);
        let docs = self.docs(&mut nodes);
        let kind_node = nodes.next();
        let start = kind_node.as_ref().map_or(span.start, |kind| self.span(kind).start);
        let kind = match kind_node.map(|kind| kind.as_str()) {
            Some("asset") => AccountKind::Asset,
            Some("liability") => AccountKind::Liability,
            Some("equity") => AccountKind::Equity,
            Some("income") => AccountKind::Income,
            Some("expense") => AccountKind::Expense,
            Some("quantity") => AccountKind::Quantity,
            Some("budget") => AccountKind::Budget,
            _ => AccountKind::Limit,
        };
        let name = self.value_name(nodes.next());
        let code = nodes.eat(Rule::text).map(|code| self.text_lit(Some(code)));
        let clauses = nodes.filter_map(|clause| self.account_clause(clause)).collect();
        Account { docs, span: Span::new(start, span.end), kind, name, code, clauses }
    }

    fn account_clause(&mut self, node: Node<'a>) -> Option<AccountClause> {
        let span = self.span(&node);
        let inner = Nodes::inside(node).next_any()?;
        let rule = inner.as_rule();
        let text = inner.as_str();
        let mut nodes = Nodes::inside(inner);
        Some(match rule {
            Rule::by_dimensions => AccountClause::By(nodes.map(|node| self.dimension(node)).collect()),
            Rule::in_unit => AccountClause::In(self.word(nodes.next())),
            Rule::up_to => AccountClause::UpTo(self.expr(nodes.next())),
            Rule::never => {
                nodes.has(Rule::kw_never);
                let below = nodes.has(Rule::kw_below);
                let limit = self.expr(nodes.next());
                if below { AccountClause::NeverBelow(limit) } else { AccountClause::NeverAbove(limit) }
            }
            Rule::per_period => AccountClause::Per(self.word(nodes.next())),
            Rule::grouped_as => AccountClause::GroupedAs(nodes.map(|word| self.word(Some(word))).collect()),
            Rule::kw_lots => AccountClause::Lots(span),
            Rule::for_exchange => AccountClause::ForExchange(span),
            _ => {
                let on_limit = match text {
                    "stop" => OnLimit::Stop,
                    "warn" => OnLimit::Warn,
                    _ => OnLimit::Ignore,
                };
                AccountClause::OnLimit(on_limit, span)
            }
        })
    }

    fn dimension(&mut self, node: Node<'a>) -> Dimension {
        let span = self.span(&node);
        let mut nodes = Nodes::inside(node);
        let name = nodes.eat(Rule::word).map(|name| self.label(Some(name)));
        nodes.peek();
        Dimension { name, ty: self.type_parts(&mut nodes, span) }
    }

    // -------------------------------------------------------- messages, services, schedules

    fn message(&mut self, mut nodes: Nodes<'a>) -> MessageDecl {
        let name = self.type_name(nodes.next());
        let (mut key, mut keep, mut to, mut internal) = (None, None, None, None);
        while let Some(clause) = nodes.eat(Rule::message_clause) {
            let span = self.span(&clause);
            let mut inside = Nodes::inside(clause);
            let repeated = if let Some(node) = inside.eat(Rule::key) {
                key.replace(self.paths(node)).map(|_| "`key`")
            } else if let Some(node) = inside.eat(Rule::keep) {
                let value: Expr = self.expr(Nodes::inside(node).next());
                keep.replace(value).map(|_| "`keep`")
            } else if inside.has(Rule::kw_to) {
                let receivers = if inside.has(Rule::kw_one) { Receivers::One } else { Receivers::All };
                to.replace(receivers).map(|_| "`to`")
            } else {
                internal.replace(span).map(|_| "`internal`")
            };
            self.repeated(repeated, span);
        }
        MessageDecl { name, key: key.unwrap_or_default(), keep, to, internal, fields: self.fields(nodes.next()) }
    }

    fn operation(&mut self, node: Node<'a>) -> Operation {
        let mut nodes = Nodes::inside(node);
        let docs = self.docs(&mut nodes);
        let name = self.label(nodes.next());
        let params = self.params(nodes.eat(Rule::params));
        let result = self.result(&mut nodes);
        Operation { docs, name, params, result, fails: self.fails(&mut nodes) }
    }

    fn schedule(&mut self, mut nodes: Nodes<'a>) -> ScheduleDecl {
        let name = self.value_name(nodes.next());
        let mut inside = self.inside(nodes.next());
        let rhythm = if inside.has(Rule::kw_every) {
            Rhythm::Every(self.expr(inside.next()))
        } else {
            match inside.next().map(|word| word.as_str()) {
                Some("weekly") => Rhythm::Weekly,
                Some("monthly") => Rhythm::Monthly,
                Some("yearly") => Rhythm::Yearly,
                _ => Rhythm::Daily,
            }
        };
        let on = if nodes.has(Rule::kw_on) {
            Some(if nodes.has(Rule::kw_day) {
                ScheduleDay::Day(self.expr(nodes.next()))
            } else {
                ScheduleDay::Weekday(self.word(nodes.next()))
            })
        } else {
            None
        };
        let at = nodes.eat(Rule::kw_at).map(|_| self.expr(nodes.next()));
        let missed = nodes.eat(Rule::kw_missed).map(|_| self.word(nodes.next()));
        ScheduleDecl { name, rhythm, on, at, missed, body: self.block(nodes.next()) }
    }
}
