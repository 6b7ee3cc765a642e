//! `talosctl cluster logs`.

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use provision::local;

use crate::interrupt;
use crate::output::lines::Lines;
use crate::output::print_bytes;

/// Show what nodes print on their console
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  talosctl cluster logs
  talosctl cluster logs talos-default-controlplane-1 -f")]
pub struct Args {
    #[command(flatten)]
    place: super::Place,
    /// Only this node
    machine: Option<String>,
    /// Go on with what is printed from now on
    #[arg(short, long)]
    follow: bool,
}

/// How often a console is looked at.
const PERIOD: Duration = Duration::from_secs(1);

/// Runs it.
pub async fn run(args: Args) -> anyhow::Result<()> {
    let summary = local::show(&args.place.root()?, &args.place.name)?;
    let nodes: Vec<String> = summary.cluster.nodes.iter().map(|node| node.name.clone()).collect();
    let chosen: Vec<&String> =
        nodes.iter().filter(|name| args.machine.as_ref().is_none_or(|m| m == *name)).collect();
    anyhow::ensure!(!chosen.is_empty(), "the cluster has no such node: it has {}", nodes.join(", "));
    let several = chosen.len() > 1;
    let all = chosen.into_iter().map(|name| {
        let path = summary.cluster.dir().join("nodes").join(name).join("console.log");
        async move { show(&path, &mut Lines::of(name, several), args.follow).await }
    });
    interrupt::until_pressed(async { futures::future::try_join_all(all).await.map(drop) }).await
}

async fn show(path: &Path, lines: &mut Lines, follow: bool) -> anyhow::Result<()> {
    let mut position = 0;
    loop {
        let mut file =
            std::fs::File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
        // A console that was rotated begins anew.
        if file.metadata()?.len() < position {
            position = 0;
        }
        file.seek(SeekFrom::Start(position))?;
        let mut text = Vec::new();
        position += file.read_to_end(&mut text)? as u64;
        print_bytes(&lines.push(&text))?;
        if !follow {
            return print_bytes(&lines.finish());
        }
        tokio::time::sleep(PERIOD).await;
    }
}
