//! Settings of the running system.

use indexmap::IndexMap;

use super::super::expression;
use super::super::oci;
use super::super::text::{is_env_name, is_host_port};
use super::super::{Context, at};
use crate::cel::{self, Environment};
use crate::documents::runtime::*;
use crate::value::{Duration, Url};

/// Files below /etc that the system writes itself (contract os.md 1.5).
const RESERVED_ETC_FILES: [&str; 7] =
    ["resolv.conf", "hosts", "machine-id", "extensions.yaml", "localtime", "os-release", "xattr.conf"];
/// Directories below /etc that belong to the system.
const RESERVED_ETC_DIRECTORIES: [&str; 12] = [
    "apparmor.d",
    "apparmor",
    "ca-certificates",
    "cni",
    "cri",
    "iscsi",
    "kubernetes",
    "lvm",
    "nvme",
    "pki",
    "selinux",
    "ssl",
];

pub(super) fn environment(document: &EnvironmentConfig, cx: &mut Context<'_>) {
    for name in document.variables.keys() {
        if !is_env_name(name) {
            let message = format!("{name:?} cannot name a variable: letters, digits and '_', no digit first");
            cx.error("environment-name", at!["variables", name.as_str()], message);
        }
    }
}

pub(super) fn etc_file(document: &EtcFileConfig, cx: &mut Context<'_>) {
    let name = document.name.as_str();
    if name.is_empty() {
        return;
    }
    let local = !name.starts_with('/') && !name.split('/').any(|part| matches!(part, "" | "." | ".."));
    if !local || name.starts_with('.') {
        let message = format!("{name:?} is not a path below /etc, such as my/file.conf");
        cx.error("etc-file-path", at!["name"], message);
        return;
    }
    let directory = name.split('/').next().unwrap_or_default();
    if RESERVED_ETC_FILES.contains(&name) || RESERVED_ETC_DIRECTORIES.contains(&directory) {
        let message = format!("/etc/{name} is the system's own and cannot be set");
        cx.error("etc-file-reserved", at!["name"], message);
    }
    if document.mode.is_some_and(|mode| mode > 0o7777) {
        cx.error("etc-file-mode", at!["mode"], "permissions are at most 0o7777");
    }
}

pub(super) fn event_sink(document: &EventSinkConfig, cx: &mut Context<'_>) {
    if !is_host_port(&document.endpoint) {
        let message = format!("{:?} is not host and port", document.endpoint);
        cx.error("event-sink-endpoint", at!["endpoint"], message);
    }
}

pub(super) fn kmsg_log(document: &KmsgLogConfig, cx: &mut Context<'_>) {
    let Some(url) = &document.url else { return };
    if !matches!(url.scheme(), "tcp" | "udp") {
        cx.error("kmsg-log-scheme", at!["url"], "the URL must be tcp:// or udp://");
    }
    if url.explicit_port().is_none() {
        cx.error("kmsg-log-port", at!["url"], "the URL needs a port");
    }
    if !matches!(url.path(), "" | "/") {
        cx.error("kmsg-log-path", at!["url"], "the URL cannot have a path");
    }
}

pub(super) fn oom(document: &OOMConfig, cx: &mut Context<'_>) {
    let trigger = &document.trigger_expression;
    if !trigger.is_empty() {
        let path = at!["triggerExpression"];
        expression::validate(trigger, Environment::OomTrigger, cel::Type::Bool, "oom-trigger", path, cx);
    }
    let ranking = &document.cgroup_ranking_expression;
    if !ranking.is_empty() {
        let path = at!["cgroupRankingExpression"];
        expression::validate(ranking, Environment::OomRanking, cel::Type::Double, "oom-ranking", path, cx);
    }
    if document.sample_interval.is_some_and(|interval| interval.0 < 0) {
        cx.error("oom-interval", at!["sampleInterval"], "the interval cannot be negative");
    }
}

