//! Chains whose factors are known: a product of one or two registers over a literal.

use bp_bytecode::op::Op;
use bp_bytecode::rounding::Mode;

use crate::fold::power_of_ten;
use crate::interval::Interval;
use crate::ranges::Ranges;

/// `round(the product of the registers x up / down) x step`: what a chain comes to, with its fraction in lowest terms.
#[derive(Clone, Debug)]
pub struct Quotient {
    /// One or two.
    pub registers: Vec<u16>,
    pub up: i128,
    /// Positive.
    pub down: i128,
    pub step: i128,
    pub mode: Mode,
}

impl Quotient {
    /// `None` where the chain is another one: a root or power, a divisor or step that is no literal, more registers.
    /// The outer one is the same for an operand that the analysis was not come to.
    pub fn of(ranges: &Ranges<'_, '_>, op: &Op) -> Option<Quotient> {
        let Op::RoundChain { first, chain, .. } = op else { return None };
        let chain = &ranges.context.program.chains[chain.index()];
        if chain.root || chain.power {
            return None;
        }
        let mut at = first.0;
        let mut next = || {
            at += 1;
            at - 1
        };
        let mut registers = Vec::new();
        let mut up = power_of_ten(chain.up)?;
        for _ in 0..chain.numerators {
            let register = next();
            match ranges.get(register).value() {
                Some(value) => up = up.checked_mul(value)?,
                None => registers.push(register),
            }
        }
        let mut down = power_of_ten(chain.down)?;
        for _ in 0..chain.divisors {
            down = down.checked_mul(ranges.get(next()).value()?)?;
        }
        let step = if chain.has_step { ranges.get(next()).value()? } else { 1 };
        down = down.checked_mul(step)?;
        if down <= 0 || step <= 0 || up == 0 || registers.is_empty() || registers.len() > 2 {
            return None;
        }
        let mode = match chain.mode {
            Some(mode) => mode,
            None => Mode::from_number(i64::try_from(ranges.get(next()).value()?).ok()?)?,
        };
        let common = divisor(up.unsigned_abs(), down.unsigned_abs()) as i128;
        Some(Quotient { registers, up: up / common, down: down / common, step, mode })
    }

    /// The product of the registers.
    fn product(&self, ranges: &Ranges<'_, '_>) -> Option<Interval> {
        let first = ranges.get(self.registers[0]);
        match self.registers.get(1) {
            Some(second) => first.mul(ranges.get(*second)),
            None => Some(first),
        }
    }

    pub fn range(&self, ranges: &Ranges<'_, '_>) -> Option<Interval> {
        let above = self.product(ranges)?.mul(Interval::only(self.up))?;
        above.divided(self.down).mul(Interval::only(self.step))
    }

    /// Do all numbers on the way fit 64 bits?
    pub fn stays_short(&self, ranges: &Ranges<'_, '_>) -> bool {
        let literals = [self.up, self.down, self.step].into_iter().all(crate::context::is_word);
        let short = |range: Option<Interval>| range.is_some_and(Interval::is_word);
        let product = self.product(ranges);
        let above = product.and_then(|product| product.mul(Interval::only(self.up)));
        literals && short(product) && short(above) && short(self.range(ranges))
    }
}

fn divisor(a: u128, b: u128) -> u128 {
    let (mut a, mut b) = (a, b);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}
