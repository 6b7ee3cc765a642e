//! Any bytes are decoded, checked, redacted and written again without a panic, and what is
//! written decodes to the same.
#![no_main]

use config::diff::diff;
use config::validate::{Mode, ValidateOptions};
use config::{Config, DecodeOptions, decode_documents};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let patch = DecodeOptions { patch: true, comments: true, ..DecodeOptions::default() };
    let _ = decode_documents("c.yaml", bytes, &patch);
    let Ok(config) = Config::decode_lenient("c.yaml", bytes) else { return };
    let _ = config.validate(&ValidateOptions::on_node(Mode::Container));
    let _ = (config.links(), config.operators(), config.firewall(), config.registries(), config.cni());
    let _ = config.redacted_text();
    let text = config.canonical_text();
    if let Ok(again) = Config::decode_lenient("c.yaml", text.as_bytes()) {
        assert!(diff(&config, &again).is_empty(), "written differently");
    }
});
