//! Any line has a meaning or problems; put together again it says the same.
#![no_main]

use cmdline::{Cmdline, Settings};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|line: &str| {
    let parsed = Cmdline::parse(line);
    let _ = (Settings::read(&parsed), parsed.hardening());
    let mut changed = parsed.clone();
    changed.customize(&line.split('\n').map(str::to_owned).collect::<Vec<_>>());
    changed.preserve(&parsed);
    let _ = Cmdline::parse(&changed.to_string());
});
