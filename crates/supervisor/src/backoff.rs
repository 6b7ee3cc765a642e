//! How long to wait before a crashed child is started again.

use std::time::Duration;

/// The shape of the waiting times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackoffSettings {
    /// Wait after the second failure in a row; the first is answered at once.
    pub first: Duration,
    /// Longest wait.
    pub cap: Duration,
    /// A run of at least this length makes the earlier failures forgotten.
    pub forgive_after: Duration,
}

impl Default for BackoffSettings {
    fn default() -> Self {
        Self {
            first: Duration::from_millis(50),
            // Contract os.md 7: services restart every 5 s; here that is the upper bound.
            cap: Duration::from_secs(5),
            forgive_after: Duration::from_secs(30),
        }
    }
}

/// Counts failures in a row.
#[derive(Debug, Clone)]
pub struct Backoff {
    settings: BackoffSettings,
    failures: u32,
}

impl Backoff {
    /// No failures yet.
    pub fn new(settings: BackoffSettings) -> Self {
        Self { settings, failures: 0 }
    }

    /// A run of `ran` has ended: how long to wait before the next start.
    pub fn after_run(&mut self, ran: Duration) -> Duration {
        if ran >= self.settings.forgive_after {
            self.failures = 0;
        }
        let doublings = self.failures.checked_sub(1);
        self.failures = self.failures.saturating_add(1);
        match doublings {
            None => Duration::ZERO,
            Some(count) => {
                let factor = 1u32.checked_shl(count).unwrap_or(u32::MAX);
                self.settings.first.saturating_mul(factor).min(self.settings.cap)
            }
        }
    }

    /// Failures in a row so far.
    pub fn failures(&self) -> u32 {
        self.failures
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_millis(1);

    #[test]
    fn the_first_crash_is_answered_at_once_and_the_next_ones_ever_later_up_to_the_cap() {
        let mut backoff = Backoff::new(BackoffSettings::default());
        let waits: Vec<u128> = (0..10).map(|_| backoff.after_run(SHORT).as_millis()).collect();
        assert_eq!(waits, [0, 50, 100, 200, 400, 800, 1600, 3200, 5000, 5000]);
    }

    #[test]
    fn a_long_run_is_forgiven() {
        let mut backoff = Backoff::new(BackoffSettings::default());
        for _ in 0..5 {
            backoff.after_run(SHORT);
        }
        assert_eq!(backoff.after_run(Duration::from_secs(30)), Duration::ZERO);
        assert_eq!(backoff.after_run(SHORT), Duration::from_millis(50));
    }

    #[test]
    fn endless_crashing_does_not_overflow() {
        let mut backoff = Backoff::new(BackoffSettings::default());
        for _ in 0..100 {
            assert!(backoff.after_run(SHORT) <= Duration::from_secs(5));
        }
    }
}
