//! One function: the types of its registers, where its jumps go, what is assigned when, that every cycle costs.

mod cell;
mod flow;
mod op;
mod process;
mod stored;

use super::{VerifyError, fits, reg_type, shape};
use crate::Program;
use crate::index::*;
use crate::op::*;
use crate::program::Function;
use crate::shape::{EnumShape, FieldShape, RegType, Shape};
use flow::Unassigned;

/// What an instruction does, for the walks: registers read, registers written when it goes on to the next
/// instruction, where else it may go, whether it goes on.
#[derive(Default)]
struct Effect {
    uses: Vec<u16>,
    defs: Vec<u16>,
    jumps: Vec<u32>,
    ends: bool,
    charges: bool,
    /// The registers that alone are assigned when it goes on to the next instruction.
    keeps: Option<Vec<u16>>,
}

struct Walk<'p> {
    p: &'p Program,
    f: &'p Function,
    effect: Effect,
}

type Checked<T = ()> = Result<T, String>;

pub(super) fn verify(p: &Program, id: FuncId) -> Result<(), VerifyError> {
    let f = &p.functions[id.index()];
    let at = |op: usize| move |reason: String| VerifyError { at: Some((id, op)), reason };
    let effects = effects(p, id)?;
    flow::cycles_cost(&effects).map_err(|op| at(op)("a cycle that costs nothing".into()))?;
    flow::assigned(f, &effects).map_err(|fault| match fault {
        Unassigned::Read { at: op, register } => at(op)(format!("r{register} is read before it is assigned")),
        Unassigned::TooLarge => at(0)("the function is too large to verify".into()),
    })
}

/// What each instruction of a function does.
fn effects(p: &Program, id: FuncId) -> Result<Vec<Effect>, VerifyError> {
    let f = &p.functions[id.index()];
    let at = |op: usize| move |reason: String| VerifyError { at: Some((id, op)), reason };
    header(p, f).map_err(at(0))?;
    let mut effects = Vec::with_capacity(f.code.len());
    for (i, op) in f.code.iter().enumerate() {
        let mut walk = Walk { p, f, effect: Effect::default() };
        walk.op(op).map_err(at(i))?;
        if let Some(jump) = walk.effect.jumps.iter().find(|j| **j as usize >= f.code.len()) {
            return Err(at(i)(format!("jumps to {jump}, outside of the function")));
        }
        effects.push(walk.effect);
    }
    if effects.last().is_some_and(|e| !e.ends) {
        return Err(at(f.code.len() - 1)("the function runs over its end".into()));
    }
    Ok(effects)
}

/// The first instruction that may read a register before it is assigned, and the register.
pub(super) fn unassigned(p: &Program, id: FuncId) -> Result<Option<(usize, u16)>, VerifyError> {
    match flow::assigned(&p.functions[id.index()], &effects(p, id)?) {
        Err(Unassigned::Read { at, register }) => Ok(Some((at, register))),
        Ok(()) | Err(Unassigned::TooLarge) => Ok(None),
    }
}

/// For each point of a function the registers that are read after it.
pub(super) fn live_at_points(p: &Program, id: FuncId) -> Result<Vec<(PointId, Vec<u16>)>, VerifyError> {
    let f = &p.functions[id.index()];
    let effects = effects(p, id)?;
    let after = flow::read_after(f, &effects).map_err(|(op, reason)| VerifyError { at: Some((id, op)), reason })?;
    let points = f.code.iter().enumerate().filter_map(|(at, op)| match op {
        Op::Rest { dst, point, .. } => {
            let live = flow::members(&after[at]).into_iter().filter(|r| *r != dst.0);
            Some((*point, live.collect()))
        }
        Op::Boundary { point } => Some((*point, flow::members(&after[at]))),
        _ => None,
    });
    Ok(points.collect())
}

