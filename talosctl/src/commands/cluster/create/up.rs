//! From configured nodes to a healthy cluster.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use config::talosconfig::Talosconfig;
use proto::cosi::resource::Event;
use proto::machine::BootstrapRequest;
use proto::resource::runtime::MachineStatusSpec;
use provision::local::{ClusterInfo, NodeInfo, Role};
use rpc::tls::dial::API_PORT;
use tokio::net::TcpStream;
use tokio::time::Instant;
use tonic::Code;

use super::progress::Progress;
use crate::commands::cluster::files;
use crate::commands::kubeconfig;
use crate::global::Global;
use crate::health::{self, Check, Cluster, stage_name};
use crate::node::Node;
use crate::output::note;
use crate::resource::store::{self, Kind};
use crate::resource::watch::watch;
use crate::session::Session;

const MACHINE_STATUS: Kind<'static> = Kind { namespace: "runtime", typ: "MachineStatuses.runtime.talos.dev" };

/// What the user wants to wait for.
pub struct Wanted {
    /// Until all checks pass.
    pub healthy: bool,
    /// Those of the nodes of Kubernetes, and of what runs on them once they are ready, too.
    pub node_readiness: bool,
    /// Until the user's kubeconfig has the cluster.
    pub kubeconfig: bool,
}

/// Bootstraps etcd, fetches the kubeconfig and waits. Everything may have been done before. Returns the
/// user's kubeconfig and the context in it.
pub async fn bring_up(
    cluster: &ClusterInfo,
    own: &Talosconfig,
    wanted: &Wanted,
    deadline: Instant,
    progress: &Progress,
) -> anyhow::Result<Option<(PathBuf, String)>> {
    let planes: Vec<String> = cluster.control_planes().iter().map(ToString::to_string).collect();
    // The nodes themselves, not the endpoint: it forwards only to those that are up.
    let global = Global { endpoints: planes.clone(), ..Global::default() };
    let session = Session::with_context(&global, own.select(None)?)?;
    let work = async {
        bootstrap(&session, cluster, deadline, progress).await?;
        let first = session.node(planes.first().context("the cluster has no control plane")?)?;
        let text = kubeconfig::fetch(&first).await?;
        let kept = files::kubeconfig(cluster);
        // The same certificate each time: the user's file does not grow.
        let text = std::fs::read_to_string(&kept).unwrap_or(text);
        sys::fs::write_atomically(&kept, text.as_bytes(), 0o600)?;
        let merged = match wanted.kubeconfig {
            true => Some(files::merge_kubeconfig(cluster, &text)?),
            false => None,
        };
        if wanted.healthy {
            let checks = if wanted.node_readiness { health::all() } else { health::before_node_readiness() };
            healthy(&session, cluster, &planes, checks, deadline, progress).await?;
        }
        anyhow::Ok(merged)
    };
    tokio::select! {
        biased;
        result = work => result,
        () = follow(&session, cluster, progress) => anyhow::bail!("the nodes can no longer be watched"),
    }
}

async fn bootstrap(
    session: &Session,
    cluster: &ClusterInfo,
    deadline: Instant,
    progress: &Progress,
) -> anyhow::Result<()> {
    let node = cluster.nodes.iter().find(|n| n.role == Role::ControlPlane).context("no control plane")?;
    let client = session.node(&node.address.to_string())?;
    let mut pause = Duration::from_millis(20);
    loop {
        let request = client.request(BootstrapRequest::default());
        let status = match client.machine().bootstrap(request).await {
            Ok(_) => {
                progress.node(&node.name, "bootstraps etcd");
                return Ok(());
            }
            Err(status) if status.code() == Code::AlreadyExists => return Ok(()),
            Err(status) if status.code() == Code::InvalidArgument => return Err(status.into()),
            Err(status) => status,
        };
        if sys::clock::after(pause) >= deadline {
            return Err(anyhow::Error::from(status).context(format!("{} cannot bootstrap etcd", node.name)));
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_millis(200));
    }
}

