//! Copies of etcd's data: taken from this node's member, and brought back for a new cluster.

use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{Stream, StreamExt};
use proto::common::Data;
use tokio::io::AsyncWriteExt;
use tokio::sync::Mutex;
use tonic::{Status, Streaming};

use super::{SNAPSHOT, local, plain, refused};
use crate::api::kubeconfig::control_plane_only;
use crate::blocking::ANSWER;
use crate::machine::Machine;

/// Held while somebody uploads.
static UPLOAD: Mutex<()> = Mutex::const_new(());

/// Bytes of the largest snapshot: etcd's own advice for the size of its database is 8 GiB (etcd system limits).
const MOST: u64 = 8 << 30;

/// Bytes that an upload leaves free.
const SPARE: u64 = 256 << 20;

/// How long an upload may stand still.
const STALLED: Duration = Duration::from_secs(60);

/// Where the first page of a database says what it is, and how it says it (bbolt).
const MAGIC_AT: usize = 16;
const MAGIC: [u8; 4] = 0xED0C_DAED_u32.to_le_bytes();
const HEAD: usize = MAGIC_AT + MAGIC.len();

/// Handles `EtcdSnapshot`.
pub async fn snapshot(machine: &Machine) -> Result<BoxStream<'static, Result<Data, Status>>, Status> {
    let chunks = local(machine, "snapshot").await?.snapshot().await.map_err(refused)?;
    let data = |chunk: etcd::Result<Vec<u8>>| match chunk {
        Ok(bytes) => Ok(Data { metadata: None, bytes: Bytes::from(bytes) }),
        Err(error) => Err(refused(error)),
    };
    Ok(chunks.map(data).boxed())
}

/// Handles `EtcdRecover`: keeps what is uploaded for the next `Bootstrap`. One upload at a time.
pub async fn recover(machine: &Machine, upload: Streaming<Data>) -> Result<(), Status> {
    control_plane_only(machine, "recover").await?;
    let turn = UPLOAD.try_lock();
    let _turn = turn.map_err(|_| {
        Status::failed_precondition("another snapshot is being uploaded: try again when it is done")
    })?;
    let target = Path::new(SNAPSHOT);
    let folder = target.parent().unwrap_or(target).to_path_buf();
    let space = machine.pools.looks.run(ANSWER, move || sys::statfs::usage(&folder)).await?;
    let Ok(space) = space else {
        return Err(Status::failed_precondition("/var/lib is not there yet: the node is still starting"));
    };
    let most = MOST.min(space.available.saturating_sub(SPARE));
    let partial = target.with_extension("snapshot.partial");
    let received = receive(upload, &partial, most).await;
    let placed = match received {
        Ok(()) => tokio::fs::rename(&partial, target).await.map_err(|error| failed(&error)),
        Err(status) => Err(status),
    };
    if placed.is_err() {
        let _ = tokio::fs::remove_file(&partial).await;
    }
    placed
}

async fn receive<S>(upload: S, to: &Path, most: u64) -> Result<(), Status>
where
    S: Stream<Item = Result<Data, Status>>,
{
    let mut upload = std::pin::pin!(upload);
    // Pods may write the folder: what they put in the place of the file is not followed.
    let path = to.to_path_buf();
    let open = tokio::task::spawn_blocking(move || sys::nofollow::write(&path, 0o600));
    let file = open.await.map_err(|error| plain(error.to_string()))?.map_err(|error| failed(&error))?;
    let mut file = tokio::fs::File::from_std(file);
    let (mut size, mut head) = (0_u64, Head::default());
    loop {
        let next = tokio::time::timeout(STALLED, upload.next()).await;
        let next = next.map_err(|_| {
            Status::deadline_exceeded(format!("the upload stood still for {} s", STALLED.as_secs()))
        })?;
        let Some(data) = next.transpose()? else { break };
        size = size.saturating_add(data.bytes.len() as u64);
        if size > most {
            return Err(Status::resource_exhausted(format!(
                "the snapshot has more than {most} bytes: there is no room for it on this node"
            )));
        }
        head.look(&data.bytes)?;
        file.write_all(&data.bytes).await.map_err(|error| failed(&error))?;
    }
    if !head.is_whole() {
        return Err(no_snapshot(size));
    }
    file.sync_all().await.map_err(|error| failed(&error))
}

