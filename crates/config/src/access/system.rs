//! Settings of the running system.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use crate::Config;
use crate::access::non_empty;
use crate::documents::runtime::{
    CRIBaseRuntimeSpecConfig, CRICustomizationConfig, EnvironmentConfig, EtcFileConfig, EventSinkConfig,
    ExtensionServiceConfig, KernelModuleConfig, KmsgLogConfig, OOMConfig, PCIDriverRebindConfig,
    SideroLinkConfig, SysctlConfig, SysfsConfig, UdevRulesConfig, WatchdogTimerConfig,
};
use crate::value::{Duration, Url};
use crate::yaml::Node;

/// A kernel module to load.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct KernelModule {
    /// The module.
    pub name: String,
    /// Its parameters.
    pub parameters: Vec<String>,
}

/// A file below /etc.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EtcFile {
    /// The path relative to /etc.
    pub path: String,
    /// The permissions.
    pub mode: u32,
    /// The content.
    pub contents: String,
}

/// A file to write at boot.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BootFile {
    /// The path.
    pub path: String,
    /// The content.
    pub content: String,
    /// The permissions.
    pub permissions: u32,
    /// `create`, `append` or `overwrite`.
    pub op: String,
}

/// Where service logs are sent to.
#[derive(Debug, Clone, PartialEq)]
pub struct LogDestination {
    /// The destination: tcp:// or udp:// with host and port.
    pub endpoint: Url,
    /// Fields added to every line.
    pub extra_tags: IndexMap<String, String>,
}

/// Where the kernel log is sent to.
#[derive(Debug, Clone, PartialEq)]
pub struct KmsgDestination {
    /// The name of the destination.
    pub name: String,
    /// The destination.
    pub url: Url,
}

/// A hardware watchdog.
#[derive(Debug, Clone, PartialEq)]
pub struct Watchdog {
    /// Its device.
    pub device: String,
    /// How long a hang is borne.
    pub timeout: Duration,
}

/// A seccomp profile that pods may use.
#[derive(Debug, Clone, PartialEq)]
pub struct SeccompProfile {
    /// Its file name.
    pub name: String,
    /// The profile.
    pub profile: Node,
}

/// The permissions of files that name none (contract os.md 1.5).
const DEFAULT_FILE_MODE: u32 = 0o644;
/// The watchdog's time unless another is set (contract os.md 1.5).
const DEFAULT_WATCHDOG_TIMEOUT: Duration = Duration::from_secs(60);

impl Config {
    /// Kernel parameters below /proc/sys; documents win over the section, key by key.
    pub fn sysctls(&self) -> IndexMap<String, String> {
        let section = self.machine().map(|machine| machine.sysctls.clone());
        merged(section, self.get::<SysctlConfig>().map(|document| document.params))
    }

    /// Kernel parameters below /sys.
    pub fn sysfs(&self) -> IndexMap<String, String> {
        let section = self.machine().map(|machine| machine.sysfs.clone());
        merged(section, self.get::<SysfsConfig>().map(|document| document.params))
    }

    /// Environment variables of the system's services.
    pub fn environment(&self) -> IndexMap<String, String> {
        let section = self.machine().map(|machine| machine.env.clone());
        merged(section, self.get::<EnvironmentConfig>().map(|document| document.variables))
    }

    /// Kernel modules to load.
    pub fn kernel_modules(&self) -> Vec<KernelModule> {
        let documents = self.all::<KernelModuleConfig>();
        let mut modules: Vec<KernelModule> = documents
            .into_iter()
            .map(|document| KernelModule { name: document.name, parameters: document.parameters })
            .collect();
        let known: BTreeSet<String> = modules.iter().map(|module| module.name.clone()).collect();
        let section = self.machine().and_then(|machine| machine.kernel.as_ref());
        for module in section.into_iter().flat_map(|kernel| &kernel.modules) {
            if !known.contains(&module.name) {
                modules
                    .push(KernelModule { name: module.name.clone(), parameters: module.parameters.clone() });
            }
        }
        modules
    }

