//! Creating a cluster, or finding it made, or making what an interruption left of it.

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sys::process::{Command, Reaper, SpawnPort, Stdio};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::Instant;

use super::destroy;
use super::error::{Error, Result};
use super::host::{GO, READY, SUBCOMMAND};
use super::image;
use super::names::check_label;
use super::network::Network;
use super::options::{ApplyError, Event, NodePhase, Options, Progress, Supplier};
use super::state::{ClusterInfo, Files, HostRecord, NodeInfo, Phase, Stored};
use super::subnet;

/// Where a node's API listens, in maintenance mode too (contract api.md 1.1).
const API_PORT: u16 = 50000;

/// What creating a cluster came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was made, or an interrupted making was completed.
    Created(ClusterInfo),
    /// It had been made before and its host process was not running: it was started again.
    Restarted(ClusterInfo),
    /// It was there and running; nothing was done.
    AlreadyRunning(ClusterInfo),
}

impl Outcome {
    /// The cluster, whatever was done.
    pub fn cluster(&self) -> &ClusterInfo {
        match self {
            Outcome::Created(cluster) | Outcome::Restarted(cluster) | Outcome::AlreadyRunning(cluster) => {
                cluster
            }
        }
    }
}

/// What to do about what is there; decided purely.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decision {
    /// Nothing usable is there: remove what is, and make the cluster.
    Make,
    /// The making was interrupted: go on, starting the host process if needed.
    GoOn { start_host: bool },
    /// Only the host process is missing.
    Restart,
    /// Nothing is missing.
    Nothing,
}

fn decide(stored: Option<&Stored>, host_alive: bool, options: &Options) -> Decision {
    match stored {
        None => Decision::Make,
        Some(stored) if stored.phase == Phase::Created && host_alive => Decision::Nothing,
        Some(stored) if stored.phase == Phase::Created => Decision::Restart,
        Some(stored) if same_shape(&stored.cluster, options) => Decision::GoOn { start_host: !host_alive },
        Some(_) => Decision::Make,
    }
}

/// Whether an interrupted cluster is the one that is wanted now.
fn same_shape(cluster: &ClusterInfo, options: &Options) -> bool {
    let nodes = cluster.nodes.iter().map(|node| (&node.name, node.role));
    let wanted = options.nodes.iter().map(|node| (&node.name, node.role));
    let network = options.cidr.is_none_or(|cidr| cidr.trunc() == cluster.cidr);
    nodes.eq(wanted)
        && network
        && cluster.image == options.image
        && cluster.mtu == options.mtu
        && cluster.fingerprint == options.fingerprint
}

/// Switches nodes on that were shut down; tells whether there were any.
fn switch_on(files: &Files, cluster: &ClusterInfo, progress: &dyn Progress) -> Result<bool> {
    let host = files.host().unwrap_or_default();
    let off = |node: &&NodeInfo| host.nodes.get(&node.name).is_some_and(|record| record.state == "stopped");
    let mut any = false;
    for node in cluster.nodes.iter().filter(off) {
        sys::fs::write_atomically(&files.switch(&node.name), b"", 0o600)?;
        progress.event(Event::Node { name: node.name.clone(), phase: NodePhase::Booting });
        any = true;
    }
    Ok(any)
}

