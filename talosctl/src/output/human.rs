//! Sizes, times and spans of time as people read them.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A size with a decimal unit: `115 MB`, `1.4 GB`.
pub fn bytes(size: u64) -> String {
    const UNITS: [&str; 7] = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
    if size < 10 {
        return format!("{size} B");
    }
    let mut value = size as f64;
    let mut unit = 0;
    while value >= 1000.0 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    // One digit is enough, rounded half up as is usual for sizes.
    let rounded = (value * 10.0 + 0.5).floor() / 10.0;
    let name = UNITS.get(unit).copied().unwrap_or_default();
    if rounded < 10.0 { format!("{rounded:.1} {name}") } else { format!("{rounded:.0} {name}") }
}

/// A span as `1h2m3s`, whole seconds.
pub fn span(span: Duration) -> String {
    let seconds = span.as_secs();
    let (h, m, s) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (h, m) {
        (0, 0) => format!("{s}s"),
        (0, _) => format!("{m}m{s}s"),
        _ => format!("{h}h{m}m{s}s"),
    }
}

/// Time since a moment: `1m25s ago`. A moment that is to come is now.
pub fn ago(then: Option<SystemTime>, now: SystemTime) -> String {
    let since = then.and_then(|then| now.duration_since(then).ok()).unwrap_or_default();
    format!("{} ago", span(since))
}

/// How far away a moment is, roughly: `1 year from now`, `3 weeks ago`.
pub fn relative(then: SystemTime, now: SystemTime) -> String {
    let (away, word) = match then.duration_since(now) {
        Ok(away) => (away, "from now"),
        Err(error) => (error.duration(), "ago"),
    };
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    const WEEK: u64 = 7 * DAY;
    const MONTH: u64 = 30 * DAY;
    const YEAR: u64 = 12 * MONTH;
    let seconds = away.as_secs();
    let text = match seconds {
        0 => return "now".to_owned(),
        1 => "1 second".to_owned(),
        s if s < MINUTE => format!("{s} seconds"),
        s if s < 2 * MINUTE => "1 minute".to_owned(),
        s if s < HOUR => format!("{} minutes", s / MINUTE),
        s if s < 2 * HOUR => "1 hour".to_owned(),
        s if s < DAY => format!("{} hours", s / HOUR),
        s if s < 2 * DAY => "1 day".to_owned(),
        s if s < WEEK => format!("{} days", s / DAY),
        s if s < 2 * WEEK => "1 week".to_owned(),
        s if s < MONTH => format!("{} weeks", s / WEEK),
        s if s < 2 * MONTH => "1 month".to_owned(),
        s if s < YEAR => format!("{} months", s / MONTH),
        s if s < 18 * MONTH => "1 year".to_owned(),
        s if s < 2 * YEAR => "2 years".to_owned(),
        s => format!("{} years", s / YEAR),
    };
    format!("{text} {word}")
}

/// Seconds after 1970 as `Nov 21 03:32:38`, in UTC.
pub fn stamp(seconds: i64) -> String {
    zoned(seconds).map(|t| t.strftime("%b %_d %H:%M:%S").to_string()).unwrap_or_default()
}

/// The day of a moment: `2027-11-21`.
pub fn day(time: SystemTime) -> String {
    Timestamp::try_from(time)
        .map(|t| t.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d").to_string())
        .unwrap_or_default()
}

/// A moment as `2026-11-21T03:32:38Z`, whole seconds.
pub fn rfc3339(time: Option<&prost_types::Timestamp>) -> String {
    let found = time.and_then(|time| zoned(time.seconds));
    found.map(|t| t.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()).unwrap_or_default()
}

fn zoned(seconds: i64) -> Option<jiff::Zoned> {
    Timestamp::from_second(seconds).ok().map(|t| t.to_zoned(TimeZone::UTC))
}

/// The present moment as `2026-11-21T03:32:38Z`.
pub fn now() -> String {
    zoned(Timestamp::now().as_second())
        .map(|t| t.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
        .unwrap_or_default()
}

/// Parses durations as flags write them: `90s`, `1m30s`, `20m0s`.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let parsed: Result<config::value::Duration, ()> = text.parse();
    match parsed {
        Ok(duration) if duration.0 >= 0 => Ok(duration.to_std()),
        _ => Err(format!("{text:?} is not a duration such as 90s, 20m or 1h30m")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_two_digits_at_least_and_decimal_units() {
        for (size, text) in [
            (0, "0 B"),
            (9, "9 B"),
            (999, "999 B"),
            (24_576, "25 kB"),
            (6_100_000, "6.1 MB"),
            (115_000_000, "115 MB"),
            (1_400_000_000, "1.4 GB"),
            (13_000_000_000, "13 GB"),
        ] {
            assert_eq!(bytes(size), text);
        }
    }

    #[test]
    fn spans_are_whole_seconds_and_the_future_is_now() {
        let then = SystemTime::UNIX_EPOCH;
        for (seconds, text) in [(0, "0s ago"), (85, "1m25s ago"), (3661, "1h1m1s ago")] {
            assert_eq!(ago(Some(then), then + Duration::from_secs(seconds)), text);
        }
        assert_eq!(ago(Some(then + Duration::from_secs(5)), then), "0s ago");
    }

    #[test]
    fn far_moments_are_told_roughly() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(10_000_000_000);
        let days = |days: u64| Duration::from_secs(days * 86_400);
        assert_eq!(relative(now + days(365), now), "1 year from now");
        assert_eq!(relative(now + days(364 * 10), now), "10 years from now");
        assert_eq!(relative(now - days(15), now), "2 weeks ago");
        assert_eq!(relative(now, now), "now");
    }

    #[test]
    fn moments_are_utc() {
        assert_eq!(stamp(1_795_231_958), "Nov 21 03:32:38");
        assert_eq!(day(SystemTime::UNIX_EPOCH), "1970-01-01");
        let time = prost_types::Timestamp { seconds: 1_795_231_958, nanos: 5 };
        assert_eq!(rfc3339(Some(&time)), "2026-11-21T03:32:38Z");
    }

    #[test]
    fn durations_are_read_as_flags_write_them() {
        assert_eq!(parse_duration("1m30s"), Ok(Duration::from_secs(90)));
        assert!(parse_duration("-1s").is_err() && parse_duration("soon").is_err());
    }
}
