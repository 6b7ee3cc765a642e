//! All controllers of networkd, noun by noun.

use std::sync::Arc;

use proto::resource::network::{
    AddressSpecSpec, AddressStatusSpec, HostnameSpecSpec, LinkSpecSpec, LinkStatusSpec, OperatorSpecSpec,
    ProbeSpecSpec, ResolverSpecSpec, RouteSpecSpec, RouteStatusSpec, RoutingRuleSpecSpec,
    RoutingRuleStatusSpec, TimeServerSpecSpec,
};
use state::Runtime;

use crate::address::announce::Announce;
use crate::address::apply::AddressSpecController;
use crate::configuration::ConfigController;
use crate::dns::controller::HostDnsController;
use crate::hostname::status::HostnameSpecController;
use crate::kubeprism::config::{KubePrismConfigController, KubePrismEndpointsController};
use crate::kubeprism::controller::KubePrismController;
use crate::layer::MergeController;
use crate::link::apply::LinkSpecController;
use crate::machine::ActiveMachine;
use crate::nodeaddress::status::{HardwareAddrController, NodeAddressController};
use crate::operator::apply::OperatorSpecController;
use crate::probe::status::ProbeController;
use crate::readiness;
use crate::resolver::status::ResolverSpecController;
use crate::route::apply::RouteSpecController;
use crate::rule::apply::RoutingRuleSpecController;
use crate::status::StatusController;
use crate::timeserver::status::TimeServerSpecController;
use crate::timesync::SyncController;
use crate::world::World;

/// Registers every controller. `container` says that links and clock are the host's business.
pub fn register(runtime: &mut Runtime, world: &Arc<World>, announce: Arc<dyn Announce>, container: bool) {
    let machine = ActiveMachine::default();
    let world = || world.clone();

    runtime.register(ConfigController::new(world(), machine.clone(), container));
    merges(runtime);

    runtime.register(LinkSpecController::new(world()));
    runtime.register(AddressSpecController::new(world(), announce));
    runtime.register(RouteSpecController::new(world()));
    runtime.register(RoutingRuleSpecController::new(world()));
    runtime.register(OperatorSpecController::new(world()));

    runtime.register(StatusController::<LinkStatusSpec>::new(world()));
    runtime.register(StatusController::<AddressStatusSpec>::new(world()));
    runtime.register(StatusController::<RouteStatusSpec>::new(world()));
    runtime.register(StatusController::<RoutingRuleStatusSpec>::new(world()));
    runtime.register(HostnameSpecController::default());
    runtime.register(ResolverSpecController::default());
    runtime.register(TimeServerSpecController::default());

    runtime.register(NodeAddressController::new(world()));
    runtime.register(HardwareAddrController::new(world()));
    runtime.register(ProbeController::default());
    runtime.register(readiness::StatusController::new(world(), container));
    runtime.register(SyncController::new(machine.clone(), container));

    runtime.register(HostDnsController::default());
    runtime.register(KubePrismEndpointsController::new(machine.clone()));
    runtime.register(KubePrismConfigController::new(machine));
    runtime.register(KubePrismController::default());
}

/// One merge for each layered noun.
fn merges(runtime: &mut Runtime) {
    runtime.register(MergeController::<LinkSpecSpec>::default());
    runtime.register(MergeController::<AddressSpecSpec>::default());
    runtime.register(MergeController::<RouteSpecSpec>::default());
    runtime.register(MergeController::<RoutingRuleSpecSpec>::default());
    runtime.register(MergeController::<HostnameSpecSpec>::default());
    runtime.register(MergeController::<ResolverSpecSpec>::default());
    runtime.register(MergeController::<TimeServerSpecSpec>::default());
    runtime.register(MergeController::<OperatorSpecSpec>::default());
    runtime.register(MergeController::<ProbeSpecSpec>::default());
}

#[cfg(test)]
mod tests {
    use state::MemoryState;

    use super::*;
    use crate::address::announce::Silent;
    use crate::kernel::fake::FakeKernel;

    #[tokio::test]
    async fn no_two_controllers_claim_the_same() {
        let mut runtime = Runtime::new(Arc::new(MemoryState::new(std::time::SystemTime::now)));
        let world = World::new(Arc::new(FakeKernel::default()));
        register(&mut runtime, &world, Arc::new(Silent), true);
        assert!(runtime.edges().unwrap().len() > 25);
    }
}
