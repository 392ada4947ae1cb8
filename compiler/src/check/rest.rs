//! Where a process rests: tasks, waits, races, children.
//!
//! What may happen becomes an enum with a case for each event, and what is done then a `match` over it: so lowering
//! and proofs meet nothing new but the value of a [`TRest`].

use super::branch::value_block;
use super::function::{Binding, Code, CodeKind};
use super::outcome::plain_field;
use super::{Checker, Def};
use crate::diagnostics::Problem;
use crate::source::Place;
use crate::typed::walk;
use crate::typed::*;
use crate::types::*;
use bp_bytecode::op::Builtin;
use bp_bytecode::process::READ_FROM;
use bp_grammar::ast::{self, Block, Expr, FormStmt, Otherwise, ProcessStmt, StmtKind, Trigger, WaitFor};
use smol_str::SmolStr;

/// An event and what is done when it happens.
pub(crate) struct Arm {
    pub event: TEvent,
    /// Hold what the event gives.
    pub given: Vec<(LocalId, Type)>,
    pub body: TBlock,
}

/// What a deadline does.
#[derive(Default)]
struct Late {
    due: Option<TExpr>,
    escalate: Option<TExpr>,
    /// The way on when the moment comes.
    arm: Option<TBlock>,
}

impl Checker<'_> {
    /// Whether a process may rest here; told where not.
    pub(crate) fn may_rest(&mut self, code: &Code, place: Place) -> Option<ProcessId> {
        match code.kind {
            CodeKind::Process(id) if code.step.is_none() => {
                self.checked.processes[id.index()].lives = true;
                Some(id)
            }
            _ => {
                self.report(Problem::WaitHere { place });
                None
            }
        }
    }

    /// A name for a point that no other point of the process has.
    pub(crate) fn point_name(&mut self, id: ProcessId, wanted: &str) -> SmolStr {
        let names = &mut self.checked.processes[id.index()].points;
        let mut name = SmolStr::new(wanted);
        let mut number = 1;
        while names.contains(&name) {
            number += 1;
            name = format!("{wanted} {number}").into();
        }
        names.insert(name.clone());
        name
    }

    pub(crate) fn task(&mut self, code: &mut Code, task: &ast::Task, place: Place, hint: Option<&Type>) -> TExpr {
        let Some(process) = self.may_rest(code, place) else { return TExpr::invalid(place) };
        let at = self.place(task.name.span);
        let taken = self.checked.processes[process.index()].tasks.iter().find(|t| t.name == task.name.text);
        if let Some(first) = taken.map(|known| Some(known.place)) {
            self.report(Problem::DuplicateName { place: at, name: task.name.text.clone(), first });
        }
        let title = self.expr_as(code, &task.title, &Type::Text);
        let role = self.expr_as(code, &task.role, &Type::Role);
        let duty = task.duty.as_ref().and_then(|duty| self.played(duty));
        let (form, shown) = self.form(code, task, at);
        self.checked.processes[process.index()].tasks.push(TaskForm { name: task.name.text.clone(), form, place: at });
        let late = self.deadline(code, task.deadline.as_ref(), true, hint);
        let name = self.point_name(process, &task.name.text);
        let event = TEvent::Task(Box::new(TTask {
            name: task.name.text.clone(),
            title,
            role,
            form,
            shown,
            due: late.due.clone(),
            escalate: late.escalate,
            may_change: task.may_change,
            duty,
        }));
        let given = code.hidden(Type::Record(form), place);
        let body = value_block(self.read(code, given, place));
        let mut arms = vec![Arm { event, given: vec![(given, Type::Record(form))], body }];
        if let (Some(due), Some(body)) = (late.due, late.arm) {
            arms.push(Arm { event: TEvent::Moment(due), given: Vec::new(), body });
        }
        self.rest(name, arms, place, hint, true)
    }

    /// `show` and `ask`: the record that the task gives, and a record of what it shows.
    fn form(&mut self, code: &mut Code, task: &ast::Task, at: Place) -> (RecordId, TExpr) {
        let mut asked: Vec<ast::Field> = Vec::new();
        let mut names: Vec<SmolStr> = Vec::new();
        let mut values: Vec<TExpr> = Vec::new();
        let mut fields: Vec<(SmolStr, Type)> = Vec::new();
        let mut read: Vec<TExpr> = Vec::new();
        for stmt in &task.body.stmts {
            let form = match &stmt.kind {
                StmtKind::Process(process) => match &**process {
                    ProcessStmt::Form(form) => Some(form),
                    _ => None,
                },
                _ => None,
            };
            match form {
                Some(FormStmt::Ask(list)) => asked.extend(list.iter().cloned()),
                Some(FormStmt::Show(list)) => {
                    for shown in list {
                        let known = code.locals.len();
                        let value = self.expr(code, shown, None);
                        if value.ty.is_invalid() {
                            continue;
                        }
                        if !task.may_change && !matches!(value.ty, Type::Entity(_)) {
                            read.extend(walk::documents(&value, known).into_iter().cloned());
                        }
                        let name = self.text(shown.span);
                        if matches!(value.ty, Type::Nothing | Type::Never | Type::Hold(_) | Type::Run(_)) {
                            self.wrong_type(&value, "something that a form can show");
                        } else if !names.contains(&name) {
                            names.push(name.clone());
                            let ty = self.stored(&value.ty);
                            values.push(self.coerce(value, &ty));
                            fields.push((name, ty));
                        }
                    }
                }
                None => {
                    let place = self.place(stmt.span);
                    self.report(Problem::FormOnly { place });
                }
            }
        }
        // What a value was read from is known by its version, so that nobody decides by what is out of date.
        for document in read {
            let name: SmolStr = format!("{READ_FROM}{}", self.text(document.place.span)).into();
            if !names.contains(&name) {
                names.push(name.clone());
                fields.push((name, document.ty.clone()));
                values.push(document);
            }
        }
        let form = RecordId(self.checked.records.len() as u32);
        self.checked.records.push(Record { name: task.name.text.clone(), fields: Vec::new(), place: at });
        let mut seen = Vec::new();
        let declared = asked.iter().map(|field| self.field(field, &mut seen)).collect();
        self.checked.records[form.index()].fields = declared;
        self.refuse_same_outside(asked.iter().map(|f| (&f.name, f.outside.as_ref())));
        self.record_checks(form, &task.name.text, 0, &asked);
        let record = self.anonymous(fields);
        (form, TExpr::new(T::Record(record, values), Type::Record(record), at))
    }

    /// `within 2 business_days else …`, `by invoice.due`.
    fn deadline(
        &mut self,
        code: &mut Code,
        deadline: Option<&ast::Deadline>,
        escalates: bool,
        hint: Option<&Type>,
    ) -> Late {
        let Some(deadline) = deadline else { return Late::default() };
        let place = self.place(deadline.span);
        let due = match deadline.by {
            true => self.moment(code, &deadline.limit, true),
            false => self.away(code, &deadline.limit),
        };
        let mut late = Late { due: Some(due), escalate: None, arm: None };
        match &deadline.otherwise {
            None => {}
            Some(Otherwise::Escalate(path)) if escalates => {
                late.escalate = match self.def_of_path(path, "role") {
                    Some(Def::Role(id)) => {
                        let at = self.place(path.span);
                        Some(TExpr::number(i128::from(id.0), Type::Role, at))
                    }
                    Some(Def::Broken) | None => None,
                    Some(_) => {
                        let place = self.place(path.span);
                        self.report(Problem::NotA { place, name: path.text().into(), what: "a role" });
                        None
                    }
                };
            }
            Some(Otherwise::Block(block)) => late.arm = Some(self.block(code, block, hint, true)),
            Some(Otherwise::Stmt(stmt)) => {
                let block = Block { span: stmt.span, stmts: vec![(**stmt).clone()] };
                late.arm = Some(self.block(code, &block, hint, true));
            }
            Some(Otherwise::Escalate(_) | Otherwise::Arms(_)) => self.report(Problem::LateHere { place }),
        }
        late
    }

    /// The moment that is a time away from now.
    pub(crate) fn away(&mut self, code: &mut Code, time: &Expr) -> TExpr {
        let time = self.expr_as(code, time, &Type::Period);
        let place = time.place;
        let now = TExpr::new(T::Now, Type::DateTime, place);
        TExpr::new(T::Builtin(Builtin::DateTimePlus, vec![now, time]), Type::DateTime, place)
    }

    /// A moment, or the start or the end of a date in the tenant's zone.
    pub(crate) fn moment(&mut self, code: &mut Code, at: &Expr, end: bool) -> TExpr {
        let value = self.expr(code, at, None);
        let place = value.place;
        match self.base(&value.ty) {
            Type::DateTime | Type::Invalid => value,
            Type::Date => {
                let day = match end {
                    true => {
                        let day = Constant::Period { months: 0, days: 1, business_days: 0, seconds: 0 };
                        let day = TExpr::new(T::Constant(day), Type::Period, place);
                        TExpr::new(T::Builtin(Builtin::DatePlus, vec![value, day]), Type::Date, place)
                    }
                    false => value,
                };
                let midnight = TExpr::number(0, Type::Time, place);
                TExpr::new(T::Builtin(Builtin::Moment, vec![day, midnight]), Type::DateTime, place)
            }
            _ => {
                self.wrong_type(&value, "a date or a moment");
                TExpr::invalid(place)
            }
        }
    }

    pub(crate) fn wait(&mut self, code: &mut Code, wait: &ast::Wait, place: Place, hint: Option<&Type>) -> TExpr {
        let Some(process) = self.may_rest(code, place) else { return TExpr::invalid(place) };
        let (event, given, body, name) = match &wait.what {
            WaitFor::Until(at) => {
                let at = self.moment(code, at, false);
                (TEvent::Moment(at), None, nothing(), "wait".into())
            }
            WaitFor::Time(time) => {
                let at = self.away(code, time);
                (TEvent::Moment(at), None, nothing(), "wait".into())
            }
            WaitFor::Message { new, message, where_ } => {
                let Some(id) = self.message_of(message) else { return TExpr::invalid(place) };
                let Some((event, given, filter)) = self.message_event(code, id, *new, where_.as_ref(), None, place)
                else {
                    return TExpr::invalid(place);
                };
                let mut body = value_block(self.read(code, given.0, place));
                body.stmts = filter;
                (event, Some(given), body, format!("wait {}", message.last().text))
            }
        };
        let late = self.deadline(code, wait.deadline.as_ref(), false, hint);
        let name = self.point_name(process, &name);
        let mut arms = vec![Arm { event, given: given.into_iter().collect(), body }];
        match (late.due, late.arm) {
            (Some(due), Some(body)) => arms.push(Arm { event: TEvent::Moment(due), given: Vec::new(), body }),
            // It marks nothing that anybody looks at: without an `else` the deadline of a wait says nothing.
            (Some(due), None) => self.report(Problem::LateHere { place: due.place }),
            _ => {}
        }
        self.rest(name, arms, place, hint, true)
    }

    /// A message as an event, the local that it is given to, and what has to hold of it besides its key.
    pub(crate) fn message_event(
        &mut self,
        code: &mut Code,
        id: MessageId,
        fresh: bool,
        where_: Option<&Expr>,
        name: Option<&ast::Ident>,
        place: Place,
    ) -> Option<(TEvent, (LocalId, Type), Vec<TStmt>)> {
        let ty = Type::Record(self.checked.messages[id.index()].record);
        let names: Vec<&str> = name.iter().map(|name| name.text.as_str()).chain(["it"]).collect();
        let (key, rest) = self.message_key(code, id, where_, &names, place)?;
        let given = code.hidden(ty.clone(), place);
        code.open();
        let read = self.read(code, given, place);
        for name in names {
            code.bind(name.into(), Binding::Expr(read.clone().boxed()));
        }
        let mut filter = Vec::new();
        for condition in rest {
            let condition = self.expr_as(code, condition, &Type::Bool);
            let at = condition.place;
            let decline = TBlock { stmts: vec![TStmt { place: at, kind: S::Decline }], value: None, ty: Type::Never };
            filter.push(TStmt { place: at, kind: S::If { condition, then: nothing(), otherwise: decline } });
        }
        code.close();
        Some((TEvent::Message { message: id, fresh, beside: false, key }, (given, ty), filter))
    }

    pub(crate) fn race(
        &mut self,
        code: &mut Code,
        arms: &[ast::RaceArm],
        place: Place,
        hint: Option<&Type>,
        wanted: bool,
    ) -> TExpr {
        let Some(process) = self.may_rest(code, place) else { return TExpr::invalid(place) };
        let mut made = Vec::new();
        let mut ways = code.ways();
        for arm in arms {
            let at = self.place(arm.span);
            let event = match &arm.trigger {
                Trigger::On { name, message, where_ } => {
                    let Some(id) = self.message_of(message) else { continue };
                    let event = self.message_event(code, id, false, where_.as_ref(), name.as_ref(), at);
                    let Some((event, given, filter)) = event else { continue };
                    code.open();
                    if let Some(name) = name {
                        let read = self.read(code, given.0, at);
                        code.bind(name.text.clone(), Binding::Expr(read.boxed()));
                    }
                    let mut body = self.block(code, &arm.body, hint, wanted);
                    code.close();
                    body.stmts.splice(0..0, filter);
                    ways.gone(code, &body);
                    made.push(Arm { event, given: vec![given], body });
                    continue;
                }
                Trigger::After(time) => TEvent::Moment(self.away(code, time)),
                Trigger::Until(moment) => TEvent::Moment(self.moment(code, moment, false)),
                Trigger::CancelOn { .. } | Trigger::Every { .. } => {
                    self.report(Problem::LateHere { place: at });
                    continue;
                }
            };
            let body = self.block(code, &arm.body, hint, wanted);
            ways.gone(code, &body);
            made.push(Arm { event, given: Vec::new(), body });
        }
        ways.together(code);
        if made.is_empty() {
            return TExpr::invalid(place);
        }
        let name = self.point_name(process, "race");
        self.rest(name, made, place, hint, wanted)
    }

    /// `call p(…) else { Failure(x) => … }`: rests until the child has ended.
    pub(crate) fn call_process(
        &mut self,
        code: &mut Code,
        call: &ast::Call,
        place: Place,
        hint: Option<&Type>,
    ) -> TExpr {
        let Some(process) = self.may_rest(code, place) else { return TExpr::invalid(place) };
        let Some(id) = self.process_of(&call.process, place) else { return TExpr::invalid(place) };
        let named = code.naming.take();
        let (child, outcome) = (self.checked.processes[id.index()].func, self.checked.processes[id.index()].outcome);
        let params = self.signatures[child.index()].params.clone();
        let name = self.checked.processes[id.index()].name.clone();
        let values = self.arguments(code, &name, &params, &call.args, place);
        let ty = Type::Enum(outcome);
        let point = self.point_name(process, &format!("call {name}"));
        let given = code.hidden(ty.clone(), place);
        let mut body = value_block(self.read(code, given, place));
        match &call.undo {
            None | Some(ast::Undo { block: None, .. }) => {}
            Some(ast::Undo { block: Some(undo), .. }) => {
                let result = self.checked.processes[id.index()].result.clone();
                let result = named.filter(|_| result != Type::Nothing).map(|name| (name, result.clone()));
                let undo = self.child_undo(code, (process, point.clone()), undo, result, place);
                let done = self.read(code, given, place);
                body.stmts.push(self.if_done(outcome, done, undo, place));
            }
        }
        let arm = Arm {
            event: TEvent::Child { process: id, params: values, stays: call.undo.is_none() },
            given: vec![(given, ty)],
            body,
        };
        let ended = self.rest(point, vec![arm], place, None, true);
        let value = self.handled_outcome(code, ended, outcome, call.handlers.as_ref(), &name, hint);
        // A child that has failed has taken itself back; one that is done stays as it is.
        if call.undo.is_none() {
            code.steps_done.push(walk::Found::child());
        }
        value
    }

    /// A point with its events, and the `match` over what happens.
    pub(crate) fn rest(
        &mut self,
        name: SmolStr,
        arms: Vec<Arm>,
        place: Place,
        hint: Option<&Type>,
        wanted: bool,
    ) -> TExpr {
        let id = EnumId(self.checked.enums.len() as u32);
        let mut cases = Vec::new();
        for (number, arm) in arms.iter().enumerate() {
            let field =
                |(part, (_, ty)): (usize, &(LocalId, Type))| plain_field(&format!("given{part}"), ty.clone(), place);
            let fields = arm.given.iter().enumerate().map(field).collect();
            let name: SmolStr = format!("Event{number}").into();
            cases.push(Case { name: name.clone(), outside: name, fields });
        }
        self.checked.enums.push(Enum { name: name.clone(), cases, is_outcome: true, place });
        let ty = Type::Enum(id);
        let mut events = Vec::new();
        let mut checked = Vec::new();
        for (number, arm) in arms.into_iter().enumerate() {
            events.push(arm.event);
            let bind = |(local, ty): (LocalId, Type)| TPattern { kind: P::Bind(local), ty, place };
            let parts = arm.given.into_iter().map(bind).collect();
            let pattern = TPattern { kind: P::Case(id, number as u16, parts), ty: ty.clone(), place };
            checked.push(TArm { place, patterns: vec![pattern], body: arm.body });
        }
        let value = TExpr::new(T::Rest(Box::new(TRest { name, events })), ty, place);
        let matched = self.match_of(value, checked, place, hint, wanted);
        let ended = matched.arms.iter().all(|arm| arm.body.ty == Type::Never);
        let ty = if ended { Type::Never } else { matched.ty.clone() };
        TExpr::new(T::Match(Box::new(matched)), ty, place)
    }
}

fn nothing() -> TBlock {
    TBlock { stmts: Vec::new(), value: None, ty: Type::Nothing }
}