async fn healthy(
    session: &Session,
    cluster: &ClusterInfo,
    planes: &[String],
    checks: &'static [Check<Cluster>],
    deadline: Instant,
    progress: &Progress,
) -> anyhow::Result<()> {
    let workers = cluster.nodes.iter().filter(|node| node.role == Role::Worker);
    let workers: Vec<String> = workers.map(|node| node.address.to_string()).collect();
    let checked = health::of(session, planes, &workers, None)?;
    let passed = tokio::select! {
        passed = health::run(&checked, checks, deadline, progress.health()) => passed,
        never = progress.look_after() => match never {},
    };
    passed.with_context(|| {
        format!(
            "the cluster is not healthy; look at `talosctl services`, `talosctl logs kubelet` and {}",
            cluster.dir().join("nodes").display()
        )
    })
}

/// Tells of each node's stage until the work beside it is done.
async fn follow(session: &Session, cluster: &ClusterInfo, progress: &Progress) {
    let all = cluster.nodes.iter().map(|node| async move {
        let Ok(client) = session.node(&node.address.to_string()) else { return };
        loop {
            // A node that does not answer yet is watched later.
            let _ = follow_one(node, &client, progress).await;
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    });
    futures::future::join_all(all).await;
}

async fn follow_one(node: &NodeInfo, client: &Node, progress: &Progress) -> anyhow::Result<()> {
    watch(client, MACHINE_STATUS, None, |event: Event| {
        if let Some(resource) = &event.resource {
            let spec: MachineStatusSpec = store::spec(resource)?;
            let ready = spec.status.as_ref().is_some_and(|status| status.ready);
            let stage = stage_name(spec.stage());
            // A node that has just begun does not know yet.
            if !["", "unknown"].contains(&stage.as_str()) {
                progress.node(&node.name, &if ready { format!("{stage}, ready") } else { stage });
            }
        }
        Ok(())
    })
    .await
}

/// Waits until each node's API is there, then tells what to do with nodes that were given no configuration.
pub async fn in_maintenance(cluster: &ClusterInfo, deadline: Instant) -> anyhow::Result<()> {
    for node in &cluster.nodes {
        let connect =
            async || tokio::time::timeout_at(deadline, TcpStream::connect((node.address, API_PORT))).await?;
        while let Err(error) = connect().await {
            if Instant::now() >= deadline {
                let logs = cluster.dir().join("nodes");
                anyhow::bail!("{} does not answer ({error}); look at {}", node.name, logs.display());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    note("\nthe nodes wait for their configuration:");
    for node in &cluster.nodes {
        note(&format!("  {:<32} {}", node.name, node.address));
    }
    let first = cluster.nodes.first().map(|node| node.address.to_string()).unwrap_or_default();
    note(&format!("try next:\n  talosctl apply-config --insecure -n {first} -f controlplane.yaml"));
    Ok(())
}

/// Nodes, where everything is, and what to try next.
pub fn summary(
    cluster: &ClusterInfo,
    running: bool,
    talosconfig: &(PathBuf, String),
    kubeconfig: Option<&(PathBuf, String)>,
) -> anyhow::Result<()> {
    note(&format!("\ncluster {} is {}", cluster.name, if running { "running" } else { "up" }));
    for node in &cluster.nodes {
        note(&format!("  {:<32} {:<14} {}", node.name, node.role.to_string(), node.address));
    }
    let program = std::env::current_exe().unwrap_or_else(|_| "talosctl".into());
    let kubectl = program.with_file_name("kubectl");
    note(&format!("\ntalosctl:    {}", program.display()));
    if kubectl.exists() {
        note(&format!("kubectl:     {}", kubectl.display()));
    }
    note(&format!("talosconfig: {} (context {})", talosconfig.0.display(), talosconfig.1));
    if let Some((path, context)) = kubeconfig {
        note(&format!("kubeconfig:  {} (context {context})", path.display()));
    }
    note("\ntry next:\n  kubectl get nodes -o wide\n  talosctl services\n  talosctl get members");
    Ok(())
}
