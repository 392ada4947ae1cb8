//! The `where`s of named types, in the form that the border asks for.
//!
//! A field's checks take the whole record, those of a named type take the value. Where a field has a named type, or
//! an option, list or map of one, functions are made here that take the record, look at the value and ask the
//! declared condition. Code that runs inside the program never calls them: the checker has put the conditions
//! where values become of a type.

use super::error::{Limit, Result, next_index, next_wide_index};
use super::function::Builder;
use super::tables::Tables;
use crate::source::Place;
use crate::typed::Checked;
use crate::types::{RecordId, Type};
use bp_bytecode::index::{CheckId, FuncId};
use bp_bytecode::op::{Def, Op, Use, UseWindow};
use bp_bytecode::program::{Check, Function};
use bp_bytecode::shape::RegType;
use std::collections::{HashMap, VecDeque};

/// Conditions made of declared ones. Their numbers follow those of the declared checks and functions.
pub(super) struct Derived {
    known: HashMap<(Subject, CheckId), CheckId>,
    waiting: VecDeque<(Subject, CheckId, Place)>,
    checks: usize,
    functions: usize,
}

/// What a derived condition takes, and where in it the value stands that the inner one takes.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Subject {
    Field(RecordId, u16),
    /// An option, a list: what it holds.
    Inside(Type),
    Keys(Type),
    Values(Type),
}

impl Derived {
    pub fn new(checked: &Checked) -> Self {
        Derived {
            known: HashMap::new(),
            waiting: VecDeque::new(),
            checks: checked.checks.len(),
            functions: checked.functions.len(),
        }
    }
}

impl Tables<'_> {
    /// The checks of a type, each of which takes the value.
    pub fn value_checks(&mut self, ty: &Type, place: Place) -> Result<Vec<CheckId>> {
        let (inner, subject): (&Type, fn(Type) -> Subject) = match ty {
            Type::Named(id) => {
                let named = &self.checked.named[id.index()];
                let mut checks: Vec<CheckId> = named.checks.iter().map(|check| CheckId(check.0 as u16)).collect();
                checks.extend(self.value_checks(&named.base, place)?);
                return Ok(checks);
            }
            Type::Option(of) | Type::List(of) => (of, Subject::Inside),
            Type::Map(key, value) => {
                let mut checks = Vec::new();
                for check in self.value_checks(key, place)? {
                    checks.push(self.derive(Subject::Keys(ty.clone()), check, place)?);
                }
                for check in self.value_checks(value, place)? {
                    checks.push(self.derive(Subject::Values(ty.clone()), check, place)?);
                }
                return Ok(checks);
            }
            _ => return Ok(Vec::new()),
        };
        let checks = self.value_checks(inner, place)?;
        checks.into_iter().map(|check| self.derive(subject(ty.clone()), check, place)).collect()
    }

    /// A check of the whole record that asks `inner` about one field.
    pub fn field_check(&mut self, record: RecordId, field: u16, inner: CheckId, place: Place) -> Result<CheckId> {
        self.derive(Subject::Field(record, field), inner, place)
    }

    fn derive(&mut self, subject: Subject, inner: CheckId, place: Place) -> Result<CheckId> {
        let key = (subject, inner);
        if let Some(id) = self.derived.known.get(&key) {
            return Ok(*id);
        }
        let id = CheckId(next_index(self.derived.checks, Limit::Checks, place)?);
        next_wide_index(self.derived.functions, Limit::Functions, place)?;
        self.derived.checks += 1;
        self.derived.functions += 1;
        self.derived.known.insert(key.clone(), id);
        self.derived.waiting.push_back((key.0, key.1, place));
        Ok(id)
    }

    /// Makes the functions and checks that have been asked for; those of the program stand in the tables already.
    pub fn make_derived(&mut self) -> Result<()> {
        while let Some((subject, inner, place)) = self.derived.waiting.pop_front() {
            let inner_check = self.program.checks[inner.index()].clone();
            let func = FuncId(next_wide_index(self.program.functions.len(), Limit::Functions, place)?);
            let function = self.derived_function(&subject, inner_check.func, place)?;
            self.program.functions.push(function);
            self.program.checks.push(Check { func, ..inner_check });
        }
        Ok(())
    }

    fn derived_function(&mut self, subject: &Subject, inner: FuncId, place: Place) -> Result<Function> {
        let name = self.program.checks.iter().find(|check| check.func == inner).map(|check| check.subject);
        let name = match name {
            Some(name) => name,
            None => self.text(""),
        };
        let taken = match subject {
            Subject::Field(record, _) => Type::Record(*record),
            Subject::Inside(ty) | Subject::Keys(ty) | Subject::Values(ty) => ty.clone(),
        };
        let taken_reg = self.in_between(&taken, place)?;
        let mut b = Builder::new(self, &[], RegType::Word, place);
        let value = b.fresh(taken_reg)?;
        b.begin_body(place)?;
        let ask = |b: &mut Builder, first: u16| -> Result<u16> {
            let dst = b.fresh(RegType::Word)?;
            b.emit(Op::Call { dst: Def(dst), func: inner, first: UseWindow(first) }, place)?;
            Ok(dst)
        };
        match (subject, &taken) {
            (Subject::Field(record, field), _) => {
                let ty = b.t.checked.records[record.index()].fields[usize::from(*field)].ty.clone();
                let first = b.fresh_for(&ty, place)?;
                b.field_into(first, value, *field, &ty, place)?;
                let holds = ask(&mut b, first)?;
                b.emit(Op::Return { a: Use(holds) }, place)?;
            }
            (_, Type::Option(of)) => {
                let (first, otherwise) = (b.fresh_for(of, place)?, b.label());
                b.unsome_into(first, value, of, otherwise, place)?;
                let holds = ask(&mut b, first)?;
                b.emit(Op::Return { a: Use(holds) }, place)?;
                b.here(otherwise);
            }
            (_, Type::List(_) | Type::Map(..)) => {
                let (list, of) = match (subject, &taken) {
                    (Subject::Keys(_), Type::Map(key, _)) => {
                        let list = b.fresh_for(&Type::List(key.clone()), place)?;
                        b.emit(Op::Keys { dst: Def(list), map: Use(value) }, place)?;
                        (list, (**key).clone())
                    }
                    (_, Type::Map(_, of)) => {
                        let list = b.fresh_for(&Type::List(of.clone()), place)?;
                        b.emit(Op::Values { dst: Def(list), map: Use(value) }, place)?;
                        (list, (**of).clone())
                    }
                    (_, Type::List(of)) => (value, (**of).clone()),
                    _ => (value, Type::Nothing),
                };
                let first = b.fresh_for(&of, place)?;
                b.each(list, &of, first, place, |b, round| {
                    let holds = ask(b, first)?;
                    b.emit(Op::JumpIf { condition: Use(holds), to: round.next.op() }, place)?;
                    b.emit(Op::Return { a: Use(holds) }, place)
                })?;
            }
            _ => {}
        }
        let holds = b.int(1, place)?;
        b.emit(Op::Return { a: Use(holds) }, place)?;
        b.end_body();
        b.finish(name, 1)
    }
}