/// Makes the cluster that `options` describe and gives each node its configuration. A cluster that
/// is there already is found or started; one whose making was interrupted is completed, or made
/// anew if something else is wanted now.
///
/// # Errors
/// If this is not root, the image is missing, the network is taken, a node refuses its
/// configuration or does not accept it in time. The cluster stays as far as it got, for another
/// attempt or [`super::destroy()`].
pub async fn create(options: &Options, supplier: &dyn Supplier, progress: &dyn Progress) -> Result<Outcome> {
    check(options)?;
    let files = Files::new(&options.root, &options.name)?;
    let _lock = files.lock()?;
    let stored = files.load()?;
    let host_alive = host_serves(&files).await;
    let reaper = Reaper::start()?;
    let say = |text: &str| progress.event(Event::Cluster(text.to_owned()));
    let decision = decide(stored.as_ref(), host_alive, options);
    let cluster = match (decision, stored) {
        (Decision::Nothing, Some(stored)) => {
            let any = switch_on(&files, &stored.cluster, progress)?;
            configure_again(&files, &stored.cluster, options, supplier, progress).await?;
            return Ok(if any {
                Outcome::Restarted(stored.cluster)
            } else {
                Outcome::AlreadyRunning(stored.cluster)
            });
        }
        (Decision::Restart | Decision::GoOn { .. }, Some(stored)) => {
            let mut cluster = stored.cluster;
            // The program may have moved together with its image.
            cluster.image.clone_from(&options.image);
            files.store(stored.phase, &cluster)?;
            cluster
        }
        _ => {
            if files.exists() {
                say("removing what an interrupted command left");
            }
            destroy::remove(&files, &reaper).await?;
            say("choosing a network");
            allocate(&files, options).await?
        }
    };
    if decision != (Decision::GoOn { start_host: false }) {
        say("starting the host process");
        destroy::end_host(&files).await?;
        image::link(&cluster.image, &cluster.dir().join("rootfs"))?;
        start_host(&files, options, &reaper).await?;
    }
    if decision == Decision::Restart {
        configure_again(&files, &cluster, options, supplier, progress).await?;
        return Ok(Outcome::Restarted(cluster));
    }
    say("configuring the nodes");
    configure(&files, &cluster, &cluster.nodes, options, supplier, progress).await?;
    files.store(Phase::Created, &cluster)?;
    Ok(Outcome::Created(cluster))
}

