//! GRUB's first two parts as they lie on a disk (GRUB manual, "Images"): 440 bytes in the first
//! sector, which load the core out of the BIOS partition.

use crate::bytes::{Extent, human, le64, put};

/// Bytes of code in the first sector; the disk's signature and table follow.
pub const BOOT_CODE: usize = 440;
/// Where the boot code keeps the sector of the core.
const KERNEL_SECTOR: usize = 0x5c;
/// Where it decides whether to trust the drive's number that the BIOS gave: replaced by two
/// instructions that do nothing, for a disk.
const DRIVE_CHECK: usize = 0x66;
/// Where the core's first sector lists where the others are: start, number, segment.
const BLOCK_LIST: usize = 0x1f4;
/// Bytes of a sector for a BIOS.
const SECTOR: u64 = 512;

/// Why GRUB cannot be put onto a disk.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EmbedError {
    /// A BIOS reads sectors of 512 bytes.
    #[error("a BIOS cannot boot from a disk with sectors of {0} bytes: use UEFI, or another disk")]
    SectorSize(u32),
    /// `boot.img` has another size.
    #[error("GRUB's boot image has {0} bytes instead of 512")]
    BootImage(usize),
    /// `core.img` is too small or too large.
    #[error("GRUB's core image has {0} bytes, which does not fit the BIOS partition of {room}", room = human(*.1))]
    CoreImage(usize, u64),
}

/// The boot code of a disk whose core lies in the partition `bios`.
///
/// # Errors
/// When the image or the disk's sectors have another size.
pub fn boot_code(image: &[u8], bios: Extent, sector_size: u32) -> Result<Vec<u8>, EmbedError> {
    if u64::from(sector_size) != SECTOR {
        return Err(EmbedError::SectorSize(sector_size));
    }
    if image.len() != 512 {
        return Err(EmbedError::BootImage(image.len()));
    }
    let mut code = image.get(..BOOT_CODE).unwrap_or_default().to_vec();
    put(&mut code, KERNEL_SECTOR, &(bios.offset / SECTOR).to_le_bytes());
    put(&mut code, DRIVE_CHECK, &[0x90, 0x90]);
    Ok(code)
}

/// The content of the partition `bios`: the core, which knows where the rest of it lies, and zeros.
///
/// # Errors
/// When the core does not fit.
pub fn core_image(core: &[u8], bios: Extent) -> Result<Vec<u8>, EmbedError> {
    let fits = core.len() > 512 && core.len() as u64 <= bios.length;
    let rest = core.len().div_ceil(512).saturating_sub(1);
    let (Ok(rest), true, Ok(length)) = (u16::try_from(rest), fits, usize::try_from(bios.length)) else {
        return Err(EmbedError::CoreImage(core.len(), bios.length));
    };
    let mut content = core.to_vec();
    content.resize(length, 0);
    put(&mut content, BLOCK_LIST, &(bios.offset / SECTOR + 1).to_le_bytes());
    put(&mut content, BLOCK_LIST + 8, &rest.to_le_bytes());
    Ok(content)
}

/// Whether boot code loads what lies in a partition.
pub fn starts_from(code: &[u8], bios: Extent) -> bool {
    le64(code, KERNEL_SECTOR) == Some(bios.offset / SECTOR)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BIOS: Extent = Extent { offset: 101 << 20, length: 1 << 20 };

    #[test]
    fn each_part_knows_where_the_next_one_lies() {
        let code = boot_code(&[0xff; 512], BIOS, 512).unwrap();
        assert_eq!(code.len(), 440);
        assert_eq!(code[0x5c..0x64], (101_u64 * 2048).to_le_bytes());
        assert_eq!(code[0x66..0x68], [0x90, 0x90]);
        assert!(starts_from(&code, BIOS));
        let core = core_image(&[0xff; 1300], BIOS).unwrap();
        assert_eq!(core.len(), 1 << 20);
        assert_eq!(core[0x1f4..0x1fc], (101_u64 * 2048 + 1).to_le_bytes());
        assert_eq!(core[0x1fc..0x1fe], 2_u16.to_le_bytes());
        assert_eq!((core[1299], core[1300]), (0xff, 0));
    }

    #[test]
    fn what_cannot_boot_is_refused() {
        assert_eq!(boot_code(&[0; 512], BIOS, 4096), Err(EmbedError::SectorSize(4096)));
        assert_eq!(boot_code(&[0; 100], BIOS, 512), Err(EmbedError::BootImage(100)));
        assert_eq!(
            core_image(&vec![0; 2 << 20], BIOS).unwrap_err().to_string(),
            "GRUB's core image has 2097152 bytes, which does not fit the BIOS partition of 1 MiB"
        );
    }
}
