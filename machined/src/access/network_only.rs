//! The machine configuration as networkd sees it: no secret but the keys of the links that it makes.

use std::sync::Mutex;

use bytes::Bytes;
use config::redact::redact_document;
use config::yaml::{Node, write_stream};
use config::{Config, Document};
use prost::Message;
use proto::resource::config::MachineConfigSpec;

/// The kind whose keys are those of links.
const WIREGUARD: &str = "WireguardConfig";

/// Turns specs of machine configurations into what may be shown; each is turned once.
#[derive(Default)]
pub(super) struct Shown {
    last: Mutex<Option<(Bytes, Bytes)>>,
}

impl Shown {
    /// The spec to show.
    pub(super) fn of(&self, spec: Bytes) -> Bytes {
        let mut last = sys::sync::lock(&self.last);
        if let Some((_, shown)) = last.as_ref().filter(|(known, _)| *known == spec) {
            return shown.clone();
        }
        let mut message = MachineConfigSpec::decode(spec.clone()).unwrap_or_default();
        message.yaml_marshalled = without_secrets(&message.yaml_marshalled).into_bytes();
        let shown = Bytes::from(message.encode_to_vec());
        *last = Some((spec, shown.clone()));
        shown
    }
}

/// The text without secrets; empty when it cannot be read.
fn without_secrets(text: &[u8]) -> String {
    let Ok(config) = Config::decode_lenient("configuration", text) else { return String::new() };
    write_stream(&config.documents().iter().map(shown).collect::<Vec<_>>())
}

fn shown(document: &Document) -> Node {
    if document.id.kind == WIREGUARD {
        return document.root.clone();
    }
    let mut root = document.root.clone();
    redact_document(&mut root, document.kind);
    if document.id.is_v1alpha1()
        && let Some(links) = document.root.get("machine").and_then(|machine| machine.get("network"))
        && let Some(place) = root.get_mut("machine").and_then(|machine| machine.get_mut("network"))
    {
        *place = links.clone();
    }
    root
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "version: v1alpha1
machine:
  type: controlplane
  token: abcdef.0123456789abcdef
  ca: {crt: Y3J0, key: c2VjcmV0}
  network:
    interfaces:
      - interface: wg0
        wireguard: {privateKey: linkkey}
cluster:
  secret: clustersecret
  controlPlane: {endpoint: 'https://10.0.0.2:6443'}
  network: {podSubnets: [10.244.0.0/16]}
---
apiVersion: v1alpha1
kind: WireguardConfig
name: wg1
privateKey: documentkey
";

    #[test]
    fn keys_of_links_stay_and_every_other_secret_goes() {
        let text = without_secrets(TEXT.as_bytes());
        for kept in ["linkkey", "documentkey", "controlplane", "10.244.0.0/16", "10.0.0.2:6443"] {
            assert!(text.contains(kept), "{kept}: {text}");
        }
        for gone in ["abcdef", "c2VjcmV0", "clustersecret"] {
            assert!(!text.contains(gone), "{gone}: {text}");
        }
        assert!(Config::decode_lenient("c", text.as_bytes()).unwrap().is_control_plane());
    }

    #[test]
    fn what_cannot_be_read_is_shown_empty() {
        assert_eq!(without_secrets(b"machine: {token: abc"), "");
    }

    #[test]
    fn a_configuration_is_turned_once() {
        let spec = MachineConfigSpec { yaml_marshalled: TEXT.into() };
        let (shown, spec) = (Shown::default(), Bytes::from(spec.encode_to_vec()));
        let first = shown.of(spec.clone());
        assert_eq!(first.as_ptr(), shown.of(spec).as_ptr());
    }
}
