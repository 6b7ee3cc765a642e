//! `talosctl kubeconfig`.

use std::io::Read;
use std::path::PathBuf;

use anyhow::Context;
use flate2::read::GzDecoder;

use crate::global::Global;
use crate::node::Node;
use crate::output::print;
use crate::session::Session;

/// Fetch an administrator's kubeconfig
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where to write it; `-` is standard output
    path: Option<PathBuf>,
    /// Replace what is there
    #[arg(short, long)]
    force: bool,
    /// Merge into an existing kubeconfig
    #[arg(short, long, default_value = "true", action = clap::ArgAction::Set, num_args = 0..=1, default_missing_value = "true")]
    merge: bool,
}

/// Fetches the file from a control plane.
pub async fn fetch(node: &Node) -> anyhow::Result<String> {
    let mut stream = node.machine().kubeconfig(node.request(())).await?.into_inner();
    let mut archive = Vec::new();
    while let Some(data) = stream.message().await? {
        archive.extend_from_slice(&data.bytes);
    }
    let mut tar = tar::Archive::new(GzDecoder::new(archive.as_slice()));
    for entry in tar.entries()? {
        let mut entry = entry?;
        if entry.path()?.as_os_str() == "kubeconfig" {
            let mut text = String::new();
            entry.read_to_string(&mut text)?;
            return Ok(text);
        }
    }
    anyhow::bail!("the node sent no kubeconfig")
}

/// Runs it.
pub async fn run(global: &Global, args: Args) -> anyhow::Result<()> {
    let node = Session::open(global)?.one()?;
    let text = fetch(&node).await?;
    match args.path {
        Some(path) if path.as_os_str() == "-" => print(&text),
        Some(path) => {
            let path = if path.is_dir() { path.join("kubeconfig") } else { path };
            anyhow::ensure!(
                args.force || !path.exists(),
                "{} exists already: use --force to replace it",
                path.display()
            );
            sys::fs::write_atomically(&path, text.as_bytes(), 0o600).context("cannot write the kubeconfig")
        }
        None => print(&text),
    }
}
