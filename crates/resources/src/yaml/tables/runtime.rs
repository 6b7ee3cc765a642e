//! The running system.

use crate::enums;
use crate::yaml::field::{Field, Kind::*, Message};

pub(crate) static API_SERVICE_CONFIG_SPEC: Message = Message(&[
    Field::new(1, "listenAddress", Text),
    Field::new(2, "nodeRoutingDisabled", Bool),
    Field::new(3, "readonlyRoleMode", Bool),
    Field::new(4, "skipVerifyingClientCert", Bool),
]);

pub(crate) static BOOT_ID_SPEC: Message = Message(&[Field::new(1, "bootID", Text)]);

pub(crate) static BOOTED_ENTRY_SPEC: Message = Message(&[Field::new(1, "bootedEntry", Text).optional()]);

pub(crate) static DEVICES_STATUS_SPEC: Message = Message(&[Field::new(1, "ready", Bool)]);

pub(crate) static DIAGNOSTIC_SPEC: Message =
    Message(&[Field::new(1, "message", Text), Field::new(2, "details", Text).list()]);

pub(crate) static ENVIRONMENT_SPEC: Message = Message(&[Field::new(1, "variables", Text).list()]);

pub(crate) static EVENT_SINK_CONFIG_SPEC: Message = Message(&[Field::new(1, "endpoint", Text)]);

pub(crate) static EXTENSION_SERVICE_CONFIG_FILE: Message =
    Message(&[Field::new(1, "content", Text), Field::new(2, "mountPath", Text)]);

pub(crate) static EXTENSION_SERVICE_CONFIG_SPEC: Message = Message(&[
    Field::new(1, "files", Nested(&EXTENSION_SERVICE_CONFIG_FILE)).list().optional(),
    Field::new(2, "environment", Text).list().optional(),
]);

pub(crate) static EXTENSION_SERVICE_CONFIG_STATUS_SPEC: Message =
    Message(&[Field::new(1, "specVersion", Text)]);

pub(crate) static IMAGE_FACTORY_SCHEMATIC_SPEC: Message = Message(&[
    Field::new(1, "schematicId", Text),
    Field::new(2, "flavor", Text),
    Field::new(3, "apiUrl", Text),
]);

pub(crate) static KERNEL_CMDLINE_SPEC: Message = Message(&[Field::new(1, "cmdline", Text)]);

pub(crate) static KERNEL_MODULE_SPEC_SPEC: Message =
    Message(&[Field::new(1, "string", Text), Field::new(2, "parameters", Text).list()]);

pub(crate) static KERNEL_MODULE_STATUS_SPEC: Message = Message(&[
    Field::new(1, "type", Enum(&enums::KERNEL_MODULE_TYPE)),
    Field::new(2, "size", Int),
    Field::new(3, "referenceCount", Int),
    Field::new(4, "dependencies", Text).list().optional(),
    Field::new(5, "state", Enum(&enums::KERNEL_MODULE_STATE)),
    Field::new(6, "address", Text),
]);

pub(crate) static KERNEL_PARAM_SPEC_SPEC: Message =
    Message(&[Field::new(1, "value", Text), Field::new(2, "ignoreErrors", Bool)]);

pub(crate) static KERNEL_PARAM_STATUS_SPEC: Message = Message(&[
    Field::new(1, "current", Text),
    Field::new(2, "default", Text),
    Field::new(3, "unsupported", Bool),
]);

pub(crate) static KMSG_LOG_CONFIG_SPEC: Message = Message(&[Field::new(1, "destinations", Url).list()]);

pub(crate) static LOADED_KERNEL_MODULE_SPEC: Message = Message(&[
    Field::new(1, "size", Int),
    Field::new(2, "referenceCount", Int),
    Field::new(3, "dependencies", Text).list().optional(),
    Field::new(4, "state", Text),
    Field::new(5, "address", Text),
]);

pub(crate) static MACHINE_STATUS_SPEC: Message = Message(&[
    Field::new(1, "stage", Enum(&enums::MACHINE_STAGE)),
    Field::new(2, "status", Nested(&MACHINE_STATUS_STATUS)),
]);

