//! From exec to a daemon that has its store, its log and its supervisor.

use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use serde::Serialize;
use serde::de::DeserializeOwned;
use supervisor::Server;
use sys::process::take_inherited;
use sys::sandbox::{Enforcement, Files, Syscalls, restrict_files, restrict_syscalls};
use sys::signal::{Notice, Notices};
use tokio::sync::watch;
use tonic::transport::Channel;

use crate::peaks::Peaks;
use crate::settings::{self, Common};
use crate::state::{Answers, Health, Ready, Reloads};
use crate::{Shutdown, logging};

/// What a booted daemon has.
pub struct Boot<S> {
    /// The daemon's own settings.
    pub settings: S,
    /// The store, over the inherited socket; for `state::remote::RemoteState::new`.
    pub store: Channel,
    /// Says whether the daemon does its work.
    pub ready: Ready,
    /// Says whether the daemon is well.
    pub health: Health,
    /// Wishes that settings are read again.
    pub reloads: Reloads,
    /// The wish that this process ends: the supervisor's, a signal's, or its parent's death.
    pub shutdown: Shutdown,
    name: &'static str,
}

impl<S> Boot<S> {
    /// Gives up everything but what is named, for ever. Call it when all sockets and files are open
    /// and before work that runs on other threads. What the kernel cannot do is logged, not fatal.
    ///
    /// # Errors
    /// If the kernel could but refused.
    pub fn restrict(&self, files: &Files, syscalls: Syscalls) -> Result<()> {
        let applied = [("files", restrict_files(files)?), ("system calls", restrict_syscalls(syscalls)?)];
        for (what, enforcement) in applied {
            match enforcement {
                Enforcement::Full => tracing::debug!(daemon = self.name, what, "restricted"),
                other => tracing::warn!(daemon = self.name, what, "restriction {other}"),
            }
        }
        Ok(())
    }
}

/// The whole `main` of a daemon: boots it, runs `work` on a single-threaded runtime, ends in time.
/// `work` should return soon after [`Boot::shutdown`] was requested; it is abandoned when the grace
/// that came with the request is over.
pub fn main<S, F>(name: &'static str, defaults: S, work: impl FnOnce(Boot<S>) -> F) -> ExitCode
where
    S: Serialize + DeserializeOwned,
    F: Future<Output = Result<()>>,
{
    match run(name, defaults, work) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The log may not be installed yet, and nothing may get lost.
            eprintln!("{name}: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run<S, F>(name: &'static str, defaults: S, work: impl FnOnce(Boot<S>) -> F) -> Result<()>
where
    S: Serialize + DeserializeOwned,
    F: Future<Output = Result<()>>,
{
    sys::memory::share_heap();
    let (common, own) = settings::load(name, defaults)?;
    logging::init(&common.log_level)?;
    sys::panic::install();
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().context("start the runtime")?;
    let result = runtime.block_on(async {
        let boot = start(name, &common, own).await?;
        bounded(boot.shutdown.clone(), work(boot)).await
    });
    // Nothing may keep the process: what still runs in the background has no one to work for.
    runtime.shutdown_background();
    result
}

async fn bounded(shutdown: Shutdown, work: impl Future<Output = Result<()>>) -> Result<()> {
    tokio::select! {
        result = work => result,
        () = shutdown.overdue() => bail!("did not end in time when asked to; work was abandoned"),
    }
}

/// Boots with given settings on the current runtime; [`main`] does this for a program.
///
/// # Errors
/// If a descriptor is missing or is no socket, or signals cannot be watched.
pub async fn start<S>(name: &'static str, common: &Common, own: S) -> Result<Boot<S>> {
    let store = socket(common.store_fd, "--store-fd")?;
    let supervision = socket(common.supervision_fd, "--supervision-fd")?;
    let store = tokio::net::UnixStream::from_std(store).context("use the store's socket")?;
    let shutdown = Shutdown::default();
    let (ready, health) = (Ready::new(), Health::new());
    let answers = Answers {
        ready: ready.clone(),
        health: health.clone(),
        reloads: watch::channel(0).0,
        shutdown: shutdown.clone(),
    };
    let reloads = answers.reloads();
    let server = Server::start(supervision, Arc::new(answers)).await.context("serve supervision")?;
    tokio::spawn(sys::memory::settle());
    match Peaks::begin() {
        Ok(peaks) => drop(tokio::spawn(peaks.watch())),
        Err(error) => tracing::warn!(%error, "memory of peaks will not be given back"),
    }
    tokio::spawn(watch_for_the_end(Notices::watch()?, server.closed(), shutdown.clone()));
    // Supervision ends with the process only, whatever becomes of the pieces of `Boot`.
    std::mem::forget(server);
    tracing::debug!(daemon = name, "booted");
    Ok(Boot {
        settings: own,
        store: rpc::client::channel_from_stream(store),
        ready,
        health,
        reloads,
        shutdown,
        name,
    })
}

fn socket(number: Option<i32>, flag: &str) -> Result<UnixStream> {
    let number = number.with_context(|| {
        format!("{flag} is missing: this program is started by machined, which passes the descriptor")
    })?;
    let stream = UnixStream::from(take_inherited(number)?);
    stream.set_nonblocking(true).with_context(|| format!("use descriptor {number} given by {flag}"))?;
    Ok(stream)
}

/// A parent's end closes the supervision socket, so orphans do not stay behind.
async fn watch_for_the_end(mut notices: Notices, closed: impl Future<Output = ()>, shutdown: Shutdown) {
    tokio::pin!(closed);
    loop {
        tokio::select! {
            notice = notices.next() => match notice {
                Notice::Terminate | Notice::Interrupt => {
                    tracing::info!(signal = %notice, "asked to end");
                    shutdown.request_default();
                }
                Notice::Hangup | Notice::Power => {}
            },
            () = &mut closed => {
                tracing::warn!("the supervisor is gone; ending");
                shutdown.request_default();
                return;
            }
        }
    }
}

#[cfg(test)]
#[path = "boot_tests.rs"]
mod tests;
