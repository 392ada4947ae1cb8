//! What moves processes on: `bp start`, `bp deliver`, `bp complete`, `bp retry`, `bp cancel`.

use super::args::{CancelArgs, CompleteArgs, DeliverArgs, RetryArgs, StartArgs};
use super::session::{Session, failure, with};
use super::show::{Shown, named};
use crate::failure::{Failure, Outcome, Result};
use crate::terminal::{Terminal, counted};
use bp_bytecode::border::moment_text;
use bp_host::world::Fate;
use serde_json::{Value as Json, json};

pub fn start(args: &StartArgs, terminal: &Terminal) -> Result<Outcome> {
    with(&args.kept, terminal, "bp start", |session| {
        args.user.iter().for_each(|user| session.world().set_actor(user));
        let process = session.process(&args.process)?;
        let params = session.giver.params(&session.program.processes[process.index()], &args.sets)?;
        let (id, fresh) = session.world().start_once(process, &params).map_err(failure)?;
        let how = if fresh { "started" } else { "was there already" };
        told(session, id, |shown| format!("instance {id} {how}: {}\n", named(&shown.instance)), json!({ "new": fresh }))
    })
}

pub fn deliver(args: &DeliverArgs, terminal: &Terminal) -> Result<Outcome> {
    with(&args.kept, terminal, "bp deliver", |session| {
        let message = session.message(&args.message)?;
        let record = session.program.messages[message.index()].record;
        let record = session.giver.record(record, &format!("the message {}", args.message), &args.sets)?;
        let sent = (args.sender.as_deref().unwrap_or_default(), args.id.as_deref().unwrap_or_default());
        let world = session.world();
        let delivered = world.deliver_message(message, &record, sent).map_err(failure)?;
        let number = delivered.message;
        let (outcome, until, taker) = match delivered.fate {
            Fate::Taken { by } => ("delivered", None, Some(by)),
            Fate::Shared { first, until, .. } => ("delivered", Some(moment_text(until)), Some(first)),
            Fate::Kept { until } => ("kept", Some(moment_text(until)), None),
            Fate::Duplicate { taken_by } => ("duplicate", None, taken_by),
        };
        let head = match (delivered.fate, &until) {
            (Fate::Taken { by }, _) => format!("message {number} was delivered to instance {by}\n"),
            (Fate::Shared { takers, .. }, until) => {
                let takers = counted(takers, "instance", "instances");
                let until = until.as_deref().unwrap_or_default();
                format!("message {number} was delivered to {takers}; it is kept for others until {until}\n")
            }
            (Fate::Duplicate { .. }, _) => format!("it is a duplicate of message {number}; nothing was done\n"),
            (Fate::Kept { .. }, until) => {
                let until = until.as_deref().unwrap_or_default();
                format!("nobody waits for message {number}; it is kept until {until}\n")
            }
        };
        let more = json!({ "message": number, "outcome": outcome, "until": until });
        match taker {
            Some(taker) => told(session, taker, |_| head, more),
            None => {
                let mut machine = more;
                machine["instance"] = Json::Null;
                session.print(&head, &machine)?;
                Ok(Outcome::Fine)
            }
        }
    })
}

pub fn complete(args: &CompleteArgs, terminal: &Terminal) -> Result<Outcome> {
    with(&args.kept, terminal, "bp complete", |session| {
        args.user.iter().for_each(|user| session.world().set_actor(user));
        let task = session.world().task_to_do(args.task).map_err(failure)?;
        if let Some(form) = args.form.filter(|form| *form != task.revision) {
            let now = task.revision;
            return Err(Failure::call(format!(
                "task {}: what form {form} shows has changed; look at form {now}",
                task.id
            )));
        }
        let form = session.world().form_of(&task).map_err(failure)?;
        let form = session.giver.record(form, &format!("the task {}", task.name), &args.sets)?;
        session.world().complete_numbered(task.id, &form).map_err(failure)?;
        let head = format!("task {} is completed: {}\n", task.id, task.title);
        told(session, task.instance, |_| head, json!({ "task": task.id }))
    })
}

pub fn retry(args: &RetryArgs, terminal: &Terminal) -> Result<Outcome> {
    with(&args.kept, terminal, "bp retry", |session| {
        let id = args.instance;
        if session.world().instance(id).map_err(failure)?.is_none() {
            return Err(Failure::call(format!("there is no instance {id}")));
        }
        if !session.world().retry_all(id).map_err(failure)? {
            return Err(Failure::call(format!("instance {id} stands still nowhere; there is nothing to try again")));
        }
        told(session, id, |_| format!("instance {id} tried again\n"), json!({}))
    })
}

pub fn cancel(args: &CancelArgs, terminal: &Terminal) -> Result<Outcome> {
    with(&args.kept, terminal, "bp cancel", |session| {
        args.user.iter().for_each(|user| session.world().set_actor(user));
        let id = args.instance;
        session.world().cancel(id, &args.reason, args.force).map_err(failure)?;
        told(session, id, |_| format!("instance {id} is cancelled\n"), json!({}))
    })
}

/// Tells what became of an instance. One that stands still is something that the work has found.
pub(super) fn told(
    session: &mut Session<'_>,
    id: i64,
    head: impl FnOnce(&Shown) -> String,
    more: Json,
) -> Result<Outcome> {
    let instance = session.world().instance(id).map_err(failure)?;
    let instance = instance.ok_or_else(|| Failure::found(format!("there is no instance {id} any more")))?;
    let shown = Shown::read(session.world(), instance)?;
    let paint = session.terminal.out;
    let human = format!("{}{}{}", head(&shown), shown.line(paint), shown.waits(paint));
    let mut machine = shown.json();
    if let (Json::Object(machine), Json::Object(more)) = (&mut machine, more) {
        machine.extend(more);
    }
    session.print(&human, &machine)?;
    Ok(if shown.has_incident() { Outcome::Found } else { Outcome::Fine })
}
