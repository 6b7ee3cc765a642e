//! machine.sock: every service of the node behind the authorization table, each call in its bounds.

mod admit;
mod kind;
mod places;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use proto::cluster::cluster_service_server::ClusterServiceServer;
use proto::cosi::resource::state_server::StateServer;
use proto::inspect::inspect_service_server::InspectServiceServer;
use proto::machine::image_service_server::ImageServiceServer;
use proto::machine::lifecycle_service_server::LifecycleServiceServer;
use proto::machine::lvm_service_server::LvmServiceServer;
use proto::machine::machine_service_server::MachineServiceServer;
use proto::machine::md_service_server::MdServiceServer;
use proto::resource::config::MachineConfigSpec;
use proto::storage::storage_service_server::StorageServiceServer;
use proto::time::time_service_server::TimeServiceServer;
use rpc::guard::Authorize;
use rpc::intake::Intake;
use rpc::route::Router;
use rpc::serve::{self, Drain, GrpcService};
use state::service::StateService;
use state::{Pointer, State, Watch};
use tonic::codec::CompressionEncoding;

use crate::access::{KnownPeers, PublicPolicy};
use crate::api::{ClusterApi, ImageApi, LifecycleApi, MachineApi, StorageApi, TimeApi};
use crate::directories::MACHINE_SOCKET;
use crate::machine::Machine;
use admit::Admit;

/// Bytes of requests under way, unpacked, of all callers.
const BYTES: usize = 3 * rpc::limits::MESSAGE;

/// Serves the node's API until the returned handle is dropped.
pub fn listen(machine: &Machine, peers: KnownPeers) -> anyhow::Result<Drain> {
    let listener = serve::bind_unix(Path::new(MACHINE_SOCKET), 0o660)?;
    let (uid, gid) = (nix::unistd::Uid::from_raw(50), nix::unistd::Gid::from_raw(50));
    nix::unistd::chown(MACHINE_SOCKET, Some(uid), Some(gid))?;
    let maintenance = follow_maintenance(machine);
    let service = service(machine, move || maintenance.load(Ordering::Relaxed));
    let drain = Drain::new();
    tokio::spawn(serve::unix(listener, Arc::new(peers), service, serve::Options::default(), drain.clone()));
    Ok(drain)
}

/// All that stands between a connection and what it calls: the authorization table, places and bounds.
pub fn service(
    machine: &Machine,
    maintenance: impl Fn() -> bool + Send + Sync + 'static,
) -> impl GrpcService {
    Authorize::new(Admit::new(Intake::new(router(machine), rpc::sizes::of, BYTES)), maintenance)
}

/// Sets up a generated server as the contract wants all of them (api.md 1.1).
macro_rules! server {
    ($server:ident, $service:expr) => {
        $server::new($service)
            .accept_compressed(CompressionEncoding::Gzip)
            .max_decoding_message_size(rpc::limits::MESSAGE)
            .max_encoding_message_size(rpc::limits::MESSAGE)
    };
}

fn router(machine: &Machine) -> Router {
    let store = StateService::new(machine.state.clone(), PublicPolicy);
    Router::builder()
        .service(server!(StateServer, store))
        .service(server!(MachineServiceServer, MachineApi::new(machine.clone())))
        .service(server!(ClusterServiceServer, ClusterApi::new(machine.clone())))
        .service(server!(TimeServiceServer, TimeApi::new(machine.clone())))
        .service(server!(ImageServiceServer, ImageApi::new(machine.clone())))
        .service(server!(StorageServiceServer, StorageApi))
        .service(server!(InspectServiceServer, machine.inspect.clone()))
        .service(server!(LifecycleServiceServer, LifecycleApi))
        .service(server!(LvmServiceServer, LifecycleApi))
        .service(server!(MdServiceServer, LifecycleApi))
        .build()
}

/// True while there is no complete configuration; followed, for it is asked at each call.
fn follow_maintenance(machine: &Machine) -> Arc<AtomicBool> {
    use futures::StreamExt;
    let flag = Arc::new(AtomicBool::new(true));
    let (machine, followed) = (machine.clone(), flag.clone());
    tokio::spawn(async move {
        let pointer = Pointer::of::<MachineConfigSpec>(crate::configuration::active::ACTIVE);
        loop {
            let Ok(mut changes) = machine.state.watch(Watch::one(&pointer)).await else { return };
            while let Some(Ok(_)) = changes.next().await {
                followed.store(machine.maintenance().await, Ordering::Relaxed);
            }
        }
    });
    flag
}

/// Tells clients which types and namespaces there are.
pub async fn publish_definitions(state: &dyn State) -> state::Result<()> {
    for definition in resources::definitions() {
        state.create(definition.resource().into()).await?;
    }
    for namespace in resources::namespace_resources() {
        state.create(namespace.into()).await?;
    }
    Ok(())
}

#[cfg(test)]
#[path = "server/attack_tests.rs"]
mod attack_tests;
