//! All services of the machine: which there are, who runs, who waits for whom.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::SystemTime;

use proto::machine::{ServiceInfo, ServiceStateEvent};
use state::State;
use tokio::sync::{Notify, watch};

use super::operations::{self, Operation};
use super::order::{self, Dependencies};
use super::process::ProcessRef;
use super::record::{Record, ServiceState};
use super::service::{Service, Stop};
use super::{live, publish};

/// Hears of everything that happens to services. Must not block.
pub trait Observer: Send + Sync + 'static {
    /// Something happened to a service.
    fn service(&self, _event: &ServiceStateEvent) {}
    /// A service has this main process now.
    fn process(&self, _id: &str, _process: Option<ProcessRef>) {}
}

impl Observer for () {}

/// A request that cannot be carried out; the text is for users.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub String);

/// The services of the machine. Clones share them.
#[derive(Clone)]
pub struct ServiceManager {
    shared: Arc<Shared>,
}

struct Shared {
    state: Arc<dyn State>,
    observer: Box<dyn Observer>,
    slots: Mutex<BTreeMap<String, Slot>>,
    /// Moves with every change of any record.
    changed: watch::Sender<u64>,
    volumes: watch::Sender<bool>,
    closed: watch::Sender<bool>,
    dirty: Mutex<BTreeSet<String>>,
    published: Notify,
}

struct Slot {
    service: Arc<dyn Service>,
    record: Record,
    process: Option<ProcessRef>,
    run: Option<Run>,
}

#[derive(Clone)]
struct Run {
    stop: watch::Sender<bool>,
    ended: watch::Receiver<bool>,
}

impl ServiceManager {
    /// No services yet. Their resources are written to `state`; needs a runtime.
    pub fn new(state: Arc<dyn State>, observer: impl Observer) -> Self {
        let shared = Arc::new(Shared {
            state,
            observer: Box::new(observer),
            slots: Mutex::default(),
            changed: watch::Sender::new(0),
            volumes: watch::Sender::new(false),
            closed: watch::Sender::new(false),
            dirty: Mutex::default(),
            published: Notify::new(),
        });
        let manager = Self { shared };
        tokio::spawn(publish::publish(manager.clone()));
        manager
    }

