//! `talosctl health`.

use std::time::Duration;

use proto::cluster::{ClusterInfo, HealthCheckRequest};
use tokio::time::Instant;
use tonic::{Code, Status};

use crate::failure::{status, usage};
use crate::global::Global;
use crate::health;
use crate::node::Node;
use crate::output::{human, note};
use crate::session::Session;

/// Wait until the cluster is healthy
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  talosctl health
  talosctl health --server=false --wait-timeout 5m")]
pub struct Args {
    /// Addresses of the control plane nodes; discovered if none are given
    #[arg(long, value_delimiter = ',', value_name = "ADDRESS")]
    control_plane_nodes: Vec<String>,
    /// Addresses of the worker nodes
    #[arg(long, value_delimiter = ',', value_name = "ADDRESS")]
    worker_nodes: Vec<String>,
    /// Address of the node that was the first one
    #[arg(long, value_name = "ADDRESS")]
    init_node: Option<String>,
    /// Another URL of the Kubernetes API
    #[arg(long, value_name = "URL")]
    k8s_endpoint: Option<String>,
    /// Run the tests of Kubernetes too
    #[arg(long)]
    run_e2e: bool,
    /// Let the node run the checks; else this program does
    #[arg(long, default_value_t = true, action = clap::ArgAction::Set)]
    server: bool,
    /// How long it may take
    #[arg(long, default_value = "20m", value_parser = human::parse_duration, value_name = "DURATION")]
    wait_timeout: Duration,
}

/// Runs it.
pub async fn run(global: &Global, args: Args) -> anyhow::Result<()> {
    if args.run_e2e {
        return Err(usage(
            "the flag --run-e2e is not supported: run the tests of Kubernetes with their own program",
        ));
    }
    let session = Session::open(global)?;
    let node = session.one()?;
    crate::skew::check(&node).await;
    let deadline = sys::clock::after(args.wait_timeout);
    if args.server {
        match on_node(&node, &args).await {
            // A node that has no such service, or is a worker: the same checks from here.
            Err(error) if status(&error).is_some_and(|status| status.code() == Code::Unimplemented) => {}
            other => return other.map_err(|error| error.context("healthcheck error")),
        }
    }
    from_here(&session, &node, &args, deadline).await.map_err(|error| error.context("healthcheck error"))
}

fn given(args: &Args) -> (Vec<String>, Vec<String>) {
    let mut control_planes: Vec<String> = args.init_node.iter().cloned().collect();
    control_planes.extend(args.control_plane_nodes.iter().cloned());
    (control_planes, args.worker_nodes.clone())
}

async fn on_node(node: &Node, args: &Args) -> anyhow::Result<()> {
    let (control_plane_nodes, worker_nodes) = given(args);
    let named = !control_plane_nodes.is_empty() || !worker_nodes.is_empty() || args.k8s_endpoint.is_some();
    let force_endpoint = args.k8s_endpoint.clone().unwrap_or_default();
    let request = HealthCheckRequest {
        wait_timeout: Some(proto::convert::duration(args.wait_timeout)),
        cluster_info: named.then_some(ClusterInfo { control_plane_nodes, worker_nodes, force_endpoint }),
    };
    let mut stream = node.cluster().health_check(node.request(request)).await?.into_inner();
    while let Some(progress) = stream.message().await? {
        if let Some(error) = progress.metadata.map(|m| m.error).filter(|error| !error.is_empty()) {
            return Err(Status::unknown(error).into());
        }
        note(&progress.message);
    }
    Ok(())
}

async fn from_here(session: &Session, node: &Node, args: &Args, deadline: Instant) -> anyhow::Result<()> {
    let (control_planes, workers) = match given(args) {
        (control_planes, workers) if !control_planes.is_empty() => (control_planes, workers),
        _ => discover(node, deadline).await?,
    };
    let all: Vec<String> = control_planes.iter().chain(&workers).map(|node| format!("{node:?}")).collect();
    note(&format!("discovered nodes: [{}]", all.join(" ")));
    let cluster = health::of(session, &control_planes, &workers, args.k8s_endpoint.clone())?;
    health::run(&cluster, health::all(), deadline, |progress| note(&progress.line())).await?;
    Ok(())
}

/// Members may not have found each other yet.
async fn discover(node: &Node, deadline: Instant) -> anyhow::Result<(Vec<String>, Vec<String>)> {
    loop {
        let pause = Duration::from_millis(500);
        match health::discover(node).await {
            Err(_) if sys::clock::after(pause) < deadline => tokio::time::sleep(pause).await,
            other => return other,
        }
    }
}
