//! Disks, volumes, mounts, swap.

use proto::internal::specs as own;
use proto::resource::block;

define! {
    block::DeviceSpec => "BlockDevices.block.talos.dev" in "runtime" {
        columns: &[
            ("Type", "{.type}"),
            ("PartitionName", "{.partitionName}"),
            ("Generation", "{.generation}"),
        ],
    }
    block::DiscoveredVolumeSpec => "DiscoveredVolumes.block.talos.dev" in "runtime" {
        columns: &[
            ("Type", "{.type}"),
            ("Size", "{.pretty_size}"),
            ("Discovered", "{.name}"),
            ("Label", "{.label}"),
            ("PartitionLabel", "{.partition_label}"),
        ],
    }
    block::DiscoveryRefreshRequestSpec => "DiscoveryRefreshRequests.block.talos.dev" in "runtime" {
        columns: &[("Request", "{.request}")],
    }
    block::DiscoveryRefreshStatusSpec => "DiscoveryRefreshStatuses.block.talos.dev" in "runtime" {
        columns: &[("Request", "{.request}")],
    }
    block::DiskSpec => "Disks.block.talos.dev" in "runtime" {
        columns: &[
            ("Size", "{.pretty_size}"),
            ("Read Only", "{.readonly}"),
            ("Transport", "{.transport}"),
            ("Rotational", "{.rotational}"),
            ("WWID", "{.wwid}"),
            ("Model", "{.model}"),
            ("Serial", "{.serial}"),
        ],
    }
    own::FsScrubScheduleSpec => "FSScrubSchedules.block.talos.dev" in "runtime" {
        columns: &[
            ("Filesystem", "{.filesystem}"),
            ("Interval", "{.interval}"),
            ("Next Scrub", "{.nextScrub}"),
        ],
    }
    own::FsScrubStatusSpec => "FSScrubStatuses.block.talos.dev" in "runtime" {
        columns: &[
            ("Mountpoint", "{.mountpoint}"),
            ("Interval", "{.interval}"),
            ("Latest start time", "{.time}"),
            ("Latest run duration", "{.duration}"),
            ("Latest status", "{.status}"),
        ],
    }
    block::MountRequestSpec => "MountRequests.block.talos.dev" in "runtime" {
        columns: &[("Volume", "{.volumeID}"), ("Parent", "{.parentID}"), ("Requesters", "{.requesters}")],
    }
    block::MountStatusSpec => "MountStatuses.block.talos.dev" in "runtime" {
        columns: &[
            ("Source", "{.source}"),
            ("Target", "{.target}"),
            ("Filesystem", "{.filesystem}"),
            ("Volume", "{.spec.volumeID}"),
        ],
    }
    block::SwapStatusSpec => "SwapStatuses.block.talos.dev" in "runtime" {
        aliases: &["swap", "swaps"],
        columns: &[
            ("Device", "{.device}"),
            ("Size", "{.sizeHuman}"),
            ("Used", "{.usedHuman}"),
            ("Priority", "{.priority}"),
        ],
    }
    block::SymlinkSpec => "BlockSymlinks.block.talos.dev" in "runtime" {}
    block::SystemDiskSpec => "SystemDisks.block.talos.dev" in "runtime" {
        columns: &[("Disk", "{.diskID}")],
    }
    block::UserDiskConfigStatusSpec => "UserDiskConfigStatuses.block.talos.dev" in "runtime" {
        columns: &[("Ready", "{.ready}")],
    }
    block::VolumeConfigSpec => "VolumeConfigs.block.talos.dev" in "runtime" {
        sensitive: true,
    }
    own::VolumeLifecycleSpec => "VolumeLifecycles.block.talos.dev" in "runtime" {}
    block::VolumeMountRequestSpec => "VolumeMountRequests.block.talos.dev" in "runtime" {
        columns: &[("Volume ID", "{.volumeID}"), ("Requester", "{.requester}")],
    }
    block::VolumeMountStatusSpec => "VolumeMountStatuses.block.talos.dev" in "runtime" {
        columns: &[("Volume ID", "{.volumeID}"), ("Requester", "{.requester}"), ("Target", "{.target}")],
    }
    block::VolumeStatusSpec => "VolumeStatuses.block.talos.dev" in "runtime" {
        columns: &[
            ("Type", "{.type}"),
            ("Phase", "{.phase}"),
            ("Location", "{.location}"),
            ("Size", "{.prettySize}"),
        ],
    }
    block::VolumeTrimScheduleSpec => "VolumeTrimSchedules.block.talos.dev" in "runtime" {
        columns: &[
            ("Filesystem", "{.filesystem}"),
            ("Interval", "{.interval}"),
            ("Next Trim", "{.nextTrim}"),
        ],
    }
    block::ZswapStatusSpec => "ZswapStatuses.block.talos.dev" in "runtime" {
        columns: &[
            ("Total Size", "{.totalSizeHuman}"),
            ("Stored Pages", "{.storedPages}"),
            ("Written Back", "{.writtenBackPages}"),
            ("Pool Limit Hit", "{.poolLimitHit}"),
        ],
    }
}
