//! Volumes and their encryption.

use crate::Config;
use crate::documents::block::{
    EncryptionKey, EncryptionSpec, ExistingVolumeConfig, ExternalVolumeConfig, FilesystemScrubConfig,
    FilesystemTrimConfig, LVMLogicalVolumeConfig, LVMVolumeGroupConfig, RAIDArrayConfig, RawVolumeConfig,
    SwapVolumeConfig, UserVolumeConfig, VolumeConfig, ZswapConfig,
};
use crate::documents::v1alpha1::{EncryptionKeySection, EncryptionSection, MachineDisk};

impl Config {
    /// Settings of a volume of the system, with the encryption of the v1alpha1 section where
    /// no document says otherwise.
    pub fn volume(&self, name: &str) -> VolumeConfig {
        let document = self.all::<VolumeConfig>().into_iter().find(|volume| volume.name == name);
        let mut volume =
            document.unwrap_or_else(|| VolumeConfig { name: name.to_owned(), ..Default::default() });
        if volume.encryption.is_none() {
            let section = self.machine().and_then(|machine| machine.system_disk_encryption.as_ref());
            let section = section.and_then(|encryption| match name {
                "STATE" => encryption.state.as_ref(),
                "EPHEMERAL" => encryption.ephemeral.as_ref(),
                _ => None,
            });
            volume.encryption = section.map(encryption_of_section);
        }
        volume
    }

    /// Documents of volumes of the system.
    pub fn volumes(&self) -> Vec<VolumeConfig> {
        self.all()
    }

    /// Volumes for the user.
    pub fn user_volumes(&self) -> Vec<UserVolumeConfig> {
        self.all()
    }

    /// Partitions without a file system.
    pub fn raw_volumes(&self) -> Vec<RawVolumeConfig> {
        self.all()
    }

    /// Swap partitions.
    pub fn swap_volumes(&self) -> Vec<SwapVolumeConfig> {
        self.all()
    }

    /// Volumes that exist already.
    pub fn existing_volumes(&self) -> Vec<ExistingVolumeConfig> {
        self.all()
    }

    /// Volumes that a host shares.
    pub fn external_volumes(&self) -> Vec<ExternalVolumeConfig> {
        self.all()
    }

    /// Groups of volumes.
    pub fn volume_groups(&self) -> Vec<LVMVolumeGroupConfig> {
        self.all()
    }

    /// Logical volumes.
    pub fn logical_volumes(&self) -> Vec<LVMLogicalVolumeConfig> {
        self.all()
    }

    /// Software arrays.
    pub fn raid_arrays(&self) -> Vec<RAIDArrayConfig> {
        self.all()
    }

    /// The compressed cache in front of swap.
    pub fn zswap(&self) -> Option<ZswapConfig> {
        self.get()
    }

    /// Regular discards for all volumes.
    pub fn filesystem_trim(&self) -> Option<FilesystemTrimConfig> {
        self.get()
    }

    /// Regular checks for all volumes.
    pub fn filesystem_scrub(&self) -> Option<FilesystemScrubConfig> {
        self.get()
    }

    /// Disks to partition while installing.
    pub fn machine_disks(&self) -> Vec<MachineDisk> {
        self.machine().map(|machine| machine.disks.clone()).unwrap_or_default()
    }
}

fn encryption_of_section(section: &EncryptionSection) -> EncryptionSpec {
    EncryptionSpec {
        provider: section.provider,
        keys: section.keys.iter().map(key_of_section).collect(),
        cipher: section.cipher,
        key_size: section.key_size,
        block_size: section.block_size,
        options: section.options.clone(),
        allow_discards: None,
    }
}

fn key_of_section(section: &EncryptionKeySection) -> EncryptionKey {
    use crate::documents::block::EncryptionKeyTPM;
    EncryptionKey {
        slot: section.slot,
        static_key: section.static_key.clone(),
        node_id: section.node_id.clone(),
        kms: section.kms.clone(),
        tpm: section.tpm.as_ref().map(|tpm| EncryptionKeyTPM {
            check_secureboot_status_on_enroll: tpm.check_secureboot_status_on_enroll,
            ..Default::default()
        }),
        lock_to_state: None,
    }
}
