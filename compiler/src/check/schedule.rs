//! Schedules: processes that begin by the clock.

use super::Checker;
use super::function::{Code, CodeKind};
use crate::diagnostics::Problem;
use crate::typed::*;
use crate::types::*;
use bp_bytecode::process::Missed;
use bp_grammar::ast::{self, Expr, Ident, ProcessDecl, ScheduleDay, ScheduleDecl};

/// The days of the week, Monday first, as they are written.
const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

impl Checker<'_> {
    /// A schedule is a process without parameters, which nobody else needs to start.
    pub(crate) fn schedule_interface(&mut self, id: ProcessId, decl: &ScheduleDecl) {
        self.process_interface(id, &as_process(decl, false));
    }

    /// What it does, and when.
    pub(crate) fn schedule(&mut self, id: ProcessId, decl: &ScheduleDecl) {
        self.checked.processes[id.index()].lives = true;
        self.process(id, &as_process(decl, true));
        let place = self.place(decl.name.span);
        let name = decl.name.text.clone();
        let at = decl.at.as_ref().map(|at| self.when(&name, at, &Type::Time));
        let rhythm = match (&decl.rhythm, &decl.on) {
            (ast::Rhythm::Every(interval), None) => {
                if let Some(at) = &decl.at {
                    let place = self.place(at.span);
                    self.report(Problem::ScheduleDay { place });
                }
                Rhythm::Every(self.when(&name, interval, &Type::Period))
            }
            (ast::Rhythm::Daily, None) => Rhythm::Daily,
            (ast::Rhythm::Weekly, None) => Rhythm::Weekly(1),
            (ast::Rhythm::Weekly, Some(ScheduleDay::Weekday(day))) => Rhythm::Weekly(self.weekday(day)),
            (ast::Rhythm::Monthly, None) => Rhythm::Monthly(None),
            (ast::Rhythm::Monthly, Some(ScheduleDay::Day(day))) => {
                Rhythm::Monthly(Some(self.when(&name, day, &Type::INT)))
            }
            (ast::Rhythm::Yearly, None) => Rhythm::Yearly(None),
            (ast::Rhythm::Yearly, Some(ScheduleDay::Day(day))) => {
                Rhythm::Yearly(Some(self.when(&name, day, &Type::INT)))
            }
            (_, Some(ScheduleDay::Weekday(word))) => {
                let place = self.place(word.span);
                self.report(Problem::ScheduleDay { place });
                Rhythm::Daily
            }
            (_, Some(ScheduleDay::Day(day))) => {
                let place = self.place(day.span);
                self.report(Problem::ScheduleDay { place });
                Rhythm::Daily
            }
        };
        let missed = match &decl.missed {
            None => Missed::Each,
            Some(word) => match word.text.as_str() {
                "each" => Missed::Each,
                "last" => Missed::Last,
                "skip" => Missed::Skip,
                _ => {
                    let place = self.place(word.span);
                    self.report(Problem::MissedHow { place });
                    Missed::Each
                }
            },
        };
        self.checked.schedules.push(Schedule { process: id, rhythm, at, missed, place });
    }

    /// A value that says when: a function without parameters.
    fn when(&mut self, name: &str, value: &Expr, ty: &Type) -> FnId {
        let place = self.place(value.span);
        let signature =
            super::Signature { params: Vec::new(), result: ty.clone(), effect: super::Effect::Pure, outcome: None };
        let id = self.reserve(signature);
        let mut code = Code::new(CodeKind::Pure, ty.clone());
        let value = self.expr_as(&mut code, value, ty);
        self.finish(id, format!("{name} when").into(), place, 0, code, super::declarations::value_body(value));
        id
    }

    /// The number of a day, 1 for Monday.
    fn weekday(&mut self, day: &Ident) -> u8 {
        match WEEKDAYS.iter().position(|known| *known == day.text) {
            Some(at) => at as u8 + 1,
            None => {
                let place = self.place(day.span);
                let similar = super::names::nearest(&day.text, WEEKDAYS);
                let name = day.text.clone();
                self.report(Problem::UnknownName { place, what: "day of the week", name, similar, inside: None });
                1
            }
        }
    }
}

fn as_process(decl: &ScheduleDecl, with_body: bool) -> ProcessDecl {
    let mut body = ast::Block { span: decl.body.span, stmts: Vec::new() };
    if with_body {
        body.stmts.clone_from(&decl.body.stmts);
    }
    ProcessDecl {
        name: decl.name.clone(),
        params: Vec::new(),
        result: None,
        key: Vec::new(),
        started_by: None,
        fails: Vec::new(),
        body,
    }
}
