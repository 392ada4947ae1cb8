//! What the instances did that a test started: what ran and when, by the clock of the test, what was posted, and where
//! each waits and for what.

use crate::failure::Result;
use crate::processes::show::{Shown, all_instances, event_json, event_line, event_width};
use crate::terminal::{Paint, grouped};
use bp_bytecode::border::{date_text, decimal_text};
use bp_host::Error;
use bp_host::instances::Event;
use bp_host::ledger::{AccountSpec, JournalEntry, JournalLine};
use bp_host::world::{HostWorld, Posted};
use serde_json::{Value as Json, json};
use std::fmt::Write;

/// Instances of one test that are told of: more are a list, not a story.
const INSTANCES_MAX: usize = 20;

/// The story of an instance.
pub struct Story {
    shown: Shown,
    events: Vec<Event>,
    posted: Vec<Posted>,
}

/// The stories of the instances of a tenant, in the order in which they began.
pub fn all(world: &mut HostWorld<'_>) -> Result<Vec<Story>> {
    let mut stories = Vec::new();
    for instance in all_instances(world)?.into_iter().take(INSTANCES_MAX) {
        let failed = |error: Error| crate::failure::Failure::outside(error.to_string());
        let events = world.story(instance.id).map_err(failed)?;
        let posted = world.posted_by(&instance).map_err(failed)?;
        stories.push(Story { shown: Shown::read(world, instance)?, events, posted });
    }
    Ok(stories)
}

impl Story {
    pub fn human(&self, paint: Paint) -> String {
        let mut out = format!("instance {}", self.shown.line(paint));
        let columns = event_width(&self.events);
        let mut told = vec![false; self.entries().count()];
        for event in &self.events {
            let _ = writeln!(out, "  {}", event_line(event, columns, paint));
            for (told, (posted, entry)) in told.iter_mut().zip(self.entries()) {
                let is_its = event.what == "step" && event.name == entry.step && event.at == entry.recorded_at;
                if is_its && !std::mem::replace(told, true) {
                    out.push_str(&entry_text(posted, entry));
                }
            }
        }
        // What was posted outside of a step that is told of.
        for (told, (posted, entry)) in told.iter().zip(self.entries()) {
            if !told {
                out.push_str(&entry_text(posted, entry));
            }
        }
        out.push_str(&self.shown.waits(paint));
        out
    }

    pub fn machine(&self) -> Json {
        let mut machine = self.shown.json();
        machine["story"] = self.events.iter().map(event_json).collect();
        machine["posted"] = self.entries().map(|(posted, entry)| entry_json(posted, entry)).collect();
        machine
    }

    fn entries(&self) -> impl Iterator<Item = (&Posted, &JournalEntry)> {
        self.posted.iter().flat_map(|posted| posted.entries.iter().map(move |entry| (posted, entry)))
    }
}

/// The account of a line, which side it stands on, and how much it is.
fn line_parts<'a>(posted: &'a Posted, line: &JournalLine) -> Option<(&'a AccountSpec, &'static str, String)> {
    let account = posted.accounts.get(line.account.place())?;
    // What only changes its worth stands on the side of that.
    let (amount, scale, sign) = match line.amount {
        0 => (line.book_amount, posted.book.spec.scale, line.book_amount),
        amount => (amount, account.scale, amount),
    };
    let side = if sign < 0 { "credit" } else { "debit" };
    Some((account, side, decimal_text(i128::from(amount).abs(), scale)))
}

fn entry_text(posted: &Posted, entry: &JournalEntry) -> String {
    let mut out = format!("    posted {} on {}: {}\n", entry.number, date_text(entry.posting_day), entry.text);
    for line in &entry.lines {
        let Some((account, side, amount)) = line_parts(posted, line) else { continue };
        let dims = if line.dims.is_empty() { String::new() } else { format!("[{}]", line.dims.join(", ")) };
        let unit = if account.unit.is_empty() { String::new() } else { format!(" {}", account.unit) };
        let _ = writeln!(out, "      {side:6} {}{dims} {}{unit}", account.name, grouped(&amount));
    }
    out
}

fn entry_json(posted: &Posted, entry: &JournalEntry) -> Json {
    let line = |line: &JournalLine| {
        let (account, side, amount) = line_parts(posted, line)?;
        Some(json!({
            "account": account.name,
            "dimensions": line.dims,
            "side": side,
            "amount": amount,
            "unit": account.unit,
        }))
    };
    json!({
        "book": posted.book.spec.name,
        "entry": entry.number,
        "date": date_text(entry.posting_day),
        "text": entry.text,
        "step": entry.step,
        "lines": entry.lines.iter().filter_map(line).collect::<Vec<_>>(),
    })
}
