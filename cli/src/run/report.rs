//! What is told at the end of a run: counts, the trial balance, totals by dimension.

use super::world::RunWorld;
use super::{Counts, Join, Shares, Trouble};
use crate::args::Format;
use crate::terminal::{Paint, counted, grouped, pad_left, pad_right, width};
use bp_bytecode::Program;
use bp_bytecode::border::{self, decimal_text};
use bp_bytecode::index::AccountId;
use bp_bytecode::program::AccountKind;
use bp_bytecode::shape::{Shape, Unit};
use bp_bytecode::value::Value;
use bp_host::ledger::Warning;
use serde_json::{Value as Json, json};
use std::fmt::Write;
use std::time::Duration;

/// How many of a dimension's totals people see.
const LARGEST: usize = 10;

/// The books after a run.
pub struct Books {
    accounts: Vec<Balance>,
    /// The book currency and its digits.
    book: (String, u8),
    /// How many limits that only warn were passed, and the first of them.
    warnings: (u64, Vec<Warning>),
}

struct Balance {
    /// As the program has it: `finance.chart.salaries`.
    account: String,
    code: Option<String>,
    kind: AccountKind,
    /// `IDR`, `kg`; empty for plain counts.
    unit: String,
    scale: u8,
    /// Debits minus credits.
    balance: i128,
    /// What that is worth in the book currency, if the account is kept in another one.
    worth: Option<i128>,
    posted: bool,
    dimensions: Vec<Dimension>,
}

struct Dimension {
    name: String,
    /// Largest first.
    totals: Vec<(String, i128)>,
}

impl Books {
    /// What a run has posted.
    pub fn read(program: &Program, world: &mut RunWorld<'_>) -> Books {
        let posted = world.posted().clone();
        let mut cell = |shape: bp_bytecode::index::ShapeId, value: &Value| match (&program.shapes[shape.index()], value)
        {
            (Shape::Document(entity), Value::Word(reference)) => world.name(*entity, *reference),
            _ => border::write_cell(program, shape, value),
        };
        let text = |id: bp_bytecode::index::TextId| program.texts[id.index()].clone();
        let mut balance = |(number, account): (usize, &bp_bytecode::program::Account)| {
            let id = AccountId(number as u16);
            let (scale, unit) = match &program.shapes[account.shape.index()] {
                Shape::Number { scale, unit: Unit::Money(unit) | Unit::Quantity(Some(unit)) } => (*scale, text(*unit)),
                Shape::Number { scale, .. } => (*scale, String::new()),
                _ => (0, String::new()),
            };
            let dimension =
                |(at, (name, shape)): (usize, &(bp_bytecode::index::TextId, bp_bytecode::index::ShapeId))| {
                    let totals = posted.totals_by(id, at).into_iter();
                    let mut totals: Vec<(String, i128)> =
                        totals.map(|(value, total)| (cell(*shape, &value), total)).collect();
                    totals.sort_by(|a, b| b.1.unsigned_abs().cmp(&a.1.unsigned_abs()).then_with(|| a.0.cmp(&b.0)));
                    Dimension { name: text(*name), totals }
                };
            let balance = posted.total(id);
            let dimensions: Vec<Dimension> = account.dimensions.iter().enumerate().map(dimension).collect();
            let worth = program.is_foreign(id).then(|| posted.worth(id));
            // What only changed its worth counts in the book currency alone.
            let counts = |(_, total): &(String, i128)| worth.is_none() || *total != 0;
            Balance {
                account: text(account.name),
                code: account.code.map(text),
                kind: account.kind,
                unit,
                scale,
                balance,
                worth,
                posted: balance != 0 || dimensions.iter().any(|dimension| dimension.totals.iter().any(counts)),
                dimensions,
            }
        };
        let mut accounts: Vec<Balance> = program.accounts.iter().enumerate().map(&mut balance).collect();
        accounts
            .sort_by(|a, b| (&a.code.is_none(), &a.code, &a.account).cmp(&(&b.code.is_none(), &b.code, &b.account)));
        Books { accounts, book: program.currency.clone(), warnings: world.warnings() }
    }

    /// The units that were posted in, in the order of their first account.
    fn units(&self) -> Vec<(&str, u8)> {
        let mut units: Vec<(&str, u8)> = Vec::new();
        for account in self.accounts.iter().filter(|account| account.posted) {
            match units.iter_mut().find(|(unit, _)| *unit == account.unit) {
                Some((_, scale)) => *scale = account.scale.max(*scale),
                None => units.push((&account.unit, account.scale)),
            }
        }
        let valued = self.accounts.iter().any(|account| account.worth.is_some_and(|worth| worth != 0));
        if valued && units.iter().all(|(unit, _)| *unit != self.book.0) {
            units.push((&self.book.0, self.book.1));
        }
        units
    }

