//! Specs whose messages are in no public package.

use crate::yaml::field::{Field, Kind::*, Message};

pub(crate) static ACQUIRE_CONFIG_SPEC_SPEC: Message = Message(&[]);

pub(crate) static ACQUIRE_CONFIG_STATUS_SPEC: Message = Message(&[]);

pub(crate) static BASE_RUNTIME_SPEC_CONFIG_SPEC: Message = Message(&[Field::new(1, "", Struct).inline()]);

pub(crate) static CONFIG_EFFECT_STATUS_SPEC: Message = Message(&[
    Field::new(1, "kind", Text),
    Field::new(2, "path", Text).optional(),
    Field::new(3, "documents", Text).list().optional(),
    Field::new(4, "level", Text),
    Field::new(5, "reason", Text),
]);

pub(crate) static CONTAINER_SPEC_SPEC: Message = Message(&[
    Field::new(1, "image", Nested(&CONTAINER_IMAGE_SPEC)),
    Field::new(2, "entrypoint", Text).list().optional(),
    Field::new(3, "args", Text).list().optional(),
    Field::new(4, "workingDir", Text).optional(),
    Field::new(5, "runAs", Nested(&CONTAINER_RUN_AS_SPEC)).optional(),
    Field::new(6, "environment", Text).list().optional(),
    Field::new(7, "mounts", Nested(&CONTAINER_MOUNT_SPEC)).list().optional(),
    Field::new(8, "security", Nested(&CONTAINER_SECURITY_SPEC)).optional(),
    Field::new(9, "network", Nested(&CONTAINER_NETWORK_SPEC)).optional(),
    Field::new(10, "resources", Nested(&CONTAINER_RESOURCES_SPEC)).optional(),
    Field::new(11, "dependsOn", Nested(&CONTAINER_DEPENDS_ON_SPEC)).optional(),
]);

pub(crate) static CONTAINER_IMAGE_SPEC: Message = Message(&[Field::new(1, "ref", Text).optional()]);

pub(crate) static CONTAINER_RUN_AS_SPEC: Message =
    Message(&[Field::new(1, "uid", Int).optional(), Field::new(2, "gid", Int).optional()]);

pub(crate) static CONTAINER_MOUNT_SPEC: Message = Message(&[
    Field::new(1, "kind", Text),
    Field::new(2, "volumeID", Text).optional(),
    Field::new(3, "source", Text).optional(),
    Field::new(4, "destination", Text),
    Field::new(5, "size", Uint).optional(),
    Field::new(6, "options", Text).list().optional(),
]);

pub(crate) static CONTAINER_SECURITY_SPEC: Message = Message(&[
    Field::new(1, "privileged", Bool).optional(),
    Field::new(2, "capabilitiesAdd", Text).list().optional(),
    Field::new(3, "capabilitiesDrop", Text).list().optional(),
]);

pub(crate) static CONTAINER_NETWORK_SPEC: Message = Message(&[Field::new(1, "hostNetwork", Bool).optional()]);

pub(crate) static CONTAINER_RESOURCES_SPEC: Message =
    Message(&[Field::new(1, "memoryLimit", Uint).optional(), Field::new(2, "cpuLimit", Uint).optional()]);

pub(crate) static CONTAINER_DEPENDS_ON_SPEC: Message = Message(&[
    Field::new(1, "paths", Text).list().optional(),
    Field::new(2, "networks", Text).list().optional(),
    Field::new(3, "time", Bool).optional(),
    Field::new(4, "containers", Text).list().optional(),
]);

pub(crate) static CUSTOMIZATION_CONFIG_SPEC: Message = Message(&[Field::new(1, "content", Text)]);

pub(crate) static DNS_UPSTREAM_SPEC: Message =
    Message(&[Field::new(1, "healthy", Bool), Field::new(2, "addr", Text)]);

pub(crate) static FS_SCRUB_SCHEDULE_SPEC: Message = Message(&[
    Field::new(1, "filesystem", Text),
    Field::new(2, "interval", Duration),
    Field::new(3, "nextScrub", Timestamp),
]);

pub(crate) static FS_SCRUB_STATUS_SPEC: Message = Message(&[
    Field::new(1, "mountpoint", Text),
    Field::new(2, "interval", Duration),
    Field::new(3, "time", Timestamp),
    Field::new(4, "duration", Duration),
    Field::new(5, "status", Text),
]);

pub(crate) static KERNEL_PARAM_DEFAULT_SPEC_SPEC: Message =
    Message(&[Field::new(1, "value", Text), Field::new(2, "ignoreErrors", Bool)]);

pub(crate) static KUBELET_LIFECYCLE_SPEC: Message = Message(&[]);

pub(crate) static KUBELET_STATUS_SPEC: Message = Message(&[Field::new(1, "image", Text)]);

pub(crate) static MACHINE_RESET_SIGNAL_SPEC: Message = Message(&[]);

pub(crate) static MAINTENANCE_SERVICE_REQUEST_SPEC: Message = Message(&[]);

pub(crate) static NODE_CORDONED_SPEC_SPEC: Message = Message(&[]);

pub(crate) static NOTICE_SPEC: Message = Message(&[
    Field::new(1, "message", Text),
    Field::new(2, "details", Text).list(),
    Field::new(3, "severity", Text),
]);

pub(crate) static PCR_STATUS_SPEC: Message = Message(&[]);

pub(crate) static REBOOT_REQUEST_SPEC: Message = Message(&[]);

pub(crate) static VOLUME_LIFECYCLE_SPEC: Message = Message(&[]);
