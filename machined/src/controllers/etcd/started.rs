//! Whether etcd of this node has been there.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use proto::resource::v1alpha1::ServiceSpec;
use state::{State, ops};

/// Remembers that etcd of this node has run since the machine started: what waited for that does not wait again
/// when it is only restarted. Clones share what they know.
#[derive(Clone, Default)]
pub struct Started(Arc<AtomicBool>);

impl Started {
    /// Looks for etcd, unless it has been seen.
    pub async fn check(&self, state: &dyn State) -> state::Result<bool> {
        if self.0.load(Ordering::Relaxed) {
            return Ok(true);
        }
        let runs = ops::get::<ServiceSpec>(state, "etcd").await?.is_some_and(|service| service.spec.running);
        self.0.fetch_or(runs, Ordering::Relaxed);
        Ok(runs)
    }
}
