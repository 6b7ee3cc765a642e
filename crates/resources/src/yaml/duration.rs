//! Durations as Go writes and reads them: `1m0s`, `300ms`.

const NANOS: i128 = 1_000_000_000;

/// The text of a duration.
pub(crate) fn text(duration: &prost_types::Duration) -> String {
    let total = i128::from(duration.seconds) * NANOS + i128::from(duration.nanos);
    let sign = if total < 0 { "-" } else { "" };
    let total = total.unsigned_abs();
    let below_second = [(1_000_000, "ms"), (1_000, "µs"), (1, "ns")];
    if total == 0 {
        return "0s".to_owned();
    }
    if total < NANOS.unsigned_abs() {
        let (unit, name) = below_second.into_iter().find(|(unit, _)| total >= *unit).unwrap_or((1, "ns"));
        return format!("{sign}{}{name}", decimal(total, unit));
    }
    let seconds = total / NANOS.unsigned_abs();
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    let rest = decimal(total % (60 * NANOS.unsigned_abs()), NANOS.unsigned_abs());
    match (hours, minutes) {
        (0, 0) => format!("{sign}{rest}s"),
        (0, minutes) => format!("{sign}{minutes}m{rest}s"),
        (hours, minutes) => format!("{sign}{hours}h{minutes}m{rest}s"),
    }
}

/// A count of units with as many decimals as it needs.
fn decimal(amount: u128, unit: u128) -> String {
    let (whole, rest) = (amount / unit, amount % unit);
    if rest == 0 {
        return whole.to_string();
    }
    let width = unit.ilog10() as usize;
    let fraction = format!("{rest:0width$}");
    format!("{whole}.{}", fraction.trim_end_matches('0'))
}

/// The duration in a text; nothing when the text is not one.
pub(crate) fn parse(text: &str) -> Option<prost_types::Duration> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut total: i128 = 0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() && rest != "0" {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at_checked(end)?;
        let end = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at_checked(end)?;
        let unit: i128 = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => NANOS,
            "m" => 60 * NANOS,
            "h" => 3600 * NANOS,
            _ => return None,
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if (whole.is_empty() && fraction.is_empty()) || whole.len() > 18 || fraction.len() > 18 {
            return None;
        }
        let digits = |part: &str| if part.is_empty() { Some(0) } else { part.parse::<i128>().ok() };
        let scale = 10_i128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
        total += digits(whole)? * unit + digits(fraction)? * unit / scale;
        rest = tail;
    }
    let total = if negative { -total } else { total };
    let nanos = i32::try_from(total % NANOS).ok()?;
    Some(prost_types::Duration { seconds: i64::try_from(total / NANOS).ok()?, nanos })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_survive_as_text() {
        for (seconds, nanos, expected) in [
            (0, 0, "0s"),
            (60, 0, "1m0s"),
            (3600, 0, "1h0m0s"),
            (90_061, 500_000_000, "25h1m1.5s"),
            (0, 300_000_000, "300ms"),
            (0, 1_500, "1.5µs"),
            (0, 7, "7ns"),
            (-1, -500_000_000, "-1.5s"),
        ] {
            let duration = prost_types::Duration { seconds, nanos };
            assert_eq!(text(&duration), expected);
            assert_eq!(parse(expected), Some(duration));
        }
    }

    #[test]
    fn texts_that_are_no_durations_are_refused() {
        for wrong in ["", "-", "1", "1d", "s", "1.s.", "1h-1m", "."] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
        assert_eq!(parse("1h30m"), Some(prost_types::Duration { seconds: 5400, nanos: 0 }));
        assert_eq!(parse("0"), Some(prost_types::Duration::default()));
    }
}
