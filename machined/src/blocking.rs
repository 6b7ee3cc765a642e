//! Threads for what may wait: file systems that do not answer, and work that is long because of its input.
//!
//! The machine runs on one thread, so nothing that somebody else decides the length of may happen there: not
//! the look at a file (its file system may be a dead server), not the parsing of what a client sent. Such work
//! has a few places of its own kind, and a time after which its caller is answered without it. A thread that
//! hangs keeps its place, so that no more of them can hang than there are places.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tonic::Status;

use crate::api::proc::Asked;

/// How long a call waits for a place.
const QUEUE: Duration = Duration::from_secs(5);

/// How long a file system may take to answer one question.
pub const ANSWER: Duration = Duration::from_secs(10);

/// How long the review of a configuration may take: a usual one takes 10 ms.
pub const REVIEW: Duration = Duration::from_secs(10);

/// Places for one kind of work. Clones share them.
#[derive(Debug, Clone)]
pub struct Pool {
    what: &'static str,
    places: Arc<Semaphore>,
}

/// The kinds of work of the machine. Clones share their places.
#[derive(Debug, Clone)]
pub struct Pools {
    /// Walks through trees of files, which last as long as their reader takes.
    pub walks: Pool,
    /// Short looks at /proc, /sys and other local files.
    pub looks: Pool,
    /// Pieces of containers' logs.
    pub logs: Pool,
    /// Questions to file systems of other machines.
    pub remote: Pool,
    /// Those of them that are asked and have not answered.
    pub asked: Asked,
    /// Look-ups of names that callers gave.
    pub lookups: Pool,
    /// Reviews of configurations.
    pub reviews: Pool,
}

impl Default for Pools {
    fn default() -> Self {
        Self {
            walks: Pool::new("walks through files", 16),
            looks: Pool::new("looks at files", 8),
            logs: Pool::new("readers of logs", 8),
            remote: Pool::new("questions to remote file systems", 8),
            lookups: Pool::new("names to look up", 8),
            asked: Asked::default(),
            reviews: Pool::new("reviews of configurations", 2),
        }
    }
}

/// The place of one piece of work.
pub struct Place(#[allow(dead_code, reason = "it is given back when dropped")] OwnedSemaphorePermit);

impl Pool {
    /// `places` of them at a time.
    pub fn new(what: &'static str, places: usize) -> Self {
        Self { what, places: Arc::new(Semaphore::new(places)) }
    }

    /// Waits a little for a place.
    ///
    /// # Errors
    /// `ResourceExhausted` when all places are taken.
    pub async fn place(&self) -> Result<Place, Status> {
        match tokio::time::timeout(QUEUE, Arc::clone(&self.places).acquire_owned()).await {
            Ok(Ok(place)) => Ok(Place(place)),
            _ => Err(self.full()),
        }
    }

    /// A place, if one is free now.
    pub fn free_place(&self) -> Option<Place> {
        Arc::clone(&self.places).try_acquire_owned().ok().map(Place)
    }

    fn full(&self) -> Status {
        Status::resource_exhausted(format!(
            "too many {} are under way on this node: try again later",
            self.what
        ))
    }

    /// What `work` returns, on a thread that may wait.
    ///
    /// # Errors
    /// `ResourceExhausted` when all places are taken, `DeadlineExceeded` when it takes longer than `limit`,
    /// `Internal` when it panics.
    pub async fn run<T: Send + 'static>(
        &self,
        limit: Duration,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Status> {
        run_in(self.place().await?, limit, work).await
    }
}

/// What `work` returns, on a thread that may wait and keeps the place until it has ended.
///
/// # Errors
/// As [`Pool::run`].
pub async fn run_in<T: Send + 'static>(
    place: Place,
    limit: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Status> {
    let (done, result) = oneshot::channel();
    spawn(place, move || {
        // Whoever waited may have given up.
        let _ = done.send(work());
    });
    match tokio::time::timeout(limit, result).await {
        Ok(Ok(result)) => Ok(result),
        Ok(Err(_)) => Err(Status::internal(sys::panic::Panicked.to_string())),
        Err(_) => {
            let waited = limit.as_secs();
            Err(Status::deadline_exceeded(format!("no answer within {waited} s: a file system may be dead")))
        }
    }
}

/// Runs `work` on a thread that may wait. A panic ends the work only.
pub fn spawn(place: Place, work: impl FnOnce() + Send + 'static) {
    tokio::task::spawn_blocking(move || {
        let _place = place;
        // It is in the log; who waits for a result sees that there is none.
        let _ = sys::panic::catch(work);
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use tonic::Code;

    #[tokio::test]
    async fn work_that_hangs_keeps_its_place_and_the_caller_is_answered_all_the_same() {
        let pool = Pool::new("tests", 2);
        let (end, ended) = mpsc::channel::<()>();
        let ended = Arc::new(std::sync::Mutex::new(ended));
        let hang = || {
            let ended = Arc::clone(&ended);
            move || ended.lock().map(|ended| ended.recv().is_ok()).unwrap_or_default()
        };
        let short = Duration::from_millis(20);
        let mut refused = Vec::new();
        for _ in 0..2 {
            refused.push(pool.run(short, hang()).await.unwrap_err().code());
        }
        assert_eq!(refused, [Code::DeadlineExceeded; 2]);
        assert!(pool.free_place().is_none());
        assert_eq!(pool.full().code(), Code::ResourceExhausted);
        end.send(()).unwrap();
        assert_eq!(pool.run(ANSWER, || 7).await.unwrap(), 7);
        end.send(()).unwrap();
    }

    #[tokio::test]
    async fn a_panic_is_an_internal_error_and_its_place_is_free_again() {
        let pool = Pool::new("tests", 1);
        let error = pool.run(ANSWER, || -> u8 { panic!("a slip") }).await.unwrap_err();
        assert_eq!(error.code(), Code::Internal);
        assert_eq!(pool.run(ANSWER, || 7).await.unwrap(), 7);
    }
}
