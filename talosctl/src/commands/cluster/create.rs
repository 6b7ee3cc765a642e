//! `talosctl cluster create`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime};

use anyhow::Context;
use config::talosconfig::Talosconfig;
use ipnet::Ipv4Net;
use proto::machine::apply_configuration_request::Mode;
use proto::machine::{ApplyConfigurationRequest, BootstrapRequest};
use provision::local::{self, ApplyError, ClusterInfo, NodeInfo, Options, Supplier};
use tonic::Code;

use super::configuration::Secrets;
use crate::commands::kubeconfig;
use crate::credentials;
use crate::global::{Global, Insecure};
use crate::session::Session;

/// Create a cluster of namespaces on this machine
#[derive(Debug, clap::Args)]
pub struct Args {
    /// `local` is the only kind of node host so far
    #[arg(default_value = "local")]
    host: String,
    /// Name of the cluster
    #[arg(long, default_value = "talos-default")]
    name: String,
    /// Number of control plane nodes
    #[arg(long, default_value_t = 1)]
    controlplanes: usize,
    /// Number of worker nodes
    #[arg(long, default_value_t = 2)]
    workers: usize,
    /// Network of the nodes, instead of 10.5.0.0/24 or the next that is free
    #[arg(long)]
    cidr: Option<Ipv4Net>,
    /// Root image of the nodes, instead of the one beside this program
    #[arg(long, value_name = "FOLDER")]
    image: Option<PathBuf>,
    /// Leave the nodes in maintenance mode
    #[arg(long)]
    skip_injecting_config: bool,
    /// How long the cluster may take until it is usable, seconds
    #[arg(long, default_value_t = 600)]
    wait_timeout: u64,
}

struct Configurations {
    skip: bool,
    made: Mutex<Option<Talosconfig>>,
}

/// The client configuration that belongs to a cluster, kept with it.
fn talosconfig_path(cluster: &ClusterInfo) -> PathBuf {
    cluster.dir().join("talosconfig")
}

#[async_trait::async_trait]
impl Supplier for Configurations {
    async fn configurations(&self, cluster: &ClusterInfo) -> Result<BTreeMap<String, String>, String> {
        if self.skip {
            return Ok(BTreeMap::new());
        }
        let make = || -> anyhow::Result<BTreeMap<String, String>> {
            let now = SystemTime::now();
            let secrets = Secrets::generate(now)?;
            let talosconfig = secrets.talosconfig(cluster, now)?;
            sys::fs::write_atomically(&talosconfig_path(cluster), talosconfig.to_text().as_bytes(), 0o600)?;
            *self.made.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(talosconfig);
            secrets.configurations(cluster)
        };
        make().map_err(|e| format!("{e:#}"))
    }

    async fn apply(&self, _: &ClusterInfo, node: &NodeInfo, configuration: &str) -> Result<(), ApplyError> {
        let global = Global { nodes: vec![node.address.to_string()], ..Global::default() };
        let insecure = Insecure { insecure: true, cert_fingerprint: vec![] };
        let not_yet = |e: anyhow::Error| ApplyError::NotYet(format!("{e:#}"));
        let node = Session::open_for(&global, &insecure).and_then(|s| s.one()).map_err(not_yet)?;
        let request = ApplyConfigurationRequest {
            data: configuration.as_bytes().to_vec(),
            mode: Mode::Auto as i32,
            ..ApplyConfigurationRequest::default()
        };
        match node.machine().apply_configuration(node.request(request)).await {
            Ok(_) => Ok(()),
            Err(status) if status.code() == Code::InvalidArgument => {
                Err(ApplyError::Refused(status.message().to_owned()))
            }
            Err(status) => Err(ApplyError::NotYet(rpc::status::go_text(&status))),
        }
    }
}

