//! Who this node is among others: 32 random bytes, kept on STATE (contract os.md 5.8).

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use proto::resource::cluster::IdentitySpec;
use proto::resource::files::EtcFileSpecSpec;
use state::{Context, Controller, Input, Next, Output};

use crate::directories::STATE;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Length of an identity before it is encoded.
const BYTES: usize = 32;

/// Publishes Identities/local and EtcFileSpecs/machine-id.
pub struct NodeIdentity {
    file: PathBuf,
}

impl Default for NodeIdentity {
    fn default() -> Self {
        Self { file: Path::new(STATE).join("node-identity.yaml") }
    }
}

#[async_trait::async_trait]
impl Controller for NodeIdentity {
    fn name(&self) -> &'static str {
        "cluster.NodeIdentityController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<IdentitySpec>(), Output::shared::<EtcFileSpecSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let node_id = load_or_create(&self.file)?;
        let contents = machine_id(&node_id).into_bytes();
        ctx.put("local", IdentitySpec { node_id }).await?;
        ctx.put("machine-id", EtcFileSpecSpec { contents, mode: 0o444, selinux_label: String::new() })
            .await?;
        Ok(Next::Wait)
    }
}

fn load_or_create(file: &Path) -> anyhow::Result<String> {
    match std::fs::read_to_string(file) {
        Ok(text) => {
            let id = text.lines().find_map(|line| line.strip_prefix("nodeId:")).map(str::trim);
            if let Some(id) = id.filter(|id| !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric()))
            {
                return Ok(id.to_owned());
            }
            tracing::warn!("{} holds no identity: the node gets a new one", file.display());
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", file.display())),
    }
    let mut random = [0; BYTES];
    getrandom::fill(&mut random)
        .map_err(|error| anyhow::anyhow!("the kernel gives no random bytes: {error}"))?;
    let id = base62(&random);
    sys::fs::write_atomically(file, format!("nodeId: {id}\n").as_bytes(), 0o600)?;
    Ok(id)
}

/// The bytes as one big number in base 62.
fn base62(bytes: &[u8]) -> String {
    let mut number = bytes.to_vec();
    let mut digits = Vec::new();
    while number.iter().any(|b| *b != 0) {
        let mut rest = 0u32;
        for byte in &mut number {
            let value = rest << 8 | u32::from(*byte);
            *byte = u8::try_from(value / 62).unwrap_or(u8::MAX);
            rest = value % 62;
        }
        digits.push(rest);
    }
    let letters = digits.iter().rev().filter_map(|d| ALPHABET.get(*d as usize)).map(|b| char::from(*b));
    letters.collect()
}

/// The bytes of an identity, without leading zeros.
fn unbase62(text: &str) -> Option<Vec<u8>> {
    let mut number: Vec<u8> = Vec::new();
    for letter in text.bytes() {
        let mut carry = u32::try_from(ALPHABET.iter().position(|b| *b == letter)?).ok()?;
        for byte in number.iter_mut().rev() {
            let value = u32::from(*byte) * 62 + carry;
            *byte = u8::try_from(value & 0xff).unwrap_or(0);
            carry = value >> 8;
        }
        if carry != 0 {
            number.insert(0, u8::try_from(carry).ok()?);
        }
    }
    Some(number)
}

/// The first 16 bytes in hexadecimal (contract os.md 4).
fn machine_id(node_id: &str) -> String {
    let bytes = unbase62(node_id).unwrap_or_default();
    let padding = std::iter::repeat_n(0, BYTES.saturating_sub(bytes.len()));
    padding.chain(bytes).take(16).map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_is_kept_and_gives_the_machine_id() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("node-identity.yaml");
        let id = load_or_create(&file).unwrap();
        assert_eq!(load_or_create(&file).unwrap(), id);
        let machine = machine_id(&id);
        assert!(machine.len() == 32 && machine.bytes().all(|b| b.is_ascii_hexdigit()));
    }

    #[test]
    fn encoding_and_decoding_are_inverse() {
        let bytes: Vec<u8> = (1..=32).collect();
        assert_eq!(unbase62(&base62(&bytes)).unwrap(), bytes);
        assert_eq!(base62(&[0xff]), "47");
        assert_eq!(unbase62("-"), None);
    }
}