    /// All debits and all credits of a unit, at a scale.
    fn sides(&self, unit: &str, scale: u8) -> (i128, i128) {
        let of_unit = self.accounts.iter().filter_map(|account| self.counted(account, unit));
        let lifted = of_unit.map(|(balance, own)| balance * 10i128.pow(u32::from(scale.saturating_sub(own))));
        lifted.fold((0, 0), |(debit, credit), balance| (debit + balance.max(0), credit - balance.min(0)))
    }

    /// What an account counts for in a unit: its balance in its own, what that is worth in the book currency.
    fn counted(&self, account: &Balance, unit: &str) -> Option<(i128, u8)> {
        match account.worth {
            _ if account.unit == unit => Some((account.balance, account.scale)),
            Some(worth) if unit == self.book.0 => Some((worth, self.book.1)),
            _ => None,
        }
    }

    /// The name of an account as people say it: without its module, where that is clear.
    fn name<'a>(&'a self, account: &'a Balance) -> &'a str {
        fn last(name: &str) -> &str {
            name.rsplit('.').next().unwrap_or(name)
        }
        let short = last(&account.account);
        let alike = self.accounts.iter().filter(|other| other.posted && last(&other.account) == short).count();
        if alike > 1 { &account.account } else { short }
    }

    pub fn human(&self, paint: Paint) -> String {
        let mut out = String::new();
        for (unit, scale) in self.units() {
            self.trial_balance(unit, scale, paint, &mut out);
        }
        for account in &self.accounts {
            for dimension in &account.dimensions {
                self.totals(account, dimension, paint, &mut out);
            }
        }
        self.warned(paint, &mut out);
        out
    }

    /// An amount of the account that a warning is about.
    fn warned_amount(&self, warning: &Warning, amount: i128) -> (String, &str) {
        let account = self.accounts.iter().find(|account| account.account == warning.spot.account);
        account.map_or((amount.to_string(), ""), |account| (decimal_text(amount, account.scale), &account.unit))
    }

    fn warned(&self, paint: Paint, out: &mut String) {
        let (count, first) = &self.warnings;
        if *count == 0 {
            return;
        }
        let title = counted(*count, "limit that only warns was passed", "limits that only warn were passed");
        let _ = writeln!(out, "\n{}", paint.bold(&title));
        for warning in first.iter().take(LARGEST) {
            let (wanted, unit) = self.warned_amount(warning, warning.wanted);
            let (left, _) = self.warned_amount(warning, warning.available);
            let (wanted, left) = (grouped(&wanted), grouped(&left));
            let _ = writeln!(out, "  {}: {wanted} {unit} wanted, {left} left", warning.spot);
        }
        if let Some(more @ 1..) = usize::try_from(*count).ok().and_then(|count| count.checked_sub(LARGEST)) {
            let _ = writeln!(out, "{}", paint.dim(&format!("  and {} more", grouped(&more.to_string()))));
        }
    }

    fn trial_balance(&self, unit: &str, scale: u8, paint: Paint, out: &mut String) {
        let money = |amount: i128, scale: u8| grouped(&decimal_text(amount, scale));
        let listed = |account: &&Balance| match account.worth {
            Some(worth) if account.unit != unit => unit == self.book.0 && worth != 0,
            _ => account.posted && account.unit == unit,
        };
        let accounts: Vec<&Balance> = self.accounts.iter().filter(listed).collect();
        let (debits, credits) = self.sides(unit, scale);
        let code = |account: &Balance| account.code.clone().unwrap_or_default();
        let codes = accounts.iter().map(|account| width(&code(account))).max().unwrap_or(0);
        let title = if unit.is_empty() { "Trial balance".to_owned() } else { format!("Trial balance, {unit}") };
        let gap = if codes == 0 { 0 } else { codes + 2 };
        let names =
            accounts.iter().map(|account| width(self.name(account)) + gap).max().unwrap_or(0).max(width(&title));
        let amounts = [debits, credits].map(|amount| width(&money(amount, scale)));
        let column = amounts.into_iter().max().unwrap_or(0).max(6);
        let line = |name: &str, debit: &str, credit: &str| {
            let (name, debit, credit) = (pad_right(name, names), pad_left(debit, column), pad_left(credit, column));
            format!("{name}   {debit}   {credit}")
        };
        let _ = writeln!(out, "\n{}", paint.bold(&line(&title, "debit", "credit")));
        for account in accounts {
            let name = match codes {
                0 => self.name(account).to_owned(),
                _ => format!("{}  {}", pad_right(&code(account), codes), self.name(account)),
            };
            let (balance, scale) = self.counted(account, unit).unwrap_or_default();
            let amount = money(balance.abs(), scale);
            let (debit, credit) = if balance < 0 { ("", amount.as_str()) } else { (amount.as_str(), "") };
            let _ = writeln!(out, "{}", line(&name, debit, credit).trim_end());
        }
        let rule = "─".repeat(column);
        let _ = writeln!(out, "{}", paint.dim(&line("", &rule, &rule)));
        let told = match debits == credits {
            true => paint.green("equal"),
            false => paint.red("NOT EQUAL"),
        };
        let sums = line("", &money(debits, scale), &money(credits, scale));
        let _ = writeln!(out, "{}   {told}", paint.bold(&sums));
    }

