//! When to renew a certificate, and why: arithmetic on two clocks.
//!
//! The wall clock says what peers think of the certificate; the steady clock says how much time has really
//! passed. When the two disagree the wall clock has been set, and certificates made before are suspect.

use std::fmt;
use std::time::{Duration, SystemTime};

use crate::Validity;

/// How far the two clocks may drift apart before it counts as a jump.
pub const JUMP: Duration = Duration::from_secs(60);

/// One moment on both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The wall clock.
    pub wall: SystemTime,
    /// A clock that is never set: time since any fixed start of the same process.
    pub steady: Duration,
}

/// Why a certificate is to be renewed now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Half of its life has passed.
    HalfLife,
    /// It has expired.
    Expired,
    /// The wall clock is before its start.
    NotYetValid,
    /// The wall clock was set by more than [`JUMP`] since it was issued.
    ClockJump,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::HalfLife => "half of its life has passed",
            Self::Expired => "it has expired",
            Self::NotYetValid => "it is not valid yet",
            Self::ClockJump => "the clock was set",
        })
    }
}

/// What to do about a certificate at some moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renewal {
    /// Nothing for that long; ask again then, and whenever the wall clock is set.
    Wait(Duration),
    /// Renew now.
    Due(Reason),
}

/// The renewal schedule of one certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    issued: Moment,
    validity: Validity,
}

impl Schedule {
    /// The schedule of a certificate that was issued at this moment (not at its backdated start).
    pub fn new(issued: Moment, validity: Validity) -> Self {
        Self { issued, validity }
    }

    /// How long after its issue the certificate is renewed: half of what was left then.
    pub fn half_life(&self) -> Duration {
        self.validity.not_after.duration_since(self.issued.wall).unwrap_or_default() / 2
    }

    /// What to do now.
    pub fn at(&self, now: Moment) -> Renewal {
        if now.wall < self.validity.not_before {
            return Renewal::Due(Reason::NotYetValid);
        }
        if now.wall > self.validity.not_after {
            return Renewal::Due(Reason::Expired);
        }
        let really = now.steady.saturating_sub(self.issued.steady);
        let (shown, behind) = match now.wall.duration_since(self.issued.wall) {
            Ok(shown) => (shown, Duration::ZERO),
            Err(back) => (Duration::ZERO, back.duration()),
        };
        if shown.abs_diff(really).saturating_add(behind) > JUMP {
            return Renewal::Due(Reason::ClockJump);
        }
        match self.half_life().checked_sub(really.max(shown)) {
            Some(left) if !left.is_zero() => Renewal::Wait(left),
            _ => Renewal::Due(Reason::HalfLife),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    const HOUR: u64 = 3600;
    const START: u64 = 1_800_000_000;

    fn moment(wall: i64, steady: u64) -> Moment {
        let wall = UNIX_EPOCH + Duration::from_secs(START.saturating_add_signed(wall));
        Moment { wall, steady: Duration::from_secs(1000 + steady) }
    }

    fn schedule() -> Schedule {
        let issued = moment(0, 0);
        let validity = Validity::starting(issued.wall, Duration::from_secs(24 * HOUR))
            .backdated(Duration::from_secs(300));
        Schedule::new(issued, validity)
    }

    #[test]
    fn renewal_follows_the_table() {
        let hours = |h: u64| Renewal::Wait(Duration::from_secs(h * HOUR));
        let h = HOUR as i64;
        let table: &[(&str, Moment, Renewal)] = &[
            ("fresh: half of the day is left", moment(0, 0), hours(12)),
            ("an hour later one less", moment(h, HOUR), hours(11)),
            ("at half life", moment(12 * h, 12 * HOUR), Renewal::Due(Reason::HalfLife)),
            ("set back by a minute is drift", moment(h - 60, HOUR), hours(11)),
            ("set back by two is a jump", moment(h - 120, HOUR), Renewal::Due(Reason::ClockJump)),
            ("set forward is a jump", moment(3 * h, HOUR), Renewal::Due(Reason::ClockJump)),
            ("stands behind its issue", moment(-200, 10), Renewal::Due(Reason::ClockJump)),
            ("set before its start", moment(-301, 10), Renewal::Due(Reason::NotYetValid)),
            ("set after its end", moment(24 * h + 1, 10), Renewal::Due(Reason::Expired)),
        ];
        for (name, now, expected) in table {
            assert_eq!(schedule().at(*now), *expected, "{name}");
        }
    }
}
