//! Schedules: processes that begin by the clock, each firing exactly once.

use bp_bytecode::index::{FuncId, ShapeId};
use bp_bytecode::process::{Missed, Rhythm, Schedule};
use bp_bytecode::shape::Shape;
use bp_bytecode::value::Value;
use jiff::Timestamp;
use jiff::civil::{Date, Time};

use super::living::unfit;
use super::{HostWorld, text};
use crate::error::Result;

/// The most days that are looked through for the next firing: more than a year.
const DAYS_MAX: usize = 800;

impl<'a> HostWorld<'a> {
    /// When each of the program's schedules fires next; one that is new begins now, and one that is gone would begin anew.
    pub(super) fn begin_schedules(&mut self) -> Result<()> {
        for name in self.with_instances(|rows| rows.schedules())? {
            if !self.program.schedules.iter().any(|schedule| self.schedule_name(schedule) == name) {
                self.with_instances(|rows| rows.forget_schedule(&name))?;
            }
        }
        for schedule in &self.program.schedules {
            let name = self.schedule_name(schedule);
            if self.with_instances(|rows| rows.scheduled(name))?.is_none() {
                let next = self.next_firing(schedule, self.context.now)?;
                self.with_instances(|rows| rows.schedule(name, next))?;
            }
        }
        Ok(())
    }

    /// The schedule that fires first, by a moment.
    pub(super) fn next_schedule(&mut self, by: i64) -> Result<Option<(i64, &'a Schedule)>> {
        let mut first: Option<(i64, &'a Schedule)> = None;
        for schedule in &self.program.schedules {
            let name = self.schedule_name(schedule);
            if let Some(due) = self.with_instances(|rows| rows.scheduled(name))?
                && due <= by
                && first.is_none_or(|(earlier, _)| due < earlier)
            {
                first = Some((due, schedule));
            }
        }
        Ok(first)
    }

    /// A schedule fires, in the transaction that says when it does next. `back` is the moment when the host came back,
    /// where it was away: what was due before then was missed.
    pub(super) fn fire(&mut self, due: i64, schedule: &'a Schedule, back: Option<i64>) -> Result<()> {
        let name = self.schedule_name(schedule);
        let next = self.next_firing(schedule, due)?;
        let missed = back.is_some_and(|back| due < back);
        let runs = match schedule.missed {
            Missed::Each => true,
            Missed::Last => !missed || back.is_some_and(|back| next > back),
            Missed::Skip => !missed,
        };
        self.with_instances(|rows| rows.schedule(name, next))?;
        if runs {
            self.enter(schedule.process, &[], None)?;
        }
        self.settle_all()
    }

    fn schedule_name(&self, schedule: &Schedule) -> &'a str {
        text(self.program, self.program.processes[schedule.process.index()].name)
    }

    /// The first moment behind another one at which a schedule fires.
    fn next_firing(&mut self, schedule: &Schedule, after: i64) -> Result<i64> {
        let day = match schedule.rhythm {
            Rhythm::Every(interval) => {
                let interval = self.period(interval)?;
                return Ok(self.later_than(after, &interval)?.max(after.saturating_add(1)));
            }
            Rhythm::Monthly(Some(day)) | Rhythm::Yearly(Some(day)) => self.number(day)?,
            _ => 1,
        };
        let seconds = schedule.at.map_or(Ok(0), |at| self.number(at))?;
        let at = Time::midnight().checked_add(jiff::SignedDuration::from_secs(seconds));
        let at = at.map_err(|_| unfit("a time that no day has".to_owned()))?;
        let from = Timestamp::from_second(after).map_err(|_| unfit("a moment that is none".to_owned()))?;
        let mut date = from.to_zoned(self.zone.clone()).date();
        for _ in 0..DAYS_MAX {
            if fires_on(schedule.rhythm, day, date) {
                let moment = date.to_datetime(at).to_zoned(self.zone.clone());
                let moment = moment.map_err(|_| unfit("a moment that is none".to_owned()))?.timestamp().as_second();
                if moment > after {
                    return Ok(moment);
                }
            }
            date = date.tomorrow().map_err(|_| unfit("a date that is none".to_owned()))?;
        }
        Err(unfit(format!("the schedule {} never fires", self.schedule_name(schedule))))
    }

    /// The period that a function without parameters gives.
    pub(super) fn period(&mut self, func: FuncId) -> Result<Value> {
        let program = self.program;
        let mut vm = self.new_machine();
        let period = vm.call(func, &[], self).map_err(|fault| unfit(fault.to_string()))?;
        let shape = program.shapes.iter().position(|shape| *shape == Shape::Period);
        Ok(vm.get_value(ShapeId(shape.unwrap_or_default() as u32), period as u64))
    }

    fn number(&mut self, func: FuncId) -> Result<i64> {
        let mut vm = self.new_machine();
        let number = vm.call(func, &[], self).map_err(|fault| unfit(fault.to_string()))?;
        i64::try_from(number).map_err(|_| unfit("a number that is too large".to_owned()))
    }
}

/// Does a schedule fire on a date? A day that a month or a year does not have is its last one.
fn fires_on(rhythm: Rhythm, day: i64, date: Date) -> bool {
    let within = |last: i16| day.clamp(1, last.into());
    match rhythm {
        Rhythm::Every(_) => false,
        Rhythm::Daily => true,
        Rhythm::Weekly(weekday) => date.weekday().to_monday_one_offset() == weekday as i8,
        Rhythm::Monthly(_) => i64::from(date.day()) == within(date.days_in_month().into()),
        Rhythm::Yearly(_) => i64::from(date.day_of_year()) == within(date.days_in_year()),
    }
}
