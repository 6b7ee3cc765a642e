//! Installation, disks and their encryption.

use crate::documents::block::{
    EncryptionCipher, EncryptionKeyKMS, EncryptionKeyNodeID, EncryptionKeyStatic, EncryptionProvider,
};
use crate::schema::Effect;

choice! {
    /// The kind of a disk.
    InstallDiskType { Ssd = "ssd", Hdd = "hdd", Nvme = "nvme", Sd = "sd" }
}

record! {
    /// Which disk to install to. All that is set must match.
    InstallDiskSelectorSection {
        /// Its size, with an operator: `4GB`, `<= 2TB`, `> 1TB`.
        "size" size: String;
        /// Its name. Not supported: it can change between boots.
        "name" name: String;
        /// A pattern of its model.
        "model" model: String;
        /// A pattern of its serial number.
        "serial" serial: String;
        /// A pattern of its modalias.
        "modalias" modalias: String;
        /// A pattern of its UUID.
        "uuid" uuid: String;
        /// A pattern of its WWID.
        "wwid" wwid: String;
        /// Its kind.
        "type" kind: Option<InstallDiskType>;
        /// A pattern of its path on the bus.
        "busPath" bus_path: String;
    }

    /// An extension to install.
    InstallExtensionConfig {
        /// Its image.
        "image" image: String;
    }

    /// The installation.
    InstallConfig {
        /// The disk to install to.
        "disk" disk: String;
        /// Which disk to install to.
        "diskSelector" disk_selector: Option<InstallDiskSelectorSection>
            => example("type: nvme\nsize: '>= 100GB'") presence;
        /// Further arguments of the kernel.
        "extraKernelArgs" extra_kernel_args: Vec<String> => deprecated;
        /// The installer's image.
        "image" image: String;
        /// Extensions to install.
        "extensions" extensions: Vec<InstallExtensionConfig> => deprecated;
        /// Whether a boot loader is installed; it always is.
        "bootloader" bootloader: Option<bool> => deprecated;
        /// Whether the disk is wiped.
        "wipe" wipe: Option<bool>;
        /// Whether old firmware finds the boot loader.
        "legacyBIOSSupport" legacy_bios_support: Option<bool>;
        /// Whether GRUB takes the kernel's arguments from the unified kernel image.
        "grubUseUKICmdline" grub_use_uki_cmdline: Option<bool>;
    }

    /// A partition.
    DiskPartition {
        /// Its size; the rest of the disk when left out.
        "size" size: String;
        /// Where it is mounted.
        "mountpoint" mountpoint: String;
    }

    /// A disk to partition while installing.
    MachineDisk {
        /// The disk.
        "device" device: String;
        /// Its partitions.
        "partitions" partitions: Vec<DiskPartition>;
    }

    /// A key that the machine's TPM keeps.
    EncryptionKeyTPMSection {
        /// Whether the key is made only while Secure Boot is on.
        "checkSecurebootStatusOnEnroll" check_secureboot_status_on_enroll: Option<bool>;
    }

    /// One of the keys that open a volume. Exactly one way to get the key is set.
    EncryptionKeySection {
        /// A passphrase in the configuration.
        "static" static_key: Option<EncryptionKeyStatic> => presence;
        /// The machine's identity.
        "nodeID" node_id: Option<EncryptionKeyNodeID> => presence;
        /// A service on the network.
        "kms" kms: Option<EncryptionKeyKMS> => presence;
        /// The slot of the key.
        "slot" slot: Option<u32>;
        /// The machine's TPM.
        "tpm" tpm: Option<EncryptionKeyTPMSection> => presence;
    }

    /// Encryption of a volume.
    EncryptionSection {
        /// The format.
        "provider" provider: Option<EncryptionProvider>;
        /// The keys; changed keys are rotated at the next boot.
        "keys" keys: Vec<EncryptionKeySection> => effect(Effect::Reboot);
        /// The cipher.
        "cipher" cipher: Option<EncryptionCipher>;
        /// Bits of the volume's key.
        "keySize" key_size: Option<u32>;
        /// Bytes of an encrypted block.
        "blockSize" block_size: Option<u64>;
        /// Performance options.
        "options" options: Vec<String> => effect(Effect::Reboot);
    }

    /// Encryption of the system's volumes.
    SystemDiskEncryptionConfig {
        /// The volume with the configuration.
        "state" state: Option<EncryptionSection> => presence;
        /// The volume with everything that may be lost.
        "ephemeral" ephemeral: Option<EncryptionSection> => presence;
    }
}
