//! Durations as the configuration writes them: `1h30m`, `250ms`, `0`.

use std::fmt;
use std::str::FromStr;

/// A signed duration in nanoseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Duration(pub i64);

const SECOND: i64 = 1_000_000_000;

impl Duration {
    /// Whole seconds.
    pub const fn from_secs(seconds: i64) -> Self {
        Self(seconds * SECOND)
    }

    /// Whole hours.
    pub const fn from_hours(hours: i64) -> Self {
        Self::from_secs(hours * 3600)
    }

    /// The same as a standard duration; negative ones become zero.
    pub fn to_std(self) -> std::time::Duration {
        std::time::Duration::from_nanos(u64::try_from(self.0).unwrap_or(0))
    }
}

impl FromStr for Duration {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (negative, mut rest) = match text.as_bytes().first() {
            Some(b'-') => (true, text.get(1..).ok_or(())?),
            Some(b'+') => (false, text.get(1..).ok_or(())?),
            _ => (false, text),
        };
        if rest == "0" {
            return Ok(Self(0));
        }
        if rest.is_empty() {
            return Err(());
        }
        let mut total: i128 = 0;
        while !rest.is_empty() {
            let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or(())?;
            let (digits, after) = rest.split_at(number);
            let unit_end = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
            let (unit, next) = after.split_at(unit_end);
            total = total.checked_add(component(digits, unit)?).ok_or(())?;
            rest = next;
        }
        let total = if negative { -total } else { total };
        i64::try_from(total).map(Self).map_err(|_| ())
    }
}

/// One number with its unit, in nanoseconds.
fn component(digits: &str, unit: &str) -> Result<i128, ()> {
    let scale: i128 = match unit {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => SECOND.into(),
        "m" => i128::from(SECOND) * 60,
        "h" => i128::from(SECOND) * 3600,
        _ => return Err(()),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() || fraction.contains('.') || whole.len() > 19 {
        return Err(());
    }
    let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| ())? };
    // Digits past the nanosecond of an hour carry nothing.
    let fraction = fraction.get(..fraction.len().min(18)).unwrap_or_default();
    let part: i128 = if fraction.is_empty() { 0 } else { fraction.parse().map_err(|_| ())? };
    let divisor = 10_i128.pow(u32::try_from(fraction.len()).map_err(|_| ())?);
    Ok(whole * scale + part * scale / divisor)
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("0s");
        }
        if self.0 < 0 {
            f.write_str("-")?;
        }
        let nanos = self.0.unsigned_abs();
        let second = SECOND.unsigned_abs();
        if nanos < second {
            let (unit, scale) = match nanos {
                0..1_000 => ("ns", 1),
                1_000..1_000_000 => ("µs", 1_000),
                _ => ("ms", 1_000_000),
            };
            return write!(f, "{}{unit}", decimal(nanos, scale));
        }
        let (hours, rest) = (nanos / (3600 * second), nanos % (3600 * second));
        let (minutes, rest) = (rest / (60 * second), rest % (60 * second));
        if hours > 0 {
            write!(f, "{hours}h")?;
        }
        if hours > 0 || minutes > 0 {
            write!(f, "{minutes}m")?;
        }
        write!(f, "{}s", decimal(rest, second))
    }
}

/// A quotient with as many decimals as it needs.
fn decimal(value: u64, scale: u64) -> String {
    let fraction = value % scale;
    if fraction == 0 {
        return (value / scale).to_string();
    }
    let width = scale.ilog10() as usize;
    let digits = format!("{fraction:0width$}");
    format!("{}.{}", value / scale, digits.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_and_print_as_existing_tools_do() {
        let table = [
            ("0", 0, "0s"),
            ("1h30m", 5400 * SECOND, "1h30m0s"),
            ("168h", 168 * 3600 * SECOND, "168h0m0s"),
            ("1.5s", 1_500_000_000, "1.5s"),
            ("-2m", -120 * SECOND, "-2m0s"),
            ("250ms", 250_000_000, "250ms"),
            ("1500us", 1_500_000, "1.5ms"),
            (".5h", 1800 * SECOND, "30m0s"),
        ];
        for (text, nanos, printed) in table {
            let duration: Duration = text.parse().unwrap();
            assert_eq!(duration.0, nanos, "{text}");
            assert_eq!(duration.to_string(), printed);
        }
        for text in ["", "1", "h", "1x", "1..5s", "s1", "99999999999h", "-", "1h 2m", "1e3s"] {
            assert!(text.parse::<Duration>().is_err(), "{text:?}");
        }
    }
}
