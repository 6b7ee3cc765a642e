//! Reads one file.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use bytes::Bytes;
use nix::fcntl::OFlag;
use proto::common::Data;
use tonic::Status;

use super::{Sink, Walk, file_error, plain, rooted, walk};
use crate::blocking::Pool;

/// Bytes in a message: the size upstream's clients were measured with is not significant
/// (contract api.md 11, item 6), so fewer, larger messages are sent.
pub(crate) const CHUNK: usize = 32 << 10;

/// Handles `Read`.
pub async fn read(pool: &Pool, path: &str) -> Result<Walk<Data>, Status> {
    let path = rooted(path);
    let named = path.clone();
    walk(
        pool,
        move || open(&path),
        move |file, sink| match send(sink, file) {
            Ok(result) => result,
            Err(error) => {
                sink.fail(plain(format!("cannot read {}: {error}", named.display())));
                Ok(())
            }
        },
    )
    .await
}

/// Opens a regular file. What else may be there is not opened (a pipe would wait, a device would act), nor
/// waited for if it is put there meanwhile.
fn open(path: &Path) -> Result<File, Status> {
    let failed = |error: io::Error| {
        let message = file_error("stat", path, &error);
        if error.kind() == io::ErrorKind::NotFound { Status::not_found(message) } else { plain(message) }
    };
    let no_file = || plain(format!("cannot read {}: it is not a regular file", path.display()));
    if !fs::metadata(path).map_err(failed)?.is_file() {
        return Err(no_file());
    }
    let file =
        File::options().read(true).custom_flags(OFlag::O_NONBLOCK.bits()).open(path).map_err(failed)?;
    if file.metadata().map_err(failed)?.is_file() { Ok(file) } else { Err(no_file()) }
}

/// Sends everything that `reader` gives.
pub(crate) fn send(sink: &Sink<Data>, mut reader: impl Read) -> io::Result<Result<(), super::Gone>> {
    let mut buffer = vec![0; CHUNK];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Ok(Ok(())),
            Ok(n) => {
                let bytes = Bytes::copy_from_slice(buffer.get(..n).unwrap_or_default());
                if let Err(gone) = sink.send(Data { metadata: None, bytes }) {
                    return Ok(Err(gone));
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio_stream::StreamExt;

    async fn whole(path: &str) -> Vec<Data> {
        read(&Pool::new("tests", 4), path).await.unwrap().map(|d| d.unwrap()).collect().await
    }

    async fn refusal(path: &Path) -> tonic::Code {
        read(&Pool::new("tests", 4), path.to_str().unwrap()).await.err().unwrap().code()
    }

    #[tokio::test]
    async fn a_file_arrives_whole_even_from_proc() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        let content: Vec<u8> = (0..100_000u32).map(|i| i as u8).collect();
        fs::write(&path, &content).unwrap();
        let chunks: Vec<Data> = whole(path.to_str().unwrap()).await;
        assert_eq!(chunks.iter().flat_map(|d| d.bytes.to_vec()).collect::<Vec<_>>(), content);
        let boot_id = whole("/proc/sys/kernel/random/boot_id").await;
        assert_eq!(boot_id.iter().map(|d| d.bytes.len()).sum::<usize>(), 37);
    }

    #[tokio::test]
    async fn what_is_missing_is_not_found_and_what_is_no_file_is_a_plain_error() {
        let dir = tempfile::tempdir().unwrap();
        let pipe = dir.path().join("pipe");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
        assert_eq!(refusal(Path::new("/no/such/file")).await, tonic::Code::NotFound);
        for no_file in [Path::new("/etc"), Path::new("/dev/zero"), &pipe] {
            assert_eq!(refusal(no_file).await, tonic::Code::Unknown, "{}", no_file.display());
        }
    }
}
