//! Processes: what they take, give and how they may fail; steps.

use super::declarations::value_body;
use super::function::{Binding, Code, CodeKind};
use super::names::mentions;
use super::{Checker, Effect, KEY_SEPARATOR, Param, Signature};
use crate::diagnostics::Problem;
use crate::source::Place;
use crate::typed::walk;
use crate::typed::*;
use crate::types::*;
use bp_bytecode::process::Channel;
use bp_grammar::ast::{self, Args, Expr, ExprKind, Path, ProcessStmt, Run};
use smol_str::SmolStr;

impl Checker<'_> {
    /// Parameters, result and failures.
    pub(crate) fn process_interface(&mut self, id: ProcessId, decl: &ast::ProcessDecl) {
        if let Some(started_by) = &decl.started_by {
            self.starter(id, started_by);
        }
        let result = decl.result.as_ref().map_or(Type::Nothing, |r| self.type_of(r));
        let mut params = Vec::new();
        let mut fields = Vec::new();
        for param in &decl.params {
            let place = self.place(param.name.span);
            if params.iter().any(|p: &Param| p.name == param.name.text) {
                self.report(Problem::DuplicateName { place, name: param.name.text.clone(), first: None });
            }
            let ty = self.type_of(&param.ty);
            params.push(Param { name: param.name.text.clone(), ty: ty.clone(), default: None });
            fields.push(Field {
                name: param.name.text.clone(),
                outside: param.outside.as_ref().map_or_else(|| param.name.text.clone(), |o| o.text.clone()),
                ty,
                default: None,
                checks: Vec::new(),
                border_checks: Vec::new(),
                personal: param.personal.is_some(),
                place,
            });
        }
        self.refuse_same_outside(decl.params.iter().map(|p| (&p.name, p.outside.as_ref())));
        let place = self.place(decl.name.span);
        let cases = self.outcome_cases(&result, &decl.fails, place);
        let process = &mut self.checked.processes[id.index()];
        process.params = fields;
        process.result = result;
        let (outcome, func) = (process.outcome, process.func);
        self.checked.enums[outcome.index()].cases = cases;
        self.signatures[func.index()] =
            Signature { params, result: Type::Enum(outcome), effect: Effect::Changes, outcome: None };
    }

    /// Defaults and conditions of parameters.
    pub(crate) fn process_clauses(&mut self, id: ProcessId, decl: &ast::ProcessDecl) {
        let func = self.checked.processes[id.index()].func;
        self.parameter_defaults(func, &decl.params);
        for (index, param) in decl.params.iter().enumerate() {
            let ty = self.checked.processes[id.index()].params[index].ty.clone();
            self.checked.processes[id.index()].params[index].default =
                self.signatures[func.index()].params[index].default;
            let mut checks = match ty.clone() {
                Type::Named(named) => self.named_conditions(named),
                _ => Vec::new(),
            };
            // A condition about the value alone can be asked at the border, before anything runs.
            let siblings = decl.params.iter().filter(|p| p.name.text != param.name.text);
            if let Some(condition) = &param.where_
                && !siblings.clone().any(|p| mentions(condition, &p.name.text))
            {
                let name = param.name.text.clone();
                checks.push(self.check_function(name.clone(), ty, condition, |_, code, value| {
                    code.bind("it".into(), Binding::Expr(value.clone().boxed()));
                    code.bind(name, Binding::Expr(value.boxed()));
                }));
            }
            self.checked.processes[id.index()].params[index].checks = checks;
        }
    }

    pub(crate) fn process(&mut self, id: ProcessId, decl: &ast::ProcessDecl) {
        let Process { func, outcome, name, place, .. } = &self.checked.processes[id.index()];
        let (func, outcome, name, place) = (*func, *outcome, name.clone(), *place);
        let mut code = Code::new(CodeKind::Process(id), Type::Enum(outcome));
        (code.outcome, code.owner) = (Some(outcome), name.clone());
        self.parameters(func, &mut code, &decl.params);
        self.find_stages(&mut code, &decl.body);
        self.checked.processes[id.index()].staged = code.stages.any();
        let mut body = self.block(&mut code, &decl.body, None, false);
        self.stages_over(&mut code);
        if body.ty != Type::Never {
            if self.checked.processes[id.index()].result == Type::Nothing {
                let done = self.outcome_case(outcome, 0, Vec::new(), place);
                body.stmts.push(TStmt { place, kind: S::Return(Some(done)) });
                body.ty = Type::Never;
            } else if body.ty != Type::Invalid {
                let at = self.end_of(&decl.body);
                let expected = self.show(&self.checked.processes[id.index()].result.clone());
                self.report(Problem::NoValue { place: at, expected });
            }
        }
        self.finish(func, name, place, decl.params.len(), code, Body::Code(body));
        if !decl.key.is_empty() {
            self.process_key(id, decl);
        }
    }

    /// `key employee.id, month`: a function of the parameters that gives the parts as one text.
    fn process_key(&mut self, id: ProcessId, decl: &ast::ProcessDecl) {
        let func = self.checked.processes[id.index()].func;
        let place = self.place(decl.key[0].span);
        let params = self.signatures[func.index()].params.clone();
        let key =
            self.reserve(Signature { params: params.clone(), result: Type::Text, effect: Effect::Pure, outcome: None });
        let mut code = Code::new(CodeKind::Pure, Type::Text);
        for (param, field) in params.iter().zip(&decl.params) {
            self.local(&mut code, &field.name, param.ty.clone(), false);
        }
        let mut parts = Vec::new();
        let mut names = Vec::new();
        for (i, path) in decl.key.iter().enumerate() {
            if i > 0 {
                parts.push(TExpr::text(KEY_SEPARATOR, place));
            }
            let value = self.path_value(&mut code, path);
            let at = self.place(path.span);
            parts.push(self.written(value, None, at));
            names.push(path.text().into());
        }
        let value = match parts.len() {
            1 => parts.swap_remove(0),
            _ => TExpr::new(T::Concat(parts), Type::Text, place),
        };
        let name: SmolStr = format!("{} key", self.checked.processes[id.index()].name).into();
        self.finish(key, name, place, params.len(), code, value_body(value));
        self.checked.processes[id.index()].key = Some(key);
        self.checked.processes[id.index()].key_names = names;
    }

    /// A dotted path as a value: a name and its fields.
    pub(crate) fn path_value(&mut self, code: &mut Code, path: &Path) -> TExpr {
        let mut e = Expr { span: path.words[0].span, kind: ExprKind::Name(path.words[0].clone()) };
        for word in &path.words[1..] {
            let span = e.span.to(word.span);
            e = Expr { span, kind: ExprKind::Field { base: Box::new(e), name: word.clone(), safe: false } };
        }
        self.expr(code, &e, None)
    }

    pub(crate) fn process_return(
        &mut self,
        code: &mut Code,
        id: ProcessId,
        value: Option<&Expr>,
        place: Place,
    ) -> Option<TExpr> {
        if code.branches.depth > 0 {
            self.report(Problem::LeavesBranch { place });
        }
        let (result, outcome) = {
            let process = &self.checked.processes[id.index()];
            (process.result.clone(), process.outcome)
        };
        match (value, &result) {
            (None, Type::Nothing) => Some(self.outcome_case(outcome, 0, Vec::new(), place)),
            (None, _) => {
                let expected = self.show(&result);
                self.report(Problem::BareReturn { place, expected });
                None
            }
            (Some(value), Type::Nothing) => {
                let value = self.expr(code, value, None);
                let found = self.show(&value.ty);
                self.report(Problem::Mismatch { place: value.place, expected: "no value".into(), found, hint: None });
                None
            }
            (Some(value), _) => {
                let value = self.expr_as(code, value, &result);
                Some(self.outcome_case(outcome, 0, vec![value], place))
            }
        }
    }

    /// What takes time or changes something and has a value.
    pub(crate) fn run(&mut self, code: &mut Code, run: &Run, place: Place, hint: Option<&Type>) -> TExpr {
        match run {
            Run::Step(step) => self.step(code, step, place, hint),
            Run::Task(task) => self.task(code, task, place, hint),
            Run::Wait(wait) => self.wait(code, wait, place, hint),
            Run::Race(arms) => self.race(code, arms, place, hint, true),
            Run::Call(call) => self.call_process(code, call, place, hint),
            Run::Parallel(parallel) => self.parallel(code, parallel, place),
            Run::Hold(hold) => self.hold(code, hold, place),
            Run::Settle(settle) => self.commit_part(code, settle, place),
            Run::Post(post) => self.posted(code, post, place),
            Run::Take(take) => self.take(code, take, place),
            Run::Move(moved) => self.move_(code, moved, place),
            Run::Request(request) => self.request(code, request, place, hint),
        }
    }

    /// `start p(…)`: in a test, or in a process outside of its steps.
    pub(crate) fn start(&mut self, code: &mut Code, path: &Path, args: &Args, place: Place) -> TExpr {
        let Some(id) = self.process_of(path, place) else { return TExpr::invalid(place) };
        match code.kind {
            CodeKind::Test => {}
            CodeKind::Process(own) if code.step.is_none() => {
                self.checked.processes[own.index()].lives = true;
                // Who starts it does not wait for it: a host has to keep it.
                self.checked.processes[id.index()].lives = true;
            }
            _ => {
                self.report(Problem::StartHere { place });
                return TExpr::invalid(place);
            }
        }
        let func = self.checked.processes[id.index()].func;
        let params = self.process_params(id);
        let name = self.checked.processes[id.index()].name.clone();
        let values = self.arguments(code, &name, &params, args, place);
        if code.kind == CodeKind::Test {
            code.calls.push((func, place));
        }
        TExpr::new(T::Start(id, values), Type::Run(id), place)
    }

    /// How a process that was started is taken back: `start p(…) undo { … }`.
    pub(crate) fn start_undo(
        &mut self,
        code: &mut Code,
        start: TExpr,
        undo: Option<&ast::Undo>,
        place: Place,
    ) -> TExpr {
        let CodeKind::Process(process) = code.kind else { return start };
        if start.ty.is_invalid() {
            return start;
        }
        match undo {
            None => code.steps_done.push(walk::Found::child()),
            Some(ast::Undo { block: None, .. }) => {}
            Some(ast::Undo { block: Some(undo), .. }) => {
                let name = match &start.ty {
                    Type::Run(id) => self.checked.processes[id.index()].name.clone(),
                    _ => SmolStr::default(),
                };
                let name = self.point_name(process, &format!("start {name}"));
                let undo = self.child_undo(code, (process, name), undo, None, place);
                let ty = start.ty.clone();
                let run = code.hidden(ty.clone(), place);
                let stmts = vec![TStmt { place, kind: S::Let(run, start) }, TStmt { place, kind: S::UndoPut(undo) }];
                let value = self.read(code, run, place);
                return TExpr::new(T::Block(TBlock { stmts, value: Some(value.boxed()), ty: ty.clone() }), ty, place);
            }
        }
        start
    }

    fn step(&mut self, code: &mut Code, step: &ast::Step, place: Place, hint: Option<&Type>) -> TExpr {
        let CodeKind::Process(id) = code.kind else {
            self.report(Problem::StepHere { place });
            return TExpr::invalid(place);
        };
        if code.step.is_some() {
            self.report(Problem::StepInStep { place });
        }
        let named = code.naming.take();
        let at = self.place(step.name.span);
        if let Some(first) = self.checked.steps.iter().find(|s| s.process == id && s.name == step.name.text) {
            let first = Some(first.place);
            self.report(Problem::DuplicateName { place: at, name: step.name.text.clone(), first });
        }
        let step_id = StepId(self.checked.steps.len() as u32);
        self.checked.steps.push(Step { name: step.name.text.clone(), process: id, stays: false, place: at });
        let outcome = EnumId(self.checked.enums.len() as u32);
        self.checked.enums.push(Enum { name: step.name.text.clone(), cases: Vec::new(), is_outcome: true, place: at });
        let outer = code.step.replace(outcome);
        let mut body = self.block(code, &step.body, hint, true);
        code.step = outer;
        let fails = !self.checked.enums[outcome.index()].cases.is_empty();
        if !fails && let Some(handlers) = &step.handlers {
            let at = self.place(handlers.span);
            self.report(Problem::NothingFails { place: at });
        }
        let failing =
            fails.then(|| self.step_handler(code, outcome, step.handlers.as_ref(), hint.or(Some(&body.ty)), at));
        if step.undo.is_none() {
            let found = walk::of_block(&body);
            self.steps_without.push((step_id, found.clone()));
            code.steps_done.push(found);
        }
        let mut ty = body.ty.clone();
        if let Some(failing) = &failing {
            let handled = failing.handler.ty.clone();
            match self.join(&ty, &handled) {
                Some(joined) => ty = joined,
                None => {
                    let (expected, found) = (self.show(&ty), self.show(&handled));
                    let hint = Some("what handles a failure gives what the step would have given, or leaves".into());
                    self.report(Problem::Mismatch { place: at, expected, found, hint });
                }
            }
        }
        if ty != body.ty {
            body = self.coerce_block(body, &ty);
        }
        let undo = match &step.undo {
            Some(ast::Undo { span, block: Some(undo) }) => {
                self.checked.processes[id.index()].lives = true;
                let at = self.place(*span);
                let result =
                    named.filter(|_| !matches!(ty, Type::Nothing | Type::Never)).map(|name| (name, ty.clone()));
                Some(self.undo(code, step_id, undo, result, at))
            }
            _ => None,
        };
        TExpr::new(T::Step(step_id, Box::new(TStep { body, failing, undo })), ty, place)
    }

    pub(crate) fn process_stmt(&mut self, code: &mut Code, stmt: &ProcessStmt, place: Place) -> Option<S> {
        match stmt {
            // A stage is a statement of its own kind: see `statements`.
            ProcessStmt::Stage { name, .. } => {
                let place = self.place(name.span);
                self.report(Problem::StageHere { place });
                None
            }
            ProcessStmt::Exclusive { keys, body } => Some(S::Expr(self.exclusive(code, keys, body, place))),
            ProcessStmt::Scope(scope) => Some(S::Expr(self.scope(code, scope, place))),
            ProcessStmt::Pause(body) => self.pause(code, body, place),
            ProcessStmt::Send { channel, what, to } => self.send(code, *channel, what, to, place),
            ProcessStmt::SendMessage(what) => self.send_message(code, what, place),
            ProcessStmt::Form(_) => {
                self.report(Problem::FormHere { place });
                None
            }
        }
    }

    /// `send email mail to address`: a record with a `subject` and a `body`; `send http order to url`: any record.
    fn send(&mut self, code: &mut Code, channel: ast::Channel, what: &Expr, to: &Expr, place: Place) -> Option<S> {
        let CodeKind::Process(id) = code.kind else {
            self.report(Problem::SendHere { place });
            return None;
        };
        self.checked.processes[id.index()].lives = true;
        let channel = match channel {
            ast::Channel::Email => Channel::Email,
            ast::Channel::Http => Channel::Http,
        };
        let what = self.expr(code, what, None);
        let to = self.expr_as(code, to, &Type::Text);
        let is_text = |record: RecordId, name: &str| {
            let field = self.checked.records[record.index()].fields.iter().find(|field| field.name == name);
            field.is_some_and(|field| self.base(&field.ty) == Type::Text)
        };
        match self.base(&what.ty) {
            Type::Invalid => None,
            Type::Record(_) if channel == Channel::Http => Some(S::Send { channel, what, to }),
            _ if channel == Channel::Http => {
                self.wrong_type(&what, "what is sent as JSON: a record");
                None
            }
            Type::Record(record) if is_text(record, "subject") && is_text(record, "body") => {
                Some(S::Send { channel, what, to })
            }
            _ => {
                self.wrong_type(&what, "a mail: a record with a `subject` and a `body`, both texts");
                None
            }
        }
    }
}
