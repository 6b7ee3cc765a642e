//! Ctrl-C: the first one cancels what runs, the second one kills (contract api.md 8.1).

use tokio::sync::watch;

/// Tells when Ctrl-C was pressed.
#[derive(Debug, Clone)]
pub struct Interrupt(watch::Receiver<bool>);

impl Interrupt {
    /// Starts to listen. In a thread of its own, so that a second Ctrl-C ends the program even while the
    /// first thread is busy.
    pub fn listen() -> Self {
        let (pressed, receiver) = watch::channel(false);
        let wait = move || {
            let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_io().build() else {
                return;
            };
            runtime.block_on(async {
                if tokio::signal::ctrl_c().await.is_ok() {
                    pressed.send_replace(true);
                    if tokio::signal::ctrl_c().await.is_ok() {
                        #[expect(clippy::disallowed_methods, reason = "the second Ctrl-C ends at once")]
                        std::process::exit(1);
                    }
                }
            });
        };
        // Without it Ctrl-C still kills.
        let _ = std::thread::Builder::new().name("interrupt".to_owned()).stack_size(256 << 10).spawn(wait);
        Self(receiver)
    }

    /// Waits for it; for ever if it cannot be listened to.
    pub async fn pressed(&mut self) {
        if self.0.wait_for(|pressed| *pressed).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

tokio::task_local! {
    static CURRENT: Interrupt;
}

/// Runs `work`; inside, [`pressed`] tells of Ctrl-C.
pub async fn scope<T>(interrupt: Interrupt, work: impl Future<Output = T>) -> T {
    CURRENT.scope(interrupt, work).await
}

/// Waits for Ctrl-C; for ever outside of [`scope`].
pub async fn pressed() {
    match CURRENT.try_with(Clone::clone) {
        Ok(mut interrupt) => interrupt.pressed().await,
        Err(_) => std::future::pending().await,
    }
}

/// Runs what goes on until the user ends it: Ctrl-C is success.
pub async fn until_pressed(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    tokio::select! {
        biased;
        () = pressed() => Ok(()),
        result = work => result,
    }
}
