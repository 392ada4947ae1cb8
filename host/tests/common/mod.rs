//! A tenant with a small chart, as most tests need it, and programs of one file.
#![allow(dead_code, reason = "each test uses some of it")]

pub mod kept;

use bp_bytecode::Program;
use bp_compiler::check::Setting;
use bp_compiler::load::Loader;
use bp_compiler::{Root, compile};
use bp_host::ledger::{AccountKind as Kind, AccountSpec, BookSpec, Limit};
use bp_host::store::SqliteStore;
use bp_host::{BookId, Shard, StepContext, TenantId};

/// 2026-01-01, in days since 1970-01-01.
pub const DAY: i64 = 20_454;

pub fn chart() -> Vec<AccountSpec> {
    vec![
        AccountSpec::money("bank", Kind::Asset, "IDR", 2).code("1100"),
        AccountSpec::money("till", Kind::Asset, "IDR", 2).by(&["shop"]).limit(Limit::below(0)),
        AccountSpec::money("bank_usd", Kind::Asset, "USD", 2).code("1110"),
        AccountSpec::money("trading_usd", Kind::Equity, "USD", 2).code("1190"),
        AccountSpec::money("receivable", Kind::Asset, "IDR", 2).code("1200").by(&["customer"]),
        AccountSpec::money("inventory", Kind::Asset, "IDR", 2).code("1300"),
        AccountSpec::money("payable", Kind::Liability, "IDR", 2).code("2100"),
        AccountSpec::money("capital", Kind::Equity, "IDR", 2).code("3000"),
        AccountSpec::money("sales", Kind::Income, "IDR", 2).code("4000").by(&["country", "month"]),
        AccountSpec::money("exchange_gain", Kind::Income, "IDR", 2).code("4900"),
        AccountSpec::money("cost_of_goods", Kind::Expense, "IDR", 2).code("5000"),
        AccountSpec::money("rounding", Kind::Expense, "IDR", 2).code("6900"),
        AccountSpec::money("plan", Kind::Budget, "IDR", 2),
        AccountSpec::money("budget", Kind::Budget, "IDR", 2).by(&["cost_centre"]).limit(Limit::below(0)),
        AccountSpec::money("credit_line", Kind::Limit, "IDR", 2).by(&["customer"]),
        AccountSpec::quantity("warehouse", "", 0).by(&["item", "place"]).with_lots().limit(Limit::below(0)),
        AccountSpec::quantity("sold", "", 0).by(&["item"]),
        AccountSpec::quantity("bought", "", 0).by(&["item"]),
    ]
}

/// A shard in memory with the tenant `acme`, its book `main` in IDR, and the chart above.
pub fn acme() -> (Shard, StepContext) {
    acme_on(SqliteStore::in_memory().unwrap())
}

pub fn acme_on(store: SqliteStore) -> (Shard, StepContext) {
    let mut shard = Shard::new(store);
    let tenant = shard.add_tenant("acme").unwrap();
    let book = shard.add_book(tenant, &BookSpec::new("main", "IDR", 2)).unwrap();
    shard.deploy_chart(tenant, book, &chart()).unwrap();
    let mut context = StepContext::new(tenant, book);
    (context.today, context.now) = (DAY, DAY * 86_400);
    (shard, context)
}

/// A program without modules and files beside it.
struct OnlyThis;

impl Loader for OnlyThis {
    fn module(&self, _: &str) -> Result<Option<(String, String)>, String> {
        Ok(None)
    }

    fn data(&self, _: &str, file: &str) -> Result<(String, String), String> {
        Err(format!("there is no {file}"))
    }
}

/// Compiles a program of one file.
pub fn program(name: &str, text: &str) -> Program {
    let root = Root { name: name.into(), path: format!("{name}.bp"), text: text.into() };
    let compiled = compile(root, &OnlyThis, Setting::default());
    compiled.program.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics))
}

/// What a check finds, which should be nothing.
pub fn findings(shard: &mut Shard, tenant: TenantId, book: BookId) -> Vec<String> {
    shard.check(tenant, book).unwrap().findings
}
