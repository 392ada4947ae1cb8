//! How what was done is taken back: by a failure, by the end of a branch before its time, by an operator.

use bp_bytecode::Program;
use bp_bytecode::index::UndoId;

use super::branching::instance_name;
use super::living::{Run, object, unfit};
use super::{HostWorld, codec, text};
use crate::error::{Refused, Result};
use crate::instances::{Instance, InstanceState, Undo};
use crate::ledger::hold::owner_of;

impl HostWorld<'_> {
    /// An operator ends an instance before its end, for a reason that its story keeps: what it waits for is withdrawn,
    /// what it did is taken back, the last step first. With `force` what nothing takes back stays.
    ///
    /// Errors, with nothing done, if it has ended or is being taken back already, if another instance waits for it, or,
    /// without `force`, if it has done something that nothing takes back.
    pub fn cancel(&mut self, id: i64, reason: &str, force: bool) -> Result<()> {
        self.end_of_call()?;
        let instance = self.instance(id)?.ok_or_else(|| Refused::Unknown { what: "instance", name: id.to_string() })?;
        let refuse = |why: String| Err(Refused::Value { place: format!("instance {id}"), why }.into());
        match (instance.state, instance.ended_at) {
            (InstanceState::Running, None) => {}
            (InstanceState::Undoing, None) => return refuse("it is being taken back already".to_owned()),
            (state, _) => return refuse(format!("it has ended: {}", state.name())),
        }
        if let Some(parent) = instance.parent
            && self.instance(parent.instance)?.is_some_and(|parent| parent.ended_at.is_none())
        {
            return refuse(format!("instance {} has called it and waits for it; cancel that one", parent.instance));
        }
        if let Some(stays) = instance.stays.as_ref().filter(|_| !force) {
            return refuse(format!("nothing takes back `{stays}`, which is done"));
        }
        self.stand()?;
        self.cancel_instance(id, reason)?;
        self.settle_all()
    }

    /// Takes back the steps of a process that has failed or was cancelled, those of the children that it called first.
    pub(super) fn undo_all(&mut self, instance: &Instance, of: (i64, i64)) -> Result<()> {
        for child in self.with_instances(|rows| rows.ended_children(of))? {
            self.cancel_instance(child, "")?;
        }
        if !self.take_back(instance, of, None)? {
            return Ok(());
        }
        let state = if instance.outcome.is_some() { InstanceState::Failed } else { InstanceState::Cancelled };
        self.end(instance, state, instance.outcome.as_deref())?;
        self.stand()
    }

    /// Takes back what was ended before a token goes on: the children that were called, then the steps, the last one
    /// first. `false` if one of it stands still.
    pub(super) fn take_back_ended(&mut self, instance: &Instance, of: (i64, i64)) -> Result<bool> {
        for child in self.with_instances(|rows| rows.ended_children(of))? {
            self.cancel_instance(child, "")?;
        }
        let done = self.take_back(instance, of, Some(of.1))?;
        if done {
            self.with_instances(|rows| rows.leave_ended(of))?;
            self.stand()?;
        }
        Ok(done)
    }

    /// An instance goes no further: what it did is taken back, and it has no outcome.
    fn cancel_instance(&mut self, id: i64, why: &str) -> Result<()> {
        let Some(instance) = self.with_instances(|rows| rows.instance(id))? else { return Ok(()) };
        if instance.ended_at.is_some() {
            return Ok(());
        }
        let now = self.context.now;
        let token = self.with_instances(|rows| rows.cancel(id, now))?;
        let of = (id, token);
        self.withdraw_others(&instance, of)?;
        self.tell_of(id, "cancelling", why)?;
        let instance = Instance { state: InstanceState::Undoing, outcome: None, ..instance };
        self.undo_all(&instance, of)
    }

    /// Every token of an instance but one is ended, with all that it holds.
    pub(super) fn withdraw_others(&mut self, instance: &Instance, of: (i64, i64)) -> Result<()> {
        let tokens = self.with_instances(|rows| rows.tokens(instance.id))?;
        let others: Vec<i64> = tokens.iter().map(|token| token.id).filter(|token| *token != of.1).collect();
        self.end_tokens(of, &others)?;
        for owner in [0, of.1] {
            self.release_held(&owner_of(&instance_name(instance), owner))?;
        }
        Ok(())
    }

    /// Takes back steps, the last one first, each by itself: all of an instance, or those that are to be before one of
    /// its tokens goes on. `false` if one of them cannot be; the token stands still then.
    fn take_back(&mut self, instance: &Instance, of: (i64, i64), before: Option<i64>) -> Result<bool> {
        while let Some(log) = self.with_instances(|rows| rows.last_undo(instance.id, before))? {
            self.stand()?;
            let done = self.take_back_step(instance, &log);
            self.context.instance.clear();
            if let Err(failed) = done {
                let why = failed.incident(self.program)?;
                self.fall_back()?;
                self.stop(of, why)?;
                return Ok(false);
            }
            self.with_instances(|rows| rows.remove_undo(instance.id, log.seq))?;
            self.tell_of(instance.id, "undone", &log.step)?;
            self.stand()?;
        }
        Ok(true)
    }

    fn take_back_step(&mut self, instance: &Instance, log: &Undo) -> Run<()> {
        let program = self.program;
        let entries = serde_json::from_str(&log.entries);
        self.living.entries = entries.map_err(|_| unfit("entries that are none".to_owned()))?;
        self.context.instance = instance_name(instance);
        let undo = undo_named(program, &instance.process, &log.step)?;
        let (declared, captured) = (&program.undos[undo.index()].captured, object(&log.captured)?);
        let values = self.with_documents(|names| codec::read_fields(program, declared, &captured, names))?;
        let mut vm = self.new_machine();
        Ok(vm.call_undo(undo, &values, self)?)
    }
}

pub(super) fn undo_named(program: &Program, process: &str, step: &str) -> Result<UndoId> {
    let place = program.undos.iter().position(|undo| {
        let known = &program.steps[undo.step.index()];
        text(program, known.name) == step && text(program, program.processes[known.process.index()].name) == process
    });
    let place = place.ok_or_else(|| unfit(format!("the program has no undo of `{step}` any more")))?;
    Ok(UndoId(place as u16))
}
