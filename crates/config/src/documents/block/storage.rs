//! Arrays and volume groups.

use crate::value::{ByteSize, SizeLimit};

choice! {
    /// How a logical volume spreads its data.
    LogicalVolumeType { Linear = "linear", Raid0 = "raid0", Raid1 = "raid1", Raid10 = "raid10" }

    /// The level of an array.
    RaidLevel { Raid1 = "raid1" }

    /// The place of an array's description.
    RaidMetadata { AtEnd = "1.0", AtStart = "1.2" }
}

record! {
    /// Which volumes become part of a group.
    LVMVolumeSelectorSpec {
        /// An expression over `volume` and `disk`.
        "match" matches: String => enforced;
    }

    /// What a group is made of.
    LVMVolumeGroupProvisioningSpec {
        /// Which volumes.
        "volumeSelector" volume_selector: LVMVolumeSelectorSpec => enforced;
    }

    /// A group of volumes.
    LVMVolumeGroupConfig {
        /// The name.
        "name" name: String => enforced;
        /// What it is made of.
        "provisioning" provisioning: LVMVolumeGroupProvisioningSpec => enforced;
    }

    /// Where a logical volume is created and how large.
    LVMLogicalVolumeProvisioningSpec {
        /// The group.
        "volumeGroup" volume_group: String => enforced;
        /// The least size.
        "minSize" min_size: Option<ByteSize>;
        /// The greatest size or a share of the group.
        "maxSize" max_size: Option<SizeLimit> => enforced;
    }

    /// A logical volume.
    LVMLogicalVolumeConfig {
        /// The name.
        "name" name: String => enforced;
        /// How it spreads its data; linear when left out.
        "type" kind: String;
        /// Copies beside the first; for raid1 and raid10.
        "mirrors" mirrors: Option<i32>;
        /// Stripes; for raid0 and raid10.
        "stripes" stripes: Option<i32>;
        /// Where it is created and how large.
        "provisioning" provisioning: LVMLogicalVolumeProvisioningSpec => enforced;
    }

    /// Which volumes become part of an array.
    RAIDVolumeSelector {
        /// An expression over `volume` and `disk`.
        "match" matches: String => enforced;
    }

    /// What an array is made of.
    RAIDProvisioningSpec {
        /// Which volumes.
        "volumeSelector" volume_selector: RAIDVolumeSelector => enforced;
    }

    /// A software array.
    RAIDArrayConfig {
        /// The name.
        "name" name: String => enforced;
        /// The level; raid1 when left out.
        "level" level: Option<RaidLevel>;
        /// The place of its description; 1.0 when left out.
        "metadata" metadata: Option<RaidMetadata>;
        /// What it is made of.
        "provisioning" provisioning: RAIDProvisioningSpec => enforced;
    }
}
