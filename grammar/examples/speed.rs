fn main() {
    let mut all = String::new();
    let mut parts = Vec::new();
    for f in std::env::args().skip(1) {
        parts.push(std::fs::read_to_string(&f).unwrap().lines().filter(|l| !l.starts_with("//!")).collect::<Vec<_>>().join("\n") + "\n");
    }
    let mut lines = 0;
    while lines < 20_000 { for p in &parts { all.push_str(p); lines += p.lines().count(); } }
    for _ in 0..6 {
        let t = std::time::Instant::now();
        let p = bp_grammar::parse(&all);
        let d = t.elapsed();
        println!("{lines} lines, {} items {} errors: whole {d:?} = {:.0} lines/s", p.file.items.len(), p.errors.len(), lines as f64 / d.as_secs_f64());
    }
}
