//! Disks, volumes, mounts, swap.

use crate::enums;
use crate::yaml::field::{Field, Kind::*, Message};

pub(crate) static DEVICE_SPEC: Message = Message(&[
    Field::new(1, "type", Text),
    Field::new(2, "major", Int),
    Field::new(3, "minor", Int),
    Field::new(4, "partitionName", Text).optional(),
    Field::new(5, "partitionNumber", Int).optional(),
    Field::new(7, "devicePath", Text),
    Field::new(6, "generation", Int),
    Field::new(8, "parent", Text).optional(),
    Field::new(9, "secondaries", Text).list().optional(),
]);

pub(crate) static DISCOVERED_VOLUME_SPEC: Message = Message(&[
    Field::new(17, "dev_path", Text),
    Field::new(14, "type", Text),
    Field::new(15, "device_path", Text),
    Field::new(16, "parent", Text).optional(),
    Field::new(18, "parent_dev_path", Text).optional(),
    Field::new(20, "offset", Uint),
    Field::new(1, "size", Uint),
    Field::new(19, "pretty_size", Text),
    Field::new(2, "sector_size", Uint).optional(),
    Field::new(3, "io_size", Uint).optional(),
    Field::new(4, "name", Text),
    Field::new(5, "uuid", Text).optional(),
    Field::new(6, "label", Text).optional(),
    Field::new(7, "block_size", Uint).optional(),
    Field::new(8, "filesystem_block_size", Uint).optional(),
    Field::new(9, "probed_size", Uint).optional(),
    Field::new(10, "partition_uuid", Text).optional(),
    Field::new(11, "partition_type", Text).optional(),
    Field::new(12, "partition_label", Text).optional(),
    Field::new(13, "partition_index", Uint).optional(),
]);

pub(crate) static DISCOVERY_REFRESH_REQUEST_SPEC: Message = Message(&[Field::new(1, "request", Int)]);

pub(crate) static DISCOVERY_REFRESH_STATUS_SPEC: Message = Message(&[Field::new(1, "request", Int)]);

pub(crate) static DISK_SELECTOR: Message =
    Message(&[Field::new(1, "match", Expression).optional(), Field::new(2, "external", Text).optional()]);

pub(crate) static DISK_SPEC: Message = Message(&[
    Field::new(14, "dev_path", Text),
    Field::new(1, "size", Uint),
    Field::new(15, "pretty_size", Text),
    Field::new(2, "io_size", Uint),
    Field::new(3, "sector_size", Uint),
    Field::new(4, "readonly", Bool),
    Field::new(13, "cdrom", Bool),
    Field::new(5, "model", Text).optional(),
    Field::new(19, "firmware_version", Text).optional(),
    Field::new(6, "serial", Text).optional(),
    Field::new(7, "modalias", Text).optional(),
    Field::new(8, "wwid", Text).optional(),
    Field::new(17, "uuid", Text).optional(),
    Field::new(9, "bus_path", Text).optional(),
    Field::new(10, "sub_system", Text).optional(),
    Field::new(11, "transport", Text).optional(),
    Field::new(12, "rotational", Bool).optional(),
    Field::new(16, "secondary_disks", Text).list().optional(),
    Field::new(18, "symlinks", Text).list().optional(),
]);

pub(crate) static ENCRYPTION_KEY: Message = Message(&[
    Field::new(1, "slot", Int),
    Field::new(2, "type", Enum(&enums::ENCRYPTION_KEY_TYPE)),
    Field::new(6, "lockToState", Bool).optional(),
    Field::new(3, "staticPassphrase", Bytes).optional(),
    Field::new(4, "kmsEndpoint", Text).optional(),
    Field::new(5, "tpmCheckSecurebootStatusOnEnroll", Bool).optional(),
    Field::new(7, "pcrs", Int).list().optional(),
    Field::new(8, "pubKeyPcrs", Int).list().optional(),
]);

pub(crate) static ENCRYPTION_SPEC: Message = Message(&[
    Field::new(1, "provider", Enum(&enums::ENCRYPTION_PROVIDER_TYPE)),
    Field::new(2, "keys", Nested(&ENCRYPTION_KEY)).list(),
    Field::new(3, "cipher", Text).optional(),
    Field::new(4, "keySize", Uint).optional(),
    Field::new(5, "blockSize", Uint).optional(),
    Field::new(6, "perfOptions", Text).list().optional(),
    Field::new(7, "allowDiscards", Bool).optional(),
]);

pub(crate) static FILESYSTEM_SPEC: Message = Message(&[
    Field::new(1, "type", Enum(&enums::FILESYSTEM_TYPE)),
    Field::new(2, "label", Text).optional(),
    Field::new(3, "minAllocationGroupSize", Uint).optional(),
]);

