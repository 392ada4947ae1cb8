//! What the loop over the 64-bit form hands over, being long: so that the loop keeps its own in registers.

use bp_bytecode::index::{FuncId, PlaceId};
use bp_bytecode::program::Chain;
use bp_bytecode::rounding::Mode;

use crate::exact::{self, Divisor};
use crate::vm::{Outside, Vm};
use crate::words::run::GiveUp;
use crate::words::step::{Reg, Step};
use crate::words::{CHAIN_MAX, Child, Code, Node, Search, WINDOW};

impl Vm<'_> {
    #[inline(never)]
    pub(super) fn tell(&mut self, step: &Step, r: &[u64; WINDOW], outside: &mut Outside<'_>) -> Result<(), GiveUp> {
        let get = |register: Reg| r[usize::from(register)];
        match *step {
            Step::Begin { step } => {
                self.answers.forget();
                self.documents.clear();
                self.refill();
                outside.world.step_begin(step)?;
            }
            Step::End { step } => outside.world.step_end(step)?,
            Step::PostBegin { text, day } => self.post_begin(get(text), (get(day) as i64).into())?,
            Step::PostLine { account, side, amount, first, count } => {
                let dims = r.get(usize::from(first)..usize::from(first) + usize::from(count)).ok_or(GiveUp)?;
                self.post_line(account, side, (get(amount) as i64).into(), dims.iter().copied())?;
            }
            Step::PostTwo { accounts, sides, amounts } => {
                for at in 0..2 {
                    let amount = get(amounts[at]) as i64;
                    self.post_line(accounts[at], sides[at], amount.into(), std::iter::empty())?;
                }
            }
            // The place is for derivations.
            Step::PostEnd { post } => self.post_end::<false>(post, PlaceId(0), outside)?,
            Step::RunPut { process, shape, key, run } => self.run_put(process, get(key), shape, get(run))?,
            _ => return Err(GiveUp),
        }
        Ok(())
    }

    #[inline(never)]
    pub(super) fn cell(&mut self, slots: &[u64]) -> Result<u64, GiveUp> {
        Ok(self.heap.cell(slots)?)
    }

    #[inline(never)]
    pub(super) fn case(&mut self, case: u16, payload: &[u64]) -> Result<u64, GiveUp> {
        Ok(self.heap.case(case, payload)?)
    }

    #[inline(never)]
    pub(super) fn list(&mut self, elements: &[u64]) -> Result<u64, GiveUp> {
        Ok(self.heap.list(elements)?)
    }

    #[inline(never)]
    pub(super) fn item(&mut self, list: u64, index: i64) -> Result<u64, GiveUp> {
        Ok(self.heap.item(list, index.into())?)
    }

    /// Runs an instruction in the machine's own form, on a copy of the registers. Gives what it writes where.
    #[inline(never)]
    pub(super) fn slow(
        &mut self,
        code: &Code,
        func: u32,
        at: u32,
        words: &[u64; WINDOW],
        outside: &mut Outside<'_>,
    ) -> Result<(Reg, i64), GiveUp> {
        let mut registers = [0i128; WINDOW];
        let own = registers.get_mut(..code.registers).ok_or(GiveUp)?;
        own.iter_mut().zip(words).for_each(|(register, word)| *register = i128::from(*word as i64));
        let dst = self.one_op(FuncId(func), at as usize, own, outside)?;
        let result = own.get(usize::from(dst)).and_then(|result| i64::try_from(*result).ok()).ok_or(GiveUp)?;
        Ok((dst as Reg, result))
    }
}

#[inline(never)]
pub(super) fn rounded(divisor: &Divisor, n: i64, mode: Mode) -> i64 {
    divisor.round(n, mode)
}

#[inline(never)]
pub(super) fn div_floor(a: i64, b: i64) -> Result<i64, GiveUp> {
    i64::try_from(exact::div_floor(a.into(), b.into())?).map_err(|_| GiveUp)
}

#[inline(never)]
pub(super) fn mod_floor(a: i64, b: i64) -> Result<i64, GiveUp> {
    // Nearer to 0 than b is: it fits.
    Ok(exact::mod_floor(a.into(), b.into())? as i64)
}

#[inline(never)]
pub(super) fn chain_of(chain: &Chain, words: &[u64]) -> Result<i64, GiveUp> {
    let mut wide = [0i128; CHAIN_MAX];
    wide.iter_mut().zip(words).for_each(|(wide, word)| *wide = i128::from(*word as i64));
    let result = exact::chain(chain, wide.get(..words.len()).ok_or(GiveUp)?)?;
    i64::try_from(result).map_err(|_| GiveUp)
}

impl Search {
    /// The number of the leaf that the inputs lead to.
    #[inline(never)]
    pub(super) fn leaf(&self, inputs: &[u64]) -> Option<u64> {
        let mut child = self.root;
        loop {
            let node = match child {
                Child::Leaf(leaf) => return Some(leaf.into()),
                Child::Node(node) => self.nodes.get(node as usize)?,
            };
            child = *match node {
                Node::Range { input, edges, children } => {
                    let value = *inputs.get(usize::from(*input))? as i64;
                    children.get(edges.partition_point(|edge| *edge <= value))
                }
                Node::Dense { input, low, children } => {
                    let place = (*inputs.get(usize::from(*input))? as i64).checked_sub(*low);
                    let place = place.and_then(|place| usize::try_from(place).ok()).unwrap_or(usize::MAX);
                    children.get(place).or(children.last())
                }
            }?;
        }
    }
}
