//! The values that META begins with, from the environment: `INSTALLER_META_BASE64`.

use std::io::Read;

use base64::Engine;
use disk::meta::{Meta, injected};

use crate::{Error, Result};

/// The variable with the values.
pub const VARIABLE: &str = "INSTALLER_META_BASE64";
/// More than META holds is not unpacked.
const MOST: u64 = 1 << 20;

/// The values of the variable; base64 of the list, compressed with gzip if that was worth it.
///
/// # Errors
/// When it is not of that form, or the values do not fit.
pub fn decode(value: &str) -> Result<Meta> {
    let wrong = |why: &dyn std::fmt::Display| Error::InvalidInput(format!("{VARIABLE}: {why}"));
    let mut bytes =
        base64::engine::general_purpose::STANDARD.decode(value.trim()).map_err(|error| wrong(&error))?;
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut unpacked = Vec::new();
        let mut decoder = flate2::read::GzDecoder::new(bytes.as_slice()).take(MOST);
        decoder.read_to_end(&mut unpacked).map_err(|error| wrong(&error))?;
        bytes = unpacked;
    }
    let list = String::from_utf8(bytes).map_err(|_| wrong(&"it is no text"))?;
    let mut meta = Meta::default();
    injected(&list, &mut meta).map_err(|error| wrong(&error))?;
    Ok(meta)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn values_come_plain_or_compressed() {
        let encode = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
        let list = format!("0xa={};0xb=code", "x".repeat(300));
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gzip.write_all(list.as_bytes()).unwrap();
        for text in [encode(list.as_bytes()), encode(&gzip.finish().unwrap())] {
            let meta = decode(&text).unwrap();
            assert_eq!((meta.text(0xa).map(str::len), meta.text(0xb)), (Some(300), Some("code")));
        }
        let error = decode(&encode(b"nothing")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "INSTALLER_META_BASE64: item 1 of the list of META values is not like 0x0a=VALUE"
        );
        assert_eq!(error.exit_code(), 2);
    }
}
