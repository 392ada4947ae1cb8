//! A world in memory that notes what it is told.

use bp_bytecode::Program;
use bp_bytecode::index::{AccountId, ConfigId, StepId};
use bp_bytecode::value::Value;
use bp_vm::{Entry, KeptEntry, MemoryWorld, Refusal, View, World, keep};
use jiff::tz::TimeZone;

/// What a world was told, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    Begin(StepId),
    End(StepId),
    Post(KeptEntry),
    Call(bool),
}

/// A world in memory that notes what it is told.
pub struct Notes {
    inner: MemoryWorld,
    told: Vec<Told>,
    begun: usize,
}

impl Notes {
    pub fn new(program: &Program) -> Notes {
        let mut inner = MemoryWorld::new(program);
        inner.set_now(1_767_225_600);
        Notes { inner, told: Vec::new(), begun: 0 }
    }

    /// What it was told; it forgets it.
    pub fn take(&mut self) -> Vec<Told> {
        self.begun = 0;
        std::mem::take(&mut self.told)
    }
}

impl World for Notes {
    fn config(&mut self, config: ConfigId) -> Result<Option<Value>, Refusal> {
        self.inner.config(config)
    }

    fn today(&mut self) -> Result<i64, Refusal> {
        self.inner.today()
    }

    fn now(&mut self) -> Result<i64, Refusal> {
        self.inner.now()
    }

    fn zone(&mut self) -> TimeZone {
        self.inner.zone()
    }

    fn is_business_day(&mut self, day: i64) -> bool {
        self.inner.is_business_day(day)
    }

    fn step_begin(&mut self, step: StepId) -> Result<(), Refusal> {
        self.told.push(Told::Begin(step));
        self.inner.step_begin(step)
    }

    fn step_end(&mut self, step: StepId) -> Result<(), Refusal> {
        self.told.push(Told::End(step));
        self.inner.step_end(step)
    }

    fn post(&mut self, entry: &Entry<'_>) -> Result<(), Refusal> {
        self.told.push(Told::Post(keep(entry)));
        self.inner.post(entry)
    }

    fn balance(&mut self, account: AccountId, dims: &[u64], view: View<'_>) -> Result<i128, Refusal> {
        self.inner.balance(account, dims, view)
    }

    fn takes_back(&self) -> bool {
        true
    }

    fn take_back(&mut self) {
        self.told.truncate(self.begun);
        self.inner.take_back();
    }

    fn call_end(&mut self, well: bool) -> Result<(), Refusal> {
        self.told.push(Told::Call(well));
        self.begun = self.told.len();
        self.inner.call_end(well)
    }
}
