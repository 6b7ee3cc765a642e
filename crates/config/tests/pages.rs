//! What `docs/configuration/language.md` shows is what happens: each patch in it, applied to the
//! base above it, gives the result below it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say bluntly what they expect"
)]

use config::{Config, patch};

/// The fenced blocks of a page with what stands behind their fence.
fn blocks(page: &str) -> Vec<(&str, String)> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(info) = line.strip_prefix("```") {
            let body = lines.by_ref().take_while(|line| *line != "```");
            blocks.push((info, body.map(|line| format!("{line}\n")).collect()));
        }
    }
    blocks
}

#[test]
fn the_examples_of_the_page_about_the_language_are_true() {
    let page = include_str!("../../../docs/configuration/language.md");
    let blocks = blocks(page);
    let mut seen = 0;
    for window in blocks.windows(3) {
        let [("yaml base", base), ("yaml patch", text), ("yaml result", expected)] = window else { continue };
        let base = Config::decode("base.yaml", base.as_bytes()).unwrap_or_else(|report| panic!("{report}"));
        let patch = patch::load("patch.yaml", text.as_bytes()).unwrap_or_else(|report| panic!("{report}"));
        let patched = patch::apply(&base, &[patch]).unwrap_or_else(|report| panic!("{report}\n{text}"));
        assert_eq!(patched.text(), *expected, "{text}");
        seen += 1;
    }
    assert_eq!(seen, blocks.iter().filter(|(info, _)| *info == "yaml result").count());
    assert!(seen >= 4, "{seen}");
}

#[test]
fn the_bounds_of_the_page_about_the_language_are_those_of_the_reader() {
    let page = include_str!("../../../docs/configuration/language.md")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    let limits = config::yaml::Limits::default();
    let thousands = |n: usize| format!("{},{:03}", n / 1000, n % 1000);
    for text in [
        format!("{} MiB of text", limits.bytes >> 20),
        format!("{} documents", thousands(limits.documents)),
        format!("{} values", thousands(limits.nodes)),
        format!("{} levels", limits.depth),
        format!(
            "{} values and {} MiB of text that anchors",
            thousands(limits.alias_nodes),
            limits.alias_bytes >> 20
        ),
    ] {
        assert!(page.contains(&text), "{text}");
    }
}
