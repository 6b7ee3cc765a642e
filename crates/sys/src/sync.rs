//! Locks whose holders may have panicked: a panic is an error of one call (see [`crate::panic`]), and what it left behind
//! is as good as after any other error. Whoever changes something in steps under a lock sees to it himself.

use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Waits for a mutex.
pub fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits to read.
pub fn read<T: ?Sized>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

/// Waits to write.
pub fn write<T: ?Sized>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_of_a_holder_leaves_the_lock_usable() {
        let (mutex, both) = (Mutex::new(1), RwLock::new(1));
        let panicked = crate::panic::catch(|| {
            let (_one, _two) = (mutex.lock(), both.write());
            panic!("a slip");
        });
        assert!(panicked.is_err() && mutex.is_poisoned() && both.is_poisoned());
        *write(&both) += *lock(&mutex);
        assert_eq!((*lock(&mutex), *read(&both)), (1, 2));
    }
}
