//! Whose tasks are: `bp claim`, `bp delegate`, `bp roles`.

use super::args::{ClaimArgs, DelegateArgs, RolesArgs};
use super::session::{Session, failure, with};
use crate::failure::{Failure, Outcome, Result};
use crate::names;
use crate::terminal::{Terminal, pad_right, width};
use serde_json::json;
use std::fmt::Write;

pub fn claim(args: &ClaimArgs, terminal: &Terminal) -> Result<Outcome> {
    with(&args.kept, terminal, "bp claim", |session| {
        session.world().set_actor(&args.user);
        match args.give_back {
            false => session.world().claim(args.task),
            true => session.world().hand_on_task(args.task, None),
        }
        .map_err(failure)?;
        whose(session, args.task)
    })
}

pub fn delegate(args: &DelegateArgs, terminal: &Terminal) -> Result<Outcome> {
    with(&args.kept, terminal, "bp delegate", |session| {
        session.world().set_actor(&args.user);
        session.world().hand_on_task(args.task, Some(&args.to)).map_err(failure)?;
        whose(session, args.task)
    })
}

/// Tells whose a task is.
fn whose(session: &mut Session<'_>, task: i64) -> Result<Outcome> {
    let task = session.world().task_to_do(task).map_err(failure)?;
    let who = match task.claimed_by.as_str() {
        "" => format!("the role {}", super::show::roles(&task)),
        user => user.to_owned(),
    };
    let claimed_by = Some(&task.claimed_by).filter(|user| !user.is_empty());
    let machine = json!({ "task": task.id, "name": task.name, "claimed_by": claimed_by });
    session.print(&format!("task {} is for {who}: {}\n", task.id, task.title), &machine)?;
    Ok(Outcome::Fine)
}

pub fn roles(args: &RolesArgs, terminal: &Terminal) -> Result<Outcome> {
    with(&args.kept, terminal, "bp roles", |session| {
        let program = session.program;
        let known: Vec<&str> = program.roles.iter().map(|role| program.texts[role.index()].as_str()).collect();
        let is_known = |role: &str| match known.contains(&role) {
            true => Ok(()),
            false => {
                Err(Failure::call(format!("there is no role `{role}`{}", names::hint(role, known.iter().copied()))))
            }
        };
        let change = match (&args.give, &args.to, &args.take, &args.from) {
            (Some(role), Some(user), ..) => Some((role, user, true)),
            (.., Some(role), Some(user)) => Some((role, user, false)),
            _ => None,
        };
        if let Some((role, user, gives)) = change {
            is_known(role)?;
            if user.trim().is_empty() {
                return Err(Failure::call("a user has a name".to_owned()));
            }
            if !session.world().set_holder(role, user, gives).map_err(failure)? {
                let what = if gives { "is in the role" } else { "is not in the role" };
                return Err(Failure::call(format!("{user} {what} {role} already")));
            }
        }
        let (mut human, mut machine) = (String::new(), Vec::new());
        let columns = known.iter().map(|role| width(role)).max().unwrap_or(0);
        for role in &known {
            let holders = session.world().holders(role).map_err(failure)?;
            let said = if holders.is_empty() { "everybody".to_owned() } else { holders.join(", ") };
            let _ = writeln!(human, "{}  {said}", pad_right(role, columns));
            machine.push(json!({ "role": role, "users": holders }));
        }
        if known.is_empty() {
            human.push_str("the program has no roles\n");
        }
        session.print(&human, &json!({ "roles": machine }))?;
        Ok(Outcome::Fine)
    })
}