fn parameters(params: &IndexMap<String, String>, rule: &'static str, cx: &mut Context<'_>) {
    for key in params.keys().filter(|key| key.is_empty()) {
        cx.error(rule, at!["params", key.as_str()], "the name of a parameter cannot be empty");
    }
}

pub(super) fn sysctl(document: &SysctlConfig, cx: &mut Context<'_>) {
    parameters(&document.params, "sysctl-name", cx);
}

pub(super) fn sysfs(document: &SysfsConfig, cx: &mut Context<'_>) {
    parameters(&document.params, "sysfs-name", cx);
}

pub(super) fn unattended_install(document: &UnattendedInstallConfig, cx: &mut Context<'_>) {
    let selector = &document.provisioning.disk_selector.matches;
    let path = at!["provisioning", "diskSelector", "match"];
    if selector.is_empty() {
        cx.error("unattended-install-disk", path, "provisioning.diskSelector.match is required");
    } else {
        expression::validate(
            selector,
            Environment::Disk,
            cel::Type::Bool,
            "unattended-install-selector",
            path,
            cx,
        );
    }
    if document.installer.image.is_empty() {
        let message = "without an image, the installer of the running system's version is used";
        cx.warn("unattended-install-image", at!["installer"], message);
    }
}

pub(super) fn watchdog(document: &WatchdogTimerConfig, cx: &mut Context<'_>) {
    if document.timeout.is_some_and(|timeout| timeout.0 != 0 && timeout < Duration::from_secs(10)) {
        cx.error("watchdog-timeout", at!["timeout"], "the timeout must be at least 10s");
    }
}

pub(super) fn pci_rebind(document: &PCIDriverRebindConfig, cx: &mut Context<'_>) {
    if !document.name.is_empty() && !is_pci_id(&document.name) {
        let message = format!("{:?} is not a PCI device such as 0000:04:00.0", document.name);
        cx.error("pci-device", at!["name"], message);
    }
}

/// `domain:bus:device.function`, in hexadecimal.
fn is_pci_id(text: &str) -> bool {
    let hex = |part: &str, len: usize| part.len() == len && part.bytes().all(|b| b.is_ascii_hexdigit());
    let Some((front, function)) = text.rsplit_once('.') else { return false };
    let parts: Vec<_> = front.split(':').collect();
    matches!(parts.as_slice(), [domain, bus, device] if hex(domain, 4) && hex(bus, 2) && hex(device, 2))
        && matches!(function.as_bytes(), [b'0'..=b'7'])
}

pub(super) fn extension_service(document: &ExtensionServiceConfig, cx: &mut Context<'_>) {
    if document.config_files.is_empty() && document.environment.is_empty() {
        let message = "no configuration files and no environment for the extension's service: the document does nothing";
        cx.error("extension-service-empty", at![], message);
    }
    for (index, file) in document.config_files.iter().enumerate() {
        if file.mount_path.is_empty() {
            let message = "a file needs the path where the service finds it";
            cx.error("extension-service-file", at!["configFiles", index, "mountPath"], message);
        }
    }
}

pub(super) fn sidero_link(document: &SideroLinkConfig, cx: &mut Context<'_>) {
    if document.api_url.is_empty() {
        return;
    }
    // The URL may hold a token: it is not part of the message.
    let Ok(url) = document.api_url.expose().parse::<Url>() else {
        return cx.error("siderolink-url", at!["apiUrl"], "this is not a URL");
    };
    if !matches!(url.scheme(), "https" | "grpc") {
        cx.error("siderolink-scheme", at!["apiUrl"], "the URL must be https:// or grpc://");
    }
    if url.host().is_none() {
        cx.error("siderolink-url", at!["apiUrl"], "the URL has no host");
    }
    if !matches!(url.path(), "" | "/") {
        cx.error("siderolink-path", at!["apiUrl"], "the URL cannot have a path");
    }
}

pub(super) fn base_runtime_spec(document: &CRIBaseRuntimeSpecConfig, cx: &mut Context<'_>) {
    if let Some(overrides) = &document.overrides {
        oci::validate(overrides, &at!["overrides"], cx);
    }
}
