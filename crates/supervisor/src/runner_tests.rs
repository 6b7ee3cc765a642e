//! The runner with children on paper whose supervision server is real and in this process.

use std::sync::Mutex;

use async_trait::async_trait;
use sys::fakes;

use super::*;
use crate::client::HealthAnswer;
use crate::server::{Handler, Server};

/// The daemon side of a test child.
struct Daemon {
    readiness: watch::Sender<Readiness>,
    drained: watch::Sender<Option<Duration>>,
    levels: Mutex<Vec<String>>,
    well: watch::Sender<bool>,
}

impl Daemon {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            readiness: watch::channel(Readiness::default()).0,
            drained: watch::channel(None).0,
            levels: Mutex::default(),
            well: watch::channel(true).0,
        })
    }
}

#[async_trait]
impl Handler for Daemon {
    fn health(&self) -> HealthAnswer {
        let healthy = *self.well.borrow();
        HealthAnswer { healthy, message: if healthy { String::new() } else { "disk full".into() } }
    }
    async fn reload(&self) -> Result<(), String> {
        Err("settings are wrong".into())
    }
    fn drain(&self, grace: Duration) {
        self.drained.send_replace(Some(grace));
    }
    fn set_log_level(&self, level: &str) -> Result<(), String> {
        self.levels.lock().unwrap().push(level.into());
        Ok(())
    }
    fn readiness(&self) -> watch::Receiver<Readiness> {
        self.readiness.subscribe()
    }
}

/// Hands the far end of each launch's socketpair to the test.
struct Script(mpsc::UnboundedSender<UnixStream>);

impl Launcher for Script {
    fn launch(&mut self) -> Result<Launch, String> {
        let (ours, theirs) = UnixStream::pair().map_err(|error| error.to_string())?;
        self.0.send(theirs).map_err(|error| error.to_string())?;
        Ok(Launch { command: Command::new("/usr/bin/test"), supervision: ours })
    }
}

fn fast() -> Settings {
    Settings {
        health_period: Duration::from_millis(20),
        unhealthy_after: Duration::from_millis(50),
        kill_after: Duration::from_millis(200),
        grace: Duration::from_millis(300),
        ..Settings::default()
    }
}

fn start(settings: Settings) -> (Handle, fakes::Reaper, mpsc::UnboundedReceiver<UnixStream>) {
    let reaper = fakes::Reaper::default();
    #[expect(clippy::disallowed_methods, reason = "a test makes few connections")]
    let (sender, streams) = mpsc::unbounded_channel();
    let handle = supervise("test", settings, Arc::new(reaper.clone()), Script(sender));
    (handle, reaper, streams)
}

async fn phase(handle: &Handle, wanted: Phase) -> Status {
    let mut status = handle.status();
    let waited = tokio::time::timeout(Duration::from_secs(10), status.wait_for(|s| s.phase == wanted)).await;
    waited.unwrap_or_else(|_| panic!("never {wanted:?}: {:?}", *handle.status().borrow())).unwrap().clone()
}

#[tokio::test]
async fn a_child_runs_when_it_says_so_and_waits_with_its_reason_before() {
    let (handle, _, mut streams) = start(fast());
    let daemon = Daemon::new();
    daemon.readiness.send_replace(Readiness { ready: false, message: "waiting for a certificate".into() });
    let _server = Server::start(streams.recv().await.unwrap(), daemon.clone()).await.unwrap();
    let mut status = handle.status();
    status.wait_for(|s| s.message == "waiting for a certificate").await.unwrap();
    daemon.readiness.send_replace(Readiness { ready: true, message: String::new() });
    let status = phase(&handle, Phase::Running).await;
    assert_eq!((status.pid, status.message.as_str()), (Some(1001), ""));
}

#[tokio::test]
async fn a_child_that_never_answers_is_killed_and_started_again() {
    let (handle, reaper, mut streams) = start(fast());
    let _unread = streams.recv().await.unwrap();
    let second = tokio::time::timeout(Duration::from_secs(10), streams.recv()).await.unwrap().unwrap();
    assert_eq!(reaper.children()[0].signals(), [Signal::SIGKILL]);
    let daemon = Daemon::new();
    daemon.readiness.send_replace(Readiness { ready: true, message: String::new() });
    let _server = Server::start(second, daemon).await.unwrap();
    let status = phase(&handle, Phase::Running).await;
    assert_eq!((status.restarts, status.last_exit, status.pid), (1, Some(Exit::Signal(9)), Some(1002)));
}

#[tokio::test]
async fn a_child_that_is_not_well_is_shown_with_its_reason_and_lives() {
    let (handle, reaper, mut streams) = start(fast());
    let daemon = Daemon::new();
    daemon.well.send_replace(false);
    let _server = Server::start(streams.recv().await.unwrap(), daemon.clone()).await.unwrap();
    let status = phase(&handle, Phase::Unhealthy).await;
    assert_eq!(status.message, "disk full");
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert!(reaper.children()[0].signals().is_empty());
    daemon.well.send_replace(true);
    phase(&handle, Phase::Waiting).await;
}

#[tokio::test]
async fn stopping_drains_the_child_and_waits_for_its_end() {
    let (handle, reaper, mut streams) = start(fast());
    let daemon = Daemon::new();
    let _server = Server::start(streams.recv().await.unwrap(), daemon.clone()).await.unwrap();
    phase(&handle, Phase::Waiting).await;
    let mut drained = daemon.drained.subscribe();
    let child = reaper.children()[0].clone();
    tokio::spawn(async move {
        assert_eq!(*drained.wait_for(Option::is_some).await.unwrap(), Some(fast().grace));
        child.exit(Exit::Code(0));
    });
    handle.stop_and_wait().await;
    let status = handle.status().borrow().clone();
    assert_eq!((status.last_exit, status.pid), (Some(Exit::Code(0)), None));
    assert!(reaper.children()[0].signals().is_empty());
}

#[tokio::test]
async fn a_log_level_is_set_again_after_a_restart() {
    let (handle, reaper, mut streams) = start(fast());
    let first = Daemon::new();
    let _server = Server::start(streams.recv().await.unwrap(), first.clone()).await.unwrap();
    handle.set_log_level("debug");
    handle.reload();
    phase(&handle, Phase::Waiting).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(*first.levels.lock().unwrap(), ["debug"]);
    reaper.children()[0].exit(Exit::Code(1));
    let second = Daemon::new();
    let _server = Server::start(streams.recv().await.unwrap(), second.clone()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(*second.levels.lock().unwrap(), ["debug"]);
}

#[tokio::test]
async fn a_child_that_cannot_be_started_is_tried_again() {
    let (handle, reaper, mut streams) = start(fast());
    reaper.fail("/usr/bin/test");
    for _ in 0..3 {
        streams.recv().await.unwrap();
    }
    let status = handle.status().borrow().clone();
    assert!(status.message.contains("start /usr/bin/test") && status.pid.is_none(), "{status:?}");
}

#[tokio::test]
async fn the_child_notices_that_its_parent_is_gone() {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let server = Server::start(theirs, Daemon::new()).await.unwrap();
    let connection = Connection::new(ours).unwrap();
    assert!(connection.health(Duration::from_secs(5)).await.unwrap().healthy);
    let error = connection.reload(Duration::from_secs(5)).await.unwrap_err();
    assert!(error.to_string().contains("settings are wrong"), "{error}");
    drop(connection);
    tokio::time::timeout(Duration::from_secs(5), server.closed()).await.unwrap();
}
