//! Client certificates of all kinds: good ones, and those that must not let anybody in.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use config::secrets::Secrets;
use config::talosconfig::Talosconfig;
use pki::{Algorithm, Authority, ExtKeyUsage, KeyUsage, Leaf, Name, PrivateKey, Sans, Validity};

use super::Cluster;

/// What a client certificate says.
pub struct Credentials {
    /// The role.
    pub role: &'static str,
    /// What it may be used for.
    pub usage: ExtKeyUsage,
    /// Seconds from now: from when, until when.
    pub valid: (i64, i64),
}

/// An administrator's.
pub const GOOD: Credentials =
    Credentials { role: "os:admin", usage: ExtKeyUsage::ClientAuth, valid: (-60, 3600) };

fn at(seconds: i64) -> SystemTime {
    let now = SystemTime::now();
    let distance = Duration::from_secs(seconds.unsigned_abs());
    if seconds < 0 { now - distance } else { now + distance }
}

/// A client configuration like the cluster's, with another certificate.
pub fn with_certificate(
    cluster: &Cluster,
    name: &str,
    authority: &Authority,
    credentials: &Credentials,
) -> PathBuf {
    let key = PrivateKey::generate(Algorithm::Ed25519).unwrap();
    let leaf = Leaf {
        subject: Name::default().with_organizations([credentials.role]),
        sans: Sans::new(),
        key_usages: vec![KeyUsage::DigitalSignature],
        ext_key_usages: vec![credentials.usage],
        validity: Validity { not_before: at(credentials.valid.0), not_after: at(credentials.valid.1) },
    };
    let certificate = authority.issue(key.public_key(), &leaf).unwrap();
    altered(cluster, name, |crt, own| {
        *crt = STANDARD.encode(certificate.to_pem());
        *own = STANDARD.encode(key.to_pem().unwrap().as_bytes());
    })
}

/// A client configuration like the cluster's, with certificate and key changed.
pub fn altered(cluster: &Cluster, name: &str, change: impl Fn(&mut String, &mut String)) -> PathBuf {
    let mut known = Talosconfig::parse(&std::fs::read(cluster.talosconfig()).unwrap()).unwrap();
    for context in known.contexts.values_mut() {
        change(&mut context.crt, &mut context.key);
    }
    cluster.file(name, &known.to_text())
}

/// The cluster's own authority over its clients.
pub fn authority(cluster: &Cluster) -> Authority {
    let secrets = Secrets::parse(&std::fs::read(cluster.folder().join("secrets.yaml")).unwrap()).unwrap();
    let plain = |text: &str| String::from_utf8(STANDARD.decode(text).unwrap()).unwrap();
    Authority::from_pem(&plain(&secrets.os.crt), &plain(&secrets.os.key)).unwrap()
}