pub(crate) static MACHINE_STATUS_STATUS: Message = Message(&[
    Field::new(1, "ready", Bool),
    Field::new(2, "unmetConditions", Nested(&UNMET_CONDITION)).list(),
]);

pub(crate) static MAINTENANCE_SERVICE_CONFIG_SPEC: Message =
    Message(&[Field::new(1, "listenAddress", Text), Field::new(2, "reachableAddresses", Ip).list()]);

pub(crate) static META_KEY_SPEC: Message = Message(&[Field::new(1, "value", Text)]);

pub(crate) static META_LOADED_SPEC: Message = Message(&[Field::new(1, "done", Bool)]);

pub(crate) static MOUNT_STATUS_SPEC: Message = Message(&[
    Field::new(1, "source", Text),
    Field::new(2, "target", Text),
    Field::new(3, "filesystemType", Text),
    Field::new(4, "options", Text).list(),
    Field::new(5, "encrypted", Bool),
    Field::new(6, "encryptionProviders", Text).list().optional(),
]);

pub(crate) static OOM_ACTION_SPEC: Message = Message(&[
    Field::new(1, "triggerContext", Text).optional(),
    Field::new(2, "score", Double).optional(),
    Field::new(3, "processes", Text).list().optional(),
]);

pub(crate) static PLATFORM_METADATA_SPEC: Message = Message(&[
    Field::new(1, "platform", Text).optional(),
    Field::new(2, "hostname", Text).optional(),
    Field::new(3, "region", Text).optional(),
    Field::new(4, "zone", Text).optional(),
    Field::new(5, "instanceType", Text).optional(),
    Field::new(6, "instanceId", Text).optional(),
    Field::new(7, "providerId", Text).optional(),
    Field::new(8, "spot", Bool).optional(),
    Field::new(9, "internalDNS", Text).optional(),
    Field::new(10, "externalDNS", Text).optional(),
    Field::new(11, "tags", Map(&Text)).optional(),
]);

pub(crate) static SBOM_ITEM_SPEC: Message = Message(&[
    Field::new(1, "name", Text),
    Field::new(2, "version", Text),
    Field::new(3, "license", Text).optional(),
    Field::new(4, "cpes", Text).list().optional(),
    Field::new(5, "purls", Text).list().optional(),
    Field::new(6, "extension", Bool).optional(),
]);

pub(crate) static SECURITY_STATE_SPEC: Message = Message(&[
    Field::new(1, "secureBoot", Bool),
    Field::new(2, "ukiSigningKeyFingerprint", Text).optional(),
    Field::new(3, "pcrSigningKeyFingerprint", Text).optional(),
    Field::new(4, "selinuxState", Enum(&enums::SE_LINUX_STATE)).optional(),
    Field::new(6, "fipsState", Enum(&enums::FIPS_STATE)).optional(),
    Field::new(5, "bootedWithUKI", Bool).optional(),
    Field::new(7, "moduleSignatureEnforced", Bool).optional(),
]);

pub(crate) static SERVICE_PID_SPEC: Message =
    Message(&[Field::new(1, "pid", Int), Field::new(2, "mountNamespace", Text)]);

pub(crate) static UNATTENDED_INSTALL_STATUS_SPEC: Message = Message(&[
    Field::new(1, "image", Text).optional(),
    Field::new(2, "phase", Enum(&enums::UNATTENDED_INSTALL_PHASE)).optional(),
    Field::new(3, "error", Text).optional(),
]);

pub(crate) static UNIQUE_MACHINE_TOKEN_SPEC: Message = Message(&[Field::new(1, "token", Text)]);

pub(crate) static UNMET_CONDITION: Message =
    Message(&[Field::new(1, "name", Text), Field::new(2, "reason", Text)]);

pub(crate) static VERSION_SPEC: Message =
    Message(&[Field::new(2, "name", Text), Field::new(1, "version", Text)]);

pub(crate) static WATCHDOG_TIMER_CONFIG_SPEC: Message =
    Message(&[Field::new(1, "device", Text), Field::new(2, "timeout", Duration)]);

pub(crate) static WATCHDOG_TIMER_STATUS_SPEC: Message = Message(&[
    Field::new(1, "device", Text),
    Field::new(2, "timeout", Duration),
    Field::new(3, "feedInterval", Duration),
]);
