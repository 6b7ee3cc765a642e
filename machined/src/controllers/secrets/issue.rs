//! Issues certificates on request: for workers through trustd, for people through the API. The authority's
//! key stays in this process.

use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use pki::{Leaf, PrivateKey, Sans, SigningRequest, profile};
use proto::resource::cluster::MemberSpec;
use proto::resource::enums::MachineType;
use proto::resource::secrets::{KubernetesRootSpec, OsRootSpec};
use state::{State, ops};

use super::claims::{self, Claim, Member};
use super::kubeconfig::Kubeconfig;
use super::material;

/// What a worker's request is granted, as far as the cluster is known.
///
/// # Errors
/// A [`claims::Refusal`] when it claims what is another's.
pub async fn granted(
    state: &dyn State,
    request: &SigningRequest,
    peer: Option<IpAddr>,
) -> anyhow::Result<Sans> {
    let claim = Claim {
        names: request.sans().dns_names().map(str::to_owned).collect(),
        addresses: request.sans().ip_addresses().collect(),
    };
    let member = |stored: resources::Typed<MemberSpec>| Member {
        control_plane: matches!(
            stored.spec.machine_type(),
            MachineType::TypeInit | MachineType::TypeControlPlane
        ),
        addresses: stored.spec.addresses.iter().filter_map(|ip| IpAddr::try_from(ip).ok()).collect(),
        names: vec![stored.metadata.id, stored.spec.hostname],
    };
    let members: Vec<Member> = ops::list::<MemberSpec>(state).await?.into_iter().map(member).collect();
    let root = ops::get::<KubernetesRootSpec>(state, "k8s").await?;
    let endpoint = root.and_then(|root| root.spec.endpoint).map(|url| host_of(&url.to_string()));
    let granted = claims::granted(&claim, peer, &members, endpoint.as_deref())?;
    if granted != claim {
        tracing::info!("names of the endpoint and of control planes were left out of a worker's certificate");
    }
    Ok(Sans::new().with_names(granted.names).with_addresses(granted.addresses))
}

/// The host of an address such as `https://[fd00::1]:6443`.
fn host_of(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or_default();
    match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, _)) => host.to_owned(),
        None => authority.rsplit_once(':').map_or(authority, |(host, _)| host).to_owned(),
    }
}

/// A certificate for a worker's request with these names, and the accepted authorities, PEM.
pub async fn for_worker(
    state: &dyn State,
    request: &SigningRequest,
    sans: Sans,
    now: SystemTime,
) -> anyhow::Result<(Vec<u8>, Vec<u8>)> {
    let root = ops::get::<OsRootSpec>(state, "os").await?;
    let root = root.ok_or_else(|| anyhow::anyhow!("this node has no authority yet"))?.spec;
    let ca = root.issuing_ca.as_ref().ok_or_else(|| anyhow::anyhow!("this node cannot issue"))?;
    let leaf = Leaf { sans, ..profile::trustd_issued(request, now) };
    let issued = material::issuer(ca)?.issue(request.public_key(), &leaf)?;
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
