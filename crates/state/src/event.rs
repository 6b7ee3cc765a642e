//! What a watch tells.

use resources::Resource;

/// Position in a store's history: opaque to readers, valid while that store lives.
/// 8 random bytes of the process, then an 8-byte big-endian position (contract api.md 6.4).
pub type Bookmark = Vec<u8>;

/// Kind of a watch event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// The resource came into being, or existed when the watch began.
    Created,
    /// The resource changed.
    Updated,
    /// The resource is gone.
    Destroyed,
    /// Everything that existed has been told.
    Bootstrapped,
    /// Nothing happened; only the bookmark matters.
    Noop,
}

/// One event of a watch.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// The resource after it (before it, for Destroyed); absent for Bootstrapped and Noop.
    pub resource: Option<Resource>,
    /// The resource before an update.
    pub old: Option<Resource>,
    /// Where to go on from.
    pub bookmark: Bookmark,
}