    fn totals(&self, account: &Balance, dimension: &Dimension, paint: Paint, out: &mut String) {
        if dimension.totals.is_empty() || !account.posted {
            return;
        }
        // What is usually a credit is shown as people say it: sales of 1,000, not of -1,000.
        let sign = match account.kind {
            AccountKind::Liability | AccountKind::Equity | AccountKind::Income => -1,
            _ => 1,
        };
        let unit = if account.unit.is_empty() { String::new() } else { format!(", {}", account.unit) };
        let title = format!("{} by {}{unit}", self.name(account), dimension.name);
        let _ = writeln!(out, "\n{}", paint.bold(&title));
        let shown: Vec<(&str, String)> = dimension
            .totals
            .iter()
            .take(LARGEST)
            .map(|(value, total)| (value.as_str(), grouped(&decimal_text(sign * total, account.scale))))
            .collect();
        let values = shown.iter().map(|(value, _)| width(value)).max().unwrap_or(0);
        let amounts = shown.iter().map(|(_, amount)| width(amount)).max().unwrap_or(0);
        for (value, amount) in &shown {
            let value = if value.is_empty() { "(empty)" } else { value };
            let _ = writeln!(out, "  {}   {}", pad_right(value, values), pad_left(amount, amounts));
        }
        if let Some(more @ 1..) = dimension.totals.len().checked_sub(LARGEST) {
            let rest: i128 = dimension.totals[LARGEST..].iter().map(|(_, total)| sign * total).sum();
            let rest = grouped(&decimal_text(rest, account.scale));
            let more = format!("  and {} more, together {rest}", grouped(&more.to_string()));
            let _ = writeln!(out, "{}", paint.dim(&more));
        }
    }

    /// Adds `totals`, `accounts` and `dimensions` to a report.
    pub fn machine(&self, report: &mut serde_json::Map<String, Json>) {
        let totals = self.units().into_iter().map(|(unit, scale)| {
            let (debit, credit) = self.sides(unit, scale);
            json!({
                "unit": unit,
                "debit": decimal_text(debit, scale),
                "credit": decimal_text(credit, scale),
                "balanced": debit == credit,
            })
        });
        let accounts = self.accounts.iter().map(|account| {
            json!({
                "account": account.account,
                "code": account.code,
                "kind": kind(account.kind),
                "unit": account.unit,
                "debit": decimal_text(account.balance.max(0), account.scale),
                "credit": decimal_text(-account.balance.min(0), account.scale),
                "balance": decimal_text(account.balance, account.scale),
                "book_amount": account.worth.map(|worth| decimal_text(worth, self.book.1)),
            })
        });
        let dimensions = self.accounts.iter().flat_map(|account| {
            account.dimensions.iter().filter(|dimension| !dimension.totals.is_empty()).map(|dimension| {
                let total = |(value, total): &(String, i128)| {
                    json!({ "value": value, "balance": decimal_text(*total, account.scale) })
                };
                json!({
                    "account": account.account,
                    "dimension": dimension.name,
                    "unit": account.unit,
                    "totals": dimension.totals.iter().map(total).collect::<Vec<_>>(),
                })
            })
        });
        let warning = |warning: &Warning| {
            json!({
                "account": warning.spot.account,
                "dimensions": warning.spot.dims,
                "wanted": self.warned_amount(warning, warning.wanted).0,
                "available": self.warned_amount(warning, warning.available).0,
            })
        };
        report.insert("limits_passed".to_owned(), json!(self.warnings.0));
        report.insert("warnings".to_owned(), self.warnings.1.iter().map(warning).collect());
        report.insert("totals".to_owned(), totals.collect());
        report.insert("accounts".to_owned(), accounts.collect());
        report.insert("dimensions".to_owned(), dimensions.collect());
    }
}

