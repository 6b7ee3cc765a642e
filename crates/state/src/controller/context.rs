//! What a controller can do with the store while it reconciles.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use resources::{Spec, Typed};
use tokio::sync::Notify;

use crate::ops::{self, Change};
use crate::{Pointer, Result, State};

/// Access to the store under the controller's name.
#[derive(Clone)]
pub struct Context {
    pub(super) state: Arc<dyn State>,
    pub(super) owner: &'static str,
    pub(super) wake: Arc<Notify>,
}

impl Context {
    /// A context outside a runtime: for tests, and for code that writes under a fixed name.
    pub fn new(state: Arc<dyn State>, owner: &'static str) -> Self {
        Self { state, owner, wake: Arc::default() }
    }

    /// The store itself.
    pub fn state(&self) -> &Arc<dyn State> {
        &self.state
    }

    /// Name under which everything is written.
    pub fn owner(&self) -> &'static str {
        self.owner
    }

    /// Lets anything (a netlink event, a timer, an exited child) ask for another reconciliation.
    pub fn waker(&self) -> Arc<Notify> {
        self.wake.clone()
    }

    /// `id` of `S` in its default namespace.
    pub async fn get<S: Spec>(&self, id: &str) -> Result<Option<Typed<S>>> {
        ops::get(&*self.state, id).await
    }

    /// `id` of `S` in another namespace.
    pub async fn get_in<S: Spec>(&self, namespace: &str, id: &str) -> Result<Option<Typed<S>>> {
        ops::get_in(&*self.state, namespace, id).await
    }

    /// All `S` of the default namespace.
    pub async fn list<S: Spec>(&self) -> Result<Vec<Typed<S>>> {
        ops::list(&*self.state).await
    }

    /// All `S` of another namespace.
    pub async fn list_in<S: Spec>(&self, namespace: &str) -> Result<Vec<Typed<S>>> {
        ops::list_in(&*self.state, namespace).await
    }

    /// Creates or changes `id` of `S` in its default namespace.
    pub async fn modify<S: Spec>(&self, id: &str, change: impl FnMut(&mut S) + Send) -> Result<Change> {
        self.modify_in(S::NAMESPACE, id, change).await
    }

    /// Creates or changes `id` of `S` in another namespace.
    pub async fn modify_in<S: Spec>(
        &self,
        namespace: &str,
        id: &str,
        mut change: impl FnMut(&mut S) + Send,
    ) -> Result<Change> {
        self.modify_typed(&Pointer::new(namespace, S::TYPE, id), |r| change(&mut r.spec)).await
    }

    /// Creates or changes a resource with its metadata (labels, annotations).
    pub async fn modify_typed<S: Spec>(
        &self,
        pointer: &Pointer,
        change: impl FnMut(&mut Typed<S>) + Send,
    ) -> Result<Change> {
        ops::modify(&*self.state, self.owner, pointer, change).await.map(|(change, _)| change)
    }

    /// Makes `id` of `S` in its default namespace equal `spec`.
    pub async fn put<S: Spec>(&self, id: &str, spec: S) -> Result<Change> {
        self.modify(id, |s: &mut S| s.clone_from(&spec)).await
    }

    /// Tears down and removes `id` of `S`; true when it is gone.
    pub async fn destroy<S: Spec>(&self, id: &str) -> Result<bool> {
        self.destroy_pointer(&Pointer::of::<S>(id)).await
    }

    /// Tears down and removes a resource; true when it is gone.
    pub async fn destroy_pointer(&self, pointer: &Pointer) -> Result<bool> {
        ops::teardown_and_destroy(&*self.state, self.owner, pointer).await
    }

    /// Holds a resource of somebody else until [`Context::remove_finalizer`].
    pub async fn add_finalizer(&self, pointer: &Pointer) -> Result<()> {
        ops::add_finalizer(&*self.state, pointer, self.owner).await
    }

    /// Lets go of a resource.
    pub async fn remove_finalizer(&self, pointer: &Pointer) -> Result<()> {
        ops::remove_finalizer(&*self.state, pointer, self.owner).await
    }

    /// Starts collecting the wanted outputs of one type, so that the others can be removed afterwards.
    pub fn outputs<S: Spec>(&self) -> Outputs<S> {
        self.outputs_in(S::NAMESPACE)
    }

    /// The same in another namespace.
    pub fn outputs_in<S: Spec>(&self, namespace: &str) -> Outputs<S> {
        Outputs {
            ctx: self.clone(),
            namespace: namespace.to_owned(),
            touched: Mutex::default(),
            spec: std::marker::PhantomData,
        }
    }
}

/// The wanted outputs of one type: everything put is kept, the rest of the controller's own is removed.
pub struct Outputs<S> {
    ctx: Context,
    namespace: String,
    touched: Mutex<BTreeSet<String>>,
    spec: std::marker::PhantomData<fn() -> S>,
}

impl<S: Spec> Outputs<S> {
    /// Makes `id` equal `spec`.
    pub async fn put(&self, id: &str, spec: S) -> Result<Change> {
        self.modify(id, |s: &mut S| s.clone_from(&spec)).await
    }

    /// Creates or changes `id`.
    pub async fn modify(&self, id: &str, change: impl FnMut(&mut S) + Send) -> Result<Change> {
        sys::sync::lock(&self.touched).insert(id.to_owned());
        self.ctx.modify_in(&self.namespace, id, change).await
    }

    /// Removes what the controller owns and did not put. True when all of it is gone already.
    pub async fn finish(self) -> Result<bool> {
        let touched = self.touched.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut clean = true;
        for stale in self.ctx.list_in::<S>(&self.namespace).await? {
            if stale.metadata.owner == self.ctx.owner && !touched.contains(&stale.metadata.id) {
                let pointer = Pointer::new(&self.namespace, S::TYPE, &stale.metadata.id);
                clean &= self.ctx.destroy_pointer(&pointer).await?;
            }
        }
        Ok(clean)
    }
}