/// The beginning of an upload, as far as it tells that this is a database.
#[derive(Default)]
struct Head(Vec<u8>);

impl Head {
    /// Refuses what is none before all of it has come.
    fn look(&mut self, bytes: &[u8]) -> Result<(), Status> {
        if self.is_whole() {
            return Ok(());
        }
        let missing = HEAD - self.0.len();
        self.0.extend_from_slice(bytes.get(..missing).unwrap_or(bytes));
        if self.is_whole() && self.0.get(MAGIC_AT..) != Some(&MAGIC) {
            return Err(no_snapshot(self.0.len() as u64));
        }
        Ok(())
    }

    fn is_whole(&self) -> bool {
        self.0.len() == HEAD
    }
}

fn no_snapshot(size: u64) -> Status {
    Status::invalid_argument(format!(
        "what was uploaded is not a snapshot of etcd (invalid database, {size} bytes)"
    ))
}

fn failed(error: &std::io::Error) -> Status {
    match error.kind() {
        ErrorKind::StorageFull => Status::resource_exhausted(format!("cannot keep the snapshot: {error}")),
        _ => plain(format!("cannot keep the snapshot: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::stream;
    use tonic::Code;

    fn piece(bytes: &[u8]) -> Result<Data, Status> {
        Ok(Data { metadata: None, bytes: Bytes::copy_from_slice(bytes) })
    }

    fn database(size: usize) -> Vec<u8> {
        let mut database = vec![7; size];
        database[MAGIC_AT..HEAD].copy_from_slice(&MAGIC);
        database
    }

    async fn upload(bytes: &[u8], chunk: usize, most: u64) -> Result<Vec<u8>, Code> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s");
        let pieces: Vec<_> = bytes.chunks(chunk).map(piece).collect();
        receive(stream::iter(pieces), &path, most).await.map_err(|status| status.code())?;
        Ok(std::fs::read(path).unwrap())
    }

    #[tokio::test]
    async fn a_database_is_kept_in_whatever_pieces_it_comes() {
        let database = database(5000);
        for chunk in [1, 3, 20, 4096, 8192] {
            assert_eq!(upload(&database, chunk, 5000).await.as_ref(), Ok(&database), "{chunk}");
        }
    }

    #[tokio::test]
    async fn what_is_no_database_or_too_large_is_refused_and_not_waited_for() {
        assert_eq!(upload(&database(5000), 1000, 4999).await, Err(Code::ResourceExhausted));
        for (size, chunk) in [(5000, 5000), (5000, 1), (0, 1), (3, 1)] {
            assert_eq!(upload(&vec![0; size], chunk, 9999).await, Err(Code::InvalidArgument), "{size}");
        }
        let dir = tempfile::tempdir().unwrap();
        let endless = stream::iter([piece(&[0; HEAD])]).chain(stream::pending());
        let refused = receive(endless, &dir.path().join("s"), 9999).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "before the end of the upload");
    }

    #[tokio::test]
    async fn a_link_in_the_place_of_the_file_is_not_written_through() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("other"), "mine").unwrap();
        std::os::unix::fs::symlink(dir.path().join("other"), dir.path().join("s")).unwrap();
        let database = stream::iter([piece(&database(100))]);
        assert!(receive(database, &dir.path().join("s"), 9999).await.is_err());
        assert_eq!(std::fs::read(dir.path().join("other")).unwrap(), b"mine");
    }

    #[tokio::test(start_paused = true)]
    async fn an_upload_that_stands_still_ends() {
        let dir = tempfile::tempdir().unwrap();
        let still = stream::iter([piece(&database(100))]).chain(stream::pending());
        let ended = receive(still, &dir.path().join("s"), 9999).await.unwrap_err();
        assert_eq!(ended.code(), Code::DeadlineExceeded);
    }
}
