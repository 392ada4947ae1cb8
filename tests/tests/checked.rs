//! What is not shown when a program is compiled is checked when it runs: conditions, wherever a value becomes of its
//! type.

use bp_tests::programs::{Files, run_tests};

/// What becomes of a program's only test.
fn fault(text: &str) -> String {
    let tested = run_tests("checked.bp", text, &Files::default()).unwrap_or_else(|told| panic!("{text}\n{told:#?}"));
    let [test] = tested.as_slice() else { panic!("{text}\nhas one test") };
    test.failures.join("\n")
}

#[test]
fn conditions_that_depend_are_checked() {
    let grade = "type Grade = Int where 1 <= it <= 5\n";
    let cases = [
        // What a decision collects, by each way to put rows together.
        ("decision g(n: Int) -> Grade collect sum {\n| n => g\n| > 0 => 3\n| > 1 => 4\n}", "g(2) == 7"),
        ("decision g(n: Int) -> Grade collect count {\n| n => g\n| > 0 => true\n}", "g(0) == 0"),
        ("decision g(n: Int) -> Few collect list {\n| n => g\n| any => 1\n| > 1 => 2\n}", "count(g(2)) == 2"),
        ("decision g(n: Int) -> Few rule order {\n| n => g\n| any => 1\n| > 1 => 2\n}", "count(g(2)) == 2"),
        // What is configured, where the default depends on another value.
        ("config { least: Int = 5\nmost: Int = 3 where it >= config.least }", "config.most == 3"),
        // A named type has the conditions of those that it is made of.
        ("type Best = Grade where it > 2\nfn g(n: Int) -> Best = n", "g(9) == 9"),
        ("fn g(n: Int where n > 0) -> Int = n", "g(count([1]) - 1) == 0"),
    ];
    for (declared, asked) in cases {
        let few = "type Few = List<Int> where count(it) < 2\n";
        let text = format!("{grade}{few}{declared}\ntest \"it is checked\" {{ expect {asked} }}\n");
        let fault = fault(&text);
        assert!(fault.contains("must satisfy"), "{text}\n{fault:?}");
    }
}
