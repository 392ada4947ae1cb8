//! What can be said on the command line.

use crate::processes::args as processes;
use clap::{Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Business processes, written down, proved and run.
#[derive(Debug, Parser)]
#[command(name = "bp", version, max_term_width = 120, after_help = STATUS)]
pub struct Args {
    /// When to use colour; `auto` means on a terminal, and not if NO_COLOR is set
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub color: Color,
    #[command(subcommand)]
    pub verb: Verb,
}

const STATUS: &str = "\
Exit status: 0 fine; 1 the work found errors (a faulty program, failed tests, rejected rows);
2 the call was wrong; 3 something outside failed (a file that is not there, a full disk).";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Human,
    /// For machines; its shape is stable
    Json,
}

/// What `bp test` writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TestFormat {
    /// For people
    Human,
    /// For machines; its shape is stable
    Json,
    /// JUnit's XML, for build servers
    Junit,
}

/// What runs the tests of `bp test`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TestEngine {
    /// Interprets
    Vm,
    /// Runs native code where there can be some: not over documents, and not processes that wait
    Jit,
}

/// What runs the rows of `bp run`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Engine {
    /// Interprets at once, and goes on in native code when that is made, if there are many rows
    Auto,
    /// Interprets
    Vm,
    /// Makes native code before the first row
    Jit,
}

