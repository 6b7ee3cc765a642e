//! Volumes.

use super::EncryptionSpec;
use crate::schema::Effect;
use crate::value::{ByteSize, Duration, SizeLimit};

choice! {
    /// What a user volume is made of.
    VolumeType {
        Partition = "partition",
        Disk = "disk",
        Directory = "directory",
    }

    /// The file system of a user volume.
    FilesystemType { Xfs = "xfs", Ext4 = "ext4", Btrfs = "btrfs" }

    /// The file system of a volume that the host shares.
    ExternalFilesystemType { Virtiofs = "virtiofs" }
}

record! {
    /// Which disk.
    DiskSelector {
        /// An expression over `disk` and `system_disk`.
        "match" matches: String => example("disk.transport == 'nvme' && !system_disk");
    }

    /// Where a volume is created and how large.
    ProvisioningSpec {
        /// On which disk.
        "diskSelector" disk_selector: DiskSelector => effect(Effect::Reinstall);
        /// Whether the volume grows when its disk has room; up to maxSize.
        "grow" grow: Option<bool> => effect(Effect::Reboot);
        /// The least size.
        "minSize" min_size: Option<ByteSize> => effect(Effect::Reinstall);
        /// The greatest size, a share of the disk, or an amount to leave free.
        "maxSize" max_size: Option<SizeLimit> => effect(Effect::Reboot);
    }

    /// Settings of XFS.
    XFSSpec {
        /// The least size of an allocation group.
        "minAllocationGroupSize" min_allocation_group_size: Option<ByteSize>;
    }

    /// The file system of a system volume.
    SystemVolumeFilesystemSpec {
        /// Settings of XFS.
        "xfs" xfs: XFSSpec => effect(Effect::Reinstall);
    }

    /// How a system volume is mounted.
    MountSpec {
        /// Whether set-user-id programs and device files are ignored; they are when left out.
        "secure" secure: Option<bool>;
        /// Whether reading a file leaves its access time alone.
        "disableAccessTime" disable_access_time: Option<bool>;
    }

    /// Regular discards of free blocks.
    TrimConfig {
        /// Whether they run.
        "enabled" enabled: Option<bool>;
        /// How often.
        "interval" interval: Option<Duration>;
    }

    /// Regular checks of the file system.
    ScrubConfig {
        /// Whether they run.
        "enabled" enabled: Option<bool>;
        /// How often.
        "interval" interval: Option<Duration>;
    }

    /// A volume of the system: STATE, EPHEMERAL, IMAGECACHE, ETCD, CRI, KUBELET or LOG.
    VolumeConfig {
        /// The volume.
        "name" name: String => enforced;
        /// Where it is created and how large.
        "provisioning" provisioning: Option<ProvisioningSpec> => presence;
        /// Its file system.
        "filesystem" filesystem: Option<SystemVolumeFilesystemSpec> => presence;
        /// Its encryption.
        "encryption" encryption: Option<EncryptionSpec> => presence;
        /// How it is mounted.
        "mount" mount: Option<MountSpec> => effect(Effect::Reboot) presence;
        /// Regular discards.
        "trim" trim: Option<TrimConfig> => effect(Effect::Live) presence;
        /// Regular checks.
        "scrub" scrub: Option<ScrubConfig> => effect(Effect::Live) presence;
    }

    /// The file system of a user volume.
    FilesystemSpec {
        /// Its type; xfs when left out.
        "type" kind: Option<FilesystemType>;
        /// Whether quotas of directories work.
        "projectQuotaSupport" project_quota_support: Option<bool>;
        /// Settings of XFS.
        "xfs" xfs: Option<XFSSpec>;
    }

    /// How a user volume is mounted.
    UserMountSpec {
        /// Whether reading a file leaves its access time alone.
        "disableAccessTime" disable_access_time: Option<bool>;
        /// Whether programs, set-user-id and device files are ignored; they are when left out.
        "secure" secure: Option<bool>;
    }

