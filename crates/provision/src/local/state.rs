//! What a cluster is, on disk. All writes replace whole files.

use std::collections::BTreeMap;
use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use ipnet::Ipv4Net;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sys::fs::{LockFile, create_dir, write_atomically};
use sys::process::ProcessInfo;

use super::error::{Error, Result};
use super::names::{self, Names};
use super::options::{Bind, DnsUpstream, Role};

/// Version of the files' form; another one is not read but rebuilt.
const FORMAT: u32 = 1;

/// One node of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeInfo {
    /// Host name.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// Its address.
    pub address: Ipv4Addr,
    /// Its number in the cluster, from 0.
    pub index: usize,
    /// Directory of this machine that holds its /var, if not one in the state directory.
    #[serde(default)]
    pub var: Option<PathBuf>,
}

/// A cluster as it was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterInfo {
    /// Its name.
    pub name: String,
    /// Where clusters' state lives.
    pub root: PathBuf,
    /// The nodes' network.
    pub cidr: Ipv4Net,
    /// The first address of the network: gateway, DNS server and endpoint.
    pub gateway: Ipv4Addr,
    /// MTU of the nodes' links.
    pub mtu: u32,
    /// Its nodes.
    pub nodes: Vec<NodeInfo>,
    /// Root image directory that it was made from.
    pub image: PathBuf,
    /// What nodes see of this machine.
    pub binds: Vec<Bind>,
    /// Additional environment of each node's init.
    pub env: BTreeMap<String, String>,
    /// Resolution of names outside the cluster.
    pub dns: DnsUpstream,
    /// Stands for what the machine configurations were made from.
    #[serde(default)]
    pub fingerprint: String,
}

impl ClusterInfo {
    /// Directory of everything about this cluster; a caller may keep its own files here (secrets,
    /// client configuration): they go when the cluster goes.
    pub fn dir(&self) -> PathBuf {
        self.root.join(&self.name)
    }

    /// The root image that its nodes use: its own copy, or the image itself.
    pub fn root_image(&self) -> PathBuf {
        let copy = self.dir().join("rootfs");
        if copy.is_dir() { copy } else { self.image.clone() }
    }

    /// Addresses of the control planes.
    pub fn control_planes(&self) -> Vec<Ipv4Addr> {
        let planes = self.nodes.iter().filter(|node| node.role == Role::ControlPlane);
        planes.map(|node| node.address).collect()
    }

    /// Names of what the cluster makes outside its directory.
    pub fn names(&self) -> Names {
        Names::new(&self.root, &self.name)
    }

    pub(crate) fn node(&self, name: &str) -> Result<&NodeInfo> {
        self.nodes
            .iter()
            .find(|node| node.name == name)
            .ok_or_else(|| Error::Request(format!("cluster {} has no node {name:?}", self.name)))
    }
}

/// How far the making of a cluster got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Phase {
    /// Not all nodes have their configuration.
    Creating,
    /// All have.
    Created,
}

/// `cluster.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stored {
    format: u32,
    pub phase: Phase,
    pub cluster: ClusterInfo,
}

/// `host.json`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct HostRecord {
    /// Process id of the host process.
    pub pid: i32,
    /// Its start, in clock ticks after boot: with the PID it names one process for ever.
    pub start_time: u64,
    /// Whether it was told to go on, and does: before that it ends with the command that started it.
    pub serving: bool,
    /// Its nodes.
    pub nodes: BTreeMap<String, NodeRecord>,
}

/// One node in `host.json`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NodeRecord {
    /// `starting`, `running`, `restarting` or `stopped`.
    pub state: String,
    /// Process id of its init, seen from this machine.
    pub pid: Option<i32>,
    /// How often it was started again.
    pub restarts: u32,
    /// How its last run ended, in words.
    pub last_exit: Option<String>,
}

impl HostRecord {
    /// Whether that very process runs, and goes on: one that is being killed is no host any more.
    pub fn is_alive(&self) -> bool {
        self.process().is_some_and(|process| !process.ending)
    }

    /// Whether it has given up its nodes and all that it held. A zombie has.
    pub fn is_gone(&self) -> bool {
        self.process().is_none_or(|process| process.state == 'Z')
    }

    fn process(&self) -> Option<ProcessInfo> {
        let process = sys::process::brief(self.pid).ok()?;
        (process.start_time == self.start_time).then_some(process)
    }
}

/// The files of one cluster.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    root: PathBuf,
    name: String,
}