/// What `bp check` writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// For people
    Human,
    /// For machines; its shape is stable
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Commands of a GitHub workflow, shown beside the lines of a change
    Github,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Deny {
    Warnings,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Begins a project: a process with its tests, ready to check, test and run
    New(NewArgs),
    /// Compiles and proves programs; shows all errors of all files
    Check(CheckArgs),
    /// Lays programs out in the one layout
    Fmt(FmtArgs),
    /// Runs the tests that stand in programs
    Test(TestArgs),
    /// Runs a process once, or once for each row of a file
    Run(RunArgs),
    /// Reads the books of a data folder
    Ledger(LedgerArgs),
    /// Makes a program the one that the processes in a data folder run by
    Deploy(processes::DeployArgs),
    /// Shows what a tenant has configured, and sets it
    Config(processes::ConfigArgs),
    /// Starts a process of the deployed program
    Start(processes::StartArgs),
    /// Delivers a message to the process that waits for it
    Deliver(processes::DeliverArgs),
    /// Takes a file of starts, messages and completed tasks, each at its own moment
    Feed(processes::FeedArgs),
    /// Lists what people have to do
    Tasks(processes::TasksArgs),
    /// Completes a task with what its form asks for
    Complete(processes::CompleteArgs),
    /// Takes a task, so that nobody else does it, or gives it back
    Claim(processes::ClaimArgs),
    /// Hands a claimed task on to somebody else
    Delegate(processes::DelegateArgs),
    /// Shows who is in which role, and puts people into roles
    Roles(processes::RolesArgs),
    /// Lists what other systems are asked for
    Requests(processes::RequestsArgs),
    /// Hands requests to a service over to a worker that asks it
    Fetch(processes::FetchArgs),
    /// Says what another system answers to a request
    Answer(processes::AnswerArgs),
    /// Lists mails and HTTP calls that wait to be sent, and notes which were
    Outbox(processes::OutboxArgs),
    /// Lists the processes that were started, or tells the story of one
    Instances(processes::InstancesArgs),
    /// Lists what stands still until somebody repairs it
    Incidents(processes::IncidentsArgs),
    /// Lets an instance that stands still try again
    Retry(processes::RetryArgs),
    /// Ends a process before its end and takes back what it did
    Cancel(processes::CancelArgs),
    /// Compiles a program to a file that hosts load
    Build(BuildArgs),
    /// Shows a compiled program: its interface, functions and bytecode
    Inspect(InspectArgs),
    /// Draws a process
    Diagram(DiagramArgs),
    /// Tells what a code such as BP0501 means, with a failing and a mended program
    Explain(ExplainArgs),
    /// Writes completions for a shell to standard output
    Completions(CompletionsArgs),
    /// Writes the manual pages, in the format of `man`
    Man(ManArgs),
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  bp new shop             a folder `shop` with a project of that name
  bp new offices/berlin   a project `berlin` in a folder that is made
  bp new .                in this folder, which has to be empty")]
pub struct NewArgs {
    /// The project's folder; its last part is the project's name
    #[arg(value_name = "NAME")]
    pub name: PathBuf,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  bp man > bp.1                         the page about `bp`
  bp man run | man -l -                 the page about a verb, read at once
  bp man --all /usr/local/share/man/man1")]
pub struct ManArgs {
    /// A verb [default: the page about `bp` itself]
    pub verb: Option<String>,
    /// Writes all pages into a folder instead: bp.1, bp-run.1 and so on
    #[arg(long, value_name = "FOLDER", conflicts_with = "verb")]
    pub all: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  bp completions bash > /etc/bash_completion.d/bp
  bp completions fish > ~/.config/fish/completions/bp.fish")]
pub struct CompletionsArgs {
    pub shell: clap_complete::Shell,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  bp build payroll.bp -o payroll.bpc
  bp inspect payroll.bpc")]
pub struct BuildArgs {
    /// The program
    pub file: PathBuf,
    /// The compiled file
    #[arg(short, long, value_name = "OUT.bpc")]
    pub output: PathBuf,
    /// Makes a configured value part of the program: nobody can set it, and all is computed with it
    #[arg(long = "fix", value_name = "NAME=VALUE")]
    pub fixes: Vec<String>,
    /// The book currency, where the program leaves it open
    #[arg(long, value_name = "CODE")]
    pub currency: Option<String>,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  bp inspect payroll.bpc              a compiled file
  bp inspect payroll.bp               a program, compiled on the way
  bp inspect payroll.bp --optimized   the same as `bp run` makes it faster
  bp inspect payroll.bp --conditions  which `where`s are proved, which are checked when it runs")]
pub struct InspectArgs {
    /// A compiled file or a program
    pub file: PathBuf,
    /// Shows the faster form that rows are run with; faults and derivations come from the other one
    #[arg(long)]
    pub optimized: bool,
    /// Lists the `where`s of a program instead, each where a value has to meet it: proved, or checked when it runs
    #[arg(long, conflicts_with = "optimized")]
    pub conditions: bool,
    /// The book currency, where a program leaves it open
    #[arg(long, value_name = "CODE")]
    pub currency: Option<String>,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  bp diagram order_to_cash.bp -o order_to_cash.svg
  bp diagram company.bp --process sell > sell.svg

The picture is SVG in the notation of BPMN: steps, tasks, events, and where ways part and meet. It is made of the
program alone, so the same program gives the same picture.")]
pub struct DiagramArgs {
    /// The program
    pub file: PathBuf,
    /// The process or schedule [default: the one named like the file, or the only one]
    #[arg(long, value_name = "NAME")]
    pub process: Option<String>,
    /// The picture [default: standard output]
    #[arg(short, long, value_name = "OUT.svg")]
    pub output: Option<PathBuf>,
    /// The book currency, where the program leaves it open
    #[arg(long, value_name = "CODE")]
    pub currency: Option<String>,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  bp explain BP0501      what it means and how to mend it; 501 will do
  bp explain --list      all codes with their titles")]
pub struct ExplainArgs {
    /// A code as `bp check` shows it
    #[arg(required_unless_present = "list")]
    pub code: Option<String>,
    /// Lists all codes
    #[arg(long, conflicts_with = "code")]
    pub list: bool,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  bp check                        everything below this folder
  bp check payroll.bp             one program and what it uses
  bp check src --deny warnings    for a build server: warnings fail too
  bp check src --format sarif     for code scanning; `github` for a workflow, `json` for other machines
  bp check --fix --dry-run        shows the changes that would be made
  bp check --fix                  makes them

`--fix` makes the first suggested change of each error and warning in the files named, checks them anew, and goes on as
long as that yields new changes, five times at most. Look at what it did: a change may mend what is written in another
way than was meant. `bp explain CODE` says more about an error.")]
pub struct CheckArgs {
    /// Files, or folders with all `.bp` files below them [default: this folder]
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    #[arg(long, value_enum, default_value_t = CheckFormat::Human)]
    pub format: CheckFormat,
    /// Warnings count as errors
    #[arg(long, value_enum, value_name = "WHAT")]
    pub deny: Option<Deny>,
    /// Makes the changes that errors and warnings suggest, in the files named
    #[arg(long)]
    pub fix: bool,
    /// Only shows what --fix would change at first
    #[arg(long, requires = "fix")]
    pub dry_run: bool,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  bp fmt                  everything below this folder
  bp fmt --check          for a build server: only lists what is laid out in another way, and fails then
  bp fmt - < payroll.bp   from standard input to standard output, for an editor

There is one layout and there are no options. Comments stay; a part that has errors stays as it is.")]
pub struct FmtArgs {
    /// Files, folders with all `.bp` files below them, or `-` for standard input [default: this folder]
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Lists the files that would change and writes none
    #[arg(long)]
    pub check: bool,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  bp test                                 everything below this folder
  bp test payroll.bp --filter bonus       the tests with `bonus` in their title
  bp test examples stdlib --format json   for a machine
  bp test --format junit > tests.xml      for a build server
  bp test payroll.bp --coverage           what no test reaches
  bp test payroll.bp --engine jit         the same in native code

The last line is `N passed, N failed`. Each test has its own empty books, every configured value at its default, and
a clock that stands at 2026-01-01T00:00Z.")]
pub struct TestArgs {
    /// Files, or folders with all `.bp` files below them [default: this folder]
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Only tests with this text in their title
    #[arg(long, value_name = "TEXT")]
    pub filter: Option<String>,
    /// Also tells which steps, tasks, branches, rows of decisions and failures no test reached
    #[arg(long)]
    pub coverage: bool,
    #[arg(long, value_enum, default_value_t = TestEngine::Vm)]
    pub engine: TestEngine,
    #[arg(long, value_enum, default_value_t = TestFormat::Human)]
    pub format: TestFormat,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  bp run payroll.bp --input employees.csv --set month=2026-10 --output payslips.csv
      once a row; columns go to fields by name, --set gives the rest
  bp run northwind.bp --process bill --input orders.csv --lines lines=order_lines.csv:order
      the list `lines` of an order is read from a second file, joined by its column `order`
  bp run payroll.bp --input employees.csv --set month=2026-10 --explain E00003
      why this tax: one row's decisions, roundings and postings
  bp run loan.bp --set amount=\"5000 USD\" --set years=3
      once, with these values

Input is CSV with a header (UTF-8, commas) or JSON lines, by the file's ending. Columns that nobody asks for are
ignored. A row that does not fit is rejected with its reason, and the others run. Both files of a --lines join are
sorted by the joined column, and are read side by side: memory does not grow with them.")]
pub struct RunArgs {
    /// The program
    pub file: PathBuf,
    /// The process [default: the one named like the file, or the only one]
    #[arg(long, value_name = "NAME")]
    pub process: Option<String>,
    /// Rows: a .csv or .jsonl file, or `-` for standard input; without it the process runs once
    #[arg(long, value_name = "ROWS")]
    pub input: Option<PathBuf>,
    /// Gives a parameter, a field of the record parameter, or a configured value
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub sets: Vec<String>,
    /// Makes a configured value part of the program: nobody can set it, and all is computed with it
    #[arg(long = "fix", value_name = "NAME=VALUE")]
    pub fixes: Vec<String>,
    /// Takes a list field's elements from a second file, joined by its COLUMN with the rows' MAIN_COLUMN
    #[arg(long = "lines", value_name = "FIELD=FILE:COLUMN[=MAIN_COLUMN]", requires = "input")]
    pub lines: Vec<String>,
    /// Writes a record for each row: key, outcome, result (.csv, .jsonl, or `-`)
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Writes the rejected rows as they came, with a column `why`
    #[arg(long, value_name = "FILE", requires = "input")]
    pub rejects: Option<PathBuf>,
    /// Runs only the row with this key (its first part, or all parts joined by `/`) and shows how its result came about
    #[arg(long, value_name = "KEY", requires = "input", conflicts_with_all = ["output", "rejects"])]
    pub explain: Option<String>,
    /// What runs the rows; each gives the same results
    #[arg(long, value_enum, default_value_t = Engine::Auto, value_name = "ENGINE", requires = "input")]
    pub engine: Engine,
    /// Keeps books and documents in this folder, made where it is not there; a key that has run before is not run again
    #[arg(long, value_name = "DIR", conflicts_with = "explain")]
    pub data: Option<PathBuf>,
    /// Whose books and documents
    #[arg(long, value_name = "NAME", default_value = "main", requires = "data")]
    pub tenant: String,
    /// The book that the run's entries go to, unless they name another one
    #[arg(long, value_name = "NAME", default_value = "main", requires = "data")]
    pub book: String,
    /// The book currency, where the program leaves it open
    #[arg(long, value_name = "CODE")]
    pub currency: Option<String>,
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
}

/// What `bp ledger` shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LedgerView {
    /// The balance of each account and combination of dimensions
    Balances,
    /// The entries with their lines
    Journal,
    /// Profit and loss, and the balance sheet
    Statement,
    /// The entries for another program: hledger or beancount
    Export,
    /// Recomputes balances, holds, lots and numbers
    Check,
    /// Which days are closed, and to whom
    Periods,
    /// Closes every day up to one
    Close,
    /// Opens closed days again, from one on
    Reopen,
    /// Opens a book of another legal entity
    Open,
}

impl LedgerView {
    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            LedgerView::Balances => "balances",
            LedgerView::Journal => "journal",
            LedgerView::Statement => "statement",
            LedgerView::Export => "export",
            LedgerView::Check => "check",
            LedgerView::Periods => "periods",
            LedgerView::Close => "close",
            LedgerView::Reopen => "reopen",
            LedgerView::Open => "open",
        }
    }

    /// Does it write?
    pub fn changes(self) -> bool {
        matches!(self, LedgerView::Close | LedgerView::Reopen | LedgerView::Open)
    }
}

/// How `bp ledger` shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LedgerFormat {
    /// For people
    Human,
    /// For machines; its shape is stable (a journal has a line for each entry)
    Json,
    /// For spreadsheets
    Csv,
    /// A journal that `hledger check --strict` accepts
    Hledger,
    /// A file that `bean-check` accepts
    Beancount,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  bp ledger balances --data books --at 2026-10-31
  bp ledger journal --data books --tenant acme --format csv > journal.csv
  bp ledger statement --data books
  bp ledger export --data books --format beancount > books.beancount
  bp ledger check --data books       for a watchman: status 1 if anything is not as it has to be
  bp ledger close --data books --through 2026-10-31
  bp ledger close --data books --through 2026-11-30 --soft Accountant,FinanceDirector
  bp ledger reopen --data books --from 2026-10-01
  bp ledger open --data books --book berlin")]
pub struct LedgerArgs {
    /// What to show or do
    #[arg(value_enum)]
    pub view: LedgerView,
    /// The data folder
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// The tenant [default: the only one]
    #[arg(long, value_name = "NAME")]
    pub tenant: Option<String>,
    /// One of the tenant's books [default: each of them]
    #[arg(long, value_name = "NAME")]
    pub book: Option<String>,
    /// As of the end of this day [default: everything]
    #[arg(long, value_name = "DATE")]
    pub at: Option<String>,
    /// `close`: the last day that is closed
    #[arg(long, value_name = "DATE")]
    pub through: Option<String>,
    /// `close`: these roles may still post to the closed days
    #[arg(long, value_name = "ROLES", value_delimiter = ',')]
    pub soft: Vec<String>,
    /// `reopen`: the first day that is open again
    #[arg(long, value_name = "DATE")]
    pub from: Option<String>,
    /// `open`: the currency of the book [default: that of the first book]
    #[arg(long, value_name = "CODE")]
    pub currency: Option<String>,
    /// [default: human; hledger for `export`]
    #[arg(long, value_enum)]
    pub format: Option<LedgerFormat>,
}
