//! Any base and patches, each behind a line `#----`, give an answer; a result reads back to the
//! same, keeps its origins and holds no secret when redacted.
#![no_main]

use config::diff::diff;
use config::patch::{apply, load};
use config::{Config, DecodeOptions};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut parts = text.split("#----\n");
    let Some(base) = parts.next() else { return };
    let options = DecodeOptions { comments: true, ..DecodeOptions::default() };
    let Ok(base) = Config::decode_with("base.yaml", base.as_bytes(), &options) else { return };
    let patches: Vec<_> = parts.filter_map(|part| load("patch.yaml", part.as_bytes()).ok()).collect();
    let Ok(patched) = apply(&base, &patches) else { return };
    let again = match Config::decode("again.yaml", patched.config.bytes()) {
        Ok(again) => again,
        Err(report) => panic!("written text does not decode: {report}"),
    };
    assert!(diff(&patched.config, &again).is_empty(), "written differently");
    assert!(patched.origins.iter().all(|(_, _, origin)| origin.source.step <= patches.len()));
    let _ = diff(&base, &patched.config).iter().map(ToString::to_string).collect::<String>();
});