impl Files {
    /// A file here switches a node on that was shut down.
    pub fn switch(&self, node: &str) -> PathBuf {
        self.node_dir(node).join("power-on")
    }

    /// Files of the cluster `name` below `root`; nothing is created.
    pub fn new(root: &Path, name: &str) -> Result<Self> {
        names::check_label("cluster", name)?;
        let root = resolve(root).map_err(Error::file("find", root))?;
        Ok(Self { root, name: name.to_owned() })
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn dir(&self) -> PathBuf {
        self.root.join(&self.name)
    }

    pub fn names(&self) -> Names {
        Names::new(&self.root, &self.name)
    }

    pub fn node_dir(&self, node: &str) -> PathBuf {
        self.dir().join("nodes").join(node)
    }

    pub fn host_log(&self) -> PathBuf {
        self.dir().join("host.log")
    }

    pub fn host_lock(&self) -> PathBuf {
        self.dir().join("host.lock")
    }

    pub fn exists(&self) -> bool {
        self.dir().exists()
    }

    /// Creates the directories, private to the user.
    pub fn create(&self) -> Result<()> {
        create_dir(&self.root, 0o700)?;
        create_dir(&self.dir(), 0o700)?;
        Ok(())
    }

    /// Taken while a cluster is made or removed. Outside its directory, which comes and goes.
    pub fn lock(&self) -> Result<LockFile> {
        create_dir(&self.root, 0o700)?;
        let path = self.root.join(format!(".{}.lock", self.name));
        LockFile::try_acquire(&path)?.ok_or_else(|| {
            Error::Request(format!(
                "another command is creating or destroying cluster {}; wait for it to end",
                self.name
            ))
        })
    }

    /// Taken while something that all clusters share is changed.
    pub fn global_lock(&self) -> Result<LockFile> {
        create_dir(&self.root, 0o700)?;
        Ok(LockFile::acquire(&self.root.join(".lock"))?)
    }

    pub fn load(&self) -> Result<Option<Stored>> {
        let stored: Option<Stored> = read_json(&self.dir().join("cluster.json"))?;
        match stored {
            Some(stored) if stored.format != FORMAT || stored.cluster.name != self.name => Ok(None),
            other => Ok(other.map(|mut stored| {
                // The directory may have been moved or reached through another path.
                stored.cluster.root.clone_from(&self.root);
                stored
            })),
        }
    }

    pub fn store(&self, phase: Phase, cluster: &ClusterInfo) -> Result<()> {
        let stored = Stored { format: FORMAT, phase, cluster: cluster.clone() };
        write_json(&self.dir().join("cluster.json"), &stored)
    }

    pub fn host(&self) -> Option<HostRecord> {
        read_json(&self.dir().join("host.json")).ok().flatten()
    }

    pub fn store_host(&self, record: &HostRecord) -> Result<()> {
        write_json(&self.dir().join("host.json"), record)
    }

    pub fn configurations(&self) -> Result<Option<BTreeMap<String, String>>> {
        read_json(&self.dir().join("configurations.json"))
    }

    pub fn store_configurations(&self, configurations: &BTreeMap<String, String>) -> Result<()> {
        write_json(&self.dir().join("configurations.json"), configurations)
    }

    pub fn remove_configurations(&self) -> Result<()> {
        remove_file(&self.dir().join("configurations.json"))
    }

    /// Whether a node has its configuration: it keeps it in STATE.
    pub fn is_configured(&self, node: &str) -> bool {
        self.node_dir(node).join("state/config.yaml").exists()
    }

    /// Names of all clusters below this root.
    pub fn all(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.root).into_iter().flatten().flatten();
        let mut names: Vec<String> = entries
            .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|name| names::check_label("cluster", name).is_ok())
            .collect();
        names.sort();
        names
    }
}

/// One place has one path, and so one hash, through whatever links it was named and whether it
/// exists yet or not.
fn resolve(path: &Path) -> std::io::Result<PathBuf> {
    let path = std::path::absolute(path)?;
    for ancestor in path.ancestors() {
        if let Ok(real) = fs::canonicalize(ancestor) {
            let rest = path.strip_prefix(ancestor).unwrap_or(Path::new(""));
            // Joining nothing would add a slash, which is another name to a hash.
            return Ok(if rest.as_os_str().is_empty() { real } else { real.join(rest) });
        }
    }
    Ok(path)
}

