//! The machine that a configuration is about to reach: what is known about it.

use std::net::IpAddr;

use anyhow::Context as _;
use clap::ValueEnum;
use config::guard::{Guard, NodeFacts, guards};
use config::{Config, DecodeOptions};
use proto::resource::config::MachineConfigSpec;
use proto::resource::network::{HostnameStatusSpec, NodeAddressSpec};
use tonic::{Code, Status};

use crate::connect::targets;
use crate::node::Node;
use crate::resource::store::{self, Kind};

/// Configurations in a node's store.
pub const CONFIGURATIONS: Kind<'static> =
    Kind { namespace: "config", typ: "MachineConfigs.config.talos.dev" };
const HOSTNAMES: Kind<'static> = Kind { namespace: "network", typ: "HostnameStatuses.net.talos.dev" };
const ADDRESSES: Kind<'static> = Kind { namespace: "network", typ: "NodeAddresses.net.talos.dev" };

/// Signs that a configuration is meant for another machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Sign {
    /// The machine would change between control plane and worker
    MachineTypeChange,
    /// The configuration belongs to another cluster
    ClusterChange,
    /// The machine would give up the address over which it was reached
    AddressLost,
    /// The certificate of the machine's API would no longer hold for the name of an endpoint
    NameLost,
    /// A worker would look for the Kubernetes API at itself
    EndpointIsWorker,
}

impl Sign {
    /// The name, as flags spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::MachineTypeChange => "machine-type-change",
            Self::ClusterChange => "cluster-change",
            Self::AddressLost => "address-lost",
            Self::NameLost => "name-lost",
            Self::EndpointIsWorker => "endpoint-is-worker",
        }
    }
}

impl From<&Guard> for Sign {
    fn from(guard: &Guard) -> Self {
        match guard {
            Guard::MachineType { .. } => Self::MachineTypeChange,
            Guard::Cluster { .. } => Self::ClusterChange,
            Guard::AddressLost { .. } => Self::AddressLost,
            Guard::NameLost { .. } => Self::NameLost,
            Guard::EndpointIsWorker { .. } => Self::EndpointIsWorker,
        }
    }
}

/// A machine.
#[derive(Debug)]
pub struct Target {
    /// As the user called it.
    pub name: String,
    /// As it calls itself.
    pub hostname: Option<String>,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
    /// The hosts of the endpoints over which the user reaches it.
    pub endpoints: Vec<String>,
    /// The configuration that it has, if it has one that may be read.
    pub current: Option<Config>,
}

impl Target {
    /// Looks at a node that is reached through endpoints.
    ///
    /// # Errors
    /// If it cannot be reached; a node in maintenance mode, or without rights for the caller, shows less.
    pub async fn look(node: &Node, endpoints: &[String]) -> anyhow::Result<Self> {
        let (hostname, addresses, current) = tokio::join!(
            store::find(node, HOSTNAMES, "hostname"),
            store::find(node, ADDRESSES, "current"),
            store::find(node, CONFIGURATIONS, "v1alpha1"),
        );
        let hostname = shown(hostname)?.map(|found| store::spec::<HostnameStatusSpec>(&found)).transpose()?;
        let addresses = shown(addresses)?.map(|found| store::spec::<NodeAddressSpec>(&found)).transpose()?;
        let current = match shown(current)? {
            Some(found) => {
                let text = store::spec::<MachineConfigSpec>(&found)?.yaml_marshalled;
                // It may have been written by a newer version; its comments survive patches.
                let options = DecodeOptions { lenient: true, comments: true, ..DecodeOptions::default() };
                Config::decode_with(&format!("configuration of {}", node.name), &text, &options).ok()
            }
            None => None,
        };
        let addresses = addresses.map(|found| found.addresses).unwrap_or_default();
        let endpoints = targets(endpoints)?.into_iter().map(|endpoint| endpoint.host).collect();
        Ok(Self {
            endpoints,
            name: node.name.clone(),
            hostname: hostname.map(|found| found.hostname).filter(|name| !name.is_empty()),
            addresses: addresses.iter().filter_map(|prefix| address(&prefix.ip)).collect(),
            current,
        })
    }

    /// Its name, with that by which it calls itself.
    pub fn label(&self) -> String {
        match &self.hostname {
            Some(hostname) if *hostname != self.name => format!("{} ({hostname})", self.name),
            _ => self.name.clone(),
        }
    }

    /// Signs that a configuration is not meant for it, with what they say.
    pub fn guards(&self, new: &Config) -> Vec<(Sign, String)> {
        let Some(current) = &self.current else { return Vec::new() };
        // The gateway that passes the call on checks the node's own certificate, too.
        let mut reached_as = self.endpoints.clone();
        if !reached_as.contains(&self.name) {
            reached_as.push(self.name.clone());
        }
        let facts = NodeFacts {
            hostname: self.hostname.clone(),
            addresses: self.addresses.clone(),
            reached_at: self.name.parse().ok(),
            reached_as,
        };
        guards(current, new, &facts).iter().map(|guard| (guard.into(), guard.to_string())).collect()
    }
}

/// What a node does not show is unknown; what fails is an error.
fn shown<T>(found: Result<Option<T>, Status>) -> Result<Option<T>, Status> {
    match found {
        Err(status) if matches!(status.code(), Code::PermissionDenied | Code::Unimplemented) => Ok(None),
        other => other,
    }
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from),
        16 => <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from),
        _ => None,
    }
}

/// The text of a node's configuration.
///
/// # Errors
/// If it cannot be read.
pub async fn configuration(node: &Node, kind: Kind<'_>, id: &str) -> anyhow::Result<Vec<u8>> {
    let found = store::get(node, kind, id).await.with_context(|| format!("cannot read {}/{id}", kind.typ))?;
    Ok(store::spec::<MachineConfigSpec>(&found)?.yaml_marshalled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sign_has_the_name_that_flags_and_guards_use() {
        for sign in Sign::value_variants() {
            assert_eq!(sign.to_possible_value().unwrap().get_name(), sign.name());
        }
        let guard = Guard::AddressLost { address: "10.5.0.2".parse().unwrap() };
        assert_eq!(Sign::from(&guard).name(), guard.name());
    }
}
