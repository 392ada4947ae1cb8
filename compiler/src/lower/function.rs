//! One function under construction: registers, jumps, places, charges.
//!
//! Every value in between gets a register of its own, so that each register has one type for the whole function.
//! What cannot be reached is not emitted: all code of a function is reachable by its jumps.

use super::cost;
use super::error::{CODE_MAX, Limit, REGISTERS_MAX, Result, next_index, passed};
use super::tables::Tables;
use crate::source::Place;
use crate::typed::Local;
use crate::types::{LocalId, Type};
use bp_bytecode::index::{PlaceId, PointId, StepId, SwitchId, TextId};
use bp_bytecode::op::{Cmp, Def, DefWindow, Label, Op, Stop, Use};
use bp_bytecode::program::Function;
use bp_bytecode::shape::RegType;
use smol_str::SmolStr;

pub(super) type Reg = u16;

/// A place in the code that jumps go to, known by number until the code is finished.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target(u32);

impl Target {
    pub fn op(self) -> Label {
        Label(self.0)
    }
}

#[derive(Clone, Copy, Default)]
struct Landing {
    at: Option<u32>,
    /// Whether reachable code goes there.
    asked: bool,
}

/// Where a loop's body may jump.
#[derive(Clone, Copy)]
pub(super) struct Round {
    pub next: Target,
    pub end: Target,
}

pub(super) struct Builder<'t, 'a> {
    pub t: &'t mut Tables<'a>,
    pub locals: &'t [Local],
    pub result: RegType,
    /// The function is that of a process that lives.
    pub lives: bool,
    /// Points by their names.
    pub points: Vec<(SmolStr, PointId)>,
    /// Where the stages of a process begin, by their numbers.
    pub stages: Vec<Target>,
    /// Where `break` goes, by loop.
    pub breaks: Vec<Target>,
    /// Where the open step goes when it fails, if it can, and the local that takes the failure.
    pub failing: Option<(Target, Reg, StepId)>,
    place: Place,
    registers: Vec<RegType>,
    code: Vec<Op>,
    places: Vec<PlaceId>,
    landings: Vec<Landing>,
    /// Labels that stand behind the last instruction.
    behind: Vec<Target>,
    switches: Vec<SwitchId>,
    reachable: bool,
    /// Bodies that are open: the instruction that charges for each, and the sum so far.
    bodies: Vec<(Option<usize>, u64)>,
}

impl<'t, 'a> Builder<'t, 'a> {
    pub fn new(t: &'t mut Tables<'a>, locals: &'t [Local], result: RegType, place: Place) -> Self {
        Builder {
            t,
            locals,
            result,
            lives: false,
            points: Vec::new(),
            stages: Vec::new(),
            breaks: Vec::new(),
            failing: None,
            place,
            registers: Vec::new(),
            code: Vec::new(),
            places: Vec::new(),
            landings: Vec::new(),
            behind: Vec::new(),
            switches: Vec::new(),
            reachable: true,
            bodies: Vec::new(),
        }
    }

    // ---- registers

    pub fn fresh(&mut self, ty: RegType) -> Result<Reg> {
        if self.registers.len() as u64 >= REGISTERS_MAX {
            return passed(Limit::Registers, REGISTERS_MAX, self.place);
        }
        self.registers.push(ty);
        Ok((self.registers.len() - 1) as Reg)
    }

    /// For a value in between of that type.
    pub fn fresh_for(&mut self, ty: &Type, place: Place) -> Result<Reg> {
        let ty = self.t.in_between(ty, place)?;
        self.fresh(ty)
    }

    /// For a value of that type as fields and elements hold it.
    pub fn fresh_stored(&mut self, ty: &Type, place: Place) -> Result<Reg> {
        let ty = self.t.stored(ty, place)?;
        self.fresh(ty)
    }

