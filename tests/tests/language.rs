//! All tests that stand in `examples/` and `stdlib/`, run as `bp test` runs them.

use bp_tests::programs::{Files, Tested, run_tests};
use bp_tests::{fail_with, files, read, root, shown};

/// There were so many when this was written; fewer mean that some are not found any more.
const TESTS_AT_LEAST: usize = 80;

#[test]
fn the_tests_of_examples_and_library_pass() {
    let mut findings = Vec::new();
    let mut count = 0;
    for area in ["examples", "stdlib"] {
        for file in files(&root().join(area), &["bp"]) {
            // Each example is a project of its own folder; modules of the library are named from its root.
            let folder = if area == "stdlib" { root().join(area) } else { file.parent().unwrap().to_owned() };
            let path = file.strip_prefix(&folder).unwrap().display().to_string();
            match run_tests(&path, &read(&file), &Files::of(&folder)) {
                Err(told) => findings.push(format!("{} does not compile:\n  {}", shown(&file), told.join("\n  "))),
                Ok(tested) => {
                    count += tested.len();
                    findings.extend(tested.iter().flat_map(failures));
                }
            }
        }
    }
    fail_with(&findings);
    println!("{count} tests of the language passed");
    assert!(count >= TESTS_AT_LEAST, "only {count} tests were found");
}

fn failures(test: &Tested) -> Vec<String> {
    test.failures.iter().map(|failure| format!("{:?}: {failure}", test.title)).collect()
}
