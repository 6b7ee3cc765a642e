//! What the machine configuration says about the network, as far as networkd needs it.
//!
//! The values are taken out of the configuration once per version, so that neither its text nor its secrets are
//! kept in memory.

use std::sync::{Arc, Mutex};

use config::Config;
use config::access::{
    BlackholeRoute, HostDns, HostnameSource, KubePrism, Link, LinkRef, Operator, Probe, Resolvers,
    RoutingRule, StaticHost, TimeSync,
};
use ipnet::IpNet;
use proto::resource::config::MachineConfigSpec;
use resources::Phase;
use state::{Context, Input};

/// Port of an https URL without one.
const HTTPS: u16 = 443;

/// Sections of one machine configuration.
#[derive(Debug, Clone)]
pub struct Machine {
    /// Links.
    pub links: Vec<Link>,
    /// Links that are left alone.
    pub ignored: Vec<LinkRef>,
    /// Documents about links or DHCP exist, so nothing is configured by default.
    pub has_link_documents: bool,
    /// DHCP and shared addresses.
    pub operators: Vec<Operator>,
    /// Host name.
    pub hostname: HostnameSource,
    /// Resolvers.
    pub resolvers: Resolvers,
    /// Host DNS.
    pub host_dns: HostDns,
    /// Time.
    pub time: TimeSync,
    /// Static hosts.
    pub hosts: Vec<StaticHost>,
    /// Probes.
    pub probes: Vec<Probe>,
    /// Routing rules.
    pub rules: Vec<RoutingRule>,
    /// Blackhole routes.
    pub blackholes: Vec<BlackholeRoute>,
    /// Networks of pods; empty while the configuration describes no machine of a cluster.
    pub pods: Vec<IpNet>,
    /// Networks of services; empty as above.
    pub services: Vec<IpNet>,
    /// How to sort addresses, in the words of the resource.
    pub address_sort: i32,
    /// KubePrism.
    pub kube_prism: Option<KubePrism>,
    /// Host and port of the cluster endpoint.
    pub endpoint: Option<(String, u16)>,
    /// Port of this node's API server, on control planes.
    pub local_api_port: Option<u16>,
}

impl Machine {
    /// Takes the sections out of a configuration.
    pub fn of(config: &Config) -> Self {
        // A configuration in parts, without the machine's own document, says nothing about Kubernetes.
        let network = config.machine_type().map(|_| config.kube_network());
        let (pods, services) = network.map(|n| (n.pod_subnets, n.service_subnets)).unwrap_or_default();
        let endpoint = config.cluster_endpoint().and_then(|url| {
            let host = url.host()?.trim_start_matches('[').trim_end_matches(']').to_owned();
            Some((host, url.port().unwrap_or(HTTPS)))
        });
        Self {
            links: config.links(),
            ignored: config.ignored_links(),
            has_link_documents: config.has_link_documents(),
            operators: config.operators(),
            hostname: config.hostname(),
            resolvers: config.resolvers(),
            host_dns: config.host_dns(),
            time: config.time_sync(),
            hosts: config.static_hosts(),
            probes: config.probes(),
            rules: config.routing_rules(),
            blackholes: config.blackhole_routes(),
            pods,
            services,
            address_sort: config.address_sort() as i32,
            kube_prism: config.kube_prism(),
            endpoint,
            local_api_port: config.is_control_plane().then(|| config.api_server_port()),
        }
    }
}

/// Version of the resource, and what it says.
type Version = (u64, Arc<Machine>);

/// The sections of the active configuration, shared by all who need them and taken out once per version.
#[derive(Clone, Default)]
pub struct ActiveMachine {
    latest: Arc<Mutex<Option<Version>>>,
}

impl ActiveMachine {
    /// Identifier of the active configuration.
    const ACTIVE: &'static str = "v1alpha1";

    /// The input to declare.
    pub fn input() -> Input {
        Input::weak::<MachineConfigSpec>().id(Self::ACTIVE)
    }

    /// The sections, once there is a configuration. One that cannot be read counts as it did before.
    pub async fn get(&self, ctx: &Context) -> state::Result<Option<Arc<Machine>>> {
        let found = ctx.get::<MachineConfigSpec>(Self::ACTIVE).await?;
        let Some(found) = found.filter(|f| f.metadata.phase == Phase::Running) else {
            *sys::sync::lock(&self.latest) = None;
            return Ok(None);
        };
        let mut latest = sys::sync::lock(&self.latest);
        let version = found.metadata.version;
        if latest.as_ref().is_none_or(|(v, _)| *v != version) {
            match Config::decode_lenient("machine configuration", &found.spec.yaml_marshalled) {
                Ok(config) => *latest = Some((version, Arc::new(Machine::of(&config)))),
                Err(report) => tracing::warn!("the machine configuration cannot be read: {report}"),
            }
        }
        Ok(latest.as_ref().map(|(_, machine)| machine.clone()))
    }
}
