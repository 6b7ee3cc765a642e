//! The client configuration that belongs to a cluster.

use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pki::{Algorithm, Authority, Leaf, Pair, PrivateKey, Zeroizing, profile};

use crate::secrets::{Entropy, MakeError, Secrets};
use crate::talosconfig::{Context, Talosconfig};

/// Life of the client certificate (contract api.md 2.3).
const LIFE: Duration = Duration::from_secs(8760 * 3600);

/// One context, for an administrator.
pub fn talosconfig(
    cluster_name: &str,
    secrets: &Secrets,
    endpoints: Vec<String>,
    now: SystemTime,
    entropy: &mut dyn Entropy,
) -> Result<Talosconfig, MakeError> {
    let decode =
        |text: &str| STANDARD.decode(text).ok().and_then(|b| String::from_utf8(b).ok()).unwrap_or_default();
    let authority = Authority::from_pem(&decode(&secrets.os.crt), &decode(&secrets.os.key))?;
    let pair = issue(&authority, &profile::client(["os:admin"], now, LIFE), entropy)?;
    let (crt, key) = pair.to_pem()?;
    let context = Context {
        endpoints,
        ca: secrets.os.crt.clone(),
        crt: STANDARD.encode(crt),
        key: STANDARD.encode(key.as_bytes()),
        ..Context::default()
    };
    Ok(Talosconfig {
        context: cluster_name.to_owned(),
        contexts: [(cluster_name.to_owned(), context)].into_iter().collect(),
    })
}

/// A certificate with a key of the authority's own algorithm, of the caller's randomness where that is all that
/// a key needs.
fn issue(authority: &Authority, leaf: &Leaf, entropy: &mut dyn Entropy) -> Result<Pair, MakeError> {
    if authority.key().algorithm() != Algorithm::Ed25519 {
        return Ok(authority.issue_pair(leaf)?);
    }
    let (mut seed, mut serial) = (Zeroizing::new([0; 32]), [0; 16]);
    entropy.fill(seed.as_mut_slice()).map_err(MakeError::Entropy)?;
    entropy.fill(&mut serial).map_err(MakeError::Entropy)?;
    let key = PrivateKey::ed25519_from_seed(&seed)?;
    Ok(Pair { certificate: authority.issue_numbered(key.public_key(), leaf, serial)?, key })
}
