//! A process drawn as people draw processes, in the notation of BPMN.
//!
//! Data goes one way: [`read`] takes a process out of the tree of its file and makes a [`flow`] of it, blocks in blocks as
//! it was written; [`layout`] gives every part its place; [`svg`] writes that down. Processes are block structured, so
//! each block is laid out by itself and no two lines cross. The same text gives the same picture, to the last byte.

#![forbid(unsafe_code)]

pub mod flow;
pub mod layout;
pub mod measure;
pub mod read;
pub mod svg;

use bp_grammar::ast::{File, ItemKind};
use layout::picture::Picture;
use std::collections::HashSet;

/// What a picture is made of.
#[derive(Debug, Clone, Copy)]
pub struct Source<'s> {
    /// The text of the file.
    pub text: &'s str,
    /// The tree of that text.
    pub file: &'s File,
    /// All decisions of the program: those of the file by their names, those of other modules with the module before it.
    pub decisions: &'s HashSet<String>,
}

/// The names of the processes and schedules of a file, in its order.
pub fn names(file: &File) -> Vec<&str> {
    let names = file.items.iter().filter_map(|item| match &item.kind {
        ItemKind::Process(process) => Some(process.name.text.as_str()),
        ItemKind::Schedule(schedule) => Some(schedule.name.text.as_str()),
        _ => None,
    });
    names.collect()
}

/// The picture of a process or schedule of the file; `None` if it has none of that name.
pub fn draw(source: Source<'_>, name: &str) -> Option<Picture> {
    Some(layout::picture(&read::process(source, name)?))
}
