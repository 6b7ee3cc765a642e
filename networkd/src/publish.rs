//! Keeping the resources of one type in the store equal to a map, with as few writes as possible.

use std::collections::BTreeMap;

use resources::{Phase, Spec};
use state::{Context, Pointer, Result};

/// What one controller has in the store of one type and namespace. It remembers what it wrote, so that an
/// unchanged map costs nothing; after an error it looks again.
pub struct Publisher<S> {
    namespace: &'static str,
    known: Option<BTreeMap<String, S>>,
}

impl<S: Spec> Default for Publisher<S> {
    fn default() -> Self {
        Self::in_namespace(S::NAMESPACE)
    }
}

impl<S: Spec> Publisher<S> {
    /// A publisher into another namespace than the type's own.
    pub fn in_namespace(namespace: &'static str) -> Self {
        Self { namespace, known: None }
    }

    /// Makes the store equal `wanted`: creates, changes, removes. False when something is still held by a
    /// finalizer, so that the caller comes back.
    pub async fn publish(&mut self, ctx: &Context, wanted: BTreeMap<String, S>) -> Result<bool> {
        let mut pending = false;
        let known = match self.known.take() {
            Some(known) => known,
            None => self.look(ctx, &mut pending).await?,
        };
        for (id, spec) in &wanted {
            if known.get(id) != Some(spec) {
                ctx.modify_in(self.namespace, id, |s: &mut S| s.clone_from(spec)).await?;
            }
        }
        for id in known.keys().filter(|id| !wanted.contains_key(*id)) {
            pending |= !ctx.destroy_pointer(&Pointer::new(self.namespace, S::TYPE, id)).await?;
        }
        if !pending {
            self.known = Some(wanted);
        }
        Ok(!pending)
    }

    async fn look(&self, ctx: &Context, pending: &mut bool) -> Result<BTreeMap<String, S>> {
        let mut known = BTreeMap::new();
        for found in ctx.list_in::<S>(self.namespace).await? {
            if found.metadata.owner != ctx.owner() {
                continue;
            }
            if found.metadata.phase == Phase::TearingDown {
                // Half removed earlier, perhaps by a process before this one: finish that first.
                *pending |= !ctx.destroy_pointer(&Pointer::new(self.namespace, S::TYPE, found.id())).await?;
                continue;
            }
            known.insert(found.metadata.id, found.spec);
        }
        Ok(known)
    }
}
