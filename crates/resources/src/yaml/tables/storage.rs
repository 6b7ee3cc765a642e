//! Logical volumes and RAID.

use crate::enums;
use crate::yaml::field::{Field, Kind::*, Message};

pub(crate) static LVM_LOGICAL_VOLUME_SPEC_SPEC: Message = Message(&[
    Field::new(1, "vgName", Text),
    Field::new(2, "name", Text),
    Field::new(3, "type", Enum(&enums::LVM_LOGICAL_VOLUME_TYPE)),
    Field::new(4, "sizeBytes", Uint),
    Field::new(5, "sizePercentVG", Uint),
    Field::new(6, "mirrors", Uint),
    Field::new(7, "stripes", Uint),
]);

pub(crate) static LVM_LOGICAL_VOLUME_STATUS_SPEC: Message = Message(&[
    Field::new(1, "path", Text),
    Field::new(2, "dmPath", Text),
    Field::new(3, "name", Text),
    Field::new(4, "fullName", Text),
    Field::new(5, "vgName", Text),
    Field::new(6, "uuid", Text),
    Field::new(7, "layout", Text),
    Field::new(8, "role", Text),
    Field::new(9, "permissions", Text),
    Field::new(10, "allocationPolicy", Text),
    Field::new(11, "allocationLocked", Text),
    Field::new(12, "fixedMinor", Text),
    Field::new(13, "active", Text),
    Field::new(14, "activeLocally", Text),
    Field::new(15, "activeRemotely", Text),
    Field::new(16, "activeExclusively", Text),
    Field::new(17, "suspended", Text),
    Field::new(18, "deviceOpen", Text),
    Field::new(19, "skipActivation", Text),
    Field::new(20, "merging", Text),
    Field::new(21, "converting", Text),
    Field::new(22, "size", Text),
    Field::new(23, "metadataSize", Text),
    Field::new(24, "readAhead", Text),
    Field::new(25, "kernelMajor", Text),
    Field::new(26, "kernelMinor", Text),
    Field::new(27, "origin", Text),
    Field::new(28, "originSize", Text),
    Field::new(29, "poolLV", Text),
    Field::new(30, "dataLV", Text),
    Field::new(31, "metadataLV", Text),
    Field::new(32, "movePV", Text),
    Field::new(33, "convertLV", Text),
    Field::new(34, "whenFull", Text),
    Field::new(35, "tags", Text).list(),
    Field::new(36, "prettySize", Text).optional(),
]);

pub(crate) static LVM_PHYSICAL_VOLUME_SPEC_SPEC: Message =
    Message(&[Field::new(1, "device", Text), Field::new(2, "vgName", Text)]);

pub(crate) static LVM_PHYSICAL_VOLUME_STATUS_SPEC: Message = Message(&[
    Field::new(1, "device", Text),
    Field::new(2, "vgName", Text),
    Field::new(3, "uuid", Text),
    Field::new(4, "format", Text),
    Field::new(5, "allocatable", Text),
    Field::new(6, "exported", Text),
    Field::new(7, "missing", Text),
    Field::new(8, "inUse", Text),
    Field::new(9, "size", Text),
    Field::new(10, "deviceSize", Text),
    Field::new(11, "free", Text),
    Field::new(12, "used", Text),
    Field::new(13, "peCount", Text),
    Field::new(14, "peAllocCount", Text),
    Field::new(15, "major", Text),
    Field::new(16, "minor", Text),
    Field::new(17, "tags", Text).list(),
    Field::new(18, "prettySize", Text).optional(),
    Field::new(19, "prettyDeviceSize", Text).optional(),
    Field::new(20, "prettyFree", Text).optional(),
]);

pub(crate) static LVM_REFRESH_REQUEST_SPEC: Message = Message(&[Field::new(1, "request", Int)]);

pub(crate) static LVM_VALIDATION_ERROR_SPEC: Message =
    Message(&[Field::new(1, "vgName", Text), Field::new(2, "message", Text)]);

pub(crate) static LVM_VOLUME_GROUP_SPEC_SPEC: Message =
    Message(&[Field::new(1, "name", Text), Field::new(2, "physicalVolumes", Text).list()]);

pub(crate) static LVM_VOLUME_GROUP_STATUS_SPEC: Message = Message(&[
    Field::new(1, "name", Text),
    Field::new(2, "uuid", Text),
    Field::new(3, "format", Text),
    Field::new(4, "permissions", Text),
    Field::new(5, "extendable", Text),
    Field::new(6, "exported", Text),
    Field::new(7, "partial", Text),
    Field::new(8, "allocationPolicy", Text),
    Field::new(9, "clustered", Text),
    Field::new(10, "shared", Text),
    Field::new(11, "size", Text),
    Field::new(12, "free", Text),
    Field::new(13, "extentSize", Text),
    Field::new(14, "extentCount", Text),
    Field::new(15, "freeExtentCount", Text),
    Field::new(16, "maxLV", Text),
    Field::new(17, "maxPV", Text),
    Field::new(18, "lvCount", Text),
    Field::new(19, "pvCount", Text),
    Field::new(20, "snapCount", Text),
    Field::new(21, "missingPVCount", Text),
    Field::new(22, "seqNo", Text),
    Field::new(23, "lockType", Text),
    Field::new(24, "systemID", Text),
    Field::new(25, "tags", Text).list(),
    Field::new(26, "prettySize", Text).optional(),
    Field::new(27, "prettyFree", Text).optional(),
]);

pub(crate) static MD_ARRAY_SPEC_SPEC: Message = Message(&[
    Field::new(1, "level", Enum(&enums::MD_LEVEL)),
    Field::new(2, "volumeSelector", Expression),
    Field::new(3, "metadata", Enum(&enums::MD_METADATA)),
]);

pub(crate) static MD_ARRAY_STATUS_SPEC: Message = Message(&[
    Field::new(1, "level", Enum(&enums::MD_LEVEL)),
    Field::new(2, "device", Text),
    Field::new(3, "members", Text).list(),
    Field::new(4, "error", Text).optional(),
    Field::new(5, "status", Enum(&enums::MD_ARRAY_PHASE)),
    Field::new(6, "raidDevices", Int),
    Field::new(7, "uuid", Text).optional(),
    Field::new(8, "name", Text).optional(),
    Field::new(9, "metadata", Text).optional(),
    Field::new(10, "arrayState", Text).optional(),
    Field::new(11, "syncAction", Text).optional(),
]);

pub(crate) static MD_REFRESH_REQUEST_SPEC: Message = Message(&[Field::new(1, "request", Int)]);
