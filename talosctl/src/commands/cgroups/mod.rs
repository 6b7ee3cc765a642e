//! `talosctl cgroups`.

mod preset;
mod tree;

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Context as _;
use proto::common::ContainerDriver;
use proto::machine::{ContainerInfo, ContainersRequest, CopyRequest};

use crate::global::Global;
use crate::node::Node;
use crate::output::Table;
use crate::session::Session;
use crate::stream;
use preset::Preset;
use tree::Group;

/// Show control groups as a tree
///
/// Nodes whose kernel has control groups of version 1 only cannot be shown.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  talosctl -n 10.5.0.2 cgroups --preset memory
  talosctl -n 10.5.0.2 cgroups --preset psi --skip-cri-resolve")]
pub struct Args {
    /// What to show of them
    #[arg(long, value_enum, required_unless_present = "schema_file")]
    preset: Option<Preset>,
    /// Columns of one's own
    #[arg(long, hide = true, conflicts_with = "preset")]
    schema_file: Option<PathBuf>,
    /// Show ids of pods and containers instead of their names
    #[arg(long)]
    skip_cri_resolve: bool,
}

/// Where control groups are.
const ROOT: &str = "/sys/fs/cgroup";

/// Runs it.
pub async fn run(global: &Global, args: Args) -> anyhow::Result<()> {
    let Some(preset) = args.preset else {
        anyhow::bail!("flag --schema-file: columns of one's own cannot be shown yet: use --preset");
    };
    let node = Session::open(global)?.one()?;
    let root = read(&node).await.context("error reading control groups")?;
    anyhow::ensure!(
        root.is_version_2(),
        "node {} has control groups of version 1: only version 2 can be shown",
        node.name
    );
    let names = if args.skip_cri_resolve { Names::default() } else { Names::ask(&node).await };
    table(&root, preset, &names).print()
}

async fn read(node: &Node) -> anyhow::Result<Group> {
    let request = node.request(CopyRequest { root_path: ROOT.to_owned() });
    let stream = node.machine().copy(request).await.map(tonic::Response::into_inner);
    let mut archive = Vec::new();
    let ended = stream::copy(stream, |chunk| {
        archive.extend_from_slice(&chunk);
        Ok(())
    })
    .await;
    match (Group::read(archive.as_slice()), ended) {
        // Files that can only be written are missed at the end: that is no loss.
        (Ok(root), _) => Ok(root),
        (Err(_), Err(error)) => Err(error),
        (Err(error), Ok(())) => Err(error.into()),
    }
}

/// Names of pods and containers by the ids that their groups are named by.
#[derive(Debug, Default)]
struct Names(BTreeMap<String, String>);

impl Names {
    /// Asks a node; one without containers, or whose runtime does not answer, has no names.
    async fn ask(node: &Node) -> Self {
        let request =
            ContainersRequest { namespace: "k8s.io".to_owned(), driver: ContainerDriver::Cri as i32 };
        match node.machine().containers(node.request(request)).await {
            Ok(answer) => Self::of(answer.into_inner().messages.into_iter().flat_map(|m| m.containers)),
            Err(_) => Self::default(),
        }
    }

    fn of(containers: impl Iterator<Item = ContainerInfo>) -> Self {
        let mut names = BTreeMap::new();
        for container in containers {
            let is_pod = container.id == container.pod_id;
            if is_pod && !container.uid.is_empty() {
                names.insert(format!("pod{}", container.uid), container.pod_id.clone());
            }
            let name = if is_pod { "sandbox".to_owned() } else { container.name };
            names.insert(container.internal_id, name);
        }
        names.remove("");
        Self(names)
    }

    fn name<'a>(&'a self, group: &'a str) -> &'a str {
        self.0.get(group).map_or(group, String::as_str)
    }
}

fn table(root: &Group, preset: Preset, names: &Names) -> Table {
    let mut table = Table::new(std::iter::once("NAME").chain(preset.headings()));
    let mut row = |name: String, group: &Group| {
        table.row(std::iter::once(name).chain(preset.cells(group)));
    };
    row(".".to_owned(), root);
    root.walk(0, &mut |name, depth, group| {
        row(format!("{}└──{}", "   ".repeat(depth), names.name(name)), group);
    });
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_of_pods_have_the_names_of_their_pods() {
        let archive = tree::tests::archive(&[
            ("cgroup.controllers", "memory\n"),
            ("init/memory.current", "30000000\n"),
            ("init/memory.max", "max\n"),
            ("kubepods/burstable/poda1b2/0f0f/memory.current", "1500000\n"),
            ("kubepods/burstable/poda1b2/1e1e/memory.current", "300000\n"),
        ]);
        let container = |id: &str, internal: &str, name: &str| ContainerInfo {
            id: id.into(),
            internal_id: internal.into(),
            pod_id: "kube-system/coredns-x".into(),
            uid: "a1b2".into(),
            name: name.into(),
            ..ContainerInfo::default()
        };
        let names = Names::of(
            [
                container("kube-system/coredns-x", "1e1e", "coredns-x"),
                container("kube-system/coredns-x:coredns", "0f0f", "coredns"),
            ]
            .into_iter(),
        );
        let root = Group::read(archive.as_slice()).unwrap();
        insta::assert_snapshot!(table(&root, Preset::Memory, &names).render());
    }
}
