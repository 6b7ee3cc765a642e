//! Durations and moments.

use std::time::{Duration, SystemTime};

/// The message for a span of time; spans beyond what the message can hold are cut to it.
pub fn duration(duration: Duration) -> prost_types::Duration {
    let most = prost_types::Duration { seconds: i64::MAX, nanos: 999_999_999 };
    prost_types::Duration::try_from(duration).unwrap_or(most)
}

/// The span of time in a message; nothing and negative spans are zero.
pub fn std_duration(duration: Option<&prost_types::Duration>) -> Duration {
    duration.and_then(|d| Duration::try_from(*d).ok()).unwrap_or_default()
}

/// The moment in a message, if there is one and a clock can show it.
pub fn system_time(timestamp: Option<&prost_types::Timestamp>) -> Option<SystemTime> {
    timestamp.and_then(|t| SystemTime::try_from(*t).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_survive_and_negative_ones_are_zero() {
        let span = Duration::from_millis(1500);
        assert_eq!(std_duration(Some(&duration(span))), span);
        assert_eq!(std_duration(None), Duration::ZERO);
        let negative = prost_types::Duration { seconds: -1, nanos: 0 };
        assert_eq!(std_duration(Some(&negative)), Duration::ZERO);
        assert_eq!(duration(Duration::MAX).seconds, i64::MAX);
    }
}
