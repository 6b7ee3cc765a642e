//! OCI runtime configurations. Pure.

use oci_spec::runtime::Spec;
use serde_json::{Value, json};

use super::host::HostLimits;

/// Capabilities of a container that does not ask for others, as container runtimes agree on them.
const DEFAULT_CAPABILITIES: [&str; 14] = [
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_FSETID",
    "CAP_FOWNER",
    "CAP_MKNOD",
    "CAP_NET_RAW",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETFCAP",
    "CAP_SETPCAP",
    "CAP_NET_BIND_SERVICE",
    "CAP_SYS_CHROOT",
    "CAP_KILL",
    "CAP_AUDIT_WRITE",
];

/// Parts of /proc and /sys that containers do not see.
const MASKED: [&str; 11] = [
    "/proc/acpi",
    "/proc/asound",
    "/proc/interrupts",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/proc/sched_debug",
    "/sys/firmware",
    "/sys/devices/virtual/powercap",
];

/// Parts of /proc that containers do not change.
const READ_ONLY: [&str; 5] = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

/// Which capabilities a container has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Capabilities {
    /// None at all.
    None,
    /// All that this host can hand on.
    All,
}

/// A bind mount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// In the container.
    pub destination: String,
    /// On the host.
    pub source: String,
    /// Options of mount(8).
    pub options: Vec<String>,
}

impl Mount {
    /// A bind mount of a tree.
    pub fn bind(source: &str, destination: &str, options: &[&str]) -> Self {
        let options = std::iter::once(&"rbind").chain(options).map(|o| (*o).to_owned()).collect();
        Self { destination: destination.to_owned(), source: source.to_owned(), options }
    }

    /// A bind mount at the same place.
    pub fn same(path: &str, options: &[&str]) -> Self {
        Self::bind(path, path, options)
    }
}

/// What is particular to one container.
#[derive(Debug, Clone)]
pub struct ContainerConfig {
    /// Program and arguments.
    pub args: Vec<String>,
    /// `KEY=value` pairs.
    pub env: Vec<String>,
    /// uid and gid.
    pub user: (u32, u32),
    /// Mounts beside the usual ones.
    pub mounts: Vec<Mount>,
    /// Capabilities.
    pub capabilities: Capabilities,
    /// OOM preference, as far as the host allows.
    pub oom_score: i32,
    /// Limit of open files, as far as the host allows; `None` leaves it.
    pub open_files: Option<u64>,
    /// Control group, absolute.
    pub cgroup: String,
    /// Sees the host's processes, all devices, a writable /sys, and shares mounts with the host.
    pub privileged: bool,
}

impl ContainerConfig {
    /// The whole configuration, with the host's network.
    pub fn render(&self, host: &HostLimits) -> Result<Spec, serde_json::Error> {
        let mut spec = base_spec();
        let capabilities: Vec<&String> = match self.capabilities {
            Capabilities::None => Vec::new(),
            Capabilities::All => host.capabilities.iter().collect(),
        };
        let mut process = json!({
            "args": self.args,
            "env": self.env,
            "cwd": "/",
            "user": { "uid": self.user.0, "gid": self.user.1 },
            "noNewPrivileges": !self.privileged,
            "capabilities": {
                "bounding": capabilities, "effective": capabilities, "permitted": capabilities,
            },
        });
        if let Some(score) = host.oom_score(self.oom_score) {
            set(&mut process, "oomScoreAdj", json!(score));
        }
        if let Some(files) = self.open_files.map(|wanted| host.files(wanted)) {
            set(&mut process, "rlimits", json!([{ "type": "RLIMIT_NOFILE", "hard": files, "soft": files }]));
        }
        set(&mut spec, "process", process);

        let mounts = self.mounts.iter().map(|m| {
            json!({ "type": "bind", "source": m.source, "destination": m.destination, "options": m.options })
        });
        // What is mounted here takes the place of what containers usually have there.
        let replaced = |mount: &Value| {
            let at = mount.get("destination").and_then(Value::as_str).unwrap_or_default();
            self.mounts.iter().any(|m| at == m.destination || at.starts_with(&format!("{}/", m.destination)))
        };
        let usual = spec.get("mounts").and_then(Value::as_array).cloned().unwrap_or_default();
        let mounts: Vec<Value> = usual.into_iter().filter(|m| !replaced(m)).chain(mounts).collect();
        set(&mut spec, "mounts", Value::Array(mounts));

        let mut namespaces =
            vec![json!({ "type": "ipc" }), json!({ "type": "uts" }), json!({ "type": "mount" })];
        if !self.privileged {
            namespaces.push(json!({ "type": "pid" }));
        }
        let mut linux = json!({
            "cgroupsPath": self.cgroup,
            "namespaces": namespaces,
            "resources": { "devices": [{ "allow": self.privileged, "access": "rwm" }] },
        });
        if self.privileged {
            set(&mut linux, "rootfsPropagation", json!("shared"));
        } else {
            set(&mut linux, "maskedPaths", json!(MASKED));
            set(&mut linux, "readonlyPaths", json!(READ_ONLY));
        }
        set(&mut spec, "linux", linux);
        serde_json::from_value(spec)
    }
}

