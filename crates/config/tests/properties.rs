//! What holds for every configuration, not only for those that someone thought of.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say bluntly what they expect"
)]

mod support;

use config::diff::diff;
use config::origin::Origins;
use config::validate::{Mode, ValidateOptions};
use config::yaml::{Node, write_stream};
use config::{Config, DecodeOptions, decode_documents};
use proptest::prelude::*;
use support::{SECRET, configuration};

fn decode(roots: &[Node]) -> Config {
    let text = write_stream(roots);
    Config::decode("c.yaml", text.as_bytes()).unwrap_or_else(|report| panic!("{report}\n{text}"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_canonical_text_is_the_same_configuration_and_its_own_canonical_text(roots in configuration()) {
        let config = decode(&roots);
        let text = config.canonical_text();
        let again = Config::decode("c.yaml", text.as_bytes()).unwrap();
        prop_assert_eq!(again.canonical_text(), text);
        prop_assert!(diff(&config, &again).is_empty());
    }

    #[test]
    fn redacted_forms_hold_no_secret(roots in configuration()) {
        let config = decode(&roots);
        let redacted = config.redacted_text();
        prop_assert!(!redacted.contains(SECRET), "{}", redacted);
        let debug = format!("{config:?}{:?}", config.v1alpha1());
        prop_assert!(!debug.contains(SECRET));
        let report = config.validate(&ValidateOptions::local(Mode::Metal));
        prop_assert!(!report.to_string().contains(SECRET), "{}", report);
    }

    #[test]
    fn a_difference_is_found_exactly_when_there_is_one(left in configuration(), right in configuration()) {
        let (left, right) = (decode(&left), decode(&right));
        prop_assert!(diff(&left, &left).is_empty());
        let same = left.canonical_text() == right.canonical_text();
        let changes = diff(&left, &right);
        prop_assert!(!same || changes.is_empty());
        prop_assert!(changes.iter().all(|change| !change.to_string().contains(SECRET)));
    }

    #[test]
    fn every_value_has_an_origin(before in configuration(), after in configuration()) {
        let (before, after) = (decode(&before), decode(&after));
        let mut origins = Origins::of(&before);
        origins.patched(&before, &after, "patch");
        let fresh = Origins::of(&after);
        let paths = |origins: &Origins| origins.iter().map(|(d, p, _)| (d.clone(), p.clone())).collect::<Vec<_>>();
        prop_assert_eq!(paths(&origins), paths(&fresh));
    }

    #[test]
    fn nothing_makes_decoding_panic(text in "(?s)[\\x00-\\x7f]{0,200}", bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for input in [text.as_bytes(), &bytes] {
            for (lenient, patch) in [(false, false), (true, false), (false, true)] {
                let options = DecodeOptions { lenient, patch, comments: true };
                let _ = decode_documents("c.yaml", input, &options);
            }
        }
    }

    #[test]
    fn damage_to_a_configuration_is_an_answer_and_not_a_panic(roots in configuration(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = write_stream(&roots).into_bytes();
        if !bytes.is_empty() {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(config) = Config::decode_lenient("c.yaml", &bytes) {
            let _ = config.validate(&ValidateOptions::on_node(Mode::Container));
            let _ = (config.links(), config.operators(), config.kube_node(), config.registries(), config.discovery());
            let _ = config.redacted_text();
        }
    }
}
