//! What holds for every patch of every configuration.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests say bluntly what they expect"
)]

mod support;

use config::diff::diff;
use config::patch::{Patch, apply, load};
use config::yaml::{Node, write_stream};
use config::{Config, DecodeOptions};
use proptest::prelude::*;
use support::{configuration, cpu_time};

fn decode(roots: &[Node]) -> Config {
    Config::decode("base.yaml", write_stream(roots).as_bytes()).unwrap_or_else(|report| panic!("{report}"))
}

fn patch(roots: &[Node]) -> Patch {
    load("patch.yaml", write_stream(roots).as_bytes()).unwrap_or_else(|report| panic!("{report}"))
}

/// Two patches that touch different keys of each document's first level: even and odd ones.
fn halves(roots: &[Node]) -> [Vec<Node>; 2] {
    [0, 1].map(|half| {
        let mut roots = roots.to_vec();
        for root in &mut roots {
            let Some(map) = root.as_map_mut() else { continue };
            let mut index = 0;
            map.retain(|key, _| {
                index += 1;
                matches!(key.as_str(), "apiVersion" | "kind" | "name" | "version") || index % 2 == half
            });
        }
        roots
    })
}

/// Values that two merges cannot both hold are an error; the rest of the property does not apply then.
macro_rules! patched {
    ($base:expr, $patches:expr) => {
        match apply($base, $patches) {
            Ok(patched) => patched,
            Err(report) => {
                prop_assert!(
                    report.errors().all(|p| p.rule == "patch-type" || p.rule == "name-conflict"),
                    "{}",
                    report
                );
                return Ok(());
            }
        }
    };
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn what_is_patched_parses_to_the_same(base in configuration(), fragments in configuration()) {
        let patched = patched!(&decode(&base), &[patch(&fragments)]);
        let again = Config::decode("again.yaml", patched.text().as_bytes());
        let again = again.unwrap_or_else(|report| panic!("{report}\n{}", patched.text()));
        prop_assert!(diff(&patched.config, &again).is_empty());
        prop_assert_eq!(again.documents().len(), patched.config.documents().len());
    }

    #[test]
    fn a_patch_is_idempotent(base in configuration(), fragments in configuration()) {
        let patch = patch(&fragments);
        let once = patched!(&decode(&base), std::slice::from_ref(&patch));
        let twice = apply(&once.config, &[patch]).unwrap();
        prop_assert_eq!(once.text(), twice.text());
    }

    #[test]
    fn patches_of_different_paths_commute(base in configuration(), fragments in configuration()) {
        // In documents that exist: others are appended in the order of the patches.
        let base = decode(&[base, fragments.clone()].concat().into_iter().fold(Vec::<Node>::new(), |mut all, root| {
            if !all.iter().any(|known| known.get("kind") == root.get("kind")) {
                all.push(root);
            }
            all
        }));
        let [left, right] = halves(&fragments).map(|roots| patch(&roots));
        let one = patched!(&base, &[left.clone(), right.clone()]);
        let other = patched!(&base, &[right, left]);
        prop_assert!(diff(&one.config, &other.config).is_empty());
        prop_assert_eq!(one.config.canonical_text(), other.config.canonical_text());
    }

    #[test]
    fn an_empty_configuration_patched_is_the_patch(fragments in configuration()) {
        let base = Config::decode("base.yaml", b"").unwrap();
        let patched = apply(&base, &[patch(&fragments)]).unwrap();
        prop_assert!(diff(&patched.config, &decode(&fragments)).is_empty());
    }

    #[test]
    fn every_value_of_a_patched_configuration_has_an_origin(base in configuration(), fragments in configuration()) {
        let base = decode(&base);
        let patched = patched!(&base, &[patch(&fragments)]);
        let fresh = config::origin::Origins::of(&patched.config);
        let paths = |origins: &config::origin::Origins| {
            origins.iter().map(|(d, p, _)| (d.clone(), p.clone())).collect::<Vec<_>>()
        };
        prop_assert_eq!(paths(&patched.origins), paths(&fresh));
        // What no patch set is as it was.
        for (document, path, origin) in patched.origins.iter().filter(|(_, _, origin)| origin.source.step == 0) {
            let root = |config: &Config| config.documents().iter().find(|d| d.id == *document).map(|d| d.root.clone());
            let (was, is) = (root(&base).unwrap(), root(&patched.config).unwrap());
            let value = path.find(&is).unwrap();
            let inside_list = path.to_string().contains('[');
            prop_assert!(inside_list || path.find(&was) == Some(value), "{} {}", path, origin.span);
        }
    }

    #[test]
    fn nothing_makes_patching_panic(base in configuration(), text in "(?s)[\\x00-\\x7f]{0,80}", pointer in "(/[a-z0-9~-]{0,9}){0,4}") {
        let options = DecodeOptions { comments: true, ..DecodeOptions::default() };
        let base = Config::decode_with("base.yaml", write_stream(&base).as_bytes(), &options).unwrap();
        let operation = format!("- {{op: add, path: '{pointer}', value: 1}}\n- {{op: remove, path: '{pointer}'}}\n");
        for text in [text.as_str(), &operation] {
            if let Ok(patch) = load("patch", text.as_bytes()) {
                let _ = apply(&base, &[patch]);
            }
        }
    }
}

#[test]
fn long_lists_and_many_documents_are_patched_in_time() {
    let interfaces = |name: &str, more: &str| -> String {
        let items: String =
            (0..20_000).map(|n| format!("      - {{interface: {name}{n}{more}}}\n")).collect();
        format!("machine:\n  network:\n    interfaces:\n{items}")
    };
    let documents = |name: &str, more: &str| -> String {
        (0..5000)
            .map(|n| format!("---\napiVersion: v1alpha1\nkind: LinkConfig\nname: {name}{n}\n{more}"))
            .collect()
    };
    let sysctls = |value: &str| -> String {
        let entries: String = (0..20_000).map(|n| format!("    k{n}: {value}\n")).collect();
        format!("machine:\n  sysctls:\n{entries}")
    };
    let delete = "$patch: delete";
    for (base, patch, documents) in [
        (interfaces("a", ""), interfaces("b", ""), 1),
        (interfaces("a", ""), interfaces("a", ", mtu: 9000"), 1),
        (interfaces("a", ""), interfaces("a", &format!(", {delete}")), 1),
        (sysctls("v"), sysctls(&format!("{{{delete}}}")), 1),
        (documents("a", ""), documents("b", ""), 10_000),
        (documents("a", ""), documents("a", &format!("{delete}\n")), 0),
    ] {
        let base = Config::decode("base.yaml", base.as_bytes()).unwrap();
        let patch = load("patch.yaml", patch.as_bytes()).unwrap();
        let began = cpu_time();
        let patched = apply(&base, &[patch]).unwrap();
        assert_eq!(patched.config.documents().len(), documents);
        // What takes the square of the length takes minutes here.
        let took = cpu_time().saturating_sub(began);
        assert!(took < std::time::Duration::from_secs(20), "{took:?}");
    }
}
