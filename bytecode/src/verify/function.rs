//! One function: the types of its registers, where its jumps go, what is assigned when, that every cycle costs.

use super::{VerifyError, fits, reg_type, shape};
use crate::Program;
use crate::index::*;
use crate::op::*;
use crate::program::{Function, TreeInput};
use crate::shape::{EnumShape, FieldShape, RegType, Shape};

/// How much work the walk over assigned registers may be, in 64-bit words of sets: a bound on memory (512 MiB).
const SET_WORDS_MAX: usize = 1 << 26;

/// What an instruction does, for the walks: registers read, registers written when it goes on to the next
/// instruction, where else it may go, whether it goes on.
#[derive(Default)]
struct Effect {
    uses: Vec<u16>,
    defs: Vec<u16>,
    jumps: Vec<u32>,
    ends: bool,
    charges: bool,
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
    cycles_cost(&effects).map_err(|op| at(op)("a cycle that costs nothing".into()))?;
    assigned(f, &effects).map_err(|(op, reason)| at(op)(reason))
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
        for (i, ty) in types.into_iter().enumerate() {
            let r = window(first.0, i)?;
            self.wants(Use(r), ty)?;
        }
        Ok(())
    }

    fn fields(&self, fields: &[FieldShape]) -> Checked<Vec<RegType>> {
        fields.iter().map(|f| self.of(f.shape)).collect()
    }

    fn case<'e>(&self, e: &'e EnumShape, case: u16) -> Checked<&'e [FieldShape]> {
        e.cases.get(usize::from(case)).map(|c| c.fields.as_slice()).ok_or_else(|| format!("there is no case {case}"))
    }

    fn op(&mut self, op: &Op) -> Checked {
        use RegType::{Wide, Word};
        match *op {
            Op::Move { dst, a } => {
                let ty = self.read(a)?;
                self.write(dst, ty)
            }
            Op::Int { dst, .. } | Op::Today { dst } | Op::Now { dst } => self.write(dst, Word),
            Op::Const { dst, value } => {
                let value = *self.p.constants.get(value.index()).ok_or("there is no such literal")?;
                self.write(dst, if i64::try_from(value).is_ok() { Word } else { Wide })
            }
            Op::Text { dst, text } => {
                index(text.index(), self.p.texts.len(), "text")?;
                self.makes_text(dst)
            }
            Op::Min { dst, a, b } | Op::Max { dst, a, b } => {
                self.number(a)?;
                self.number(b)?;
                let words = self.reg(a.0)? == Word && self.reg(b.0)? == Word;
                self.write(dst, if words { Word } else { Wide })
            }
            Op::Add { dst, a, b }
            | Op::Sub { dst, a, b }
            | Op::Mul { dst, a, b }
            | Op::DivFloor { dst, a, b }
            | Op::ModFloor { dst, a, b } => {
                self.number(a)?;
                self.number(b)?;
                self.write(dst, Wide)
            }
            Op::Neg { dst, a } | Op::Abs { dst, a } => {
                self.number(a)?;
                self.write(dst, Wide)
            }
            Op::ScaleUp { dst, a, power } => {
                self.number(a)?;
                small(power)?;
                self.write(dst, Wide)
            }
            Op::Round { dst, a, power, mode } => {
                self.number(a)?;
                small(power)?;
                rounding(mode)?;
                let ty = self.reg(a.0)?;
                self.write(dst, ty)
            }
            Op::IsMultiple { dst, a, power } => {
                self.number(a)?;
                small(power)?;
                self.write(dst, Word)
            }
            Op::Sign { dst, a } | Op::Narrow { dst, a } => {
                self.number(a)?;
                self.write(dst, Word)
            }
            Op::RoundChain { dst, first, chain } => {
                let c = self.p.chains.get(chain.index()).ok_or("there is no such chain")?;
                let numbers = usize::from(c.numerators)
                    + usize::from(c.divisors)
                    + usize::from(c.has_step)
                    + usize::from(c.power);
                let modes = usize::from(c.mode.is_none());
                let types = std::iter::repeat_n(Wide, numbers).chain(std::iter::repeat_n(Word, modes));
                self.read_window(first, types)?;
                self.write(dst, Wide)
            }
            Op::Compare { dst, a, b, .. } => {
                self.number(a)?;
                self.number(b)?;
                self.write(dst, Word)
            }
            Op::CompareScaled { dst, a, b, scales } => {
                self.number(a)?;
                self.number(b)?;
                small(scales.up)?;
                small(scales.down)?;
                self.write(dst, Word)
            }
            Op::Not { dst, a } => {
                self.word(a)?;
                self.write(dst, Word)
            }
            Op::Equal { dst, a, b } => {
                let ty = self.read(a)?;
                if self.read(b)? != ty || !matches!(ty, RegType::Handle(_)) {
                    return Err("compares values of two types".into());
                }
                self.write(dst, Word)
            }
            Op::TextOrder { dst, a, b } => {
                self.text(a)?;
                self.text(b)?;
                self.write(dst, Word)
            }
            Op::Jump { to } => {
                self.effect.jumps.push(to.0);
                self.effect.ends = true;
                Ok(())
            }
            Op::JumpIf { condition, to } | Op::JumpUnless { condition, to } => {
                self.effect.jumps.push(to.0);
                self.word(condition)
            }
            Op::Switch { on, table } => {
                let table = self.p.switches.get(table.index()).ok_or("there is no such jump table")?;
                if table.is_empty() {
                    return Err("a jump table without places".into());
                }
                self.effect.jumps.extend(table.iter().map(|l| l.0));
                self.effect.ends = true;
                self.word(on)
            }
            Op::Call { dst, func, first } => {
                let callee = self.p.functions.get(func.index()).ok_or("there is no such function")?;
                let params: Vec<RegType> = callee.registers.iter().take(usize::from(callee.params)).copied().collect();
                self.read_window(first, params)?;
                self.write(dst, callee.result)
            }
            Op::Return { a } => {
                self.effect.ends = true;
                self.wants(a, self.f.result)
            }
            Op::Halt { .. } => {
                self.effect.ends = true;
                Ok(())
            }
            Op::Check { a, check } => {
                index(check.index(), self.p.checks.len(), "check")?;
                self.word(a)
            }
            Op::Charge { amount } => {
                self.effect.charges = amount > 0;
                Ok(())
            }
            Op::StepBegin { step } | Op::StepEnd { step } => index(step.index(), self.p.steps.len(), "step"),
            Op::PostBegin { post, text, day } => {
                index(post.index(), self.p.posts.len(), "posting")?;
                self.text(text)?;
                self.word(day)
            }
            Op::PostLine { account, amount, first, .. } => {
                self.dimensions(account, first)?;
                self.word(amount)
            }
            Op::PostEnd { post } => index(post.index(), self.p.posts.len(), "posting"),
            Op::Balance { dst, account, first } => {
                self.dimensions(account, first)?;
                self.write(dst, Wide)
            }
            Op::Config { dst, config } => {
                let config = self.p.configs.get(config.index()).ok_or("there is no such configuration")?;
                let ty = self.of(config.shape)?;
                self.write(dst, ty)
            }
            Op::Matched { decision, row } => {
                index(decision.index(), self.p.decisions.len(), "decision")?;
                self.word(row)
            }
            Op::Search { dst, tree, first } => {
                let tree = self.p.trees.get(tree.index()).ok_or("there is no such tree")?;
                for (i, input) in tree.inputs.iter().enumerate() {
                    let r = Use(window(first.0, i)?);
                    match input {
                        TreeInput::Number => self.number(r)?,
                        TreeInput::Text => self.text(r)?,
                    }
                }
                self.write(dst, Word)
            }
            Op::Pick { dst, base, index: at } => {
                index(base.index(), self.p.constants.len(), "literal")?;
                self.word(at)?;
                self.write(dst, Word)
            }
            Op::PickText { dst, base, index: at } => {
                index(base.index(), self.p.texts.len(), "text")?;
                self.word(at)?;
                self.makes_text(dst)
            }
            Op::Expect { a, expect } => {
                let expect = self.p.expects.get(expect.index()).ok_or("there is no such expectation")?;
                for (r, s) in expect.sides.into_iter().flatten() {
                    let (found, wanted) = (self.read(Use(r))?, self.of(s)?);
                    if !(fits(found, wanted) || fits(wanted, found)) {
                        return Err("a side of an expectation is of another type".into());
                    }
                }
                self.word(a)
            }
            Op::AtRow { file, row } => {
                index(file.index(), self.p.texts.len(), "text")?;
                self.word(row)
            }
            Op::AddWord { dst, a, b } | Op::SubWord { dst, a, b } | Op::MulWord { dst, a, b } => {
                self.word(a)?;
                self.word(b)?;
                self.write(dst, Word)
            }
            Op::AddConst { dst, a, value }
            | Op::MulConst { dst, a, value }
            | Op::MinConst { dst, a, value }
            | Op::MaxConst { dst, a, value } => {
                self.word(a)?;
                self.word_literal(value)?;
                self.write(dst, Word)
            }
            Op::RoundBy { dst, a, by, mode } => {
                self.word(a)?;
                rounding(mode)?;
                if self.word_literal(by)? < 2 {
                    return Err("rounds by less than 2".into());
                }
                self.write(dst, Word)
            }
            Op::JumpCompare { a, b, to, .. } => {
                self.effect.jumps.push(to.0);
                self.number(a)?;
                self.number(b)
            }
            Op::JumpCompareConst { a, value, to, .. } => {
                self.effect.jumps.push(to.0);
                index(value.index(), self.p.constants.len(), "literal")?;
                self.number(a)
            }
            _ => self.cell_op(op),
        }
    }

    /// A literal that has to fit a word.
    fn word_literal(&self, id: ConstId) -> Checked<i64> {
        let value = *self.p.constants.get(id.index()).ok_or("there is no such literal")?;
        i64::try_from(value).map_err(|_| format!("the literal {value} does not fit a word"))
    }

    /// Instructions that make cells or read them.
    fn cell_op(&mut self, op: &Op) -> Checked {
        use RegType::Word;
        match *op {
            Op::Record { dst, first } => match self.makes(dst)? {
                Shape::Record(r) => {
                    let types = self.fields(&r.fields)?;
                    self.read_window(first, types)
                }
                _ => Err("makes a record of something else".into()),
            },
            Op::Field { dst, a, field } => match self.cell(a)? {
                Shape::Record(r) => {
                    let field = r.fields.get(usize::from(field)).ok_or("there is no such field")?;
                    let ty = self.of(field.shape)?;
                    self.write(dst, ty)
                }
                _ => Err("reads a field of something else".into()),
            },
            Op::Variant { dst, case, first } => match self.makes(dst)? {
                Shape::Variant(e) => {
                    let types = self.fields(self.case(e, case)?)?;
                    self.read_window(first, types)
                }
                _ => Err("makes a case of something else".into()),
            },
            Op::Tag { dst, a } => match self.cell(a)? {
                Shape::Variant(_) => self.write(dst, Word),
                _ => Err("reads the case of something else".into()),
            },
            Op::Unpack { a, case, first, otherwise } => match self.cell(a)? {
                Shape::Variant(e) => {
                    self.effect.jumps.push(otherwise.0);
                    let types = self.fields(self.case(e, case)?)?;
                    for (i, ty) in types.into_iter().enumerate() {
                        self.write(Def(window(first.0, i)?), ty)?;
                    }
                    Ok(())
                }
                _ => Err("takes apart something else".into()),
            },
            Op::Some { dst, a } => {
                let ty = self.read(a)?;
                match self.makes(dst)? {
                    Shape::Option(of) if self.of(*of)? == ty => Ok(()),
                    _ => Err("makes an option of something else".into()),
                }
            }
            Op::None { dst } => match self.makes(dst)? {
                Shape::Option(_) => Ok(()),
                _ => Err("makes an option of something else".into()),
            },
            Op::Unsome { dst, a, otherwise } => match self.cell(a)? {
                Shape::Option(of) => {
                    self.effect.jumps.push(otherwise.0);
                    let ty = self.of(*of)?;
                    self.write(dst, ty)
                }
                _ => Err("looks into something else".into()),
            },
            Op::List { dst, first, count } => match self.makes(dst)? {
                Shape::List(of) => {
                    let ty = self.of(*of)?;
                    self.read_window(first, std::iter::repeat_n(ty, usize::from(count)))
                }
                _ => Err("makes a list of something else".into()),
            },
            Op::Append { dst, list, a } => {
                let of = self.element(list)?;
                self.wants_exactly(a, of)?;
                let own = self.reg(list.0)?;
                self.write_exactly(dst, own)
            }
            Op::Len { dst, list } => match self.cell(list)? {
                Shape::List(_) | Shape::Map(..) => self.write(dst, Word),
                _ => Err("counts something else".into()),
            },
            Op::Item { dst, list, index } => {
                let of = self.element(list)?;
                self.word(index)?;
                self.write(dst, of)
            }
            Op::MapNew { dst } => match self.makes(dst)? {
                Shape::Map(..) => Ok(()),
                _ => Err("makes a map of something else".into()),
            },
            Op::Put { dst, map, key, value } => {
                let (k, v) = self.map(map)?;
                self.wants_exactly(key, self.of(k)?)?;
                self.wants_exactly(value, self.of(v)?)?;
                let own = self.reg(map.0)?;
                self.write_exactly(dst, own)
            }
            Op::Get { dst, map, key } => {
                let (k, v) = self.map(map)?;
                self.wants_exactly(key, self.of(k)?)?;
                match self.makes(dst)? {
                    Shape::Option(of) if *of == v => Ok(()),
                    _ => Err("reads a map into something else".into()),
                }
            }
            Op::Keys { dst, map } => {
                let (k, _) = self.map(map)?;
                self.makes_list_of(dst, k)
            }
            Op::Values { dst, map } => {
                let (_, v) = self.map(map)?;
                self.makes_list_of(dst, v)
            }
            Op::SortOrder { dst, keys, .. } => {
                let Shape::List(of) = self.cell(keys)? else { return Err("sorts something else".into()) };
                let sortable = matches!(shape(self.p, *of)?, Shape::Text) || self.of(*of)? == Word;
                match self.makes(dst)? {
                    Shape::List(of) if sortable && self.of(*of)? == Word => Ok(()),
                    _ => Err("sorts something without an order".into()),
                }
            }
            Op::Join { dst, first, count } => {
                for i in 0..usize::from(count) {
                    self.text(Use(window(first.0, i)?))?;
                }
                self.makes_text(dst)
            }
            Op::Format { dst, a, shape } => {
                let (found, wanted) = (self.read(a)?, self.of(shape)?);
                if !(fits(found, wanted) || fits(wanted, found)) {
                    return Err("writes a value as one of another shape".into());
                }
                self.makes_text(dst)
            }
            Op::Pad { dst, a, .. } => {
                self.number(a)?;
                self.makes_text(dst)
            }
            Op::Builtin { dst, builtin, first } => {
                for (i, ty) in builtin.params().iter().enumerate() {
                    let r = Use(window(first.0, i)?);
                    let found = self.read(r)?;
                    self.is_builtin(found, *ty)?;
                }
                self.effect.defs.push(dst.0);
                let found = self.reg(dst.0)?;
                self.is_builtin(found, builtin.result())
            }
            Op::RunGet { dst, process, key } => {
                let process = self.p.processes.get(process.index()).ok_or("there is no such process")?;
                self.text(key)?;
                match self.makes(dst)? {
                    Shape::Option(of) if *of == process.outcome => Ok(()),
                    _ => Err("takes a run for something else".into()),
                }
            }
            Op::RunPut { process, key, run } => {
                let process = self.p.processes.get(process.index()).ok_or("there is no such process")?;
                self.text(key)?;
                let ty = self.of(process.outcome)?;
                self.wants_exactly(run, ty)
            }
            _ => Err("an instruction that the verifier does not know".into()),
        }
    }

    fn element(&mut self, list: Use) -> Checked<RegType> {
        match self.cell(list)? {
            Shape::List(of) => self.of(*of),
            _ => Err(format!("r{} is no list", list.0)),
        }
    }

    fn map(&mut self, map: Use) -> Checked<(ShapeId, ShapeId)> {
        match self.cell(map)? {
            Shape::Map(k, v) => Ok((*k, *v)),
            _ => Err(format!("r{} is no map", map.0)),
        }
    }

    fn makes_list_of(&mut self, dst: Def, of: ShapeId) -> Checked {
        match self.makes(dst)? {
            Shape::List(found) if *found == of => Ok(()),
            _ => Err("makes a list of something else".into()),
        }
    }

    /// For what is stored: a wide number has to be narrowed first.
    fn wants_exactly(&mut self, r: Use, ty: RegType) -> Checked {
        if self.read(r)? == ty { Ok(()) } else { Err(format!("r{} is of another type", r.0)) }
    }

    fn write_exactly(&mut self, r: Def, ty: RegType) -> Checked {
        self.effect.defs.push(r.0);
        if self.reg(r.0)? == ty { Ok(()) } else { Err(format!("r{} is of another type", r.0)) }
    }

    fn dimensions(&mut self, account: AccountId, first: UseWindow) -> Checked {
        let account = self.p.accounts.get(account.index()).ok_or("there is no such account")?;
        let types = account.dimensions.iter().map(|(_, s)| self.of(*s)).collect::<Checked<Vec<_>>>()?;
        self.read_window(first, types)
    }

    fn is_builtin(&self, found: RegType, wanted: BuiltinType) -> Checked {
        let fits = match (found, wanted) {
            (RegType::Word, BuiltinType::Word | BuiltinType::Wide) | (RegType::Wide, BuiltinType::Wide) => true,
            (RegType::Handle(s), wanted) => match (shape(self.p, s)?, wanted) {
                (Shape::Text, BuiltinType::Text)
                | (Shape::Period, BuiltinType::Period)
                | (Shape::Amount, BuiltinType::Amount) => true,
                (Shape::List(of), BuiltinType::TextList) => matches!(shape(self.p, *of)?, Shape::Text),
                _ => false,
            },
            _ => false,
        };
        if fits { Ok(()) } else { Err("a built-in function with a value of another type".into()) }
    }
}

