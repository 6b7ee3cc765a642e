//! What a machine boots from a disk, and what its boot loader changes on the way: the choice of the
//! firmware, systemd-boot and GRUB as a function. With it a plan can be judged at every moment.

use crate::facts::{Digest, Facts, Files, Volume, find};
use crate::grub::{CONFIG, Config, ENVIRONMENT, Environment, NEXT_ENTRY, Slot, starts_from};
use crate::guid::kind;
use crate::layout::label;
use crate::sdboot::{choose, removable_path};
use crate::uki::Arch;

/// The firmware of a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Firmware {
    /// UEFI, on an architecture.
    Uefi(Arch),
    /// A BIOS.
    Bios,
}

/// What is booted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Boots {
    /// A system on the disk.
    System {
        /// What [`Facts::booted`] is then.
        name: String,
        /// The file of its kernel, or of its kernel image.
        kernel: String,
        /// The content of that file.
        digest: Digest,
    },
    /// Nothing on the disk: the firmware goes on to the network or an installation medium.
    NextDevice {
        /// What is missing.
        reason: String,
    },
}

fn next(reason: impl Into<String>) -> Boots {
    Boots::NextDevice { reason: reason.into() }
}

/// Boots once: says what, and changes what the boot loader changes.
pub fn boot(facts: &mut Facts, firmware: Firmware) -> Boots {
    let boots = match firmware {
        Firmware::Uefi(arch) => uefi(facts, arch),
        Firmware::Bios => bios(facts),
    };
    facts.booted = match &boots {
        Boots::System { name, .. } => Some(name.clone()),
        Boots::NextDevice { .. } => None,
    };
    boots
}

fn uefi(facts: &mut Facts, arch: Arch) -> Boots {
    let partition = facts.gpt().and_then(|table| table.find(label::EFI));
    if partition.is_none_or(|partition| partition.kind != kind::EFI_SYSTEM) {
        return next("the disk has no partition for the firmware");
    }
    let Volume::Files { files, .. } = &mut facts.esp else {
        return next("EFI has no file system");
    };
    let path = removable_path(arch);
    if find(files, path).is_none() {
        return next(format!("EFI has no {path}"));
    }
    let chosen = choose(files, facts.variables.as_ref());
    if let Some(variables) = &mut facts.variables {
        variables.one_shot = None;
    }
    let Some((entry, _)) = chosen else { return next("EFI has no kernel image") };
    let tried = entry.tried();
    let Some(file) = remove(files, &entry.path()) else { return next("EFI has no kernel image") };
    let digest = file.digest;
    files.insert(tried.path(), file);
    Boots::System { name: entry.id(), kernel: tried.path(), digest }
}

fn remove(files: &mut Files, path: &str) -> Option<crate::facts::FileFact> {
    let key = files.keys().find(|known| known.eq_ignore_ascii_case(path)).cloned()?;
    files.remove(&key)
}

fn bios(facts: &mut Facts) -> Boots {
    let bios = facts.gpt().and_then(|table| table.extent_of(label::BIOS));
    let Some(bios) = bios else { return next("the disk has no BIOS partition") };
    if !starts_from(&facts.grub.boot_code, bios) || facts.grub.core.is_none() {
        return next("the first sector has no boot code");
    }
    let Volume::Files { files, .. } = &mut facts.boot else {
        return next("BOOT has no file system");
    };
    let text = |files: &Files, path: &str| find(files, path).and_then(|file| file.text.clone());
    let config = text(files, CONFIG).and_then(|text| Config::parse(&text).ok());
    let Some(config) = config else { return next("BOOT has no menu of GRUB") };
    let mut environment = text(files, ENVIRONMENT).map(|text| Environment::parse(&text)).unwrap_or_default();
    let asked =
        environment.variables.insert(NEXT_ENTRY.to_owned(), String::new()).filter(|name| !name.is_empty());
    let order: Vec<Slot> = match &asked {
        Some(name) => {
            let asked = config.entries.iter().find(|entry| entry.name() == *name).map(|entry| entry.slot);
            asked.into_iter().chain([config.default]).collect()
        }
        None => std::iter::once(config.default).chain(config.fallback).collect(),
    };
    if asked.is_some()
        && let Some(text) = environment.render()
    {
        files.insert(ENVIRONMENT.to_owned(), crate::facts::FileFact::of(text.as_bytes()));
    }
    let bootable = order.into_iter().filter_map(|slot| config.entry(slot)).find_map(|entry| {
        let kernel = find(files, &entry.kernel())?;
        find(files, &entry.initramfs())?;
        let (name, digest) = (entry.slot.to_string(), kernel.digest);
        Some(Boots::System { name, kernel: entry.kernel(), digest })
    });
    bootable.unwrap_or_else(|| next("no system in GRUB's menu has its kernel"))
}
