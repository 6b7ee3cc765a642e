//! The latest snapshot of the kernel's network, kept up to date by the kernel's own events.
//!
//! Everybody looks at one shared snapshot. An event only says which noun changed; the noun is then read again
//! as a whole, so that nothing can be missed or applied twice.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::kernel::watch::{Nouns, Watch};
use crate::kernel::{Kernel, Result, Snapshot};

/// Events within this time are answered by one reading.
const SETTLE: Duration = Duration::from_millis(5);

/// After a reading there is a pause of this many times its length, so that a storm of events (hundreds of pods)
/// cannot take more than a fixed share of the processor.
const PAUSE_FACTOR: u32 = 20;

/// Pause before the event socket is opened again after it failed.
const REOPEN: Duration = Duration::from_secs(1);

/// The shared snapshot.
pub struct World {
    kernel: Arc<dyn Kernel>,
    snapshot: Mutex<Arc<Snapshot>>,
    wakers: Mutex<Vec<(Nouns, Arc<Notify>)>>,
    reading: tokio::sync::Mutex<()>,
}

impl World {
    /// A world that has not looked yet.
    pub fn new(kernel: Arc<dyn Kernel>) -> Arc<Self> {
        Arc::new(Self {
            kernel,
            snapshot: Mutex::default(),
            wakers: Mutex::default(),
            reading: tokio::sync::Mutex::new(()),
        })
    }

    /// The kernel behind it.
    pub fn kernel(&self) -> &dyn Kernel {
        &*self.kernel
    }

    /// The latest snapshot.
    pub fn now(&self) -> Arc<Snapshot> {
        sys::sync::lock(&self.snapshot).clone()
    }

    /// Wakes `waker` whenever one of `nouns` is found changed.
    pub fn wake_on(&self, nouns: Nouns, waker: Arc<Notify>) {
        sys::sync::lock(&self.wakers).push((nouns, waker));
    }

    /// Reads `nouns` anew and returns the snapshot with them.
    pub async fn refresh(&self, nouns: Nouns) -> Result<Arc<Snapshot>> {
        let _one_at_a_time = self.reading.lock().await;
        let before = self.now();
        let mut after = (*before).clone();
        if nouns.links || nouns.addresses || nouns.routes {
            let links = self.kernel.links().await?;
            let names: BTreeMap<u32, String> =
                links.iter().map(|l| (l.status.index, l.name.clone())).collect();
            after.links = links.into_iter().map(|l| (l.name.clone(), l)).collect();
            if nouns.addresses {
                after.addresses = self.kernel.addresses(&names).await?;
            }
            if nouns.routes {
                after.routes = self.kernel.routes(&names).await?;
            }
        }
        if nouns.rules {
            after.rules = self.kernel.rules().await?;
        }
        let changed = Nouns {
            links: after.links != before.links,
            addresses: after.addresses != before.addresses,
            routes: after.routes != before.routes,
            rules: after.rules != before.rules,
        };
        let after = Arc::new(after);
        *sys::sync::lock(&self.snapshot) = after.clone();
        for (interest, waker) in sys::sync::lock(&self.wakers).iter() {
            if interest.overlaps(changed) {
                waker.notify_one();
            }
        }
        Ok(after)
    }

    /// Follows the kernel's events until the task is dropped.
    pub async fn follow(self: Arc<Self>) {
        loop {
            if let Err(error) = self.follow_socket().await {
                tracing::warn!("following the kernel's network events: {error}; starting over");
            }
            tokio::time::sleep(REOPEN).await;
        }
    }

    async fn follow_socket(&self) -> anyhow::Result<()> {
        let mut watch = Watch::open()?;
        // What happened before the subscription must be seen too.
        let mut dirty = Nouns::ALL;
        loop {
            let begun = Instant::now();
            self.refresh(dirty).await?;
            let pause = (begun.elapsed() * PAUSE_FACTOR).clamp(SETTLE, Duration::from_secs(2));
            dirty = watch.next().await?;
            // The first event after a quiet time is answered at once, but for its companions.
            let wait = pause.saturating_sub(begun.elapsed()).max(SETTLE);
            let deadline = sys::clock::after(wait);
            while let Ok(next) = tokio::time::timeout_at(deadline, watch.next()).await {
                dirty = dirty.and(next?);
            }
        }
    }
}
