//! The running system.

use proto::internal::specs as own;
use proto::resource::extensions;
use proto::resource::runtime;

define! {
    runtime::ApiServiceConfigSpec => "APIServiceConfigs.runtime.talos.dev" in "runtime" {}
    runtime::BootIdSpec => "BootIDs.runtime.talos.dev" in "runtime" {
        columns: &[("Boot ID", "{.bootID}")],
    }
    runtime::BootedEntrySpec => "BootedEntries.talos.dev" in "runtime" {
        columns: &[("Booted Entry", "{.bootedEntry}")],
    }
    own::ConfigEffectStatusSpec => "ConfigEffectStatuses.runtime.talos.dev" in "runtime" {
        aliases: &["effects"],
        columns: &[("Level", "{.level}"), ("Reason", "{.reason}")],
    }
    runtime::DevicesStatusSpec => "DevicesStatuses.runtime.talos.dev" in "runtime" {
        columns: &[("Ready", "{.ready}")],
    }
    runtime::DiagnosticSpec => "Diagnostics.runtime.talos.dev" in "runtime" {
        columns: &[("Message", "{.message}")],
    }
    runtime::EnvironmentSpec => "Environments.runtime.talos.dev" in "runtime" {
        aliases: &["env"],
        columns: &[("Variables", "{.variables}")],
    }
    runtime::EventSinkConfigSpec => "EventSinkConfigs.runtime.talos.dev" in "runtime" {}
    runtime::ExtensionServiceConfigSpec => "ExtensionServiceConfigs.runtime.talos.dev" in "runtime" {
        sensitive: true,
    }
    runtime::ExtensionServiceConfigStatusSpec => "ExtensionServiceConfigStatuses.runtime.talos.dev" in "runtime" {}
    extensions::Layer => "ExtensionStatuses.runtime.talos.dev" in "runtime" {
        aliases: &["extensions"],
        columns: &[("Name", "{.metadata.name}"), ("Version", "{.metadata.version}")],
    }
    runtime::ImageFactorySchematicSpec => "ImageFactorySchematics.runtime.talos.dev" in "runtime" {
        columns: &[("Schematic ID", "{.schematicId}"), ("Flavor", "{.flavor}"), ("API URL", "{.apiUrl}")],
    }
    runtime::KernelCmdlineSpec => "KernelCmdlines.runtime.talos.dev" in "runtime" {
        aliases: &["cmdline"],
        columns: &[("Cmdline", "{.cmdline}")],
    }
    runtime::KernelModuleSpecSpec => "KernelModuleSpecs.runtime.talos.dev" in "runtime" {}
    runtime::KernelModuleStatusSpec => "KernelModuleStatuses.runtime.talos.dev" in "runtime" {
        aliases: &["module", "modules"],
        columns: &[("Type", "{.type}"), ("State", "{.state}")],
    }
    runtime::KernelParamSpecSpec => "KernelParamSpecs.runtime.talos.dev" in "runtime" {}
    own::KernelParamDefaultSpecSpec => "KernelParamDefaultSpecs.runtime.talos.dev" in "runtime" {}
    runtime::KernelParamStatusSpec => "KernelParamStatuses.runtime.talos.dev" in "runtime" {
        aliases: &["sysctls", "kernelparameters", "kernelparams"],
        columns: &[
            ("Current", "{.current}"),
            ("Default", "{.default}"),
            ("Unsupported", "{.unsupported}"),
        ],
    }
    runtime::KmsgLogConfigSpec => "KmsgLogConfigs.runtime.talos.dev" in "runtime" {}
    runtime::LoadedKernelModuleSpec => "LoadedKernelModules.runtime.talos.dev" in "runtime" {
        columns: &[("State", "{.state}")],
    }
    own::MachineResetSignalSpec => "MachineResetSignals.runtime.talos.dev" in "runtime" {}
    runtime::MachineStatusSpec => "MachineStatuses.runtime.talos.dev" in "runtime" {
        columns: &[("Stage", "{.stage}"), ("Ready", "{.status.ready}")],
    }
    runtime::MaintenanceServiceConfigSpec => "MaintenanceServiceConfigs.runtime.talos.dev" in "runtime" {}
    own::MaintenanceServiceRequestSpec => "MaintenanceServiceRequests.runtime.talos.dev" in "runtime" {}
    runtime::MetaKeySpec => "MetaKeys.runtime.talos.dev" in "runtime" {
        aliases: &["meta"],
        columns: &[("Value", "{.value}")],
    }
    runtime::MetaLoadedSpec => "MetaLoads.runtime.talos.dev" in "runtime" {
        columns: &[("Done", "{.done}")],
    }
    runtime::MountStatusSpec => "MountStatuses.runtime.talos.dev" in "runtime" {
        aliases: &["mounts"],
        columns: &[
            ("Source", "{.source}"),
            ("Target", "{.target}"),
            ("Filesystem Type", "{.filesystemType}"),
        ],
        no_automatic_aliases: true,
    }
    own::NoticeSpec => "Notices.runtime.talos.dev" in "runtime" {
        columns: &[("Severity", "{.severity}"), ("Message", "{.message}")],
    }
    runtime::OomActionSpec => "OOMActions.talos.dev" in "runtime" {
        columns: &[("Time", "{.time}"), ("Score", "{.score}")],
        sensitive: true,
    }
    runtime::PlatformMetadataSpec => "PlatformMetadatas.talos.dev" in "runtime" {
        columns: &[
            ("Platform", "{.platform}"),
            ("Type", "{.instanceType}"),
            ("Region", "{.region}"),
            ("Zone", "{.zone}"),
        ],
    }
    own::RebootRequestSpec => "RebootRequests.runtime.talos.dev" in "runtime" {}
    runtime::SbomItemSpec => "SBOMItems.talos.dev" in "runtime" {
        columns: &[("Version", "{.version}"), ("License", "{.license}"), ("Extension", "{.extension}")],
    }
    runtime::SecurityStateSpec => "SecurityStates.talos.dev" in "runtime" {
        columns: &[
            ("SecureBoot", "{.secureBoot}"),
            ("UKISigningKeyFingerprint", "{.ukiSigningKeyFingerprint}"),
            ("PCRSigningKeyFingerprint", "{.pcrSigningKeyFingerprint}"),
            ("SELinuxState", "{.selinuxState}"),
            ("ModuleSignatureEnforced", "{.moduleSignatureEnforced}"),
        ],
    }
    runtime::ServicePidSpec => "ServicePIDs.runtime.talos.dev" in "runtime" {
        columns: &[("PID", "{.pid}")],
    }
    runtime::UnattendedInstallStatusSpec => "UnattendedInstallStatuses.runtime.talos.dev" in "runtime" {
        columns: &[("Phase", "{.phase}")],
    }
    runtime::UniqueMachineTokenSpec => "UniqueMachineTokens.runtime.talos.dev" in "runtime" {
        columns: &[("Token", "{.token}")],
    }
    runtime::VersionSpec => "Versions.runtime.talos.dev" in "runtime" {
        columns: &[("Name", "{.name}"), ("Version", "{.version}")],
    }
    runtime::WatchdogTimerConfigSpec => "WatchdogTimerConfigs.runtime.talos.dev" in "runtime" {
        columns: &[("Device", "{.device}"), ("Timeout", "{.timeout}")],
    }
    runtime::WatchdogTimerStatusSpec => "WatchdogTimerStatuses.runtime.talos.dev" in "runtime" {
        columns: &[("Device", "{.device}"), ("Timeout", "{.timeout}")],
    }
}
