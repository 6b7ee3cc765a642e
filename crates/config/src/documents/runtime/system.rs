//! Settings of the running system.

use indexmap::IndexMap;

use crate::schema::{Effect, Redaction};
use crate::value::{Duration, Secret, Url};

record! {
    /// Environment variables of the system's services.
    EnvironmentConfig {
        /// The variables.
        "variables" variables: IndexMap<String, String> => effect(Effect::Reboot)
            example("HTTPS_PROXY: http://proxy.example.org:3128") redaction(Redaction::Whole);
    }

    /// A file below /etc.
    EtcFileConfig {
        /// The path, relative to /etc.
        "name" name: String => required;
        /// The permissions; 0o644 when left out.
        "mode" mode: Option<u32>;
        /// The content.
        "contents" contents: String => redaction(Redaction::Whole);
    }

    /// Where events are sent to.
    EventSinkConfig {
        /// Host and port.
        "endpoint" endpoint: String;
    }

    /// Where the kernel log is sent to.
    KmsgLogConfig {
        /// The name of the destination.
        "name" name: String => enforced;
        /// The destination: tcp:// or udp:// with a port.
        "url" url: Option<Url> => enforced
            example("tcp://logs.example.org:6051");
    }

    /// A kernel module to load.
    KernelModuleConfig {
        /// The module.
        "name" name: String => required;
        /// Its parameters.
        "parameters" parameters: Vec<String> => effect(Effect::Reboot);
    }

    /// What to do when memory runs short.
    OOMConfig {
        /// An expression that is true when something must end.
        "triggerExpression" trigger_expression: String;
        /// An expression that ranks control groups; the highest ends first.
        "cgroupRankingExpression" cgroup_ranking_expression: String;
        /// Whether classes of control groups are never mixed.
        "strictCgroupClassOrdering" strict_cgroup_class_ordering: Option<bool>;
        /// How often memory is looked at.
        "sampleInterval" sample_interval: Option<Duration>;
    }

    /// How strictly workloads are kept apart from the system.
    SecurityProfileConfig {
        /// Whether workloads run in namespaces of their own.
        "workloadIsolation" workload_isolation: Option<bool> => effect(Effect::Reboot);
    }

    /// Kernel parameters below /proc/sys.
    SysctlConfig {
        /// The parameters.
        "params" params: IndexMap<String, String> => example("net.core.somaxconn: \"1024\"");
    }

    /// Kernel parameters below /sys.
    SysfsConfig {
        /// The parameters.
        "params" params: IndexMap<String, String>;
    }

    /// Rules for device files.
    UdevRulesConfig {
        /// The rules.
        "rules" rules: Vec<String>;
    }

    /// The installer of an unattended installation.
    InstallerSpec {
        /// Its image; made from the running system's when left out.
        "image" image: String;
    }

    /// The disk of an unattended installation.
    InstallDiskSelector {
        /// An expression over `disk`.
        "match" matches: String => enforced example("disk.dev_path == '/dev/sda'");
    }

    /// Where an unattended installation goes.
    InstallProvisioningSpec {
        /// Which disk; the first match is taken.
        "diskSelector" disk_selector: InstallDiskSelector;
        /// Whether the disk is wiped; it is when left out.
        "wipe" wipe: Option<bool>;
    }

    /// Installation to a disk without being asked.
    UnattendedInstallConfig {
        /// Whether the machine reboots afterwards; when left out, it does if an image is set.
        "reboot" reboot: Option<bool>
            => example("false");
        /// The installer.
        "installer" installer: InstallerSpec;
        /// Where the installation goes.
        "provisioning" provisioning: InstallProvisioningSpec;
    }

    /// A hardware watchdog, which resets a machine that hangs.
    WatchdogTimerConfig {
        /// Its device.
        "device" device: String => enforced example("/dev/watchdog0");
        /// How long a hang is borne; a minute when left out.
        "timeout" timeout: Option<Duration>;
    }

    /// A PCI device that another driver takes over.
    PCIDriverRebindConfig {
        /// The device, as domain:bus:device.function.
        "name" name: String => required;
        /// The driver.
        "targetDriver" target_driver: String => required;
    }

    /// A tunnel to a management service.
    SideroLinkConfig {
        /// The service, as https:// or grpc:// URL; its query may hold a join token.
        "apiUrl" api_url: Secret => enforced redaction(Redaction::JoinToken);
        /// A token of this machine only.
        "uniqueToken" unique_token: Secret;
    }
}
