//! Whatever is in a file, the reader reads it or says what is wrong. It never panics.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    match oversell_checker::history::read("fuzz.jsonl", bytes) {
        Ok((history, warnings)) => {
            let _ = (history.operations(), warnings.len());
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
