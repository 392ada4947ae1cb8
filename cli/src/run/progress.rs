//! How far a long run is, on a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::{Duration, Instant};

/// Runs shorter than this show nothing.
const PATIENCE: Duration = Duration::from_secs(1);

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

    /// So many are done, of which the clock is looked at once for each `every`. `read` says how many bytes are, and of
    /// how many, where that is known.
    #[inline]
    pub fn tick(&mut self, (done, every): (u64, u64), what: &str, read: impl FnOnce() -> (u64, Option<u64>)) {
        if self.watched && done.is_multiple_of(every) && self.begun.elapsed() >= PATIENCE {
            let (read, size) = read();
            let bar = self.bar.get_or_insert_with(|| bar(size));
            bar.set_position(read);
            bar.set_message(format!("{} {what}", crate::terminal::grouped(&done.to_string())));
        }
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
