//! Machine configurations of a cluster on this machine.

use std::collections::BTreeMap;
use std::time::SystemTime;

use config::documents::v1alpha1::MachineType;
use config::generate::{self, Input, VersionContract};
use config::patch::Patch;
use config::secrets::{Entropy, Secrets};
use config::talosconfig::Talosconfig;
use provision::local::{ClusterInfo, Role};

use crate::patches;

/// The operating system's randomness.
pub struct System;

impl Entropy for System {
    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), String> {
        getrandom::fill(buffer).map_err(|e| e.to_string())
    }
}

/// What the configurations of a cluster are made from, beside its addresses and secrets.
#[derive(Debug, Clone, Default)]
pub struct Choices {
    /// Which version of the system the configurations are written for; our own if none.
    pub contract: Option<VersionContract>,
    /// Version of Kubernetes, without a leading v; our own if none.
    pub kubernetes_version: Option<String>,
    /// Mirrors of registries: host and URL.
    pub registry_mirrors: Vec<(String, String)>,
    /// Patches of all nodes.
    pub patches: Vec<Patch>,
    /// Patches of control planes.
    pub control_plane_patches: Vec<Patch>,
    /// Patches of workers.
    pub worker_patches: Vec<Patch>,
}

impl Choices {
    fn contract(&self) -> VersionContract {
        self.contract.unwrap_or(VersionContract::CURRENT)
    }

    /// New secrets for this version.
    ///
    /// # Errors
    /// If the system has no randomness to give.
    pub fn secrets(&self, now: SystemTime) -> anyhow::Result<Secrets> {
        Ok(Secrets::generate(self.contract(), now, &mut System)?)
    }

    /// The configuration of every node, by name.
    ///
    /// # Errors
    /// If a patch cannot be applied.
    pub fn configurations(
        &self,
        cluster: &ClusterInfo,
        secrets: &Secrets,
    ) -> anyhow::Result<BTreeMap<String, String>> {
        let mut input = Input::new(&cluster.name, format!("https://{}:6443", cluster.gateway));
        input.additional_sans.push(cluster.gateway.to_string());
        input.contract = self.contract();
        // Members find each other through the control planes: no service outside is asked.
        input.discovery = false;
        input.registry_mirrors.clone_from(&self.registry_mirrors);
        if let Some(version) = &self.kubernetes_version {
            input.kubernetes_version.clone_from(version);
        }
        let text = |role, more: &[Patch]| {
            let text = generate::machine_config(&input, secrets, role);
            let patches: Vec<Patch> = self.patches.iter().chain(more).cloned().collect();
            let patched =
                patches::apply_to_text(&format!("{role} configuration"), text.as_bytes(), &patches)?;
            anyhow::Ok(String::from_utf8_lossy(&patched).into_owned())
        };
        let control_plane = text(MachineType::ControlPlane, &self.control_plane_patches)?;
        let worker = text(MachineType::Worker, &self.worker_patches)?;
        let of = |role| if role == Role::ControlPlane { control_plane.clone() } else { worker.clone() };
        Ok(cluster.nodes.iter().map(|node| (node.name.clone(), of(node.role))).collect())
    }
}

/// A client configuration with one context that names every node.
///
/// # Errors
/// If the secrets cannot issue a certificate.
pub fn talosconfig(cluster: &ClusterInfo, secrets: &Secrets, now: SystemTime) -> anyhow::Result<Talosconfig> {
    let endpoints = vec![cluster.gateway.to_string()];
    let mut made = generate::talosconfig(&cluster.name, secrets, endpoints, now, &mut System)?;
    for context in made.contexts.values_mut() {
        context.nodes = cluster.nodes.iter().map(|n| n.address.to_string()).collect();
    }
    Ok(made)
}

#[cfg(test)]
mod tests {
    use provision::local::{DnsUpstream, NodeInfo};

    use super::*;

    fn cluster() -> ClusterInfo {
        let node = |name: &str, role, last| NodeInfo {
            name: name.into(),
            role,
            address: [10, 5, 0, last].into(),
            index: 0,
            var: None,
        };
        ClusterInfo {
            name: "demo".into(),
            root: "/state".into(),
            cidr: "10.5.0.0/24".parse().unwrap(),
            gateway: [10, 5, 0, 1].into(),
            mtu: 1500,
            nodes: vec![node("cp", Role::ControlPlane, 2), node("w", Role::Worker, 3)],
            image: "/image".into(),
            binds: Vec::new(),
            env: BTreeMap::new(),
            dns: DnsUpstream::Nobody,
            fingerprint: String::new(),
        }
    }

    #[test]
    fn configurations_have_the_form_of_the_version_that_is_asked_for() {
        let secrets = Choices::default().secrets(SystemTime::now()).unwrap();
        let made = |version: &str| {
            let contract = Some(VersionContract::parse(version).unwrap());
            let choices = Choices { contract, ..Choices::default() };
            choices.configurations(&cluster(), &secrets).unwrap()
        };
        let kinds = |text: &str| text.lines().filter(|line| line.starts_with("kind: ")).count();
        for node in ["cp", "w"] {
            // Everything in one document, as clients of that time know it.
            let old = made("v1.9")[node].clone();
            assert!(kinds(&old) == 0 && old.contains("apiServer:") == (node == "cp"), "{old}");
            let before = made("v1.13")[node].clone();
            assert!(!before.contains("kind: KubeletConfig") && before.contains("kubelet:"), "{before}");
            let own = made("v1.14")[node].clone();
            assert!(own.contains("kind: KubeletConfig") && kinds(&own) > kinds(&before), "{own}");
        }
        let own = Choices::default().configurations(&cluster(), &secrets).unwrap();
        assert_eq!(own, made("v1.14"));
    }
}
