//! Who this node is.

use std::net::IpAddr;

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

/// The name of this node, empty while it has none, and its addresses.
pub async fn identity(state: &dyn State) -> (String, Vec<IpAddr>) {
    let hostname = match ops::get::<HostnameStatusSpec>(state, "hostname").await {
        Ok(Some(status)) => status.spec.hostname.clone(),
        _ => String::new(),
    };
    let mut addresses = Vec::new();
    if let Ok(Some(found)) = ops::get::<NodeAddressSpec>(state, "current").await {
        let prefixes = found.spec.addresses.iter().filter_map(|p| ipnet::IpNet::try_from(p).ok());
        addresses.extend(prefixes.map(|p| p.addr()));
    }
    (hostname, addresses)
}
