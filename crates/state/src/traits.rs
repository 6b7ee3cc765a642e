//! What every store can do, near or far.

use futures::stream::BoxStream;
use resources::{Phase, Resource, Spec};

use crate::{Bookmark, Event, Query, Result};

/// All resources of one type in one namespace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kind {
    /// Namespace, e.g. `network`.
    pub namespace: String,
    /// Full type name, e.g. `AddressStatuses.net.talos.dev`.
    pub typ: String,
}

impl Kind {
    /// Kind of a type in a namespace given by name.
    pub fn new(namespace: impl Into<String>, typ: impl Into<String>) -> Self {
        Self { namespace: namespace.into(), typ: typ.into() }
    }

    /// Kind of `S` in its default namespace.
    pub fn of<S: Spec>() -> Self {
        Self::new(S::NAMESPACE, S::TYPE)
    }
}

/// One resource by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pointer {
    /// Namespace of the resource.
    pub namespace: String,
    /// Full type name.
    pub typ: String,
    /// Identifier within the kind.
    pub id: String,
}

impl Pointer {
    /// Pointer from its three parts.
    pub fn new(namespace: impl Into<String>, typ: impl Into<String>, id: impl Into<String>) -> Self {
        Self { namespace: namespace.into(), typ: typ.into(), id: id.into() }
    }

    /// Pointer to `id` of `S` in its default namespace.
    pub fn of<S: Spec>(id: impl Into<String>) -> Self {
        Self::new(S::NAMESPACE, S::TYPE, id)
    }

    /// Pointer to a resource that is at hand.
    pub fn to(resource: &Resource) -> Self {
        let m = &resource.metadata;
        Self::new(&m.namespace, &m.typ, &m.id)
    }

    /// The kind that the resource belongs to.
    pub fn kind(&self) -> Kind {
        Kind::new(&self.namespace, &self.typ)
    }
}

/// Conditions of an update.
#[derive(Debug, Clone, Default)]
pub struct Update {
    /// Who writes; must equal the resource's owner.
    pub owner: String,
    /// Phase that the stored resource must be in; `None` accepts either.
    pub phase: Option<Phase>,
}

/// Where a watch of a kind begins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Start {
    /// With what happens next.
    #[default]
    Now,
    /// With what happens next, after one Noop event that carries a bookmark.
    NowWithBookmark,
    /// With a Created for everything that exists, then Bootstrapped.
    Contents,
    /// With up to that many past events.
    Tail(usize),
    /// After the event that carried this bookmark.
    Bookmark(Bookmark),
}

/// What to watch.
#[derive(Debug, Clone)]
pub struct Watch {
    /// The kind.
    pub kind: Kind,
    /// One id only; the first event then tells its current state.
    pub id: Option<String>,
    /// Where to begin.
    pub start: Start,
    /// Which resources of the kind.
    pub query: Query,
}

impl Watch {
    /// Watch of a whole kind from its present contents on.
    pub fn contents(kind: Kind) -> Self {
        Self { kind, id: None, start: Start::Contents, query: Query::default() }
    }

    /// Watch of one resource, beginning with its current state.
    pub fn one(pointer: &Pointer) -> Self {
        Self {
            kind: pointer.kind(),
            id: Some(pointer.id.clone()),
            start: Start::Now,
            query: Query::default(),
        }
    }
}

/// Events of a watch; an `Err` item is the last one.
pub type EventStream = BoxStream<'static, Result<Event>>;

/// A store of resources.
#[async_trait::async_trait]
pub trait State: Send + Sync + 'static {
    /// One resource; [`crate::Error::NotFound`] when absent.
    async fn get(&self, pointer: &Pointer) -> Result<Resource>;

    /// All resources of a kind that match, ordered by id.
    async fn list(&self, kind: &Kind, query: &Query) -> Result<Vec<Resource>>;

    /// Stores a new resource as version 1, owned by `metadata.owner`.
    async fn create(&self, resource: Resource) -> Result<Resource>;

    /// Replaces a resource; `metadata.version` must be the stored version. Returns the new version.
    async fn update(&self, resource: Resource, update: Update) -> Result<Resource>;

    /// Marks a resource as being torn down. True when nobody holds a finalizer on it any more.
    async fn teardown(&self, pointer: &Pointer, owner: &str) -> Result<bool>;

    /// Removes a resource that has no finalizers.
    async fn destroy(&self, pointer: &Pointer, owner: &str) -> Result<()>;

    /// Starts watching. Errors found at subscription are returned here.
    async fn watch(&self, watch: Watch) -> Result<EventStream>;
}
