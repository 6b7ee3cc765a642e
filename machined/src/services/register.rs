//! Which services a node has.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use proto::resource::files::EtcFileStatusSpec;
use proto::resource::k8s::KubeletSpecSpec;
use proto::resource::secrets::KubeletSpec as KubeletSecrets;
use resources::Spec;
use state::{EventKind, Pointer, Watch};

use super::definitions::etcd::{Bootstrap, Membership};
use super::definitions::{Apid, Containerd, Etcd, Kubelet, Machined, Networkd, Registryd, Syslogd, Trustd};
use super::{Environment, ServiceManager};
use crate::directories::MACHINE_SOCKET;
use crate::platform::{Mode, Platform};
use crate::registry;

/// What the rest of the machine needs of the services that were registered.
#[derive(Clone)]
pub struct Registered {
    /// Asked before etcd is restarted by the Bootstrap call.
    pub bootstrap: Arc<Bootstrap>,
}

/// Makes the services of a node known; none starts but what is of no use to anybody yet is skipped. `membership` is a
/// client of the etcd cluster.
pub fn register(
    manager: &ServiceManager,
    environment: &Environment,
    platform: &Platform,
    membership: Arc<dyn Membership>,
) -> anyhow::Result<Registered> {
    let bootstrap = Arc::new(Bootstrap::default());
    let of = || environment.clone();
    manager.register(Machined { socket: MACHINE_SOCKET.into() });
    manager.register(Apid(of()));
    manager.register(Networkd { environment: of(), sets_clock: platform.mode != Mode::Container });
    manager.register(Trustd(of()));
    manager.register(Syslogd { environment: of(), socket: "/dev/log".into() });
    manager.register(Containerd::system(of())?);
    manager.register(Containerd::cri(of())?);
    manager.register(Etcd::new(of(), membership, Arc::clone(&bootstrap))?);
    manager.register(Kubelet::new(of())?);
    let builtin = PathBuf::from(registry::BUILTIN);
    if builtin.exists() {
        manager.register(Registryd { roots: vec![builtin], log: environment.log("registryd") });
    }
    manager.skip("containerd");
    // Containers live on while their runtime takes up its new configuration.
    restart_on_change::<EtcFileStatusSpec>(manager, "cri", "cri/conf.d/cri.toml");
    restart_on_change::<KubeletSpecSpec>(manager, "kubelet", "kubelet");
    restart_on_change::<KubeletSecrets>(manager, "kubelet", "kubelet");
    Ok(Registered { bootstrap })
}

/// Restarts a service, if it runs, whenever the spec of a resource changes.
fn restart_on_change<S: Spec>(manager: &ServiceManager, service: &'static str, id: &str) {
    let (manager, pointer) = (manager.clone(), Pointer::of::<S>(id));
    tokio::spawn(async move {
        let mut known = None;
        loop {
            let Ok(mut events) = manager.state().watch(Watch::one(&pointer)).await else {
                tokio::time::sleep(Duration::from_secs(1)).await;
                continue;
            };
            while let Some(Ok(event)) = events.next().await {
                let Some(resource) = event.resource.filter(|_| event.kind != EventKind::Destroyed) else {
                    continue;
                };
                let before = known.replace(resource.spec.clone());
                if before.is_some_and(|before| before != resource.spec) && manager.is_started(service) {
                    tracing::info!("{service} is restarted: {} has changed", S::TYPE);
                    if let Err(refused) = manager.restart(service).await {
                        tracing::warn!("{service} is not restarted: {refused}");
                    }
                }
            }
        }
    });
}
