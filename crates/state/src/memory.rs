//! The store that machined owns: everything in memory, one lock, no I/O.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::SystemTime;

use futures::stream::{self, StreamExt};
use resources::{Metadata, Phase, Resource};
use tokio::sync::watch;

use crate::history::{self, Change, History};
use crate::{
    Bookmark, Error, Event, EventKind, EventStream, Kind, Pointer, Query, Result, Start, State, Update, Watch,
};

/// Wall clock of the store; an argument, so that tests are repeatable.
pub type Clock = fn() -> SystemTime;

/// In-memory store. Clones share the contents.
#[derive(Clone)]
pub struct MemoryState {
    shared: Arc<Shared>,
}

struct Shared {
    /// Marks bookmarks as this store's.
    process: [u8; 8],
    clock: Clock,
    kinds: Mutex<BTreeMap<Kind, Collection>>,
}

struct Collection {
    resources: BTreeMap<String, Resource>,
    history: History,
    /// Carries `history.end()`: wakes watchers.
    end: watch::Sender<u64>,
}

impl Default for Collection {
    fn default() -> Self {
        Self { resources: BTreeMap::new(), history: History::default(), end: watch::Sender::new(0) }
    }
}

impl Collection {
    fn record(&mut self, change: Change) {
        self.history.push(change);
        self.end.send_replace(self.history.end());
    }
}

impl Default for MemoryState {
    fn default() -> Self {
        Self::new(SystemTime::now)
    }
}

impl MemoryState {
    /// An empty store that stamps resources by `clock`.
    pub fn new(clock: Clock) -> Self {
        let mut process = [0; 8];
        // Without entropy bookmarks of two processes could be mixed up: a worse answer, no unsafety.
        let _ = getrandom::fill(&mut process);
        Self { shared: Arc::new(Shared { process, clock, kinds: Mutex::default() }) }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Kind, Collection>> {
        // A panic cannot leave a collection half-changed: every change is one insertion or removal.
        sys::sync::lock(&self.shared.kinds)
    }

    fn mark(&self, position: u64) -> Bookmark {
        history::bookmark(self.shared.process, position)
    }

    /// One step of a watch: the event at or after `cursor`, or a wake-up to wait for.
    fn step(&self, watch: &Watch, cursor: &mut u64) -> Result<Result<Event, watch::Receiver<u64>>> {
        let mut kinds = self.lock();
        let collection = kinds.entry(watch.kind.clone()).or_default();
        while let Some(change) = collection.history.at(*cursor, &watch.kind.typ)? {
            let mark = self.mark(*cursor);
            *cursor += 1;
            if watch.id.as_ref().is_some_and(|id| *id != change.resource.metadata.id) {
                continue;
            }
            if let Some(event) = history::rewrite(change, |r| watch.query.matches(r), mark) {
                return Ok(Ok(event));
            }
        }
        Ok(Err(collection.end.subscribe()))
    }

    /// Events that a watch begins with, and where it goes on.
    fn subscribe(&self, watch: &Watch) -> Result<(Vec<Event>, u64)> {
        let mut kinds = self.lock();
        let collection = kinds.entry(watch.kind.clone()).or_default();
        let end = collection.history.end();
        let mark = self.mark(end.wrapping_sub(1));
        let event = |kind, resource: Option<&Resource>| Event {
            kind,
            resource: resource.cloned(),
            old: None,
            bookmark: mark.clone(),
        };
        Ok(match (&watch.start, &watch.id) {
            (Start::Now | Start::NowWithBookmark, Some(id)) => match collection.resources.get(id) {
                Some(found) => (vec![event(EventKind::Created, Some(found))], end),
                None => {
                    let metadata = Metadata::new(&watch.kind.namespace, &watch.kind.typ, id);
                    let tombstone = Resource { metadata, spec: bytes::Bytes::new() };
                    (vec![event(EventKind::Destroyed, Some(&tombstone))], end)
                }
            },
            (Start::Now, None) => (vec![], end),
            (Start::NowWithBookmark, None) => (vec![event(EventKind::Noop, None)], end),
            (Start::Contents, _) => {
                let selected = collection.resources.values().filter(|r| watch.query.matches(r));
                let mut events: Vec<_> = selected.map(|r| event(EventKind::Created, Some(r))).collect();
                events.push(event(EventKind::Bootstrapped, None));
                (events, end)
            }
            (Start::Tail(n), _) => (vec![], collection.history.tail(*n)),
            (Start::Bookmark(bookmark), _) => {
                // The mark of an empty history is one before its first position: hence the wrapping.
                let next = history::position(self.shared.process, bookmark)?.wrapping_add(1);
                if !collection.history.covers(next) {
                    return Err(Error::InvalidBookmark);
                }
                (vec![], next)
            }
        })
    }
}

fn owned<'a>(resource: &'a mut Resource, pointer: &Pointer, caller: &str) -> Result<&'a mut Resource> {
    if resource.metadata.owner != caller {
        let owner = resource.metadata.owner.clone();
        return Err(Error::OwnerConflict { pointer: pointer.clone(), owner, caller: caller.to_owned() });
    }
    Ok(resource)
}

