//! The kubelet's client certificate on nodes that hold the authority of Kubernetes.
//!
//! A control plane could only ask itself for the certificate, and the kubelet asks again after seconds when
//! its own API server is not there yet; the authority is at hand, so the certificate is made beforehand. The
//! kubelet renews it like any other. Workers ask the cluster: see [`super::bootstrap`] (contract os.md 6.3).

use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::{Duration, SystemTime};

use anyhow::Context;
use proto::resource::secrets::KubernetesRootSpec;

use super::files::{CLIENT, PKI, client, is_ours, put, remove, remove_all};

/// Life of certificates of Kubernetes' own clients (contract os.md 6.6).
const LIFE: Duration = Duration::from_secs(8760 * 3600);

/// What the file is called until the kubelet has renewed the certificate: it names its own by their date.
const FIRST: &str = "kubelet-client-first.pem";

/// Makes a certificate below `root` unless there is one that can be used, or no authority.
pub(super) fn ensure(
    root: &Path,
    nodename: &str,
    cluster: &KubernetesRootSpec,
    now: SystemTime,
) -> anyhow::Result<()> {
    let Some(authority) = cluster.issuing_ca.as_ref().filter(|ca| !ca.key.is_empty()) else { return Ok(()) };
    let known = client(root);
    if known.is_some_and(|pem| is_ours(&pem, nodename, &cluster.accepted_c_as)) {
        return Ok(());
    }
    let issuer =
        pki::Authority::from_pem(std::str::from_utf8(&authority.crt)?, std::str::from_utf8(&authority.key)?)?;
    let mut leaf = pki::profile::kubeconfig_admin(now, LIFE);
    leaf.subject = subject(nodename);
    let (certificate, key) = issuer.issue_pair(&leaf)?.to_pem()?;
    install(root, &certificate, &key)
}

/// Who a node is to Kubernetes.
pub(super) fn subject(nodename: &str) -> pki::Name {
    pki::Name::common(format!("system:node:{nodename}")).with_organizations(["system:nodes"])
}

/// Puts a certificate and its key where the kubelet looks for them.
pub(super) fn install(root: &Path, certificate: &str, key: &str) -> anyhow::Result<()> {
    let folder = root.join(PKI);
    remove_all(&folder)?;
    put(&folder.join(FIRST), [certificate.trim_end(), "\n", key].concat().as_bytes())?;
    let current = root.join(CLIENT);
    remove(&current)?;
    // The kubelet insists on a link, and points it elsewhere when it renews.
    symlink(Path::new("/").join(PKI).join(FIRST), &current)
        .with_context(|| format!("creating {}", current.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::common::{PemEncodedCertificate, PemEncodedCertificateAndKey};
    use std::fs;

    fn cluster(authority: &pki::Authority, key: bool) -> KubernetesRootSpec {
        let crt = authority.certificate().to_pem().into_bytes();
        let pem = authority.key().to_pem().unwrap();
        let key = if key { pem.as_bytes().to_vec() } else { vec![] };
        KubernetesRootSpec {
            accepted_c_as: vec![PemEncodedCertificate { crt: crt.clone() }],
            issuing_ca: Some(PemEncodedCertificateAndKey { crt, key }),
            ..KubernetesRootSpec::default()
        }
    }

    #[test]
    fn a_certificate_is_made_where_the_authority_is_and_for_this_node() {
        let now = SystemTime::now();
        let authority = pki::Authority::generate(pki::AuthorityKind::Kubernetes, now).unwrap();
        let root = tempfile::tempdir().unwrap();
        ensure(root.path(), "cp-1", &cluster(&authority, false), now).unwrap();
        assert!(!root.path().join(PKI).exists());
        ensure(root.path(), "cp-1", &cluster(&authority, true), now).unwrap();
        let pem = fs::read_to_string(root.path().join(PKI).join(FIRST)).unwrap();
        assert!(is_ours(&pem, "cp-1", &cluster(&authority, true).accepted_c_as));
        assert!(fs::symlink_metadata(root.path().join(CLIENT)).unwrap().is_symlink());
    }
}
