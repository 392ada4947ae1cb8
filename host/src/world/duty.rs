//! Duties: nobody does what is to be separate from what they have done in the same process.

use bp_bytecode::index::{DutyId, ProcessId};
use bp_bytecode::process::Event;

use super::{HostWorld, text};
use crate::error::{Refused, Result};
use crate::instances::Task;

impl HostWorld<'_> {
    /// Says who does what is done from now on: a person, who plays the duties of the tasks that they do.
    pub fn set_actor(&mut self, who: &str) {
        self.set_author(who);
        self.living.actor = Some(who.to_owned()).filter(|who| !who.is_empty());
    }

    /// The duty that a task is bound to.
    pub(super) fn duty_of(&mut self, task: &Task) -> Result<Option<DutyId>> {
        let point = self.point_of((task.instance, task.token))?;
        let event = point.and_then(|point| point.events.get(usize::try_from(task.event).ok()?));
        Ok(match event {
            Some(Event::Task { duty, .. }) => *duty,
            _ => None,
        })
    }

    /// Whoever starts a process plays its starter's duty, in the instance that was made.
    pub(super) fn play_start(&mut self, process: ProcessId, instance: i64) -> Result<()> {
        match self.program.processes[process.index()].starter.and_then(|starter| starter.duty) {
            Some(duty) => self.play(duty, instance, "start"),
            None => Ok(()),
        }
    }

    /// Somebody plays a duty in an instance.
    ///
    /// Errors if they have played one there that is to be separate, or if nobody has said who they are.
    pub(super) fn play(&mut self, duty: DutyId, instance: i64, what: &str) -> Result<()> {
        let program = self.program;
        let name = |duty: DutyId| text(program, program.duties[duty.index()].name);
        let short = |duty: DutyId| name(duty).rsplit('.').next().unwrap_or_default();
        let Some(actor) = self.living.actor.clone() else {
            // A test says who does it where that matters.
            if self.living.strict {
                return Ok(());
            }
            let why = format!("it is the duty of the {}: say who does it", short(duty));
            return Err(Refused::Value { place: what.to_owned(), why }.into());
        };
        let root = self.root_of(instance)?;
        let played = self.with_instances(|rows| rows.played(root, &actor))?;
        let mut separate = program.duties[duty.index()].separate.iter();
        if let Some(other) = separate.find(|other| played.iter().any(|played| played == name(**other))) {
            let (is, other) = (short(duty), short(*other));
            let why = format!("{actor} is the {other} of instance {root}; the {is} has to be somebody else");
            return Err(Refused::Value { place: what.to_owned(), why }.into());
        }
        self.with_instances(|rows| rows.plays(root, name(duty), &actor))
    }

    /// The instance that was not called by another one.
    fn root_of(&mut self, mut instance: i64) -> Result<i64> {
        while let Some(parent) = self.instance(instance)?.and_then(|found| found.parent) {
            instance = parent.instance;
        }
        Ok(instance)
    }
}