fn kind(kind: AccountKind) -> &'static str {
    match kind {
        AccountKind::Asset => "asset",
        AccountKind::Liability => "liability",
        AccountKind::Equity => "equity",
        AccountKind::Income => "income",
        AccountKind::Expense => "expense",
        AccountKind::Quantity => "quantity",
        AccountKind::Budget => "budget",
        AccountKind::Limit => "limit",
    }
}

/// All that a run has to tell.
pub struct Report<'a> {
    pub process: &'a str,
    pub counts: Counts,
    pub took: Duration,
    /// Where the time of rows went that were run many at a time.
    pub shares: Option<Shares>,
    pub joins: &'a [(String, Join)],
    pub troubles: &'a [Trouble],
    pub books: Books,
    pub entries: (u64, u64),
    /// The outcome and result of a run without rows, for people and for machines.
    pub single: Option<(String, Json)>,
}

impl Report<'_> {
    pub fn text(&self, format: Format, paint: Paint) -> String {
        match format {
            Format::Human => self.human(paint),
            Format::Json => format!("{:#}\n", self.machine()),
        }
    }

    /// Rows a second; a run too short to be measured counts as a millisecond.
    fn speed(&self) -> u64 {
        (self.counts.read as f64 / self.took.as_secs_f64().max(0.001)) as u64
    }

    fn human(&self, paint: Paint) -> String {
        let Counts { read, done, failed, rejected, before } = self.counts;
        let mut out = match &self.single {
            Some((told, _)) => told.clone(),
            None => {
                let bad = |count: u64, word: &str| {
                    let told = format!("{} {word}", grouped(&count.to_string()));
                    if count > 0 { paint.red(&told) } else { told }
                };
                let before = match before {
                    0 => String::new(),
                    some => format!(", {} of them before", grouped(&some.to_string())),
                };
                format!(
                    "{}: {} done, {}, {}{before}; {:.2} s, {} rows a second\n",
                    paint.bold(&counted(read, "row", "rows")),
                    grouped(&done.to_string()),
                    bad(failed, "failed"),
                    bad(rejected, "rejected"),
                    self.took.as_secs_f64(),
                    grouped(&self.speed().to_string()),
                )
            }
        };
        for (field, join) in self.joins {
            let orphans = match join.orphans {
                0 => String::new(),
                some => paint.red(&format!("; {} belong to no row", grouped(&some.to_string()))),
            };
            let _ = writeln!(out, "{}: {}{orphans}", field, counted(join.read, "line", "lines"));
        }
        out.push_str(&self.books.human(paint));
        out
    }

    fn machine(&self) -> Json {
        let Counts { read, done, failed, rejected, before } = self.counts;
        let mut report = serde_json::Map::new();
        let mut put = |name: &str, value: Json| report.insert(name.to_owned(), value);
        put("process", json!(self.process));
        put("rows", json!({ "read": read, "done": done, "failed": failed, "rejected": rejected, "before": before }));
        put("seconds", json!(format!("{:.3}", self.took.as_secs_f64())));
        put("rows_per_second", json!(self.speed()));
        if let Some(Shares { reading, running, writing }) = self.shares {
            let seconds = |time: Duration| json!(format!("{:.3}", time.as_secs_f64()));
            let shares =
                json!({ "reading": seconds(reading), "running": seconds(running), "writing": seconds(writing) });
            put("seconds_of", shares);
        }
        put("entries", json!(self.entries.0));
        put("entry_lines", json!(self.entries.1));
        let join =
            |(field, join): &(String, Join)| json!({ "field": field, "read": join.read, "without_row": join.orphans });
        put("lines", self.joins.iter().map(join).collect());
        let trouble =
            |trouble: &Trouble| json!({ "line": trouble.line, "outcome": trouble.kind.word(), "why": trouble.why });
        put("troubles", self.troubles.iter().map(trouble).collect());
        if let Some((_, single)) = &self.single {
            put("run", single.clone());
        }
        self.books.machine(&mut report);
        Json::Object(report)
    }
}