/// Whether there is a host process that stays. One that was started by a command which has ended
/// either got its go-ahead or is about to end.
async fn host_serves(files: &Files) -> bool {
    let deadline = sys::clock::after(Duration::from_secs(5));
    let mut pause = Duration::from_millis(1);
    loop {
        match files.host() {
            Some(host) if host.serving => return host.is_alive(),
            Some(host) if host.is_alive() && Instant::now() < deadline => tokio::time::sleep(pause).await,
            _ => return false,
        }
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

fn check(options: &Options) -> Result<()> {
    if !sys::process::is_root() {
        return Err(Error::Request(
            "local clusters need root: nodes are made of namespaces, mounts, control groups and network \
             links of this machine; run the same command with sudo"
                .into(),
        ));
    }
    check_label("cluster", &options.name)?;
    for node in &options.nodes {
        check_label("node", &node.name)?;
        if options.nodes.iter().filter(|other| other.name == node.name).count() > 1 {
            return Err(Error::Request(format!("two nodes are called {}", node.name)));
        }
    }
    if options.nodes.is_empty() {
        return Err(Error::Request("a cluster needs at least one node".into()));
    }
    let init = options.image.join("sbin/init");
    if std::fs::symlink_metadata(&init).is_err() {
        return Err(Error::Request(format!(
            "{} is no root image: it has no sbin/init; build the image or name its directory",
            options.image.display()
        )));
    }
    Ok(())
}

async fn allocate(files: &Files, options: &Options) -> Result<ClusterInfo> {
    let _lock = files.global_lock()?;
    let mut taken = Network::connect()?.taken().await?;
    // Clusters that are not running use no address now, but will.
    for name in files.all().iter().filter(|name| **name != options.name) {
        taken.extend(Files::new(files.root(), name)?.load()?.map(|stored| stored.cluster.cidr));
    }
    let cidr = subnet::choose(options.cidr, &taken)?;
    let nodes = options.nodes.iter().enumerate().map(|(index, node)| {
        let address = subnet::node(cidr, index)?;
        let (name, var) = (node.name.clone(), node.var.clone());
        Ok(NodeInfo { name, role: node.role, address, index, var })
    });
    let cluster = ClusterInfo {
        name: options.name.clone(),
        root: files.root().to_owned(),
        cidr,
        gateway: subnet::gateway(cidr)?,
        mtu: options.mtu,
        nodes: nodes.collect::<Result<_>>()?,
        image: options.image.clone(),
        binds: options.binds.clone(),
        env: options.env.clone(),
        dns: options.dns.clone(),
        fingerprint: options.fingerprint.clone(),
    };
    files.create()?;
    files.store(Phase::Creating, &cluster)?;
    Ok(cluster)
}

/// Starts the host process in a session of its own and waits until it says that it is ready.
async fn start_host(files: &Files, options: &Options, reaper: &Reaper) -> Result<()> {
    let mut log = std::fs::OpenOptions::new();
    let log = log
        .create(true)
        .append(true)
        .open(files.host_log())
        .map_err(Error::file("open", &files.host_log()))?;
    let log = Arc::new(OwnedFd::from(log));
    let (ours, theirs) = std::os::unix::net::UnixStream::pair()
        .map_err(|error| Error::Host(format!("make a socket for the host process: {error}")))?;
    let command = Command::new(&options.host_program)
        .arg(SUBCOMMAND)
        .arg("--state-dir")
        .arg(files.root())
        .args(["--name", files.name()])
        .inherit_env()
        .stdout(Stdio::Fd(Arc::clone(&log)))
        .stderr(Stdio::Fd(log))
        .inherit(OwnedFd::from(theirs))
        .new_session();
    let mut child = reaper.spawn(&command)?;
    drop(command);
    // First the note, then the go-ahead: at no moment does a host run that cannot be found.
    let start_time = sys::process::start_time(child.pid())?;
    files.store_host(&HostRecord { pid: child.pid(), start_time, ..HostRecord::default() })?;
    let lost = |error| Error::Host(format!("talk to the host process: {error}"));
    let wrapped = ours.set_nonblocking(true).and_then(|()| tokio::net::UnixStream::from_std(ours));
    let mut stream = wrapped.map_err(lost)?;
    stream.write_u8(GO).await.map_err(lost)?;
    let mut said = String::new();
    let wait = async {
        // It keeps its end only until it has said so.
        _ = stream.read_to_string(&mut said).await;
    };
    let in_time = tokio::time::timeout(Duration::from_secs(60), wait).await.is_ok();
    if said == READY {
        return Ok(());
    }
    let how = match (in_time, child.exited()) {
        (false, _) => "is not ready after a minute".to_owned(),
        (true, Some(exit)) => format!("ended: {exit}"),
        (true, None) => format!("ended: {}", child.wait().await),
    };
    Err(Error::Host(format!("the host process {how}{}", last_lines(&files.host_log()))))
}

/// The end of a log, for an error message.
fn last_lines(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let last = lines.get(lines.len().saturating_sub(5)..).unwrap_or_default();
    format!("; the end of {}:\n{}", path.display(), last.join("\n"))
}

/// Gives nodes that were reset the configuration that they had.
async fn configure_again(
    files: &Files,
    cluster: &ClusterInfo,
    options: &Options,
    supplier: &dyn Supplier,
    progress: &dyn Progress,
) -> Result<()> {
    let without = |node: &&NodeInfo| !files.is_configured(&node.name);
    let nodes: Vec<NodeInfo> = cluster.nodes.iter().filter(without).cloned().collect();
    let Some(first) = nodes.first() else { return Ok(()) };
    if cluster.fingerprint != options.fingerprint {
        return Err(Error::Request(format!(
            "{} has no configuration, and these flags are not those that the cluster was made with: use the \
             same, or send it one with `talosctl apply-config --insecure -n {} -f FILE`",
            first.name, first.address
        )));
    }
    configure(files, cluster, &nodes, options, supplier, progress).await
}

async fn configure(
    files: &Files,
    cluster: &ClusterInfo,
    nodes: &[NodeInfo],
    options: &Options,
    supplier: &dyn Supplier,
    progress: &dyn Progress,
) -> Result<()> {
    let configurations = match files.configurations()? {
        // Made before an interruption: some nodes may have theirs, and all must be of one making.
        Some(configurations) => configurations,
        None => {
            let made = supplier.configurations(cluster).await.map_err(Error::Configuration)?;
            files.store_configurations(&made)?;
            made
        }
    };
    let deadline = sys::clock::after(options.patience);
    let all = nodes
        .iter()
        .map(|node| configure_node(files, cluster, node, &configurations, supplier, progress, deadline));
    for result in futures::future::join_all(all).await {
        result?;
    }
    files.remove_configurations()
}

async fn configure_node(
    files: &Files,
    cluster: &ClusterInfo,
    node: &NodeInfo,
    configurations: &BTreeMap<String, String>,
    supplier: &dyn Supplier,
    progress: &dyn Progress,
    deadline: Instant,
) -> Result<()> {
    let say = |phase| progress.event(Event::Node { name: node.name.clone(), phase });
    let Some(configuration) = configurations.get(&node.name) else {
        say(NodePhase::Booting);
        return Ok(());
    };
    if !files.is_configured(&node.name) {
        say(NodePhase::Booting);
        let mut pause = Duration::from_millis(10);
        loop {
            // Not for too long at once: the host process is looked after below.
            answers(node, deadline.min(sys::clock::after(Duration::from_secs(2)))).await;
            let reason = match supplier.apply(cluster, node, configuration).await {
                Ok(()) => break,
                Err(ApplyError::Refused(reason)) => {
                    let reason = format!("refuses its configuration: {reason}");
                    return Err(Error::Node { node: node.name.clone(), reason });
                }
                Err(ApplyError::NotYet(reason)) => reason,
            };
            // The answer to an accepted one may have been lost.
            if files.is_configured(&node.name) {
                break;
            }
            if !files.host().is_some_and(|host| host.is_alive()) {
                return Err(Error::Host(format!(
                    "the host process has ended{}",
                    last_lines(&files.host_log())
                )));
            }
            if Instant::now() >= deadline {
                let console = files.node_dir(&node.name).join("console.log");
                let reason =
                    format!("has not accepted its configuration in time: {reason}{}", last_lines(&console));
                return Err(Error::Node { node: node.name.clone(), reason });
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_millis(200));
        }
    }
    say(NodePhase::Configured);
    Ok(())
}

/// Waits until the node's maintenance API takes connections. In short tries: one that is lost
/// because the link is not up yet is repeated by the kernel only after a second.
async fn answers(node: &NodeInfo, deadline: Instant) {
    while Instant::now() < deadline {
        let connect = tokio::net::TcpStream::connect((node.address, API_PORT));
        if let Ok(Ok(_)) = tokio::time::timeout(Duration::from_millis(50), connect).await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::local::options::{NodeOptions, Role};
    use crate::local::state::tests::cluster;

    fn stored(phase: Phase) -> Stored {
        let root = tempfile::tempdir().unwrap();
        let files = Files::new(root.path(), "demo").unwrap();
        files.create().unwrap();
        files.store(phase, &cluster(files.root())).unwrap();
        files.load().unwrap().unwrap()
    }

    fn options() -> Options {
        let mut options = Options::new("demo").unwrap().with_nodes(1, 1);
        options.image = "/image".into();
        options
    }

    #[test]
    fn what_is_there_decides_what_is_done() {
        let (creating, created) = (stored(Phase::Creating), stored(Phase::Created));
        for (stored, alive, decision) in [
            (None, false, Decision::Make),
            (None, true, Decision::Make),
            (Some(&created), true, Decision::Nothing),
            (Some(&created), false, Decision::Restart),
            (Some(&creating), true, Decision::GoOn { start_host: false }),
            (Some(&creating), false, Decision::GoOn { start_host: true }),
        ] {
            assert_eq!(decide(stored, alive, &options()), decision, "{stored:?} {alive}");
        }
    }

    #[test]
    fn an_interrupted_cluster_of_another_shape_is_made_anew_and_a_complete_one_never() {
        let mut other = options();
        other.nodes.push(NodeOptions { name: "more".into(), role: Role::Worker, var: None });
        assert_eq!(decide(Some(&stored(Phase::Creating)), true, &other), Decision::Make);
        assert_eq!(decide(Some(&stored(Phase::Created)), true, &other), Decision::Nothing);
        let mut elsewhere = options();
        elsewhere.cidr = Some("10.6.0.0/24".parse().unwrap());
        assert_eq!(decide(Some(&stored(Phase::Creating)), false, &elsewhere), Decision::Make);
        let patched = Options { fingerprint: "another patch".into(), ..options() };
        assert_eq!(decide(Some(&stored(Phase::Creating)), true, &patched), Decision::Make);
    }
}