/// Runs it.
pub async fn run(args: Args) -> anyhow::Result<()> {
    anyhow::ensure!(args.host == "local", "there is no node host {:?}: use local", args.host);
    anyhow::ensure!(args.controlplanes > 0, "a cluster needs at least one control plane node");
    let started = Instant::now();
    let mut options = Options::new(args.name.clone())?.with_nodes(args.controlplanes, args.workers);
    options.cidr = args.cidr;
    if let Some(image) = args.image {
        options.image = image;
    }
    // The host starts nodes again by their exit status: reboot and reset work though they are containers.
    options.env.insert("TALOS_HOST_RESTARTS".to_owned(), "1".to_owned());
    let supplier = Configurations { skip: args.skip_injecting_config, made: Mutex::default() };
    let progress = |event: local::Event| say(started, &event);
    let outcome = local::create(&options, &supplier, &progress).await?;
    let cluster = outcome.cluster().clone();
    if args.skip_injecting_config {
        eprintln!("the nodes wait in maintenance mode for their configuration");
        return Ok(());
    }
    let text = std::fs::read(talosconfig_path(&cluster))
        .context("cannot read the cluster's client configuration")?;
    let own = Talosconfig::parse(&text)?;
    merge(&Global::default(), &cluster, &own)?;
    let patience = Duration::from_secs(args.wait_timeout);
    tokio::time::timeout(patience, bootstrap(&cluster, &own, started))
        .await
        .map_err(|_| anyhow::anyhow!("the cluster was not usable within {} s", patience.as_secs()))??;
    summary(&cluster);
    Ok(())
}

fn say(started: Instant, event: &local::Event) {
    let elapsed = started.elapsed().as_secs_f32();
    match event {
        local::Event::Cluster(text) => eprintln!("[{elapsed:6.1}s] {text}"),
        local::Event::Node { name, phase } => eprintln!("[{elapsed:6.1}s] {name}: {phase:?}"),
    }
}

/// Puts the cluster's context into the user's client configuration.
fn merge(global: &Global, cluster: &ClusterInfo, own: &Talosconfig) -> anyhow::Result<()> {
    let mut file = credentials::open(global)?;
    if let Some(context) = own.contexts.get(&cluster.name) {
        file.config.contexts.insert(cluster.name.clone(), context.clone());
        file.config.context.clone_from(&cluster.name);
    }
    file.save()
}

async fn bootstrap(cluster: &ClusterInfo, own: &Talosconfig, started: Instant) -> anyhow::Result<()> {
    let first = cluster.control_planes().into_iter().next().context("the cluster has no control plane")?;
    let global =
        Global { nodes: vec![first.to_string()], endpoints: vec![first.to_string()], ..Global::default() };
    let node = Session::with_context(&global, own.select(None)?)?.one()?;
    let mut told = String::new();
    loop {
        match node.machine().bootstrap(node.request(BootstrapRequest::default())).await {
            Ok(_) => break,
            Err(status) if status.code() == Code::AlreadyExists => break,
            Err(status) if status.code() == Code::InvalidArgument => return Err(status.into()),
            Err(status) => {
                let text = rpc::status::go_text(&status);
                if text != told {
                    eprintln!("[{:6.1}s] bootstrap: {text}", started.elapsed().as_secs_f32());
                    told = text;
                }
            }
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    eprintln!("[{:6.1}s] etcd was bootstrapped", started.elapsed().as_secs_f32());
    let text = kubeconfig::fetch(&node).await?;
    sys::fs::write_atomically(&cluster.dir().join("kubeconfig"), text.as_bytes(), 0o600)?;
    Ok(())
}

fn summary(cluster: &ClusterInfo) {
    eprintln!("\ncluster {} is up", cluster.name);
    for node in &cluster.nodes {
        eprintln!("  {:<32} {:<14} {}", node.name, node.role.to_string(), node.address);
    }
    eprintln!("kubeconfig:  {}", cluster.dir().join("kubeconfig").display());
    eprintln!("talosconfig: context {}", cluster.name);
    eprintln!("try next:\n  talosctl services\n  talosctl version\n  kubectl get nodes -o wide");
}
