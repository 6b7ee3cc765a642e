//! What the kubelet's container sees of the node (contract os.md 6.3).

use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use anyhow::Context;
use proto::resource::proto as oci;

use crate::services::oci::Mount;

/// Source, destination, options, and whether a node may lack it.
const MOUNTS: [(&str, &str, &[&str], bool); 21] = [
    ("/dev", "/dev", &["rshared", "rw"], false),
    ("/sys", "/sys", &["rslave", "ro"], false),
    ("/sys/fs/cgroup", "/sys/fs/cgroup", &["rslave", "rw"], false),
    ("/sys/kernel/security", "/sys/kernel/security", &["ro"], true),
    ("/usr/lib/modules", "/lib/modules", &["ro"], true),
    ("/etc/kubernetes", "/etc/kubernetes", &["rshared", "rw"], false),
    (
        "/usr/local/lib/kubelet/credentialproviders",
        "/usr/local/lib/kubelet/credentialproviders",
        &["ro"],
        true,
    ),
    ("/usr/libexec/kubernetes", "/usr/libexec/kubernetes", &["rshared", "rw"], true),
    ("/etc/nfsmount.conf", "/etc/nfsmount.conf", &["ro"], true),
    ("/etc/machine-id", "/etc/machine-id", &["ro"], true),
    ("/etc/os-release", "/etc/os-release", &["ro"], true),
    ("/etc/cni", "/etc/cni", &["rshared", "ro"], true),
    // Its own look-ups, e.g. of the cluster's endpoint, go where the node's go.
    ("/etc/resolv.conf", "/etc/resolv.conf", &["ro"], true),
    ("/etc/hosts", "/etc/hosts", &["ro"], true),
    ("/system/resolved/resolv.conf", "/system/resolved/resolv.conf", &["ro"], true),
    ("/run", "/run", &["rslave", "rw"], false),
    ("/var/lib/containerd", "/var/lib/containerd", &["rslave", "rw"], false),
    ("/var/lib/kubelet", "/var/lib/kubelet", &["rshared", "rw"], false),
    ("/var/log/containers", "/var/log/containers", &["rshared", "rw"], false),
    ("/var/log/pods", "/var/log/pods", &["rshared", "rw"], false),
    ("/var/mnt", "/var/mnt", &["rslave", "ro"], false),
];

/// Folders that must be there.
const FOLDERS: [&str; 6] = [
    "/etc/kubernetes/manifests",
    "/var/lib/containerd",
    "/var/lib/kubelet",
    "/var/log/containers",
    "/var/log/pods",
    "/var/mnt",
];

/// Makes the folders that are mounted, and lists the mounts.
pub(super) fn prepare(extra: &[oci::Mount]) -> anyhow::Result<Vec<Mount>> {
    for folder in FOLDERS {
        std::fs::create_dir_all(folder).with_context(|| format!("creating {folder}"))?;
    }
    for mount in extra.iter().filter(|m| m.r#type == "bind" || m.options.iter().any(|o| o.contains("bind"))) {
        if !Path::new(&mount.source).exists() {
            std::fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(&mount.source)
                .with_context(|| format!("creating {} for an extra mount of the kubelet", mount.source))?;
        }
    }
    Ok(list(extra, |path| Path::new(path).exists()))
}

fn list(extra: &[oci::Mount], exists: impl Fn(&str) -> bool) -> Vec<Mount> {
    let usual = MOUNTS.iter().filter(|(source, _, _, optional)| !optional || exists(source));
    let usual = usual.map(|(source, destination, options, _)| Mount::bind(source, destination, options));
    let extra = extra.iter().map(|m| Mount {
        destination: m.destination.clone(),
        source: m.source.clone(),
        options: m.options.clone(),
    });
    // /run is also found under its old name.
    let run = Mount::bind("/run", "/var/run", &["rslave", "rw"]);
    usual.chain([run]).chain(extra).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_node_lacks_is_left_out_and_extra_mounts_come_last() {
        let extra = oci::Mount {
            destination: "/var/local".into(),
            source: "/var/local".into(),
            options: vec!["bind".into(), "rw".into()],
            ..Default::default()
        };
        let all = list(std::slice::from_ref(&extra), |_| true);
        let few = list(&[extra], |_| false);
        assert_eq!(all.len(), MOUNTS.len() + 2);
        assert!(few.len() < all.len() && few.iter().any(|m| m.destination == "/var/lib/kubelet"));
        assert!(!few.iter().any(|m| m.destination == "/lib/modules"));
        assert_eq!(few.last().unwrap().options, ["bind", "rw"]);
    }
}
