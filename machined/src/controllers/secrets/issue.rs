//! Issues certificates on request: for workers through trustd, for people through the API. The authority's
//! key stays in this process.

use std::time::{Duration, SystemTime};

use pki::{PrivateKey, SigningRequest, profile};
use proto::resource::secrets::{KubernetesRootSpec, OsRootSpec};
use state::{State, ops};

use super::kubeconfig::Kubeconfig;
use super::material;

/// A certificate for a worker's request, and the accepted authorities, PEM.
pub async fn for_worker(state: &dyn State, csr: &str, now: SystemTime) -> anyhow::Result<(Vec<u8>, Vec<u8>)> {
    let request = SigningRequest::from_pem(csr)?;
    let root = ops::get::<OsRootSpec>(state, "os").await?;
    let root = root.ok_or_else(|| anyhow::anyhow!("this node has no authority yet"))?.spec;
    let ca = root.issuing_ca.as_ref().ok_or_else(|| anyhow::anyhow!("this node cannot issue"))?;
    let issued = material::issuer(ca)?.issue(request.public_key(), &profile::trustd_issued(&request, now))?;
    Ok((issued.to_pem().into_bytes(), material::bundle(&root.accepted_c_as)))
}

/// A client certificate with these roles.
pub struct Client {
    /// Accepted authorities, PEM.
    pub ca: Vec<u8>,
    /// The certificate, PEM.
    pub crt: Vec<u8>,
    /// Its key, PEM.
    pub key: Vec<u8>,
}

/// Issues a client certificate of the nodes' API.
pub async fn client(
    state: &dyn State,
    roles: &[String],
    life: Duration,
    now: SystemTime,
) -> anyhow::Result<Client> {
    let root = ops::get::<OsRootSpec>(state, "os").await?;
    let root = root.ok_or_else(|| anyhow::anyhow!("this node has no authority yet"))?.spec;
    let ca = root.issuing_ca.as_ref().ok_or_else(|| anyhow::anyhow!("this node cannot issue"))?;
    let pair = material::issue(
        &material::issuer(ca)?,
        &profile::client(roles.iter().map(String::as_str), now, life),
    )?;
    Ok(Client { ca: material::bundle(&root.accepted_c_as), crt: pair.crt, key: pair.key })
}

/// A kubeconfig for an administrator; `None` while Kubernetes' authority is not known.
pub async fn admin_kubeconfig(
    state: &dyn State,
    life: Duration,
    now: SystemTime,
) -> anyhow::Result<Option<String>> {
    let Some(root) = ops::get::<KubernetesRootSpec>(state, "k8s").await? else { return Ok(None) };
    let root = root.spec;
    let (Some(ca), Some(endpoint)) = (&root.issuing_ca, &root.endpoint) else { return Ok(None) };
    let client = material::issue(&material::issuer(ca)?, &profile::kubeconfig_admin(now, life))?;
    let file = Kubeconfig {
        cluster: &root.name,
        user: "admin",
        server: &endpoint.to_string(),
        ca: &material::bundle(&root.accepted_c_as),
        client: &client,
    };
    Ok(Some(file.render()))
}

/// The public half of a service account key, PEM.
pub fn public_key(private: &str) -> anyhow::Result<String> {
    Ok(PrivateKey::from_pem(private)?.public_key().to_pem())
}