pub(crate) static LOCATOR_SPEC: Message = Message(&[
    Field::new(1, "match", Expression).optional(),
    Field::new(2, "diskMatch", Expression).optional(),
]);

pub(crate) static MOUNT_REQUEST_SPEC: Message = Message(&[
    Field::new(1, "volumeID", Text),
    Field::new(2, "parentID", Text),
    Field::new(5, "readOnly", Bool),
    Field::new(6, "detached", Bool),
    Field::new(7, "disableAccessTime", Bool).optional(),
    Field::new(8, "secure", Bool).optional(),
    Field::new(9, "noExec", Bool).optional(),
    Field::new(3, "requesters", Text).list(),
    Field::new(4, "requesterIDs", Text).list(),
]);

pub(crate) static MOUNT_SPEC: Message = Message(&[
    Field::new(1, "targetPath", Text),
    Field::new(2, "selinuxLabel", Text),
    Field::new(3, "projectQuotaSupport", Bool),
    Field::new(4, "parentId", Text).optional(),
    Field::new(5, "fileMode", Uint).optional(),
    Field::new(6, "uid", Int).optional(),
    Field::new(7, "gid", Int).optional(),
    Field::new(8, "recursiveRelabel", Bool).optional(),
    Field::new(9, "bindTarget", Text).optional(),
    Field::new(10, "parameters", Nested(&PARAMETER_SPEC)).list().optional(),
    Field::new(11, "secure", Bool).optional(),
    Field::new(12, "noExec", Bool).optional(),
]);

pub(crate) static MOUNT_STATUS_SPEC: Message = Message(&[
    Field::new(1, "spec", Nested(&MOUNT_REQUEST_SPEC)),
    Field::new(3, "source", Text),
    Field::new(2, "target", Text),
    Field::new(4, "filesystem", Enum(&enums::FILESYSTEM_TYPE)),
    Field::new(7, "encryptionProvider", Enum(&enums::ENCRYPTION_PROVIDER_TYPE)).optional(),
    Field::new(5, "readOnly", Bool),
    Field::new(6, "projectQuotaSupport", Bool),
    Field::new(8, "detached", Bool),
]);

pub(crate) static PARAMETER_SPEC: Message = Message(&[
    Field::new(1, "type", Enum(&enums::FS_PARAMETER_TYPE)),
    Field::new(2, "name", Text),
    Field::new(3, "string", Text).optional(),
    Field::new(5, "binary", Bytes).optional(),
]);

pub(crate) static PARTITION_SPEC: Message = Message(&[
    Field::new(1, "minSize", Uint),
    Field::new(2, "maxSize", Uint).optional(),
    Field::new(6, "relativeMaxSize", Uint),
    Field::new(7, "negativeMaxSize", Bool),
    Field::new(3, "grow", Bool),
    Field::new(4, "label", Text).optional(),
    Field::new(5, "typeUUID", Text).optional(),
]);

pub(crate) static PROVISIONING_SPEC: Message = Message(&[
    Field::new(3, "wave", Int).optional(),
    Field::new(1, "diskSelector", Nested(&DISK_SELECTOR)).optional(),
    Field::new(2, "partitionSpec", Nested(&PARTITION_SPEC)).optional(),
    Field::new(4, "filesystemSpec", Nested(&FILESYSTEM_SPEC)).optional(),
]);

pub(crate) static SWAP_STATUS_SPEC: Message = Message(&[
    Field::new(1, "device", Text),
    Field::new(7, "type", Text),
    Field::new(2, "size", Uint),
    Field::new(3, "sizeHuman", Text),
    Field::new(4, "used", Uint),
    Field::new(5, "usedHuman", Text),
    Field::new(6, "priority", Int),
]);

pub(crate) static SYMLINK_PROVISIONING_SPEC: Message =
    Message(&[Field::new(1, "symlinkTargetPath", Text), Field::new(2, "force", Bool)]);

pub(crate) static SYMLINK_SPEC: Message = Message(&[Field::new(1, "paths", Text).list()]);

pub(crate) static SYSTEM_DISK_SPEC: Message =
    Message(&[Field::new(1, "diskID", Text), Field::new(2, "devPath", Text)]);

pub(crate) static TPM_ENCRYPTION_OPTIONS_INFO: Message = Message(&[
    Field::new(1, "pcrs", Int).list().optional(),
    Field::new(2, "pubKeyPcrs", Int).list().optional(),
]);

pub(crate) static USER_DISK_CONFIG_STATUS_SPEC: Message =
    Message(&[Field::new(1, "ready", Bool), Field::new(2, "tornDown", Bool)]);

