//! What fuzzing begins with reaches behind the first check: every file of the committed corpus is
//! accepted, so that damage to it goes deep.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say bluntly what they expect"
)]

use std::path::PathBuf;

use config::secrets::Secrets;
use config::{Config, patch};

fn files(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "{}", folder.display());
    files.into_iter().map(|path| (path.display().to_string(), std::fs::read(path).unwrap())).collect()
}

fn decode(name: &str, bytes: &[u8]) -> Config {
    Config::decode(name, bytes).unwrap_or_else(|report| panic!("{report}"))
}

fn apply(name: &str, base: &Config, text: &[u8]) -> Config {
    let patch = patch::load(name, text).unwrap_or_else(|report| panic!("{report}"));
    patch::apply(base, &[patch]).unwrap_or_else(|report| panic!("{report}")).config
}

#[test]
fn every_file_that_fuzzing_begins_with_is_accepted() {
    for (name, bytes) in files("decode") {
        decode(&name, &bytes);
    }
    for (name, bytes) in files("merge") {
        let text = String::from_utf8(bytes).unwrap();
        let mut parts = text.split("#----\n");
        let mut config = decode(&name, parts.next().unwrap().as_bytes());
        for part in parts {
            config = apply(&name, &config, part.as_bytes());
        }
    }
    let (name, base) = files("decode").into_iter().find(|(name, _)| name.ends_with("sections.yaml")).unwrap();
    let base = decode(&name, &base);
    for (name, bytes) in files("json_patch") {
        apply(&name, &base, &bytes);
    }
    for (name, bytes) in files("secrets") {
        Secrets::parse(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    for (name, bytes) in files("yaml") {
        config::yaml::read(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}
