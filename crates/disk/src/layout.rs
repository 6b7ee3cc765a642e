//! The partitions of the system: which, how large and where (contract os.md 3.1).

use crate::bytes::human;
use crate::gpt::{LEGACY_BIOS_BOOTABLE, Partition, Table};
use crate::guid::{Guid, derive, kind};

const MIB: u64 = 1 << 20;

/// Labels of the system's partitions.
pub mod label {
    /// The firmware's file system.
    pub const EFI: &str = "EFI";
    /// GRUB's core on machines without UEFI.
    pub const BIOS: &str = "BIOS";
    /// What GRUB loads.
    pub const BOOT: &str = "BOOT";
    /// Small values that outlive everything else.
    pub const META: &str = "META";
    /// The machine's configuration and identity.
    pub const STATE: &str = "STATE";
    /// Everything else.
    pub const EPHEMERAL: &str = "EPHEMERAL";

    /// Every label that belongs to the system itself; user volumes have a prefix.
    pub const SYSTEM: [&str; 11] =
        [EFI, BIOS, BOOT, META, STATE, EPHEMERAL, "IMAGECACHE", "ETCD", "CRI", "KUBELET", "LOG"];
}

/// Bytes of META: exactly so many, or it is not found (contract os.md 3.2).
pub const META_SIZE: u64 = MIB;
/// Bytes of STATE, which the volume manager makes.
const STATE_SIZE: u64 = 100 * MIB;
/// The least bytes of EPHEMERAL, which the volume manager makes.
const EPHEMERAL_LEAST: u64 = 2048 * MIB;
/// Partitions begin at multiples of this: what every disk's erase blocks and sectors divide.
const ALIGNMENT: u64 = MIB;

/// Which boot loaders a disk has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loader {
    /// systemd-boot, for machines with UEFI.
    SdBoot,
    /// GRUB, for machines without.
    Grub,
    /// Both: a disk image that is written before its machine is known.
    DualBoot,
}

impl Loader {
    /// Whether systemd-boot is among them.
    pub fn sd_boot(self) -> bool {
        matches!(self, Self::SdBoot | Self::DualBoot)
    }

    /// Whether GRUB is among them.
    pub fn grub(self) -> bool {
        matches!(self, Self::Grub | Self::DualBoot)
    }

    /// The partitions that an installation makes, in their order.
    pub fn parts(self) -> Vec<Part> {
        let efi = if self.sd_boot() { 2101 * MIB } else { 100 * MIB };
        let mut parts = vec![Part { label: label::EFI, kind: kind::EFI_SYSTEM, size: efi, attributes: 0 }];
        if self.grub() {
            let attributes = LEGACY_BIOS_BOOTABLE;
            parts.push(Part { label: label::BIOS, kind: kind::BIOS_BOOT, size: MIB, attributes });
            parts.push(Part { label: label::BOOT, kind: kind::LINUX, size: 2000 * MIB, attributes: 0 });
        }
        parts.push(Part { label: label::META, kind: kind::LINUX, size: META_SIZE, attributes: 0 });
        parts
    }

    /// The least size of a disk, with room for what is made at the first boot.
    pub fn least_size(self) -> u64 {
        let parts: u64 = self.parts().iter().map(|part| part.size).sum();
        2 * ALIGNMENT + parts + STATE_SIZE + EPHEMERAL_LEAST
    }
}

/// A partition that an installation makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Its label.
    pub label: &'static str,
    /// What it is for.
    pub kind: Guid,
    /// Its size in bytes.
    pub size: u64,
    /// Attribute bits.
    pub attributes: u64,
}

/// The disk cannot hold the system.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the disk has {}, the system needs at least {}: choose a larger disk", human(*.size), human(*.least))]
pub struct TooSmall {
    /// Bytes that the disk has.
    pub size: u64,
    /// Bytes that it needs.
    pub least: u64,
}

/// The table of a fresh installation. Identifiers follow from `seed`: random bytes for a machine,
/// [`crate::guid::IMAGE_SEED`] for a disk image.
///
/// # Errors
/// When the disk is smaller than [`Loader::least_size`].
pub fn fresh(loader: Loader, size: u64, sector_size: u32, seed: &[u8]) -> Result<Table, TooSmall> {
    let least = loader.least_size();
    if size < least {
        return Err(TooSmall { size, least });
    }
    let sector = u64::from(sector_size.max(512));
    let mut next = ALIGNMENT;
    let mut partitions = Vec::new();
    for (number, part) in (1..).zip(loader.parts()) {
        let first = next / sector;
        next += part.size.next_multiple_of(ALIGNMENT);
        partitions.push(Partition {
            number,
            kind: part.kind,
            guid: derive(seed, part.label),
            first,
            last: first + part.size / sector - 1,
            attributes: part.attributes,
            label: part.label.to_owned(),
        });
    }
    Ok(Table { sector_size, sectors: size / sector, guid: derive(seed, ""), partitions })
}

