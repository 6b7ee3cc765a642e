//! A whole boot over real socketpairs in this process.

use std::os::fd::RawFd;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

use nix::fcntl::{FcntlArg, fcntl};
use supervisor::{Connection, Readiness};

use super::*;

/// The socket under a number that nothing in this process had or will have: one can be taken over only once.
fn inherited(socket: UnixStream) -> RawFd {
    static NEXT: AtomicI32 = AtomicI32::new(500);
    fcntl(&socket, FcntlArg::F_DUPFD_CLOEXEC(NEXT.fetch_add(1, Ordering::Relaxed))).unwrap()
}

fn common() -> (Common, UnixStream, Connection) {
    let (store, store_child) = UnixStream::pair().unwrap();
    let (supervision, supervision_child) = UnixStream::pair().unwrap();
    let common = Common {
        store_fd: Some(inherited(store_child)),
        supervision_fd: Some(inherited(supervision_child)),
        ..Common::default()
    };
    (common, store, Connection::new(supervision).unwrap())
}

#[tokio::test]
async fn the_supervisor_sees_health_and_readiness_and_can_reload_and_drain() {
    let (common, _store, parent) = common();
    let mut boot = start("test", &common, ()).await.unwrap();
    let patience = Duration::from_secs(5);
    assert!(parent.health(patience).await.unwrap().healthy);
    boot.health.set_unwell("no space");
    assert_eq!(parent.health(patience).await.unwrap().message, "no space");

    let (to, mut seen) = watch::channel(Readiness::default());
    let follow = parent.clone();
    tokio::spawn(async move { follow.follow_readiness(to).await });
    boot.ready.set_waiting("waiting for a certificate");
    seen.wait_for(|state| state.message == "waiting for a certificate").await.unwrap();
    boot.ready.set_ready();
    seen.wait_for(|state| state.ready).await.unwrap();

    parent.reload(patience).await.unwrap();
    tokio::time::timeout(patience, boot.reloads.next()).await.unwrap();
    parent.drain(Duration::from_secs(3)).await.unwrap();
    tokio::time::timeout(patience, boot.shutdown.requested()).await.unwrap();
    assert!(boot.shutdown.time_left().unwrap() <= Duration::from_secs(3));
}

#[tokio::test]
async fn the_death_of_the_parent_ends_the_daemon() {
    let (common, _store, parent) = common();
    let boot = start("test", &common, ()).await.unwrap();
    parent.health(Duration::from_secs(5)).await.unwrap();
    drop(parent);
    tokio::time::timeout(Duration::from_secs(5), boot.shutdown.requested()).await.unwrap();
}

#[tokio::test]
async fn a_missing_descriptor_is_explained() {
    let error = start("test", &Common::default(), ()).await.err().unwrap();
    assert!(error.to_string().starts_with("--store-fd is missing: this program is started by"), "{error}");
}

#[tokio::test]
async fn work_that_does_not_end_is_abandoned_when_its_time_is_over() {
    let shutdown = Shutdown::default();
    shutdown.request(Duration::from_millis(20));
    let error = bounded(shutdown, std::future::pending()).await.unwrap_err();
    assert!(error.to_string().contains("did not end in time"), "{error}");
}
