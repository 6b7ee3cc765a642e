//! What services wait for before they start.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use proto::resource::{network, time};
use resources::Spec;
use state::{EventKind, Pointer, State, Watch};
use tokio::sync::watch;

use super::manager::ServiceManager;

/// Decides whether a resource is as it is wanted.
pub type Predicate = Arc<dyn Fn(&resources::Resource) -> bool + Send + Sync>;

/// Longest pause between looks at a file that is waited for.
const FILE_PAUSE: Duration = Duration::from_secs(1);
/// Pause before a watch that broke is made again.
const WATCH_PAUSE: Duration = Duration::from_millis(100);

/// Something that must hold.
#[derive(Clone)]
pub enum Condition {
    /// Volumes are mounted.
    Volumes(Vec<String>),
    /// Another service is up.
    ServiceUp(String),
    /// A resource exists and is as wanted.
    Resource { what: String, pointer: Pointer, ready: Predicate },
    /// A file exists.
    File(PathBuf),
    /// Something that the program itself says.
    Gate { what: String, open: watch::Receiver<bool> },
}

impl std::fmt::Debug for Condition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.describe())
    }
}

impl Condition {
    /// A resource that exists and satisfies `ready`, called `what`.
    pub fn resource<S: Spec>(
        what: &str,
        id: &str,
        ready: impl Fn(&S) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self::resource_in::<S>(what, S::NAMESPACE, id, ready)
    }

    /// The same in a namespace given by name.
    pub fn resource_in<S: Spec>(
        what: &str,
        namespace: &str,
        id: &str,
        ready: impl Fn(&S) -> bool + Send + Sync + 'static,
    ) -> Self {
        let ready: Predicate =
            Arc::new(move |resource| S::decode(resource.spec.clone()).is_ok_and(|s| ready(&s)));
        Condition::Resource { what: what.to_owned(), pointer: Pointer::new(namespace, S::TYPE, id), ready }
    }

    /// The node has addresses, a hostname, and its files in /etc say so.
    pub fn network() -> Self {
        Self::resource::<network::StatusSpec>("network", "status", |s| {
            s.address_ready && s.hostname_ready && s.etc_files_ready
        })
    }

    /// The clock is right.
    pub fn time_sync() -> Self {
        Self::resource::<time::StatusSpec>("time sync", "node", |s| s.synced)
    }

    /// The words after "Waiting for" (contract transcripts).
    pub fn describe(&self) -> String {
        match self {
            Condition::Volumes(names) => format!("volumes {} to be mounted", names.join(", ")),
            Condition::ServiceUp(id) => format!("service {id:?} to be \"up\""),
            Condition::Resource { what, .. } | Condition::Gate { what, .. } => what.clone(),
            Condition::File(path) => format!("file {:?} to exist", path.display().to_string()),
        }
    }

    async fn wait(&self, manager: &ServiceManager) {
        match self {
            Condition::Volumes(_) => manager.volumes_mounted().await,
            Condition::ServiceUp(id) => manager.up(id).await,
            Condition::Gate { open, .. } => {
                if open.clone().wait_for(|open| *open).await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
            Condition::File(path) => {
                let mut pause = Duration::from_millis(5);
                while !path.exists() {
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(FILE_PAUSE);
                }
            }
            Condition::Resource { pointer, ready, .. } => {
                while !resource_ready(manager.state(), pointer, ready).await {
                    tokio::time::sleep(WATCH_PAUSE).await;
                }
            }
        }
    }
}

/// Waits for a resource; false when the watch broke.
async fn resource_ready(state: &Arc<dyn State>, pointer: &Pointer, ready: &Predicate) -> bool {
    let Ok(mut events) = state.watch(Watch::one(pointer)).await else { return false };
    while let Some(Ok(event)) = events.next().await {
        if event.kind != EventKind::Destroyed && event.resource.as_ref().is_some_and(|r| ready(r)) {
            return true;
        }
    }
    false
}

/// Descriptions of those conditions that are missing, joined.
fn joined(conditions: &[Condition], missing: &BTreeSet<usize>) -> String {
    let words: Vec<String> = conditions
        .iter()
        .enumerate()
        .filter(|(i, _)| missing.contains(i))
        .map(|(_, c)| c.describe())
        .collect();
    words.join(", ")
}

/// Waits for all conditions. `tell` hears what is missing: all at first, then what remains, but not more
/// often than once a second.
pub(super) async fn wait_for_all(conditions: &[Condition], manager: &ServiceManager, tell: impl Fn(&str)) {
    let mut missing: BTreeSet<usize> = (0..conditions.len()).collect();
    let mut waits: FuturesUnordered<_> = conditions
        .iter()
        .enumerate()
        .map(|(index, condition)| async move {
            condition.wait(manager).await;
            index
        })
        .collect();
    let mut told = joined(conditions, &missing);
    if !told.is_empty() {
        tell(&told);
    }
    let mut again =
        tokio::time::interval_at(sys::clock::after(Duration::from_secs(1)), Duration::from_secs(1));
    again.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut changed = false;
    while !missing.is_empty() {
        tokio::select! {
            Some(index) = waits.next() => {
                missing.remove(&index);
                changed = true;
            }
            _ = again.tick(), if changed => {
                changed = false;
                let now = joined(conditions, &missing);
                if now != told {
                    tell(&now);
                    told = now;
                }
            }
        }
    }
}
