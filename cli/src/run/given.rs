//! Values that one call gives by `--set`, for a process, a form or a message.

use super::input::Row;
use super::machine::Machine;
use super::plan::{Layout, Planner};
use super::sets::Sets;
use crate::failure::{Failure, Result};
use bp_bytecode::Program;
use bp_bytecode::index::{EntityId, ShapeId};
use bp_bytecode::program::Process;
use bp_bytecode::shape::FieldShape;
use bp_bytecode::value::Value;
use bp_host::world::HostWorld;
use bp_vm::{Limits, Vm};

/// Reads what is given, with the defaults of what is left out, and asks the conditions.
pub struct Giver<'p> {
    machine: Machine<'p, 'p, HostWorld<'p>>,
}

impl<'p> Giver<'p> {
    pub fn new(program: &'p Program, world: HostWorld<'p>) -> Giver<'p> {
        Giver { machine: Machine::new(program, Vm::new(program, Limits::default()), world, "--set") }
    }

    pub fn world(&mut self) -> &mut HostWorld<'p> {
        &mut self.machine.world
    }

    /// The parameters of a process.
    ///
    /// # Errors
    /// A name that nothing has, a value that is missing, does not fit or breaks a condition.
    pub fn params(&mut self, process: &Process, given: &[String]) -> Result<Vec<Value>> {
        let whose = format!("the process {}", self.machine.program.texts[process.name.index()]);
        self.fields(&process.params, &whose, given)
    }

    /// Values by their names; `whose` they are, for people. Those of the only record among them go by their own names.
    /// Errors as [`Giver::params`].
    pub fn fields(&mut self, fields: &[FieldShape], whose: &str, given: &[String]) -> Result<Vec<Value>> {
        let program = self.machine.program;
        let mut sets = Sets::read(given)?;
        let mut find = find_in(&mut self.machine.world);
        let planner = Planner::new(program, Layout::Nothing, &mut sets, &[]);
        let parts = planner.with_documents(&mut find).parts(fields, whose)?;
        drop(find);
        refuse_config(&sets)?;
        let mut slots = Vec::new();
        self.machine.arguments(&parts, Row::Once, &mut [], &mut slots).map_err(Failure::call)?;
        let value = |(part, slot): (&super::plan::Part, &u64)| self.machine.vm.get_value(part.shape, *slot);
        let values = parts.iter().zip(&slots).map(value).collect();
        self.machine.vm.reset();
        Ok(values)
    }

    /// A record field by field; `whose` fields they are, for people. Errors as [`Giver::params`].
    pub fn record(&mut self, shape: ShapeId, whose: &str, given: &[String]) -> Result<Value> {
        let program = self.machine.program;
        let mut sets = Sets::read(given)?;
        let mut find = find_in(&mut self.machine.world);
        let planner = Planner::new(program, Layout::Nothing, &mut sets, &[]);
        let parts = planner.with_documents(&mut find).record(shape, whose)?;
        drop(find);
        refuse_config(&sets)?;
        let slot = self.machine.record(&parts, Row::Once, &mut []).map_err(Failure::call)?;
        let value = self.machine.vm.get_value(shape, slot);
        self.machine.vm.reset();
        Ok(value)
    }
}

/// Finds documents by their names, which is how people write them.
fn find_in<'w>(world: &'w mut HostWorld<'_>) -> impl FnMut(EntityId, &str) -> Result<i64> + 'w {
    |entity, name| world.reference(entity, name).map_err(|error| Failure::call(error.to_string()))
}

/// What is configured holds for a tenant, not for one call.
fn refuse_config(sets: &Sets) -> Result<()> {
    match sets.names().next() {
        Some(name) => {
            Err(Failure::call(format!("--set {name}: that is configuration, which holds for more than a call")))
        }
        None => Ok(()),
    }
}
