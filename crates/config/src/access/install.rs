//! The installation.

use crate::Config;
use crate::access::non_empty;
use crate::documents::runtime::UnattendedInstallConfig;
use crate::documents::v1alpha1::InstallDiskSelectorSection;

/// How the system is installed to a disk.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Install {
    /// Whether a document asks for it, instead of the v1alpha1 section.
    pub unattended: bool,
    /// The disk by its path, if it is named so.
    pub disk: Option<String>,
    /// An expression over `disk`, if it is selected so.
    pub disk_match: Option<String>,
    /// The installer's image.
    pub image: Option<String>,
    /// Whether the disk is wiped.
    pub wipe: bool,
    /// Whether the machine reboots afterwards.
    pub reboot: bool,
    /// Further arguments of the kernel.
    pub extra_kernel_args: Vec<String>,
    /// Extensions to install, by image.
    pub extensions: Vec<String>,
    /// Whether old firmware finds the boot loader.
    pub legacy_bios_support: bool,
    /// Whether GRUB takes the kernel's arguments from the unified kernel image.
    pub grub_use_uki_cmdline: bool,
}

impl Config {
    /// The installation, if one is asked for.
    pub fn install(&self) -> Option<Install> {
        let section = self.machine().and_then(|machine| machine.install.as_ref());
        let legacy = section.map(|section| Install {
            unattended: false,
            disk: non_empty(&section.disk),
            disk_match: section.disk_selector.as_ref().map(disk_selector_expression),
            image: non_empty(&section.image),
            wipe: section.wipe.unwrap_or(false),
            reboot: true,
            extra_kernel_args: section.extra_kernel_args.clone(),
            extensions: section.extensions.iter().map(|extension| extension.image.clone()).collect(),
            legacy_bios_support: section.legacy_bios_support.unwrap_or(false),
            grub_use_uki_cmdline: section.grub_use_uki_cmdline.unwrap_or(false),
        });
        let Some(document) = self.get::<UnattendedInstallConfig>() else { return legacy };
        let legacy = legacy.unwrap_or_default();
        let wipe = section.and_then(|section| section.wipe);
        let image = non_empty(&document.installer.image).or(legacy.image);
        let disk_match = non_empty(&document.provisioning.disk_selector.matches);
        Some(Install {
            unattended: true,
            disk: legacy.disk.filter(|_| disk_match.is_none()),
            disk_match: disk_match.or(legacy.disk_match),
            wipe: document.provisioning.wipe.or(wipe).unwrap_or(true),
            reboot: document.reboot.unwrap_or(image.is_some()),
            grub_use_uki_cmdline: section.and_then(|section| section.grub_use_uki_cmdline).unwrap_or(true),
            image,
            ..legacy
        })
    }
}

/// The expression that a selector of the v1alpha1 section stands for (contract os.md 1.3).
pub fn disk_selector_expression(selector: &InstallDiskSelectorSection) -> String {
    let mut terms = Vec::new();
    if let Some((operator, size)) = split_size(&selector.size) {
        terms.push(format!("disk.size {operator} {size}u"));
    }
    let globs = [
        ("uuid", &selector.uuid),
        ("wwid", &selector.wwid),
        ("model", &selector.model),
        ("serial", &selector.serial),
        ("modalias", &selector.modalias),
        ("bus_path", &selector.bus_path),
    ];
    for (attribute, pattern) in globs {
        if !pattern.is_empty() {
            terms.push(format!("glob({pattern:?}, disk.{attribute})"));
        }
    }
    if let Some(kind) = selector.kind {
        use crate::documents::v1alpha1::InstallDiskType as Kind;
        terms.push(match kind {
            Kind::Nvme => "disk.transport == \"nvme\"".to_owned(),
            Kind::Sd => "disk.transport == \"mmc\"".to_owned(),
            Kind::Hdd => "disk.rotational".to_owned(),
            Kind::Ssd => "!disk.rotational".to_owned(),
        });
    }
    terms.push("disk.transport != \"\" && !disk.readonly && !disk.cdrom".to_owned());
    terms.join(" && ")
}

/// The operator and the number of bytes of a size such as `<= 2TB`.
pub(crate) fn split_size(text: &str) -> Option<(&'static str, u64)> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let (operator, rest) = ["<=", ">=", "==", "<", ">"]
        .into_iter()
        .find_map(|operator| text.strip_prefix(operator).map(|rest| (operator, rest)))
        .unwrap_or(("==", text));
    rest.trim().parse::<crate::value::ByteSize>().ok().map(|size| (operator, size.0))
}
