//! Copies of etcd's data: taken from this node's member, and brought back for a new cluster.

use std::io::ErrorKind;
use std::path::Path;

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;
use proto::common::Data;
use tokio::io::AsyncWriteExt;
use tonic::{Status, Streaming};

use super::{SNAPSHOT, local, plain, refused};
use crate::api::kubeconfig::control_plane_only;
use crate::machine::Machine;

/// Handles `EtcdSnapshot`.
pub async fn snapshot(machine: &Machine) -> Result<BoxStream<'static, Result<Data, Status>>, Status> {
    let chunks = local(machine, "snapshot").await?.snapshot().await.map_err(refused)?;
    let data = |chunk: etcd::Result<Vec<u8>>| match chunk {
        Ok(bytes) => Ok(Data { metadata: None, bytes: Bytes::from(bytes) }),
        Err(error) => Err(refused(error)),
    };
    Ok(chunks.map(data).boxed())
}

/// Handles `EtcdRecover`: keeps what is uploaded for the next `Bootstrap`.
pub async fn recover(machine: &Machine, upload: Streaming<Data>) -> Result<(), Status> {
    control_plane_only(machine, "recover").await?;
    let target = Path::new(SNAPSHOT);
    if !target.parent().is_some_and(Path::is_dir) {
        return Err(Status::failed_precondition("/var/lib is not there yet: the node is still starting"));
    }
    let partial = target.with_extension("snapshot.partial");
    let received = receive(upload, &partial).await;
    let placed = match received {
        Ok(()) => tokio::fs::rename(&partial, target).await.map_err(|error| failed(&error)),
        Err(status) => Err(status),
    };
    if placed.is_err() {
        let _ = tokio::fs::remove_file(&partial).await;
    }
    placed
}

async fn receive(mut upload: Streaming<Data>, to: &Path) -> Result<(), Status> {
    let mut options = tokio::fs::OpenOptions::new();
    let options = options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = options.open(to).await.map_err(|error| failed(&error))?;
    while let Some(data) = upload.message().await? {
        file.write_all(&data.bytes).await.map_err(|error| failed(&error))?;
    }
    file.sync_all().await.map_err(|error| failed(&error))
}

fn failed(error: &std::io::Error) -> Status {
    match error.kind() {
        ErrorKind::StorageFull => Status::resource_exhausted(format!("cannot keep the snapshot: {error}")),
        _ => plain(format!("cannot keep the snapshot: {error}")),
    }
}
