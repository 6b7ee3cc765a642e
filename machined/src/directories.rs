//! Folders that everything else relies on (contract os.md 2.3, api.md 1.1).

use sys::fs::create_dir;

/// Where the configuration and the node's identity are kept.
pub const STATE: &str = "/system/state";

/// Socket of the node's API.
pub const MACHINE_SOCKET: &str = "/system/run/machined/machine.sock";

const FOLDERS: &[(&str, u32)] = &[
    ("/system", 0o755),
    ("/system/etc", 0o700),
    ("/system/var", 0o700),
    (STATE, 0o700),
    ("/system/run", 0o751),
    ("/system/run/machined", 0o750),
    ("/system/run/apid", 0o751),
    ("/system/run/trustd", 0o751),
    ("/system/run/networkd", 0o751),
    ("/system/run/containerd", 0o711),
    ("/run/containerd", 0o711),
    ("/system/secrets", 0o755),
    ("/system/secrets/etcd", 0o700),
    ("/system/secrets/kubernetes", 0o755),
    ("/system/config", 0o755),
    ("/system/config/kubernetes", 0o755),
    ("/system/resolved", 0o755),
];

/// Owners and groups of folders in which others make or reach sockets: apid, trustd, networkd. In that of
/// machine.sock apid reaches it and makes nothing: who could, could put another socket in its place. (The contract
/// gives apid the folder, api.md 1.1.)
const OWNERS: &[(&str, u32, u32)] = &[
    ("/system/run/machined", 0, 50),
    ("/system/run/apid", 50, 50),
    ("/system/run/trustd", 51, 51),
    ("/system/run/networkd", 52, 52),
];

/// Makes them.
pub fn prepare() -> anyhow::Result<()> {
    for (path, mode) in FOLDERS {
        create_dir(path.as_ref(), *mode)?;
    }
    for (path, owner, group) in OWNERS {
        let (uid, gid) = (nix::unistd::Uid::from_raw(*owner), nix::unistd::Gid::from_raw(*group));
        nix::unistd::chown(*path, Some(uid), Some(gid))?;
    }
    Ok(())
}
