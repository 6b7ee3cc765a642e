//! Keeping the resources of one type in the store equal to a map, with as few writes as possible.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use bytes::Bytes;
use resources::{Metadata, Phase, Resource, Spec};
use state::{Context, Error, Kind, Pointer, Query, Result, Update};

/// How many times a write is tried when somebody else (a finalizer) wrote in between.
const ATTEMPTS: usize = 16;

/// What one controller has in the store of one type and namespace. It remembers what it wrote, so that an
/// unchanged map costs nothing; after an error it looks again.
pub struct Publisher<S> {
    encoded: Encoded,
    spec: PhantomData<fn() -> S>,
}

impl<S: Spec> Default for Publisher<S> {
    fn default() -> Self {
        Self::in_namespace(S::NAMESPACE)
    }
}

impl<S: Spec> Publisher<S> {
    /// A publisher into another namespace than the type's own.
    pub fn in_namespace(namespace: &'static str) -> Self {
        Self { encoded: Encoded { kind: Kind::new(namespace, S::TYPE), known: None }, spec: PhantomData }
    }

    /// Makes the store equal `wanted`: creates, changes, removes. False when something is still held by a
    /// finalizer, so that the caller comes back.
    pub async fn publish(&mut self, ctx: &Context, wanted: BTreeMap<String, S>) -> Result<bool> {
        let encoded = wanted.into_iter().map(|(id, spec)| (id, spec.encode_to_vec().into())).collect();
        self.encoded.publish(ctx, encoded).await
    }
}

/// The same for specs that are encoded already, so that there is one copy of this code for all types.
struct Encoded {
    kind: Kind,
    known: Option<BTreeMap<String, Bytes>>,
}

impl Encoded {
    async fn publish(&mut self, ctx: &Context, wanted: BTreeMap<String, Bytes>) -> Result<bool> {
        let mut pending = false;
        let known = match self.known.take() {
            Some(known) => known,
            None => self.look(ctx, &mut pending).await?,
        };
        for (id, spec) in &wanted {
            if known.get(id) != Some(spec) {
                self.put(ctx, id, spec).await?;
            }
        }
        for id in known.keys().filter(|id| !wanted.contains_key(*id)) {
            pending |= !ctx.destroy_pointer(&self.pointer(id)).await?;
        }
        if !pending {
            self.known = Some(wanted);
        }
        Ok(!pending)
    }

    fn pointer(&self, id: &str) -> Pointer {
        Pointer::new(&self.kind.namespace, &self.kind.typ, id)
    }

    async fn look(&self, ctx: &Context, pending: &mut bool) -> Result<BTreeMap<String, Bytes>> {
        let mut known = BTreeMap::new();
        for found in ctx.state().list(&self.kind, &Query::default()).await? {
            let metadata = found.metadata;
            if metadata.owner != ctx.owner() {
                continue;
            }
            if metadata.phase == Phase::TearingDown {
                // Half removed earlier, perhaps by a process before this one: finish that first.
                *pending |= !ctx.destroy_pointer(&self.pointer(&metadata.id)).await?;
                continue;
            }
            known.insert(metadata.id, found.spec);
        }
        Ok(known)
    }

    async fn put(&self, ctx: &Context, id: &str, spec: &Bytes) -> Result<()> {
        let mut last = None;
        for _ in 0..ATTEMPTS {
            let written = match ctx.state().get(&self.pointer(id)).await {
                Ok(stored) if stored.spec == *spec && stored.metadata.phase == Phase::Running => {
                    return Ok(());
                }
                Ok(mut stored) => {
                    stored.spec = spec.clone();
                    let update = Update { owner: ctx.owner().to_owned(), phase: Some(Phase::Running) };
                    ctx.state().update(stored, update).await
                }
                Err(error) if error.is_not_found() => {
                    let mut metadata = Metadata::new(&self.kind.namespace, &self.kind.typ, id);
                    ctx.owner().clone_into(&mut metadata.owner);
                    ctx.state().create(Resource { metadata, spec: spec.clone() }).await
                }
                Err(error) => return Err(error),
            };
            match written {
                Ok(_) => return Ok(()),
                Err(error) if error.is_conflict() || matches!(error, Error::AlreadyExists(_)) => {
                    last = Some(error)
                }
                Err(error) => return Err(error),
            }
        }
        Err(last.unwrap_or_else(|| Error::NotFound(self.pointer(id))))
    }
}
