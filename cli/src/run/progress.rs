//! How far a long run is, on a terminal.

use super::input::Rows;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::{Duration, Instant};

/// Runs shorter than this show nothing.
const PATIENCE: Duration = Duration::from_secs(1);

/// The clock is looked at once for this many rows.
const EVERY: u64 = 1024;

pub struct Progress {
    watched: bool,
    begun: Instant,
    bar: Option<ProgressBar>,
}

impl Progress {
    pub fn new(watched: bool) -> Progress {
        Progress { watched, begun: Instant::now(), bar: None }
    }

    pub fn took(&self) -> Duration {
        self.begun.elapsed()
    }

    #[inline]
    pub fn tick(&mut self, row: u64, rows: &Rows) {
        if self.watched && row.is_multiple_of(EVERY) {
            self.show(row, rows);
        }
    }

    fn show(&mut self, row: u64, rows: &Rows) {
        if self.begun.elapsed() < PATIENCE {
            return;
        }
        let (read, size) = rows.progress();
        let bar = self.bar.get_or_insert_with(|| bar(size));
        bar.set_position(read);
        bar.set_message(format!("{} rows", crate::terminal::grouped(&row.to_string())));
    }

    pub fn finish(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

fn bar(size: Option<u64>) -> ProgressBar {
    let (template, bar) = match size {
        Some(size) => ("{bar:30} {percent:>3}%  {msg}, {eta} left", ProgressBar::new(size)),
        None => ("{spinner} {msg}", ProgressBar::new_spinner()),
    };
    bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}
