//! Health checks: what is asked, and when. Pure but for the asking.

use std::time::Duration;

/// Timing of a health check (contract api.md 9.4 for the defaults).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HealthSettings {
    /// Time between checks once the service was healthy.
    pub period: Duration,
    /// How long one check may take.
    pub timeout: Duration,
    /// Checks in a row that got no answer at all after which the process is taken for dead and killed, if ever.
    pub kill_after: Option<u32>,
}

impl Default for HealthSettings {
    fn default() -> Self {
        Self { period: Duration::from_secs(5), timeout: Duration::from_millis(500), kill_after: None }
    }
}

/// Result of one check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is well.
    Healthy,
    /// It says, or shows, that it is not well.
    Unhealthy(String),
    /// It did not answer in time.
    Silent(String),
}

/// First pause of the search for the first success.
const FIRST: Duration = Duration::from_millis(5);
/// Longest pause of it: a start is noticed within this time.
const LONGEST: Duration = Duration::from_millis(500);
/// How long a service may search for its first success at that pace.
const PATIENCE: Duration = Duration::from_secs(60);

/// Decides when the next check is due and whether the process must go.
#[derive(Debug, Clone)]
pub struct Schedule {
    settings: HealthSettings,
    pause: Duration,
    searched: Duration,
    was_healthy: bool,
    silent: u32,
}

impl Schedule {
    /// The schedule of a process that was just started.
    pub fn new(settings: HealthSettings) -> Self {
        Self { settings, pause: FIRST, searched: Duration::ZERO, was_healthy: false, silent: 0 }
    }

    /// Takes in a verdict; returns the pause before the next check.
    pub fn after(&mut self, verdict: &Verdict) -> Duration {
        self.silent = if matches!(verdict, Verdict::Silent(_)) { self.silent.saturating_add(1) } else { 0 };
        if *verdict == Verdict::Healthy {
            self.was_healthy = true;
            return self.settings.period;
        }
        if self.was_healthy {
            // What was well and is not is looked at again soon: it is either coming back or to be killed.
            return self.settings.period.min(Duration::from_secs(1));
        }
        if self.searched >= PATIENCE {
            return self.settings.period;
        }
        let pause = self.pause;
        self.pause = (pause * 2).min(LONGEST);
        self.searched += pause;
        pause
    }

    /// Whether the process is taken for dead.
    pub fn must_go(&self) -> bool {
        self.settings.kill_after.is_some_and(|enough| self.silent >= enough)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bad() -> Verdict {
        Verdict::Unhealthy("no".into())
    }

    fn silent() -> Verdict {
        Verdict::Silent("no answer".into())
    }

    #[test]
    fn a_start_is_polled_from_milliseconds_up_and_a_healthy_service_by_its_period() {
        let mut schedule = Schedule::new(HealthSettings::default());
        let pauses: Vec<u128> = (0..9).map(|_| schedule.after(&bad()).as_millis()).collect();
        assert_eq!(pauses, [5, 10, 20, 40, 80, 160, 320, 500, 500]);
        assert_eq!(schedule.after(&Verdict::Healthy), Duration::from_secs(5));
        assert_eq!(schedule.after(&bad()), Duration::from_secs(1));
    }

    #[test]
    fn a_service_that_is_never_well_is_not_polled_quickly_for_ever() {
        let mut schedule = Schedule::new(HealthSettings::default());
        let polls = (0..1000).take_while(|_| schedule.after(&bad()) < Duration::from_secs(5)).count();
        assert!((100..140).contains(&polls), "{polls}");
    }

    #[test]
    fn only_silence_kills() {
        let mut schedule = Schedule::new(HealthSettings { kill_after: Some(3), ..Default::default() });
        for _ in 0..9 {
            schedule.after(&bad());
        }
        assert!(!schedule.must_go());
        for last in [false, false, true] {
            schedule.after(&silent());
            assert_eq!(schedule.must_go(), last);
        }
        schedule.after(&Verdict::Healthy);
        assert!(!schedule.must_go());
        let mut patient = Schedule::new(HealthSettings::default());
        for _ in 0..99 {
            patient.after(&silent());
        }
        assert!(!patient.must_go());
    }
}