/// Whether two tables have the same partitions in the same places, whatever their identifiers.
pub fn same_places(left: &Table, right: &Table) -> bool {
    let shape = |table: &Table| -> Vec<_> {
        let places = table
            .partitions
            .iter()
            .map(|part| (part.number, part.kind, part.first, part.last, part.attributes, part.label.clone()));
        places.collect()
    };
    left.sectors == right.sectors && shape(left) == shape(right)
}

/// Whether a table is that of an installation that did not come to its end: everything but META.
pub fn unfinished(table: &Table) -> bool {
    let size = table.sectors.saturating_mul(u64::from(table.sector_size));
    [Loader::SdBoot, Loader::Grub, Loader::DualBoot].into_iter().any(|loader| {
        let made = fresh(loader, size, table.sector_size, &[]);
        made.is_ok_and(|made| same_places(&made.without(&[label::META]), table))
    })
}

/// Which loaders a table has room for; none if it is not one of an installation.
pub fn loader_of(table: &Table) -> Option<Loader> {
    let is = |name: &str, kind: Guid| table.find(name).is_some_and(|partition| partition.kind == kind);
    if !is(label::EFI, kind::EFI_SYSTEM) {
        return None;
    }
    let grub = is(label::BIOS, kind::BIOS_BOOT) && is(label::BOOT, kind::LINUX);
    let efi = table.extent_of(label::EFI).map_or(0, |extent| extent.length);
    // Only an installation of GRUB alone has a partition of the firmware too small for kernels.
    Some(match (grub, efi > 200 * MIB) {
        (false, _) => Loader::SdBoot,
        (true, true) => Loader::DualBoot,
        (true, false) => Loader::Grub,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guid::IMAGE_SEED;

    fn shape(loader: Loader) -> Vec<(String, u64, u64)> {
        let table = fresh(loader, 8192 * MIB, 512, IMAGE_SEED).unwrap();
        assert!(table.writes().is_ok());
        assert_eq!(loader_of(&table), Some(loader));
        let extents = table.partitions.iter().map(|part| (part.label.clone(), table.extent(part)));
        extents.map(|(label, extent)| (label, extent.offset / MIB, extent.length / MIB)).collect()
    }

    #[test]
    fn each_loader_has_the_partitions_of_the_contract() {
        let of = |parts: &[(&str, u64, u64)]| -> Vec<(String, u64, u64)> {
            parts.iter().map(|(label, at, size)| ((*label).to_owned(), *at, *size)).collect()
        };
        assert_eq!(shape(Loader::SdBoot), of(&[("EFI", 1, 2101), ("META", 2102, 1)]));
        assert_eq!(
            shape(Loader::Grub),
            of(&[("EFI", 1, 100), ("BIOS", 101, 1), ("BOOT", 102, 2000), ("META", 2102, 1)])
        );
        assert_eq!(
            shape(Loader::DualBoot),
            of(&[("EFI", 1, 2101), ("BIOS", 2102, 1), ("BOOT", 2103, 2000), ("META", 4103, 1)])
        );
    }

    #[test]
    fn sectors_of_4096_bytes_get_the_same_places() {
        let (small, large) = (512, 4096);
        let places = |sector| {
            let table = fresh(Loader::DualBoot, 8192 * MIB, sector, IMAGE_SEED).unwrap();
            table.partitions.iter().map(|part| table.extent(part)).collect::<Vec<_>>()
        };
        assert_eq!(places(small), places(large));
    }

    #[test]
    fn a_disk_that_is_too_small_is_told_so_with_both_sizes() {
        let error = fresh(Loader::SdBoot, 1024 * MIB, 512, IMAGE_SEED).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the disk has 1 GiB, the system needs at least 4.1 GiB: choose a larger disk"
        );
    }

    #[test]
    fn a_bios_boots_from_its_partition_only() {
        let bootable = |part: &&Part| part.attributes == LEGACY_BIOS_BOOTABLE;
        let parts = Loader::DualBoot.parts();
        assert_eq!(parts.iter().filter(bootable).map(|part| part.label).collect::<Vec<_>>(), ["BIOS"]);
    }
}
