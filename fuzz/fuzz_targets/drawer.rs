#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bp_tests::fuzz::targets::drawer(&String::from_utf8_lossy(bytes)));
