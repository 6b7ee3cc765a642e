//! The boot loader's variables as text: UTF-16 with a zero at the end (contract os.md 3.5).

use disk::sdboot::{Variables, variable};
use sys::efivars::EfiVarsPort;

use crate::Result;

/// A value as the firmware keeps it.
pub fn encode(text: &str) -> Vec<u8> {
    text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect()
}

/// The text of a value.
pub fn decode(bytes: &[u8]) -> String {
    let pairs = bytes.chunks_exact(2).filter_map(|pair| pair.try_into().ok());
    let units: Vec<u16> = pairs.map(u16::from_le_bytes).take_while(|unit| *unit != 0).collect();
    String::from_utf16_lossy(&units)
}

fn text(port: &dyn EfiVarsPort, name: &str) -> Result<Option<String>> {
    let value = port.get(variable::VENDOR, name)?;
    Ok(value.map(|bytes| decode(&bytes)).filter(|text| !text.is_empty()))
}

/// What decides about the next boot.
pub(crate) fn read(port: &dyn EfiVarsPort) -> Result<Variables> {
    Ok(Variables { default: text(port, variable::DEFAULT)?, one_shot: text(port, variable::ONE_SHOT)? })
}

/// What was booted.
pub(crate) fn booted(port: &dyn EfiVarsPort) -> Result<Option<String>> {
    text(port, variable::SELECTED)
}

/// Sets or removes one.
pub(crate) fn write(port: &dyn EfiVarsPort, name: &str, value: Option<&str>) -> Result<()> {
    match value {
        Some(value) => port.set(variable::VENDOR, name, &encode(value))?,
        None => port.remove(variable::VENDOR, name)?,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_kept_as_the_boot_loader_reads_it() {
        assert_eq!(encode("aé"), [0x61, 0, 0xe9, 0, 0, 0]);
        assert_eq!(decode(&encode("Talos-v1.efi")), "Talos-v1.efi");
        assert_eq!(decode(&[0x61]), "");
    }
}
