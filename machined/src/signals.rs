//! What signals mean to PID 1 (contract os.md 2.4): in a container SIGTERM is a shutdown.

use sys::signal::{Notice, Notices};

use crate::sequencer::{Request, Sequence, Sequencer};
use crate::tasks::Effects;

/// Follows signals from now on.
pub fn follow(sequencer: Sequencer<Effects>) -> anyhow::Result<()> {
    let mut notices = Notices::watch()?;
    tokio::spawn(async move {
        loop {
            match notices.next().await {
                Notice::Terminate | Notice::Interrupt | Notice::Power => {
                    tracing::info!("asked to shut down by a signal");
                    let sequencer = sequencer.clone();
                    tokio::spawn(async move {
                        let request = Request { force: true, ..Request::default() };
                        if let Err(error) = sequencer.run(Sequence::Shutdown, &request, true).await {
                            tracing::error!("{error}");
                        }
                    });
                }
                Notice::Hangup => {}
            }
        }
    });
    Ok(())
}
