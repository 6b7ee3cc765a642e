//! Waiting for a descriptor without blocking the runtime.

use std::fs::File;
use std::os::fd::{AsRawFd, OwnedFd};

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use crate::{Context, Result};

/// A descriptor that owns what it shows: the same number, open, for as long as it lives.
///
/// # Safety
/// `as_raw_fd` must always answer the same descriptor, which only dropping closes.
pub unsafe trait StableFd: AsRawFd {}

// SAFETY: an OwnedFd is one descriptor until it is dropped.
unsafe impl StableFd for OwnedFd {}
// SAFETY: a File is one descriptor until it is dropped.
unsafe impl StableFd for File {}

/// Watches `fd`, which must be non-blocking, for `interest`; needs a Tokio runtime.
pub fn watch<T: StableFd>(fd: T, interest: Interest) -> Result<AsyncFd<T>> {
    // SAFETY: what StableFd promises is what registering asks for.
    let registered = unsafe { AsyncFd::register_with_interest(fd, interest) };
    registered.map_err(|error| error.into_parts().1).context(|| "watch a file descriptor".into())
}