#[async_trait::async_trait]
impl State for MemoryState {
    async fn get(&self, pointer: &Pointer) -> Result<Resource> {
        let kinds = self.lock();
        let found = kinds.get(&pointer.kind()).and_then(|c| c.resources.get(&pointer.id));
        found.cloned().ok_or_else(|| Error::NotFound(pointer.clone()))
    }

    async fn list(&self, kind: &Kind, query: &Query) -> Result<Vec<Resource>> {
        let kinds = self.lock();
        let all = kinds.get(kind).into_iter().flat_map(|c| c.resources.values());
        Ok(all.filter(|r| query.matches(r)).cloned().collect())
    }

    async fn create(&self, mut resource: Resource) -> Result<Resource> {
        let pointer = Pointer::to(&resource);
        if pointer.id.is_empty() || pointer.namespace.is_empty() || pointer.typ.is_empty() {
            return Err(Error::InvalidArgument("a resource needs a namespace, a type and an id".to_owned()));
        }
        let now = (self.shared.clock)();
        let m = &mut resource.metadata;
        (m.version, m.created, m.updated, m.phase) = (1, now, now, Phase::Running);
        let mut kinds = self.lock();
        let collection = kinds.entry(pointer.kind()).or_default();
        match collection.resources.entry(pointer.id.clone()) {
            Entry::Occupied(_) => return Err(Error::AlreadyExists(pointer)),
            Entry::Vacant(slot) => slot.insert(resource.clone()),
        };
        collection.record(Change { kind: EventKind::Created, resource: resource.clone(), old: None });
        Ok(resource)
    }

    async fn update(&self, mut resource: Resource, update: Update) -> Result<Resource> {
        let pointer = Pointer::to(&resource);
        let mut kinds = self.lock();
        let collection = kinds.get_mut(&pointer.kind()).ok_or_else(|| Error::NotFound(pointer.clone()))?;
        let slot =
            collection.resources.get_mut(&pointer.id).ok_or_else(|| Error::NotFound(pointer.clone()))?;
        let stored = owned(slot, &pointer, &update.owner)?;
        if let Some(phase) = update.phase
            && phase != stored.metadata.phase
        {
            return Err(Error::PhaseConflict { pointer, expected: phase.as_str() });
        }
        let (expected, found) = (resource.metadata.version, stored.metadata.version);
        if expected != found {
            return Err(Error::VersionConflict { pointer, expected, found });
        }
        let m = &mut resource.metadata;
        m.version = found + 1;
        m.created = stored.metadata.created;
        m.updated = (self.shared.clock)();
        m.owner.clone_from(&stored.metadata.owner);
        let old = std::mem::replace(stored, resource.clone());
        collection.record(Change { kind: EventKind::Updated, resource: resource.clone(), old: Some(old) });
        Ok(resource)
    }

    async fn teardown(&self, pointer: &Pointer, owner: &str) -> Result<bool> {
        let mut kinds = self.lock();
        let collection = kinds.get_mut(&pointer.kind()).ok_or_else(|| Error::NotFound(pointer.clone()))?;
        let slot =
            collection.resources.get_mut(&pointer.id).ok_or_else(|| Error::NotFound(pointer.clone()))?;
        let stored = owned(slot, pointer, owner)?;
        let ready = stored.metadata.finalizers.is_empty();
        if stored.metadata.phase != Phase::TearingDown {
            let old = stored.clone();
            stored.metadata.phase = Phase::TearingDown;
            stored.metadata.version += 1;
            stored.metadata.updated = (self.shared.clock)();
            let resource = stored.clone();
            collection.record(Change { kind: EventKind::Updated, resource, old: Some(old) });
        }
        Ok(ready)
    }

    async fn destroy(&self, pointer: &Pointer, owner: &str) -> Result<()> {
        let mut kinds = self.lock();
        let collection = kinds.get_mut(&pointer.kind()).ok_or_else(|| Error::NotFound(pointer.clone()))?;
        let slot =
            collection.resources.get_mut(&pointer.id).ok_or_else(|| Error::NotFound(pointer.clone()))?;
        let stored = owned(slot, pointer, owner)?;
        if !stored.metadata.finalizers.is_empty() {
            let finalizers = stored.metadata.finalizers.clone();
            return Err(Error::PendingFinalizers { pointer: pointer.clone(), finalizers });
        }
        if let Some(resource) = collection.resources.remove(&pointer.id) {
            collection.record(Change { kind: EventKind::Destroyed, resource, old: None });
        }
        Ok(())
    }

    async fn watch(&self, watch: Watch) -> Result<EventStream> {
        let (first, cursor) = self.subscribe(&watch)?;
        let rest = stream::unfold(Some((self.clone(), watch, cursor)), |state| async move {
            let (store, watch, mut cursor) = state?;
            loop {
                match store.step(&watch, &mut cursor) {
                    Err(error) => return Some((Err(error), None)),
                    Ok(Ok(event)) => return Some((Ok(event), Some((store, watch, cursor)))),
                    // The sender lives in the collection, which is never removed.
                    Ok(Err(mut end)) => end.wait_for(|end| *end > cursor).await.map(drop).ok()?,
                }
            }
        });
        Ok(stream::iter(first.into_iter().map(Ok)).chain(rest).boxed())
    }
}