    fn slots(&self) -> MutexGuard<'_, BTreeMap<String, Slot>> {
        sys::sync::lock(&self.shared.slots)
    }

    /// The store that services are published in and wait on.
    pub fn state(&self) -> &Arc<dyn State> {
        &self.shared.state
    }

    // What there is.

    /// Makes a service known; it does not start. Known ones stay as they are.
    pub fn register(&self, service: impl Service) {
        let slot = Slot {
            record: Record::new(SystemTime::now()),
            service: Arc::new(service),
            process: None,
            run: None,
        };
        self.slots().entry(slot.service.id().to_owned()).or_insert(slot);
        self.touch(None);
    }

    /// Stops a service, if it runs, and forgets it.
    pub async fn remove(&self, id: &str) {
        self.stop(id).await;
        self.slots().remove(id);
        self.touch(Some(id));
    }

    /// Whether a service of that id is known.
    pub fn is_defined(&self, id: &str) -> bool {
        self.slots().contains_key(id)
    }

    /// All services that this node has use for, sorted by id, as `ServiceList` tells them: those that were
    /// never started belong to nodes of another kind.
    pub fn list(&self) -> Vec<ServiceInfo> {
        let slots = self.slots();
        let used = slots.iter().filter(|(_, slot)| slot.record.state() != ServiceState::Initialized);
        used.map(|(id, slot)| slot.record.info(id)).collect()
    }

    /// What is known of a service.
    pub fn record(&self, id: &str) -> Option<Record> {
        self.slots().get(id).map(|slot| slot.record.clone())
    }

    /// The main process of a service, while it has one.
    pub fn process(&self, id: &str) -> Option<ProcessRef> {
        self.slots().get(id).and_then(|slot| slot.process)
    }

    /// Services that were started and are not up, with why: what keeps the machine from being ready.
    pub fn not_up(&self) -> Vec<(String, String)> {
        let slots = self.slots();
        let loaded = slots.iter().filter(|(_, slot)| slot.run.is_some() && !slot.is_up());
        loaded.map(|(id, slot)| (id.clone(), slot.record.state().as_str().to_owned())).collect()
    }

    /// Whether a service is up.
    pub fn is_up(&self, id: &str) -> bool {
        self.slots().get(id).is_some_and(Slot::is_up)
    }

    /// Waits until a service is up, however long that takes.
    pub async fn up(&self, id: &str) {
        self.until(|manager| manager.is_up(id)).await;
    }

    /// Waits until `holds`, looking again after every change of a service.
    pub async fn until(&self, holds: impl Fn(&Self) -> bool) {
        let mut changed = self.shared.changed.subscribe();
        while !holds(self) {
            if changed.changed().await.is_err() {
                return;
            }
        }
    }

    // What is to happen.

    /// Starts a service that is known; nothing happens when it runs.
    pub fn start(&self, id: &str) -> Result<(), Refused> {
        if *self.shared.closed.borrow() {
            return Err(Refused(format!("service {id:?} is not started: the machine is going down")));
        }
        let mut slots = self.slots();
        let Some(slot) = slots.get_mut(id) else {
            return Err(Refused(format!("service {id:?} not defined")));
        };
        if slot.run.is_some() {
            return Ok(());
        }
        let (stop, stopped) = watch::channel(false);
        let (end, ended) = watch::channel(false);
        slot.run = Some(Run { stop, ended });
        let (manager, service) = (self.clone(), Arc::clone(&slot.service));
        drop(slots);
        tokio::spawn(async move {
            let id = service.id().to_owned();
            live::live(&manager, service, Stop(stopped)).await;
            if let Some(slot) = manager.slots().get_mut(&id) {
                slot.run = None;
            }
            manager.touch(Some(&id));
            end.send_replace(true);
        });
        Ok(())
    }

    /// Marks a service that nothing needs yet: it holds nobody up, and starts like any other when needed.
    pub fn skip(&self, id: &str) {
        if !self.is_started(id) {
            self.enter(id, ServiceState::Skipped, "Service skipped", None);
        }
    }

    /// Starts a service that is skipped until somebody needs it, and waits until it is up.
    pub async fn need(&self, id: &str) -> Result<(), Refused> {
        self.start(id)?;
        self.until(|manager| {
            let running = manager.record(id).is_none_or(|r| r.state() == ServiceState::Running);
            running && manager.is_up(id) || !manager.is_started(id)
        })
        .await;
        Ok(())
    }

    /// Whether a service was started and has not ended, whatever it is waiting for.
    pub fn is_started(&self, id: &str) -> bool {
        self.slots().get(id).is_some_and(|slot| slot.run.is_some())
    }

    /// Stops a service and waits until it has ended. Fine when it does not run.
    pub async fn stop(&self, id: &str) {
        let run = self.slots().get(id).and_then(|slot| slot.run.clone());
        if let Some(mut run) = run {
            run.stop.send_replace(true);
            let _ = run.ended.wait_for(|ended| *ended).await;
        }
    }

    /// Stops a service, if it runs, and starts it.
    pub async fn restart(&self, id: &str) -> Result<(), Refused> {
        self.stop(id).await;
        self.start(id)
    }

    /// Stops these services and everything that depends on them, dependents first.
    pub async fn stop_with_dependents(&self, ids: &[&str]) {
        self.stop_in_order(order::with_dependents(ids, &self.dependencies())).await;
    }

    /// Stops everything but `keep`, dependents first.
    pub async fn stop_all(&self, keep: &[&str]) {
        let all = self.slots().keys().filter(|id| !keep.contains(&id.as_str())).cloned().collect();
        self.stop_in_order(all).await;
    }

    async fn stop_in_order(&self, ids: BTreeSet<String>) {
        let dependencies = self.dependencies();
        let running: BTreeSet<String> = {
            let slots = self.slots();
            ids.into_iter().filter(|id| slots.get(id).is_some_and(|s| s.run.is_some())).collect()
        };
        let stops = running.iter().map(|id| {
            let before = order::stop_before(id, &running, &dependencies);
            async move {
                self.until(|manager| {
                    let slots = manager.slots();
                    before.iter().all(|b| slots.get(b).is_none_or(|s| s.run.is_none()))
                })
                .await;
                self.stop(id).await;
            }
        });
        futures::future::join_all(stops).await;
    }

    fn dependencies(&self) -> Dependencies {
        self.slots().iter().map(|(id, slot)| (id.clone(), slot.service.dependencies())).collect()
    }

    /// From now on (or no longer) nothing starts.
    pub fn deny_new(&self, deny: bool) {
        self.shared.closed.send_replace(deny);
    }

    /// Says whether the volumes that services wait for are mounted.
    pub fn set_volumes_mounted(&self, mounted: bool) {
        self.shared.volumes.send_replace(mounted);
    }

    pub(super) async fn volumes_mounted(&self) {
        let _ = self.shared.volumes.subscribe().wait_for(|mounted| *mounted).await;
    }

    /// Carries out a request of a user, if the contract allows it; answers in its words.
    pub async fn operate(&self, id: &str, operation: Operation) -> Result<String, Refused> {
        operations::check(id, self.is_defined(id), operation).map_err(Refused)?;
        match operation {
            Operation::Start => self.start(id)?,
            Operation::Stop => self.stop(id).await,
            Operation::Restart => self.restart(id).await?,
        }
        Ok(operation.done(id))
    }

    // What has happened.

    pub(super) fn enter(&self, id: &str, state: ServiceState, message: &str, process: Option<ProcessRef>) {
        let told = self.change(id, |slot| {
            slot.process = process;
            slot.record.enter(state, message, process.map(|p| p.pid()), SystemTime::now())
        });
        if let Some(event) = told {
            tracing::info!("service[{id}]({}): {message}", state.as_str());
            self.shared.observer.service(&event);
        }
        self.shared.observer.process(id, process);
    }

    pub(super) fn checked(&self, id: &str, result: Result<(), String>) {
        let told = self.change(id, |slot| slot.record.checked(result, SystemTime::now()));
        if let Some(event) = told {
            tracing::info!("service[{id}](Running): {}", event.message);
            self.shared.observer.service(&event);
        }
    }

    fn change(&self, id: &str, change: impl FnOnce(&mut Slot) -> bool) -> Option<ServiceStateEvent> {
        let mut slots = self.slots();
        let slot = slots.get_mut(id)?;
        let event = change(slot).then(|| slot.record.latest_event(id));
        drop(slots);
        self.touch(Some(id));
        event
    }

    fn touch(&self, id: Option<&str>) {
        if let Some(id) = id {
            sys::sync::lock(&self.shared.dirty).insert(id.to_owned());
            self.shared.published.notify_one();
        }
        self.shared.changed.send_modify(|n| *n += 1);
    }

    /// Services whose resources are to be written again, waited for.
    pub(super) async fn dirty(&self) -> BTreeSet<String> {
        loop {
            let dirty = std::mem::take(&mut *sys::sync::lock(&self.shared.dirty));
            if !dirty.is_empty() {
                return dirty;
            }
            self.shared.published.notified().await;
        }
    }
}

impl Slot {
    fn is_up(&self) -> bool {
        self.record.is_up(self.service.health_checked())
    }
}
