//! Which names and addresses the node's certificates are good for (contract api.md 2.2, os.md 6.6).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use pki::Sans;
use proto::resource::network::{HostnameStatusSpec, NodeAddressSpec};
use proto::resource::secrets::{CertSanSpec, KubernetesRootSpec, OsRootSpec};
use state::{Context, Controller, Input, Next, Output};

use crate::controllers::{Deps, config_input, identity, identity_inputs, names, node_addresses};

const LOOPBACK_V4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const LOOPBACK_V6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);

fn spec(sans: &Sans, fqdn: &str) -> CertSanSpec {
    CertSanSpec {
        i_ps: sans.ip_addresses().map(Into::into).collect(),
        dns_names: sans.dns_names().map(str::to_owned).collect(),
        fqdn: fqdn.to_owned(),
    }
}

/// The names of a CertSANs resource.
pub fn sans(spec: &CertSanSpec) -> Sans {
    let addresses = spec.i_ps.iter().filter_map(|ip| IpAddr::try_from(ip).ok());
    Sans::new().with_names(&spec.dns_names).with_addresses(addresses)
}

/// Publishes CertSANs/api.
pub struct ApiCertSans {
    pub deps: Deps,
}

#[async_trait::async_trait]
impl Controller for ApiCertSans {
    fn name(&self) -> &'static str {
        "secrets.APICertSANsController"
    }

    fn inputs(&self) -> Vec<Input> {
        let mut inputs = identity_inputs();
        inputs.extend([Input::weak::<OsRootSpec>(), config_input()]);
        inputs
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::shared::<CertSanSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let outputs = ctx.outputs::<CertSanSpec>();
        if let Some(root) = ctx.get::<OsRootSpec>("os").await? {
            // What was published stays while the network is away for a moment.
            let Some(node) = identity(ctx).await? else { return Ok(Next::Wait) };
            let configured = root.spec.cert_sani_ps.iter().filter_map(|ip| IpAddr::try_from(ip).ok());
            let mut sans = Sans::new()
                .with_names(&root.spec.cert_sandns_names)
                .with_names([&node.hostname, &node.fqdn])
                .with_addresses(configured)
                .with_addresses(node.addresses.iter().copied())
                .with_addresses([LOOPBACK_V4]);
            let config = self.deps.config().await?;
            if config.is_some_and(|active| active.config.talos_api_access().is_some()) {
                sans = sans.with_names(["talos", "talos.default"]);
            }
            outputs.put("api", spec(&sans, &node.fqdn)).await?;
        }
        outputs.finish().await?;
        Ok(Next::Wait)
    }
}

/// Publishes CertSANs/maintenance: as soon as there is anything to be reached at.
pub struct MaintenanceCertSans;

#[async_trait::async_trait]
impl Controller for MaintenanceCertSans {
    fn name(&self) -> &'static str {
        "secrets.MaintenanceCertSANsController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![Input::weak::<HostnameStatusSpec>(), Input::weak::<NodeAddressSpec>()]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::shared::<CertSanSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let mut sans = Sans::new()
            .with_addresses(node_addresses(ctx, "accumulative").await?)
            .with_addresses([LOOPBACK_V4, LOOPBACK_V6]);
        if let Some(status) = ctx.get::<HostnameStatusSpec>("hostname").await? {
            let (hostname, fqdn) = names(&status.spec);
            sans = sans.with_names([hostname, fqdn]);
        }
        ctx.put("maintenance", spec(&sans, "maintenance-service.talos.dev")).await?;
        Ok(Next::Wait)
    }
}

/// Publishes CertSANs/k8s: the names of the API server.
pub struct KubernetesCertSans;

#[async_trait::async_trait]
impl Controller for KubernetesCertSans {
    fn name(&self) -> &'static str {
        "secrets.KubernetesCertSANsController"
    }

    fn inputs(&self) -> Vec<Input> {
        let mut inputs = identity_inputs();
        inputs.push(Input::weak::<KubernetesRootSpec>());
        inputs
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::shared::<CertSanSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let outputs = ctx.outputs::<CertSanSpec>();
        if let Some(root) = ctx.get::<KubernetesRootSpec>("k8s").await? {
            let Some(node) = identity(ctx).await? else { return Ok(Next::Wait) };
            let root = &root.spec;
            let domain = &root.dns_domain;
            let service_addresses = root.api_server_ips.iter().filter_map(|ip| IpAddr::try_from(ip).ok());
            let sans = Sans::new()
                .with_names(&root.cert_sa_ns)
                .with_names(["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"])
                .with_names([format!("kubernetes.default.svc.{domain}")])
                .with_names([&node.hostname, &node.fqdn])
                .with_addresses(service_addresses)
                .with_addresses(node.addresses.iter().copied())
                .with_addresses([LOOPBACK_V4]);
            outputs.put("k8s", spec(&sans, &node.fqdn)).await?;
        }
        outputs.finish().await?;
        Ok(Next::Wait)
    }
}
