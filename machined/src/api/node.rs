//! Who this node is.

use proto::machine::Hostname;
use proto::resource::network::{HostnameStatusSpec, NodeAddressSpec};
use state::{State, ops};
use tonic::Status;

use super::plain;

/// Handles `Hostname`.
pub fn hostname() -> Result<Hostname, Status> {
    let name = nix::unistd::gethostname().map_err(|e| plain(format!("cannot read the hostname: {e}")))?;
    Ok(Hostname { metadata: None, hostname: name.to_string_lossy().into_owned() })
}

/// Names and addresses by which others reach this node.
pub async fn identities(state: &dyn State) -> Vec<String> {
    let mut found = Vec::new();
    if let Ok(Some(status)) = ops::get::<HostnameStatusSpec>(state, "hostname").await {
        let (hostname, fqdn) = crate::controllers::names(&status.spec);
        found.extend([hostname, fqdn]);
    }
    if let Ok(Some(addresses)) = ops::get::<NodeAddressSpec>(state, "current").await {
        let prefixes = addresses.spec.addresses.iter().filter_map(|p| ipnet::IpNet::try_from(p).ok());
        found.extend(prefixes.map(|p| p.addr().to_string()));
    }
    found.dedup();
    found
}