pub(crate) static VOLUME_CONFIG_SPEC: Message = Message(&[
    Field::new(1, "parentId", Text).optional(),
    Field::new(2, "type", Enum(&enums::VOLUME_TYPE)),
    Field::new(3, "provisioning", Nested(&PROVISIONING_SPEC)),
    Field::new(6, "encryption", Nested(&ENCRYPTION_SPEC)).optional(),
    Field::new(4, "locator", Nested(&LOCATOR_SPEC)),
    Field::new(5, "mount", Nested(&MOUNT_SPEC)).optional(),
    Field::new(7, "symlink", Nested(&SYMLINK_PROVISIONING_SPEC)).optional(),
    Field::new(8, "trimEnabled", Bool).optional(),
    Field::new(9, "trimInterval", Duration).optional(),
    Field::new(10, "scrubEnabled", Bool).optional(),
    Field::new(11, "scrubInterval", Duration).optional(),
]);

pub(crate) static VOLUME_MOUNT_REQUEST_SPEC: Message = Message(&[
    Field::new(1, "volumeID", Text),
    Field::new(2, "requester", Text),
    Field::new(3, "readOnly", Bool),
    Field::new(4, "detached", Bool),
    Field::new(5, "disableAccessTime", Bool),
    Field::new(6, "secure", Bool),
    Field::new(7, "noExec", Bool),
]);

pub(crate) static VOLUME_MOUNT_STATUS_SPEC: Message = Message(&[
    Field::new(1, "volumeID", Text),
    Field::new(2, "requester", Text),
    Field::new(3, "target", Text),
    Field::new(4, "readOnly", Bool),
    Field::new(5, "detached", Bool),
    Field::new(6, "disableAccessTime", Bool),
    Field::new(7, "secure", Bool),
    Field::new(8, "noExec", Bool),
]);

pub(crate) static VOLUME_STATUS_SPEC: Message = Message(&[
    Field::new(1, "phase", Enum(&enums::VOLUME_PHASE)),
    Field::new(6, "preFailPhase", Enum(&enums::VOLUME_PHASE)).optional(),
    Field::new(16, "type", Enum(&enums::VOLUME_TYPE)),
    Field::new(19, "parentID", Text).optional(),
    Field::new(2, "location", Text).optional(),
    Field::new(11, "mountLocation", Text).optional(),
    Field::new(8, "partitionIndex", Int).optional(),
    Field::new(7, "parentLocation", Text).optional(),
    Field::new(4, "uuid", Text).optional(),
    Field::new(5, "partitionUUID", Text).optional(),
    Field::new(9, "size", Uint).optional(),
    Field::new(13, "prettySize", Text).optional(),
    Field::new(10, "filesystem", Enum(&enums::FILESYSTEM_TYPE)).optional(),
    Field::new(12, "encryptionProvider", Enum(&enums::ENCRYPTION_PROVIDER_TYPE)).optional(),
    Field::new(14, "encryptionFailedSyncs", Text).list().optional(),
    Field::new(17, "configuredEncryptionKeys", Text).list().optional(),
    Field::new(20, "encryptionLockedToState", Bool).optional(),
    Field::new(21, "encryptionSlot", Int).optional(),
    Field::new(22, "tpmEncryptionOptions", Nested(&TPM_ENCRYPTION_OPTIONS_INFO)).optional(),
    Field::new(23, "encryptionAllowDiscards", Bool).optional(),
    Field::new(24, "trimEnabled", Bool).optional(),
    Field::new(25, "trimInterval", Duration).optional(),
    Field::new(26, "scrubEnabled", Bool).optional(),
    Field::new(27, "scrubInterval", Duration).optional(),
    Field::new(15, "mountSpec", Nested(&MOUNT_SPEC)).optional(),
    Field::new(18, "symlink", Nested(&SYMLINK_PROVISIONING_SPEC)).optional(),
    Field::new(3, "errorMessage", Text).optional(),
]);

pub(crate) static VOLUME_TRIM_SCHEDULE_SPEC: Message = Message(&[
    Field::new(1, "filesystem", Enum(&enums::FILESYSTEM_TYPE)),
    Field::new(2, "interval", Duration),
    Field::new(3, "nextTrim", Timestamp),
]);

pub(crate) static ZSWAP_STATUS_SPEC: Message = Message(&[
    Field::new(1, "totalSize", Uint),
    Field::new(2, "totalSizeHuman", Text),
    Field::new(3, "storedPages", Uint),
    Field::new(4, "poolLimitHit", Uint),
    Field::new(5, "rejectReclaimFail", Uint),
    Field::new(6, "rejectAllocFail", Uint),
    Field::new(7, "rejectKmemcacheFail", Uint),
    Field::new(8, "rejectCompressFail", Uint),
    Field::new(9, "rejectCompressPoor", Uint),
    Field::new(10, "writtenBackPages", Uint),
]);
