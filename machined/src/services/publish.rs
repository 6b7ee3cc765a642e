//! Services as resources: who runs, and in which process.

use proto::resource::runtime::ServicePidSpec;
use proto::resource::v1alpha1::ServiceSpec;
use resources::Spec;
use state::{Pointer, State, ops};

use super::manager::ServiceManager;
use super::record::ServiceState;

/// Owner of the resources (contract transcripts).
const OWNER: &str = "v1alpha1.ServiceController";

/// Writes the resources of every service that changes, as long as the machine runs.
pub(super) async fn publish(manager: ServiceManager) {
    loop {
        for id in manager.dirty().await {
            if let Err(error) = publish_one(&manager, &id).await {
                tracing::warn!("service {id} cannot be published: {error}");
            }
        }
    }
}

async fn publish_one(manager: &ServiceManager, id: &str) -> state::Result<()> {
    let state = manager.state().as_ref();
    let record = manager.record(id);
    let running = record.as_ref().filter(|r| r.state() == ServiceState::Running);
    let spec = running.map(|record| ServiceSpec {
        running: true,
        healthy: record.health().healthy == Some(true),
        unknown: record.health().healthy.is_none(),
    });
    put(state, id, spec).await?;
    let pid = manager.process(id).map(|process| ServicePidSpec {
        pid: process.pid(),
        mount_namespace: process.mount_namespace().unwrap_or_default(),
    });
    put(state, id, pid).await
}

/// Makes the resource equal to `spec`, or absent.
async fn put<S: Spec>(state: &dyn State, id: &str, spec: Option<S>) -> state::Result<()> {
    let pointer = Pointer::of::<S>(id);
    match spec {
        Some(spec) => {
            ops::modify::<S>(state, OWNER, &pointer, |typed| typed.spec = spec.clone()).await?;
        }
        None => {
            if let Err(error) = state.destroy(&pointer, OWNER).await
                && !error.is_not_found()
            {
                return Err(error);
            }
        }
    }
    Ok(())
}
