//! `talosctl image list`.

use proto::machine::{ImageListRequest, ImageServiceListRequest, ImageServiceListResponse};
use tonic::{Code, Status};

use super::Namespace;
use crate::global::Global;
use crate::node::Node;
use crate::output::{Table, human};
use crate::session::Session;

/// List the images of nodes
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  talosctl -n 10.5.0.2 image list
  talosctl -n 10.5.0.2 image list --namespace system")]
pub struct Args {}

/// Runs it.
pub async fn run(global: &Global, namespace: Namespace) -> anyhow::Result<()> {
    let session = Session::open(global)?;
    let ask = async |node: Node| -> anyhow::Result<Vec<ImageServiceListResponse>> {
        let mut images = match ask(&node, namespace).await {
            Err(status) if status.code() == Code::Unimplemented => ask_as_before(&node, namespace).await,
            other => other,
        }?;
        images.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(images)
    };
    let (answers, failures) = session.gather(ask).await?;
    if let Some(table) = table(&answers) {
        table.print()?;
    }
    failures.into_result("error listing images")
}

async fn ask(node: &Node, namespace: Namespace) -> Result<Vec<ImageServiceListResponse>, Status> {
    let request = ImageServiceListRequest { containerd: Some(namespace.wire()) };
    let mut stream = node.images().list(node.request(request)).await?.into_inner();
    let mut images = Vec::new();
    while let Some(image) = stream.message().await? {
        images.push(image);
    }
    Ok(images)
}

/// Asks nodes that are older than the service of images.
async fn ask_as_before(node: &Node, namespace: Namespace) -> Result<Vec<ImageServiceListResponse>, Status> {
    let request = ImageListRequest { namespace: namespace.wire().namespace };
    let mut stream = node.machine().image_list(node.request(request)).await?.into_inner();
    let mut images = Vec::new();
    while let Some(image) = stream.message().await? {
        images.push(ImageServiceListResponse {
            name: image.name,
            digest: image.digest,
            size: image.size,
            created_at: image.created_at,
            ..ImageServiceListResponse::default()
        });
    }
    Ok(images)
}

fn table(answers: &[(String, Vec<ImageServiceListResponse>)]) -> Option<Table> {
    let mut rows = answers.iter().flat_map(|(node, found)| found.iter().map(move |i| (node, i))).peekable();
    rows.peek()?;
    let mut table = Table::new(["NODE", "IMAGE", "DIGEST", "SIZE", "LABELS", "CREATED"]);
    for (node, image) in rows {
        let mut labels: Vec<String> =
            image.labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
        labels.sort();
        table.row([
            node.clone(),
            image.name.clone(),
            image.digest.clone(),
            human::bytes(u64::try_from(image.size).unwrap_or(0)),
            labels.join(","),
            human::rfc3339(image.created_at.as_ref()),
        ]);
    }
    Some(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_rows_and_none_is_no_output() {
        assert!(table(&[("n".into(), vec![])]).is_none());
        let image = ImageServiceListResponse {
            name: "registry.k8s.io/pause:3.10".into(),
            digest: "sha256:ee64".into(),
            size: 320_368,
            created_at: Some(prost_types::Timestamp { seconds: 1_795_231_958, nanos: 0 }),
            labels: [("b".to_owned(), "2".to_owned()), ("a".to_owned(), "1".to_owned())].into(),
        };
        assert_eq!(
            table(&[("n".into(), vec![image])]).unwrap().render(),
            "NODE   IMAGE                        DIGEST        SIZE     LABELS    CREATED\n\
             n      registry.k8s.io/pause:3.10   sha256:ee64   320 kB   a=1,b=2   2026-11-21T03:32:38Z\n"
        );
    }
}
