//! Logical volumes and RAID.

use proto::resource::storage;

define! {
    storage::LvmLogicalVolumeSpecSpec => "LVMLogicalVolumeSpecs.storage.talos.dev" in "storage" {
        columns: &[("VG", "{.vgName}"), ("Name", "{.name}"), ("Type", "{.type}")],
    }
    storage::LvmLogicalVolumeStatusSpec => "LVMLogicalVolumeStatuses.storage.talos.dev" in "storage" {
        aliases: &["lvs"],
        columns: &[
            ("Path", "{.path}"),
            ("VG", "{.vgName}"),
            ("Layout", "{.layout}"),
            ("Size", "{.prettySize}"),
            ("Active", "{.active}"),
        ],
    }
    storage::LvmPhysicalVolumeSpecSpec => "LVMPhysicalVolumeSpecs.storage.talos.dev" in "storage" {
        columns: &[("Device", "{.device}"), ("VG", "{.vgName}")],
    }
    storage::LvmPhysicalVolumeStatusSpec => "LVMPhysicalVolumeStatuses.storage.talos.dev" in "storage" {
        aliases: &["pvs"],
        columns: &[
            ("Device", "{.device}"),
            ("VG", "{.vgName}"),
            ("Size", "{.prettySize}"),
            ("Free", "{.prettyFree}"),
            ("Allocatable", "{.allocatable}"),
        ],
    }
    storage::LvmRefreshRequestSpec => "LVMRefreshRequests.storage.talos.dev" in "storage" {
        columns: &[("Request", "{.request}")],
    }
    storage::LvmValidationErrorSpec => "LVMValidationErrors.storage.talos.dev" in "storage" {
        columns: &[("VG", "{.vgName}"), ("Message", "{.message}")],
    }
    storage::LvmVolumeGroupSpecSpec => "LVMVolumeGroupSpecs.storage.talos.dev" in "storage" {
        columns: &[("Name", "{.name}")],
    }
    storage::LvmVolumeGroupStatusSpec => "LVMVolumeGroupStatuses.storage.talos.dev" in "storage" {
        aliases: &["vgs"],
        columns: &[
            ("Name", "{.name}"),
            ("Permissions", "{.permissions}"),
            ("Size", "{.prettySize}"),
            ("Free", "{.prettyFree}"),
            ("PVs", "{.pvCount}"),
            ("LVs", "{.lvCount}"),
        ],
    }
    storage::MdArraySpecSpec => "MDArraySpecs.storage.talos.dev" in "storage" {
        columns: &[("Level", "{.level}")],
    }
    storage::MdArrayStatusSpec => "MDArrayStatuses.storage.talos.dev" in "storage" {
        columns: &[
            ("Level", "{.level}"),
            ("Status", "{.status}"),
            ("Sync", "{.syncAction}"),
            ("Device", "{.device}"),
        ],
    }
    storage::MdRefreshRequestSpec => "MDRefreshRequests.storage.talos.dev" in "storage" {
        columns: &[("Request", "{.request}")],
    }
}
