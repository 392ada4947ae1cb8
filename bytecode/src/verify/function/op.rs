//! Instructions on registers: numbers, control, decisions, effects.

use super::{Checked, Walk, index, window};
use crate::index::*;
use crate::op::*;
use crate::program::TreeInput;
use crate::shape::RegType;
use crate::verify::fits;

impl Walk<'_> {
    pub(super) fn op(&mut self, op: &Op) -> Checked {
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
                if self.p.rests(func) {
                    return Err("calls a function that rests".into());
                }
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
            Op::StepBegin { step } | Op::StepEnd { step } | Op::StepFail { step } => {
                index(step.index(), self.p.steps.len(), "step")
            }
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
                self.begins(first)?;
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
            Op::Create { .. }
            | Op::Document { .. }
            | Op::Change { .. }
            | Op::Lookup { .. }
            | Op::Find { .. }
            | Op::Number { .. }
            | Op::Held { .. }
            | Op::Hold { .. }
            | Op::Settle { .. }
            | Op::CommitPart { .. }
            | Op::Take { .. }
            | Op::LineWorth { .. }
            | Op::LineOver { .. }
            | Op::PostValued { .. }
            | Op::PostRounding { .. }
            | Op::BookValue { .. }
            | Op::Free { .. }
            | Op::Available { .. }
            | Op::Room { .. }
            | Op::Bound { .. }
            | Op::HoldOver { .. }
            | Op::Posted { .. }
            | Op::Reverse { .. }
            | Op::FirstOpen { .. }
            | Op::FirstOpenIn { .. }
            | Op::PostIn { .. }
            | Op::BalanceIn { .. }
            | Op::BalanceAt { .. }
            | Op::ClosePeriod { .. } => self.stored_op(op),
            crate::process_ops!() => self.process_op(op),
            _ => self.cell_op(op),
        }
    }

    /// A literal that has to fit a word.
    fn word_literal(&self, id: ConstId) -> Checked<i64> {
        let value = *self.p.constants.get(id.index()).ok_or("there is no such literal")?;
        i64::try_from(value).map_err(|_| format!("the literal {value} does not fit a word"))
    }

    pub(super) fn dimensions(&mut self, account: AccountId, first: UseWindow) -> Checked {
        let account = self.p.accounts.get(account.index()).ok_or("there is no such account")?;
        let types = account.dimensions.iter().map(|(_, s)| self.of(*s)).collect::<Checked<Vec<_>>>()?;
        self.read_window(first, types)
    }

    /// A window of dimensions and bounds.
    pub(super) fn bounded(&mut self, id: AccountId, first: UseWindow) -> Checked {
        let account = self.p.accounts.get(id.index()).ok_or("there is no such account")?;
        let mut types = account.dimensions.iter().map(|(_, s)| self.of(*s)).collect::<Checked<Vec<_>>>()?;
        types.resize(types.len() + account.amounts(), RegType::Word);
        self.read_window(first, types)
    }
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
