//! Machine configurations from a few choices and a secrets bundle (contract os.md 1.7).
//!
//! The same input gives the same bytes. What a version of the contract adds is in [`VersionContract`]; up to 1.13
//! a configuration is one v1alpha1 document with few others ([`legacy`]), from 1.14 it is many ([`documents`]).

mod build;
mod client;
mod comments;
mod contract;
mod documents;
mod examples;
mod legacy;

pub use client::talosconfig;
pub use comments::{Comments, comment, commented_machine_config};
pub use contract::{ContractError, VersionContract};

use std::net::IpAddr;

use indexmap::IndexMap;

use crate::documents::v1alpha1::MachineType;
use crate::secrets::Secrets;
use crate::yaml::{Node, write_stream};

use build::{document, map, text};

/// Disk to install to when none is named.
pub const DEFAULT_INSTALL_DISK: &str = "/dev/sda";

/// Image of the installer when none is named (contract os.md 1.3).
pub const DEFAULT_INSTALLER: &str = "factory.talos.dev/metal-installer/376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba:v1.14.0-rc.1";

/// The choices.
#[derive(Debug, Clone)]
pub struct Input {
    /// Name of the cluster.
    pub cluster_name: String,
    /// URL of the Kubernetes API.
    pub endpoint: String,
    /// Version of Kubernetes, without a leading v.
    pub kubernetes_version: String,
    /// Which version of the system the configuration is for.
    pub contract: VersionContract,
    /// Disk to install to; empty leaves the choice to patches.
    pub install_disk: String,
    /// Image of the installer.
    pub install_image: String,
    /// Further names of certificates.
    pub additional_sans: Vec<String>,
    /// Domain of the cluster.
    pub dns_domain: String,
    /// Mirrors of registries: host and URL; several of one host are asked in their order.
    pub registry_mirrors: Vec<(String, String)>,
    /// Whether members find each other.
    pub discovery: bool,
    /// Whether traffic between nodes is encrypted.
    pub kubespan: bool,
    /// Whether the machines run Kubernetes, and its control planes etcd. Up to 1.13 they always do.
    pub kubernetes: bool,
}

impl Input {
    /// The usual choices.
    pub fn new(cluster_name: impl Into<String>, endpoint: impl Into<String>) -> Self {
        Self {
            cluster_name: cluster_name.into(),
            endpoint: endpoint.into(),
            kubernetes_version: components::KUBERNETES.to_owned(),
            contract: VersionContract::CURRENT,
            install_disk: DEFAULT_INSTALL_DISK.to_owned(),
            install_image: DEFAULT_INSTALLER.to_owned(),
            additional_sans: Vec::new(),
            dns_domain: "cluster.local".to_owned(),
            registry_mirrors: Vec::new(),
            discovery: true,
            kubespan: false,
            kubernetes: true,
        }
    }

    fn image(&self, repository: &str) -> String {
        format!("{repository}:v{}", self.kubernetes_version)
    }

    /// Networks of pods and services: of the family of the endpoint's address (contract os.md 1.3).
    fn subnets(&self) -> [&'static str; 2] {
        match self.endpoint_host().parse::<IpAddr>() {
            Ok(IpAddr::V6(_)) => ["fc00:db8:10::/56", "fc00:db8:20::/112"],
            _ => ["10.244.0.0/16", "10.96.0.0/12"],
        }
    }

    /// The mirrors of each host, both in the order in which they were named.
    fn mirrors(&self) -> IndexMap<&str, Vec<&str>> {
        let mut mirrors: IndexMap<&str, Vec<&str>> = IndexMap::new();
        for (host, url) in &self.registry_mirrors {
            let endpoints = mirrors.entry(host).or_default();
            if !endpoints.contains(&url.as_str()) {
                endpoints.push(url);
            }
        }
        mirrors
    }

    /// The documents of mirrors.
    fn mirror_documents(&self) -> impl Iterator<Item = Node> {
        self.mirrors().into_iter().map(|(host, urls)| {
            let endpoints = urls.into_iter().map(|url| map([("url", text(url))]));
            document("RegistryMirrorConfig", [("name", text(host)), ("endpoints", Node::seq(endpoints))])
        })
    }

    /// Further names of certificates, each once.
    fn sans(&self) -> Vec<&str> {
        unique(self.additional_sans.iter().map(String::as_str))
    }

    /// Host of the endpoint, without brackets; empty when it has none.
    fn endpoint_host(&self) -> String {
        let host = url::Url::parse(&self.endpoint).ok().and_then(|url| url.host_str().map(str::to_owned));
        host.unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned()
    }
}

/// Names in their order, each once; empty ones are none.
fn unique<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut all = Vec::new();
    for name in names {
        if !name.is_empty() && !all.contains(&name) {
            all.push(name);
        }
    }
    all
}

/// The configuration of a role, documents in the contract's order.
///
/// Without comments: what nodes get. [`commented_machine_config`] writes what people edit.
pub fn machine_config(input: &Input, secrets: &Secrets, role: MachineType) -> String {
    write_stream(&roots(input, secrets, role))
}

/// The documents of a role.
fn roots(input: &Input, secrets: &Secrets, role: MachineType) -> Vec<Node> {
    match input.contract.after(1, 13) {
        true => documents::roots(input, secrets, role),
        false => legacy::roots(input, secrets, role),
    }
}

/// Whether a role runs the control plane.
fn is_control_plane(role: MachineType) -> bool {
    !matches!(role, MachineType::Worker)
}

#[cfg(test)]
mod tests;
