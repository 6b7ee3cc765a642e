//! Whether a probe counts as successful: pure.

/// Counts failures of one probe.
#[derive(Debug, Clone)]
pub struct Judge {
    threshold: u32,
    failures: u32,
}

/// What a probe's attempts amount to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The endpoint is reachable.
    Success,
    /// It is not, and this was the last error.
    Failure(String),
    /// It failed, but not often enough to count.
    Undecided,
}

impl Judge {
    /// A judge for whom so many failures in a row count as failure; 0 counts as 1.
    pub fn new(threshold: u32) -> Self {
        Self { threshold: threshold.max(1), failures: 0 }
    }

    /// Takes note of an attempt.
    pub fn attempt(&mut self, result: Result<(), String>) -> Verdict {
        match result {
            Ok(()) => {
                self.failures = 0;
                Verdict::Success
            }
            Err(error) => {
                self.failures = self.failures.saturating_add(1);
                if self.failures >= self.threshold { Verdict::Failure(error) } else { Verdict::Undecided }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_failures_in_a_row_count() {
        let mut judge = Judge::new(3);
        let fail = || Err("refused".to_owned());
        assert_eq!(judge.attempt(fail()), Verdict::Undecided);
        assert_eq!(judge.attempt(fail()), Verdict::Undecided);
        assert_eq!(judge.attempt(Ok(())), Verdict::Success);
        assert_eq!(judge.attempt(fail()), Verdict::Undecided);
        assert_eq!(judge.attempt(fail()), Verdict::Undecided);
        assert_eq!(judge.attempt(fail()), Verdict::Failure("refused".into()));
        assert_eq!(Judge::new(0).attempt(fail()), Verdict::Failure("refused".into()));
    }
}
