//! Importing images from an archive that arrives in pieces.

use futures::{Stream, StreamExt};
use tokio::sync::mpsc;

use crate::client::Client;
use crate::generated::containerd::services::transfer::v1::{
    TransferOptions, TransferRequest, transfer_client::TransferClient,
};
use crate::generated::containerd::types::transfer::{
    Data, ImageImportStream, ImageReference, ImageStore, Progress, UnpackConfiguration, WindowUpdate,
};
use crate::pull::platform;
use crate::stream::{SideStream, pack, unpack};
use crate::{Error, Result, SNAPSHOTTER};

/// Largest piece that containerd takes at once, bytes.
const PIECE: usize = 32 * 1024;
/// Repository of images that an archive names by a tag only.
const PREFIX: &str = "docker.io/library/import";
/// How long an import may take.
const IMPORT: std::time::Duration = std::time::Duration::from_secs(30 * 60);

impl Client {
    /// Imports all images of an OCI or docker tar archive and unpacks them; answers with their names.
    /// An archive that names no image is [`Error::InvalidArgument`]; a failing `source` ends the import.
    pub async fn import<S>(&self, source: S) -> Result<Vec<String>>
    where
        S: Stream<Item = std::io::Result<Vec<u8>>> + Send + Unpin + 'static,
    {
        let what = "importing an image archive";
        let bytes = self.side_stream("import").await?;
        let progress = self.side_stream("progress").await?;
        let archive = ImageImportStream { stream: bytes.id.clone(), ..Default::default() };
        let platform = platform();
        let destination = ImageStore {
            platforms: vec![platform.clone()],
            // Any full name that the archive gives is taken over; what has no name is not stored.
            extra_references: vec![ImageReference {
                name: PREFIX.to_owned(),
                is_prefix: true,
                allow_overwrite: true,
                ..Default::default()
            }],
            unpacks: vec![UnpackConfiguration {
                platform: Some(platform),
                snapshotter: SNAPSHOTTER.to_owned(),
            }],
            ..Default::default()
        };
        let request = TransferRequest {
            source: Some(pack("containerd.types.transfer.ImageImportStream", &archive)),
            destination: Some(pack("containerd.types.transfer.ImageStore", &destination)),
            options: Some(TransferOptions { progress_stream: progress.id.clone() }),
        };
        let feeder = tokio::spawn(feed(bytes, source));
        #[expect(
            clippy::disallowed_methods,
            reason = "an archive has few names, and they are read at its end"
        )]
        let (names, mut saved) = mpsc::unbounded_channel();
        let listener = tokio::spawn(collect_names(progress, names));
        let mut client = TransferClient::new(self.pipe());
        let result = self.call(what, IMPORT, client.transfer(request)).await;
        feeder.abort();
        let cut = match feeder.await {
            Ok(Err(error)) => Some(error),
            _ => None,
        };
        if let Some(error) = cut {
            listener.abort();
            return Err(Error::InvalidArgument {
                what: what.to_owned(),
                message: format!("the archive could not be read: {error}"),
            });
        }
        if result.is_err() {
            listener.abort();
        }
        result?;
        // The stream of progress ends with the transfer; whatever was said before is in the queue.
        let _ = tokio::time::timeout(std::time::Duration::from_secs(1), listener).await;
        let mut found = Vec::new();
        while let Ok(name) = saved.try_recv() {
            found.push(name);
        }
        if found.is_empty() {
            return Err(Error::InvalidArgument {
                what: what.to_owned(),
                message: "the archive holds no image with a name".to_owned(),
            });
        }
        Ok(found)
    }
}

async fn collect_names(mut stream: SideStream, names: mpsc::UnboundedSender<String>) {
    while let Ok(Some(any)) = stream.incoming.message().await {
        if let Some(event) = unpack::<Progress>("containerd.types.transfer.Progress", &any)
            && event.event == "saved"
        {
            let _ = names.send(event.name);
        }
    }
}

/// Sends the archive, never more than containerd has asked for.
async fn feed<S>(stream: SideStream, mut source: S) -> std::io::Result<()>
where
    S: Stream<Item = std::io::Result<Vec<u8>>> + Unpin,
{
    let SideStream { outgoing, mut incoming, .. } = stream;
    let mut window = 0_usize;
    while let Some(piece) = source.next().await {
        let piece = piece?;
        let mut rest = piece.as_slice();
        while !rest.is_empty() {
            if window == 0 {
                let Ok(Some(any)) = incoming.message().await else { return Ok(()) };
                let update = unpack::<WindowUpdate>("containerd.types.transfer.WindowUpdate", &any);
                window += update.map_or(0, |u| usize::try_from(u.update).unwrap_or(0));
                continue;
            }
            let (now, later) = rest.split_at(rest.len().min(window).min(PIECE));
            let data = pack("containerd.types.transfer.Data", &Data { data: now.to_vec() });
            if outgoing.send(data).await.is_err() {
                return Ok(());
            }
            window -= now.len();
            rest = later;
        }
    }
    // Dropping the sender ends the archive; reading on keeps the stream open until containerd closes it.
    drop(outgoing);
    while let Ok(Some(_)) = incoming.message().await {}
    Ok(())
}