fn set(object: &mut Value, key: &str, value: Value) {
    if let Some(map) = object.as_object_mut() {
        map.insert(key.to_owned(), value);
    }
}

/// The configuration that every pod's container begins with (contract os.md 4, base-spec.json). It names no
/// limits: pods inherit those of the runtime.
pub fn base_spec() -> Value {
    let mount = |kind: &str, destination: &str, options: &[&str]| json!({ "type": kind, "source": kind, "destination": destination, "options": options });
    let nothing = ["nosuid", "noexec", "nodev"];
    let with = |more: &[&'static str]| [&nothing[..], more].concat();
    let pts = ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"];
    json!({
        "ociVersion": "1.2.0",
        "process": {
            "user": { "uid": 0, "gid": 0 },
            "cwd": "/",
            "noNewPrivileges": true,
            "capabilities": {
                "bounding": DEFAULT_CAPABILITIES,
                "effective": DEFAULT_CAPABILITIES,
                "permitted": DEFAULT_CAPABILITIES,
            },
        },
        "root": { "path": "rootfs" },
        "mounts": [
            mount("proc", "/proc", &nothing),
            mount("tmpfs", "/dev", &["nosuid", "strictatime", "mode=755", "size=65536k"]),
            mount("devpts", "/dev/pts", &pts),
            mount("tmpfs", "/dev/shm", &with(&["mode=1777", "size=65536k"])),
            mount("mqueue", "/dev/mqueue", &nothing),
            mount("sysfs", "/sys", &with(&["ro"])),
            mount("tmpfs", "/run", &["nosuid", "strictatime", "mode=755", "size=65536k"]),
        ],
        "linux": {
            "resources": { "devices": [{ "allow": false, "access": "rwm" }] },
            "cgroupsPath": "/default",
            "namespaces": [
                { "type": "pid" }, { "type": "ipc" }, { "type": "uts" }, { "type": "mount" },
                { "type": "network" },
            ],
            "maskedPaths": MASKED,
            "readonlyPaths": READ_ONLY,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(privileged: bool) -> ContainerConfig {
        ContainerConfig {
            args: vec!["/usr/local/bin/etcd".into()],
            env: vec!["PATH=/bin".into()],
            user: (60, 60),
            mounts: vec![Mount::same("/var/lib/etcd", &["rw"]), Mount::same("/dev", &["rw"])],
            capabilities: if privileged { Capabilities::All } else { Capabilities::None },
            oom_score: -998,
            open_files: Some(10_240),
            cgroup: "/podruntime/etcd".into(),
            privileged,
        }
    }

    #[test]
    fn a_container_gets_what_its_host_allows() {
        let strict = HostLimits { may_raise: false, open_files: 4096, ..HostLimits::generous() };
        let spec = config(false).render(&strict).unwrap();
        let process = spec.process().as_ref().unwrap();
        assert_eq!(process.oom_score_adj(), None);
        assert_eq!(process.rlimits().as_ref().unwrap()[0].hard(), 4096);
        assert!(process.capabilities().as_ref().unwrap().bounding().as_ref().unwrap().is_empty());
        assert_eq!((process.user().uid(), process.user().gid()), (60, 60));

        let generous = config(false).render(&HostLimits::generous()).unwrap();
        let process = generous.process().as_ref().unwrap();
        assert_eq!(process.oom_score_adj(), Some(-998));
        assert_eq!(process.rlimits().as_ref().unwrap()[0].hard(), 10_240);
    }

    #[test]
    fn a_mount_takes_the_place_of_the_usual_ones_below_it() {
        let spec = config(true).render(&HostLimits::generous()).unwrap();
        let at: Vec<_> =
            spec.mounts().as_ref().unwrap().iter().map(|m| m.destination().display().to_string()).collect();
        assert_eq!(at, ["/proc", "/sys", "/run", "/var/lib/etcd", "/dev"]);
    }

    #[test]
    fn a_privileged_container_shares_processes_and_mounts_with_the_host() {
        let spec = config(true).render(&HostLimits::generous()).unwrap();
        let linux = spec.linux().as_ref().unwrap();
        let kinds: Vec<_> =
            linux.namespaces().as_ref().unwrap().iter().map(|n| n.typ().to_string()).collect();
        assert!(!kinds.contains(&"pid".to_owned()) && !kinds.contains(&"network".to_owned()), "{kinds:?}");
        assert_eq!(linux.rootfs_propagation().as_deref(), Some("shared"));
        assert!(linux.masked_paths().as_ref().is_none_or(Vec::is_empty));
    }

    #[test]
    fn the_base_of_pods_is_a_valid_configuration_without_limits() {
        let spec: Spec = serde_json::from_value(base_spec()).unwrap();
        assert!(spec.process().as_ref().unwrap().rlimits().is_none());
    }
}
