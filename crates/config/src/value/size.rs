//! Byte sizes: `100MiB`, `10GB`, a plain number; and size limits, which may also be a share
//! of the disk, or an amount or a share to leave free (contract os.md 1.1).

use std::fmt;
use std::str::FromStr;

/// A number of bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ByteSize(pub u64);

impl FromStr for ByteSize {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let text = text.trim();
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',').unwrap_or(text.len());
        let (number, unit) = text.split_at(end);
        let number: f64 = number.replace(',', "").parse().map_err(|_| ())?;
        let (base, power): (f64, i32) = match unit.trim().to_ascii_lowercase().as_str() {
            "" | "b" => (1.0, 0),
            "k" | "kb" => (1000.0, 1),
            "m" | "mb" => (1000.0, 2),
            "g" | "gb" => (1000.0, 3),
            "t" | "tb" => (1000.0, 4),
            "p" | "pb" => (1000.0, 5),
            "e" | "eb" => (1000.0, 6),
            "ki" | "kib" => (1024.0, 1),
            "mi" | "mib" => (1024.0, 2),
            "gi" | "gib" => (1024.0, 3),
            "ti" | "tib" => (1024.0, 4),
            "pi" | "pib" => (1024.0, 5),
            "ei" | "eib" => (1024.0, 6),
            _ => return Err(()),
        };
        let bytes = number * base.powi(power);
        // 2^64 is the first value that does not fit.
        if !(0.0..18_446_744_073_709_551_616.0).contains(&bytes) {
            return Err(());
        }
        Ok(Self(bytes as u64))
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
        let mut value = self.0;
        let mut unit = 0;
        while unit + 1 < units.len() && value >= 1024 && value.is_multiple_of(1024) {
            value /= 1024;
            unit += 1;
        }
        write!(f, "{value}{}", units.get(unit).unwrap_or(&""))
    }
}

/// An upper size: so many bytes or a share of the disk, or all but so many bytes or such a share.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SizeLimit {
    /// At most so many bytes.
    Bytes(u64),
    /// At most this share of the disk, in percent from 0 to 100.
    Percent(f64),
    /// Leave so many bytes free.
    LeaveFree(u64),
    /// Leave this share of the disk free, in percent from 0 to 100.
    LeaveFreePercent(f64),
}

impl SizeLimit {
    /// Whether it says what is left free, not what is taken.
    pub fn is_negative(self) -> bool {
        matches!(self, Self::LeaveFree(_) | Self::LeaveFreePercent(_))
    }
}

/// A share in percent: digits, perhaps with a fraction.
fn percent(text: &str) -> Result<f64, ()> {
    let text = text.trim();
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let percent: f64 = if plain { text.parse().map_err(|_| ())? } else { return Err(()) };
    if (0.0..=100.0).contains(&percent) { Ok(percent) } else { Err(()) }
}

impl FromStr for SizeLimit {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let text = text.trim();
        let (negative, amount) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        match (amount.strip_suffix('%'), negative) {
            (Some(share), false) => percent(share).map(Self::Percent),
            (Some(share), true) => percent(share).map(Self::LeaveFreePercent),
            (None, false) => amount.parse::<ByteSize>().map(|size| Self::Bytes(size.0)),
            (None, true) => amount.parse::<ByteSize>().map(|size| Self::LeaveFree(size.0)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_in_both_families_of_units() {
        let table = [
            ("100MiB", 100 << 20),
            ("10GB", 10_000_000_000),
            ("1.5k", 1500),
            ("4096", 4096),
            ("1,024 b", 1024),
            ("2 Gi", 2 << 30),
        ];
        for (text, bytes) in table {
            assert_eq!(text.parse::<ByteSize>(), Ok(ByteSize(bytes)), "{text}");
        }
        for text in ["", "x", "10 parsec", "-1", "99999999EB", "NaN"] {
            assert!(text.parse::<ByteSize>().is_err(), "{text}");
        }
        assert_eq!(ByteSize(100 << 20).to_string(), "100MiB");
    }

    #[test]
    fn limits_may_be_a_share_or_an_amount_to_leave() {
        let table = [
            ("50%", SizeLimit::Percent(50.0)),
            ("12.5%", SizeLimit::Percent(12.5)),
            (" 0.5 % ", SizeLimit::Percent(0.5)),
            ("100%", SizeLimit::Percent(100.0)),
            ("-10%", SizeLimit::LeaveFreePercent(10.0)),
            ("-2.5%", SizeLimit::LeaveFreePercent(2.5)),
            ("-1GiB", SizeLimit::LeaveFree(1 << 30)),
            ("-1.5GiB", SizeLimit::LeaveFree(3 << 29)),
            ("-1073741824", SizeLimit::LeaveFree(1 << 30)),
            ("1GiB", SizeLimit::Bytes(1 << 30)),
            ("0.5GiB", SizeLimit::Bytes(1 << 29)),
        ];
        for (text, limit) in table {
            assert_eq!(text.parse(), Ok(limit), "{text}");
        }
        for text in ["101%", "100.1%", "-101%", "--10%", "%", "-%", "10%%", "1e1%", "+10%", "NaN%", "-"] {
            assert!(text.parse::<SizeLimit>().is_err(), "{text}");
        }
    }
}
