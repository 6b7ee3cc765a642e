//! Streams of bytes from nodes: to standard output as lines, to a file, or into an archive reader.

use std::cell::Cell;
use std::io::{self, Read};

use bytes::Bytes;
use proto::common::Data;
use tokio::sync::mpsc;
use tonic::{Status, Streaming};

use crate::failure::{Told, text};
use crate::node::Node;
use crate::output::lines::Lines;
use crate::output::{note, print_bytes};
use crate::session::Session;

/// Prints the streams that `open` opens on every node. A node's error is told at once, since others may
/// go on for ever.
///
/// # Errors
/// When a node failed.
pub async fn print_lines(
    session: &Session,
    open: impl AsyncFn(&Node) -> Result<Streaming<Data>, Status>,
) -> anyhow::Result<()> {
    print_chunks(session, open, |chunk| chunk).await
}

/// The same for streams whose messages are a line each, with its end or without.
///
/// # Errors
/// When a node failed.
pub async fn print_records(
    session: &Session,
    open: impl AsyncFn(&Node) -> Result<Streaming<Data>, Status>,
) -> anyhow::Result<()> {
    print_chunks(session, open, ended).await
}

fn ended(record: Bytes) -> Bytes {
    if record.is_empty() || record.ends_with(b"\n") { record } else { [&record[..], b"\n"].concat().into() }
}

async fn print_chunks(
    session: &Session,
    open: impl AsyncFn(&Node) -> Result<Streaming<Data>, Status>,
    of: fn(Bytes) -> Bytes,
) -> anyhow::Result<()> {
    let several = session.nodes()?.len() > 1;
    let failed = Cell::new(false);
    let work = async |node: Node| {
        let mut lines = Lines::of(&node.name, several);
        let result = copy(open(&node).await, |chunk| print_bytes(&lines.push(&of(chunk)))).await;
        print_bytes(&lines.finish())?;
        if let Err(error) = result {
            failed.set(true);
            let prefix = if several { format!("{}: ", node.name) } else { String::new() };
            note(&format!("ERROR: {prefix}{}", text(&error)));
        }
        Ok(())
    };
    session.gather(work).await?.1.into_result("")?;
    if failed.get() { Err(Told.into()) } else { Ok(()) }
}

/// Hands every chunk of a stream to `sink`.
///
/// # Errors
/// That of the call, of the stream or of the sink; also one that a gateway sent as a message.
pub async fn copy(
    stream: Result<Streaming<Data>, Status>,
    mut sink: impl FnMut(Bytes) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut stream = stream?;
    while let Some(data) = stream.message().await? {
        if let Some(error) = data.metadata.map(|m| m.error).filter(|e| !e.is_empty()) {
            anyhow::bail!(error);
        }
        sink(data.bytes)?;
    }
    Ok(())
}

/// Chunks under way between a stream and its reader.
const QUEUE: usize = 64;

/// Runs a blocking `reader` over a stream.
///
/// # Errors
/// The reader's or the stream's.
pub async fn read_blocking<T: Send + 'static>(
    mut stream: Streaming<Data>,
    reader: impl FnOnce(&mut dyn Read) -> io::Result<T> + Send + 'static,
) -> anyhow::Result<T> {
    let (sender, receiver) = mpsc::channel(QUEUE);
    let reading =
        tokio::task::spawn_blocking(move || reader(&mut Chunks { receiver, current: Bytes::new() }));
    let mut ended = Ok(());
    loop {
        match stream.message().await {
            Ok(Some(data)) => {
                if sender.send(data.bytes).await.is_err() {
                    break;
                }
            }
            Ok(None) => break,
            Err(status) => {
                ended = Err(status);
                break;
            }
        }
    }
    drop(sender);
    let read = reading.await?;
    // A stream that broke leaves the reader without its end: the stream's error is the cause.
    match (read, ended) {
        (Ok(value), Ok(())) => Ok(value),
        (_, Err(status)) => Err(status.into()),
        (Err(error), Ok(())) => Err(error.into()),
    }
}

struct Chunks {
    receiver: mpsc::Receiver<Bytes>,
    current: Bytes,
}

impl Read for Chunks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() {
            match self.receiver.blocking_recv() {
                Some(chunk) => self.current = chunk,
                None => return Ok(0),
            }
        }
        let length = buffer.len().min(self.current.len());
        let chunk = self.current.split_to(length);
        if let Some(target) = buffer.get_mut(..length) {
            target.copy_from_slice(&chunk);
        }
        Ok(length)
    }
}
