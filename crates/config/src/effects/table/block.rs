//! Disks, volumes, their encryption and care.

use crate::effects::row::{Row, host, unbuilt};

pub(super) static ROWS: &[Row] = &[
    host(&["VolumeConfig"], "", "volumes of the system are folders of the host").quiet(),
    unbuilt(
        &["VolumeConfig"],
        "encryption",
        "the volume is not encrypted: what is on it can be read on the disk",
    )
    .grave(),
    host(&["UserVolumeConfig"], "", "a container has no disks: the volume is not made"),
    host(&["RawVolumeConfig"], "", "a container has no disks: the volume is not made"),
    unbuilt(
        &["UserVolumeConfig", "RawVolumeConfig", "SwapVolumeConfig"],
        "encryption",
        "the volume is not encrypted, nor made at all",
    )
    .grave(),
    host(&["SwapVolumeConfig"], "", "swap is the host's affair"),
    host(&["ExistingVolumeConfig"], "", "a container has no disks: the volume is not mounted"),
    host(&["ExternalVolumeConfig"], "", "the volume is not mounted: give the folder to the container"),
    host(&["ZswapConfig"], "", "swap is the host's affair"),
    host(&["FilesystemTrimConfig"], "", "file systems are trimmed by the host").quiet(),
    host(&["FilesystemScrubConfig"], "", "file systems are checked by the host"),
    host(
        &["LVMVolumeGroupConfig", "LVMLogicalVolumeConfig", "RAIDArrayConfig"],
        "",
        "a container has no disks: nothing is made of them",
    ),
];
