//! Identifiers of disks, partitions and kinds of partitions.

use sha2::{Digest, Sha256};
pub use uuid::Uuid as Guid;

/// Kinds of partitions that the system makes (contract os.md 3.1).
pub mod kind {
    use super::Guid;

    /// The firmware's own file system.
    pub const EFI_SYSTEM: Guid = Guid::from_u128(0xC12A_7328_F81F_11D2_BA4B_00A0_C93E_C93B);
    /// Where GRUB's core lies on a machine without UEFI.
    pub const BIOS_BOOT: Guid = Guid::from_u128(0x2168_6148_6449_6E6F_744E_6565_6454_6649);
    /// Anything of Linux.
    pub const LINUX: Guid = Guid::from_u128(0x0FC6_3DAF_8483_4772_8E79_3D69_D847_7DE4);
    /// Swap.
    pub const SWAP: Guid = Guid::from_u128(0x0657_FD6D_A4AB_43C4_84E5_0933_C84B_4F4F);

    /// What a kind is called.
    pub fn name(kind: Guid) -> &'static str {
        match kind {
            EFI_SYSTEM => "EFI system",
            BIOS_BOOT => "BIOS boot",
            LINUX => "Linux data",
            SWAP => "swap",
            _ => "unknown kind",
        }
    }
}

/// The disk label that identifiers of a disk image are derived from (contract os.md 3.1).
pub const IMAGE_SEED: &[u8] = b"talos-image-disk";

/// An identifier that follows from a seed and a label: random for whoever takes a random seed, the
/// same every time for a disk image.
pub fn derive(seed: &[u8], label: &str) -> Guid {
    let digest = Sha256::new().chain_update(seed).chain_update([0]).chain_update(label).finalize();
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(digest).for_each(|(byte, from)| *byte = from);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_lie_on_disk_as_the_firmware_reads_them() {
        assert_eq!(kind::EFI_SYSTEM.to_string(), "c12a7328-f81f-11d2-ba4b-00a0c93ec93b");
        assert_eq!(kind::EFI_SYSTEM.to_bytes_le()[..4], [0x28, 0x73, 0x2a, 0xc1]);
    }

    #[test]
    fn an_identifier_follows_from_its_seed_and_label() {
        assert_eq!(derive(IMAGE_SEED, "EFI"), derive(IMAGE_SEED, "EFI"));
        assert_ne!(derive(IMAGE_SEED, "EFI"), derive(IMAGE_SEED, "META"));
        assert_ne!(derive(b"other", "EFI"), derive(IMAGE_SEED, "EFI"));
    }
}
