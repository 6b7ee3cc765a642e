//! The committed generated code against what the generators make of the .proto files now.

#![allow(clippy::unwrap_used, reason = "tests say bluntly what they expect")]

use std::collections::BTreeSet;
use std::path::PathBuf;

#[test]
fn the_generated_code_is_up_to_date() {
    let root = xtask::root();
    let generated = xtask::codegen::generate(&root).unwrap();
    for (path, text) in &generated {
        let committed = std::fs::read_to_string(root.join(path)).unwrap_or_default();
        assert!(committed == *text, "{} is out of date: run `cargo xtask codegen`", path.display());
    }
    let folders: BTreeSet<PathBuf> =
        generated.keys().filter_map(|path| path.parent().map(PathBuf::from)).collect();
    for folder in folders {
        for entry in std::fs::read_dir(root.join(&folder)).unwrap() {
            let path = folder.join(entry.unwrap().file_name());
            assert!(generated.contains_key(&path), "{} is not generated any more", path.display());
        }
    }
}
