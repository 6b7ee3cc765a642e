//! Any text is an expression or an error.
#![no_main]

use config::cel::{Environment, check};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for environment in [Environment::Disk, Environment::Link, Environment::OomTrigger, Environment::OomRanking] {
        let _ = check(text, environment);
    }
});
