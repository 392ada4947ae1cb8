//! Other systems: what they can be asked for, what asks them, and what they answer in a test.

use super::branch::value_block;
use super::declare::Declared;
use super::function::Code;
use super::names::nearest;
use super::rest::Arm;
use super::type_expr::starts_upper;
use super::{Checker, Def, Param};
use crate::diagnostics::Problem;
use crate::source::Place;
use crate::typed::*;
use crate::types::*;
use bp_grammar::ast::{self, Answer, Block, Expr, ExprKind, Ident, Otherwise, Path, PatternKind};
use smol_str::SmolStr;

/// What a request comes to when its time is over.
const TIMED_OUT: &str = "TimedOut";

/// A request of a run, named in a test: the run, and what was asked for.
struct Asked {
    run: TExpr,
    operation: OperationId,
}

impl<'a> Checker<'a> {
    pub(crate) fn declare_service(&mut self, decl: &'a ast::ServiceDecl) -> Declared<'a> {
        let place = self.place(decl.name.span);
        let id = ServiceId(self.checked.services.len() as u32);
        let name = self.qualified(&decl.name.text);
        let mut operations = Vec::new();
        let mut first = None;
        for operation in &decl.operations {
            let at = self.place(operation.name.span);
            let taken = decl.operations.iter().take_while(|other| !std::ptr::eq(*other, operation));
            if let Some(other) = taken.into_iter().find(|other| other.name.text == operation.name.text) {
                let other = Some(self.place(other.name.span));
                self.report(Problem::DuplicateName { place: at, name: operation.name.text.clone(), first: other });
            }
            let full: SmolStr = format!("{name}.{}", operation.name.text).into();
            let asked = RecordId(self.checked.records.len() as u32);
            self.checked.records.push(Record { name: full.clone(), fields: Vec::new(), place: at });
            let outcome = EnumId(self.checked.enums.len() as u32);
            self.checked.enums.push(Enum { name: full, cases: Vec::new(), is_outcome: true, place: at });
            let number = OperationId(self.checked.operations.len() as u32);
            first.get_or_insert(number);
            operations.push(number);
            self.checked.operations.push(Operation {
                service: id,
                name: operation.name.text.clone(),
                asked,
                outcome,
                late: None,
                docs: operation.docs.join("\n").into(),
                place: at,
            });
        }
        self.checked.services.push(Service { name, operations, place });
        self.name(&decl.name, Def::Service(id));
        Declared::Service(first.unwrap_or(OperationId(0)), decl)
    }

    /// What the operations are asked with, give, and how they may fail.
    pub(crate) fn service_fields(&mut self, first: OperationId, decl: &ast::ServiceDecl) {
        for (number, operation) in decl.operations.iter().enumerate() {
            let known = &self.checked.operations[first.index() + number];
            let (asked, outcome, place) = (known.asked, known.outcome, known.place);
            let mut seen = Vec::new();
            let fields = operation.params.iter().map(|field| self.field(field, &mut seen)).collect();
            self.checked.records[asked.index()].fields = fields;
            self.refuse_same_outside(operation.params.iter().map(|f| (&f.name, f.outside.as_ref())));
            for failure in operation.fails.iter().filter(|failure| failure.path.last().text == TIMED_OUT) {
                let place = self.place(failure.path.span);
                let what = "a failure";
                self.report(Problem::NameOfLanguage { place, name: TIMED_OUT.into(), what });
            }
            let result = operation.result.as_ref().map_or(Type::Nothing, |result| self.type_of(result));
            let cases = self.outcome_cases(&result, &operation.fails, place);
            self.checked.enums[outcome.index()].cases = cases;
        }
    }

    /// Conditions and defaults of what the operations are asked with.
    pub(crate) fn service_clauses(&mut self, first: OperationId, decl: &ast::ServiceDecl) {
        for (number, operation) in decl.operations.iter().enumerate() {
            let asked = self.checked.operations[first.index() + number].asked;
            let name = self.checked.records[asked.index()].name.clone();
            self.record_checks(asked, &name, 0, &operation.params);
        }
    }

    /// `request Carrier.book(…) within 1 hour retry 5 times else { … }`: rests until the other system has answered.
    pub(crate) fn request(
        &mut self,
        code: &mut Code,
        request: &ast::Request,
        place: Place,
        hint: Option<&Type>,
    ) -> TExpr {
        let Some(process) = self.may_rest(code, place) else { return TExpr::invalid(place) };
        let Some(operation) = self.operation_of(&request.operation) else { return TExpr::invalid(place) };
        let Operation { asked, outcome, .. } = self.checked.operations[operation.index()];
        self.checked.processes[process.index()].requests.insert(operation);
        let name = self.checked.records[asked.index()].name.clone();
        let asked = self.make_record(code, asked, &request.args, place);
        let due = request.within.as_ref().map(|within| self.away(code, within));
        let retries = request.retry.as_ref().map(|retry| self.expr_as(code, retry, &Type::INT));
        let point = self.point_name(process, &format!("request {name}"));
        let event = TEvent::Request(Box::new(TRequest { operation, asked, due: due.clone(), retries }));
        let ty = Type::Enum(outcome);
        let given = code.hidden(ty.clone(), place);
        let answer = |body| Arm { event, given: vec![(given, ty)], body };
        match (&request.otherwise, due) {
            (Some(Otherwise::Arms(arms)), due) => {
                let handlers = ast::Handlers {
                    span: arms.first().map_or_else(Default::default, |arm| arm.span),
                    arms: arms.clone(),
                };
                match due.filter(|_| says_late(arms)) {
                    Some(due) => {
                        let late = self.late_outcome(operation);
                        let body = self.as_late(code, given, outcome, late, place);
                        let over = self.checked.enums[late.index()].cases.len() as u16 - 1;
                        let over = value_block(self.outcome_case(late, over, Vec::new(), place));
                        let arms =
                            vec![answer(body), Arm { event: TEvent::Moment(due), given: Vec::new(), body: over }];
                        let ended = self.rest(point, arms, place, None, true);
                        self.handled_outcome(code, ended, late, Some(&handlers), &name, hint)
                    }
                    None => {
                        if request.within.is_none() && self.refuse_late(arms) {
                            return TExpr::invalid(place);
                        }
                        let body = value_block(self.read(code, given, place));
                        let ended = self.rest(point, vec![answer(body)], place, None, true);
                        self.handled_outcome(code, ended, outcome, Some(&handlers), &name, hint)
                    }
                }
            }
            (Some(otherwise), due) => {
                let ended = self.read(code, given, place);
                let value = self.handled_outcome(code, ended, outcome, None, &name, hint);
                let body = value_block(value);
                let over = match otherwise {
                    Otherwise::Block(block) => Some(self.block(code, block, hint, true)),
                    Otherwise::Stmt(stmt) => {
                        let block = Block { span: stmt.span, stmts: vec![(**stmt).clone()] };
                        Some(self.block(code, &block, hint, true))
                    }
                    Otherwise::Escalate(_) | Otherwise::Arms(_) => None,
                };
                let mut arms = vec![answer(body)];
                match (due, over) {
                    (Some(due), Some(body)) => {
                        arms.push(Arm { event: TEvent::Moment(due), given: Vec::new(), body });
                    }
                    (_, None) => self.report(Problem::LateHere { place }),
                    (None, Some(_)) => self.report(Problem::NeverLate { place }),
                }
                self.rest(point, arms, place, hint, true)
            }
            (None, _) => {
                let body = value_block(self.read(code, given, place));
                let ended = self.rest(point, vec![answer(body)], place, None, true);
                self.handled_outcome(code, ended, outcome, None, &name, hint)
            }
        }
    }

    /// The outcome of an operation, and `TimedOut`.
    fn late_outcome(&mut self, operation: OperationId) -> EnumId {
        let Operation { outcome, late, place, .. } = self.checked.operations[operation.index()];
        if let Some(late) = late {
            return late;
        }
        let declared = &self.checked.enums[outcome.index()];
        let (name, mut cases) = (declared.name.clone(), declared.cases.clone());
        cases.push(Case { name: TIMED_OUT.into(), outside: TIMED_OUT.into(), fields: Vec::new() });
        let late = EnumId(self.checked.enums.len() as u32);
        self.checked.enums.push(Enum { name, cases, is_outcome: true, place });
        self.checked.operations[operation.index()].late = Some(late);
        late
    }

    /// What was answered, as the outcome that has `TimedOut` as well.
    fn as_late(&mut self, code: &mut Code, given: LocalId, from: EnumId, to: EnumId, place: Place) -> TBlock {
        let mut arms = Vec::new();
        for (number, case) in self.checked.enums[from.index()].cases.clone().iter().enumerate() {
            let number = number as u16;
            let locals: Vec<LocalId> = case.fields.iter().map(|f| code.hidden(f.ty.clone(), place)).collect();
            let values = locals.iter().map(|local| self.read(code, *local, place)).collect();
            let parts = locals.iter().zip(&case.fields);
            let parts = parts.map(|(l, f)| TPattern { kind: P::Bind(*l), ty: f.ty.clone(), place }).collect();
            let pattern = TPattern { kind: P::Case(from, number, parts), ty: Type::Enum(from), place };
            let body = value_block(self.outcome_case(to, number, values, place));
            arms.push(TArm { place, patterns: vec![pattern], body });
        }
        let (value, ty) = (self.read(code, given, place), Type::Enum(to));
        value_block(TExpr::new(T::Match(Box::new(TMatch { value, arms, ty: ty.clone() })), ty, place))
    }

    /// Tells of a way on for the time being over, where nothing says when that is; whether there is one.
    fn refuse_late(&mut self, arms: &[ast::Arm]) -> bool {
        let late = arms.iter().flat_map(|arm| &arm.patterns).find(|pattern| is_timed_out(pattern));
        if let Some(pattern) = late {
            let place = self.place(pattern.span);
            self.report(Problem::NeverLate { place });
        }
        late.is_some()
    }

    /// `Carrier.book`
    fn operation_of(&mut self, path: &Path) -> Option<OperationId> {
        let (name, words) = path.words.split_last()?;
        let span = words.first()?.span.to(words.last()?.span);
        let service = Path { words: words.to_vec(), span };
        let id = match self.def_of_path(&service, "service")? {
            Def::Service(id) => id,
            Def::Broken => return None,
            _ => {
                let place = self.place(span);
                self.report(Problem::NotA { place, name: service.text().into(), what: "a service" });
                return None;
            }
        };
        let service = &self.checked.services[id.index()];
        let (inside, operations) = (service.name.clone(), service.operations.clone());
        self.operation_named(name, &operations, inside)
    }

    /// The one of some operations that has a name; told where there is none.
    fn operation_named(&mut self, name: &Ident, of: &[OperationId], inside: SmolStr) -> Option<OperationId> {
        let names = || of.iter().map(|id| self.checked.operations[id.index()].name.as_str());
        if let Some(at) = names().position(|known| known == name.text) {
            return Some(of[at]);
        }
        let similar = nearest(&name.text, names());
        let place = self.place(name.span);
        let (what, name) = ("operation", name.text.clone());
        self.report(Problem::UnknownName { place, what, name, similar, inside: Some(inside) });
        None
    }

    // ---- in a test

    /// `run.Carrier.book`: what the open request asks with, `none` where none is open.
    pub(crate) fn request_field(&mut self, code: &mut Code, base: &Expr, name: &Ident, place: Place) -> Option<TExpr> {
        let Asked { run, operation } = self.request_of(code, base, name)??;
        let asked = Type::Record(self.checked.operations[operation.index()].asked);
        Some(TExpr::new(T::RunRequest(run.boxed(), operation), Type::option(asked), place))
    }

    /// The request that `run.Carrier` and `book` name; `None` where the first is something else, and within it where that
    /// names none.
    fn request_of(&mut self, code: &mut Code, base: &Expr, name: &Ident) -> Option<Option<Asked>> {
        let ExprKind::Field { base: run, name: service, safe: false } = &base.kind else { return None };
        if !starts_upper(&service.text) {
            return None;
        }
        if let ExprKind::Name(word) = &run.kind
            && code.lookup(&word.text).is_none()
        {
            return None;
        }
        let run = self.expr(code, run, None);
        let Type::Run(process) = run.ty else {
            if !run.ty.is_invalid() {
                self.wrong_type(&run, "a run of a process");
            }
            return Some(None);
        };
        let asks = &self.checked.processes[process.index()];
        let (inside, requests) = (asks.name.clone(), asks.requests.clone());
        let service_of = |id: &OperationId| {
            let service = self.checked.operations[id.index()].service;
            last_word(&self.checked.services[service.index()].name).to_owned()
        };
        let of: Vec<OperationId> = requests.iter().filter(|id| service_of(id) == service.text).copied().collect();
        if of.is_empty() {
            let services: Vec<String> = requests.iter().map(service_of).collect();
            let similar = nearest(&service.text, services.iter().map(String::as_str));
            let (place, name) = (self.place(service.span), service.text.clone());
            self.report(Problem::UnknownName {
                place,
                what: "request to a service",
                name,
                similar,
                inside: Some(inside),
            });
            return Some(None);
        }
        let inside = format!("the requests of {inside} to {}", service.text).into();
        Some(self.operation_named(name, &of, inside).map(|operation| Asked { run, operation }))
    }

    /// `answer run.Carrier.book(…)`, `answer run.Carrier.book failed NoCapacity`, `… error "no connection"`
    pub(crate) fn answer(&mut self, code: &mut Code, request: &Expr, answer: &Answer, place: Place) -> Option<S> {
        let (named, args) = match (&request.kind, answer) {
            (ExprKind::Call { callee, args }, Answer::Given) => (&**callee, Some(args)),
            (_, Answer::Failed(_) | Answer::Error(_)) => (request, None),
            (_, Answer::Given) => {
                self.report(Problem::SaysWhat { place, word: "answer" });
                return None;
            }
        };
        let found = match &named.kind {
            ExprKind::Field { base, name, safe: false } => self.request_of(code, base, name),
            _ => None,
        };
        let Some(found) = found else {
            self.report(Problem::SaysWhat { place, word: "answer" });
            return None;
        };
        let Asked { run, operation } = found?;
        let outcome = self.checked.operations[operation.index()].outcome;
        let (error, value) = match answer {
            Answer::Error(why) => (true, self.expr_as(code, why, &Type::Text)),
            Answer::Given => {
                let values = self.given_answer(code, outcome, args?, place);
                (false, self.outcome_case(outcome, 0, values, place))
            }
            Answer::Failed(failed) => {
                let word = failed.failure.last();
                let cases = &self.checked.enums[outcome.index()].cases;
                let Some(index) = cases.iter().skip(1).position(|c| c.name == word.text).map(|i| i + 1) else {
                    let similar = nearest(&word.text, cases.iter().skip(1).map(|c| c.name.as_str()));
                    let of = self.checked.enums[outcome.index()].name.clone();
                    let place = self.place(word.span);
                    self.report(Problem::UndeclaredFailure { place, name: word.text.clone(), of, similar });
                    return None;
                };
                let none = ast::Args { span: failed.failure.span, list: Vec::new(), generator: None };
                (false, self.make_case(code, outcome, index, failed.args.as_ref().unwrap_or(&none), place))
            }
        };
        (!value.ty.is_invalid()).then_some(S::Answer { run, operation, error, value })
    }

    /// What an operation gives: its value, or the fields of its record by their names.
    fn given_answer(&mut self, code: &mut Code, outcome: EnumId, args: &ast::Args, place: Place) -> Vec<TExpr> {
        let ty = self.done_type(outcome);
        let named = args.list.first().is_none_or(|arg| arg.name.is_some());
        match (self.base(&ty), named) {
            (Type::Record(id), true) => vec![self.make_record(code, id, args, place)],
            _ => {
                let fields = &self.checked.enums[outcome.index()].cases[0].fields;
                let params: Vec<Param> =
                    fields.iter().map(|f| Param { name: f.name.clone(), ty: f.ty.clone(), default: None }).collect();
                let name = self.checked.enums[outcome.index()].name.clone();
                self.arguments(code, &name, &params, args, place)
            }
        }
    }
}

/// Does one of these arms say what is done when the time is over?
fn says_late(arms: &[ast::Arm]) -> bool {
    let takes = |pattern: &ast::Pattern| {
        is_timed_out(pattern) || matches!(pattern.kind, PatternKind::Wildcard | PatternKind::Bind(_))
    };
    arms.iter().any(|arm| arm.patterns.iter().any(takes))
}

fn is_timed_out(pattern: &ast::Pattern) -> bool {
    matches!(&pattern.kind, PatternKind::Case { path, .. } if path.last().text == TIMED_OUT)
}
