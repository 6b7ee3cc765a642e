//! The time window of a certificate. The present is always an argument.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::{Error, Result};

/// From when to when a certificate is valid, in whole seconds, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Validity {
    /// First valid moment.
    pub not_before: SystemTime,
    /// Last valid moment.
    pub not_after: SystemTime,
}

impl Validity {
    /// Valid from now for `life`.
    pub fn starting(now: SystemTime, life: Duration) -> Self {
        Self { not_before: now, not_after: now.checked_add(life).unwrap_or(now) }
    }

    /// The same with its start moved back, against clocks that differ a little.
    pub fn backdated(self, by: Duration) -> Self {
        Self { not_before: self.not_before.checked_sub(by).unwrap_or(UNIX_EPOCH), ..self }
    }

    /// How long it is valid in all.
    pub fn life(&self) -> Duration {
        self.not_after.duration_since(self.not_before).unwrap_or_default()
    }
}

/// Whole seconds since 1970; negative before.
pub(crate) fn unix_seconds(at: SystemTime) -> i64 {
    match at.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_secs()).map_or(i64::MIN, |s| -s),
    }
}

/// The point in time of whole seconds since 1970.
pub(crate) fn from_unix(seconds: i64) -> Result<SystemTime> {
    let distance = Duration::from_secs(seconds.unsigned_abs());
    let at = match seconds < 0 {
        true => UNIX_EPOCH.checked_sub(distance),
        false => UNIX_EPOCH.checked_add(distance),
    };
    at.ok_or(Error::BadTime)
}
