//! Doubles of the ports, with the names of the real things. They record what they were asked, in
//! the order of asking, and can be told to fail.

mod disk;
mod kernel;
mod process;

pub use disk::{Disk, EfiVars, Xfs};
pub use kernel::{Cgroups, Kernel, Machine, Mounts, Sysctls, System};
pub use process::{FakeChild, Reaper};

use std::sync::{Mutex, MutexGuard};

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    crate::sync::lock(mutex)
}
