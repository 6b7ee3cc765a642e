//! Bytes that calls may hold in memory at a time: each caller's, and all together.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard};

/// How many bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Of all callers.
    pub all: usize,
    /// Of one.
    pub caller: usize,
}

/// There is no memory for more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many bytes are under way; try again later")]
pub struct Exhausted;

/// What is under way. Clones share it.
#[derive(Debug)]
pub struct Budget<K>(Arc<Shared<K>>);

#[derive(Debug)]
struct Shared<K> {
    limits: Limits,
    taken: Mutex<Taken<K>>,
}

#[derive(Debug)]
struct Taken<K> {
    all: usize,
    callers: HashMap<K, usize>,
}

impl<K> Clone for Budget<K> {
    fn clone(&self) -> Budget<K> {
        Budget(Arc::clone(&self.0))
    }
}

impl<K: Hash + Eq + Clone> Budget<K> {
    /// Nothing is under way.
    #[must_use]
    pub fn new(limits: Limits) -> Budget<K> {
        let taken = Taken { all: 0, callers: HashMap::new() };
        Budget(Arc::new(Shared { limits, taken: Mutex::new(taken) }))
    }

    /// What one call holds; nothing yet.
    #[must_use]
    pub fn share(&self, who: K) -> Share<K> {
        Share { budget: self.clone(), who, held: Mutex::new(0) }
    }

    /// Bytes that are held.
    #[must_use]
    pub fn taken(&self) -> usize {
        self.lock().all
    }

    fn lock(&self) -> MutexGuard<'_, Taken<K>> {
        sys::sync::lock(&self.0.taken)
    }
}

/// Bytes that one call holds, given back when it is dropped.
#[derive(Debug)]
pub struct Share<K: Hash + Eq + Clone> {
    budget: Budget<K>,
    who: K,
    held: Mutex<usize>,
}

impl<K: Hash + Eq + Clone> Share<K> {
    /// Holds so many more.
    ///
    /// # Errors
    /// When the caller, or all together, would hold too many; then nothing changes.
    pub fn take(&self, bytes: usize) -> Result<(), Exhausted> {
        let Limits { all, caller } = self.budget.0.limits;
        let mut taken = self.budget.lock();
        let own = taken.callers.get(&self.who).copied().unwrap_or_default();
        let after = (taken.all.saturating_add(bytes), own.saturating_add(bytes));
        if after.0 > all || after.1 > caller {
            return Err(Exhausted);
        }
        taken.all = after.0;
        taken.callers.insert(self.who.clone(), after.1);
        *sys::sync::lock(&self.held) += bytes;
        Ok(())
    }

    /// Holds so many less.
    pub fn give(&self, bytes: usize) {
        let mut held = sys::sync::lock(&self.held);
        let bytes = bytes.min(*held);
        *held -= bytes;
        let mut taken = self.budget.lock();
        taken.all = taken.all.saturating_sub(bytes);
        if let Some(own) = taken.callers.get_mut(&self.who) {
            *own = own.saturating_sub(bytes);
            if *own == 0 {
                taken.callers.remove(&self.who);
            }
        }
    }
}

impl<K: Hash + Eq + Clone> Drop for Share<K> {
    fn drop(&mut self) {
        self.give(usize::MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_one_caller_nor_all_hold_more_than_they_may() {
        let budget = Budget::new(Limits { all: 10, caller: 6 });
        let (a, b) = (budget.share("a"), budget.share("b"));
        a.take(4).unwrap();
        assert_eq!(budget.share("a").take(3), Err(Exhausted));
        a.take(2).unwrap();
        b.take(4).unwrap();
        assert_eq!(b.take(1), Err(Exhausted));
        a.give(1);
        b.take(1).unwrap();
        drop((a, b));
        assert_eq!(budget.taken(), 0);
        assert!(budget.lock().callers.is_empty());
    }
}