    /// A volume for the user, mounted below /var/mnt.
    UserVolumeConfig {
        /// The name, which is also the name of the directory.
        "name" name: String => enforced;
        /// What it is made of; a partition when left out.
        "volumeType" volume_type: Option<VolumeType> => effect(Effect::Reinstall);
        /// Where it is created and how large.
        "provisioning" provisioning: Option<ProvisioningSpec> => presence;
        /// Its file system.
        "filesystem" filesystem: Option<FilesystemSpec> => effect(Effect::Reinstall) presence;
        /// Its encryption.
        "encryption" encryption: Option<EncryptionSpec> => presence;
        /// How it is mounted.
        "mount" mount: Option<UserMountSpec> => presence;
        /// Regular discards.
        "trim" trim: Option<TrimConfig> => presence;
        /// Regular checks.
        "scrub" scrub: Option<ScrubConfig> => presence;
    }

    /// A partition without a file system, for the user.
    RawVolumeConfig {
        /// The name.
        "name" name: String => enforced;
        /// Where it is created and how large.
        "provisioning" provisioning: Option<ProvisioningSpec> => presence;
        /// Its encryption.
        "encryption" encryption: Option<EncryptionSpec> => presence;
    }

    /// Swap on a partition.
    SwapVolumeConfig {
        /// The name.
        "name" name: String => enforced;
        /// Where it is created and how large.
        "provisioning" provisioning: Option<ProvisioningSpec> => presence;
        /// Its encryption.
        "encryption" encryption: Option<EncryptionSpec> => presence;
    }

    /// Which volume.
    VolumeSelector {
        /// An expression over `volume` and `disk`.
        "match" matches: String => enforced example("volume.partition_label == 'data'");
    }

    /// How an existing volume is found.
    VolumeDiscoverySpec {
        /// Which volume.
        "volumeSelector" volume_selector: VolumeSelector => enforced;
    }

    /// How an existing volume is mounted.
    ExistingMountSpec {
        /// Whether nothing can be written.
        "readOnly" read_only: Option<bool>;
        /// Whether reading a file leaves its access time alone.
        "disableAccessTime" disable_access_time: Option<bool>;
        /// Whether programs, set-user-id and device files are ignored; they are when left out.
        "secure" secure: Option<bool>;
    }

    /// A volume that exists already, mounted below /var/mnt.
    ExistingVolumeConfig {
        /// The name of the directory.
        "name" name: String => enforced;
        /// How it is found.
        "discovery" discovery: VolumeDiscoverySpec => enforced;
        /// How it is mounted.
        "mount" mount: Option<ExistingMountSpec> => presence;
        /// Regular discards.
        "trim" trim: Option<TrimConfig> => presence;
        /// Regular checks.
        "scrub" scrub: Option<ScrubConfig> => presence;
    }

    /// A share of the host of a virtual machine.
    VirtiofsMountSpec {
        /// The tag that the host gave to the share.
        "tag" tag: String;
    }

    /// How a share is mounted.
    ExternalMountSpec {
        /// Whether nothing can be written.
        "readOnly" read_only: Option<bool>;
        /// Whether reading a file leaves its access time alone.
        "disableAccessTime" disable_access_time: Option<bool>;
        /// Whether programs, set-user-id and device files are ignored; they are when left out.
        "secure" secure: Option<bool>;
        /// The share.
        "virtiofs" virtiofs: Option<VirtiofsMountSpec>;
    }

    /// A volume that the host of a virtual machine shares, mounted below /var/mnt.
    ExternalVolumeConfig {
        /// The name of the directory.
        "name" name: String => enforced;
        /// The kind of share.
        "filesystemType" filesystem_type: Option<ExternalFilesystemType> => enforced;
        /// How it is mounted.
        "mount" mount: Option<ExternalMountSpec>;
    }

    /// A compressed cache in front of swap.
    ZswapConfig {
        /// The share of memory that the cache may take, in percent; 20 when left out.
        "maxPoolPercent" max_pool_percent: Option<i32>;
        /// Whether the cache gives memory back under pressure.
        "shrinkerEnabled" shrinker_enabled: Option<bool>;
    }

    /// Regular discards for all volumes.
    FilesystemTrimConfig {
        /// How often.
        "interval" interval: Option<Duration>;
    }

    /// Regular checks for all volumes.
    FilesystemScrubConfig {
        /// How often.
        "interval" interval: Option<Duration>;
    }
}
