//! Programs without where they stand: two texts that compile to the same are the same program.

use bp_bytecode::{Program, print};

/// The listing without the lines of the source, which come behind `;`.
pub fn listing(program: &Program) -> String {
    let mut out = String::new();
    for line in print::listing(program).lines() {
        let code = line.rfind("; ").map_or(line, |at| &line[..at]);
        out.push_str(code.trim_end());
        out.push('\n');
    }
    out
}
