//! Rows of a CSV file, many at a time: a thread reads them in blocks, native code runs those it can in one call, and
//! the others are run one by one, all in the order of the file.

use super::Shares;
use super::batch::Batch;
use super::blocks::{BLOCKS, Block, Layout, Word, begin, read_all};
use super::input::Rows;
use super::machine::{Machine, Reject};
use super::output::Place;
use super::progress::Progress;
use crate::failure::Result;
use bp_jit::RowWidths;
use std::sync::mpsc::{channel, sync_channel};
use std::time::Instant;

/// The most rows of one call where they take room on the heap: what a row that is run by itself costs those behind it.
const CALL_ROWS: usize = 256;

/// How the rows of a run lie in memory.
struct Plan {
    layout: Layout,
    widths: RowWidths,
}

/// What comes behind the rows of a call.
enum Next {
    /// Rows like them, or none.
    More,
    /// A row that is to be run by itself.
    Single,
    /// A row whose key an earlier one has.
    Repeated(Reject),
}

impl Batch<'_, '_> {
    /// Runs all rows that are left this way; `false` where they cannot be, and nothing has happened then.
    pub(super) fn run_many(&mut self, progress: &mut Progress, shares: &mut Option<Shares>) -> Result<bool> {
        let Some(plan) = self.plan() else { return Ok(false) };
        let Rows::Csv(rows) = &mut self.rows else { return Ok(false) };
        let columns = rows.columns().to_vec();
        let Some(source) = rows.lend() else { return Ok(false) };
        let (program, layout) = (self.program, &plan.layout);
        let shares = shares.insert(Shares::default());
        std::thread::scope(|scope| {
            let (sender, full) = sync_channel(BLOCKS);
            let (empty, receiver) = channel();
            begin(&empty);
            scope.spawn(move || read_all(source, (program, layout, &columns), &receiver, &sender));
            for read in full {
                let (mut block, failure) = match read {
                    Ok(block) => (block, None),
                    Err((block, failure)) => (block, Some(failure)),
                };
                self.block(&mut block, &plan, shares)?;
                if let Some(failure) = failure {
                    return Err(failure);
                }
                progress.tick((self.counts.read, 1), "rows", || self.rows.progress());
                // The reading thread may be through.
                let _ = empty.send(block);
            }
            Ok(true)
        })
    }

    /// `None` where rows cannot be run many at a time.
    fn plan(&self) -> Option<Plan> {
        let takes = self.output.as_ref().is_none_or(|output| output.takes_words());
        if !takes || !self.joins.is_empty() || !matches!(self.rows, Rows::Csv(_)) {
            return None;
        }
        let widths = self.machine.engine.row_widths(self.process.func, &self.machine.world)?;
        let layout = Layout::of(self.program, &self.params)?;
        (layout.words.len() == widths.row).then_some(Plan { layout, widths })
    }

    fn block(&mut self, block: &mut Block, plan: &Plan, shares: &mut Shares) -> Result<()> {
        let begun = Instant::now();
        let wrote = shares.writing;
        let mut row = 0;
        // The rows before this one have their keys noted.
        let mut keyed = 0;
        let mut words = Vec::new();
        while row < block.len() {
            let (ended, next) = self.stretch(block, row, plan, &mut keyed, &mut words, shares)?;
            row += ended;
            if matches!(next, Next::More) {
                continue;
            }
            if let Rows::Csv(rows) = &mut self.rows {
                rows.swap(block.record(row));
            }
            self.counts.read += 1;
            match next {
                Next::Repeated(why) => self.rejected(why)?,
                _ => self.row(None, row < keyed)?,
            }
            row += 1;
        }
        shares.reading += block.took;
        shares.running += begun.elapsed().saturating_sub(shares.writing - wrote);
        Ok(())
    }

    /// Runs rows from `first` on, as far as one call of native code takes them, and writes their records; says how many
    /// were, and what comes behind them.
    fn stretch(
        &mut self,
        block: &Block,
        first: usize,
        plan: &Plan,
        keyed: &mut usize,
        words: &mut Vec<u64>,
        shares: &mut Shares,
    ) -> Result<(usize, Next)> {
        self.machine.vm.reset();
        let width = plan.widths.row;
        let alone = !plan.layout.heap && plan.widths.numbers && self.process.key.is_none();
        let most = if alone { block.len() } else { block.len().min(first + CALL_ROWS) };
        let end = (first..most).find(|row| !block.is_good(*row)).unwrap_or(most);
        let mut next = if end < most { Next::Single } else { Next::More };
        let lying = match alone {
            true => &block.words[first * width..end * width],
            false => {
                words.clear();
                for row in first..end {
                    let filled =
                        self.fill(block, row, plan, words).and_then(|()| self.note_key(row, plan, words, keyed));
                    if let Err(found) = filled {
                        words.truncate((row - first) * width);
                        next = found;
                        break;
                    }
                }
                &words[..]
            }
        };
        let rows = lying.len() / width;
        if rows == 0 {
            return Ok((0, next));
        }
        let Machine { vm, world, engine, .. } = &mut self.machine;
        let mut results = std::mem::take(&mut self.results);
        let ended = engine.rows(vm, self.process.func, lying, &mut results, world)?;
        self.counts.read += ended as u64;
        self.counts.done += ended as u64;
        if let Some(output) = &mut self.output {
            let begun = Instant::now();
            for row in 0..ended {
                let words = &lying[row * width..][..width];
                let result = &results[row * plan.widths.result..][..plan.widths.result];
                let result = Place { words: result, record: plan.widths.record };
                output.ran_among(&self.machine.vm, (words, &plan.layout.params), result)?;
            }
            shares.writing += begun.elapsed();
        }
        self.results = results;
        Ok((ended, if ended < rows { Next::Single } else { next }))
    }

    /// Appends the words of a row, what lies on the heap put there.
    fn fill(&mut self, block: &Block, row: usize, plan: &Plan, words: &mut Vec<u64>) -> std::result::Result<(), Next> {
        let vm = &mut self.machine.vm;
        let decoded = &block.words[row * plan.widths.row..][..plan.widths.row];
        for (word, decoded) in plan.layout.words.iter().zip(decoded) {
            words.push(match word {
                Word::Cell(..) | Word::Fixed(_) => *decoded,
                // Whoever runs the row by itself tells why.
                Word::HeapCell(column, shape) => {
                    vm.read_cell(*shape, block.cell(row, *column)).map_err(|_| Next::Single)?
                }
                Word::HeapValue(shape, value) => vm.put_value(*shape, value).map_err(|_| Next::Single)?,
            });
        }
        Ok(())
    }

    /// Notes the key of the row whose words are the last ones.
    fn note_key(&mut self, row: usize, plan: &Plan, words: &[u64], keyed: &mut usize) -> std::result::Result<(), Next> {
        let Some(key) = self.process.key.filter(|_| row >= *keyed) else { return Ok(()) };
        let words = &words[words.len() - plan.widths.row..];
        self.args.clear();
        for param in &plan.layout.params {
            let own = &words[param.at..][..param.words];
            self.args.push(match param.record {
                true => self.machine.vm.put_record(own).map_err(|_| Next::Single)?,
                false => own[0],
            });
        }
        let key = self.machine.call(key, &self.args).map_err(|_| Next::Single)?;
        self.new_key(key as u64).map_err(Next::Repeated)?;
        *keyed = row + 1;
        Ok(())
    }
}
