//! `talosctl image remove`.

use proto::machine::ImageServiceRemoveRequest;

use super::Namespace;
use crate::global::Global;
use crate::node::Node;
use crate::session::Session;

/// Remove an image from nodes
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  talosctl -n 10.5.0.2 image remove registry.k8s.io/pause:3.10")]
pub struct Args {
    /// The image, as `talosctl image list` shows it
    image: String,
}

/// Runs it.
pub async fn run(global: &Global, namespace: Namespace, args: &Args) -> anyhow::Result<()> {
    let work = async |node: Node| {
        let containerd = Some(namespace.wire());
        let request = ImageServiceRemoveRequest { containerd, image_ref: args.image.clone() };
        node.images().remove(node.request(request)).await?;
        Ok(())
    };
    Session::open(global)?.each("error removing image", work).await
}
