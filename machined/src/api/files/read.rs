//! Reads one file.

use std::fs::{self, File};
use std::io::{self, Read};

use bytes::Bytes;
use proto::common::Data;
use tonic::Status;

use super::{Sink, Walk, file_error, plain, rooted, walk};

/// Bytes in a message: the size upstream's clients were measured with is not significant
/// (contract api.md 11, item 6), so fewer, larger messages are sent.
pub(crate) const CHUNK: usize = 32 << 10;

/// Handles `Read`.
pub fn read(path: &str) -> Result<Walk<Data>, Status> {
    let path = rooted(path);
    let failed = |error: io::Error| {
        let message = file_error("stat", &path, &error);
        if error.kind() == io::ErrorKind::NotFound { Status::not_found(message) } else { plain(message) }
    };
    let metadata = fs::metadata(&path).map_err(failed)?;
    if !metadata.is_file() {
        return Err(plain(format!("cannot read {}: it is not a regular file", path.display())));
    }
    let file = File::open(&path).map_err(failed)?;
    Ok(walk(move |sink| match send(sink, file) {
        Ok(result) => result,
        Err(error) => {
            sink.fail(plain(format!("cannot read {}: {error}", path.display())));
            Ok(())
        }
    }))
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

    #[tokio::test]
    async fn a_file_arrives_whole_even_from_proc() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        let content: Vec<u8> = (0..100_000u32).map(|i| i as u8).collect();
        fs::write(&path, &content).unwrap();
        let chunks: Vec<Data> = read(path.to_str().unwrap()).unwrap().map(|d| d.unwrap()).collect().await;
        assert_eq!(chunks.iter().flat_map(|d| d.bytes.to_vec()).collect::<Vec<_>>(), content);
        let boot_id: Vec<Data> =
            read("/proc/sys/kernel/random/boot_id").unwrap().map(|d| d.unwrap()).collect().await;
        assert_eq!(boot_id.iter().map(|d| d.bytes.len()).sum::<usize>(), 37);
    }

    #[test]
    fn what_is_missing_is_not_found_and_what_is_no_file_is_a_plain_error() {
        assert_eq!(read("/no/such/file").err().unwrap().code(), tonic::Code::NotFound);
        assert_eq!(read("/etc").err().unwrap().code(), tonic::Code::Unknown);
    }
}
