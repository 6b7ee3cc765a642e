//! `talosctl cluster create`.

pub mod configuration;
mod elsewhere;
mod progress;
mod supplier;
mod up;

use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use config::generate::VersionContract;
use ipnet::Ipv4Net;
use provision::local::{self, DnsUpstream, Options, Outcome};
use sha2::{Digest, Sha256};

use super::files;
use crate::commands::generate::config::parse_mirror;
use crate::failure::usage;
use crate::global::Global;
use crate::output::human;
use crate::patches;
use configuration::Choices;
use elsewhere::Elsewhere;
use progress::Progress;
use supplier::Configurations;

/// What nodes say of themselves on their consoles, in the notation of tracing's filters: for looking into them.
const NODE_LOG: &str = "TALOS_LOG";

/// What the nodes run in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Host {
    /// Namespaces of this machine
    #[default]
    Local,
    /// Containers of Docker
    #[value(hide = true)]
    Docker,
    /// Virtual machines
    #[value(hide = true)]
    Qemu,
    /// Virtual machines for developing the system
    #[value(hide = true)]
    Dev,
}

/// Create a cluster, or go on with one that was interrupted
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  talosctl cluster create
  talosctl cluster create --controlplanes 3 --workers 1 --name demo
  talosctl cluster create --config-patch @patch.yaml
  talosctl cluster create --talos-version v1.13")]
pub struct Args {
    /// What the nodes run in
    #[arg(value_enum, default_value_t)]
    host: Host,
    #[command(flatten)]
    place: super::Place,
    /// Number of control plane nodes
    #[arg(long, default_value_t = 1, value_name = "N")]
    controlplanes: usize,
    /// Number of worker nodes
    #[arg(long, default_value_t = 2, value_name = "N")]
    workers: usize,
    /// Network of the nodes, instead of 10.5.0.0/24 or the next that is free
    #[arg(long, value_name = "NETWORK", alias = "subnet")]
    cidr: Option<Ipv4Net>,
    /// Root image of the nodes, instead of the one beside this program
    #[arg(long, value_name = "FOLDER")]
    image: Option<PathBuf>,
    /// Write the configurations as this version of the system has them, for clients that know no newer one
    #[arg(long, value_name = "VERSION", value_parser = VersionContract::parse)]
    talos_version: Option<VersionContract>,
    /// Version of Kubernetes
    #[arg(long, value_name = "VERSION")]
    kubernetes_version: Option<String>,
    /// Patch of the configuration of all nodes: @file, folder or text
    #[arg(long, value_name = "PATCH", allow_hyphen_values = true)]
    config_patch: Vec<String>,
    /// Patch of the configuration of control planes
    #[arg(long, value_name = "PATCH", alias = "config-patch-control-plane", allow_hyphen_values = true)]
    config_patch_controlplanes: Vec<String>,
    /// Patch of the configuration of workers
    #[arg(long, value_name = "PATCH", alias = "config-patch-worker", allow_hyphen_values = true)]
    config_patch_workers: Vec<String>,
    /// Mirror of a registry: host=URL
    #[arg(long, value_name = "HOST=URL", value_parser = parse_mirror)]
    registry_mirror: Vec<(String, String)>,
    /// Whom nodes ask for names outside the cluster: none, machine, or addresses of servers
    #[arg(long, default_value = "none", value_parser = upstream, value_name = "SERVERS")]
    dns: DnsUpstream,
    /// Where a node has its /var, instead of beside its state: on a disk of its own, for example
    #[arg(long, value_name = "NODE=FOLDER", value_parser = parse_var, hide = true)]
    var: Vec<(String, PathBuf)>,
    /// Leave the nodes in maintenance mode
    #[arg(long)]
    skip_injecting_config: bool,
    /// Leave the user's kubeconfig as it is
    #[arg(long)]
    skip_kubeconfig: bool,
    /// Wait until the cluster is healthy
    #[arg(long, default_value_t = true, action = clap::ArgAction::Set)]
    wait: bool,
    /// Do not wait until the nodes of Kubernetes are ready, as for a cluster whose network comes later
    #[arg(long)]
    skip_k8s_node_readiness_check: bool,
    /// How long that may take
    #[arg(long, default_value = "20m", value_parser = human::parse_duration, value_name = "DURATION")]
    wait_timeout: Duration,
    /// Client configuration to put the context into, instead of $TALOSCONFIG or ~/.talos/config
    #[arg(long, value_name = "PATH", alias = "talosconfig")]
    talosconfig_destination: Option<PathBuf>,
    #[command(flatten)]
    elsewhere: Elsewhere,
}

fn upstream(text: &str) -> Result<DnsUpstream, String> {
    match text {
        "none" => Ok(DnsUpstream::Nobody),
        "machine" => Ok(DnsUpstream::Machine),
        servers => {
            let parsed = servers.split(',').map(str::parse).collect::<Result<Vec<_>, _>>();
            parsed
                .map(DnsUpstream::Servers)
                .map_err(|_| format!("{servers:?}: use none, machine or addresses"))
        }
    }
}

fn parse_var(text: &str) -> Result<(String, PathBuf), String> {
    let (node, folder) = text.split_once('=').ok_or("use NODE=FOLDER")?;
    let folder = std::path::absolute(folder).map_err(|error| error.to_string())?;
    Ok((node.to_owned(), folder))
}

