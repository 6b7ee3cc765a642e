//! Capabilities of this process.

pub use caps::Capability;
use caps::{CapSet, CapsHashSet};

use crate::{Error, Result};

/// Whether this process may use `capability` now.
pub fn has(capability: Capability) -> bool {
    caps::has_cap(None, CapSet::Effective, capability).unwrap_or(false)
}

/// Gives up `list` for ever: in the bounding, effective, permitted, inheritable and ambient sets of
/// this thread and of all it will execute.
pub fn drop_for_ever(list: &[Capability]) -> Result<()> {
    let action = |capability: Capability| format!("drop {capability}");
    for capability in list {
        for set in
            [CapSet::Bounding, CapSet::Ambient, CapSet::Effective, CapSet::Permitted, CapSet::Inheritable]
        {
            if caps::has_cap(None, set, *capability).unwrap_or(false) {
                caps::drop(None, set, *capability)
                    .map_err(|error| Error::other(action(*capability), error.to_string()))?;
            }
        }
    }
    Ok(())
}

/// The bounding set of this process.
pub fn bounding() -> Result<CapsHashSet> {
    caps::read(None, CapSet::Bounding).map_err(|e| Error::other("read the bounding set", e.to_string()))
}

/// What an effective set as /proc/PID/status prints it (hexadecimal) contains.
pub fn parse_mask(hexadecimal: &str) -> Option<CapsHashSet> {
    let mask = u64::from_str_radix(hexadecimal.trim(), 16).ok()?;
    Some(caps::all().into_iter().filter(|cap| cap.bitmask() & mask != 0).collect())
}
