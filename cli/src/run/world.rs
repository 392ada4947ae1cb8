//! What a run runs over: books in memory, or a folder that keeps books and documents.

use crate::failure::{Failure, Result};
use bp_bytecode::Program;
use bp_bytecode::index::{AccountId, ConfigId, EntityId, ProcessId, QueryId, StepId};
use bp_bytecode::value::Value;
use bp_host::ledger::Warning;
use bp_host::world::HostWorld;
use bp_vm::{At, Entry, LotPart, MemoryWorld, Refusal, Sums, View, World};
use jiff::tz::TimeZone;

/// So many rows share a commit of what is kept: one flush of the disk for all of them.
const ROWS_A_COMMIT: u32 = 200;

/// The world of a run. What it posts is added up in memory, for the report at its end.
pub struct RunWorld<'h> {
    posted: MemoryWorld,
    kept: Option<Kept<'h>>,
}

struct Kept<'h> {
    host: HostWorld<'h>,
    /// Rows since the last commit.
    open: u32,
}

impl<'h> RunWorld<'h> {
    pub fn in_memory(posted: MemoryWorld) -> RunWorld<'h> {
        RunWorld { posted, kept: None }
    }

    pub fn kept(posted: MemoryWorld, host: HostWorld<'h>) -> RunWorld<'h> {
        RunWorld { posted, kept: Some(Kept { host, open: 0 }) }
    }

    pub fn is_kept(&self) -> bool {
        self.kept.is_some()
    }

    /// What this run has posted.
    pub fn posted(&self) -> &MemoryWorld {
        &self.posted
    }

    /// How many limits that only warn were passed, and the first of them.
    pub fn warnings(&self) -> (u64, Vec<Warning>) {
        self.kept.as_ref().map_or((0, Vec::new()), |kept| {
            let (count, first) = kept.host.warnings();
            (count, first.to_vec())
        })
    }

    pub fn set_config(&mut self, config: ConfigId, value: Option<Value>) {
        if let Some(kept) = &mut self.kept {
            kept.host.set_config(config, value.clone());
        }
        self.posted.set_config(config, value);
    }

    /// What a run of this process with this key came to before, in another run over the same folder.
    pub fn run_before(&mut self, process: ProcessId, key: &str) -> Result<Option<Value>> {
        match &mut self.kept {
            Some(kept) => kept.host.run(process, key).map_err(outside),
            None => Ok(None),
        }
    }

    /// Keeps what a run came to.
    pub fn keep_run(&mut self, process: ProcessId, key: &str, outcome: impl FnOnce() -> Value) -> Result<()> {
        match &mut self.kept {
            Some(kept) => kept.host.keep_run(process, key, &outcome()).map_err(outside),
            None => Ok(()),
        }
    }

    /// A row is through.
    pub fn row_end(&mut self) -> Result<()> {
        match &mut self.kept {
            Some(kept) if kept.open + 1 >= ROWS_A_COMMIT => self.commit(),
            Some(kept) => {
                kept.open += 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Makes everything durable.
    pub fn commit(&mut self) -> Result<()> {
        match &mut self.kept {
            Some(kept) => {
                kept.open = 0;
                kept.host.commit().map_err(outside)
            }
            None => Ok(()),
        }
    }

    /// A document's name, where there is one to ask.
    pub fn name(&mut self, entity: EntityId, reference: i64) -> String {
        let name = self.kept.as_mut().and_then(|kept| kept.host.name(entity, reference).ok());
        name.unwrap_or_else(|| reference.to_string())
    }

    /// Who answers for what is kept.
    fn keeper(&mut self) -> &mut dyn World {
        match &mut self.kept {
            Some(kept) => &mut kept.host,
            None => &mut self.posted,
        }
    }

    /// Tells both.
    fn both(&mut self, mut tell: impl FnMut(&mut dyn World) -> std::result::Result<(), Refusal>) -> Answer<()> {
        if let Some(kept) = &mut self.kept {
            tell(&mut kept.host)?;
        }
        tell(&mut self.posted)
    }
}

type Answer<T> = std::result::Result<T, Refusal>;

fn outside(error: bp_host::Error) -> Failure {
    Failure::outside(error.to_string())
}

impl World for RunWorld<'_> {
    fn config(&mut self, config: ConfigId) -> Answer<Option<Value>> {
        self.keeper().config(config)
    }

    fn today(&mut self) -> Answer<i64> {
        self.keeper().today()
    }

    fn now(&mut self) -> Answer<i64> {
        self.keeper().now()
    }

    fn zone(&mut self) -> TimeZone {
        self.keeper().zone()
    }

    fn is_business_day(&mut self, day: i64) -> bool {
        self.keeper().is_business_day(day)
    }

    fn step_begin(&mut self, step: StepId) -> Answer<()> {
        self.both(|world| world.step_begin(step))
    }

    fn step_end(&mut self, step: StepId) -> Answer<()> {
        self.both(|world| world.step_end(step))
    }

    fn step_fail(&mut self, step: StepId) -> Answer<()> {
        self.both(|world| world.step_fail(step))
    }

    fn post(&mut self, entry: &Entry<'_>) -> Answer<()> {
        // What is added up is the run's own book.
        match (entry.book, &mut self.kept) {
            (Some(_), Some(kept)) => kept.host.post(entry),
            _ => self.both(|world| world.post(entry)),
        }
    }

    fn balance(&mut self, account: AccountId, dims: &[u64], view: View<'_>) -> Answer<i128> {
        self.keeper().balance(account, dims, view)
    }

    fn create(&mut self, entity: EntityId, document: Value) -> Answer<i64> {
        self.keeper().create(entity, document)
    }

    fn document(&mut self, entity: EntityId, reference: i64) -> Answer<Value> {
        self.keeper().document(entity, reference)
    }

    fn change(&mut self, entity: EntityId, reference: i64, document: Value) -> Answer<()> {
        self.keeper().change(entity, reference, document)
    }

    fn lookup(&mut self, entity: EntityId, key: Vec<Value>) -> Answer<Option<i64>> {
        self.keeper().lookup(entity, key)
    }

    fn find(&mut self, query: QueryId, values: Vec<Value>, limit: Option<u64>) -> Answer<Vec<i64>> {
        self.keeper().find(query, values, limit)
    }

    fn number(&mut self, entity: EntityId, period: &str) -> Answer<i64> {
        self.keeper().number(entity, period)
    }

    fn held(&mut self, account: AccountId, dims: &[u64], view: View<'_>) -> Answer<i128> {
        self.keeper().held(account, dims, view)
    }

    fn hold(&mut self, account: AccountId, amount: i64, dims: &[u64], view: View<'_>) -> Answer<i64> {
        self.keeper().hold(account, amount, dims, view)
    }

    fn settle(&mut self, hold: i64, commit: bool) -> Answer<()> {
        self.keeper().settle(hold, commit)
    }

    fn commit_part(&mut self, hold: i64, part: i64) -> Answer<i64> {
        self.keeper().commit_part(hold, part)
    }

    fn take(&mut self, account: AccountId, amount: i64, dims: &[u64], view: View<'_>) -> Answer<Vec<LotPart>> {
        self.keeper().take(account, amount, dims, view)
    }

    fn free(&mut self, account: AccountId, amount: i64, dims: &[u64], view: View<'_>) -> Answer<()> {
        self.keeper().free(account, amount, dims, view)
    }

    fn hold_over(&mut self, account: AccountId, amount: i64, role: &str, dims: &[u64], view: View<'_>) -> Answer<i64> {
        self.keeper().hold_over(account, amount, role, dims, view)
    }

    fn bound(
        &mut self,
        account: AccountId,
        book: Option<&str>,
        dims: &[u64],
        bounds: &[i64],
        view: View<'_>,
    ) -> Answer<()> {
        self.keeper().bound(account, book, dims, bounds, view)
    }

    fn available(
        &mut self,
        account: AccountId,
        wanted: Option<i128>,
        dims: &[u64],
        bounds: &[i64],
        view: View<'_>,
    ) -> Answer<i128> {
        self.keeper().available(account, wanted, dims, bounds, view)
    }

    fn posted(&mut self) -> Answer<i64> {
        self.keeper().posted()
    }

    fn reverse(&mut self, entry: i64) -> Answer<()> {
        self.keeper().reverse(entry)
    }

    fn first_open(&mut self, book: Option<&str>) -> Answer<i64> {
        self.keeper().first_open(book)
    }

    fn balance_in(&mut self, account: AccountId, book: &str, dims: &[u64], view: View<'_>) -> Answer<i128> {
        self.keeper().balance_in(account, book, dims, view)
    }

    fn balance_at(&mut self, account: AccountId, at: At<'_>, dims: &[u64], view: View<'_>) -> Answer<i128> {
        self.keeper().balance_at(account, at, dims, view)
    }

    fn book_value(&mut self, account: AccountId, dims: &[u64], view: View<'_>) -> Answer<i128> {
        self.keeper().book_value(account, dims, view)
    }

    fn close_period(&mut self, day: i64) -> Answer<()> {
        self.both(|world| world.close_period(day))
    }

    fn takes_sums(&self) -> bool {
        self.kept.is_none() && self.posted.takes_sums()
    }

    fn add_sums(&mut self, sums: &Sums<'_>) -> Answer<()> {
        self.posted.add_sums(sums)
    }

    fn takes_back(&self) -> bool {
        self.kept.is_none() && self.posted.takes_back()
    }

    fn take_back(&mut self) {
        self.posted.take_back();
    }

    fn call_end(&mut self, well: bool) -> Answer<()> {
        self.both(|world| world.call_end(well))
    }
}

/// Refuses a program that keeps documents where nothing keeps them.
pub fn refuse_without_data(program: &Program, file: &std::path::Path) -> Result<()> {
    if crate::tenant::keeps(program) {
        let file = file.display();
        return Err(Failure::call(format!("{file} keeps documents or holds; say in which folder, by --data DIR")));
    }
    Ok(())
}
