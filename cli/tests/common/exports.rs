//! Books as other programs take them.

use super::Folder;
use std::process::Command;

/// Runs another program in the folder; what it printed, or nothing where it is not installed.
pub fn other(folder: &Folder, program: &str, args: &[&str]) -> Option<String> {
    let Ok(ran) = Command::new(program).args(args).current_dir(folder.path()).output() else {
        println!("{program} is not installed: the export was not checked by it");
        return None;
    };
    let told = format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{program}: {told}");
    Some(told)
}

/// The export for beancount, with assertions of its own for the balances of accounts without dimensions, each in its unit; there have
/// to be so many at least.
pub fn asserted(folder: &Folder, least: usize) -> String {
    let mut file = folder.bp("ledger export --data books --format beancount").out;
    let mut asserted = 0;
    for row in folder.bp("ledger balances --data books --format json").json()["balances"].as_array().expect("rows") {
        let text = |name: &str| row[name].as_str().expect("a text");
        let top = match text("kind") {
            "asset" => "Assets",
            "liability" => "Liabilities",
            "equity" => "Equity",
            "income" => "Income",
            "expense" => "Expenses",
            _ => continue,
        };
        if row["dimensions"].as_object().is_some_and(|dimensions| dimensions.is_empty()) {
            let name = text("account").replace(['.', '_'], "-");
            let name = format!("{}{}", name[..1].to_uppercase(), &name[1..]);
            file.push_str(&format!("9999-12-31 balance {top}:{name}  {} {}\n", text("balance"), text("unit")));
            asserted += 1;
        }
    }
    assert!(asserted >= least, "only {asserted} accounts");
    file
}
