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
use std::path::{Component, Path, PathBuf};

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

pub(crate) use super::plain;

pub use copy::copy;
pub use list::list;
pub use read::read;
pub use usage::disk_usage;

/// Stream that a walking thread feeds.
pub type Walk<T> = ReceiverStream<Result<T, Status>>;

/// Messages in flight between a walk and its client.
const CHANNEL: usize = 64;

/// The client is gone: stop.
pub(crate) struct Gone;

/// Where a walk sends what it finds.
pub(crate) struct Sink<T>(mpsc::Sender<Result<T, Status>>);

impl<T> Sink<T> {
    pub(crate) fn send(&self, item: T) -> Result<(), Gone> {
        self.0.blocking_send(Ok(item)).map_err(|_| Gone)
    }

    pub(crate) fn fail(&self, status: Status) {
        let _ = self.0.blocking_send(Err(status));
    }
}

/// Runs `work` on a thread that may block, and returns what it sends.
pub(crate) fn walk<T: Send + 'static>(
    work: impl FnOnce(&Sink<T>) -> Result<(), Gone> + Send + 'static,
) -> Walk<T> {
    let (sender, receiver) = mpsc::channel(CHANNEL);
    tokio::task::spawn_blocking(move || {
        let sink = Sink(sender);
        // A client that went away is no error of the node.
        let _ = work(&sink);
    });
    ReceiverStream::new(receiver)
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

    #[test]
    fn every_spelling_of_a_path_is_rooted() {
        for (given, expected) in
            [("", "/"), ("/", "/"), ("etc", "/etc"), ("/etc/", "/etc"), ("./etc", "/etc")]
        {
            assert_eq!(rooted(given), Path::new(expected), "{given:?}");
        }
    }
}
