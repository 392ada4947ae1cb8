//! A tenant whose programs follow one another over the same documents.

use bp_bytecode::Program;
use bp_bytecode::index::ProcessId;
use bp_bytecode::value::Value;
use bp_host::ledger::BookSpec;
use bp_host::store::SqliteStore;
use bp_host::world::{HostWorld, deploy};
use bp_host::{BookId, Shard, StepContext, TenantId};
use bp_vm::{Limits, Vm};

pub struct Kept {
    pub shard: Shard,
    pub tenant: TenantId,
    pub book: BookId,
}

impl Kept {
    pub fn new() -> Kept {
        let mut shard = Shard::new(SqliteStore::in_memory().unwrap());
        let tenant = shard.add_tenant("acme").unwrap();
        let book = shard.add_book(tenant, &BookSpec::new("main", "USD", 2)).unwrap();
        Kept { shard, tenant, book }
    }

    pub fn deploy(&mut self, program: &Program) -> bp_host::Result<()> {
        deploy(&mut self.shard, self.tenant, self.book, program)
    }

    pub fn schema_version(&mut self) -> i64 {
        let specs = self.shard.entities(self.tenant).unwrap();
        specs.into_iter().find(|spec| spec.name == "Customer").unwrap().schema_version
    }

    /// Runs a process; the texts that it gives.
    pub fn run(&mut self, program: &Program, name: &str, params: &[&str]) -> Vec<String> {
        let context = StepContext::new(self.tenant, self.book);
        let mut world = HostWorld::new(&mut self.shard, program, context).unwrap();
        let mut vm = Vm::new(program, Limits::default());
        let named = |process: &bp_bytecode::program::Process| program.texts[process.name.index()] == name;
        let number = program.processes.iter().position(named).unwrap();
        let process = &program.processes[number];
        let params: Vec<Value> = params.iter().map(|param| Value::Text((*param).into())).collect();
        let slots = vm.put_params(ProcessId(number as u16), &params).unwrap();
        let slot = vm.call(process.func, &slots, &mut world).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        let outcome = vm.get_value(process.outcome, slot as u64);
        world.commit().unwrap();
        match outcome {
            Value::Variant { case: 0, fields } => match fields.into_iter().next() {
                Some(Value::List(found)) => found.iter().map(text).collect(),
                _ => Vec::new(),
            },
            other => panic!("{name}: {other:?}"),
        }
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Text(known) => known.to_string(),
        Value::Record(fields) => fields.iter().map(text).collect(),
        other => panic!("{other:?} is no text"),
    }
}
