//! Runs checks one after the other, each until it passes.

use std::time::Duration;

use futures::future::BoxFuture;
use tokio::time::{Instant, sleep, timeout_at};

/// What a check found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// All is well.
    Passed,
    /// There is nothing to check.
    Skipped,
}

/// One check of what a cluster `C` is.
pub struct Check<C: ?Sized> {
    /// What is waited for, as it is printed (contract os.md 6.8).
    pub name: &'static str,
    /// Looks once.
    pub look: for<'a> fn(&'a C) -> BoxFuture<'a, anyhow::Result<Verdict>>,
}

/// What happens while checks run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// A check begins.
    Waiting(&'static str),
    /// It has not passed yet, for another reason than before.
    NotYet(&'static str, String),
    /// It passed, or there is nothing to check.
    Done(&'static str, Verdict),
}

impl Progress {
    /// The line that tells of it.
    pub fn line(&self) -> String {
        match self {
            Progress::Waiting(name) => format!("waiting for {name}: ..."),
            Progress::NotYet(name, reason) => format!("waiting for {name}: {reason}"),
            Progress::Done(name, Verdict::Passed) => format!("waiting for {name}: OK"),
            Progress::Done(name, Verdict::Skipped) => format!("waiting for {name}: SKIP"),
        }
    }
}

/// A check did not pass in time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{check}: not within the time: {reason}")]
pub struct Unhealthy {
    /// Which.
    pub check: &'static str,
    /// What it said last.
    pub reason: String,
}

/// Pauses between two looks: short at first, since most things come soon. The contract's 5 s are an upper
/// bound.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));

/// How long one look may take: a node that does not answer must not hide the others for long.
const LOOK: Duration = Duration::from_secs(30);

/// Waits until every check passes.
///
/// # Errors
/// If one does not before `deadline`.
pub async fn run<C: ?Sized>(
    cluster: &C,
    checks: &[Check<C>],
    deadline: Instant,
    mut told: impl FnMut(Progress),
) -> Result<(), Unhealthy> {
    for check in checks {
        told(Progress::Waiting(check.name));
        let verdict = until_passed(cluster, check, deadline, &mut told).await?;
        told(Progress::Done(check.name, verdict));
    }
    Ok(())
}

async fn until_passed<C: ?Sized>(
    cluster: &C,
    check: &Check<C>,
    deadline: Instant,
    told: &mut impl FnMut(Progress),
) -> Result<Verdict, Unhealthy> {
    let mut last = String::new();
    let mut pause = PAUSES.0;
    loop {
        let limit = deadline.min(sys::clock::after(LOOK));
        let reason = match timeout_at(limit, (check.look)(cluster)).await {
            Ok(Ok(verdict)) => return Ok(verdict),
            Ok(Err(error)) => rpc::status::error_text(error.as_ref()),
            // What was said before is more than that nothing was said now.
            Err(_) if last.is_empty() => "no answer".to_owned(),
            Err(_) => last.clone(),
        };
        if reason != last {
            told(Progress::NotYet(check.name, reason.clone()));
            last = reason;
        }
        if sys::clock::after(pause) >= deadline {
            return Err(Unhealthy { check: check.name, reason: last });
        }
        sleep(pause).await;
        pause = (pause * 3 / 2).min(PAUSES.1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// A cluster whose check passes after some looks.
    struct Fake {
        looks: AtomicUsize,
        passes_after: usize,
    }

    fn look(fake: &Fake) -> BoxFuture<'_, anyhow::Result<Verdict>> {
        Box::pin(async {
            let look = fake.looks.fetch_add(1, Ordering::Relaxed);
            anyhow::ensure!(look >= fake.passes_after, "look {}", look.min(1));
            Ok(Verdict::Passed)
        })
    }

    fn skip(_: &Fake) -> BoxFuture<'_, anyhow::Result<Verdict>> {
        Box::pin(async { Ok(Verdict::Skipped) })
    }

    fn never(_: &Fake) -> BoxFuture<'_, anyhow::Result<Verdict>> {
        Box::pin(std::future::pending())
    }

    async fn lines(
        checks: &[Check<Fake>],
        passes_after: usize,
        seconds: u64,
    ) -> (Vec<String>, Result<(), Unhealthy>) {
        let fake = Fake { looks: AtomicUsize::new(0), passes_after };
        let mut lines = Vec::new();
        let deadline = Instant::now() + Duration::from_secs(seconds);
        let result = run(&fake, checks, deadline, |progress| lines.push(progress.line())).await;
        (lines, result)
    }

    #[tokio::test(start_paused = true)]
    async fn each_reason_is_told_once_until_the_check_passes() {
        let checks = [
            Check { name: "etcd to be healthy", look },
            Check { name: "coredns to report ready", look: skip },
        ];
        let (lines, result) = lines(&checks, 5, 60).await;
        assert_eq!(
            lines,
            [
                "waiting for etcd to be healthy: ...",
                "waiting for etcd to be healthy: look 0",
                "waiting for etcd to be healthy: look 1",
                "waiting for etcd to be healthy: OK",
                "waiting for coredns to report ready: ...",
                "waiting for coredns to report ready: SKIP",
            ]
        );
        assert_eq!(result, Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn the_error_at_the_end_names_the_check_and_what_it_said_last() {
        let (_, result) = lines(&[Check { name: "apid to be ready", look }], usize::MAX, 5).await;
        assert_eq!(result.unwrap_err().to_string(), "apid to be ready: not within the time: look 1");
        let (_, result) = lines(&[Check { name: "apid to be ready", look: never }], 0, 5).await;
        assert_eq!(result.unwrap_err().reason, "no answer");
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_patience_is_kept() {
        let (_, result) = lines(&[Check { name: "x", look }], 500, 20 * 60).await;
        assert_eq!(result, Ok(()));
    }
}
