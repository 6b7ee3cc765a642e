//! Any JSON 6902 patch of a usual configuration gives an answer; a result reads back to the same.
#![no_main]

use std::sync::LazyLock;

use config::Config;
use config::diff::diff;
use config::patch::{apply, load};
use libfuzzer_sys::fuzz_target;

static BASE: LazyLock<Option<Config>> = LazyLock::new(|| {
    let text = include_bytes!("../corpus/decode/sections.yaml");
    Config::decode("base.yaml", text).ok()
});

fuzz_target!(|bytes: &[u8]| {
    let base = BASE.as_ref().expect("the base is a configuration");
    let Ok(patch) = load("patch.yaml", bytes) else { return };
    let Ok(patched) = apply(base, &[patch]) else { return };
    let again = match Config::decode("again.yaml", patched.config.bytes()) {
        Ok(again) => again,
        Err(report) => panic!("written text does not decode: {report}"),
    };
    assert!(diff(&patched.config, &again).is_empty(), "written differently");
});
