//! `talosctl image pull`.

use proto::machine::image_service_pull_layer_progress::Status as LayerStatus;
use proto::machine::image_service_pull_response::Response;
use proto::machine::{ImagePullRequest, ImageServicePullProgress, ImageServicePullRequest};
use tonic::{Code, Status};

use super::Namespace;
use crate::global::Global;
use crate::node::Node;
use crate::output::human;
use crate::session::Session;
use crate::track::{Progress, Style};

/// Pull an image on nodes
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  talosctl -n 10.5.0.2 image pull registry.k8s.io/pause:3.10
  talosctl -n 10.5.0.2 image pull --namespace system ghcr.io/siderolabs/kubelet:v1.36.0")]
pub struct Args {
    /// The image
    image: String,
    /// How to show progress: auto or plain
    #[arg(long, value_enum, default_value_t = Style::Auto)]
    progress: Style,
}

/// Runs it.
pub async fn run(global: &Global, namespace: Namespace, args: &Args) -> anyhow::Result<()> {
    let session = Session::open(global)?;
    let names: Vec<String> = session.nodes()?.into_iter().map(|node| node.name).collect();
    let progress = Progress::new(&names, args.progress);
    let work = async |node: Node| {
        let name = pull(&node, namespace, &args.image, &progress).await?;
        progress.tell(&node.name, &format!("pulled {name}"));
        Ok(())
    };
    session.each("error pulling image", work).await
}

/// Pulls an image and returns its name, pinned by its digest. A node that is older than this way of
/// pulling is asked the older way, and the name is the one that was given.
///
/// # Errors
/// The status of the call.
pub async fn pull(
    node: &Node,
    namespace: Namespace,
    image: &str,
    progress: &Progress,
) -> Result<String, Status> {
    match pull_now(node, namespace, image, progress).await {
        Err(status) if status.code() == Code::Unimplemented => {
            let request =
                ImagePullRequest { namespace: namespace.wire().namespace, reference: image.to_owned() };
            node.machine().image_pull(node.request(request)).await?;
            Ok(image.to_owned())
        }
        other => other,
    }
}

async fn pull_now(
    node: &Node,
    namespace: Namespace,
    image: &str,
    progress: &Progress,
) -> Result<String, Status> {
    let request = ImageServicePullRequest { containerd: Some(namespace.wire()), image_ref: image.to_owned() };
    let mut stream = node.images().pull(node.request(request)).await?.into_inner();
    let mut layers = Layers::default();
    while let Some(answer) = stream.message().await? {
        match answer.response {
            Some(Response::Name(name)) => return Ok(name),
            Some(Response::PullProgress(told)) => {
                layers.take(told);
                progress.tell(&node.name, &layers.describe(image));
            }
            None => {}
        }
    }
    Err(Status::internal("the node ended the pull without a name"))
}

/// How far the layers of an image are.
#[derive(Default)]
struct Layers(Vec<Layer>);

struct Layer {
    id: String,
    done: bool,
    offset: i64,
    total: i64,
}

impl Layers {
    fn take(&mut self, told: ImageServicePullProgress) {
        let Some(progress) = told.progress else { return };
        let status = progress.status();
        let done = matches!(status, LayerStatus::ExtractComplete | LayerStatus::AlreadyExists);
        let layer = match self.0.iter_mut().find(|layer| layer.id == told.layer_id) {
            Some(layer) => layer,
            None => {
                self.0.push(Layer { id: told.layer_id, done: false, offset: 0, total: 0 });
                let Some(layer) = self.0.last_mut() else { return };
                layer
            }
        };
        layer.done |= done;
        if matches!(status, LayerStatus::Downloading | LayerStatus::DownloadComplete) {
            layer.total = layer.total.max(progress.total);
            layer.offset = layer.offset.max(progress.offset);
        }
    }

    fn describe(&self, image: &str) -> String {
        let size = |get: fn(&Layer) -> i64| {
            human::bytes(u64::try_from(self.0.iter().map(get).sum::<i64>()).unwrap_or(0))
        };
        let done = self.0.iter().filter(|layer| layer.done).count();
        let (offset, total) = (size(|l| l.offset), size(|l| l.total));
        format!("pulling {image}: {done} of {} layers, {offset} of {total}", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::{self, Answer};
    use proto::machine::ImageServicePullLayerProgress;

    #[tokio::test]
    async fn a_node_that_is_older_than_the_service_of_images_is_asked_the_older_way() {
        let node = fake::node("n", |method, _| match method {
            "Pull" => Answer::refuse(Code::Unimplemented, "unknown service machine.ImageService"),
            _ => Answer::ok([proto::machine::ImagePullResponse::default()]),
        });
        let progress = Progress::new(&["n".to_owned()], Style::Plain);
        assert_eq!(pull(&node, Namespace::Cri, "i:1", &progress).await.unwrap(), "i:1");
    }

    #[test]
    fn layers_are_summed_up_and_never_go_back() {
        let mut layers = Layers::default();
        for (layer, status, offset, total) in [
            ("a", LayerStatus::Downloading, 500_000, 1_000_000),
            ("b", LayerStatus::AlreadyExists, 0, 0),
            ("a", LayerStatus::Downloading, 1_000_000, 1_000_000),
            ("a", LayerStatus::Extracting, 0, 0),
        ] {
            let progress =
                ImageServicePullLayerProgress { status: status as i32, elapsed: None, offset, total };
            layers.take(ImageServicePullProgress { layer_id: layer.into(), progress: Some(progress) });
        }
        assert_eq!(layers.describe("x"), "pulling x: 1 of 2 layers, 1.0 MB of 1.0 MB");
    }
}
