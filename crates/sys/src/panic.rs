//! Panics: those that somebody waits for with [`catch`] are an error of one call, all others end the process.
//!
//! A process whose task has ended in a panic goes on without that task, which nobody notices. So a panic
//! aborts, as it always did, unless the code that panics was entered through [`catch`] or [`Guarded`], whose
//! callers can answer for it.

use std::cell::Cell;
use std::future::Future;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

thread_local! {
    /// How many guards this thread is inside of.
    static GUARDS: Cell<u32> = const { Cell::new(0) };
}

/// Some code ended in a panic; what it said is in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("internal error: the log of this process says which")]
pub struct Panicked;

/// From now on panics outside of guards end the process, with a word on standard error; others are logged. For the
/// beginning of a process.
pub fn install() {
    std::panic::set_hook(Box::new(|panic| {
        if GUARDS.with(Cell::get) > 0 {
            tracing::error!("{}", describe(panic));
        } else {
            // Not by way of the log: it may be what panicked, and nobody would read it any more.
            eprintln!("{}", describe(panic));
            std::process::abort();
        }
    }));
}

fn describe(panic: &PanicHookInfo<'_>) -> String {
    let said = panic.payload_as_str().unwrap_or("no reason");
    match panic.location() {
        Some(place) => format!("panicked at {}:{}: {said}", place.file(), place.line()),
        None => format!("panicked: {said}"),
    }
}

/// One more guard, for as long as it lives.
struct Guard;

impl Guard {
    fn enter() -> Guard {
        GUARDS.with(|guards| guards.set(guards.get().saturating_add(1)));
        Guard
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        GUARDS.with(|guards| guards.set(guards.get().saturating_sub(1)));
    }
}

/// Runs `work`; a panic in it is an error.
///
/// What `work` changed half-way must not be used after that, or be fit to be used.
///
/// # Errors
/// When it panicked.
pub fn catch<T>(work: impl FnOnce() -> T) -> Result<T, Panicked> {
    let _guard = Guard::enter();
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| Panicked)
}

/// A future whose panics are errors.
#[derive(Debug)]
pub struct Guarded<F>(Option<F>);

impl<F> Guarded<F> {
    /// Guards `future`.
    pub fn new(future: F) -> Self {
        Self(Some(future))
    }
}

impl<F: Future + Unpin> Future for Guarded<F> {
    type Output = Result<F::Output, Panicked>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(future) = &mut self.0 else { return Poll::Ready(Err(Panicked)) };
        match catch(|| Pin::new(future).poll(cx)) {
            Ok(polled) => polled.map(Ok),
            Err(panicked) => {
                self.0 = None;
                Poll::Ready(Err(panicked))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error_of_who_waits_for_it_only() {
        assert_eq!(catch(|| 1), Ok(1));
        assert_eq!(catch(|| -> u8 { panic!("a slip") }), Err(Panicked));
        assert_eq!(GUARDS.with(Cell::get), 0, "a guard ends with what it guards");
    }

    #[tokio::test]
    async fn a_future_that_panics_after_a_while_is_an_error_and_is_not_polled_again() {
        let work = async {
            tokio::task::yield_now().await;
            panic!("a slip")
        };
        let mut guarded = Guarded::new(Box::pin(work));
        assert_eq!((&mut guarded).await, Err::<(), _>(Panicked));
        assert_eq!((&mut guarded).await, Err(Panicked));
    }

    #[test]
    fn without_a_guard_the_process_ends() {
        const CHILD: &str = "SYS_PANIC_CHILD";
        if std::env::var_os(CHILD).is_some() {
            install();
            assert_eq!(catch(|| -> u8 { panic!("caught") }), Err(Panicked));
            let _ = std::thread::spawn(|| panic!("not caught")).join();
            #[allow(
                clippy::disallowed_methods,
                reason = "a process of the test, and nothing else, ends here"
            )]
            std::process::exit(0);
        }
        let this = std::env::current_exe().unwrap();
        let run = std::process::Command::new(this)
            .args(["panic::tests::without_a_guard_the_process_ends", "--exact", "--nocapture"])
            .env(CHILD, "1")
            .output()
            .unwrap();
        use std::os::unix::process::ExitStatusExt;
        assert_eq!(run.status.signal(), Some(libc::SIGABRT), "{run:?}");
        assert!(String::from_utf8_lossy(&run.stderr).contains("not caught"));
    }
}