/// `None` if the file does not exist or does not parse: what wrote it is gone or another version.
fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    match fs::read(path) {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::file("read", path)(error)),
    }
}

fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<()> {
    let text = serde_json::to_vec_pretty(value)
        .map_err(|error| Error::file("write", path)(std::io::Error::other(error)))?;
    Ok(write_atomically(path, &text, 0o600)?)
}

/// Removes a folder with all that is in it; it may be gone already.
pub(crate) fn remove_tree(path: &Path) -> Result<()> {
    unless_gone(path, fs::remove_dir_all(path))
}

/// Removes a file that may be gone already.
pub(crate) fn remove_file(path: &Path) -> Result<()> {
    unless_gone(path, fs::remove_file(path))
}

fn unless_gone(path: &Path, removed: std::io::Result<()>) -> Result<()> {
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::file("remove", path)(error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    pub(crate) fn cluster(root: &Path) -> ClusterInfo {
        let node = |name: &str, role, index: u8| NodeInfo {
            name: name.into(),
            role,
            address: Ipv4Addr::new(10, 5, 0, 2 + index),
            index: index.into(),
            var: None,
        };
        ClusterInfo {
            name: "demo".into(),
            root: root.to_owned(),
            cidr: "10.5.0.0/24".parse().unwrap(),
            gateway: Ipv4Addr::new(10, 5, 0, 1),
            mtu: 1500,
            nodes: vec![
                node("demo-controlplane-1", Role::ControlPlane, 0),
                node("demo-worker-1", Role::Worker, 1),
            ],
            image: "/image".into(),
            binds: Vec::new(),
            env: BTreeMap::new(),
            dns: DnsUpstream::Nobody,
            fingerprint: String::new(),
        }
    }

    #[test]
    fn what_was_stored_is_read_again_and_private() {
        let root = tempfile::tempdir().unwrap();
        let files = Files::new(root.path(), "demo").unwrap();
        assert!(files.load().unwrap().is_none() && files.all().is_empty());
        files.create().unwrap();
        let cluster = cluster(files.root());
        files.store(Phase::Creating, &cluster).unwrap();
        let stored = files.load().unwrap().unwrap();
        assert_eq!((stored.phase, stored.cluster), (Phase::Creating, cluster));
        assert_eq!(fs::metadata(files.dir()).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(files.all(), ["demo"]);
    }

    #[test]
    fn a_place_has_one_name_before_and_after_it_exists_and_through_links() {
        let dir = tempfile::tempdir().unwrap();
        let real = dir.path().join("real");
        fs::create_dir(&real).unwrap();
        std::os::unix::fs::symlink(&real, dir.path().join("link")).unwrap();
        let through_link = dir.path().join("link/talos/clusters");
        let before = Files::new(&through_link, "demo").unwrap().names();
        fs::create_dir_all(&through_link).unwrap();
        let after = Files::new(&through_link, "demo").unwrap();
        assert_eq!(
            (before, after.root()),
            (after.names(), fs::canonicalize(real).unwrap().join("talos/clusters").as_path())
        );
    }

    #[test]
    fn a_file_cut_short_counts_as_none() {
        let root = tempfile::tempdir().unwrap();
        let files = Files::new(root.path(), "demo").unwrap();
        files.create().unwrap();
        fs::write(files.dir().join("cluster.json"), "{\"format\":1,").unwrap();
        assert!(files.load().unwrap().is_none());
        assert!(files.host().is_none());
    }

    #[test]
    fn a_host_is_alive_only_with_its_own_start_time() {
        let pid = i32::try_from(std::process::id()).unwrap();
        let start_time = sys::process::start_time(pid).unwrap();
        assert!(HostRecord { pid, start_time, ..HostRecord::default() }.is_alive());
        assert!(!HostRecord { pid, start_time: start_time + 1, ..HostRecord::default() }.is_alive());
        assert!(!HostRecord::default().is_alive());
        assert!(!HostRecord { pid, start_time, ..HostRecord::default() }.is_gone());
        assert!(HostRecord { pid, start_time: start_time + 1, ..HostRecord::default() }.is_gone());
    }

    #[test]
    fn only_one_command_at_a_time_makes_or_removes_a_cluster() {
        let root = tempfile::tempdir().unwrap();
        let files = Files::new(root.path(), "demo").unwrap();
        let held = files.lock().unwrap();
        assert!(files.lock().unwrap_err().to_string().contains("another command"));
        drop(held);
        files.lock().unwrap();
    }
}
