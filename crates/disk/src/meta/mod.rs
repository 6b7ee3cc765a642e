//! META: small values that outlive installations of the system, in two copies (contract os.md 3.2).

mod adv;
mod injected;
mod legacy;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::gpt::Write;
pub use adv::{BLOCK, MAGIC};
pub use injected::{InjectedError, injected};

/// Keys that the system gives a meaning to.
pub mod tag {
    /// What to boot when the tried system does not come up: a label of GRUB or the file of a kernel.
    pub const UPGRADE: u8 = 0x06;
    /// The image of a staged upgrade.
    pub const STAGED_UPGRADE_IMAGE_REF: u8 = 0x07;
    /// Options of a staged upgrade, as JSON.
    pub const STAGED_UPGRADE_INSTALL_OPTIONS: u8 = 0x08;
    /// How STATE is encrypted, as JSON.
    pub const STATE_ENCRYPTION_CONFIG: u8 = 0x09;
    /// Network configuration of a metal machine, as YAML.
    pub const METAL_NETWORK_PLATFORM_CONFIG: u8 = 0x0a;
    /// The value of `${code}` in the URL of a configuration.
    pub const DOWNLOAD_URL_CODE: u8 = 0x0b;
    /// The first of three keys for users.
    pub const USER_RESERVED_1: u8 = 0x0c;
    /// The second of them.
    pub const USER_RESERVED_2: u8 = 0x0d;
    /// The third of them.
    pub const USER_RESERVED_3: u8 = 0x0e;
    /// The UUID of a machine whose firmware has no useful one.
    pub const UUID_OVERRIDE: u8 = 0x0f;
    /// The token of this machine for SideroLink.
    pub const UNIQUE_MACHINE_TOKEN: u8 = 0x10;
    /// The boot loaders of a disk image, `dual-boot` for example.
    pub const DISK_IMAGE_BOOTLOADER: u8 = 0x11;

    /// What a key is called; user keys and unknown ones have no name.
    pub fn name(tag: u8) -> Option<&'static str> {
        Some(match tag {
            UPGRADE => "Upgrade",
            STAGED_UPGRADE_IMAGE_REF => "StagedUpgradeImageRef",
            STAGED_UPGRADE_INSTALL_OPTIONS => "StagedUpgradeInstallOptions",
            STATE_ENCRYPTION_CONFIG => "StateEncryptionConfig",
            METAL_NETWORK_PLATFORM_CONFIG => "MetalNetworkPlatformConfig",
            DOWNLOAD_URL_CODE => "DownloadURLCode",
            USER_RESERVED_1 => "UserReserved1",
            USER_RESERVED_2 => "UserReserved2",
            USER_RESERVED_3 => "UserReserved3",
            UUID_OVERRIDE => "UUIDOverride",
            UNIQUE_MACHINE_TOKEN => "UniqueMachineToken",
            DISK_IMAGE_BOOTLOADER => "DiskImageBootloader",
            _ => return None,
        })
    }
}

/// The values, by key. They may be secret: see [`std::fmt::Debug`] of this type, which shows keys only.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Meta {
    values: BTreeMap<u8, Vec<u8>>,
}

impl std::fmt::Debug for Meta {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.values.keys().map(|key| format!("{key:#04x}"))).finish()
    }
}

/// Why a value cannot be kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MetaError {
    /// Key 0 marks the end.
    #[error("META has no key 0: keys are 1 to 255")]
    ZeroKey,
    /// The values are too many or too long.
    #[error("META has room for {} bytes, these values need {needed}: delete some first", adv::CAPACITY)]
    Full {
        /// Bytes of all entries.
        needed: usize,
    },
}

/// What was read: the values, and whether both copies say so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// The values.
    pub meta: Meta,
    /// Whether both copies are whole and equal; otherwise it is worth writing them again.
    pub whole: bool,
}

impl Meta {
    /// A value.
    pub fn get(&self, tag: u8) -> Option<&[u8]> {
        self.values.get(&tag).map(Vec::as_slice)
    }

    /// A value that is text.
    pub fn text(&self, tag: u8) -> Option<&str> {
        std::str::from_utf8(self.get(tag)?).ok()
    }

    /// The keys that have a value.
    pub fn keys(&self) -> impl Iterator<Item = u8> + '_ {
        self.values.keys().copied()
    }

    /// Sets a value.
    ///
    /// # Errors
    /// When there is no room for it, or the key is 0.
    pub fn set(&mut self, tag: u8, value: impl Into<Vec<u8>>) -> Result<(), MetaError> {
        if tag == 0 {
            return Err(MetaError::ZeroKey);
        }
        let mut changed = self.clone();
        changed.values.insert(tag, value.into());
        let needed = adv::needed(&changed.values);
        if needed > adv::CAPACITY {
            return Err(MetaError::Full { needed });
        }
        *self = changed;
        Ok(())
    }

    /// Removes a value and says whether there was one.
    pub fn remove(&mut self, tag: u8) -> bool {
        self.values.remove(&tag).is_some()
    }

    /// Reads the content of the partition: the first copy that is whole. Keys that only the format
    /// of old installations has are taken from there.
    pub fn read(partition: &[u8]) -> Option<Read> {
        let copy = |at: usize| partition.get(at..at + adv::BLOCK).and_then(adv::decode);
        let (first, second) = (copy(0), copy(adv::BLOCK));
        let whole = first.is_some() && first == second;
        let old = legacy::read(partition);
        if first.is_none() && second.is_none() && old.is_none() {
            return None;
        }
        let mut values = old.unwrap_or_default();
        values.extend(first.or(second).unwrap_or_default());
        Some(Read { meta: Self { values }, whole })
    }

    /// What is written where in the partition, in this order, each one on the disk before the next
    /// begins: whichever copy is half-written, the other one is whole.
    pub fn writes(&self) -> [Write; 2] {
        let block = adv::encode(&self.values);
        [Write { offset: 0, bytes: block.clone() }, Write { offset: adv::BLOCK as u64, bytes: block }]
    }
}
