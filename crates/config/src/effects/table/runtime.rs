//! Settings of the running system, its registries and its services.

use super::{CRI_FILES, DISCOVERY, ENVIRONMENT, KERNEL_PARAMS, REGISTRIES};
use crate::effects::row::{Row, When, done, host, unbuilt};

pub(super) static ROWS: &[Row] = &[
    done(&["EnvironmentConfig"], "", ENVIRONMENT),
    done(
        &["EtcFileConfig"],
        "",
        &["machined::controllers::files::user", "machined::controllers::files::etc"],
    ),
    unbuilt(&["EventSinkConfig"], "", "events are sent to nobody"),
    unbuilt(&["KmsgLogConfig"], "", "the kernel's log is sent to nobody"),
    host(&["KernelModuleConfig"], "", "modules are loaded by the host"),
    unbuilt(&["OOMConfig"], "", "the kernel alone chooses what ends when memory runs short"),
    host(&["SecurityProfileConfig"], "", "workloads are not isolated further")
        .when(When::Only("workloadIsolation", "true"))
        .quiet(),
    done(&["SysctlConfig"], "", KERNEL_PARAMS),
    host(&["SysctlConfig"], "params", "parameters outside net. belong to the host and stay as they are")
        .when(When::Outside("net"))
        .by(KERNEL_PARAMS),
    host(&["SysfsConfig"], "", "parameters below /sys belong to the host and stay as they are")
        .by(KERNEL_PARAMS),
    host(&["UdevRulesConfig"], "", "device files are made by the host"),
    host(&["UnattendedInstallConfig"], "", "nothing is installed to a disk").quiet(),
    host(&["WatchdogTimerConfig"], "", "the watchdog is the host's"),
    unbuilt(&["ExtensionServiceConfig"], "", "there are no extensions, and their services do not run"),
    unbuilt(&["SideroLinkConfig"], "", "no tunnel to the management service is made"),
    done(&["DiscoveryIdentityConfig"], "", DISCOVERY),
    done(&["DiscoveryServiceConfig"], "", DISCOVERY),
    unbuilt(
        &["TrustedRootsConfig"],
        "",
        "the certificates are not trusted: nothing that shows one of theirs is reached",
    )
    .grave(),
    unbuilt(
        &["ImageVerificationConfig"],
        "",
        "signatures are not checked: every image is pulled and run, denied ones too",
    )
    .grave(),
    done(&["CRIBaseRuntimeSpecConfig", "CRICustomizationConfig"], "", CRI_FILES),
    unbuilt(&["ImageCacheConfig"], "", "images are not taken from a store on the node's disk")
        .when(When::Only("local.enabled", "true")),
    done(&["RegistryMirrorConfig", "RegistryAuthConfig", "RegistryTLSConfig"], "", REGISTRIES),
    host(&["PCIDriverRebindConfig"], "", "devices belong to the host and keep their drivers"),
    unbuilt(&["ContainerConfig"], "", "the container does not run"),
];
