//! Ending in time.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// Time to end when nobody said how much there is (contract os.md 7: SIGTERM grace 10 s).
const DEFAULT_GRACE: Duration = Duration::from_secs(10);

/// The wish that this process ends. Clones see the same wish.
#[derive(Debug, Clone)]
pub struct Shutdown {
    deadline: watch::Sender<Option<Instant>>,
}

impl Default for Shutdown {
    fn default() -> Self {
        Self { deadline: watch::channel(None).0 }
    }
}

impl Shutdown {
    /// Asks the process to end within `grace`; an earlier deadline stays.
    pub fn request(&self, grace: Duration) {
        let wanted = sys::clock::after(grace);
        self.deadline.send_if_modified(|deadline| {
            let earlier = deadline.is_none_or(|current| wanted < current);
            if earlier {
                *deadline = Some(wanted);
            }
            earlier
        });
    }

    /// Asks the process to end within the usual time.
    pub fn request_default(&self) {
        self.request(DEFAULT_GRACE);
    }

    /// Waits until the process is to end.
    pub async fn requested(&self) {
        _ = self.deadline.subscribe().wait_for(Option::is_some).await;
    }

    /// Whether the process is to end.
    pub fn is_requested(&self) -> bool {
        self.deadline.borrow().is_some()
    }

    /// Time left until the process will be ended; `None` while it is not to end.
    pub fn time_left(&self) -> Option<Duration> {
        self.deadline.borrow().map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// Waits until the deadline of a requested end has passed.
    pub(crate) async fn overdue(&self) {
        let mut watched = self.deadline.subscribe();
        loop {
            let deadline = *watched.borrow_and_update();
            match deadline {
                None => _ = watched.changed().await,
                Some(at) => tokio::select! {
                    () = tokio::time::sleep_until(at) => return,
                    _ = watched.changed() => {}
                },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_earlier_deadline_wins() {
        let shutdown = Shutdown::default();
        assert_eq!((shutdown.is_requested(), shutdown.time_left()), (false, None));
        shutdown.request(Duration::from_secs(5));
        shutdown.request(Duration::from_secs(50));
        assert!(shutdown.time_left().unwrap() <= Duration::from_secs(5));
        shutdown.request(Duration::from_millis(1));
        tokio::time::timeout(Duration::from_secs(2), shutdown.overdue()).await.unwrap();
        shutdown.requested().await;
    }
}
