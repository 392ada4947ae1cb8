//! Expressions.

use super::cost;
use super::error::{Limit, Result, passed};
use super::function::{Builder, Reg};
use crate::source::Place;
use crate::typed::{Constant, Process, T, TExpr, TStep};
use crate::types::{self, EnumId, RecordId, Type};
use bp_bytecode::index::{AccountId, CheckId, ConfigId, FuncId, ProcessId, StepId};
use bp_bytecode::op::{Builtin, BuiltinType, Def, Op, Stop, Use, UseWindow};
use bp_bytecode::shape::RegType;

/// Where the value of an expression goes.
#[derive(Clone, Copy)]
pub(super) enum Dest {
    /// Any register: a new one, or that of a local.
    Any,
    /// This one, whose type holds the value; it is written last on each path.
    Into(Reg),
}

impl Builder<'_, '_> {
    /// The register that an instruction with a result of type `natural` writes.
    pub fn target(&mut self, dest: Dest, natural: RegType) -> Result<Reg> {
        match dest {
            Dest::Into(reg) if self.reg_type(reg) == natural => Ok(reg),
            _ => self.fresh(natural),
        }
    }

    /// The register of a value whose parts are written at different places.
    fn target_for(&mut self, dest: Dest, ty: &Type, place: Place) -> Result<Reg> {
        match dest {
            Dest::Into(reg) => Ok(reg),
            Dest::Any => self.fresh_for(ty, place),
        }
    }

    /// Brings a value that is in a register to where it goes.
    pub fn settle(&mut self, dest: Dest, got: Reg, place: Place) -> Result<Reg> {
        match dest {
            Dest::Any => Ok(got),
            Dest::Into(reg) => {
                self.convert(reg, got, place)?;
                Ok(reg)
            }
        }
    }

    /// One instruction with a result of type `natural`.
    pub fn value(&mut self, dest: Dest, natural: RegType, place: Place, op: impl FnOnce(Def) -> Op) -> Result<Reg> {
        let target = self.target(dest, natural)?;
        self.emit(op(Def(target)), place)?;
        self.settle(dest, target, place)
    }

    /// An operand; `later` are evaluated before it is used, so that a variable which they may change is copied.
    pub fn operand(&mut self, e: &TExpr, later: &[&TExpr]) -> Result<Reg> {
        let reg = self.expr(e, Dest::Any)?;
        if self.is_variable(reg) && !later.iter().all(|e| is_simple(e, SIMPLE_DEPTH)) {
            let copy = self.fresh(self.reg_type(reg))?;
            self.mov(copy, reg, e.place)?;
            return Ok(copy);
        }
        Ok(reg)
    }

    pub fn pair(&mut self, a: &TExpr, b: &TExpr) -> Result<(Reg, Reg)> {
        Ok((self.operand(a, &[b])?, self.expr(b, Dest::Any)?))
    }

    /// The value as fields and elements hold it.
    pub fn stored(&mut self, e: &TExpr) -> Result<Reg> {
        // Where ways part, one that is too large is told where it is given, as in a field.
        if let T::If(..) | T::Match(_) | T::Block(_) | T::Let(..) | T::Coalesce(..) = e.kind {
            let reg = self.fresh_stored(&e.ty, e.place)?;
            return self.expr(e, Dest::Into(reg));
        }
        let reg = self.expr(e, Dest::Any)?;
        self.narrowed(reg, e.place)
    }