    /// Registers one behind the other; the first one.
    pub fn window(&mut self, types: &[RegType]) -> Result<Reg> {
        if self.registers.len() as u64 + types.len() as u64 > REGISTERS_MAX {
            return passed(Limit::Registers, REGISTERS_MAX, self.place);
        }
        let first = self.registers.len() as Reg;
        self.registers.extend_from_slice(types);
        // A window of nothing may stand behind the last register; no instruction reads it.
        Ok(if types.is_empty() { 0 } else { first })
    }

    pub fn reg_type(&self, reg: Reg) -> RegType {
        self.registers[usize::from(reg)]
    }

    /// The register of a local: the first ones are theirs.
    pub fn local(&self, local: LocalId) -> Reg {
        local.0 as Reg
    }

    /// Whether a register is that of a local which statements may change.
    pub fn is_variable(&self, reg: Reg) -> bool {
        self.locals.get(usize::from(reg)).is_some_and(|local| local.mutable)
    }

    pub fn is_local(&self, reg: Reg) -> bool {
        usize::from(reg) < self.locals.len()
    }

    // ---- code

    pub fn is_reachable(&self) -> bool {
        self.reachable
    }

    pub fn emit(&mut self, op: Op, place: Place) -> Result<()> {
        if !self.reachable {
            return Ok(());
        }
        if self.code.len() as u64 >= CODE_MAX {
            return passed(Limit::Instructions, CODE_MAX, self.place);
        }
        let ends = matches!(
            op,
            Op::Jump { .. }
                | Op::Switch { .. }
                | Op::Return { .. }
                | Op::Halt { .. }
                | Op::Decline {}
                | Op::EndBranch { .. }
        );
        match op {
            Op::Jump { to }
            | Op::JumpIf { to, .. }
            | Op::JumpUnless { to, .. }
            | Op::Unpack { otherwise: to, .. }
            | Op::Unsome { otherwise: to, .. } => self.landings[to.0 as usize].asked = true,
            _ => {}
        }
        self.code.push(op);
        self.behind.clear();
        let place = self.t.place(place);
        self.places.push(place);
        self.reachable = !ends;
        Ok(())
    }

    pub fn label(&mut self) -> Target {
        self.landings.push(Landing::default());
        Target(self.landings.len() as u32 - 1)
    }

    /// The label stands here.
    pub fn here(&mut self, target: Target) {
        // A jump to the next instruction does nothing.
        if self.code.last() == Some(&Op::Jump { to: target.op() }) {
            self.code.pop();
            self.places.pop();
            self.reachable = true;
            for label in &self.behind {
                self.landings[label.0 as usize].at = Some(self.code.len() as u32);
            }
        }
        self.behind.push(target);
        let landing = &mut self.landings[target.0 as usize];
        landing.at = Some(self.code.len() as u32);
        self.reachable |= landing.asked;
    }

    pub fn jump(&mut self, target: Target, place: Place) -> Result<()> {
        self.emit(Op::Jump { to: target.op() }, place)
    }

    pub fn jump_if(&mut self, condition: Reg, target: Target, place: Place) -> Result<()> {
        self.emit(Op::JumpIf { condition: Use(condition), to: target.op() }, place)
    }

    pub fn jump_unless(&mut self, condition: Reg, target: Target, place: Place) -> Result<()> {
        self.emit(Op::JumpUnless { condition: Use(condition), to: target.op() }, place)
    }

    /// Goes to the target that the word says, to the last one if there is none.
    pub fn switch(&mut self, on: Reg, targets: &[Target], place: Place) -> Result<()> {
        if !self.reachable {
            return Ok(());
        }
        let table = SwitchId(next_index(self.t.program.switches.len(), Limit::Switches, place)?);
        for target in targets {
            self.landings[target.0 as usize].asked = true;
        }
        self.t.program.switches.push(targets.iter().map(|target| target.op()).collect());
        self.switches.push(table);
        self.emit(Op::Switch { on: Use(on), table }, place)
    }

    pub fn halt(&mut self, why: Stop, detail: u32, place: Place) -> Result<()> {
        self.emit(Op::Halt { why, detail: detail as u16 }, place)
    }

    // ---- cost

