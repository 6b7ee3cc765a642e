//! The host process of one cluster: parent of its nodes, forwarder of its endpoint, its DNS server.

mod console;
mod dns;
mod forward;
mod forwarding;
mod life;
mod node;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use sys::cgroup::{CgroupPort, Cgroups};
use sys::process::{Reaper, SpawnPort, take_inherited};
use sys::signal::{Notice, Notices};
use tokio::sync::watch;

use super::error::{Error, Result};
use super::network::{self, Network};
use super::state::{ClusterInfo, Files, HostRecord, NodeRecord};
pub(crate) use forwarding::{forward_packets, restore_forwarding};
use node::{Node, Report};

/// Name of the hidden subcommand that leads to [`host_main`].
pub(crate) const SUBCOMMAND: &str = "cluster-host";
/// Descriptor of the socket to the command that starts the host.
const STARTER_FD: i32 = 3;
/// What the command says once it has noted the host's process id. Without it the host does
/// nothing: a host that nobody knows could not be found again.
pub(crate) const GO: u8 = b'g';
/// What the host answers when nodes are being started.
pub(crate) const READY: &str = "ready\n";
/// How long nodes may take to end when the host is asked to end.
const GRACE: Duration = Duration::from_secs(30);
/// How long a control group may take to become empty after SIGKILL.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Arguments of the subcommand.
#[derive(Debug, PartialEq, Eq)]
struct Arguments {
    root: PathBuf,
    name: String,
    /// Set in the first process of a node.
    node: Option<String>,
}

