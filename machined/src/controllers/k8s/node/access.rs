//! As whom the node speaks to Kubernetes: control planes as administrators, workers as their kubelet.

use std::sync::{Arc, Mutex};

use kubernetes::{Access, Client, Credentials};
use proto::resource::k8s::KubeletKubeconfigSpec;
use proto::resource::secrets::{KubeletSpec as KubeletSecrets, KubernetesCertsSpec};
use proto::resource::v1alpha1::ServiceSpec;
use state::{Input, State, ops};

use crate::controllers::etcd::Started;
use crate::controllers::secrets::bundle;

/// Certificate and key of the kubelet, once it has joined (contract os.md 6.3).
pub const KUBELET_CLIENT: &str = "/var/lib/kubelet/pki/kubelet-client-current.pem";

/// Bytes of the largest certificate with its key that is read; a usual one has 2 KiB.
pub const CLIENT_SIZE: u64 = 64 * 1024;

/// The client that controllers share, as long as its credentials are those of the node.
#[derive(Clone, Default)]
pub struct Clients {
    known: Arc<Mutex<Option<Known>>>,
    etcd: Started,
}

/// A client, and what it was made with.
type Known = (Access, Arc<Client>);

impl Clients {
    /// What the client follows from.
    pub fn inputs() -> [Input; 3] {
        [
            Input::weak::<KubernetesCertsSpec>(),
            Input::weak::<KubeletKubeconfigSpec>(),
            Input::weak::<ServiceSpec>().id("etcd"),
        ]
    }

    /// The client; `None` while the node has no credentials. A control plane asks its own API server, which cannot
    /// run before etcd does: until then there is `None` either, for asking it again and again wakes the machine.
    pub async fn get(&self, state: &dyn State) -> anyhow::Result<Option<Arc<Client>>> {
        let certs = certs(state).await?;
        if certs.is_some() && !self.etcd.check(state).await? {
            return Ok(None);
        }
        let Some(access) = best(state, certs).await? else { return Ok(None) };
        let mut known = sys::sync::lock(&self.known);
        if let Some((_, client)) = known.as_ref().filter(|(before, _)| *before == access) {
            return Ok(Some(client.clone()));
        }
        let client = Arc::new(Client::new(&access)?);
        *known = Some((access, client.clone()));
        Ok(Some(client))
    }
}

/// The node's best credentials.
pub async fn access(state: &dyn State) -> anyhow::Result<Option<Access>> {
    best(state, certs(state).await?).await
}

/// What control planes have.
async fn certs(state: &dyn State) -> state::Result<Option<KubernetesCertsSpec>> {
    Ok(ops::get::<KubernetesCertsSpec>(state, "k8s-certs").await?.map(|certs| certs.spec))
}

async fn best(state: &dyn State, certs: Option<KubernetesCertsSpec>) -> anyhow::Result<Option<Access>> {
    match certs {
        Some(certs) => Ok(Some(Access::from_kubeconfig(&certs.localhost_admin_kubeconfig)?)),
        None => kubelet(state).await,
    }
}

/// The kubelet's certificate and key; `None` before it has any. Pods may write its folder: what they put there
/// must not hold the machine up.
pub fn kubelet_client() -> anyhow::Result<Option<Vec<u8>>> {
    match sys::nofollow::read_small(KUBELET_CLIENT.as_ref(), CLIENT_SIZE) {
        Ok(pem) => Ok(Some(pem)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(anyhow::anyhow!("cannot read {KUBELET_CLIENT}: {error}")),
    }
}

/// The kubelet's credentials.
pub async fn kubelet(state: &dyn State) -> anyhow::Result<Option<Access>> {
    let Some(secrets) = ops::get::<KubeletSecrets>(state, "kubelet").await? else { return Ok(None) };
    let Some(endpoint) = &secrets.spec.endpoint else { return Ok(None) };
    let Some(pem) = kubelet_client()? else { return Ok(None) };
    let name = Some(secrets.spec.endpoint_tls_server_name.clone()).filter(|name| !name.is_empty());
    Ok(Some(Access {
        server: endpoint.to_string(),
        ca: Some(bundle(&secrets.spec.accepted_c_as)),
        client: Credentials::Certificate(pem.clone(), pem),
        server_name: name,
    }))
}
