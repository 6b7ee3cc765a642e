//! The service on networkd's own socket: the changes that are pending, and those that a configuration would make.

use std::sync::Arc;

use config::Config;
use proto::internal::network_service_server::NetworkService;
use proto::internal::{DryRunRequest, PlanRequest, PlanResponse};
use proto::resource::network::{
    AddressSpecSpec, HostnameSpecSpec, LinkSpecSpec, ResolverSpecSpec, RouteSpecSpec, RoutingRuleSpecSpec,
    TimeServerSpecSpec,
};
use resources::{Phase, Spec};
use rpc::peer::{Caller, Peer, PeerPolicy};
use rpc::role::RoleSet;
use state::{Context, State};
use tonic::{Request, Response, Status};

use super::steps::{Wanted, steps};
use crate::configuration::{self, CONTROLLER, gather};
use crate::kernel::watch::Nouns;
use crate::layer::WISHES;
use crate::machine::{ActiveMachine, Machine};
use crate::wishes::Wishes;
use crate::world::World;

/// Answers machined.
pub struct Preview {
    world: Arc<World>,
    ctx: Context,
    machine: ActiveMachine,
    container: bool,
}

impl Preview {
    /// A service over the store and the kernel behind `world`.
    pub fn new(world: Arc<World>, state: Arc<dyn State>, container: bool) -> Self {
        Self {
            world,
            ctx: Context::new(state, "network.Preview"),
            machine: ActiveMachine::default(),
            container,
        }
    }

    /// Specs in namespace `network`: those in force, and those that are being withdrawn.
    async fn specs<S: Spec>(&self) -> state::Result<(Vec<S>, Vec<S>)> {
        let all = self.ctx.list::<S>().await?;
        let (running, leaving): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|s| s.metadata.phase == Phase::Running);
        Ok((running.into_iter().map(|s| s.spec).collect(), leaving.into_iter().map(|s| s.spec).collect()))
    }

    /// What is in force, and what is being withdrawn.
    async fn in_force(&self) -> state::Result<(Wanted, Wanted)> {
        let (links, old_links) = self.specs::<LinkSpecSpec>().await?;
        let (addresses, old_addresses) = self.specs::<AddressSpecSpec>().await?;
        let (routes, old_routes) = self.specs::<RouteSpecSpec>().await?;
        let (rules, old_rules) = self.specs::<RoutingRuleSpecSpec>().await?;
        let wanted = Wanted {
            links,
            addresses,
            routes,
            rules,
            hostname: self.specs::<HostnameSpecSpec>().await?.0.pop(),
            resolvers: self.specs::<ResolverSpecSpec>().await?.0.pop(),
            time_servers: self.specs::<TimeServerSpecSpec>().await?.0.pop(),
        };
        let leaving = Wanted {
            links: old_links,
            addresses: old_addresses,
            routes: old_routes,
            rules: old_rules,
            ..wanted.clone()
        };
        Ok((wanted, leaving))
    }

    /// Wishes of one noun by everybody but the sources of configuration: operators, and machined for shared
    /// addresses.
    async fn others<S: Spec>(&self) -> state::Result<Vec<S>> {
        let all = self.ctx.list_in::<S>(WISHES).await?;
        let others = all.into_iter().filter(|s| s.metadata.owner != CONTROLLER);
        Ok(others.filter(|s| s.metadata.phase == Phase::Running).map(|s| s.spec).collect())
    }

    async fn other_wishes(&self) -> state::Result<Wishes> {
        Ok(Wishes {
            links: self.others().await?,
            addresses: self.others().await?,
            routes: self.others().await?,
            rules: self.others().await?,
            hostnames: self.others().await?,
            resolvers: self.others().await?,
            time_servers: self.others().await?,
            ..Wishes::default()
        })
    }

    async fn now(&self) -> Result<Arc<crate::kernel::Snapshot>, Status> {
        self.world
            .refresh(Nouns::ALL)
            .await
            .map_err(|e| Status::internal(format!("reading the kernel's network: {e}")))
    }
}

/// Only whom the policy knows is answered.
fn known<T>(request: &Request<T>) -> Result<(), Status> {
    let caller = request.extensions().get::<Caller>();
    match caller.and_then(|c| c.ceiling) {
        Some(_) => Ok(()),
        None => Err(Status::permission_denied("not authorized")),
    }
}

fn store(error: impl std::fmt::Display) -> Status {
    Status::unavailable(format!("reading the store: {error}"))
}

#[async_trait::async_trait]
impl NetworkService for Preview {
    async fn plan(&self, request: Request<PlanRequest>) -> Result<Response<PlanResponse>, Status> {
        known(&request)?;
        let (wanted, leaving) = self.in_force().await.map_err(store)?;
        Ok(Response::new(PlanResponse { steps: steps(&wanted, &leaving, &*self.now().await?) }))
    }

    async fn dry_run(&self, request: Request<DryRunRequest>) -> Result<Response<PlanResponse>, Status> {
        known(&request)?;
        let config = Config::decode("configuration", &request.get_ref().config)
            .map_err(|report| Status::invalid_argument(report.to_string()))?;
        let now = self.now().await?;
        let mut inputs =
            gather(&self.ctx, &self.world, &self.machine, self.container).await.map_err(store)?;
        inputs.machine = Some(Arc::new(Machine::of(&config)));
        let sources = vec![
            (String::new(), configuration::wishes(&inputs)),
            ("other/".to_owned(), self.other_wishes().await.map_err(store)?),
        ];
        let (before, _) = self.in_force().await.map_err(store)?;
        Ok(Response::new(PlanResponse { steps: steps(&Wanted::merged(sources), &before, &now) }))
    }
}

/// The process that started this one, and nobody else, may ask.
pub struct ParentOnly(pub i32);

#[async_trait::async_trait]
impl PeerPolicy for ParentOnly {
    async fn ceiling(&self, peer: &Peer) -> Option<RoleSet> {
        (peer.pid == self.0 && peer.uid == 0 && peer.is_alive()).then_some(RoleSet::EMPTY)
    }
}
