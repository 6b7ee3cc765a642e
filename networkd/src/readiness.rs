//! Readiness of the network, as others wait for it: NetworkStatus (contract os.md 5.1).

use std::sync::Arc;

use async_trait::async_trait;
use proto::resource::enums::{NethelpersRouteType, NethelpersRoutingTable};
use proto::resource::files::EtcFileStatusSpec;
use proto::resource::network::{
    HostnameStatusSpec, NodeAddressSpec, ProbeSpecSpec, ProbeStatusSpec, StatusSpec,
};
use state::{Context, Controller, Input, Next, Output};

use crate::id;
use crate::kernel::Snapshot;
use crate::kernel::watch::Nouns;
use crate::nodeaddress::compute::CURRENT;
use crate::world::World;

/// Identifier of the only network status.
const STATUS: &str = "status";

/// What readiness follows from.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The node has addresses.
    pub addresses: bool,
    /// Result of each wanted probe; false where it has none yet.
    pub probes: Vec<bool>,
    /// There is a default route.
    pub default_route: bool,
    /// The hostname is known.
    pub hostname: bool,
    /// /etc/hosts and /etc/resolv.conf are in place.
    pub etc_files: bool,
}

/// The status of these facts.
pub fn status(facts: &Facts) -> StatusSpec {
    StatusSpec {
        address_ready: facts.addresses,
        connectivity_ready: if facts.probes.is_empty() {
            facts.default_route
        } else {
            facts.probes.iter().all(|p| *p)
        },
        hostname_ready: facts.hostname,
        etc_files_ready: facts.etc_files,
    }
}

/// A route for everything in the main table.
fn has_default_route(now: &Snapshot) -> bool {
    now.routes.iter().any(|r| {
        r.destination.is_none()
            && r.table == NethelpersRoutingTable::TableMain as i32
            && r.r#type == NethelpersRouteType::TypeUnicast as i32
    })
}

/// Publishes NetworkStatus.
pub struct StatusController {
    world: Arc<World>,
    container: bool,
    registered: bool,
}

impl StatusController {
    const NOUNS: Nouns = Nouns { links: false, addresses: false, routes: true, rules: false };

    /// A controller over the kernel behind `world`; in a container /etc/resolv.conf is the host's.
    pub fn new(world: Arc<World>, container: bool) -> Self {
        Self { world, container, registered: false }
    }
}

#[async_trait]
impl Controller for StatusController {
    fn name(&self) -> &'static str {
        "network.StatusController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![
            Input::weak::<NodeAddressSpec>().id(CURRENT),
            Input::weak::<HostnameStatusSpec>().id(id::HOSTNAME),
            Input::weak::<ProbeSpecSpec>(),
            Input::weak::<ProbeStatusSpec>(),
            Input::weak::<EtcFileStatusSpec>(),
        ]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<StatusSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        if !std::mem::replace(&mut self.registered, true) {
            self.world.wake_on(Self::NOUNS, ctx.waker());
            self.world.refresh(Self::NOUNS).await?;
        }
        let current = ctx.get::<NodeAddressSpec>(CURRENT).await?;
        let results = ctx.list::<ProbeStatusSpec>().await?;
        let probes = ctx.list::<ProbeSpecSpec>().await?;
        let succeeded = |id: &str| results.iter().any(|r| r.id() == id && r.spec.success);
        let files = ctx.list::<EtcFileStatusSpec>().await?;
        let file = |id: &str| files.iter().any(|f| f.id() == id);
        let facts = Facts {
            addresses: current.is_some_and(|c| !c.spec.addresses.is_empty()),
            probes: probes.iter().map(|p| succeeded(p.id())).collect(),
            default_route: has_default_route(&self.world.now()),
            hostname: ctx.get::<HostnameStatusSpec>(id::HOSTNAME).await?.is_some(),
            etc_files: file("hosts") && (self.container || file("resolv.conf")),
        };
        ctx.put(STATUS, status(&facts)).await?;
        Ok(Next::Wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probes_decide_about_connectivity_where_there_are_any() {
        let connected = |probes: &[bool], default_route| {
            status(&Facts { probes: probes.to_vec(), default_route, ..Facts::default() }).connectivity_ready
        };
        assert!(connected(&[], true));
        assert!(!connected(&[], false));
        assert!(connected(&[true, true], false));
        assert!(!connected(&[true, false], true));
    }
}