impl Args {
    fn choices(&self) -> anyhow::Result<Choices> {
        Ok(Choices {
            contract: self.talos_version,
            kubernetes_version: self
                .kubernetes_version
                .as_deref()
                .map(|v| v.trim_start_matches('v').to_owned()),
            registry_mirrors: self.registry_mirror.clone(),
            patches: patches::load(&self.config_patch)?,
            control_plane_patches: patches::load(&self.config_patch_controlplanes)?,
            worker_patches: patches::load(&self.config_patch_workers)?,
        })
    }

    /// Stands for everything that the configurations are made from.
    fn fingerprint(&self) -> anyhow::Result<String> {
        let mut hash = Sha256::new();
        let contract = self.talos_version.map(|version| version.to_string());
        let plain = (contract, &self.kubernetes_version, &self.registry_mirror, self.skip_injecting_config);
        hash.update(format!("{} {plain:?}", env!("CARGO_PKG_VERSION")));
        for values in [&self.config_patch, &self.config_patch_controlplanes, &self.config_patch_workers] {
            hash.update(format!("{} ", values.len()));
            for (_, text) in patches::texts(values)? {
                hash.update(text.len().to_le_bytes());
                hash.update(text);
            }
        }
        Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }

    fn options(&self) -> anyhow::Result<Options> {
        let mut options = Options::new(self.place.name.clone())?.with_nodes(self.controlplanes, self.workers);
        options.root = self.place.root()?;
        options.cidr = self.cidr;
        if let Some(image) = &self.image {
            options.image.clone_from(image);
        }
        options.dns.clone_from(&self.dns);
        for (name, folder) in &self.var {
            let node = options.nodes.iter_mut().find(|node| node.name == *name);
            let node = node.ok_or_else(|| usage(format!("flag --var: there is no node {name:?}")))?;
            node.var = Some(folder.clone());
        }
        options.fingerprint = self.fingerprint()?;
        // The host starts nodes again by their exit status: reboot and reset work though they are containers.
        options.env.insert("TALOS_HOST_RESTARTS".to_owned(), "1".to_owned());
        if let Ok(level) = std::env::var(NODE_LOG) {
            options.env.insert(NODE_LOG.to_owned(), level);
        }
        Ok(options)
    }
}

/// Runs it.
pub async fn run(args: Args) -> anyhow::Result<()> {
    if args.host != Host::Local {
        let name = args.host.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
        anyhow::bail!("nodes cannot run in {name} yet: use `talosctl cluster create local`");
    }
    args.elsewhere.refuse()?;
    if args.controlplanes == 0 {
        return Err(usage("flag --controlplanes: a cluster needs at least one control plane node"));
    }
    let choices = args.choices()?;
    let options = args.options()?;
    let progress = Progress::start();
    let deadline = sys::clock::after(args.wait_timeout);
    let supplier = Configurations { skip: args.skip_injecting_config, choices };
    let outcome = local::create(&options, &supplier, &|event| progress.host(&event)).await?;
    let cluster = outcome.cluster();
    match &outcome {
        Outcome::Created(_) => {}
        Outcome::Restarted(_) => progress.say("the cluster was there already: its nodes were started again"),
        Outcome::AlreadyRunning(_) => progress.say(&format!("cluster {} is running already", cluster.name)),
    }
    if args.skip_injecting_config {
        return up::in_maintenance(cluster, deadline).await;
    }
    let global =
        Global { talosconfig: files::destination(args.talosconfig_destination.clone()), ..Global::default() };
    let own = files::own(cluster)?;
    let (talosconfig, context) = files::merge_talosconfig(&global, &own)?;
    let wanted = up::Wanted {
        healthy: args.wait,
        node_readiness: !args.skip_k8s_node_readiness_check,
        kubeconfig: !args.skip_kubeconfig,
    };
    let kubeconfig = up::bring_up(cluster, &own, &wanted, deadline, &progress).await?;
    let running = matches!(outcome, Outcome::AlreadyRunning(_));
    up::summary(cluster, running, &(talosconfig, context), kubeconfig.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    fn args(line: &str) -> Args {
        Line::try_parse_from(line.split(' ')).unwrap().args
    }

    #[test]
    fn by_default_there_are_three_nodes_that_ask_nobody_outside() {
        let args = args("create");
        let options = args.options().unwrap();
        assert_eq!((options.nodes.len(), options.dns, args.host), (3, DnsUpstream::Nobody, Host::Local));
    }

    #[test]
    fn a_node_may_have_its_var_elsewhere() {
        let options = args("create --workers 0 --var talos-default-controlplane-1=/mnt").options().unwrap();
        assert_eq!(options.nodes[0].var, Some("/mnt".into()));
        assert!(args("create --var nobody=/mnt").options().is_err());
    }

    #[test]
    fn whatever_changes_configurations_changes_the_fingerprint() {
        let print = |line: &str| args(line).fingerprint().unwrap();
        let plain = print("create");
        assert_eq!(plain, print("create local --workers 1"));
        assert_ne!(
            print("create --config-patch {machine:{type:a}}"),
            print("create --config-patch {machine:{type:b}}")
        );
        for line in [
            "create --talos-version v1.13",
            "create --kubernetes-version v1.35.0",
            "create --config-patch {machine:{}}",
            "create --config-patch-workers {machine:{}}",
            "create --registry-mirror docker.io=http://x",
            "create --skip-injecting-config",
        ] {
            assert_ne!(print(line), plain, "{line}");
        }
    }
}
