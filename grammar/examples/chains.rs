fn main() {
    let n: usize = std::env::args().nth(1).unwrap().parse().unwrap();
    let chains = [
        format!("fn f() -> Int = {}1", "1 + ".repeat(n)),
        format!("fn f() -> Int = {}1", "- ".repeat(n)),
        format!("fn f() -> Bool = {}x", "not ".repeat(n)),
        format!("fn f() -> Int = x{}", ".y".repeat(n)),
        format!("fn f() -> Int = x{}", "(1)".repeat(n)),
        format!("fn f() -> Int = {}1 {}", "if a { 1 } else ".repeat(n), "{ 2 }"),
        format!("process p() {{ {} {{ }} }}", "if a { } else ".repeat(n)),
        format!("record R {{ a: T{} }}", "?".repeat(n)),
        format!("record R {{ a: {}T{} }}", "List<".repeat(n), ">".repeat(n)),
        format!("fn f() -> Int = {}x", "find A where ".repeat(n)),
        format!("process p() {{ {} x() }}", "wait M within d else ".repeat(n)),
        format!("fn f() -> Int = {}x", "x in ".repeat(n)),
        format!("action a() {{ post \"t\" {{ {} {{ }} }} }}", "if a { } else ".repeat(n)),
    ];
    for text in chains {
        let t = std::time::Instant::now();
        let p = bp_grammar::parse(&text);
        println!("{:?} {} {:?}", t.elapsed(), &text[..40.min(text.len())], p.errors.iter().map(|e| format!("{:?}", e.kind)).take(3).collect::<Vec<_>>());
    }
}
