//! Link-layer addresses.

use std::fmt;
use std::str::FromStr;

/// An Ethernet (6 bytes), EUI-64 (8 bytes) or InfiniBand (20 bytes) address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HardwareAddr(pub Vec<u8>);

impl FromStr for HardwareAddr {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (separator, width) = match text.find([':', '-', '.']).and_then(|at| text.as_bytes().get(at)) {
            Some(b'.') => ('.', 4),
            Some(b'-') => ('-', 2),
            Some(b':') => (':', 2),
            _ => return Err(()),
        };
        let mut bytes = Vec::new();
        for part in text.split(separator) {
            if part.len() != width || !part.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                return Err(());
            }
            for at in (0..width).step_by(2) {
                let pair = part.get(at..at + 2).ok_or(())?;
                bytes.push(u8::from_str_radix(pair, 16).map_err(|_| ())?);
            }
        }
        if matches!(bytes.len(), 6 | 8 | 20) { Ok(Self(bytes)) } else { Err(()) }
    }
}

impl fmt::Display for HardwareAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, byte) in self.0.iter().enumerate() {
            if position > 0 {
                f.write_str(":")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hardware_addresses_read_in_their_three_notations() {
        for text in ["00:1a:2B:3c:4d:5e", "00-1a-2b-3c-4d-5e", "001a.2b3c.4d5e"] {
            assert_eq!(text.parse::<HardwareAddr>().unwrap().to_string(), "00:1a:2b:3c:4d:5e");
        }
        for text in ["", "00:1a", "00:1a:2b:3c:4d:5g", "00:1a-2b:3c:4d:5e", "+0:1a:2b:3c:4d:5e"] {
            assert!(text.parse::<HardwareAddr>().is_err(), "{text}");
        }
    }
}