fn header(p: &Program, f: &Function) -> Checked {
    if f.name.index() >= p.texts.len() || f.place.index() >= p.places.len() {
        return Err("a name or a place that is not there".into());
    }
    if f.places.len() != f.code.len() || f.places.iter().any(|x| x.index() >= p.places.len()) {
        return Err("places that do not fit the instructions".into());
    }
    if usize::from(f.params) > f.registers.len() || f.registers.len() > usize::from(u16::MAX) {
        return Err("registers that do not fit".into());
    }
    for r in f.registers.iter().chain([&f.result]) {
        if let RegType::Handle(s) = r
            && reg_type(p, *s)? == RegType::Word
        {
            return Err("a handle of something that is no cell".into());
        }
    }
    // So that calls, of which one may make many, cost as well.
    match f.code.first() {
        Some(Op::Charge { amount }) if *amount > 0 => Ok(()),
        _ => Err("the first instruction charges nothing".into()),
    }
}

impl<'p> Walk<'p> {
    fn reg(&self, r: u16) -> Checked<RegType> {
        self.f.registers.get(usize::from(r)).copied().ok_or_else(|| format!("there is no register r{r}"))
    }

    fn read(&mut self, r: Use) -> Checked<RegType> {
        self.effect.uses.push(r.0);
        self.reg(r.0)
    }

    fn write(&mut self, r: Def, ty: RegType) -> Checked {
        self.effect.defs.push(r.0);
        if fits(ty, self.reg(r.0)?) { Ok(()) } else { Err(format!("r{} is of another type", r.0)) }
    }

    fn word(&mut self, r: Use) -> Checked {
        self.wants(r, RegType::Word)
    }

    fn number(&mut self, r: Use) -> Checked {
        match self.read(r)? {
            RegType::Word | RegType::Wide => Ok(()),
            RegType::Handle(_) => Err(format!("r{} is no number", r.0)),
        }
    }

    fn wants(&mut self, r: Use, ty: RegType) -> Checked {
        if fits(self.read(r)?, ty) { Ok(()) } else { Err(format!("r{} is of another type", r.0)) }
    }

    /// The shape of the cell that a register holds.
    fn cell(&mut self, r: Use) -> Checked<&'p Shape> {
        match self.read(r)? {
            RegType::Handle(s) => shape(self.p, s),
            _ => Err(format!("r{} is no cell", r.0)),
        }
    }

    fn text(&mut self, r: Use) -> Checked {
        match self.cell(r)? {
            Shape::Text => Ok(()),
            _ => Err(format!("r{} is no text", r.0)),
        }
    }

    /// The shape of the cell that a register takes.
    fn makes(&mut self, r: Def) -> Checked<&'p Shape> {
        self.effect.defs.push(r.0);
        match self.reg(r.0)? {
            RegType::Handle(s) => shape(self.p, s),
            _ => Err(format!("r{} is no cell", r.0)),
        }
    }

    fn makes_text(&mut self, r: Def) -> Checked {
        match self.makes(r)? {
            Shape::Text => Ok(()),
            _ => Err(format!("r{} is no text", r.0)),
        }
    }

    fn of(&self, id: ShapeId) -> Checked<RegType> {
        reg_type(self.p, id)
    }

    fn read_window(&mut self, first: UseWindow, types: impl IntoIterator<Item = RegType>) -> Checked {
        self.begins(first)?;
        for (i, ty) in types.into_iter().enumerate() {
            let r = window(first.0, i)?;
            self.wants(Use(r), ty)?;
        }
        Ok(())
    }

    /// An empty window too begins among the registers: the engines take it as a slice of them.
    fn begins(&self, first: UseWindow) -> Checked {
        if usize::from(first.0) <= self.f.registers.len() {
            Ok(())
        } else {
            Err("a window that begins behind the registers".into())
        }
    }

    fn fields(&self, fields: &[FieldShape]) -> Checked<Vec<RegType>> {
        fields.iter().map(|f| self.of(f.shape)).collect()
    }

    fn case<'e>(&self, e: &'e EnumShape, case: u16) -> Checked<&'e [FieldShape]> {
        e.cases.get(usize::from(case)).map(|c| c.fields.as_slice()).ok_or_else(|| format!("there is no case {case}"))
    }
}

fn window(first: u16, offset: usize) -> Checked<u16> {
    usize::from(first)
        .checked_add(offset)
        .and_then(|r| u16::try_from(r).ok())
        .ok_or_else(|| "a window that runs over the registers".to_owned())
}

fn index(at: usize, len: usize, what: &str) -> Checked {
    if at < len { Ok(()) } else { Err(format!("there is no {what} {at}")) }
}
