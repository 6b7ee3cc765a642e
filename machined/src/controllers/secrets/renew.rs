//! When a set of certificates has to be made again: its inputs changed, or its time has come.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use pki::Validity;
use pki::renewal::{Moment, Renewal, Schedule};

use crate::controllers::CLOCK_CHECK;

/// What was issued last, and from what.
#[derive(Debug, Default)]
pub struct Issued {
    last: Option<(u64, Schedule)>,
}

/// What to do now.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Keep what there is; look again after this time.
    Keep(Duration),
    /// Issue.
    Issue,
}

impl Issued {
    /// Whether certificates made from `inputs` are still good.
    pub fn check(&self, inputs: &impl Hash, now: Moment) -> Verdict {
        match &self.last {
            Some((digest, schedule)) if *digest == hash(inputs) => match schedule.at(now) {
                Renewal::Wait(left) => Verdict::Keep(left.min(CLOCK_CHECK)),
                Renewal::Due(reason) => {
                    tracing::info!("certificates are renewed: {reason}");
                    Verdict::Issue
                }
            },
            _ => Verdict::Issue,
        }
    }

    /// Records what was issued; returns how long it may rest.
    pub fn record(&mut self, inputs: &impl Hash, now: Moment, validity: Validity) -> Duration {
        let schedule = Schedule::new(now, validity);
        self.last = Some((hash(inputs), schedule));
        schedule.half_life().min(CLOCK_CHECK)
    }

    /// Forgets it.
    pub fn forget(&mut self) {
        self.last = None;
    }
}

fn hash(inputs: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    inputs.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, SystemTime};

    fn moment(seconds: u64) -> Moment {
        let offset = Duration::from_secs(seconds);
        Moment { wall: SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000) + offset, steady: offset }
    }

    #[test]
    fn certificates_are_kept_until_an_input_changes_or_half_their_life_is_over() {
        let mut issued = Issued::default();
        assert_eq!(issued.check(&"a", moment(0)), Verdict::Issue);
        let validity = Validity { not_before: moment(0).wall, not_after: moment(24 * 3600).wall };
        issued.record(&"a", moment(0), validity);
        assert!(matches!(issued.check(&"a", moment(3600)), Verdict::Keep(_)));
        assert_eq!(issued.check(&"b", moment(3600)), Verdict::Issue);
        assert_eq!(issued.check(&"a", moment(12 * 3600 + 1)), Verdict::Issue);
        issued.forget();
        assert_eq!(issued.check(&"a", moment(0)), Verdict::Issue);
    }
}
