//! `talosctl copy`.

use std::path::PathBuf;

use anyhow::Context as _;
use flate2::read::GzDecoder;
use proto::machine::CopyRequest;

use crate::global::Global;
use crate::output::print_bytes;
use crate::session::Session;
use crate::stream;

/// Copy a file or folder from a node
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  talosctl copy /var/log/pods ./pods
  talosctl copy /etc - > etc.tar.gz")]
pub struct Args {
    /// What to copy: an absolute path on the node
    source: String,
    /// Folder to put it into, created if needed; `-` writes a tar.gz to standard output
    destination: PathBuf,
}

/// Runs it.
pub async fn run(global: &Global, args: Args) -> anyhow::Result<()> {
    let node = Session::open(global)?.one()?;
    let request = node.request(CopyRequest { root_path: args.source });
    let stream = node.machine().copy(request).await.map(tonic::Response::into_inner);
    if args.destination.as_os_str() == "-" {
        return stream::copy(stream, |chunk| print_bytes(&chunk)).await.context("error copying");
    }
    let stream = stream.context("error copying")?;
    let folder = args.destination.clone();
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let unpack = move |reader: &mut dyn std::io::Read| {
        let mut archive = tar::Archive::new(GzDecoder::new(reader));
        archive.set_preserve_permissions(true);
        // Names that lead out of the folder are left out.
        archive.unpack(&folder)
    };
    stream::read_blocking(stream, unpack)
        .await
        .with_context(|| format!("error copying to {}", args.destination.display()))
}
