fn main() {
    let text = std::fs::read_to_string(std::env::args().nth(1).unwrap()).unwrap();
    for case in text.split("\n====\n") {
        println!("-----\n{case}");
        let p = bp_grammar::parse(case);
        for e in &p.errors {
            let s = &case[..e.span.start as usize];
            println!("   >> {}:{} {:?} {:?}", s.matches('\n').count() + 1, s.len() - s.rfind('\n').map_or(0, |i| i + 1) + 1, &case[e.span.range()], e.kind);
        }
        if p.errors.is_empty() { println!("   >> OK"); }
    }
}
