//! What tests do with the runs of processes: tasks, messages, the clock, and what a run has come to.

use super::function::{Code, CodeKind};
use super::names::nearest;
use super::{Checker, Def, Param};
use crate::diagnostics::Problem;
use crate::source::Place;
use crate::typed::*;
use crate::types::*;
use bp_grammar::ast::{Expr, ExprKind, Ident};
use smol_str::SmolStr;

impl Checker<'_> {
    /// `complete run.review(approved: true)`
    pub(crate) fn complete(&mut self, code: &mut Code, e: &Expr, place: Place) -> Option<S> {
        let ExprKind::Call { callee, args } = &e.kind else {
            self.report(Problem::SaysWhat { place, word: "complete" });
            return None;
        };
        let ExprKind::Field { base, name, safe: false } = &callee.kind else {
            self.report(Problem::SaysWhat { place, word: "complete" });
            return None;
        };
        let run = self.expr(code, base, None);
        let Type::Run(process) = run.ty else {
            if !run.ty.is_invalid() {
                self.wrong_type(&run, "a run of a process");
            }
            return None;
        };
        let tasks = &self.checked.processes[process.index()].tasks;
        let Some(task) = tasks.iter().find(|task| task.name == name.text).cloned() else {
            let similar = nearest(&name.text, tasks.iter().map(|task| task.name.as_str()));
            let inside = Some(self.checked.processes[process.index()].name.clone());
            let at = self.place(name.span);
            self.report(Problem::UnknownName { place: at, what: "task", name: name.text.clone(), similar, inside });
            return None;
        };
        let form = self.make_record(code, task.form, args, place);
        (!form.ty.is_invalid()).then_some(S::Complete { run, task: task.name, form })
    }

    /// What a test does as somebody: `complete run.approve(…) as "mia"`.
    pub(crate) fn done_by(&mut self, code: &mut Code, by: &Expr, stmt: TStmt) -> TExpr {
        let place = stmt.place;
        let who = self.expr_as(code, by, &Type::Text);
        let act = |who: TExpr| TStmt { place, kind: S::ActAs(who) };
        let stmts = vec![act(who), stmt, act(TExpr::text("", place))];
        TExpr::new(T::Block(TBlock { stmts, value: None, ty: Type::Nothing }), Type::Nothing, place)
    }

    /// `start p(…) as "rina"`
    pub(crate) fn started_by(&mut self, code: &mut Code, by: &Expr, start: TExpr) -> TExpr {
        let (place, ty) = (start.place, start.ty.clone());
        let run = code.hidden(ty.clone(), place);
        let done = self.done_by(code, by, TStmt { place, kind: S::Let(run, start) });
        let value = self.read(code, run, place);
        let stmts = vec![TStmt { place, kind: S::Expr(done) }];
        TExpr::new(T::Block(TBlock { stmts, value: Some(value.boxed()), ty: ty.clone() }), ty, place)
    }

    /// `send message Paid(invoice: number, amount: open)`
    pub(crate) fn send_message(&mut self, code: &mut Code, e: &Expr, place: Place) -> Option<S> {
        let CodeKind::Process(process) = code.kind else {
            self.report(Problem::SendHere { place });
            return None;
        };
        self.checked.processes[process.index()].lives = true;
        let (id, record) = self.message_made(code, e, Problem::SaysWhat { place, word: "send message" })?;
        Some(S::SendMessage(id, record))
    }

    /// `deliver PaymentReceived(invoice: "INV/1", amount: 5 IDR)`
    pub(crate) fn deliver(&mut self, code: &mut Code, e: &Expr, place: Place) -> Option<S> {
        let (id, record) = self.message_made(code, e, Problem::SaysWhat { place, word: "deliver" })?;
        Some(S::Deliver(id, record))
    }

    /// A message that is made on the spot; told by `otherwise` where it is something else.
    fn message_made(&mut self, code: &mut Code, e: &Expr, otherwise: Problem) -> Option<(MessageId, TExpr)> {
        let words = match &e.kind {
            ExprKind::Call { callee, .. } => super::names::dotted(callee),
            _ => None,
        };
        let def = words.as_ref().and_then(|words| self.def_of_words(words));
        let Some((Def::Message(id), _)) = def else {
            if !matches!(def, Some((Def::Broken, _))) {
                self.report(otherwise);
            }
            return None;
        };
        let record = self.expr(code, e, None);
        (!record.ty.is_invalid()).then_some((id, record))
    }

    /// `run.review`: the title of an open task, or the last value of a variable of the process.
    pub(crate) fn run_field(&mut self, run: &TExpr, process: ProcessId, name: &Ident, place: Place) -> Option<TExpr> {
        let known = &self.checked.processes[process.index()];
        if !known.lives {
            return None;
        }
        if known.tasks.iter().any(|task| task.name == name.text) {
            let kind = T::RunTask(run.clone().boxed(), name.text.clone());
            return Some(TExpr::new(kind, Type::option(Type::Text), place));
        }
        let ty = self.variable_type(process, &name.text)?;
        self.checked.processes[process.index()].noted.insert(name.text.clone());
        Some(TExpr::new(T::RunNoted(run.clone().boxed(), name.text.clone()), ty, place))
    }

    /// The type of a process's variable; of several of a name the first one's.
    fn variable_type(&self, process: ProcessId, name: &SmolStr) -> Option<Type> {
        let func = self.checked.processes[process.index()].func;
        let function = self.functions[func.index()].as_ref()?;
        let local = function.locals.iter().find(|local| local.name == *name)?;
        let ty = self.stored(&local.ty);
        (!matches!(ty, Type::Hold(_) | Type::Nothing | Type::Never)).then_some(ty)
    }

    /// A run of a process that lives, as what it has come to; any other value as it is.
    pub(crate) fn outcome_of(&self, value: TExpr) -> TExpr {
        match value.ty {
            Type::Run(id) if self.checked.processes[id.index()].lives => {
                let (place, ty) = (value.place, Type::Enum(self.checked.processes[id.index()].outcome));
                TExpr::new(T::RunOutcome(value.boxed()), ty, place)
            }
            _ => value,
        }
    }

    /// Names that a run answers to.
    pub(crate) fn run_names(&self, process: ProcessId) -> Vec<SmolStr> {
        let known = &self.checked.processes[process.index()];
        let mut names = vec![SmolStr::new("result")];
        if known.lives {
            names.extend(known.tasks.iter().map(|task| task.name.clone()));
            names.extend(known.requests.iter().map(|id| {
                let operation = &self.checked.operations[id.index()];
                let service = last_word(&self.checked.services[operation.service.index()].name);
                SmolStr::from(format!("{service}.{}", operation.name))
            }));
        }
        names
    }

    /// The process that a path names.
    pub(crate) fn process_of(&mut self, path: &bp_grammar::ast::Path, place: Place) -> Option<ProcessId> {
        match self.def_of_path(path, "process")? {
            Def::Process(id) => Some(id),
            Def::Broken => None,
            _ => {
                self.report(Problem::NotA { place, name: path.text().into(), what: "a process" });
                None
            }
        }
    }

    /// The parameters of a call as they are asked for.
    pub(crate) fn process_params(&self, process: ProcessId) -> Vec<Param> {
        self.signatures[self.checked.processes[process.index()].func.index()].params.clone()
    }
}