/// The whole of the hidden subcommand `cluster-host`; `args` are what follows its name:
/// `--state-dir DIR --name CLUSTER`, and `--node NODE` in the first process of a node.
///
/// Call it before starting any thread or runtime.
pub fn host_main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let result = parse(args).and_then(|arguments| {
        let files = Files::new(&arguments.root, &arguments.name)?;
        match arguments.node {
            Some(node) => super::node::become_init(&files, &node).map(|never| match never {}),
            None => run(&files),
        }
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Standard error is the host's log or the node's console.
            eprintln!("{SUBCOMMAND}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Arguments> {
    let wrong = || Error::Request(format!("use: {SUBCOMMAND} --state-dir DIR --name CLUSTER [--node NODE]"));
    let mut values = BTreeMap::new();
    let mut args = args.into_iter();
    while let Some(flag) = args.next() {
        let flag = flag.into_string().map_err(|_| wrong())?;
        values.insert(flag, args.next().ok_or_else(wrong)?);
    }
    let text = |value: OsString| value.into_string().map_err(|_| wrong());
    let arguments = Arguments {
        root: values.remove("--state-dir").ok_or_else(wrong)?.into(),
        name: text(values.remove("--name").ok_or_else(wrong)?)?,
        node: values.remove("--node").map(text).transpose()?,
    };
    if values.is_empty() { Ok(arguments) } else { Err(wrong()) }
}

fn run(files: &Files) -> Result<()> {
    tracing_subscriber::fmt()
        .compact()
        .with_ansi(false)
        .with_target(false)
        .with_writer(std::io::stderr)
        .with_max_level(tracing::Level::INFO)
        .init();
    let starter = wait_for_go()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::Host(format!("start the runtime: {error}")))?;
    let result = runtime.block_on(serve(files, starter));
    if let Err(error) = &result {
        tracing::error!(%error, "the host process ends");
    }
    result
}

/// Waits until the command that starts this process knows it.
fn wait_for_go() -> Result<UnixStream> {
    let stream = UnixStream::from(take_inherited(STARTER_FD)?);
    let mut word = [0];
    match (&stream).read_exact(&mut word) {
        Ok(()) if word == [GO] => Ok(stream),
        _ => Err(Error::Host("the command that starts this process has ended".into())),
    }
}

async fn serve(files: &Files, starter: UnixStream) -> Result<()> {
    let taken = || Error::Host("another host process of this cluster runs already".into());
    let _lock = sys::fs::LockFile::try_acquire(&files.host_lock())?.ok_or_else(taken)?;
    let stored = files.load()?.ok_or_else(|| Error::Host("the cluster's state is gone".into()))?;
    let cluster = Arc::new(stored.cluster);
    let reaper = Reaper::start()?;
    let mut notices = Notices::watch()?;
    let cgroups = Cgroups::detect()?;
    clean(&reaper, &cgroups, &cluster).await?;
    let mut record = record(&cluster)?;
    files.store_host(&record)?;

    let running = watch::channel(Vec::new()).0;
    let outcome = async {
        open_network(&reaper, &cluster, &running).await?;
        let (reports_to, mut reports) = tokio::sync::mpsc::channel(64);
        let (stop, stopping) = watch::channel(false);
        let mut nodes = tokio::task::JoinSet::new();
        for info in &cluster.nodes {
            let node = Node {
                files: files.clone(),
                cluster: Arc::clone(&cluster),
                info: info.clone(),
                port: Arc::new(reaper.clone()),
                cgroups: cgroups.clone(),
                reports: reports_to.clone(),
            };
            nodes.spawn(node.live(stopping.clone()));
        }
        drop(reports_to);
        // Whoever started the host may have given up meanwhile; the host stays.
        _ = (&starter).write_all(READY.as_bytes());
        drop(starter);
        loop {
            tokio::select! {
                report = reports.recv() => match report {
                    Some(report) => note(files, &cluster, &mut record, &running, report),
                    // All nodes' tasks have ended, which they only do when told to.
                    None => break,
                },
                notice = notices.next() => if matches!(notice, Notice::Terminate | Notice::Interrupt) {
                    tracing::info!(signal = %notice, "asked to end: stopping the nodes");
                    stop.send_replace(true);
                },
            }
        }
        nodes.join_all().await;
        Ok(())
    }
    .await;
    clean(&reaper, &cgroups, &cluster).await?;
    outcome
}

fn record(cluster: &ClusterInfo) -> Result<HostRecord> {
    let pid = i32::try_from(std::process::id()).unwrap_or_default();
    let start_time = sys::process::start_time(pid)?;
    let starting = || NodeRecord { state: "starting".into(), ..NodeRecord::default() };
    let nodes = cluster.nodes.iter().map(|node| (node.name.clone(), starting())).collect();
    Ok(HostRecord { pid, start_time, serving: true, nodes })
}

/// Removes what an earlier host process left: nothing of it may be in the way of the new one.
async fn clean(port: &dyn SpawnPort, cgroups: &Cgroups, cluster: &ClusterInfo) -> Result<()> {
    let names = cluster.names();
    sys::cgroup::destroy(cgroups, &cgroups.group(&names.cgroup()), PATIENCE).await?;
    network::sweep(port, &names).await
}

async fn open_network(
    reaper: &Reaper,
    cluster: &Arc<ClusterInfo>,
    running: &watch::Sender<Vec<std::net::Ipv4Addr>>,
) -> Result<()> {
    Network::connect()?.create_bridge(cluster).await?;
    if let Err(error) = forward_packets(&cluster.names()) {
        tracing::warn!(%error, "nodes will not reach anything outside their network");
    }
    if let Err(error) = network::translate(reaper, &cluster.names(), cluster.cidr).await {
        tracing::warn!(%error, "nodes will not reach anything outside their network; is nft installed?");
    }
    for port in forward::PORTS {
        forward::listen(cluster.gateway, port, running.subscribe()).await?;
    }
    if let Err(error) = dns::listen(Arc::clone(cluster)).await {
        tracing::warn!(%error, "nodes will not resolve names; does another server hold the port on all addresses?");
    }
    Ok(())
}

fn note(
    files: &Files,
    cluster: &ClusterInfo,
    record: &mut HostRecord,
    running: &watch::Sender<Vec<std::net::Ipv4Addr>>,
    report: Report,
) {
    record.nodes.insert(report.node, report.record);
    if let Err(error) = files.store_host(record) {
        tracing::warn!(%error, "could not store the nodes' state");
    }
    let planes = cluster.nodes.iter().filter(|node| node.role == super::Role::ControlPlane);
    let alive = planes.filter(|node| record.nodes.get(&node.name).is_some_and(|r| r.state == "running"));
    running.send_replace(alive.map(|node| node.address).collect());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(list: &[&str]) -> Vec<OsString> {
        list.iter().map(OsString::from).collect()
    }

    #[test]
    fn arguments_are_understood_in_any_order_and_nothing_else_is() {
        let parsed = parse(args(&["--name", "demo", "--state-dir", "/x", "--node", "n1"])).unwrap();
        assert_eq!(parsed, Arguments { root: "/x".into(), name: "demo".into(), node: Some("n1".into()) });
        for bad in
            [&["--name", "demo"][..], &["--name"], &["--state-dir", "/x", "--name", "d", "--more", "x"]]
        {
            assert!(parse(args(bad)).is_err(), "{bad:?}");
        }
    }
}