    /// Opens a body: what is evaluated until [`Builder::end_body`] is charged here, all at once.
    pub fn begin_body(&mut self, place: Place) -> Result<()> {
        let at = self.reachable.then_some(self.code.len());
        self.emit(Op::Charge { amount: 0 }, place)?;
        self.bodies.push((at, cost::BODY));
        Ok(())
    }

    pub fn end_body(&mut self) {
        if let Some((Some(at), sum)) = self.bodies.pop() {
            self.code[at] = Op::Charge { amount: u32::try_from(sum).unwrap_or(u32::MAX) };
        }
    }

    pub fn cost(&mut self, amount: u64) {
        if let Some((_, sum)) = self.bodies.last_mut() {
            *sum += amount;
        }
    }

    pub fn uncost(&mut self, amount: u64) {
        if let Some((_, sum)) = self.bodies.last_mut() {
            *sum = sum.saturating_sub(amount);
        }
    }

    // ---- common pieces

    pub fn mov(&mut self, dst: Reg, a: Reg, place: Place) -> Result<()> {
        self.emit(Op::Move { dst: Def(dst), a: Use(a) }, place)
    }

    /// Brings a value into a register of the same type, or between the two ways to hold a number.
    pub fn convert(&mut self, dst: Reg, a: Reg, place: Place) -> Result<()> {
        match (self.reg_type(dst), self.reg_type(a)) {
            _ if dst == a => Ok(()),
            (RegType::Word, RegType::Wide) => self.emit(Op::Narrow { dst: Def(dst), a: Use(a) }, place),
            _ => self.mov(dst, a, place),
        }
    }

    /// The value as fields and elements hold it.
    pub fn narrowed(&mut self, reg: Reg, place: Place) -> Result<Reg> {
        match self.reg_type(reg) {
            RegType::Wide => {
                let dst = self.fresh(RegType::Word)?;
                self.convert(dst, reg, place)?;
                Ok(dst)
            }
            _ => Ok(reg),
        }
    }

    pub fn set_number(&mut self, dst: Reg, value: i128, place: Place) -> Result<()> {
        match (self.reg_type(dst), i32::try_from(value)) {
            (RegType::Word, Ok(value)) => self.emit(Op::Int { dst: Def(dst), value }, place),
            _ => {
                let value = self.t.constant(value);
                self.emit(Op::Const { dst: Def(dst), value }, place)
            }
        }
    }

    pub fn int(&mut self, value: i64, place: Place) -> Result<Reg> {
        let dst = self.fresh(RegType::Word)?;
        self.set_number(dst, i128::from(value), place)?;
        Ok(dst)
    }

    pub fn wide(&mut self, value: i128, place: Place) -> Result<Reg> {
        let dst = self.fresh(RegType::Wide)?;
        self.set_number(dst, value, place)?;
        Ok(dst)
    }

    pub fn compare(&mut self, how: Cmp, a: Reg, b: Reg, place: Place) -> Result<Reg> {
        let dst = self.fresh(RegType::Word)?;
        self.emit(Op::Compare { dst: Def(dst), a: Use(a), b: Use(b), how }, place)?;
        Ok(dst)
    }

    pub fn empty_list(&mut self, ty: RegType, place: Place) -> Result<Reg> {
        let dst = self.fresh(ty)?;
        self.emit(Op::List { dst: Def(dst), first: bp_bytecode::op::UseWindow(0), count: 0 }, place)?;
        Ok(dst)
    }

    pub fn append(&mut self, list: Reg, a: Reg, place: Place) -> Result<()> {
        let a = self.narrowed(a, place)?;
        self.emit(Op::Append { dst: Def(list), list: Use(list), a: Use(a) }, place)
    }

    /// Reads what a cell holds through a register of the stored type, into one of either type.
    pub fn load_into(&mut self, dst: Reg, ty: &Type, place: Place, op: impl FnOnce(Def) -> Op) -> Result<()> {
        let stored = self.t.stored(ty, place)?;
        let direct = self.reg_type(dst) == stored;
        let loaded = if direct { dst } else { self.fresh(stored)? };
        self.emit(op(Def(loaded)), place)?;
        self.convert(dst, loaded, place)
    }