    /// Values one behind the other, held by registers of these types.
    pub fn fill<'e>(&mut self, types: &[RegType], values: impl Iterator<Item = &'e TExpr>) -> Result<Reg> {
        let first = self.window(types)?;
        for (reg, value) in (first..).zip(values) {
            self.expr(value, Dest::Into(reg))?;
        }
        Ok(first)
    }

    /// Values one behind the other, each as fields hold it.
    pub fn fill_stored<'e>(&mut self, values: impl Iterator<Item = &'e TExpr> + Clone) -> Result<Reg> {
        let types = values.clone().map(|e| self.t.stored(&e.ty, e.place)).collect::<Result<Vec<_>>>()?;
        self.fill(&types, values)
    }

    /// Evaluates for the effects alone.
    pub fn effect(&mut self, e: &TExpr) -> Result<()> {
        match &e.kind {
            T::If(condition, then, otherwise) => {
                self.cost(cost::of_expr(&e.kind));
                self.branch(condition, then, otherwise, None, e.place)
            }
            T::Match(matched) => {
                self.cost(cost::of_expr(&e.kind));
                self.matching(matched, None, e.place)
            }
            T::Block(block) => self.block_effect(block),
            T::Step(id, step) => {
                self.cost(cost::of_expr(&e.kind));
                self.step(*id, step, None, e.place)
            }
            _ => self.expr(e, Dest::Any).map(drop),
        }
    }

    pub fn expr(&mut self, e: &TExpr, dest: Dest) -> Result<Reg> {
        let place = e.place;
        self.cost(cost::of_expr(&e.kind));
        match &e.kind {
            T::Invalid => passed(Limit::Unchecked, 0, place),
            T::Constant(constant) => self.constant(constant, &e.ty, dest, place),
            T::Local(local) => {
                let reg = self.local(*local);
                self.settle(dest, reg, place)
            }
            T::Config(config) => {
                let ty = self.t.stored(&e.ty, place)?;
                let config = ConfigId(config.0 as u16);
                self.value(dest, ty, place, |dst| Op::Config { dst, config })
            }
            T::Today => self.value(dest, RegType::Word, place, |dst| Op::Today { dst }),
            T::Now => self.value(dest, RegType::Word, place, |dst| Op::Now { dst }),

            T::Add(..) | T::Sub(..) | T::Mul(..) | T::Min(..) | T::Max(..) | T::Neg(_) | T::Abs(_) | T::Sign(_) => {
                self.arithmetic(e, dest)
            }
            T::IntDiv(..) | T::IntMod(..) | T::ScaleUp(..) => self.arithmetic(e, dest),
            T::Reinterpret(of) => self.expr(of, dest),
            T::Round(round) => self.round(round, &e.ty, dest, place),

            T::Compare(how, a, b) => self.comparison(*how, a, b, dest, place),
            T::CompareText(how, a, b) => self.text_comparison(*how, a, b, dest, place),
            T::CompareAmount(how, a, b) => {
                let ty = [self.t.stored(&Type::Amount, place)?; 2];
                let first = self.fill(&ty, [&**a, &**b].into_iter())?;
                let order = self.builtin(Builtin::AmountOrder, first, place)?;
                let zero = self.int(0, place)?;
                self.compare_to(dest, *how, order, zero, place)
            }
            T::Equal(a, b) => {
                let (a, b) = self.pair(a, b)?;
                self.equal(a, b, dest, place)
            }
            T::Not(of) => {
                let a = self.expr(of, Dest::Any)?;
                self.value(dest, RegType::Word, place, |dst| Op::Not { dst, a: Use(a) })
            }
            T::And(..) | T::Or(..) => self.logic(e, dest),

            T::Some(of) => {
                let a = self.stored(of)?;
                let ty = self.t.stored(&e.ty, place)?;
                self.value(dest, ty, place, |dst| Op::Some { dst, a: Use(a) })
            }
            T::Record(record, fields) => {
                let types = self.field_types(*record)?;
                let first = self.fill(&types, fields.iter())?;
                self.make_record(*record, first, dest, place)
            }
            T::With(base, changes) => self.with(base, changes, dest, place),
            T::Case(id, case, payload) => self.case(*id, *case, payload, dest, place),
            T::Field(of, field) => {
                let a = self.expr(of, Dest::Any)?;
                let ty = self.t.stored(&e.ty, place)?;
                self.value(dest, ty, place, |dst| Op::Field { dst, a: Use(a), field: *field })
            }
            T::List(elements) => self.list(elements, &e.ty, dest, place),
            T::EmptyMap => {
                let ty = self.t.stored(&e.ty, place)?;
                self.value(dest, ty, place, |dst| Op::MapNew { dst })
            }
            T::Item(list, index) => {
                let list = self.operand(list, &[index])?;
                let index = self.stored(index)?;
                let ty = self.t.stored(&e.ty, place)?;
                self.value(dest, ty, place, |dst| Op::Item { dst, list: Use(list), index: Use(index) })
            }
            T::Get(map, key) => {
                let map = self.operand(map, &[key])?;
                let key = self.stored(key)?;
                let ty = self.t.stored(&e.ty, place)?;
                self.value(dest, ty, place, |dst| Op::Get { dst, map: Use(map), key: Use(key) })
            }
            T::Keys(map) => {
                let map = self.expr(map, Dest::Any)?;
                let ty = self.t.stored(&e.ty, place)?;
                self.value(dest, ty, place, |dst| Op::Keys { dst, map: Use(map) })
            }
            T::Values(map) => {
                let map = self.expr(map, Dest::Any)?;
                let ty = self.t.stored(&e.ty, place)?;
                self.value(dest, ty, place, |dst| Op::Values { dst, map: Use(map) })
            }
            T::Count(of) => self.count(of, dest, place),
            T::First(list) => self.end_of_list(list, &e.ty, false, dest, place),
            T::Last(list) => self.end_of_list(list, &e.ty, true, dest, place),
            T::RangeList(low, high) => self.range_list(low, high, &e.ty, dest, place),
            T::Aggregate(aggregate) => self.aggregate(aggregate, &e.ty, dest, place),
            T::Allocate(total, weights) => self.allocate(total, weights, &e.ty, dest, place),

            T::ToText { value, digits } => self.text_of(value, *digits, dest, place),
            T::Concat(parts) => self.concat(parts, dest, place),

            T::Call(func, args) => {
                let func = FuncId(func.0);
                let first = self.arguments(args)?;
                let ty = self.t.in_between(&e.ty, place)?;
                self.value(dest, ty, place, |dst| Op::Call { dst, func, first: UseWindow(first) })
            }
            T::Builtin(builtin, args) => {
                let types =
                    builtin.params().iter().map(|ty| self.builtin_type(*ty, place)).collect::<Result<Vec<_>>>()?;
                let first = self.fill(&types, args.iter())?;
                let ty = self.builtin_type(builtin.result(), place)?;
                let builtin = *builtin;
                self.value(dest, ty, place, |dst| Op::Builtin { dst, builtin, first: UseWindow(first) })
            }
            T::If(condition, then, otherwise) => {
                let target = self.target_for(dest, &e.ty, place)?;
                self.branch(condition, then, otherwise, Some(target), place)?;
                Ok(target)
            }
            T::Match(matched) => {
                let target = self.target_for(dest, &e.ty, place)?;
                self.matching(matched, Some(target), place)?;
                Ok(target)
            }
            T::Block(block) => {
                let target = self.target_for(dest, &e.ty, place)?;
                self.block_into(block, target, place)?;
                Ok(target)
            }
            T::Let(local, value, body) => {
                self.expr(value, Dest::Into(self.local(*local)))?;
                self.expr(body, dest)
            }
            T::Coalesce(a, b) => {
                let target = self.target_for(dest, &e.ty, place)?;
                self.coalesce(a, b, &e.ty, target, place)?;
                Ok(target)
            }
            T::Checked(value, checks) => {
                let got = self.expr(value, dest)?;
                self.checks(checks, got, &value.ty, place)?;
                Ok(got)
            }

            T::Step(id, step) => {
                let target = self.target_for(dest, &e.ty, place)?;
                self.step(*id, step, Some(target), place)?;
                Ok(target)
            }
            T::Books(..)
            | T::Held(..)
            | T::Available(..)
            | T::Room(..)
            | T::Hold { .. }
            | T::CommitPart { .. }
            | T::Take { .. }
            | T::Create(..)
            | T::Document(..)
            | T::Lookup(..)
            | T::Find(_)
            | T::NextNumber(..) => self.stored_value(e, dest),
            T::Beginning(list, limit) => self.beginning(list, limit, &e.ty, dest, place),
            T::Balance(account, dimensions) => {
                let first = self.fill_stored(dimensions.iter())?;
                let account = AccountId(account.0 as u16);
                self.value(dest, RegType::Wide, place, |dst| Op::Balance { dst, account, first: UseWindow(first) })
            }
            T::Rest(rest) => self.rest(rest, &e.ty, dest, place),
            T::RunNoted(..) | T::RunTask(..) | T::RunRequest(..) | T::Mails(..) | T::Refusal => self.run_value(e, dest),
            T::RunOutcome(run) => self.run_outcome(run, dest, place),
            T::Start(process, args) if self.t.checked.processes[process.index()].lives => {
                self.start_run(*process, args, dest, place)
            }
            T::Start(process, args) => self.start(ProcessId(process.0 as u16), args, dest, place),
            T::RunResult(run) => self.run_result(run, &e.ty, dest, place),
        }
    }

    // ---- texts

    fn text_of(&mut self, value: &TExpr, digits: Option<u8>, dest: Dest, place: Place) -> Result<Reg> {
        let ty = self.t.text_handle(place)?;
        let a = self.expr(value, Dest::Any)?;
        match digits {
            Some(digits) => self.value(dest, ty, place, |dst| Op::Pad { dst, a: Use(a), digits }),
            None if *self.t.base(&value.ty) == Type::Text => self.settle(dest, a, place),
            None => {
                let shape = self.t.shape(&value.ty, value.place)?;
                self.value(dest, ty, place, |dst| Op::Format { dst, a: Use(a), shape })
            }
        }
    }

    fn concat(&mut self, parts: &[TExpr], dest: Dest, place: Place) -> Result<Reg> {
        let ty = self.t.text_handle(place)?;
        let Ok(count) = u16::try_from(parts.len()) else {
            return passed(Limit::Parts, u64::from(u16::MAX), place);
        };
        let first = self.fill(&vec![ty; parts.len()], parts.iter())?;
        self.value(dest, ty, place, |dst| Op::Join { dst, first: UseWindow(first), count })
    }

    pub fn builtin_type(&mut self, ty: BuiltinType, place: Place) -> Result<RegType> {
        match ty {
            BuiltinType::Word => Ok(RegType::Word),
            BuiltinType::Wide => Ok(RegType::Wide),
            BuiltinType::Text => self.t.text_handle(place),
            BuiltinType::Period => self.t.stored(&Type::Period, place),
            BuiltinType::Amount => self.t.stored(&Type::Amount, place),
            BuiltinType::TextList => self.t.stored(&Type::list(Type::Text), place),
        }
    }

    /// A built-in function of what stands in a window.
    pub fn builtin(&mut self, builtin: Builtin, first: Reg, place: Place) -> Result<Reg> {
        let ty = self.builtin_type(builtin.result(), place)?;
        self.value(Dest::Any, ty, place, |dst| Op::Builtin { dst, builtin, first: UseWindow(first) })
    }

    // ---- code

    /// Arguments of a call.
    fn arguments(&mut self, args: &[TExpr]) -> Result<Reg> {
        let types = args.iter().map(|e| self.t.in_between(&e.ty, e.place)).collect::<Result<Vec<_>>>()?;
        // Locals that stand one behind the other already are a window.
        let locals: Option<Vec<Reg>> = args
            .iter()
            .map(|e| match e.kind {
                T::Local(local) => Some(self.local(local)),
                _ => None,
            })
            .collect();
        if let Some([first, rest @ ..]) = locals.as_deref()
            && rest.iter().zip(first + 1..).all(|(reg, wanted)| *reg == wanted)
            && types.iter().zip(*first..).all(|(ty, reg)| self.reg_type(reg) == *ty)
        {
            args.iter().for_each(|e| self.cost(cost::of_expr(&e.kind)));
            return Ok(*first);
        }
        self.fill(&types, args.iter())
    }

    /// Asks `where`s about a value of a type.
    pub fn checks(&mut self, checks: &[types::CheckId], value: Reg, ty: &Type, place: Place) -> Result<()> {
        // They take it as a parameter holds it.
        let ty = self.t.in_between(ty, place)?;
        let argument = if self.reg_type(value) == ty { value } else { self.fresh(ty)? };
        self.convert(argument, value, place)?;
        for check in checks {
            self.check(*check, argument, place)?;
        }
        Ok(())
    }

    /// Asks a `where` about what stands in a register, unless it always holds there.
    pub fn check(&mut self, check: types::CheckId, argument: Reg, place: Place) -> Result<()> {
        if self.t.shown.holds(place, check) {
            return Ok(());
        }
        let func = FuncId(self.t.checked.checks[check.index()].func.0);
        let check = CheckId(check.0 as u16);
        let a = self.fresh(RegType::Word)?;
        self.emit(Op::Call { dst: Def(a), func, first: UseWindow(argument) }, place)?;
        self.emit(Op::Check { a: Use(a), check }, place)
    }

    fn coalesce(&mut self, a: &TExpr, b: &TExpr, ty: &Type, target: Reg, place: Place) -> Result<()> {
        let option = self.expr(a, Dest::Any)?;
        let (otherwise, end) = (self.label(), self.label());
        let Type::Option(of) = self.t.base(&a.ty).clone() else {
            return passed(Limit::Unchecked, 0, place);
        };
        if *ty == a.ty {
            // `a ?? b` of two options: the first one itself.
            let held = self.fresh_stored(&of, place)?;
            self.unsome_into(held, option, &of, otherwise, place)?;
            self.convert(target, option, place)?;
        } else {
            // The value inside an option keeps its scale until here.
            let power = self.t.scale(ty).saturating_sub(self.t.scale(&of));
            if power == 0 {
                self.unsome_into(target, option, &of, otherwise, place)?;
            } else {
                let held = self.fresh_stored(&of, place)?;
                self.unsome_into(held, option, &of, otherwise, place)?;
                self.value(Dest::Into(target), RegType::Wide, place, |dst| Op::ScaleUp { dst, a: Use(held), power })?;
            }
        }
        self.jump(end, place)?;
        self.here(otherwise);
        self.expr(b, Dest::Into(target))?;
        self.here(end);
        Ok(())
    }

    // ---- runs

    fn start(&mut self, process: ProcessId, args: &[TExpr], dest: Dest, place: Place) -> Result<Reg> {
        let started = &self.t.checked.processes[process.index()];
        let (func, key) = (FuncId(started.func.0), started.key.map(|key| FuncId(key.0)));
        let outcome = Type::Enum(started.outcome);
        let ty = self.t.stored(&outcome, place)?;
        let first = self.arguments(args)?;
        let Some(key) = key else {
            return self.value(dest, ty, place, |dst| Op::Call { dst, func, first: UseWindow(first) });
        };
        let key_type = self.t.text_handle(place)?;
        let key = self.value(Dest::Any, key_type, place, |dst| Op::Call { dst, func: key, first: UseWindow(first) })?;
        let option_type = self.t.stored(&Type::option(outcome), place)?;
        let known = self.value(Dest::Any, option_type, place, |dst| Op::RunGet { dst, process, key: Use(key) })?;
        let (otherwise, end) = (self.label(), self.label());
        let run = self.fresh(ty)?;
        self.emit(Op::Unsome { dst: Def(run), a: Use(known), otherwise: otherwise.op() }, place)?;
        self.jump(end, place)?;
        self.here(otherwise);
        self.emit(Op::Call { dst: Def(run), func, first: UseWindow(first) }, place)?;
        self.emit(Op::RunPut { process, key: Use(key), run: Use(run) }, place)?;
        self.here(end);
        self.settle(dest, run, place)
    }

    fn run_result(&mut self, run: &TExpr, ty: &Type, dest: Dest, place: Place) -> Result<Reg> {
        let Type::Run(process) = *self.t.base(&run.ty) else {
            return passed(Limit::Unchecked, 0, place);
        };
        let Process { outcome, lives, .. } = &self.t.checked.processes[process.index()];
        let (outcome, lives) = (*outcome, *lives);
        let a = if lives { self.run_outcome(run, Dest::Any, place)? } else { self.expr(run, Dest::Any)? };
        let first = self.payload_window(outcome, 0, place)?;
        let (failed, end) = (self.label(), self.label());
        self.unpack(a, 0, first, failed, place)?;
        self.jump(end, place)?;
        self.here(failed);
        self.halt(Stop::RunFailed, process.0, place)?;
        self.here(end);
        match *ty == Type::Nothing {
            true => self.constant(&Constant::Number(0), ty, dest, place),
            false => self.settle(dest, first, place),
        }
    }

    /// A step; its value goes into `target`, if it has one and it is asked for.
    fn step(&mut self, id: crate::types::StepId, step: &TStep, target: Option<Reg>, place: Place) -> Result<()> {
        let (number, id) = (id, StepId(id.0 as u16));
        let failed = self.label();
        let failing = step.failing.as_ref().map(|failing| (failed, self.local(failing.failure), id));
        self.emit(Op::StepBegin { step: id }, place)?;
        let outer = std::mem::replace(&mut self.failing, failing);
        let own = step.undo.as_ref().and_then(|undo| undo.result).map(|local| self.local(local));
        match own.or(target) {
            Some(target) => self.block_into(&step.body, target, place)?,
            None => self.block_effect(&step.body)?,
        }
        self.failing = outer;
        if let Some(undo) = &step.undo {
            self.undo_put(undo, place)?;
        }
        self.emit(Op::StepEnd { step: id }, place)?;
        if let (Some(own), Some(target)) = (own, target) {
            self.convert(target, own, place)?;
        }
        self.boundary(number, place)?;
        let Some(failing) = &step.failing else { return Ok(()) };
        let end = self.label();
        self.jump(end, place)?;
        self.here(failed);
        self.emit(Op::StepFail { step: id }, place)?;
        self.matching(&failing.handler, target, place)?;
        self.here(end);
        Ok(())
    }

    // ---- types of windows

    pub fn field_types(&mut self, record: RecordId) -> Result<Vec<RegType>> {
        let fields = &self.t.checked.records[record.index()].fields;
        fields.iter().map(|field| self.t.stored(&field.ty, field.place)).collect()
    }

    /// Registers for the payload of a case.
    pub fn payload_window(&mut self, id: EnumId, case: u16, place: Place) -> Result<Reg> {
        let Some(case) = self.t.checked.enums[id.index()].cases.get(usize::from(case)) else {
            return passed(Limit::Unchecked, 0, place);
        };
        let types = case.fields.iter().map(|field| self.t.stored(&field.ty, place)).collect::<Result<Vec<_>>>()?;
        self.window(&types)
    }
}

/// How deep [`is_simple`] looks.
const SIMPLE_DEPTH: u8 = 6;

/// Whether evaluating it surely changes no variable.
fn is_simple(e: &TExpr, depth: u8) -> bool {
    let Some(depth) = depth.checked_sub(1) else {
        return false;
    };
    match &e.kind {
        T::Constant(_) | T::Local(_) | T::Config(_) | T::Today | T::Now => true,
        T::Add(a, b) | T::Sub(a, b) | T::Mul(a, b) | T::Min(a, b) | T::Max(a, b) | T::Compare(_, a, b) => {
            is_simple(a, depth) && is_simple(b, depth)
        }
        T::Neg(a) | T::Abs(a) | T::Sign(a) | T::ScaleUp(a, _) | T::Reinterpret(a) | T::Field(a, _) | T::Count(a) => {
            is_simple(a, depth)
        }
        T::Call(_, args) | T::Builtin(_, args) => args.iter().all(|arg| is_simple(arg, depth)),
        T::Round(round) => round.numerators.iter().chain(&round.divisors).all(|factor| is_simple(factor, depth)),
        _ => false,
    }
}