fn window(first: u16, offset: usize) -> Checked<u16> {
    usize::from(first)
        .checked_add(offset)
        .and_then(|r| u16::try_from(r).ok())
        .ok_or_else(|| "a window that runs over the registers".to_owned())
}

fn rounding(mode: u8) -> Checked {
    match crate::rounding::Mode::from_number(i64::from(mode)) {
        Some(_) => Ok(()),
        None => Err(format!("there is no rounding mode {mode}")),
    }
}

fn small(power: u8) -> Checked {
    if power <= 38 { Ok(()) } else { Err(format!("10^{power} does not fit 128 bits")) }
}

fn index(at: usize, len: usize, what: &str) -> Checked {
    if at < len { Ok(()) } else { Err(format!("there is no {what} {at}")) }
}

/// The `step`-th place that an instruction may go to.
fn next_of(effects: &[Effect], at: usize, step: usize) -> Option<usize> {
    let e = &effects[at];
    match e.jumps.get(step) {
        Some(jump) => Some(*jump as usize),
        None => (step == e.jumps.len() && !e.ends).then_some(at + 1),
    }
}

/// Without the instructions that charge, no way leads back. The instruction is where one does.
fn cycles_cost(effects: &[Effect]) -> Result<(), usize> {
    let mut state = vec![0_u8; effects.len()];
    for start in 0..effects.len() {
        if state[start] != 0 || effects[start].charges {
            continue;
        }
        let mut way: Vec<(usize, usize)> = vec![(start, 0)];
        state[start] = 1;
        while let Some((at, step)) = way.last_mut() {
            let to = next_of(effects, *at, *step);
            *step += 1;
            match to {
                None => {
                    state[*at] = 2;
                    way.pop();
                }
                Some(to) if effects[to].charges => {}
                Some(to) => match state[to] {
                    0 => {
                        state[to] = 1;
                        way.push((to, 0));
                    }
                    1 => return Err(*at),
                    _ => {}
                },
            }
        }
    }
    Ok(())
}