    pub fn field_into(&mut self, dst: Reg, record: Reg, field: u16, ty: &Type, place: Place) -> Result<()> {
        self.load_into(dst, ty, place, |dst| Op::Field { dst, a: Use(record), field })
    }

    pub fn item_into(&mut self, dst: Reg, list: Reg, index: Reg, ty: &Type, place: Place) -> Result<()> {
        self.load_into(dst, ty, place, |dst| Op::Item { dst, list: Use(list), index: Use(index) })
    }

    pub fn unsome_into(&mut self, dst: Reg, a: Reg, ty: &Type, otherwise: Target, place: Place) -> Result<()> {
        self.load_into(dst, ty, place, |dst| Op::Unsome { dst, a: Use(a), otherwise: otherwise.op() })
    }

    /// A payload of a case into a window that holds it; goes to `otherwise` if the value is of another case.
    pub fn unpack(&mut self, a: Reg, case: u16, first: Reg, otherwise: Target, place: Place) -> Result<()> {
        self.emit(Op::Unpack { a: Use(a), case, first: DefWindow(first), otherwise: otherwise.op() }, place)
    }

    /// Gone through with `step`, for each whole number from 0 to `count` - 1, both words.
    pub fn count_up(
        &mut self,
        count: Reg,
        place: Place,
        step: impl FnOnce(&mut Self, Reg, Round) -> Result<()>,
    ) -> Result<()> {
        let round = Round { next: self.label(), end: self.label() };
        let (at, sum, one) = (self.int(0, place)?, self.fresh(RegType::Wide)?, self.int(1, place)?);
        let head = self.label();
        self.here(head);
        let more = self.compare(Cmp::Lt, at, count, place)?;
        self.jump_unless(more, round.end, place)?;
        self.begin_body(place)?;
        step(self, at, round)?;
        self.end_body();
        self.here(round.next);
        self.emit(Op::Add { dst: Def(sum), a: Use(at), b: Use(one) }, place)?;
        self.convert(at, sum, place)?;
        self.jump(head, place)?;
        self.here(round.end);
        Ok(())
    }

    /// A loop over a list's elements, each in `element`.
    pub fn each(
        &mut self,
        list: Reg,
        of: &Type,
        element: Reg,
        place: Place,
        step: impl FnOnce(&mut Self, Round) -> Result<()>,
    ) -> Result<()> {
        let count = self.len(list, place)?;
        self.count_up(count, place, |b, at, round| {
            b.item_into(element, list, at, of, place)?;
            step(b, round)
        })
    }

    pub fn len(&mut self, list: Reg, place: Place) -> Result<Reg> {
        let count = self.fresh(RegType::Word)?;
        self.emit(Op::Len { dst: Def(count), list: Use(list) }, place)?;
        Ok(count)
    }

    // ---- the end

    pub fn finish(mut self, name: TextId, params: u16) -> Result<Function> {
        // Either a path that the checker holds to be impossible, or the last label of a function stands behind its
        // last instruction.
        let place = self.place;
        self.halt(Stop::Unreachable, 0, place)?;
        let landings = &self.landings;
        let land = |label: &mut Label| {
            if let Some(at) = landings.get(label.0 as usize).and_then(|landing| landing.at) {
                label.0 = at;
            }
        };
        for op in &mut self.code {
            match op {
                Op::Jump { to }
                | Op::JumpIf { to, .. }
                | Op::JumpUnless { to, .. }
                | Op::Unpack { otherwise: to, .. }
                | Op::Unsome { otherwise: to, .. } => land(to),
                _ => {}
            }
        }
        for table in &self.switches {
            self.t.program.switches[table.index()].iter_mut().for_each(land);
        }
        let place = self.t.place(place);
        Ok(Function {
            name,
            place,
            params,
            registers: self.registers,
            result: self.result,
            code: self.code,
            places: self.places,
        })
    }
}
