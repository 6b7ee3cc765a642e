//! Machine configurations of a cluster on this machine.

use std::collections::BTreeMap;
use std::time::SystemTime;

use config::documents::v1alpha1::MachineType;
use config::generate::{self, Input, VersionContract};
use config::secrets::{self, Entropy};
use config::talosconfig::Talosconfig;
use provision::local::{ClusterInfo, Role};

/// The operating system's randomness.
pub struct System;

impl Entropy for System {
    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), String> {
        getrandom::fill(buffer).map_err(|e| e.to_string())
    }
}

/// Keys and tokens of one cluster.
pub struct Secrets(secrets::Secrets);

impl Secrets {
    /// New ones.
    pub fn generate(now: SystemTime) -> anyhow::Result<Self> {
        Ok(Self(secrets::Secrets::generate(VersionContract::CURRENT, now, &mut System)?))
    }

    /// A client configuration with one context that names every node.
    pub fn talosconfig(&self, cluster: &ClusterInfo, now: SystemTime) -> anyhow::Result<Talosconfig> {
        let endpoints = vec![cluster.gateway.to_string()];
        let mut made = generate::talosconfig(&cluster.name, &self.0, endpoints, now)?;
        for context in made.contexts.values_mut() {
            context.nodes = cluster.nodes.iter().map(|n| n.address.to_string()).collect();
        }
        Ok(made)
    }

    /// The configuration of every node, by name.
    pub fn configurations(&self, cluster: &ClusterInfo) -> anyhow::Result<BTreeMap<String, String>> {
        let mut input = Input::new(&cluster.name, format!("https://{}:6443", cluster.gateway));
        input.additional_sans.push(cluster.gateway.to_string());
        // Members find each other through the control planes: no service outside is asked.
        input.discovery = false;
        let text = |role| generate::machine_config(&input, &self.0, role);
        let (control_plane, worker) = (text(MachineType::ControlPlane), text(MachineType::Worker));
        let of = |role| if role == Role::ControlPlane { control_plane.clone() } else { worker.clone() };
        Ok(cluster.nodes.iter().map(|node| (node.name.clone(), of(node.role))).collect())
    }
}
