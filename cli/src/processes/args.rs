//! What can be said to the verbs about processes that live.

use crate::args::Format;
use std::path::PathBuf;

/// Where processes are kept, and what time it is there.
#[derive(Debug, clap::Args)]
pub struct KeptArgs {
    /// The data folder
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// Whose processes
    #[arg(long, value_name = "NAME", default_value = "main")]
    pub tenant: String,
    /// Moves the clock on to this moment, such as 2026-10-31T08:30Z; what is due by then happens first [default: now]
    #[arg(long, value_name = "MOMENT")]
    pub at: Option<String>,
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  bp deploy sell.bp --data books
  bp deploy sell.bp --data books --tenant acme --currency IDR

Instances that have begun go on with the new program. One that could not is named, and nothing is deployed.")]
pub struct DeployArgs {
    /// The program
    pub file: PathBuf,
    #[command(flatten)]
    pub kept: KeptArgs,
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
  bp start sell --data books --set invoice=A1 --set amount=100
  bp start sell --data books --set invoice=A1 --set amount=100 --at 2026-10-31T08:30+07:00

A second start of a key answers with the instance that the first one made.")]
pub struct StartArgs {
    /// A process of the deployed program
    pub process: String,
    #[command(flatten)]
    pub kept: KeptArgs,
    /// Gives a parameter or a field
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub sets: Vec<String>,
    /// Who starts it
    #[arg(long = "as", value_name = "USER")]
    pub user: Option<String>,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  bp deliver Paid --data books --set invoice=A1 --set amount=60
  bp deliver Paid --data books --set invoice=A1 --set amount=60 --sender bank --id 4711

A message that nobody waits for is kept for who comes to. One of the same sender and id is a duplicate and does nothing.")]
pub struct DeliverArgs {
    /// A message of the deployed program
    pub message: String,
    #[command(flatten)]
    pub kept: KeptArgs,
    /// Gives a field
    #[arg(long = "set", value_name = "FIELD=VALUE")]
    pub sets: Vec<String>,
    /// Who sends it
    #[arg(long, value_name = "NAME", requires = "id")]
    pub sender: Option<String>,
    /// The sender's own number for it, by which a duplicate is known
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  bp tasks --data books
  bp tasks --data books --role Manager
  bp tasks --data books --format json")]
pub struct TasksArgs {
    #[command(flatten)]
    pub kept: KeptArgs,
    /// Only those of a role, or that have gone to it since they are overdue
    #[arg(long, value_name = "ROLE")]
    pub role: Option<String>,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  bp complete 3 --data books --set approved=true
  bp complete 3 --data books --set approved=false --set note=late --as mia")]
pub struct CompleteArgs {
    /// The task's number, as `bp tasks` shows it
    #[arg(value_name = "TASK")]
    pub task: i64,
    #[command(flatten)]
    pub kept: KeptArgs,
    /// Gives a field of its form
    #[arg(long = "set", value_name = "FIELD=VALUE")]
    pub sets: Vec<String>,
    /// Who has done it
    #[arg(long = "as", value_name = "USER")]
    pub user: Option<String>,
    /// The form that was filled in, by its number as `bp tasks` shows it; refused if what it shows has changed since
    #[arg(long, value_name = "NUMBER")]
    pub form: Option<i64>,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  bp claim 3 --data books --as mia
  bp claim 3 --data books --as mia --give-back

Nobody else does a claimed task until it is given back, or handed on by `bp delegate`.")]
pub struct ClaimArgs {
    /// The task's number, as `bp tasks` shows it
    #[arg(value_name = "TASK")]
    pub task: i64,
    #[command(flatten)]
    pub kept: KeptArgs,
    /// Who claims it
    #[arg(long = "as", value_name = "USER")]
    pub user: String,
    /// Gives it back to its role
    #[arg(long)]
    pub give_back: bool,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  bp delegate 3 --data books --as mia --to rina")]
pub struct DelegateArgs {
    /// The number of a task that was claimed
    #[arg(value_name = "TASK")]
    pub task: i64,
    #[command(flatten)]
    pub kept: KeptArgs,
    /// Who has claimed it
    #[arg(long = "as", value_name = "USER")]
    pub user: String,
    /// Who does it instead
    #[arg(long, value_name = "USER")]
    pub to: String,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  bp roles --data books
  bp roles --data books --give Clerk --to mia
  bp roles --data books --take Clerk --from mia

A role that nobody was given is everybody's; once somebody has it, only who has it does its tasks.")]
pub struct RolesArgs {
    #[command(flatten)]
    pub kept: KeptArgs,
    /// Puts somebody into a role
    #[arg(long, value_name = "ROLE", requires = "to", conflicts_with = "take")]
    pub give: Option<String>,
    /// Takes somebody out of a role
    #[arg(long, value_name = "ROLE", requires = "from")]
    pub take: Option<String>,
    /// Whom the role is given to
    #[arg(long, value_name = "USER", requires = "give")]
    pub to: Option<String>,
    /// Whom it is taken from
    #[arg(long, value_name = "USER", requires = "take")]
    pub from: Option<String>,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  bp requests --data books
  bp requests --data books --format json")]
pub struct RequestsArgs {
    #[command(flatten)]
    pub kept: KeptArgs,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  bp fetch Carrier --data books --worker w1
  bp fetch Carrier.book --data books --worker w1 --lock \"30 s\" --max 10 --format json

The oldest come first. A worker that has not answered when the lock is over has failed: the request may be fetched again
later, as often as the process says, and then stands still.")]
pub struct FetchArgs {
    /// A service of the deployed program, or one of its operations
    #[arg(value_name = "SERVICE[.OPERATION]")]
    pub service: String,
    #[command(flatten)]
    pub kept: KeptArgs,
    /// Who fetches
    #[arg(long, value_name = "NAME")]
    pub worker: String,
    /// For how long nobody else gets them
    #[arg(long, value_name = "TIME", default_value = "5 min")]
    pub lock: String,
    /// How many at most
    #[arg(long, value_name = "COUNT", default_value_t = 1)]
    pub max: i64,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  bp answer main-r3 --data books --worker w1 --set number=C-1 --set price=12
  bp answer main-r3 --data books --worker w1 --input '{\"number\": \"C-1\", \"price\": 12}'
  bp answer main-r3 --data books --worker w1 --fail TooHeavy --set most=30
  bp answer main-r3 --data books --worker w1 --error \"no connection\"

The same answer of the same worker a second time is a duplicate and does nothing.")]
pub struct AnswerArgs {
    /// The key of a request that the worker has fetched
    #[arg(value_name = "KEY")]
    pub key: String,
    #[command(flatten)]
    pub kept: KeptArgs,
    /// Who fetched it
    #[arg(long, value_name = "NAME")]
    pub worker: String,
    /// Gives a field of the answer, or of the failure; `result` is an answer that is no record
    #[arg(long = "set", value_name = "FIELD=VALUE", conflicts_with = "error")]
    pub sets: Vec<String>,
    /// Gives the answer as JSON
    #[arg(long, value_name = "JSON", conflicts_with_all = ["sets", "error"])]
    pub input: Option<String>,
    /// The operation has failed, as the service declares
    #[arg(long, value_name = "FAILURE", conflicts_with = "error")]
    pub fail: Option<String>,
    /// The service could not be asked, and why: it is asked again later
    #[arg(long, value_name = "TEXT")]
    pub error: Option<String>,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  bp outbox --data books --format json
  bp outbox --data books --sent main-o4 --sent main-o5

Each goes out with its key, so that a receiver knows what came before.")]
pub struct OutboxArgs {
    #[command(flatten)]
    pub kept: KeptArgs,
    /// Notes that this was sent
    #[arg(long, value_name = "KEY")]
    pub sent: Vec<String>,
}

/// How far an instance has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum State {
    /// It goes on
    Running,
    /// It has failed, and what it did is being taken back
    Undoing,
    Done,
    /// As its process declares
    Failed,
    Cancelled,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  bp instances --data books                   all of them
  bp instances --data books --state running
  bp instances 1 --data books                 the story of one, and what it waits for")]
pub struct InstancesArgs {
    /// The number of one
    #[arg(value_name = "INSTANCE")]
    pub instance: Option<i64>,
    #[command(flatten)]
    pub kept: KeptArgs,
    /// Only those that have come so far
    #[arg(long, value_enum, conflicts_with = "instance")]
    pub state: Option<State>,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  bp incidents --data books
  bp incidents --data books --format json")]
pub struct IncidentsArgs {
    #[command(flatten)]
    pub kept: KeptArgs,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  bp retry 1 --data books   tries again what the instance stands still at")]
pub struct RetryArgs {
    /// The number of the instance
    #[arg(value_name = "INSTANCE")]
    pub instance: i64,
    #[command(flatten)]
    pub kept: KeptArgs,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  bp cancel 1 --data books --reason \"ordered twice\"
  bp cancel 1 --data books --reason \"ordered twice\" --force

What it waits for is withdrawn and what it did is taken back, the last step first. An instance that has done something
that nothing takes back is not cancelled, unless with --force: then that stays.")]
pub struct CancelArgs {
    /// The number of the instance
    #[arg(value_name = "INSTANCE")]
    pub instance: i64,
    #[command(flatten)]
    pub kept: KeptArgs,
    /// Why; its story keeps it
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// Leaves as it is what nothing takes back
    #[arg(long)]
    pub force: bool,
    /// Who cancels it
    #[arg(long = "as", value_name = "USER")]
    pub user: Option<String>,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  bp feed events.jsonl --data books
  bp feed events.jsonl --data books --from 120   goes on at line 120

Each line is one event as JSON, in the order of time; the clock moves to its moment first:
  {\"at\": \"2026-10-01T08:00Z\", \"start\": \"sell\", \"set\": {\"invoice\": \"A1\", \"amount\": 100}}
  {\"at\": \"2026-10-02T09:30Z\", \"complete\": \"review\", \"of\": \"sell\", \"key\": [\"A1\"], \"set\": {\"approved\": true}, \"as\": \"mia\"}
  {\"at\": \"2026-10-09T12:00Z\", \"deliver\": \"Paid\", \"set\": {\"invoice\": \"A1\", \"amount\": 60}, \"sender\": \"bank\", \"id\": \"4711\"}

A task with \"if_open\": true is passed over where it is not open. The first event that is refused ends the call; what came
before it is done.")]
pub struct FeedArgs {
    /// The events, one a line
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The data folder
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// Whose processes
    #[arg(long, value_name = "NAME", default_value = "main")]
    pub tenant: String,
    /// The line to begin at
    #[arg(long, value_name = "LINE", default_value_t = 1)]
    pub from: u64,
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  bp config --data books
  bp config --data books --set vat_rate=11% --set payment_terms=\"14 days\"
  bp config --data books --reset vat_rate

What a tenant has set holds for the processes of the deployed program and for `bp run --data`.")]
pub struct ConfigArgs {
    #[command(flatten)]
    pub kept: KeptArgs,
    /// Sets a value
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub sets: Vec<String>,
    /// Goes back to what the program says
    #[arg(long = "reset", value_name = "NAME")]
    pub resets: Vec<String>,
}
