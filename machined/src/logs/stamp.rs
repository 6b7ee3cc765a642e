//! Time stamps as the logs have them.

use std::time::SystemTime;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// `2026/11/21 03:34:09.296985 `: Go's log stamp in UTC, as lines of `machined` have it (contract api.md 5.6).
pub fn go_stamp(at: SystemTime) -> String {
    let at = Timestamp::try_from(at).unwrap_or_default().to_zoned(TimeZone::UTC);
    at.strftime("%Y/%m/%d %H:%M:%S.%6f ").to_string()
}

/// RFC 3339 in UTC with as many digits as are needed, as Go's RFC3339Nano.
pub fn rfc3339(at: SystemTime) -> String {
    Timestamp::try_from(at).unwrap_or_default().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn stamps_have_the_forms_that_clients_know() {
        let at = UNIX_EPOCH + Duration::new(1_795_232_049, 296_985_000);
        assert_eq!(go_stamp(at), "2026/11/21 03:34:09.296985 ");
        assert_eq!(rfc3339(at), "2026-11-21T03:34:09.296985Z");
        assert_eq!(rfc3339(UNIX_EPOCH + Duration::from_secs(1)), "1970-01-01T00:00:01Z");
    }
}
