//! Controllers: each turns some resources into others, or into files, kernel settings and calls.
//!
//! A folder a package, a file a controller. [`register`] is the list of all of them.

pub mod cluster;
pub mod config;
pub mod etcd;
pub mod files;
pub mod k8s;
pub mod runtime;
pub mod secrets;
pub mod subnets;

use std::sync::Arc;
use std::time::Duration;

use pki::renewal::Moment;
use proto::resource::network::{HostnameStatusSpec, NodeAddressSpec, StatusSpec as NetworkStatusSpec};
use proto::resource::time::StatusSpec as TimeStatusSpec;
use state::{Context, Input, Runtime, State};
use sys::clock::ClockPort;

use crate::configuration::{Active, ActiveConfig};
use crate::events::EventLog;
use crate::platform::Platform;
use crate::services::ServiceManager;
use crate::stage::Stage;

/// What controllers need beside the store.
#[derive(Clone)]
pub struct Deps {
    /// The store.
    pub state: Arc<dyn State>,
    /// The parsed configuration.
    pub active: ActiveConfig,
    /// Where the machine runs.
    pub platform: Platform,
    /// Wall clock and steady clock.
    pub clock: Arc<dyn ClockPort>,
    /// What the machine is about.
    pub stage: Stage,
    /// Events.
    pub events: EventLog,
    /// Services.
    pub services: ServiceManager,
}

impl Deps {
    /// The complete configuration, if there is one.
    pub async fn config(&self) -> anyhow::Result<Option<Active>> {
        self.active.complete(&*self.state).await
    }

    /// Now, on both clocks.
    pub fn now(&self) -> Moment {
        Moment { wall: self.clock.wall(), steady: self.clock.boot() }
    }
}

/// Registers every controller.
pub fn register(runtime: &mut Runtime, deps: &Deps) {
    config::register(runtime, deps);
    secrets::register(runtime, deps);
    cluster::register(runtime, deps);
    files::register(runtime, deps);
    etcd::register(runtime, deps);
    k8s::register(runtime, deps);
    self::runtime::register(runtime, deps);
}

/// Longest wait between two looks at a certificate: the clock may be set meanwhile.
pub const CLOCK_CHECK: Duration = Duration::from_secs(300);

/// The input that every controller of the configuration has.
pub fn config_input() -> Input {
    Input::weak::<proto::resource::config::MachineConfigSpec>().id(crate::configuration::active::ACTIVE)
}

/// Inputs of [`identity`].
pub fn identity_inputs() -> Vec<Input> {
    vec![
        Input::weak::<TimeStatusSpec>(),
        Input::weak::<NetworkStatusSpec>(),
        Input::weak::<HostnameStatusSpec>(),
        Input::weak::<NodeAddressSpec>(),
    ]
}

/// Who this node is, as far as certificates say so.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Identity {
    /// First label.
    pub hostname: String,
    /// With the domain, where there is one.
    pub fqdn: String,
    /// Every address that the node ever had, those of pods and services left out.
    pub addresses: Vec<std::net::IpAddr>,
    /// Changes when the clock was set far: certificates made before are suspect.
    pub epoch: i64,
}

/// This node, once its time, its hostname and an address are known.
pub async fn identity(ctx: &Context) -> anyhow::Result<Option<Identity>> {
    let Some(time) = ctx.get::<TimeStatusSpec>("node").await? else { return Ok(None) };
    let Some(network) = ctx.get::<NetworkStatusSpec>("status").await? else { return Ok(None) };
    let Some(name) = ctx.get::<HostnameStatusSpec>("hostname").await? else { return Ok(None) };
    if !time.spec.synced || !network.spec.address_ready {
        return Ok(None);
    }
    let addresses = node_addresses(ctx, "accumulative-no-k8s").await?;
    if addresses.is_empty() {
        return Ok(None);
    }
    let (hostname, fqdn) = names(&name.spec);
    Ok(Some(Identity { hostname, fqdn, addresses, epoch: time.spec.epoch }))
}

/// Hostname and fully qualified name.
pub fn names(status: &HostnameStatusSpec) -> (String, String) {
    let fqdn = match status.domainname.as_str() {
        "" => status.hostname.clone(),
        domain => format!("{}.{domain}", status.hostname),
    };
    (status.hostname.clone(), fqdn)
}

/// The addresses of a NodeAddresses resource.
pub async fn node_addresses(ctx: &Context, id: &str) -> anyhow::Result<Vec<std::net::IpAddr>> {
    let Some(found) = ctx.get::<NodeAddressSpec>(id).await? else { return Ok(vec![]) };
    let prefixes = found.spec.addresses.iter();
    Ok(prefixes.filter_map(|p| ipnet::IpNet::try_from(p).ok()).map(|p| p.addr()).collect())
}
