//! Files of the node: List, DiskUsage, Read, Copy (contract api.md 5.8).
//!
//! Walking and reading block, so each call has a thread of its own that feeds a bounded channel; a client
//! that stops reading stops the walk.

mod copy;
mod list;
mod mode;
mod read;
mod usage;

use std::io;
use std::ops::ControlFlow;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::stream::{self, BoxStream, StreamExt as _};
use tokio::runtime::Handle;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use crate::blocking::{self, Pool};

pub(crate) use super::plain;

pub use copy::copy;
pub use list::list;
pub use read::read;
pub use usage::disk_usage;

/// Stream that a walking thread feeds.
pub type Walk<T> = BoxStream<'static, Result<T, Status>>;

/// Messages in flight between a walk and its client.
const CHANNEL: usize = 64;

/// How long a client may take to read a message: one that has stopped reading must not keep a thread.
const STALLED: Duration = Duration::from_secs(60);

/// The client is gone, or does not read: stop.
#[derive(Debug)]
pub(crate) struct Gone;

/// Where a walk sends what it finds.
pub(crate) struct Sink<T> {
    sender: mpsc::Sender<Result<T, Status>>,
    runtime: Handle,
    /// The client stopped reading: it is told that there is more.
    cut: Arc<AtomicBool>,
}

impl<T> Sink<T> {
    pub(crate) fn send(&self, item: T) -> Result<(), Gone> {
        self.put(Ok(item))
    }

    pub(crate) fn fail(&self, status: Status) {
        let _ = self.put(Err(status));
    }

    /// For walks: goes on if the client does.
    pub(crate) fn flow(&self, item: T) -> ControlFlow<()> {
        match self.send(item) {
            Ok(()) => ControlFlow::Continue(()),
            Err(Gone) => ControlFlow::Break(()),
        }
    }

    fn put(&self, item: Result<T, Status>) -> Result<(), Gone> {
        let item = match self.sender.try_send(item) {
            Ok(()) => return Ok(()),
            Err(TrySendError::Closed(_)) => return Err(Gone),
            Err(TrySendError::Full(item)) => item,
        };
        self.runtime.block_on(self.sender.send_timeout(item, STALLED)).map_err(|_| {
            self.cut.store(true, Ordering::Relaxed);
            Gone
        })
    }
}

/// Runs `root` and then `work` on a thread that may block, and returns what the latter sends. An error of
/// `root` is that of the call.
pub(crate) async fn walk<R: 'static, T: Send + 'static>(
    pool: &Pool,
    root: impl FnOnce() -> Result<R, Status> + Send + 'static,
    work: impl FnOnce(R, &Sink<T>) -> Result<(), Gone> + Send + 'static,
) -> Result<Walk<T>, Status> {
    let place = pool.place().await?;
    let (sender, receiver) = mpsc::channel(CHANNEL);
    let cut = Arc::new(AtomicBool::new(false));
    let sink = Sink { sender, runtime: Handle::current(), cut: Arc::clone(&cut) };
    let (opened, open) = oneshot::channel();
    blocking::spawn(place, move || {
        let root = match root() {
            Ok(root) => root,
            Err(status) => return drop(opened.send(Err(status))),
        };
        // A client that went away is no error of the node.
        if opened.send(Ok(())).is_ok()
            && let Err(panicked) = sys::panic::catch(|| drop(work(root, &sink)))
        {
            sink.fail(Status::internal(panicked.to_string()));
        }
    });
    match tokio::time::timeout(blocking::ANSWER, open).await {
        Ok(Ok(Ok(()))) => Ok(whole(receiver, cut)),
        Ok(Ok(Err(status))) => Err(status),
        Ok(Err(_)) => Err(Status::internal(sys::panic::Panicked.to_string())),
        Err(_) => Err(Status::deadline_exceeded("no answer of the file system: it may be dead")),
    }
}

/// What a walk sends, and after it that there was more if it was `cut`.
fn whole<T: Send + 'static>(receiver: mpsc::Receiver<Result<T, Status>>, cut: Arc<AtomicBool>) -> Walk<T> {
    let end = stream::once(async move { cut.load(Ordering::Relaxed) }).filter_map(async |cut| {
        let waited = STALLED.as_secs();
        cut.then(|| {
            Err(Status::deadline_exceeded(format!("there is more, but nothing was read for {waited} s")))
        })
    });
    ReceiverStream::new(receiver).chain(end).boxed()
}

/// An error of a file as clients have always read it: the call, the path, the reason.
pub(crate) fn file_error(call: &str, path: &Path, error: &io::Error) -> String {
    let text = error.to_string();
    // Without the number behind it, and in lower case.
    let reason = text.split(" (os error").next().unwrap_or_default();
    let mut letters = reason.chars();
    let reason: String = letters.next().into_iter().flat_map(char::to_lowercase).chain(letters).collect();
    format!("{call} {}: {reason}", path.display())
}

/// The path that a client means: absolute, without a trailing slash.
pub(crate) fn rooted(path: &str) -> PathBuf {
    let mut rooted = PathBuf::from("/");
    rooted.extend(
        Path::new(path).components().filter(|c| !matches!(c, Component::RootDir | Component::CurDir)),
    );
    rooted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_said_in_the_usual_words() {
        let error = io::Error::from_raw_os_error(2);
        assert_eq!(file_error("lstat", Path::new("/nope"), &error), "lstat /nope: no such file or directory");
    }

    #[tokio::test]
    async fn a_client_that_stopped_reading_is_told_that_there_is_more() {
        for (cut, codes) in [(false, vec![]), (true, vec![tonic::Code::DeadlineExceeded])] {
            let (sender, receiver) = mpsc::channel(2);
            sender.send(Ok(1)).await.unwrap();
            drop(sender);
            let mut walk = whole(receiver, Arc::new(AtomicBool::new(cut)));
            assert_eq!(walk.next().await.unwrap().unwrap(), 1);
            let rest: Vec<_> = walk.map(|item| item.unwrap_err().code()).collect().await;
            assert_eq!(rest, codes);
        }
    }

    #[test]
    fn every_spelling_of_a_path_is_rooted() {
        for (given, expected) in
            [("", "/"), ("/", "/"), ("etc", "/etc"), ("/etc/", "/etc"), ("./etc", "/etc")]
        {
            assert_eq!(rooted(given), Path::new(expected), "{given:?}");
        }
    }

    #[tokio::test]
    async fn a_walk_that_panics_says_so_and_one_whose_client_is_gone_ends() {
        let pool = Pool::new("tests", 1);
        let mut slip = walk(&pool, || Ok(()), |(), _: &Sink<u8>| panic!("a slip")).await.unwrap();
        assert_eq!(slip.next().await.unwrap().unwrap_err().code(), tonic::Code::Internal);
        let endless = |(), sink: &Sink<u8>| loop {
            sink.send(1)?;
        };
        drop(walk(&pool, || Ok(()), endless).await.unwrap());
        // Its place is free again.
        let refused = walk(&pool, || Err(plain("no")), |(), _: &Sink<u8>| Ok(())).await;
        assert_eq!(refused.err().unwrap().message(), "no");
    }
}
