//! The outcome of tests as build servers read it: JUnit's XML, a suite for each file.

use super::show;
use super::tested::{Report, Tested};
use crate::failure::{Failure, Result};
use crate::terminal::Paint;
use quick_junit::{NonSuccessKind, Report as Suites, TestCase, TestCaseStatus, TestSuite};
use std::time::Duration;

/// Everything as one document. What kept a file from being tested is a suite with one error.
pub fn junit(reports: &[Report], untested: &[(String, String)]) -> Result<String> {
    let mut suites = Suites::new("bp test");
    for report in reports.iter().filter(|report| !report.tests.is_empty()) {
        let mut suite = TestSuite::new(report.path.as_str());
        suite.set_time(report.tests.iter().map(|test| test.took).sum::<Duration>());
        suite.add_test_cases(report.tests.iter().map(|test| case(&report.path, test)));
        suites.add_test_suite(suite);
    }
    for (path, why) in untested {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_message(why.lines().next().unwrap_or_default()).set_type("file").set_description(why.as_str());
        let mut case = TestCase::new("the file can be tested", status);
        case.set_classname(path.as_str());
        let mut suite = TestSuite::new(path.as_str());
        suite.add_test_case(case);
        suites.add_test_suite(suite);
    }
    suites.set_time(reports.iter().flat_map(|report| &report.tests).map(|test| test.took).sum());
    suites.to_string().map_err(|error| Failure::outside(error.to_string()))
}

fn case(path: &str, test: &Tested) -> TestCase {
    let status = match test.failures.first() {
        None => TestCaseStatus::success(),
        Some(first) => {
            let fault = test.failures.iter().any(|miss| miss.trace.is_some());
            let (kind, of_type) = match fault {
                true => (NonSuccessKind::Error, "fault"),
                false => (NonSuccessKind::Failure, "expect"),
            };
            let expects = if first.trace.is_some() { "" } else { "expect " };
            let message = format!("{}: {expects}{}", first.place, first.what);
            let mut status = TestCaseStatus::non_success(kind);
            status.set_type(of_type).set_message(message).set_description(told(test));
            status
        }
    };
    let mut case = TestCase::new(test.title.as_str(), status);
    case.set_classname(path).set_time(test.took);
    case.extra.insert("file".into(), path.into());
    case.extra.insert("line".into(), test.place.line.to_string().into());
    case
}

/// Why it failed, and what its instances did, as people see it.
fn told(test: &Tested) -> String {
    let plain = Paint { on: false };
    let mut out = String::new();
    test.failures.iter().for_each(|miss| show::miss(&mut out, miss, plain));
    out = out.lines().map(|line| format!("{}\n", line.strip_prefix(show::INDENT).unwrap_or(line))).collect();
    test.stories.iter().for_each(|story| out.push_str(&story.human(plain)));
    out
}
