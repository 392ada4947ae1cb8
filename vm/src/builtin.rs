//! Instructions and built-in functions that are not a line each: texts, calendar, amounts, answers of the world.

use bp_bytecode::border;
use bp_bytecode::index::{AccountId, ExpectId, ProcessId, ShapeId};
use bp_bytecode::op::Builtin;
use bp_bytecode::shape::{RegType, Shape};
use bp_bytecode::value::Value;

use crate::fault::{FaultKind, Memory, Raise};
use crate::time;
use crate::vm::{Outside, Unmet, Vm};
use crate::world::{View, World};

/// How many unmet expectations are kept in full; beyond it they are only counted.
const MAX_UNMET: usize = 1_000;

fn overflow() -> Raise {
    Box::new(FaultKind::Overflow)
}

impl Vm<'_> {
    /// A built-in function: its result as a slot.
    pub(crate) fn builtin(&mut self, builtin: Builtin, args: &[i128], world: &mut dyn World) -> Result<u64, Raise> {
        let word = |at: usize| args[at] as i64;
        let handle = |at: usize| args[at] as u64;
        let given = |word: i64| Ok(word as u64);
        match builtin {
            Builtin::Length
            | Builtin::Lower
            | Builtin::Upper
            | Builtin::Trim
            | Builtin::Contains
            | Builtin::StartsWith
            | Builtin::EndsWith
            | Builtin::Matches
            | Builtin::Split
            | Builtin::Join
            | Builtin::Replace => self.text_builtin(builtin, args),

            Builtin::MakeMonth => given(time::month_of(word(0))?),
            Builtin::DateYear => given(time::date(word(0))?.year().into()),
            Builtin::DateMonthNumber => given(time::date(word(0))?.month().into()),
            Builtin::DateDay => given(time::date(word(0))?.day().into()),
            // 1970-01-01 was a Thursday.
            Builtin::DateWeekday => given((word(0).rem_euclid(7) + 3) % 7 + 1),
            Builtin::MonthYear => given(word(0).div_euclid(12)),
            Builtin::MonthNumber => given(word(0).rem_euclid(12) + 1),
            Builtin::MonthFirstDay => given(time::first_day(word(0))?),
            Builtin::MonthLastDay => given(time::last_day(word(0))?),
            Builtin::DaysBetween => given(word(1).checked_sub(word(0)).ok_or_else(overflow)?),
            Builtin::AddMonths => given(time::add_months(word(0), word(1))?),
            Builtin::DatePlus | Builtin::DateMinus => {
                let period = self.signed_period(handle(1), builtin == Builtin::DateMinus)?;
                given(time::add_period(word(0), period, &mut |day| world.is_business_day(day), &mut self.work)?)
            }
            Builtin::DateTimePlus | Builtin::DateTimeMinus => {
                let period = self.signed_period(handle(1), builtin == Builtin::DateTimeMinus)?;
                let zone = world.zone();
                let mut is_business_day = |day| world.is_business_day(day);
                given(time::moment_plus(&zone, word(0), period, &mut is_business_day, &mut self.work)?)
            }
            Builtin::DateOf => given(time::local(&world.zone(), word(0))?.0),
            Builtin::TimeOf => given(time::local(&world.zone(), word(0))?.1),
            Builtin::Moment => given(time::moment(&world.zone(), word(0), word(1))?),

            Builtin::MakePeriod => self.heap.cell(&[0, 1, 2, 3].map(handle)),
            Builtin::PeriodPlus => {
                let other = self.period(handle(1));
                let sum = time::parts(self.period(handle(0)), |at, part| part.checked_add(other[at]))?;
                self.heap.cell(&sum.map(|part| part as u64))
            }
            Builtin::PeriodNegate => {
                let negated = time::negated(self.period(handle(0)))?;
                self.heap.cell(&negated.map(|part| part as u64))
            }
            Builtin::PeriodTimes => {
                let times = time::parts(self.period(handle(0)), |_, part| part.checked_mul(word(1)))?;
                self.heap.cell(&times.map(|part| part as u64))
            }

            Builtin::MakeAmount => self.heap.cell(&[handle(0), handle(1)]),
            Builtin::AmountCurrency => Ok(self.heap.slot(handle(0), 0)),
            Builtin::AmountValue => Ok(self.heap.slot(handle(0), 1)),
            Builtin::AmountPlus | Builtin::AmountMinus => {
                let (a, b) = self.amounts(handle(0), handle(1))?;
                let result = if builtin == Builtin::AmountPlus { a.checked_add(b) } else { a.checked_sub(b) };
                let result = result.ok_or_else(overflow)?;
                let currency = self.heap.slot(handle(0), 0);
                self.heap.cell(&[currency, result as u64])
            }
            Builtin::AmountOrder => {
                let (a, b) = self.amounts(handle(0), handle(1))?;
                given(a.cmp(&b) as i64)
            }
        }
    }

    fn text_builtin(&mut self, builtin: Builtin, args: &[i128]) -> Result<u64, Raise> {
        let handle = |at: usize| args[at] as u64;
        let first = handle(0);
        if builtin == Builtin::Join {
            let separator = handle(1);
            let parts: Vec<u64> = self.heap.elements(first).to_vec();
            // The list is data: its length and its bytes are work that nothing has charged for.
            self.works(parts.iter().map(|part| self.heap.text(*part).len() + 1).sum())?;
            let texts = parts
                .iter()
                .enumerate()
                .flat_map(|(at, part)| (at > 0).then_some(separator).into_iter().chain([*part]));
            return crate::text::join(&mut self.heap, texts);
        }
        let bytes = args.iter().map(|text| self.heap.text(*text as u64).len()).sum();
        self.works(bytes)?;
        let text = |at: usize| self.heap.text(handle(at));
        let truth = |truth: bool| Ok(u64::from(truth));
        match builtin {
            Builtin::Length => Ok(text(0).chars().count() as u64),
            Builtin::Contains => truth(text(0).contains(text(1))),
            Builtin::StartsWith => truth(text(0).starts_with(text(1))),
            Builtin::EndsWith => truth(text(0).ends_with(text(1))),
            Builtin::Matches => {
                let mut steps = self.work;
                let found = crate::text::matches(text(0), text(1), &mut steps);
                self.work = steps;
                truth(found.ok_or_else(|| Box::new(FaultKind::CostSpent))?)
            }
            Builtin::Trim => {
                let start = text(0).len() - text(0).trim_start().len();
                Ok(crate::heap::Heap::part(first, start, start + text(0).trim().len()))
            }
            Builtin::Lower => {
                let made = text(0).to_lowercase();
                crate::text::push(&mut self.heap, &made)
            }
            Builtin::Upper => {
                let made = text(0).to_uppercase();
                crate::text::push(&mut self.heap, &made)
            }
            Builtin::Split => {
                let parts = crate::text::split(&self.heap, first, handle(1));
                self.heap.list(&parts)
            }
            Builtin::Replace => {
                // An empty text stands nowhere, so there is nothing to replace.
                if text(1).is_empty() {
                    return Ok(first);
                }
                let found = text(0).matches(text(1)).count();
                let bytes = text(0).len() - found * text(1).len() + found.saturating_mul(text(2).len());
                // Before it is made: a small program can ask for a huge text.
                if bytes > self.limits.one_text {
                    return Err(Box::new(FaultKind::TextTooLong { bytes }));
                }
                let made = text(0).replace(text(1), text(2));
                crate::text::push(&mut self.heap, &made)
            }
            _ => Err(Box::new(FaultKind::Unreachable)),
        }
    }

    fn period(&self, cell: u64) -> time::Period {
        [0, 1, 2, 3].map(|at| self.heap.slot(cell, at) as i64)
    }

    fn signed_period(&self, cell: u64, negative: bool) -> Result<time::Period, Raise> {
        let period = self.period(cell);
        if negative { time::negated(period) } else { Ok(period) }
    }

    /// The values of two amounts of one currency.
    fn amounts(&self, a: u64, b: u64) -> Result<(i64, i64), Raise> {
        let [left, right] = [a, b].map(|amount| self.heap.text(self.heap.slot(amount, 0)));
        if left != right {
            return Err(Box::new(FaultKind::CurrencyMismatch { left: left.into(), right: right.into() }));
        }
        Ok((self.heap.slot(a, 1) as i64, self.heap.slot(b, 1) as i64))
    }

    /// A value as text, as its shape writes it for people.
    pub(crate) fn format(&mut self, shape: ShapeId, register: i128) -> Result<u64, Raise> {
        let text = match &self.program.shapes[shape.index()] {
            Shape::Text => return Ok(register as u64),
            found => match found.reg_type(shape) {
                RegType::Handle(_) => {
                    // What is larger than a text may be is not even put together.
                    let value = self.value_within(shape, register as u64, self.limits.one_text)?;
                    border::display(self.program, shape, &value)
                }
                _ => border::display_wide(self.program, shape, register),
            },
        };
        crate::text::push(&mut self.heap, &text)
    }

    /// An integer with at least so many digits: `00042`, `-00042`.
    pub(crate) fn pad(&mut self, number: i128, digits: u8) -> Result<u64, Raise> {
        let sign = if number < 0 { "-" } else { "" };
        let text = format!("{sign}{:0>width$}", number.unsigned_abs(), width = usize::from(digits));
        self.heap.push_text(&text)
    }

    pub(crate) fn today(&mut self, outside: &mut Outside<'_>) -> Result<i128, Raise> {
        if self.answers.today.is_none() {
            let today = outside.world.today().map_err(Raise::from)?;
            self.answers.today = Some(time::checked_day(Some(today))?);
        }
        Ok(i128::from(self.answers.today.unwrap_or_default()))
    }

    pub(crate) fn now(&mut self, outside: &mut Outside<'_>) -> Result<i128, Raise> {
        if self.answers.now.is_none() {
            let now = outside.world.now().map_err(Raise::from)?;
            self.answers.now = Some(time::checked_moment(Some(now))?);
        }
        Ok(i128::from(self.answers.now.unwrap_or_default()))
    }

    pub(crate) fn balance(
        &mut self,
        account: AccountId,
        dims: &[i128],
        outside: &mut Outside<'_>,
    ) -> Result<i128, Raise> {
        let view = View { program: self.program, heap: &self.heap };
        if dims.is_empty() {
            return Ok(outside.world.balance(account, &[], view)?);
        }
        let dims: Vec<u64> = dims.iter().map(|register| *register as u64).collect();
        Ok(outside.world.balance(account, &dims, view)?)
    }

    /// The run record of a process for a key, as an option of `shape`.
    pub(crate) fn run_get(&mut self, process: ProcessId, key: u64, shape: ShapeId) -> Result<u64, Raise> {
        let key = (process, self.heap.text(key).into());
        let Some(run) = self.runs.get(&key) else { return Ok(0) };
        let Shape::Option(record) = &self.program.shapes[shape.index()] else {
            return Err(Box::new(FaultKind::Unreachable));
        };
        let cell = crate::values::put_value(self.program, &mut self.heap, *record, run)?;
        self.heap.cell(&[cell])
    }

    pub(crate) fn run_put(&mut self, process: ProcessId, key: u64, shape: ShapeId, run: u64) -> Result<(), Raise> {
        let key = (process, self.heap.text(key).into());
        let run = self.value_within(shape, run, self.limits.slots)?;
        if self.runs.len() >= self.limits.runs && !self.runs.contains_key(&key) {
            return Err(crate::heap::spent(Memory::Slots));
        }
        match self.trying {
            Some(_) => {
                let before = self.runs.insert(key.clone(), run);
                self.replaced.push((key, before));
            }
            None => {
                self.runs.insert(key, run);
            }
        }
        Ok(())
    }

    /// Notes an expectation that does not hold.
    #[cold]
    pub(crate) fn expectation(&mut self, expect: ExpectId, registers: &[i128]) {
        self.unmet_count += 1;
        if self.unmet.len() >= MAX_UNMET {
            return;
        }
        let sides = self.program.expects.get(expect.index()).and_then(|expect| expect.sides);
        let side = |(register, shape): (u16, ShapeId)| {
            let register = registers[usize::from(register)];
            match self.program.shapes[shape.index()].reg_type(shape) {
                RegType::Handle(_) => {
                    (self.checked_value(shape, register as u64).ok(), self.display(shape, register as u64))
                }
                _ => {
                    let word = i64::try_from(register).ok().map(Value::Word);
                    (word, border::display_wide(self.program, shape, register))
                }
            }
        };
        let (mut left, mut right, mut shown) = (None, None, None);
        if let Some([a, b]) = sides {
            let ((a, a_shown), (b, b_shown)) = (side(a), side(b));
            (left, right, shown) = (a, b, Some((a_shown, b_shown)));
        }
        self.unmet.push(Unmet { expect, left, right, shown, row: self.row });
    }
}
