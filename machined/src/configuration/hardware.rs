//! What of a configuration depends on the machine that it is for (contract os.md 1.2, what only the node can see).

use std::path::Path;

use config::Config;

/// Facts about the machine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hardware {
    /// Devices are kept apart by a memory management unit of their own.
    pub iommu: bool,
    /// The system was started by a boot loader that brings its own kernel command line.
    pub boot_stub: bool,
}

impl Hardware {
    /// Looks at the machine below a root folder, `/` but for tests.
    pub fn look(root: &Path) -> Self {
        let units = std::fs::read_dir(root.join("sys/class/iommu"));
        // The variable that the stub of a unified kernel image leaves (contract os.md 1.2).
        let stub = "sys/firmware/efi/efivars/StubInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f";
        Self {
            iommu: units.is_ok_and(|mut units| units.next().is_some()),
            boot_stub: root.join(stub).exists(),
        }
    }

    /// Warnings about settings that have no effect on this machine.
    pub fn warnings(self, config: &Config) -> Vec<String> {
        let mut warnings = Vec::new();
        if !self.iommu && config.has("PCIDriverRebindConfig") {
            warnings.push(
                "PCIDriverRebindConfig: this machine has no IOMMU: devices cannot be given to other drivers safely"
                    .to_owned(),
            );
        }
        let kernel_args = config.install().is_some_and(|install| !install.extra_kernel_args.is_empty());
        if self.boot_stub && kernel_args {
            warnings.push(
                "v1alpha1: machine.install.extraKernelArgs: this machine takes its kernel command line from the boot \
                 image: extraKernelArgs have no effect"
                    .to_owned(),
            );
        }
        warnings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_effect_on_a_machine_is_told() {
        let text = "machine: {type: worker, install: {disk: /dev/sda, extraKernelArgs: [a=b]}}\n---\n\
                    apiVersion: v1alpha1\nkind: PCIDriverRebindConfig\nname: '0000:04:00.0'\ntargetDriver: vfio-pci\n";
        let config = Config::decode("configuration", text.as_bytes()).unwrap();
        let root = tempfile::tempdir().unwrap();
        let bare = Hardware::look(root.path());
        assert_eq!(bare, Hardware::default());
        assert!(bare.warnings(&config).join("\n").contains("no IOMMU"));
        std::fs::create_dir_all(root.path().join("sys/class/iommu/dmar0")).unwrap();
        let efi = root.path().join("sys/firmware/efi/efivars");
        std::fs::create_dir_all(&efi).unwrap();
        std::fs::write(efi.join("StubInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"), "").unwrap();
        let warnings = Hardware::look(root.path()).warnings(&config);
        assert!(warnings.len() == 1 && warnings[0].contains("extraKernelArgs"), "{warnings:?}");
    }
}
