//! What the runtime for Kubernetes is configured with, and waits for.

pub mod config;

use crate::services::Condition;

/// Its main configuration file (contract os.md 4).
pub const CONFIG: &str = "/etc/cri/containerd.toml";

/// What there has to be before it starts.
pub(super) fn conditions() -> Vec<Condition> {
    let volumes = ["/var/lib", "/var/lib/cni", "CRI", "/var/run", "/var/run/lock", "/opt"];
    let mut conditions = vec![Condition::Volumes(volumes.map(str::to_owned).to_vec()), Condition::network()];
    let files = [CONFIG, "/etc/cri/conf.d/cri.toml", "/etc/cri/conf.d/base-spec.json", "/etc/machine-id"];
    conditions.extend(files.map(|f| Condition::File(f.into())));
    conditions
}