/// Every register is assigned before it is read: a walk over stretches of code, forwards, with the sets of
/// registers that are assigned on every way so far.
fn assigned(f: &Function, effects: &[Effect]) -> Result<(), (usize, String)> {
    let words = f.registers.len().div_ceil(64);
    let mut begins = vec![false; effects.len()];
    begins[0] = true;
    for (at, e) in effects.iter().enumerate() {
        for jump in &e.jumps {
            begins[*jump as usize] = true;
        }
        if (!e.jumps.is_empty() || e.ends) && at + 1 < effects.len() {
            begins[at + 1] = true;
        }
    }
    let mut block_of = vec![0_usize; effects.len()];
    let mut starts = Vec::new();
    for (at, begins) in begins.iter().enumerate() {
        if *begins {
            starts.push(at);
        }
        block_of[at] = starts.len() - 1;
    }
    if words.saturating_mul(starts.len()) > SET_WORDS_MAX {
        return Err((0, "the function is too large to verify".into()));
    }
    let mut entry: Vec<Option<Vec<u64>>> = vec![None; starts.len()];
    let mut first = vec![0_u64; words];
    (0..f.params).for_each(|r| set(&mut first, r));
    entry[0] = Some(first);
    let mut todo = vec![0_usize];
    while let Some(block) = todo.pop() {
        let mut now = entry[block].clone().unwrap_or_default();
        let end = starts.get(block + 1).copied().unwrap_or(effects.len());
        for at in starts[block]..end {
            let e = &effects[at];
            if let Some(r) = e.uses.iter().find(|r| !has(&now, **r)) {
                return Err((at, format!("r{r} is read before it is assigned")));
            }
            // Where a jump is taken the instruction has written nothing.
            for jump in &e.jumps {
                meet(&mut entry[block_of[*jump as usize]], &now, block_of[*jump as usize], &mut todo);
            }
            e.defs.iter().for_each(|r| set(&mut now, *r));
            if at + 1 == end && !e.ends && end < effects.len() {
                meet(&mut entry[block + 1], &now, block + 1, &mut todo);
            }
        }
    }
    Ok(())
}

fn set(bits: &mut [u64], r: u16) {
    bits[usize::from(r) / 64] |= 1 << (r % 64);
}

fn has(bits: &[u64], r: u16) -> bool {
    bits[usize::from(r) / 64] >> (r % 64) & 1 == 1
}

fn meet(entry: &mut Option<Vec<u64>>, now: &[u64], block: usize, todo: &mut Vec<usize>) {
    match entry {
        None => {
            *entry = Some(now.to_vec());
            todo.push(block);
        }
        Some(known) => {
            let mut changed = false;
            for (k, n) in known.iter_mut().zip(now) {
                changed |= *k & !*n != 0;
                *k &= n;
            }
            if changed {
                todo.push(block);
            }
        }
    }
}
