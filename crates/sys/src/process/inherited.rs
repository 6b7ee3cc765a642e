//! Descriptors that this process got from its parent under agreed numbers.

use std::collections::BTreeSet;
use std::os::fd::{AsFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::sync::Mutex;

use nix::fcntl::{FcntlArg, FdFlag, fcntl};

use crate::{Context, Error, Result};

/// Numbers that were claimed already: each can have one owner only.
static CLAIMED: Mutex<BTreeSet<RawFd>> = Mutex::new(BTreeSet::new());

/// Takes ownership of the inherited descriptor `number` (3 or more), and keeps it from children.
/// Call it first thing, before the process opens anything under that number itself.
///
/// # Errors
/// If nothing is open there, or it was taken before.
pub fn take_inherited(number: RawFd) -> Result<OwnedFd> {
    let action = || format!("take over the inherited file descriptor {number}");
    if number < 3 {
        return Err(Error::other(action(), "numbers below 3 are the standard streams"));
    }
    let mut claimed = crate::sync::lock(&CLAIMED);
    if claimed.contains(&number) {
        return Err(Error::other(action(), "it has been taken already"));
    }
    // SAFETY: only looked at within this block; fcntl answers EBADF if nothing is open there.
    let borrowed: BorrowedFd<'_> = unsafe { BorrowedFd::borrow_raw(number) };
    fcntl(borrowed.as_fd(), FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC)).context(action)?;
    claimed.insert(number);
    // SAFETY: the descriptor is open, came with the process (the caller's duty) and is handed out
    // once, which the set above ensures.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_open_descriptors_can_be_taken_and_only_once() {
        assert!(take_inherited(0).is_err());
        assert!(take_inherited(9999).is_err());
        let file = std::fs::File::open("/dev/null").unwrap();
        let number = std::os::fd::IntoRawFd::into_raw_fd(file);
        let owned = take_inherited(number).unwrap();
        assert!(take_inherited(number).unwrap_err().to_string().contains("taken already"));
        drop(owned);
    }
}
