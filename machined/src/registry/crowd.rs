//! Connections of the image cache: when all places are taken, the one that has stood still longest goes.
//!
//! Everybody on the node can connect, so nobody may keep a place by doing nothing.

use std::collections::BTreeMap;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::oneshot;
use tokio::time::Instant;

/// The connections there are. Clones share them.
#[derive(Debug, Clone)]
pub(super) struct Crowd {
    most: usize,
    members: Arc<Mutex<Members>>,
}

#[derive(Debug, Default)]
struct Members {
    next: u64,
    all: BTreeMap<u64, Member>,
}

#[derive(Debug)]
struct Member {
    moved: Instant,
    end: Option<oneshot::Sender<()>>,
}

/// A connection's membership, for as long as it is kept.
#[derive(Debug)]
pub(super) struct Membership {
    number: u64,
    members: Arc<Mutex<Members>>,
}

fn lock(members: &Mutex<Members>) -> MutexGuard<'_, Members> {
    sys::sync::lock(members)
}

impl Crowd {
    /// Room for `most` connections.
    pub(super) fn new(most: usize) -> Self {
        Self { most, members: Arc::default() }
    }

    /// Takes a connection in, which is to end when the receiver is told.
    pub(super) fn join(&self) -> (Membership, oneshot::Receiver<()>) {
        let mut members = lock(&self.members);
        if members.all.len() >= self.most {
            let still = members.all.iter_mut().filter(|(_, member)| member.end.is_some());
            let longest = still.min_by_key(|(_, member)| member.moved);
            if let Some(end) = longest.and_then(|(_, member)| member.end.take()) {
                let _ = end.send(());
            }
        }
        let (end, ended) = oneshot::channel();
        let number = members.next;
        members.next = number.wrapping_add(1);
        members.all.insert(number, Member { moved: Instant::now(), end: Some(end) });
        (Membership { number, members: Arc::clone(&self.members) }, ended)
    }
}

impl Membership {
    fn moved(&self) {
        if let Some(member) = lock(&self.members).all.get_mut(&self.number) {
            member.moved = Instant::now();
        }
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        lock(&self.members).all.remove(&self.number);
    }
}

/// A stream that notes when it moves.
#[derive(Debug)]
pub(super) struct Moving<S> {
    pub stream: S,
    pub membership: Membership,
}

impl<S: AsyncRead + Unpin> AsyncRead for Moving<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_read(cx, buf);
        if polled.is_ready() {
            self.membership.moved();
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Moving<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(cx, buf);
        if polled.is_ready() {
            self.membership.moved();
        }
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