    /// Rules for device files.
    pub fn udev_rules(&self) -> Vec<String> {
        let section = self.machine().and_then(|machine| machine.udev.as_ref());
        let mut rules: Vec<String> = section.map(|udev| udev.rules.clone()).unwrap_or_default();
        rules.extend(self.get::<UdevRulesConfig>().map(|document| document.rules).unwrap_or_default());
        rules
    }

    /// Files below /etc.
    pub fn etc_files(&self) -> Vec<EtcFile> {
        let file = |document: EtcFileConfig| EtcFile {
            path: document.name,
            mode: document.mode.unwrap_or(DEFAULT_FILE_MODE),
            contents: document.contents,
        };
        self.all::<EtcFileConfig>().into_iter().map(file).collect()
    }

    /// Files to write at boot.
    pub fn machine_files(&self) -> Vec<BootFile> {
        let file = |file: &crate::documents::v1alpha1::MachineFile| BootFile {
            path: file.path.clone(),
            content: file.content.clone(),
            permissions: file.permissions.unwrap_or(DEFAULT_FILE_MODE),
            op: file.op.clone(),
        };
        self.machine().map(|machine| machine.files.iter().map(file).collect()).unwrap_or_default()
    }

    /// Where service logs are sent to.
    pub fn log_destinations(&self) -> Vec<LogDestination> {
        let logging = self.machine().and_then(|machine| machine.logging.as_ref());
        let destinations = logging.into_iter().flat_map(|logging| &logging.destinations);
        destinations
            .filter_map(|destination| {
                let endpoint = destination.endpoint.parse().ok()?;
                Some(LogDestination { endpoint, extra_tags: destination.extra_tags.clone() })
            })
            .collect()
    }

    /// Where the kernel log is sent to.
    pub fn kmsg_destinations(&self) -> Vec<KmsgDestination> {
        let destination =
            |document: KmsgLogConfig| Some(KmsgDestination { name: document.name, url: document.url? });
        self.all::<KmsgLogConfig>().into_iter().filter_map(destination).collect()
    }

    /// Where events are sent to: host and port.
    pub fn event_sink(&self) -> Option<String> {
        non_empty(&self.get::<EventSinkConfig>()?.endpoint)
    }

    /// Seccomp profiles that pods may use.
    pub fn seccomp_profiles(&self) -> Vec<SeccompProfile> {
        let profiles = self.machine().into_iter().flat_map(|machine| &machine.seccomp_profiles);
        profiles
            .map(|profile| SeccompProfile {
                name: profile.name.clone(),
                profile: profile.value.clone().unwrap_or_else(Node::empty_map),
            })
            .collect()
    }

    /// The hardware watchdog.
    pub fn watchdog(&self) -> Option<Watchdog> {
        let document = self.get::<WatchdogTimerConfig>()?;
        Some(Watchdog {
            device: document.device,
            timeout: document.timeout.unwrap_or(DEFAULT_WATCHDOG_TIMEOUT),
        })
    }

    /// What to do when memory runs short; absent fields keep the system's own.
    pub fn oom(&self) -> Option<OOMConfig> {
        self.get()
    }

    /// Settings of extensions' services.
    pub fn extension_services(&self) -> Vec<ExtensionServiceConfig> {
        self.all()
    }

    /// The tunnel to a management service.
    pub fn sidero_link(&self) -> Option<SideroLinkConfig> {
        self.get()
    }

    /// PCI devices that other drivers take over.
    pub fn pci_driver_rebinds(&self) -> Vec<PCIDriverRebindConfig> {
        self.all()
    }

    /// Parts of containerd's configuration, as TOML, by name.
    pub fn cri_customizations(&self) -> Vec<CRICustomizationConfig> {
        self.all()
    }

    /// Changes to the specification that every container starts from.
    pub fn base_runtime_spec_overrides(&self) -> Option<Node> {
        match self.get::<CRIBaseRuntimeSpecConfig>() {
            Some(document) => document.overrides,
            None => self.machine()?.base_runtime_spec_overrides.clone(),
        }
    }
}

/// The section's entries with the document's over them.
fn merged(
    section: Option<IndexMap<String, String>>,
    document: Option<IndexMap<String, String>>,
) -> IndexMap<String, String> {
    let mut map = section.unwrap_or_default();
    map.extend(document.unwrap_or_default());
    map
}
