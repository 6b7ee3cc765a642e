//! The client configuration that belongs to a cluster.

use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pki::{Authority, profile};

use crate::secrets::{MakeError, Secrets};
use crate::talosconfig::{Context, Talosconfig};

/// Life of the client certificate (contract api.md 2.3).
const LIFE: Duration = Duration::from_secs(8760 * 3600);

/// One context, for an administrator.
pub fn talosconfig(
    cluster_name: &str,
    secrets: &Secrets,
    endpoints: Vec<String>,
    now: SystemTime,
) -> Result<Talosconfig, MakeError> {
    let decode =
        |text: &str| STANDARD.decode(text).ok().and_then(|b| String::from_utf8(b).ok()).unwrap_or_default();
    let authority = Authority::from_pem(&decode(&secrets.os.crt), &decode(&secrets.os.key))?;
    let pair = authority.issue_pair(&profile::client(["os:admin"], now, LIFE))?;
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
