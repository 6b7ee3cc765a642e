//! Installation, disks and encryption.

use std::collections::BTreeSet;

use super::super::{Context, at};
use crate::access::split_size;
use crate::documents::v1alpha1::{
    EncryptionSection, InstallConfig, InstallDiskSelectorSection, MachineConfig,
};
use crate::yaml::Path;

pub(super) fn validate(machine: &MachineConfig, cx: &mut Context<'_>) {
    if let Some(section) = &machine.install {
        install(section, cx);
    }
    for (index, disk) in machine.disks.iter().enumerate() {
        let last = disk.partitions.len().saturating_sub(1);
        for (position, partition) in disk.partitions.iter().enumerate() {
            let path = at!["machine", "disks", index, "partitions", position];
            let size = partition.size.parse::<crate::value::ByteSize>();
            if !partition.size.is_empty() && size.is_err() {
                let message = format!("{:?} is not a size such as 100GB", partition.size);
                cx.error("disk-partition-size", path.join("size"), message);
            }
            let rest = partition.size.is_empty() || size.is_ok_and(|size| size.0 == 0);
            if rest && position != last {
                let message = "only the last partition may take the rest of the disk; give this one a size";
                cx.error("disk-partition-rest", path, message);
            }
        }
    }
    if let Some(encryption) = &machine.system_disk_encryption {
        for (name, section) in [("state", &encryption.state), ("ephemeral", &encryption.ephemeral)] {
            if let Some(section) = section {
                encrypted(section, &at!["machine", "systemDiskEncryption", name], cx);
            }
        }
    }
}

fn install(install: &InstallConfig, cx: &mut Context<'_>) {
    let path = at!["machine", "install"];
    if cx.options.mode.requires_install() {
        match &install.disk_selector {
            Some(selector) => self::selector(selector, &path.join("diskSelector"), cx),
            // The document may say it instead.
            None if install.disk.is_empty() && !cx.config.has("UnattendedInstallConfig") => {
                let message = "an installation needs a disk: set disk or diskSelector";
                cx.error("install-disk-required", path.clone(), message);
            }
            None => {}
        }
        if !install.extra_kernel_args.is_empty() && install.grub_use_uki_cmdline == Some(true) {
            let message =
                "extraKernelArgs have no effect while grubUseUKICmdline is true; choose one of the two";
            cx.error("install-kernel-args", path.join("extraKernelArgs"), message);
        }
    }
    let mut seen = BTreeSet::new();
    for (index, extension) in install.extensions.iter().enumerate() {
        if !seen.insert(&extension.image) {
            let message = format!("the extension {:?} is listed twice", extension.image);
            cx.error("install-extension-twice", path.join("extensions").join(index), message);
        }
    }
    if !install.extensions.is_empty() {
        let message = "extensions are deprecated; build them into the installer's image";
        cx.warn("install-extensions-deprecated", path.join("extensions"), message);
    }
}

fn selector(selector: &InstallDiskSelectorSection, path: &Path, cx: &mut Context<'_>) {
    if !selector.name.is_empty() {
        let message =
            "names of disks change between boots and cannot be selected by; use wwid, serial or busPath";
        cx.error("install-disk-selector", path.join("name"), message);
    }
    if !selector.size.is_empty() && split_size(&selector.size).is_none() {
        let message = format!("{:?} is not a size such as 4GB, <= 2TB or > 1TB", selector.size);
        cx.error("install-disk-selector", path.join("size"), message);
    }
    if *selector == InstallDiskSelectorSection::default() {
        let message = "the selector is empty: the first disk that is found is installed to";
        cx.warn("install-disk-selector-empty", path.clone(), message);
    }
}

fn encrypted(section: &EncryptionSection, path: &Path, cx: &mut Context<'_>) {
    if section.keys.is_empty() {
        cx.error("encryption-keys", path.join("keys"), "encryption needs at least one key");
    }
    unique_slots(section.keys.iter().map(|key| key.slot.unwrap_or(0)), &path.join("keys"), cx);
    for (index, key) in section.keys.iter().enumerate() {
        let methods = [key.static_key.is_some(), key.node_id.is_some(), key.kms.is_some(), key.tpm.is_some()];
        if methods.into_iter().filter(|set| *set).count() != 1 {
            let message = "a key needs exactly one of static, nodeID, kms, tpm";
            cx.error("encryption-key-method", path.join("keys").join(index), message);
        }
    }
}

/// No two keys may have the same slot.
pub(crate) fn unique_slots(slots: impl Iterator<Item = u32>, path: &Path, cx: &mut Context<'_>) {
    let mut seen = BTreeSet::new();
    for (index, slot) in slots.enumerate() {
        if !seen.insert(slot) {
            let message = format!("the slot {slot} is already taken by another key");
            cx.error("encryption-slot", path.join(index).join("slot"), message);
        }
    }
}
